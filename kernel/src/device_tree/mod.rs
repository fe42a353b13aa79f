//! Reads what the kernel must know from the flattened device tree
//! ("Devicetree Specification", v0.4, chapter 5). The blob is foreign: every access is checked.

mod devices;
mod reader;

use core::ops::Range;

use reader::Reader;

pub use devices::{Device, Devices, Plic};

const MAGIC: u32 = 0xD00D_FEED;
const LARGEST: usize = 2 << 20;

/// Tokens of the structure block (5.4.1).
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    NotADeviceTree,
    /// A block or a property reaches out of the blob, at this byte.
    OutOfBounds(usize),
    BadToken(u32),
    NoMemory,
    NoHarts,
    NoTimebase,
    /// `/chosen/bootargs` is not text.
    BadBootargs,
}

/// The machine as the device tree describes it.
#[derive(Debug)]
pub struct Machine<'a> {
    /// Bit h: hart h exists.
    pub harts: u64,
    /// The memory region that holds the kernel.
    pub memory: Range<usize>,
    /// Ticks of `time` in a second.
    pub timebase: u64,
    pub bootargs: &'a str,
    pub devices: Devices,
}

/// Finds the blob's bytes by the size in its header.
///
/// # Safety
/// `address` is readable memory to which nobody writes during `'a`.
pub unsafe fn blob<'a>(address: usize) -> Result<&'a [u8], Error> {
    if address == 0 || !address.is_multiple_of(8) {
        return Err(Error::NotADeviceTree);
    }
    // SAFETY: the caller's promise, for the header and then for what it declares.
    unsafe {
        let header = core::slice::from_raw_parts(address as *const u8, 8);
        let size = be32(header, 4)? as usize;
        if be32(header, 0)? != MAGIC || size > LARGEST {
            return Err(Error::NotADeviceTree);
        }
        Ok(core::slice::from_raw_parts(address as *const u8, size))
    }
}

/// Reads `blob`; of several memory nodes the one with `kernel` in it counts.
pub fn parse(blob: &[u8], kernel: usize) -> Result<Machine<'_>, Error> {
    if be32(blob, 0)? != MAGIC {
        return Err(Error::NotADeviceTree);
    }
    let structure = block(blob, be32(blob, 8)?, be32(blob, 36)?)?;
    let strings = block(blob, be32(blob, 12)?, be32(blob, 32)?)?;

    let mut reader = Reader::new(kernel);
    let mut at = 0;
    loop {
        let token = be32(structure, at)?;
        at += 4;
        match token {
            BEGIN_NODE => {
                let name = c_string(structure, at)?;
                at = align4(at + name.len() + 1);
                reader.begin(name);
            }
            END_NODE => reader.end(),
            PROPERTY => {
                let length = be32(structure, at)? as usize;
                let name = c_string(strings, be32(structure, at + 4)? as usize)?;
                at += 8;
                let value = structure.get(at..at + length).ok_or(Error::OutOfBounds(at))?;
                at = align4(at + length);
                reader.property(name, value)?;
            }
            NOP => {}
            END => return reader.finish(),
            other => return Err(Error::BadToken(other)),
        }
    }
}

fn block(blob: &[u8], offset: u32, size: u32) -> Result<&[u8], Error> {
    let start = offset as usize;
    blob.get(start..start + size as usize).ok_or(Error::OutOfBounds(start))
}

fn be32(bytes: &[u8], at: usize) -> Result<u32, Error> {
    let word = bytes.get(at..at + 4).ok_or(Error::OutOfBounds(at))?;
    Ok(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}

/// A number of `count` big-endian words from word `first` on.
fn cells(value: &[u8], first: usize, count: usize) -> Option<u64> {
    if count == 0 || count > 2 {
        return (count == 0).then_some(0);
    }
    (first..first + count)
        .try_fold(0u64, |number, word| Some(number << 32 | u64::from(be32(value, word * 4).ok()?)))
}

/// Bytes up to the next NUL.
fn c_string(bytes: &[u8], at: usize) -> Result<&[u8], Error> {
    let rest = bytes.get(at..).ok_or(Error::OutOfBounds(at))?;
    let length = rest.iter().position(|&byte| byte == 0).ok_or(Error::OutOfBounds(at))?;
    Ok(&rest[..length])
}

fn align4(at: usize) -> usize {
    at.next_multiple_of(4)
}

#[cfg(test)]
mod tests;
