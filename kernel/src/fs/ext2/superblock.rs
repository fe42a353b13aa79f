//! The superblock and the group descriptors of ext2 ("The Second Extended File System", Poirier,
//! 3.1 and 3.2): what the volume looks like. Anybody may have written them, so all is checked.

/// Where the superblock is, and its size.
pub const OFFSET: usize = 1024;
pub const SIZE: usize = 1024;

const MAGIC: u16 = 0xEF53;

/// Features that change how the disk is read. File types in directory entries are the only ones.
const FILE_TYPES: u32 = 2;
/// Features that change how it is written: fewer copies of the superblock; files over 2 GiB.
const WRITABLE: u32 = 1 | 2;

/// Bytes of a group descriptor.
pub const DESCRIPTOR: usize = 32;

/// `s_state`: everything on the disk belongs together.
const VALID: u16 = 1;

/// What does not change while the volume is in use. Counts are in blocks or inodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    pub block_size: usize,
    pub blocks: u32,
    pub first_block: u32,
    pub blocks_per_group: u32,
    pub inodes: u32,
    pub inodes_per_group: u32,
    pub inode_size: usize,
    /// The first inode that a file may have.
    pub first_inode: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    NotExt2,
    /// It has a feature, as a bit, that this code does not know.
    Unsupported(u32),
    /// Numbers in it contradict each other.
    Broken,
}

/// Reads the superblock of a disk that is `disk_size` bytes large.
pub fn parse(bytes: &[u8; SIZE], disk_size: u64) -> Result<Geometry, Error> {
    if u16_at(bytes, 56) != MAGIC {
        return Err(Error::NotExt2);
    }
    let revision = u32_at(bytes, 76);
    let (mut first_inode, mut inode_size) = (11, 128);
    if revision > 0 {
        first_inode = u32_at(bytes, 84);
        inode_size = u16_at(bytes, 88).into();
        let unknown = u32_at(bytes, 96) & !FILE_TYPES | u32_at(bytes, 100) & !WRITABLE;
        // Without types, entries are laid out otherwise.
        let missing = !u32_at(bytes, 96) & FILE_TYPES;
        if unknown | missing != 0 {
            return Err(Error::Unsupported(unknown | missing));
        }
    }
    let shift = u32_at(bytes, 24);
    if revision == 0 || shift > 2 {
        return Err(Error::Unsupported(shift));
    }
    let geometry = Geometry {
        block_size: 1024 << shift,
        blocks: u32_at(bytes, 4),
        first_block: u32_at(bytes, 20),
        blocks_per_group: u32_at(bytes, 32),
        inodes: u32_at(bytes, 0),
        inodes_per_group: u32_at(bytes, 40),
        inode_size,
        first_inode,
    };
    if geometry.is_sound(disk_size) { Ok(geometry) } else { Err(Error::Broken) }
}

impl Geometry {
    fn is_sound(&self, disk_size: u64) -> bool {
        let bits = 8 * self.block_size as u32;
        (1..=bits).contains(&self.blocks_per_group)
            && (1..=bits).contains(&self.inodes_per_group)
            && self.first_block == (self.block_size == 1024) as u32
            && self.blocks > self.first_block
            && u64::from(self.blocks) * self.block_size as u64 <= disk_size
            && self.inode_size.is_power_of_two()
            && (128..=self.block_size).contains(&self.inode_size)
            && u64::from(self.groups()) * u64::from(self.inodes_per_group) == self.inodes.into()
            && (1..=self.inodes).contains(&self.first_inode)
            && (self.inodes_per_group as usize).is_multiple_of(self.inodes_per_block())
    }

    pub fn groups(&self) -> u32 {
        (self.blocks - self.first_block).div_ceil(self.blocks_per_group)
    }

    /// How many blocks a group has: the last may have fewer.
    pub fn blocks_in(&self, group: u32) -> u32 {
        let before = group * self.blocks_per_group;
        (self.blocks - self.first_block - before).min(self.blocks_per_group)
    }

    pub fn inodes_per_block(&self) -> usize {
        self.block_size / self.inode_size
    }

    /// Whether `block` is one that a file may have.
    pub fn has_block(&self, block: u32) -> bool {
        (self.first_block + 1..self.blocks).contains(&block)
    }

    /// The block with the superblock, and where in it.
    pub fn superblock(&self) -> (u32, usize) {
        ((OFFSET / self.block_size) as u32, OFFSET % self.block_size)
    }

    /// The block with the descriptor of `group`, and where in it.
    pub fn descriptor(&self, group: u32) -> (u32, usize) {
        let offset = group as usize * DESCRIPTOR;
        let block = self.first_block + 1 + (offset / self.block_size) as u32;
        (block, offset % self.block_size)
    }
}

/// The group's own blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    pub block_bitmap: u32,
    pub inode_bitmap: u32,
    pub inode_table: u32,
    pub free_blocks: u16,
    pub free_inodes: u16,
}

