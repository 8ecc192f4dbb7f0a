//! Calls about terminals. termios(3), ioctl_tty(2).

use oac_abi::{
    Errno,
    flags::open,
    signal::Signal,
    termios::{Termios, actions, control, flush},
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop},
    arguments::Out,
    dispatch::Sys,
    sys_fd::pair,
    task::GroupId,
    terminal::PtyId,
};

/// Character size in `c_cflag`.
const CSIZE: u32 = 0o60;

impl Sys<'_> {
    pub(crate) fn tcgetattr(self, fd: i32, termios: Out<'_>) -> Answer {
        let (pty, _) = self.kernel.live_terminal(self.task, fd)?;
        termios.put(&self.kernel.terminals.get(pty)?.line.termios().encode())?;
        Ok(0)
    }

    pub(crate) fn tcsetattr(self, fd: i32, when: u32, termios: &[u8]) -> Answer {
        let (pty, _) = self.kernel.live_terminal(self.task, fd)?;
        if when > actions::FLUSH {
            return Err(Errno::EINVAL.into());
        }
        let record: &[u8; Termios::BYTES] = termios.try_into().map_err(|_| Errno::EINVAL)?;
        self.kernel.require_foreground(self.task, pty, Signal::SIGTTOU)?;
        let mut new = Termios::decode(record);
        // A pseudo-terminal has eight bits and no parity, whatever it is told.
        new.control = new.control & !(CSIZE | control::PARENB) | control::CS8 | control::CREAD;
        let line = &mut self.kernel.terminals.get_mut(pty)?.line;
        // What the program has written is with the master at once: there is nothing to drain.
        if when == actions::FLUSH {
            line.flush_input();
        }
        line.set_termios(new);
        self.kernel.run_terminal(pty);
        Ok(0)
    }

    pub(crate) fn tcgetwinsize(self, fd: i32, size: Out<'_>) -> Answer {
        let (pty, _) = self.kernel.live_terminal(self.task, fd)?;
        let (rows, columns) = self.kernel.terminals.get(pty)?.size;
        size.put(&[rows.to_le_bytes(), columns.to_le_bytes()].concat())?;
        Ok(0)
    }

    pub(crate) fn tcsetwinsize(self, fd: i32, size: &[u8]) -> Answer {
        let (pty, _) = self.kernel.live_terminal(self.task, fd)?;
        let &[r0, r1, c0, c1] = size else { return Err(Errno::EINVAL.into()) };
        let terminal = self.kernel.terminals.get_mut(pty)?;
        let new = (u16::from_le_bytes([r0, r1]), u16::from_le_bytes([c0, c1]));
        let old = std::mem::replace(&mut terminal.size, new);
        if let (true, Some(group)) = (old != new, terminal.foreground) {
            self.kernel.signal_group(group, Signal::SIGWINCH);
        }
        self.kernel.unless_ended(self.task)
    }

    pub(crate) fn openpty(self, flags: u32, fds: Out<'_>) -> Answer {
        if flags & !(open::CLOEXEC | open::NONBLOCK | open::NOCTTY) != 0 {
            return Err(Errno::EINVAL.into());
        }
        if fds.buf.len() < 8 {
            return Err(Errno::EFAULT.into());
        }
        let (master, slave) = self.kernel.install_terminal(self.task, flags)?;
        fds.put(&pair(master, slave))?;
        Ok(0)
    }

    pub(crate) fn tcgetpgrp(self, fd: i32) -> Answer {
        let (pty, master) = self.kernel.terminal_of(self.task, fd)?;
        if !master {
            self.kernel.require_own_terminal(self.task, pty)?;
        }
        Ok(self.kernel.terminals.get(pty)?.foreground.map_or(0, |group| i64::from(group.0)))
    }

    pub(crate) fn tcsetpgrp(self, fd: i32, group: i32) -> Answer {
        let (pty, _) = self.kernel.terminal_of(self.task, fd)?;
        match self.kernel.require_foreground(self.task, pty, Signal::SIGTTOU) {
            Err(Stop::Fail(Errno::EIO)) => return Err(Errno::ENOTTY.into()),
            other => other?,
        }
        let group = GroupId(u32::try_from(group).map_err(|_| Errno::EINVAL)?);
        self.kernel.require_own_terminal(self.task, pty)?;
        self.kernel.set_foreground(self.task, pty, group)?;
        Ok(0)
    }

    pub(crate) fn tcsetctty(self, fd: i32) -> Answer {
        let (pty, master) = self.kernel.live_terminal(self.task, fd)?;
        if master {
            return Err(Errno::ENOTTY.into());
        }
        let task = self.kernel.tasks.get(self.task)?;
        let (session, group, leads) = (task.session, task.group, task.session.0 == self.task.0);
        let owner = self.kernel.terminals.get(pty)?.session;
        if leads && owner == Some(session) {
            return Ok(0);
        }
        if !leads || owner.is_some() || self.kernel.terminals.controlling(session).is_some() {
            return Err(Errno::EPERM.into());
        }
        self.kernel.terminals.control(pty, session, group);
        Ok(0)
    }

    pub(crate) fn ptsnumber(self, fd: i32) -> Answer {
        match self.kernel.terminal_of(self.task, fd)? {
            (pty, true) => Ok(i64::from(pty.0)),
            (_, false) => Err(Errno::ENOTTY.into()),
        }
    }

    pub(crate) fn tcflush(self, fd: i32, queue: u32) -> Answer {
        let (pty, master) = self.kernel.live_terminal(self.task, fd)?;
        if queue > flush::BOTH {
            return Err(Errno::EINVAL.into());
        }
        if !master {
            self.kernel.require_foreground(self.task, pty, Signal::SIGTTOU)?;
        }
        let line = &mut self.kernel.terminals.get_mut(pty)?.line;
        let (input, output) = (queue != flush::OUTPUT, queue != flush::INPUT);
        match master {
            false if input => line.flush_input(),
            true if input => line.discard_output(),
            _ => {}
        }
        match master {
            false if output => line.flush_output(),
            true if output => line.flush_transit(),
            _ => {}
        }
        self.kernel.run_terminal(pty);
        self.kernel.unless_ended(self.task)
    }
}

