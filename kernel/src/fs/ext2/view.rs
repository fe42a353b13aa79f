//! Inodes as their readers see them, who shall not wait for each other while the disk is busy.
//!
//! A reader first looks by a copy of the inode, without a lock. Meanwhile others may change what the
//! inode leads to, and may even free its blocks, which then belong to somebody else: a reader can
//! have any bytes, or an error. So it asks afterwards whether anybody has locked the node to change
//! it, and if so throws away what it has, and looks again with the lock, which is the last time.
//!
//! The count of changes needs no ordering of its own. It is raised before the first change, and
//! what is changed, freed, or taken by others after that passes through a lock (of a buffer, the
//! cache, the nodes, the disk) that a reader who comes upon it takes afterwards: then it sees the
//! raised count, too. A reader that comes upon none of it has what was there before.

use core::ops::Deref;
use core::sync::atomic::{AtomicU64, Ordering};

use super::Node;
use super::inode::Inode;
use crate::future::{Guard, Mutex};

/// An inode to read by, and what it leads to.
pub enum View<'a> {
    Copy { node: &'a Node, inode: Inode, changes: u64 },
    Locked(Guard<'a, Inode>),
}

impl Node {
    pub(super) fn new(number: u32, inode: Inode) -> Self {
        Node { number, inode: Mutex::new(inode), changes: AtomicU64::new(0) }
    }

    pub(super) async fn view(&self) -> View<'_> {
        let inode = self.inode.lock().await;
        View::Copy {
            node: self,
            inode: inode.clone(),
            changes: self.changes.load(Ordering::Relaxed),
        }
    }

    /// The inode, to change it or what it leads to.
    pub(super) async fn lock_to_change(&self) -> Guard<'_, Inode> {
        let inode = self.inode.lock().await;
        self.changes.fetch_add(1, Ordering::Relaxed);
        inode
    }
}

impl<'a> View<'a> {
    /// Whether what was read by this was there all at once.
    pub fn holds(&self) -> bool {
        match self {
            View::Copy { node, changes, .. } => node.changes.load(Ordering::Relaxed) == *changes,
            View::Locked(_) => true,
        }
    }

    /// By what to read again, where this does not hold.
    pub async fn again(&self) -> Option<View<'a>> {
        match self {
            View::Copy { node, .. } if !self.holds() => Some(View::Locked(node.inode.lock().await)),
            _ => None,
        }
    }
}

impl Deref for View<'_> {
    type Target = Inode;

    fn deref(&self) -> &Inode {
        match self {
            View::Copy { inode, .. } => inode,
            View::Locked(inode) => inode,
        }
    }
}
