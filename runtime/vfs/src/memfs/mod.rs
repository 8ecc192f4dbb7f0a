//! Files in memory.

mod content;
mod inode;
mod rename;

use oac_abi::{
    Errno,
    stat::{Stat, StatFs},
};

use self::{
    content::Content,
    inode::{Body, Directory, Inode, InodeTable},
};
use crate::{
    Access, Caller, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SetAttributes, WriteAt, Written,
};

/// Names one file may have.
const LINKS_MAX: u32 = 65_000;
/// A file's length, at most; offsets are `i64` in the calls.
const FILE_BYTES_MAX: u64 = i64::MAX as u64;

/// A filesystem in memory. Access times are set at creation and by utimensat alone, as under `noatime`.
#[derive(Clone, Debug)]
pub struct MemFs {
    inodes: InodeTable,
    root: Ino,
    limit_bytes: u64,
    used_bytes: u64,
}

impl MemFs {
    /// An empty one that holds at most `limit_bytes`, inodes and names counted in; its root belongs to `caller`.
    pub fn new(limit_bytes: u64, caller: &Caller) -> MemFs {
        let mut inodes = InodeTable::default();
        let mut root = Inode::new(caller, 0o755, Body::Directory(Directory::default()));
        root.names = 1;
        let used_bytes = root.charge();
        let root = inodes.insert(root);
        MemFs { inodes, root, limit_bytes, used_bytes }
    }

    /// How many inodes there are, those that are open without a name counted in.
    pub fn inode_count(&self) -> usize {
        self.inodes.len()
    }

    fn room_bytes(&self) -> u64 {
        self.limit_bytes.saturating_sub(self.used_bytes)
    }

    /// A directory into which a name may be put: one that has not been removed.
    fn living_directory(&self, dir: Ino) -> Result<&Directory, Errno> {
        let inode = self.inodes.get(dir)?;
        let directory = inode.directory()?;
        if inode.names == 0 { Err(Errno::ENOENT) } else { Ok(directory) }
    }

    /// Puts a name into a directory; charges for it, checks nothing.
    fn add_name(&mut self, caller: &Caller, dir: Ino, name: &[u8], ino: Ino) -> Result<(), Errno> {
        self.used_bytes += name.len() as u64;
        let inode = self.inodes.get_mut(ino)?;
        inode.names += 1;
        inode.ctime_ns = caller.now_ns;
        let is_directory = match &mut inode.body {
            Body::Directory(directory) => {
                directory.parent = Some((dir, name.to_vec()));
                true
            }
            _ => false,
        };
        let parent = self.inodes.get_mut(dir)?;
        parent.mtime_ns = caller.now_ns;
        parent.ctime_ns = caller.now_ns;
        let directory = parent.directory_mut()?;
        directory.entries.insert(name.to_vec(), ino);
        directory.subdirectories += u32::from(is_directory);
        Ok(())
    }

    /// Takes a name out of a directory, and frees the file if that was the last thing that kept it.
    fn remove_name(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let parent = self.inodes.get_mut(dir)?;
        let ino = parent.directory_mut()?.entries.remove(name).ok_or(Errno::ENOENT)?;
        parent.mtime_ns = caller.now_ns;
        parent.ctime_ns = caller.now_ns;
        self.used_bytes -= name.len() as u64;
        let inode = self.inodes.get_mut(ino)?;
        inode.names -= 1;
        inode.ctime_ns = caller.now_ns;
        if let Body::Directory(directory) = &mut inode.body {
            directory.parent = None;
            self.inodes.get_mut(dir)?.directory_mut()?.subdirectories -= 1;
        }
        Ok(ino)
    }

    fn free_if_unused(&mut self, ino: Ino) {
        let unused = self.inodes.get(ino).is_ok_and(|inode| inode.names == 0 && inode.holds == 0);
        if unused && let Some(inode) = self.inodes.remove(ino) {
            self.used_bytes -= inode.charge();
        }
    }

    fn content(&self, handle: Handle) -> Result<&Content, Errno> {
        match &self.inodes.get(Ino(handle.0)).map_err(|_| Errno::EBADF)?.body {
            Body::File(content) => Ok(content),
            Body::Directory(_) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }
}

impl FileSystem for MemFs {
    fn root(&self) -> Ino {
        self.root
    }

    fn kind(&self) -> &'static str {
        "mem"
    }

