//! `nested`: coroutines that wait several awaits deep with locals of many types alive. Each
//! frame prints what it holds before it suspends, so that a test can compare what a debugger
//! shows with what is true. When all wait, [`witness`] is called; then they are woken.
//!
//! A line of facts: `[facts] coroutine=ID fn=PATH depth=N NAME=VALUE…`. Depth 0 is the
//! coroutine's own function. Values are in Rust's debug form, without spaces outside quotes.

use super::Figures;

pub async fn run() -> Figures {
    Figures::new()
}
