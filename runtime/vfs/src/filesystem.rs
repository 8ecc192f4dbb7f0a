//! The trait that every filesystem implements, and the few types it speaks in.

use std::ops::Range;

use oac_abi::{
    Errno, flags,
    stat::{Stat, StatFs},
};

use crate::Caller;

/// An inode's number within its filesystem. Never given to another file while anything still refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ino(pub u64);

/// An open file of a filesystem, in the filesystem's own numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u64);

/// What an open file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Access {
    /// O_RDONLY or O_RDWR.
    pub read: bool,
    /// O_WRONLY or O_RDWR.
    pub write: bool,
}

/// What `create` makes. Mode is permission bits only (0o7777), the umask already taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewNode<'a> {
    /// An empty regular file.
    File {
        /// Permission bits.
        mode: u32,
    },
    /// An empty directory.
    Directory {
        /// Permission bits.
        mode: u32,
    },
    /// A symbolic link.
    Symlink {
        /// Where it leads; not checked.
        target: &'a [u8],
    },
    /// A FIFO. What is read and written through it is the kernel's matter.
    Fifo {
        /// Permission bits.
        mode: u32,
    },
    /// The name of a Unix socket. What it leads to is the kernel's matter.
    Socket {
        /// Permission bits.
        mode: u32,
    },
    /// A character device. Only the kernel's own `/dev` has them: EPERM elsewhere.
    Device {
        /// Permission bits.
        mode: u32,
        /// Which device, as `st_rdev`.
        rdev: u64,
    },
}

/// What `set_attributes` changes: a `None` is left alone. ctime becomes the caller's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SetAttributes {
    /// Permission bits (0o7777).
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Length in bytes: truncates, or extends with zeros. EISDIR for a directory, EINVAL for anything else that is no file.
    pub size: Option<u64>,
    /// Time of last access, ns since 1970.
    pub atime_ns: Option<i64>,
    /// Time of last modification, ns since 1970.
    pub mtime_ns: Option<i64>,
}

/// What `rename` does when the new name is taken. renameat2(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenameMode {
    /// Replaces a file by a file, an empty directory by a directory.
    Replace,
    /// RENAME_NOREPLACE: EEXIST.
    NoReplace,
    /// RENAME_EXCHANGE: the two change places; ENOENT when there is no second.
    Exchange,
}

/// Where `write` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteAt {
    /// At this offset; a gap before it reads as zeros.
    Offset(u64),
    /// At the end as it is then: O_APPEND.
    End,
}

/// What `write` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many bytes; fewer than were given only when the disk is full.
    pub bytes: usize,
    /// The offset behind the last of them.
    pub end: u64,
}

/// What `set_xattr` does about a value that is there already, or is not. setxattr(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XattrMode {
    /// Makes or replaces.
    Set,
    /// XATTR_CREATE: EEXIST when it is there.
    Create,
    /// XATTR_REPLACE: ENODATA when it is not.
    Replace,
}

/// What `allocate` does with a range. fallocate(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// Reserves room for it; what was a hole still reads as zeros.
    Reserve {
        /// FALLOC_FL_KEEP_SIZE: the file's length stays even if the range ends behind it.
        keep_size: bool,
    },
    /// FALLOC_FL_PUNCH_HOLE: gives its room back; it reads as zeros. The length stays.
    PunchHole,
    /// FALLOC_FL_ZERO_RANGE: reads as zeros, with room reserved.
    Zero {
        /// As for `Reserve`.
        keep_size: bool,
    },
}

/// What `seek` looks for. lseek(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekTo {
    /// SEEK_DATA: the first byte from the offset on that is in no hole.
    Data,
    /// SEEK_HOLE: the first hole from the offset on; the end of the file is one.
    Hole,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name; never `.` or `..`.
    pub name: Vec<u8>,
    /// Its inode.
    pub ino: Ino,
    /// File type, as in `flags::mode` (`REG`, `DIR`, `LNK` …).
    pub kind: u32,
}

/// What one `copy_range` copies through a buffer, at most.
const COPY_BYTES_MAX: usize = 1 << 20;

/// A tree of files with Linux's semantics. The only way to files for the whole system.
///
/// Methods name files by inode; paths, symbolic links on the way, `.`, `..`, binds, descriptors, file positions and
/// permission checks are the caller's matter (the walk in this crate and the kernel). Names handed in are never empty, `.`, `..`,
/// nor contain `/` or NUL; those longer than NAME_BYTES_MAX have been refused already.
///
/// An inode stays usable while it has a name, an open handle or a pin; afterwards its methods give ESTALE or ENOENT.
///
/// All methods return at once: a filesystem whose store is slow blocks its caller, so keep such stores small or cached.
pub trait FileSystem: Send {
    /// The root directory.
    fn root(&self) -> Ino;

