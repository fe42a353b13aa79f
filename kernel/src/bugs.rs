//! Faults on purpose (`bug=NAME`): scheduling bugs that real kernels had, for those who look for
//! such bugs. Each is a line or two at the place where it would be made; which one is on, if any,
//! is chosen at boot. `kernel/README.md` says how each of them shows.

use core::sync::atomic::{AtomicU8, Ordering};

pub use crate::args::Bug;

static BUG: AtomicU8 = AtomicU8::new(Bug::None as u8);

/// Switches one on. Once, by the boot hart, before the others are let in.
pub fn plant(bug: Bug) {
    BUG.store(bug as u8, Ordering::Relaxed);
}

/// Whether one is on, whichever it is.
#[inline(always)]
pub fn any() -> bool {
    !is(Bug::None)
}

/// Whether this one is on.
#[inline(always)]
pub fn is(bug: Bug) -> bool {
    BUG.load(Ordering::Relaxed) == bug as u8
}
