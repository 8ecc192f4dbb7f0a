//! `path_*`.

use oac_abi::{Errno, flags::open};
use oac_vfs::{LastLink, RenameMode};

use super::{
    fd::{status_flags, times},
    layout::{SYMLINK_FOLLOW, fdflags, filestat, oflags, rights},
};
use crate::{answer::Answer, arguments::Out, dispatch::Wasi};

/// Preview 1 has no number for the working directory.
fn directory(fd: i32) -> Result<i32, Errno> {
    if fd < 0 { Err(Errno::EBADF) } else { Ok(fd) }
}

fn last_link(lookup_flags: u32) -> LastLink {
    if lookup_flags & SYMLINK_FOLLOW != 0 { LastLink::Follow } else { LastLink::Keep }
}

impl Wasi<'_> {
    pub(crate) fn path_create_directory(self, fd: i32, path: &[u8]) -> Answer<()> {
        Ok(self.kernel.make_directory(self.task, directory(fd)?, path, 0o777)?)
    }

    pub(crate) fn path_filestat_get(self, fd: i32, flags: u32, path: &[u8], stat: Out<'_>) -> Answer<()> {
        let record = self.kernel.stat_path(self.task, directory(fd)?, path, last_link(flags))?;
        Ok(stat.put(&filestat(&record))?)
    }

    pub(crate) fn path_filestat_set_times(
        self,
        fd: i32,
        flags: u32,
        path: &[u8],
        atim: u64,
        mtim: u64,
        fst_flags: u32,
    ) -> Answer<()> {
        let (atime_ns, mtime_ns) = times(atim, mtim, fst_flags, self.kernel.caller().now_ns)?;
        let place = self.kernel.existing(self.task, directory(fd)?, path, last_link(flags))?;
        Ok(self.kernel.set_times(self.task, place.node, atime_ns, mtime_ns)?)
    }

    pub(crate) fn path_link(
        self,
        old_fd: i32,
        old_flags: u32,
        old_path: &[u8],
        new_fd: i32,
        new_path: &[u8],
    ) -> Answer<()> {
        let place = self.kernel.existing(self.task, directory(old_fd)?, old_path, last_link(old_flags))?;
        Ok(self.kernel.link(self.task, place.node, directory(new_fd)?, new_path)?)
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn path_open(
        self,
        fd: i32,
        dirflags: u32,
        path: &[u8],
        oflags: u32,
        rights_base: u64,
        _rights_inheriting: u64,
        fdflags: u32,
        opened_fd: Out<'_>,
    ) -> Answer<()> {
        if fdflags & !fdflags::ALL != 0 {
            return Err(Errno::EINVAL.into());
        }
        if oflags & oflags::TRUNC != 0 {
            self.require_right(fd, rights::PATH_FILESTAT_SET_SIZE).map_err(|_| Errno::EPERM)?;
        }
        let writes = rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;
        let (read, write) = (rights_base & rights::FD_READ != 0, rights_base & writes != 0);
        let mut flags = status_flags(fdflags);
        for (wasi, linux) in [
            (oflags::CREAT, open::CREAT),
            (oflags::DIRECTORY, open::DIRECTORY),
            (oflags::EXCL, open::EXCL),
            (oflags::TRUNC, open::TRUNC),
        ] {
            if oflags & wasi != 0 {
                flags |= linux;
            }
        }
        if last_link(dirflags) == LastLink::Keep {
            flags |= open::NOFOLLOW;
        }
        flags |= match (read, write) {
            (true, true) => open::RDWR,
            (false, true) => open::WRONLY,
            (_, false) => open::RDONLY,
        };
        let opened = self.kernel.open_path(self.task, directory(fd)?, path, flags, 0o666)?;
        Ok(opened_fd.put(&opened.0.to_le_bytes())?)
    }

    pub(crate) fn path_readlink(self, fd: i32, path: &[u8], buf: Out<'_>, bufused: Out<'_>) -> Answer<()> {
        let target = self.kernel.read_link(self.task, directory(fd)?, path)?;
        let len = buf.put_cut(&target);
        Ok(bufused.put(&(len as u32).to_le_bytes())?)
    }

    pub(crate) fn path_remove_directory(self, fd: i32, path: &[u8]) -> Answer<()> {
        Ok(self.kernel.remove(self.task, directory(fd)?, path, true)?)
    }

    pub(crate) fn path_rename(self, fd: i32, old_path: &[u8], new_fd: i32, new_path: &[u8]) -> Answer<()> {
        let (old, new) = ((directory(fd)?, old_path), (directory(new_fd)?, new_path));
        Ok(self.kernel.rename(self.task, old, new, RenameMode::Replace)?)
    }

    pub(crate) fn path_symlink(self, old_path: &[u8], fd: i32, new_path: &[u8]) -> Answer<()> {
        Ok(self.kernel.make_symlink(self.task, old_path, directory(fd)?, new_path)?)
    }

    pub(crate) fn path_unlink_file(self, fd: i32, path: &[u8]) -> Answer<()> {
        Ok(self.kernel.remove(self.task, directory(fd)?, path, false)?)
    }
}
