//! The console: whole lines.

use core::fmt::{self, Write};

use crate::syscall;

/// Prints one line.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => { $crate::print_line(format_args!($($arg)*)) };
}

/// Prints one line; what goes beyond 512 bytes is cut off.
pub fn print_line(args: fmt::Arguments) {
    let mut line = Line { bytes: [0; 512], used: 0 };
    // `Line` fails where it is full, and what fits is printed.
    let _ = line.write_fmt(args);
    syscall::print(line.text());
}

struct Line {
    bytes: [u8; 512],
    used: usize,
}

impl Line {
    fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.used]).unwrap_or("")
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - self.used;
        let fits = text.floor_char_boundary(room);
        self.bytes[self.used..self.used + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.used += fits;
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
