//! An event that happens once, and that any number of coroutines wait for.

use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use crate::lock::Lock;

pub struct Event {
    inner: Lock<EventInner>,
}

struct EventInner {
    happened: bool,
    /// Who waits, by the ticket of their `Wait`.
    waiters: Vec<Option<Waker>>,
    /// Tickets given back.
    free: Vec<usize>,
}

impl Event {
    pub const fn new() -> Self {
        let inner = EventInner { happened: false, waiters: Vec::new(), free: Vec::new() };
        Event { inner: Lock::new(inner) }
    }

    /// Lets it happen: wakes all who wait, and nobody waits from now on.
    pub fn set(&self) {
        let waiters = {
            let mut inner = self.inner.lock();
            inner.happened = true;
            core::mem::take(&mut inner.waiters)
        };
        waiters.into_iter().flatten().for_each(Waker::wake);
    }

    pub fn wait(&self) -> Wait<'_> {
        Wait { event: self, ticket: None }
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Wait<'a> {
    event: &'a Event,
    ticket: Option<usize>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let waker = context.waker().clone();
        let mut inner = self.event.inner.lock();
        if inner.happened {
            return Poll::Ready(());
        }
        let ticket = self.ticket.unwrap_or_else(|| inner.new_ticket());
        let old = inner.waiters[ticket].replace(waker);
        drop(inner);
        drop(old);
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut inner = self.event.inner.lock();
        // Nobody waits any more once it has happened.
        let waker = inner.waiters.get_mut(ticket).and_then(Option::take);
        if !inner.happened {
            inner.free.push(ticket);
        }
        drop(inner);
        drop(waker);
    }
}

impl EventInner {
    fn new_ticket(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.waiters.push(None);
            self.waiters.len() - 1
        })
    }
}
