//! Waiting for the first of two futures.

use core::pin::Pin;
use core::task::{Context, Poll};

/// Which future was first, and what it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    First(A),
    Second(B),
}

/// Awaits the one of the two that is done first; the other is dropped. Where both are, the first
/// counts.
pub fn select<A: Future, B: Future>(first: A, second: B) -> Select<A, B> {
    Select { first, second }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Select<A, B> {
    first: A,
    second: B,
}

impl<A: Future, B: Future> Future for Select<A, B> {
    type Output = Either<A::Output, B::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        // SAFETY: the futures are pinned with this and stay in their places.
        let (first, second) = unsafe {
            let this = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut this.first), Pin::new_unchecked(&mut this.second))
        };
        if let Poll::Ready(value) = first.poll(context) {
            return Poll::Ready(Either::First(value));
        }
        second.poll(context).map(Either::Second)
    }
}
