//! `turns`: threads and coroutines of one priority take turns. First threads compute on every hart
//! until a coroutine tells them to stop; then coroutines yield to each other on every hart until a
//! thread does. Neither would end if the ones kept the harts from the others.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};

use super::Figures;
use super::priorities::work;
use crate::args::Args;
use crate::executor::priority::within_bits;
use crate::executor::{self, Priority};
use crate::future::{Mailbox, sleep, yield_now};
use crate::memlayout::MAX_HARTS;
use crate::thread;

/// Where coroutines have as many; threads keep to the same.
const PRIORITY: Priority = 3;

/// `rounds=` of both.
pub async fn run(args: Args) -> Figures {
    let rounds = args.rounds.unwrap_or(4);
    for _ in 0..rounds {
        threads_compute().await;
        coroutines_yield().await;
    }
    alloc::vec![("turns", 2 * rounds as u64)]
}

async fn threads_compute() {
    let stop = Arc::new(AtomicBool::new(false));
    let finished = Arc::new(Mailbox::new());
    for _ in 0..MAX_HARTS {
        let (stop, finished) = (stop.clone(), finished.clone());
        thread::spawn("worker", within_bits(PRIORITY), move || {
            work(&stop);
            finished.send(());
        });
    }
    drop(executor::spawn(PRIORITY, async move {
        sleep(1).await;
        stop.store(true, Ordering::Release);
    }));
    for _ in 0..MAX_HARTS {
        finished.receive().await;
    }
}

async fn coroutines_yield() {
    let stop = Arc::new(AtomicBool::new(false));
    let yielder = |stop: Arc<AtomicBool>| async move {
        while !stop.load(Ordering::Acquire) {
            yield_now().await;
        }
    };
    let coroutines = [(); 2 * MAX_HARTS].map(|()| executor::spawn(PRIORITY, yielder(stop.clone())));
    let stopper = move || stop.store(true, Ordering::Release);
    thread::spawn("stopper", within_bits(PRIORITY), stopper);
    for coroutine in coroutines {
        coroutine.await;
    }
}
