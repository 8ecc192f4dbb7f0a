//! Preopened directories: one, `/`.
//!
//! wasi-libc asks for every descriptor from 3 on until it is told EBADF. Descriptors that were handed down lie before the
//! preopen; they are shown as directories of a name that no path begins with, so that the asking goes on.

use oac_abi::Errno;

use crate::{answer::Answer, arguments::Out, dispatch::Wasi, fd_table::Fd};

impl Wasi<'_> {
    pub(crate) fn fd_prestat_get(self, fd: i32, prestat: Out<'_>) -> Answer<()> {
        const TAG_DIRECTORY: u8 = 0;
        let name = self.preopen_name(fd)?;
        let mut record = [0; 8];
        record[0] = TAG_DIRECTORY;
        record[4..].copy_from_slice(&(name.len() as u32).to_le_bytes());
        Ok(prestat.put(&record)?)
    }

    pub(crate) fn fd_prestat_dir_name(self, fd: i32, path: Out<'_>) -> Answer<()> {
        let name = self.preopen_name(fd)?;
        Ok(path.put(name.as_bytes()).map_err(|_| Errno::ENAMETOOLONG)?)
    }

    fn preopen_name(&self, fd: i32) -> Result<String, Errno> {
        let fd = Fd::new(fd)?;
        let life = self.kernel.tasks.life(self.task)?;
        let preopen = life.preopen.ok_or(Errno::EBADF)?;
        if fd.0 < 3 || fd > preopen {
            return Err(Errno::EBADF);
        }
        if fd == preopen {
            life.fds.get(fd)?;
            return Ok("/".into());
        }
        Ok(format!("/.oac-inherited-descriptor-{}", fd.0))
    }
}
