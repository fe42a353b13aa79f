//! The buffer cache: blocks of the disk in memory. A buffer that is being read keeps callbacks,
//! the wakers of the coroutines that want it, and calls them when the disk has delivered.
//!
//! What is changed stays here until [`Cache::write_back`], so that the disk never has half a
//! change; what has not been changed makes room for others when there is too much of it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::pin::Pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};

use crate::device::virtio::block::{self, Error, Kind, SECTOR};
use crate::future::{Waiters, join_all};
use crate::sync::SpinLock;

/// Bytes of blocks that are kept.
const CAPACITY: usize = 2 << 20;

/// Requests that a write-back has under way at a time.
const TOGETHER: usize = 16;

pub struct Cache {
    block_size: usize,
    buffers: SpinLock<BTreeMap<u32, Arc<Buffer>>>,
    /// Counts uses, to tell what was not used for long.
    uses: AtomicU64,
}

/// Blocks as they are to be on the disk.
pub type Changes = Vec<(u32, Box<[u8]>)>;

/// A block in memory.
pub struct Buffer {
    block: u32,
    inner: SpinLock<BufferInner>,
    last_use: AtomicU64,
}

struct BufferInner {
    content: Content,
    /// Not on the disk yet as it is here.
    changed: bool,
    /// Who is called when it has been read, or when reading it has failed.
    callbacks: Waiters,
}

enum Content {
    /// Nobody has asked for it yet, or reading it has failed.
    Nothing,
    Coming,
    Here(Box<[u8]>),
}

impl Cache {
    pub fn new(block_size: usize) -> Self {
        let buffers = SpinLock::new(BTreeMap::new());
        Cache { block_size, buffers, uses: AtomicU64::new(0) }
    }

    /// The buffer of `block`, read from the disk where it is not here.
    pub async fn get(&self, block: u32) -> Result<Arc<Buffer>, Error> {
        let buffer = self.buffer(block);
        loop {
            match buffer.begin_reading() {
                Begin::Here => return Ok(buffer),
                Begin::Wait => Wait { buffer: &buffer, ticket: None }.await,
                Begin::Read => {
                    let reading = Reading { buffer: &buffer };
                    let space = alloc::vec![0; self.block_size].into_boxed_slice();
                    let bytes = block::transfer(Kind::Read, self.sector(block), space).await?;
                    reading.finish(bytes);
                    return Ok(buffer);
                }
            }
        }
    }

    /// The buffer of a block whose old content does not matter: zeroes.
    pub fn fresh(&self, block: u32) -> Arc<Buffer> {
        let buffer = self.buffer(block);
        let zeroes = alloc::vec![0; self.block_size].into_boxed_slice();
        let mut inner = buffer.inner.lock();
        let old = core::mem::replace(&mut inner.content, Content::Here(zeroes));
        inner.changed = true;
        drop(inner);
        drop(old);
        buffer
    }

    /// The block is nobody's any more: its content need not get to the disk.
    pub fn forget(&self, block: u32) {
        let buffer = self.buffers.lock().remove(&block);
        drop(buffer);
    }

    /// How many buffers are changed, in tenths of what may be kept.
    pub fn pressure(&self) -> usize {
        let buffers = self.buffers.lock();
        let changed = buffers.values().filter(|buffer| buffer.inner.lock().changed).count();
        changed * self.block_size * 10 / CAPACITY
    }

    /// Copies of all changed blocks, which count as unchanged from here on.
    pub fn take_changes(&self) -> Changes {
        let buffers = self.buffers.lock();
        let changes = buffers.values().filter_map(|buffer| {
            let mut inner = buffer.inner.lock();
            let changed = core::mem::take(&mut inner.changed);
            match &inner.content {
                Content::Here(bytes) if changed => Some((buffer.block, bytes.clone())),
                _ => None,
            }
        });
        changes.collect()
    }

