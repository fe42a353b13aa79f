//! Devices, as the device tree names them.

mod mmio;
pub mod plic;
pub mod uart;
pub mod virtio;

use crate::device_tree::Devices;
use crate::println;

/// Takes the devices over. The boot hart calls this, before it lets the others in.
pub fn init(devices: &Devices) {
    if let Some(plic) = &devices.plic {
        plic::init(plic);
    }
    if let Some(uart) = &devices.uart
        && let Err(error) = uart::init(uart)
    {
        println!("[boot] nothing can be typed: {error:?}");
    }
    if let Err(error) = virtio::block::init(devices.virtio.iter().flatten()) {
        println!("[boot] the disk cannot be used: {error:?}");
    }
}