    /// Its kind in a few letters, for `/proc/mounts` and messages: `mem`, `host` …
    fn kind(&self) -> &'static str;

    /// On how many others, one on the other, it is built: 0 unless it is an overlay.
    fn stack_depth(&self) -> u32 {
        0
    }

    /// Whether nothing in it can be changed: `ro` in `/proc/mounts`.
    fn is_read_only(&self) -> bool {
        false
    }

    /// statfs(2).
    ///
    /// # Errors
    /// EIO.
    fn stat_fs(&mut self) -> Result<StatFs, Errno>;

    /// The inode of a name in a directory.
    ///
    /// # Errors
    /// ENOENT; ENOTDIR when `dir` is none.
    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno>;

    /// The directory that holds a directory, and under which name; of one that has been removed (whose nlink is 0), the one that
    /// held it, as `..` in it still leads there. The root's parent is not asked for.
    ///
    /// # Errors
    /// ENOENT when that has gone too; ENOTDIR when it is no directory.
    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno>;

    /// Metadata, stat(2); `dev` is filled in by the caller.
    ///
    /// # Errors
    /// ENOENT.
    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno>;

    /// chmod(2), chown(2), utimensat(2), truncate(2).
    ///
    /// # Errors
    /// As those: EPERM, EROFS, EISDIR, EINVAL, EFBIG, ENOSPC.
    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno>;

    /// Every entry of a directory as it is now, without `.` and `..`, in an order that does not change by itself.
    ///
    /// # Errors
    /// ENOTDIR.
    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno>;

