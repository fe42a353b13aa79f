//! `peek`: reaches for what is not a process's own. Children read, write or run it, and each is
//! killed; two more write to the same address at the same time, and each finds there what it wrote.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering};

use runtime::file::{INPUT, OUTPUT};
use runtime::pipe::pipe;
use runtime::process::{self, Command, Exit};
use runtime::{Error, layout, println};

runtime::program!(main);

const ME: &str = "/bin/peek";

/// Physical addresses, where the kernel has them in every address space: the pages of the first
/// two processes, and the serial line.
const PAGES: [usize; 2] = [0x8700_1000, 0x8700_2000];
const UART: usize = 0x1000_0000;

/// `scause` of what no page table allows.
const RUN: u32 = 12;
const LOAD: u32 = 13;
const STORE: u32 = 15;

/// What each child does, where, and by which fault it must end.
const REACHES: [(&str, usize, u32); 10] = [
    ("load", PAGES[0], LOAD),
    ("load", PAGES[1], LOAD),
    ("store", PAGES[1], STORE),
    ("load", UART, LOAD),
    ("load", layout::PROCESS_PAGE + layout::PAGE_SIZE, LOAD),
    ("store", layout::SCHEDULER, STORE),
    ("store", layout::SYSTEM_PAGE, STORE),
    ("store", layout::PROGRAM, STORE),
    ("run", layout::HEAP, RUN),
    ("run", layout::PROCESS_PAGE, RUN),
];

async fn main() {
    let argument = process::argument();
    match argument.split_once(' ') {
        None => parent().await.expect("calls that the kernel takes"),
        Some(("own", number)) => own(number).await.expect("a pipe on either side"),
        Some((how, address)) => reach(how, address.parse().expect("an address")),
    }
}

async fn parent() -> Result<(), Error> {
    for (how, address, cause) in REACHES {
        let mut child = Command::new(ME).argument(&format!("{how} {address}")).spawn().await?;
        let exit = child.wait().await?;
        assert!(exit == Exit::Killed { cause }, "{how} {address:#x}: {exit:?}");
    }
    println!("peek: killed={} apart={}", REACHES.len(), apart().await?);
    Ok(())
}

fn reach(how: &str, address: usize) {
    let address = black_box(address);
    // SAFETY: none. The fault that follows is what this is for.
    unsafe {
        match how {
            "load" => _ = black_box((address as *const u64).read_volatile()),
            "store" => (address as *mut u64).write_volatile(0),
            _ => core::mem::transmute::<usize, extern "C" fn()>(address)(),
        }
    }
    println!("peek: nothing stops a {how} at {address:#x}");
}

/// Lies at the same address in each process of this program.
static OWN: AtomicU64 = AtomicU64::new(0);

/// Has two children write to it, and look only when both have written: how many found their own.
async fn apart() -> Result<usize, Error> {
    let (written, done) = pipe()?;
    let (wait, go) = pipe()?;
    let mut children = [None, None];
    for (number, child) in children.iter_mut().enumerate() {
        let start = Command::new(ME).argument(&format!("own {}", number + 1));
        *child = Some(start.input(&wait).output(&done).spawn().await?);
    }
    for _ in &children {
        written.read(1).await?;
    }
    // What the children wait for ends with it.
    drop(go);
    let mut found = 0;
    for (number, child) in children.iter_mut().flatten().enumerate() {
        found += usize::from(child.wait().await? == Exit::Code(number as i32 + 1));
    }
    // Nor has a child changed what is here.
    assert!(OWN.load(Ordering::Relaxed) == 0, "another process wrote here");
    Ok(found)
}

/// Writes its number, and ends with what is there when the other one has written, too.
async fn own(number: &str) -> Result<(), Error> {
    OWN.store(number.parse().expect("a number"), Ordering::Relaxed);
    OUTPUT.write(*b"w").await?;
    INPUT.read(1).await?;
    process::exit(OWN.load(Ordering::Relaxed) as i32)
}
