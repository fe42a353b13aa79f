//! Files. There is one volume, on the first disk; without one, whoever wants a file is told so.
//!
//! What changes the volume runs in a coroutine of its own to its end, also when nobody waits for
//! it any more: half a change is none.

mod cache;
mod ext2;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use scheduler::syscall::{self, open};

use crate::device::virtio::block;
use crate::executor;
use crate::mm::{OutOfMemory, buffer_for_call};
use crate::sync::SpinLock;
use crate::thread::processor;
use ext2::{Node, NodeKind, Volume};

static VOLUME: SpinLock<Option<Arc<Volume>>> = SpinLock::new(None);

/// Why a file cannot be had, or not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    NoVolume,
    NotFound,
    Exists,
    NotADirectory,
    NotEmpty,
    BadName,
    /// It is a directory where a file is wanted.
    IsADirectory,
    /// It is neither a file nor a directory, or of a kind that this code does not know.
    Unsupported,
    TooLarge,
    /// There is no memory for what is to be read.
    OutOfMemory,
    Full,
    /// What is on the disk contradicts itself.
    Broken(&'static str),
    Disk(block::Error),
}

impl From<block::Error> for Error {
    fn from(error: block::Error) -> Self {
        Error::Disk(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::NoVolume => f.write_str("there is no disk with files"),
            Error::NotFound => f.write_str("there is no such file"),
            Error::Exists => f.write_str("it exists already"),
            Error::NotADirectory => f.write_str("it is not a directory"),
            Error::NotEmpty => f.write_str("the directory is not empty"),
            Error::BadName => f.write_str("it is not a name"),
            Error::IsADirectory => f.write_str("it is a directory"),
            Error::Unsupported => f.write_str("it is of a kind that is not known"),
            Error::TooLarge => f.write_str("no file is so large"),
            Error::OutOfMemory => f.write_str("there is no memory for it"),
            Error::Full => f.write_str("the disk is full"),
            Error::Broken(what) => write!(f, "the disk is broken: {what}"),
            Error::Disk(error) => write!(f, "the disk fails: {error:?}"),
        }
    }
}

impl From<Error> for syscall::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NoVolume | Error::NotFound | Error::NotADirectory => syscall::Error::NotFound,
            Error::Exists | Error::NotEmpty => syscall::Error::Exists,
            Error::BadName | Error::TooLarge => syscall::Error::BadValue,
            Error::IsADirectory | Error::Unsupported => syscall::Error::NotPermitted,
            Error::OutOfMemory => syscall::Error::OutOfMemory,
            Error::Full => syscall::Error::DiskFull,
            Error::Broken(_) | Error::Disk(_) => syscall::Error::DiskFailed,
        }
    }
}

/// Looks for a volume on the disk; says what is wrong with it. Once, before anything else here.
pub async fn mount() -> Result<(), Error> {
    let volume = Volume::mount().await?;
    *VOLUME.lock() = Some(Arc::new(volume));
    Ok(())
}

fn volume() -> Result<Arc<Volume>, Error> {
    VOLUME.lock().clone().ok_or(Error::NoVolume)
}

/// A file or a directory that is open.
#[derive(Clone)]
pub struct File {
    volume: Arc<Volume>,
    node: Arc<Node>,
    kind: NodeKind,
}

/// Opens what `path` names, by the bits of [`open`]. Directories can be read only.
pub async fn open(path: &str, how: usize) -> Result<File, Error> {
    let volume = volume()?;
    let found = find(&volume, path).await;
    let node = match found {
        Err(Error::NotFound) if how & open::CREATE != 0 => {
            match create(path, NodeKind::File).await {
                // Somebody else was faster.
                Err(Error::Exists) => find(&volume, path).await?,
                created => created?,
            }
        }
        found => found?,
    };
    let kind = node.kind().await;
    match kind {
        NodeKind::Directory if how & (open::WRITE | open::TRUNCATE) != 0 => Err(Error::IsADirectory),
        NodeKind::Other => Err(Error::Unsupported),
        _ => {
            let file = File { volume, node, kind };
            if how & open::TRUNCATE != 0 {
                file.set_length(0).await?;
            }
            Ok(file)
        }
    }
}

