//! Files and directories on the disk, each with a place where the next read or write begins.

use core::sync::atomic::{AtomicU64, Ordering};

use scheduler::syscall::{Error, open};

use crate::fs;
use crate::future::Mutex;
use crate::mm::buffer_for_call;
use crate::process::{Outcome, UserMemory};

pub struct DiskFile {
    file: fs::File,
    /// Bits of [`open`].
    how: usize,
    position: AtomicU64,
    /// Reads and writes come one after the other, so that each begins where the last has ended.
    turn: Mutex<()>,
}

impl DiskFile {
    pub async fn open(path: &str, how: usize) -> Result<Self, Error> {
        let file = fs::open(path, how).await?;
        Ok(DiskFile { file, how, position: AtomicU64::new(0), turn: Mutex::new(()) })
    }

    pub async fn read(&self, memory: &UserMemory) -> Outcome {
        self.must_allow(open::READ)?;
        let _turn = self.turn.lock().await;
        let position = self.position.load(Ordering::Relaxed);
        let mut bytes = buffer_for_call(memory.length())?;
        let count = self.file.read_at(position, &mut bytes).await?;
        memory.write(0, &bytes[..count])?;
        self.position.store(position + count as u64, Ordering::Relaxed);
        Ok(count)
    }

    pub async fn write(&self, memory: &UserMemory) -> Outcome {
        self.must_allow(open::WRITE)?;
        let _turn = self.turn.lock().await;
        let position = self.position.load(Ordering::Relaxed);
        let mut bytes = buffer_for_call(memory.length())?;
        memory.read(0, &mut bytes)?;
        self.file.write_at(position, bytes).await?;
        self.position.store(position + memory.length() as u64, Ordering::Relaxed);
        Ok(memory.length())
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
        Ok(self.position.swap(position.into(), Ordering::Relaxed) as usize)
    }

    pub async fn length(&self) -> Outcome {
        Ok(self.file.length().await as usize)
    }

    fn must_allow(&self, what: usize) -> Result<(), Error> {
        if self.how & what == 0 { Err(Error::NotPermitted) } else { Ok(()) }
    }
}
