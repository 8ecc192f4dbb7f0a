//! What signals do to a task. signal(7).

use std::sync::Arc;

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
}

impl Default for SignalState {
    fn default() -> SignalState {
        SignalState { dispositions: [Disposition::Default; 32], pending: 0 }
    }
}

impl SignalState {
    pub(crate) fn disposition(&self, signal: Signal) -> Disposition {
        self.dispositions[signal.number() as usize]
    }

    /// Pending signals of a mask.
    pub(crate) fn pending(&self, mask: u64) -> u64 {
        self.pending & mask
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

impl Kernel {
    /// Delivers a signal to one task: to a zombie or to init it does nothing, an actor takes none.
    pub(crate) fn signal_task(&mut self, target: TaskId, signal: Signal) {
        let Ok(task) = self.tasks.get_mut(target) else { return };
        if matches!(task.kind, TaskKind::Init | TaskKind::Actor) {
            return;
        }
        let Ok(life) = self.tasks.life_mut(target) else { return };
        if signal == Signal::SIGCONT && std::mem::take(&mut life.stopped) {
            self.waits.wake(WaitKey::Continued(target));
        }
        let Ok(life) = self.tasks.life_mut(target) else { return };
        match life.signals.disposition(signal) {
            Disposition::Ignore => {}
            Disposition::Caught => {
                life.signals.pending |= signal.bit();
                life.interrupted = life.pending.is_some();
                self.waits.wake(WaitKey::Signals(target));
                self.waits.wake_task(target);
            }
            Disposition::Default => match signal.default_action() {
                DefaultAction::Terminate => self.end_task(target, WaitStatus::Signaled(signal), None),
                DefaultAction::Stop => life.stopped = true,
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
            result = Ok(());
            if let Some(signal) = signal {
                self.signal_task(target, signal);
            }
        }
        result
    }

    fn group_members(&self, group: GroupId) -> Vec<TaskId> {
        self.tasks.iter().filter(|(_, task)| task.group == group).map(|(id, _)| id).collect()
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

    /// The capabilities of a task.
    pub(crate) fn capabilities(&self, task: TaskId) -> Result<Arc<crate::Capabilities>, Errno> {
        Ok(Arc::clone(&self.tasks.life(task)?.capabilities))
    }
}
