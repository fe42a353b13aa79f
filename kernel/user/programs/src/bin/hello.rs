//! `hello`: the smallest program.

#![no_std]
#![no_main]

runtime::program!(main);

fn main() {
    runtime::println!("hello from user mode");
}
