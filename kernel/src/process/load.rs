//! From a file to a process that runs.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicUsize, Ordering};

use scheduler::{layout, syscall};

use super::page::SharedPage;
use super::parking::Parking;
use super::{Argument, Calls, Counted, Files, NEXT_ID, PRIORITY, PROCESSES, Process, State, elf};
use crate::file::File;
use crate::fs;
use crate::future::Event;
use crate::memlayout::{BITMAP_PAGE, MAX_HARTS, PAGE_SIZE, page_up};
use crate::mm::OutOfMemory;
use crate::mm::space::{AddressSpace, BadAddress, EXECUTE, READ, WRITE};
use crate::sync::SpinLock;
use crate::{riscv, shared};

/// Why a process does not start.
#[derive(Debug)]
pub enum Error {
    NoFile(fs::Error),
    BadProgram(elf::Error),
    OutOfMemory,
    TooManyThreads,
    TooManyProcesses,
    Ended,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::NoFile(error) => error.fmt(f),
            Error::BadProgram(error) => error.fmt(f),
            Error::OutOfMemory => f.write_str("there is no memory left"),
            Error::TooManyThreads => write!(f, "more than {} threads", layout::MAX_THREADS),
            Error::TooManyProcesses => write!(f, "more than {} processes", layout::MAX_USER),
            Error::Ended => f.write_str("the process has ended"),
        }
    }
}

impl From<Error> for syscall::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NoFile(error) => error.into(),
            Error::Ended => syscall::Error::NotFound,
            Error::BadProgram(_) => syscall::Error::BadProgram,
            Error::OutOfMemory => syscall::Error::OutOfMemory,
            Error::TooManyThreads | Error::TooManyProcesses => syscall::Error::TooMany,
        }
    }
}

impl From<OutOfMemory> for Error {
    fn from(OutOfMemory: OutOfMemory) -> Self {
        Error::OutOfMemory
    }
}

/// Starts a program in a process of its own, whose parent has the id `parent` and gives it `files`
/// as its files 0 and on. `command` is the program's path, and after a space what it is told.
pub async fn spawn(
    command: &str,
    parent: u64,
    files: [Arc<File>; 2],
) -> Result<Arc<Process>, Error> {
    let (path, argument) = syscall::split_command(command);
    let name = path.rsplit('/').next().unwrap_or(path);
    let file = fs::read_whole(path).await.map_err(Error::NoFile)?;
    let program =
        elf::parse(&file, layout::PROGRAM..layout::PROGRAM_END).map_err(Error::BadProgram)?;
    let mut space = AddressSpace::new()?;
    load(&mut space, &program)?;
    for (index, physical) in shared::pages().step_by(PAGE_SIZE).enumerate() {
        space.share(layout::SCHEDULER + index * PAGE_SIZE, physical, READ | EXECUTE)?;
    }
    space.share(layout::SYSTEM_PAGE, BITMAP_PAGE, READ)?;
    let page = SharedPage::allocate().ok_or(Error::TooManyProcesses)?;
    space.share(layout::PROCESS_PAGE, page.address, READ | WRITE)?;
    let process = Arc::new(Process {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        name: name.to_string(),
        path: String::from(path),
        state: AtomicU8::new(State::Running as u8),
        parent,
        orphan: AtomicBool::new(false),
        root: AtomicUsize::new(space.root),
        page: AtomicUsize::new(page.address),
        on_harts: AtomicUsize::new(0),
        exit_code: AtomicI64::new(0),
        space: SpinLock::new(Some(space)),
        threads: SpinLock::new(Vec::new()),
        heap: AtomicUsize::new(0),
        counted: Counted::nothing(),
        parking: SpinLock::new(Parking::new(page)),
        files: Files::new(files),
        calls: Calls::new(),
        ended: Event::new(),
    });
    admit(&process)?;
    let argument = Argument::Text(argument);
    if let Err(error) = super::start_thread(&process, program.entry, argument, PRIORITY) {
        super::reap(process.id);
        return Err(error);
    }
    Ok(process)
}

/// Takes a new process in. It has no parent any more where that has ended meanwhile.
fn admit(process: &Arc<Process>) -> Result<(), Error> {
    let mut processes = PROCESSES.lock();
    // Those that nobody has waited for yet count, too.
    if processes.len() >= layout::MAX_USER {
        return Err(Error::TooManyProcesses);
    }
    let has_parent = process.parent == 0
        || processes.get(&process.parent).is_some_and(|parent| !parent.has_ended());
    process.orphan.store(!has_parent, Ordering::Relaxed);
    processes.insert(process.id, process.clone());
    Ok(())
}

fn load(space: &mut AddressSpace, program: &elf::Program) -> Result<(), Error> {
    for segment in program.segments() {
        let write = if segment.writable { WRITE } else { 0 };
        let execute = if segment.executable { EXECUTE } else { 0 };
        space.allocate(segment.address, page_up(segment.size), READ | write | execute)?;
        let loaded = space.load(segment.address, segment.bytes);
        loaded.map_err(|BadAddress| Error::OutOfMemory)?;
    }
    LOADS.fetch_add(1, Ordering::Release);
    Ok(())
}

/// Programs that have been written to memory, whole or in part.
static LOADS: AtomicUsize = AtomicUsize::new(0);

/// How many of them each hart has seen with its last `fence.i`.
static SEEN: [AtomicUsize; MAX_HARTS] = [const { AtomicUsize::new(0) }; MAX_HARTS];

/// Lets this hart, which is about to run a process, fetch what any hart has loaded. Interrupts are off.
///
/// `fence.i` orders fetches of its own hart alone, after stores that are visible to it: one that
/// has not executed it since may still hold what was in a recycled frame before, and must do so
/// itself once it sees the stores (volume I, Zifencei). `Acquire` sees to that. No test fails
/// without it: neither the debugger's machine nor QEMU keeps old instructions.
pub fn see_code() {
    let loads = LOADS.load(Ordering::Acquire);
    if SEEN[riscv::hart_id()].swap(loads, Ordering::Relaxed) != loads {
        riscv::fence_instructions();
    }
}
