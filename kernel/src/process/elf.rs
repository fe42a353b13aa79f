//! Reads a program's ELF file ("System V ABI", generic and RISC-V): what to load where. Checked
//! whole before anything is loaded, because anybody may have written it.

use core::fmt;
use core::ops::Range;

/// Where execution begins, and the segments that are loaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Program<'a> {
    pub entry: usize,
    segments: &'a [u8],
    file: &'a [u8],
}

/// A piece of memory: `bytes`, then zeroes to `size`.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    pub address: usize,
    pub size: usize,
    pub bytes: &'a [u8],
    pub writable: bool,
    pub executable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    NotElf,
    /// Not a static executable of 64-bit little-endian RISC-V.
    WrongKind,
    CutOff,
    /// A segment is outside of where programs may lie, or not at the start of a page.
    Misplaced {
        address: usize,
    },
    EntryOutside {
        entry: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::NotElf => f.write_str("it is not an ELF file"),
            Error::WrongKind => f.write_str("it is not a static RISC-V 64 executable"),
            Error::CutOff => f.write_str("the file is cut off"),
            Error::Misplaced { address } => {
                write!(f, "a segment at {address:#x} is not where programs lie")
            }
            Error::EntryOutside { entry } => write!(f, "the entry {entry:#x} is not in its code"),
        }
    }
}

const PROGRAM_HEADER: usize = 56;
const PAGE: usize = 4096;

/// ELFCLASS64, ELFDATA2LSB, EV_CURRENT.
const IDENTIFICATION: [u8; 7] = [0x7F, b'E', b'L', b'F', 2, 1, 1];
const EXECUTABLE: u16 = 2;
const RISCV: u16 = 243;
const LOAD: u32 = 1;

/// Checks `file`, whose segments must lie in `place`, each on pages of its own.
pub fn parse(file: &[u8], place: Range<usize>) -> Result<Program<'_>, Error> {
    if !file.starts_with(&IDENTIFICATION[..4]) {
        return Err(Error::NotElf);
    }
    if !file.starts_with(&IDENTIFICATION)
        || u16_at(file, 16)? != EXECUTABLE
        || u16_at(file, 18)? != RISCV
        || u16_at(file, 54)? as usize != PROGRAM_HEADER
    {
        return Err(Error::WrongKind);
    }
    let entry = u64_at(file, 24)?;
    let headers = bytes(file, u64_at(file, 32)?, u16_at(file, 56)? as usize * PROGRAM_HEADER)?;
    let program = Program { entry, segments: headers, file };
    let mut free = place.start;
    for header in headers.as_chunks::<PROGRAM_HEADER>().0 {
        let Some(segment) = segment(header, file)? else { continue };
        let misplaced = Err(Error::Misplaced { address: segment.address });
        let Some(end) = segment.address.checked_add(segment.size) else { return misplaced };
        if segment.address < free || !segment.address.is_multiple_of(PAGE) || end > place.end {
            return misplaced;
        }
        free = end.next_multiple_of(PAGE);
    }
    let in_code = |segment: Segment| {
        segment.executable && (segment.address..segment.address + segment.size).contains(&entry)
    };
    if !program.segments().any(in_code) {
        return Err(Error::EntryOutside { entry });
    }
    Ok(program)
}

impl<'a> Program<'a> {
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> {
        let file = self.file;
        let headers = self.segments.as_chunks::<PROGRAM_HEADER>().0;
        headers.iter().filter_map(move |header| segment(header, file).ok().flatten())
    }
}

/// What a program header loads; nothing where it is of another kind, or empty.
fn segment<'a>(header: &[u8], file: &'a [u8]) -> Result<Option<Segment<'a>>, Error> {
    let flags = u32_at(header, 4)?;
    let (length, size) = (u64_at(header, 32)?, u64_at(header, 40)?);
    if u32_at(header, 0)? != LOAD || size == 0 {
        return Ok(None);
    }
    if length > size {
        return Err(Error::CutOff);
    }
    Ok(Some(Segment {
        address: u64_at(header, 16)?,
        size,
        bytes: bytes(file, u64_at(header, 8)?, length)?,
        writable: flags & 2 != 0,
        executable: flags & 1 != 0,
    }))
}

