//! System calls, as the kernel has them.

use core::arch::asm;

use scheduler::syscall::Call;

/// Enters the kernel. The result is negative where the call failed.
pub fn call(call: Call, args: [usize; 5]) -> isize {
    let result;
    // SAFETY: the kernel keeps every register but a0, and writes only the memory that a call
    // hands it.
    unsafe {
        asm!(
            "ecall",
            inlateout("a0") args[0] => result,
            in("a1") args[1],
            in("a2") args[2],
            in("a3") args[3],
            in("a4") args[4],
            in("a7") call as usize,
            options(nostack)
        );
    }
    result
}

fn plain(number: Call) -> isize {
    call(number, [0; 5])
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    loop {
        call(Call::Exit, [code as usize, 0, 0, 0, 0]);
    }
}

pub fn print(line: &str) {
    // A line that the kernel refuses is lost: there is nowhere else to say so.
    let _ = call(Call::Print, [line.as_ptr() as usize, line.len(), 0, 0, 0]);
}

/// Starts a thread at `entry`; its id, or nothing where there cannot be one more.
pub fn start_thread(entry: usize, argument: usize, priority: u8) -> Option<u64> {
    let id = call(Call::StartThread, [entry, argument, priority.into(), 0, 0]);
    u64::try_from(id).ok()
}

/// Lets other threads, of this process or another, run first.
pub fn yield_now() {
    plain(Call::Yield);
}

/// Blocks this thread until a callback comes or another thread calls `unpark`; not at all where
/// the process's page says that something is ready.
pub fn park() {
    plain(Call::Park);
}

/// Wakes a parked thread, if there is one.
pub fn unpark() {
    plain(Call::Unpark);
}

/// New memory of whole pages; none where there is no more.
pub fn grow(size: usize) -> Option<usize> {
    usize::try_from(call(Call::Grow, [size, 0, 0, 0, 0])).ok()
}

/// Address of the shared code.
pub fn scheduler() -> usize {
    plain(Call::Scheduler) as usize
}

/// Ticks of `time` in a second.
pub fn timebase() -> u64 {
    plain(Call::Timebase) as u64
}
