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
use crate::mm::OutOfMemory;
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
        coroutines_turn: 0,
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
    /// Bit p: of the threads and coroutines that wait with priority p, a thread had the last turn.
    coroutines_turn: u64,
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
    pub fn start(
        &self,
        name: &'static str,
        priority: Priority,
        job: Job,
    ) -> Result<Arc<Thread>, OutOfMemory> {
        let id = {
            let mut pool = self.inner.lock();
            pool.next_id += 1;
            pool.next_id - 1
        };
        let thread = Arc::new(Thread::new(id, name, priority, job)?);
        let mut pool = self.inner.lock();
        pool.threads.push(thread.clone());
        match thread.kind {
            Kind::Plain | Kind::User => self.make_ready(&mut pool, thread.clone()),
            Kind::Coroutine => block(&mut pool, &thread),
        }
        drop(pool);
        processor::kick_idle_hart(thread.kind);
        Ok(thread)
    }

    /// The best priority of a ready thread that runs where threads of `kind` do.
    pub fn best_ready(&self, kind: Kind) -> Option<Priority> {
        self.ready[lane_of(kind)].highest()
    }

    /// Coroutines must be better than this to be polled by `running` before another thread goes
    /// on. While its turn lasts, those of the same priority are.
    pub fn limit_of(&self, running: &Thread) -> Option<Priority> {
        let best = self.best_ready(COROUTINES)?;
        let lane = lane_of(Kind::Coroutine);
        let equal = best_on_offer() == Some(best)
            && !running.turn_is_over()
            && !self.inner.lock().schedulers[lane].has_coroutine_thread(best);
        Some(best + equal as Priority)
    }

    /// Bit p: a thread of priority p is ready, in either lane.
    pub fn ready_bits(&self) -> u64 {
        self.ready.iter().fold(0, |bits, lane| bits | lane.bits())
    }

    /// What is ready in the process of these threads has changed: so have their priorities.
    pub fn review_user_threads(&self, threads: &[Arc<Thread>]) {
        let mut pool = self.inner.lock();
        for thread in threads.iter().filter(|thread| thread.due_priority() != thread.priority()) {
            self.change(&mut pool, thread, Thread::review_priority);
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
    /// thread when a coroutine of better priority is ready. At the same priority they take turns.
    pub fn pick(&self) -> Option<Arc<Thread>> {
        let mut pool = self.inner.lock();
        let (lane, coroutines) = lane_here();
        let thread = self.ready[lane].highest();
        let coroutine = best_on_offer().filter(|_| coroutines);
        let comes_first = |coroutine: Priority| match thread {
            Some(thread) if thread == coroutine => pool.is_coroutines_turn(lane, coroutine),
            Some(thread) => coroutine < thread,
            None => true,
        };
        if let Some(priority) = coroutine.filter(|&coroutine| comes_first(coroutine))
            && let Some(spare) = pool.spare.pop()
        {
            pool.coroutines_turn &= !(1 << priority);
            pool.blocked.remove(&spare.id);
            return Some(spare);
        }
        pool.coroutines_turn |= 1 << thread?;
        pool.schedulers[lane].pop(thread?, &self.ready[lane])
    }

    /// Whether `running`, which an interrupt stops, has to make room: for a better coroutine or
    /// thread, or for one of the same priority when its turn is over. Coroutines of the same
    /// priority do not force each other off.
    pub fn wants_switch(&self, running: &Thread) -> bool {
        let priority = running.priority();
        let (lane, coroutines) = lane_here();
        let thread = self.ready[lane].highest();
        let coroutine = best_on_offer().filter(|_| coroutines);
        let waits = |than: Priority| {
            thread.is_some_and(|best| best < than)
                || coroutine.is_some_and(|best| best < than) && !self.inner.lock().spare.is_empty()
        };
        let equal_waits = || match running.kind {
            Kind::Coroutine => thread == Some(priority),
            Kind::Plain | Kind::User => waits(priority + 1),
        };
        waits(priority) || running.turn_is_over() && equal_waits()
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
    /// Whether coroutines of `priority` go before the threads of the same that wait. Not before a
    /// coroutine thread: it takes part in their name, and stacks are few.
    fn is_coroutines_turn(&self, lane: usize, priority: Priority) -> bool {
        self.coroutines_turn & 1 << priority != 0 && !self.schedulers[lane].has_coroutine_thread(priority)
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
