//! Sv39 page tables of the kernel (volume II, 12.4): memory is mapped to itself, code cannot be
//! written, data cannot be executed, and nothing else is mapped, so that a null pointer traps.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::frame::FRAMES;
use crate::memlayout::{self, KERNEL_START, PAGE_SIZE};
use crate::riscv;

const MEGAPAGE: usize = 2 << 20;
const ENTRIES: usize = 512;

/// `satp.MODE` of Sv39.
const SV39: usize = 8 << 60;

/// Bits of a page table entry. Accessed and dirty are set from the start, because hardware may
/// trap rather than set them.
const VALID: u64 = 1 << 0;
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 2;
const EXECUTE: u64 = 1 << 3;
const GLOBAL: u64 = 1 << 5;
const ACCESSED: u64 = 1 << 6;
const DIRTY: u64 = 1 << 7;

type Table = [u64; ENTRIES];

/// Physical address of the kernel's root table.
static KERNEL_ROOT: AtomicUsize = AtomicUsize::new(0);

/// Builds the kernel's tables for memory up to `end`.
pub fn init(end: usize) {
    let root = new_table();
    let image_end = memlayout::kernel_end().next_multiple_of(MEGAPAGE);
    for page in (KERNEL_START..image_end).step_by(PAGE_SIZE) {
        map(root, page, 0, rights(page));
    }
    for page in (image_end..end).step_by(MEGAPAGE) {
        map(root, page, 1, READ | WRITE);
    }
    KERNEL_ROOT.store(root as usize, Ordering::Release);
}

/// Turns address translation on for this hart.
pub fn enable() {
    let root = KERNEL_ROOT.load(Ordering::Acquire);
    // SAFETY: the tables map the kernel's image, stacks and memory to themselves.
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

/// Maps the page at `address` to itself: 4 KiB at `level` 0, 2 MiB at 1.
fn map(root: *mut Table, address: usize, level: usize, rights: u64) {
    let mut table = root;
    for upper in (level + 1..3).rev() {
        // SAFETY: tables come from `new_table`, and only the boot hart is here.
        let entry = unsafe { &mut (*table)[index(address, upper)] };
        if *entry == 0 {
            *entry = entry_for(new_table() as usize, 0);
        }
        table = (*entry >> 10 << 12) as *mut Table;
    }
    // SAFETY: as above.
    unsafe {
        (*table)[index(address, level)] = entry_for(address, rights | GLOBAL | ACCESSED | DIRTY);
    }
}

fn entry_for(address: usize, bits: u64) -> u64 {
    (address as u64 >> 12) << 10 | bits | VALID
}

/// Virtual page number of `address` at `level`: an index into a table.
fn index(address: usize, level: usize) -> usize {
    address >> (12 + 9 * level) & (ENTRIES - 1)
}

fn new_table() -> *mut Table {
    let table = FRAMES.lock().allocate(1).expect("no frame for a page table") as *mut Table;
    // SAFETY: a new frame, which is mine.
    unsafe { table.write([0; ENTRIES]) };
    table
}
