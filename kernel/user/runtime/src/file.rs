//! Files: on the disk, the ends of pipes, and the console.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use scheduler::syscall::{CONSOLE_INPUT, CONSOLE_OUTPUT, Call, Error, open};

use crate::call::SystemCall;
use crate::syscall;

/// A file that is open; it closes when this is dropped.
#[derive(Debug)]
pub struct File {
    number: usize,
}

/// What the program reads where it was told nothing else: a line of the console at a time, or what
/// the parent gave it.
pub static INPUT: File = File { number: CONSOLE_INPUT };

/// Where the program writes to where it was told nothing else.
pub static OUTPUT: File = File { number: CONSOLE_OUTPUT };

/// Bytes asked for at a time where all of a file is read.
const CHUNK: usize = 4096;

impl File {
    /// The file of this number, which nobody else has.
    pub(crate) fn from_number(number: usize) -> Self {
        File { number }
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Opens a file, or a directory, to read it.
    pub async fn open(path: &str) -> Result<Self, Error> {
        OpenOptions::new().read().open(path).await
    }

    /// Makes a file, or cuts one that is there to nothing, to write and read it.
    pub async fn create(path: &str) -> Result<Self, Error> {
        OpenOptions::new().read().write().create().truncate().open(path).await
    }

    /// Waits until there is something to read, and takes up to `most` bytes of it; none at the
    /// end. Of a directory, its names, each with a line end.
    ///
    /// Dropped before its end, it takes nothing of what is written to a pipe, or typed, from then
    /// on; what came before may be gone with it.
    pub async fn read(&self, most: usize) -> Result<Vec<u8>, Error> {
        let buffer = vec![0; most];
        let call = SystemCall::with_memory(Call::Read, buffer, |to| [self.number, to, most]);
        let mut reply = call.await?;
        reply.buffer.truncate(reply.value);
        Ok(reply.buffer)
    }

    /// Reads from where the file stands to its end.
    pub async fn read_to_end(&self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        loop {
            let more = self.read(CHUNK).await?;
            if more.is_empty() {
                return Ok(all);
            }
            all.extend(more);
        }
    }

    /// Writes all of `bytes`.
    pub async fn write(&self, bytes: impl Into<Vec<u8>>) -> Result<(), Error> {
        let mut rest = bytes.into();
        while !rest.is_empty() {
            let length = rest.len();
            let arguments = |from| [self.number, from, length];
            let mut reply = SystemCall::with_memory(Call::Write, rest, arguments).await?;
            // The kernel takes no more than so much at a time.
            reply.buffer.drain(..reply.value);
            rest = reply.buffer;
        }
        Ok(())
    }

    /// Has the next read or write begin at `position` of a file on the disk; says where it would
    /// have.
    pub fn seek(&self, position: usize) -> Result<usize, Error> {
        syscall::of_file(Call::Seek, self.number, position)
    }

    /// How long a file on the disk is. The whole thread waits where the disk has to be asked.
    pub fn length(&self) -> Result<usize, Error> {
        syscall::of_file(Call::Length, self.number, 0)
    }

    /// Cuts a file on the disk, or makes it longer with zeroes.
    pub async fn set_length(&self, length: usize) -> Result<(), Error> {
        SystemCall::new(Call::SetLength, [self.number, length]).await.map(|_| ())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // It was open.
        let _ = syscall::of_file(Call::Close, self.number, 0);
    }
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    how: usize,
}

impl OpenOptions {
    pub const fn new() -> Self {
        OpenOptions { how: 0 }
    }

    #[must_use]
    pub const fn read(self) -> Self {
        OpenOptions { how: self.how | open::READ }
    }

    #[must_use]
    pub const fn write(self) -> Self {
        OpenOptions { how: self.how | open::WRITE }
    }

    /// Makes it where there is none.
    #[must_use]
    pub const fn create(self) -> Self {
        OpenOptions { how: self.how | open::CREATE }
    }

    /// Cuts it to nothing.
    #[must_use]
    pub const fn truncate(self) -> Self {
        OpenOptions { how: self.how | open::TRUNCATE }
    }

    pub async fn open(self, path: &str) -> Result<File, Error> {
        let call = SystemCall::with_text(Call::Open, path, [self.how]);
        // Cancelled, the call goes on: nobody would ever close the file.
        let opened = call.if_abandoned(|number| drop(File::from_number(number))).await?;
        Ok(File::from_number(opened.value))
    }
}

/// Removes a file, or a directory with nothing in it.
pub async fn remove(path: &str) -> Result<(), Error> {
    SystemCall::with_text(Call::Remove, path, []).await.map(|_| ())
}

pub async fn make_directory(path: &str) -> Result<(), Error> {
    SystemCall::with_text(Call::MakeDirectory, path, []).await.map(|_| ())
}

/// The names in a directory, in the disk's order; those of directories end with `/`.
pub async fn list(path: &str) -> Result<Vec<String>, Error> {
    let names = File::open(path).await?.read_to_end().await?;
    Ok(String::from_utf8_lossy(&names).lines().map(String::from).collect())
}

/// Returns when all that was written before is on the disk.
pub async fn sync() -> Result<(), Error> {
    SystemCall::new(Call::Sync, []).await.map(|_| ())
}
