//! `lines`: coroutines on all harts print lines that are too long for one call to the firmware. What
//! two harts print at once must not mix.

use alloc::string::String;
use alloc::vec::Vec;

use super::Figures;
use crate::args::Args;
use crate::executor::{self, Priority};
use crate::future::yield_now;
use crate::println;

const WRITERS: usize = 8;
const LENGTH: usize = 600;
const PRIORITY: Priority = 3;

/// Each writer prints `rounds=` lines of its letter.
pub async fn run(args: Args) -> Figures {
    let rounds = args.rounds.unwrap_or(10);
    let letters = ('a'..).take(WRITERS);
    let writers: Vec<_> =
        letters.map(|letter| executor::spawn(PRIORITY, write(letter, rounds))).collect();
    for writer in writers {
        writer.await;
    }
    alloc::vec![("lines", (WRITERS * rounds) as u64)]
}

async fn write(letter: char, rounds: usize) {
    let text: String = core::iter::repeat_n(letter, LENGTH).collect();
    for _ in 0..rounds {
        println!("[line] {text}");
        yield_now().await;
    }
}
