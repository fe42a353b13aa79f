//! An event that happens once, and that any number of coroutines wait for.

use alloc::collections::BTreeMap;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use crate::sync::SpinLock;

pub struct Event {
    inner: SpinLock<EventInner>,
}

struct EventInner {
    happened: bool,
    /// Who waits, by the ticket of their `Wait`.
    waiters: BTreeMap<u64, Waker>,
    next_ticket: u64,
}

impl Event {
    pub const fn new() -> Self {
        let inner = EventInner { happened: false, waiters: BTreeMap::new(), next_ticket: 0 };
        Event { inner: SpinLock::new(inner) }
    }

    /// Lets it happen: wakes all who wait, and nobody waits from now on.
    pub fn set(&self) {
        let waiters = {
            let mut inner = self.inner.lock();
            inner.happened = true;
            core::mem::take(&mut inner.waiters)
        };
        waiters.into_values().for_each(Waker::wake);
    }

    pub fn wait(&self) -> Wait<'_> {
        Wait { event: self, ticket: None }
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Wait<'a> {
    event: &'a Event,
    ticket: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let waker = context.waker().clone();
        let mut inner = self.event.inner.lock();
        if inner.happened {
            return Poll::Ready(());
        }
        let ticket = self.ticket.unwrap_or(inner.next_ticket);
        inner.next_ticket = inner.next_ticket.max(ticket + 1);
        let old = inner.waiters.insert(ticket, waker);
        drop(inner);
        drop(old);
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.event.inner.lock().waiters.remove(&ticket);
            drop(waker);
        }
    }
}
