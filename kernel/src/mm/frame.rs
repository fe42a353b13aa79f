//! Physical frames: a bitmap with a bit for each page of memory, set where the page is used.

use core::ops::Range;

use crate::memlayout::{self, BITMAP_PAGE, PAGE_SIZE, PROCESS_PAGES, page_up};
use crate::sync::SpinLock;

/// Frames that programs leave to the kernel: none of theirs is given out when so few are free.
/// With half of them left no call of a program is begun that needs memory. The other half is for
/// what is under way by then, and for the cache of the disk, which may keep 2 MiB and write
/// copies of it back.
const RESERVE: usize = (8 << 20) / PAGE_SIZE;

pub static FRAMES: SpinLock<FrameAllocator> = SpinLock::new(FrameAllocator::empty());

/// Gives out runs of pages, first fit.
pub struct FrameAllocator {
    /// Address of the page that bit 0 stands for.
    base: usize,
    /// Bit i: page i is used.
    words: &'static mut [u64],
    pages: usize,
    /// Pages that can be given out at all.
    usable: usize,
    /// Pages given out and not given back.
    used: usize,
    /// No page below is free.
    hint: usize,
}

impl FrameAllocator {
    const fn empty() -> Self {
        FrameAllocator { base: 0, words: &mut [], pages: 0, usable: 0, used: 0, hint: 0 }
    }

    /// Finds `count` free pages in a row; says the address of the first.
    pub fn allocate(&mut self, count: usize) -> Option<usize> {
        let first = self.find(count)?;
        self.set(first..first + count, true);
        self.used += count;
        // A single page is the first free one; a run may leave smaller gaps behind.
        if count == 1 || first == self.hint {
            self.hint = first + count;
        }
        Some(self.base + first * PAGE_SIZE)
    }

    /// The same for the sake of a program, which is refused before the kernel is in need.
    pub fn allocate_for_program(&mut self, count: usize) -> Option<usize> {
        if self.left() < count + RESERVE { None } else { self.allocate(count) }
    }

    /// Whether a program's call may take `count` pages for a time, and some more for itself.
    pub fn has_room_for_call(&self, count: usize) -> bool {
        self.left() >= count + RESERVE / 2
    }

    fn left(&self) -> usize {
        self.usable - self.used
    }

    /// Takes back what [`allocate`](Self::allocate) gave.
    pub fn free(&mut self, address: usize, count: usize) {
        let first = (address - self.base) / PAGE_SIZE;
        assert!((first..first + count).all(|page| self.is_used(page)), "frame freed twice");
        self.set(first..first + count, false);
        self.used -= count;
        self.hint = self.hint.min(first);
    }

    pub fn used(&self) -> usize {
        self.used
    }

    fn find(&self, count: usize) -> Option<usize> {
        let mut first = self.hint;
        let mut page = first;
        while page - first < count {
            if page == self.pages {
                return None;
            }
            // A full word at a time, where nothing is free.
            if page.is_multiple_of(64) && self.words[page / 64] == u64::MAX {
                page = (page + 64).min(self.pages);
                first = page;
            } else {
                page += 1;
                if self.is_used(page - 1) {
                    first = page;
                }
            }
        }
        Some(first)
    }

    fn is_used(&self, page: usize) -> bool {
        self.words[page / 64] & 1 << (page % 64) != 0
    }

    fn set(&mut self, pages: Range<usize>, used: bool) {
        for page in pages {
            if used {
                self.words[page / 64] |= 1 << (page % 64);
            } else {
                self.words[page / 64] &= !(1 << (page % 64));
            }
        }
    }
}

/// Manages the memory from the end of the kernel to `end`; its own bitmap comes first there.
pub fn init(end: usize) {
    let words_at = memlayout::kernel_end();
    let word_count = (end - words_at) / PAGE_SIZE / 64 + 1;
    let base = page_up(words_at + word_count * 8);
    // SAFETY: memory behind the kernel's image that nobody uses yet, and mine from here on.
    let words = unsafe {
        core::ptr::write_bytes(words_at as *mut u64, 0, word_count);
        core::slice::from_raw_parts_mut(words_at as *mut u64, word_count)
    };
    let mut frames = FRAMES.lock();
    let page_of = |address: usize| (address - base) / PAGE_SIZE;
    let (pages, reserved) = (page_of(end), page_of(BITMAP_PAGE)..page_of(PROCESS_PAGES.end));
    let usable = pages - reserved.len();
    *frames = FrameAllocator { base, words, pages, usable, used: 0, hint: 0 };
    frames.set(reserved, true);
}
