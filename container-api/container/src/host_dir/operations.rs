//! The operations of the filesystem trait, each on an open directory and one name.

use std::ops::Range;

use oac_abi::{
    Errno,
    flags::mode,
    stat::{Stat, StatFs},
};
use oac_vfs::{
    Access, Allocation, Caller, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SeekTo,
    SetAttributes, WriteAt, Written, kind_of,
};
use rustix::{
    fd::OwnedFd,
    fs::{
        AtFlags, FallocateFlags, FileType, Gid, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_OMIT,
        Uid,
    },
    io::retry_on_intr,
};

use super::{HostDir, OpenFile, Opened, Place, component, errno};

/// Permission bits that are put on files of the host: not those that lend the owner's rights to others.
const MODE_BITS: u32 = 0o1777;

fn host_mode(mode: u32) -> Mode {
    Mode::from_raw_mode(mode & MODE_BITS)
}

fn timestamp(ns: Option<i64>) -> Timespec {
    match ns {
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        Some(ns) => {
            Timespec { tv_sec: ns.div_euclid(1_000_000_000), tv_nsec: ns.rem_euclid(1_000_000_000) as _ }
        }
    }
}

impl HostDir {
    /// Opens a regular file under its name. Anything that could make open(2) wait or act is refused.
    fn open_file(&mut self, ino: Ino, flags: OFlags) -> Result<OwnedFd, Errno> {
        let Place { dir, name, stat } = self.place(ino)?;
        match kind_of(stat.st_mode) {
            mode::REG => {}
            mode::LNK => return Err(Errno::ELOOP),
            mode::DIR => return Err(Errno::EISDIR),
            _ => return Err(Errno::ENXIO),
        }
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&*dir, &*name, flags, Mode::empty());
        let fd = retry_on_intr(open).map_err(errno)?;
        let opened = rustix::fs::fstat(&fd).map_err(errno)?;
        if self.nodes.get(ino)?.is(&opened) { Ok(fd) } else { Err(Errno::ENOENT) }
    }

    fn set_mode(&mut self, ino: Ino, mode: u32) -> Result<(), Errno> {
        if let Some(OpenFile { file: Opened::File(fd), .. }) = self.opened(ino) {
            return rustix::fs::fchmod(fd, host_mode(mode)).map_err(errno);
        }
        use cap_std::fs::{Permissions, PermissionsExt};
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        let permissions = Permissions::from_mode(mode & MODE_BITS);
        let result = if ino == self.nodes.root() {
            self.dir(ino)?.set_permissions(".", permissions)
        } else {
            let Place { dir, name, stat } = self.place(ino)?;
            if kind_of(stat.st_mode) == mode::LNK {
                return Err(Errno::EOPNOTSUPP);
            }
            dir.set_permissions(OsStr::from_bytes(&name), permissions)
        };
        result.map_err(|error| {
            error.raw_os_error().and_then(|number| Errno::from_number(number.into())).unwrap_or(Errno::EIO)
        })
    }

    fn set_owner(&mut self, ino: Ino, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        // Root of the container is whoever runs it.
        let uid = uid.map(|uid| Uid::from_raw(if uid == 0 { self.uid } else { uid }));
        let gid = gid.map(|gid| Gid::from_raw(if gid == 0 { self.gid } else { gid }));
        if let Some(OpenFile { file: Opened::File(fd), .. }) = self.opened(ino) {
            return rustix::fs::fchown(fd, uid, gid).map_err(errno);
        }
        if ino == self.nodes.root() {
            let root = self.dir(ino)?;
            return rustix::fs::chownat(&*root, ".", uid, gid, AtFlags::empty()).map_err(errno);
        }
        let Place { dir, name, .. } = self.place(ino)?;
        rustix::fs::chownat(&*dir, &*name, uid, gid, AtFlags::SYMLINK_NOFOLLOW).map_err(errno)
    }

    fn set_times(&mut self, ino: Ino, atime_ns: Option<i64>, mtime_ns: Option<i64>) -> Result<(), Errno> {
        let times = Timestamps { last_access: timestamp(atime_ns), last_modification: timestamp(mtime_ns) };
        if let Some(OpenFile { file: Opened::File(fd), .. }) = self.opened(ino) {
            return rustix::fs::futimens(fd, &times).map_err(errno);
        }
        if ino == self.nodes.root() {
            let root = self.dir(ino)?;
            return rustix::fs::utimensat(&*root, ".", &times, AtFlags::empty()).map_err(errno);
        }
        let Place { dir, name, .. } = self.place(ino)?;
        rustix::fs::utimensat(&*dir, &*name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(errno)
    }

    fn set_size(&mut self, ino: Ino, size: u64) -> Result<(), Errno> {
        if let Some(OpenFile { file: Opened::File(fd), writable: true, .. }) = self.opened(ino) {
            return rustix::fs::ftruncate(fd, size).map_err(errno);
        }
        if ino == self.nodes.root() {
            return Err(Errno::EISDIR);
        }
        let fd = self.open_file(ino, OFlags::WRONLY)?;
        rustix::fs::ftruncate(fd, size).map_err(errno)
    }

    fn file(&self, handle: Handle) -> Result<&OwnedFd, Errno> {
        match &self.open.get(&handle).ok_or(Errno::EBADF)?.file {
            Opened::Directory(_) => Err(Errno::EISDIR),
            Opened::File(fd) => Ok(fd),
        }
    }

    /// Takes a name off whatever is known under it.
    fn name_is_gone(&mut self, dir: Ino, name: &[u8], stat: &rustix::fs::Stat) {
        let ino = self.nodes.see(dir, name, stat);
        self.dirs.remove(&ino);
        self.nodes.forget(ino);
    }

    fn child(
        &mut self,
        dir: Ino,
        name: &[u8],
    ) -> Result<(std::sync::Arc<cap_std::fs::Dir>, rustix::fs::Stat), Errno> {
        let dir = self.dir(dir)?;
        let stat = rustix::fs::statat(&*dir, component(name)?, AtFlags::SYMLINK_NOFOLLOW).map_err(errno)?;
        Ok((dir, stat))
    }
}

