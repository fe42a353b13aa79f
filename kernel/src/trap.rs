//! Traps: timer, software and external interrupts; system calls and faults of programs. A fault of
//! the kernel itself is a bug and the end.
//!
//! `sscratch` tells where a trap came from: it is 0 while a hart is in the kernel, and holds the
//! address of the thread's [`TrapFrame`] while it is in user mode.

use core::arch::global_asm;

use crate::device::plic;
use crate::mm::space::{EXECUTE, READ, WRITE};
use crate::thread::processor;
use crate::{process, riscv, syscall, timer};

/// Registers of interrupted code: of the kernel's, on the stack that it used; of a program's, at
/// the top of its thread's kernel stack.
///
/// The last two words form a frame record, as every function's prologue makes one, so that
/// whoever follows frame pointers passes from the handler to the interrupted code.
#[repr(C)]
#[derive(Debug)]
pub struct TrapFrame {
    /// x0 to x31. The entry of x0 pads; x8 (fp) is kept below, and x2 (sp) and x4 (tp) are a
    /// program's: the kernel's sp is where the frame ends, and its tp the hart's.
    pub x: [usize; 32],
    pub sstatus: usize,
    /// What tp must be again when a program traps: the id of the hart that returned to it.
    hart: usize,
    pub fp: usize,
    pub sepc: usize,
}

const FRAME_SIZE: usize = size_of::<TrapFrame>();

impl TrapFrame {
    /// What a thread of a program begins with: `arguments` in a0 to a3.
    pub fn user(entry: usize, stack_top: usize, arguments: [usize; 4]) -> Self {
        let mut x = [0; 32];
        x[2] = stack_top;
        x[10..14].copy_from_slice(&arguments);
        TrapFrame { x, sstatus: riscv::user_status(), hart: 0, fp: 0, sepc: entry }
    }

    fn is_programs(&self) -> bool {
        self.sstatus & riscv::SSTATUS_SPP == 0
    }
}

// The thread may leave the handler on another hart: tp stays as that hart has it.
global_asm!(
    ".macro TRAP_REGISTERS op",
    ".irp n, 1,3,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "\\op x\\n, 8*\\n(sp)",
    ".endr",
    ".endm",
    ".macro SAVE_STATE",
    "sd   fp, {fp}(sp)",
    "csrr t0, sepc",
    "sd   t0, {sepc}(sp)",
    "csrr t1, sstatus",
    "sd   t1, {sstatus}(sp)",
    ".endm",
    ".macro RESTORE_STATE",
    "ld   t0, {sepc}(sp)",
    "csrw sepc, t0",
    "ld   t1, {sstatus}(sp)",
    "csrw sstatus, t1",
    ".endm",
    ".section .text.trap, \"ax\"",
    ".balign 4",
    ".globl trap_entry",
    ".type trap_entry, @function",
    "trap_entry:",
    "csrrw sp, sscratch, sp",
    "bnez sp, 1f",
    // From the kernel.
    "csrrw sp, sscratch, sp",
    "addi sp, sp, -{size}",
    "TRAP_REGISTERS sd",
    "SAVE_STATE",
    "addi fp, sp, {size}",
    "mv   a0, sp",
    ".Ltrap_saved:",
    "call {handle}",
    "RESTORE_STATE",
    ".Ltrap_restore:",
    "ld   fp, {fp}(sp)",
    "TRAP_REGISTERS ld",
    "addi sp, sp, {size}",
    "sret",
    // From a program.
    "1:",
    "TRAP_REGISTERS sd",
    "sd   tp, 8*4(sp)",
    "csrrw t0, sscratch, zero",
    "sd   t0, 8*2(sp)",
    "SAVE_STATE",
    "ld   tp, {hart}(sp)",
    "addi fp, sp, {size}",
    "mv   a0, sp",
    ".Luser_saved:",
    "call {handle}",
    ".Luser_return:",
    "sd   tp, {hart}(sp)",
    "csrw sscratch, sp",
    "RESTORE_STATE",
    ".Luser_restore:",
    "ld   fp, {fp}(sp)",
    "ld   tp, 8*4(sp)",
    "TRAP_REGISTERS ld",
    "ld   sp, 8*2(sp)",
    "sret",
    ".size trap_entry, . - trap_entry",
    ".globl enter_user",
    ".type enter_user, @function",
    "enter_user:",
    "mv   sp, a0",
    "j    .Luser_return",
    ".size enter_user, . - enter_user",
    size = const FRAME_SIZE,
    hart = const core::mem::offset_of!(TrapFrame, hart),
    fp = const core::mem::offset_of!(TrapFrame, fp),
    sepc = const core::mem::offset_of!(TrapFrame, sepc),
    sstatus = const core::mem::offset_of!(TrapFrame, sstatus),
    handle = sym handle,
);

