//! Goes through the nodes and properties of a tree, and keeps what matters.

use core::ops::Range;

use super::devices::{Found, Node};
use super::{Error, Machine, be32, cells};

/// Deepest node that is looked into; what lies deeper is skipped.
const DEPTH: usize = 4;

/// What was seen so far, and the path of node names that leads to the current one.
pub struct Reader<'a> {
    kernel: usize,
    path: [&'a [u8]; DEPTH],
    /// What was seen of each node on the path.
    nodes: [Node<'a>; DEPTH],
    /// How each node on the path writes its children's addresses.
    cells: [Cells; DEPTH],
    depth: usize,
    cpu: Cpu,
    devices: Found<'a>,
    harts: u64,
    memory: Option<Range<usize>>,
    timebase: Option<u64>,
    bootargs: &'a str,
}

/// Words in an address and in a size below a node (2.3.5).
#[derive(Clone, Copy)]
struct Cells {
    address: usize,
    size: usize,
}

impl Cells {
    /// Where a node does not say.
    const DEFAULT: Cells = Cells { address: 2, size: 1 };
}

/// The `/cpus/cpu@…` node that is being read.
struct Cpu {
    hart: Option<u64>,
    usable: bool,
    /// Handle of its interrupt controller.
    controller: Option<u32>,
}

impl Cpu {
    const UNKNOWN: Cpu = Cpu { hart: None, usable: true, controller: None };
}

impl<'a> Reader<'a> {
    pub fn new(kernel: usize) -> Self {
        Reader {
            kernel,
            path: [&[]; DEPTH],
            nodes: [Node::default(); DEPTH],
            cells: [Cells::DEFAULT; DEPTH],
            depth: 0,
            cpu: Cpu::UNKNOWN,
            devices: Found::new(),
            harts: 0,
            memory: None,
            timebase: None,
            bootargs: "",
        }
    }

    pub fn begin(&mut self, name: &'a [u8]) {
        if self.depth < DEPTH {
            self.path[self.depth] = name;
            self.nodes[self.depth] = Node::default();
            self.cells[self.depth] = Cells::DEFAULT;
        }
        self.depth += 1;
        if self.in_cpu() {
            self.cpu = Cpu::UNKNOWN;
        }
    }

    pub fn end(&mut self) {
        if self.in_cpu()
            && self.cpu.usable
            && let Some(hart @ 0..64) = self.cpu.hart
        {
            self.harts |= 1 << hart;
            if let Some(controller) = self.cpu.controller {
                self.devices.add_controller(hart, controller);
            }
        }
        if let Some(node) = self.depth.checked_sub(1).and_then(|last| self.nodes.get(last)) {
            self.devices.add(node);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    pub fn property(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Error> {
        self.property_of_node(name, value)?;
        match (self.nodes(), name) {
            ([_, b"chosen"], b"bootargs") => {
                self.bootargs = core::str::from_utf8(value)
                    .map_err(|_| Error::BadBootargs)?
                    .trim_end_matches('\0');
            }
            ([_, b"cpus"], b"timebase-frequency") => self.timebase = Some(be32(value, 0)?.into()),
            ([_, node], b"reg") if node.starts_with(b"memory@") => self.memory_regions(value)?,
            (_, b"reg") if self.in_cpu() => self.cpu.hart = cells(value, 0, value.len() / 4),
            (_, b"status") if self.in_cpu() => self.cpu.usable = value.starts_with(b"okay"),
            ([_, b"cpus", _, b"interrupt-controller"], b"phandle") => {
                self.cpu.controller = Some(be32(value, 0)?);
            }
            _ => {}
        }
        Ok(())
    }

    /// What may be at any node.
    fn property_of_node(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Error> {
        let Some(last) = self.depth.checked_sub(1).filter(|&last| last < DEPTH) else {
            return Ok(());
        };
        let parent = last.checked_sub(1).map_or(Cells::DEFAULT, |parent| self.cells[parent]);
        let (node, cells) = (&mut self.nodes[last], &mut self.cells[last]);
        match name {
            b"#address-cells" => cells.address = be32(value, 0)? as usize,
            b"#size-cells" => cells.size = be32(value, 0)? as usize,
            b"compatible" => node.compatible = value,
            b"reg" => node.registers = region(value, parent),
            b"interrupts" => node.interrupts = value,
            b"interrupts-extended" => node.interrupts_extended = value,
            _ => {}
        }
        Ok(())
    }

    fn memory_regions(&mut self, value: &[u8]) -> Result<(), Error> {
        let format = self.cells[0];
        let words = format.address.saturating_add(format.size);
        if words == 0 || words > 8 {
            return Err(Error::NoMemory);
        }
        for bytes in value.chunks_exact(words * 4) {
            let (start, end) = region(bytes, format).ok_or(Error::NoMemory)?;
            if (start..end).contains(&self.kernel) {
                self.memory = Some(start..end);
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Result<Machine<'a>, Error> {
        if self.harts == 0 {
            return Err(Error::NoHarts);
        }
        Ok(Machine {
            harts: self.harts,
            memory: self.memory.ok_or(Error::NoMemory)?,
            timebase: self.timebase.filter(|&ticks| ticks > 0).ok_or(Error::NoTimebase)?,
            bootargs: self.bootargs,
            devices: self.devices.finish(),
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

/// Start and end of the first region in `value`; nothing where there is none, or an empty one.
fn region(value: &[u8], format: Cells) -> Option<(usize, usize)> {
    let start = cells(value, 0, format.address)? as usize;
    let size = cells(value, format.address, format.size)? as usize;
    Some((start, start.checked_add(size)?)).filter(|_| size > 0)
}
