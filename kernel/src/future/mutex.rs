//! A mutex for coroutines, whose holder runs with the best priority of those who wait for it.
//!
//! Who lets go hands it to the best waiter, so that nobody gets past it. The holder is who took
//! it: a guard that moves to another coroutine leaves the lent priority where it is. A plain
//! thread may take it as well, and lends its priority, but borrows none.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::sync::atomic::{AtomicU8, Ordering};
use core::task::{Context, Poll, Waker};

use crate::bugs::{self, Bug};
use crate::executor::priority::{Resource, review};
use crate::executor::{Priority, Task};
use crate::sync::SpinLock;
use crate::thread::processor;

pub struct Mutex<T> {
    core: Arc<Core>,
    data: UnsafeCell<T>,
}

// SAFETY: the mutex hands `data` to one guard at a time.
unsafe impl<T: Send> Sync for Mutex<T> {}

/// Who holds it and who waits, apart from what it guards.
struct Core {
    inner: SpinLock<CoreInner>,
    /// The best priority among the waiters, or [`NOBODY`]. Changes under the lock, read without.
    best: AtomicU8,
}

const NOBODY: u8 = u8::MAX;

struct CoreInner {
    /// Tickets given out.
    tickets: u64,
    holder: Option<Holder>,
    /// In the order in which they came.
    waiters: VecDeque<Waiter>,
}

struct Holder {
    ticket: u64,
    /// None: a plain thread.
    task: Option<Arc<Task>>,
}

struct Waiter {
    ticket: u64,
    task: Option<Arc<Task>>,
    /// Of a plain thread.
    priority: Priority,
    waker: Waker,
}

impl Waiter {
    fn priority(&self) -> Priority {
        self.task.as_ref().map_or(self.priority, |task| task.priority())
    }
}

impl<T> Mutex<T> {
    pub fn new(data: T) -> Self {
        let inner = CoreInner { tickets: 0, holder: None, waiters: VecDeque::new() };
        let core = Core { inner: SpinLock::new(inner), best: AtomicU8::new(NOBODY) };
        Mutex { core: Arc::new(core), data: UnsafeCell::new(data) }
    }

    pub fn lock(&self) -> Lock<'_, T> {
        Lock { mutex: self, ticket: None }
    }

    /// Gives back the memory of places where nobody waits. For the count of leaks.
    pub fn trim(&self) {
        self.core.inner.lock().waiters.shrink_to_fit();
    }
}

/// Takes two mutexes, always in the order of their addresses, so that two who want the same two
/// never wait for each other.
pub async fn lock_both<'a, T>(a: &'a Mutex<T>, b: &'a Mutex<T>) -> (Guard<'a, T>, Guard<'a, T>) {
    if core::ptr::from_ref(a) < core::ptr::from_ref(b) || bugs::is(Bug::Deadlock) {
        let a = a.lock().await;
        (a, b.lock().await)
    } else {
        let b = b.lock().await;
        (a.lock().await, b)
    }
}

impl Core {
    /// Under the lock, after every change to the waiters.
    fn note_best(&self, inner: &CoreInner) {
        let best = inner.waiters.iter().map(Waiter::priority).min();
        self.best.store(best.unwrap_or(NOBODY), Ordering::Relaxed);
    }

    /// Takes the mutex from its holder, and hands it to the best waiter if there is one.
    fn pass_on(self: &Arc<Self>) {
        let me: Arc<dyn Resource> = self.clone();
        let (before, next) = {
            let mut inner = self.inner.lock();
            let before = inner.holder.take().and_then(|holder| holder.task);
            if let Some(task) = &before {
                task.end_hold(&me);
            }
            let next = inner.take_best();
            if let Some(waiter) = &next {
                inner.holder = Some(Holder { ticket: waiter.ticket, task: waiter.task.clone() });
                if let Some(task) = &waiter.task {
                    task.end_wait(&me);
                    task.begin_hold(me.clone());
                }
            }
            self.note_best(&inner);
            (before, next)
        };
        if let Some(Waiter { task, waker, .. }) = next {
            task.iter().for_each(review);
            waker.wake();
        }
        before.iter().for_each(review);
    }
}

