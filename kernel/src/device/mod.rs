//! Devices, as the device tree names them.

mod mmio;
pub mod plic;

use crate::device_tree::Devices;

/// Takes the devices over. The boot hart calls this, before it lets the others in.
pub fn init(devices: &Devices) {
    if let Some(plic) = &devices.plic {
        plic::init(plic);
    }
}
