//! The executor: owns every coroutine, keeps the ready ones in queues by priority, and polls
//! them from the coroutine threads of all harts.

pub mod bitmap;
mod ready;
mod run;
mod task;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::panic::Location;
use core::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use core::task::Waker;

use crate::sync::SpinLock;
use crate::thread::processor;
use ready::ReadyQueues;

pub use run::run;
pub use task::{JoinHandle, Task};

/// How urgent a coroutine or thread is: 0 is the most.
pub type Priority = u8;

pub const PRIORITIES: usize = 8;
pub const HIGHEST: Priority = 0;
pub const LOWEST: Priority = PRIORITIES as Priority - 1;

pub static EXECUTOR: Executor = Executor {
    ready: SpinLock::new(ReadyQueues::new()),
    tasks: SpinLock::new(BTreeMap::new()),
    wakers: SpinLock::new(BTreeMap::new()),
    next_id: AtomicU64::new(1),
    spawned: AtomicU64::new(0),
    completed: AtomicU64::new(0),
    waiting: AtomicI64::new(0),
};

pub struct Executor {
    ready: SpinLock<ReadyQueues>,
    /// Every coroutine that is not done, by its id.
    tasks: SpinLock<BTreeMap<u64, Arc<Task>>>,
    /// The waker of each, made once, by its id. Shared by `Arc`, so that to poll with it is no
    /// clone of the waker.
    wakers: SpinLock<BTreeMap<u64, Arc<Waker>>>,
    next_id: AtomicU64,
    spawned: AtomicU64,
    completed: AtomicU64,
    /// Coroutines that wait to be woken. Too low by one for a moment, where a wake overtakes the
    /// suspension that it answers.
    waiting: AtomicI64,
}

/// Counts of coroutines.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub spawned: u64,
    pub completed: u64,
    pub waiting: i64,
    /// In the task map.
    pub living: usize,
    /// In the waker cache.
    pub wakers: usize,
}

/// Starts a coroutine: it is ready at once.
#[track_caller]
pub fn spawn(priority: Priority, future: impl Future<Output = ()> + Send + 'static) -> JoinHandle {
    let id = EXECUTOR.next_id.fetch_add(1, Ordering::Relaxed);
    let task = Arc::new(Task::new(id, priority, Location::caller(), Box::pin(future)));
    admit(&task);
    JoinHandle::new(task)
}

/// Takes a new coroutine in and makes it ready.
#[inline(never)]
fn admit(task: &Arc<Task>) {
    EXECUTOR.spawned.fetch_add(1, Ordering::Relaxed);
    EXECUTOR.tasks.lock().insert(task.id, task.clone());
    EXECUTOR.wakers.lock().insert(task.id, Arc::new(Waker::from(task.clone())));
    make_ready(task.clone());
}

/// Queues a coroutine, whose state already says so, and sees that a hart looks for it.
#[inline(never)]
fn make_ready(task: Arc<Task>) {
    EXECUTOR.ready.lock().push(task);
    processor::kick_idle_hart();
}

pub fn counts() -> Counts {
    Counts {
        spawned: EXECUTOR.spawned.load(Ordering::Relaxed),
        completed: EXECUTOR.completed.load(Ordering::Relaxed),
        waiting: EXECUTOR.waiting.load(Ordering::Relaxed),
        living: EXECUTOR.tasks.lock().len(),
        wakers: EXECUTOR.wakers.lock().len(),
    }
}

/// Gives back what empty structures hold on to. For the count of leaks.
pub fn trim() {
    let mut tasks = EXECUTOR.tasks.lock();
    let mut wakers = EXECUTOR.wakers.lock();
    if tasks.is_empty() && wakers.is_empty() {
        *tasks = BTreeMap::new();
        *wakers = BTreeMap::new();
    }
    EXECUTOR.ready.lock().trim();
}
