//! What waits for the callback of a system call with a ticket.
//!
//! The token of the ticket is the address of an [`Operation`], and counts as a reference to it
//! until the callback comes: what the kernel reads or writes meanwhile stays alive, even if the
//! coroutine that asked has lost interest.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::{Context, Poll, Waker};

use scheduler::page::Callback;

use crate::lock::Lock;

/// A system call that is under way, or done.
pub struct Operation {
    inner: Lock<Inner>,
}

struct Inner {
    /// What the callback said.
    result: Option<i64>,
    /// Who waits for that.
    waker: Option<Waker>,
    /// Memory that the kernel reads or writes until then.
    buffer: Vec<u8>,
}

impl Operation {
    pub fn new(buffer: Vec<u8>) -> Arc<Self> {
        Arc::new(Operation { inner: Lock::new(Inner { result: None, waker: None, buffer }) })
    }

    /// What the ticket carries. Once the call is under way, exactly one callback must come, or
    /// [`forget`](Self::forget) take it back.
    pub fn token(self: &Arc<Self>) -> u64 {
        Arc::into_raw(self.clone()).expose_provenance() as u64
    }

    /// The kernel has refused the call: no callback comes for `token`.
    pub fn forget(token: u64) {
        // SAFETY: `token` made the reference, and nobody else has taken it back.
        drop(unsafe { Operation::from_token(token) });
    }

    /// Where the buffer is. It does not move until it is taken.
    pub fn memory(&self) -> (usize, usize) {
        let inner = self.inner.lock();
        (inner.buffer.as_ptr().expose_provenance(), inner.buffer.len())
    }

    /// What came of the call, and its buffer; has the coroutine woken when it is there.
    pub fn poll(&self, context: &mut Context) -> Poll<(i64, Vec<u8>)> {
        let waker = context.waker().clone();
        let mut inner = self.inner.lock();
        if let Some(result) = inner.result {
            return Poll::Ready((result, core::mem::take(&mut inner.buffer)));
        }
        let old = inner.waker.replace(waker);
        drop(inner);
        drop(old);
        Poll::Pending
    }

    fn complete(&self, result: i64) {
        let waker = {
            let mut inner = self.inner.lock();
            inner.result = Some(result);
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// # Safety
    /// `token` came from [`token`](Self::token), and is given back once.
    unsafe fn from_token(token: u64) -> Arc<Self> {
        // SAFETY: the caller's promise.
        unsafe { Arc::from_raw(core::ptr::with_exposed_provenance(token as usize)) }
    }
}

/// The kernel has called back: wakes who waits for it. Once for each callback.
pub fn complete(callback: Callback) {
    // SAFETY: the kernel hands each token back once, as it got it.
    unsafe { Operation::from_token(callback.token) }.complete(callback.result);
}
