//! Executors: own coroutines, keep the ready ones in queues by priority, and poll them from
//! coroutine threads.
//!
//! There are two designs behind one interface. `executor=global`: one executor, for which the
//! coroutine threads of all harts work. `executor=per-thread`: each coroutine thread has its
//! own, sleeps while all of its coroutines wait, and may take coroutines over from another.

pub mod bitmap;
pub mod migration;
pub mod priority;
mod ready;
mod run;
mod task;
pub mod thread_executors;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::panic::Location;
use core::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use core::task::Waker;

use scheduler::ready::Ready;

use crate::args::{Args, ExecutorMode, Migrate};
use crate::process::system;
use crate::shared;
use crate::sync::SpinLock;
use crate::thread::pool::{COROUTINES, THREAD_POOL};
use crate::thread::{COROUTINE_THREADS_PER_HART, Thread, processor};
use bitmap::{Bitmap, PRIORITY_BITMAP};
use thread_executors::THREAD_EXECUTORS;

pub use crate::args::PRIORITIES;
pub use run::run;
pub use task::{End, JoinHandle, Task};

/// How urgent a coroutine or thread is: 0 is the most.
pub type Priority = u8;

pub const HIGHEST: Priority = 0;
pub const LOWEST: Priority = PRIORITIES as Priority - 1;

/// The one that all coroutine threads share; without coroutines where each has its own.
pub static EXECUTOR: Executor = Executor::new(0, &PRIORITY_BITMAP);

/// Ids are unique among all executors.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Who the next coroutine without a home goes to.
static NEXT_HOME: AtomicUsize = AtomicUsize::new(0);

pub struct Executor {
    ready: SpinLock<Ready>,
    /// Every coroutine that is not done, by its id.
    tasks: SpinLock<BTreeMap<u64, Arc<Task>>>,
    /// The waker of each, made once, by its id. Shared by `Arc`, so that to poll with it is no
    /// clone of the waker.
    wakers: SpinLock<BTreeMap<u64, Arc<Waker>>>,
    spawned: AtomicU64,
    completed: AtomicU64,
    /// Coroutines that wait to be woken. Too low by one for a moment, where a wake overtakes the
    /// suspension that it answers.
    waiting: AtomicI64,
    /// 0 for the shared one.
    number: usize,
    /// Bit p: ready queue p is not empty.
    bitmap: &'static Bitmap,
    /// The thread that polls them, where there is just one.
    owner: SpinLock<Option<Arc<Thread>>>,
    /// Ticks that something here has been ready, since it was last taken over from.
    waited: AtomicUsize,
}

/// Counts of coroutines.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub spawned: u64,
    pub completed: u64,
    pub waiting: i64,
    /// In the task maps.
    pub living: usize,
    /// In the waker caches.
    pub wakers: usize,
}

impl Executor {
    const fn new(number: usize, bitmap: &'static Bitmap) -> Self {
        Executor {
            ready: SpinLock::new(Ready::new()),
            tasks: SpinLock::new(BTreeMap::new()),
            wakers: SpinLock::new(BTreeMap::new()),
            spawned: AtomicU64::new(0),
            completed: AtomicU64::new(0),
            waiting: AtomicI64::new(0),
            number,
            bitmap,
            owner: SpinLock::new(None),
            waited: AtomicUsize::new(0),
        }
    }

    /// Whether one thread alone polls its coroutines.
    pub fn is_owned(&self) -> bool {
        self.number != 0
    }

    pub fn best_ready(&self) -> Option<Priority> {
        self.bitmap.highest()
    }

    /// Gives the executor to `thread`.
    pub fn set_owner(&self, thread: Arc<Thread>) {
        *self.owner.lock() = Some(thread);
    }

    fn waker_of(&self, task: &Task) -> Arc<Waker> {
        self.wakers.lock().get(&task.id).cloned().expect("not done, so it has one")
    }

    fn push(&self, task: Arc<Task>) {
        ready::push(&mut self.ready.lock(), task, self.bitmap);
    }

    fn pop(&self, limit: Option<Priority>) -> Option<Arc<Task>> {
        ready::pop(&mut self.ready.lock(), limit, self.bitmap)
    }

