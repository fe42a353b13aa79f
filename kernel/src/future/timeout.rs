//! Waiting for something, but not for ever.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::{Sleep, sleep};

/// The time came before what was awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Awaits `future` for so many milliseconds at most.
pub fn timeout<F: Future + Unpin>(milliseconds: u64, future: F) -> Timeout<F> {
    Timeout { future, sleep: sleep(milliseconds) }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

impl<F: Future + Unpin> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        if let Poll::Ready(value) = Pin::new(&mut self.future).poll(context) {
            return Poll::Ready(Ok(value));
        }
        Pin::new(&mut self.sleep).poll(context).map(|()| Err(Elapsed))
    }
}
