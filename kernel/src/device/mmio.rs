//! Registers of a device in memory.

use core::arch::asm;
use core::ops::Range;

/// A device's registers, mapped to themselves.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    start: usize,
    size: usize,
}

impl Registers {
    /// For the registers that the device tree names, and that [`crate::mm`] has mapped.
    pub fn new(range: &Range<usize>) -> Self {
        Registers { start: range.start, size: range.len() }
    }

    /// Reads the word at `offset`. What is read from memory afterwards is at least as new.
    pub fn read(&self, offset: usize) -> u32 {
        let address = self.address(offset);
        // SAFETY: within the registers of a device, which are mapped.
        let value = unsafe { (address as *const u32).read_volatile() };
        fence();
        value
    }

    /// Writes the word at `offset`, when everything written to memory before can be seen.
    pub fn write(&self, offset: usize, value: u32) {
        let address = self.address(offset);
        fence();
        // SAFETY: as above; the drivers know what a write does.
        unsafe { (address as *mut u32).write_volatile(value) };
    }

    fn address(&self, offset: usize) -> usize {
        assert!(
            offset.is_multiple_of(4) && offset + 4 <= self.size,
            "a device at {:#x} has no register {offset:#x}",
            self.start
        );
        self.start + offset
    }
}

/// Orders accesses to memory and to devices.
fn fence() {
    // SAFETY: orders accesses, no more.
    unsafe { asm!("fence iorw, iorw", options(nostack)) };
}
