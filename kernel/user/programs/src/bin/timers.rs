//! `timers`: sleeps, timeouts, the first of two, and sleeps that are given up.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use runtime::pipe::pipe;
use runtime::time::{Elapsed, Instant, sleep, timeout};
use runtime::{Either, Error, Priority, println, process, select, spawn, yield_now};

runtime::program!(main);

const SLEEPERS: usize = 8;
const SLEEPS: usize = 3;
const GIVEN_UP: usize = 100;
const HOUR: Duration = Duration::from_secs(3600);

async fn main() {
    if let Err(error) = work().await {
        println!("timers: {error}");
        process::exit(1);
    }
}

async fn work() -> Result<(), Error> {
    let began = Instant::now();
    let sleeps = sleepers().await;
    let late = late().await?;
    let first = first().await;
    give_up().await;
    // None of the hours has gone by.
    assert!(began.elapsed() < HOUR);
    println!("timers: sleeps={sleeps} late={late} first={first} given_up={GIVEN_UP}");
    Ok(())
}

/// Coroutines of all priorities sleep at once; none wakes too early. Says how many sleeps there
/// were.
async fn sleepers() -> usize {
    let sleeps = Arc::new(AtomicUsize::new(0));
    let mut coroutines = Vec::new();
    for number in 0..SLEEPERS {
        let sleeps = sleeps.clone();
        coroutines.push(spawn(number as Priority, async move {
            for round in 1..=SLEEPS {
                let duration = Duration::from_micros((number * 300 + round * 500) as u64);
                let began = Instant::now();
                sleep(duration).await.expect("few calls are under way");
                assert!(began.elapsed() >= duration, "{:?} went by", began.elapsed());
                sleeps.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for coroutine in coroutines {
        coroutine.await;
    }
    sleeps.load(Ordering::Relaxed)
}

/// Reads that are given up take nothing with them; says how many were.
async fn late() -> Result<usize, Error> {
    let (reader, writer) = pipe()?;
    let mut late = 0;
    for number in 0..5 {
        if timeout(Duration::from_micros(500), reader.read(8)).await == Err(Elapsed) {
            late += 1;
        }
        writer.write([number]).await?;
        let came = timeout(HOUR, reader.read(8)).await;
        assert!(came.is_ok_and(|came| came == Ok([number].into())), "{number} was lost");
    }
    Ok(late)
}

/// The shorter of two sleeps comes first, whichever stands first; says how often.
async fn first() -> usize {
    let short = Duration::from_millis(1);
    let mut count = 0;
    count += matches!(select(sleep(short), sleep(HOUR)).await, Either::First(Ok(()))) as usize;
    count += matches!(select(sleep(HOUR), sleep(short)).await, Either::Second(Ok(()))) as usize;
    count
}

/// Begins to sleep, and does something else instead.
async fn give_up() {
    for _ in 0..GIVEN_UP {
        let other = select(sleep(HOUR), yield_now()).await;
        assert!(other == Either::Second(()));
    }
}
