//! `priorities`: workers of the lowest priority keep every hart busy and never yield, until a
//! coroutine of the highest priority, which a timer wakes, tells them to stop. It gets a hart
//! only because the tick takes one away from a worker.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, Ordering};

use super::Figures;
use crate::args::Args;
use crate::executor::{self, HIGHEST, LOWEST};
use crate::future::sleep;
use crate::memlayout::MAX_HARTS;

/// `rounds=` alarms, one after the other.
pub async fn run(args: Args) -> Figures {
    let rounds = args.rounds.unwrap_or(4);
    for _ in 0..rounds {
        let stop = Arc::new(AtomicBool::new(false));
        let mut handles = Vec::new();
        for _ in 0..MAX_HARTS {
            let stop = stop.clone();
            handles.push(executor::spawn(LOWEST, async move { work(&stop) }));
        }
        handles.push(executor::spawn(HIGHEST, alarm(stop)));
        for handle in handles {
            handle.await;
        }
    }
    alloc::vec![("alarms", rounds as u64)]
}

/// Computes until told to stop.
pub fn work(stop: &AtomicBool) {
    let mut number = 1_u64;
    while !stop.load(Ordering::Acquire) {
        // One step of a xorshift generator.
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        black_box(number);
    }
}

async fn alarm(stop: Arc<AtomicBool>) {
    sleep(5).await;
    stop.store(true, Ordering::Release);
}
