//! System calls with tickets: each is a coroutine of the kernel, whose result comes to the
//! process as one callback, whatever happens to it.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use scheduler::page::{CALLBACKS, Callback};
use scheduler::syscall::Error;

use super::Process;
use crate::executor::{self, PRIORITIES, Priority, Task};
use crate::mm::check_room_for_call;
use crate::sync::SpinLock;

/// What a call with a ticket comes to.
pub type Outcome = Result<usize, Error>;

/// Who waits for a call: what its callback carries, and how urgent it is.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    token: u64,
    priority: Priority,
}

impl Ticket {
    pub fn new(token: usize, priority: usize) -> Result<Self, Error> {
        if priority >= PRIORITIES {
            return Err(Error::BadValue);
        }
        Ok(Ticket { token: token as u64, priority: priority as Priority })
    }
}

/// The calls of a process that are under way.
pub struct Calls {
    inner: SpinLock<CallsInner>,
}

struct CallsInner {
    /// By number, which counts the calls since the start.
    under_way: BTreeMap<u64, UnderWay>,
    next: u64,
    /// Callbacks written since the start. The process's own count of them is not believed.
    written: u32,
}

/// A call, for whoever cancels it.
struct UnderWay {
    ticket: Ticket,
    /// Whether it may end early.
    cancellable: bool,
    /// Who does it.
    coroutine: Arc<Task>,
}

impl UnderWay {
    fn cancel(&self) {
        if self.cancellable {
            self.coroutine.cancel();
        }
    }
}

impl Calls {
    pub fn new() -> Self {
        let inner = CallsInner { under_way: BTreeMap::new(), next: 0, written: 0 };
        Calls { inner: SpinLock::new(inner) }
    }

    /// Ends a call early: its callback says so, unless the real result comes first.
    pub fn cancel(&self, coroutine: u64) -> Result<(), Error> {
        let calls = self.inner.lock();
        let mut all = calls.under_way.values();
        all.find(|call| call.coroutine.id == coroutine).ok_or(Error::NotFound)?.cancel();
        Ok(())
    }

    /// The process has ended: cancels all of its calls.
    pub fn close(&self) {
        let under_way = core::mem::take(&mut self.inner.lock().under_way);
        under_way.values().for_each(UnderWay::cancel);
    }
}

impl CallsInner {
    /// Whether as many calls are under way or unread as there may be. A process that says it has
    /// read more than there was gets no further.
    fn is_full(&self, read: u32) -> bool {
        let unread = self.written.wrapping_sub(read) as usize;
        unread.saturating_add(self.under_way.len()) >= CALLBACKS
    }
}

/// Starts the coroutine that does a call, which ends early when it is cancelled; says its id.
#[track_caller]
pub fn start(
    process: &Arc<Process>,
    ticket: Ticket,
    work: impl Future<Output = Outcome> + Send + 'static,
) -> Outcome {
    start_coroutine(process, ticket, true, work)
}

/// The same for a call that must not stop half done: it runs to its end, and says what came of
/// it, even if nobody listens any more.
#[track_caller]
pub fn start_to_end(
    process: &Arc<Process>,
    ticket: Ticket,
    work: impl Future<Output = Outcome> + Send + 'static,
) -> Outcome {
    start_coroutine(process, ticket, false, work)
}

#[track_caller]
fn start_coroutine(
    process: &Arc<Process>,
    ticket: Ticket,
    cancellable: bool,
    work: impl Future<Output = Outcome> + Send + 'static,
) -> Outcome {
    let read = process.callbacks_read().ok_or(Error::NotFound)?;
    let mut calls = process.calls.inner.lock();
    if calls.is_full(read) {
        return Err(Error::TooMany);
    }
    check_room_for_call(0)?;
    let number = calls.next;
    calls.next += 1;
    // Under the lock: wherever the coroutine runs meanwhile, it finds its entry when it is done.
    let answer = Answer { process: process.clone(), number, outcome: Err(Error::Cancelled) };
    let coroutine = executor::spawn(ticket.priority, system_call(answer, work));
    let coroutine = coroutine.task().clone();
    let id = coroutine.id;
    calls.under_way.insert(number, UnderWay { ticket, cancellable, coroutine });
    Ok(id as usize)
}

/// The coroutine of a call.
async fn system_call(mut answer: Answer, work: impl Future<Output = Outcome>) {
    answer.outcome = work.await;
}

/// The one callback of a call, which comes when this is dropped: at the end of the coroutine, or
/// as it is cancelled.
struct Answer {
    process: Arc<Process>,
    /// Of the call.
    number: u64,
    outcome: Outcome,
}

impl Drop for Answer {
    fn drop(&mut self) {
        let call = {
            let mut calls = self.process.calls.inner.lock();
            // None where the process has ended.
            let Some(call) = calls.under_way.remove(&self.number) else { return };
            let written = calls.written;
            calls.written = written.wrapping_add(1);
            let result = self.outcome.map_or_else(|error| error as i64, |value| value as i64);
            let callback = Callback { token: call.ticket.token, result };
            // Under the lock: callbacks come in the order of their numbers.
            self.process.deliver(written, callback, call.ticket.priority);
            call
        };
        // Without the lock: it may be the last reference to the coroutine.
        drop(call);
    }
}
