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
        let address = self.address_of(offset, size_of::<u32>());
        // SAFETY: within the registers of a device, which are mapped.
        let value = unsafe { (address as *const u32).read_volatile() };
        fence();
        value
    }

    /// Writes the word at `offset`, when everything written to memory before can be seen.
    pub fn write(&self, offset: usize, value: u32) {
        let address = self.address_of(offset, size_of::<u32>());
        fence();
        // SAFETY: as above; the drivers know what a write does.
        unsafe { (address as *mut u32).write_volatile(value) };
    }

    /// Reads the byte at `offset`, of a device whose registers are bytes.
    pub fn read_byte(&self, offset: usize) -> u8 {
        let address = self.address_of(offset, 1);
        // SAFETY: as `read`.
        let value = unsafe { (address as *const u8).read_volatile() };
        fence();
        value
    }

    /// Writes the byte at `offset`, as [`write`](Self::write) does a word.
    pub fn write_byte(&self, offset: usize, value: u8) {
        let address = self.address_of(offset, 1);
        fence();
        // SAFETY: as `write`.
        unsafe { (address as *mut u8).write_volatile(value) };
    }

    fn address_of(&self, offset: usize, size: usize) -> usize {
        assert!(
            offset.is_multiple_of(size) && offset + size <= self.size,
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
