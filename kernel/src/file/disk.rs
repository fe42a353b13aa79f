//! Files and directories on the disk, each with a place where the next read or write begins.

use scheduler::syscall::{Error, open};

use crate::fs;
use crate::future::Mutex;
use crate::mm::buffer_for_call;
use crate::process::{Outcome, UserMemory};
use crate::sync::SpinLock;
use crate::thread::processor;

pub struct DiskFile {
    file: fs::File,
    /// Bits of [`open`].
    how: usize,
    place: SpinLock<Place>,
    /// Reads and writes come one after the other, so that each begins where the last has ended.
    turn: Mutex<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    position: u64,
    /// How often it was set from outside.
    seeks: u64,
}

impl DiskFile {
    pub async fn open(path: &str, how: usize) -> Result<Self, Error> {
        let file = fs::open(path, how).await?;
        let place = SpinLock::new(Place { position: 0, seeks: 0 });
        Ok(DiskFile { file, how, place, turn: Mutex::new(()) })
    }

    pub async fn read(&self, memory: &UserMemory) -> Outcome {
        self.must_allow(open::READ)?;
        let _turn = self.turn.lock().await;
        let place = *self.place.lock();
        let mut bytes = buffer_for_call(memory.length())?;
        let count = self.file.read_at(place.position, &mut bytes).await?;
        memory.write(0, &bytes[..count])?;
        self.move_on(place, count);
        Ok(count)
    }

    pub async fn write(&self, memory: &UserMemory) -> Outcome {
        self.must_allow(open::WRITE)?;
        let _turn = self.turn.lock().await;
        let place = *self.place.lock();
        let mut bytes = buffer_for_call(memory.length())?;
        memory.read(0, &mut bytes)?;
        self.file.write_at(place.position, bytes).await?;
        self.move_on(place, memory.length());
        Ok(memory.length())
    }

    /// After `count` bytes from `began` on. Whoever sought another place meanwhile has it, and who
    /// has been cancelled, if only since its poll began, moves nothing: what is sought after that is
    /// for who reads next.
    fn move_on(&self, began: Place, count: usize) {
        let mut place = self.place.lock();
        if *place == began && !processor::current().is_cancelled() {
            place.position += count as u64;
        }
    }

    pub async fn set_length(&self, length: usize) -> Outcome {
        self.must_allow(open::WRITE)?;
        self.file.set_length(length as u64).await?;
        Ok(0)
    }

    /// Sets where the next read or write begins; says where it would have.
    pub fn seek(&self, position: usize) -> Outcome {
        // No file is so long, and what is added to it must not overflow.
        let position = u32::try_from(position).map_err(|_| Error::BadValue)?;
        let mut place = self.place.lock();
        place.seeks += 1;
        Ok(core::mem::replace(&mut place.position, position.into()) as usize)
    }

    pub async fn length(&self) -> Outcome {
        Ok(self.file.length().await as usize)
    }

    fn must_allow(&self, what: usize) -> Result<(), Error> {
        if self.how & what == 0 { Err(Error::NotPermitted) } else { Ok(()) }
    }
}
