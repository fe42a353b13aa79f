//! The files that a process has open, by their numbers.

use alloc::sync::Arc;
use alloc::vec::Vec;

use scheduler::syscall::Error;

use crate::file::File;
use crate::sync::SpinLock;

/// Most files of a process at a time.
const MOST: usize = 32;

/// A process's table of files.
pub struct Files {
    /// By number; nothing at all once the process has ended.
    table: SpinLock<Option<Vec<Option<Arc<File>>>>>,
}

impl Files {
    /// Numbers 0 and on.
    pub fn new(files: [Arc<File>; 2]) -> Self {
        Files { table: SpinLock::new(Some(files.into_iter().map(Some).collect())) }
    }

    pub fn get(&self, number: usize) -> Result<Arc<File>, Error> {
        let table = self.table.lock();
        let files = table.as_ref().ok_or(Error::NotFound)?;
        files.get(number).cloned().flatten().ok_or(Error::NotFound)
    }

    /// Gives `file` the lowest number that is free.
    pub fn insert(&self, file: Arc<File>) -> Result<usize, Error> {
        let mut table = self.table.lock();
        let files = table.as_mut().ok_or(Error::NotFound)?;
        let free = files.iter().position(Option::is_none).unwrap_or(files.len());
        if free == MOST {
            return Err(Error::TooMany);
        }
        if free == files.len() {
            files.push(None);
        }
        files[free] = Some(file);
        Ok(free)
    }

    /// Takes a file out of the table. It is closed when nobody uses it any more.
    pub fn remove(&self, number: usize) -> Result<Arc<File>, Error> {
        let mut table = self.table.lock();
        let files = table.as_mut().ok_or(Error::NotFound)?;
        files.get_mut(number).and_then(Option::take).ok_or(Error::NotFound)
    }

    /// The process has ended: lets go of all files.
    pub fn close(&self) {
        let files = self.table.lock().take();
        // Without the lock: to close a pipe wakes who waits there.
        drop(files);
    }
}
