//! Calls about processes.

use alloc::string::String;
use alloc::sync::Arc;

use scheduler::syscall::Error;

use super::{Arguments, text};
use crate::file::File;
use crate::process::{self, Outcome, Process, Ticket};

/// (command, length, files, ticket)
pub fn spawn(
    process: &Arc<Process>,
    [address, length, files, token, priority, _]: Arguments,
) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    let command = text::path(process, address, length)?;
    let files = [process.files.get(files & 0xFFFF_FFFF)?, process.files.get(files >> 32)?];
    process::start_to_end(process, ticket, start(command, process.id, files))
}

/// The coroutine of a spawn.
async fn start(command: String, parent: u64, files: [Arc<File>; 2]) -> Outcome {
    let child = process::spawn(&command, parent, files).await?;
    Ok(child.id as usize)
}

/// (process, ticket)
pub fn wait(process: &Arc<Process>, [id, token, priority, ..]: Arguments) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    let child = process::child_of(process, id as u64).ok_or(Error::NotFound)?;
    process::start(process, ticket, end(child))
}

/// The coroutine of a wait.
async fn end(child: Arc<Process>) -> Outcome {
    let exit = child.wait().await;
    process::reap(child.id);
    // A code below zero would be taken for an error: it comes as 32 bits, without their sign.
    Ok(if exit < 0 { exit as u32 as usize } else { exit as usize })
}
