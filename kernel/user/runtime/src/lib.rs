//! What user programs stand on: their entry, coroutines, memory, system calls and panics.
//!
//! A program is an `async fn main` and what it spawns. All of its threads poll the coroutines of
//! one executor, whose core is code that the whole system shares; to make, wake and change
//! coroutines takes no system call. What the kernel does for a program is awaited: [`file`],
//! [`pipe`](pipe::pipe), [`process`], [`time`].

#![no_std]

extern crate alloc;

mod call;
mod console;
mod entry;
mod executor;
pub mod file;
mod future;
mod heap;
pub mod lock;
pub mod pipe;
pub mod process;
mod syscall;
pub mod time;

pub use call::{Reply, SystemCall};
pub use console::print_line;
pub use entry::{start, start_thread};
pub use executor::{Counts, DEFAULT, JoinHandle, Priority, counts, current, spawn};
pub use future::{Event, Mailbox, yield_now};
pub use process::exit;
pub use scheduler::select::{Either, select};
pub use scheduler::syscall::{Call, Error, open};
pub use scheduler::{layout, page::CALLBACKS};
pub use syscall::raw as raw_call;
