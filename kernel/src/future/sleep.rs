//! Waiting for a time.

use core::pin::Pin;
use core::task::{Context, Poll};

use crate::bugs::{self, Bug};
use crate::riscv;
use crate::timer::{self, TimerId};

/// Waits so many milliseconds, or a little longer.
pub fn sleep(milliseconds: u64) -> Sleep {
    sleep_until(riscv::time() + timer::milliseconds(milliseconds))
}

/// Waits until `time` has reached `deadline`, or a little longer.
pub fn sleep_until(deadline: u64) -> Sleep {
    Sleep { deadline, timer: None }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    /// In ticks of `time`.
    deadline: u64,
    timer: Option<TimerId>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        if riscv::time() >= self.deadline {
            return Poll::Ready(());
        }
        if bugs::is(Bug::SelfWake) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.timer {
            Some(timer) if timer::renew(timer, context.waker()) => {}
            _ => self.timer = Some(timer::add(self.deadline, context.waker().clone())),
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer
            && !bugs::is(Bug::WakeAfterFree)
        {
            timer::cancel(timer);
        }
    }
}
