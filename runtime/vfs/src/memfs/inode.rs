//! Inodes of a memory filesystem, and the table of them.

use std::collections::BTreeMap;

use oac_abi::{Errno, flags::mode as kind, stat::Stat};

use super::content::Content;
use crate::{Caller, Ino};

/// What is charged for an inode besides its contents and names, so that empty files fill a disk too.
pub(super) const INODE_BYTES: u64 = 256;

/// One file.
#[derive(Clone, Debug)]
pub(super) struct Inode {
    /// Permission bits alone; the type follows from `body`.
    pub(super) permissions: u32,
    /// Names, without those that directories give each other.
    pub(super) names: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) rdev: u64,
    pub(super) atime_ns: i64,
    pub(super) mtime_ns: i64,
    pub(super) ctime_ns: i64,
    pub(super) birthtime_ns: i64,
    /// Open handles and pins.
    pub(super) holds: u32,
    pub(super) body: Body,
}

/// What a file is.
#[derive(Clone, Debug)]
pub(super) enum Body {
    File(Content),
    Directory(Directory),
    Symlink(Vec<u8>),
    Device,
    Fifo,
    Socket,
}

/// A directory's names. Ordered, so that listing needs no order of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: BTreeMap<Vec<u8>, Ino>,
    /// Where it lies itself; `None` for the root and for what has been removed.
    pub(super) parent: Option<(Ino, Vec<u8>)>,
    pub(super) subdirectories: u32,
}

impl Inode {
    pub(super) fn new(caller: &Caller, permissions: u32, body: Body) -> Inode {
        Inode {
            permissions: permissions & 0o7777,
            names: 0,
            uid: caller.uid,
            gid: caller.gid,
            rdev: 0,
            atime_ns: caller.now_ns,
            mtime_ns: caller.now_ns,
            ctime_ns: caller.now_ns,
            birthtime_ns: caller.now_ns,
            holds: 0,
            body,
        }
    }

    /// The type, as in `flags::mode`.
    pub(super) fn kind(&self) -> u32 {
        match self.body {
            Body::File(_) => kind::REG,
            Body::Directory(_) => kind::DIR,
            Body::Symlink(_) => kind::LNK,
            Body::Device => kind::CHR,
            Body::Fifo => kind::FIFO,
            Body::Socket => kind::SOCK,
        }
    }

    pub(super) fn stat(&self, ino: Ino) -> Stat {
        let (size, stored, nlink) = match &self.body {
            Body::File(content) => (content.len(), content.stored_bytes(), self.names),
            Body::Directory(dir) => {
                (dir.entries.len() as u64 * 32, 0, if self.names == 0 { 0 } else { 2 + dir.subdirectories })
            }
            Body::Symlink(target) => (target.len() as u64, 0, self.names),
            Body::Device | Body::Fifo | Body::Socket => (0, 0, self.names),
        };
        Stat {
            dev: 0,
            ino: ino.0,
            mode: self.kind() | self.permissions,
            nlink,
            uid: self.uid,
            gid: self.gid,
            rdev: self.rdev,
            size,
            block_bytes: 4096,
            blocks: stored.div_ceil(4096) * 8,
            atime_ns: self.atime_ns,
            mtime_ns: self.mtime_ns,
            ctime_ns: self.ctime_ns,
            birthtime_ns: self.birthtime_ns,
        }
    }

    pub(super) fn directory(&self) -> Result<&Directory, Errno> {
        match &self.body {
            Body::Directory(directory) => Ok(directory),
            _ => Err(Errno::ENOTDIR),
        }
    }

    pub(super) fn directory_mut(&mut self) -> Result<&mut Directory, Errno> {
        match &mut self.body {
            Body::Directory(directory) => Ok(directory),
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// Bytes this inode is charged with, its names apart.
    pub(super) fn charge(&self) -> u64 {
        INODE_BYTES
            + match &self.body {
                Body::File(content) => content.stored_bytes(),
                Body::Symlink(target) => target.len() as u64,
                Body::Directory(_) | Body::Device | Body::Fifo | Body::Socket => 0,
            }
    }
}

/// Inodes by their numbers, which rise and are never used again.
#[derive(Clone, Debug, Default)]
pub(super) struct InodeTable {
    inodes: BTreeMap<Ino, Inode>,
    last: u64,
}

impl InodeTable {
    pub(super) fn insert(&mut self, inode: Inode) -> Ino {
        self.last += 1;
        self.inodes.insert(Ino(self.last), inode);
        Ino(self.last)
    }

    pub(super) fn get(&self, ino: Ino) -> Result<&Inode, Errno> {
        self.inodes.get(&ino).ok_or(Errno::ESTALE)
    }

    pub(super) fn get_mut(&mut self, ino: Ino) -> Result<&mut Inode, Errno> {
        self.inodes.get_mut(&ino).ok_or(Errno::ESTALE)
    }

    pub(super) fn remove(&mut self, ino: Ino) -> Option<Inode> {
        self.inodes.remove(&ino)
    }

    pub(super) fn len(&self) -> usize {
        self.inodes.len()
    }
}
