//! What user programs stand on: their entry, coroutines, memory, system calls and panics.
//!
//! A program is an `async fn main` and what it spawns. All of its threads poll the coroutines of
//! one executor, whose core is code that the whole system shares; to make, wake and change
//! coroutines takes no system call.

#![no_std]

extern crate alloc;

pub mod callback;
mod console;
mod entry;
mod executor;
mod future;
mod heap;
pub mod lock;
mod syscall;

pub use console::print_line;
pub use entry::{start, start_thread};
pub use executor::{Counts, DEFAULT, JoinHandle, Priority, counts, current, spawn};
pub use future::{Event, Mailbox, yield_now};
pub use syscall::{exit, timebase};
