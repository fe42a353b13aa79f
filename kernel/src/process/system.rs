//! The page that all processes read: what is ready anywhere, and what of it waits for a hart.
//!
//! Its first words are the bitmaps of the kernel's executors, which change as their queues do.
//! The rest is worked out on every tick, and when a program yields.

use core::sync::atomic::{AtomicU64, Ordering};

use scheduler::page::{HARTS, KERNEL_EXECUTORS, SystemPage};

use super::PROCESSES;
use crate::executor::bitmap::{self, PRIORITY_BITMAP};
use crate::executor::thread_executors::MAX_THREAD_EXECUTORS;
use crate::memlayout::{BITMAP_PAGE, MAX_HARTS};
use crate::riscv::hart_id;
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

/// Works out the words of the whole system.
pub fn merge() {
    let kernel = bitmap::all_bits() | THREAD_POOL.ready_bits();
    let (mut everywhere, mut waiting) = (kernel, kernel);
    for process in PROCESSES.lock().values() {
        let bits = process.ready_bits();
        everywhere |= bits;
        if process.on_harts.load(Ordering::Relaxed) == 0 {
            waiting |= bits;
        }
    }
    MERGED.everywhere.store(everywhere, Ordering::Relaxed);
    MERGED.waiting.store(waiting, Ordering::Relaxed);
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
}
