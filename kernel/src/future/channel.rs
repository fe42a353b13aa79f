//! Messages from any number of coroutines to any number of others, with room for only so many:
//! who sends more waits. The channel closes when the last sender or the last receiver is gone.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::waiters::{Ticket, Waiters};
use crate::bugs::{self, Bug};
use crate::sync::SpinLock;

/// Makes a channel with room for `capacity` messages, one at least.
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel without room");
    let shared = Arc::new(SpinLock::new(Shared {
        messages: VecDeque::with_capacity(capacity),
        capacity,
        senders: 1,
        receivers: 1,
        waiting_senders: Waiters::new(),
        waiting_receivers: Waiters::new(),
    }));
    (Sender { shared: shared.clone() }, Receiver { shared })
}

struct Shared<T> {
    messages: VecDeque<T>,
    capacity: usize,
    senders: usize,
    receivers: usize,
    /// Woken one for each place that becomes free, and all when nobody receives any more.
    waiting_senders: Waiters,
    /// Woken one for each message, and all when nobody sends any more.
    waiting_receivers: Waiters,
}

pub struct Sender<T> {
    shared: Arc<SpinLock<Shared<T>>>,
}

pub struct Receiver<T> {
    shared: Arc<SpinLock<Shared<T>>>,
}

/// Nobody receives any more: the message comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed<T>(pub T);

impl<T> Sender<T> {
    /// Sends when there is room.
    pub fn send(&self, message: T) -> Send<'_, T> {
        Send { sender: self, message: Some(message), ticket: None }
    }
}

impl<T> Receiver<T> {
    /// Takes the oldest message when there is one; None when there is none and nobody sends.
    pub fn receive(&self) -> Receive<'_, T> {
        Receive { receiver: self, ticket: None }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.lock().senders += 1;
        Sender { shared: self.shared.clone() }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.lock().receivers += 1;
        Receiver { shared: self.shared.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let waiters = {
            let mut shared = self.shared.lock();
            shared.senders -= 1;
            (shared.senders == 0).then(|| shared.waiting_receivers.all())
        };
        waiters.into_iter().flatten().for_each(|(_, waker)| waker.wake());
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let waiters = {
            let mut shared = self.shared.lock();
            shared.receivers -= 1;
            (shared.receivers == 0).then(|| shared.waiting_senders.all())
        };
        waiters.into_iter().flatten().for_each(|(_, waker)| waker.wake());
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Send<'a, T> {
    sender: &'a Sender<T>,
    /// Until it is sent.
    message: Option<T>,
    ticket: Option<Ticket>,
}

// Nothing points into the message.
impl<T> Unpin for Send<'_, T> {}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), Closed<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        let waker = context.waker().clone();
        let mut shared = self.sender.shared.lock();
        if shared.receivers == 0 {
            drop(shared);
            let message = self.message.take().expect("polled after its end");
            return Poll::Ready(Err(Closed(message)));
        }
        if shared.messages.len() == shared.capacity {
            let (ticket, old) = shared.waiting_senders.wait(self.ticket, waker);
            drop(shared);
            drop(old);
            self.ticket = Some(ticket);
            return Poll::Pending;
        }
        shared.messages.push_back(self.message.take().expect("polled after its end"));
        let receiver = shared.waiting_receivers.next();
        drop(shared);
        receiver.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl<T> Drop for Send<'_, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut shared = self.sender.shared.lock();
        let mine = shared.waiting_senders.leave(ticket);
        // Woken, but gone before it sent: the place is the next one's.
        let wasted = mine.is_none() && self.message.is_some();
        let next = if wasted { shared.waiting_senders.next() } else { None };
        drop(shared);
        drop(mine);
        next.into_iter().for_each(Waker::wake);
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Receive<'a, T> {
    receiver: &'a Receiver<T>,
    ticket: Option<Ticket>,
}

impl<T> Future for Receive<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<T>> {
        let waker = context.waker().clone();
        let mut shared = self.receiver.shared.lock();
        if let Some(message) = shared.messages.pop_front() {
            let mine = self.ticket.take().and_then(|ticket| shared.waiting_receivers.leave(ticket));
            let sender = shared.waiting_senders.next();
            drop(shared);
            drop(mine);
            sender.into_iter().for_each(Waker::wake);
            return Poll::Ready(Some(message));
        }
        if shared.senders == 0 {
            return Poll::Ready(None);
        }
        if self.ticket.is_some() && bugs::is(Bug::ForgotWaker) {
            return Poll::Pending;
        }
        let (ticket, old) = shared.waiting_receivers.wait(self.ticket, waker);
        drop(shared);
        drop(old);
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl<T> Drop for Receive<'_, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut shared = self.receiver.shared.lock();
        let mine = shared.waiting_receivers.leave(ticket);
        // Woken, but gone before it took the message: that is the next one's.
        let wasted = mine.is_none() && !shared.messages.is_empty();
        let next = if wasted { shared.waiting_receivers.next() } else { None };
        drop(shared);
        drop(mine);
        next.into_iter().for_each(Waker::wake);
    }
}
