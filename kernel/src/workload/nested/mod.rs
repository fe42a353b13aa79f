//! `nested`: coroutines that wait several awaits deep with locals of many types alive. Each
//! frame prints what it holds before it suspends, so that a test can compare what a debugger
//! shows with what is true. When all wait, [`witness`] is called; then they are woken.
//!
//! A line of facts: `[facts] coroutine=ID fn=PATH depth=N NAME=VALUE…`. Depth 0 is the
//! coroutine's own function or block. Values are in Rust's debug form without spaces outside
//! quotes; a reference or a box shows what it points to.

mod facts;
mod fields;
mod futures;
mod numbers;
mod texts;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering};

use super::{Figures, storm};
use crate::executor::{self, JoinHandle, Priority};
use crate::future::Event;

/// What all coroutines here share: what they wait for, and a sum over what they held, which
/// is right only if every local outlived its await.
pub struct Shared {
    pub gate: Event,
    digest: AtomicU64,
}

impl Shared {
    pub fn digest(&self, value: u64) {
        self.digest.fetch_add(value, Ordering::Relaxed);
    }
}

pub async fn run() -> Figures {
    let shared = Arc::new(Shared { gate: Event::new(), digest: AtomicU64::new(0) });
    let handles = spawn_all(&shared);
    let count = handles.len();
    storm::all_waiting(count).await;
    witness(count);

    shared.gate.set();
    for handle in handles {
        handle.await;
    }
    alloc::vec![("suspended", count as u64), ("digest", shared.digest.load(Ordering::Relaxed))]
}

/// Each from a line of its own, with a priority of its own.
fn spawn_all(shared: &Arc<Shared>) -> [JoinHandle; 8] {
    let block_shared = shared.clone();
    [
        executor::spawn(0, numbers::outer(shared.clone(), 7)),
        executor::spawn(1, texts::outer(shared.clone(), "tide")),
        executor::spawn(2, fields::outer(shared.clone(), 3)),
        executor::spawn(3, futures::boxed(shared.clone(), 11)),
        executor::spawn(4, futures::borrowed(shared.clone(), 13)),
        executor::spawn(5, futures::generic(shared.clone(), 0x5eed_u32)),
        executor::spawn(6, futures::generic(shared.clone(), "pebble")),
        executor::spawn(LAST, async move {
            let in_block: i32 = black_box(-17);
            facts::facts!("nested::spawn_all", 0, in_block);
            let depth = numbers::middle(&block_shared, 9).await;
            block_shared.digest(depth + u64::from(in_block.unsigned_abs()));
        }),
    ]
}

const LAST: Priority = executor::LOWEST;

/// All `count` coroutines wait, as their facts say: the moment to look at them.
#[inline(never)]
pub fn witness(count: usize) {
    black_box(count);
}

/// A future behind a pointer, as callbacks and trait methods return it.
pub type Boxed<'a> = core::pin::Pin<Box<dyn Future<Output = u64> + Send + 'a>>;
