//! Calls on descriptors: dup, fcntl, pipe.

use oac_abi::{
    Errno,
    flags::{fcntl, open},
};

use crate::{
    Kernel, TaskId,
    answer::Answer,
    arguments::Out,
    description::File,
    dispatch::Sys,
    fd_table::{Fd, FdEntry},
};

impl Sys<'_> {
    pub(crate) fn dup(self, fd: i32, min_fd: i32, flags: u32) -> Answer {
        let description = self.kernel.description_id(self.task, fd)?;
        let min = Fd::new(min_fd).map_err(|_| Errno::EINVAL)?;
        let fds = &mut self.kernel.tasks.life_mut(self.task)?.fds;
        if min.0 as usize >= fds.limit() {
            return Err(Errno::EINVAL.into());
        }
        let new = fds.lowest_free(min)?;
        fds.put(new, FdEntry { description, cloexec: flags & open::CLOEXEC != 0 })?;
        self.kernel.files.share(description);
        Ok(i64::from(new.0))
    }

    pub(crate) fn dup3(self, old_fd: i32, new_fd: i32, flags: u32) -> Answer {
        if old_fd == new_fd || flags & !open::CLOEXEC != 0 {
            self.kernel.description_id(self.task, old_fd)?;
            return Err(Errno::EINVAL.into());
        }
        let new = self.kernel.duplicate_onto(self.task, old_fd, new_fd, flags & open::CLOEXEC != 0)?;
        Ok(i64::from(new.0))
    }

    pub(crate) fn fcntl(self, fd: i32, command: u32, argument: u32) -> Answer {
        match command {
            fcntl::GETFD => {
                let entry = self.kernel.tasks.life(self.task)?.fds.get(Fd::new(fd)?)?;
                Ok(if entry.cloexec { i64::from(fcntl::FD_CLOEXEC) } else { 0 })
            }
            fcntl::SETFD => {
                let entry = self.kernel.tasks.life_mut(self.task)?.fds.get_mut(Fd::new(fd)?)?;
                entry.cloexec = argument & fcntl::FD_CLOEXEC != 0;
                Ok(0)
            }
            fcntl::GETFL => Ok(i64::from(self.kernel.description(self.task, fd)?.flags)),
            fcntl::SETFL => {
                self.kernel.set_status_flags(self.task, fd, argument)?;
                Ok(0)
            }
            _ => {
                self.kernel.description_id(self.task, fd)?;
                Err(Errno::EINVAL.into())
            }
        }
    }

    pub(crate) fn pipe2(self, flags: u32, fds: Out<'_>) -> Answer {
        if flags & !(open::CLOEXEC | open::NONBLOCK) != 0 {
            return Err(Errno::EINVAL.into());
        }
        if fds.buf.len() < 8 {
            return Err(Errno::EFAULT.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(2)?;
        self.kernel.require_channel()?;
        let pipe = self.kernel.pipes.add();
        let reader = self.kernel.install(self.task, File::PipeReader(pipe), flags | open::RDONLY)?;
        let writer = self.kernel.install(self.task, File::PipeWriter(pipe), flags | open::WRONLY)?;
        fds.put(&pair(reader, writer))?;
        Ok(0)
    }
}

/// Two descriptors as two little-endian i32s.
pub(crate) fn pair(first: Fd, second: Fd) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&first.0.to_le_bytes());
    bytes[4..].copy_from_slice(&second.0.to_le_bytes());
    bytes
}

impl Kernel {
    /// Makes `new_fd` stand for what `old_fd` stands for; what it stood for is closed.
    ///
    /// # Errors
    /// EBADF.
    pub(crate) fn duplicate_onto(
        &mut self,
        task: TaskId,
        old_fd: i32,
        new_fd: i32,
        cloexec: bool,
    ) -> Result<Fd, Errno> {
        let description = self.description_id(task, old_fd)?;
        let new = Fd::new(new_fd)?;
        let replaced = self.tasks.life_mut(task)?.fds.put(new, FdEntry { description, cloexec })?;
        self.files.share(description);
        if let Some(replaced) = replaced {
            self.release_from(task, replaced.description);
        }
        Ok(new)
    }

    /// F_SETFL: O_APPEND and O_NONBLOCK; the other bits cannot be changed and are passed over.
    ///
    /// # Errors
    /// EBADF.
    pub(crate) fn set_status_flags(&mut self, task: TaskId, fd: i32, flags: u32) -> Result<(), Errno> {
        let changeable = open::APPEND | open::NONBLOCK;
        let description = self.description_mut(task, fd)?;
        description.flags = description.flags & !changeable | flags & changeable;
        Ok(())
    }
}
