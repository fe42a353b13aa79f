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
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};

use crate::device::virtio::block::{self, Error, Kind, SECTOR};
use crate::future::{Waiters, join_all};
use crate::sync::{SpinGuard, SpinLock};

/// Bytes of blocks that are kept.
const CAPACITY: usize = 2 << 20;

/// Requests that a write-back has under way at a time.
const TOGETHER: usize = 16;

/// Buffers that are looked at for one to give up; where all of them are needed the cache grows.
const LOOKS: usize = 64;

pub struct Cache {
    block_size: usize,
    buffers: SpinLock<Buffers>,
    /// How many buffers are changed.
    changed: Arc<AtomicUsize>,
}

struct Buffers {
    by_block: BTreeMap<u32, Arc<Buffer>>,
    /// The block behind the one that was looked at last to be given up.
    hand: u32,
}

/// A block as it is to be on the disk. Its buffer is not given up before it is there: read again, it
/// would be what it was before.
pub struct Change {
    buffer: Arc<Buffer>,
    bytes: Box<[u8]>,
}

impl Change {
    pub fn block(&self) -> u32 {
        self.buffer.block
    }
}

/// A block in memory.
pub struct Buffer {
    block: u32,
    inner: SpinLock<BufferInner>,
    /// Since it was last looked at to be given up.
    used: AtomicBool,
    /// The cache's.
    all_changed: Arc<AtomicUsize>,
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
        let buffers = SpinLock::new(Buffers { by_block: BTreeMap::new(), hand: 0 });
        Cache { block_size, buffers, changed: Arc::new(AtomicUsize::new(0)) }
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

    /// The buffer of a block that has a new owner: zeroes. A new one, because the old one may be
    /// with somebody who still looks for what the last owner had, and reads that from the disk.
    pub fn fresh(&self, block: u32) -> Arc<Buffer> {
        let zeroes = alloc::vec![0; self.block_size].into_boxed_slice();
        let buffer = Buffer::new(block, Content::Here(zeroes), self.changed.clone());
        buffer.set_changed(&mut buffer.inner.lock(), true);
        self.add(self.buffers.lock(), buffer)
    }

    /// The block is nobody's any more: its content need not get to the disk.
    pub fn forget(&self, block: u32) {
        let buffer = self.buffers.lock().by_block.remove(&block);
        forgotten(buffer);
    }

    /// How many buffers are changed, in tenths of what may be kept.
    pub fn pressure(&self) -> usize {
        self.changed.load(Ordering::Relaxed) * self.block_size * 10 / CAPACITY
    }

    /// Copies of all changed blocks, which count as unchanged from here on.
    pub fn take_changes(&self) -> Vec<Change> {
        let buffers = self.buffers.lock();
        let changes = buffers.by_block.values().filter_map(|buffer| {
            let mut inner = buffer.inner.lock();
            if !buffer.set_changed(&mut inner, false) {
                return None;
            }
            match &inner.content {
                Content::Here(bytes) => {
                    Some(Change { buffer: buffer.clone(), bytes: bytes.clone() })
                }
                _ => unreachable!("what is changed is here"),
            }
        });
        changes.collect()
    }

    /// They have not got to the disk: they count as changed again.
    pub fn take_back(&self, changes: &[Change]) {
        let buffers = self.buffers.lock();
        for Change { buffer, .. } in changes {
            // Unless the block has become nobody's meanwhile.
            if buffers.by_block.get(&buffer.block).is_some_and(|known| Arc::ptr_eq(known, buffer)) {
                buffer.set_changed(&mut buffer.inner.lock(), true);
            }
        }
    }

    /// Writes blocks to the disk, and waits until they are there.
    pub async fn write_back(
        &self,
        mut changes: impl Iterator<Item = &Change>,
    ) -> Result<(), Error> {
        loop {
            let some = changes.by_ref().take(TOGETHER).map(|Change { buffer, bytes }| {
                block::transfer(Kind::Write, self.sector(buffer.block), bytes.clone())
            });
            let writes: Vec<_> = some.collect();
            if writes.is_empty() {
                return block::flush().await;
            }
            for written in join_all(writes).await {
                written?;
            }
        }
    }

