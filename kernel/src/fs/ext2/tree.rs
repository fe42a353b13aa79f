//! Names: what directories say, and how they change.

use alloc::string::String;
use alloc::sync::Arc;

use super::content::check_living;
use super::directory::{self, Broken};
use super::inode::{Inode, Kind};
use super::view::View;
use super::{Error, Node, Volume};

impl From<Broken> for Error {
    fn from(Broken: Broken) -> Self {
        Error::Broken("the entries of a directory do not hold together")
    }
}

impl Node {
    pub async fn kind(&self) -> Kind {
        self.inode.lock().await.kind()
    }

    pub async fn length(&self) -> u64 {
        self.inode.lock().await.size()
    }
}

impl Volume {
    /// What `name` is in a directory.
    pub async fn find(&self, directory: &Node, name: &str) -> Result<Option<Arc<Node>>, Error> {
        let mut view = directory.view().await;
        loop {
            let found = self.find_by(&view, name).await;
            let Some(again) = view.again().await else { return found };
            view = again;
        }
    }

    async fn find_by(&self, view: &View<'_>, name: &str) -> Result<Option<Arc<Node>>, Error> {
        match self.number_of(view, name).await? {
            Some(number) => self.node(number, || view.holds()).await,
            None => Ok(None),
        }
    }

