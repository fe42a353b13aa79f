//! Calls about threads, and about what they run.

use alloc::sync::Arc;

use scheduler::syscall::Error;

use crate::executor::{PRIORITIES, Priority};
use crate::mm::space::EXECUTE;
use crate::process::{self, Process, system};
use crate::thread;

/// Starts a thread; says its id.
pub fn start(
    process: &Arc<Process>,
    entry: usize,
    argument: usize,
    priority: usize,
) -> Result<usize, Error> {
    if priority >= PRIORITIES {
        return Err(Error::BadValue);
    }
    if !process.allows(entry, EXECUTE) {
        return Err(Error::BadAddress);
    }
    let id = process::start_thread(process, entry, argument, priority as Priority)?;
    Ok(id as usize)
}

/// Lets what is better or equal run first.
pub fn yield_now() -> usize {
    system::merge();
    thread::yield_now();
    0
}
