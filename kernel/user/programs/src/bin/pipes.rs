//! `pipes`: bytes through a row of three processes. The first makes them, the second changes each,
//! the third knows what must come. The process that starts them only waits.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;

use runtime::file::{INPUT, OUTPUT};
use runtime::pipe::pipe;
use runtime::process::{self, Command, Exit};
use runtime::{Error, println};

runtime::program!(main);

/// What is written at a time.
const PIECE: usize = 512;
const PIECES: usize = 100;

/// What the second process does to each byte.
const CHANGE: u8 = 0x55;

async fn main() {
    let part = process::argument();
    let done = match part {
        "" => row().await,
        "make" => make().await,
        "change" => change().await,
        "check" => check().await,
        _ => Err(Error::BadValue),
    };
    if let Err(error) = done {
        println!("pipes {part}: {error}");
        process::exit(1);
    }
}

/// Starts the row, and waits for all of it.
async fn row() -> Result<(), Error> {
    let me = Command::new("/bin/pipes");
    let (from_first, to_second) = pipe()?;
    let (from_second, to_third) = pipe()?;
    let mut children = [
        me.clone().argument("make").output(&to_second).spawn().await?,
        me.clone().argument("change").input(&from_first).output(&to_third).spawn().await?,
        me.argument("check").input(&from_second).spawn().await?,
    ];
    // What a process reads ends when nobody has the end to write to, neither has this one.
    drop((from_first, to_second, from_second, to_third));
    for child in &mut children {
        let exit = child.wait().await?;
        assert!(exit == Exit::Code(0), "process {}: {exit:?}", child.id());
    }
    Ok(())
}

async fn make() -> Result<(), Error> {
    for piece in 0..PIECES {
        let bytes: Vec<u8> = (piece * PIECE..(piece + 1) * PIECE).map(byte).collect();
        OUTPUT.write(bytes).await?;
    }
    Ok(())
}

async fn change() -> Result<(), Error> {
    loop {
        let mut piece = INPUT.read(PIECE).await?;
        if piece.is_empty() {
            return Ok(());
        }
        piece.iter_mut().for_each(|byte| *byte ^= CHANGE);
        OUTPUT.write(piece).await?;
    }
}

async fn check() -> Result<(), Error> {
    let (mut count, mut sum) = (0, 0);
    loop {
        let piece = INPUT.read(PIECE).await?;
        if piece.is_empty() {
            break;
        }
        for came in piece {
            assert!(came == byte(count) ^ CHANGE, "byte {count} came as {came:#x}");
            sum += u64::from(came);
            count += 1;
        }
    }
    println!("pipes: bytes={count} sum={sum}");
    Ok(())
}

/// The byte at a place.
fn byte(at: usize) -> u8 {
    (at * 7 + at / 251) as u8
}
