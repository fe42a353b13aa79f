//! Who waits for a chance that any one of them may take.

use alloc::collections::BTreeMap;
use core::task::Waker;

/// Wakers by ticket, the oldest first.
pub struct Waiters {
    wakers: BTreeMap<u64, Waker>,
    tickets: u64,
}

/// A place among the waiters. It outlives its waker: whoever has a ticket and is not among them
/// any more has been woken.
pub type Ticket = u64;

impl Waiters {
    pub const fn new() -> Self {
        Waiters { wakers: BTreeMap::new(), tickets: 0 }
    }

    /// Waits with `waker`, in the place of `ticket` if that is still among the waiters. Says the
    /// ticket, and the waker that was there before, to be dropped without locks.
    pub fn wait(&mut self, ticket: Option<Ticket>, waker: Waker) -> (Ticket, Option<Waker>) {
        if let Some(ticket) = ticket
            && let Some(place) = self.wakers.get_mut(&ticket)
        {
            return (ticket, Some(core::mem::replace(place, waker)));
        }
        self.tickets += 1;
        self.wakers.insert(self.tickets, waker);
        (self.tickets, None)
    }

    /// Gives the place up; None where it has been woken.
    pub fn leave(&mut self, ticket: Ticket) -> Option<Waker> {
        self.wakers.remove(&ticket)
    }

    /// Takes the oldest out, for the caller to wake without locks.
    pub fn next(&mut self) -> Option<Waker> {
        self.wakers.pop_first().map(|(_, waker)| waker)
    }

    /// Takes all out, for the caller to wake without locks.
    pub fn all(&mut self) -> BTreeMap<u64, Waker> {
        core::mem::take(&mut self.wakers)
    }

    /// Gives back what the empty map holds on to. For the count of leaks.
    pub fn trim(&mut self) {
        if self.wakers.is_empty() {
            self.wakers = BTreeMap::new();
        }
    }
}
