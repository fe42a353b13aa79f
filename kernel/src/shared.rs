//! The scheduler's code that the kernel shares with all processes: whole pages of the kernel's
//! image, which every process has mapped at `layout::SCHEDULER`. The kernel calls it where it
//! stands.

use core::arch::global_asm;
use core::ops::Range;

use scheduler::table::Scheduler;

global_asm!(
    ".section .text.scheduler, \"ax\"",
    ".option push",
    // What is aligned stays so without the linker's help.
    ".option norelax",
    ".balign 4096",
    ".globl shared_code",
    "shared_code:",
    concat!(".incbin \"", env!("ASYNCOS_SCHEDULER"), "\""),
    ".globl shared_code_end",
    "shared_code_end:",
    ".option pop",
);

unsafe extern "C" {
    safe static shared_code: u8;
    safe static shared_code_end: u8;
}

/// Where it is in physical memory.
pub fn pages() -> Range<usize> {
    &raw const shared_code as usize..&raw const shared_code_end as usize
}

/// Looks whether it is the code that the kernel was made for. Before anything is spawned.
pub fn init() {
    // SAFETY: the code stands there for ever, and text may be executed.
    let found = unsafe { Scheduler::at(pages().start) };
    assert!(found.is_some(), "the shared scheduler is another version's");
}

/// The code, where the kernel executes it.
pub fn scheduler() -> Scheduler {
    // SAFETY: `init` has found it there.
    unsafe { Scheduler::found_at(pages().start) }
}
