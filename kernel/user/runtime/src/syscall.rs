//! System calls.

use core::arch::asm;

use scheduler::syscall::Call;

/// Enters the kernel. The result is negative where the call failed.
fn call(call: Call, args: [usize; 3]) -> isize {
    let result;
    // SAFETY: the kernel keeps every register but a0, and writes only the memory that a call
    // hands it.
    unsafe {
        asm!(
            "ecall",
            inlateout("a0") args[0] => result,
            in("a1") args[1],
            in("a2") args[2],
            in("a7") call as usize,
            options(nostack)
        );
    }
    result
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    loop {
        call(Call::Exit, [code as usize, 0, 0]);
    }
}

pub fn print(line: &str) {
    // A line that the kernel refuses is lost: there is nowhere else to say so.
    let _ = call(Call::Print, [line.as_ptr() as usize, line.len(), 0]);
}
