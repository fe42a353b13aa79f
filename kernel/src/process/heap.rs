//! The heap of a process: pages from a fixed address on, which its allocator asks for.

use core::sync::atomic::Ordering;

use scheduler::layout::{HEAP, HEAP_SIZE};
use scheduler::syscall::Error;

use super::Process;
use crate::memlayout::{PAGE_SIZE, page_up};
use crate::mm::space::{READ, WRITE};

/// Most bytes that are mapped in one go: interrupts are off meanwhile.
const STEP: usize = 64 * 1024;

impl Process {
    /// Grows the heap by `size` bytes, rounded up to pages; says where the new ones begin.
    pub fn grow(&self, size: usize) -> Result<usize, Error> {
        if size == 0 || size > HEAP_SIZE {
            return Err(Error::BadValue);
        }
        let size = page_up(size);
        // Where the mapped part of what is to be new ends.
        let mut mapped = HEAP;
        loop {
            let mut space = self.space.lock();
            // The lock holds the length still as well. Another thread may have grown the heap since
            // the last time.
            let length = self.heap.load(Ordering::Relaxed);
            if size > HEAP_SIZE - length {
                return Err(Error::OutOfMemory);
            }
            let space = space.as_mut().ok_or(Error::NotFound)?;
            let (start, end) = (HEAP + length, HEAP + length + size);
            mapped = mapped.max(start);
            let stop = end.min(mapped + STEP);
            // Pages that were mapped before memory ran out stay, for the next time.
            for page in (mapped..stop).step_by(PAGE_SIZE) {
                if !space.allows(page, WRITE) {
                    space.allocate(page, PAGE_SIZE, READ | WRITE)?;
                }
            }
            mapped = stop;
            if mapped == end {
                self.heap.store(length + size, Ordering::Relaxed);
                return Ok(start);
            }
        }
    }
}