// Where a debugger finds the interrupted code's registers (DWARF 4, 6.4), for it reads the
// variables of a coroutine that was forced off its hart from them. By hand, because the
// assembler has one column for return addresses, which is ra, and here ra is a value of its own:
// the code goes on at sepc, which is DWARF register 4096 + its number as all CSRs are.
global_asm!(
    ".section .debug_frame, \"\", @progbits",
    ".balign 8",
    ".Ltrap_cie:",
    ".4byte 2f - 1f",
    "1: .4byte 0xffffffff",
    // Version, augmentation, sizes of addresses and segments, factors of code and data.
    ".byte 4, 0, 8, 0",
    ".uleb128 1",
    ".sleb128 -8",
    ".uleb128 {sepc_register}",
    // DW_CFA_def_cfa: sp + size.
    ".byte 0x0c, 2",
    ".uleb128 {size}",
    ".balign 8",
    "2: .4byte 4f - 3f",
    "3: .4byte .Ltrap_cie",
    ".8byte .Ltrap_saved, .Ltrap_restore - .Ltrap_saved",
    // DW_CFA_offset: in eights below the frame's end.
    ".irp n, 1,3,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    ".byte 0x80 | \\n, {size} / 8 - \\n",
    ".endr",
    ".byte 0x80 | 8, ({size} - {fp}) / 8",
    // DW_CFA_offset_extended.
    ".byte 0x05",
    ".uleb128 {sepc_register}",
    ".byte ({size} - {sepc}) / 8",
    ".balign 8",
    // The same for a program: its sp and tp are in the frame, too.
    "4: .4byte 6f - 5f",
    "5: .4byte .Ltrap_cie",
    ".8byte .Luser_saved, .Luser_restore - .Luser_saved",
    ".irp n, 1,2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    ".byte 0x80 | \\n, {size} / 8 - \\n",
    ".endr",
    ".byte 0x80 | 8, ({size} - {fp}) / 8",
    ".byte 0x05",
    ".uleb128 {sepc_register}",
    ".byte ({size} - {sepc}) / 8",
    ".balign 8",
    "6:",
    size = const FRAME_SIZE,
    fp = const core::mem::offset_of!(TrapFrame, fp),
    sepc = const core::mem::offset_of!(TrapFrame, sepc),
    sepc_register = const 4096 + 0x141,
);

unsafe extern "C" {
    fn trap_entry();

    /// Goes to user mode with the registers of `frame`, and gives up the stack that calls this.
    ///
    /// # Safety
    /// Interrupts are off, `frame` is at the top of the current thread's kernel stack, and no
    /// value below it needs to be dropped.
    pub fn enter_user(frame: *mut TrapFrame) -> !;
}

/// Readies this hart for traps and interrupts.
pub fn init() {
    // SAFETY: `trap_entry` is 4-aligned and saves all registers.
    unsafe { riscv::set_trap_handler(trap_entry as *const () as usize) };
    riscv::enable_interrupt_sources();
    riscv::let_programs_read_time();
}

/// Top bit of `scause`: an interrupt, not an exception.
const INTERRUPT: usize = 1 << 63;
const TIMER: usize = INTERRUPT | riscv::TIMER_INTERRUPT;
const SOFTWARE: usize = INTERRUPT | riscv::SOFTWARE_INTERRUPT;
const EXTERNAL: usize = INTERRUPT | riscv::EXTERNAL_INTERRUPT;

/// `scause` of a system call.
const ECALL_FROM_USER: usize = 8;

/// Handles one trap. Interrupts are off; the thread may be switched out here and come back
/// later, even on another hart.
extern "C" fn handle(frame: &mut TrapFrame) {
    let (scause, stval) = riscv::trap_cause();
    match scause {
        TIMER => timer::interrupt(),
        EXTERNAL => plic::interrupt(),
        // The idle flow slept, and looks for work when this returns.
        SOFTWARE => riscv::clear_software_interrupt(),
        _ if frame.is_programs() => exception_of_program(frame, scause, stval),
        _ => fatal(frame, scause, stval),
    }
    processor::preempt();
    if frame.is_programs() {
        process::leave_if_ending();
    }
}

/// A program calls the kernel, or did what it must not, for which its process is killed.
fn exception_of_program(frame: &mut TrapFrame, scause: usize, stval: usize) {
    let process = process::current().expect("only processes run in user mode");
    if scause == ECALL_FROM_USER {
        syscall::handle(frame, &process);
    } else if rights_of(scause).is_some_and(|rights| process.allows(stval, rights)) {
        // The page has been mapped since the hart looked: it may keep that there was none until an
        // `sfence.vma`, and of all addresses, for a table may be new as well (volume II, 12.2.1).
        // So who maps pages need not interrupt the other harts. The program tries again. No test
        // fails without this: neither the debugger's machine nor QEMU keeps invalid entries.
        riscv::fence_translations();
    } else {
        process::kill(&process, frame, scause, stval, cause_name(scause));
    }
}

/// What a program wanted to do with the page of its page fault.
fn rights_of(scause: usize) -> Option<u64> {
    match scause {
        12 => Some(EXECUTE),
        13 => Some(READ),
        15 => Some(WRITE),
        _ => None,
    }
}

/// An exception in the kernel itself.
fn fatal(frame: &TrapFrame, scause: usize, stval: usize) -> ! {
    panic!(
        "fatal trap: {} (scause={scause:#x} sepc={:#x} stval={stval:#x} ra={:#x})",
        cause_name(scause),
        frame.sepc,
        frame.x[1]
    );
}

/// Names of `scause` (volume II, table 12.6).
fn cause_name(scause: usize) -> &'static str {
    match scause {
        0 => "instruction address misaligned",
        1 => "instruction access fault",
        2 => "illegal instruction",
        3 => "breakpoint",
        4 => "load address misaligned",
        5 => "load access fault",
        6 => "store address misaligned",
        7 => "store access fault",
        12 => "instruction page fault",
        13 => "load page fault",
        15 => "store page fault",
        _ => "unexpected",
    }
}
