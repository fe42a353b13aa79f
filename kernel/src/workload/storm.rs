//! `storm`: a great many coroutines that all wait at once, then are woken and finish.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use super::Figures;
use crate::args::Args;
use crate::executor::{self, PRIORITIES, Priority};
use crate::future::{Event, Mailbox, sleep, timeout};

const HOUR: u64 = 3_600_000;

/// `coroutines=` of them.
pub async fn run(args: Args) -> Figures {
    let count = args.coroutines.unwrap_or(1000);
    let gate = Arc::new(Event::new());
    let woken = Arc::new(AtomicU64::new(0));
    let mut handles = Vec::new();
    let mut inboxes = Vec::new();
    for number in 0..count {
        let priority = (number % PRIORITIES) as Priority;
        handles.push(match number % 3 {
            0 => executor::spawn(priority, wait_for_event(gate.clone(), woken.clone())),
            1 => executor::spawn(priority, wait_with_timeout(gate.clone(), woken.clone())),
            _ => {
                let inbox = Arc::new(Mailbox::new());
                inboxes.push(inbox.clone());
                executor::spawn(priority, wait_for_message(inbox, woken.clone()))
            }
        });
    }
    all_waiting(count).await;
    witness(count);

    gate.set();
    inboxes.iter().for_each(|inbox| inbox.send(1));
    for handle in handles {
        handle.await;
    }
    alloc::vec![("woken", woken.load(Ordering::Relaxed))]
}

/// All `count` coroutines wait: the moment to look at them.
#[inline(never)]
pub fn witness(count: usize) {
    core::hint::black_box(count);
}

/// Sleeps until `count` coroutines wait for something.
pub async fn all_waiting(count: usize) {
    while executor::counts().waiting < count as i64 {
        sleep(1).await;
    }
}

async fn wait_for_event(gate: Arc<Event>, woken: Arc<AtomicU64>) {
    gate.wait().await;
    woken.fetch_add(1, Ordering::Relaxed);
}

async fn wait_with_timeout(gate: Arc<Event>, woken: Arc<AtomicU64>) {
    timeout(HOUR, gate.wait()).await.expect("an hour has passed");
    woken.fetch_add(1, Ordering::Relaxed);
}

async fn wait_for_message(inbox: Arc<Mailbox<u64>>, woken: Arc<AtomicU64>) {
    let message = inbox.receive().await;
    woken.fetch_add(message, Ordering::Relaxed);
}