    /// Writes blocks to the disk, and waits until they are there.
    pub async fn write_back(&self, changes: Changes) -> Result<(), Error> {
        let mut changes = changes.into_iter();
        loop {
            let some: Vec<_> = changes.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                return block::flush().await;
            }
            let writes = some.into_iter().map(|(block, bytes)| {
                block::transfer(Kind::Write, self.sector(block), bytes)
            });
            for written in join_all(writes.collect()).await {
                written?;
            }
        }
    }

    /// Gives back the memory of buffers that are not changed and that nobody uses.
    pub fn trim(&self) {
        let mut unused = self.buffers.lock();
        let is_kept = |buffer: &Arc<Buffer>| {
            Arc::strong_count(buffer) > 1 || buffer.inner.lock().changed
        };
        let kept = unused.extract_if(.., |_, buffer| is_kept(buffer)).collect();
        let unused = core::mem::replace(&mut *unused, kept);
        drop(unused);
    }

    fn sector(&self, block: u32) -> u64 {
        u64::from(block) * (self.block_size / SECTOR) as u64
    }

    fn buffer(&self, block: u32) -> Arc<Buffer> {
        let mut buffers = self.buffers.lock();
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        if let Some(buffer) = buffers.get(&block) {
            buffer.last_use.store(now, Ordering::Relaxed);
            return buffer.clone();
        }
        let full = (buffers.len() + 1) * self.block_size > CAPACITY;
        let spare = if full { longest_unused(&buffers) } else { None };
        let spare = spare.and_then(|spare| buffers.remove(&spare));
        let inner =
            BufferInner { content: Content::Nothing, changed: false, callbacks: Waiters::new() };
        let buffer =
            Arc::new(Buffer { block, inner: SpinLock::new(inner), last_use: AtomicU64::new(now) });
        buffers.insert(block, buffer.clone());
        drop(buffers);
        drop(spare);
        buffer
    }
}

/// The buffer that can make room: all where everything is in use are kept.
fn longest_unused(buffers: &BTreeMap<u32, Arc<Buffer>>) -> Option<u32> {
    let unused = buffers.values().filter(|buffer| {
        Arc::strong_count(buffer) == 1 && !buffer.inner.lock().changed
    });
    unused.min_by_key(|buffer| buffer.last_use.load(Ordering::Relaxed)).map(|buffer| buffer.block)
}

enum Begin {
    Here,
    /// Somebody else reads it.
    Wait,
    /// The caller must.
    Read,
}

impl Buffer {
    /// Looks at the block, which must have been read.
    pub fn read<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        match &self.inner.lock().content {
            Content::Here(bytes) => look(bytes),
            _ => unreachable!("a buffer is handed out when its content is here"),
        }
    }

    /// Changes the block, which must have been read.
    pub fn change<T>(&self, change: impl FnOnce(&mut [u8]) -> T) -> T {
        let inner = &mut *self.inner.lock();
        match &mut inner.content {
            Content::Here(bytes) => {
                inner.changed = true;
                change(bytes)
            }
            _ => unreachable!("a buffer is handed out when its content is here"),
        }
    }

    fn begin_reading(&self) -> Begin {
        let mut inner = self.inner.lock();
        match inner.content {
            Content::Here(_) => Begin::Here,
            Content::Coming => Begin::Wait,
            Content::Nothing => {
                inner.content = Content::Coming;
                Begin::Read
            }
        }
    }

    /// Sets the content, and calls who waits for it.
    fn end_reading(&self, content: Content) {
        let callbacks = {
            let mut inner = self.inner.lock();
            inner.content = content;
            inner.callbacks.all()
        };
        callbacks.into_values().for_each(Waker::wake);
    }
}

/// A buffer is being read. Dropped before the end, somebody else has to read it.
struct Reading<'a> {
    buffer: &'a Buffer,
}

impl Reading<'_> {
    fn finish(self, bytes: Box<[u8]>) {
        self.buffer.end_reading(Content::Here(bytes));
        core::mem::forget(self);
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.buffer.end_reading(Content::Nothing);
    }
}

/// Waits until somebody else has read a buffer, or has failed to.
struct Wait<'a> {
    buffer: &'a Buffer,
    ticket: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let waker = context.waker().clone();
        let mut inner = self.buffer.inner.lock();
        if !matches!(inner.content, Content::Coming) {
            return Poll::Ready(());
        }
        let (ticket, old) = inner.callbacks.wait(self.ticket, waker);
        drop(inner);
        drop(old);
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let waker = self.ticket.and_then(|ticket| self.buffer.inner.lock().callbacks.leave(ticket));
        drop(waker);
    }
}
