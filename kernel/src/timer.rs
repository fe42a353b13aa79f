//! Time: a queue of deadlines for each hart, and the tick that forces switches.
//!
//! A hart ticks only while it runs a thread. An idle hart sleeps until its next deadline.

use alloc::collections::BTreeMap;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::Waker;

use crate::memlayout::MAX_HARTS;
use crate::sync::{InterruptsOff, SpinLock};
use crate::thread::processor;
use crate::{riscv, sbi};

/// Ticks of `time` in a second, from the device tree.
static TIMEBASE: AtomicU64 = AtomicU64::new(0);

/// Forced switches happen at most this often.
const TICKS_PER_SECOND: u64 = 100;

const NEVER: u64 = u64::MAX;

/// Each hart's timer. Who sleeps registers with the hart that it runs on.
pub static TIMERS: [HartTimer; MAX_HARTS] = [const { HartTimer::new() }; MAX_HARTS];

/// Deadlines that a hart waits for, and what its timer is set to.
pub struct HartTimer {
    queue: SpinLock<TimerQueue>,
    /// Only the hart itself reads or changes this, with interrupts off.
    armed: AtomicU64,
}

struct TimerQueue {
    /// Who to wake, by deadline; the second number tells equal deadlines apart.
    entries: BTreeMap<(u64, u64), Waker>,
    next_number: u64,
}

/// Names an entry of a hart's queue.
#[derive(Clone, Copy, Debug)]
pub struct TimerId {
    hart: usize,
    key: (u64, u64),
}

impl HartTimer {
    const fn new() -> Self {
        let queue = TimerQueue { entries: BTreeMap::new(), next_number: 0 };
        HartTimer { queue: SpinLock::new(queue), armed: AtomicU64::new(NEVER) }
    }

    fn armed(&self) -> u64 {
        self.armed.load(Ordering::Relaxed)
    }

    /// Sets the timer of the hart that owns this one, which must be the one that runs. Without
    /// the lock: the firmware takes its time.
    fn arm(&self, deadline: u64) {
        self.armed.store(deadline, Ordering::Relaxed);
        sbi::set_timer(deadline);
    }
}

impl TimerQueue {
    fn next_deadline(&self) -> u64 {
        self.entries.first_key_value().map_or(NEVER, |(&(deadline, _), _)| deadline)
    }

    fn take_due(&mut self, now: u64) -> Option<Waker> {
        let entry = self.entries.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }
}

pub fn init(timebase: u64) {
    TIMEBASE.store(timebase, Ordering::Relaxed);
}

/// Ticks of `time` in a second.
pub fn timebase() -> u64 {
    TIMEBASE.load(Ordering::Relaxed)
}

/// Ticks of `time` in so many milliseconds.
pub fn milliseconds(count: u64) -> u64 {
    count * TIMEBASE.load(Ordering::Relaxed) / 1000
}

fn tick() -> u64 {
    TIMEBASE.load(Ordering::Relaxed) / TICKS_PER_SECOND
}

/// Has `waker` called when `deadline` is past.
pub fn add(deadline: u64, waker: Waker) -> TimerId {
    // The queue must be that of the hart whose timer gets armed.
    let _stay = InterruptsOff::new();
    let hart = riscv::hart_id();
    let key = {
        let mut queue = TIMERS[hart].queue.lock();
        let key = (deadline, queue.next_number);
        queue.next_number += 1;
        queue.entries.insert(key, waker);
        key
    };
    if deadline < TIMERS[hart].armed() {
        TIMERS[hart].arm(deadline);
    }
    TimerId { hart, key }
}

/// Replaces the waker of an entry. False when there is none any more, because it was called.
pub fn renew(id: TimerId, waker: &Waker) -> bool {
    let waker = waker.clone();
    let old = {
        let mut queue = TIMERS[id.hart].queue.lock();
        queue.entries.get_mut(&id.key).map(|entry| core::mem::replace(entry, waker))
    };
    // Dropped without the lock: it may be the last reference to a coroutine.
    old.is_some()
}

/// Forgets an entry, if it is still there.
pub fn cancel(id: TimerId) {
    let waker = TIMERS[id.hart].queue.lock().entries.remove(&id.key);
    drop(waker);
}

/// The hart's timer has run out: wakes who is due and sets it anew. Interrupts are off.
pub fn interrupt() {
    let timer = &TIMERS[riscv::hart_id()];
    loop {
        let due = timer.queue.lock().take_due(riscv::time());
        match due {
            Some(waker) => waker.wake(),
            None => break,
        }
    }
    processor::tick();
    let tick = if processor::is_idle() { NEVER } else { riscv::time() + tick() };
    let deadline = timer.queue.lock().next_deadline();
    timer.arm(deadline.min(tick));
}

/// Makes sure that a thread which begins to run here is interrupted a tick from now. Interrupts
/// are off.
pub fn start_ticking() {
    let timer = &TIMERS[riscv::hart_id()];
    let tick = riscv::time() + tick();
    if timer.armed() > tick {
        timer.arm(tick);
    }
}

/// Gives back what empty queues hold on to. For the count of leaks.
pub fn trim() {
    for timer in &TIMERS {
        let mut queue = timer.queue.lock();
        if queue.entries.is_empty() {
            queue.entries = BTreeMap::new();
        }
    }
}
