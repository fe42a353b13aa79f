//! Address spaces of processes: the kernel's half, which all have, and a half of their own.

use core::sync::atomic::{AtomicUsize, Ordering};

use scheduler::layout;

use super::OutOfMemory;
use super::frame::FRAMES;
use super::paging::{self, Table};
use crate::memlayout::{PAGE_SIZE, page_down};

pub use super::paging::{EXECUTE, READ, WRITE};

/// Address spaces that live. For the count of leaks.
static LIVING: AtomicUsize = AtomicUsize::new(0);

/// First root entry that is not the kernel's.
const FIRST_OWN: usize = layout::PROGRAM >> 30;

/// The page tables of a process, and the frames that they map for it alone. All go when dropped;
/// no hart may use them any more then.
pub struct AddressSpace {
    /// Physical address of the root table.
    pub root: usize,
}

/// The program may not read, or not write, what an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress;

pub fn living() -> usize {
    LIVING.load(Ordering::Relaxed)
}

impl AddressSpace {
    pub fn new() -> Result<Self, OutOfMemory> {
        let root = paging::new_table().ok_or(OutOfMemory)?;
        // SAFETY: the new table is mine, and the kernel's root does not change any more.
        unsafe {
            let kernel = &*(paging::kernel_root() as *const Table);
            let mine = &mut *(root as *mut Table);
            mine[..FIRST_OWN].copy_from_slice(&kernel[..FIRST_OWN]);
        }
        LIVING.fetch_add(1, Ordering::Relaxed);
        Ok(AddressSpace { root })
    }

    /// Gives the program new pages of zeroes from `address` on.
    pub fn allocate(
        &mut self,
        address: usize,
        size: usize,
        rights: u64,
    ) -> Result<(), OutOfMemory> {
        for page in (address..address + size).step_by(PAGE_SIZE) {
            let frame = FRAMES.lock().allocate_for_program(1).ok_or(OutOfMemory)?;
            // SAFETY: a new frame, which is mine.
            unsafe { core::ptr::write_bytes(frame as *mut u8, 0, PAGE_SIZE) };
            if self.map(page, frame, rights).is_err() {
                FRAMES.lock().free(frame, 1);
                return Err(OutOfMemory);
            }
        }
        Ok(())
    }

    /// Lets the program have a page that is not its own alone, and outlives it.
    pub fn share(&mut self, address: usize, page: usize, rights: u64) -> Result<(), OutOfMemory> {
        self.map(address, page, rights | paging::SHARED)
    }

    fn map(&mut self, address: usize, frame: usize, rights: u64) -> Result<(), OutOfMemory> {
        assert!(paging::index(address, 2) >= FIRST_OWN, "{address:#x} is the kernel's");
        // SAFETY: the tables are mine.
        let mapped = unsafe {
            paging::map(self.root as *mut Table, address, frame, 0, rights | paging::USER)
        };
        mapped.ok_or(OutOfMemory)
    }

    /// Whether the program may do to the page of `address` what `rights` says.
    pub fn allows(&self, address: usize, rights: u64) -> bool {
        self.physical(address, rights).is_ok()
    }

    /// Whether the program may do to every byte of a range what `rights` says.
    pub fn check(&self, address: usize, length: usize, rights: u64) -> Result<(), BadAddress> {
        self.pieces(address, length, rights, |_, _| {})
    }

    /// Where in physical memory an address of the program is.
    fn physical(&self, address: usize, rights: u64) -> Result<usize, BadAddress> {
        // Addresses beyond 39 bits would look like smaller ones.
        if !(FIRST_OWN << 30..1 << 38).contains(&address) {
            return Err(BadAddress);
        }
        // SAFETY: the tables are mine.
        let entry = unsafe { paging::lookup(self.root as *const Table, address) };
        let wanted = rights | paging::USER | paging::VALID;
        if entry & wanted != wanted {
            return Err(BadAddress);
        }
        Ok(paging::target(entry) + (address - page_down(address)))
    }

    /// Copies from the program's memory, or nothing where it may not read a part of it.
    pub fn read(&self, address: usize, bytes: &mut [u8]) -> Result<(), BadAddress> {
        self.pieces(address, bytes.len(), READ, |at, range| {
            let piece = &mut bytes[range];
            // SAFETY: physical memory that is mapped to itself; only the program uses it.
            unsafe {
                core::ptr::copy_nonoverlapping(at as *const u8, piece.as_mut_ptr(), piece.len());
            }
        })
    }

    /// Copies to the program's memory, or nothing where it may not write a part of it.
    pub fn write(&self, address: usize, bytes: &[u8]) -> Result<(), BadAddress> {
        self.pieces(address, bytes.len(), WRITE, |at, range| self.store(at, &bytes[range]))
    }

    /// Copies to memory that the program may only read: its code and constants, as it is loaded.
    pub fn load(&mut self, address: usize, bytes: &[u8]) -> Result<(), BadAddress> {
        self.pieces(address, bytes.len(), 0, |at, range| self.store(at, &bytes[range]))
    }

    fn store(&self, physical: usize, bytes: &[u8]) {
        // SAFETY: a page of mine, in physical memory that is mapped to itself.
        unsafe {
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), physical as *mut u8, bytes.len());
        }
    }

    /// Checks all pages of a range, then calls `copy` with the physical address and the part of
    /// the range for each.
    fn pieces(
        &self,
        address: usize,
        length: usize,
        rights: u64,
        mut copy: impl FnMut(usize, core::ops::Range<usize>),
    ) -> Result<(), BadAddress> {
        let end = address.checked_add(length).ok_or(BadAddress)?;
        let pieces = || {
            core::iter::successors(Some(address), |&at| Some(page_down(at) + PAGE_SIZE))
                .take_while(|&at| at < end)
        };
        for at in pieces() {
            self.physical(at, rights)?;
        }
        for at in pieces() {
            let piece_end = end.min(page_down(at) + PAGE_SIZE);
            copy(self.physical(at, rights)?, at - address..piece_end - address);
        }
        Ok(())
    }
}

impl Drop for AddressSpace {
    fn drop(&mut self) {
        // SAFETY: the tables are mine, and no hart uses them.
        unsafe { free_tables(self.root, 2) };
        LIVING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Frees a table of `level`, what it points to, and the pages that are not shared.
///
/// # Safety
/// Nobody uses them any more.
unsafe fn free_tables(table: usize, level: usize) {
    let first = if level == 2 { FIRST_OWN } else { 0 };
    for index in first..paging::ENTRIES {
        // SAFETY: the caller's promise.
        let entry = unsafe { (*(table as *const Table))[index] };
        if entry & paging::VALID == 0 {
            continue;
        }
        if level > 0 {
            // SAFETY: the caller's promise; the user half has small pages only.
            unsafe { free_tables(paging::target(entry), level - 1) };
        } else if entry & paging::SHARED == 0 {
            FRAMES.lock().free(paging::target(entry), 1);
        }
    }
    FRAMES.lock().free(table, 1);
}
