//! What coroutine threads do: take the best ready coroutine, poll it, and again.

use alloc::sync::Arc;
use core::sync::atomic::{Ordering, fence};
use core::task::{Context, Poll};

use super::task::{End, Task};
use super::{Executor, Priority, best_on_offer, make_ready, migration};
use crate::riscv::hart_id;
use crate::sync::InterruptsOff;
use crate::thread::pool::{COROUTINES, THREAD_POOL};
use crate::thread::{self, Thread, processor};

/// A coroutine thread's whole life. When nothing is ready that may go before the best ready
/// thread, it blocks, or waits for its turn, and the hart goes on with that thread or sleeps.
pub fn run(executor: &'static Executor) -> ! {
    let thread = processor::current();
    loop {
        // From the look at the queues until it has left its hart nothing interrupts it, so
        // that a wake that comes after the look finds it blocked.
        let off = InterruptsOff::new();
        match next(executor, &thread) {
            Next::Poll(task) => {
                drop(off);
                run_task(task, &thread);
            }
            Next::Yield => thread::yield_now(),
            Next::Block => thread::block(),
        }
    }
}

enum Next {
    Poll(Arc<Task>),
    Yield,
    Block,
}

fn next(executor: &'static Executor, thread: &Thread) -> Next {
    if executor.is_owned() {
        return next_of_mine(executor, thread);
    }
    match executor.pop(THREAD_POOL.limit_of(thread)) {
        Some(task) => {
            if best_on_offer().is_some() {
                processor::kick_idle_hart(COROUTINES);
            }
            Next::Poll(task)
        }
        None => Next::Block,
    }
}

/// For a thread with an executor of its own. It makes room for an equal one, too, that is half-run
/// when no spare thread is left: if all were, nobody could take over what is better.
fn next_of_mine(executor: &'static Executor, thread: &Thread) -> Next {
    thread.forget_unblock();
    migration::take_over(executor);
    let Some(best) = executor.best_ready() else { return Next::Block };
    let is_next = |other: Priority| {
        other < best || other == best && (thread.turn_is_over() || THREAD_POOL.is_short(best))
    };
    if THREAD_POOL.best_ready(COROUTINES).is_some_and(is_next) {
        return Next::Yield;
    }
    executor.attended();
    // Another thread may take the last one over meanwhile.
    executor.pop(None).map_or(Next::Yield, Next::Poll)
}

fn run_task(task: Arc<Task>, thread: &Thread) {
    thread.begin_coroutine(task.clone());
    let result = poll(&task, thread);
    thread.end_coroutine();
    match result {
        Poll::Ready(end) => complete(&task, end),
        Poll::Pending if suspend(&task) => {}
        Poll::Pending => make_ready(task),
    }
}

/// Polls a coroutine once, unless it is cancelled. From here on until `suspend` or `complete` it is
/// running.
#[inline(never)]
fn poll(task: &Task, thread: &Thread) -> Poll<End> {
    let hart = {
        let _off = InterruptsOff::new();
        hart_id()
    };
    task.begin_poll(hart, thread.id);
    // Who changed its priority before it could see this thread left that to us.
    fence(Ordering::SeqCst);
    thread.lend(task);
    // Only now: who cancels it from here on finds it running, and it comes back to its queue.
    if task.is_cancelled() {
        return Poll::Ready(End::Cancelled);
    }
    let waker = task.executor().waker_of(task);
    task.poll_future(&mut Context::from_waker(&waker)).map(|()| End::Completed)
}

/// A coroutine waits. False when it was woken since its poll began, and is ready instead.
#[inline(never)]
fn suspend(task: &Task) -> bool {
    let executor = task.executor();
    let waits = task.end_poll();
    if waits {
        executor.waiting.fetch_add(1, Ordering::Relaxed);
    }
    waits
}

/// A coroutine is done, or cancelled: drops its future and forgets it.
#[inline(never)]
fn complete(task: &Task, end: End) {
    let executor = task.executor();
    let joiner = task.finish(end);
    let waker = executor.wakers.lock().remove(&task.id);
    let owned = executor.tasks.lock().remove(&task.id);
    // Without the locks: dropping may run any code.
    drop((waker, owned));
    executor.completed.fetch_add(1, Ordering::Relaxed);
    if let Some(joiner) = joiner {
        joiner.wake();
    }
}
