//! Coroutines that are ended while they wait: what they held is dropped, and what they were about
//! to get goes to others.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{LONG, PRIORITY};
use crate::executor::{self, End, LOWEST};
use crate::future::{Event, Mailbox, Mutex, channel, join_all, sleep, timeout, yield_now};

/// Tells when it is dropped.
struct Witness(Arc<AtomicU64>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Coroutines that would never end, cancelled while they wait, while they are ready, and while
/// they run on any hart: what they held is dropped.
pub async fn everywhere() -> u64 {
    let dropped = Arc::new(AtomicU64::new(0));
    let never = Arc::new(Event::new());
    let mutex = Arc::new(Mutex::new(()));
    let stop = Arc::new(AtomicBool::new(false));
    let held = mutex.lock().await;
    let handles = [
        executor::spawn(PRIORITY, {
            let (witness, never) = (Witness(dropped.clone()), never.clone());
            async move {
                never.wait().await;
                drop(witness);
            }
        }),
        executor::spawn(PRIORITY, {
            let (witness, mutex) = (Witness(dropped.clone()), mutex.clone());
            async move {
                let _guard = mutex.lock().await;
                drop(witness);
            }
        }),
        executor::spawn(LOWEST, {
            let (witness, stop) = (Witness(dropped.clone()), stop.clone());
            async move {
                while !stop.load(Ordering::Relaxed) {
                    yield_now().await;
                }
                drop(witness);
            }
        }),
        executor::spawn(PRIORITY, {
            let witness = Witness(dropped.clone());
            async move {
                timeout(LONG, sleep(LONG)).await.expect("an hour is long");
                drop(witness);
            }
        }),
    ];
    yield_now().await;
    handles.iter().for_each(|handle| handle.cancel());
    let mut count = 0;
    for handle in handles {
        count += (handle.await == End::Cancelled) as u64;
    }
    drop(held);
    assert!(dropped.load(Ordering::Relaxed) == count, "what was cancelled lives");
    count
}

/// Some of those who wait for messages, for room or for another's end are cancelled while
/// messages come and go: none is lost, and none is received twice.
pub async fn abandoned() -> u64 {
    let dropped = Arc::new(AtomicU64::new(0));
    rooms(&dropped).await;
    waits(&dropped).await;
    receivers().await + dropped.load(Ordering::Relaxed)
}

async fn receivers() -> u64 {
    const EACH: u64 = 4;
    let received = Arc::new(AtomicU64::new(0));
    let (sender, receiver) = channel(1);
    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let (receiver, received) = (receiver.clone(), received.clone());
            executor::spawn(PRIORITY, async move {
                while let Some(message) = receiver.receive().await {
                    received.fetch_add(message, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for leaver in [Some(0), Some(2), None] {
        for _ in 0..EACH {
            assert!(sender.send(1).await.is_ok(), "there is always one who receives");
        }
        leaver.iter().for_each(|&leaver: &usize| receivers[leaver].cancel());
    }
    drop(sender);
    join_all(receivers).await;
    received.load(Ordering::Relaxed)
}

/// Three who send where there is room for one.
async fn rooms(dropped: &Arc<AtomicU64>) {
    let (sender, receiver) = channel(1);
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (sender, witness) = (sender.clone(), Witness(dropped.clone()));
            executor::spawn(PRIORITY, async move { drop(sender.send(witness).await) })
        })
        .collect();
    drop(sender);
    senders[1].cancel();
    while let Some(witness) = receiver.receive().await {
        drop(witness);
    }
    join_all(senders).await;
}

/// One who waits at a mailbox, and one who waits for another's end.
async fn waits(dropped: &Arc<AtomicU64>) {
    let inbox = Arc::new(Mailbox::new());
    let receiver = executor::spawn(PRIORITY, {
        let (inbox, witness) = (inbox.clone(), Witness(dropped.clone()));
        async move {
            inbox.receive().await;
            drop(witness);
        }
    });
    let (end, ended) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let joined = executor::spawn(PRIORITY, {
        let (end, ended) = (end.clone(), ended.clone());
        async move {
            end.wait().await;
            ended.set();
        }
    });
    let joiner = executor::spawn(PRIORITY, {
        let witness = Witness(dropped.clone());
        async move {
            joined.await;
            drop(witness);
        }
    });
    yield_now().await;
    receiver.cancel();
    joiner.cancel();
    let ends = join_all(alloc::vec![receiver, joiner]).await;
    assert!(ends == [End::Cancelled; 2], "nothing came");
    // Both places are free again: for me, and for nobody.
    inbox.send(1);
    inbox.receive().await;
    end.set();
    ended.wait().await;
}

/// Who is cancelled with a mutex in hand, or about to get it, leaves it to the next.
pub async fn inherited() -> u64 {
    let mutex = Arc::new(Mutex::new(0));
    let (held, never) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let holder = executor::spawn(LOWEST, {
        let (mutex, held) = (mutex.clone(), held.clone());
        async move {
            let _guard = mutex.lock().await;
            held.set();
            never.wait().await;
        }
    });
    held.wait().await;
    let heirs: Vec<_> = [1, 0, 1]
        .map(|share| {
            let mutex = mutex.clone();
            executor::spawn(PRIORITY, async move {
                let mut count = mutex.lock().await;
                yield_now().await;
                *count += share;
            })
        })
        .into();
    yield_now().await;
    holder.cancel();
    heirs[1].cancel();
    assert!(holder.await == End::Cancelled, "it would never have ended");
    join_all(heirs).await;
    *mutex.lock().await
}
