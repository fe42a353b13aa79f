//! Saved registers of a thread that does not run, and the switch between two of them.

use core::arch::global_asm;

/// What a function must keep for its caller (psABI, "Integer Register Convention"). `tp` is not
/// among them: it belongs to the hart.
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    ra: usize,
    sp: usize,
    s0: usize,
    s1: usize,
    s2: usize,
    s3: usize,
    s4: usize,
    s5: usize,
    s6: usize,
    s7: usize,
    s8: usize,
    s9: usize,
    s10: usize,
    s11: usize,
}

impl Context {
    /// What a hart's idle flow has before it first switches away.
    pub const fn empty() -> Self {
        // SAFETY: registers are numbers, and any number will do.
        unsafe { core::mem::zeroed() }
    }

    /// A context that begins a thread on the stack that ends at `stack_top`. Its frame pointer
    /// of 0 ends the call chain.
    pub fn start(stack_top: usize) -> Self {
        Context { ra: thread_entry as *const () as usize, sp: stack_top, ..Context::empty() }
    }
}

unsafe extern "C" {
    /// Saves the caller's registers to `from` and goes on with those of `to`. Returns when
    /// someone switches back.
    ///
    /// # Safety
    /// Interrupts are off. `to` was saved here or made by [`Context::start`], its stack lives,
    /// and no other hart uses either.
    pub fn switch_context(from: *mut Context, to: *const Context);

    /// A thread's first instruction: a return address of 0 ends the call chain.
    fn thread_entry();
}

global_asm!(
    ".section .text.switch, \"ax\"",
    ".globl switch_context",
    ".type switch_context, @function",
    "switch_context:",
    "sd ra, 0(a0)",
    "sd sp, 8(a0)",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11",
    "sd s\\n, 16+8*\\n(a0)",
    ".endr",
    "ld ra, 0(a1)",
    "ld sp, 8(a1)",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11",
    "ld s\\n, 16+8*\\n(a1)",
    ".endr",
    "ret",
    ".size switch_context, . - switch_context",
    ".globl thread_entry",
    ".type thread_entry, @function",
    "thread_entry:",
    "li ra, 0",
    "tail {main}",
    ".size thread_entry, . - thread_entry",
    main = sym super::thread_main,
);
