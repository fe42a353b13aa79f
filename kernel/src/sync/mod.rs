//! Mutual exclusion between harts, and between a hart and its interrupts.

mod interrupts;
mod spin;

pub use interrupts::InterruptsOff;
pub use spin::{SpinGuard, SpinLock};
