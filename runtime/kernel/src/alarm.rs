//! The interval timer of each task: SIGALRM when it has run down. setitimer(2), ITIMER_REAL.

use std::collections::BTreeSet;

use oac_abi::{Errno, signal::Signal};

use crate::{Kernel, TaskId, answer::Answer, arguments::Out, dispatch::Sys};

/// A timer that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    /// When it goes off, on the monotonic clock.
    pub(crate) at_ns: u64,
    /// After how long again; 0: not again.
    pub(crate) interval_ns: u64,
}

/// All timers that run, by their time.
#[derive(Debug, Default)]
pub(crate) struct Alarms(BTreeSet<(u64, TaskId)>);

impl Alarms {
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.0.first().map(|&(at_ns, _)| at_ns)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Sys<'_> {
    pub(crate) fn setitimer(self, interval_ns: i64, value_ns: i64, old: Out<'_>) -> Answer {
        let interval_ns = u64::try_from(interval_ns).map_err(|_| Errno::EINVAL)?;
        let value_ns = u64::try_from(value_ns).map_err(|_| Errno::EINVAL)?;
        let now_ns = self.kernel.now.monotonic_ns;
        let alarm = Alarm { at_ns: now_ns.saturating_add(value_ns), interval_ns };
        let before = self.kernel.set_alarm(self.task, (value_ns > 0).then_some(alarm))?;
        // One that goes off at this very moment has something left: 0 would mean that it does not run.
        let left_ns = before.map_or(0, |alarm| alarm.at_ns.saturating_sub(now_ns).max(1));
        let interval_ns = before.map_or(0, |alarm| alarm.interval_ns);
        if !old.buf.is_empty() {
            old.put(&[left_ns.to_le_bytes(), interval_ns.to_le_bytes()].concat())?;
        }
        Ok(0)
    }
}

impl Kernel {
    /// When the host should tell the time although no call waits for it: for alarms, and the end of the container's time. The
    /// part of [`Kernel::next_deadline_ns`] that is nobody's call.
    pub fn next_timer_ns(&self) -> Option<u64> {
        [self.alarms.next_ns(), self.wall_deadline_ns()].into_iter().flatten().min()
    }

    /// Sets a task's timer; gives the one that ran.
    ///
    /// # Errors
    /// ESRCH.
    pub(crate) fn set_alarm(&mut self, task: TaskId, alarm: Option<Alarm>) -> Result<Option<Alarm>, Errno> {
        let before = std::mem::replace(&mut self.tasks.life_mut(task)?.alarm, alarm);
        if let Some(before) = before {
            self.alarms.0.remove(&(before.at_ns, task));
        }
        if let Some(alarm) = alarm {
            self.alarms.0.insert((alarm.at_ns, task));
        }
        Ok(before)
    }

    /// Forgets the timer of a task that ends.
    pub(crate) fn forget_alarm(&mut self, task: TaskId, alarm: Option<Alarm>) {
        if let Some(alarm) = alarm {
            self.alarms.0.remove(&(alarm.at_ns, task));
        }
    }

    /// Signals those whose timers have run down. Periods that have been missed are one signal.
    pub(crate) fn expire_alarms(&mut self) {
        let now_ns = self.now.monotonic_ns;
        while let Some(&(at_ns, task)) = self.alarms.0.first()
            && at_ns <= now_ns
        {
            let alarm = self.tasks.life(task).ok().and_then(|life| life.alarm);
            let again = alarm.filter(|alarm| alarm.interval_ns > 0).map(|alarm| {
                let periods = (now_ns - at_ns) / alarm.interval_ns + 1;
                let at_ns = at_ns.saturating_add(periods.saturating_mul(alarm.interval_ns));
                Alarm { at_ns, ..alarm }
            });
            if self.set_alarm(task, again).is_err() {
                self.alarms.0.remove(&(at_ns, task));
            }
            self.signal_task(task, Signal::SIGALRM);
        }
    }
}
