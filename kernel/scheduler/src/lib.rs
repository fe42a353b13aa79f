//! What the kernel and every user program share: where things lie in a process's memory, the
//! pages in which both look, the numbers of the system calls, and the core of an executor, whose
//! code is in memory once (`image`) and called through a [table](table::Scheduler). And one future
//! that needs neither, [`select`](select::select).

#![no_std]

pub mod layout;
pub mod page;
pub mod ready;
pub mod select;
pub mod syscall;
pub mod table;
