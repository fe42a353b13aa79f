//! `echo`: says again what is typed, line by line, until control and D are.

#![no_std]
#![no_main]

use runtime::file::{INPUT, OUTPUT};
use runtime::{Error, println, process};

runtime::program!(main);

/// Most bytes of a line.
const LINE: usize = 256;

async fn main() {
    println!("echo: type lines; control and D end them");
    if let Err(error) = echo().await {
        println!("echo: {error}");
        process::exit(1);
    }
}

async fn echo() -> Result<(), Error> {
    let (mut lines, mut bytes) = (0, 0);
    loop {
        let line = INPUT.read(LINE).await?;
        if line.is_empty() {
            break;
        }
        lines += 1;
        bytes += line.len();
        OUTPUT.write(line).await?;
    }
    println!("echo: lines={lines} bytes={bytes}");
    Ok(())
}
