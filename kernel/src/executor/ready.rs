//! The ready queues of an executor: those of the shared scheduler, which the kernel calls like any
//! program does, with references to its coroutines in them.
//!
//! While the lock is held the bitmap may lag behind; before it is let go, bit p is set exactly when
//! queue p is not empty.

use alloc::sync::Arc;

use scheduler::ready::{Node, Ready};

use super::bitmap::{Bitmap, highest};
use super::task::Task;
use super::{PRIORITIES, Priority};
use crate::bugs::{self, Bug};
use crate::shared::scheduler;

const _: () = assert!(PRIORITIES == scheduler::ready::PRIORITIES);

/// Puts `task`, which has just become ready, behind the others of its priority.
pub fn push(ready: &mut Ready, task: Arc<Task>, bitmap: &Bitmap) {
    let node = Arc::into_raw(task).cast::<Node>();
    // SAFETY: a coroutine's record begins with its node, and the reference goes into the queue
    // with it. What has just become ready is in none.
    unsafe { scheduler().push(ready, bitmap.word(), node) };
}

/// Takes the first coroutine of the best priority, if that is better than `limit`.
pub fn pop(ready: &mut Ready, limit: Option<Priority>, bitmap: &Bitmap) -> Option<Arc<Task>> {
    let limit = limit.unwrap_or(PRIORITIES as Priority);
    let node = if bugs::any() {
        take_with_bug(ready, limit, bitmap)
    } else {
        scheduler().take(ready, bitmap.word(), None, limit)
    };
    // SAFETY: `push` put the reference there.
    node.map(|node| unsafe { Arc::from_raw(node.cast()) })
}

/// Gives `task` another priority, and its place in the queue of that where it is in one; says
/// whether it is.
pub fn change(ready: &mut Ready, task: &Task, priority: Priority, bitmap: &Bitmap) -> bool {
    if bugs::is(Bug::WrongQueue) {
        task.node.set_priority(priority);
        return false;
    }
    let queued = scheduler().remove(ready, bitmap.word(), None, &task.node);
    task.node.set_priority(priority);
    if queued {
        // SAFETY: it was in a queue, with a reference, and is in none now.
        unsafe { scheduler().push(ready, bitmap.word(), &raw const task.node) };
    }
    queued
}

/// As `pop`, with what `bug=` may have asked for.
fn take_with_bug(ready: &mut Ready, limit: Priority, bitmap: &Bitmap) -> Option<*const Node> {
    let best = highest(bitmap.bits()).filter(|&best| best < limit)?;
    let queue = best as usize % PRIORITIES;
    let last = core::ptr::with_exposed_provenance::<Node>(ready.queues[queue].last);
    // SAFETY: what is in a queue lives, and the lock is held.
    let node = match unsafe { last.as_ref() } {
        Some(node) if bugs::is(Bug::Starvation) => {
            scheduler().remove(ready, bitmap.word(), None, node).then_some(last)
        }
        _ => scheduler().take(ready, bitmap.word(), None, limit),
    };
    let one_is_left = ready.queues[queue].first == ready.queues[queue].last;
    match () {
        _ if bugs::is(Bug::StaleBit) => bitmap.set(best),
        _ if bugs::is(Bug::MissingBit) && one_is_left => bitmap.clear(best),
        _ => {}
    }
    node
}