fn bytes(file: &[u8], at: usize, length: usize) -> Result<&[u8], Error> {
    let end = at.checked_add(length).ok_or(Error::CutOff)?;
    file.get(at..end).ok_or(Error::CutOff)
}

fn number<const N: usize>(file: &[u8], at: usize) -> Result<[u8; N], Error> {
    let bytes = bytes(file, at, N)?;
    bytes.try_into().map_err(|_| Error::CutOff)
}

fn u16_at(file: &[u8], at: usize) -> Result<u16, Error> {
    number(file, at).map(u16::from_le_bytes)
}

fn u32_at(file: &[u8], at: usize) -> Result<u32, Error> {
    number(file, at).map(u32::from_le_bytes)
}

fn u64_at(file: &[u8], at: usize) -> Result<usize, Error> {
    number(file, at).map(|bytes| u64::from_le_bytes(bytes) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Size of the file's header.
    const HEADER: usize = 64;
    const PLACE: Range<usize> = 0x10_0000_0000..0x11_0000_0000;

    /// An ELF file with one segment of four bytes at `address` that takes `size` in memory.
    fn file(address: usize, size: usize, entry: usize) -> Vec<u8> {
        let mut file = vec![0; HEADER + PROGRAM_HEADER + 4];
        file[..7].copy_from_slice(&IDENTIFICATION);
        for (at, value) in [(16, EXECUTABLE), (18, RISCV), (54, 56), (56, 1)] {
            file[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        let words = [(24, entry), (32, HEADER), (HEADER + 8, HEADER + PROGRAM_HEADER)];
        let segment = [(HEADER + 16, address), (HEADER + 32, 4), (HEADER + 40, size)];
        for (at, value) in words.into_iter().chain(segment) {
            file[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        file[HEADER..HEADER + 8].copy_from_slice(&[1, 0, 0, 0, 5, 0, 0, 0]);
        file[HEADER + PROGRAM_HEADER..].copy_from_slice(&[1, 2, 3, 4]);
        file
    }

    #[test]
    fn a_program_is_its_segments() {
        let file = file(PLACE.start, 100, PLACE.start + 8);
        let program = parse(&file, PLACE).unwrap();
        let segments: Vec<_> = program.segments().collect();
        let bytes = &[1, 2, 3, 4][..];
        let code =
            Segment { address: PLACE.start, size: 100, bytes, writable: false, executable: true };
        assert_eq!(program.entry, PLACE.start + 8);
        assert_eq!(segments, [code]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let start = PLACE.start;
        for (file, error) in [
            (vec![], Error::NotElf),
            (b"#!/bin/sh".to_vec(), Error::NotElf),
            (b"\x7FELF\x01\x01\x01".to_vec(), Error::WrongKind),
            (file(start, 100, start)[..100].to_vec(), Error::CutOff),
            (file(0x8020_0000, 100, start), Error::Misplaced { address: 0x8020_0000 }),
            (file(start + 8, 100, start), Error::Misplaced { address: start + 8 }),
            (file(start, usize::MAX, start), Error::Misplaced { address: start }),
            (file(start, 3, start), Error::CutOff),
            (file(start, 100, start + 100), Error::EntryOutside { entry: start + 100 }),
        ] {
            assert_eq!(parse(&file, PLACE).unwrap_err(), error);
        }
    }

    /// Whatever is changed, the answer is an error or a program within its place.
    #[test]
    fn damaged_files_do_no_harm() {
        let good = file(PLACE.start, 100, PLACE.start);
        for at in 0..good.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut bad = good.clone();
                bad[at] = value;
                if let Ok(program) = parse(&bad, PLACE) {
                    assert!(program.segments().all(|segment| {
                        segment.address >= PLACE.start
                            && segment.address + segment.size <= PLACE.end
                            && segment.bytes.len() <= segment.size
                    }));
                }
            }
        }
    }
}
