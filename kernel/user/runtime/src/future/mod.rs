//! What coroutines await: a turn for others, an event, a message.

mod event;
mod mailbox;
mod yield_now;

pub use event::Event;
pub use mailbox::Mailbox;
pub use yield_now::yield_now;
