//! Pipes: what one coroutine writes another one reads, in this process or another.

use scheduler::syscall::{Call, Error};

use crate::file::File;
use crate::syscall;

/// Makes a pipe: the file to read from, and the one to write to. What is read ends when nobody has
/// the one to write to any more.
pub fn pipe() -> Result<(File, File), Error> {
    let ends = syscall::of_file(Call::Pipe, 0, 0)?;
    Ok((File::from_number(ends & 0xFFFF_FFFF), File::from_number(ends >> 32)))
}
