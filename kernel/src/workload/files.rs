//! `files`: coroutines make, write, read, cut and remove files, several at once, and check what
//! they read.

use alloc::format;
use alloc::vec::Vec;

use scheduler::syscall::open;

use super::Figures;
use crate::args::Args;
use crate::executor::{self, LOWEST, Priority};
use crate::fs::{self, Error};
use crate::future::join_all;
use crate::println;

const FOLDER: &str = "/work";

/// Lengths of the files, in bytes: within a block, over blocks, over the first block of pointers.
const LENGTHS: [usize; 4] = [1, 1000, 30_000, 300_000];

/// What is written at a time.
const PIECE: usize = 7000;

/// `coroutines=` of them, `rounds=` times; at the end of each round all is on the disk.
pub async fn run(args: Args) -> Figures {
    let coroutines = args.coroutines.unwrap_or(8);
    let rounds = args.rounds.unwrap_or(2);
    for round in 0..rounds {
        match fs::make_directory(FOLDER).await {
            Ok(()) | Err(Error::Exists) => {}
            Err(error) => fail(error),
        }
        let workers = (0..coroutines).map(|number| {
            executor::spawn(number as Priority % (LOWEST + 1), async move {
                if let Err(error) = work(number, round).await {
                    super::fail(format_args!("file {number}: {error}"));
                }
            })
        });
        join_all(workers.collect()).await;
        fs::sync().await.unwrap_or_else(|error| fail(error));
        println!("[files] round {round} is on the disk");
    }
    let (files, bytes) = count().await.unwrap_or_else(|error| fail(error));
    alloc::vec![("files", files as u64), ("bytes", bytes as u64), ("rounds", rounds as u64)]
}

fn fail(error: Error) -> ! {
    super::fail(format_args!("{FOLDER}: {error}"));
}

/// How many files are there, and how many bytes they have.
async fn count() -> Result<(usize, usize), Error> {
    let names = fs::list(FOLDER).await?;
    let mut bytes = 0;
    for name in names.lines() {
        bytes += fs::read_whole(&format!("{FOLDER}/{name}")).await?.len();
    }
    Ok((names.lines().count(), bytes))
}

/// One file's life: what is there in the end depends on `number` and `round` alone.
async fn work(number: usize, round: usize) -> Result<(), Error> {
    let path = format!("{FOLDER}/file-{number}");
    let other = format!("{FOLDER}/other-{number}");
    let length = LENGTHS[(number + round) % LENGTHS.len()];
    let expected: Vec<u8> = (0..length).map(|at| byte(number, round, at)).collect();

    let file = fs::open(&path, open::READ | open::WRITE | open::CREATE | open::TRUNCATE).await?;
    for (at, piece) in expected.chunks(PIECE).enumerate() {
        file.write_at((at * PIECE) as u64, piece.to_vec()).await?;
    }
    check(&path, &expected).await?;

    // Longer with a hole, and back again.
    let middle = length as u64 / 2;
    file.set_length(length as u64 + 100_000).await?;
    file.set_length(middle).await?;
    file.write_at(middle, expected[middle as usize..].to_vec()).await?;
    check(&path, &expected).await?;

    // A file that comes and goes, and a directory.
    let second = fs::open(&other, open::WRITE | open::CREATE).await?;
    second.write_at(50_000, alloc::vec![1]).await?;
    fs::remove(&other).await?;
    assert!(matches!(fs::open(&other, open::READ).await, Err(Error::NotFound)), "{other} is back");
    drop(second);
    fs::make_directory(&other).await?;
    let inside = format!("{other}/inside");
    drop(fs::open(&inside, open::CREATE).await?);
    assert!(fs::remove(&other).await == Err(Error::NotEmpty), "{other} has a file in it");
    assert!(fs::list(&other).await? == "inside\n", "{other} has another file");
    fs::remove(&inside).await?;
    fs::remove(&other).await
}

async fn check(path: &str, expected: &[u8]) -> Result<(), Error> {
    let content = fs::read_whole(path).await?;
    assert!(content == expected, "{path} has other bytes than were written");
    Ok(())
}

/// Different for each file, round and place.
fn byte(number: usize, round: usize, at: usize) -> u8 {
    (number * 31 + round * 17 + at * 7 + at / 251) as u8
}
