//! What is in a file: from a place in it to a block of the disk, reading, writing, cutting.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::ops::Range;
use core::pin::Pin;

use super::inode::{self, Inode, Way};
use super::{Buffer, Error, Node, Volume};

/// Boxed, where a future contains itself.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

impl Volume {
    /// Reads from `offset` on; says how much there was.
    pub async fn read(&self, node: &Node, offset: u64, bytes: &mut [u8]) -> Result<usize, Error> {
        let mut view = node.view().await;
        loop {
            let read = self.read_by(&view, offset, bytes).await;
            let Some(again) = view.again().await else { return read };
            view = again;
        }
    }

    async fn read_by(&self, inode: &Inode, offset: u64, bytes: &mut [u8]) -> Result<usize, Error> {
        let left = inode.size().saturating_sub(offset);
        let length = (bytes.len() as u64).min(left) as usize;
        for (index, within, piece) in self.pieces(offset, length) {
            let target = &mut bytes[piece];
            match self.block(inode, index).await? {
                Some(buffer) => buffer.read(|block| target.copy_from_slice(&block[within])),
                // Never written.
                None => target.fill(0),
            }
        }
        Ok(length)
    }

    /// Writes from `offset` on, and makes the file longer where it must be.
    pub async fn write(&self, node: &Node, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let mut inode = node.lock_to_change().await;
        check_living(&inode)?;
        let end = offset.checked_add(bytes.len() as u64).ok_or(Error::TooLarge)?;
        let result = {
            let _changes = self.changes.lock().await;
            let mut written = self.write_locked(node.number, &mut inode, offset, bytes).await;
            let before = inode.size();
            inode.set_size(before.max(end));
            if written.is_err() {
                // What was added would be behind the end of the file.
                written = self.cut_locked(&mut inode, before).await.and(written);
                inode.set_size(before);
            }
            let stored = self.store(node.number, &inode).await;
            written.and(stored)
        };
        drop(inode);
        result?;
        self.relieve().await
    }

    /// The caller holds `changes`, and stores the inode after this, also where it failed.
    pub(super) async fn write_locked(
        &self,
        number: u32,
        inode: &mut Inode,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), Error> {
        for (index, within, piece) in self.pieces(offset, bytes.len()) {
            let buffer = self.block_to_write(number, inode, index).await?;
            buffer.change(|block| block[within].copy_from_slice(&bytes[piece]));
        }
        Ok(())
    }

    /// Cuts the file, or makes it longer with zeroes that take no room.
    pub async fn set_length(&self, node: &Node, length: u64) -> Result<(), Error> {
        let mut inode = node.lock_to_change().await;
        check_living(&inode)?;
        let size = self.geometry.block_size as u64;
        if length > 0 && self.way((length - 1) / size).is_none() {
            return Err(Error::TooLarge);
        }
        let _changes = self.changes.lock().await;
        let cut = self.cut_locked(&mut inode, length).await;
        inode.set_size(length);
        let stored = self.store(node.number, &inode).await;
        cut.and(stored)
    }

    /// Frees the blocks behind `length`, and zeroes what is left of the last one. The caller holds
    /// `changes`, and stores the inode after this.
    pub(super) async fn cut_locked(&self, inode: &mut Inode, length: u64) -> Result<(), Error> {
        let size = self.geometry.block_size as u64;
        if length >= inode.size() {
            return Ok(());
        }
        if !length.is_multiple_of(size)
            && let Some(buffer) = self.block(inode, length / size).await?
        {
            buffer.change(|block| block[(length % size) as usize..].fill(0));
        }
        let mut kept = length.div_ceil(size);
        for (number, levels, reach) in inode::pointers(self.fanout()) {
            let pointer = inode.pointer(number);
            if pointer != 0 && kept < reach {
                let (left, freed) = self.release(pointer, levels, kept).await?;
                inode.set_pointer(number, if left { pointer } else { 0 });
                inode.add_blocks(-freed, self.geometry.block_size);
            }
            kept = kept.saturating_sub(reach);
        }
        Ok(())
    }

