//! `giveup`: reads of the disk that are given up while it is busy, beside others of the same blocks
//! that are not. A child ends while its reads are under way.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use runtime::file::File;
use runtime::process::{self, Command, Exit};
use runtime::time::timeout;
use runtime::{DEFAULT, Error, Mailbox, Priority, println, select, spawn, yield_now};

runtime::program!(main);

const ME: &str = "/bin/giveup";
/// Each has more than all the pieces, and nobody has read it before.
const PATHS: [&str; 4] = ["/bin/calls", "/bin/files", "/bin/ring", "/bin/pipes"];
const PIECE: usize = 4096;
const PIECES: usize = 12;
/// Of a child.
const LAST_READS: usize = 8;
const FIRST: Priority = 0;

async fn main() {
    let result = if process::argument() == "end" { end().await } else { give_up().await };
    if let Err(error) = result {
        println!("giveup: {error}");
        process::exit(1);
    }
}

async fn give_up() -> Result<(), Error> {
    for path in PATHS {
        let steady = File::open(path).await?;
        let read = Arc::new(Mailbox::new());
        let there = read.clone();
        drop(spawn(FIRST, async move { there.send(read_pieces(&steady).await) }));
        let file = File::open(path).await?;
        for number in 0..PIECES {
            file.seek(number * PIECE)?;
            if number % 2 == 0 {
                drop(select(file.read(PIECE), yield_now()).await);
            } else {
                let a_moment = Duration::from_micros(number as u64 * 10);
                drop(timeout(a_moment, file.read(PIECE)).await);
            }
        }
        let before = read.receive().await?;
        file.seek(0)?;
        assert!(read_pieces(&file).await? == before, "{path} differs");
    }
    let mut child = Command::new(ME).argument("end").spawn().await?;
    assert!(child.wait().await? == Exit::Code(0));
    println!("giveup: pieces={}", PATHS.len() * PIECES);
    Ok(())
}

async fn read_pieces(file: &File) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    for _ in 0..PIECES {
        all.extend(file.read(PIECE).await?);
    }
    Ok(all)
}

/// Ends when it has asked for everything.
async fn end() -> Result<(), Error> {
    for number in 0..LAST_READS {
        let file = File::open("/bin/timers").await?;
        file.seek(number * PIECE)?;
        drop(spawn(FIRST, async move { drop(file.read(PIECE).await) }));
    }
    spawn(DEFAULT, yield_now()).await;
    Ok(())
}
