//! `proc_*` and `sched_yield`.

use oac_abi::{Errno, signal::Signal};

use crate::{
    answer::{Answer, Stop},
    dispatch::Wasi,
};

/// Preview 1's `signal`, by number from 1: Linux's, without SIGSTKFLT.
const SIGNALS: [Signal; 30] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGILL,
    Signal::SIGTRAP,
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGKILL,
    Signal::SIGUSR1,
    Signal::SIGSEGV,
    Signal::SIGUSR2,
    Signal::SIGPIPE,
    Signal::SIGALRM,
    Signal::SIGTERM,
    Signal::SIGCHLD,
    Signal::SIGCONT,
    Signal::SIGSTOP,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGURG,
    Signal::SIGXCPU,
    Signal::SIGXFSZ,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGWINCH,
    Signal::SIGIO,
    Signal::SIGPWR,
    Signal::SIGSYS,
];

impl Wasi<'_> {
    pub(crate) fn proc_exit(self, code: i32) -> Answer<()> {
        self.kernel.exit_caller(self.task, code);
        Err(Stop::Exit)
    }

    pub(crate) fn proc_raise(self, signal: u32) -> Answer<()> {
        let Some(index) = signal.checked_sub(1) else { return Ok(()) };
        let signal = *SIGNALS.get(index as usize).ok_or(Errno::EINVAL)?;
        self.kernel.signal_task(self.task, signal);
        if self.kernel.tasks.life(self.task).is_ok() { Ok(()) } else { Err(Stop::Exit) }
    }

    pub(crate) fn sched_yield(self) -> Answer<()> {
        Ok(())
    }
}
