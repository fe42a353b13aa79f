//! Calls about files.

use alloc::string::String;
use alloc::sync::Arc;

use scheduler::syscall::{Error, open};

use super::{Arguments, text};
use crate::file::{self, DiskFile, File};
use crate::mm::check_room_for_call;
use crate::process::{self, Outcome, Process, Ticket, UserMemory};
use crate::{fs, thread};

pub fn close(process: &Process, number: usize) -> Outcome {
    process.files.remove(number).map(|_| 0)
}

/// The file to read from, and in the upper half the one to write to.
pub fn pipe(process: &Process) -> Outcome {
    check_room_for_call(0)?;
    let (reader, writer) = file::pipe();
    let reader = process.files.insert(Arc::new(File::PipeReader(reader)))?;
    match process.files.insert(Arc::new(File::PipeWriter(writer))) {
        Ok(writer) => Ok(reader | writer << 32),
        Err(error) => {
            // Another thread may have closed it already.
            let _ = process.files.remove(reader);
            Err(error)
        }
    }
}

/// (file, position)
pub fn seek(process: &Process, [number, position, ..]: Arguments) -> Outcome {
    process.files.get(number)?.on_disk()?.seek(position)
}

/// (file) The thread waits where the disk has to be asked.
pub fn length(process: &Process, number: usize) -> Outcome {
    let file = process.files.get(number)?;
    thread::block_on(file.on_disk()?.length())
}

/// (file, address, length, ticket)
pub fn read(
    process: &Arc<Process>,
    [number, address, length, token, priority, _]: Arguments,
) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    let file = process.files.get(number)?;
    let memory = UserMemory::writable(process, address, length)?;
    process::start(process, ticket, read_file(file, memory))
}

/// The coroutine of a read.
async fn read_file(file: Arc<File>, memory: UserMemory) -> Outcome {
    file.read(&memory).await
}

/// (file, address, length, ticket)
pub fn write(
    process: &Arc<Process>,
    [number, address, length, token, priority, _]: Arguments,
) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    let file = process.files.get(number)?;
    let memory = UserMemory::readable(process, address, length)?;
    // Half a change of the disk is none.
    if file.on_disk().is_ok() {
        return process::start_to_end(process, ticket, write_file(file, memory));
    }
    process::start(process, ticket, write_file(file, memory))
}

/// The coroutine of a write.
async fn write_file(file: Arc<File>, memory: UserMemory) -> Outcome {
    file.write(&memory).await
}

/// (path, length, how, ticket)
pub fn open(
    process: &Arc<Process>,
    [address, length, how, token, priority, _]: Arguments,
) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    if how & !(open::READ | open::WRITE | open::CREATE | open::TRUNCATE) != 0 {
        return Err(Error::BadValue);
    }
    if how & open::TRUNCATE != 0 && how & open::WRITE == 0 {
        return Err(Error::NotPermitted);
    }
    let path = text::path(process, address, length)?;
    process::start_to_end(process, ticket, open_file(process.clone(), path, how))
}

/// The coroutine of an open.
async fn open_file(process: Arc<Process>, path: String, how: usize) -> Outcome {
    let file = DiskFile::open(&path, how).await?;
    process.files.insert(Arc::new(File::Disk(file)))
}

/// (file, length, ticket)
pub fn set_length(
    process: &Arc<Process>,
    [number, length, token, priority, ..]: Arguments,
) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    let file = process.files.get(number)?;
    process::start_to_end(process, ticket, cut_file(file, length))
}

/// The coroutine of a change of length.
async fn cut_file(file: Arc<File>, length: usize) -> Outcome {
    file.on_disk()?.set_length(length).await
}

/// (path, length, ticket)
pub fn remove(
    process: &Arc<Process>,
    [address, length, token, priority, ..]: Arguments,
) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    let path = text::path(process, address, length)?;
    process::start_to_end(process, ticket, async move {
        fs::remove(&path).await?;
        Ok(0)
    })
}

/// (path, length, ticket)
pub fn make_directory(
    process: &Arc<Process>,
    [address, length, token, priority, ..]: Arguments,
) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    let path = text::path(process, address, length)?;
    process::start_to_end(process, ticket, async move {
        fs::make_directory(&path).await?;
        Ok(0)
    })
}

/// (ticket)
pub fn sync(process: &Arc<Process>, [token, priority, ..]: Arguments) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    process::start_to_end(process, ticket, async move {
        fs::sync().await?;
        Ok(0)
    })
}
