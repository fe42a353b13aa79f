//! A coroutine as the executor keeps it. Its states are those of the shared code
//! (`scheduler::ready`).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::cell::UnsafeCell;
use core::panic::Location;
use core::pin::Pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};

use scheduler::ready::{Node, State};

use super::{EXECUTOR, Priority, make_ready};
use crate::lock::Lock;

type BoxedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A coroutine. What the shared code works on comes first, so that its address is the record's.
#[repr(C)]
pub struct Task {
    pub(super) node: Node,
    pub id: u64,
    /// Gone when done.
    future: UnsafeCell<Option<BoxedFuture>>,
    /// Where it was spawned.
    spawned_at: &'static Location<'static>,
    /// Id of the thread that polled it last.
    thread: AtomicU64,
    /// Who waits for its end.
    joiner: Lock<Option<Waker>>,
}

// SAFETY: `future` is touched only by the thread that took the coroutine from the ready queue,
// until it gives it back or is done.
unsafe impl Sync for Task {}

impl Task {
    pub fn new(
        id: u64,
        priority: Priority,
        spawned_at: &'static Location<'static>,
        future: BoxedFuture,
    ) -> Self {
        Task {
            node: Node::new(priority),
            id,
            future: UnsafeCell::new(Some(future)),
            spawned_at,
            thread: AtomicU64::new(0),
            joiner: Lock::new(None),
        }
    }

    fn is_done(&self) -> bool {
        self.node.state.load(Ordering::Acquire) == State::Done as u8
    }

    /// Ready to Running, by the thread that took it from the queue.
    pub fn begin_poll(&self, thread: u64) {
        self.thread.store(thread, Ordering::Relaxed);
        assert!(EXECUTOR.code().begin_poll(&self.node), "coroutine {} is polled twice", self.id);
    }

    /// Polls the future, by the thread that began the poll.
    pub fn poll_future(&self, context: &mut Context) -> Poll<()> {
        // SAFETY: see `Sync` above.
        let future = unsafe { &mut *self.future.get() };
        future.as_mut().expect("polled after its end").as_mut().poll(context)
    }

    /// Running to Waiting: true. Notified to Ready: false, and it wants a place in the queue.
    pub fn end_poll(&self) -> bool {
        EXECUTOR.code().end_poll(&self.node)
    }

    /// Drops the future, says that it is done, and gives the waker of who waits for that.
    pub fn finish(&self) -> Option<Waker> {
        // SAFETY: see `Sync` above.
        let future = unsafe { &mut *self.future.get() };
        drop(future.take());
        EXECUTOR.code().finish(&self.node, State::Done);
        self.joiner.lock().take()
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if EXECUTOR.code().wake(&self.node) {
            make_ready(self.clone());
        }
    }
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

    /// Of the coroutine.
    pub fn id(&self) -> u64 {
        self.task.id
    }
}

impl Future for JoinHandle {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        // First the waker, then the look: a coroutine that ends in between sees the waker.
        let waker = context.waker().clone();
        let old = self.task.joiner.lock().replace(waker);
        drop(old);
        if self.task.is_done() {
            let mine = self.task.joiner.lock().take();
            drop(mine);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
