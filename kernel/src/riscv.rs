//! Registers and instructions of the RISC-V privileged architecture that the kernel uses.
//! Section numbers are those of "The RISC-V Instruction Set Manual, Volume II".

use core::arch::asm;

/// `sstatus.SIE`: interrupts are taken in S-mode (12.1.1).
const SSTATUS_SIE: usize = 1 << 1;

/// `sstatus.SPP`: the trap came from S-mode.
pub const SSTATUS_SPP: usize = 1 << 8;

/// Bits of `sie` and `sip`, and interrupt codes of `scause` (12.1.3, 12.1.8).
pub const SOFTWARE_INTERRUPT: usize = 1;
pub const TIMER_INTERRUPT: usize = 5;
pub const EXTERNAL_INTERRUPT: usize = 9;

/// Id of the hart that executes this: `tp` holds it from the first instruction on.
///
/// A thread may be on another hart a moment later unless interrupts are off.
#[inline(always)]
pub fn hart_id() -> usize {
    let id;
    // SAFETY: reads a register that nothing but the entry code writes.
    unsafe { asm!("mv {}, tp", out(reg) id, options(nomem, nostack, preserves_flags)) };
    id
}

/// Turns interrupts off and says whether they were on.
#[inline(always)]
pub fn interrupts_off() -> bool {
    let sstatus: usize;
    // SAFETY: masking interrupts breaks no memory rule; the asm orders memory accesses.
    unsafe {
        asm!("csrrci {}, sstatus, {}", out(reg) sstatus, const SSTATUS_SIE, options(nostack))
    };
    sstatus & SSTATUS_SIE != 0
}

/// Turns interrupts on: the trap handler may run from here on.
#[inline(always)]
pub fn interrupts_on() {
    // SAFETY: the handler is installed before the first call, and saves every register.
    unsafe { asm!("csrsi sstatus, {}", const SSTATUS_SIE, options(nostack)) };
}

/// Lets software, timer and external interrupts of this hart through `sie`.
pub fn enable_interrupt_sources() {
    let bits = 1 << SOFTWARE_INTERRUPT | 1 << TIMER_INTERRUPT | 1 << EXTERNAL_INTERRUPT;
    // SAFETY: chooses what interrupts once `sstatus.SIE` is set, no more.
    unsafe { asm!("csrs sie, {}", in(reg) bits, options(nostack)) };
}

/// Lets code in user mode read `time`, and no other counter (`scounteren`, 12.1.5).
pub fn let_programs_read_time() {
    const TIME: usize = 1 << 1;
    // SAFETY: shows programs a clock, no more.
    unsafe { asm!("csrw scounteren, {}", in(reg) TIME, options(nomem, nostack)) };
}

/// Takes back the software interrupt that another hart sent: clears `sip.SSIP`.
pub fn clear_software_interrupt() {
    // SAFETY: clears a pending bit of this hart.
    unsafe { asm!("csrc sip, {}", in(reg) 1 << SOFTWARE_INTERRUPT, options(nostack)) };
}

/// Sleeps until an interrupt is pending, even one that `sstatus.SIE` masks (3.3.3).
#[inline(always)]
pub fn wait_for_interrupt() {
    // SAFETY: only waits.
    unsafe { asm!("wfi", options(nostack)) };
}

/// The `time` counter, in ticks of the device tree's timebase.
#[inline(always)]
pub fn time() -> u64 {
    let ticks;
    // SAFETY: reads a counter.
    unsafe { asm!("rdtime {}", out(reg) ticks, options(nomem, nostack, preserves_flags)) };
    ticks
}

/// Sends every trap of this hart to the code at `handler` (`stvec`, direct mode), and clears
/// `sscratch`.
///
/// # Safety
/// `handler` is 4-aligned code that saves and restores what it changes.
pub unsafe fn set_trap_handler(handler: usize) {
    // SAFETY: the caller's promise.
    unsafe { asm!("csrw sscratch, zero", "csrw stvec, {}", in(reg) handler, options(nostack)) };
}

/// Switches this hart to the page tables of `satp` and forgets old translations.
///
/// # Safety
/// The tables map everything that the running code and its stack need.
pub unsafe fn set_address_space(satp: usize) {
    // SAFETY: the caller's promise.
    unsafe { asm!("csrw satp, {}", "sfence.vma", in(reg) satp, options(nostack)) };
}

/// Has this hart look at its page tables anew (12.2.1).
pub fn fence_translations() {
    // SAFETY: forgets what is in the tables anyway.
    unsafe { asm!("sfence.vma", options(nostack)) };
}

/// `scause` and `stval`: why this hart trapped, and the address or instruction at fault.
pub fn trap_cause() -> (usize, usize) {
    let (scause, stval);
    // SAFETY: reads two registers.
    unsafe {
        asm!("csrr {}, scause", "csrr {}, stval", out(reg) scause, out(reg) stval, options(nomem, nostack));
    }
    (scause, stval)
}

/// Lets this hart fetch as instructions what it sees as data.
pub fn fence_instructions() {
    // SAFETY: orders memory accesses, no more.
    unsafe { asm!("fence.i", options(nostack)) };
}

/// `sstatus` of code in user mode: interrupts are on when it begins (12.1.1).
pub fn user_status() -> usize {
    const SPIE: usize = 1 << 5;
    const SUM: usize = 1 << 18;
    let sstatus: usize;
    // SAFETY: reads a register.
    unsafe { asm!("csrr {}, sstatus", out(reg) sstatus, options(nomem, nostack)) };
    sstatus & !(SSTATUS_SPP | SUM | SSTATUS_SIE) | SPIE
}
