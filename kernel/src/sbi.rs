//! Calls to the firmware ("RISC-V Supervisor Binary Interface Specification", version 2.0).

use core::arch::asm;

const BASE: usize = 0x10;
const TIME: usize = 0x5449_4D45;
const IPI: usize = 0x0073_5049;
const HSM: usize = 0x0048_534D;
const RESET: usize = 0x5352_5354;
const DEBUG_CONSOLE: usize = 0x4442_434E;

/// Extensions of the legacy chapter, for firmware that has no newer ones.
const LEGACY_PUTCHAR: usize = 1;
const LEGACY_SHUTDOWN: usize = 8;

/// An error code of chapter 3 (negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub isize);

impl Error {
    /// The hart runs already: firmware without HSM start lets all harts go at once.
    pub const ALREADY_AVAILABLE: Error = Error(-6);
}

fn call(extension: usize, function: usize, args: [usize; 3]) -> Result<usize, Error> {
    let error: isize;
    let value: usize;
    // SAFETY: the firmware changes a0 and a1 only, and memory as the called function says.
    unsafe {
        asm!(
            "ecall",
            inlateout("a0") args[0] => error,
            inlateout("a1") args[1] => value,
            in("a2") args[2],
            in("a6") function,
            in("a7") extension,
            options(nostack)
        );
    }
    if error == 0 { Ok(value) } else { Err(Error(error)) }
}

/// Whether the firmware has `extension` (4.4).
fn probe(extension: usize) -> bool {
    call(BASE, 3, [extension, 0, 0]).is_ok_and(|found| found != 0)
}

/// The firmware's number in the specification's list (4.2): 1 is OpenSBI, 4 RustSBI.
pub fn implementation() -> usize {
    call(BASE, 1, [0; 3]).unwrap_or(0)
}

pub fn has_debug_console() -> bool {
    probe(DEBUG_CONSOLE)
}

/// Writes a part of `bytes` to the debug console; says how many (12.1).
pub fn debug_console_write(bytes: &[u8]) -> Result<usize, Error> {
    // Memory is mapped to itself, so the address is the physical one that SBI wants.
    call(DEBUG_CONSOLE, 0, [bytes.len(), bytes.as_ptr() as usize, 0])
}

/// Writes one byte by the legacy console (5.2).
pub fn legacy_putchar(byte: u8) {
    // Legacy calls return in a0 alone, and this one has nothing to say.
    let _ = call(LEGACY_PUTCHAR, 0, [byte as usize, 0, 0]);
}

/// Interrupts this hart when `time` reaches `deadline` (6.1).
pub fn set_timer(deadline: u64) {
    call(TIME, 0, [deadline as usize, 0, 0]).expect("the firmware has no timer");
}

/// Sends a software interrupt to one hart (7.1).
pub fn send_ipi(hart: usize) {
    call(IPI, 0, [1, hart, 0]).expect("the firmware refuses to interrupt a hart");
}

/// Starts `hart` at the physical address `entry` with a0 = hart, a1 = `opaque` (9.1).
pub fn hart_start(hart: usize, entry: usize, opaque: usize) -> Result<(), Error> {
    call(HSM, 0, [hart, entry, opaque]).map(|_| ())
}

/// Ends the machine (10.1): reason 0, or 1 for a failure.
pub fn shutdown(failed: bool) -> ! {
    let _ = call(RESET, 0, [0, failed as usize, 0]);
    let _ = call(LEGACY_SHUTDOWN, 0, [0; 3]);
    loop {
        crate::riscv::wait_for_interrupt();
    }
}
