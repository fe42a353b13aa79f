//! `hello`: the smallest program with coroutines. Two of them wake each other.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;

use runtime::{DEFAULT, Mailbox, println, spawn};

runtime::program!(main);

/// How often the ball goes to and fro.
const ROUNDS: u32 = 3;

async fn main() {
    println!("hello from user mode");
    let there = Arc::new(Mailbox::new());
    let back = Arc::new(Mailbox::new());
    there.send(0);
    let ping = spawn(DEFAULT, player(there.clone(), back.clone()));
    let pong = spawn(DEFAULT, player(back, there));
    ping.await;
    pong.await;
}

/// Hands on what comes, one more.
async fn player(inbox: Arc<Mailbox<u32>>, outbox: Arc<Mailbox<u32>>) {
    for _ in 0..ROUNDS {
        let ball = inbox.receive().await;
        outbox.send(ball + 1);
    }
}
