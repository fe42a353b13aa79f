//! `rivals`: processes that want the same harts. What becomes ready here takes a hart from what is
//! worse in another process, though that never asks the kernel for anything; and a process that
//! polls for a moment at a time gives its hart away by itself.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use runtime::file::{File, INPUT};
use runtime::pipe::pipe;
use runtime::process::{self, Child, Command};
use runtime::time::sleep;
use runtime::{Priority, println, spawn, start_thread, yield_now};

runtime::program!(main);

const ME: &str = "/bin/rivals";
/// As many as there may be harts.
const HOGS: usize = 8;
const ROUNDS: usize = 5;
const SLEEPS: usize = 50;

const URGENT: Priority = 1;
const MINE: Priority = 3;
const BUSY: Priority = 5;
const HOG: Priority = 6;
const MEEK: Priority = 7;

async fn main() {
    match process::argument() {
        "hogs" => hogs().await,
        "meek" => meek().await,
        _ => rivals().await,
    }
}

async fn rivals() {
    assert!(start_thread(), "no thread to be had");
    let enough = Arc::new(AtomicBool::new(false));
    let idler = spawn(MEEK, yield_until(enough.clone()));
    let (hogs, told) = begin("hogs").await;
    for _ in 0..ROUNDS {
        sleep(Duration::from_millis(2)).await.expect("one call is under way");
        get_past().await;
    }
    end(hogs, told).await;
    enough.store(true, Ordering::Release);
    idler.await;

    let (meek, told) = begin("meek").await;
    sleep_beside(SLEEPS).await;
    end(meek, told).await;
    println!("rivals: urgent={ROUNDS} sleeps={SLEEPS}");
}

/// One of our two threads computes until something urgent has run, which only the other can do: that
/// one has an idler of the lowest priority to poll, and no hart, until the kernel sees on a tick
/// what is ready here.
async fn get_past() {
    let done = Arc::new(AtomicBool::new(false));
    spawn(BUSY, async move {
        let urgent = done.clone();
        drop(spawn(URGENT, async move { urgent.store(true, Ordering::Release) }));
        compute_until(&done);
    })
    .await;
}

/// One thread computes and the other sleeps, again and again.
async fn sleep_beside(sleeps: usize) {
    let done = Arc::new(AtomicBool::new(false));
    let until = done.clone();
    let busy = spawn(MINE, async move { compute_until(&until) });
    spawn(MINE, async move {
        for _ in 0..sleeps {
            sleep(Duration::from_millis(1)).await.expect("one call is under way");
        }
        done.store(true, Ordering::Release);
    })
    .await;
    busy.await;
}

/// Threads that compute, as many as there may be harts, and one that waits to be told.
async fn hogs() {
    let told = Arc::new(AtomicBool::new(false));
    for _ in 0..HOGS {
        assert!(start_thread(), "no thread to be had");
        let told = told.clone();
        drop(spawn(HOG, async move { compute_until(&told) }));
    }
    wait_to_be_told().await;
    told.store(true, Ordering::Release);
}

/// Never polls for long.
async fn meek() {
    let told = Arc::new(AtomicBool::new(false));
    drop(spawn(MEEK, yield_until(told.clone())));
    wait_to_be_told().await;
    told.store(true, Ordering::Release);
}

/// Starts a rival, which ends when the file is closed.
async fn begin(part: &str) -> (Child, File) {
    let (input, told) = pipe().expect("one more pipe");
    let child = Command::new(ME).argument(part).input(&input).spawn().await;
    (child.expect("it starts"), told)
}

async fn end(mut child: Child, told: File) {
    drop(told);
    child.wait().await.expect("it has not been told");
}

async fn wait_to_be_told() {
    INPUT.read_to_end().await.expect("it is a pipe");
}

fn compute_until(done: &AtomicBool) {
    let mut number = 1_u64;
    while !done.load(Ordering::Acquire) {
        // One step of a xorshift generator.
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        black_box(number);
    }
}

async fn yield_until(done: Arc<AtomicBool>) {
    while !done.load(Ordering::Acquire) {
        yield_now().await;
    }
}
