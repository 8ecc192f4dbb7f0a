//! Calls on ranges of files: reserving and freeing them, copying them, finding their holes; and what filesystem a file is in.

use oac_abi::{
    Errno,
    bounds::FILE_COPY_BYTES_MAX,
    flags::{fallocate, inotify, mode as kind, open},
    stat::StatFs,
};
use oac_vfs::{Allocation, FileSystems as _, Handle, Node, SeekTo, SetAttributes, WriteAt};

use crate::{
    Kernel, TaskId,
    answer::Answer,
    arguments::Out,
    description::{DescriptionId, File},
    dispatch::Sys,
};

/// An open file as copy_file_range takes it.
#[derive(Clone, Copy)]
struct End {
    id: DescriptionId,
    node: Node,
    handle: Handle,
    at: u64,
    /// It was the file's own position, which moves.
    moves: bool,
}

impl Sys<'_> {
    pub(crate) fn fallocate(self, fd: i32, mode: u32, offset: i64, length: i64) -> Answer {
        self.kernel.allocate(self.task, fd, mode, (offset, length))?;
        Ok(0)
    }

    pub(crate) fn copy_file_range(
        self,
        from: i32,
        from_offset: i64,
        to: i32,
        to_offset: i64,
        length: u64,
    ) -> Answer {
        self.kernel.require_regular_files(self.task, [from, to])?;
        let source = self.kernel.copy_end(self.task, from, from_offset, false)?;
        let target = self.kernel.copy_end(self.task, to, to_offset, true)?;
        if source.at.checked_add(length).is_none() || target.at.checked_add(length).is_none() {
            return Err(Errno::EOVERFLOW.into());
        }
        let size = self.kernel.world(self.task).stat(source.node)?.size;
        let length = length.min(size.saturating_sub(source.at)).min(FILE_COPY_BYTES_MAX);
        let overlap = source.at < target.at + length && target.at < source.at + length;
        if source.node == target.node && overlap {
            return Err(Errno::EINVAL.into());
        }
        if length == 0 {
            return Ok(0);
        }
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        let room = self.kernel.file_size_room(self.task, target.node, WriteAt::Offset(target.at), wanted)?;
        self.kernel.drop_privileges(self.task, to)?;
        let copied = self.kernel.copy_between(self.task, source, target, room as u64)?;
        for (end, event) in [(source, inotify::ACCESS), (target, inotify::MODIFY)] {
            if end.moves {
                self.kernel.advance(end.id, end.at + copied)?;
            }
            if copied > 0 {
                self.kernel.note_open(self.task, end.id, event);
            }
        }
        Ok(copied as i64)
    }

    pub(crate) fn fstatfs(self, fd: i32, buf: Out<'_>) -> Answer {
        const PIPEFS_MAGIC: u64 = 0x5049_5045;
        const SOCKFS_MAGIC: u64 = 0x534f_434b;
        const ANON_INODE_FS_MAGIC: u64 = 0x0904_1934;
        let facts = match self.kernel.node_of(self.task, fd) {
            Ok(node) => self.kernel.with_fs(self.task, node.fs, |fs| fs.stat_fs())?,
            Err(Errno::EINVAL) => {
                let mode = self.kernel.stat_file(self.task, fd)?.mode;
                let kind = match mode & kind::FMT {
                    kind::FIFO => PIPEFS_MAGIC,
                    kind::SOCK => SOCKFS_MAGIC,
                    _ => ANON_INODE_FS_MAGIC,
                };
                StatFs { kind, block_bytes: 4096, ..StatFs::default() }
            }
            Err(errno) => return Err(errno.into()),
        };
        buf.put(&facts.encode())?;
        Ok(0)
    }
}

