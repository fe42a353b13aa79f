//! The disk (5.2): requests are futures, and the device's interrupt wakes who waits for them.
//!
//! A request's memory is the driver's from its start until the device is done with it, also when
//! nobody waits for it any more.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::queue::{CHAINS, Piece, Queue};
use super::{SetupError, Transport};
use crate::device::plic;
use crate::device_tree::Device;
use crate::future::Waiters;
use crate::memlayout::PAGE_SIZE;
use crate::mm::frame::FRAMES;
use crate::sync::SpinLock;

const DEVICE_ID: u32 = 2;

/// Feature bits (5.2.3).
const READ_ONLY: u64 = 1 << 5;
const FLUSH: u64 = 1 << 9;

/// Capacity and addresses are in units of this.
pub const SECTOR: usize = 512;

/// Of a request (5.2.6).
const STATUS_OK: u8 = 0;
const STATUS_NOTHING: u8 = 0xFF;

/// The first disk of the machine; none where it has none.
static DISK: SpinLock<Option<Disk>> = SpinLock::new(None);

struct Disk {
    transport: Transport,
    queue: Queue,
    /// What the device reads and writes beside the data.
    headers: *mut Headers,
    slots: [Slot; CHAINS],
    /// Who waits for a free slot.
    waiters: Waiters,
    capacity: u64,
    features: u64,
    /// It has done what it was not asked for, and is not used any more.
    broken: bool,
}

// SAFETY: `headers` is the disk's alone, and the device's.
unsafe impl Send for Disk {}

/// By chain.
#[repr(C)]
struct Headers {
    requests: [Header; CHAINS],
    statuses: [u8; CHAINS],
}

const _: () = assert!(size_of::<Headers>() <= PAGE_SIZE);

#[repr(C)]
struct Header {
    kind: u32,
    reserved: u32,
    sector: u64,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    Read = 0,
    Write = 1,
    /// Everything written so far is on the disk when it is done.
    Flush = 4,
}

/// A chain of the queue, and what belongs to it.
enum Slot {
    Free,
    /// With the device, and who waits for it: nobody where the request was given up.
    Busy { buffer: Buffer, waker: Option<Waker> },
    Done { buffer: Buffer, status: u8 },
}

/// Whole sectors.
pub type Buffer = Box<[u8]>;

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    NoDisk,
    OutOfRange,
    ReadOnly,
    /// The device says so.
    Failed,
    /// The device does not keep to its rules.
    Broken,
}

/// Takes over the first disk among `slots`, if there is one. Once, by the boot hart.
pub fn init<'a>(slots: impl Iterator<Item = &'a Device>) -> Result<(), SetupError> {
    for slot in slots {
        if let Some(found) = Transport::find(slot, DEVICE_ID) {
            *DISK.lock() = Some(Disk::start(found?)?);
            let registered = plic::register(slot.interrupt, interrupt);
            return registered.map_err(|_| SetupError::NoInterrupt);
        }
    }
    Ok(())
}

/// How many sectors the disk has.
pub fn capacity() -> Result<u64, Error> {
    DISK.lock().as_ref().map(|disk| disk.capacity).ok_or(Error::NoDisk)
}

/// Reads sectors from `sector` on into `buffer`, or writes them from it. Gives the buffer back.
pub fn transfer(kind: Kind, sector: u64, buffer: Buffer) -> Transfer {
    Transfer { stage: Stage::New { kind, sector, buffer }, ticket: None }
}

/// Waits until everything that was written is on the disk.
pub async fn flush() -> Result<(), Error> {
    transfer(Kind::Flush, 0, Buffer::default()).await.map(|_| ())
}

/// Gives back what nobody uses. For the count of leaks.
pub fn trim() {
    if let Some(disk) = DISK.lock().as_mut() {
        disk.waiters.trim();
    }
}

impl Disk {
    fn start(transport: Transport) -> Result<Self, SetupError> {
        let features = transport.negotiate(READ_ONLY | FLUSH)?;
        let queue = Queue::new().ok_or(SetupError::NoMemory)?;
        transport.set_queue(&queue)?;
        let headers = FRAMES.lock().allocate(1).ok_or(SetupError::NoMemory)? as *mut Headers;
        let low = transport.configuration(0);
        let capacity = u64::from(transport.configuration(4)) << 32 | u64::from(low);
        transport.start();
        Ok(Disk {
            transport,
            queue,
            headers,
            slots: [const { Slot::Free }; CHAINS],
            waiters: Waiters::new(),
            capacity,
            features,
            broken: false,
        })
    }

    fn check(&self, kind: Kind, sector: u64, buffer: &Buffer) -> Result<(), Error> {
        let end = sector.checked_add((buffer.len() / SECTOR) as u64);
        if self.broken {
            Err(Error::Broken)
        } else if kind == Kind::Write && self.features & READ_ONLY != 0 {
            Err(Error::ReadOnly)
        } else if !buffer.len().is_multiple_of(SECTOR) || end.is_none_or(|end| end > self.capacity) {
            Err(Error::OutOfRange)
        } else {
            Ok(())
        }
    }

