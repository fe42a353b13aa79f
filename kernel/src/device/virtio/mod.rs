//! Devices behind virtio over MMIO ("Virtual I/O Device (VIRTIO) Version 1.2", 4.2): version 2,
//! the one without the legacy interface.

pub mod block;
mod queue;

use super::mmio::Registers;
use crate::device_tree::Device;

/// Registers (4.2.2).
const MAGIC: usize = 0x000;
const VERSION: usize = 0x004;
const DEVICE_ID: usize = 0x008;
const DEVICE_FEATURES: usize = 0x010;
const DEVICE_FEATURES_SELECT: usize = 0x014;
const DRIVER_FEATURES: usize = 0x020;
const DRIVER_FEATURES_SELECT: usize = 0x024;
const QUEUE_SELECT: usize = 0x030;
const QUEUE_SIZE_MAX: usize = 0x034;
const QUEUE_SIZE: usize = 0x038;
const QUEUE_READY: usize = 0x044;
const QUEUE_NOTIFY: usize = 0x050;
const INTERRUPT_STATUS: usize = 0x060;
const INTERRUPT_ACKNOWLEDGE: usize = 0x064;
const STATUS: usize = 0x070;
const QUEUE_DESCRIPTORS: usize = 0x080;
const QUEUE_DRIVER: usize = 0x090;
const QUEUE_DEVICE: usize = 0x0A0;
const CONFIGURATION: usize = 0x100;

/// "virt".
const MAGIC_VALUE: u32 = 0x7472_6976;

/// Bits of the status register (2.1).
const ACKNOWLEDGE: u32 = 1;
const DRIVER: u32 = 2;
const DRIVER_OK: u32 = 4;
const FEATURES_OK: u32 = 8;

/// Every device of version 2 offers it (6).
const VERSION_1: u64 = 1 << 32;

/// Why a device cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// It has the legacy interface only.
    Legacy,
    /// It does not go along with what the driver asks for.
    Refused,
    /// Its queue is too small.
    SmallQueue,
    NoMemory,
    NoInterrupt,
}

/// A slot with a device in it, as far as all devices are alike.
#[derive(Clone, Copy, Debug)]
struct Transport {
    registers: Registers,
}

impl Transport {
    /// The device of kind `id` in `slot`, if it is one.
    fn find(slot: &Device, id: u32) -> Option<Result<Self, SetupError>> {
        let registers = Registers::new(&slot.registers);
        if registers.read(MAGIC) != MAGIC_VALUE || registers.read(DEVICE_ID) != id {
            return None;
        }
        Some(match registers.read(VERSION) {
            2 => Ok(Transport { registers }),
            _ => Err(SetupError::Legacy),
        })
    }

    /// Resets the device and agrees on those of the features `wanted` that it has (3.1.1).
    fn negotiate(&self, wanted: u64) -> Result<u64, SetupError> {
        let registers = &self.registers;
        registers.write(STATUS, 0);
        registers.write(STATUS, ACKNOWLEDGE);
        registers.write(STATUS, ACKNOWLEDGE | DRIVER);
        let offered = [0, 1].map(|half| {
            registers.write(DEVICE_FEATURES_SELECT, half);
            u64::from(registers.read(DEVICE_FEATURES)) << (32 * half)
        });
        let features = (offered[0] | offered[1]) & (wanted | VERSION_1);
        for half in [0, 1] {
            registers.write(DRIVER_FEATURES_SELECT, half);
            registers.write(DRIVER_FEATURES, (features >> (32 * half)) as u32);
        }
        registers.write(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
        let agreed = registers.read(STATUS) & FEATURES_OK != 0 && features & VERSION_1 != 0;
        if agreed { Ok(features) } else { Err(SetupError::Refused) }
    }

    /// Tells the device where its first queue is (4.2.3.2).
    fn set_queue(&self, queue: &queue::Queue) -> Result<(), SetupError> {
        let registers = &self.registers;
        registers.write(QUEUE_SELECT, 0);
        if (registers.read(QUEUE_SIZE_MAX) as usize) < queue::SIZE {
            return Err(SetupError::SmallQueue);
        }
        registers.write(QUEUE_SIZE, queue::SIZE as u32);
        let addresses = [QUEUE_DESCRIPTORS, QUEUE_DRIVER, QUEUE_DEVICE].into_iter();
        for (register, address) in addresses.zip(queue.addresses()) {
            registers.write(register, address as u32);
            registers.write(register + 4, (address >> 32) as u32);
        }
        registers.write(QUEUE_READY, 1);
        Ok(())
    }

    /// From here on the device serves its queue.
    fn start(&self) {
        self.registers.write(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    }

    /// There is something new in the first queue.
    fn notify(&self) {
        self.registers.write(QUEUE_NOTIFY, 0);
    }

    /// Takes back the interrupt that the device has raised.
    fn acknowledge(&self) {
        let status = self.registers.read(INTERRUPT_STATUS);
        self.registers.write(INTERRUPT_ACKNOWLEDGE, status);
    }

    fn configuration(&self, offset: usize) -> u32 {
        self.registers.read(CONFIGURATION + offset)
    }
}
