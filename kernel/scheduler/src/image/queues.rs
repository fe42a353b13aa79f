//! The ready queues: one for each priority, linked through the coroutines themselves.

use core::ptr;
use core::sync::atomic::{Ordering, fence};

use scheduler::page::ProcessPage;
use scheduler::ready::{Bitmap, List, Node, PRIORITIES, Ready};
use scheduler::table::Taken;

/// Looks at a lock that is held, before the caller may do something better: a program lets the
/// thread run that holds it.
const PATIENCE: usize = 100;

/// Puts `node` behind the others of its priority. 1: the lock was not to be had.
///
/// # Safety
/// As `scheduler::table::Scheduler::push` says.
pub unsafe extern "C" fn push(ready: &Ready, bitmap: &Bitmap, node: *const Node) -> usize {
    if !lock(ready) {
        return 1;
    }
    // SAFETY: the node lives, and is nobody else's.
    let node = unsafe { &*node };
    let priority = node.priority as usize % PRIORITIES;
    let list = queue(ready, priority);
    let address = ptr::from_ref(node).expose_provenance();
    node.next.store(0, Ordering::Relaxed);
    match node_at(list.last.load(Ordering::Relaxed)) {
        Some(last) => last.next.store(address, Ordering::Relaxed),
        None => list.first.store(address, Ordering::Relaxed),
    }
    list.last.store(address, Ordering::Relaxed);
    ready.count.fetch_add(1, Ordering::Relaxed);
    bitmap.fetch_or(1 << priority, Ordering::SeqCst);
    unlock(ready);
    0
}

/// Takes the first node of the best priority, if that is better than `limit`.
pub extern "C" fn take(
    ready: &Ready,
    bitmap: &Bitmap,
    page: Option<&ProcessPage>,
    limit: usize,
) -> Taken {
    if !lock(ready) {
        return Taken { node: ptr::null(), busy: 1 };
    }
    let mut node = None;
    let mut bits = bitmap.load(Ordering::SeqCst);
    while node.is_none() && bits != 0 {
        let priority = bits.trailing_zeros() as usize;
        if priority >= limit {
            break;
        }
        // A bit beyond the priorities has no queue.
        if priority < PRIORITIES {
            node = pop(queue(ready, priority));
        }
        if priority >= PRIORITIES || queue(ready, priority).first.load(Ordering::Relaxed) == 0 {
            clear(bitmap, page, priority);
        }
        bits &= bits - 1;
    }
    if node.is_some() {
        ready.count.fetch_sub(1, Ordering::Relaxed);
    }
    unlock(ready);
    Taken { node: node.map_or(ptr::null(), ptr::from_ref), busy: 0 }
}

fn pop(list: &List) -> Option<&'static Node> {
    let node = node_at(list.first.load(Ordering::Relaxed))?;
    let next = node.next.swap(0, Ordering::Relaxed);
    list.first.store(next, Ordering::Relaxed);
    if next == 0 {
        list.last.store(0, Ordering::Relaxed);
    }
    Some(node)
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

fn queue(ready: &Ready, priority: usize) -> &List {
    &ready.queues[priority % PRIORITIES]
}

/// The node at an address that a queue holds; none at 0.
fn node_at(address: usize) -> Option<&'static Node> {
    // SAFETY: what is in a queue lives until it is taken out, and the lock is held.
    unsafe { ptr::with_exposed_provenance::<Node>(address).as_ref() }
}

fn lock(ready: &Ready) -> bool {
    for _ in 0..PATIENCE {
        if ready.lock.load(Ordering::Relaxed) == 0 && ready.lock.swap(1, Ordering::Acquire) == 0 {
            return true;
        }
        core::hint::spin_loop();
    }
    false
}

fn unlock(ready: &Ready) {
    ready.lock.store(0, Ordering::Release);
}
