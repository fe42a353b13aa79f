//! The heap of a process: pages from a fixed address on, which its allocator asks for.

use core::sync::atomic::Ordering;

use scheduler::layout::{HEAP, HEAP_SIZE};
use scheduler::syscall::Error;

use super::Process;
use crate::memlayout::{PAGE_SIZE, page_up};
use crate::mm::space::{READ, WRITE};

impl Process {
    /// Grows the heap by `size` bytes, rounded up to pages; says where the new ones begin.
    pub fn grow(&self, size: usize) -> Result<usize, Error> {
        if size == 0 || size > HEAP_SIZE {
            return Err(Error::BadValue);
        }
        let size = page_up(size);
        let mut space = self.space.lock();
        // The lock holds the length still as well.
        let length = self.heap.load(Ordering::Relaxed);
        if size > HEAP_SIZE - length {
            return Err(Error::OutOfMemory);
        }
        let space = space.as_mut().ok_or(Error::NotFound)?;
        let start = HEAP + length;
        // Pages that were mapped before memory ran out stay, for the next time.
        for page in (start..start + size).step_by(PAGE_SIZE) {
            if !space.allows(page, WRITE) {
                let allocated = space.allocate(page, PAGE_SIZE, READ | WRITE);
                allocated.map_err(|_| Error::OutOfMemory)?;
            }
        }
        self.heap.store(length + size, Ordering::Relaxed);
        Ok(start)
    }
}
