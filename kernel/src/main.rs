//! AsyncOS: an asynchronous kernel for the harts of a RISC-V machine.
//!
//! Its smallest unit of scheduling is the coroutine. An executor polls coroutines by priority on
//! coroutine threads, a scheduler runs threads by priority on every hart, and a timer tick takes
//! a hart away from a coroutine when a better one is ready. `kernel/README.md` has the map.

#![no_std]
#![no_main]

extern crate alloc;

mod args;
mod boot;
mod bugs;
mod console;
mod device;
mod device_tree;
mod executor;
mod file;
mod fs;
mod future;
mod memlayout;
mod mm;
mod panic;
mod process;
mod riscv;
mod sbi;
mod shared;
mod sync;
mod syscall;
mod thread;
mod timer;
mod trap;
mod workload;

use args::Roles;
use memlayout::KERNEL_START;
use thread::{pool, processor};

/// The hart that won the boot lottery: initialises everything, lets the others in, and becomes
/// one of them.
extern "C" fn boot_main(hart: usize, device_tree: usize) -> ! {
    console::init();
    // SAFETY: the firmware put the device tree there, and nobody writes to it.
    let machine = unsafe { device_tree::blob(device_tree) }
        .and_then(|blob| device_tree::parse(blob, KERNEL_START))
        .unwrap_or_else(|error| panic!("the device tree at {device_tree:#x}: {error:?}"));
    println!(
        "[boot] hart {hart}, firmware {}, memory {:#x}..{:#x}, timebase {}",
        sbi::implementation(),
        machine.memory.start,
        machine.memory.end,
        machine.timebase
    );
    let args = match args::parse(machine.bootargs) {
        Ok(args) => args,
        Err(error) => {
            println!("[kernel] failed: {error}");
            sbi::shutdown(true);
        }
    };
    bugs::plant(args.bug);
    mm::init(&machine.memory, machine.devices.registers());
    device::init(&machine.devices);
    timer::init(machine.timebase);
    trap::init();

    let harts = boot::count(machine.harts);
    executor::init(&args, harts);
    if args.roles == Roles::Split && harts > 1 {
        pool::split_roles(hart);
    }
    boot::start_others(hart, machine.harts);
    println!("[kernel] harts={harts} workload={}", args.workload);
    thread::spawn_coroutine_threads(harts);
    thread::spawn("main", executor::HIGHEST, move || workload::main(args));
    processor::run()
}

/// Every other hart.
extern "C" fn secondary_main(hart: usize) -> ! {
    boot::wait_at_gate();
    mm::paging::enable();
    trap::init();
    boot::check_in(hart);
    processor::run()
}
