//! Memory: frames, the heap, and the page tables that map memory to itself.

pub mod frame;
pub mod heap;
pub mod paging;
pub mod space;

use core::ops::Range;

use crate::memlayout::{KERNEL_START, PROCESS_PAGES};

/// Takes over the memory and the registers of `devices` that the device tree names. Once, by the boot hart, before any
/// allocation.
pub fn init(memory: &Range<usize>, devices: impl Iterator<Item = Range<usize>>) {
    assert!(
        memory.start <= KERNEL_START && memory.end >= PROCESS_PAGES.end,
        "memory {:#x}..{:#x} must reach from {KERNEL_START:#x} to {:#x}: give the machine 128 MiB",
        memory.start,
        memory.end,
        PROCESS_PAGES.end
    );
    frame::init(memory.end);
    paging::init(memory.end, devices);
    paging::enable();
}
