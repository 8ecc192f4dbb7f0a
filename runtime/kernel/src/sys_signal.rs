//! Calls about signals: kill, sigaction, signalfd.

use oac_abi::{
    Errno,
    flags::open,
    signal::{Disposition, Signal},
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop, block_on},
    description::File,
    dispatch::Sys,
    wait_queue::WaitKey,
};

impl Sys<'_> {
    pub(crate) fn kill(self, pid: i32, signal: u32) -> Answer {
        let signal = match signal {
            0 => None,
            number => Some(Signal::from_number(number).ok_or(Errno::EINVAL)?),
        };
        self.kernel.signal_from(self.task, pid, signal)?;
        if self.kernel.tasks.life(self.task).is_err() {
            return Err(Stop::Exit);
        }
        Ok(0)
    }

    pub(crate) fn sigaction(self, signal: u32, disposition: u32) -> Answer {
        let signal = Signal::from_number(signal).ok_or(Errno::EINVAL)?;
        let disposition = Disposition::from_number(disposition).ok_or(Errno::EINVAL)?;
        let old = self.kernel.set_disposition(self.task, signal, disposition)?;
        Ok(old as i64)
    }

    pub(crate) fn signalfd(self, mask: u64, flags: u32) -> Answer {
        if flags & !(open::NONBLOCK | open::CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let unblockable = Signal::SIGKILL.bit() | Signal::SIGSTOP.bit();
        let file = File::Signals { mask: mask & !unblockable };
        Ok(i64::from(self.kernel.install(self.task, file, flags | open::RDWR)?.0))
    }
}

impl Kernel {
    /// Reads pending signals, lowest first, one u32 each.
    pub(crate) fn signalfd_read(
        &mut self,
        task: TaskId,
        mask: u64,
        nonblocking: bool,
        buf: &mut [u8],
    ) -> Answer<usize> {
        if buf.len() < 4 {
            return Err(Errno::EINVAL.into());
        }
        let signals = &mut self.tasks.life_mut(task)?.signals;
        let mut len = 0;
        for record in buf.chunks_exact_mut(4) {
            let Some(number) = signals.take(mask) else { break };
            record.copy_from_slice(&number.to_le_bytes());
            len += 4;
        }
        match len {
            0 if nonblocking => Err(Errno::EAGAIN.into()),
            0 => block_on(WaitKey::Signals(task)),
            len => Ok(len),
        }
    }
}
