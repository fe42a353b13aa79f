//! Priorities that change, by will or because who waits for something lends its priority to who
//! holds it.
//!
//! A coroutine counts for the best of its own priority and those of all who wait for what it
//! holds. Whoever changes one of these facts calls [`review`] after that, which works the priority
//! out anew and goes on to who holds what the coroutine itself waits for. So it does not matter in
//! which order two harts do this: the last one sees all the facts.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU8, Ordering, fence};

use super::{LOWEST, Priority, Task, ready, tell_owner};
use crate::bugs::{self, Bug};
use crate::thread::pool::THREAD_POOL;

/// The lowest priority that coroutines may have (`prio-bits=`).
static LAST_PRIORITY: AtomicU8 = AtomicU8::new(LOWEST);

pub fn set_bits(count: usize) {
    LAST_PRIORITY.store(count as Priority - 1, Ordering::Relaxed);
}

/// `priority`, or the lowest there is.
pub fn within_bits(priority: Priority) -> Priority {
    priority.min(LAST_PRIORITY.load(Ordering::Relaxed))
}

/// What one coroutine holds and others wait for.
pub trait Resource: Send + Sync {
    /// The best priority of those who wait.
    fn best_waiter(&self) -> Option<Priority>;

    /// Works that out anew, and says who holds it.
    fn review(&self) -> Option<Arc<Task>>;
}

/// What ties a coroutine to others.
pub struct Loans {
    held: Vec<Arc<dyn Resource>>,
    awaited: Vec<Arc<dyn Resource>>,
}

impl Loans {
    pub const fn new() -> Self {
        Loans { held: Vec::new(), awaited: Vec::new() }
    }
}

/// Takes one mention of `resource` out. Whoever calls this has the resource.
fn forget(list: &mut Vec<Arc<dyn Resource>>, resource: &Arc<dyn Resource>) {
    if let Some(at) = list.iter().position(|other| Arc::ptr_eq(other, resource)) {
        list.swap_remove(at);
    }
}

impl Task {
    /// Gives it another priority of its own, whatever it does at this moment.
    pub fn set_priority(self: &Arc<Self>, priority: Priority) {
        self.base.store(within_bits(priority), Ordering::Relaxed);
        review(self);
    }

    pub fn begin_hold(&self, resource: Arc<dyn Resource>) {
        self.loans.lock().held.push(resource);
    }

    pub fn end_hold(&self, resource: &Arc<dyn Resource>) {
        forget(&mut self.loans.lock().held, resource);
    }

    pub fn begin_wait(&self, resource: Arc<dyn Resource>) {
        self.loans.lock().awaited.push(resource);
    }

    pub fn end_wait(&self, resource: &Arc<dyn Resource>) {
        forget(&mut self.loans.lock().awaited, resource);
    }
}

/// Works out what `task` counts for, and whom that concerns.
pub fn review(task: &Arc<Task>) {
    let awaited = {
        let loans = task.loans.lock();
        let lent = loans.held.iter().filter_map(|resource| resource.best_waiter());
        let lent = lent.filter(|_| !bugs::is(Bug::Inversion));
        let best = lent.chain([task.base.load(Ordering::Relaxed)]).min();
        let best = best.expect("it has one of its own");
        if best == task.priority() {
            return;
        }
        change(task, best);
        loans.awaited.clone()
    };
    for holder in awaited.iter().filter_map(|resource| resource.review()) {
        review(&holder);
    }
}

/// Where `task` is ready it changes queues. Where it runs, or is half-run on the stack of a thread
/// that waits for a hart, its thread changes with it.
fn change(task: &Arc<Task>, priority: Priority) {
    loop {
        let executor = task.executor();
        let mut queues = executor.ready.lock();
        // It may have been taken over before the lock was had.
        if !core::ptr::eq(executor, task.executor()) {
            continue;
        }
        let queued = ready::change(&mut queues, task, priority, executor.bitmap);
        drop(queues);
        if queued && executor.is_owned() {
            tell_owner(executor);
        }
        break;
    }
    // Either we see the thread that polls it, or that thread sees the new priority.
    fence(Ordering::SeqCst);
    THREAD_POOL.coroutine_changed(task);
}
