//! Calls on channels of messages.

use oac_abi::{
    Errno,
    bounds::{CHANNEL_NAME_BYTES_MAX, CHANNEL_RIGHTS_MAX},
    channel::{Head, MORE},
    flags::open,
};

use crate::{
    Kernel, TaskId,
    answer::Answer,
    arguments::Out,
    channel::EndId,
    description::File,
    dispatch::Sys,
    fd_table::{Fd, FdEntry},
};

const FD_BYTES: usize = 4;

/// Descriptors as they come in: an i32 each.
///
/// # Errors
/// EINVAL for a part of one, or too many.
pub(crate) fn fd_list(bytes: &[u8]) -> Result<Vec<i32>, Errno> {
    if !bytes.len().is_multiple_of(FD_BYTES) || bytes.len() / FD_BYTES > CHANNEL_RIGHTS_MAX {
        return Err(Errno::EINVAL);
    }
    Ok(bytes.chunks_exact(FD_BYTES).map(|fd| i32::from_le_bytes([fd[0], fd[1], fd[2], fd[3]])).collect())
}

impl Sys<'_> {
    pub(crate) fn channel_pair(self, fds: Out<'_>) -> Answer {
        if fds.buf.len() < 2 * FD_BYTES {
            return Err(Errno::EFAULT.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(2)?;
        let (first, second) = self.kernel.channels.pair(self.task)?;
        let flags = open::RDWR | open::CLOEXEC;
        let first = self.kernel.install(self.task, File::Channel(first), flags)?;
        let second = self.kernel.install(self.task, File::Channel(second), flags)?;
        fds.put(&[first.0.to_le_bytes(), second.0.to_le_bytes()].concat())?;
        Ok(0)
    }

    pub(crate) fn channel_join(self, name: &[u8]) -> Answer {
        if name.is_empty() || name.len() > CHANNEL_NAME_BYTES_MAX {
            return Err(Errno::EINVAL.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(1)?;
        let end = self.kernel.channels.join(self.task, name)?;
        let file = File::Channel(end);
        Ok(i64::from(self.kernel.install(self.task, file, open::RDWR | open::CLOEXEC)?.0))
    }

    pub(crate) fn channel_send(self, fd: i32, flags: u32, message: &[u8], fds: &[u8]) -> Answer {
        let end = self.kernel.channel_end(self.task, fd)?;
        if flags & !MORE != 0 || flags & MORE != 0 && !fds.is_empty() {
            return Err(Errno::EINVAL.into());
        }
        let fds = fd_list(fds)?;
        for (at, &moved) in fds.iter().enumerate() {
            // An end within itself could never be received.
            if self.kernel.channel_end(self.task, moved) == Ok(end) || fds[..at].contains(&moved) {
                return Err(Errno::EINVAL.into());
            }
            self.kernel.description_id(self.task, moved)?;
        }
        self.kernel.channels.push_part(end, message)?;
        if flags & MORE != 0 {
            return Ok(0);
        }
        self.kernel.channels.require_delivery(end)?;
        let mut rights = Vec::new();
        for fd in fds {
            rights.push(self.kernel.tasks.life_mut(self.task)?.fds.take(Fd::new(fd)?)?.description);
        }
        self.kernel.channel_send_parts(end, rights)?;
        Ok(0)
    }

    pub(crate) fn channel_receive(
        self,
        fd: i32,
        offset: u64,
        message: Out<'_>,
        fds: Out<'_>,
        head: Out<'_>,
    ) -> Answer {
        let end = self.kernel.channel_end(self.task, fd)?;
        let next = self.kernel.channels.next(end)?;
        let total = next.bytes.len();
        let from = usize::try_from(offset).ok().filter(|&from| from <= total).ok_or(Errno::EINVAL)?;
        let (len, count) = (message.buf.len().min(total - from), next.rights.len());
        let ends = from + len == total;
        if ends {
            // What cannot be taken whole is left as it is.
            if fds.buf.len() < count * FD_BYTES || head.buf.len() < Head::BYTES {
                return Err(Errno::ENOBUFS.into());
            }
            self.kernel.tasks.life(self.task)?.fds.require_room(count)?;
        }
        let epoch = self.kernel.segments.epoch();
        let bytes = next.bytes.clone();
        let mut numbers = Vec::new();
        if ends {
            for description in self.kernel.channels.take(end).map(|taken| taken.rights).unwrap_or_default() {
                let table = &mut self.kernel.tasks.life_mut(self.task)?.fds;
                let fd = table.lowest_free(Fd(0))?;
                table.put(fd, FdEntry { description, cloexec: true })?;
                numbers.extend_from_slice(&fd.0.to_le_bytes());
            }
        }
        let fds_out = (numbers.len() / FD_BYTES) as u32;
        message.put_cut(&bytes[from..from + len]);
        fds.put(&numbers)?;
        head.put(&Head { bytes: total as u64, epoch, fds: fds_out }.encode())?;
        Ok(len as i64)
    }
}

impl Kernel {
    fn channel_end(&self, task: TaskId, fd: i32) -> Result<EndId, Errno> {
        match self.description(task, fd)?.file {
            File::Channel(end) => Ok(end),
            _ => Err(Errno::EINVAL),
        }
    }
}
