//! Calls about threads, and about what they run.

use alloc::sync::Arc;

use scheduler::syscall::Error;

use super::Arguments;
use crate::executor::{PRIORITIES, Priority};
use crate::mm::space::EXECUTE;
use crate::process::{self, Argument, Outcome, Process, system};
use crate::thread;

/// (entry, argument, priority) Starts a thread; says its id.
pub fn start(process: &Arc<Process>, [entry, argument, priority, ..]: Arguments) -> Outcome {
    if priority >= PRIORITIES {
        return Err(Error::BadValue);
    }
    if !process.allows(entry, EXECUTE) {
        return Err(Error::BadAddress);
    }
    let argument = Argument::Word(argument);
    let id = process::start_thread(process, entry, argument, priority as Priority)?;
    Ok(id as usize)
}

/// Lets what is better or equal run first.
pub fn yield_now(process: &Process) -> usize {
    process.review();
    system::merge();
    thread::yield_now();
    0
}
