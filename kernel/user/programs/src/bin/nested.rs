//! `nested`: coroutines that wait, two awaits deep and with locals alive, so that a test can
//! compare what a debugger shows with what is true: each prints what it holds before it waits. When
//! all wait, [`witness`] is called; then they are woken.
//!
//! A line is `[facts] coroutine=ID fn=PATH depth=N NAME=VALUE…`, with ids as the process counts
//! them.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;

use runtime::{Event, Mailbox, Priority, current, println, spawn};

runtime::program!(main);

const COUNT: usize = 4;

struct Shared {
    gate: Event,
    here: Mailbox<usize>,
}

async fn main() {
    let shared = Arc::new(Shared { gate: Event::new(), here: Mailbox::new() });
    let mut handles = Vec::new();
    for number in 0..COUNT {
        let priority = (2 * number) as Priority;
        handles.push(spawn(priority, outer(shared.clone(), number)));
    }
    for _ in 0..COUNT {
        shared.here.receive().await;
    }
    witness(COUNT);
    shared.gate.set();
    for handle in handles {
        handle.await;
    }
}

/// All `count` coroutines wait, as their facts say: the moment to look at them.
#[inline(never)]
fn witness(count: usize) {
    black_box(count);
}

async fn outer(shared: Arc<Shared>, number: usize) {
    let squares = vec![number * number, (number + 1) * (number + 1)];
    println!(
        "[facts] coroutine={} fn=nested::outer depth=0 number={number} squares={squares:?}",
        current()
    );
    let word = inner(&shared, number).await;
    assert!(word.len() + squares.len() > 2);
}

async fn inner(shared: &Shared, number: usize) -> String {
    let word = black_box(["ebb", "flow", "spring", "neap"][number % 4]).to_string();
    let bytes = word.len() as u8;
    println!(
        "[facts] coroutine={} fn=nested::inner depth=1 bytes={bytes} word={word:?}",
        current()
    );
    shared.here.send(number);
    shared.gate.wait().await;
    assert!(word.len() == bytes as usize);
    word
}
