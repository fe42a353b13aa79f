//! `wakes`: one coroutine wakes another, again and again: what a wake costs, and what a
//! condition on it.

use alloc::sync::Arc;
use core::future::poll_fn;
use core::task::{Poll, Waker};

use super::Figures;
use crate::args::Args;
use crate::executor::{self, Priority};
use crate::future::{Event, Mailbox};

const PRIORITY: Priority = 3;

/// `wakes=` of them.
pub async fn run(args: Args) -> Figures {
    let wakes = args.wakes.unwrap_or(1_000_000);
    let wakers = Arc::new(Mailbox::new());
    let enough = Arc::new(Event::new());
    let sleeper = executor::spawn(PRIORITY, sleeper(wakers.clone(), enough.clone()));
    executor::spawn(PRIORITY, alarm(wakers, enough, wakes)).await;
    sleeper.await;
    alloc::vec![("wakes", wakes as u64)]
}

/// Hands out its waker, and sleeps on whenever it is woken before there is enough.
async fn sleeper(wakers: Arc<Mailbox<Waker>>, enough: Arc<Event>) {
    wakers.send(poll_fn(|context| Poll::Ready(context.waker().clone())).await);
    enough.wait().await;
}

async fn alarm(wakers: Arc<Mailbox<Waker>>, enough: Arc<Event>, wakes: usize) {
    let waker = wakers.receive().await;
    for _ in 0..wakes {
        waker.wake_by_ref();
    }
    enough.set();
}
