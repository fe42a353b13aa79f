//! Priority bitmaps: a word whose bit p says that something of priority p is ready.
//!
//! The executor's lies at a fixed physical address, where a debugger, a program in user mode or
//! a device can read it without asking. The highest priority is the lowest bit.

use core::sync::atomic::{AtomicU64, Ordering};

use super::Priority;

/// Bit p: the executor's ready queue p is not empty.
#[unsafe(link_section = ".bitmap")]
pub static PRIORITY_BITMAP: Bitmap = Bitmap::new();

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

    /// Clears every bit. Memory at a fixed address holds anything after a reset.
    pub fn reset(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    pub fn is_empty(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }

    pub fn highest(&self) -> Option<Priority> {
        let bits = self.0.load(Ordering::SeqCst);
        (bits != 0).then(|| bits.trailing_zeros() as Priority)
    }
}
