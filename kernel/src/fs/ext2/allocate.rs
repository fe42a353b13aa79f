//! Which blocks and inodes are free: a bitmap of each in every group, and counts. Whoever calls
//! this holds `changes`.

use super::superblock::{Count, Group};
use super::{Error, Volume};

impl Volume {
    /// Takes a free block, in the group of `near` if it has one.
    pub(super) async fn allocate_block(&self, near: u32) -> Result<u32, Error> {
        let start = near.saturating_sub(self.geometry.first_block) / self.geometry.blocks_per_group;
        for group in self.groups_from(start) {
            let Group { block_bitmap, free_blocks, .. } = self.group(group).await?;
            let blocks = self.geometry.blocks_in(group);
            if free_blocks == 0 {
                continue;
            }
            if let Some(bit) = self.take_bit(block_bitmap, 0, blocks).await? {
                self.count(Count::Blocks, group, -1).await?;
                let first = self.geometry.first_block + group * self.geometry.blocks_per_group;
                return self.checked(first + bit);
            }
        }
        Err(Error::Full)
    }

    pub(super) async fn free_block(&self, block: u32) -> Result<(), Error> {
        let block = self.checked(block)?;
        let place = block - self.geometry.first_block;
        let group = place / self.geometry.blocks_per_group;
        let Group { block_bitmap, .. } = self.group(group).await?;
        self.give_bit(block_bitmap, place % self.geometry.blocks_per_group).await?;
        self.cache.forget(block);
        self.count(Count::Blocks, group, 1).await
    }

    /// Takes a free inode, in the group of `near` if it has one.
    pub(super) async fn allocate_inode(&self, near: u32, directory: bool) -> Result<u32, Error> {
        for group in self.groups_from((near - 1) / self.geometry.inodes_per_group) {
            let Group { inode_bitmap, free_inodes, .. } = self.group(group).await?;
            if free_inodes == 0 {
                continue;
            }
            let first = if group == 0 { self.geometry.first_inode - 1 } else { 0 };
            let inodes = self.geometry.inodes_per_group;
            if let Some(bit) = self.take_bit(inode_bitmap, first, inodes).await? {
                self.count(Count::Inodes, group, -1).await?;
                if directory {
                    self.count(Count::Directories, group, 1).await?;
                }
                return Ok(group * inodes + bit + 1);
            }
        }
        Err(Error::Full)
    }

    pub(super) async fn free_inode(&self, number: u32, directory: bool) -> Result<(), Error> {
        let group = (number - 1) / self.geometry.inodes_per_group;
        let Group { inode_bitmap, .. } = self.group(group).await?;
        self.give_bit(inode_bitmap, (number - 1) % self.geometry.inodes_per_group).await?;
        self.count(Count::Inodes, group, 1).await?;
        if directory {
            self.count(Count::Directories, group, -1).await?;
        }
        Ok(())
    }

    /// `block` again, if a file may have it.
    pub(super) fn checked(&self, block: u32) -> Result<u32, Error> {
        let known = self.geometry.has_block(block);
        if known { Ok(block) } else { Err(Error::Broken("a file has a block outside of the disk")) }
    }

    /// All groups, beginning with `start`.
    fn groups_from(&self, start: u32) -> impl Iterator<Item = u32> + use<> {
        let groups = self.geometry.groups();
        (0..groups).map(move |step| (start + step) % groups)
    }

    /// Sets the first bit from `from` on that is not set, of `count`.
    async fn take_bit(&self, bitmap: u32, from: u32, count: u32) -> Result<Option<u32>, Error> {
        let buffer = self.cache.get(bitmap).await?;
        let free = |block: &[u8]| (from..count).find(|&bit| !is_set(block, bit));
        let bit = buffer.read(free);
        if let Some(bit) = bit {
            buffer.change(|block| block[bit as usize / 8] |= 1 << (bit % 8));
        }
        Ok(bit)
    }

    async fn give_bit(&self, bitmap: u32, bit: u32) -> Result<(), Error> {
        let buffer = self.cache.get(bitmap).await?;
        if !buffer.read(|block| is_set(block, bit)) {
            return Err(Error::Broken("what is in use counts as free"));
        }
        buffer.change(|block| block[bit as usize / 8] &= !(1 << (bit % 8)));
        Ok(())
    }

    /// Changes a count of the group and that of the whole volume.
    async fn count(&self, count: Count, group: u32, by: i16) -> Result<(), Error> {
        let (block, offset) = self.geometry.descriptor(group);
        let buffer = self.cache.get(block).await?;
        buffer.change(|block| count.change_in_group(&mut block[offset..], by));
        let (block, offset) = self.geometry.superblock();
        let buffer = self.cache.get(block).await?;
        buffer.change(|block| count.change_in_superblock(&mut block[offset..], by.into()));
        Ok(())
    }
}

fn is_set(bitmap: &[u8], bit: u32) -> bool {
    bitmap[bit as usize / 8] & 1 << (bit % 8) != 0
}
