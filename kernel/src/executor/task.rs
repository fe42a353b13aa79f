//! A coroutine as the executor keeps it. Its states are those of the shared scheduler
//! (`scheduler::ready` has the drawing).
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
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};

use scheduler::ready::{Node, State};

use super::priority::Loans;
use super::{Executor, Priority, make_ready};
use crate::bugs::{self, Bug};
use crate::shared::scheduler;
use crate::sync::SpinLock;

type BoxedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A coroutine. What the shared code works on comes first, so that its address is the record's.
#[repr(C)]
pub struct Task {
    /// Its priority is what it counts for: its own, or a better one that it has been lent. That
    /// changes under the lock of its executor's ready queues.
    pub(super) node: Node,
    pub id: u64,
    /// Its own priority.
    pub(super) base: AtomicU8,
    /// Who lends it theirs.
    pub(super) loans: SpinLock<Loans>,
    /// Its future is to be dropped, not polled.
    cancelled: AtomicBool,
    /// Whose it is: changes only while it is ready, on its way from one queue to another.
    executor: AtomicPtr<Executor>,
    /// Gone when done.
    future: UnsafeCell<Option<BoxedFuture>>,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
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
            node: Node::new(priority),
            id,
            base: AtomicU8::new(priority),
            loans: SpinLock::new(Loans::new()),
            cancelled: AtomicBool::new(false),
            executor: AtomicPtr::new(core::ptr::from_ref(executor).cast_mut()),
            future: UnsafeCell::new(Some(future)),
            spawned_at,
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
        self.node.priority()
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

    /// A [`State`].
    fn state(&self) -> u8 {
        self.node.state.load(Ordering::Acquire)
    }

    /// Ready to Running, by the thread that took it from the queue.
    pub fn begin_poll(&self, hart: usize, thread: u64) {
        self.hart.store(hart, Ordering::Relaxed);
        self.thread.store(thread, Ordering::Relaxed);
        assert!(scheduler().begin_poll(&self.node), "coroutine {} is polled twice", self.id);
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
            self.node.state.store(State::Running as u8, Ordering::Release);
        }
        scheduler().end_poll(&self.node)
    }

    /// Drops the future, says how it ended, and gives the waker of who waits for that.
    pub fn finish(&self, end: End) -> Option<Waker> {
        // SAFETY: see `Sync` above.
        let future = unsafe { &mut *self.future.get() };
        drop(future.take());
        let last = match end {
            End::Completed => State::Done,
            End::Cancelled => State::Cancelled,
        };
        scheduler().finish(&self.node, last);
        self.joiner.lock().take()
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if scheduler().wake(&self.node) {
            self.executor().waiting.fetch_sub(1, Ordering::Relaxed);
            make_ready(self.clone());
        } else if bugs::any() && self.is_woken_again() {
            self.node.state.store(State::Ready as u8, Ordering::Release);
            make_ready(self.clone());
        }
    }
}

impl Task {
    /// Whether a bug has a wake queue what is queued already, or done.
    fn is_woken_again(&self) -> bool {
        let ready = self.state() == State::Ready as u8;
        bugs::is(Bug::DoubleEnqueue) && ready
            || bugs::is(Bug::WakeAfterFree) && self.end().is_some()
    }

    /// How it ended, if it has.
    fn end(&self) -> Option<End> {
        const DONE: u8 = State::Done as u8;
        const CANCELLED: u8 = State::Cancelled as u8;
        match self.state() {
            DONE => Some(End::Completed),
            CANCELLED => Some(End::Cancelled),
            _ => None,
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
        let Some(end) = self.task.end() else { return Poll::Pending };
        let mine = self.task.joiner.lock().take();
        drop(mine);
        Poll::Ready(end)
    }
}
