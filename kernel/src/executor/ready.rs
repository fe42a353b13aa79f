//! The ready queues: one for each priority, first in, first out.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use super::bitmap::Bitmap;
use super::task::Task;
use super::{PRIORITIES, Priority};
use crate::bugs::{self, Bug};

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
        let priority = task.priority();
        let queue = &mut self.queues[priority as usize];
        if bugs::is(Bug::Starvation) {
            queue.push_front(task);
        } else {
            queue.push_back(task);
        }
        bitmap.set(priority);
    }

    /// Takes the first coroutine of the best priority, if that is better than `limit`.
    pub fn pop(&mut self, limit: Option<Priority>, bitmap: &Bitmap) -> Option<Arc<Task>> {
        let priority = bitmap.highest()?;
        if limit.is_some_and(|limit| priority >= limit) {
            return None;
        }
        let task = self.queues[priority as usize].pop_front();
        self.left(priority, bitmap);
        task
    }

    /// Gives `task` another priority, and its place in the queue of that where it is in one; says
    /// whether it is.
    pub fn change(&mut self, task: &Arc<Task>, priority: Priority, bitmap: &Bitmap) -> bool {
        if bugs::is(Bug::WrongQueue) {
            task.store_priority(priority);
            return false;
        }
        let old = task.priority();
        let queue = &mut self.queues[old as usize];
        let at = queue.iter().position(|other| Arc::ptr_eq(other, task));
        let queued = at.and_then(|at| queue.remove(at));
        task.store_priority(priority);
        match queued {
            Some(task) => {
                self.left(old, bitmap);
                self.push(task, bitmap);
                true
            }
            None => false,
        }
    }

    /// A coroutine has left the queue of `priority`.
    fn left(&self, priority: Priority, bitmap: &Bitmap) {
        let left = self.queues[priority as usize].len();
        let is_last = match () {
            _ if bugs::is(Bug::StaleBit) => false,
            _ if bugs::is(Bug::MissingBit) => left <= 1,
            _ => left == 0,
        };
        if is_last {
            bitmap.clear(priority);
        }
    }

    pub fn len(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// Gives back the memory of queues that are empty.
    pub fn trim(&mut self) {
        self.queues.iter_mut().filter(|queue| queue.is_empty()).for_each(VecDeque::shrink_to_fit);
    }
}
