//! Processes: a program in an address space of its own, run by user threads.
//!
//! ```text
//!   spawn               exit, fault            last thread gone
//!  ──────▶  Running ───────────────▶ Ending ───────────────────▶ Ended
//! ```
//! A thread of an ending process leaves at its next trap. With the last of them go the address
//! space. The rest stays until it is reaped, by who waited for its end.

mod calls;
mod elf;
mod files;
mod heap;
mod load;
mod memory;
mod page;
mod parking;
pub mod system;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering};

use scheduler::layout;

use crate::executor::{PRIORITIES, Priority};
use crate::future::Event;
use crate::mm::paging;
use crate::mm::space::{AddressSpace, READ, WRITE};
use crate::println;
use crate::sync::SpinLock;
use crate::thread::pool::THREAD_POOL;
use crate::thread::{self, Job, Thread, processor};
use crate::trap::TrapFrame;
use calls::Calls;
use files::Files;

pub use calls::{Outcome, Ticket, start, start_to_end};
pub use load::{Error, spawn};
pub use memory::UserMemory;
pub use page::count as pages_in_use;
use parking::Parking;
use system::Counted;

/// Every process that has not been reaped, by its id.
pub static PROCESSES: SpinLock<BTreeMap<u64, Arc<Process>>> = SpinLock::new(BTreeMap::new());

/// Ids are never used again; 0 stands for the kernel.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// See the drawing above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    Running = 0,
    Ending = 1,
    Ended = 2,
}

/// How a process ended: a code of its own choice, or the number of a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Killed { scause: usize },
}

pub struct Process {
    pub id: u64,
    /// The last part of its path.
    pub name: String,
    #[expect(dead_code, reason = "for whoever looks at the kernel from outside")]
    path: String,
    /// A [`State`].
    state: AtomicU8,
    /// Id of the process that spawned it; 0 where the kernel did.
    pub parent: u64,
    /// Nobody will wait for it: its parent has ended. Changes under the lock of [`PROCESSES`].
    orphan: AtomicBool,
    /// Physical address of the root of its page tables; 0 when it has ended.
    root: AtomicUsize,
    /// Physical address of the page that it shares with the kernel; 0 when it has ended.
    page: AtomicUsize,
    /// How many harts run threads of it.
    on_harts: AtomicUsize,
    counted: Counted,
    /// As [`Exit::to_word`] has it; meaningful once it is ending.
    exit_code: AtomicI64,
    space: SpinLock<Option<AddressSpace>>,
    threads: SpinLock<Vec<Arc<Thread>>>,
    /// Bytes of its heap. Changes under the lock of `space`.
    heap: AtomicUsize,
    parking: SpinLock<Parking>,
    pub files: Files,
    pub calls: Calls,
    /// Happens when it has ended.
    ended: Event,
}

impl Exit {
    /// As programs see it: a code as it is, a trap above all codes.
    pub fn to_word(self) -> i64 {
        match self {
            Exit::Code(code) => code.into(),
            Exit::Killed { scause } => 1 << 32 | scause as i64,
        }
    }
}

impl Process {
    pub fn is_ending(&self) -> bool {
        self.state.load(Ordering::Acquire) != State::Running as u8
    }

    fn has_ended(&self) -> bool {
        self.state.load(Ordering::Acquire) == State::Ended as u8
    }

    /// Waits until it has ended; says how it did.
    pub async fn wait(&self) -> i64 {
        self.ended.wait().await;
        self.exit_code.load(Ordering::Acquire)
    }

    /// Copies from its memory, where it may read.
    pub fn read(&self, address: usize, bytes: &mut [u8]) -> Result<(), BadMemory> {
        self.with_space(|space| space.read(address, bytes).map_err(|_| BadMemory))
    }

    /// Whether it may do to the page of `address` what `rights` says.
    pub fn allows(&self, address: usize, rights: u64) -> bool {
        self.space.lock().as_ref().is_some_and(|space| space.allows(address, rights))
    }

    /// Copies to its memory, where it may write.
    pub fn write(&self, address: usize, bytes: &[u8]) -> Result<(), BadMemory> {
        self.with_space(|space| space.write(address, bytes).map_err(|_| BadMemory))
    }

    fn with_space<T>(
        &self,
        action: impl FnOnce(&mut AddressSpace) -> Result<T, BadMemory>,
    ) -> Result<T, BadMemory> {
        self.space.lock().as_mut().map_or(Err(BadMemory), action)
    }
}

/// Memory that is not the process's, or not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMemory;

/// What a new thread is told.
pub enum Argument<'a> {
    Word(usize),
    /// It finds the text at the top of its stack. Of a process's first thread.
    Text(&'a str),
}

