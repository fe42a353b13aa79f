//! `crowd`: 10,000 coroutines of all priorities in one executor, which wait for one event.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use runtime::{Event, Priority, println, spawn};

runtime::program!(main);

const COUNT: usize = 10_000;
const LOWEST: Priority = 7;

async fn main() {
    let gate = Arc::new(Event::new());
    let here = Arc::new(AtomicUsize::new(0));
    let crowd: Vec<_> = (0..COUNT)
        .map(|number| {
            let (gate, here) = (gate.clone(), here.clone());
            spawn(number as Priority % (LOWEST + 1), async move {
                here.fetch_add(1, Ordering::Relaxed);
                gate.wait().await;
            })
        })
        .collect();
    // The last of the lowest: all others have had their turn.
    spawn(LOWEST, async {}).await;
    let waiting = here.load(Ordering::Relaxed);
    gate.set();
    for coroutine in crowd {
        coroutine.await;
    }
    println!("crowd: waited={waiting}");
}
