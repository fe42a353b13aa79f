//! What processes read and write: the console, the ends of pipes, and files on the disk.

mod console;
mod disk;
mod partners;
mod pipe;

use alloc::sync::Arc;

use scheduler::syscall::Error;

use crate::process::{Outcome, UserMemory};

pub use console::typed;
pub use disk::DiskFile;
pub use pipe::pipe;

/// A file that is open, for any number of processes. It closes with the last reference.
pub enum File {
    /// What is typed, line by line.
    ConsoleInput,
    ConsoleOutput,
    PipeReader(pipe::Reader),
    PipeWriter(pipe::Writer),
    Disk(DiskFile),
}

impl File {
    /// Reads what there is, and waits until there is something; 0 bytes at the end.
    pub async fn read(&self, memory: &UserMemory) -> Outcome {
        match self {
            File::ConsoleInput => console::read(memory).await,
            File::PipeReader(reader) => reader.read(memory).await,
            File::Disk(file) => file.read(memory).await,
            File::ConsoleOutput | File::PipeWriter(_) => Err(Error::NotPermitted),
        }
    }

    /// Writes all of `memory`.
    pub async fn write(&self, memory: &UserMemory) -> Outcome {
        match self {
            File::ConsoleOutput => console::write(memory),
            File::PipeWriter(writer) => writer.write(memory).await,
            File::Disk(file) => file.write(memory).await,
            File::ConsoleInput | File::PipeReader(_) => Err(Error::NotPermitted),
        }
    }

    /// As a file on the disk, which alone has a length and a place in it.
    pub fn on_disk(&self) -> Result<&DiskFile, Error> {
        match self {
            File::Disk(file) => Ok(file),
            _ => Err(Error::NotPermitted),
        }
    }
}

/// Gives back what empty structures hold on to. For the count of leaks.
pub fn trim() {
    console::trim();
    partners::trim();
}

/// What the kernel gives the processes that it starts: console input and output.
pub fn console() -> [Arc<File>; 2] {
    [Arc::new(File::ConsoleInput), Arc::new(File::ConsoleOutput)]
}
