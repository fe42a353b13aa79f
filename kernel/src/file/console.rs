//! The console as a file.

use crate::console;
use crate::process::{Outcome, UserMemory};

/// Bytes are moved in pieces of this size. What one call writes and is no longer is not mixed
/// with what others do.
const PIECE: usize = 512;

/// Shows all of `memory`.
pub fn write(memory: &UserMemory) -> Outcome {
    let mut piece = [0; PIECE];
    for at in (0..memory.length()).step_by(PIECE) {
        let piece = &mut piece[..(memory.length() - at).min(PIECE)];
        memory.read(at, piece)?;
        console::write_bytes(piece);
    }
    Ok(memory.length())
}
