//! Which thread runs next: a queue for each priority, round-robin within one.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use super::{Kind, Thread};
use crate::executor::bitmap::Bitmap;
use crate::executor::{PRIORITIES, Priority};

/// Threads that are ready.
pub struct Scheduler {
    queues: [VecDeque<Arc<Thread>>; PRIORITIES],
}

impl Scheduler {
    pub const fn new() -> Self {
        Scheduler { queues: [const { VecDeque::new() }; PRIORITIES] }
    }

    /// Puts `thread` behind the others of its priority.
    pub fn push(&mut self, thread: Arc<Thread>, ready: &Bitmap) {
        let priority = thread.priority();
        self.queues[priority as usize].push_back(thread);
        ready.set(priority);
    }

    /// Takes the first thread of `priority`.
    pub fn pop(&mut self, priority: Priority, ready: &Bitmap) -> Option<Arc<Thread>> {
        let queue = &mut self.queues[priority as usize];
        let thread = queue.pop_front();
        if queue.is_empty() {
            ready.clear(priority);
        }
        thread
    }

    pub fn has_coroutine_thread(&self, priority: Priority) -> bool {
        self.queues[priority as usize].iter().any(|thread| thread.kind == Kind::Coroutine)
    }

    pub fn has_half_run(&self, priority: Priority) -> bool {
        self.queues[priority as usize].iter().any(|thread| thread.is_half_run())
    }

    /// Takes out `thread`; false when it is not here.
    pub fn remove(&mut self, thread: &Arc<Thread>, ready: &Bitmap) -> bool {
        let priority = thread.priority();
        let queue = &mut self.queues[priority as usize];
        let Some(at) = queue.iter().position(|other| other.id == thread.id) else { return false };
        queue.remove(at);
        if queue.is_empty() {
            ready.clear(priority);
        }
        true
    }

    /// Gives back the memory of queues that are empty.
    pub fn trim(&mut self) {
        self.queues.iter_mut().filter(|queue| queue.is_empty()).for_each(VecDeque::shrink_to_fit);
    }
}
