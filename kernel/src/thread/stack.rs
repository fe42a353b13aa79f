//! A thread's stack: frames with a mark at the lowest word that an overflow destroys.

use crate::memlayout::{PAGE_SIZE, THREAD_STACK_SIZE};
use crate::mm::frame::FRAMES;

const MARK: usize = 0x5441_434B_0E4D_A11D;

#[derive(Debug)]
pub struct Stack {
    bottom: usize,
}

impl Stack {
    pub fn new() -> Self {
        let frames = THREAD_STACK_SIZE / PAGE_SIZE;
        let bottom = FRAMES.lock().allocate(frames).expect("no memory for a stack");
        // SAFETY: new frames, which are mine.
        unsafe { (bottom as *mut usize).write(MARK) };
        Stack { bottom }
    }

    pub fn top(&self) -> usize {
        self.bottom + THREAD_STACK_SIZE
    }

    /// Whether no overflow has reached the lowest word.
    pub fn intact(&self) -> bool {
        // SAFETY: the frames are mine until dropped.
        unsafe { (self.bottom as *const usize).read() == MARK }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        FRAMES.lock().free(self.bottom, THREAD_STACK_SIZE / PAGE_SIZE);
    }
}
