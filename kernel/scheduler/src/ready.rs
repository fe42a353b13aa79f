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
//! A wake in any other state changes nothing: the coroutine will be polled anyway, or is done. Who
//! polls may drop the future instead: Running to Cancelled.

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

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
    /// Done, too, but its future was dropped before its end.
    Cancelled = 5,
}

/// The first part of a coroutine's record: its state, and its place in a queue. The links, the
/// priority and `queued` belong to whoever holds the lock of the queues.
#[repr(C)]
#[derive(Debug)]
pub struct Node {
    /// Address of the node behind this one, and of the one before; 0 at the ends of a queue, and
    /// without meaning outside.
    pub next: AtomicUsize,
    pub previous: AtomicUsize,
    /// A [`State`].
    pub state: AtomicU8,
    /// Below [`PRIORITIES`]. Changes only while it is in no queue.
    priority: AtomicU8,
    pub queued: AtomicBool,
    pub polls: AtomicU32,
    pub wakes: AtomicU32,
}

/// A queue: first in, first out.
#[repr(C)]
#[derive(Debug)]
pub struct List {
    /// Addresses of nodes; 0 where the queue is empty.
    pub first: usize,
    pub last: usize,
}

/// The ready coroutines of an executor, which guards them by a lock of its own kind: a hart must not
/// be interrupted while it holds one of the kernel's, and a thread of a program cannot help it. Where
/// that lock is free, bit p of the executor's bitmap is set when queue p is not empty.
#[repr(C)]
#[derive(Debug)]
pub struct Ready {
    /// Nodes in all queues.
    pub count: usize,
    pub queues: [List; PRIORITIES],
}

/// The bitmap that goes with it, wherever the executor keeps it.
pub type Bitmap = AtomicU64;

impl Node {
    /// Of a coroutine that is ready, and wants a place in a queue.
    pub const fn new(priority: u8) -> Self {
        Node {
            next: AtomicUsize::new(0),
            previous: AtomicUsize::new(0),
            state: AtomicU8::new(State::Ready as u8),
            priority: AtomicU8::new(within(priority)),
            queued: AtomicBool::new(false),
            polls: AtomicU32::new(0),
            wakes: AtomicU32::new(0),
        }
    }

    #[inline]
    pub fn priority(&self) -> u8 {
        self.priority.load(Ordering::Relaxed)
    }

    /// With the lock of the queues, and in none of them.
    #[inline]
    pub fn set_priority(&self, priority: u8) {
        self.priority.store(within(priority), Ordering::Relaxed);
    }
}

/// `priority`, or the lowest there is.
const fn within(priority: u8) -> u8 {
    let lowest = PRIORITIES as u8 - 1;
    if priority < lowest { priority } else { lowest }
}

impl Ready {
    pub const fn new() -> Self {
        Ready { count: 0, queues: [const { List { first: 0, last: 0 } }; PRIORITIES] }
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
