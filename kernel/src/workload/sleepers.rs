//! `sleepers`: coroutines sleep, each its own times, and check that none wakes too early.

use alloc::vec::Vec;

use super::Figures;
use crate::args::Args;
use crate::executor::{self, Priority};
use crate::future::{sleep, yield_now};
use crate::{riscv, timer};

/// `coroutines=` sleepers, `rounds=` sleeps each.
pub async fn run(args: Args) -> Figures {
    let sleepers = args.coroutines.unwrap_or(8) as u64;
    let rounds = args.rounds.unwrap_or(5) as u64;
    let mut handles = Vec::new();
    for number in 0..sleepers {
        let priority = 1 + (number % 4) as Priority;
        handles.push(executor::spawn(priority, sleeper(number, rounds)));
    }
    for handle in handles {
        handle.await;
    }
    alloc::vec![("sleeps", sleepers * rounds)]
}

async fn sleeper(number: u64, rounds: u64) {
    for round in 0..rounds {
        let milliseconds = 1 + (3 * number + 2 * round) % 7;
        let before = riscv::time();
        sleep(milliseconds).await;
        let slept = riscv::time() - before;
        assert!(slept >= timer::milliseconds(milliseconds), "sleeper {number} woke too early");
        yield_now().await;
    }
}
