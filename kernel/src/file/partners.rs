//! The map of the notes: from a coroutine that reads a pipe to the one that writes it, and back.
//! Who waits at a pipe is found here by who comes to its other end, and woken.

use alloc::collections::BTreeMap;
use core::task::Waker;

use crate::sync::SpinLock;

/// Coroutines that wait at one kind of end.
pub type Waiting = SpinLock<BTreeMap<Place, Partner>>;

/// Which coroutine waits at which pipe.
pub type Place = (PipeId, CoroutineId);
pub type PipeId = u64;
pub type CoroutineId = u64;

/// From each coroutine that waits for something to read to the one that writes.
pub static READING: Waiting = SpinLock::new(BTreeMap::new());

/// From each coroutine that waits for room to write to the one that reads.
pub static WRITING: Waiting = SpinLock::new(BTreeMap::new());

/// The other side of a coroutine that waits.
pub struct Partner {
    /// The one that was at the other end last, and that has woken it where it is awake; 0 while
    /// there was none.
    coroutine: CoroutineId,
    /// None once it is awake. It leaves the map when it runs.
    waker: Option<Waker>,
}

/// Has `waker` called when somebody comes to the other end.
pub fn wait(side: &Waiting, place: Place, last: CoroutineId, waker: &Waker) {
    let partner = Partner { coroutine: last, waker: Some(waker.clone()) };
    let old = side.lock().insert(place, partner);
    // Without the lock, as every waker: it may be the last reference to a coroutine.
    drop(old);
}

/// The coroutine at `place` waits no longer.
pub fn leave(side: &Waiting, place: Place) {
    let old = side.lock().remove(&place);
    drop(old);
}

/// Wakes all who wait at `pipe`, and first those whose partner it is: the coroutine `by` has come to
/// the other end, or nobody ever will, which 0 stands for.
pub fn wake(side: &Waiting, pipe: PipeId, by: CoroutineId) {
    loop {
        let waker = {
            let mut waiting = side.lock();
            let here = waiting.range_mut((pipe, 0)..=(pipe, CoroutineId::MAX));
            let asleep = here.map(|(_, partner)| partner).filter(|partner| partner.waker.is_some());
            asleep.min_by_key(|partner| partner.coroutine != by).and_then(|partner| {
                let waker = partner.waker.take();
                *partner = Partner { coroutine: by, waker: None };
                waker
            })
        };
        match waker {
            Some(waker) => waker.wake(),
            None => return,
        }
    }
}

/// Gives back what empty maps hold on to. For the count of leaks.
pub fn trim() {
    for side in [&READING, &WRITING] {
        let mut waiting = side.lock();
        if waiting.is_empty() {
            *waiting = BTreeMap::new();
        }
    }
}
