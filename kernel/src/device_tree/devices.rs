//! Devices that the kernel has drivers for, as the tree describes them.

use core::ops::Range;

use super::{be32, cells};

/// Most slots for virtio devices.
const VIRTIO_SLOTS: usize = 8;

/// Harts whose interrupt controllers are remembered: those with smaller ids.
const HARTS: usize = 8;

/// Number of the interrupt by which the PLIC calls a hart in S-mode.
const SUPERVISOR_EXTERNAL: u32 = 9;

/// What there is; nothing where the tree names none, or one without registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    pub plic: Option<Plic>,
    /// The serial line (16550).
    pub uart: Option<Device>,
    /// Slots for virtio devices, by their addresses. Most are empty, which only their registers
    /// tell.
    pub virtio: [Option<Device>; VIRTIO_SLOTS],
}

/// A device: where its registers are, and its source of interrupts at the PLIC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub registers: Range<usize>,
    pub interrupt: u32,
}

/// The interrupt controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plic {
    pub registers: Range<usize>,
    /// The context of each hart's S-mode.
    pub contexts: [Option<usize>; HARTS],
}

impl Devices {
    /// Registers of every device.
    pub fn registers(&self) -> impl Iterator<Item = Range<usize>> {
        let plic = self.plic.iter().map(|plic| plic.registers.clone());
        let others = self.uart.iter().chain(self.virtio.iter().flatten());
        plic.chain(others.map(|device| device.registers.clone()))
    }
}

/// Properties of a node that may be a device.
#[derive(Clone, Copy, Default)]
pub struct Node<'a> {
    pub compatible: &'a [u8],
    /// Start and end of its registers.
    pub registers: Option<(usize, usize)>,
    pub interrupts: &'a [u8],
    pub interrupts_extended: &'a [u8],
}

impl Node<'_> {
    fn is(&self, kind: &[u8]) -> bool {
        self.compatible.split(|&byte| byte == 0).any(|name| name == kind)
    }

    fn device(&self) -> Option<Device> {
        let (start, end) = self.registers?;
        Some(Device { registers: start..end, interrupt: be32(self.interrupts, 0).ok()? })
    }
}

/// Devices while the tree is being read: the PLIC may come before the harts that it serves.
pub struct Found<'a> {
    devices: Devices,
    plic: Option<Node<'a>>,
    /// Handle of each hart's own interrupt controller.
    controllers: [Option<u32>; HARTS],
}

impl<'a> Found<'a> {
    pub const fn new() -> Self {
        let devices = Devices { plic: None, uart: None, virtio: [const { None }; VIRTIO_SLOTS] };
        Found { devices, plic: None, controllers: [None; HARTS] }
    }

    /// A node has been read.
    pub fn add(&mut self, node: &Node<'a>) {
        if node.is(b"riscv,plic0") || node.is(b"sifive,plic-1.0.0") {
            self.plic = Some(*node);
        } else if node.is(b"ns16550a") {
            self.devices.uart = node.device();
        } else if node.is(b"virtio,mmio")
            && let Some(device) = node.device()
            && let Some(slot) = self.devices.virtio.iter_mut().find(|slot| slot.is_none())
        {
            *slot = Some(device);
        }
    }

    /// A hart's interrupt controller has this handle.
    pub fn add_controller(&mut self, hart: u64, handle: u32) {
        if let Some(place) = self.controllers.get_mut(hart as usize) {
            *place = Some(handle);
        }
    }

    pub fn finish(mut self) -> Devices {
        self.devices
            .virtio
            .sort_by_key(|slot| slot.as_ref().map_or(usize::MAX, |device| device.registers.start));
        self.devices.plic = self.plic.and_then(|node| {
            let (start, end) = node.registers?;
            let contexts = self.controllers.map(|controller| context(&node, controller?));
            Some(Plic { registers: start..end, contexts })
        });
        self.devices
    }
}

/// The context of the PLIC `node` that calls the S-mode of a hart: contexts are in the order of
/// the pairs of a controller and an interrupt there.
fn context(node: &Node, controller: u32) -> Option<usize> {
    let wanted = u64::from(controller) << 32 | u64::from(SUPERVISOR_EXTERNAL);
    let mut pairs = node.interrupts_extended.chunks_exact(8);
    pairs.position(|pair| cells(pair, 0, 2) == Some(wanted))
}
