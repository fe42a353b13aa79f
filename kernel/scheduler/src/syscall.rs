//! System calls: the number is in a7, arguments in a0 to a5; a0 returns a value, or an
//! [`Error`] as a negative number.
//!
//! Those that take a *ticket* return at once with the id of the coroutine of the kernel that does
//! the work; the result comes as a [`Callback`](crate::page::Callback). A ticket is two arguments,
//! always the last: a token, which the callback carries, and the priority of whoever waits for it.

use core::fmt;

/// The numbers. A call that this list does not have ends with [`Error::NoSuchCall`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Call {
    /// (code) Ends the process.
    Exit = 0,
    /// (address, length) Prints one line of UTF-8 text.
    Print = 1,
    /// (entry, argument, priority) Starts a thread of this process with `argument` in a0, its
    /// number in the process in a1 and its id in a2, as every thread begins; its id.
    StartThread = 2,
    /// () Lets what is better or equal run first.
    Yield = 4,
    /// () Blocks the thread until a callback comes or a thread calls `Unpark`. Returns at once
    /// where the process's bitmap is not 0 or a callback is unread.
    Park = 5,
    /// () Wakes one thread of this process that is parked, if one is.
    Unpark = 6,
    /// (size) Grows the heap by whole pages; the address of what is new.
    Grow = 7,
    /// () The address of the scheduler's entry table.
    Scheduler = 8,
    /// () Ticks of `time` in a second.
    Timebase = 9,
    /// (file) Closes a file.
    Close = 10,
    /// () Makes a pipe: the file to read from, and that to write to in the upper 32 bits.
    Pipe = 11,
    /// (file, position) Where the next read or write begins; it was before.
    Seek = 12,
    /// (file) Its length.
    Length = 13,
    /// (coroutine) Ends a call that has a ticket early; its callback says [`Error::Cancelled`],
    /// or what came first.
    Cancel = 14,
    /// () The id of the calling process.
    Process = 15,

    /// (deadline, ticket) Waits until `time` has reached the deadline.
    Sleep = 32,
    /// (command, length, files, ticket) Starts a program in a process of its own; its id. The
    /// command is the program's path, and after a space what the program is told
    /// ([`crate::syscall::split_command`]). `files` are the two that become its files 0 and 1, the
    /// second in the upper 32 bits.
    Spawn = 33,
    /// (process, ticket) Waits for the end of a process that this one spawned: its code
    /// as 32 bits, or 2³² + scause where it was killed.
    Wait = 34,
    /// (path, length, how, ticket) Opens a file, [`crate::syscall::open`] says how; its number.
    Open = 35,
    /// (file, address, length, ticket) Reads; the count of bytes, 0 at the end.
    Read = 36,
    /// (file, address, length, ticket) Writes; the count of bytes.
    Write = 37,
    /// (file, length, ticket) Cuts a file, or grows it by zeroes.
    SetLength = 38,
    /// (path, length, ticket) Removes a file or an empty directory.
    Remove = 39,
    /// (path, length, ticket) Makes a directory.
    MakeDirectory = 40,
    /// (ticket) Returns when all that was written is on the disk.
    Sync = 41,
}

/// How a file is opened: bits. A directory is opened to be read: its names, each with a line end.
pub mod open {
    pub const READ: usize = 1;
    pub const WRITE: usize = 2;
    /// Make it where there is none.
    pub const CREATE: usize = 4;
    /// Cut it to nothing.
    pub const TRUNCATE: usize = 8;
}

/// Files that every process has from its start.
pub const CONSOLE_INPUT: usize = 0;
pub const CONSOLE_OUTPUT: usize = 1;

const CALLS: [Call; 25] = [
    Call::Exit,
    Call::Print,
    Call::StartThread,
    Call::Yield,
    Call::Park,
    Call::Unpark,
    Call::Grow,
    Call::Scheduler,
    Call::Timebase,
    Call::Close,
    Call::Pipe,
    Call::Seek,
    Call::Length,
    Call::Cancel,
    Call::Process,
    Call::Sleep,
    Call::Spawn,
    Call::Wait,
    Call::Open,
    Call::Read,
    Call::Write,
    Call::SetLength,
    Call::Remove,
    Call::MakeDirectory,
    Call::Sync,
];

impl Call {
    pub fn from_number(number: usize) -> Option<Call> {
        CALLS.into_iter().find(|&call| call as usize == number)
    }
}

/// The path in a command, and what the program is told.
pub fn split_command(command: &str) -> (&str, &str) {
    command.split_once(' ').unwrap_or((command, ""))
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(isize)]
pub enum Error {
    NoSuchCall = -1,
    /// An address is not the program's to read or write.
    BadAddress = -2,
    /// A text is not UTF-8, or a number is out of its range.
    BadValue = -3,
    /// There is no memory left.
    OutOfMemory = -4,
    /// As many threads, files, processes or calls are under way as there may be.
    TooMany = -5,
    /// No such file, process or coroutine, or not this process's.
    NotFound = -6,
    /// The file is not a program.
    BadProgram = -7,
    /// The file is not open for that, or is a directory, or is none.
    NotPermitted = -8,
    /// It exists already, or is not empty.
    Exists = -9,
    /// The disk is full.
    DiskFull = -10,
    /// The disk, or what is on it, is broken.
    DiskFailed = -11,
    /// Nobody can read any more what is written.
    BrokenPipe = -12,
    Cancelled = -13,
}

const ERRORS: [(Error, &str); 13] = [
    (Error::NoSuchCall, "there is no such call"),
    (Error::BadAddress, "an address is not the program's"),
    (Error::BadValue, "a value is out of its range"),
    (Error::OutOfMemory, "there is no memory left"),
    (Error::TooMany, "there are too many already"),
    (Error::NotFound, "there is no such thing"),
    (Error::BadProgram, "it is not a program"),
    (Error::NotPermitted, "that cannot be done with it"),
    (Error::Exists, "it exists already"),
    (Error::DiskFull, "the disk is full"),
    (Error::DiskFailed, "the disk fails"),
    (Error::BrokenPipe, "nobody reads the pipe"),
    (Error::Cancelled, "it was cancelled"),
];

impl Error {
    /// What a call returned, or a callback brought: the error that a negative number stands for.
    pub fn check(result: isize) -> Result<usize, Error> {
        usize::try_from(result).map_err(|_| {
            let error = ERRORS.iter().find(|(error, _)| *error as isize == result);
            error.map_or(Error::NoSuchCall, |&(error, _)| error)
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(ERRORS.iter().find(|(error, _)| error == self).map_or("", |(_, text)| text))
    }
}

impl core::error::Error for Error {}