/// Starts a thread of `process` at `entry`, with `argument` in a0 and the length of a text in a3,
/// its slot in a1 and its id in a2; says the id.
pub fn start_thread(
    process: &Arc<Process>,
    entry: usize,
    argument: Argument,
    priority: Priority,
) -> Result<u64, Error> {
    let mut threads = process.threads.lock();
    let slot = (0..layout::MAX_THREADS)
        .find(|&slot| threads.iter().all(|thread| thread.slot != slot))
        .ok_or(Error::TooManyThreads)?;
    let stack = layout::STACKS + slot * layout::STACK_STRIDE;
    let mut space = process.space.lock();
    let space = space.as_mut().ok_or(Error::Ended)?;
    if !space.allows(stack, WRITE) {
        space.allocate(stack, layout::STACK_SIZE, READ | WRITE)?;
    }
    let top = stack + layout::STACK_SIZE;
    let frame = match argument {
        Argument::Word(word) => TrapFrame::user(entry, top, [word, slot, 0, 0]),
        Argument::Text(text) => {
            // The stack pointer is a multiple of 16.
            let top = top - text.len().next_multiple_of(16);
            space.write(top, text.as_bytes()).map_err(|_| Error::OutOfMemory)?;
            TrapFrame::user(entry, top, [top, slot, 0, text.len()])
        }
    };
    process.begin_thread(slot, priority);
    let job = Job::Program { process: process.clone(), slot, frame };
    let started = THREAD_POOL.start("user", priority, job);
    let thread = started.inspect_err(|_| process.forget_thread(slot))?;
    let id = thread.id;
    threads.push(thread);
    Ok(id)
}

/// Of the first thread of a process, as of its first coroutine.
const PRIORITY: Priority = PRIORITIES as Priority / 2;

/// The process whose thread calls this, if one's does.
pub fn current() -> Option<Arc<Process>> {
    processor::current().process.clone()
}

/// Ends `process`: its threads leave at their next trap, which the ones that run elsewhere get
/// now.
#[inline(never)]
pub fn exit(process: &Process, exit: Exit) {
    let (running, ending) = (State::Running as u8, State::Ending as u8);
    // The first word counts, where several threads end it at once.
    let _threads = process.threads.lock();
    if process.state.load(Ordering::Relaxed) != running {
        return;
    }
    process.exit_code.store(exit.to_word(), Ordering::Relaxed);
    process.state.store(ending, Ordering::Release);
    for thread in _threads.iter() {
        thread.hurry();
    }
}

/// Kills `process` for a trap of its own making, and says so.
pub fn kill(process: &Process, frame: &TrapFrame, scause: usize, stval: usize, what: &str) {
    println!(
        "[process] {} ({}) killed: {what} at {:#x}, address {stval:#x}",
        process.id, process.name, frame.sepc
    );
    exit(process, Exit::Killed { scause });
}

/// At the end of a trap from user mode: if the process is ending, the thread ends here. Interrupts
/// are off.
pub fn leave_if_ending() {
    if let Some(process) = current().filter(|process| process.is_ending()) {
        end_thread(process);
        processor::leave(thread::State::Exited);
    }
}

/// Takes the current thread out of its process, which is ending, and ends it with the last one.
/// Interrupts are off.
fn end_thread(process: Arc<Process>) {
    let me = processor::current();
    // First: whoever finds that no thread is left frees the tables, so no hart may use them then.
    leave_process();
    let rest = {
        let mut threads = process.threads.lock();
        threads.retain(|thread| thread.id != me.id);
        threads.len()
    };
    if rest == 0 {
        let space = process.space.lock().take();
        process.root.store(0, Ordering::Relaxed);
        drop(space);
        process.calls.close();
        process.files.close();
        process.give_page_back();
        end(&process);
    }
}

/// The last step: leaves `process` to who waits for it, or nobody, and so its own children.
fn end(process: &Arc<Process>) {
    let mut gone = Vec::new();
    let mut processes = PROCESSES.lock();
    process.state.store(State::Ended as u8, Ordering::Release);
    if process.orphan.load(Ordering::Relaxed) {
        gone.extend(processes.remove(&process.id));
    }
    for child in processes.values().filter(|child| child.parent == process.id) {
        child.orphan.store(true, Ordering::Relaxed);
    }
    let children =
        processes.extract_if(.., |_, child| child.parent == process.id && child.has_ended());
    gone.extend(children.map(|(_, child)| child));
    drop(processes);
    // Without the lock: these may be the last references.
    drop(gone);
    process.ended.set();
}

/// The child of `parent` that has this id.
pub fn child_of(parent: &Process, id: u64) -> Option<Arc<Process>> {
    PROCESSES.lock().get(&id).filter(|child| child.parent == parent.id).cloned()
}

/// Forgets a process that has ended.
pub fn reap(id: u64) {
    let process = PROCESSES.lock().remove(&id);
    // Without the lock: it may be the last reference.
    drop(process);
}

/// Gives back what the empty map holds on to. For the count of leaks.
pub fn trim() {
    let mut processes = PROCESSES.lock();
    if processes.is_empty() {
        *processes = BTreeMap::new();
    }
}

/// Switches this hart to the address space of `to`, from that of the process `from`, or the
/// kernel's where that is 0.
#[inline(never)]
pub fn switch_process(from: u64, to: &Process) {
    core::hint::black_box(from);
    // SAFETY: the tables live until the last thread of the process has left them, and `to` has one
    // on this hart.
    unsafe { paging::switch_to(to.root.load(Ordering::Relaxed)) };
    load::see_code();
}

/// Switches this hart back to the kernel's own address space.
pub fn leave_process() {
    // SAFETY: the kernel's tables live for ever.
    unsafe { paging::switch_to(paging::kernel_root()) };
}
