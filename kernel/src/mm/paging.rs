//! Sv39 page tables (volume II, 12.4). The kernel's map memory to itself: code cannot be
//! written, data and devices cannot be executed, and nothing else is mapped, so that a null pointer traps.
//! Every process's root has the same entries below 4 GiB, so that a trap needs no change of
//! tables.

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::frame::FRAMES;
use crate::memlayout::{self, KERNEL_START, PAGE_SIZE, page_down, page_up};
use crate::riscv;

const MEGAPAGE: usize = 2 << 20;
pub const ENTRIES: usize = 512;

/// `satp.MODE` of Sv39.
const SV39: usize = 8 << 60;

/// Bits of a page table entry. Accessed and dirty are set from the start, because hardware may
/// trap rather than set them.
pub const VALID: u64 = 1 << 0;
pub const READ: u64 = 1 << 1;
pub const WRITE: u64 = 1 << 2;
pub const EXECUTE: u64 = 1 << 3;
pub const USER: u64 = 1 << 4;
const GLOBAL: u64 = 1 << 5;
const ACCESSED: u64 = 1 << 6;
const DIRTY: u64 = 1 << 7;
/// For software's use: the frame is not the address space's own.
pub const SHARED: u64 = 1 << 8;

pub type Table = [u64; ENTRIES];

/// Physical address of the kernel's root table.
static KERNEL_ROOT: AtomicUsize = AtomicUsize::new(0);

/// Builds the kernel's tables for memory up to `end` and the registers of `devices`.
pub fn init(end: usize, devices: impl Iterator<Item = Range<usize>>) {
    let root = new_table().expect("no frame for a page table") as *mut Table;
    let image_end = memlayout::kernel_end().next_multiple_of(MEGAPAGE);
    // SAFETY: only the boot hart is here, and nobody uses the table yet.
    let identity = |address, level, rights| unsafe {
        let mapped = map(root, address, address, level, rights | GLOBAL);
        mapped.expect("no frame for a page table");
    };
    for page in (KERNEL_START..image_end).step_by(PAGE_SIZE) {
        identity(page, 0, rights(page));
    }
    for page in (image_end..end).step_by(MEGAPAGE) {
        identity(page, 1, READ | WRITE);
    }
    for registers in devices {
        let (start, end) = (page_down(registers.start), page_up(registers.end));
        assert!(end <= KERNEL_START, "the device at {start:#x} lies where memory does");
        let mut page = start;
        while page < end {
            let large = page.is_multiple_of(MEGAPAGE) && end - page >= MEGAPAGE;
            identity(page, large as usize, READ | WRITE);
            page += if large { MEGAPAGE } else { PAGE_SIZE };
        }
    }
    KERNEL_ROOT.store(root as usize, Ordering::Release);
}

pub fn kernel_root() -> usize {
    KERNEL_ROOT.load(Ordering::Acquire)
}

/// Turns address translation on for this hart, by the kernel's tables.
pub fn enable() {
    // SAFETY: the tables map the kernel's image, stacks and memory to themselves.
    unsafe { switch_to(kernel_root()) };
}

/// Switches this hart to the tables below `root`.
///
/// # Safety
/// They map the kernel, and live as long as a hart uses them.
pub unsafe fn switch_to(root: usize) {
    // SAFETY: the caller's promise.
    unsafe { riscv::set_address_space(SV39 | root >> 12) };
}

fn rights(page: usize) -> u64 {
    if memlayout::text().contains(&page) {
        READ | EXECUTE
    } else if memlayout::rodata().contains(&page) {
        READ
    } else {
        READ | WRITE
    }
}

/// Maps the page at `address` to `physical`: 4 KiB at `level` 0, 2 MiB at 1. None when there is
/// no frame for a table.
///
/// # Safety
/// `root` is a root table that nobody else changes or drops meanwhile.
pub unsafe fn map(
    root: *mut Table,
    address: usize,
    physical: usize,
    level: usize,
    bits: u64,
) -> Option<()> {
    let mut table = root;
    for upper in (level + 1..3).rev() {
        // SAFETY: tables come from `new_table`, and are the caller's.
        let entry = unsafe { &mut (*table)[index(address, upper)] };
        if *entry == 0 {
            *entry = entry_for(new_table()?, 0);
        }
        table = target(*entry) as *mut Table;
    }
    // SAFETY: as above.
    unsafe { (*table)[index(address, level)] = entry_for(physical, bits | ACCESSED | DIRTY) };
    Some(())
}

/// The entry that maps the 4 KiB page of `address`; 0 where nothing does.
///
/// # Safety
/// `root` is a root table that nobody changes or drops meanwhile.
pub unsafe fn lookup(root: *const Table, address: usize) -> u64 {
    let mut table = root;
    for upper in [2, 1] {
        // SAFETY: the caller's promise; entries point to tables.
        let entry = unsafe { (*table)[index(address, upper)] };
        if entry & VALID == 0 || entry & (READ | WRITE | EXECUTE) != 0 {
            return 0;
        }
        table = target(entry) as *const Table;
    }
    // SAFETY: as above.
    unsafe { (*table)[index(address, 0)] }
}

fn entry_for(address: usize, bits: u64) -> u64 {
    (address as u64 >> 12) << 10 | bits | VALID
}

/// Physical address that an entry points to.
pub fn target(entry: u64) -> usize {
    (entry << 10 >> 20 << 12) as usize
}

/// Virtual page number of `address` at `level`: an index into a table.
pub fn index(address: usize, level: usize) -> usize {
    address >> (12 + 9 * level) & (ENTRIES - 1)
}

/// An empty table. None when there is no frame for it, by the measure of programs: all but those
/// that the kernel makes as it boots are theirs.
pub fn new_table() -> Option<usize> {
    let table = FRAMES.lock().allocate_for_program(1)?;
    // SAFETY: a new frame, which is mine.
    unsafe { (table as *mut Table).write([0; ENTRIES]) };
    Some(table)
}
