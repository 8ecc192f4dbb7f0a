//! `fd_*`.

use oac_abi::{Errno, flags::open};
use oac_vfs::FileSystems as _;

use super::layout::{dirent, fdflags, fdstat, filestat, rights, rights_of};
use crate::{
    answer::{Answer, Stop},
    arguments::Out,
    description::File,
    dispatch::Wasi,
    fd_table::Fd,
    files::At,
    permission::NewTime,
};

/// Times from a call's arguments and its `fstflags`.
///
/// # Errors
/// EINVAL when a time is to be both given and now.
pub(super) fn times(atim: u64, mtim: u64, flags: u32) -> Result<(NewTime, NewTime), Errno> {
    const ATIM: u32 = 1;
    const ATIM_NOW: u32 = 2;
    const MTIM: u32 = 4;
    const MTIM_NOW: u32 = 8;
    let pick = |given: bool, now: bool, time: u64| match (given, now) {
        (true, true) => Err(Errno::EINVAL),
        (true, false) => Ok(NewTime::At(time as i64)),
        (false, true) => Ok(NewTime::Now),
        (false, false) => Ok(NewTime::Same),
    };
    if flags > 15 {
        return Err(Errno::EINVAL);
    }
    Ok((
        pick(flags & ATIM != 0, flags & ATIM_NOW != 0, atim)?,
        pick(flags & MTIM != 0, flags & MTIM_NOW != 0, mtim)?,
    ))
}

fn put_len(out: Out<'_>, len: usize) -> Answer<()> {
    Ok(out.put(&(len as u32).to_le_bytes())?)
}

