//! The ready queues: one for each priority, first in, first out.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use super::bitmap::Bitmap;
use super::task::Task;
use super::{PRIORITIES, Priority};

/// Ready coroutines. While the lock is held the bitmap may lag behind; before it is let go,
/// bit p is set exactly when queue p is not empty.
pub struct ReadyQueues {
    queues: [VecDeque<Arc<Task>>; PRIORITIES],
}

impl ReadyQueues {
    pub const fn new() -> Self {
        ReadyQueues { queues: [const { VecDeque::new() }; PRIORITIES] }
    }

    pub fn push(&mut self, task: Arc<Task>, bitmap: &Bitmap) {
        let priority = task.priority;
        self.queues[priority as usize].push_back(task);
        bitmap.set(priority);
    }

    /// Takes the first coroutine of the best priority, if that is better than `limit`.
    pub fn pop(&mut self, limit: Option<Priority>, bitmap: &Bitmap) -> Option<Arc<Task>> {
        let priority = bitmap.highest()?;
        if limit.is_some_and(|limit| priority >= limit) {
            return None;
        }
        let queue = &mut self.queues[priority as usize];
        let task = queue.pop_front();
        if queue.is_empty() {
            bitmap.clear(priority);
        }
        task
    }

    pub fn len(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// Gives back the memory of queues that are empty.
    pub fn trim(&mut self) {
        self.queues.iter_mut().filter(|queue| queue.is_empty()).for_each(VecDeque::shrink_to_fit);
    }
}