impl FileSystem for HostDir {
    fn root(&self) -> Ino {
        self.nodes.root()
    }

    fn kind(&self) -> &'static str {
        "host"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn stat_fs(&mut self) -> Result<StatFs, Errno> {
        let root = self.dir(self.nodes.root())?;
        let facts = rustix::fs::fstatfs(&*root).map_err(errno)?;
        Ok(StatFs {
            kind: facts.f_type as u64,
            block_bytes: facts.f_bsize as u64,
            blocks: facts.f_blocks,
            blocks_free: facts.f_bavail,
            files: facts.f_files,
            files_free: facts.f_ffree,
        })
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let (_, stat) = self.child(dir, name)?;
        Ok(self.nodes.see(dir, name, &stat))
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        self.nodes.directory(dir)?;
        self.place(dir)?;
        let node = self.nodes.get(dir)?;
        Ok((node.parent, node.name.to_vec()))
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let stat = self.stat(ino)?;
        Ok(self.to_stat(ino, &stat))
    }

    fn set_attributes(&mut self, _: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        self.writable()?;
        if let Some(size) = change.size {
            self.set_size(ino, size)?;
        }
        if change.uid.is_some() || change.gid.is_some() {
            self.set_owner(ino, change.uid, change.gid)?;
        }
        if let Some(mode) = change.mode {
            self.set_mode(ino, mode)?;
        }
        if change.atime_ns.is_some() || change.mtime_ns.is_some() {
            self.set_times(ino, change.atime_ns, change.mtime_ns)?;
        }
        Ok(())
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let open = self.dir(dir)?;
        // What is kept open only leads to the directory; listing it takes a descriptor that can be read.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let listed = rustix::fs::openat(&*open, ".", flags, Mode::empty()).map_err(errno)?;
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::new(listed).map_err(errno)? {
            let entry = entry.map_err(errno)?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::RegularFile => mode::REG,
                FileType::Directory => mode::DIR,
                FileType::Symlink => mode::LNK,
                FileType::Fifo => mode::FIFO,
                FileType::Socket => mode::SOCK,
                FileType::CharacterDevice => mode::CHR,
                FileType::BlockDevice => mode::BLK,
                // Some filesystems do not say. A file that went meanwhile is left out.
                FileType::Unknown => match rustix::fs::statat(&*open, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => kind_of(stat.st_mode),
                    Err(_) => continue,
                },
            };
            let ino = self.nodes.number_listed(entry.ino());
            entries.push(DirEntry { name: name.to_vec(), ino, kind });
        }
        Ok(entries)
    }

    fn create(&mut self, _: &Caller, dir: Ino, name: &[u8], node: NewNode<'_>) -> Result<Ino, Errno> {
        self.writable()?;
        let name = component(name)?;
        let open = self.dir(dir)?;
        let wanted = match node {
            NewNode::File { mode } => {
                let flags =
                    OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                rustix::fs::openat(&*open, name, flags, host_mode(mode)).map_err(errno)?;
                Some(mode & MODE_BITS)
            }
            NewNode::Directory { mode } => {
                rustix::fs::mkdirat(&*open, name, host_mode(mode)).map_err(errno)?;
                Some(mode & MODE_BITS)
            }
            NewNode::Symlink { target } => {
                rustix::fs::symlinkat(target, &*open, name).map_err(errno)?;
                None
            }
            // Only their names are the host's: what goes through them stays in the kernel.
            NewNode::Fifo { mode } => {
                rustix::fs::mknodat(&*open, name, FileType::Fifo, host_mode(mode), 0).map_err(errno)?;
                Some(mode & MODE_BITS)
            }
            NewNode::Socket { mode } => {
                rustix::fs::mknodat(&*open, name, FileType::Socket, host_mode(mode), 0).map_err(errno)?;
                Some(mode & MODE_BITS)
            }
            NewNode::Device { .. } => return Err(Errno::EPERM),
        };
        let stat = rustix::fs::statat(&*open, name, AtFlags::SYMLINK_NOFOLLOW).map_err(errno)?;
        let ino = self.nodes.see(dir, name, &stat);
        if let Some(mode) = wanted
            && stat.st_mode & MODE_BITS != mode
        {
            // The umask of oac itself took something off; the container's has been applied already.
            self.set_mode(ino, mode)?;
        }
        Ok(ino)
    }

    fn link(&mut self, _: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.writable()?;
        let name = component(name)?;
        let Place { dir: old_dir, name: old_name, stat } = self.place(ino)?;
        if kind_of(stat.st_mode) == mode::DIR {
            return Err(Errno::EPERM);
        }
        let new_dir = self.dir(dir)?;
        rustix::fs::linkat(&*old_dir, &*old_name, &*new_dir, name, AtFlags::empty()).map_err(errno)
    }

    fn unlink(&mut self, _: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.writable()?;
        let (open, stat) = self.child(dir, name)?;
        rustix::fs::unlinkat(&*open, name, AtFlags::empty()).map_err(errno)?;
        self.name_is_gone(dir, name, &stat);
        Ok(())
    }

    fn remove_dir(&mut self, _: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.writable()?;
        let (open, stat) = self.child(dir, name)?;
        rustix::fs::unlinkat(&*open, name, AtFlags::REMOVEDIR).map_err(errno)?;
        self.name_is_gone(dir, name, &stat);
        Ok(())
    }

    fn rename(
        &mut self,
        _: &Caller,
        old: (Ino, &[u8]),
        new: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        self.writable()?;
        let (old_dir, moved) = self.child(old.0, old.1)?;
        let new_dir = self.dir(new.0)?;
        let replaced = rustix::fs::statat(&*new_dir, component(new.1)?, AtFlags::SYMLINK_NOFOLLOW).ok();
        let flags = match mode {
            RenameMode::Replace => RenameFlags::empty(),
            RenameMode::NoReplace => RenameFlags::NOREPLACE,
            RenameMode::Exchange => RenameFlags::EXCHANGE,
        };
        rustix::fs::renameat_with(&*old_dir, old.1, &*new_dir, new.1, flags).map_err(errno)?;
        let same = |a: &rustix::fs::Stat, b: &rustix::fs::Stat| (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino);
        match &replaced {
            // Two names of one file: nothing has happened.
            Some(replaced) if same(replaced, &moved) => return Ok(()),
            Some(replaced) if mode == RenameMode::Exchange => {
                self.nodes.see(old.0, old.1, replaced);
            }
            Some(replaced) => self.name_is_gone(new.0, new.1, replaced),
            None => {}
        }
        self.nodes.see(new.0, new.1, &moved);
        Ok(())
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        if ino == self.nodes.root() {
            return Err(Errno::EINVAL);
        }
        let Place { dir, name, .. } = self.place(ino)?;
        let target = rustix::fs::readlinkat(&*dir, &*name, Vec::new()).map_err(errno)?;
        Ok(target.into_bytes())
    }

    fn open(&mut self, _: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno> {
        if access.write {
            self.writable()?;
        }
        let file = if self.nodes.directory(ino).is_ok() {
            if access.write {
                return Err(Errno::EISDIR);
            }
            Opened::Directory(self.dir(ino)?)
        } else {
            let flags = match (access.read, access.write) {
                (true, true) => OFlags::RDWR,
                (false, true) => OFlags::WRONLY,
                _ => OFlags::RDONLY,
            };
            Opened::File(self.open_file(ino, flags)?)
        };
        self.last_handle += 1;
        let handle = Handle(self.last_handle);
        self.nodes.get_mut(ino)?.handles.push(handle);
        self.open.insert(handle, OpenFile { ino, file, writable: access.write });
        Ok(handle)
    }

    fn close(&mut self, handle: Handle) {
        if let Some(file) = self.open.remove(&handle)
            && let Ok(node) = self.nodes.get_mut(file.ino)
        {
            node.handles.retain(|other| *other != handle);
        }
    }

    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let fd = self.file(handle)?;
        retry_on_intr(|| rustix::io::pread(fd, &mut *buf, offset)).map_err(errno)
    }

    fn write(&mut self, _: &Caller, handle: Handle, at: WriteAt, buf: &[u8]) -> Result<Written, Errno> {
        let fd = self.file(handle)?;
        match at {
            WriteAt::Offset(offset) => {
                let bytes = retry_on_intr(|| rustix::io::pwrite(fd, buf, offset)).map_err(errno)?;
                Ok(Written { bytes, end: offset + bytes as u64 })
            }
            WriteAt::End => {
                use rustix::io::ReadWriteFlags;
                let bufs = [std::io::IoSlice::new(buf)];
                let append = || rustix::io::pwritev2(fd, &bufs, 0, ReadWriteFlags::APPEND);
                let bytes = retry_on_intr(append).map_err(errno)?;
                // Others may have appended since; a position cannot be told any better.
                let end = rustix::fs::fstat(fd).map_err(errno)?.st_size as u64;
                Ok(Written { bytes, end })
            }
        }
    }

    fn sync(&mut self, handle: Handle) -> Result<(), Errno> {
        match &self.open.get(&handle).ok_or(Errno::EBADF)?.file {
            Opened::Directory(_) => Ok(()),
            Opened::File(fd) => retry_on_intr(|| rustix::fs::fsync(fd)).map_err(errno),
        }
    }

    fn allocate(
        &mut self,
        _: &Caller,
        handle: Handle,
        range: Range<u64>,
        what: Allocation,
    ) -> Result<(), Errno> {
        let flags = match what {
            Allocation::Reserve { keep_size: false } => FallocateFlags::empty(),
            Allocation::Reserve { keep_size: true } => FallocateFlags::KEEP_SIZE,
            Allocation::PunchHole => FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
            Allocation::Zero { keep_size: false } => FallocateFlags::ZERO_RANGE,
            Allocation::Zero { keep_size: true } => FallocateFlags::ZERO_RANGE | FallocateFlags::KEEP_SIZE,
        };
        let fd = self.file(handle)?;
        retry_on_intr(|| rustix::fs::fallocate(fd, flags, range.start, range.end - range.start))
            .map_err(errno)
    }

    fn seek(&mut self, open: (Ino, Handle), offset: u64, to: SeekTo) -> Result<u64, Errno> {
        use rustix::fs::SeekFrom;
        // The descriptor's own position is used by nobody else: reading and writing name their offsets.
        let from = match to {
            SeekTo::Data => SeekFrom::Data(offset),
            SeekTo::Hole => SeekFrom::Hole(offset),
        };
        rustix::fs::seek(self.file(open.1)?, from).map_err(errno)
    }

    fn pin(&mut self, ino: Ino) {
        if !self.pinned.contains_key(&ino)
            && let Ok(dir) = self.dir(ino)
        {
            self.pinned.insert(ino, dir);
        }
        if let Ok(node) = self.nodes.get_mut(ino) {
            node.pins += 1;
        }
    }

    fn unpin(&mut self, ino: Ino) {
        let Ok(node) = self.nodes.get_mut(ino) else { return };
        node.pins = node.pins.saturating_sub(1);
        if node.pins == 0 && ino != self.nodes.root() {
            self.pinned.remove(&ino);
        }
    }
}
