//! `ring`: coroutines sit in a ring and pass tokens round. Every hop is a wake of one coroutine
//! by another, often across harts.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Figures;
use crate::args::Args;
use crate::executor::{self, Priority};
use crate::future::Mailbox;

const TOKENS: usize = 4;

/// What goes round.
struct Token {
    number: usize,
    hops: u64,
}

/// `coroutines=` places in the ring, `rounds=` times round it.
pub async fn run(args: Args) -> Figures {
    let places = args.coroutines.unwrap_or(8);
    let rounds = args.rounds.unwrap_or(50);
    let inboxes: Vec<_> = (0..places).map(|_| Arc::new(Mailbox::new())).collect();

    let mut handles = Vec::new();
    for place in 0..places {
        let inbox = inboxes[place].clone();
        let outbox = (place + 1 < places).then(|| inboxes[place + 1].clone());
        let first = inboxes[0].clone();
        let priority = 2 + (place % 3) as Priority;
        handles.push(executor::spawn(priority, pass(inbox, outbox, first, rounds)));
    }
    (0..TOKENS).for_each(|number| inboxes[0].send(Token { number, hops: 0 }));
    for handle in handles {
        handle.await;
    }
    alloc::vec![("tokens", TOKENS as u64), ("hops", (TOKENS * places * rounds) as u64)]
}

/// One place of the ring: hands on each token as often as it comes by. The last place hands it
/// to the first, except at the end of the last round.
async fn pass(
    inbox: Arc<Mailbox<Token>>,
    outbox: Option<Arc<Mailbox<Token>>>,
    first: Arc<Mailbox<Token>>,
    rounds: usize,
) {
    let mut seen = [0; TOKENS];
    while seen.iter().any(|&times| times < rounds) {
        let mut token = inbox.receive().await;
        token.hops += 1;
        seen[token.number] += 1;
        match &outbox {
            Some(next) => next.send(token),
            None if seen[token.number] < rounds => first.send(token),
            None => {}
        }
    }
}
