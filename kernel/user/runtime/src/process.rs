//! Processes: this one, and those that it starts.

use alloc::string::String;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use scheduler::syscall::{Call, Error};

use crate::call::SystemCall;
use crate::file::{File, INPUT, OUTPUT};
use crate::syscall;

pub use crate::syscall::exit;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With a code of its own choice, or 0 with its `main`; 101 after a panic.
    Code(i32),
    /// By a fault, whose cause this is (`scause`).
    Killed { cause: u32 },
}

/// A program to be started, and what it is given.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    text: String,
    input: &'a File,
    output: &'a File,
}

impl<'a> Command<'a> {
    /// The program at `path`, which reads and writes what this one does.
    pub fn new(path: &str) -> Self {
        Command { text: path.into(), input: &INPUT, output: &OUTPUT }
    }

    /// Tells it something, which its [`argument`] says.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.text.push(' ');
        self.text.push_str(argument);
        self
    }

    /// What it reads.
    #[must_use]
    pub fn input(mut self, file: &'a File) -> Self {
        self.input = file;
        self
    }

    /// What it writes.
    #[must_use]
    pub fn output(mut self, file: &'a File) -> Self {
        self.output = file;
        self
    }

    /// Starts it. Dropped before its end, the process runs without a parent who waits for it.
    pub async fn spawn(self) -> Result<Child, Error> {
        let files = self.input.number() | self.output.number() << 32;
        let call = SystemCall::with_text(Call::Spawn, &self.text, [files]);
        let child = call.if_abandoned(|id| SystemCall::new(Call::Wait, [id]).detach()).await?;
        Ok(Child { id: child.value as u64 })
    }
}

/// A process that this one has started. It runs on when this is dropped.
#[derive(Debug)]
pub struct Child {
    id: u64,
}

impl Child {
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Waits for its end. Its end can be told once: `NotFound` afterwards.
    pub async fn wait(&mut self) -> Result<Exit, Error> {
        let word = SystemCall::new(Call::Wait, [self.id as usize]).await?.value;
        let low = word as u32;
        Ok(if word >> 32 == 1 { Exit::Killed { cause: low } } else { Exit::Code(low as i32) })
    }
}

/// Id of this process.
pub fn id() -> u64 {
    syscall::process()
}

/// Where what this process was told stands in memory, and how long it is.
static ARGUMENT: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// What this process was told as it was started; nothing where that was the kernel.
pub fn argument() -> &'static str {
    let [start, length] = [&ARGUMENT[0], &ARGUMENT[1]].map(|word| word.load(Ordering::Relaxed));
    if length == 0 {
        return "";
    }
    // SAFETY: the kernel has put it above the first thread's stack, where nothing else comes.
    let bytes = unsafe { core::slice::from_raw_parts(ptr::with_exposed_provenance(start), length) };
    core::str::from_utf8(bytes).unwrap_or("")
}

/// Once, before anything else.
pub(crate) fn set_argument(start: usize, length: usize) {
    ARGUMENT[0].store(start, Ordering::Relaxed);
    ARGUMENT[1].store(length, Ordering::Relaxed);
}
