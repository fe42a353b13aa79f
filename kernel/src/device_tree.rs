//! Reads what the kernel must know from the flattened device tree
//! ("Devicetree Specification", v0.4, chapter 5). The blob is foreign: every access is checked.

use core::ops::Range;

const MAGIC: u32 = 0xD00D_FEED;
const LARGEST: usize = 2 << 20;

/// Tokens of the structure block (5.4.1).
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

/// Deepest node that is looked into; what lies deeper is skipped.
const DEPTH: usize = 4;

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

/// What was seen so far, and the path of node names that leads to the current one.
struct Reader<'a> {
    kernel: usize,
    path: [&'a [u8]; DEPTH],
    depth: usize,
    cells: Cells,
    cpu: Cpu,
    harts: u64,
    memory: Option<Range<usize>>,
    timebase: Option<u64>,
    bootargs: &'a str,
}

/// Words in an address and in a size below the root (2.3.5).
struct Cells {
    address: usize,
    size: usize,
}

/// The `/cpus/cpu@…` node that is being read.
struct Cpu {
    hart: Option<u64>,
    usable: bool,
}

impl<'a> Reader<'a> {
    fn new(kernel: usize) -> Self {
        Reader {
            kernel,
            path: [&[]; DEPTH],
            depth: 0,
            cells: Cells { address: 2, size: 1 },
            cpu: Cpu { hart: None, usable: true },
            harts: 0,
            memory: None,
            timebase: None,
            bootargs: "",
        }
    }

    fn begin(&mut self, name: &'a [u8]) {
        if self.depth < DEPTH {
            self.path[self.depth] = name;
        }
        self.depth += 1;
        if self.in_cpu() {
            self.cpu = Cpu { hart: None, usable: true };
        }
    }

