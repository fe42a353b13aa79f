//! Where things lie in a process's memory. Everything below 4 GiB is the kernel's, which maps
//! memory to itself there and lets no program touch it.
//!
//! ```text
//! 0x10_0000_0000  program
//! 0x20_0000_0000  the scheduler's code, one copy for all (read and execute)
//! 0x30_0000_0000  the system-wide bitmaps (read only)
//! 0x30_0000_1000  the process's page: its own bitmap and its callbacks
//! 0x34_0000_0000  heap, grown on demand
//! 0x38_0000_0000  stacks, 1 MiB apart
//! ```

pub const PAGE_SIZE: usize = 4096;

/// Programs are linked to run here, and must end below [`PROGRAM_END`].
pub const PROGRAM: usize = 0x10_0000_0000;
pub const PROGRAM_END: usize = 0x11_0000_0000;

/// The scheduler's code, which every process runs and none can write.
pub const SCHEDULER: usize = 0x20_0000_0000;

/// The system-wide bitmaps: read only.
pub const SYSTEM_PAGE: usize = 0x30_0000_0000;

/// The process's own page ([`crate::page::ProcessPage`]), which the kernel and the process write.
pub const PROCESS_PAGE: usize = 0x30_0000_1000;

pub const HEAP: usize = 0x34_0000_0000;
/// Most that a heap grows to.
pub const HEAP_SIZE: usize = 64 << 20;

pub const STACKS: usize = 0x38_0000_0000;
/// From one stack to the next; below each stack is nothing, so that an overflow faults.
pub const STACK_STRIDE: usize = 1 << 20;
pub const STACK_SIZE: usize = 64 * 1024;

/// Most threads of a process at a time.
pub const MAX_THREADS: usize = 16;

/// Most processes at a time.
pub const MAX_USER: usize = 64;
