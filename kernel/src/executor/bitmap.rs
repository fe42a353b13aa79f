//! Priority bitmaps: a word whose bit p says that something of priority p is ready.
//!
//! The executors' lie at a fixed physical address, where a debugger, a program in user mode or
//! a device can read them without asking. The highest priority is the lowest bit.

use core::sync::atomic::{AtomicU64, Ordering};

use super::Priority;
use super::thread_executors::MAX_THREAD_EXECUTORS;

/// Bit p: ready queue p of the executor that all threads share is not empty.
#[unsafe(link_section = ".bitmap")]
pub static PRIORITY_BITMAP: Bitmap = Bitmap::new();

/// The same for each thread's own executor, by its number less one. They follow the first.
#[unsafe(link_section = ".bitmap.threads")]
pub static THREAD_BITMAPS: [Bitmap; MAX_THREAD_EXECUTORS] =
    [const { Bitmap::new() }; MAX_THREAD_EXECUTORS];

#[repr(transparent)]
pub struct Bitmap(AtomicU64);

impl Bitmap {
    pub const fn new() -> Self {
        Bitmap(AtomicU64::new(0))
    }

    /// Sets the bit of `priority` (one `amoor.d`).
    pub fn set(&self, priority: Priority) {
        self.0.fetch_or(1 << priority, Ordering::SeqCst);
    }

    /// Clears the bit of `priority` (one `amoand.d`).
    pub fn clear(&self, priority: Priority) {
        self.0.fetch_and(!(1 << priority), Ordering::SeqCst);
    }

    /// As the shared scheduler takes it.
    pub fn word(&self) -> &AtomicU64 {
        &self.0
    }

    pub fn bits(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn highest(&self) -> Option<Priority> {
        highest(self.bits())
    }
}

/// The highest priority whose bit is set in `bits`.
pub fn highest(bits: u64) -> Option<Priority> {
    (bits != 0).then(|| bits.trailing_zeros() as Priority)
}

/// The bits of all executors at once.
pub fn all_bits() -> u64 {
    let bitmaps = core::iter::once(&PRIORITY_BITMAP).chain(&THREAD_BITMAPS);
    bitmaps.fold(0, |bits, bitmap| bits | bitmap.bits())
}

/// Clears every bit. Memory at a fixed address holds anything after a reset.
pub fn reset() {
    for bitmap in core::iter::once(&PRIORITY_BITMAP).chain(&THREAD_BITMAPS) {
        bitmap.0.store(0, Ordering::SeqCst);
    }
}
