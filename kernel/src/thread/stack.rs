//! A thread's stack: frames with a mark at the lowest word that an overflow destroys.

use crate::memlayout::{PAGE_SIZE, THREAD_STACK_SIZE};
use crate::mm::OutOfMemory;
use crate::mm::frame::FRAMES;
use crate::trap::TrapFrame;

const MARK: usize = 0x5441_434B_0E4D_A11D;

#[derive(Debug)]
pub struct Stack {
    bottom: usize,
}

impl Stack {
    /// By the measure of programs: the threads of the kernel begin while there is plenty.
    pub fn new() -> Result<Self, OutOfMemory> {
        let frames = THREAD_STACK_SIZE / PAGE_SIZE;
        let bottom = FRAMES.lock().allocate_for_program(frames).ok_or(OutOfMemory)?;
        // SAFETY: new frames, which are mine.
        unsafe { (bottom as *mut usize).write(MARK) };
        Ok(Stack { bottom })
    }

    pub fn top(&self) -> usize {
        self.bottom + THREAD_STACK_SIZE
    }

    /// Puts the registers of a program at the top, and says where the stack of the kernel ends
    /// that is left.
    pub fn put(&self, frame: TrapFrame) -> usize {
        // SAFETY: the frames are mine, and nobody uses the stack yet.
        unsafe { self.frame().write(frame) };
        self.frame() as usize
    }

    /// Where the registers of a program are while it is in the kernel.
    pub fn frame(&self) -> *mut TrapFrame {
        (self.top() - size_of::<TrapFrame>()) as *mut TrapFrame
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
