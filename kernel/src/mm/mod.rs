//! Memory: frames, the heap, and the page tables that map memory to itself.

pub mod frame;
pub mod heap;
pub mod paging;
pub mod space;

use alloc::vec::Vec;
use core::ops::Range;

use crate::memlayout::{KERNEL_START, PAGE_SIZE, PROCESS_PAGES, page_up};
use frame::FRAMES;

/// There is no memory left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

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

/// Refuses a call of a program where memory is short, before it has begun. It may take `size` bytes
/// for a time.
pub fn check_room_for_call(size: usize) -> Result<(), OutOfMemory> {
    let pages = page_up(size) / PAGE_SIZE;
    if FRAMES.lock().has_room_for_call(pages) { Ok(()) } else { Err(OutOfMemory) }
}

/// Zeroes that a call of a program needs for a time.
pub fn buffer_for_call(length: usize) -> Result<Vec<u8>, OutOfMemory> {
    check_room_for_call(length)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| OutOfMemory)?;
    bytes.resize(length, 0);
    Ok(bytes)
}
