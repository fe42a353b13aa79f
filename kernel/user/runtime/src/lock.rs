//! The lock that guards what the threads of a program share.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::executor::{self, Urgency};
use crate::syscall;

/// Looks at a lock that is held, before the thread lets its holder run.
const PATIENCE: usize = 100;

/// A value that one thread at a time may touch. Who holds it does not wait for anything else, and
/// may lose its hart: then the others let it run. As long as a thread wants or holds a lock it is as
/// urgent as a thread can be, or those that wait for the lock could keep its holder off the hart for
/// ever. Guards end in the opposite order to that in which they began.
pub struct Lock<T> {
    held: AtomicBool,
    data: UnsafeCell<T>,
}

// SAFETY: the lock hands `data` to one thread at a time.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub const fn new(data: T) -> Self {
        Lock { held: AtomicBool::new(false), data: UnsafeCell::new(data) }
    }

    pub fn lock(&self) -> Guard<'_, T> {
        let urgency = executor::hurry();
        let mut looks = 0;
        while self.held.swap(true, Ordering::Acquire) {
            while self.held.load(Ordering::Relaxed) {
                looks += 1;
                if looks % PATIENCE == 0 {
                    syscall::yield_now();
                }
                core::hint::spin_loop();
            }
        }
        Guard { lock: self, urgency }
    }
}

pub struct Guard<'a, T> {
    lock: &'a Lock<T>,
    /// The thread's, before.
    urgency: Urgency,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed alone.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.lock.held.store(false, Ordering::Release);
        executor::calm_down(self.urgency);
    }
}
