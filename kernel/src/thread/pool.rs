//! The thread pool: every thread, schedulers with the ready ones, and the set of blocked ones.
//!
//! There are two lanes, each with a scheduler. With `roles=symmetric` all threads are in the
//! first, and all harts take from it. With `roles=split` coroutine and user threads are in the
//! second;
//! the boot hart takes from the first, the others from the second.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU8, Ordering};

use super::processor;
use super::scheduler::Scheduler;
use super::{Job, Kind, State, Thread};
use crate::args::Migrate;
use crate::executor::bitmap::Bitmap;
use crate::executor::{Priority, Task, best_on_offer, migration};
use crate::memlayout::MAX_HARTS;
use crate::riscv::hart_id;
use crate::sync::{InterruptsOff, SpinLock};

/// The kinds of threads, as those who look for a hart name them.
pub const PLAIN: Kind = Kind::Plain;
pub const COROUTINES: Kind = Kind::Coroutine;

/// The boot hart where it runs plain threads alone; as great as no hart where all run all.
static THREAD_HART: AtomicU8 = AtomicU8::new(MAX_HARTS as u8);

pub static THREAD_POOL: ThreadPool = ThreadPool {
    inner: SpinLock::new(PoolInner {
        next_id: 1,
        threads: Vec::new(),
        schedulers: [const { Scheduler::new() }; LANES],
        blocked: BTreeSet::new(),
        spare: Vec::new(),
        program_was_first: false,
    }),
    ready: [const { Bitmap::new() }; LANES],
};

const LANES: usize = 2;

pub struct ThreadPool {
    inner: SpinLock<PoolInner>,
    /// For each lane, bit p: a thread of priority p is ready. Changed under the lock, read
    /// without.
    ready: [Bitmap; LANES],
}

struct PoolInner {
    next_id: u64,
    /// Every thread that has not exited.
    threads: Vec<Arc<Thread>>,
    schedulers: [Scheduler; LANES],
    /// Ids of the threads that wait for something.
    blocked: BTreeSet<u64>,
    /// Those of them that are coroutine threads in want of a coroutine.
    spare: Vec<Arc<Thread>>,
    /// Which came first, the last time that a program's thread and a coroutine were equal.
    program_was_first: bool,
}

/// Splits the roles: `hart` runs plain threads, the others the coroutine threads.
pub fn split_roles(hart: usize) {
    THREAD_HART.store(hart as u8, Ordering::Relaxed);
}

fn is_split() -> bool {
    THREAD_HART.load(Ordering::Relaxed) < MAX_HARTS as u8
}

fn lane_of(kind: Kind) -> usize {
    (is_split() && kind != Kind::Plain) as usize
}

/// Whether `hart` runs threads of `kind`.
pub fn runs(hart: usize, kind: Kind) -> bool {
    !is_split() || (hart == THREAD_HART.load(Ordering::Relaxed) as usize) == (kind == Kind::Plain)
}

/// What the calling hart runs.
fn lane_here() -> (usize, bool) {
    let _off = InterruptsOff::new();
    let coroutines = runs(hart_id(), Kind::Coroutine);
    ((is_split() && coroutines) as usize, coroutines)
}

impl ThreadPool {
    /// Makes a thread, which is ready; but a coroutine thread waits for coroutines.
    pub fn start(&self, name: &'static str, priority: Priority, job: Job) -> Arc<Thread> {
        let id = {
            let mut pool = self.inner.lock();
            pool.next_id += 1;
            pool.next_id - 1
        };
        let thread = Arc::new(Thread::new(id, name, priority, job));
        let mut pool = self.inner.lock();
        pool.threads.push(thread.clone());
        match thread.kind {
            Kind::Plain | Kind::User => self.make_ready(&mut pool, thread.clone()),
            Kind::Coroutine => block(&mut pool, &thread),
        }
        drop(pool);
        processor::kick_idle_hart(thread.kind);
        thread
    }

    /// The best priority of a ready thread that runs where threads of `kind` do.
    pub fn best_ready(&self, kind: Kind) -> Option<Priority> {
        self.ready[lane_of(kind)].highest()
    }

    /// Bit p: a thread of priority p is ready, in either lane.
    pub fn ready_bits(&self) -> u64 {
        self.ready.iter().fold(0, |bits, lane| bits | lane.bits())
    }

    /// On a tick: `running` and the user threads that wait for a hart count for what is ready in
    /// their processes now.
    pub fn review_user_threads(&self, running: &Thread) {
        if running.kind == Kind::User {
            running.review_priority();
        }
        let mut pool = self.inner.lock();
        let lane = lane_of(Kind::User);
        for thread in pool.schedulers[lane].user_threads() {
            if thread.process.as_ref().is_some_and(|process| {
                process.priority_of(thread.slot) != thread.priority()
            }) {
                pool.schedulers[lane].remove(&thread, &self.ready[lane]);
                thread.review_priority();
                pool.schedulers[lane].push(thread, &self.ready[lane]);
            }
        }
    }

    /// Whether no coroutine thread is spare while one of `priority` is half-run and ready.
    pub fn is_short(&self, priority: Priority) -> bool {
        let pool = self.inner.lock();
        pool.spare.is_empty()
            && migration::policy() != Migrate::None
            && pool.schedulers[lane_of(Kind::Coroutine)].has_half_run(priority)
    }

