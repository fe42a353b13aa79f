//! `files`: coroutines make files in a directory of their process, let them grow, read, cut, list
//! and remove them, all at once. One file stays.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use runtime::file::{self, File, OpenOptions};
use runtime::{Error, Priority, println, process, spawn};

runtime::program!(main);

const FILES: usize = 4;
/// What is written at a time, and how often.
const PIECE: usize = 3000;
const PIECES: usize = 4;
/// Zeroes behind that.
const HOLE: usize = 20_000;

async fn main() {
    if let Err(error) = work().await {
        println!("files: {error}");
        process::exit(1);
    }
}

async fn work() -> Result<(), Error> {
    let folder = format!("/files-{}", process::id());
    file::make_directory(&folder).await?;
    assert!(file::make_directory(&folder).await == Err(Error::Exists));
    let written = Arc::new(AtomicUsize::new(0));
    let mut coroutines = Vec::new();
    for number in 0..FILES {
        let path = format!("{folder}/{number}");
        let written = written.clone();
        coroutines.push(spawn(number as Priority, async move {
            let count = one_file(&path, number).await;
            written.fetch_add(count.expect("the disk works"), Ordering::Relaxed);
        }));
    }
    for coroutine in coroutines {
        coroutine.await;
    }
    let mut names = file::list(&folder).await?;
    names.sort();
    let expected: Vec<String> = (0..FILES).map(|number| format!("{number}")).collect();
    assert!(names.iter().filter(|name| !name.starts_with('.')).eq(&expected), "{names:?}");
    for name in &expected[1..] {
        file::remove(&format!("{folder}/{name}")).await?;
    }
    assert!(File::open(&format!("{folder}/1")).await.err() == Some(Error::NotFound));
    assert!(file::remove(&folder).await == Err(Error::Exists), "a file is left in it");
    file::sync().await?;
    println!("files: files={FILES} bytes={} kept={folder}/0", written.load(Ordering::Relaxed));
    Ok(())
}

/// Makes a file, which has `PIECES` pieces in the end; says how much was written.
async fn one_file(path: &str, number: usize) -> Result<usize, Error> {
    let all: Vec<u8> = (0..PIECES * PIECE).map(|at| byte(number, at)).collect();
    let file = File::create(path).await?;
    for piece in all.chunks(PIECE) {
        file.write(piece).await?;
    }
    file.set_length(all.len() + HOLE).await?;
    assert!(file.length()? == all.len() + HOLE);
    file.seek(0)?;
    let read = file.read_to_end().await?;
    let zeroes = vec![0; HOLE];
    assert!(read[..all.len()] == all && read[all.len()..] == zeroes, "{path} differs");
    // The other end of it, by a second file that is open for the same.
    let again = OpenOptions::new().read().write().open(path).await?;
    again.set_length(all.len()).await?;
    again.seek(all.len() - 10)?;
    assert!(again.read(100).await? == all[all.len() - 10..]);
    assert!(again.read(100).await?.is_empty());
    Ok(all.len())
}

/// What stands at a place of a file.
fn byte(number: usize, at: usize) -> u8 {
    (number * 31 + at * 7 + at / 251) as u8
}