/// None where it points outside of the volume.
pub fn group(bytes: &[u8], geometry: &Geometry) -> Option<Group> {
    let group = Group {
        block_bitmap: u32_at(bytes, 0),
        inode_bitmap: u32_at(bytes, 4),
        inode_table: u32_at(bytes, 8),
        free_blocks: u16_at(bytes, 12),
        free_inodes: u16_at(bytes, 14),
    };
    let table = (geometry.inodes_per_group as usize / geometry.inodes_per_block()) as u32;
    let table_end = group.inode_table.checked_add(table - 1)?;
    [group.block_bitmap, group.inode_bitmap, group.inode_table, table_end]
        .iter()
        .all(|&block| geometry.has_block(block))
        .then_some(group)
}

/// A count of free things in a group's descriptor, or of directories there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Blocks,
    Inodes,
    Directories,
}

impl Count {
    /// Changes it in a group's descriptor.
    pub fn change_in_group(self, descriptor: &mut [u8], by: i16) {
        let at = match self {
            Count::Blocks => 12,
            Count::Inodes => 14,
            Count::Directories => 16,
        };
        let count = u16_at(descriptor, at).wrapping_add_signed(by);
        descriptor[at..at + 2].copy_from_slice(&count.to_le_bytes());
    }

    /// Changes it in the superblock, which does not count directories.
    pub fn change_in_superblock(self, superblock: &mut [u8], by: i32) {
        let at = match self {
            Count::Blocks => 12,
            Count::Inodes => 16,
            Count::Directories => return,
        };
        let count = u32_at(superblock, at).wrapping_add_signed(by);
        superblock[at..at + 4].copy_from_slice(&count.to_le_bytes());
    }
}

/// Says in the superblock whether everything on the disk belongs together.
pub fn set_valid(superblock: &mut [u8], valid: bool) {
    let state = u16_at(superblock, 58);
    let state = if valid { state | VALID } else { state & !VALID };
    superblock[58..60].copy_from_slice(&state.to_le_bytes());
}

pub fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: u64 = 1 << 20;

    /// What `mke2fs -b 1024` writes for a disk of 1 MiB, as far as it is looked at.
    fn superblock() -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        for (at, value) in
            [(0, 128u32), (4, 1024), (20, 1), (24, 0), (32, 8192), (40, 128), (76, 1), (84, 11)]
        {
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        for (at, value) in [(56, MAGIC), (58, VALID), (88, 128), (96, 2), (100, 3)] {
            bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn geometry() {
        let geometry = parse(&superblock(), DISK).unwrap();
        assert_eq!((geometry.block_size, geometry.groups()), (1024, 1));
        assert_eq!(geometry.blocks_in(0), 1023);
        assert_eq!(geometry.superblock(), (1, 0));
        assert_eq!(geometry.descriptor(40), (3, 256));
        assert!(geometry.has_block(1023) && !geometry.has_block(1024) && !geometry.has_block(1));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (at, value, error) in [
            (56, 0, Error::NotExt2),
            (76, 0, Error::Unsupported(0)),
            (24, 3, Error::Unsupported(3)),
            (96, 0x42, Error::Unsupported(0x40)),
            (96, 0, Error::Unsupported(2)),
            (100, 4, Error::Unsupported(4)),
            (4, 1025, Error::Broken),
            (4, 0, Error::Broken),
            (32, 0, Error::Broken),
            (40, 0, Error::Broken),
            (40, 8, Error::Broken),
            (88, 64, Error::Broken),
            (20, 0, Error::Broken),
        ] {
            let mut bytes = superblock();
            bytes[at] = value as u8;
            bytes[at + 1] = (value >> 8) as u8;
            assert_eq!(parse(&bytes, DISK), Err(error), "{value:#x} at {at}");
        }
    }

    #[test]
    fn groups_stay_inside() {
        let geometry = parse(&superblock(), DISK).unwrap();
        let mut bytes = [0; DESCRIPTOR];
        for (at, block) in [(0, 6), (4, 7), (8, 8)] {
            bytes[at] = block;
        }
        assert!(group(&bytes, &geometry).is_some());
        // The table's 16 blocks would end behind the disk.
        bytes[8..12].copy_from_slice(&1010u32.to_le_bytes());
        assert_eq!(group(&bytes, &geometry), None);
        bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(group(&bytes, &geometry), None);
    }

    #[test]
    fn counts_change() {
        let mut bytes = superblock();
        Count::Blocks.change_in_superblock(&mut bytes, 5);
        Count::Blocks.change_in_superblock(&mut bytes, -2);
        assert_eq!(u32_at(&bytes, 12), 3);
        set_valid(&mut bytes, false);
        assert_eq!(u16_at(&bytes, 58), 0);
    }
}
