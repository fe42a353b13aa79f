//! `greedy`: starts itself three times. All of them take memory until there is none, and hold it
//! together; the kernel must have enough left for the calls that they make then.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;

use runtime::file::{INPUT, OUTPUT};
use runtime::pipe::pipe;
use runtime::process::{self, Command, Exit};
use runtime::{CALLBACKS, Call, DEFAULT, layout, println, raw_call};

runtime::program!(main);

const EATERS: usize = 3;

/// Bytes taken at a time.
const PIECE: usize = 64 * 1024;

/// Calls that never end by themselves. One more fits, with which an eater tells its parent.
const CALLS: usize = CALLBACKS - 1;

async fn main() {
    match process::argument() {
        "" => parent().await,
        _ => eat().await,
    }
}

async fn parent() {
    let (begin, starter) = pipe().expect("a pipe");
    let (reports, report) = pipe().expect("another pipe");
    let mut children = Vec::new();
    for _ in 0..EATERS {
        let command = Command::new("/bin/greedy").argument("eat").input(&begin).output(&report);
        children.push(command.spawn().await.expect("it starts"));
    }
    starter.write([0; EATERS]).await.expect("they begin");
    let mut calls = 0;
    for _ in 0..EATERS {
        calls += usize::from(reports.read(1).await.expect("one is full")[0]);
    }
    // What they read ends here.
    drop(starter);
    for mut child in children {
        assert!(child.wait().await == Ok(Exit::Code(0)), "it ends well");
    }
    println!("greedy: eaters={EATERS} calls={calls}");
}

/// Begins with the parent's word, says how many calls were taken, and holds everything until the
/// parent has heard it of all. What it needs for that, its heap has from the first word on.
async fn eat() {
    let mut held = Vec::with_capacity(layout::HEAP_SIZE / PIECE);
    INPUT.read(1).await.expect("the parent's word");
    loop {
        let mut piece = Vec::<u8>::new();
        if piece.try_reserve_exact(PIECE).is_err() {
            break;
        }
        held.push(piece);
    }
    let sleep = |token| {
        // SAFETY: the kernel writes nowhere. Nobody is called back before the process ends.
        unsafe { raw_call(Call::Sleep as usize, [usize::MAX, token, DEFAULT.into(), 0, 0, 0]) }
    };
    let calls = (0..CALLS).filter(|&token| sleep(token) >= 0).count();
    OUTPUT.write([calls as u8]).await.expect("the parent hears");
    INPUT.read(1).await.expect("the end of the parent's words");
}
