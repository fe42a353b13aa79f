//! ext2, revision 1, as `mke2fs -t ext2` makes it: blocks of 1, 2 or 4 KiB, no journal.
//!
//! Whoever changes what belongs together (inodes, bitmaps, counts, entries) holds `changes` from
//! the first change to the last. A sync copies all that has changed while it holds the same, so
//! that what gets to the disk is whole. While it is being written the superblock says that the
//! disk is not valid; before the next sync nothing else is written.
//!
//! Locks are taken in this order: a directory, what is in it, `changes`.
//!
//! Who only reads keeps no lock while the disk is busy: see [`view`].

mod allocate;
mod content;
mod directory;
mod inode;
mod superblock;
mod tree;
mod view;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use core::sync::atomic::AtomicU64;

use super::Error;
use super::cache::{Buffer, Cache, Change};
use crate::device::virtio::block::{self, Kind, SECTOR};
use crate::future::Mutex;
use crate::sync::SpinLock;
use inode::Inode;
use superblock::Geometry;

pub use inode::{Kind as NodeKind, ROOT};

pub struct Volume {
    geometry: Geometry,
    cache: Cache,
    /// Held by who changes the volume.
    changes: Mutex<()>,
    /// Held while changes are being written to the disk.
    writing: Mutex<()>,
    /// The inodes that somebody uses.
    nodes: SpinLock<BTreeMap<u32, Weak<Node>>>,
}

/// An inode that somebody uses.
pub struct Node {
    pub number: u32,
    inode: Mutex<Inode>,
    /// How often the inode was locked to change it or what it leads to.
    changes: AtomicU64,
}

impl From<superblock::Error> for Error {
    fn from(error: superblock::Error) -> Self {
        match error {
            superblock::Error::NotExt2 => Error::Broken("there is no ext2 on it"),
            superblock::Error::Unsupported(_) => Error::Unsupported,
            superblock::Error::Broken => Error::Broken("its superblock contradicts itself"),
        }
    }
}

/// A sync writes when the changed buffers take so many tenths of the cache.
const PRESSURE: usize = 5;

impl Volume {
    /// Looks at the disk.
    pub async fn mount() -> Result<Self, Error> {
        let space = alloc::vec![0; superblock::SIZE].into_boxed_slice();
        let sector = (superblock::OFFSET / SECTOR) as u64;
        let bytes = block::transfer(Kind::Read, sector, space).await?;
        let bytes = bytes.first_chunk().expect("as much as was asked for");
        let geometry = superblock::parse(bytes, block::capacity()? * SECTOR as u64)?;
        Ok(Volume {
            geometry,
            cache: Cache::new(geometry.block_size),
            changes: Mutex::new(()),
            writing: Mutex::new(()),
            nodes: SpinLock::new(BTreeMap::new()),
        })
    }

