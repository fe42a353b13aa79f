//! The serial line (NS16550A), as far as it receives: what is typed waits here until somebody takes
//! it. Sending is the firmware's.

use super::mmio::Registers;
use super::plic;
use crate::device_tree::Device;
use crate::file;
use crate::sync::SpinLock;

/// Registers of one byte each.
const RECEIVED: usize = 0;
const INTERRUPT_ENABLE: usize = 1;
const FIFO_CONTROL: usize = 2;
const LINE_STATUS: usize = 5;

/// Of the interrupts: something was received.
const RECEIVED_ENABLE: u8 = 1;
/// FIFOs, with an interrupt for every byte.
const FIFOS: u8 = 1;
/// Of the line's status: something can be read.
const READY: u8 = 1;

/// Bytes that wait, at most. More wait in the device, which has the sender wait where it can.
const CAPACITY: usize = 256;

/// Every machine has one at most.
static UART: SpinLock<Option<Uart>> = SpinLock::new(None);

struct Uart {
    registers: Registers,
    bytes: [u8; CAPACITY],
    /// Where the oldest byte is, and how many there are.
    first: usize,
    count: usize,
}

/// Takes the serial line over. Once, by the boot hart.
pub fn init(device: &Device) -> Result<(), plic::Error> {
    let registers = Registers::new(&device.registers);
    registers.write_byte(FIFO_CONTROL, FIFOS);
    *UART.lock() = Some(Uart { registers, bytes: [0; CAPACITY], first: 0, count: 0 });
    plic::register(device.interrupt, interrupt)?;
    registers.write_byte(INTERRUPT_ENABLE, RECEIVED_ENABLE);
    Ok(())
}

/// Takes the oldest byte, if there is one.
pub fn take() -> Option<u8> {
    UART.lock().as_mut().and_then(Uart::pop)
}

impl Uart {
    fn pop(&mut self) -> Option<u8> {
        if self.count == 0 {
            return None;
        }
        let byte = self.bytes[self.first];
        self.first = (self.first + 1) % CAPACITY;
        self.count -= 1;
        if self.count == CAPACITY - 1 {
            // There is room again.
            self.registers.write_byte(INTERRUPT_ENABLE, RECEIVED_ENABLE);
        }
        Some(byte)
    }

    /// Takes what the device has, as far as there is room; then it must not interrupt.
    fn receive(&mut self) {
        while self.count < CAPACITY {
            if self.registers.read_byte(LINE_STATUS) & READY == 0 {
                return;
            }
            let byte = self.registers.read_byte(RECEIVED);
            self.bytes[(self.first + self.count) % CAPACITY] = byte;
            self.count += 1;
        }
        self.registers.write_byte(INTERRUPT_ENABLE, 0);
    }
}

/// The device interrupts: it has received something.
fn interrupt() {
    if let Some(uart) = UART.lock().as_mut() {
        uart.receive();
    }
    // Without the lock: who is woken may run at once elsewhere.
    file::typed();
}
