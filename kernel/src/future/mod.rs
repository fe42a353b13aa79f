//! What coroutines await: a turn for others, a time, an event, a message.

mod event;
mod mailbox;
mod sleep;
mod timeout;
mod yield_now;

pub use event::{Event, Wait};
pub use mailbox::Mailbox;
pub use sleep::{Sleep, sleep};
pub use timeout::timeout;
pub use yield_now::yield_now;
