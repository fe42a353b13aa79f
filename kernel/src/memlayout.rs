//! The memory map: what lies where, in addresses and sizes.
//!
//! ```text
//! 0x8000_0000  firmware (M-mode); never touched from here
//! 0x8020_0000  kernel: .text .rodata .data .bss, then the harts' boot stacks
//!              bitmap of the frame allocator
//!              frames: page tables, thread stacks, heap
//! 0x8700_0000  priority bitmaps of the kernel (one page, reserved)
//! 0x8700_1000  a page for each process with its bitmap, MAX_USER of them (reserved)
//!              frames again, to the end of memory
//! ```

use core::ops::Range;

use scheduler::layout;

pub const PAGE_SIZE: usize = 4096;

/// Most harts that this kernel runs; harts with greater ids stay stopped.
pub const MAX_HARTS: usize = 8;

/// Boot stack of each hart: it becomes the stack of the hart's idle flow.
pub const HART_STACK_SIZE: usize = 64 * 1024;

/// Stack of each thread.
pub const THREAD_STACK_SIZE: usize = 64 * 1024;

/// Where the firmware enters the kernel, and the lowest address that is ours.
pub const KERNEL_START: usize = 0x8020_0000;

/// Physical page of the priority bitmaps, where user programs will find theirs too.
pub const BITMAP_PAGE: usize = 0x8700_0000;

/// Physical pages that processes share with the kernel, one each, with their bitmaps.
pub const PROCESS_PAGES: Range<usize> =
    BITMAP_PAGE + PAGE_SIZE..BITMAP_PAGE + (1 + layout::MAX_USER) * PAGE_SIZE;

unsafe extern "C" {
    safe static __text_start: u8;
    safe static __text_end: u8;
    safe static __rodata_end: u8;
    safe static __kernel_end: u8;
}

/// Code of the kernel: readable and executable.
pub fn text() -> Range<usize> {
    &raw const __text_start as usize..&raw const __text_end as usize
}

/// Constants of the kernel: readable only.
pub fn rodata() -> Range<usize> {
    text().end..&raw const __rodata_end as usize
}

/// First address behind the kernel's image and boot stacks.
pub fn kernel_end() -> usize {
    &raw const __kernel_end as usize
}

pub const fn page_down(address: usize) -> usize {
    address & !(PAGE_SIZE - 1)
}

pub const fn page_up(address: usize) -> usize {
    page_down(address + PAGE_SIZE - 1)
}
