//! Inodes of a memory filesystem, and the table of them.

use std::{collections::BTreeMap, sync::Arc};

use oac_abi::{Errno, flags::mode as kind, stat::Stat};

use super::{content::Content, names::Names, trie::Trie};
use crate::{Caller, Ino};

/// What is charged for an inode besides its contents and names, so that empty files fill a disk too.
pub(super) const INODE_BYTES: u64 = 256;

/// Extended attributes by their names.
pub(super) type Xattrs = BTreeMap<Vec<u8>, Vec<u8>>;

/// One file.
#[derive(Clone, Debug)]
pub(super) struct Inode {
    /// Permission bits alone; the type follows from `body`.
    pub(super) permissions: u32,
    /// Names, without those that directories give each other.
    pub(super) names: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) atime_ns: i64,
    pub(super) mtime_ns: i64,
    pub(super) ctime_ns: i64,
    pub(super) birthtime_ns: i64,
    /// Few files have any.
    pub(super) xattrs: Option<Arc<Xattrs>>,
    pub(super) body: Body,
}

/// What a file is.
#[derive(Clone, Debug)]
pub(super) enum Body {
    File(Content),
    Directory(Directory),
    Symlink(Arc<[u8]>),
    Device { rdev: u64 },
    Fifo,
    Socket,
}

/// A directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Names,
    /// Where it lies itself, or lay when it was removed; `None` for the root.
    pub(super) parent: Option<(Ino, Arc<[u8]>)>,
    pub(super) subdirectories: u32,
}

impl Inode {
    pub(super) fn new(caller: &Caller, permissions: u32, body: Body) -> Inode {
        Inode {
            permissions: permissions & 0o7777,
            names: 0,
            uid: caller.uid,
            gid: caller.gid,
            atime_ns: caller.now_ns,
            mtime_ns: caller.now_ns,
            ctime_ns: caller.now_ns,
            birthtime_ns: caller.now_ns,
            xattrs: None,
            body,
        }
    }

    /// The type, as in `flags::mode`.
    pub(super) fn kind(&self) -> u32 {
        match self.body {
            Body::File(_) => kind::REG,
            Body::Directory(_) => kind::DIR,
            Body::Symlink(_) => kind::LNK,
            Body::Device { .. } => kind::CHR,
            Body::Fifo => kind::FIFO,
            Body::Socket => kind::SOCK,
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        matches!(self.body, Body::Directory(_))
    }

    pub(super) fn stat(&self, ino: Ino) -> Stat {
        let (size, blocks, nlink, rdev) = match &self.body {
            Body::File(content) => (content.len(), content.taken_pages() * 8, self.names, 0),
            Body::Directory(dir) => {
                let nlink = if self.names == 0 { 0 } else { 2 + dir.subdirectories };
                (dir.entries.len() as u64 * 32, 0, nlink, 0)
            }
            Body::Symlink(target) => (target.len() as u64, 0, self.names, 0),
            Body::Device { rdev } => (0, 0, self.names, *rdev),
            Body::Fifo | Body::Socket => (0, 0, self.names, 0),
        };
        Stat {
            dev: 0,
            ino: ino.0,
            mode: self.kind() | self.permissions,
            nlink,
            uid: self.uid,
            gid: self.gid,
            rdev,
            size,
            block_bytes: 4096,
            blocks,
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

    pub(super) fn xattr_bytes(&self) -> u64 {
        let xattrs = self.xattrs.iter().flat_map(|xattrs| xattrs.iter());
        xattrs.map(|(name, value)| (name.len() + value.len()) as u64).sum()
    }

    /// Bytes this inode is charged with, its names apart.
    pub(super) fn charge(&self) -> u64 {
        let body = match &self.body {
            Body::File(content) => content.stored_bytes(),
            Body::Symlink(target) => target.len() as u64,
            Body::Directory(_) | Body::Device { .. } | Body::Fifo | Body::Socket => 0,
        };
        INODE_BYTES + body + self.xattr_bytes()
    }
}

/// Inodes by their numbers, which rise and are never used again. A clone shares everything until one side changes it.
#[derive(Clone, Debug, Default)]
pub(super) struct InodeTable {
    inodes: Trie<Arc<Inode>>,
    last: u64,
    len: u64,
}

impl InodeTable {
    pub(super) fn insert(&mut self, inode: Inode) -> Ino {
        self.last += 1;
        self.len += 1;
        self.inodes.insert(self.last, Arc::new(inode));
        Ino(self.last)
    }

    pub(super) fn get(&self, ino: Ino) -> Result<&Inode, Errno> {
        self.inodes.get(ino.0).map(|inode| &**inode).ok_or(Errno::ESTALE)
    }

    pub(super) fn get_mut(&mut self, ino: Ino) -> Result<&mut Inode, Errno> {
        self.inodes.get_mut(ino.0).map(Arc::make_mut).ok_or(Errno::ESTALE)
    }

    /// Removes one; gives what it was charged with.
    pub(super) fn remove(&mut self, ino: Ino) -> u64 {
        let Some(inode) = self.inodes.remove(ino.0) else { return 0 };
        self.len -= 1;
        inode.charge()
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }
}
