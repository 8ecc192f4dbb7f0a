//! Calls that make, start and end threads.

use oac_abi::{
    Errno,
    bounds::THREAD_START_BYTES_MAX,
    flags::open,
    thread::{ThreadCause, ThreadStatus},
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop},
    arguments::Out,
    description::File,
    dispatch::Sys,
    sys_channel::fd_list,
};

impl Sys<'_> {
    pub(crate) fn thread_create(self, number: Out<'_>) -> Answer {
        if number.buf.len() < 4 {
            return Err(Errno::EFAULT.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(1)?;
        let (thread, count) = self.kernel.add_thread(self.task)?;
        number.put(&count.to_le_bytes())?;
        let file = File::Thread(thread);
        Ok(i64::from(self.kernel.install(self.task, file, open::RDONLY | open::CLOEXEC)?.0))
    }

    pub(crate) fn thread_start(self, fd: i32, start: &[u8], fds: &[u8], memory_bytes: u64) -> Answer {
        if start.len() > THREAD_START_BYTES_MAX {
            return Err(Errno::E2BIG.into());
        }
        let thread = self.kernel.thread(self.task, fd)?;
        self.kernel.start_thread(self.task, thread, (start, memory_bytes), &fd_list(fds)?)?;
        Ok(0)
    }

    pub(crate) fn thread_stop(self, fd: i32, status: i32) -> Answer {
        let thread = self.kernel.thread(self.task, fd)?;
        self.kernel.end_thread(thread, ThreadCause::Stopped, status);
        // It may be the caller, or one that made it.
        if self.kernel.process_of(self.kernel.caller_of(self.task)).is_none() {
            return Err(Stop::Exit);
        }
        Ok(0)
    }

    pub(crate) fn thread_status(self, fd: i32, status: Out<'_>) -> Answer {
        if status.buf.len() < ThreadStatus::BYTES {
            return Err(Errno::EFAULT.into());
        }
        let thread = self.kernel.thread(self.task, fd)?;
        status.put(&self.kernel.thread_status_of(thread)?.encode())?;
        Ok(0)
    }

    pub(crate) fn thread_self(self, start: Out<'_>) -> Answer {
        let bytes = self.kernel.thread_start_bytes().ok_or(Errno::ESRCH)?;
        start.put_cut(&bytes);
        Ok(bytes.len() as i64)
    }
}

impl Kernel {
    fn thread(&self, task: TaskId, fd: i32) -> Result<TaskId, Errno> {
        match self.description(task, fd)?.file {
            // A descriptor that another process inherited is of no use to it.
            File::Thread(thread) if self.threads.get(thread).is_some_and(|of| of.process == task) => {
                Ok(thread)
            }
            _ => Err(Errno::EINVAL),
        }
    }
}
