//! The states of a coroutine: `scheduler::ready` has the drawing.

use core::sync::atomic::Ordering;

use scheduler::ready::{Node, State};

const READY: u8 = State::Ready as u8;
const RUNNING: u8 = State::Running as u8;
const NOTIFIED: u8 = State::Notified as u8;
const WAITING: u8 = State::Waiting as u8;
const DONE: u8 = State::Done as u8;
const CANCELLED: u8 = State::Cancelled as u8;

/// 1 where the coroutine waited, and is ready now.
pub extern "C" fn wake(node: &Node) -> usize {
    node.wakes.fetch_add(1, Ordering::Relaxed);
    let mut state = node.state.load(Ordering::Relaxed);
    loop {
        let next = match state {
            DONE | CANCELLED => return 0,
            RUNNING | NOTIFIED => NOTIFIED,
            _ => READY,
        };
        // Even where the state stays, it is written: the next poll sees all that came before.
        match node.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(before) => return (before == WAITING) as usize,
            Err(now) => state = now,
        }
    }
}

/// Ready to Running, by whoever took it from its queue: 1. From any other state: 0.
pub extern "C" fn begin_poll(node: &Node) -> usize {
    node.polls.fetch_add(1, Ordering::Relaxed);
    (node.state.swap(RUNNING, Ordering::AcqRel) == READY) as usize
}

/// Running to Waiting: 1. Notified to Ready: 0.
pub extern "C" fn end_poll(node: &Node) -> usize {
    let waits =
        node.state.compare_exchange(RUNNING, WAITING, Ordering::AcqRel, Ordering::Acquire).is_ok();
    if !waits {
        node.state.store(READY, Ordering::Release);
    }
    waits as usize
}

/// Running to the last state: Done or Cancelled.
pub extern "C" fn finish(node: &Node, last: u8) {
    node.state.store(last, Ordering::Release);
}
