//! When the threads of a process have nothing to poll: they park, until a callback comes or
//! another thread of the process makes a coroutine ready.
//!
//! No wake is lost: a thread looks at the process's page and is filed as parked under one lock,
//! which whoever writes a callback takes too, and whoever unparks after having set a bit.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use scheduler::page::{Callback, ProcessPage};

use super::page::SharedPage;
use super::{Process, system};
use crate::executor::{LOWEST, PRIORITIES, Priority};
use crate::thread::pool::THREAD_POOL;
use crate::thread::{self, Thread, processor};

/// What a process and the kernel share, and the threads that wait for something to appear there.
pub struct Parking {
    /// None once the process has ended: the page may be another's by then.
    page: Option<SharedPage>,
    parked: Vec<Arc<Thread>>,
}

impl Parking {
    pub fn new(page: SharedPage) -> Self {
        Parking { page: Some(page), parked: Vec::new() }
    }

    fn next(&mut self) -> Option<Arc<Thread>> {
        (!self.parked.is_empty()).then(|| self.parked.remove(0))
    }
}

impl Process {
    /// Blocks the current thread, which is one of this process's, until a callback comes or
    /// another one unparks it; not at all where the page says that something is ready.
    pub fn park(&self) {
        let me = processor::current();
        {
            let mut parking = self.parking.lock();
            let Some(page) = &parking.page else { return };
            if page.bitmap.load(Ordering::SeqCst) != 0 || page.has_callbacks() {
                return;
            }
            parking.parked.push(me.clone());
        }
        thread::block();
        // Where something else woke it, such as the end of its process.
        self.parking.lock().parked.retain(|parked| parked.id != me.id);
    }

    /// Wakes one parked thread; false where none is.
    pub fn unpark(&self) -> bool {
        let thread = self.parking.lock().next();
        thread.as_ref().is_some_and(|thread| {
            THREAD_POOL.unblock(thread);
            true
        })
    }

    /// Hands the process `callback` as its `number`-th, for a coroutine of `priority`, and wakes a
    /// thread that takes it. Does nothing where the process has ended.
    pub fn deliver(&self, number: u32, callback: Callback, priority: Priority) {
        let thread = {
            let mut parking = self.parking.lock();
            let Some(page) = &parking.page else { return };
            page.write(number, callback);
            page.bitmap.fetch_or(1 << priority, Ordering::SeqCst);
            parking.next()
        };
        self.review();
        if let Some(thread) = thread {
            THREAD_POOL.unblock(&thread);
        }
    }

    /// A thread of this number is about to begin: as urgent as a coroutine of `priority`, until it
    /// polls its first.
    pub fn begin_thread(&self, slot: usize, priority: Priority) {
        self.with_page(|page| page.set_polled(slot, Some(priority)));
    }

    /// The thread of this number does not begin after all.
    pub fn forget_thread(&self, slot: usize) {
        self.with_page(|page| page.set_polled(slot, None));
    }

    /// What is ready in the process may have changed: it counts as it is now, and so do the threads.
    pub fn review(&self) {
        if system::count(self) {
            THREAD_POOL.review_user_threads(&self.threads.lock());
        }
    }

    /// How urgent the thread of this number is: the best priority of what it polls and of what is
    /// ready in the process.
    pub fn priority_of(&self, slot: usize) -> Priority {
        self.with_page(|page| page.best(slot)).flatten().map_or(LOWEST, |best| best.min(LOWEST))
    }

    /// What is ready in the process, as bits.
    pub fn ready_bits(&self) -> u64 {
        let priorities = (1 << PRIORITIES) - 1;
        self.with_page(|page| page.bitmap.load(Ordering::Relaxed) & priorities).unwrap_or(0)
    }

    /// How many callbacks the process says it has read; none once it has ended.
    pub fn callbacks_read(&self) -> Option<u32> {
        self.with_page(ProcessPage::count_read)
    }

    /// None once the process has ended.
    fn with_page<T>(&self, action: impl FnOnce(&ProcessPage) -> T) -> Option<T> {
        self.parking.lock().page.as_deref().map(action)
    }

    /// The process has ended: its page is anybody's.
    pub fn give_page_back(&self) {
        self.page.store(0, Ordering::Relaxed);
        self.parking.lock().page = None;
        self.review();
    }
}
