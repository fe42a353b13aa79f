//! The ready queues: one for each priority, linked through the coroutines themselves. Whoever calls
//! holds the lock of the queues.

use core::ptr;
use core::sync::atomic::{Ordering, fence};

use scheduler::page::ProcessPage;
use scheduler::ready::{Bitmap, List, Node, PRIORITIES, Ready};

/// Puts `node` behind the others of its priority.
///
/// # Safety
/// As `scheduler::table::Scheduler::push` says.
pub unsafe extern "C" fn push(ready: &mut Ready, bitmap: &Bitmap, node: *const Node) {
    // SAFETY: the node lives, and is nobody else's.
    let node = unsafe { &*node };
    let priority = node.priority() as usize;
    let list = queue(ready, priority);
    let address = ptr::from_ref(node).expose_provenance();
    node.next.store(0, Ordering::Relaxed);
    node.previous.store(list.last, Ordering::Relaxed);
    match node_at(list.last) {
        Some(last) => last.next.store(address, Ordering::Relaxed),
        None => list.first = address,
    }
    list.last = address;
    node.queued.store(true, Ordering::Relaxed);
    ready.count += 1;
    bitmap.fetch_or(1 << priority, Ordering::SeqCst);
}

/// Takes the first node of the best priority, if that is better than `limit`; null where none is.
pub extern "C" fn take(
    ready: &mut Ready,
    bitmap: &Bitmap,
    page: Option<&ProcessPage>,
    limit: usize,
) -> *const Node {
    let mut bits = bitmap.load(Ordering::SeqCst);
    while bits != 0 {
        let priority = bits.trailing_zeros() as usize;
        if priority >= limit {
            break;
        }
        // A bit beyond the priorities has no queue.
        let first = if priority < PRIORITIES { queue(ready, priority).first } else { 0 };
        if let Some(node) = node_at(first) {
            unlink(ready, bitmap, page, node, priority);
            return node;
        }
        clear(bitmap, page, priority);
        bits &= bits - 1;
    }
    ptr::null()
}

/// Takes `node` out, wherever in its queue it is: 1. Where it is in none: 0.
pub extern "C" fn remove(
    ready: &mut Ready,
    bitmap: &Bitmap,
    page: Option<&ProcessPage>,
    node: &Node,
) -> usize {
    let queued = node.queued.load(Ordering::Relaxed);
    if queued {
        unlink(ready, bitmap, page, node, node.priority() as usize);
    }
    queued as usize
}

/// Takes `node` out of the queue of `priority`, and the bit with the last.
fn unlink(
    ready: &mut Ready,
    bitmap: &Bitmap,
    page: Option<&ProcessPage>,
    node: &Node,
    priority: usize,
) {
    ready.count -= 1;
    let list = queue(ready, priority);
    let next = node.next.load(Ordering::Relaxed);
    let previous = node.previous.load(Ordering::Relaxed);
    match node_at(previous) {
        Some(previous) => previous.next.store(next, Ordering::Relaxed),
        None => list.first = next,
    }
    match node_at(next) {
        Some(next) => next.previous.store(previous, Ordering::Relaxed),
        None => list.last = previous,
    }
    node.queued.store(false, Ordering::Relaxed);
    if list.first == 0 {
        clear(bitmap, page, priority);
    }
}

/// Clears the bit of an empty queue. It may stand for a callback too: the kernel writes that
/// first and then sets the bit, so either the bit comes after this, or the callback is seen here.
fn clear(bitmap: &Bitmap, page: Option<&ProcessPage>, priority: usize) {
    bitmap.fetch_and(!(1 << priority), Ordering::SeqCst);
    fence(Ordering::SeqCst);
    if page.is_some_and(ProcessPage::has_callbacks) {
        bitmap.fetch_or(1 << priority, Ordering::SeqCst);
    }
}

fn queue(ready: &mut Ready, priority: usize) -> &mut List {
    &mut ready.queues[priority % PRIORITIES]
}

/// The node at an address that a queue holds; none at 0.
fn node_at(address: usize) -> Option<&'static Node> {
    // SAFETY: what is in a queue lives until it is taken out, and the caller holds the lock.
    unsafe { ptr::with_exposed_provenance::<Node>(address).as_ref() }
}
