//! What user programs stand on: their entry, system calls and panics.

#![no_std]

mod console;
mod entry;
mod syscall;

pub use console::print_line;
pub use entry::start;
pub use syscall::exit;
