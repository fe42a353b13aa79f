//! An inode as it is on the disk ("The Second Extended File System", Poirier, 3.4), and which of
//! its pointers lead to a block of the file.

/// What this code knows of an inode; larger ones keep the rest.
pub const SIZE: usize = 128;

/// Pointers to blocks of the file itself; behind them come those to blocks of pointers.
const DIRECT: u64 = 12;
const POINTERS: usize = 15;
const BLOCK: usize = 40;

/// The directory at the top of the tree.
pub const ROOT: u32 = 2;

const KIND: u16 = 0xF000;
const DIRECTORY: u16 = 0x4000;
const REGULAR: u16 = 0x8000;

/// The directory has an index, which code that only knows the list of entries would make wrong.
const INDEXED: u32 = 0x1000;
/// The file's blocks are not what they seem.
const STRANGE: u32 = 0x0000_0004 | 0x0008_0000 | 0x1000_0000;

/// Blocks are counted in sectors of this size.
const SECTOR: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    /// A device, a link, or anything else that is not looked into.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inode {
    bytes: [u8; SIZE],
}

impl Inode {
    pub fn new(kind: Kind) -> Self {
        let mut inode = Inode { bytes: [0; SIZE] };
        let (mode, links) = match kind {
            Kind::Directory => (DIRECTORY | 0o755, 2),
            _ => (REGULAR | 0o644, 1),
        };
        inode.set_u16(0, mode);
        inode.set_links(links);
        inode
    }

    /// None where there are fewer bytes than an inode has.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Inode { bytes: *bytes.first_chunk()? })
    }

    pub fn bytes(&self) -> &[u8; SIZE] {
        &self.bytes
    }

    pub fn kind(&self) -> Kind {
        match self.u16_at(0) & KIND {
            DIRECTORY => Kind::Directory,
            REGULAR if self.u32_at(32) & STRANGE == 0 => Kind::File,
            _ => Kind::Other,
        }
    }

    pub fn links(&self) -> u16 {
        self.u16_at(26)
    }

    pub fn set_links(&mut self, links: u16) {
        self.set_u16(26, links);
    }

    pub fn size(&self) -> u64 {
        let high = if self.kind() == Kind::Directory { 0 } else { self.u32_at(108) };
        u64::from(high) << 32 | u64::from(self.u32_at(4))
    }

    pub fn set_size(&mut self, size: u64) {
        self.set_u32(4, size as u32);
        if self.kind() != Kind::Directory {
            self.set_u32(108, (size >> 32) as u32);
        }
    }

    /// Blocks of the file and blocks of pointers, in blocks of the volume.
    pub fn add_blocks(&mut self, count: i32, block_size: usize) {
        let sectors = self.u32_at(28).wrapping_add_signed(count * (block_size / SECTOR) as i32);
        self.set_u32(28, sectors);
    }

    pub fn forget_index(&mut self) {
        self.set_u32(32, self.u32_at(32) & !INDEXED);
    }

    /// The inode is free since some time. Which does not matter, but a small number would be taken
    /// for that of another inode.
    pub fn set_deleted(&mut self) {
        self.set_links(0);
        self.set_u32(20, 1 << 30);
    }

    pub fn pointer(&self, number: usize) -> u32 {
        self.u32_at(BLOCK + 4 * number)
    }

    pub fn set_pointer(&mut self, number: usize, block: u32) {
        self.set_u32(BLOCK + 4 * number, block);
    }

    fn u16_at(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    fn u32_at(&self, at: usize) -> u32 {
        u32::from(self.u16_at(at + 2)) << 16 | u32::from(self.u16_at(at))
    }

    fn set_u16(&mut self, at: usize, value: u16) {
        self.bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    fn set_u32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
}

/// The way to a block of a file: a pointer of the inode, then one in each block of pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    pub pointer: usize,
    indices: [usize; 3],
    levels: usize,
}

impl Way {
    /// To block `index` of a file, with `fanout` pointers in a block. None where no file is so
    /// large.
    pub fn to(index: u64, fanout: u64) -> Option<Way> {
        if index < DIRECT {
            return Some(Way { pointer: index as usize, indices: [0; 3], levels: 0 });
        }
        let mut rest = index - DIRECT;
        let mut reach = fanout;
        for levels in 1..=3 {
            if rest < reach {
                let mut indices = [0; 3];
                for place in (0..levels).rev() {
                    indices[place] = (rest % fanout) as usize;
                    rest /= fanout;
                }
                return Some(Way { pointer: DIRECT as usize + levels - 1, indices, levels });
            }
            rest -= reach;
            reach *= fanout;
        }
        None
    }

    pub fn indices(&self) -> &[usize] {
        &self.indices[..self.levels]
    }
}

/// The pointers of an inode, each with the levels of pointers below it and how many blocks of the
/// file it leads to.
pub fn pointers(fanout: u64) -> impl Iterator<Item = (usize, usize, u64)> {
    (0..POINTERS).map(move |number| {
        let levels = (number + 1).saturating_sub(DIRECT as usize);
        (number, levels, fanout.pow(levels as u32))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_lead_to_all_blocks_in_order() {
        // With a fanout of 4: 12 direct, 4, 16 and 64 blocks.
        let ways: Vec<Way> = (0..96).map(|index| Way::to(index, 4).unwrap()).collect();
        assert_eq!(Way::to(96, 4), None);
        let key = |way: &Way| (way.pointer, way.indices().to_vec());
        assert!(ways.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
        assert_eq!((ways[11].pointer, ways[11].indices()), (11, &[][..]));
        assert_eq!((ways[12].pointer, ways[12].indices()), (12, &[0][..]));
        assert_eq!((ways[31].pointer, ways[31].indices()), (13, &[3, 3][..]));
        assert_eq!((ways[95].pointer, ways[95].indices()), (14, &[3, 3, 3][..]));
        assert_eq!(pointers(4).map(|(_, _, blocks)| blocks).sum::<u64>(), 96);
    }

    #[test]
    fn fields_keep_their_values() {
        let mut inode = Inode::new(Kind::File);
        inode.set_size(5 << 32 | 7);
        inode.set_pointer(14, 99);
        inode.add_blocks(3, 1024);
        inode.add_blocks(-1, 1024);
        let again = Inode::from_bytes(inode.bytes()).unwrap();
        assert_eq!((again.size(), again.pointer(14), again.u32_at(28)), (5 << 32 | 7, 99, 4));
        assert_eq!((again.kind(), again.links()), (Kind::File, 1));
        assert_eq!(Inode::new(Kind::Directory).kind(), Kind::Directory);
        assert_eq!(Inode::from_bytes(&[0; 127]), None);
    }
}
