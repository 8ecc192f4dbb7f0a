//! The filesystems of one container, and how nodes in them are held.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oac_abi::{Errno, stat::Stat};

use crate::{Caller, FileSystem, Ino, MemFs};

/// A filesystem of a container. `st_dev` is this number and one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FsId(pub u32);

/// A file of a container: which filesystem, which inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its filesystem.
    pub fs: FsId,
    /// Its inode there.
    pub ino: Ino,
}

/// Something that can be asked for a filesystem by its number: [`FsTable`], or a kernel that adds filesystems of which its
/// own state is the contents (they exist, as a view, for one operation).
pub trait FileSystems {
    /// Acts on one filesystem.
    ///
    /// # Errors
    /// What `act` gives; ENODEV when there is no such filesystem.
    fn with<R>(
        &mut self,
        fs: FsId,
        act: impl FnOnce(&mut dyn FileSystem) -> Result<R, Errno>,
    ) -> Result<R, Errno>;

    /// Metadata of a node, `dev` filled in.
    ///
    /// # Errors
    /// As [`FileSystem::metadata`].
    fn stat(&mut self, node: Node) -> Result<Stat, Errno> {
        let stat = self.with(node.fs, |fs| fs.metadata(node.ino))?;
        Ok(Stat { dev: u64::from(node.fs.0) + 1, ..stat })
    }

    /// Keeps a node usable until the result is dropped.
    fn hold(&mut self, node: Node) -> Held;
}

/// A node that stays usable while this lives, whatever becomes of its names.
#[derive(Debug)]
pub struct Held {
    node: Node,
    /// A drop has no filesystem at hand, so it leaves its node here.
    dropped: Arc<Mutex<Vec<Node>>>,
}

impl Held {
    /// Which node.
    pub fn node(&self) -> Node {
        self.node
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).push(self.node);
    }
}

/// A filesystem that another one is built on too. Whoever uses it locks it for one operation.
#[derive(Clone)]
pub struct SharedFs(Arc<Mutex<Box<dyn FileSystem>>>);

impl SharedFs {
    /// Of a filesystem of one's own.
    pub fn new(fs: Box<dyn FileSystem>) -> SharedFs {
        SharedFs(Arc::new(Mutex::new(fs)))
    }

    /// For one operation. A filesystem is built on others that were there before, so locks are never taken in a circle.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Box<dyn FileSystem>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for SharedFs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedFs")
    }
}

enum Entry {
    Own(Box<dyn FileSystem>),
    Shared(SharedFs),
}

impl Entry {
    fn with<R>(&mut self, act: impl FnOnce(&mut dyn FileSystem) -> R) -> R {
        match self {
            Entry::Own(fs) => act(fs.as_mut()),
            Entry::Shared(fs) => act(fs.lock().as_mut()),
        }
    }
}

/// Filesystems by their numbers. They stay until the table goes.
#[derive(Default)]
pub struct FsTable {
    filesystems: Vec<Entry>,
    dropped: Arc<Mutex<Vec<Node>>>,
}

impl FsTable {
    /// None yet.
    pub fn new() -> FsTable {
        FsTable::default()
    }

    /// Adds one; gives its number.
    pub fn add(&mut self, fs: Box<dyn FileSystem>) -> FsId {
        self.filesystems.push(Entry::Own(fs));
        FsId(self.filesystems.len() as u32 - 1)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.filesystems.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.filesystems.is_empty()
    }

    /// A filesystem to build another one on.
    ///
    /// # Errors
    /// ENODEV when there is no such filesystem here.
    pub fn share(&mut self, fs: FsId) -> Result<SharedFs, Errno> {
        let entry = self.filesystems.get_mut(fs.0 as usize).ok_or(Errno::ENODEV)?;
        if let Entry::Shared(shared) = entry {
            return Ok(shared.clone());
        }
        // Nothing is built on the placeholder: it is gone two lines further.
        let placeholder = Entry::Own(Box::new(MemFs::new(0, &Caller::root(0))));
        let Entry::Own(own) = std::mem::replace(entry, placeholder) else { return Err(Errno::ENODEV) };
        let shared = SharedFs::new(own);
        *entry = Entry::Shared(shared.clone());
        Ok(shared)
    }

    /// A holder for a node that needs no pin, because it is not in this table.
    pub fn hold_unpinned(&self, node: Node) -> Held {
        Held { node, dropped: Arc::clone(&self.dropped) }
    }

    /// Takes off the pins of what has been dropped. To be called now and then; nothing depends on when.
    pub fn collect(&mut self) {
        let dropped = std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner));
        for node in dropped {
            if let Some(fs) = self.filesystems.get_mut(node.fs.0 as usize) {
                fs.with(|fs| fs.unpin(node.ino));
            }
        }
    }
}

impl FileSystems for FsTable {
    fn with<R>(
        &mut self,
        fs: FsId,
        act: impl FnOnce(&mut dyn FileSystem) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        self.filesystems.get_mut(fs.0 as usize).ok_or(Errno::ENODEV)?.with(act)
    }

    fn hold(&mut self, node: Node) -> Held {
        if let Some(fs) = self.filesystems.get_mut(node.fs.0 as usize) {
            fs.with(|fs| fs.pin(node.ino));
        }
        self.hold_unpinned(node)
    }
}

/// A filesystem that is not in any table, as if it were alone in one.
pub(crate) struct OneFs<'a>(pub(crate) &'a mut dyn FileSystem);

impl OneFs<'_> {
    pub(crate) const ID: FsId = FsId(0);
}

impl FileSystems for OneFs<'_> {
    fn with<R>(
        &mut self,
        fs: FsId,
        act: impl FnOnce(&mut dyn FileSystem) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        if fs == OneFs::ID { act(self.0) } else { Err(Errno::ENODEV) }
    }

    fn hold(&mut self, node: Node) -> Held {
        // Nobody else can change it meanwhile.
        Held { node, dropped: Arc::default() }
    }
}