    /// Waits until all that has been changed is on the disk.
    pub async fn sync(&self) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let (number, _) = self.geometry.superblock();
        let (changes, superblock) = {
            let _changes = self.changes.lock().await;
            let superblock = self.cache.get(number).await?;
            // Its counts are those of the other changes.
            (self.cache.take_changes(), superblock.read(|bytes| Box::from(bytes)))
        };
        if changes.is_empty() {
            return Ok(());
        }
        let written = self.write_changes(&changes, superblock).await;
        if written.is_err() {
            self.cache.take_back(&changes);
        }
        written
    }

    /// From the first write to the last the disk says that it is not valid, and each step is on the
    /// disk before the next begins. So the superblock is not written among the others.
    async fn write_changes(&self, changes: &[Change], superblock: Box<[u8]>) -> Result<(), Error> {
        let (number, _) = self.geometry.superblock();
        self.write_superblock(superblock.clone(), false).await?;
        self.cache.write_back(changes.iter().filter(|change| change.block() != number)).await?;
        self.write_superblock(superblock, true).await
    }

    async fn write_superblock(&self, mut bytes: Box<[u8]>, valid: bool) -> Result<(), Error> {
        let (number, offset) = self.geometry.superblock();
        superblock::set_valid(&mut bytes[offset..offset + superblock::SIZE], valid);
        Ok(self.cache.write(number, bytes).await?)
    }

    /// After a change: syncs where too much waits for one.
    async fn relieve(&self) -> Result<(), Error> {
        if self.cache.pressure() >= PRESSURE { self.sync().await } else { Ok(()) }
    }

    /// Gives back what nobody uses. For the count of leaks.
    pub fn trim(&self) {
        self.cache.trim();
        self.changes.trim();
        self.writing.trim();
        let mut nodes = self.nodes.lock();
        nodes.retain(|_, node| node.strong_count() > 0);
        if nodes.is_empty() {
            *nodes = BTreeMap::new();
        }
    }

    /// The directory at the top.
    pub async fn root(&self) -> Result<Arc<Node>, Error> {
        let root = self.node(ROOT, || true).await?;
        Ok(root.expect("nobody removes it"))
    }

    /// The node of an inode, the same for everybody. None where `is_named` says that the inode may
    /// not be any more what the caller takes it for.
    async fn node(
        &self,
        number: u32,
        is_named: impl Fn() -> bool,
    ) -> Result<Option<Arc<Node>>, Error> {
        let known = self.nodes.lock().get(&number).and_then(Weak::upgrade);
        if known.is_some() {
            return Ok(known);
        }
        let (buffer, offset) = self.inode_buffer(number).await?;
        let mut nodes = self.nodes.lock();
        if let Some(node) = nodes.get(&number).and_then(Weak::upgrade) {
            return Ok(Some(node));
        }
        // Who removes the name comes to this lock behind its change: so the node of an inode that
        // is free now, and may be another file next, is never made.
        if !is_named() {
            return Ok(None);
        }
        // Under the lock: what the last who had the node stored is there, and nobody has it now.
        let inode = buffer.read(|block| Inode::from_bytes(&block[offset..]));
        let new = Arc::new(Node::new(number, inode.expect("inodes lie within blocks")));
        let old = nodes.insert(number, Arc::downgrade(&new));
        drop(nodes);
        drop(old);
        Ok(Some(new))
    }

    /// The node of an inode that is new.
    fn add(&self, number: u32, inode: Inode) -> Arc<Node> {
        let new = Arc::new(Node::new(number, inode));
        let old = self.nodes.lock().insert(number, Arc::downgrade(&new));
        drop(old);
        new
    }

    /// Has the cache know an inode as it is. The caller holds `changes`.
    async fn store(&self, number: u32, inode: &Inode) -> Result<(), Error> {
        let (buffer, offset) = self.inode_buffer(number).await?;
        buffer.change(|block| block[offset..offset + inode::SIZE].copy_from_slice(inode.bytes()));
        Ok(())
    }

    /// The block with an inode, and where it is in there.
    async fn inode_buffer(&self, number: u32) -> Result<(Arc<Buffer>, usize), Error> {
        if number == 0 || number > self.geometry.inodes {
            return Err(Error::Broken("an entry names an inode that does not exist"));
        }
        let group = self.group((number - 1) / self.geometry.inodes_per_group).await?;
        let index = ((number - 1) % self.geometry.inodes_per_group) as usize;
        let per_block = self.geometry.inodes_per_block();
        let block = group.inode_table + (index / per_block) as u32;
        Ok((self.cache.get(block).await?, index % per_block * self.geometry.inode_size))
    }

    async fn group(&self, group: u32) -> Result<superblock::Group, Error> {
        let (block, offset) = self.geometry.descriptor(group);
        let buffer = self.cache.get(block).await?;
        let bytes = |block: &[u8]| superblock::group(&block[offset..], &self.geometry);
        buffer.read(bytes).ok_or(Error::Broken("a group of blocks lies outside of the disk"))
    }
}