    /// Frees what is below a pointer but for the first `kept` blocks of the file: whether the
    /// pointer is still needed, and how many blocks were freed.
    fn release(&self, block: u32, levels: usize, kept: u64) -> Boxed<'_, (bool, i32)> {
        Box::pin(async move {
            let mut freed = 0;
            if levels > 0 {
                let buffer = self.cache.get(self.checked(block)?).await?;
                let reach = self.fanout().pow(levels as u32 - 1);
                for index in 0..self.fanout() as usize {
                    let before = index as u64 * reach;
                    let pointer = pointer_in(&buffer, index);
                    if pointer == 0 || before + reach <= kept {
                        continue;
                    }
                    let rest = kept.saturating_sub(before);
                    let (left, below) = self.release(pointer, levels - 1, rest).await?;
                    freed += below;
                    if !left {
                        set_pointer_in(&buffer, index, 0);
                    }
                }
            }
            if kept > 0 {
                return Ok((true, freed));
            }
            self.free_block(block).await?;
            Ok((false, freed + 1))
        })
    }

    /// Block `index` of a file; none where nothing was ever written.
    pub(super) async fn block(
        &self,
        inode: &Inode,
        index: u64,
    ) -> Result<Option<Arc<Buffer>>, Error> {
        let way = self.way(index).ok_or(Error::TooLarge)?;
        let mut block = inode.pointer(way.pointer);
        for &index in way.indices() {
            if block == 0 {
                return Ok(None);
            }
            let buffer = self.cache.get(self.checked(block)?).await?;
            block = pointer_in(&buffer, index);
        }
        if block == 0 {
            return Ok(None);
        }
        Ok(Some(self.cache.get(self.checked(block)?).await?))
    }

    /// Block `index` of a file, new where there was none. The caller holds `changes`, and stores
    /// the inode after this.
    pub(super) async fn block_to_write(
        &self,
        number: u32,
        inode: &mut Inode,
        index: u64,
    ) -> Result<Arc<Buffer>, Error> {
        let way = self.way(index).ok_or(Error::TooLarge)?;
        let near = self.near(number);
        let mut block = inode.pointer(way.pointer);
        let mut buffer = match block {
            0 => {
                block = self.allocate_block(near).await?;
                inode.set_pointer(way.pointer, block);
                inode.add_blocks(1, self.geometry.block_size);
                self.cache.fresh(block)
            }
            _ => self.cache.get(self.checked(block)?).await?,
        };
        for &index in way.indices() {
            let next = match pointer_in(&buffer, index) {
                0 => {
                    block = self.allocate_block(near).await?;
                    set_pointer_in(&buffer, index, block);
                    inode.add_blocks(1, self.geometry.block_size);
                    self.cache.fresh(block)
                }
                pointer => self.cache.get(self.checked(pointer)?).await?,
            };
            buffer = next;
        }
        Ok(buffer)
    }

    /// A block in the group of an inode.
    fn near(&self, number: u32) -> u32 {
        let group = (number - 1) / self.geometry.inodes_per_group;
        self.geometry.first_block + group * self.geometry.blocks_per_group
    }

    fn way(&self, index: u64) -> Option<Way> {
        Way::to(index, self.fanout())
    }

    /// Pointers in a block.
    fn fanout(&self) -> u64 {
        self.geometry.block_size as u64 / 4
    }

    /// The parts of `offset..offset + length` that are in one block each: the block's index in the
    /// file, the part of the block, and the part of what is read or written.
    fn pieces(
        &self,
        offset: u64,
        length: usize,
    ) -> impl Iterator<Item = (u64, Range<usize>, Range<usize>)> + use<> {
        let size = self.geometry.block_size;
        let mut done = 0;
        core::iter::from_fn(move || {
            if done >= length {
                return None;
            }
            let at = offset + done as u64;
            let within = (at % size as u64) as usize;
            let count = (size - within).min(length - done);
            let piece = (at / size as u64, within..within + count, done..done + count);
            done += count;
            Some(piece)
        })
    }
}

/// A file that was removed is gone for those who have it open, too.
pub(super) fn check_living(inode: &Inode) -> Result<(), Error> {
    if inode.links() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

fn pointer_in(buffer: &Buffer, index: usize) -> u32 {
    buffer.read(|block| super::superblock::u32_at(block, 4 * index))
}

fn set_pointer_in(buffer: &Buffer, index: usize, pointer: u32) {
    buffer.change(|block| block[4 * index..4 * index + 4].copy_from_slice(&pointer.to_le_bytes()));
}
