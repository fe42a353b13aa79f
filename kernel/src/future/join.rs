//! Waiting for several futures in one coroutine.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Awaits both.
pub fn join<A: Future, B: Future>(first: A, second: B) -> Join<A, B> {
    Join { first: Part::Runs(first), second: Part::Runs(second) }
}

/// Awaits all, and gives what they give in their order.
pub fn join_all<F: Future>(futures: Vec<F>) -> JoinAll<F> {
    let parts: Box<[_]> = futures.into_iter().map(Part::Runs).collect();
    JoinAll { parts: Box::into_pin(parts) }
}

/// A future, or what it gave.
enum Part<F: Future> {
    Runs(F),
    Done(F::Output),
    Taken,
}

impl<F: Future> Part<F> {
    /// Polls the future unless it is done; says whether it is.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> bool {
        // SAFETY: nothing is moved out of it.
        let Part::Runs(future) = (unsafe { self.as_mut().get_unchecked_mut() }) else {
            return true;
        };
        // SAFETY: it is pinned with the part, which drops it in its place.
        let Poll::Ready(value) = unsafe { Pin::new_unchecked(future) }.poll(context) else {
            return false;
        };
        self.set(Part::Done(value));
        true
    }

    /// What the future gave; it is done.
    fn take(self: Pin<&mut Self>) -> F::Output {
        // SAFETY: no future is moved, only what it gave.
        let part = unsafe { self.get_unchecked_mut() };
        match core::mem::replace(part, Part::Taken) {
            Part::Done(value) => value,
            _ => unreachable!("taken before or after its end"),
        }
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct Join<A: Future, B: Future> {
    first: Part<A>,
    second: Part<B>,
}

impl<A: Future, B: Future> Future for Join<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        // SAFETY: the parts are pinned with this and stay in their places.
        let (mut first, mut second) = unsafe {
            let this = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut this.first), Pin::new_unchecked(&mut this.second))
        };
        let done = first.as_mut().poll(context) & second.as_mut().poll(context);
        if done { Poll::Ready((first.take(), second.take())) } else { Poll::Pending }
    }
}

#[must_use = "futures do nothing unless awaited"]
pub struct JoinAll<F: Future> {
    parts: Pin<Box<[Part<F>]>>,
}

impl<F: Future> JoinAll<F> {
    fn parts(&mut self) -> impl Iterator<Item = Pin<&mut Part<F>>> {
        // SAFETY: the parts are pinned in their box and stay in their places.
        let parts = unsafe { self.parts.as_mut().get_unchecked_mut() };
        // SAFETY: as above.
        parts.iter_mut().map(|part| unsafe { Pin::new_unchecked(part) })
    }
}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        let done = self.parts().fold(true, |done, part| part.poll(context) & done);
        if done { Poll::Ready(self.parts().map(Part::take).collect()) } else { Poll::Pending }
    }
}
