//! Calls on open files: read, write, seek, metadata, listing.

use oac_abi::{
    Errno,
    flags::{inotify, open},
    stat::{Dirent, Stat},
};
use oac_vfs::{Access, DirEntry, SetAttributes};

use crate::{Kernel, TaskId, answer::Answer, arguments::Out, description::File, dispatch::Sys, files::At};

impl Sys<'_> {
    pub(crate) fn close(self, fd: i32) -> Answer {
        self.kernel.close_fd(self.task, fd)?;
        Ok(0)
    }

    pub(crate) fn read(self, fd: i32, buf: Out<'_>) -> Answer {
        let len = self.kernel.read_file(self.task, fd, At::Position, buf.buf)?;
        buf.filled(len);
        Ok(len as i64)
    }

    pub(crate) fn write(self, fd: i32, buf: &[u8]) -> Answer {
        Ok(self.kernel.write_file(self.task, fd, At::Position, buf)? as i64)
    }

    pub(crate) fn pread(self, fd: i32, offset: i64, buf: Out<'_>) -> Answer {
        let len = self.kernel.read_file(self.task, fd, At::offset(offset)?, buf.buf)?;
        buf.filled(len);
        Ok(len as i64)
    }

    pub(crate) fn pwrite(self, fd: i32, offset: i64, buf: &[u8]) -> Answer {
        Ok(self.kernel.write_file(self.task, fd, At::offset(offset)?, buf)? as i64)
    }

    pub(crate) fn lseek(self, fd: i32, offset: i64, whence: u32) -> Answer {
        Ok(self.kernel.seek_file(self.task, fd, offset, whence)? as i64)
    }

    pub(crate) fn fstat(self, fd: i32, stat: Out<'_>) -> Answer {
        let record = self.kernel.stat_file(self.task, fd)?;
        stat.put(&record.encode())?;
        Ok(0)
    }

    pub(crate) fn getdents(self, fd: i32, buf: Out<'_>) -> Answer {
        let capacity = buf.buf.len();
        let mut packed = Vec::new();
        let mut first_too_long = false;
        self.kernel.list_fd(self.task, fd, |entry, next| {
            let record =
                Dirent { ino: entry.ino.0, next, kind: (entry.kind >> 12) as u8, name: entry.name.clone() };
            let fits = record.encode_into(&mut packed, capacity);
            first_too_long |= !fits && packed.is_empty();
            fits
        })?;
        if first_too_long {
            return Err(Errno::EINVAL.into());
        }
        let len = packed.len();
        buf.put(&packed)?;
        Ok(len as i64)
    }

    pub(crate) fn ftruncate(self, fd: i32, length: i64) -> Answer {
        let size = u64::try_from(length).map_err(|_| Errno::EINVAL)?;
        self.kernel.require_file_size(self.task, size)?;
        self.kernel.truncate_fd(self.task, fd, size)?;
        Ok(0)
    }

    pub(crate) fn fsync(self, fd: i32) -> Answer {
        self.kernel.sync_fd(self.task, fd)?;
        Ok(0)
    }
}

impl Kernel {
    /// Hands out a directory's entries from its position on, each with the position behind it, until `visit` takes no more.
    ///
    /// # Errors
    /// ENOTDIR, EBADF.
    pub(crate) fn list_fd(
        &mut self,
        task: TaskId,
        fd: i32,
        mut visit: impl FnMut(&DirEntry, u64) -> bool,
    ) -> Result<(), Errno> {
        let id = self.description_id(task, fd)?;
        let directory = match &self.files.get(id)?.file {
            File::Directory(directory) => directory,
            File::Path(_) => return Err(Errno::EBADF),
            _ => return Err(Errno::ENOTDIR),
        };
        let node = directory.place.place().node;
        if oac_vfs::FileSystems::stat(&mut self.world(task), node)?.nlink == 0 {
            // It has been removed: not even what is left of a listing is given.
            return Err(Errno::ENOENT);
        }
        let File::Directory(directory) = &self.files.get(id)?.file else { return Err(Errno::ENOTDIR) };
        if directory.listing.is_none() {
            let place = directory.place.place();
            let listing = self.walk(task, |walker| walker.list(place))?;
            if let File::Directory(directory) = &mut self.files.get_mut(id)?.file {
                directory.listing = Some(listing);
            }
        }
        self.note_open(task, id, inotify::ACCESS);
        let File::Directory(directory) = &mut self.files.get_mut(id)?.file else {
            return Err(Errno::ENOTDIR);
        };
        let listing = directory.listing.as_deref().unwrap_or_default();
        while let Some(entry) = listing.get(directory.next) {
            if !visit(entry, directory.next as u64 + 1) {
                break;
            }
            directory.next += 1;
        }
        Ok(())
    }

    /// Sets where a listing goes on, and whether it is taken anew.
    ///
    /// # Errors
    /// ENOTDIR, EBADF.
    pub(crate) fn rewind_listing(
        &mut self,
        task: TaskId,
        fd: i32,
        next: usize,
        anew: bool,
    ) -> Result<(), Errno> {
        let File::Directory(directory) = &mut self.description_mut(task, fd)?.file else {
            return Err(Errno::ENOTDIR);
        };
        directory.next = next;
        if anew {
            directory.listing = None;
        }
        Ok(())
    }

    /// ftruncate(2).
    ///
    /// # Errors
    /// EINVAL when the file is not open for writing, or is no file; EFBIG.
    pub(crate) fn truncate_fd(&mut self, task: TaskId, fd: i32, size: u64) -> Result<(), Errno> {
        let description = self.description(task, fd)?;
        let writable = description.writable();
        let File::Regular { .. } = description.file else {
            return Err(if description.flags & open::PATH != 0 { Errno::EBADF } else { Errno::EINVAL });
        };
        if !writable {
            return Err(Errno::EINVAL);
        }
        let subject = self.subject_of_fd(task, fd)?;
        let mode = self.mode_after_write(task, subject.node)?;
        let change = SetAttributes { size: Some(size), mode, ..SetAttributes::default() };
        self.set_attributes(task, &subject, &change)
    }

    /// fsync(2).
    ///
    /// # Errors
    /// EINVAL for what has no store.
    pub(crate) fn sync_fd(&mut self, task: TaskId, fd: i32) -> Result<(), Errno> {
        match &self.description(task, fd)?.file {
            File::Regular { node, handle, .. } => {
                let (fs, handle) = (node.fs, *handle);
                oac_vfs::FileSystems::with(&mut self.world(task), fs, |fs| fs.sync(handle))
            }
            File::Directory(_) => Ok(()),
            File::Path(_) => Err(Errno::EBADF),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Access that open flags ask for.
    pub(crate) fn access(flags: u32) -> Access {
        let mode = flags & open::ACCMODE;
        Access { read: mode != open::WRONLY, write: mode != open::RDONLY }
    }

    /// The record that a path-taking call without following gives for a descriptor itself.
    pub(crate) fn stat_empty_path(&mut self, task: TaskId, dirfd: i32) -> Result<Stat, Errno> {
        if dirfd == oac_abi::flags::at::FDCWD {
            let place = self.tasks.life(task)?.cwd.place();
            return self.walk(task, |walker| walker.stat(place));
        }
        self.stat_file(task, dirfd)
    }
}
