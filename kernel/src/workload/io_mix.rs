//! `io-mix`: coroutines that read and change files, and as many that compute. First one after the
//! other, where nothing else is done while the disk is busy; then all at once. Then one file is read
//! by one coroutine, and by one for each piece of it. Says how long each took.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use scheduler::syscall::open;

use super::{Figures, compute};
use crate::args::Args;
use crate::executor::{self, HIGHEST, LOWEST};
use crate::fs::{self, Error, File};
use crate::future::{join_all, yield_now};
use crate::{println, riscv, timer};

const FOLDER: &str = "/mix";

/// Bytes of a file, and of what is read and written at a time.
const LENGTH: usize = 16 << 10;
const PIECE: usize = 4 << 10;

/// Steps of a computation, and the words of each.
const STEPS: usize = 4;
const WORDS: usize = 512;

/// `coroutines=` files and computations.
pub async fn run(args: Args) -> Figures {
    let tasks = args.coroutines.unwrap_or(16);
    make(tasks).await.unwrap_or_else(|error| fail(error));
    let (first, alone) = timed(one_by_one(tasks, 1)).await;
    let (second, together) = timed(at_once(tasks, 2)).await;
    assert!(first == second, "the same computations differ");
    println!("[io-mix] {alone} us one after the other, {together} us at once");
    one_file().await.unwrap_or_else(|error| fail(error));
    alloc::vec![("files", tasks as u64), ("bytes", (tasks * LENGTH) as u64), ("checksum", first)]
}

fn fail(error: Error) -> ! {
    super::fail(format_args!("{FOLDER}: {error}"));
}

fn path(number: usize) -> String {
    format!("{FOLDER}/file-{number}")
}

/// What the files hold after `pass`: different for each file and place, and after each pass.
fn content(number: usize, pass: u8) -> Vec<u8> {
    (0..LENGTH).map(|at| (number * 31 + at * 7 + at / 251) as u8 ^ pass).collect()
}

async fn make(tasks: usize) -> Result<(), Error> {
    match fs::make_directory(FOLDER).await {
        Ok(()) | Err(Error::Exists) => {}
        Err(error) => return Err(error),
    }
    for number in 0..tasks {
        let file = fs::open(&path(number), open::WRITE | open::CREATE | open::TRUNCATE).await?;
        file.write_at(0, content(number, 0)).await?;
    }
    Ok(())
}

/// Does `work` with nothing in memory of what is on the disk, until all is there again: what it
/// gives, and the microseconds that it took.
async fn timed(work: impl Future<Output = u64>) -> (u64, u64) {
    fs::sync().await.unwrap_or_else(|error| fail(error));
    fs::trim();
    let before = riscv::time();
    let checksum = work.await;
    fs::sync().await.unwrap_or_else(|error| fail(error));
    let ticks = riscv::time() - before;
    (checksum, ticks * 1000 / timer::milliseconds(1))
}

async fn one_by_one(tasks: usize, pass: u8) -> u64 {
    let mut checksum = 0;
    for number in 0..tasks {
        change(number, pass).await.unwrap_or_else(|error| fail(error));
        checksum ^= computed(number).await;
    }
    checksum
}

async fn at_once(tasks: usize, pass: u8) -> u64 {
    let checksum = Arc::new(AtomicU64::new(0));
    let mut handles = Vec::new();
    for number in 0..tasks {
        handles.push(executor::spawn(HIGHEST, async move {
            change(number, pass).await.unwrap_or_else(|error| fail(error));
        }));
        let checksum = checksum.clone();
        handles.push(executor::spawn(LOWEST, async move {
            checksum.fetch_xor(computed(number).await, Ordering::Relaxed);
        }));
    }
    for handle in handles {
        handle.await;
    }
    checksum.load(Ordering::Relaxed)
}

/// Readers of one file wait for the disk, not for each other.
async fn one_file() -> Result<(), Error> {
    let file = fs::open(&path(0), open::READ).await?;
    let expected = content(0, 2);
    let pieces = || {
        let pieces = expected.chunks(PIECE).enumerate();
        pieces.map(|(number, piece)| check_piece(&file, number * PIECE, piece))
    };
    let (first, alone) = timed(async {
        let mut sum = 0;
        for piece in pieces() {
            sum += piece.await;
        }
        sum
    })
    .await;
    let readers = async { join_all(pieces().collect()).await.into_iter().sum() };
    let (second, together) = timed(readers).await;
    assert!(first == second, "the readers of a file have read {second} bytes, not {first}");
    println!("[io-mix] one file: {alone} us one after the other, {together} us at once");
    Ok(())
}

/// Reads a piece of a file; says how long it is.
async fn check_piece(file: &File, at: usize, expected: &[u8]) -> u64 {
    let mut piece = alloc::vec![0; PIECE];
    let count = file.read_at(at as u64, &mut piece).await.unwrap_or_else(|error| fail(error));
    assert!(piece == expected, "other bytes than were written");
    count as u64
}

/// Reads a file, and writes what it is to hold after this pass; then reads again what it wrote,
/// wherever that is by now.
async fn change(number: usize, pass: u8) -> Result<(), Error> {
    let (before, after) = (content(number, pass - 1), content(number, pass));
    let file = fs::open(&path(number), open::READ | open::WRITE).await?;
    let mut piece = alloc::vec![0; PIECE];
    for at in (0..LENGTH).step_by(PIECE) {
        let there = at..at + PIECE;
        file.read_at(at as u64, &mut piece).await?;
        assert!(piece == before[there.clone()], "file {number} has other bytes than before");
        file.write_at(at as u64, after[there].to_vec()).await?;
    }
    let read = fs::read_whole(&path(number)).await?;
    assert!(read == after, "file {number} has other bytes than were written");
    Ok(())
}

/// A number that takes a while; others get their turn after each step.
async fn computed(number: usize) -> u64 {
    let mut words: Vec<u32> = (0..WORDS).map(|at| (number * WORDS + at) as u32).collect();
    for _ in 0..STEPS {
        let sum = compute::crc32(&words);
        words.iter_mut().for_each(|word| *word = word.rotate_left(5) ^ sum);
        yield_now().await;
    }
    words.iter().fold(0, |sum, &word| sum.wrapping_mul(31) + u64::from(word))
}