    /// Hands a request to the device.
    fn submit(&mut self, slot: usize, kind: Kind, sector: u64, mut buffer: Buffer, waker: Waker) {
        let data = Piece {
            address: buffer.as_mut_ptr() as usize,
            length: buffer.len(),
            device_writes: kind == Kind::Read,
        };
        // SAFETY: within my frame; the device has no request in this slot.
        let (header, status) = unsafe {
            let header = &raw mut (*self.headers).requests[slot];
            header.write_volatile(Header { kind: kind as u32, reserved: 0, sector });
            let status = &raw mut (*self.headers).statuses[slot];
            status.write_volatile(STATUS_NOTHING);
            (header, status)
        };
        let length = size_of::<Header>();
        let header = Piece { address: header as usize, length, device_writes: false };
        let status = Piece { address: status as usize, length: 1, device_writes: true };
        if data.length == 0 {
            self.queue.offer(slot, &[header, status]);
        } else {
            self.queue.offer(slot, &[header, data, status]);
        }
        self.slots[slot] = Slot::Busy { buffer, waker: Some(waker) };
        self.transport.notify();
    }

    /// Takes one request that the device is done with: who waits for it, and a buffer that nobody
    /// wants any more.
    fn complete(&mut self) -> Option<(Option<Waker>, Option<Buffer>)> {
        if self.broken {
            return self.next_in_vain().map(|waker| (Some(waker), None));
        }
        let slot = self.queue.take()?.unwrap_or(CHAINS);
        match self.slots.get_mut(slot) {
            Some(Slot::Busy { buffer, waker }) => {
                let (buffer, waker) = (core::mem::take(buffer), waker.take());
                if waker.is_none() {
                    self.slots[slot] = Slot::Free;
                    return Some((self.waiters.next(), Some(buffer)));
                }
                // SAFETY: within my frame.
                let status = unsafe { (&raw const (*self.headers).statuses[slot]).read_volatile() };
                self.slots[slot] = Slot::Done { buffer, status };
                Some((waker, None))
            }
            _ => {
                self.broken = true;
                Some((None, None))
            }
        }
    }

    /// Who waits for a device that is broken. The buffers stay where they are: it may still write
    /// to them.
    fn next_in_vain(&mut self) -> Option<Waker> {
        let busy = self.slots.iter_mut().find_map(|slot| match slot {
            Slot::Busy { waker, .. } => waker.take(),
            _ => None,
        });
        busy.or_else(|| self.waiters.next())
    }
}

/// The disk interrupts: it is done with some requests.
fn interrupt() {
    if let Some(disk) = DISK.lock().as_ref() {
        disk.transport.acknowledge();
    }
    loop {
        let done = DISK.lock().as_mut().and_then(Disk::complete);
        // Without the lock: who is woken may run at once elsewhere.
        let Some((waker, _unwanted)) = done else { break };
        waker.into_iter().for_each(Waker::wake);
    }
}

/// A request. Dropped before its end, the device still carries it out.
#[must_use = "futures do nothing unless awaited"]
pub struct Transfer {
    stage: Stage,
    /// Its place among those that wait for a slot.
    ticket: Option<u64>,
}

enum Stage {
    New { kind: Kind, sector: u64, buffer: Buffer },
    Submitted { slot: usize },
    Over,
}

impl Future for Transfer {
    type Output = Result<Buffer, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        let waker = context.waker().clone();
        let mut guard = DISK.lock();
        let Some(disk) = guard.as_mut() else { return Poll::Ready(Err(Error::NoDisk)) };
        match core::mem::replace(&mut self.stage, Stage::Over) {
            Stage::New { kind, sector, buffer } => {
                disk.check(kind, sector, &buffer)?;
                if kind == Kind::Flush && disk.features & FLUSH == 0 {
                    // It has no cache.
                    return Poll::Ready(Ok(buffer));
                }
                match disk.slots.iter().position(|slot| matches!(slot, Slot::Free)) {
                    Some(slot) => {
                        disk.submit(slot, kind, sector, buffer, waker);
                        self.stage = Stage::Submitted { slot };
                    }
                    None => {
                        self.ticket = Some(disk.waiters.wait(self.ticket, waker).0);
                        self.stage = Stage::New { kind, sector, buffer };
                    }
                }
                Poll::Pending
            }
            Stage::Submitted { .. } if disk.broken => Poll::Ready(Err(Error::Broken)),
            Stage::Submitted { slot } => {
                if let Slot::Busy { waker: old, .. } = &mut disk.slots[slot] {
                    *old = Some(waker);
                    self.stage = Stage::Submitted { slot };
                    return Poll::Pending;
                }
                let done = core::mem::replace(&mut disk.slots[slot], Slot::Free);
                let next = disk.waiters.next();
                drop(guard);
                next.into_iter().for_each(Waker::wake);
                Poll::Ready(match done {
                    Slot::Done { buffer, status: STATUS_OK } => Ok(buffer),
                    Slot::Done { .. } => Err(Error::Failed),
                    Slot::Free | Slot::Busy { .. } => unreachable!("a slot without its request"),
                })
            }
            Stage::Over => unreachable!("polled after its end"),
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let mut guard = DISK.lock();
        let Some(disk) = guard.as_mut() else { return };
        let next = match self.stage {
            Stage::Submitted { slot } => match &mut disk.slots[slot] {
                Slot::Busy { waker, .. } => {
                    *waker = None;
                    None
                }
                done => {
                    *done = Slot::Free;
                    disk.waiters.next()
                }
            },
            // Who was woken for a slot and does not take it passes it on.
            Stage::New { .. } => match self.ticket {
                Some(ticket) if disk.waiters.leave(ticket).is_none() => disk.waiters.next(),
                _ => None,
            },
            Stage::Over => None,
        };
        drop(guard);
        next.into_iter().for_each(Waker::wake);
    }
}
