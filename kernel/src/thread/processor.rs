//! A processor structure for each hart: its current thread, and the flow that chooses the next.
//!
//! Each hart's boot stack becomes its idle flow. A thread that gives up its hart switches to
//! the idle flow, which first files the thread away — only now is its stack free for another
//! hart to go on with — and then picks the next one.

use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};

use super::context::{Context, switch_context};
use super::pool::{self, COROUTINES, PLAIN, THREAD_POOL};
use super::{Kind, State, Thread};
use crate::bugs::{self, Bug};
use crate::executor::{Priority, Task, best_on_offer, migration};
use crate::memlayout::MAX_HARTS;
use crate::riscv::{self, hart_id};
use crate::sync::{InterruptsOff, SpinLock};
use crate::process::{self, system};
use crate::{boot, sbi, timer};

pub static PROCESSORS: [Processor; MAX_HARTS] = [const { Processor::new() }; MAX_HARTS];

/// Bit h: hart h has found nothing to do and sleeps, or is about to.
static IDLE_HARTS: AtomicU64 = AtomicU64::new(0);

/// A hart as the scheduler sees it. Only that hart changes it.
pub struct Processor {
    /// None: the idle flow runs.
    current: SpinLock<Option<Arc<Thread>>>,
    /// Id of the thread that ran last; 0 before the first.
    last_thread: AtomicU64,
    /// Id of the process whose thread ran last; 0 before the first.
    last_process: AtomicU64,
    /// Registers of the idle flow while a thread runs.
    idle: UnsafeCell<Context>,
}

// SAFETY: `idle` is touched by its own hart alone.
unsafe impl Sync for Processor {}

impl Processor {
    const fn new() -> Self {
        Processor {
            current: SpinLock::new(None),
            last_thread: AtomicU64::new(0),
            last_process: AtomicU64::new(0),
            idle: UnsafeCell::new(Context::empty()),
        }
    }
}

/// The processor of this hart. Only with interrupts off is it still so when one uses it.
fn mine() -> &'static Processor {
    &PROCESSORS[hart_id()]
}

/// The thread that calls this.
pub fn current() -> Arc<Thread> {
    let _off = InterruptsOff::new();
    mine().current.lock().clone().expect("no thread runs")
}

/// Whether the code that asks, or that it interrupts, is `thread`'s.
pub fn is_current(thread: &Thread) -> bool {
    let _off = InterruptsOff::new();
    mine().current.lock().as_ref().is_some_and(|current| current.id == thread.id)
}

/// The coroutine that calls this; a plain thread has none, but a priority.
pub fn current_coroutine_or_priority() -> (Option<Arc<Task>>, Priority) {
    let thread = current();
    let coroutine = thread.coroutine.lock().clone();
    (coroutine, thread.priority())
}

/// The coroutine that this hart polls, for the panic handler: none if a lock is in the way.
pub fn dying_coroutine() -> Option<Arc<Task>> {
    let current = mine().current.try_lock()?;
    current.as_ref()?.coroutine.try_lock()?.clone()
}

pub fn is_idle() -> bool {
    let _off = InterruptsOff::new();
    mine().current.lock().is_none()
}

/// The idle flow of a hart, with interrupts off but for a moment after each sleep.
pub fn run() -> ! {
    riscv::interrupts_off();
    loop {
        match THREAD_POOL.pick() {
            Some(thread) => run_thread(thread),
            None => sleep(),
        }
    }
}

/// Runs `thread` until it leaves this hart.
fn run_thread(thread: Arc<Thread>) {
    let processor = mine();
    thread.set_state(State::Running);
    thread.set_turn_over(false);
    thread.hart.store(hart_id(), Ordering::Relaxed);
    *processor.current.lock() = Some(thread.clone());
    timer::start_ticking();
    // A thread that is about to take a coroutine looks for more after that.
    if thread.preemptible() && best_on_offer().is_some() {
        kick_idle_hart(COROUTINES);
    }
    for kind in [PLAIN, COROUTINES] {
        if THREAD_POOL.best_ready(kind).is_some() {
            kick_idle_hart(kind);
        }
    }

    if let Some(process) = &thread.process {
        process::switch_process(processor.last_process.swap(process.id, Ordering::Relaxed), process);
    }
    system::set_running(&thread, true);
    switch_thread(processor.last_thread.load(Ordering::Relaxed), &thread);
    system::set_running(&thread, false);
    if thread.process.is_some() {
        // At once: when the thread is filed, its process may end and its page tables go.
        process::leave_process();
    }
    drop(thread);

    let thread = processor.current.lock().take().expect("only the idle flow takes it");
    assert!(thread.stack.intact(), "stack overflow in thread {} ({})", thread.id, thread.name);
    processor.last_thread.store(thread.id, Ordering::Relaxed);
    THREAD_POOL.file(thread);
}

