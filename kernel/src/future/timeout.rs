//! Waiting for something, but not for ever.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::{Sleep, sleep};

/// The time came before what was awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Awaits `future` for so many milliseconds at most.
pub fn timeout<F: Future>(milliseconds: u64, future: F) -> Timeout<F> {
    Timeout { future, sleep: sleep(milliseconds) }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        // SAFETY: the future is pinned with this and stays in its place.
        let (future, sleep) = unsafe {
            let this = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut this.future), &mut this.sleep)
        };
        if let Poll::Ready(value) = future.poll(context) {
            return Poll::Ready(Ok(value));
        }
        Pin::new(sleep).poll(context).map(|()| Err(Elapsed))
    }
}
