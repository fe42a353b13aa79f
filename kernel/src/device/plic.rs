//! The platform-level interrupt controller ("RISC-V Platform-Level Interrupt Controller
//! Specification", version 1.0): brings the interrupts of devices to harts.
//!
//! A source that has a handler interrupts all harts, and the first that claims it handles it;
//! the others find nothing to claim.

use super::mmio::Registers;
use crate::device_tree;
use crate::memlayout::MAX_HARTS;
use crate::riscv::hart_id;
use crate::sync::{InterruptsOff, SpinLock};

/// Sources that may have a handler: from 1 on.
const SOURCES: usize = 128;

/// Where the registers are.
const PRIORITY: usize = 0;
const ENABLE: usize = 0x2000;
const ENABLE_STRIDE: usize = 0x80;
const CONTEXT: usize = 0x20_0000;
const CONTEXT_STRIDE: usize = 0x1000;
/// Of a context: interrupts of this priority and below do not get through.
const THRESHOLD: usize = 0;
/// Of a context: to read claims an interrupt, to write completes it.
const CLAIM: usize = 4;

/// Handles an interrupt, on any hart, with interrupts off.
type Handler = fn();

/// Every machine has one at most.
static PLIC: SpinLock<Option<Plic>> = SpinLock::new(None);

struct Plic {
    registers: Registers,
    /// The context of each hart's S-mode.
    contexts: [Option<usize>; MAX_HARTS],
    handlers: [Option<Handler>; SOURCES],
}

/// Why a source gets no handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    NoController,
    NoSuchSource,
}

/// Lets every source through that is enabled later. Once, by the boot hart.
pub fn init(plic: &device_tree::Plic) {
    let registers = Registers::new(&plic.registers);
    for context in plic.contexts.into_iter().flatten() {
        registers.write(CONTEXT + context * CONTEXT_STRIDE + THRESHOLD, 0);
    }
    let handlers = [None; SOURCES];
    *PLIC.lock() = Some(Plic { registers, contexts: plic.contexts, handlers });
}

/// Has `handler` called for each interrupt of `source` from now on.
pub fn register(source: u32, handler: Handler) -> Result<(), Error> {
    let mut plic = PLIC.lock();
    let plic = plic.as_mut().ok_or(Error::NoController)?;
    let source = source as usize;
    if source == 0 {
        return Err(Error::NoSuchSource);
    }
    *plic.handlers.get_mut(source).ok_or(Error::NoSuchSource)? = Some(handler);
    plic.registers.write(PRIORITY + 4 * source, 1);
    for context in plic.contexts.into_iter().flatten() {
        let word = ENABLE + context * ENABLE_STRIDE + source / 32 * 4;
        let enabled = plic.registers.read(word);
        plic.registers.write(word, enabled | 1 << (source % 32));
    }
    Ok(())
}

/// This hart has an external interrupt: handles it, and all others that wait. Interrupts are off.
pub fn interrupt() {
    while let Some((source, handler)) = claim() {
        if let Some(handler) = handler {
            handler();
        }
        complete(source);
    }
}

/// Takes an interrupt that waits, so that no other hart does: its source and handler.
fn claim() -> Option<(u32, Option<Handler>)> {
    let plic = PLIC.lock();
    let plic = plic.as_ref()?;
    let source = plic.registers.read(plic.claim_register()?);
    let handler = plic.handlers.get(source as usize).copied().flatten();
    (source != 0).then_some((source, handler))
}

/// The source may interrupt again.
fn complete(source: u32) {
    let plic = PLIC.lock();
    if let Some(plic) = plic.as_ref()
        && let Some(register) = plic.claim_register()
    {
        plic.registers.write(register, source);
    }
}

impl Plic {
    fn claim_register(&self) -> Option<usize> {
        let _off = InterruptsOff::new();
        let context = self.contexts[hart_id()]?;
        Some(CONTEXT + context * CONTEXT_STRIDE + CLAIM)
    }
}
