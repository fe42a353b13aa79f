//! The heap: free lists of blocks of 16, 32, … 2048 bytes, cut from single frames; anything
//! larger is whole frames. Every operation takes constant time but for the search for frames.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use super::frame::FRAMES;
use crate::memlayout::{PAGE_SIZE, page_up};
use crate::sync::SpinLock;

#[global_allocator]
pub static HEAP: Heap = Heap { inner: SpinLock::new(HeapInner::new()) };

const SMALLEST: usize = 16;
const CLASSES: usize = 8;
const LARGEST: usize = SMALLEST << (CLASSES - 1);

pub struct Heap {
    inner: SpinLock<HeapInner>,
}

struct HeapInner {
    /// First free block of each size class.
    free: [Option<NonNull<FreeBlock>>; CLASSES],
    usage: Usage,
}

// SAFETY: free blocks belong to the heap alone, whichever hart holds its lock.
unsafe impl Send for HeapInner {}

struct FreeBlock {
    next: Option<NonNull<FreeBlock>>,
}

/// What the heap holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Allocations that live.
    pub objects: usize,
    /// Frames cut into blocks. They stay the heap's.
    pub block_frames: usize,
}

impl Heap {
    pub fn usage(&self) -> Usage {
        self.inner.lock().usage
    }
}

// SAFETY: blocks are as large and as aligned as asked for, and given to one owner at a time.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut heap = self.inner.lock();
        let block = match size_class(layout) {
            Some(class) => heap.allocate_block(class),
            None if layout.align() > PAGE_SIZE => None,
            None => FRAMES.lock().allocate(pages(layout)).map(|at| at as *mut u8),
        };
        heap.usage.objects += block.is_some() as usize;
        block.unwrap_or(ptr::null_mut())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let mut heap = self.inner.lock();
        heap.usage.objects -= 1;
        match size_class(layout) {
            // SAFETY: the caller gives back what `alloc` gave for this layout.
            Some(class) => unsafe { heap.free_block(class, block) },
            None => FRAMES.lock().free(block as usize, pages(layout)),
        }
    }
}

impl HeapInner {
    const fn new() -> Self {
        HeapInner { free: [None; CLASSES], usage: Usage { objects: 0, block_frames: 0 } }
    }

    fn allocate_block(&mut self, class: usize) -> Option<*mut u8> {
        if self.free[class].is_none() {
            self.refill(class)?;
        }
        let block = self.free[class]?;
        // SAFETY: a block of the free list is mine and holds a `FreeBlock`.
        self.free[class] = unsafe { block.as_ref().next };
        Some(block.as_ptr().cast())
    }

    /// # Safety
    /// `block` is a block of `class` that nobody uses any more.
    unsafe fn free_block(&mut self, class: usize, block: *mut u8) {
        let block = block.cast::<FreeBlock>();
        // SAFETY: the block is mine now, large and aligned enough for a `FreeBlock`.
        unsafe { block.write(FreeBlock { next: self.free[class] }) };
        self.free[class] = NonNull::new(block);
    }

    /// Cuts one frame into blocks of `class`, the lowest to be given out first.
    fn refill(&mut self, class: usize) -> Option<()> {
        let frame = FRAMES.lock().allocate(1)?;
        self.usage.block_frames += 1;
        let size = SMALLEST << class;
        for at in (frame..frame + PAGE_SIZE).step_by(size).rev() {
            // SAFETY: blocks of a new frame, which is mine, side by side.
            unsafe { self.free_block(class, at as *mut u8) };
        }
        Some(())
    }
}

/// The class of blocks that fit `layout`; none where it takes whole frames. Blocks are as
/// aligned as they are large.
fn size_class(layout: Layout) -> Option<usize> {
    let size = layout.size().max(layout.align()).max(SMALLEST).next_power_of_two();
    (size <= LARGEST).then(|| (size / SMALLEST).trailing_zeros() as usize)
}

fn pages(layout: Layout) -> usize {
    page_up(layout.size()) / PAGE_SIZE
}
