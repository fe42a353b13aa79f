//! System calls, as the kernel has them.

use core::arch::asm;

use scheduler::syscall::{Call, Error};

/// Enters the kernel. The result is negative where the call failed.
///
/// # Safety
/// As [`raw`] says.
pub unsafe fn call(call: Call, arguments: [usize; 6]) -> isize {
    // SAFETY: the caller's promise.
    unsafe { raw(call as usize, arguments) }
}

/// A call of any number, with any arguments.
///
/// # Safety
/// Memory that the call hands to the kernel to write to is nobody else's until the call is done,
/// with its ticket if it has one; and a token is what [`crate::call::complete`] can take.
pub unsafe fn raw(number: usize, arguments: [usize; 6]) -> isize {
    let result;
    // SAFETY: the kernel keeps every register but a0, and writes only the memory that a call
    // hands it, for which the caller promises.
    unsafe {
        asm!(
            "ecall",
            inlateout("a0") arguments[0] => result,
            in("a1") arguments[1],
            in("a2") arguments[2],
            in("a3") arguments[3],
            in("a4") arguments[4],
            in("a5") arguments[5],
            in("a7") number,
            options(nostack)
        );
    }
    result
}

/// A call that hands over no memory, and has no ticket.
fn plain<const N: usize>(number: Call, arguments: [usize; N]) -> isize {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    // SAFETY: the kernel writes nowhere.
    unsafe { call(number, all) }
}

/// A call about a file, done at once.
pub fn of_file(number: Call, file: usize, argument: usize) -> Result<usize, Error> {
    Error::check(plain(number, [file, argument]))
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    loop {
        plain(Call::Exit, [code as usize]);
    }
}

pub fn print(line: &str) {
    // A line that the kernel refuses is lost: there is nowhere else to say so.
    let _ = plain(Call::Print, [line.as_ptr().expose_provenance(), line.len()]);
}

/// Starts a thread at `entry`; its id, or nothing where there cannot be one more.
pub fn start_thread(entry: usize, argument: usize, priority: u8) -> Option<u64> {
    let id = plain(Call::StartThread, [entry, argument, priority.into()]);
    u64::try_from(id).ok()
}

/// Lets other threads, of this process or another, run first.
pub fn yield_now() {
    plain(Call::Yield, []);
}

/// Blocks this thread until a callback comes or another thread calls `unpark`; not at all where
/// the process's page says that something is ready.
pub fn park() {
    plain(Call::Park, []);
}

/// Wakes a parked thread, if there is one.
pub fn unpark() {
    plain(Call::Unpark, []);
}

/// New memory of whole pages; none where there is no more.
pub fn grow(size: usize) -> Option<usize> {
    usize::try_from(plain(Call::Grow, [size])).ok()
}

/// Address of the shared code.
pub fn scheduler() -> usize {
    plain(Call::Scheduler, []) as usize
}

/// Ticks of `time` in a second.
pub fn timebase() -> u64 {
    plain(Call::Timebase, []) as u64
}

/// Id of this process.
pub fn process() -> u64 {
    plain(Call::Process, []) as u64
}

/// Ends a call early, if it is still under way.
pub fn cancel(coroutine: u64) {
    plain(Call::Cancel, [coroutine as usize]);
}
