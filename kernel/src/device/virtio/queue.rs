//! A split virtqueue (2.7) whose requests are chains of up to three descriptors, each chain in
//! a fixed place: number n has the descriptors from 3n on.

use core::sync::atomic::{Ordering, fence};

use crate::memlayout::PAGE_SIZE;
use crate::mm::frame::FRAMES;

/// Descriptors; a power of two.
pub const SIZE: usize = 64;

/// Chains that fit.
pub const CHAINS: usize = SIZE / 3;

/// Flags of a descriptor (2.7.5).
const NEXT: u16 = 1;
const WRITE: u16 = 2;

#[repr(C)]
struct Descriptor {
    address: u64,
    length: u32,
    flags: u16,
    next: u16,
}

/// What the driver offers (2.7.6).
#[repr(C)]
struct Available {
    flags: u16,
    index: u16,
    ring: [u16; SIZE],
}

/// What the device has done (2.7.8).
#[repr(C)]
struct Used {
    flags: u16,
    index: u16,
    ring: [UsedElement; SIZE],
}

#[repr(C)]
struct UsedElement {
    id: u32,
    length: u32,
}

/// Each part as aligned as the device needs it (2.7).
#[repr(C)]
struct Memory {
    descriptors: [Descriptor; SIZE],
    available: Available,
    used: UsedPart,
}

#[repr(C, align(4))]
struct UsedPart(Used);

const _: () = assert!(size_of::<Memory>() <= PAGE_SIZE);

/// One queue, in a frame that the device may read and write for ever.
pub struct Queue {
    memory: *mut Memory,
    /// Entries of the used ring that were taken.
    taken: u16,
}

// SAFETY: the frame is the queue's alone, and the device's.
unsafe impl Send for Queue {}

/// A piece of memory for the device, to read or to write.
pub struct Piece {
    pub address: usize,
    pub length: usize,
    pub device_writes: bool,
}

/// The device says that it has done something which it was not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonsense;

impl Queue {
    /// None when there is no frame for it.
    pub fn new() -> Option<Self> {
        let memory = FRAMES.lock().allocate(1)? as *mut Memory;
        // SAFETY: a new frame, which is mine, large enough as asserted above; numbers are valid
        // when they are zero.
        unsafe { core::ptr::write_bytes(memory.cast::<u8>(), 0, PAGE_SIZE) };
        Some(Queue { memory, taken: 0 })
    }

    /// Where the descriptors, the driver's and the device's part are.
    pub fn addresses(&self) -> [usize; 3] {
        // SAFETY: addresses of parts of my frame; nothing is read.
        unsafe {
            [
                &raw const (*self.memory).descriptors as usize,
                &raw const (*self.memory).available as usize,
                &raw const (*self.memory).used as usize,
            ]
        }
    }

    /// Offers `pieces`, three at most, to the device as chain `number`.
    pub fn offer(&mut self, number: usize, pieces: &[Piece]) {
        assert!(number < CHAINS && (1..=3).contains(&pieces.len()), "no such chain");
        let first = 3 * number;
        for (place, piece) in pieces.iter().enumerate() {
            let more = if place + 1 < pieces.len() { NEXT } else { 0 };
            let write = if piece.device_writes { WRITE } else { 0 };
            let descriptor = Descriptor {
                address: piece.address as u64,
                length: piece.length as u32,
                flags: more | write,
                next: (first + place + 1) as u16,
            };
            // SAFETY: within the array; the device looks at it once it is offered.
            unsafe { (&raw mut (*self.memory).descriptors[first + place]).write_volatile(descriptor) };
        }
        // SAFETY: parts of my frame. The index comes last, after the rest can be seen.
        unsafe {
            let index = &raw mut (*self.memory).available.index;
            let at = index.read_volatile();
            let slot = &raw mut (*self.memory).available.ring[at as usize % SIZE];
            slot.write_volatile(first as u16);
            fence(Ordering::SeqCst);
            index.write_volatile(at.wrapping_add(1));
        }
    }

    /// Takes the number of a chain that the device is done with.
    pub fn take(&mut self) -> Option<Result<usize, Nonsense>> {
        // SAFETY: parts of my frame, which the device writes before it raises the index.
        let id = unsafe {
            if (&raw const (*self.memory).used.0.index).read_volatile() == self.taken {
                return None;
            }
            fence(Ordering::SeqCst);
            let at = self.taken as usize % SIZE;
            (&raw const (*self.memory).used.0.ring[at].id).read_volatile() as usize
        };
        self.taken = self.taken.wrapping_add(1);
        let known = id.is_multiple_of(3) && id / 3 < CHAINS;
        Some(if known { Ok(id / 3) } else { Err(Nonsense) })
    }
}
