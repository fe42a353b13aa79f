//! `sync`: the ways in which coroutines wait for each other, all of them, and what each promises.

mod cancelled;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Figures;
use crate::args::Args;
use crate::executor::{self, HIGHEST, LOWEST, Priority};
use crate::future::{
    Closed, Either, Elapsed, Event, Mutex, channel, join, join_all, lock_both, select, sleep,
    timeout, yield_now,
};
use crate::thread::pool::THREAD_POOL;
use crate::thread::{self, Job, processor};

const PRIORITY: Priority = 4;

/// Longer than anything here takes.
const LONG: u64 = 3_600_000;

/// `rounds=` of everything.
pub async fn run(args: Args) -> Figures {
    let mut total = Figures::new();
    for _ in 0..args.rounds.unwrap_or(3) {
        let round = [
            ("locked", locked().await),
            ("meals", meals().await),
            ("lent", lent().await),
            ("messages", messages().await),
            ("first", first().await),
            ("cancelled", cancelled::everywhere().await),
            ("abandoned", cancelled::abandoned().await),
            ("inherited", cancelled::inherited().await),
            ("withdrawn", withdrawn().await),
            ("raised", raised().await),
            ("turns", turns().await),
        ];
        if total.is_empty() {
            total.extend(round.iter().map(|(name, _)| (*name, 0)));
        }
        total.iter_mut().zip(round).for_each(|((_, sum), (_, count))| *sum += count);
    }
    total
}

/// Coroutines of all priorities count up under a mutex, and yield in the middle.
async fn locked() -> u64 {
    const EACH: u64 = 10;
    let count = Arc::new(Mutex::new(0));
    let workers = (HIGHEST..=LOWEST).map(|priority| {
        let count = count.clone();
        executor::spawn(priority, async move {
            for _ in 0..EACH {
                let mut count = count.lock().await;
                let before = *count;
                yield_now().await;
                *count = before + 1;
            }
        })
    });
    join_all(workers.collect()).await;
    *count.lock().await
}

/// Five philosophers with a fork between each two.
async fn meals() -> u64 {
    const SEATS: usize = 5;
    const EACH: u64 = 4;
    let forks: Arc<[Mutex<u64>; SEATS]> = Arc::new(core::array::from_fn(|_| Mutex::new(0)));
    let philosophers = (0..SEATS).map(|seat| {
        let forks = forks.clone();
        executor::spawn(PRIORITY, async move {
            for _ in 0..EACH {
                let (left, right) = (&forks[seat], &forks[(seat + 1) % SEATS]);
                let (mut left, mut right) = lock_both(left, right).await;
                yield_now().await;
                *left += 1;
                *right += 1;
            }
        })
    });
    join_all(philosophers.collect()).await;
    let mut uses = 0;
    for fork in forks.iter() {
        uses += *fork.lock().await;
    }
    uses / 2
}

/// What the coroutine that calls this counts for.
fn my_priority() -> Priority {
    let (coroutine, _) = processor::current_coroutine_or_priority();
    coroutine.expect("only coroutines ask").priority()
}

/// A chain of two mutexes: who waits for the first lends its priority to the holder of the
/// second, and takes it back.
async fn lent() -> u64 {
    let near = Arc::new(Mutex::new(()));
    let far = Arc::new(Mutex::new(0));
    let far_held = Arc::new(Event::new());
    let near_held = Arc::new(Event::new());
    let low = executor::spawn(LOWEST, {
        let (far, far_held) = (far.clone(), far_held.clone());
        async move {
            let mut lent = far.lock().await;
            far_held.set();
            // The lender is among those that wait for what `middle` has.
            while my_priority() != executor::priority::within_bits(HIGHEST) {
                yield_now().await;
            }
            *lent += 1;
            drop(lent);
            *far.lock().await += (my_priority() == executor::priority::within_bits(LOWEST)) as u64;
        }
    });
    far_held.wait().await;
    let middle = executor::spawn(PRIORITY, {
        let (near, far, near_held) = (near.clone(), far.clone(), near_held.clone());
        async move {
            let _near = near.lock().await;
            near_held.set();
            let _far = far.lock().await;
        }
    });
    near_held.wait().await;
    let high = executor::spawn(HIGHEST, async move { drop(near.lock().await) });
    join_all(alloc::vec![low, middle, high]).await;
    *far.lock().await
}

