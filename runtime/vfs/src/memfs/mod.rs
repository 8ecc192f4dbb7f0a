//! Files in memory.
//!
//! The tree (inodes, directories, contents) is made of parts that copies share, so that [`MemFs::fork`] takes no time that grows with
//! it, and whoever changes something afterwards copies only the way to it. What belongs to those who use the tree, open handles and
//! pins, lies beside it and stays behind in a fork.

mod content;
mod inode;
mod names;
mod rename;
mod trie;
mod xattr;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use oac_abi::{
    Errno, bounds,
    stat::{Stat, StatFs},
};

use self::{
    content::Content,
    inode::{Body, Directory, Inode, InodeTable},
    names::Name,
};
use crate::{
    Access, Allocation, Caller, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SeekTo,
    SetAttributes, WriteAt, Written, XattrMode,
};

/// Names one file may have.
const LINKS_MAX: u32 = 65_000;
/// A file's length, at most; offsets are `i64` in the calls.
const FILE_BYTES_MAX: u64 = i64::MAX as u64;
/// Set-group-ID.
const SET_GID: u32 = 0o2000;

/// How much a memory filesystem may hold. What goes beyond is ENOSPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of contents, names and attributes, and a little for every inode.
    pub bytes: u64,
    /// Files, directories and all else.
    pub inodes: u64,
}

/// A filesystem in memory. Access times are set at creation and by utimensat alone, as under `noatime`.
#[derive(Debug)]
pub struct MemFs {
    tree: Tree,
    /// Open handles and pins of an inode.
    holds: BTreeMap<Ino, u32>,
    /// What is held and has no name: it goes with the last hold.
    nameless: BTreeSet<Ino>,
}

#[derive(Clone, Debug)]
struct Tree {
    inodes: InodeTable,
    root: Ino,
    quota: Quota,
    used_bytes: u64,
}

impl Tree {
    fn room_bytes(&self) -> u64 {
        self.quota.bytes.saturating_sub(self.used_bytes)
    }

    fn remove(&mut self, ino: Ino) {
        self.used_bytes -= self.inodes.remove(ino);
    }

    /// Whether `bytes` more may be charged.
    fn check_room(&self, bytes: u64) -> Result<(), Errno> {
        if bytes > self.room_bytes() { Err(Errno::ENOSPC) } else { Ok(()) }
    }
}

impl MemFs {
    /// An empty one that holds at most `limit_bytes`, inodes and names counted in; its root belongs to `caller`.
    pub fn new(limit_bytes: u64, caller: &Caller) -> MemFs {
        MemFs::with_quota(Quota { bytes: limit_bytes, inodes: bounds::MEMORY_FS_INODES }, caller)
    }

    /// An empty one; its root belongs to `caller`.
    pub fn with_quota(quota: Quota, caller: &Caller) -> MemFs {
        let mut inodes = InodeTable::default();
        let mut root = Inode::new(caller, 0o755, Body::Directory(Directory::default()));
        root.names = 1;
        let used_bytes = root.charge();
        let root = inodes.insert(root);
        let tree = Tree { inodes, root, quota, used_bytes };
        MemFs { tree, holds: BTreeMap::new(), nameless: BTreeSet::new() }
    }

    /// The whole tree as it is now, as a filesystem of its own, in a time that does not grow with it. Open handles, pins, and files that only
    /// those keep stay behind.
    pub fn fork(&self) -> MemFs {
        let mut tree = self.tree.clone();
        for &ino in &self.nameless {
            tree.remove(ino);
        }
        MemFs { tree, holds: BTreeMap::new(), nameless: BTreeSet::new() }
    }

    /// How many inodes there are, those that are open without a name counted in.
    pub fn inode_count(&self) -> usize {
        self.tree.inodes.len() as usize
    }

    fn inode(&self, ino: Ino) -> Result<&Inode, Errno> {
        self.tree.inodes.get(ino)
    }

    fn inode_mut(&mut self, ino: Ino) -> Result<&mut Inode, Errno> {
        self.tree.inodes.get_mut(ino)
    }

    /// A directory into which a name may be put: one that has not been removed.
    fn living_directory(&self, dir: Ino) -> Result<&Directory, Errno> {
        let inode = self.inode(dir)?;
        let directory = inode.directory()?;
        if inode.names == 0 { Err(Errno::ENOENT) } else { Ok(directory) }
    }

