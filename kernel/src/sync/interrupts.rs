//! A scope with interrupts off: nothing preempts it, so it stays on its hart.

use core::marker::PhantomData;

use crate::riscv;

/// Keeps interrupts off until dropped, then puts back what was.
///
/// Scopes nest, and end in reverse order. Not `Send`: it speaks of the hart that made it.
pub struct InterruptsOff {
    were_on: bool,
    not_send: PhantomData<*mut ()>,
}

impl InterruptsOff {
    pub fn new() -> Self {
        InterruptsOff { were_on: riscv::interrupts_off(), not_send: PhantomData }
    }
}

impl Drop for InterruptsOff {
    fn drop(&mut self) {
        if self.were_on {
            riscv::interrupts_on();
        }
    }
}
