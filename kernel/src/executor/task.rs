//! A coroutine as the executor keeps it.
//!
//! ```text
//!   spawn            poll              poll says Ready
//!  ──────▶  Ready ─────────▶ Running ─────────────────▶ Done
//!            ▲ ▲              │  │ wake
//!       wake │ │ poll says    │  ▼
//!            │ └─ Pending ─── │ Notified
//!            │                │
//!            └──── Waiting ◀──┘ poll says Pending
//! ```
//! A wake in any other state changes nothing: the coroutine will be polled anyway, or is done.
//!
//! Who cancels a coroutine says so in it and wakes it. The thread that takes it from its queue
//! then drops its future instead of polling it: from Running to Cancelled. So a future is dropped
//! where it would be polled, and nowhere else.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::cell::UnsafeCell;
use core::panic::Location;
use core::pin::Pin;
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
use core::task::{Context, Poll, Waker};

use super::priority::Loans;
use super::{Executor, Priority, make_ready};
use crate::bugs::{self, Bug};
use crate::sync::SpinLock;

/// See the drawing above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// In a ready queue, or on the way into one.
    Ready = 0,
    /// Being polled, maybe half-run on the stack of a thread that is switched out.
    Running = 1,
    /// Being polled, and woken since: ready again after the poll.
    Notified = 2,
    Waiting = 3,
    Done = 4,
    /// Done, too, but its future was dropped first.
    Cancelled = 5,
}

impl From<u8> for State {
    fn from(state: u8) -> Self {
        match state {
            0 => State::Ready,
            1 => State::Running,
            2 => State::Notified,
            3 => State::Waiting,
            4 => State::Done,
            5 => State::Cancelled,
            _ => unreachable!("only states are stored"),
        }
    }
}

type BoxedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A coroutine.
pub struct Task {
    pub id: u64,
    /// What it counts for: its own priority, or a better one that it has been lent. Changes under
    /// the lock of its executor's ready queues, so that the queue which it is in stays the one of
    /// its priority.
    priority: AtomicU8,
    /// Its own priority.
    pub(super) base: AtomicU8,
    /// Who lends it theirs.
    pub(super) loans: SpinLock<Loans>,
    /// A [`State`].
    state: AtomicU8,
    /// Its future is to be dropped, not polled.
    cancelled: AtomicBool,
    /// Whose it is: changes only while it is ready, on its way from one queue to another.
    executor: AtomicPtr<Executor>,
    /// Gone when done.
    future: UnsafeCell<Option<BoxedFuture>>,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
    polls: AtomicU32,
    wakes: AtomicU32,
    /// The hart and the thread that polled it last.
    hart: AtomicUsize,
    thread: AtomicU64,
    /// Who waits for its end.
    joiner: SpinLock<Option<Waker>>,
}

// SAFETY: `future` is touched only by the thread that took the coroutine from the ready queue,
// until it gives it back or is done; that thread alone sees the states Running and Notified.
unsafe impl Sync for Task {}

impl Task {
    pub fn new(
        id: u64,
        priority: Priority,
        executor: &'static Executor,
        spawned_at: &'static Location<'static>,
        future: BoxedFuture,
    ) -> Self {
        Task {
            id,
            priority: AtomicU8::new(priority),
            base: AtomicU8::new(priority),
            loans: SpinLock::new(Loans::new()),
            state: AtomicU8::new(State::Ready as u8),
            cancelled: AtomicBool::new(false),
            executor: AtomicPtr::new(core::ptr::from_ref(executor).cast_mut()),
            future: UnsafeCell::new(Some(future)),
            spawned_at,
            polls: AtomicU32::new(0),
            wakes: AtomicU32::new(0),
            hart: AtomicUsize::new(0),
            thread: AtomicU64::new(0),
            joiner: SpinLock::new(None),
        }
    }

