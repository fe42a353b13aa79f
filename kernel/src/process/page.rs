//! The pages that processes share with the kernel: one each, in fixed physical memory.

use core::ops::Deref;
use core::sync::atomic::{AtomicU64, Ordering};

use scheduler::layout::MAX_USER;
use scheduler::page::ProcessPage;

use crate::memlayout::{PAGE_SIZE, PROCESS_PAGES};

/// Bit n: page n is a process's.
static USED: AtomicU64 = AtomicU64::new(0);

const _: () = assert!(MAX_USER == u64::BITS as usize && size_of::<ProcessPage>() <= PAGE_SIZE);

/// A page that is one process's until this is dropped.
pub struct SharedPage {
    /// Where it is in physical memory.
    pub address: usize,
}

impl SharedPage {
    /// A page of zeroes; none while all are in use.
    pub fn allocate() -> Option<Self> {
        let mut number = 0;
        let taken = USED.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |used| {
            number = used.trailing_ones() as usize;
            (number < MAX_USER).then(|| used | 1 << number)
        });
        taken.ok()?;
        let address = PROCESS_PAGES.start + number * PAGE_SIZE;
        // SAFETY: physical memory that is mapped to itself, and mine as long as the bit is set.
        unsafe { core::ptr::write_bytes(address as *mut u8, 0, PAGE_SIZE) };
        Some(SharedPage { address })
    }
}

/// How many are in use. For the count of leaks.
pub fn count() -> usize {
    USED.load(Ordering::Relaxed).count_ones() as usize
}

impl Deref for SharedPage {
    type Target = ProcessPage;

    fn deref(&self) -> &ProcessPage {
        // SAFETY: the page is mine, and every word of it is atomic, whoever else writes it.
        unsafe { &*(self.address as *const ProcessPage) }
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        let number = (self.address - PROCESS_PAGES.start) / PAGE_SIZE;
        USED.fetch_and(!(1 << number), Ordering::AcqRel);
    }
}
