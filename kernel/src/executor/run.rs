//! What coroutine threads do: take the best ready coroutine, poll it, and again.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use core::task::{Context, Poll};

use super::bitmap::PRIORITY_BITMAP;
use super::task::Task;
use super::{EXECUTOR, make_ready};
use crate::riscv::hart_id;
use crate::sync::InterruptsOff;
use crate::thread::pool::THREAD_POOL;
use crate::thread::{self, Thread, processor};

/// A coroutine thread's whole life. When nothing is ready that beats the best ready thread, it
/// blocks, and the hart goes on with that thread or sleeps.
pub fn run() -> ! {
    loop {
        let task = EXECUTOR.ready.lock().pop(THREAD_POOL.best_ready());
        match task {
            Some(task) => {
                if !PRIORITY_BITMAP.is_empty() {
                    processor::kick_idle_hart();
                }
                run_task(task);
            }
            None => thread::block(),
        }
    }
}

fn run_task(task: Arc<Task>) {
    let thread = processor::current();
    thread.begin_coroutine(task.clone());
    let result = poll(&task, &thread);
    thread.end_coroutine();
    match result {
        Poll::Ready(()) => complete(&task),
        Poll::Pending if suspend(&task) => {}
        Poll::Pending => make_ready(task),
    }
}

/// Polls a coroutine once. From here on until `suspend` or `complete` it is running.
#[inline(never)]
fn poll(task: &Task, thread: &Thread) -> Poll<()> {
    let hart = {
        let _off = InterruptsOff::new();
        hart_id()
    };
    task.begin_poll(hart, thread.id);
    let waker = EXECUTOR.wakers.lock().get(&task.id).cloned().expect("not done, so it has one");
    task.poll_future(&mut Context::from_waker(&waker))
}

/// A coroutine waits. False when it was woken since its poll began, and is ready instead.
#[inline(never)]
fn suspend(task: &Task) -> bool {
    let waits = task.end_poll();
    if waits {
        EXECUTOR.waiting.fetch_add(1, Ordering::Relaxed);
    }
    waits
}

/// A coroutine is done: drops its future and forgets it.
#[inline(never)]
fn complete(task: &Task) {
    let joiner = task.finish();
    let waker = EXECUTOR.wakers.lock().remove(&task.id);
    let owned = EXECUTOR.tasks.lock().remove(&task.id);
    // Without the locks: dropping may run any code.
    drop((waker, owned));
    EXECUTOR.completed.fetch_add(1, Ordering::Relaxed);
    if let Some(joiner) = joiner {
        joiner.wake();
    }
}
