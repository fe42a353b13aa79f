//! Kernel threads: a stack and saved registers each.
//!
//! ```text
//!            pick                 leave(Blocked)
//!   Ready ─────────▶ Running ──────────────────▶ Blocked
//!     ▲  ◀─────────     │                          │
//!     │  leave(Ready)   └──▶ Exited                │
//!     └────────────────────────────────────────────┘
//!                          unblock
//! ```
//! There are two kinds: plain threads run a function, coroutine threads poll coroutines for
//! the executor. A coroutine that is forced off its hart stays half-run on its thread's stack.

mod context;
pub mod pool;
pub mod processor;
mod scheduler;
mod stack;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::cell::UnsafeCell;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use core::task::{Poll, Waker};

use crate::args::Migrate;
use crate::executor::{Executor, Priority, Task, migration};
use crate::sync::{InterruptsOff, SpinLock};
use crate::{executor, riscv};
use context::Context;
use pool::THREAD_POOL;
use stack::Stack;

/// Coroutine threads for each hart: one that polls, and spares for what gets forced off. While
/// all are half-run, nothing is.
pub const COROUTINE_THREADS_PER_HART: usize = 3;

/// What a thread does in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Runs one function.
    Plain = 0,
    /// Polls coroutines.
    Coroutine = 1,
}

/// See the drawing above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    Ready = 0,
    Running = 1,
    Blocked = 2,
    Exited = 3,
}

/// A thread control block.
pub struct Thread {
    pub id: u64,
    pub name: &'static str,
    pub kind: Kind,
    state: AtomicU8,
    /// Of a coroutine thread: the priority of the coroutine that it polls, or will.
    priority: AtomicU8,
    /// Whose coroutines it polls; None for a plain thread.
    pub executor: Option<&'static Executor>,
    /// The hart that runs it, or ran it last.
    hart: AtomicUsize,
    /// Times it was switched to.
    switches: AtomicU64,
    /// The coroutine that is half-run on this stack.
    coroutine: SpinLock<Option<Arc<Task>>>,
    /// An unblock that came before the block, which then does not happen.
    unblock_pending: AtomicBool,
    entry: SpinLock<Option<Box<dyn FnOnce() + Send>>>,
    /// Saved registers. Only the hart that switches this thread in or out touches them.
    context: UnsafeCell<Context>,
    stack: Stack,
}

// SAFETY: `context` belongs to the hart that runs the thread; all else is `Sync`.
unsafe impl Sync for Thread {}
// SAFETY: nothing in a thread is tied to a hart.
unsafe impl Send for Thread {}

impl Thread {
    fn new(
        id: u64,
        name: &'static str,
        executor: Option<&'static Executor>,
        priority: Priority,
        entry: Box<dyn FnOnce() + Send>,
    ) -> Self {
        let kind = if executor.is_some() { Kind::Coroutine } else { Kind::Plain };
        let stack = Stack::new();
        Thread {
            id,
            name,
            kind,
            state: AtomicU8::new(State::Blocked as u8),
            priority: AtomicU8::new(priority),
            executor,
            hart: AtomicUsize::new(0),
            switches: AtomicU64::new(0),
            coroutine: SpinLock::new(None),
            unblock_pending: AtomicBool::new(false),
            entry: SpinLock::new(Some(entry)),
            context: UnsafeCell::new(Context::start(stack.top())),
            stack,
        }
    }

    pub fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            0 => State::Ready,
            1 => State::Running,
            2 => State::Blocked,
            _ => State::Exited,
        }
    }

    /// States change under the pool's lock, or on the hart that runs the thread.
    fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    pub fn priority(&self) -> Priority {
        self.priority.load(Ordering::Relaxed)
    }

    /// Works out the priority of a coroutine thread that waits for a hart: that of the coroutine
    /// which is half-run on its stack. One with an executor of its own counts for what is ready
    /// there, too, where nobody else comes to it before the half-run one is done.
    fn review_priority(&self) {
        let Some(executor) = self.executor else { return };
        let half_run = self.coroutine.lock().as_ref().map(|task| task.priority);
        let alone = half_run.is_none() || migration::policy() == Migrate::None;
        let ready = executor.best_ready().filter(|_| executor.is_owned() && alone);
        let best = half_run.into_iter().chain(ready).min().unwrap_or(executor::LOWEST);
        self.priority.store(best, Ordering::Relaxed);
    }

    /// Whether it is off its hart in the middle of a coroutine.
    pub fn is_half_run(&self) -> bool {
        self.state() != State::Running && self.coroutine.lock().is_some()
    }

    /// What made the thread ready until now, it is about to see.
    pub fn forget_unblock(&self) {
        self.unblock_pending.store(false, Ordering::Relaxed);
    }

    /// The coroutine that this thread polls begins, and lends it its priority.
    pub fn begin_coroutine(&self, task: Arc<Task>) {
        self.priority.store(task.priority, Ordering::Relaxed);
        *self.coroutine.lock() = Some(task);
    }

    pub fn end_coroutine(&self) {
        let task = self.coroutine.lock().take();
        self.priority.store(executor::LOWEST, Ordering::Relaxed);
        drop(task);
    }

    /// The coroutine that it polls.
    pub fn coroutine_id(&self) -> Option<u64> {
        self.coroutine.lock().as_ref().map(|task| task.id)
    }

    /// Whether it may be forced off its hart: a coroutine thread between two polls is about to
    /// look at the queues by itself.
    fn preemptible(&self) -> bool {
        self.kind == Kind::Plain || self.coroutine.lock().is_some()
    }
}

impl Wake for Thread {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        THREAD_POOL.unblock(self);
    }
}

/// First Rust code of a thread, on its own stack, with interrupts off.
extern "C" fn thread_main() -> ! {
    riscv::interrupts_on();
    let thread = processor::current();
    let entry = thread.entry.lock().take().expect("a thread starts once");
    // Nothing may stay alive on a stack that is never returned to.
    drop(thread);
    entry();
    riscv::interrupts_off();
    processor::leave(State::Exited);
    unreachable!("an exited thread runs");
}

/// Starts a plain thread.
pub fn spawn(name: &'static str, priority: Priority, entry: impl FnOnce() + Send + 'static) {
    THREAD_POOL.start(name, None, priority, Box::new(entry));
}

/// Starts the coroutine threads; each waits until there are coroutines for it.
pub fn spawn_coroutine_threads(harts: usize) {
    for index in 0..harts * COROUTINE_THREADS_PER_HART {
        let executor = executor::of_thread(index);
        let entry = Box::new(|| executor::run(executor));
        let thread = THREAD_POOL.start("coroutines", Some(executor), executor::LOWEST, entry);
        if executor.is_owned() {
            executor.set_owner(thread);
        }
    }
}

/// Lets other threads of the same priority run.
pub fn yield_now() {
    let _off = InterruptsOff::new();
    processor::leave(State::Ready);
}

/// Blocks the thread until someone unblocks it; at once if someone has since the last time.
pub fn block() {
    let _off = InterruptsOff::new();
    processor::leave(State::Blocked);
}

/// Drives `future` to its end on this plain thread, blocked while there is nothing to do.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(processor::current());
    let mut context = core::task::Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => block(),
        }
    }
}
