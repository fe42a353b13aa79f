//! Blocks of a directory ("The Second Extended File System", Poirier, 4.1): lists of entries, each
//! with the distance to the next. The last one reaches to the block's end.

/// An entry without its name.
const HEADER: usize = 8;

/// Longest name, in bytes.
pub const LONGEST: usize = 255;

/// `file_type` of an entry.
pub const FILE: u8 = 1;
pub const DIRECTORY: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// 0: the entry is free.
    pub inode: u32,
    pub kind: u8,
    pub name: &'a [u8],
    at: usize,
    /// From here to the next.
    length: usize,
}

/// The list does not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// The entries of a block, also those that are free. Ends with the first that is broken.
pub fn entries(block: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, Broken>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        if at >= block.len() {
            return None;
        }
        let entry = entry(block, at);
        at = entry.map_or(block.len(), |entry| at + entry.length);
        Some(entry)
    })
}

fn entry(block: &[u8], at: usize) -> Result<Entry<'_>, Broken> {
    let header = block.get(at..at + HEADER).ok_or(Broken)?;
    let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
    let name_length = usize::from(header[6]);
    if length < space(name_length) || !length.is_multiple_of(4) || at + length > block.len() {
        return Err(Broken);
    }
    let inode = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
    let name = &block[at + HEADER..at + HEADER + name_length];
    Ok(Entry { inode, kind: header[7], name, at, length })
}

/// What an entry takes at the least.
fn space(name: usize) -> usize {
    (HEADER + name).next_multiple_of(4)
}

pub fn find<'a>(block: &'a [u8], name: &[u8]) -> Result<Option<Entry<'a>>, Broken> {
    for entry in entries(block) {
        let entry = entry?;
        if entry.inode != 0 && entry.name == name {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

/// Makes `block` a list with nothing in it.
pub fn clear(block: &mut [u8]) {
    block.fill(0);
    let length = block.len() as u16;
    block[4..6].copy_from_slice(&length.to_le_bytes());
}

/// Adds an entry where there is room: false where there is none.
pub fn insert(block: &mut [u8], inode: u32, kind: u8, name: &[u8]) -> Result<bool, Broken> {
    let wanted = space(name.len());
    let mut place = None;
    for entry in entries(block) {
        let entry = entry?;
        let used = if entry.inode == 0 { 0 } else { space(entry.name.len()) };
        if entry.length - used >= wanted {
            place = Some((entry.at, used, entry.length));
            break;
        }
    }
    let Some((at, used, length)) = place else { return Ok(false) };
    if used > 0 {
        set_length(block, at, used);
    }
    let at = at + used;
    set_length(block, at, length - used);
    block[at..at + 4].copy_from_slice(&inode.to_le_bytes());
    block[at + 6] = name.len() as u8;
    block[at + 7] = kind;
    block[at + HEADER..at + HEADER + name.len()].copy_from_slice(name);
    Ok(true)
}

/// Takes out the entry of this name: whether it was there. The one before it takes over its room.
pub fn remove(block: &mut [u8], name: &[u8]) -> Result<bool, Broken> {
    let mut before = None;
    let mut found = None;
    for entry in entries(block) {
        let entry = entry?;
        if entry.inode != 0 && entry.name == name {
            found = Some((entry.at, entry.length));
            break;
        }
        before = Some((entry.at, entry.length));
    }
    let Some((at, length)) = found else { return Ok(false) };
    block[at..at + 4].fill(0);
    if let Some((before, reach)) = before {
        set_length(block, before, reach + length);
    }
    Ok(true)
}

/// Whether there is nothing in it but `.` and `..`.
pub fn is_empty(block: &[u8]) -> Result<bool, Broken> {
    for entry in entries(block) {
        let entry = entry?;
        if entry.inode != 0 && entry.name != b"." && entry.name != b".." {
            return Ok(false);
        }
    }
    Ok(true)
}

fn set_length(block: &mut [u8], at: usize, length: usize) {
    block[at + 4..at + 6].copy_from_slice(&(length as u16).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(block: &[u8]) -> Vec<String> {
        let used = entries(block).map(Result::unwrap).filter(|entry| entry.inode != 0);
        used.map(|entry| String::from_utf8(entry.name.to_vec()).unwrap()).collect()
    }

    #[test]
    fn entries_come_and_go() {
        let mut block = [0xAA; 64];
        clear(&mut block);
        assert!(is_empty(&block).unwrap());
        for name in ["one", "two", "three"] {
            assert!(insert(&mut block, 12, FILE, name.as_bytes()).unwrap());
        }
        assert_eq!(names(&block), ["one", "two", "three"]);
        assert!(!insert(&mut block, 13, FILE, b"much, much too long").unwrap());
        assert!(remove(&mut block, b"two").unwrap());
        assert!(!remove(&mut block, b"two").unwrap());
        assert_eq!(names(&block), ["one", "three"]);
        assert!(insert(&mut block, 14, DIRECTORY, b"2").unwrap());
        assert_eq!(find(&block, b"2").unwrap().unwrap().inode, 14);
        assert!(remove(&mut block, b"one").unwrap());
        assert!(insert(&mut block, 15, FILE, b"1st").unwrap());
        assert_eq!(names(&block), ["1st", "2", "three"]);
        let reach: usize = entries(&block).map(|entry| entry.unwrap().length).sum();
        assert_eq!(reach, block.len());
    }

    /// Whatever is changed, the answer is a list within the block, or that it is broken.
    #[test]
    fn damaged_blocks_do_no_harm() {
        let mut good = [0; 64];
        clear(&mut good);
        insert(&mut good, 12, FILE, b"one").unwrap();
        insert(&mut good, 13, FILE, b"two").unwrap();
        for at in 0..good.len() {
            for value in 0..=255 {
                let mut bad = good;
                bad[at] = value;
                let _ = (find(&bad, b"two"), is_empty(&bad));
                let _ = insert(&mut bad.clone(), 14, FILE, b"three");
                let _ = remove(&mut bad, b"two");
            }
        }
    }
}
