//! System calls: what programs ask of the kernel.

mod threads;

use alloc::sync::Arc;
use alloc::vec;

use scheduler::layout;
use scheduler::syscall::{Call, Error};

use crate::process::{self, BadMemory, Exit, Process};
use crate::trap::TrapFrame;
use crate::thread::processor;
use crate::{println, riscv, timer};

/// Most bytes of a line that a program prints.
const LINE: usize = 512;

impl From<BadMemory> for Failure {
    fn from(BadMemory: BadMemory) -> Self {
        Failure(Error::BadAddress)
    }
}

struct Failure(Error);

/// Does what the program in `frame` asks: its a7 says what, a0 to a5 with what. The answer goes
/// to a0. Interrupts are on meanwhile.
#[inline(never)]
pub fn handle(frame: &mut TrapFrame, process: &Arc<Process>) {
    riscv::interrupts_on();
    let [number, a0, a1, a2] = [17, 10, 11, 12].map(|register| frame.x[register]);
    let result = match Call::from_number(number) {
        Some(Call::Exit) => {
            process::exit(process, Exit::Code(a0 as i32));
            Ok(0)
        }
        Some(Call::Print) => print(process, a0, a1),
        Some(Call::StartThread) => threads::start(process, a0, a1, a2).map_err(Failure),
        Some(Call::ExitThread) => {
            processor::current().end_soon();
            Ok(0)
        }
        Some(Call::Yield) => Ok(threads::yield_now()),
        Some(Call::Park) => {
            process.park();
            Ok(0)
        }
        Some(Call::Unpark) => Ok(process.unpark() as usize),
        Some(Call::Grow) => process.grow(a0).map_err(Failure),
        Some(Call::Scheduler) => Ok(layout::SCHEDULER),
        Some(Call::Timebase) => Ok(timer::timebase() as usize),
        _ => Err(Failure(Error::NoSuchCall)),
    };
    frame.x[10] = result.unwrap_or_else(|Failure(error)| error as isize as usize);
    // Behind the instruction that called.
    frame.sepc += 4;
    riscv::interrupts_off();
}

fn print(process: &Process, address: usize, length: usize) -> Result<usize, Failure> {
    if length > LINE {
        return Err(Failure(Error::BadValue));
    }
    let mut bytes = vec![0; length];
    process.read(address, &mut bytes)?;
    let text = str::from_utf8(&bytes).map_err(|_| Failure(Error::BadValue))?;
    println!("{text}");
    Ok(length)
}
