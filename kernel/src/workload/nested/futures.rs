//! Futures awaited through a box, through a mutable reference and in a generic function, above
//! a leaf future written by hand.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt::Debug;
use core::hint::black_box;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use super::facts::facts;
use super::{Boxed, Shared};
use crate::future::Event;

/// Awaits a `Pin<Box<dyn Future>>`.
pub async fn boxed(shared: Arc<Shared>, n: u64) {
    let label = black_box("behind a box");
    facts!("nested::futures::boxed", 0, n, label);
    let hidden: Boxed = Box::pin(behind_box(&shared, n + 1));
    let depth = hidden.await;
    shared.digest(depth + n + label.len() as u64);
}

async fn behind_box(shared: &Shared, n: u64) -> u64 {
    let squared = black_box(n * n);
    facts!("nested::futures::behind_box", 1, n, squared);
    by_hand(shared, 2).await + squared + n
}

/// Awaits `&mut` a future that it goes on to own.
pub async fn borrowed(shared: Arc<Shared>, n: u64) {
    let mut future = pin!(behind_reference(&shared, n + 1));
    facts!("nested::futures::borrowed", 0, n);
    let depth = (&mut future).await;
    shared.digest(depth + n);
}

async fn behind_reference(shared: &Shared, n: u64) -> u64 {
    let halves = black_box((n / 2, n % 2));
    facts!("nested::futures::behind_reference", 1, n, halves);
    by_hand(shared, 3).await + halves.0 + halves.1 + n
}

/// Generic over what it holds.
pub async fn generic<T: Debug + Send + Sync>(shared: Arc<Shared>, value: T) {
    let twice = [&value, &value];
    facts!("nested::futures::generic", 0, value, twice);
    let depth = behind_generic(&shared, (&value, 4_u8)).await;
    shared.digest(depth + alloc::format!("{value:?}{}", twice.len()).len() as u64);
}

async fn behind_generic<T: Debug + Send + Sync>(shared: &Shared, pair: (T, u8)) -> u64 {
    let copies = black_box(u64::from(pair.1) * 2);
    facts!("nested::futures::behind_generic", 1, pair, copies);
    let depth = by_hand(shared, 1).await;
    depth + copies + alloc::format!("{pair:?}").len() as u64
}

/// Awaits `&mut` a leaf future, which it can do because the leaf does not mind being moved.
async fn by_hand(shared: &Shared, weight: u64) -> u64 {
    let tons = black_box(weight * 1000);
    let mut leaf = Leaf { event: &shared.gate, wait: None, polls: 0, weight };
    facts!("nested::futures::by_hand", 2, tons);
    (&mut leaf).await;
    leaf.weight + tons
}

/// A future by hand: waits for the event and knows how often it was asked.
struct Leaf<'a> {
    event: &'a Event,
    wait: Option<crate::future::Wait<'a>>,
    polls: u32,
    weight: u64,
}

impl Future for Leaf<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        self.polls += 1;
        let event = self.event;
        let wait = self.wait.get_or_insert_with(|| event.wait());
        Pin::new(wait).poll(context)
    }
}
