//! The heap: free lists of blocks of 16, 32, … 2048 bytes, cut from pages that the kernel gives;
//! anything larger is pages of its own, kept for the next of the same size when given back.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use scheduler::layout::PAGE_SIZE;

use crate::lock::Lock;
use crate::syscall;

#[global_allocator]
static HEAP: Heap = Heap { free: Lock::new(Free { blocks: [None; CLASSES], pages: None }) };

const SMALLEST: usize = 16;
const CLASSES: usize = 8;
const LARGEST: usize = SMALLEST << (CLASSES - 1);

/// Bytes asked of the kernel at a time, to be cut into blocks.
const CHUNK: usize = 4 * PAGE_SIZE;

struct Heap {
    free: Lock<Free>,
}

struct Free {
    /// First free block of each size class.
    blocks: [Option<NonNull<Block>>; CLASSES],
    /// First free run of pages.
    pages: Option<NonNull<Block>>,
}

// SAFETY: what is free belongs to the heap alone, whichever thread holds its lock.
unsafe impl Send for Free {}

/// What is written into memory that is free.
struct Block {
    next: Option<NonNull<Block>>,
    /// Its bytes.
    size: usize,
}

// SAFETY: blocks are as large and as aligned as asked for, and given to one owner at a time.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut free = self.free.lock();
        let block = match size_class(layout) {
            Some(class) => free.take_block(class),
            None if layout.align() > PAGE_SIZE => None,
            None => free.take_pages(pages_for(layout)),
        };
        block.map_or(ptr::null_mut(), |block| block.as_ptr().cast())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(block) = NonNull::new(block.cast::<Block>()) else { return };
        let mut free = self.free.lock();
        let (list, size) = match size_class(layout) {
            Some(class) => (&mut free.blocks[class], SMALLEST << class),
            None => (&mut free.pages, pages_for(layout)),
        };
        // SAFETY: the caller gives back what `alloc` gave for this layout.
        unsafe { put(list, block, size) };
    }
}

impl Free {
    fn take_block(&mut self, class: usize) -> Option<NonNull<Block>> {
        let size = SMALLEST << class;
        if self.blocks[class].is_none() {
            let chunk = syscall::grow(CHUNK)?;
            for at in (chunk..chunk + CHUNK).step_by(size).rev() {
                let block = NonNull::new(at as *mut Block)?;
                // SAFETY: blocks of new pages, which are mine, side by side.
                unsafe { put(&mut self.blocks[class], block, size) };
            }
        }
        let block = self.blocks[class]?;
        // SAFETY: a block of the free list is mine and holds a `Block`.
        self.blocks[class] = unsafe { block.as_ref().next };
        Some(block)
    }

    /// The first free run of exactly this size, or a new one.
    fn take_pages(&mut self, size: usize) -> Option<NonNull<Block>> {
        let mut link = &mut self.pages;
        while let Some(run) = *link {
            // SAFETY: a run of the free list is mine and holds a `Block`.
            let run = unsafe { &mut *run.as_ptr() };
            if run.size == size {
                *link = run.next;
                return Some(NonNull::from(run));
            }
            link = &mut run.next;
        }
        NonNull::new(syscall::grow(size)? as *mut Block)
    }
}

/// Puts a block into a free list.
///
/// # Safety
/// It has `size` bytes, which are nobody's any more.
unsafe fn put(list: &mut Option<NonNull<Block>>, block: NonNull<Block>, size: usize) {
    // SAFETY: the block is mine now, and large and aligned enough.
    unsafe { block.write(Block { next: *list, size }) };
    *list = Some(block);
}

/// The class of blocks that fit `layout`; none where it takes whole pages. Blocks are as aligned
/// as they are large.
fn size_class(layout: Layout) -> Option<usize> {
    let size = layout.size().max(layout.align()).max(SMALLEST).next_power_of_two();
    (size <= LARGEST).then(|| (size / SMALLEST).trailing_zeros() as usize)
}

fn pages_for(layout: Layout) -> usize {
    layout.size().next_multiple_of(PAGE_SIZE)
}

const _: () = assert!(size_of::<Block>() <= SMALLEST);
