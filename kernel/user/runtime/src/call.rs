//! System calls that are awaited: each is done by a coroutine of the kernel, and calls back.
//!
//! Who drops such a future before its end cancels the call. Memory that the kernel reads or writes
//! meanwhile belongs to an [`Operation`], and the token that the kernel was given counts as a
//! reference to it: it lives until the callback comes, whoever has lost interest by then.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use scheduler::page::Callback;
use scheduler::syscall::{Call, Error};

use crate::executor::{current, current_priority};
use crate::lock::Lock;
use crate::syscall;

/// What a call came to.
pub struct Reply {
    pub value: usize,
    /// The memory that it was given.
    pub buffer: Vec<u8>,
}

/// A call, which is made when this is polled first, as urgent as the coroutine that polls.
#[must_use = "futures do nothing unless awaited"]
pub struct SystemCall {
    call: Call,
    /// What the kernel is given, with room for the ticket behind it.
    arguments: [usize; 6],
    /// How many of them there are before the ticket.
    count: usize,
    /// Until the call is made.
    buffer: Vec<u8>,
    /// What becomes of a result that nobody wants any more.
    abandoned: fn(usize),
    /// Id of the kernel's coroutine that does it; 0 before the call is made.
    coroutine: u64,
    /// While the call is under way.
    operation: Option<Arc<Operation>>,
}

/// What the kernel works on from the call to its callback. The token of the call is its address.
pub struct Operation {
    /// Id of the coroutine that made the call.
    #[expect(dead_code, reason = "for whoever looks at the program from outside")]
    coroutine: u64,
    inner: Lock<Inner>,
}

struct Inner {
    stage: Stage,
    buffer: Vec<u8>,
}

enum Stage {
    /// Somebody wants to know, and is to be woken.
    Awaited(Waker),
    /// Nobody does: this is for the result, if there is one.
    Abandoned(fn(usize)),
    /// What the callback said.
    Done(Result<usize, Error>),
}

impl SystemCall {
    /// A call with whatever `arguments` before its ticket.
    ///
    /// # Safety
    /// Memory that the call hands to the kernel to write to is nobody else's until the call is
    /// done, also when this is dropped before.
    pub unsafe fn raw<const N: usize>(call: Call, arguments: [usize; N]) -> Self {
        SystemCall::new(call, arguments)
    }

    /// A call with `arguments` before its ticket, none of which is an address.
    pub(crate) fn new<const N: usize>(call: Call, arguments: [usize; N]) -> Self {
        SystemCall::with_memory(call, Vec::new(), |_| arguments)
    }

    /// A call for which the kernel reads or writes `buffer`, whose address is among the arguments.
    pub(crate) fn with_memory<const N: usize>(
        call: Call,
        mut buffer: Vec<u8>,
        arguments: impl FnOnce(usize) -> [usize; N],
    ) -> Self {
        // What a vector owns does not move with it.
        let given = arguments(buffer.as_mut_ptr().expose_provenance());
        let mut arguments = [0; 6];
        arguments[..N].copy_from_slice(&given);
        SystemCall {
            call,
            arguments,
            count: N,
            buffer,
            abandoned: |_| {},
            coroutine: 0,
            operation: None,
        }
    }

    /// A call with a text, which is its first two arguments.
    pub(crate) fn with_text<const N: usize>(call: Call, text: &str, rest: [usize; N]) -> Self {
        let mut it = SystemCall::with_memory(call, text.into(), |address| [address, text.len()]);
        it.arguments[2..2 + N].copy_from_slice(&rest);
        it.count = 2 + N;
        it
    }

    /// What is to become of the result where nobody wants it any more when it comes.
    pub(crate) fn if_abandoned(mut self, abandoned: fn(usize)) -> Self {
        self.abandoned = abandoned;
        self
    }

    /// Makes the call, whose result nobody waits for.
    pub(crate) fn detach(mut self) {
        // Where there are too many calls, this one is not made, and nobody is told.
        let _ = self.make(Stage::Abandoned(self.abandoned));
        self.operation = None;
    }

    fn make(&mut self, stage: Stage) -> Result<(), Error> {
        let buffer = core::mem::take(&mut self.buffer);
        let inner = Lock::new(Inner { stage, buffer });
        let operation = Arc::new(Operation { coroutine: current(), inner });
        let token = Arc::into_raw(operation.clone());
        self.arguments[self.count] = token.expose_provenance();
        self.arguments[self.count + 1] = current_priority().into();
        self.operation = Some(operation);
        // SAFETY: the kernel reads and writes the operation's buffer alone, which stays where it
        // is until the callback comes.
        let made = unsafe { syscall::call(self.call, self.arguments) };
        match Error::check(made) {
            Ok(coroutine) => {
                self.coroutine = coroutine as u64;
                Ok(())
            }
            Err(error) => {
                // SAFETY: no callback comes, so the token's reference is still mine.
                drop(unsafe { Arc::from_raw(token) });
                self.operation = None;
                Err(error)
            }
        }
    }
}

impl Future for SystemCall {
    type Output = Result<Reply, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        let waker = context.waker().clone();
        let Some(operation) = &self.operation else {
            assert!(self.coroutine == 0, "polled after its end");
            return match self.make(Stage::Awaited(waker)) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            };
        };
        let mut inner = operation.inner.lock();
        let Stage::Done(result) = inner.stage else {
            let old = core::mem::replace(&mut inner.stage, Stage::Awaited(waker));
            drop(inner);
            drop(old);
            return Poll::Pending;
        };
        let buffer = core::mem::take(&mut inner.buffer);
        drop(inner);
        self.operation = None;
        Poll::Ready(result.map(|value| Reply { value, buffer }))
    }
}

impl Drop for SystemCall {
    fn drop(&mut self) {
        let Some(operation) = self.operation.take() else { return };
        let before = {
            let mut inner = operation.inner.lock();
            core::mem::replace(&mut inner.stage, Stage::Abandoned(self.abandoned))
        };
        match before {
            Stage::Done(Ok(value)) => (self.abandoned)(value),
            Stage::Done(Err(_)) => {}
            // Where the callback comes first, there is nothing to cancel any more.
            Stage::Awaited(_) | Stage::Abandoned(_) => syscall::cancel(self.coroutine),
        }
    }
}

/// The kernel has called back: wakes who waits for it. Once for each callback.
pub fn complete(callback: Callback) {
    let address = core::ptr::with_exposed_provenance::<Operation>(callback.token as usize);
    // SAFETY: the kernel hands each token back once, as it got it, with its reference.
    let operation = unsafe { Arc::from_raw(address) };
    let result = Error::check(callback.result as isize);
    let before = {
        let mut inner = operation.inner.lock();
        core::mem::replace(&mut inner.stage, Stage::Done(result))
    };
    match (before, result) {
        (Stage::Awaited(waker), _) => waker.wake(),
        (Stage::Abandoned(abandoned), Ok(value)) => abandoned(value),
        _ => {}
    }
}
