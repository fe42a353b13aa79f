//! The page that all processes read: what is ready anywhere, and what of it waits for a hart.
//!
//! Its first words are the bitmaps of the kernel's executors, which change as their queues do. What
//! is ready in a process changes without the kernel, but only while a hart runs the process, or by
//! a callback. So the kernel looks at it then, on ticks of that hart and when it leaves, and counts
//! the processes by priority: the cost grows with what has changed, not with how many there are.

use core::sync::atomic::{AtomicU64, Ordering};

use scheduler::page::{HARTS, KERNEL_EXECUTORS, SystemPage};

use super::Process;
use crate::executor::PRIORITIES;
use crate::executor::bitmap::{self, PRIORITY_BITMAP};
use crate::executor::thread_executors::MAX_THREAD_EXECUTORS;
use crate::memlayout::{BITMAP_PAGE, MAX_HARTS};
use crate::riscv::hart_id;
use crate::sync::SpinLock;
use crate::thread::Thread;
use crate::thread::pool::THREAD_POOL;

/// What follows the executors' bitmaps.
#[unsafe(link_section = ".bitmap.system")]
static MERGED: Merged = Merged {
    everywhere: AtomicU64::new(0),
    waiting: AtomicU64::new(0),
    threads: [const { AtomicU64::new(0) }; MAX_HARTS],
};

/// The last part of a `SystemPage`.
#[repr(C)]
struct Merged {
    everywhere: AtomicU64,
    waiting: AtomicU64,
    threads: [AtomicU64; MAX_HARTS],
}

const _: () = assert!(
    KERNEL_EXECUTORS == MAX_THREAD_EXECUTORS
        && HARTS == MAX_HARTS
        && size_of::<SystemPage>()
            == size_of_val(&PRIORITY_BITMAP)
                + size_of::<[AtomicU64; MAX_THREAD_EXECUTORS]>()
                + size_of::<Merged>()
);

/// Clears it: memory at a fixed address holds anything after a reset.
pub fn reset() {
    let place = &raw const MERGED as usize - BITMAP_PAGE;
    assert!(place == core::mem::offset_of!(SystemPage, everywhere), "the linker's order");
    let words = [&MERGED.everywhere, &MERGED.waiting].into_iter().chain(&MERGED.threads);
    words.for_each(|word| word.store(0, Ordering::Relaxed));
}

/// Of how many processes something of each priority is ready, and of how many of those that no
/// hart runs; and what was ready in the kernel when it last looked.
struct Tally {
    ready: [u32; PRIORITIES],
    waiting: [u32; PRIORITIES],
    kernel: u64,
}

static TALLY: SpinLock<Tally> =
    SpinLock::new(Tally { ready: [0; PRIORITIES], waiting: [0; PRIORITIES], kernel: 0 });

/// What a process is counted for, as bits. Changes under the lock of the tally.
pub struct Counted {
    ready: AtomicU64,
    waiting: AtomicU64,
}

impl Counted {
    pub const fn nothing() -> Self {
        Counted { ready: AtomicU64::new(0), waiting: AtomicU64::new(0) }
    }
}

impl Tally {
    fn publish(&self) {
        let bits = |counts: &[u32; PRIORITIES]| {
            (0..PRIORITIES).fold(self.kernel, |bits, priority| {
                bits | ((counts[priority] != 0) as u64) << priority
            })
        };
        MERGED.everywhere.store(bits(&self.ready), Ordering::Relaxed);
        MERGED.waiting.store(bits(&self.waiting), Ordering::Relaxed);
    }
}

/// Counts a process for `now` instead of what it was counted for; says whether that differs.
fn recount(counts: &mut [u32; PRIORITIES], counted: &AtomicU64, now: u64) -> bool {
    let before = counted.swap(now, Ordering::Relaxed);
    if before == now {
        return false;
    }
    for (priority, count) in counts.iter_mut().enumerate() {
        let bit = |bits: u64| (bits >> priority & 1) as u32;
        *count = *count + bit(now) - bit(before);
    }
    true
}

/// What is ready in the kernel counts as it is now.
pub fn merge() {
    let kernel = bitmap::all_bits() | THREAD_POOL.ready_bits();
    let mut tally = TALLY.lock();
    tally.kernel = kernel;
    tally.publish();
}

/// What is ready in `process` counts as it is now; says whether that differs.
pub fn count(process: &Process) -> bool {
    let mut tally = TALLY.lock();
    // Under the lock: who looks last has seen the last change.
    let ready = process.ready_bits();
    let waits = process.on_harts.load(Ordering::Relaxed) == 0;
    let differs = recount(&mut tally.ready, &process.counted.ready, ready);
    if recount(&mut tally.waiting, &process.counted.waiting, if waits { ready } else { 0 }) || differs {
        tally.publish();
    }
    differs
}

/// This hart begins to run `thread`, which is a process's, or stops running it.
pub fn set_running(thread: &Thread, runs: bool) {
    let Some(process) = &thread.process else { return };
    let word = if runs { thread.slot as u64 + 1 } else { 0 };
    MERGED.threads[hart_id()].store(word, Ordering::Relaxed);
    if runs {
        process.on_harts.fetch_add(1, Ordering::Relaxed);
    } else {
        process.on_harts.fetch_sub(1, Ordering::Relaxed);
    }
    process.review();
}