    fn end(&mut self) {
        if self.in_cpu()
            && self.cpu.usable
            && let Some(hart @ 0..64) = self.cpu.hart
        {
            self.harts |= 1 << hart;
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn property(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Error> {
        match (self.nodes(), name) {
            ([_root], b"#address-cells") => self.cells.address = be32(value, 0)? as usize,
            ([_root], b"#size-cells") => self.cells.size = be32(value, 0)? as usize,
            ([_, b"chosen"], b"bootargs") => {
                self.bootargs = core::str::from_utf8(value)
                    .map_err(|_| Error::BadBootargs)?
                    .trim_end_matches('\0');
            }
            ([_, b"cpus"], b"timebase-frequency") => self.timebase = Some(be32(value, 0)?.into()),
            ([_, node], b"reg") if node.starts_with(b"memory@") => self.memory_regions(value)?,
            (_, b"reg") if self.in_cpu() => self.cpu.hart = cells(value, 0, value.len() / 4),
            (_, b"status") if self.in_cpu() => self.cpu.usable = value.starts_with(b"okay"),
            _ => {}
        }
        Ok(())
    }

    fn memory_regions(&mut self, value: &[u8]) -> Result<(), Error> {
        let words = self.cells.address + self.cells.size;
        if words == 0 || words > 8 {
            return Err(Error::NoMemory);
        }
        for region in value.chunks_exact(words * 4) {
            let start = cells(region, 0, self.cells.address).ok_or(Error::NoMemory)? as usize;
            let size = cells(region, self.cells.address, self.cells.size).ok_or(Error::NoMemory)?;
            let end = start.checked_add(size as usize).ok_or(Error::NoMemory)?;
            if (start..end).contains(&self.kernel) {
                self.memory = Some(start..end);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Machine<'a>, Error> {
        if self.harts == 0 {
            return Err(Error::NoHarts);
        }
        Ok(Machine {
            harts: self.harts,
            memory: self.memory.ok_or(Error::NoMemory)?,
            timebase: self.timebase.filter(|&ticks| ticks > 0).ok_or(Error::NoTimebase)?,
            bootargs: self.bootargs,
        })
    }

    /// Names from the root to the current node; empty where it is too deep to matter.
    fn nodes(&self) -> &[&'a [u8]] {
        self.path.get(..self.depth).unwrap_or(&[])
    }

    fn in_cpu(&self) -> bool {
        matches!(self.nodes(), [_, b"cpus", node] if node.starts_with(b"cpu@"))
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
mod tests {
    use super::*;

    /// A structure block under construction; property names are offsets into `STRINGS`.
    struct Builder(Vec<u8>);

    const STRINGS: &[u8] =
        b"#address-cells\0#size-cells\0reg\0timebase-frequency\0bootargs\0status\0";

    impl Builder {
        fn word(&mut self, word: u32) {
            self.0.extend(word.to_be_bytes());
        }

        fn bytes(&mut self, bytes: &[u8]) {
            self.0.extend(bytes);
            self.0.resize(self.0.len().next_multiple_of(4), 0);
        }

        fn node(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
            self.word(BEGIN_NODE);
            self.bytes(format!("{name}\0").as_bytes());
            content(self);
            self.word(END_NODE);
        }

        fn property(&mut self, name: &str, value: &[u8]) {
            let name = format!("{name}\0");
            let at = STRINGS.windows(name.len()).position(|here| here == name.as_bytes());
            self.word(PROPERTY);
            self.word(value.len() as u32);
            self.word(at.unwrap() as u32);
            self.bytes(value);
        }
    }

    /// Two harts (the third is disabled), 128 MiB of memory, and arguments.
    fn sample() -> Vec<u8> {
        let mut tree = Builder(Vec::new());
        tree.node("", |root| {
            root.property("#address-cells", &2u32.to_be_bytes());
            root.property("#size-cells", &2u32.to_be_bytes());
            root.node("chosen", |chosen| chosen.property("bootargs", b"workload=ring\0"));
            root.node("memory@80000000", |memory| {
                let region = [0x8000_0000_u64, 0x800_0000].map(u64::to_be_bytes).concat();
                memory.property("reg", &region);
            });
            root.node("cpus", |cpus| {
                cpus.property("timebase-frequency", &10_000_000u32.to_be_bytes());
                for (hart, status) in [(0u32, "okay\0"), (1, "okay\0"), (2, "disabled\0")] {
                    cpus.node(&format!("cpu@{hart}"), |cpu| {
                        cpu.property("reg", &hart.to_be_bytes());
                        cpu.property("status", status.as_bytes());
                        cpu.node("interrupt-controller", |plic| {
                            plic.property("reg", &7u32.to_be_bytes());
                        });
                    });
                }
            });
        });
        tree.word(END);

        let (structure, strings) = (tree.0, STRINGS);
        let at = 40;
        let words = [
            MAGIC,
            (at + structure.len() + strings.len()) as u32,
            at as u32,
            (at + structure.len()) as u32,
            0,
            17,
            16,
            0,
            strings.len() as u32,
            structure.len() as u32,
        ];
        [words.map(u32::to_be_bytes).concat(), structure, strings.to_vec()].concat()
    }

    #[test]
    fn reads_what_the_kernel_must_know() {
        let blob = sample();
        let machine = parse(&blob, 0x8020_0000).unwrap();
        assert_eq!(machine.harts, 0b11);
        assert_eq!(machine.memory, 0x8000_0000..0x8800_0000);
        assert_eq!(machine.timebase, 10_000_000);
        assert_eq!(machine.bootargs, "workload=ring");
    }

    #[test]
    fn memory_without_the_kernel_is_none() {
        assert_eq!(parse(&sample(), 0x1000).unwrap_err(), Error::NoMemory);
    }

    #[test]
    fn a_short_blob_is_an_error() {
        let blob = sample();
        (0..blob.len()).for_each(|length| assert!(parse(&blob[..length], 0x8020_0000).is_err()));
    }

    /// Any answer will do, as long as there is one.
    #[test]
    fn damaged_bytes_do_no_harm() {
        let mut random = 1u64;
        for _ in 0..20_000 {
            let mut blob = sample();
            for _ in 0..3 {
                random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
                let at = (random >> 33) as usize % blob.len();
                blob[at] = (random >> 20) as u8;
            }
            let _ = parse(&blob, 0x8020_0000);
        }
    }
}