impl File {
    /// Reads from `offset` on; says how much there was. Of a directory, its list of names.
    pub async fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, Error> {
        if self.kind == NodeKind::File {
            return self.volume.read(&self.node, offset, bytes).await;
        }
        let names = self.volume.list(&self.node).await?;
        let rest = names.as_bytes().get(offset as usize..).unwrap_or(&[]);
        let length = rest.len().min(bytes.len());
        bytes[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    /// Writes all of `bytes` from `offset` on.
    pub async fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Result<(), Error> {
        let file = self.file()?;
        whole(async move { file.volume.write(&file.node, offset, &bytes).await }).await
    }

    pub async fn length(&self) -> u64 {
        self.node.length().await
    }

    /// Cuts the file, or makes it longer with zeroes.
    pub async fn set_length(&self, length: u64) -> Result<(), Error> {
        let file = self.file()?;
        whole(async move { file.volume.set_length(&file.node, length).await }).await
    }

    fn file(&self) -> Result<File, Error> {
        if self.kind == NodeKind::File { Ok(self.clone()) } else { Err(Error::IsADirectory) }
    }
}

/// All of a file.
pub async fn read_whole(path: &str) -> Result<Vec<u8>, Error> {
    let file = open(path, open::READ).await?;
    if file.kind == NodeKind::Directory {
        return Err(Error::IsADirectory);
    }
    // The disk may say any length.
    let length = file.length().await as usize;
    let mut bytes = buffer_for_call(length).map_err(|OutOfMemory| Error::OutOfMemory)?;
    let length = file.read_at(0, &mut bytes).await?;
    bytes.truncate(length);
    Ok(bytes)
}

/// The names in a directory, each with a line end; those of directories end with `/`.
pub async fn list(path: &str) -> Result<String, Error> {
    let volume = volume()?;
    let node = find(&volume, path).await?;
    volume.list(&node).await
}

pub async fn make_directory(path: &str) -> Result<(), Error> {
    create(path, NodeKind::Directory).await.map(|_| ())
}

/// Removes a file, or a directory with nothing in it. Who has it open has nothing any more.
pub async fn remove(path: &str) -> Result<(), Error> {
    let volume = volume()?;
    let (directory, name) = parent(&volume, path).await?;
    let name = String::from(name);
    whole(async move { volume.remove(&directory, &name).await }).await
}

/// Waits until all that was changed before is on the disk.
pub async fn sync() -> Result<(), Error> {
    let volume = volume()?;
    whole(async move { volume.sync().await }).await
}

/// The same for a thread of the kernel, which nobody cancels: nothing is started for it.
pub async fn save() -> Result<(), Error> {
    volume()?.sync().await
}

/// Gives back what nobody uses. For the count of leaks.
pub fn trim() {
    block::trim();
    if let Ok(volume) = volume() {
        volume.trim();
    }
}

async fn create(path: &str, kind: NodeKind) -> Result<Arc<Node>, Error> {
    let volume = volume()?;
    let (directory, name) = parent(&volume, path).await?;
    let name = String::from(name);
    whole(async move { volume.create(&directory, &name, kind).await }).await
}

async fn find(volume: &Volume, path: &str) -> Result<Arc<Node>, Error> {
    let mut node = volume.root().await?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        node = volume.find(&node, name).await?.ok_or(Error::NotFound)?;
    }
    Ok(node)
}

/// The directory that `path` leads to, and the last name.
async fn parent<'a>(volume: &Volume, path: &'a str) -> Result<(Arc<Node>, &'a str), Error> {
    let path = path.trim_end_matches('/');
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    Ok((find(volume, directory).await?, name))
}

/// Runs `change` to its end, whether or not its caller waits for that.
async fn whole<T: Send + 'static>(
    change: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let result = Arc::new(SpinLock::new(None));
    let there = result.clone();
    let priority = processor::current().priority();
    let handle = executor::spawn(priority, async move {
        let value = change.await;
        *there.lock() = Some(value);
    });
    handle.await;
    let value = result.lock().take();
    value.expect("a change runs to its end")
}