impl Resource for Core {
    fn best_waiter(&self) -> Option<Priority> {
        Some(self.best.load(Ordering::Relaxed)).filter(|&best| best != NOBODY)
    }

    fn review(&self) -> Option<Arc<Task>> {
        let inner = self.inner.lock();
        self.note_best(&inner);
        inner.holder.as_ref()?.task.clone()
    }
}

impl CoreInner {
    /// Takes the first of the waiters with the best priority.
    fn take_best(&mut self) -> Option<Waiter> {
        let (at, _) = self.waiters.iter().enumerate().min_by_key(|(_, waiter)| waiter.priority())?;
        self.waiters.remove(at)
    }

    fn is_held_by(&self, ticket: u64) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.ticket == ticket)
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Lock<'a, T> {
    mutex: &'a Mutex<T>,
    /// Since it waits, until the guard is made.
    ticket: Option<u64>,
}

impl<'a, T> Future for Lock<'a, T> {
    type Output = Guard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Guard<'a, T>> {
        let mutex = self.mutex;
        let waker = context.waker().clone();
        match self.ticket {
            None => match mutex.core.take_or_wait(waker) {
                None => return Poll::Ready(Guard { mutex }),
                ticket => self.ticket = ticket,
            },
            Some(ticket) => {
                let mut inner = mutex.core.inner.lock();
                if inner.is_held_by(ticket) {
                    self.ticket = None;
                    return Poll::Ready(Guard { mutex });
                }
                let mine = inner.waiters.iter_mut().find(|waiter| waiter.ticket == ticket);
                let mine = mine.expect("who has a ticket holds or waits");
                let old = core::mem::replace(&mut mine.waker, waker);
                drop(inner);
                drop(old);
            }
        }
        Poll::Pending
    }
}

impl Core {
    /// Takes the mutex if it is free; else queues up, and says the ticket.
    fn take_or_wait(self: &Arc<Self>, waker: Waker) -> Option<u64> {
        let (task, priority) = processor::current_coroutine_or_priority();
        let mut inner = self.inner.lock();
        inner.tickets += 1;
        let ticket = inner.tickets;
        if inner.holder.is_none() {
            // Nobody waits for a free mutex, so nobody lends anything yet.
            if let Some(task) = &task {
                task.begin_hold(self.clone());
            }
            inner.holder = Some(Holder { ticket, task });
            return None;
        }
        if let Some(task) = &task {
            task.begin_wait(self.clone());
        }
        inner.waiters.push_back(Waiter { ticket, task, priority, waker });
        self.note_best(&inner);
        let holder = inner.holder.as_ref().and_then(|holder| holder.task.clone());
        drop(inner);
        holder.iter().for_each(review);
        Some(ticket)
    }

    /// One who waited gives up, or was handed the mutex and does not want it any more.
    fn leave(self: &Arc<Self>, ticket: u64) {
        let mut inner = self.inner.lock();
        if inner.is_held_by(ticket) {
            drop(inner);
            self.pass_on();
            return;
        }
        let at = inner.waiters.iter().position(|waiter| waiter.ticket == ticket);
        let waiter = at.and_then(|at| inner.waiters.remove(at));
        if let Some(Waiter { task: Some(task), .. }) = &waiter {
            let me: Arc<dyn Resource> = self.clone();
            task.end_wait(&me);
        }
        self.note_best(&inner);
        let holder = inner.holder.as_ref().and_then(|holder| holder.task.clone());
        drop(inner);
        // Without the lock: the waker may be the last that knows of a coroutine.
        drop(waiter);
        holder.iter().for_each(review);
    }
}

impl<T> Drop for Lock<'_, T> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.mutex.core.leave(ticket);
        }
    }
}

/// The mutex is held until this is dropped.
pub struct Guard<'a, T> {
    mutex: &'a Mutex<T>,
}

// SAFETY: as a reference to the data alone, which is all that another thread gets through it.
unsafe impl<T: Sync> Sync for Guard<'_, T> {}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the mutex.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the mutex, and is borrowed alone.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.mutex.core.pass_on();
    }
}
