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
//! Plain threads run a function, coroutine threads poll coroutines for the executor, and user
//! threads run a program. A coroutine that is forced off its hart stays half-run on its thread's
//! stack.

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
use crate::mm::OutOfMemory;
use crate::process::Process;
use crate::sync::{InterruptsOff, SpinLock};
use crate::trap::{self, TrapFrame};
use crate::{executor, process, riscv};
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
    /// Runs a program in user mode.
    User = 2,
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

/// What a new thread is to do.
#[expect(clippy::large_enum_variant, reason = "made once for each thread, which takes it apart")]
pub enum Job {
    Function(Box<dyn FnOnce() + Send>),
    /// Poll this executor's coroutines.
    Coroutines(&'static Executor),
    /// Run `process`'s program from where `frame` says.
    Program { process: Arc<Process>, slot: usize, frame: TrapFrame },
}

/// A thread control block.
pub struct Thread {
    pub id: u64,
    pub name: &'static str,
    pub kind: Kind,
    state: AtomicU8,
    /// Of a coroutine thread: the priority of the coroutine that it polls, or will.
    priority: AtomicU8,
    /// Whose program it runs; only a user thread has one.
    pub process: Option<Arc<Process>>,
    /// Which of the process's threads it is: chooses its stack.
    pub slot: usize,
    /// Whose coroutines it polls; only a coroutine thread has one.
    pub executor: Option<&'static Executor>,
    /// The hart that runs it, or ran it last.
    hart: AtomicUsize,
    /// Times it was switched to.
    switches: AtomicU64,
    /// The coroutine that is half-run on this stack.
    coroutine: SpinLock<Option<Arc<Task>>>,
    /// It has had its hart for a tick: others of its priority are next.
    turn_is_over: AtomicBool,
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
        priority: Priority,
        job: Job,
    ) -> Result<Self, OutOfMemory> {
        let stack = Stack::new()?;
        let (mut process, mut slot, mut executor, mut entry) = (None, 0, None, None);
        let (kind, stack_top) = match job {
            Job::Function(function) => {
                entry = Some(function);
                (Kind::Plain, stack.top())
            }
            Job::Coroutines(theirs) => {
                executor = Some(theirs);
                (Kind::Coroutine, stack.top())
            }
            Job::Program { process: its, slot: which, frame } => {
                (process, slot) = (Some(its), which);
                (Kind::User, stack.put(frame))
            }
        };
        Ok(Thread {
            id,
            name,
            kind,
            state: AtomicU8::new(State::Blocked as u8),
            priority: AtomicU8::new(priority),
            process,
            slot,
            executor,
            hart: AtomicUsize::new(0),
            switches: AtomicU64::new(0),
            coroutine: SpinLock::new(None),
            turn_is_over: AtomicBool::new(false),
            unblock_pending: AtomicBool::new(false),
            entry: SpinLock::new(entry),
            context: UnsafeCell::new(Context::start(stack_top)),
            stack,
        })
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

    /// The priority that a thread which waits for a hart should have. Of a coroutine thread, that of
    /// the coroutine which is half-run on its stack. One with an executor of its own counts for what
    /// is ready there, too, where nobody else comes to it before the half-run one is done.
    ///
    /// A user thread is as urgent as the best of what it polls and what is ready in its process.
    fn due_priority(&self) -> Priority {
        if let Some(process) = &self.process {
            return process.priority_of(self.slot);
        }
        let Some(executor) = self.executor else { return self.priority() };
        let half_run = self.coroutine.lock().as_ref().map(|task| task.priority());
        let alone = half_run.is_none() || migration::policy() == Migrate::None;
        let ready = executor.best_ready().filter(|_| executor.is_owned() && alone);
        half_run.into_iter().chain(ready).min().unwrap_or(executor::LOWEST)
    }

    fn review_priority(&self) {
        self.priority.store(self.due_priority(), Ordering::Relaxed);
    }

    /// Whether it is off its hart in the middle of a coroutine.
    pub fn is_half_run(&self) -> bool {
        self.state() != State::Running && self.coroutine.lock().is_some()
    }

    pub fn turn_is_over(&self) -> bool {
        self.turn_is_over.load(Ordering::Relaxed)
    }

    /// It gets a hart, or has had it for a tick.
    fn set_turn_over(&self, over: bool) {
        self.turn_is_over.store(over, Ordering::Relaxed);
    }

    /// What made the thread ready until now, it is about to see.
    pub fn forget_unblock(&self) {
        self.unblock_pending.store(false, Ordering::Relaxed);
    }

    /// The coroutine that this thread polls begins, and lends it its priority.
    pub fn begin_coroutine(&self, task: Arc<Task>) {
        let mut coroutine = self.coroutine.lock();
        self.priority.store(task.priority(), Ordering::Relaxed);
        *coroutine = Some(task);
    }

    pub fn end_coroutine(&self) {
        let task = {
            let mut coroutine = self.coroutine.lock();
            self.priority.store(executor::LOWEST, Ordering::Relaxed);
            coroutine.take()
        };
        drop(task);
    }

    /// The priority of `task` has changed: so does that of this thread, if it polls it.
    pub fn lend(&self, task: &Task) {
        let coroutine = self.coroutine.lock();
        if coroutine.as_ref().is_some_and(|mine| mine.id == task.id) {
            self.priority.store(task.priority(), Ordering::Relaxed);
        }
    }

    /// The coroutine that it polls.
    pub fn coroutine_id(&self) -> Option<u64> {
        self.coroutine.lock().as_ref().map(|task| task.id)
    }

    /// Whether the coroutine that it polls has been cancelled meanwhile.
    pub fn is_cancelled(&self) -> bool {
        self.coroutine.lock().as_ref().is_some_and(|task| task.is_cancelled())
    }

    /// Whether it may be forced off its hart: a coroutine thread between two polls is about to
    /// look at the queues by itself.
    fn preemptible(&self) -> bool {
        self.kind != Kind::Coroutine || self.coroutine.lock().is_some()
    }

    /// Has it come to the end of a trap soon: to leave, where its process ends.
    pub fn hurry(self: &Arc<Self>) {
        THREAD_POOL.unblock(self);
        if self.state() == State::Running {
            processor::interrupt(self.hart.load(Ordering::Relaxed));
        }
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
    let thread = processor::current();
    let (id, kind) = (thread.id, thread.kind);
    let (executor, frame) = (thread.executor, thread.stack.frame());
    let entry = thread.entry.lock().take();
    // Nothing may stay alive on a stack that is never returned to.
    drop(thread);
    if kind == Kind::User {
        process::leave_if_ending();
        // SAFETY: the thread was made with a frame there; interrupts are off.
        unsafe {
            (*frame).x[12] = id as usize;
            trap::enter_user(frame)
        };
    }
    riscv::interrupts_on();
    if let Some(executor) = executor {
        executor::run(executor);
    }
    entry.expect("a thread starts once")();
    riscv::interrupts_off();
    processor::leave(State::Exited);
    unreachable!("an exited thread runs");
}

/// Starts a thread of the kernel, which cannot go on without.
pub fn start(name: &'static str, priority: Priority, job: Job) -> Arc<Thread> {
    THREAD_POOL.start(name, priority, job).expect("no memory for a stack")
}

/// Starts a plain thread.
pub fn spawn(name: &'static str, priority: Priority, entry: impl FnOnce() + Send + 'static) {
    start(name, priority, Job::Function(Box::new(entry)));
}

/// Starts the coroutine threads; each waits until there are coroutines for it.
pub fn spawn_coroutine_threads(harts: usize) {
    for index in 0..harts * COROUTINE_THREADS_PER_HART {
        let executor = executor::of_thread(index);
        let job = Job::Coroutines(executor);
        let thread = start("coroutines", executor::LOWEST, job);
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