    /// Whether there may be something for the calling hart to run.
    pub fn has_work(&self) -> bool {
        let (lane, coroutines) = lane_here();
        self.ready[lane].bits() != 0 || coroutines && best_on_offer().is_some()
    }

    /// Chooses what the calling hart runs next: the best ready thread, or a spare coroutine
    /// thread when a coroutine of better priority is ready. At the same priority the thread
    /// wins: it may hold a half-run coroutine, and stacks are few. But a program's thread and a
    /// coroutine take turns: the one may wait for what the other does.
    pub fn pick(&self) -> Option<Arc<Thread>> {
        let mut pool = self.inner.lock();
        let (lane, coroutines) = lane_here();
        let thread = self.ready[lane].highest();
        let coroutine = best_on_offer().filter(|_| coroutines);
        let first = coroutine.is_some_and(|coroutine| {
            thread.is_none_or(|thread| {
                coroutine < thread || coroutine == thread && pool.takes_turns(lane, thread)
            })
        });
        if first && let Some(spare) = pool.spare.pop() {
            spare.set_ahead(coroutine == thread);
            pool.blocked.remove(&spare.id);
            return Some(spare);
        }
        pool.schedulers[lane].pop(thread?, &self.ready[lane])
    }

    /// Whether `running`, which is interrupted, has to make room: for a better coroutine or
    /// thread, or for a thread of the same priority whose turn it is; a program's thread on a `tick`
    /// also for a coroutine of the same priority.
    pub fn wants_switch(&self, running: &Thread, tick: bool) -> bool {
        let priority = running.priority();
        let (lane, coroutines) = lane_here();
        let shares = tick && running.kind == Kind::User;
        let better = |best| best < priority || best == priority && shares;
        let better_coroutine = coroutines && best_on_offer().is_some_and(better);
        self.ready[lane].highest().is_some_and(|best| best <= priority)
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
            processor::kick_idle_hart(thread.kind);
        } else {
            thread.unblock_pending.store(true, Ordering::Relaxed);
        }
    }

    /// A coroutine of this thread's own executor has become ready: wakes the thread, or lets it
    /// rise among those that wait for a hart.
    pub fn coroutine_ready(&self, thread: &Arc<Thread>) {
        let mut pool = self.inner.lock();
        let lane = lane_of(thread.kind);
        if pool.blocked.remove(&thread.id) {
            pool.spare.retain(|spare| spare.id != thread.id);
            self.make_ready(&mut pool, thread.clone());
            drop(pool);
            processor::kick_idle_hart(thread.kind);
        } else if pool.schedulers[lane].remove(thread, &self.ready[lane]) {
            thread.review_priority();
            pool.schedulers[lane].push(thread.clone(), &self.ready[lane]);
        } else {
            // It runs, or is just being filed: it looks again before it blocks.
            thread.unblock_pending.store(true, Ordering::Relaxed);
        }
    }

    /// The priority of a coroutine has changed: so does that of the thread which it is half-run on,
    /// and the thread's place among those that wait for a hart.
    pub fn coroutine_changed(&self, task: &Task) {
        let mut pool = self.inner.lock();
        let thread = pool.threads.iter().find(|thread| thread.id == task.thread()).cloned();
        let Some(thread) = thread.filter(|thread| thread.coroutine_id() == Some(task.id)) else {
            return;
        };
        self.change(&mut pool, &thread, |thread| {
            if thread.state() == State::Running { thread.lend(task) } else { thread.review_priority() }
        });
    }

    /// Gives a thread another priority, whatever it does at this moment. That of a coroutine thread
    /// is its coroutine's, and not for others to choose.
    pub fn set_priority(&self, thread: &Arc<Thread>, priority: Priority) {
        assert!(thread.kind != Kind::Coroutine, "the priority of a coroutine thread is borrowed");
        self.change(&mut self.inner.lock(), thread, |thread| {
            thread.priority.store(priority, Ordering::Relaxed);
        });
    }

    /// Changes the priority of `thread`; where it is ready, it changes queues.
    fn change(&self, pool: &mut PoolInner, thread: &Arc<Thread>, change: impl FnOnce(&Thread)) {
        let lane = lane_of(thread.kind);
        let queued = pool.schedulers[lane].remove(thread, &self.ready[lane]);
        change(thread);
        if queued {
            pool.schedulers[lane].push(thread.clone(), &self.ready[lane]);
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
        pool.schedulers.iter_mut().for_each(Scheduler::trim);
        // A tree made anew from the same threads is the same tree.
        let mut blocked = BTreeSet::new();
        blocked.extend(core::mem::take(&mut pool.blocked));
        pool.blocked = blocked;
    }

    fn make_ready(&self, pool: &mut PoolInner, thread: Arc<Thread>) {
        thread.set_state(State::Ready);
        thread.review_priority();
        let lane = lane_of(thread.kind);
        pool.schedulers[lane].push(thread, &self.ready[lane]);
    }
}

impl PoolInner {
    /// Whether it is a coroutine's turn, where the first ready thread of the same priority is a
    /// program's.
    fn takes_turns(&mut self, lane: usize, priority: Priority) -> bool {
        let first = self.schedulers[lane].first(priority);
        let programs = first.is_some_and(|thread| thread.kind == Kind::User);
        self.program_was_first = programs && !self.program_was_first;
        programs && !self.program_was_first
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
