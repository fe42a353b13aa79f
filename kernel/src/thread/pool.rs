//! The thread pool: every thread, the scheduler with the ready ones, and the set of blocked ones.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use super::processor;
use super::scheduler::Scheduler;
use super::{Kind, State, Thread};
use crate::executor::Priority;
use crate::executor::bitmap::{Bitmap, PRIORITY_BITMAP};
use crate::sync::SpinLock;

pub static THREAD_POOL: ThreadPool = ThreadPool {
    inner: SpinLock::new(PoolInner {
        next_id: 1,
        threads: Vec::new(),
        scheduler: Scheduler::new(),
        blocked: BTreeSet::new(),
        spare: Vec::new(),
    }),
    ready: Bitmap::new(),
};

pub struct ThreadPool {
    inner: SpinLock<PoolInner>,
    /// Bit p: a thread of priority p is ready. Changed under the lock, read without.
    ready: Bitmap,
}

struct PoolInner {
    next_id: u64,
    /// Every thread that has not exited.
    threads: Vec<Arc<Thread>>,
    scheduler: Scheduler,
    /// Ids of the threads that wait for something.
    blocked: BTreeSet<u64>,
    /// Those of them that are coroutine threads in want of a coroutine.
    spare: Vec<Arc<Thread>>,
}

impl ThreadPool {
    /// Makes a thread; a plain one is ready, a coroutine thread waits for coroutines.
    pub fn start(
        &self,
        name: &'static str,
        kind: Kind,
        priority: Priority,
        entry: Box<dyn FnOnce() + Send>,
    ) {
        let id = {
            let mut pool = self.inner.lock();
            pool.next_id += 1;
            pool.next_id - 1
        };
        let thread = Arc::new(Thread::new(id, name, kind, priority, entry));
        let mut pool = self.inner.lock();
        pool.threads.push(thread.clone());
        match kind {
            Kind::Plain => self.make_ready(&mut pool, thread),
            Kind::Coroutine => block(&mut pool, &thread),
        }
        drop(pool);
        processor::kick_idle_hart();
    }

    /// The best priority of a ready thread.
    pub fn best_ready(&self) -> Option<Priority> {
        self.ready.highest()
    }

    /// Chooses what the calling hart runs next: the best ready thread, or a spare coroutine
    /// thread when a coroutine of better priority is ready. At the same priority the thread
    /// wins: it may hold a half-run coroutine, and stacks are few.
    pub fn pick(&self) -> Option<Arc<Thread>> {
        let mut pool = self.inner.lock();
        let thread = self.ready.highest();
        let coroutine = PRIORITY_BITMAP.highest();
        if coroutine.is_some_and(|coroutine| thread.is_none_or(|thread| coroutine < thread))
            && let Some(spare) = pool.spare.pop()
        {
            pool.blocked.remove(&spare.id);
            return Some(spare);
        }
        pool.scheduler.pop(thread?, &self.ready)
    }

    /// Whether `running`, which a tick interrupts, has to make room: for a better coroutine or
    /// thread, or for a thread of the same priority whose turn it is.
    pub fn wants_switch(&self, running: &Thread) -> bool {
        let priority = running.priority();
        let better_coroutine = PRIORITY_BITMAP.highest().is_some_and(|best| best < priority);
        self.ready.highest().is_some_and(|best| best <= priority)
            || better_coroutine && !self.inner.lock().spare.is_empty()
    }

    /// Files `thread`, which has just left a hart, by the state that it asked for.
    pub fn file(&self, thread: Arc<Thread>) {
        let mut pool = self.inner.lock();
        match thread.state() {
            State::Running => unreachable!("a thread left its hart without saying how"),
            State::Ready => self.make_ready(&mut pool, thread),
            State::Blocked if thread.unblock_pending.swap(false, Ordering::Relaxed) => {
                self.make_ready(&mut pool, thread);
            }
            State::Blocked => block(&mut pool, &thread),
            State::Exited => {
                pool.threads.retain(|other| other.id != thread.id);
                // The last reference: the stack goes, so not under the lock.
                drop(pool);
                drop(thread);
            }
        }
    }

    /// Makes `thread` ready if it is blocked; if not, its next block does not happen.
    #[inline(never)]
    pub fn unblock(&self, thread: &Arc<Thread>) {
        let mut pool = self.inner.lock();
        if pool.blocked.remove(&thread.id) {
            self.make_ready(&mut pool, thread.clone());
            drop(pool);
            processor::kick_idle_hart();
        } else {
            thread.unblock_pending.store(true, Ordering::Relaxed);
        }
    }

    /// How many threads besides the caller's are not blocked.
    pub fn others_unblocked(&self) -> usize {
        let pool = self.inner.lock();
        pool.threads.len() - pool.blocked.len() - 1
    }

    /// Gives back what empty structures hold on to. For the count of leaks.
    pub fn trim(&self) {
        let mut pool = self.inner.lock();
        pool.scheduler.trim();
        // A tree made anew from the same threads is the same tree.
        let mut blocked = BTreeSet::new();
        blocked.extend(core::mem::take(&mut pool.blocked));
        pool.blocked = blocked;
    }

    fn make_ready(&self, pool: &mut PoolInner, thread: Arc<Thread>) {
        thread.set_state(State::Ready);
        pool.scheduler.push(thread, &self.ready);
    }
}

/// Blocks a thread that is on no hart: a plain one until someone unblocks it, a coroutine
/// thread until [`pick`](ThreadPool::pick) has a coroutine for it.
#[inline(never)]
fn block(pool: &mut PoolInner, thread: &Arc<Thread>) {
    pool.blocked.insert(thread.id);
    if thread.kind == Kind::Coroutine {
        pool.spare.push(thread.clone());
    }
}