    /// Makes a file under a new name.
    ///
    /// # Errors
    /// EEXIST, ENOENT when the directory has been removed, ENOSPC, EROFS, EPERM.
    fn create(&mut self, caller: &Caller, dir: Ino, name: &[u8], node: NewNode<'_>) -> Result<Ino, Errno>;

    /// A further name for a file. link(2).
    ///
    /// # Errors
    /// EEXIST, EPERM for a directory, EMLINK, EROFS.
    fn link(&mut self, caller: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> Result<(), Errno>;

    /// Removes a name that is no directory's. unlink(2).
    ///
    /// # Errors
    /// ENOENT, EISDIR, EROFS.
    fn unlink(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno>;

    /// Removes an empty directory. rmdir(2).
    ///
    /// # Errors
    /// ENOENT, ENOTDIR, ENOTEMPTY, EROFS.
    fn remove_dir(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno>;

    /// rename(2) within this filesystem. Two names of one file: nothing happens.
    ///
    /// # Errors
    /// ENOENT, EEXIST, EISDIR, ENOTDIR, ENOTEMPTY, EINVAL when a directory would come to lie in itself, EROFS.
    fn rename(
        &mut self,
        caller: &Caller,
        old: (Ino, &[u8]),
        new: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno>;

    /// Where a symbolic link leads.
    ///
    /// # Errors
    /// EINVAL when it is none.
    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno>;

    /// Where following a symbolic link leads, which may be elsewhere than reading it says: `/proc/<pid>/fd`, proc_pid_fd(5).
    ///
    /// # Errors
    /// As [`FileSystem::read_link`].
    fn follow_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        self.read_link(ino)
    }

    /// Opens a regular file or a directory (the latter to hold it; its handle is neither read nor written). The handle keeps
    /// the file when its last name goes.
    ///
    /// # Errors
    /// EISDIR when a directory is opened for writing, EROFS, EACCES.
    fn open(&mut self, caller: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno>;

    /// Gives a handle back. A handle is closed once.
    fn close(&mut self, handle: Handle);

    /// Reads at an offset; 0 at and behind the end.
    ///
    /// # Errors
    /// EBADF, EISDIR, EIO.
    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno>;

    /// Writes.
    ///
    /// # Errors
    /// ENOSPC when not even one byte fits, EFBIG, EBADF, EIO.
    fn write(&mut self, caller: &Caller, handle: Handle, at: WriteAt, buf: &[u8]) -> Result<Written, Errno>;

    /// Makes what was written safe, fsync(2).
    ///
    /// # Errors
    /// EIO.
    fn sync(&mut self, handle: Handle) -> Result<(), Errno> {
        let _ = handle;
        Ok(())
    }

    /// Reserves, frees or zeroes a range of an open file, which is never empty. fallocate(2).
    ///
    /// # Errors
    /// EOPNOTSUPP where it cannot be done; ENOSPC, EFBIG, EBADF.
    fn allocate(
        &mut self,
        caller: &Caller,
        handle: Handle,
        range: Range<u64>,
        what: Allocation,
    ) -> Result<(), Errno> {
        let _ = (caller, handle, range, what);
        Err(Errno::EOPNOTSUPP)
    }

    /// Where, from an offset on, data or a hole begins in an open file. A filesystem that knows no holes has data up to the end.
    ///
    /// # Errors
    /// ENXIO at and behind the end, and for data when only a hole follows.
    fn seek(&mut self, open: (Ino, Handle), offset: u64, to: SeekTo) -> Result<u64, Errno> {
        let size = self.metadata(open.0)?.size;
        match to {
            _ if offset >= size => Err(Errno::ENXIO),
            SeekTo::Data => Ok(offset),
            SeekTo::Hole => Ok(size),
        }
    }

    /// Copies bytes between two open files of this filesystem (or within one, whose ranges do not overlap), sharing them where it
    /// can; gives how many. Fewer than asked at the end of the source, when the disk is full, or because that was enough for one call.
    ///
    /// # Errors
    /// As reading and writing.
    fn copy_range(
        &mut self,
        caller: &Caller,
        from: (Handle, u64),
        to: (Handle, u64),
        len: u64,
    ) -> Result<u64, Errno> {
        let mut buf = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(COPY_BYTES_MAX)];
        let read = self.read(from.0, from.1, &mut buf)?;
        if read == 0 {
            return Ok(0);
        }
        Ok(self.write(caller, to.0, WriteAt::Offset(to.1), &buf[..read])?.bytes as u64)
    }

    /// The value of an extended attribute. Who may see which name is the caller's matter.
    ///
    /// # Errors
    /// ENODATA when there is none of that name; EOPNOTSUPP.
    fn get_xattr(&mut self, ino: Ino, name: &[u8]) -> Result<Vec<u8>, Errno> {
        let _ = (ino, name);
        Err(Errno::EOPNOTSUPP)
    }

    /// Sets an extended attribute.
    ///
    /// # Errors
    /// EEXIST and ENODATA as the mode says; ENOSPC when they are too many; EROFS; EOPNOTSUPP.
    fn set_xattr(
        &mut self,
        caller: &Caller,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<(), Errno> {
        let _ = (caller, ino, name, value, mode);
        Err(Errno::EOPNOTSUPP)
    }

    /// The names of all extended attributes.
    ///
    /// # Errors
    /// EOPNOTSUPP.
    fn list_xattr(&mut self, ino: Ino) -> Result<Vec<Vec<u8>>, Errno> {
        let _ = ino;
        Err(Errno::EOPNOTSUPP)
    }

    /// Removes an extended attribute.
    ///
    /// # Errors
    /// ENODATA; EROFS; EOPNOTSUPP.
    fn remove_xattr(&mut self, caller: &Caller, ino: Ino, name: &[u8]) -> Result<(), Errno> {
        let _ = (caller, ino, name);
        Err(Errno::EOPNOTSUPP)
    }

    /// The whole tree as it is now, as a filesystem of its own: what is changed in one shows in the other no more. Open
    /// handles, pins, and files that have lost their last name stay behind; inodes may have other numbers. Takes no time that grows with the tree.
    ///
    /// # Errors
    /// EOPNOTSUPP where the tree is not ours to copy (a directory of the host).
    fn fork(&mut self) -> Result<Box<dyn FileSystem>, Errno> {
        Err(Errno::EOPNOTSUPP)
    }

    /// How many bytes and inodes it may hold from now on. What is there already stays, even if it is more.
    ///
    /// # Errors
    /// EOPNOTSUPP where that is not ours to say.
    fn set_limit(&mut self, bytes: u64, inodes: u64) -> Result<(), Errno> {
        let _ = (bytes, inodes);
        Err(Errno::EOPNOTSUPP)
    }

    /// Keeps an inode usable although its last name may go: a working directory, the source of a bind. Pins are counted.
    fn pin(&mut self, ino: Ino) {
        let _ = ino;
    }

    /// Takes one pin off.
    fn unpin(&mut self, ino: Ino) {
        let _ = ino;
    }
}

/// File type bits of a mode, for [`DirEntry::kind`].
pub const fn kind_of(mode: u32) -> u32 {
    mode & flags::mode::FMT
}
