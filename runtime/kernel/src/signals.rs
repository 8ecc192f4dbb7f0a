//! What signals do to a task. signal(7).

use oac_abi::{
    Errno,
    signal::{DefaultAction, Disposition, Signal, WaitStatus},
};

use crate::{
    Kernel, TaskId,
    answer::Stop,
    task::{GroupId, INIT, TaskKind},
    wait_queue::WaitKey,
};

/// A task's dispositions and its pending caught signals. Standard signals are a set: a second one of a kind adds nothing.
#[derive(Debug)]
pub(crate) struct SignalState {
    dispositions: [Disposition; 32],
    pending: u64,
    /// Signals that end a task, and came while it was stopped.
    held: u64,
}

impl Default for SignalState {
    fn default() -> SignalState {
        SignalState { dispositions: [Disposition::Default; 32], pending: 0, held: 0 }
    }
}

impl SignalState {
    /// For a child: what is ignored stays so, unless it is in `default_signals`. posix_spawn(3), execve(2).
    pub(crate) fn inherited(&self, default_signals: u64) -> SignalState {
        let mut child = SignalState::default();
        for &signal in Signal::ALL {
            if self.disposition(signal) == Disposition::Ignore && default_signals & signal.bit() == 0 {
                child.dispositions[signal.number() as usize] = Disposition::Ignore;
            }
        }
        child
    }

    /// What was held back while the task was stopped.
    pub(crate) fn take_held(&mut self) -> u64 {
        std::mem::take(&mut self.held)
    }

    pub(crate) fn disposition(&self, signal: Signal) -> Disposition {
        self.dispositions[signal.number() as usize]
    }

    /// Pending signals of a mask.
    pub(crate) fn pending(&self, mask: u64) -> u64 {
        self.pending & mask
    }

    /// Pending, ignored and caught signals, as `/proc` shows them.
    pub(crate) fn masks(&self) -> (u64, u64, u64) {
        let with = |disposition: Disposition| {
            let signals = Signal::ALL.iter().filter(|&&signal| self.disposition(signal) == disposition);
            signals.fold(0, |mask, signal| mask | signal.bit())
        };
        (self.pending | self.held, with(Disposition::Ignore), with(Disposition::Caught))
    }

    /// Takes the lowest pending signal of a mask.
    pub(crate) fn take(&mut self, mask: u64) -> Option<u32> {
        let pending = self.pending & mask;
        if pending == 0 {
            return None;
        }
        let bit = pending.trailing_zeros();
        self.pending &= !(1 << bit);
        Some(bit + 1)
    }
}

/// The signals that stop a task.
const fn stops() -> u64 {
    Signal::SIGSTOP.bit() | Signal::SIGTSTP.bit() | Signal::SIGTTIN.bit() | Signal::SIGTTOU.bit()
}

impl Kernel {
    /// Delivers a signal to one task: to a zombie or to init it does nothing, an actor takes none.
    pub(crate) fn signal_task(&mut self, target: TaskId, signal: Signal) {
        let Ok(task) = self.tasks.get_mut(target) else { return };
        if matches!(task.kind, TaskKind::Init | TaskKind::Actor) {
            return;
        }
        let Ok(life) = self.tasks.life_mut(target) else { return };
        if signal == Signal::SIGCONT {
            life.signals.pending &= !stops();
            self.continue_task(target);
        } else if stops() & signal.bit() != 0 {
            life.signals.pending &= !Signal::SIGCONT.bit();
        }
        // What was held back may have ended it.
        let Ok(life) = self.tasks.life_mut(target) else { return };
        match life.signals.disposition(signal) {
            Disposition::Ignore => {}
            Disposition::Caught => {
                life.signals.pending |= signal.bit();
                self.interrupt_main(target);
                self.waits.wake(WaitKey::Signals(target));
                self.waits.wake_task(target);
            }
            Disposition::Default => match signal.default_action() {
                DefaultAction::Terminate if life.stopped && signal != Signal::SIGKILL => {
                    life.signals.held |= signal.bit();
                }
                DefaultAction::Terminate => self.end_task(target, WaitStatus::Signaled(signal), None),
                DefaultAction::Stop => {
                    let group = self.tasks.get(target).map(|task| task.group);
                    // From the terminal, or asked for by name: nobody could make an orphan go on.
                    let pointless =
                        signal != Signal::SIGSTOP && group.is_ok_and(|group| self.is_orphaned(group, None));
                    if !pointless {
                        self.stop_task(target, signal);
                    }
                }
                DefaultAction::Ignore | DefaultAction::Continue => {}
            },
        }
    }

