//! Messages to one coroutine from any number of others.

use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use crate::lock::Lock;

pub struct Mailbox<T> {
    inner: Lock<MailboxInner<T>>,
}

struct MailboxInner<T> {
    messages: VecDeque<T>,
    /// The one that waits for a message.
    receiver: Option<Waker>,
}

impl<T> Mailbox<T> {
    pub const fn new() -> Self {
        Mailbox { inner: Lock::new(MailboxInner { messages: VecDeque::new(), receiver: None }) }
    }

    pub fn send(&self, message: T) {
        let receiver = {
            let mut inner = self.inner.lock();
            inner.messages.push_back(message);
            inner.receiver.take()
        };
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// Takes the oldest message, when there is one. One coroutine at a time may wait.
    pub fn receive(&self) -> Receive<'_, T> {
        Receive { mailbox: self, waits: false }
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Receive<'a, T> {
    mailbox: &'a Mailbox<T>,
    /// Its waker may be in the mailbox.
    waits: bool,
}

impl<T> Future for Receive<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<T> {
        let waker = context.waker().clone();
        let mut inner = self.mailbox.inner.lock();
        if let Some(message) = inner.messages.pop_front() {
            drop(inner);
            self.waits = false;
            return Poll::Ready(message);
        }
        let old = inner.receiver.replace(waker);
        drop(inner);
        drop(old);
        self.waits = true;
        Poll::Pending
    }
}

impl<T> Drop for Receive<'_, T> {
    fn drop(&mut self) {
        let waker = if self.waits { self.mailbox.inner.lock().receiver.take() } else { None };
        drop(waker);
    }
}
