//! Texts that programs hand over, and what is printed of them.

use alloc::string::String;
use alloc::vec;

use scheduler::syscall::Error;

use super::Arguments;
use crate::println;
use crate::process::{Outcome, Process};

/// Most bytes of a line that a program prints.
const LINE: usize = 512;

/// Most bytes of a path.
const PATH: usize = 256;

/// (address, length)
pub fn print(process: &Process, [address, length, ..]: Arguments) -> Outcome {
    let text = text(process, address, length, LINE)?;
    println!("{text}");
    Ok(length)
}

/// A path in the program's memory.
pub fn path(process: &Process, address: usize, length: usize) -> Result<String, Error> {
    text(process, address, length, PATH)
}

fn text(process: &Process, address: usize, length: usize, most: usize) -> Result<String, Error> {
    if length > most {
        return Err(Error::BadValue);
    }
    let mut bytes = vec![0; length];
    process.read(address, &mut bytes)?;
    String::from_utf8(bytes).map_err(|_| Error::BadValue)
}
