//! The filesystems of one container, and how nodes in them are held.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

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

struct Slot {
    entry: Entry,
    /// How often its nodes are held.
    holds: u32,
    /// Goes when nobody uses it any more.
    temporary: bool,
}

/// Filesystems by their numbers, which are never used again.
#[derive(Default)]
pub struct FsTable {
    filesystems: BTreeMap<FsId, Slot>,
    next: u32,
    dropped: Arc<Mutex<Vec<Node>>>,
}

/// Numbers from here on are for filesystems that are not in a table.
const FS_IDS_RESERVED: std::ops::Range<u32> = 0xff00..0x1_0000;

impl FsTable {
    /// None yet.
    pub fn new() -> FsTable {
        FsTable::default()
    }

    /// Adds one that stays as long as the table; gives its number.
    pub fn add(&mut self, fs: Box<dyn FileSystem>) -> FsId {
        self.insert(fs, false)
    }

    /// Adds one that can be removed when nobody uses it any more.
    pub fn add_temporary(&mut self, fs: Box<dyn FileSystem>) -> FsId {
        self.insert(fs, true)
    }

    fn insert(&mut self, fs: Box<dyn FileSystem>, temporary: bool) -> FsId {
        if FS_IDS_RESERVED.contains(&self.next) {
            self.next = FS_IDS_RESERVED.end;
        }
        let id = FsId(self.next);
        self.next += 1;
        self.filesystems.insert(id, Slot { entry: Entry::Own(fs), holds: 0, temporary });
        id
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.filesystems.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.filesystems.is_empty()
    }

    /// Temporary filesystems of which nothing is held and on which nothing is built.
    pub fn unheld(&mut self) -> Vec<FsId> {
        self.collect();
        let unheld = self.filesystems.iter().filter(|(_, slot)| {
            let is_shared = matches!(&slot.entry, Entry::Shared(fs) if Arc::strong_count(&fs.0) > 1);
            slot.temporary && slot.holds == 0 && !is_shared
        });
        unheld.map(|(&fs, _)| fs).collect()
    }

    /// Removes one in which nothing is open.
    pub fn remove(&mut self, fs: FsId) {
        self.filesystems.remove(&fs);
    }

    /// A filesystem to build another one on.
    ///
    /// # Errors
    /// ENODEV when there is no such filesystem here.
    pub fn share(&mut self, fs: FsId) -> Result<SharedFs, Errno> {
        let entry = &mut self.filesystems.get_mut(&fs).ok_or(Errno::ENODEV)?.entry;
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
            if let Some(slot) = self.filesystems.get_mut(&node.fs) {
                slot.holds -= 1;
                slot.entry.with(|fs| fs.unpin(node.ino));
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
        self.filesystems.get_mut(&fs).ok_or(Errno::ENODEV)?.entry.with(act)
    }

    fn hold(&mut self, node: Node) -> Held {
        if let Some(slot) = self.filesystems.get_mut(&node.fs) {
            slot.holds += 1;
            slot.entry.with(|fs| fs.pin(node.ino));
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
