//! What the kernel is asked to do: one of a few workloads, then a line of figures and the end.
//!
//! Figures are of work, never of time: they are the same for any number of harts and any
//! interleaving.

mod compute;
mod faults;
mod files;
mod io_mix;
mod lines;
mod mix;
mod nested;
mod priorities;
mod ring;
mod run;
mod sleepers;
mod storm;
mod sync;
mod turns;
mod wakes;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::args::{Args, Workload};
use crate::device::virtio::block;
use crate::executor::{self, HIGHEST};
use crate::future::sleep;
use crate::mm::frame::FRAMES;
use crate::mm::heap::HEAP;
use crate::mm::space;
use crate::sync::SpinLock;
use crate::thread::pool::THREAD_POOL;
use crate::thread::processor;
use crate::{file, fs, println, process, riscv, sbi, thread, timer};

/// What a workload did: names and numbers for the last line.
pub type Figures = Vec<(&'static str, u64)>;

/// The main thread: runs the workload in the first coroutine, looks for leaks, and ends the
/// machine.
pub fn main(args: Args) {
    match thread::block_on(fs::mount()) {
        Ok(()) | Err(fs::Error::Disk(block::Error::NoDisk)) => {}
        Err(error) => println!("[boot] no files: {error}"),
    }
    let before = Census::take();
    let figures = run(args);
    let restless = settle().or_else(|| {
        save();
        settle()
    });
    let line = alloc::format!("workload={}{}", args.workload, List(&figures));
    drop(figures);
    // The line itself is the one object more.
    let leaks = Census::take().since(&before, 1);
    let counts = executor::counts();
    println!(
        "[kernel] done: {line} spawned={} completed={} leaked_coroutines={} leaked_objects={} leaked_frames={} leaked_spaces={}",
        counts.spawned,
        counts.completed,
        counts.living + counts.wakers,
        leaks.objects,
        leaks.frames,
        leaks.spaces
    );
    let leaks = leaks != Census::NONE || counts.living + counts.wakers != 0;
    if let Some(restless) = &restless {
        println!("[kernel] failed: {restless}");
    } else if leaks {
        println!("[kernel] failed: leaks");
    }
    sbi::shutdown(restless.is_some() || leaks);
}

/// Ends the machine: the workload cannot be run.
fn fail(why: fmt::Arguments) -> ! {
    println!("[kernel] failed: {why}");
    sbi::shutdown(true);
}

fn run(args: Args) -> Figures {
    let result = Arc::new(SpinLock::new(Figures::new()));
    let figures = result.clone();
    let first = executor::spawn(HIGHEST, async move {
        let done = match args.workload {
            Workload::Mix => mix::run(args).await,
            Workload::Ring => ring::run(args).await,
            Workload::Priorities => priorities::run(args).await,
            Workload::Sleepers => sleepers::run(args).await,
            Workload::Nested => nested::run().await,
            Workload::Storm => storm::run(args).await,
            Workload::Compute => compute::run(args).await,
            Workload::Wakes => wakes::run(args).await,
            Workload::Run => run::run(args).await,
            Workload::Sync => sync::run(args).await,
            Workload::Files => files::run(args).await,
            Workload::IoMix => io_mix::run(args).await,
            Workload::Turns => turns::run(args).await,
            Workload::Lines => lines::run(args).await,
            Workload::Panic => faults::panic().await,
            Workload::Wild => faults::wild().await,
            Workload::Spin => faults::spin().await,
        };
        *figures.lock() = done;
    });
    thread::block_on(first);
    core::mem::take(&mut *result.lock())
}

/// What was written, and nobody has synced, is not lost with the machine.
fn save() {
    match thread::block_on(fs::save()) {
        Ok(()) | Err(fs::Error::NoVolume) => {}
        Err(error) => println!("[kernel] files are not on the disk: {error}"),
    }
}

/// Waits until all coroutines, other threads and harts have come to rest, for a few seconds; says
/// which have not.
fn settle() -> Option<Restless> {
    let deadline = riscv::time() + timer::milliseconds(5000);
    loop {
        let restless = Restless {
            threads: THREAD_POOL.others_unblocked(),
            harts: processor::others_awake(),
            coroutines: executor::bitmap::all_bits(),
        };
        if restless.threads == 0 && restless.harts == 0 && restless.coroutines == 0 {
            return None;
        }
        if riscv::time() >= deadline {
            return Some(restless);
        }
        // Blocked only for other threads' sake: to be woken may wake a hart.
        if restless.threads > 0 || restless.coroutines != 0 {
            thread::block_on(sleep(1));
        }
    }
}

/// Who does not come to rest.
struct Restless {
    threads: usize,
    /// Bit h: hart h.
    harts: u64,
    /// Bit p: coroutines of priority p are ready, such as cancelled ones that are to be dropped.
    coroutines: u64,
}

impl fmt::Display for Restless {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{} threads still run, harts {:#b} do not sleep, priorities {:#b} are ready",
            self.threads, self.harts, self.coroutines
        )
    }
}

/// What is allocated.
#[derive(Debug, PartialEq, Eq)]
struct Census {
    objects: isize,
    frames: isize,
    /// Address spaces of processes, and pages that they share with the kernel.
    spaces: isize,
}

impl Census {
    const NONE: Census = Census { objects: 0, frames: 0, spaces: 0 };

    fn take() -> Self {
        fs::trim();
        executor::trim();
        timer::trim();
        process::trim();
        file::trim();
        THREAD_POOL.trim();
        let heap = HEAP.usage();
        Census {
            objects: heap.objects as isize,
            // Frames that the heap has cut up stay the heap's.
            frames: (FRAMES.lock().used() - heap.block_frames) as isize,
            spaces: (space::living() + process::pages_in_use()) as isize,
        }
    }

    fn since(&self, before: &Census, expected_objects: isize) -> Census {
        Census {
            objects: self.objects - before.objects - expected_objects,
            frames: self.frames - before.frames,
            spaces: self.spaces - before.spaces,
        }
    }
}

struct List<'a>(&'a Figures);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}
