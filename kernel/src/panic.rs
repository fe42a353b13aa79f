//! The end by failure: one line that says what, where and on which hart.

use core::fmt;
use core::panic::PanicInfo;

use crate::console::print_line_dying;
use crate::thread::processor;
use crate::{riscv, sbi};

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    riscv::interrupts_off();
    print_line_dying(format_args!("[kernel] panic on hart {}{}", riscv::hart_id(), Dying(info)));
    sbi::shutdown(true)
}

/// What, where, and in which coroutine.
struct Dying<'a>(&'a PanicInfo<'a>);

impl fmt::Display for Dying<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(at) = self.0.location() {
            write!(f, " at {}:{}", at.file(), at.line())?;
        }
        write!(f, ": {}", self.0.message())?;
        if let Some(task) = processor::dying_coroutine() {
            write!(f, " (in coroutine {}, spawned at {})", task.id, task.spawned_at)?;
        }
        Ok(())
    }
}