/// Who waits for a mutex and gives up takes back the priority that it has lent.
async fn withdrawn() -> u64 {
    let mutex = Arc::new(Mutex::new(0));
    let (held, lent) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let low = executor::spawn(LOWEST, {
        let (mutex, held, lent) = (mutex.clone(), held.clone(), lent.clone());
        async move {
            let mut count = mutex.lock().await;
            held.set();
            while my_priority() != executor::priority::within_bits(HIGHEST) {
                yield_now().await;
            }
            lent.set();
            while my_priority() != executor::priority::within_bits(LOWEST) {
                yield_now().await;
            }
            *count += 1;
        }
    });
    held.wait().await;
    let given_up = matches!(select(mutex.lock(), lent.wait()).await, Either::Second(()));
    low.await;
    *mutex.lock().await & u64::from(given_up)
}

/// Senders and receivers of a channel that is smaller than what goes through it, and its ends.
async fn messages() -> u64 {
    const EACH: u64 = 10;
    let (sender, receiver) = channel(2);
    let sum = Arc::new(AtomicU64::new(0));
    let mut handles = Vec::new();
    for _ in 0..2 {
        let (receiver, sum) = (receiver.clone(), sum.clone());
        handles.push(executor::spawn(PRIORITY, async move {
            while let Some(message) = receiver.receive().await {
                sum.fetch_add(message, Ordering::Relaxed);
            }
        }));
    }
    drop(receiver);
    for priority in [HIGHEST, PRIORITY, LOWEST] {
        let sender = sender.clone();
        handles.push(executor::spawn(priority, async move {
            for _ in 0..EACH {
                assert!(sender.send(1).await.is_ok(), "both receive until all have sent");
            }
        }));
    }
    drop(sender);
    join_all(handles).await;
    let (sender, receiver) = channel(1);
    drop(receiver);
    assert!(sender.send(7).await == Err(Closed(7)), "nobody receives");
    sum.load(Ordering::Relaxed)
}

/// The first of two, both, and neither in time.
async fn first() -> u64 {
    let event = Event::new();
    let mut count = 0;
    match select(event.wait(), sleep(1)).await {
        Either::First(()) => {}
        Either::Second(()) => count += 1,
    }
    count += (timeout(1, event.wait()).await == Err(Elapsed)) as u64;
    event.set();
    count += (timeout(LONG, event.wait()).await == Ok(())) as u64;
    let both = join(event.wait(), async { 1 }).await;
    count + both.1
}

/// Who yields lets its equals run: one waits so for another.
async fn turns() -> u64 {
    let done = Arc::new(AtomicBool::new(false));
    let other = executor::spawn(PRIORITY, {
        let done = done.clone();
        async move {
            yield_now().await;
            done.store(true, Ordering::Release);
        }
    });
    let patient = executor::spawn(PRIORITY, async move {
        while !done.load(Ordering::Acquire) {
            yield_now().await;
        }
    });
    join_all(alloc::vec![patient, other]).await;
    1
}

/// A thread and a coroutine get other priorities while they wait.
async fn raised() -> u64 {
    let raised = Arc::new(AtomicU64::new(0));
    let (go, gone) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let job = {
        let (raised, go, gone) = (raised.clone(), go.clone(), gone.clone());
        Job::Function(alloc::boxed::Box::new(move || {
            thread::block_on(go.wait());
            let priority = processor::current().priority();
            raised.fetch_add((priority == HIGHEST) as u64, Ordering::Relaxed);
            gone.set();
        }))
    };
    let thread = thread::start("raised", LOWEST, job);
    let coroutine = executor::spawn(LOWEST, {
        let (raised, go) = (raised.clone(), go.clone());
        async move {
            go.wait().await;
            let priority = executor::priority::within_bits(HIGHEST);
            raised.fetch_add((my_priority() == priority) as u64, Ordering::Relaxed);
        }
    });
    THREAD_POOL.set_priority(&thread, HIGHEST);
    drop(thread);
    coroutine.task().set_priority(HIGHEST);
    go.set();
    coroutine.await;
    gone.wait().await;
    raised.load(Ordering::Relaxed)
}
