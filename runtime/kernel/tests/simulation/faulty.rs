//! A disk that fails at random.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use oac_abi::{
    Errno,
    stat::{Stat, StatFs},
};
use oac_vfs::{
    Access, Caller, DirEntry, FileSystem, Handle, Ino, MemFs, NewNode, RenameMode, SetAttributes, WriteAt,
    Written,
};

use crate::dice::Dice;

/// A memory filesystem of which each operation may fail with EIO or ENOSPC, having done nothing.
pub struct FaultyFs {
    inner: MemFs,
    dice: Mutex<Dice>,
    /// Whether it fails at present; at first it does not.
    fails: Arc<AtomicBool>,
}

impl FaultyFs {
    /// The filesystem, and what breaks and mends it.
    pub fn new(seed: u64) -> (FaultyFs, Arc<AtomicBool>) {
        let caller = Caller::root(0);
        let fails = Arc::new(AtomicBool::new(false));
        let dice = Mutex::new(Dice::new(seed));
        (FaultyFs { inner: MemFs::new(200 << 10, &caller), dice, fails: Arc::clone(&fails) }, fails)
    }

    /// One operation in twelve fails.
    fn fate(&self) -> Result<(), Errno> {
        if !self.fails.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.dice.lock().unwrap().roll(24) {
            0 => Err(Errno::EIO),
            1 => Err(Errno::ENOSPC),
            _ => Ok(()),
        }
    }
}

impl FileSystem for FaultyFs {
    fn root(&self) -> Ino {
        self.inner.root()
    }

    fn kind(&self) -> &'static str {
        "faulty"
    }

    fn stat_fs(&mut self) -> Result<StatFs, Errno> {
        self.inner.stat_fs()
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.fate()?;
        self.inner.lookup(dir, name)
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        self.inner.parent(dir)
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        self.fate()?;
        self.inner.metadata(ino)
    }

    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        self.fate()?;
        self.inner.set_attributes(caller, ino, change)
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        self.fate()?;
        self.inner.read_dir(dir)
    }

    fn create(&mut self, caller: &Caller, dir: Ino, name: &[u8], node: NewNode<'_>) -> Result<Ino, Errno> {
        self.fate()?;
        self.inner.create(caller, dir, name, node)
    }

    fn link(&mut self, caller: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.fate()?;
        self.inner.link(caller, ino, dir, name)
    }

    fn unlink(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.fate()?;
        self.inner.unlink(caller, dir, name)
    }

    fn remove_dir(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.fate()?;
        self.inner.remove_dir(caller, dir, name)
    }

    fn rename(
        &mut self,
        caller: &Caller,
        old: (Ino, &[u8]),
        new: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        self.fate()?;
        self.inner.rename(caller, old, new, mode)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        self.fate()?;
        self.inner.read_link(ino)
    }

    fn open(&mut self, caller: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno> {
        self.fate()?;
        self.inner.open(caller, ino, access)
    }

    fn close(&mut self, handle: Handle) {
        self.inner.close(handle);
    }

    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        self.fate()?;
        self.inner.read(handle, offset, buf)
    }

    fn write(&mut self, caller: &Caller, handle: Handle, at: WriteAt, buf: &[u8]) -> Result<Written, Errno> {
        self.fate()?;
        self.inner.write(caller, handle, at, buf)
    }

    fn pin(&mut self, ino: Ino) {
        self.inner.pin(ino);
    }

    fn unpin(&mut self, ino: Ino) {
        self.inner.unpin(ino);
    }
}
