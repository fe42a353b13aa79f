//! The console as a file: what programs show, and what is typed, line by line.
//!
//! A line is edited while a program waits for it, and nothing is echoed before.

use core::pin::Pin;
use core::task::{Context, Poll};

use crate::console;
use crate::device::uart;
use crate::future::Waiters;
use crate::process::{Outcome, UserMemory};
use crate::sync::SpinLock;
use crate::thread::processor;

/// Bytes are moved in pieces of this size. What one call writes and is no longer is not mixed
/// with what others do.
const PIECE: usize = 512;

/// Most bytes of a line, with its end.
const LINE: usize = 256;

const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7F;
/// Control and D: what is typed ends, or the line does without a line end.
const END: u8 = 0x04;
/// Control and U: the line is begun anew.
const KILL: u8 = 0x15;
const BELL: u8 = 0x07;

static KEYBOARD: SpinLock<Keyboard> = SpinLock::new(Keyboard {
    line: [0; LINE],
    length: 0,
    read: 0,
    is_whole: false,
    readers: Waiters::new(),
});

/// The line that is being typed, or read.
struct Keyboard {
    line: [u8; LINE],
    length: usize,
    /// How much of a whole line has been read.
    read: usize,
    /// It is not edited any more, but read.
    is_whole: bool,
    readers: Waiters,
}

/// Shows all of `memory`.
pub fn write(memory: &UserMemory) -> Outcome {
    let mut piece = [0; PIECE];
    for at in (0..memory.length()).step_by(PIECE) {
        let piece = &mut piece[..(memory.length() - at).min(PIECE)];
        memory.read(at, piece)?;
        console::write_bytes(piece);
    }
    Ok(memory.length())
}

/// Waits until a line is typed, and takes as much of it as `memory` holds; nothing where what is
/// typed ends.
pub async fn read(memory: &UserMemory) -> Outcome {
    let mut piece = [0; LINE];
    let room = memory.length().min(LINE);
    if room == 0 {
        return Ok(0);
    }
    let count = Typed { bytes: &mut piece[..room], ticket: None }.await;
    memory.write(0, &piece[..count])?;
    Ok(count)
}

/// Something was typed: wakes who reads.
pub fn typed() {
    let readers = KEYBOARD.lock().readers.all();
    readers.into_values().for_each(|reader| reader.wake());
}

/// Gives back what nobody uses. For the count of leaks.
pub fn trim() {
    KEYBOARD.lock().readers.trim();
}

/// A line that is typed, or what is left of it: as much as fits.
struct Typed<'a> {
    bytes: &'a mut [u8],
    ticket: Option<u64>,
}

impl Future for Typed<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<usize> {
        let waker = context.waker().clone();
        let mut keyboard = KEYBOARD.lock();
        // Since this poll began: what was typed after that is for who reads next.
        if processor::current().is_cancelled() {
            return Poll::Pending;
        }
        while !keyboard.is_whole
            && let Some(byte) = uart::take()
        {
            keyboard.edit(byte);
        }
        if keyboard.is_whole {
            let count = keyboard.take(self.bytes);
            drop(keyboard);
            // There may be more for the others.
            typed();
            return Poll::Ready(count);
        }
        let (ticket, old) = keyboard.readers.wait(self.ticket, waker);
        drop(keyboard);
        drop(old);
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl Drop for Typed<'_> {
    fn drop(&mut self) {
        let waker = self.ticket.and_then(|ticket| KEYBOARD.lock().readers.leave(ticket));
        drop(waker);
    }
}

impl Keyboard {
    /// A key: changes the line, and shows that.
    fn edit(&mut self, byte: u8) {
        match byte {
            b'\r' | b'\n' => {
                self.line[self.length] = b'\n';
                self.length += 1;
                self.is_whole = true;
                console::write_bytes(b"\n");
            }
            END => self.is_whole = true,
            BACKSPACE | DELETE => self.erase(),
            KILL => (0..self.length).for_each(|_| self.erase()),
            b'\t' | b' '.. if self.length + 1 < LINE => {
                self.line[self.length] = byte;
                self.length += 1;
                console::write_bytes(&[byte]);
            }
            // There is no room, or the key says nothing here.
            _ => console::write_bytes(&[BELL]),
        }
    }

    /// Takes the last character back, of however many bytes.
    fn erase(&mut self) {
        let text = &self.line[..self.length];
        if let Some(start) = text.iter().rposition(|&byte| byte & 0xC0 != 0x80) {
            self.length = start;
            console::write_bytes(b"\x08 \x08");
        }
    }

    /// Takes as much of a whole line as fits. Behind it a new one begins.
    fn take(&mut self, bytes: &mut [u8]) -> usize {
        let rest = &self.line[self.read..self.length];
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        if self.read == self.length {
            (self.length, self.read, self.is_whole) = (0, 0, false);
        }
        count
    }
}