/// Switches from the idle flow to thread `to`; `from` is the id of the one before it here.
#[inline(never)]
fn switch_thread(from: u64, to: &Thread) {
    if from != to.id {
        to.switches.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: interrupts are off; `pick` gave the thread to this hart alone, and `current`
    // keeps its stack alive.
    unsafe { switch_context(mine().idle.get(), to.context.get()) };
}

/// Leaves the current thread for the idle flow, to come back in its turn, when unblocked, or
/// never. Interrupts are off.
#[inline(never)]
pub fn leave(state: State) {
    let processor = mine();
    let context = {
        let current = processor.current.lock();
        let thread = current.as_ref().expect("the idle flow cannot leave");
        thread.set_state(state);
        thread.context.get()
    };
    // SAFETY: interrupts are off; the idle flow of this hart keeps the thread until it has
    // switched, and wrote its own context when it switched to the thread.
    unsafe { switch_context(context, processor.idle.get()) };
}

/// A hart that runs a thread has ticked: those that sleep may be wanted for what has waited.
pub fn tick() {
    let Some(running) = mine().current.lock().clone() else { return };
    running.set_turn_over(true);
    if let Some(process) = &running.process {
        // It may have hurried when it was looked at, and computes now: nobody else looks again.
        running.review_priority();
        process.review();
    }
    system::merge();
    if migration::tick() {
        kick_idle_hart(COROUTINES);
    }
}

/// At the end of an interrupt: forces the current thread off this hart if something better
/// is ready. Interrupts are off.
pub fn preempt() {
    let switch = match mine().current.lock().as_ref() {
        Some(thread) => thread.preemptible() && THREAD_POOL.wants_switch(thread),
        None => false,
    };
    if switch {
        leave(State::Ready);
    }
}

/// Sleeps until an interrupt unless there is work.
///
/// This hart says that it sleeps before it looks for work, and whoever makes work looks for
/// sleeping harts after that, so one of the two sees the other. Interrupts are off, so the
/// interrupt that another hart sends in between stays pending, and `wfi` goes on at once.
fn sleep() {
    let me = 1 << hart_id();
    IDLE_HARTS.fetch_or(me, Ordering::SeqCst);
    if THREAD_POOL.has_work() {
        IDLE_HARTS.fetch_and(!me, Ordering::SeqCst);
    } else {
        migration::idle(hart_id());
        if bugs::is(Bug::LostIpi) {
            riscv::clear_software_interrupt();
        }
        riscv::wait_for_interrupt();
        IDLE_HARTS.fetch_and(!me, Ordering::SeqCst);
    }
    // Here the pending interrupt is taken.
    riscv::interrupts_on();
    riscv::interrupts_off();
}

/// The other harts that do not sleep, and so may be in the middle of something, as bits.
pub fn others_awake() -> u64 {
    let _off = InterruptsOff::new();
    boot::online() & !IDLE_HARTS.load(Ordering::SeqCst) & !(1 << hart_id())
}

/// Wakes one hart that sleeps and runs threads of `kind`, if any does. Whoever makes something
/// ready calls this after, and whoever takes something while there is more. A hart that idles
/// itself will look anyway.
pub fn kick_idle_hart(kind: Kind) {
    if is_idle() && pool::runs(hart_id(), kind) {
        return;
    }
    let idle = IDLE_HARTS.load(Ordering::SeqCst);
    for hart in (0..MAX_HARTS).filter(|&hart| idle & 1 << hart != 0 && pool::runs(hart, kind)) {
        if IDLE_HARTS.fetch_and(!(1 << hart), Ordering::SeqCst) & 1 << hart != 0 {
            send_ipi(hart);
            return;
        }
    }
}

/// Interrupts `hart` for the sake of the thread that runs there.
pub fn interrupt(hart: usize) {
    send_ipi(hart);
}

/// Interrupts another hart, or this one.
#[inline(never)]
fn send_ipi(hart: usize) {
    sbi::send_ipi(hart);
}
