//! What the kernel and every user program share: where things lie in a process's memory, the
//! page in which both write, and the numbers of the system calls.

#![no_std]

pub mod layout;
pub mod page;
pub mod syscall;
