//! `mix`, the default: ring, sleepers and priorities at once, and plain threads that exchange
//! messages with coroutines.

use alloc::sync::Arc;

use super::{Figures, priorities, ring, sleepers};
use crate::args::Args;
use crate::executor::{self, JoinHandle, Priority};
use crate::future::Mailbox;
use crate::sync::SpinLock;
use crate::thread;

/// Each courier carries so many messages there, and an answer to each back.
const MESSAGES: u64 = 20;
const COURIERS: u64 = 2;
const PRIORITY: Priority = 3;

pub async fn run(args: Args) -> Figures {
    let parts = [
        start(ring::run(args)),
        start(sleepers::run(args)),
        start(priorities::run(args)),
        start(post()),
    ];
    let mut figures = Figures::new();
    for (part, result) in parts {
        part.await;
        figures.append(&mut result.lock());
    }
    figures
}

/// Runs one part in a coroutine of its own; its figures will be there when it is done.
fn start(
    part: impl Future<Output = Figures> + Send + 'static,
) -> (JoinHandle, Arc<SpinLock<Figures>>) {
    let result = Arc::new(SpinLock::new(Figures::new()));
    let figures = result.clone();
    let handle = executor::spawn(PRIORITY, async move {
        let done = part.await;
        *figures.lock() = done;
    });
    (handle, result)
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