    pub fn executor(&self) -> &'static Executor {
        // SAFETY: made from a static reference, here and in `set_executor`.
        unsafe { &*self.executor.load(Ordering::Acquire) }
    }

    /// Under the lock of the ready queues that it was taken from.
    pub fn set_executor(&self, executor: &'static Executor) {
        self.executor.store(core::ptr::from_ref(executor).cast_mut(), Ordering::Release);
    }

    pub fn priority(&self) -> Priority {
        self.priority.load(Ordering::Relaxed)
    }

    /// Under the lock of its executor's ready queues.
    pub(super) fn store_priority(&self, priority: Priority) {
        self.priority.store(priority, Ordering::Relaxed);
    }

    /// The thread that polled it last, or does.
    pub fn thread(&self) -> u64 {
        self.thread.load(Ordering::Relaxed)
    }

    /// Has its future dropped: at once where it waits or is ready, at its next suspension where
    /// it runs. Does nothing where it is done.
    pub fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::Release);
        self.wake_by_ref();
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    fn state(&self) -> State {
        State::from(self.state.load(Ordering::Acquire))
    }

    /// Ready to Running, by the thread that took it from the queue.
    pub fn begin_poll(&self, hart: usize, thread: u64) {
        self.hart.store(hart, Ordering::Relaxed);
        self.thread.store(thread, Ordering::Relaxed);
        self.polls.fetch_add(1, Ordering::Relaxed);
        let before = self.state.swap(State::Running as u8, Ordering::AcqRel);
        assert!(before == State::Ready as u8, "coroutine {} is polled twice", self.id);
    }

    /// Polls the future, by the thread that began the poll.
    pub fn poll_future(&self, context: &mut Context) -> Poll<()> {
        // SAFETY: see `Sync` above.
        let future = unsafe { &mut *self.future.get() };
        future.as_mut().expect("polled after its end").as_mut().poll(context)
    }

    /// Running to Waiting: true. Notified to Ready: false, and it wants a place in the queue.
    pub fn end_poll(&self) -> bool {
        if bugs::is(Bug::LostWakeup) {
            self.state.store(State::Waiting as u8, Ordering::Release);
            return true;
        }
        let waits = self.state.compare_exchange(
            State::Running as u8,
            State::Waiting as u8,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if waits.is_err() {
            self.state.store(State::Ready as u8, Ordering::Release);
        }
        waits.is_ok()
    }

    /// Drops the future, says how it ended, and gives the waker of who waits for that.
    pub fn finish(&self, end: End) -> Option<Waker> {
        // SAFETY: see `Sync` above.
        let future = unsafe { &mut *self.future.get() };
        drop(future.take());
        let state = match end {
            End::Completed => State::Done,
            End::Cancelled => State::Cancelled,
        };
        self.state.store(state as u8, Ordering::Release);
        self.joiner.lock().take()
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        // Even where the state stays, it is written: the next poll sees all that came before.
        let before =
            self.state.fetch_update(
                Ordering::AcqRel,
                Ordering::Acquire,
                |state| match State::from(state) {
                    State::Ready | State::Waiting => Some(State::Ready as u8),
                    State::Running | State::Notified => Some(State::Notified as u8),
                    State::Done | State::Cancelled => None,
                },
            );
        let again = match before {
            Ok(state) => bugs::is(Bug::DoubleEnqueue) && state == State::Ready as u8,
            Err(_) => bugs::is(Bug::WakeAfterFree),
        };
        if again {
            self.state.store(State::Ready as u8, Ordering::Release);
            make_ready(self.clone());
        }
        if before == Ok(State::Waiting as u8) {
            self.executor().waiting.fetch_sub(1, Ordering::Relaxed);
            make_ready(self.clone());
        }
    }
}

/// How a coroutine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Completed,
    /// Its future was dropped before it was done.
    Cancelled,
}

/// Waits for the end of a coroutine. Dropping it leaves the coroutine alone.
#[must_use = "await it, or let the coroutine go with drop"]
pub struct JoinHandle {
    task: Arc<Task>,
}

impl JoinHandle {
    pub fn new(task: Arc<Task>) -> Self {
        JoinHandle { task }
    }

    /// Ends the coroutine before it is done, from any hart: see [`Task::cancel`]. Who awaits the
    /// handle after that knows that everything which it held is dropped.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    pub fn task(&self) -> &Arc<Task> {
        &self.task
    }
}

impl Future for JoinHandle {
    type Output = End;

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<End> {
        // First the waker, then the look: a coroutine that ends in between sees the waker.
        let waker = context.waker().clone();
        let old = self.task.joiner.lock().replace(waker);
        drop(old);
        let end = match self.task.state() {
            State::Done => End::Completed,
            State::Cancelled => End::Cancelled,
            _ => return Poll::Pending,
        };
        let mine = self.task.joiner.lock().take();
        drop(mine);
        Poll::Ready(end)
    }
}
