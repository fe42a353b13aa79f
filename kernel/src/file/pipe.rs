//! Pipes: bytes from coroutines that write to coroutines that read, of any processes.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::pin::Pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll};

use scheduler::syscall::Error;

use super::partners::{self, CoroutineId, Place, READING, WRITING, Waiting};
use crate::process::{Outcome, UserMemory};
use crate::sync::SpinLock;
use crate::thread::processor;

/// Most bytes on their way.
const CAPACITY: usize = 4096;

/// Bytes are moved in pieces of this size. What is written by one call and is no longer stays in
/// one piece.
const PIECE: usize = 512;

/// Ids are never used again.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

struct Pipe {
    id: u64,
    inner: SpinLock<PipeInner>,
}

struct PipeInner {
    bytes: VecDeque<u8>,
    has_reader: bool,
    has_writer: bool,
    /// The coroutines that read and wrote last; 0 before the first.
    last_reader: CoroutineId,
    last_writer: CoroutineId,
}

/// The end to read from. There is one of it, whoever shares it; when it goes, nobody can write.
pub struct Reader {
    pipe: Arc<Pipe>,
}

/// The end to write to. When it goes, what is read ends.
pub struct Writer {
    pipe: Arc<Pipe>,
}

/// Makes a pipe.
pub fn pipe() -> (Reader, Writer) {
    let inner = PipeInner {
        bytes: VecDeque::new(),
        has_reader: true,
        has_writer: true,
        last_reader: 0,
        last_writer: 0,
    };
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let pipe = Arc::new(Pipe { id, inner: SpinLock::new(inner) });
    (Reader { pipe: pipe.clone() }, Writer { pipe })
}

impl Reader {
    /// Waits until there is something, and takes as much of it as `memory` holds.
    pub async fn read(&self, memory: &UserMemory) -> Outcome {
        if memory.length() == 0 {
            return Ok(0);
        }
        let visit = Visit::new(&self.pipe, &READING);
        let mut piece = [0; PIECE];
        let first = &mut piece[..memory.length().min(PIECE)];
        let mut done = Take { pipe: &self.pipe, visit: &visit, piece: first }.await;
        memory.write(0, &piece[..done])?;
        // More, if it is there at once.
        while (1..memory.length()).contains(&done) {
            let room = (memory.length() - done).min(PIECE);
            let count = self.pipe.inner.lock().take(visit.me(), &mut piece[..room]);
            if count == 0 {
                break;
            }
            memory.write(done, &piece[..count])?;
            done += count;
        }
        partners::wake(&WRITING, self.pipe.id, visit.me());
        Ok(done)
    }
}

/// Waits until there is something, and takes a piece of it; 0 bytes at the end.
struct Take<'a> {
    pipe: &'a Pipe,
    visit: &'a Visit,
    piece: &'a mut [u8],
}

impl Future for Take<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<usize> {
        let visit = self.visit;
        let mut pipe = self.pipe.inner.lock();
        let count = pipe.take(visit.me(), self.piece);
        if count == 0 && pipe.has_writer {
            visit.wait(pipe.last_writer, context);
            return Poll::Pending;
        }
        Poll::Ready(count)
    }
}

impl Writer {
    /// Waits until all of `memory` is on its way.
    pub async fn write(&self, memory: &UserMemory) -> Outcome {
        let visit = Visit::new(&self.pipe, &WRITING);
        let mut done = 0;
        while done < memory.length() {
            let mut piece = [0; PIECE];
            let piece = &mut piece[..(memory.length() - done).min(PIECE)];
            memory.read(done, piece)?;
            Put { pipe: &self.pipe, visit: &visit, piece }.await?;
            partners::wake(&READING, self.pipe.id, visit.me());
            done += piece.len();
        }
        Ok(done)
    }
}

/// Waits until there is room for all of a piece, and adds it.
struct Put<'a> {
    pipe: &'a Pipe,
    visit: &'a Visit,
    piece: &'a [u8],
}

impl Future for Put<'_> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        let mut pipe = self.pipe.inner.lock();
        if !pipe.has_reader {
            return Poll::Ready(Err(Error::BrokenPipe));
        }
        if pipe.bytes.len() + self.piece.len() > CAPACITY {
            self.visit.wait(pipe.last_reader, context);
            return Poll::Pending;
        }
        pipe.last_writer = self.visit.me();
        pipe.bytes.extend(self.piece);
        Poll::Ready(Ok(()))
    }
}

impl PipeInner {
    /// Takes what there is and fits, for the coroutine `reader`. Nothing where it has been cancelled,
    /// if only since its poll began: what was written after that is for who reads next.
    fn take(&mut self, reader: CoroutineId, piece: &mut [u8]) -> usize {
        if processor::current().is_cancelled() {
            return 0;
        }
        let count = self.bytes.len().min(piece.len());
        for (to, from) in piece.iter_mut().zip(self.bytes.drain(..count)) {
            *to = from;
        }
        if count > 0 {
            self.last_reader = reader;
        }
        count
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let bytes = {
            let mut pipe = self.pipe.inner.lock();
            pipe.has_reader = false;
            core::mem::take(&mut pipe.bytes)
        };
        drop(bytes);
        partners::wake(&WRITING, self.pipe.id, 0);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.pipe.inner.lock().has_writer = false;
        partners::wake(&READING, self.pipe.id, 0);
    }
}

/// A coroutine at one end of a pipe, from the beginning of its call to the end.
struct Visit {
    side: &'static Waiting,
    place: Place,
}

impl Visit {
    fn new(pipe: &Pipe, side: &'static Waiting) -> Self {
        let me = processor::current().coroutine_id().expect("only coroutines use pipes");
        Visit { side, place: (pipe.id, me) }
    }

    fn me(&self) -> CoroutineId {
        self.place.1
    }

    /// The other end of the pipe is to wake the coroutine. Under the lock of the pipe, so that
    /// nobody comes there in between.
    fn wait(&self, last: CoroutineId, context: &Context) {
        partners::wait(self.side, self.place, last, context.waker());
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        partners::leave(self.side, self.place);
    }
}
