//! `parent`: starts itself in other parts, and waits for them: children that end well, with a
//! code, by a panic and by a fault, that leave children of their own behind, and that never start.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hint::black_box;

use runtime::lock::Lock;
use runtime::process::{self, Command, Exit};
use runtime::{DEFAULT, Error, println, spawn};

runtime::program!(main);

const ME: &str = "/bin/parent";

/// Where the kernel begins, which no program may touch.
const KERNEL: usize = 0x8020_0000;

/// `scause` of a load that no page table allows.
const LOAD_PAGE_FAULT: u32 = 13;

/// Parts, and how they end.
const CHILDREN: [(&str, Exit); 5] = [
    ("well", Exit::Code(0)),
    ("code", Exit::Code(-7)),
    ("panic", Exit::Code(101)),
    ("fault", Exit::Killed { cause: LOAD_PAGE_FAULT }),
    ("leave", Exit::Code(0)),
];

async fn main() {
    match process::argument() {
        "" => parent().await,
        "code" => process::exit(-7),
        "panic" => panic!("as it should"),
        // SAFETY: none. The fault that follows is what this part is for.
        "fault" => _ = black_box(unsafe { (black_box(KERNEL) as *const u64).read_volatile() }),
        "leave" => drop(Command::new(ME).argument("well").spawn().await.expect("one more")),
        part => assert!(part == "well", "there is no part {part}"),
    }
}

/// Starts all at once, each from a coroutine of its own that waits for it.
async fn parent() {
    let ended = Arc::new(Lock::new(0));
    let mut coroutines = Vec::new();
    for (part, expected) in CHILDREN {
        let ended = ended.clone();
        coroutines.push(spawn(DEFAULT, async move {
            let mut child = Command::new(ME).argument(part).spawn().await.expect("it starts");
            let exit = child.wait().await;
            assert!(exit == Ok(expected), "{part}: {exit:?}");
            assert!(child.wait().await == Err(Error::NotFound), "it has been told");
            *ended.lock() += 1;
        }));
    }
    for coroutine in coroutines {
        coroutine.await;
    }
    for (path, expected) in [
        ("/bin/nobody", Error::NotFound),
        ("/etc/motd", Error::BadProgram),
        ("/bin", Error::NotPermitted),
    ] {
        let error = Command::new(path).spawn().await.err();
        assert!(error == Some(expected), "{path}: {error:?}");
    }
    let ended = ended.lock().to_string();
    println!("parent: children={ended} refused=3");
}
