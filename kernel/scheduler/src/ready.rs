//! What the shared code works on: the part of a coroutine that scheduling needs, and an
//! executor's ready queues. Each executor has them in its own memory; only the code is shared.
//!
//! ```text
//!   new              poll              poll says Ready
//!  ──────▶  Ready ─────────▶ Running ─────────────────▶ Done
//!            ▲ ▲              │  │ wake
//!       wake │ │ poll says    │  ▼
//!            │ └─ Pending ─── │ Notified
//!            │                │
//!            └──── Waiting ◀──┘ poll says Pending
//! ```
//! A wake in any other state changes nothing: the coroutine will be polled anyway, or is done.

use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize};

/// Queues of an executor; as many as there are priorities, 0 the best.
pub const PRIORITIES: usize = 8;

/// See the drawing above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// In a ready queue, or on the way into one.
    Ready = 0,
    /// Being polled.
    Running = 1,
    /// Being polled, and woken since: ready again after the poll.
    Notified = 2,
    Waiting = 3,
    Done = 4,
}

/// The first part of a coroutine's record: its state, and its place in a queue.
#[repr(C)]
#[derive(Debug)]
pub struct Node {
    /// Address of the next node of the queue; 0 at its end, and outside of queues.
    pub next: AtomicUsize,
    /// A [`State`].
    pub state: AtomicU8,
    /// Below [`PRIORITIES`].
    pub priority: u8,
    pub polls: AtomicU32,
    pub wakes: AtomicU32,
}

/// A queue: first in, first out.
#[repr(C)]
#[derive(Debug)]
pub struct List {
    /// Addresses of nodes; 0 where the queue is empty.
    pub first: AtomicUsize,
    pub last: AtomicUsize,
}

/// The ready coroutines of an executor. Where the lock is free, bit p of the executor's bitmap is
/// set when queue p is not empty.
#[repr(C)]
#[derive(Debug)]
pub struct Ready {
    /// 1 while a thread or hart changes the queues.
    pub lock: AtomicU32,
    /// Nodes in all queues.
    pub count: AtomicU32,
    pub queues: [List; PRIORITIES],
}

/// The bitmap that goes with it, wherever the executor keeps it.
pub type Bitmap = AtomicU64;

impl Node {
    /// Of a coroutine that is ready, and wants a place in a queue.
    pub const fn new(priority: u8) -> Self {
        let lowest = PRIORITIES as u8 - 1;
        Node {
            next: AtomicUsize::new(0),
            state: AtomicU8::new(State::Ready as u8),
            priority: if priority < lowest { priority } else { lowest },
            polls: AtomicU32::new(0),
            wakes: AtomicU32::new(0),
        }
    }
}

impl Ready {
    pub const fn new() -> Self {
        Ready {
            lock: AtomicU32::new(0),
            count: AtomicU32::new(0),
            queues: [const { List { first: AtomicUsize::new(0), last: AtomicUsize::new(0) } };
                PRIORITIES],
        }
    }
}

impl Default for Ready {
    fn default() -> Self {
        Ready::new()
    }
}

/// The best priority whose bit is set in `bits`: a find-first-set.
pub fn best(bits: u64) -> Option<u8> {
    (bits != 0).then(|| bits.trailing_zeros() as u8)
}
