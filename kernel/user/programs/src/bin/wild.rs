//! `wild`: a program that reaches for the kernel's memory. It is killed, and nothing else is.

#![no_std]
#![no_main]

use core::hint::black_box;

use runtime::{DEFAULT, println, spawn, yield_now};

runtime::program!(main);

/// Where the kernel begins, which no program may touch.
const KERNEL: usize = 0x8020_0000;

async fn main() {
    println!("wild: about to reach for {KERNEL:#x}");
    spawn(DEFAULT, reach(KERNEL)).await;
    println!("wild: still here");
}

async fn reach(address: usize) {
    yield_now().await;
    // SAFETY: none. The fault that follows is what the program is for.
    black_box(unsafe { (black_box(address) as *const u64).read_volatile() });
}