impl Wasi<'_> {
    pub(crate) fn fd_advise(self, fd: i32, _offset: u64, _len: u64, advice: u32) -> Answer<()> {
        if advice > 5 {
            return Err(Errno::EINVAL.into());
        }
        match self.kernel.description(self.task, fd)?.file {
            File::Regular { .. } | File::Directory(_) => Ok(()),
            _ => Err(Errno::ESPIPE.into()),
        }
    }

    pub(crate) fn fd_allocate(self, fd: i32, offset: u64, len: u64) -> Answer<()> {
        self.require_right(fd, rights::FD_ALLOCATE)?;
        self.seekable(fd)?;
        let signed = |number: u64| i64::try_from(number).map_err(|_| Errno::EINVAL);
        let range = (signed(offset)?, signed(len)?);
        match self.kernel.allocate(self.task, fd, 0, range) {
            // posix_fallocate(3), which this is, makes the file as long all the same.
            Err(Stop::Fail(Errno::EOPNOTSUPP)) => {
                let end = offset + len;
                if end > self.kernel.stat_file(self.task, fd)?.size {
                    self.kernel.truncate_fd(self.task, fd, end)?;
                }
                Ok(())
            }
            done => done,
        }
    }

    pub(crate) fn fd_close(self, fd: i32) -> Answer<()> {
        Ok(self.kernel.close_fd(self.task, fd)?)
    }

    pub(crate) fn fd_datasync(self, fd: i32) -> Answer<()> {
        Ok(self.kernel.sync_fd(self.task, fd)?)
    }

    pub(crate) fn fd_sync(self, fd: i32) -> Answer<()> {
        Ok(self.kernel.sync_fd(self.task, fd)?)
    }

    pub(crate) fn fd_fdstat_get(self, fd: i32, stat: Out<'_>) -> Answer<()> {
        let mode = self.kernel.stat_file(self.task, fd)?.mode;
        let record = fdstat(mode, self.kernel.description(self.task, fd)?);
        Ok(stat.put(&record)?)
    }

    pub(crate) fn fd_fdstat_set_flags(self, fd: i32, flags: u32) -> Answer<()> {
        if flags & !fdflags::ALL != 0 {
            return Err(Errno::EINVAL.into());
        }
        Ok(self.kernel.set_status_flags(self.task, fd, status_flags(flags))?)
    }

    pub(crate) fn fd_fdstat_set_rights(
        self,
        fd: i32,
        rights_base: u64,
        rights_inheriting: u64,
    ) -> Answer<()> {
        let description = self.kernel.description_mut(self.task, fd)?;
        let (base, inheriting) = rights_of(description);
        if rights_base & !base != 0 || rights_inheriting & !inheriting != 0 {
            return Err(Errno::EBADF.into());
        }
        let (dropped_base, dropped_inheriting) = &mut description.dropped_rights;
        *dropped_base |= base & !rights_base;
        *dropped_inheriting |= inheriting & !rights_inheriting;
        Ok(())
    }

    /// Refuses what a right that was given up would have allowed, as Linux refuses to write to what is open for reading.
    pub(super) fn require_right(&self, fd: i32, right: u64) -> Result<(), Errno> {
        let (dropped, _) = self.kernel.description(self.task, fd)?.dropped_rights;
        if dropped & right == 0 { Ok(()) } else { Err(Errno::EBADF) }
    }

    pub(crate) fn fd_filestat_get(self, fd: i32, stat: Out<'_>) -> Answer<()> {
        let record = filestat(&self.kernel.stat_file(self.task, fd)?);
        Ok(stat.put(&record)?)
    }

    pub(crate) fn fd_filestat_set_size(self, fd: i32, size: u64) -> Answer<()> {
        self.require_right(fd, rights::FD_FILESTAT_SET_SIZE)?;
        Ok(self.kernel.truncate_fd(self.task, fd, size)?)
    }

    pub(crate) fn fd_filestat_set_times(self, fd: i32, atim: u64, mtim: u64, fst_flags: u32) -> Answer<()> {
        let (access, modification) = times(atim, mtim, fst_flags)?;
        let subject = self.kernel.subject_of_fd(self.task, fd)?;
        Ok(self.kernel.set_times(self.task, &subject, access, modification)?)
    }

    pub(crate) fn fd_pread(self, fd: i32, iovs: Out<'_>, offset: u64, nread: Out<'_>) -> Answer<()> {
        self.require_right(fd, rights::FD_READ)?;
        let len = self.kernel.read_file(self.task, fd, At::Offset(offset), iovs.buf)?;
        iovs.filled(len);
        put_len(nread, len)
    }

    pub(crate) fn fd_pwrite(self, fd: i32, iovs: &[u8], offset: u64, nwritten: Out<'_>) -> Answer<()> {
        self.require_right(fd, rights::FD_WRITE)?;
        let len = self.kernel.write_file(self.task, fd, At::Offset(offset), iovs)?;
        put_len(nwritten, len)
    }

    pub(crate) fn fd_read(self, fd: i32, iovs: Out<'_>, nread: Out<'_>) -> Answer<()> {
        self.require_right(fd, rights::FD_READ)?;
        let len = self.kernel.read_file(self.task, fd, At::Position, iovs.buf)?;
        iovs.filled(len);
        put_len(nread, len)
    }

    pub(crate) fn fd_write(self, fd: i32, iovs: &[u8], nwritten: Out<'_>) -> Answer<()> {
        self.require_right(fd, rights::FD_WRITE)?;
        let len = self.kernel.write_file(self.task, fd, At::Position, iovs)?;
        put_len(nwritten, len)
    }

    /// Entries from a cookie on; the last one is cut where the buffer ends, which is then full. `.` and `..` come first.
    pub(crate) fn fd_readdir(self, fd: i32, buf: Out<'_>, cookie: u64, bufused: Out<'_>) -> Answer<()> {
        const DOTS: u64 = 2;
        let File::Directory(directory) = &self.kernel.description(self.task, fd)?.file else {
            return Err(Errno::ENOTDIR.into());
        };
        let place = directory.place.place();
        let capacity = buf.buf.len();
        let mut packed: Vec<u8> = Vec::new();
        let mut put = |next: u64, ino: u64, name: &[u8], mode: u32| {
            packed.extend_from_slice(&dirent(next, ino, name.len(), mode));
            packed.extend_from_slice(name);
            packed.len() < capacity
        };
        let mut more = true;
        let own = self.kernel.world(self.task).stat(place.node)?;
        if cookie == 0 {
            more = put(1, own.ino, b".", own.mode);
        }
        if cookie <= 1 && more {
            let parent = self.kernel.walk(self.task, |walker| {
                let parent = walker.existing(place, b"..", oac_vfs::LastLink::Follow)?;
                walker.stat(parent)
            });
            more = put(2, parent.unwrap_or(own).ino, b"..", own.mode);
        }
        if more {
            let from = usize::try_from(cookie.saturating_sub(DOTS)).map_err(|_| Errno::EINVAL)?;
            self.kernel.rewind_listing(self.task, fd, from, cookie == 0)?;
            self.kernel.list_fd(self.task, fd, |entry, next| {
                put(next + DOTS, entry.ino.0, &entry.name, entry.kind)
            })?;
        }
        let len = buf.put_cut(&packed);
        put_len(bufused, len)
    }

    /// Directories have no position here, where Linux gives them one.
    fn seekable(&self, fd: i32) -> Result<(), Errno> {
        match self.kernel.description(self.task, fd)?.file {
            File::Directory(_) => Err(Errno::EBADF),
            _ => Ok(()),
        }
    }

    /// Both must be open: WASI programs cannot choose a descriptor's number freely.
    pub(crate) fn fd_renumber(self, fd: i32, to: i32) -> Answer<()> {
        self.kernel.description_id(self.task, fd)?;
        self.kernel.description_id(self.task, to)?;
        if fd == to {
            return Ok(());
        }
        let cloexec = self.kernel.tasks.life(self.task)?.fds.get(Fd::new(fd)?)?.cloexec;
        self.kernel.duplicate_onto(self.task, fd, to, cloexec)?;
        Ok(self.kernel.close_fd(self.task, fd)?)
    }

    pub(crate) fn fd_seek(self, fd: i32, offset: i64, whence: u32, newoffset: Out<'_>) -> Answer<()> {
        self.seekable(fd)?;
        let position = self.kernel.seek_file(self.task, fd, offset, whence)?;
        Ok(newoffset.put(&position.to_le_bytes())?)
    }

    pub(crate) fn fd_tell(self, fd: i32, offset: Out<'_>) -> Answer<()> {
        const CURRENT: u32 = 1;
        self.seekable(fd)?;
        let position = self.kernel.seek_file(self.task, fd, 0, CURRENT)?;
        Ok(offset.put(&position.to_le_bytes())?)
    }
}

/// `fdflags` as open's.
pub(super) fn status_flags(flags: u32) -> u32 {
    let mut status = 0;
    for (wasi, linux) in [
        (fdflags::APPEND, open::APPEND),
        (fdflags::NONBLOCK, open::NONBLOCK),
        (fdflags::DSYNC, open::DSYNC),
        (fdflags::RSYNC | fdflags::SYNC, open::SYNC),
    ] {
        if flags & wasi != 0 {
            status |= linux;
        }
    }
    status
}
