//! The page that a process and the kernel share: the process's priority bitmap, and the callbacks
//! of system calls that are done. Both write it, and neither trusts the other: every word is
//! atomic, and an index is used only within its bounds.

use core::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

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

impl ProcessPage {
    /// Whether a callback waits to be read.
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
