//! The manager of migrations: which ready coroutines leave their thread's executor for
//! another's, so that those of a thread whose coroutine is forced off its hart, or which has
//! more than it gets through, do not wait for it.
//!
//! `steal`: a thread that has nothing ready, or nothing as good, takes them at once.
//! `threshold`: it takes them when their stimulus has passed the threshold of its hart, as
//! insects take up work. The stimulus of an executor is the number of its ready coroutines and
//! the ticks for which they have waited. To take over lowers a hart's threshold, to sleep
//! raises it: some harts specialise in helping, and the others keep to their own.

use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use super::Executor;
use super::bitmap::highest;
use super::thread_executors::THREAD_EXECUTORS;
use crate::args::Migrate;
use crate::bugs::{self, Bug};
use crate::memlayout::MAX_HARTS;
use crate::riscv::hart_id;
use crate::sync::InterruptsOff;

static POLICY: AtomicU8 = AtomicU8::new(Migrate::None as u8);

/// The stimulus at which each hart takes coroutines over.
static THRESHOLDS: [AtomicUsize; MAX_HARTS] = [const { AtomicUsize::new(3) }; MAX_HARTS];
const LOWEST_THRESHOLD: usize = 1;
const HIGHEST_THRESHOLD: usize = 8;

pub fn set_policy(policy: Migrate) {
    POLICY.store(policy as u8, Ordering::Relaxed);
}

pub fn policy() -> Migrate {
    match POLICY.load(Ordering::Relaxed) {
        0 => Migrate::None,
        1 => Migrate::Steal,
        _ => Migrate::Threshold,
    }
}

/// Bit p: a coroutine of priority p is ready that this hart may take over.
pub fn on_offer() -> u64 {
    if policy() == Migrate::None {
        return 0;
    }
    offers().fold(0, |bits, executor| bits | executor.bitmap.bits())
}

/// The executors that this hart may take from.
fn offers() -> impl Iterator<Item = &'static Executor> {
    let threshold = match policy() {
        Migrate::Threshold => {
            let _off = InterruptsOff::new();
            THRESHOLDS[hart_id()].load(Ordering::Relaxed)
        }
        _ => 0,
    };
    THREAD_EXECUTORS.all().iter().filter(move |executor| {
        executor.bitmap.bits() != 0
            && match threshold {
                0 => wants_help(executor) || executor.waited.load(Ordering::Relaxed) > 0,
                _ => executor.stimulus() >= threshold,
            }
    })
}

impl Executor {
    /// The thread comes to its coroutines: they no longer wait for help.
    pub fn attended(&self) {
        self.waited.store(0, Ordering::Relaxed);
    }

    fn stimulus(&self) -> usize {
        self.ready.lock().count + self.waited.load(Ordering::Relaxed)
    }
}

/// Whether a hart should wake up for what is ready in `executor`: not for a single coroutine
/// that its thread, which runs, comes to soon. If it does not, the tick calls for help.
pub fn wants_help(executor: &Executor) -> bool {
    policy() != Migrate::None
        && (executor.ready.lock().count > 1
            || executor.owner.lock().as_ref().is_some_and(|owner| owner.is_half_run()))
}

/// A hart that runs a thread ticks: what is ready has waited longer. True when a hart that
/// sleeps may be wanted.
pub fn tick() -> bool {
    if policy() == Migrate::None {
        return false;
    }
    let mut waiting = false;
    for executor in THREAD_EXECUTORS.all().iter().filter(|executor| executor.bitmap.bits() != 0) {
        executor.waited.fetch_add(1, Ordering::Relaxed);
        waiting = true;
    }
    waiting
}

/// This hart found nothing to do.
pub fn idle(hart: usize) {
    if policy() == Migrate::Threshold {
        let higher = |threshold| (threshold < HIGHEST_THRESHOLD).then_some(threshold + 1);
        let _ = THRESHOLDS[hart].fetch_update(Ordering::Relaxed, Ordering::Relaxed, higher);
    }
}

/// Takes coroutines over into `thief`, whose thread calls this with interrupts off, if there
/// are better ones elsewhere than it has: all that are ready where the thread is off its hart
/// with one half-run, half of them where it works.
pub fn take_over(thief: &'static Executor) {
    if policy() == Migrate::None {
        return;
    }
    let others = || offers().filter(|executor| executor.number != thief.number);
    let Some(best) = highest(others().fold(0, |bits, other| bits | other.bitmap.bits())) else {
        return;
    };
    if thief.best_ready().is_some_and(|mine| mine <= best) {
        return;
    }
    let Some(victim) = others().find(|other| other.best_ready() == Some(best)) else { return };
    let ready = victim.ready.lock().count;
    let half_run = victim.owner.lock().as_ref().is_some_and(|owner| owner.is_half_run());
    for _ in 0..if half_run { ready } else { ready.div_ceil(2) } {
        migrate(victim, thief);
    }
    victim.attended();
    let lower = |threshold| (threshold > LOWEST_THRESHOLD).then(|| threshold - 1);
    let _ = THRESHOLDS[hart_id()].fetch_update(Ordering::Relaxed, Ordering::Relaxed, lower);
}

/// Moves the best ready coroutine of `from`, if there still is one, with its place in the task
/// map and its waker. It is in exactly one map whenever the locks of both are free.
fn migrate(from: &'static Executor, to: &'static Executor) {
    let Some(task) = from.give(to) else { return };
    // Always in the same order, or two threads that take from each other wait for ever.
    let in_order = from.number < to.number || bugs::is(Bug::LockOrder);
    let (first, second) = if in_order { (from, to) } else { (to, from) };
    {
        let mut first = first.tasks.lock();
        let mut second = second.tasks.lock();
        let (source, target) = if in_order {
            (&mut first, &mut second)
        } else {
            (&mut second, &mut first)
        };
        source.remove(&task.id);
        target.insert(task.id, task.clone());
    }
    let waker = from.wakers.lock().remove(&task.id).expect("not done, so it has one");
    to.wakers.lock().insert(task.id, waker);
    to.push(task);
}