    /// Puts a name into a directory; charges for it, checks nothing.
    fn add_name(&mut self, caller: &Caller, dir: Ino, name: &[u8], ino: Ino) -> Result<(), Errno> {
        self.tree.used_bytes += name.len() as u64;
        let name: Arc<[u8]> = name.into();
        let inode = self.inode_mut(ino)?;
        inode.names += 1;
        inode.ctime_ns = caller.now_ns;
        let kind = inode.kind();
        let is_directory = inode.is_directory();
        if let Body::Directory(directory) = &mut inode.body {
            directory.parent = Some((dir, Arc::clone(&name)));
        }
        let parent = self.inode_mut(dir)?;
        parent.mtime_ns = caller.now_ns;
        parent.ctime_ns = caller.now_ns;
        let directory = parent.directory_mut()?;
        directory.entries.insert(name, ino, kind);
        directory.subdirectories += u32::from(is_directory);
        Ok(())
    }

    /// Takes a name out of a directory.
    fn remove_name(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let parent = self.inode_mut(dir)?;
        let directory = parent.directory_mut()?;
        let ino = directory.entries.remove(name).ok_or(Errno::ENOENT)?.ino;
        parent.mtime_ns = caller.now_ns;
        parent.ctime_ns = caller.now_ns;
        self.tree.used_bytes -= name.len() as u64;
        let inode = self.inode_mut(ino)?;
        inode.names -= 1;
        inode.ctime_ns = caller.now_ns;
        if inode.is_directory() {
            self.inode_mut(dir)?.directory_mut()?.subdirectories -= 1;
        }
        Ok(ino)
    }

    /// Frees a file that has lost its last name, unless it is held: then the last hold does.
    fn free_if_unused(&mut self, ino: Ino) {
        if !self.inode(ino).is_ok_and(|inode| inode.names == 0) {
            return;
        }
        if self.holds.contains_key(&ino) {
            self.nameless.insert(ino);
        } else {
            self.nameless.remove(&ino);
            self.tree.remove(ino);
        }
    }

    fn content(&self, handle: Handle) -> Result<&Content, Errno> {
        match &self.inode(Ino(handle.0)).map_err(|_| Errno::EBADF)?.body {
            Body::File(content) => Ok(content),
            Body::Directory(_) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Changes a file's content, which `content` has found there, and keeps count.
    fn change_content<R>(
        &mut self,
        caller: &Caller,
        ino: Ino,
        act: impl FnOnce(&mut Content) -> R,
    ) -> Result<R, Errno> {
        let inode = self.tree.inodes.get_mut(ino)?;
        let Body::File(content) = &mut inode.body else { return Err(Errno::EINVAL) };
        let before = content.stored_bytes();
        let result = act(content);
        self.tree.used_bytes = self.tree.used_bytes - before + content.stored_bytes();
        inode.mtime_ns = caller.now_ns;
        inode.ctime_ns = caller.now_ns;
        Ok(result)
    }

    /// A new inode in a directory: inode(7), "The set-group-ID bit".
    fn new_inode(&self, caller: &Caller, dir: Ino, node: NewNode<'_>) -> Result<Inode, Errno> {
        let (mut permissions, body) = match node {
            NewNode::File { mode } => (mode, Body::File(Content::default())),
            NewNode::Directory { mode } => (mode, Body::Directory(Directory::default())),
            NewNode::Symlink { target } => (0o777, Body::Symlink(target.into())),
            NewNode::Fifo { mode } => (mode, Body::Fifo),
            NewNode::Socket { mode } => (mode, Body::Socket),
            NewNode::Device { mode, rdev } => (mode, Body::Device { rdev }),
        };
        let parent = self.inode(dir)?;
        let inherits = parent.permissions & SET_GID != 0;
        if inherits && matches!(body, Body::Directory(_)) {
            permissions |= SET_GID;
        }
        let mut inode = Inode::new(caller, permissions, body);
        if inherits {
            inode.gid = parent.gid;
        }
        Ok(inode)
    }
}

impl FileSystem for MemFs {
    fn root(&self) -> Ino {
        self.tree.root
    }

    fn kind(&self) -> &'static str {
        "mem"
    }

    fn stat_fs(&mut self) -> Result<StatFs, Errno> {
        const TMPFS_MAGIC: u64 = 0x0102_1994;
        let (quota, room_bytes, inodes) = (self.tree.quota, self.tree.room_bytes(), self.tree.inodes.len());
        let files_free = (room_bytes / inode::INODE_BYTES).min(quota.inodes.saturating_sub(inodes));
        Ok(StatFs {
            kind: TMPFS_MAGIC,
            block_bytes: 4096,
            blocks: quota.bytes / 4096,
            blocks_free: room_bytes / 4096,
            files: inodes + files_free,
            files_free,
        })
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.inode(dir)?.directory()?.entries.get(name).map(|entry| entry.ino).ok_or(Errno::ENOENT)
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        let (parent, name) = self.inode(dir)?.directory()?.parent.as_ref().ok_or(Errno::ENOENT)?;
        self.inode(*parent).map_err(|_| Errno::ENOENT)?;
        Ok((*parent, name.to_vec()))
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        Ok(self.inode(ino)?.stat(ino))
    }

    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        if let Some(size) = change.size {
            if size > FILE_BYTES_MAX {
                return Err(Errno::EFBIG);
            }
            if self.inode(ino)?.is_directory() {
                return Err(Errno::EISDIR);
            }
            self.change_content(caller, ino, |content| content.truncate(size))?;
        }
        let inode = self.inode_mut(ino)?;
        inode.permissions = change.mode.map_or(inode.permissions, |mode| mode & 0o7777);
        inode.uid = change.uid.unwrap_or(inode.uid);
        inode.gid = change.gid.unwrap_or(inode.gid);
        inode.atime_ns = change.atime_ns.unwrap_or(inode.atime_ns);
        inode.mtime_ns = change.mtime_ns.unwrap_or(inode.mtime_ns);
        inode.ctime_ns = caller.now_ns;
        Ok(())
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let names = self.inode(dir)?.directory()?.entries.sorted();
        let entry = |entry: &Name| DirEntry { name: entry.name.to_vec(), ino: entry.ino, kind: entry.kind };
        Ok(names.into_iter().map(entry).collect())
    }

