//! The page that a process and the kernel share: the process's priority bitmap, and the callbacks
//! of system calls that are done. Both write it, and neither trusts the other: every word is
//! atomic, and an index is used only within its bounds. And the page that all processes read:
//! what waits for a hart, anywhere.

use core::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering};

use crate::layout::MAX_THREADS;
use crate::ready::best;

/// Callbacks that may be unread; so many calls with a ticket may be under way at a time.
pub const CALLBACKS: usize = 128;

/// At [`layout::PROCESS_PAGE`](crate::layout::PROCESS_PAGE) in each process.
#[repr(C)]
pub struct ProcessPage {
    /// Bit p: a coroutine of priority p of this process is ready, or a callback for one is unread.
    pub bitmap: AtomicU64,
    /// Callbacks that the kernel has written since the start.
    written: AtomicU32,
    /// Callbacks that the process has read since the start.
    read: AtomicU32,
    callbacks: [Slot; CALLBACKS],
    /// By thread: one more than the priority of the coroutine that it polls, or with which it
    /// begins; 0 where it polls none.
    polled: [AtomicU8; MAX_THREADS],
}

/// Executors that threads of the kernel may have of their own, at most.
pub const KERNEL_EXECUTORS: usize = 24;

/// Harts that the system page has room for.
pub const HARTS: usize = 8;

/// At [`layout::SYSTEM_PAGE`](crate::layout::SYSTEM_PAGE) in each process, which can only read
/// it. The kernel changes the first words all the time, and those behind on ticks, and when a
/// program yields.
#[repr(C)]
pub struct SystemPage {
    /// Bit p: a coroutine of priority p is ready in the executor that the kernel's threads share.
    pub kernel: AtomicU64,
    /// The same for each executor that one of the kernel's threads owns.
    pub kernel_threads: [AtomicU64; KERNEL_EXECUTORS],
    /// Bit p: something of priority p is ready, in the kernel or in any process.
    pub everywhere: AtomicU64,
    /// Those of them that no hart is busy with: threads and the kernel's coroutines that wait for
    /// one, and the coroutines of processes that no hart runs.
    pub waiting: AtomicU64,
    /// By hart: one more than the number, in its process, of the user thread that it runs; 0 where
    /// it runs none.
    pub threads: [AtomicU64; HARTS],
}

/// A system call is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    /// What the call was given.
    pub token: u64,
    /// What the call returns, or a negative [`Error`](crate::syscall::Error).
    pub result: i64,
}

#[repr(C)]
struct Slot {
    token: AtomicU64,
    result: AtomicI64,
}

impl SystemPage {
    /// The best priority of what waits for a hart.
    pub fn best_waiting(&self) -> Option<u8> {
        best(self.waiting.load(Ordering::Relaxed) | self.kernel.load(Ordering::Relaxed))
    }
}

impl ProcessPage {
    /// The thread of this number polls a coroutine of `priority`, or none.
    pub fn set_polled(&self, thread: usize, priority: Option<u8>) {
        let word = priority.map_or(0, |priority| priority.wrapping_add(1));
        if let Some(polled) = self.polled.get(thread) {
            polled.store(word, Ordering::Relaxed);
        }
    }

    /// The priority of the coroutine that the thread of this number polls.
    pub fn polled(&self, thread: usize) -> Option<u8> {
        let word = self.polled.get(thread).map_or(0, |polled| polled.load(Ordering::Relaxed));
        word.checked_sub(1)
    }

    /// The best priority that the thread of this number serves: of the coroutine that it polls,
    /// and of those that are ready.
    pub fn best(&self, thread: usize) -> Option<u8> {
        best(self.bitmap.load(Ordering::Relaxed)).into_iter().chain(self.polled(thread)).min()
    }

    /// Whether a callback waits to be read.
    #[inline]
    pub fn has_callbacks(&self) -> bool {
        self.written.load(Ordering::Acquire) != self.read.load(Ordering::Relaxed)
    }

    /// For the kernel: hands the process `callback` as its `number`-th. The caller counts, one at
    /// a time, and does not let more than [`CALLBACKS`] be unread.
    pub fn write(&self, number: u32, callback: Callback) {
        let slot = &self.callbacks[number as usize % CALLBACKS];
        slot.token.store(callback.token, Ordering::Relaxed);
        slot.result.store(callback.result, Ordering::Relaxed);
        self.written.store(number.wrapping_add(1), Ordering::Release);
    }

    /// For the kernel: how many callbacks the process says it has read.
    pub fn count_read(&self) -> u32 {
        self.read.load(Ordering::Acquire)
    }

    /// For the process, one thread at a time: takes the oldest callback.
    pub fn take(&self) -> Option<Callback> {
        if !self.has_callbacks() {
            return None;
        }
        let number = self.read.load(Ordering::Relaxed);
        let slot = &self.callbacks[number as usize % CALLBACKS];
        let callback = Callback {
            token: slot.token.load(Ordering::Relaxed),
            result: slot.result.load(Ordering::Relaxed),
        };
        self.read.store(number.wrapping_add(1), Ordering::Release);
        Some(callback)
    }
}
