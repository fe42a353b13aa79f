//! `panic`, `wild` and `spin`: kernels gone wrong, for whoever must cope with them. Each fault
//! happens a few awaits deep, in a coroutine whose turn comes after a sleep.

use super::Figures;
use crate::executor::{self, Priority};
use crate::future::sleep;
use crate::riscv;

const PRIORITY: Priority = 3;

/// A coroutine panics.
pub async fn panic() -> Figures {
    fail(|| panic!("on purpose")).await
}

/// A coroutine jumps to where nothing is mapped.
pub async fn wild() -> Figures {
    fail(|| {
        // SAFETY: none. The fault that follows is what the workload is for.
        let nowhere: fn() = unsafe { core::mem::transmute(core::hint::black_box(0x1000_usize)) };
        nowhere();
    })
    .await
}

/// A coroutine spins for ever with interrupts off: its hart is lost.
pub async fn spin() -> Figures {
    fail(spin_here).await
}

#[inline(never)]
#[expect(clippy::empty_loop, reason = "wherever it is paused, it is in this function")]
fn spin_here() {
    riscv::interrupts_off();
    loop {}
}

async fn fail(fault: fn()) -> Figures {
    executor::spawn(PRIORITY, outer(fault)).await;
    Figures::new()
}

async fn outer(fault: fn()) {
    sleep(1).await;
    inner(fault).await;
}

async fn inner(fault: fn()) {
    sleep(1).await;
    fault();
}
