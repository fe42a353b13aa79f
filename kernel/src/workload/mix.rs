//! `mix`, the default: ring, sleepers and priorities at once, and plain threads that exchange
//! messages with coroutines.

use alloc::sync::Arc;

use super::{Figures, priorities, ring, sleepers};
use crate::args::Args;
use crate::executor::{self, Priority};
use crate::future::Mailbox;
use crate::sync::SpinLock;
use crate::thread;

/// Each courier carries so many messages there, and an answer to each back.
const MESSAGES: u64 = 20;
const COURIERS: u64 = 2;
const PRIORITY: Priority = 3;

pub async fn run(args: Args) -> Figures {
    let result = Arc::new(SpinLock::new(Figures::new()));
    let parts = [
        start(&result, ring::run(args)),
        start(&result, sleepers::run(args)),
        start(&result, priorities::run(args)),
        start(&result, post()),
    ];
    for part in parts {
        part.await;
    }
    let mut figures = core::mem::take(&mut *result.lock());
    // In the order of names, not of completion.
    figures.sort_unstable();
    figures
}

/// Runs one part in a coroutine of its own.
fn start(
    result: &Arc<SpinLock<Figures>>,
    part: impl Future<Output = Figures> + Send + 'static,
) -> executor::JoinHandle {
    let result = result.clone();
    executor::spawn(PRIORITY, async move {
        let figures = part.await;
        result.lock().extend(figures);
    })
}

/// Threads write to an echoing coroutine each and block for its answers.
async fn post() -> Figures {
    let finished = Arc::new(Mailbox::new());
    for _ in 0..COURIERS {
        let there = Arc::new(Mailbox::new());
        let back = Arc::new(Mailbox::new());
        drop(executor::spawn(PRIORITY, echo(there.clone(), back.clone())));
        let finished = finished.clone();
        thread::spawn("courier", PRIORITY, move || finished.send(courier(&there, &back)));
    }
    let mut answers = 0;
    for _ in 0..COURIERS {
        answers += finished.receive().await;
    }
    alloc::vec![("answers", answers)]
}

fn courier(there: &Mailbox<u64>, back: &Mailbox<u64>) -> u64 {
    for message in 0..MESSAGES {
        there.send(message);
        thread::yield_now();
        let answer = thread::block_on(back.receive());
        assert!(answer == message, "message {message} came back as {answer}");
    }
    MESSAGES
}

async fn echo(there: Arc<Mailbox<u64>>, back: Arc<Mailbox<u64>>) {
    for _ in 0..MESSAGES {
        back.send(there.receive().await);
    }
}
