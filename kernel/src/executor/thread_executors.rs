//! The executors that coroutine threads own (`executor=per-thread`), in a list that is made
//! once.

use alloc::vec::Vec;
use core::cell::UnsafeCell;

use super::Executor;
use super::bitmap::THREAD_BITMAPS;
use crate::memlayout::MAX_HARTS;
use crate::thread::COROUTINE_THREADS_PER_HART;

pub const MAX_THREAD_EXECUTORS: usize = MAX_HARTS * COROUTINE_THREADS_PER_HART;

/// Empty where all threads share one executor.
pub static THREAD_EXECUTORS: ThreadExecutors =
    ThreadExecutors { list: UnsafeCell::new(Vec::new()) };

pub struct ThreadExecutors {
    list: UnsafeCell<Vec<Executor>>,
}

// SAFETY: written once, before the other harts are let in.
unsafe impl Sync for ThreadExecutors {}

impl ThreadExecutors {
    /// # Safety
    /// Called at most once, while no other hart runs and before anything asks for the list.
    pub unsafe fn make(&self, count: usize) {
        let executors = THREAD_BITMAPS[..count].iter().enumerate();
        let list = executors.map(|(index, bitmap)| Executor::new(index + 1, bitmap)).collect();
        // SAFETY: nobody else looks, as the caller promises.
        unsafe { *self.list.get() = list };
    }

    pub fn all(&self) -> &[Executor] {
        // SAFETY: nobody writes any more.
        unsafe { &*self.list.get() }
    }
}
