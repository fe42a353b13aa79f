//! What threads of a program do: take the best ready coroutine, poll it, and again.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use core::task::{Context, Poll};

use scheduler::ready::best;

use super::task::Task;
use super::{EXECUTOR, HIGHEST, make_ready, page, slot, system};
use crate::lock::Lock;
use crate::{call, syscall};

/// Id of the first coroutine: the process ends with it.
const MAIN: u64 = 1;

/// One thread at a time reads callbacks.
static READER: Lock<()> = Lock::new(());

/// The whole life of the thread with this id.
pub fn run(thread: u64) -> ! {
    loop {
        page().set_polled(slot(), None);
        give_way();
        // What it takes out of the page and the queues, no rival keeps it from passing on.
        page().set_polled(slot(), Some(HIGHEST));
        read_callbacks();
        match EXECUTOR.pop() {
            Some(task) => run_task(task, thread),
            None => park(),
        }
    }
}

/// Wakes those whose system calls are done.
fn read_callbacks() {
    while page().has_callbacks() {
        let callback = {
            let _reader = READER.lock();
            page().take()
        };
        if let Some(callback) = callback {
            call::complete(callback);
        }
    }
}

/// Lets a better one run, where it waits for a hart in the kernel or another process.
fn give_way() {
    let Some(mine) = best(page().bitmap.load(Ordering::Relaxed)) else { return };
    if system().best_waiting().is_some_and(|other| other < mine) {
        syscall::yield_now();
    }
}

fn park() {
    // It has begun, and is as urgent as what it comes to be woken for.
    page().set_polled(slot(), None);
    EXECUTOR.idle.fetch_add(1, Ordering::SeqCst);
    syscall::park();
    EXECUTOR.idle.fetch_sub(1, Ordering::SeqCst);
}

fn run_task(task: Arc<Task>, thread: u64) {
    let slot = slot();
    EXECUTOR.threads[slot].coroutine.store(task.id, Ordering::Relaxed);
    page().set_polled(slot, Some(task.node.priority()));
    let result = poll(&task, thread);
    EXECUTOR.threads[slot].coroutine.store(0, Ordering::Relaxed);
    match result {
        Poll::Ready(()) => complete(&task),
        Poll::Pending if suspend(&task) => {}
        Poll::Pending => make_ready(task),
    }
}

/// Polls a coroutine once. From here on until `suspend` or `complete` it is running.
#[inline(never)]
fn poll(task: &Task, thread: u64) -> Poll<()> {
    task.begin_poll(thread);
    let waker = EXECUTOR.waker_of(task);
    task.poll_future(&mut Context::from_waker(&waker))
}

/// A coroutine waits. False when it was woken since its poll began, and is ready instead.
#[inline(never)]
fn suspend(task: &Task) -> bool {
    task.end_poll()
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
    if task.id == MAIN {
        syscall::exit(0);
    }
}
