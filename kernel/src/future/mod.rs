//! What coroutines await: a turn for others, a time, an event, a message, a mutex, and each other.
//!
//! Every one of these futures may be dropped before it is done: it leaves no waker behind, and what
//! it was woken for goes to the next who waits.

mod channel;
mod event;
mod join;
mod mailbox;
mod mutex;
mod sleep;
mod timeout;
mod waiters;
mod yield_now;

pub use channel::{Closed, channel};
pub use event::{Event, Wait};
pub use join::{join, join_all};
pub use mailbox::Mailbox;
pub use mutex::{Guard, Mutex, lock_both};
pub use scheduler::select::{Either, select};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, timeout};
pub use waiters::Waiters;
pub use yield_now::yield_now;
