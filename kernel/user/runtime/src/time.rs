//! Time: now, later, and not for ever.

use core::arch::asm;
use core::ops::{Add, Sub};
use core::time::Duration;

use scheduler::select::{Either, select};
use scheduler::syscall::{Call, Error};

use crate::call::SystemCall;
use crate::syscall;

const NANOSECONDS: u64 = 1_000_000_000;

/// A moment, in ticks of the machine's clock since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    pub fn now() -> Self {
        let ticks;
        // SAFETY: reads a counter, which the kernel lets programs do.
        unsafe { asm!("rdtime {}", out(reg) ticks, options(nomem, nostack, preserves_flags)) };
        Instant(ticks)
    }

    pub fn ticks(self) -> u64 {
        self.0
    }

    pub fn elapsed(self) -> Duration {
        Instant::now() - self
    }
}

/// The end of time for what is later than that.
impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        let hertz = syscall::timebase();
        let whole = duration.as_secs().saturating_mul(hertz);
        let rest = u64::from(duration.subsec_nanos()) * hertz / NANOSECONDS;
        Instant(self.0.saturating_add(whole).saturating_add(rest))
    }
}

/// Nothing where `earlier` is later.
impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        let (ticks, hertz) = (self.0.saturating_sub(earlier.0), syscall::timebase());
        let nanoseconds = ticks % hertz * NANOSECONDS / hertz;
        Duration::new(ticks / hertz, nanoseconds as u32)
    }
}

/// The time came before what was awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Waits for so long.
pub async fn sleep(duration: Duration) -> Result<(), Error> {
    sleep_until(Instant::now() + duration).await
}

/// Waits until `deadline` is past.
pub async fn sleep_until(deadline: Instant) -> Result<(), Error> {
    SystemCall::new(Call::Sleep, [deadline.0 as usize]).await.map(|_| ())
}

/// Awaits `future` for so long at most; then drops it. Where nothing more can be waited for, the
/// time is over at once.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    match select(future, sleep(duration)).await {
        Either::First(value) => Ok(value),
        Either::Second(_) => Err(Elapsed),
    }
}
