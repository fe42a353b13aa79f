//! From the kernel's jump to the program's `main`, and the end by panic.

use core::arch::global_asm;
use core::panic::PanicInfo;

use crate::{println, syscall};

/// Exit code of a program that panics.
const PANICKED: i32 = 101;

// A frame pointer and return address of 0 end the call chain.
global_asm!(
    ".section .text.entry, \"ax\"",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "li   fp, 0",
    "li   ra, 0",
    "tail program_main",
    ".size _start, . - _start",
);

/// Makes `main` the program's first function.
#[macro_export]
macro_rules! program {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn program_main() -> ! {
            $crate::start($main)
        }
    };
}

pub fn start(main: fn()) -> ! {
    main();
    syscall::exit(0)
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    match info.location() {
        Some(at) => println!("panic at {}:{}: {}", at.file(), at.line(), info.message()),
        None => println!("panic: {}", info.message()),
    }
    syscall::exit(PANICKED)
}