    /// The same for one block.
    pub async fn write(&self, block: u32, bytes: Box<[u8]>) -> Result<(), Error> {
        block::transfer(Kind::Write, self.sector(block), bytes).await?;
        block::flush().await
    }

    /// Gives back the memory of buffers that are not changed and that nobody uses.
    pub fn trim(&self) {
        let mut buffers = self.buffers.lock();
        let unused = &mut buffers.by_block;
        let kept = unused.extract_if(.., |_, buffer| buffer.is_needed()).collect();
        let unused = core::mem::replace(unused, kept);
        drop(buffers);
        drop(unused);
    }

    fn sector(&self, block: u32) -> u64 {
        u64::from(block) * (self.block_size / SECTOR) as u64
    }

    fn buffer(&self, block: u32) -> Arc<Buffer> {
        let buffers = self.buffers.lock();
        if let Some(buffer) = buffers.by_block.get(&block) {
            buffer.used.store(true, Ordering::Relaxed);
            return buffer.clone();
        }
        self.add(buffers, Buffer::new(block, Content::Nothing, self.changed.clone()))
    }

    /// Takes a buffer in, instead of another of the same block where there is one.
    fn add(&self, mut buffers: SpinGuard<Buffers>, buffer: Buffer) -> Arc<Buffer> {
        let full = (buffers.by_block.len() + 1) * self.block_size > CAPACITY;
        let spare = if full { buffers.take_spare() } else { None };
        let buffer = Arc::new(buffer);
        let old = buffers.by_block.insert(buffer.block, buffer.clone());
        drop(buffers);
        drop(spare);
        forgotten(old);
        buffer
    }
}

/// A buffer that is not the cache's any more.
fn forgotten(buffer: Option<Arc<Buffer>>) {
    if let Some(buffer) = buffer {
        buffer.set_changed(&mut buffer.inner.lock(), false);
    }
}

impl Buffers {
    /// Takes out a buffer that can make room: the next that is not needed and has not been used
    /// since the last look.
    fn take_spare(&mut self) -> Option<Arc<Buffer>> {
        let behind = self.by_block.range(self.hand..);
        let all = behind.chain(self.by_block.range(..self.hand));
        let mut looks = all.map(|(_, buffer)| buffer).take(LOOKS);
        let spare = looks.find(|buffer| {
            self.hand = buffer.block + 1;
            !buffer.used.swap(false, Ordering::Relaxed) && !buffer.is_needed()
        });
        let spare = spare?.block;
        self.by_block.remove(&spare)
    }
}

enum Begin {
    Here,
    /// Somebody else reads it.
    Wait,
    /// The caller must.
    Read,
}

impl Buffer {
    fn new(block: u32, content: Content, all_changed: Arc<AtomicUsize>) -> Self {
        let callbacks = Waiters::new();
        let inner = BufferInner { content, changed: false, callbacks };
        Buffer { block, inner: SpinLock::new(inner), used: AtomicBool::new(true), all_changed }
    }

    /// Under the cache's lock: it is changed, or somebody has it.
    fn is_needed(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1 || self.inner.lock().changed
    }

    /// Says whether it was changed before.
    fn set_changed(&self, inner: &mut BufferInner, changed: bool) -> bool {
        let before = core::mem::replace(&mut inner.changed, changed);
        match (before, changed) {
            (false, true) => _ = self.all_changed.fetch_add(1, Ordering::Relaxed),
            (true, false) => _ = self.all_changed.fetch_sub(1, Ordering::Relaxed),
            _ => {}
        }
        before
    }

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
        self.set_changed(inner, true);
        match &mut inner.content {
            Content::Here(bytes) => change(bytes),
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
