//! `path_*`.

use oac_abi::{
    Errno,
    flags::{at, open},
};
use oac_vfs::{LastLink, RenameMode};

use super::{
    fd::{status_flags, times},
    layout::{SYMLINK_FOLLOW, fdflags, filestat, oflags, rights},
};
use crate::{answer::Answer, arguments::Out, dispatch::Wasi};

fn last_link(lookup_flags: u32) -> LastLink {
    if lookup_flags & SYMLINK_FOLLOW != 0 { LastLink::Follow } else { LastLink::Keep }
}

impl Wasi<'_> {
    pub(crate) fn path_create_directory(mut self, fd: i32, path: &[u8]) -> Answer<()> {
        let fd = self.directory(fd, path)?;
        Ok(self.kernel.make_directory(self.task, fd, path, 0o777)?)
    }

    pub(crate) fn path_filestat_get(mut self, fd: i32, flags: u32, path: &[u8], stat: Out<'_>) -> Answer<()> {
        let fd = self.directory(fd, path)?;
        let record = self.kernel.stat_path(self.task, fd, path, last_link(flags))?;
        Ok(stat.put(&filestat(&record))?)
    }

    pub(crate) fn path_filestat_set_times(
        mut self,
        fd: i32,
        flags: u32,
        path: &[u8],
        atim: u64,
        mtim: u64,
        fst_flags: u32,
    ) -> Answer<()> {
        let (access, modification) = times(atim, mtim, fst_flags)?;
        let fd = self.directory(fd, path)?;
        let at_flags = if last_link(flags) == LastLink::Keep { at::SYMLINK_NOFOLLOW } else { 0 };
        let subject = self.kernel.subject(self.task, fd, path, at_flags)?;
        Ok(self.kernel.set_times(self.task, &subject, access, modification)?)
    }

    pub(crate) fn path_link(
        mut self,
        old_fd: i32,
        old_flags: u32,
        old_path: &[u8],
        new_fd: i32,
        new_path: &[u8],
    ) -> Answer<()> {
        let (old_fd, new_fd) = (self.directory(old_fd, old_path)?, self.directory(new_fd, new_path)?);
        let place = self.kernel.existing(self.task, old_fd, old_path, last_link(old_flags))?;
        Ok(self.kernel.link(self.task, place.node, new_fd, new_path)?)
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn path_open(
        mut self,
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
        let fd = self.directory(fd, path)?;
        let opened = self.kernel.open_path(self.task, fd, path, flags, 0o666)?;
        Ok(opened_fd.put(&opened.0.to_le_bytes())?)
    }

    pub(crate) fn path_readlink(
        mut self,
        fd: i32,
        path: &[u8],
        buf: Out<'_>,
        bufused: Out<'_>,
    ) -> Answer<()> {
        let fd = self.directory(fd, path)?;
        let target = self.kernel.read_link(self.task, fd, path)?;
        let len = buf.put_cut(&target);
        Ok(bufused.put(&(len as u32).to_le_bytes())?)
    }

    pub(crate) fn path_remove_directory(mut self, fd: i32, path: &[u8]) -> Answer<()> {
        let fd = self.directory(fd, path)?;
        Ok(self.kernel.remove(self.task, fd, path, true)?)
    }

    pub(crate) fn path_rename(
        mut self,
        fd: i32,
        old_path: &[u8],
        new_fd: i32,
        new_path: &[u8],
    ) -> Answer<()> {
        let old = (self.directory(fd, old_path)?, old_path);
        let new = (self.directory(new_fd, new_path)?, new_path);
        Ok(self.kernel.rename(self.task, old, new, RenameMode::Replace)?)
    }

    pub(crate) fn path_symlink(mut self, old_path: &[u8], fd: i32, new_path: &[u8]) -> Answer<()> {
        let fd = self.directory(fd, new_path)?;
        Ok(self.kernel.make_symlink(self.task, old_path, fd, new_path)?)
    }

    pub(crate) fn path_unlink_file(mut self, fd: i32, path: &[u8]) -> Answer<()> {
        let fd = self.directory(fd, path)?;
        Ok(self.kernel.remove(self.task, fd, path, false)?)
    }
}