    fn stat_fs(&mut self) -> Result<StatFs, Errno> {
        const TMPFS_MAGIC: u64 = 0x0102_1994;
        let free_files = self.room_bytes() / inode::INODE_BYTES;
        Ok(StatFs {
            kind: TMPFS_MAGIC,
            block_bytes: 4096,
            blocks: self.limit_bytes / 4096,
            blocks_free: self.room_bytes() / 4096,
            files: self.inodes.len() as u64 + free_files,
            files_free: free_files,
        })
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.inodes.get(dir)?.directory()?.entries.get(name).copied().ok_or(Errno::ENOENT)
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        self.inodes.get(dir)?.directory()?.parent.clone().ok_or(Errno::ENOENT)
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        Ok(self.inodes.get(ino)?.stat(ino))
    }

    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        let inode = self.inodes.get_mut(ino)?;
        if let Some(size) = change.size {
            if size > FILE_BYTES_MAX {
                return Err(Errno::EFBIG);
            }
            match &mut inode.body {
                Body::File(content) => {
                    let before = content.stored_bytes();
                    content.truncate(size);
                    self.used_bytes -= before - content.stored_bytes();
                    inode.mtime_ns = caller.now_ns;
                }
                Body::Directory(_) => return Err(Errno::EISDIR),
                _ => return Err(Errno::EINVAL),
            }
        }
        inode.permissions = change.mode.map_or(inode.permissions, |mode| mode & 0o7777);
        inode.uid = change.uid.unwrap_or(inode.uid);
        inode.gid = change.gid.unwrap_or(inode.gid);
        inode.atime_ns = change.atime_ns.unwrap_or(inode.atime_ns);
        inode.mtime_ns = change.mtime_ns.unwrap_or(inode.mtime_ns);
        inode.ctime_ns = caller.now_ns;
        Ok(())
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let directory = self.inodes.get(dir)?.directory()?;
        let entry = |(name, &ino): (&Vec<u8>, &Ino)| {
            let kind = self.inodes.get(ino)?.kind();
            Ok(DirEntry { name: name.clone(), ino, kind })
        };
        directory.entries.iter().map(entry).collect()
    }

    fn create(&mut self, caller: &Caller, dir: Ino, name: &[u8], node: NewNode<'_>) -> Result<Ino, Errno> {
        if self.living_directory(dir)?.entries.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let (permissions, body, rdev) = match node {
            NewNode::File { mode } => (mode, Body::File(Content::default()), 0),
            NewNode::Directory { mode } => (mode, Body::Directory(Directory::default()), 0),
            NewNode::Symlink { target } => (0o777, Body::Symlink(target.to_vec()), 0),
            NewNode::Fifo { mode } => (mode, Body::Fifo, 0),
            NewNode::Socket { mode } => (mode, Body::Socket, 0),
            NewNode::Device { mode, rdev } => (mode, Body::Device, rdev),
        };
        let mut inode = Inode::new(caller, permissions, body);
        inode.rdev = rdev;
        if inode.charge() + name.len() as u64 > self.room_bytes() {
            return Err(Errno::ENOSPC);
        }
        self.used_bytes += inode.charge();
        let ino = self.inodes.insert(inode);
        self.add_name(caller, dir, name, ino)?;
        Ok(ino)
    }

    fn link(&mut self, caller: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        if self.living_directory(dir)?.entries.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let inode = self.inodes.get(ino)?;
        if matches!(inode.body, Body::Directory(_)) {
            return Err(Errno::EPERM);
        }
        // A file without a name stays without one: linkat(2) of an unlinked file.
        if inode.names == 0 {
            return Err(Errno::ENOENT);
        }
        if inode.names >= LINKS_MAX {
            return Err(Errno::EMLINK);
        }
        if name.len() as u64 > self.room_bytes() {
            return Err(Errno::ENOSPC);
        }
        self.add_name(caller, dir, name, ino)
    }

    fn unlink(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        if matches!(self.inodes.get(ino)?.body, Body::Directory(_)) {
            return Err(Errno::EISDIR);
        }
        self.remove_name(caller, dir, name)?;
        self.free_if_unused(ino);
        Ok(())
    }

    fn remove_dir(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        if !self.inodes.get(ino)?.directory()?.entries.is_empty() {
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
        match &self.inodes.get(ino)?.body {
            Body::Symlink(target) => Ok(target.clone()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn open(&mut self, _caller: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno> {
        if access.write && matches!(self.inodes.get(ino)?.body, Body::Directory(_)) {
            return Err(Errno::EISDIR);
        }
        self.inodes.get_mut(ino)?.holds += 1;
        Ok(Handle(ino.0))
    }

    fn close(&mut self, handle: Handle) {
        self.unpin(Ino(handle.0));
    }

    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        Ok(self.content(handle)?.read(offset, buf))
    }

    fn write(&mut self, caller: &Caller, handle: Handle, at: WriteAt, buf: &[u8]) -> Result<Written, Errno> {
        self.content(handle)?;
        let room = self.room_bytes();
        let inode = self.inodes.get_mut(Ino(handle.0))?;
        let Body::File(content) = &mut inode.body else { return Err(Errno::EINVAL) };
        let offset = match at {
            WriteAt::Offset(offset) => offset,
            WriteAt::End => content.len(),
        };
        if buf.is_empty() {
            return Ok(Written { bytes: 0, end: offset });
        }
        let Some(most) = FILE_BYTES_MAX.checked_sub(offset).filter(|&most| most > 0) else {
            return Err(Errno::EFBIG);
        };
        let cut = buf.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        let before = content.stored_bytes();
        let bytes = content.write(offset, &buf[..cut], room);
        self.used_bytes += content.stored_bytes() - before;
        if bytes == 0 {
            return Err(Errno::ENOSPC);
        }
        inode.mtime_ns = caller.now_ns;
        inode.ctime_ns = caller.now_ns;
        Ok(Written { bytes, end: offset + bytes as u64 })
    }

    fn pin(&mut self, ino: Ino) {
        if let Ok(inode) = self.inodes.get_mut(ino) {
            inode.holds += 1;
        }
    }

    fn unpin(&mut self, ino: Ino) {
        if let Ok(inode) = self.inodes.get_mut(ino) {
            inode.holds = inode.holds.saturating_sub(1);
        }
        self.free_if_unused(ino);
    }
}
