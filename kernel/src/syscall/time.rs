//! Calls about time.

use alloc::sync::Arc;

use super::Arguments;
use crate::future;
use crate::process::{self, Outcome, Process, Ticket};

/// (deadline, ticket)
pub fn sleep(process: &Arc<Process>, [deadline, token, priority, ..]: Arguments) -> Outcome {
    let ticket = Ticket::new(token, priority)?;
    process::start(process, ticket, async move {
        future::sleep_until(deadline as u64).await;
        Ok(0)
    })
}
