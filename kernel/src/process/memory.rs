//! Memory of a process that a system call reads or writes, now or when its coroutine comes to it.

use alloc::sync::Arc;

use scheduler::syscall::Error;

use super::{BadMemory, Process};
use crate::mm::OutOfMemory;
use crate::mm::space::{READ, WRITE};

/// Most bytes that one call moves.
const MOST: usize = 64 * 1024;

impl From<BadMemory> for Error {
    fn from(BadMemory: BadMemory) -> Self {
        Error::BadAddress
    }
}

impl From<OutOfMemory> for Error {
    fn from(OutOfMemory: OutOfMemory) -> Self {
        Error::OutOfMemory
    }
}

/// A range of a process's memory. It is checked when it is made, and again whenever something is
/// copied: by then the process may have ended.
pub struct UserMemory {
    process: Arc<Process>,
    address: usize,
    length: usize,
}

impl UserMemory {
    /// Memory that the process may read; of a longer range the beginning.
    pub fn readable(process: &Arc<Process>, address: usize, length: usize) -> Result<Self, Error> {
        UserMemory::new(process, address, length, READ)
    }

    /// Memory that the process may write; of a longer range the beginning.
    pub fn writable(process: &Arc<Process>, address: usize, length: usize) -> Result<Self, Error> {
        UserMemory::new(process, address, length, WRITE)
    }

    fn new(
        process: &Arc<Process>,
        address: usize,
        length: usize,
        rights: u64,
    ) -> Result<Self, Error> {
        let length = length.min(MOST);
        process.with_space(|space| space.check(address, length, rights).map_err(|_| BadMemory))?;
        Ok(UserMemory { process: process.clone(), address, length })
    }

    pub fn length(&self) -> usize {
        self.length
    }

    /// Copies from `at` on.
    pub fn read(&self, at: usize, bytes: &mut [u8]) -> Result<(), Error> {
        debug_assert!(at + bytes.len() <= self.length);
        Ok(self.process.read(self.address + at, bytes)?)
    }

    /// Copies to `at` on.
    pub fn write(&self, at: usize, bytes: &[u8]) -> Result<(), Error> {
        debug_assert!(at + bytes.len() <= self.length);
        Ok(self.process.write(self.address + at, bytes)?)
    }
}
