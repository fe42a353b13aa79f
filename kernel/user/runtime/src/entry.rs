//! From the kernel's jump to the program's `main`, and the end by panic.

use core::arch::global_asm;
use core::panic::PanicInfo;

use crate::executor::{self, DEFAULT};
use crate::{println, process, syscall};

/// Exit code of a program that panics.
const PANICKED: i32 = 101;

// Where threads begin, with their number in the process in a1, which stays in tp, and their id in
// a2; the first finds what the process is told at a0, as many bytes as a3 says. A frame pointer and
// return address of 0 end the call chain.
global_asm!(
    ".section .text.entry, \"ax\"",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "li   fp, 0",
    "li   ra, 0",
    "mv   tp, a1",
    "tail program_main",
    ".size _start, . - _start",
    ".globl thread_start",
    ".type thread_start, @function",
    "thread_start:",
    "li   fp, 0",
    "li   ra, 0",
    "mv   tp, a1",
    "tail {thread_main}",
    ".size thread_start, . - thread_start",
    thread_main = sym thread_main,
);

unsafe extern "C" {
    /// Where further threads begin.
    fn thread_start();
}

/// Makes the `async fn` that is named the program's first coroutine. The process ends with it.
#[macro_export]
macro_rules! program {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn program_main(told: usize, _: usize, thread: u64, length: usize) -> ! {
            $crate::start(thread, [told, length], $main())
        }
    };
}

/// Runs a program: its `main`, and whatever that spawns.
#[track_caller]
pub fn start(
    thread: u64,
    [told, length]: [usize; 2],
    main: impl Future<Output = ()> + Send + 'static,
) -> ! {
    process::set_argument(told, length);
    executor::init();
    drop(executor::spawn(DEFAULT, main));
    executor::run(thread)
}

/// Starts one more thread for the coroutines of this process; false where there is none to be
/// had.
pub fn start_thread() -> bool {
    let entry = thread_start as *const () as usize;
    syscall::start_thread(entry, 0, DEFAULT).is_some()
}

extern "C" fn thread_main(_: usize, _: usize, thread: u64) -> ! {
    executor::run(thread)
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    match info.location() {
        Some(at) => println!("panic at {}:{}: {}", at.file(), at.line(), info.message()),
        None => println!("panic: {}", info.message()),
    }
    syscall::exit(PANICKED)
}