    fn create(&mut self, caller: &Caller, dir: Ino, name: &[u8], node: NewNode<'_>) -> Result<Ino, Errno> {
        if self.living_directory(dir)?.entries.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        let inode = self.new_inode(caller, dir, node)?;
        self.tree.check_room(inode.charge() + name.len() as u64)?;
        if self.tree.inodes.len() >= self.tree.quota.inodes {
            return Err(Errno::ENOSPC);
        }
        self.tree.used_bytes += inode.charge();
        let ino = self.tree.inodes.insert(inode);
        self.add_name(caller, dir, name, ino)?;
        Ok(ino)
    }

    fn link(&mut self, caller: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        if self.living_directory(dir)?.entries.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        let inode = self.inode(ino)?;
        if inode.is_directory() {
            return Err(Errno::EPERM);
        }
        // A file without a name stays without one: linkat(2) of an unlinked file.
        if inode.names == 0 {
            return Err(Errno::ENOENT);
        }
        if inode.names >= LINKS_MAX {
            return Err(Errno::EMLINK);
        }
        self.tree.check_room(name.len() as u64)?;
        self.add_name(caller, dir, name, ino)
    }

    fn unlink(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        if self.inode(ino)?.is_directory() {
            return Err(Errno::EISDIR);
        }
        self.remove_name(caller, dir, name)?;
        self.free_if_unused(ino);
        Ok(())
    }

    fn remove_dir(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        if !self.inode(ino)?.directory()?.entries.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        self.remove_name(caller, dir, name)?;
        self.free_if_unused(ino);
        Ok(())
    }

