//! The core of an executor, as code that is in memory once: the kernel and every process call it
//! where they have it mapped, on queues of their own. It allocates nothing, calls nobody, and
//! keeps no data; the linker script refuses an image that has any, or that an address is written
//! into.

#![no_std]
#![no_main]

mod queues;
mod states;

use core::arch::global_asm;
use core::panic::PanicInfo;

use scheduler::table::{FUNCTIONS, VERSION};

// The table, at the image's start: `scheduler::table` has the order.
global_asm!(
    ".section .table, \"a\"",
    ".globl scheduler_table",
    ".type scheduler_table, @object",
    "scheduler_table:",
    ".4byte {version}",
    ".4byte {count}",
    ".4byte {push} - scheduler_table",
    ".4byte {take} - scheduler_table",
    ".4byte {remove} - scheduler_table",
    ".4byte {wake} - scheduler_table",
    ".4byte {begin_poll} - scheduler_table",
    ".4byte {end_poll} - scheduler_table",
    ".4byte {finish} - scheduler_table",
    ".size scheduler_table, . - scheduler_table",
    version = const VERSION,
    count = const FUNCTIONS,
    push = sym queues::push,
    take = sym queues::take,
    remove = sym queues::remove,
    wake = sym states::wake,
    begin_poll = sym states::begin_poll,
    end_poll = sym states::end_poll,
    finish = sym states::finish,
);

unsafe extern "C" {
    /// Nobody defines it: an image in which a panic can be reached does not link.
    fn the_scheduler_must_not_panic() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    // SAFETY: there is no such code, so nobody comes here.
    unsafe { the_scheduler_must_not_panic() }
}