impl Kernel {
    /// fallocate(2) of an offset and a length.
    ///
    /// # Errors
    /// As that.
    pub(crate) fn allocate(
        &mut self,
        task: TaskId,
        fd: i32,
        mode: u32,
        (offset, length): (i64, i64),
    ) -> Answer<()> {
        let id = self.description_id(task, fd)?;
        let description = self.files.get(id)?;
        let (path, writable) = (description.is_path(), description.writable());
        if path {
            return Err(Errno::EBADF.into());
        }
        let (offset, length) = match (u64::try_from(offset), u64::try_from(length)) {
            (Ok(offset), Ok(length)) if length > 0 => (offset, length),
            _ => return Err(Errno::EINVAL.into()),
        };
        let what = match mode {
            0 => Some(Allocation::Reserve { keep_size: false }),
            fallocate::KEEP_SIZE => Some(Allocation::Reserve { keep_size: true }),
            fallocate::ZERO_RANGE => Some(Allocation::Zero { keep_size: false }),
            0x11 => Some(Allocation::Zero { keep_size: true }),
            0x3 => Some(Allocation::PunchHole),
            // Collapsing, inserting, unsharing, writing zeros: Linux knows them, and most filesystems do not.
            0x8 | 0x20 | 0x40 | 0x41 | 0x80 => None,
            _ => return Err(Errno::EOPNOTSUPP.into()),
        };
        if !writable {
            return Err(Errno::EBADF.into());
        }
        let (node, handle) = match description.file {
            File::Regular { node, handle, .. } => (node, handle),
            File::Directory(_) => return Err(Errno::EISDIR.into()),
            File::PipeReader(_) | File::PipeWriter(_) | File::PipeBoth(_) => return Err(Errno::ESPIPE.into()),
            _ => return Err(Errno::ENODEV.into()),
        };
        let end = offset.checked_add(length).filter(|&end| i64::try_from(end).is_ok()).ok_or(Errno::EFBIG)?;
        let what = what.ok_or(Errno::EOPNOTSUPP)?;
        if mode & fallocate::KEEP_SIZE == 0 {
            self.require_file_size(task, end)?;
        }
        self.drop_privileges(task, fd)?;
        let caller = self.caller(task);
        let mut world = self.world(task);
        world.with(node.fs, |fs| fs.allocate(&caller, handle, offset..end, what))?;
        self.note_open(task, id, inotify::MODIFY);
        Ok(())
    }

    /// What can be copied between: before anything else is looked at, as on Linux.
    fn require_regular_files(&self, task: TaskId, fds: [i32; 2]) -> Result<(), Errno> {
        let mut error = None;
        for fd in fds {
            match self.description(task, fd)?.file {
                File::Regular { .. } => {}
                File::Path(_) => return Err(Errno::EBADF),
                File::Directory(_) => error = Some(Errno::EISDIR),
                _ => error = error.or(Some(Errno::EINVAL)),
            }
        }
        error.map_or(Ok(()), Err)
    }

    fn copy_end(&self, task: TaskId, fd: i32, offset: i64, write: bool) -> Result<End, Errno> {
        let id = self.description_id(task, fd)?;
        let description = self.files.get(id)?;
        let append = write && description.flags & open::APPEND != 0;
        let allowed = if write { description.writable() } else { description.readable() };
        match description.file {
            File::Regular { .. } if !allowed || append => Err(Errno::EBADF),
            File::Regular { node, handle, offset: position } => {
                let moves = offset == -1;
                let at = if moves { position } else { u64::try_from(offset).map_err(|_| Errno::EINVAL)? };
                Ok(End { id, node, handle, at, moves })
            }
            _ => Err(Errno::EINVAL),
        }
    }

    /// Copies within one filesystem, which may share the bytes, or through a buffer to another.
    fn copy_between(&mut self, task: TaskId, from: End, to: End, len: u64) -> Answer<u64> {
        const BUFFER_BYTES: u64 = 1 << 20;
        let caller = self.caller(task);
        if from.node.fs == to.node.fs {
            return self.with_fs(task, from.node.fs, |fs| {
                fs.copy_range(&caller, (from.handle, from.at), (to.handle, to.at), len)
            });
        }
        let mut buf = vec![0; len.min(BUFFER_BYTES) as usize];
        let read = self.with_fs(task, from.node.fs, |fs| fs.read(from.handle, from.at, &mut buf))?;
        if read == 0 {
            return Ok(0);
        }
        let written = self.with_fs(task, to.node.fs, |fs| {
            fs.write(&caller, to.handle, WriteAt::Offset(to.at), &buf[..read])
        })?;
        Ok(written.bytes as u64)
    }

    /// Takes set-user-ID and set-group-ID off a file that somebody is about to write to who may not make such programs.
    ///
    /// # Errors
    /// As chmod(2).
    pub(crate) fn drop_privileges(&mut self, task: TaskId, fd: i32) -> Result<(), Errno> {
        let subject = self.subject_of_fd(task, fd)?;
        let Some(mode) = self.mode_after_write(task, subject.node)? else { return Ok(()) };
        self.set_attributes(task, &subject, &SetAttributes { mode: Some(mode), ..SetAttributes::default() })
    }

    /// SEEK_DATA, SEEK_HOLE: where data or a hole begins.
    ///
    /// # Errors
    /// ENXIO.
    pub(crate) fn seek_hole(
        &mut self,
        task: TaskId,
        (node, handle): (Node, Handle),
        offset: i64,
        to: SeekTo,
    ) -> Result<u64, Errno> {
        let offset = u64::try_from(offset).map_err(|_| Errno::ENXIO)?;
        self.world(task).with(node.fs, |fs| fs.seek((node.ino, handle), offset, to))
    }
}
