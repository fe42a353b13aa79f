//! From the firmware's jump to `boot_main` on one hart and `secondary_main` on the others.
//!
//! The firmware enters with a0 = hart id and a1 = device tree. Which hart comes first is not
//! for us to choose, so a lottery decides: the first through it boots. The others wait at a
//! gate, whether the firmware let them all go at once or the boot hart started them (HSM).

use core::arch::global_asm;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::memlayout::{HART_STACK_SIZE, MAX_HARTS};
use crate::sbi;

global_asm!(
    ".section .text.entry, \"ax\"",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    // tp = hart id, for ever; a frame pointer and return address of 0 end the call chain.
    "mv   tp, a0",
    "li   fp, 0",
    "li   ra, 0",
    "li   t0, {max_harts}",
    "bgeu a0, t0, 3f",
    // sp = boot_stacks + (hart id + 1) * 64 KiB
    "la   sp, {stacks}",
    "addi t0, a0, 1",
    "slli t0, t0, {stack_shift}",
    "add  sp, sp, t0",
    "la   t0, {lottery}",
    "li   t1, 1",
    "amoadd.w.aqrl t1, t1, (t0)",
    "bnez t1, 2f",
    "la   t0, __bss_start",
    "la   t1, __bss_end",
    "1: bgeu t0, t1, 1f",
    "sd   zero, (t0)",
    "addi t0, t0, 8",
    "j    1b",
    "1: call {boot_main}",
    "2: call {secondary_main}",
    // No stack for this hart: end the machine with a failure (SBI system reset).
    "3:",
    "li   a0, 0",
    "li   a1, 1",
    "li   a6, 0",
    "li   a7, 0x53525354",
    "ecall",
    "j    3b",
    ".size _start, . - _start",
    max_harts = const MAX_HARTS,
    stacks = sym BOOT_STACKS,
    stack_shift = const HART_STACK_SIZE.trailing_zeros(),
    lottery = sym BOOT_LOTTERY,
    boot_main = sym crate::boot_main,
    secondary_main = sym crate::secondary_main,
);

#[repr(align(4096))]
struct Stacks(#[expect(dead_code, reason = "used through sp")] [[u8; HART_STACK_SIZE]; MAX_HARTS]);

#[unsafe(link_section = ".stacks")]
static mut BOOT_STACKS: Stacks = Stacks([[0; HART_STACK_SIZE]; MAX_HARTS]);

/// Harts that came through the entry. In `.data`: the winner clears `.bss`.
#[unsafe(link_section = ".data")]
static BOOT_LOTTERY: AtomicU32 = AtomicU32::new(0);

/// Open once the boot hart has initialised everything. In `.data` for the same reason.
#[unsafe(link_section = ".data")]
static GATE: AtomicBool = AtomicBool::new(false);

/// Bit h: hart h is in the kernel.
static ONLINE: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" {
    fn _start();
}

/// The harts of `harts` (a set of bits) that this kernel runs.
fn ours(harts: u64) -> u64 {
    harts & ((1 << MAX_HARTS) - 1)
}

pub fn count(harts: u64) -> usize {
    ours(harts).count_ones() as usize
}

/// Starts the other harts of `harts` (a set of bits), opens the gate and waits until all are in.
pub fn start_others(boot_hart: usize, harts: u64) {
    check_in(boot_hart);
    let ours = ours(harts);
    for hart in (0..MAX_HARTS).filter(|&hart| ours & 1 << hart != 0 && hart != boot_hart) {
        match sbi::hart_start(hart, _start as *const () as usize, 0) {
            Ok(()) | Err(sbi::Error::ALREADY_AVAILABLE) => {}
            Err(error) => panic!("hart {hart} does not start: {error:?}"),
        }
    }
    GATE.store(true, Ordering::Release);
    while online() != ours {
        core::hint::spin_loop();
    }
}

/// The harts that are in the kernel, as a set of bits.
pub fn online() -> u64 {
    ONLINE.load(Ordering::Acquire)
}

/// Holds a secondary hart until the boot hart has initialised everything.
pub fn wait_at_gate() {
    while !GATE.load(Ordering::Acquire) {
        core::hint::spin_loop();
    }
}

/// Tells that `hart` takes part.
pub fn check_in(hart: usize) {
    ONLINE.fetch_or(1 << hart, Ordering::AcqRel);
}
