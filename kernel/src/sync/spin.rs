//! The spin lock that guards everything shared.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicUsize, Ordering};

use super::InterruptsOff;
use crate::riscv::hart_id;

/// A value that one hart at a time may touch. Interrupts are off while it is held, so that a
/// handler never waits for the code it interrupted, and no holder is preempted.
pub struct SpinLock<T> {
    /// 0, or the holder's hart id plus one.
    holder: AtomicUsize,
    data: UnsafeCell<T>,
}

// SAFETY: the lock hands `data` to one hart at a time.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    pub const fn new(data: T) -> Self {
        SpinLock { holder: AtomicUsize::new(0), data: UnsafeCell::new(data) }
    }

    pub fn lock(&self) -> SpinGuard<'_, T> {
        let interrupts = InterruptsOff::new();
        let me = hart_id() + 1;
        while let Err(holder) = self.try_hold(me) {
            assert!(holder != me, "hart {} takes a lock that it holds", hart_id());
            while self.holder.load(Ordering::Relaxed) != 0 {
                core::hint::spin_loop();
            }
        }
        SpinGuard { lock: self, _interrupts: interrupts }
    }

    /// For the panic handler: the lock if it can be had at once.
    pub fn try_lock(&self) -> Option<SpinGuard<'_, T>> {
        let interrupts = InterruptsOff::new();
        self.try_hold(hart_id() + 1).ok()?;
        Some(SpinGuard { lock: self, _interrupts: interrupts })
    }

    fn try_hold(&self, me: usize) -> Result<usize, usize> {
        self.holder.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
    }
}

pub struct SpinGuard<'a, T> {
    lock: &'a SpinLock<T>,
    /// Dropped after the lock is let go.
    _interrupts: InterruptsOff,
}

impl<T> Deref for SpinGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T> DerefMut for SpinGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed alone.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T> Drop for SpinGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.holder.store(0, Ordering::Release);
    }
}
