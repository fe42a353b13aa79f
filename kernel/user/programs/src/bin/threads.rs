//! `threads`: several threads poll the coroutines of one executor, which wake each other all the
//! time. A wake that is lost would keep it from ending, and one message too many would show.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use runtime::{Mailbox, Priority, println, spawn, start_thread, yield_now};

runtime::program!(main);

/// Threads besides the first.
const MORE: usize = 3;
const PAIRS: usize = 12;
const ROUNDS: usize = 100;

async fn main() {
    for _ in 0..MORE {
        assert!(start_thread(), "no thread to be had");
    }
    let polls = Arc::new(AtomicUsize::new(0));
    let mut players = Vec::new();
    for pair in 0..PAIRS {
        let (there, back) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
        there.send(0);
        let priority = (pair % 8) as Priority;
        players.push(spawn(priority, play(there.clone(), back.clone(), polls.clone())));
        players.push(spawn(priority, play(back, there, polls.clone())));
    }
    for player in players {
        player.await;
    }
    let played = polls.load(Ordering::Relaxed);
    assert!(played == 2 * PAIRS * ROUNDS, "{played} messages came");
    println!("threads: messages={played} threads={}", MORE + 1);
}

/// Sends on what comes, one more; what comes is right only if nothing was lost or doubled.
async fn play(inbox: Arc<Mailbox<usize>>, outbox: Arc<Mailbox<usize>>, messages: Arc<AtomicUsize>) {
    let mut expected = None;
    for _ in 0..ROUNDS {
        let number = inbox.receive().await;
        assert!(expected.is_none_or(|expected| expected == number), "{number} came");
        expected = Some(number + 2);
        messages.fetch_add(1, Ordering::Relaxed);
        outbox.send(number + 1);
        yield_now().await;
    }
}