    fn rename(
        &mut self,
        caller: &Caller,
        old: (Ino, &[u8]),
        new: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        self.rename_names(caller, old, new, mode)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        match &self.inode(ino)?.body {
            Body::Symlink(target) => Ok(target.to_vec()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn open(&mut self, _caller: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno> {
        if self.inode(ino)?.is_directory() && access.write {
            return Err(Errno::EISDIR);
        }
        self.pin(ino);
        Ok(Handle(ino.0))
    }

    fn close(&mut self, handle: Handle) {
        self.unpin(Ino(handle.0));
    }

    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        Ok(self.content(handle)?.read(offset, buf))
    }

    fn write(&mut self, caller: &Caller, handle: Handle, at: WriteAt, buf: &[u8]) -> Result<Written, Errno> {
        let offset = match at {
            WriteAt::Offset(offset) => offset,
            WriteAt::End => self.content(handle)?.len(),
        };
        if buf.is_empty() {
            return Ok(Written { bytes: 0, end: offset });
        }
        let Some(most) = FILE_BYTES_MAX.checked_sub(offset).filter(|&most| most > 0) else {
            return Err(Errno::EFBIG);
        };
        let cut = buf.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        let room = self.tree.room_bytes();
        let inode = self.tree.inodes.get_mut(Ino(handle.0)).map_err(|_| Errno::EBADF)?;
        let content = match &mut inode.body {
            Body::File(content) => content,
            Body::Directory(_) => return Err(Errno::EISDIR),
            _ => return Err(Errno::EINVAL),
        };
        let before = content.stored_bytes();
        let bytes = content.write(offset, &buf[..cut], room);
        self.tree.used_bytes += content.stored_bytes() - before;
        if bytes == 0 {
            return Err(Errno::ENOSPC);
        }
        inode.mtime_ns = caller.now_ns;
        inode.ctime_ns = caller.now_ns;
        Ok(Written { bytes, end: offset + bytes as u64 })
    }

    fn allocate(
        &mut self,
        caller: &Caller,
        handle: Handle,
        range: Range<u64>,
        what: Allocation,
    ) -> Result<(), Errno> {
        let content = self.content(handle)?;
        if range.end > FILE_BYTES_MAX {
            return Err(Errno::EFBIG);
        }
        let keep_size = match what {
            Allocation::Reserve { keep_size } | Allocation::Zero { keep_size } => {
                self.tree.check_room(content.reserve_cost(range.clone()))?;
                keep_size
            }
            Allocation::PunchHole => true,
        };
        self.change_content(caller, Ino(handle.0), |content| {
            if !matches!(what, Allocation::Reserve { .. }) {
                content.punch(range.clone());
            }
            if what != Allocation::PunchHole {
                content.reserve(range.clone());
            }
            if !keep_size && content.len() < range.end {
                content.extend(range.end);
            }
        })
    }

    fn seek(&mut self, open: (Ino, Handle), offset: u64, to: SeekTo) -> Result<u64, Errno> {
        let content = self.content(open.1)?;
        if offset >= content.len() {
            return Err(Errno::ENXIO);
        }
        content.seek(offset, to == SeekTo::Data).ok_or(Errno::ENXIO)
    }

    fn copy_range(
        &mut self,
        caller: &Caller,
        from: (Handle, u64),
        to: (Handle, u64),
        len: u64,
    ) -> Result<u64, Errno> {
        // A clone shares; so a file may be copied into itself.
        let source = self.content(from.0)?.clone();
        let len = len.min(source.len().saturating_sub(from.1));
        let most = FILE_BYTES_MAX.checked_sub(to.1).filter(|&most| most > 0).ok_or(Errno::EFBIG)?;
        self.content(to.0)?;
        if len == 0 {
            return Ok(0);
        }
        let room = self.tree.room_bytes();
        let copied = self.change_content(caller, Ino(to.0.0), |content| {
            content.copy_from(&source, from.1, to.1, len.min(most), room)
        })?;
        if copied == 0 { Err(Errno::ENOSPC) } else { Ok(copied) }
    }

    fn get_xattr(&mut self, ino: Ino, name: &[u8]) -> Result<Vec<u8>, Errno> {
        self.xattr(ino, name)
    }

    fn set_xattr(
        &mut self,
        caller: &Caller,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<(), Errno> {
        self.put_xattr(caller, ino, name, value, mode)
    }

    fn list_xattr(&mut self, ino: Ino) -> Result<Vec<Vec<u8>>, Errno> {
        Ok(self.inode(ino)?.xattrs.iter().flat_map(|xattrs| xattrs.keys().cloned()).collect())
    }

    fn remove_xattr(&mut self, caller: &Caller, ino: Ino, name: &[u8]) -> Result<(), Errno> {
        self.drop_xattr(caller, ino, name)
    }

    fn fork(&mut self) -> Result<Box<dyn FileSystem>, Errno> {
        Ok(Box::new(MemFs::fork(self)))
    }

    fn set_limit(&mut self, bytes: u64, inodes: u64) -> Result<(), Errno> {
        self.tree.quota = Quota { bytes, inodes };
        Ok(())
    }

    fn pin(&mut self, ino: Ino) {
        *self.holds.entry(ino).or_default() += 1;
    }

    fn unpin(&mut self, ino: Ino) {
        let Some(holds) = self.holds.get_mut(&ino) else { return };
        *holds -= 1;
        if *holds == 0 {
            self.holds.remove(&ino);
            if self.nameless.contains(&ino) {
                self.free_if_unused(ino);
            }
        }
    }
}
