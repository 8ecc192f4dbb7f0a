//! Trees whose files are texts made when they are read: `/proc`, `/task`, `/web/container`.

use oac_abi::{
    Errno,
    stat::{Stat, StatFs},
};

use crate::filesystem::{
    Access, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SetAttributes, WriteAt, Written,
};
use crate::permissions::Caller;

/// `f_type` of such a tree: that of Linux's /proc, statfs(2).
const PROC_MAGIC: u64 = 0x9fa0;

/// A tree of texts that nobody changes by the calls of a filesystem. Whoever implements it is a [`FileSystem`] that refuses to make,
/// link, move and remove anything.
///
/// The methods are those of [`FileSystem`] of the same name, where nothing else is said.
pub trait TextTree: Send {
    /// What `create` says: EPERM, unless the thing imitated says something else.
    const CREATE_REFUSAL: Errno = Errno::EPERM;

    /// The root directory.
    fn root(&self) -> Ino;

    /// Its kind in a few letters.
    fn kind(&self) -> &'static str;

    /// The inode of a name in a directory.
    ///
    /// # Errors
    /// ENOENT; ENOTDIR.
    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno>;

    /// The directory that holds a directory, and under which name.
    ///
    /// # Errors
    /// ENOENT; ENOTDIR.
    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno>;

    /// Metadata.
    ///
    /// # Errors
    /// ENOENT.
    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno>;

    /// Every entry of a directory.
    ///
    /// # Errors
    /// ENOENT; ENOTDIR.
    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno>;

    /// Where a symbolic link leads.
    ///
    /// # Errors
    /// EINVAL when it is none.
    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno>;

    /// Where following a symbolic link leads.
    ///
    /// # Errors
    /// As [`TextTree::read_link`].
    fn follow_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        self.read_link(ino)
    }

    /// Whether a file may be opened.
    ///
    /// # Errors
    /// EACCES, EPERM, ENOENT.
    fn may_open(&mut self, ino: Ino, access: Access) -> Result<(), Errno>;

    /// What a file holds now.
    ///
    /// # Errors
    /// ENOENT; EBADF for what has no text.
    fn text(&mut self, ino: Ino) -> Result<Vec<u8>, Errno>;

    /// Changes attributes: of nothing, by default.
    ///
    /// # Errors
    /// EPERM.
    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        let _ = (caller, ino, change);
        Err(Errno::EPERM)
    }
}

impl<T: TextTree> FileSystem for T {
    fn root(&self) -> Ino {
        TextTree::root(self)
    }

    fn kind(&self) -> &'static str {
        TextTree::kind(self)
    }

    fn stat_fs(&mut self) -> Result<StatFs, Errno> {
        Ok(StatFs { kind: PROC_MAGIC, block_bytes: 4096, ..StatFs::default() })
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        TextTree::lookup(self, dir, name)
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        TextTree::parent(self, dir)
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        TextTree::metadata(self, ino)
    }

    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        TextTree::set_attributes(self, caller, ino, change)
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        TextTree::read_dir(self, dir)
    }

    fn create(&mut self, _: &Caller, _: Ino, _: &[u8], _: NewNode<'_>) -> Result<Ino, Errno> {
        Err(T::CREATE_REFUSAL)
    }

    fn link(&mut self, _: &Caller, _: Ino, _: Ino, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    fn unlink(&mut self, _: &Caller, _: Ino, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    fn remove_dir(&mut self, _: &Caller, _: Ino, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    fn rename(&mut self, _: &Caller, _: (Ino, &[u8]), _: (Ino, &[u8]), _: RenameMode) -> Result<(), Errno> {
        Err(Errno::EPERM)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        TextTree::read_link(self, ino)
    }

    fn follow_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        TextTree::follow_link(self, ino)
    }

    fn open(&mut self, _: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno> {
        self.may_open(ino, access)?;
        Ok(Handle(ino.0))
    }

    fn close(&mut self, _: Handle) {}

    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let text = self.text(Ino(handle.0))?;
        let rest = usize::try_from(offset).ok().and_then(|offset| text.get(offset..)).unwrap_or_default();
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write(&mut self, _: &Caller, _: Handle, _: WriteAt, _: &[u8]) -> Result<Written, Errno> {
        // Writes that act on the kernel (`ctl`) are taken by it before they come here.
        Err(Errno::EACCES)
    }
}