    /// kill(2) as `sender` asks for it; `None` only checks that there is somebody.
    ///
    /// # Errors
    /// ESRCH when nobody is meant, EPERM when only init or an actor is.
    pub(crate) fn signal_from(
        &mut self,
        sender: TaskId,
        pid: i32,
        signal: Option<Signal>,
    ) -> Result<(), Errno> {
        let targets: Vec<TaskId> = match pid {
            1.. => vec![TaskId(pid as u32)],
            -1 => self
                .tasks
                .iter()
                .filter(|(id, task)| *id != INIT && *id != sender && task.is_living())
                .map(|(id, _)| id)
                .collect(),
            0 => self.group_members(self.tasks.get(sender)?.group),
            _ => self.group_members(GroupId(pid.unsigned_abs())),
        };
        let mut result = Err(Errno::ESRCH);
        for target in targets {
            let Ok(task) = self.tasks.get(target) else { continue };
            if matches!(task.kind, TaskKind::Init | TaskKind::Actor) && signal.is_some() {
                result = result.or(Err(Errno::EPERM));
                continue;
            }
            if !self.may_signal(sender, target, signal) {
                result = result.or(Err(Errno::EPERM));
                continue;
            }
            result = Ok(());
            if let Some(signal) = signal {
                self.signal_task(target, signal);
            }
        }
        result
    }

    /// By the users of both; whoever is in the same session may make a task go on. Zombies are anybody's.
    fn may_signal(&self, sender: TaskId, target: TaskId, signal: Option<Signal>) -> bool {
        let (Ok(own), Ok(other)) = (self.tasks.life(sender), self.tasks.life(target)) else { return true };
        let session = |task: TaskId| self.tasks.get(task).map(|task| task.session);
        own.credentials.may_signal(&other.credentials)
            || signal == Some(Signal::SIGCONT) && session(sender) == session(target)
    }

    /// A write to something that nobody reads: SIGPIPE and EPIPE.
    pub(crate) fn broken_pipe(&mut self, task: TaskId) -> Stop {
        self.signal_task(task, Signal::SIGPIPE);
        if self.tasks.life(task).is_ok() { Stop::Fail(Errno::EPIPE) } else { Stop::Exit }
    }

    /// sigaction(2): what was pending and is now ignored is dropped; what is default now, happens.
    ///
    /// # Errors
    /// EINVAL for SIGKILL and SIGSTOP.
    pub(crate) fn set_disposition(
        &mut self,
        task: TaskId,
        signal: Signal,
        disposition: Disposition,
    ) -> Result<Disposition, Errno> {
        if matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
            return Err(Errno::EINVAL);
        }
        let signals = &mut self.tasks.life_mut(task)?.signals;
        let old = signals.disposition(signal);
        signals.dispositions[signal.number() as usize] = disposition;
        if disposition != Disposition::Caught && signals.pending & signal.bit() != 0 {
            signals.pending &= !signal.bit();
            if disposition == Disposition::Default {
                self.signal_task(task, signal);
            }
        }
        Ok(old)
    }

    /// Whether ended children of this task vanish without being waited for.
    pub(crate) fn reaps_itself(&self, task: TaskId) -> bool {
        task == INIT
            || self
                .tasks
                .life(task)
                .is_ok_and(|life| life.signals.disposition(Signal::SIGCHLD) == Disposition::Ignore)
    }
}
