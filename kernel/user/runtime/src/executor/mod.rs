//! The executor of a process: owns its coroutines and keeps the ready ones in queues by priority,
//! by means of the shared code. All threads of the process poll them.

mod run;
mod task;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::arch::asm;
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::task::Waker;

use scheduler::layout::{MAX_THREADS, PROCESS_PAGE, SYSTEM_PAGE};
use scheduler::page::{ProcessPage, SystemPage};
use scheduler::ready::{PRIORITIES, Ready};
use scheduler::table::Scheduler;

use crate::lock::Lock;
use crate::syscall;

pub use run::run;
pub use task::{JoinHandle, Task};

/// How urgent a coroutine is: 0 is the most.
pub type Priority = u8;

const HIGHEST: Priority = 0;

/// Of `main`, and of threads that begin.
pub const DEFAULT: Priority = PRIORITIES as Priority / 2;

pub static EXECUTOR: Executor = Executor {
    code: AtomicUsize::new(0),
    ready: Lock::new(Ready::new()),
    tasks: Lock::new(BTreeMap::new()),
    wakers: Lock::new(BTreeMap::new()),
    next_id: AtomicU64::new(1),
    completed: AtomicU64::new(0),
    idle: AtomicUsize::new(0),
    threads: [const { ThreadState { coroutine: AtomicU64::new(0) } }; MAX_THREADS],
};

/// The bitmap of its ready queues is in the process's page.
pub struct Executor {
    /// Address of the shared code's entry table.
    code: AtomicUsize,
    ready: Lock<Ready>,
    /// Every coroutine that is not done, by its id.
    tasks: Lock<BTreeMap<u64, Arc<Task>>>,
    /// The waker of each, made once, by its id.
    wakers: Lock<BTreeMap<u64, Arc<Waker>>>,
    next_id: AtomicU64,
    completed: AtomicU64,
    /// Threads that are parked, or about to.
    idle: AtomicUsize,
    /// By their number in the process.
    threads: [ThreadState; MAX_THREADS],
}

/// What a thread is at.
struct ThreadState {
    /// Id of the coroutine that it polls; 0: none.
    coroutine: AtomicU64,
}

/// Counts of coroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub spawned: u64,
    pub completed: u64,
}

/// The page that this process shares with the kernel.
fn page() -> &'static ProcessPage {
    // SAFETY: the kernel maps it there for the whole life of the process, and every word of it is
    // atomic.
    unsafe { &*ptr::with_exposed_provenance(PROCESS_PAGE) }
}

/// The page that says what waits for a hart anywhere.
fn system() -> &'static SystemPage {
    // SAFETY: as above; nothing here writes to it.
    unsafe { &*ptr::with_exposed_provenance(SYSTEM_PAGE) }
}

impl Executor {
    fn code(&self) -> Scheduler {
        // SAFETY: `init` has found it there.
        unsafe { Scheduler::found_at(self.code.load(Ordering::Relaxed)) }
    }

    fn waker_of(&self, task: &Task) -> Arc<Waker> {
        self.wakers.lock().get(&task.id).cloned().expect("not done, so it has one")
    }

    /// Queues a coroutine.
    fn push(&self, task: Arc<Task>) {
        let node = Arc::into_raw(task).cast();
        let mut ready = self.ready.lock();
        // SAFETY: the node is the task's, whose reference goes into the queue with it; its state
        // says ready, which it does once, so it is in no queue.
        unsafe { self.code().push(&mut ready, &page().bitmap, node) };
    }

    /// Takes the best ready coroutine.
    fn pop(&self) -> Option<Arc<Task>> {
        let limit = PRIORITIES as Priority;
        let mut ready = self.ready.lock();
        let node = self.code().take(&mut ready, &page().bitmap, Some(page()), limit)?;
        // SAFETY: `push` put the reference there.
        Some(unsafe { Arc::from_raw(node.cast()) })
    }
}

/// Before anything else, once: asks the kernel where the shared code is.
pub fn init() {
    let address = syscall::scheduler();
    // SAFETY: the kernel maps it there for the whole life of the process.
    unsafe { Scheduler::at(address) }.expect("the kernel's scheduler is another version's");
    EXECUTOR.code.store(address, Ordering::Relaxed);
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
    EXECUTOR.tasks.lock().insert(task.id, task.clone());
    EXECUTOR.wakers.lock().insert(task.id, Arc::new(Waker::from(task.clone())));
    make_ready(task.clone());
}

/// Queues a coroutine, whose state already says so, and sees that a thread looks for it.
#[inline(never)]
fn make_ready(task: Arc<Task>) {
    EXECUTOR.push(task);
    // A thread says that it is idle before the kernel looks at the bitmap for it, and the bit is
    // set by now: one of the two sees the other.
    if EXECUTOR.idle.load(Ordering::SeqCst) > 0 {
        syscall::unpark();
    }
}

/// Number of the thread that asks, in the process: `tp` holds it from the first instruction on.
fn slot() -> usize {
    let slot: usize;
    // SAFETY: reads a register that nothing but the entry code writes.
    unsafe { asm!("mv {}, tp", out(reg) slot, options(nomem, nostack, preserves_flags)) };
    slot
}

/// What a thread counted for when it began to hurry: the priority of the coroutine that it polls.
#[derive(Clone, Copy)]
pub struct Urgency(Option<Priority>);

/// The calling thread is as urgent as a thread can be, until it calms down.
pub fn hurry() -> Urgency {
    let before = Urgency(page().polled(slot()));
    page().set_polled(slot(), Some(HIGHEST));
    before
}

pub fn calm_down(before: Urgency) {
    page().set_polled(slot(), before.0);
}

/// Id of the coroutine that asks.
pub fn current() -> u64 {
    EXECUTOR.threads[slot()].coroutine.load(Ordering::Relaxed)
}

/// Priority of the coroutine that asks; [`DEFAULT`] where none does.
pub fn current_priority() -> Priority {
    page().polled(slot()).unwrap_or(DEFAULT)
}

pub fn counts() -> Counts {
    Counts {
        spawned: EXECUTOR.next_id.load(Ordering::Relaxed) - 1,
        completed: EXECUTOR.completed.load(Ordering::Relaxed),
    }
}
