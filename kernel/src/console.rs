//! The console: lines go out whole, whichever harts print at once.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::sbi;
use crate::sync::SpinLock;

/// Held from the first to the last byte of what one call prints.
static STDOUT: SpinLock<()> = SpinLock::new(());

/// Whether the firmware has the debug console; the legacy one serves otherwise.
static DEBUG_CONSOLE: AtomicBool = AtomicBool::new(false);

/// Prints one line.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => { $crate::console::print_line(format_args!($($arg)*)) };
}

pub fn init() {
    DEBUG_CONSOLE.store(sbi::has_debug_console(), Ordering::Relaxed);
}

pub fn print_line(args: fmt::Arguments) {
    let _stdout = STDOUT.lock();
    write_line(args);
}

/// Prints bytes as they are, not mixed with what other harts print.
pub fn write_bytes(bytes: &[u8]) {
    let _stdout = STDOUT.lock();
    put(bytes);
}

/// For a dying hart: waits for the lock only so long, because its holder may be dead as well.
pub fn print_line_dying(args: fmt::Arguments) {
    let _stdout = (0..1_000_000).find_map(|_| STDOUT.try_lock());
    write_line(args);
}

fn write_line(args: fmt::Arguments) {
    let mut line = Buffer { bytes: [0; 256], used: 0 };
    // `Buffer` never fails; a failing `Display` only cuts its own line short.
    let _ = line.write_fmt(args);
    let _ = line.write_str("\n");
    line.flush();
}

/// Hands bytes to the firmware.
fn put(bytes: &[u8]) {
    if !DEBUG_CONSOLE.load(Ordering::Relaxed) {
        return bytes.iter().for_each(|&byte| sbi::legacy_putchar(byte));
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        match sbi::debug_console_write(rest) {
            Ok(written) => rest = &rest[written.min(rest.len())..],
            Err(_) => break,
        }
    }
}

/// Gathers a line, so that it takes one call to the firmware.
struct Buffer {
    bytes: [u8; 256],
    used: usize,
}

impl Buffer {
    fn flush(&mut self) {
        put(&self.bytes[..self.used]);
        self.used = 0;
    }
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.used == self.bytes.len() {
                self.flush();
            }
            self.bytes[self.used] = byte;
            self.used += 1;
        }
        Ok(())
    }
}