    /// Takes the best coroutine out for `other`, which it is to be pushed to.
    fn give(&self, other: &'static Executor) -> Option<Arc<Task>> {
        let mut ready = self.ready.lock();
        let task = ready::pop(&mut ready, None, self.bitmap)?;
        task.set_executor(other);
        Some(task)
    }

    fn trim(&self) {
        let mut tasks = self.tasks.lock();
        let mut wakers = self.wakers.lock();
        if tasks.is_empty() && wakers.is_empty() {
            *tasks = BTreeMap::new();
            *wakers = BTreeMap::new();
        }
    }
}

/// Chooses the design. The boot hart calls this once, before it lets the others in.
pub fn init(args: &Args, harts: usize) {
    shared::init();
    bitmap::reset();
    system::reset();
    priority::set_bits(args.prio_bits);
    migration::set_policy(args.migrate);
    if args.executor == ExecutorMode::PerThread {
        // SAFETY: once and alone, as said above.
        unsafe { THREAD_EXECUTORS.make(harts * COROUTINE_THREADS_PER_HART) };
    }
}

/// The executor that the coroutine thread of this index works for.
pub fn of_thread(index: usize) -> &'static Executor {
    THREAD_EXECUTORS.all().get(index).unwrap_or(&EXECUTOR)
}

/// Starts a coroutine: it is ready at once.
#[track_caller]
pub fn spawn(priority: Priority, future: impl Future<Output = ()> + Send + 'static) -> JoinHandle {
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let priority = priority::within_bits(priority);
    let task = Arc::new(Task::new(id, priority, home(), Location::caller(), Box::pin(future)));
    admit(&task);
    JoinHandle::new(task)
}

/// Where a new coroutine begins: with the thread that spawns it, if others may take it over from
/// there; else with each thread in turn.
fn home() -> &'static Executor {
    let executors = THREAD_EXECUTORS.all();
    if executors.is_empty() {
        return &EXECUTOR;
    }
    match processor::current().executor {
        Some(mine) if migration::policy() != Migrate::None => mine,
        _ => &executors[NEXT_HOME.fetch_add(1, Ordering::Relaxed) % executors.len()],
    }
}

/// Takes a new coroutine in and makes it ready.
#[inline(never)]
fn admit(task: &Arc<Task>) {
    let executor = task.executor();
    executor.spawned.fetch_add(1, Ordering::Relaxed);
    executor.tasks.lock().insert(task.id, task.clone());
    executor.wakers.lock().insert(task.id, Arc::new(Waker::from(task.clone())));
    make_ready(task.clone());
}

/// Queues a coroutine, whose state already says so, and sees that a hart looks for it.
#[inline(never)]
fn make_ready(task: Arc<Task>) {
    // Only what is queued changes its executor.
    let executor = task.executor();
    executor.push(task);
    if !executor.is_owned() {
        processor::kick_idle_hart(COROUTINES);
        return;
    }
    tell_owner(executor);
    if migration::wants_help(executor) {
        processor::kick_idle_hart(COROUTINES);
    }
}

/// Something in the queues of an executor that has an owner is ready, or better than it was.
fn tell_owner(executor: &Executor) {
    let owner = executor.owner.lock().clone().expect("it has a thread since boot");
    // A thread looks at its own queues before it blocks, with interrupts off.
    if !processor::is_current(&owner) {
        THREAD_POOL.coroutine_ready(&owner);
    }
}

/// The best priority of the ready coroutines that a spare thread of this hart may poll.
pub fn best_on_offer() -> Option<Priority> {
    bitmap::highest(PRIORITY_BITMAP.bits() | migration::on_offer())
}

fn all() -> impl Iterator<Item = &'static Executor> {
    core::iter::once(&EXECUTOR).chain(THREAD_EXECUTORS.all())
}

pub fn counts() -> Counts {
    let none = Counts { spawned: 0, completed: 0, waiting: 0, living: 0, wakers: 0 };
    all().fold(none, |sum, executor| Counts {
        spawned: sum.spawned + executor.spawned.load(Ordering::Relaxed),
        completed: sum.completed + executor.completed.load(Ordering::Relaxed),
        waiting: sum.waiting + executor.waiting.load(Ordering::Relaxed),
        living: sum.living + executor.tasks.lock().len(),
        wakers: sum.wakers + executor.wakers.lock().len(),
    })
}

/// Gives back what empty structures hold on to. For the count of leaks.
pub fn trim() {
    all().for_each(Executor::trim);
}
