//! `ring`: coroutines of several priorities pass tokens round, in user mode, without entering the
//! kernel. It checks that every hop was made, and that what is better ran first.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use alloc::vec::Vec;

use runtime::lock::Lock;
use runtime::{Event, Mailbox, Priority, counts, println, spawn};

runtime::program!(main);

const PLACES: usize = 8;
const TOKENS: usize = 4;
const ROUNDS: usize = 50;

/// What goes round.
struct Token {
    number: usize,
    hops: usize,
}

async fn main() {
    let hops = ring().await;
    assert!(hops == TOKENS * PLACES * ROUNDS, "{hops} hops");
    let order = priorities().await;
    assert!(order.is_sorted(), "they ran in the order {order:?}");
    let counts = counts();
    // All but this one.
    assert!(counts.completed == counts.spawned - 1, "{counts:?}");
    println!("ring: hops={hops} spawned={} order={order:?}", counts.spawned);
}

/// Sends the tokens round; says how many hops they made.
async fn ring() -> usize {
    let inboxes: Vec<_> = (0..PLACES).map(|_| Arc::new(Mailbox::new())).collect();
    let hops = Arc::new(Lock::new(0));
    let mut places = Vec::new();
    for place in 0..PLACES {
        let inbox = inboxes[place].clone();
        let outbox = inboxes[(place + 1) % PLACES].clone();
        let priority = 2 + (place % 3) as Priority;
        places.push(spawn(priority, pass(place, inbox, outbox, hops.clone())));
    }
    (0..TOKENS).for_each(|number| inboxes[0].send(Token { number, hops: 0 }));
    for place in places {
        place.await;
    }
    let hops = hops.lock();
    *hops
}

/// One place of the ring: hands on each token as often as it comes by; the last place keeps it in
/// the end.
async fn pass(
    place: usize,
    inbox: Arc<Mailbox<Token>>,
    outbox: Arc<Mailbox<Token>>,
    hops: Arc<Lock<usize>>,
) {
    let mut seen = [0; TOKENS];
    while seen.iter().any(|&times| times < ROUNDS) {
        let mut token = inbox.receive().await;
        token.hops += 1;
        seen[token.number] += 1;
        if place == PLACES - 1 && seen[token.number] == ROUNDS {
            *hops.lock() += token.hops;
        } else {
            outbox.send(token);
        }
    }
}

/// Wakes one coroutine of each priority at once; says the order in which they ran.
async fn priorities() -> Vec<Priority> {
    let gate = Arc::new(Event::new());
    let here = Arc::new(Mailbox::new());
    let order = Arc::new(Lock::new(Vec::new()));
    let mut waiters = Vec::new();
    for priority in [5, 2, 7, 0, 6, 3, 1] {
        let (gate, here, order) = (gate.clone(), here.clone(), order.clone());
        waiters.push(spawn(priority, async move {
            here.send(());
            gate.wait().await;
            order.lock().push(priority);
        }));
    }
    for _ in &waiters {
        here.receive().await;
    }
    gate.set();
    for waiter in waiters {
        waiter.await;
    }
    let order = order.lock();
    order.clone()
}