impl Kernel {
    /// The terminal behind a descriptor that has not been hung up.
    ///
    /// # Errors
    /// EBADF, ENOTTY, EIO.
    fn live_terminal(&self, task: TaskId, fd: i32) -> Result<(PtyId, bool), Errno> {
        let (pty, master) = self.terminal_of(task, fd)?;
        if self.terminals.get(pty)?.master { Ok((pty, master)) } else { Err(Errno::EIO) }
    }

    /// Fails unless a terminal is the caller's controlling one.
    ///
    /// # Errors
    /// ENOTTY.
    fn require_own_terminal(&self, task: TaskId, pty: PtyId) -> Result<(), Errno> {
        let own = self.terminals.controlling(self.tasks.get(task)?.session);
        if own == Some(pty) { Ok(()) } else { Err(Errno::ENOTTY) }
    }

    /// Makes a group of the caller's session the foreground group of a terminal.
    ///
    /// # Errors
    /// ESRCH when there is no such group, EPERM when it is in another session.
    pub(crate) fn set_foreground(&mut self, task: TaskId, pty: PtyId, group: GroupId) -> Result<(), Errno> {
        let session = self.tasks.get(task)?.session;
        let owner = self.session_of_group(group).ok_or(Errno::ESRCH)?;
        if owner != session {
            return Err(Errno::EPERM);
        }
        self.terminals.get_mut(pty)?.foreground = Some(group);
        Ok(())
    }

    /// The result of a call that may have ended its own caller by a signal.
    fn unless_ended(&self, task: TaskId) -> Answer {
        if self.tasks.life(task).is_ok() { Ok(0) } else { Err(Stop::Exit) }
    }
}
