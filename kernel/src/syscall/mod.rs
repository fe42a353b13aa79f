//! System calls: what programs ask of the kernel.
//!
//! Those that need not wait are done at once. For the others a coroutine is started
//! ([`process::start`](crate::process::start)), and the program goes on with its id.

mod files;
mod processes;
mod text;
mod threads;
mod time;

use alloc::sync::Arc;

use scheduler::layout;
use scheduler::syscall::{Call, Error};

use crate::process::{self, Exit, Outcome, Process};
use crate::trap::TrapFrame;
use crate::{riscv, timer};

/// What a call is given: a0 to a5.
type Arguments = [usize; 6];

/// Does what the program in `frame` asks: its a7 says what, a0 to a5 with what. The answer goes
/// to a0. Interrupts are on meanwhile.
#[inline(never)]
pub fn handle(frame: &mut TrapFrame, process: &Arc<Process>) {
    riscv::interrupts_on();
    let arguments = core::array::from_fn(|index| frame.x[10 + index]);
    let result = match Call::from_number(frame.x[17]) {
        Some(call) => answer(call, process, arguments),
        None => Err(Error::NoSuchCall),
    };
    frame.x[10] = result.unwrap_or_else(|error| error as isize as usize);
    // Behind the instruction that called.
    frame.sepc += 4;
    riscv::interrupts_off();
}

fn answer(call: Call, process: &Arc<Process>, arguments: Arguments) -> Outcome {
    let [first, ..] = arguments;
    match call {
        Call::Exit => {
            process::exit(process, Exit::Code(first as i32));
            Ok(0)
        }
        Call::Print => text::print(process, arguments),
        Call::StartThread => threads::start(process, arguments),
        Call::Yield => Ok(threads::yield_now(process)),
        Call::Park => {
            process.park();
            Ok(0)
        }
        Call::Unpark => Ok(process.unpark() as usize),
        Call::Grow => process.grow(first),
        Call::Scheduler => Ok(layout::SCHEDULER),
        Call::Timebase => Ok(timer::timebase() as usize),
        Call::Close => files::close(process, first),
        Call::Pipe => files::pipe(process),
        Call::Seek => files::seek(process, arguments),
        Call::Length => files::length(process, first),
        Call::Cancel => process.calls.cancel(first as u64).map(|()| 0),
        Call::Process => Ok(process.id as usize),
        Call::Sleep => time::sleep(process, arguments),
        Call::Spawn => processes::spawn(process, arguments),
        Call::Wait => processes::wait(process, arguments),
        Call::Read => files::read(process, arguments),
        Call::Write => files::write(process, arguments),
        Call::Open => files::open(process, arguments),
        Call::SetLength => files::set_length(process, arguments),
        Call::Remove => files::remove(process, arguments),
        Call::MakeDirectory => files::make_directory(process, arguments),
        Call::Sync => files::sync(process, arguments),
    }
}