    async fn number_of(&self, inode: &Inode, name: &str) -> Result<Option<u32>, Error> {
        check_directory(inode)?;
        for index in 0..self.blocks_of(inode) {
            let Some(buffer) = self.block(inode, index).await? else { continue };
            let find = |block: &[u8]| {
                let entry = directory::find(block, name.as_bytes())?;
                Ok::<_, Broken>(entry.map(|entry| entry.inode))
            };
            if let Some(number) = buffer.read(find)? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// The names in a directory, each with a line end; those of directories with a `/` before.
    pub async fn list(&self, directory: &Node) -> Result<String, Error> {
        let mut view = directory.view().await;
        loop {
            let names = self.list_by(&view).await;
            let Some(again) = view.again().await else { return names };
            view = again;
        }
    }

    async fn list_by(&self, inode: &Inode) -> Result<String, Error> {
        check_directory(inode)?;
        let mut names = String::new();
        for index in 0..self.blocks_of(inode) {
            let Some(buffer) = self.block(inode, index).await? else { continue };
            buffer.read(|block| {
                for entry in directory::entries(block) {
                    let entry = entry?;
                    if entry.inode == 0 || entry.name == b"." || entry.name == b".." {
                        continue;
                    }
                    names.push_str(&String::from_utf8_lossy(entry.name));
                    names.push_str(if entry.kind == directory::DIRECTORY { "/\n" } else { "\n" });
                }
                Ok::<_, Broken>(())
            })?;
        }
        Ok(names)
    }

    /// Makes a file or a directory; [`Error::Exists`] where the name is taken.
    pub async fn create(
        &self,
        directory: &Node,
        name: &str,
        kind: Kind,
    ) -> Result<Arc<Node>, Error> {
        check_name(name)?;
        let mut parent = directory.lock_to_change().await;
        check_living(&parent)?;
        if self.number_of(&parent, name).await?.is_some() {
            return Err(Error::Exists);
        }
        let node = {
            let _changes = self.changes.lock().await;
            let is_directory = kind == Kind::Directory;
            let number = self.allocate_inode(directory.number, is_directory).await?;
            let mut inode = Inode::new(kind);
            let made = self.fill_new(number, &mut inode, directory.number).await;
            let entered = match made {
                Ok(()) => self.enter(directory, &mut parent, name, number, kind).await,
                Err(error) => Err(error),
            };
            if let Err(error) = entered {
                // As if nothing had been.
                self.cut_locked(&mut inode, 0).await?;
                inode.set_deleted();
                self.store(number, &inode).await?;
                self.free_inode(number, is_directory).await?;
                return Err(error);
            }
            self.store(number, &inode).await?;
            self.add(number, inode)
        };
        drop(parent);
        self.relieve().await?;
        Ok(node)
    }

    /// A new directory has entries for itself and its parent.
    async fn fill_new(&self, number: u32, inode: &mut Inode, parent: u32) -> Result<(), Error> {
        if inode.kind() != Kind::Directory {
            return Ok(());
        }
        let buffer = self.block_to_write(number, inode, 0).await?;
        inode.set_size(self.geometry.block_size as u64);
        buffer.change(|block| {
            directory::clear(block);
            directory::insert(block, number, directory::DIRECTORY, b".")?;
            directory::insert(block, parent, directory::DIRECTORY, b"..")
        })?;
        Ok(())
    }

    /// Adds a name to a directory. The caller holds both locks.
    async fn enter(
        &self,
        directory: &Node,
        parent: &mut Inode,
        name: &str,
        number: u32,
        kind: Kind,
    ) -> Result<(), Error> {
        let file_type =
            if kind == Kind::Directory { directory::DIRECTORY } else { directory::FILE };
        let insert =
            |block: &mut [u8]| directory::insert(block, number, file_type, name.as_bytes());
        let blocks = self.blocks_of(parent);
        let mut entered = false;
        for index in 0..blocks {
            let Some(buffer) = self.block(parent, index).await? else { continue };
            entered = buffer.change(insert)?;
            if entered {
                break;
            }
        }
        if !entered {
            let added = self.block_to_write(directory.number, parent, blocks).await;
            let buffer = match added {
                Ok(buffer) => buffer,
                Err(error) => {
                    // It may have a block of pointers now.
                    self.store(directory.number, parent).await?;
                    return Err(error);
                }
            };
            parent.set_size((blocks + 1) * self.geometry.block_size as u64);
            buffer.change(|block| {
                directory::clear(block);
                insert(block)
            })?;
        }
        if kind == Kind::Directory {
            let links = parent.links() + 1;
            parent.set_links(links);
        }
        parent.forget_index();
        self.store(directory.number, parent).await
    }

    /// Removes a file, or a directory with nothing in it.
    pub async fn remove(&self, directory: &Node, name: &str) -> Result<(), Error> {
        check_name(name)?;
        let mut parent = directory.lock_to_change().await;
        let number = self.number_of(&parent, name).await?.ok_or(Error::NotFound)?;
        if number == directory.number {
            return Err(Error::Broken("a directory is in itself"));
        }
        let node = self.node(number, || true).await?.expect("it keeps its name until I am done");
        let mut inode = node.lock_to_change().await;
        let is_directory = inode.kind() == Kind::Directory;
        if is_directory && !self.is_empty(&inode).await? {
            return Err(Error::NotEmpty);
        }
        if inode.kind() == Kind::Other || inode.links() == 0 {
            return Err(Error::Unsupported);
        }
        {
            let _changes = self.changes.lock().await;
            for index in 0..self.blocks_of(&parent) {
                let Some(buffer) = self.block(&parent, index).await? else { continue };
                if buffer.change(|block| directory::remove(block, name.as_bytes()))? {
                    break;
                }
            }
            if is_directory {
                let links = parent.links() - 1;
                parent.set_links(links);
            }
            parent.forget_index();
            self.store(directory.number, &parent).await?;
            if is_directory || inode.links() == 1 {
                self.cut_locked(&mut inode, 0).await?;
                inode.set_size(0);
                inode.set_deleted();
                self.store(number, &inode).await?;
                self.free_inode(number, is_directory).await?;
                // The next with this number is another file.
                let gone = self.nodes.lock().remove(&number);
                drop(gone);
            } else {
                let links = inode.links() - 1;
                inode.set_links(links);
                self.store(number, &inode).await?;
            }
        }
        drop((inode, parent));
        self.relieve().await
    }

    async fn is_empty(&self, inode: &Inode) -> Result<bool, Error> {
        for index in 0..self.blocks_of(inode) {
            let Some(buffer) = self.block(inode, index).await? else { continue };
            if !buffer.read(directory::is_empty)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn blocks_of(&self, inode: &Inode) -> u64 {
        inode.size().div_ceil(self.geometry.block_size as u64)
    }
}

fn check_directory(inode: &Inode) -> Result<(), Error> {
    if inode.kind() == Kind::Directory { Ok(()) } else { Err(Error::NotADirectory) }
}

/// `.` and `..` are no names to make or remove, and others who read the disk take a zero for the
/// end of a name.
fn check_name(name: &str) -> Result<(), Error> {
    let good = (1..=directory::LONGEST).contains(&name.len()) && name != "." && name != "..";
    let good = good && !name.contains('\0');
    if good { Ok(()) } else { Err(Error::BadName) }
}
