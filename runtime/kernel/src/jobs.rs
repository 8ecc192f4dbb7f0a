//! Sessions, process groups, and tasks that are stopped and go on: job control. setsid(2), setpgid(2), credentials(7).

use oac_abi::{
    Errno,
    signal::{ChildChange, Signal},
};

use crate::{
    Kernel, TaskId,
    answer::Answer,
    dispatch::Sys,
    task::{GroupId, INIT, SessionId, State},
    wait_queue::WaitKey,
};

impl Sys<'_> {
    pub(crate) fn setsid(self) -> Answer {
        let leads_group = self.kernel.tasks.iter().any(|(_, task)| task.group.0 == self.task.0);
        if leads_group {
            return Err(Errno::EPERM.into());
        }
        self.kernel.tasks.get_mut(self.task)?.session = SessionId(self.task.0);
        self.kernel.join_group(self.task, GroupId(self.task.0))?;
        Ok(i64::from(self.task.0))
    }

    pub(crate) fn getsid(self, pid: i32) -> Answer {
        let target = self.kernel.named_task(self.task, pid)?;
        Ok(i64::from(self.kernel.tasks.get(target)?.session.0))
    }

    pub(crate) fn setpgid(self, pid: i32, pgid: i32) -> Answer {
        // No group is the task's own, so that a nonsensical task is a nonsensical group.
        let group = u32::try_from(if pgid == 0 { pid } else { pgid }).map_err(|_| Errno::EINVAL)?;
        let target = self.kernel.named_task(self.task, pid)?;
        let group = if group == 0 { GroupId(target.0) } else { GroupId(group) };
        let (task, caller) = (self.kernel.tasks.get(target)?, self.kernel.tasks.get(self.task)?);
        if target != self.task {
            if task.parent != self.task {
                return Err(Errno::ESRCH.into());
            }
            if task.session != caller.session {
                return Err(Errno::EPERM.into());
            }
            // A child runs its own program from the start: it has execed. `SpawnRequest::group` is the way.
            return Err(Errno::EACCES.into());
        }
        if task.session.0 == target.0 {
            return Err(Errno::EPERM.into());
        }
        if group.0 != target.0 && self.kernel.session_of_group(group) != Some(caller.session) {
            return Err(Errno::EPERM.into());
        }
        self.kernel.join_group(target, group)?;
        Ok(0)
    }

    pub(crate) fn getpgid(self, pid: i32) -> Answer {
        let target = self.kernel.named_task(self.task, pid)?;
        Ok(i64::from(self.kernel.tasks.get(target)?.group.0))
    }
}

impl Kernel {
    /// Moves a task to a group. Its parent may wait for a child of the old one, and perhaps has none any more.
    fn join_group(&mut self, id: TaskId, group: GroupId) -> Result<(), Errno> {
        let task = self.tasks.get_mut(id)?;
        task.group = group;
        let parent = task.parent;
        self.waits.wake(WaitKey::Children(parent));
        Ok(())
    }

    /// The session that a group is in; `None` when it has no members.
    pub(crate) fn session_of_group(&self, group: GroupId) -> Option<SessionId> {
        self.tasks.iter().find(|(_, task)| task.group == group).map(|(_, task)| task.session)
    }

    pub(crate) fn group_members(&self, group: GroupId) -> Vec<TaskId> {
        self.tasks.iter().filter(|(_, task)| task.group == group).map(|(id, _)| id).collect()
    }

    /// Signals every member of a group.
    pub(crate) fn signal_group(&mut self, group: GroupId, signal: Signal) {
        for member in self.group_members(group) {
            self.signal_task(member, signal);
        }
    }

    /// Whether no member of a group has a parent in another group of the same session: nobody could make it go on once it is
    /// stopped. `without` is a member that is on its way out.
    pub(crate) fn is_orphaned(&self, group: GroupId, without: Option<TaskId>) -> bool {
        !self.tasks.iter().any(|(id, task)| {
            task.group == group
                && Some(id) != without
                && task.is_living()
                && task.parent != INIT
                && self
                    .tasks
                    .get(task.parent)
                    .is_ok_and(|parent| parent.group != group && parent.session == task.session)
        })
    }

    fn has_stopped(&self, group: GroupId) -> bool {
        self.tasks.iter().any(|(_, task)| task.group == group && task.life().is_ok_and(|life| life.stopped))
    }

    /// A group that has become orphaned with stopped members hears of it, and goes on. POSIX, exit().
    pub(crate) fn tell_orphaned(&mut self, group: GroupId) {
        if self.has_stopped(group) && self.is_orphaned(group, None) {
            self.signal_group(group, Signal::SIGHUP);
            self.signal_group(group, Signal::SIGCONT);
        }
    }

    /// Stops a task, and tells its parent.
    pub(crate) fn stop_task(&mut self, target: TaskId, signal: Signal) {
        let Ok(life) = self.tasks.life_mut(target) else { return };
        if !std::mem::replace(&mut life.stopped, true) {
            self.tell_change(target, ChildChange::Stopped(signal));
        }
    }

    /// SIGCONT's first effect, whatever its disposition: a stopped task goes on, and gets what has come meanwhile.
    pub(crate) fn continue_task(&mut self, target: TaskId) {
        let Ok(life) = self.tasks.life_mut(target) else { return };
        if !std::mem::take(&mut life.stopped) {
            return;
        }
        let held = life.signals.take_held();
        life.restarted = true;
        self.waits.wake_task(target);
        self.waits.wake(WaitKey::Continued(target));
        self.tell_change(target, ChildChange::Continued);
        for &signal in Signal::ALL.iter().filter(|signal| held & signal.bit() != 0) {
            self.signal_task(target, signal);
        }
    }

    fn tell_change(&mut self, target: TaskId, change: ChildChange) {
        let Ok(task) = self.tasks.get_mut(target) else { return };
        task.change = Some(change);
        let parent = task.parent;
        self.waits.wake(WaitKey::Children(parent));
        self.signal_task(parent, Signal::SIGCHLD);
    }

    /// Something to tell of a child, among those that wait4's pid argument names. What is told is told once.
    ///
    /// # Errors
    /// ECHILD when it names none.
    pub(crate) fn find_changed_child(
        &mut self,
        parent: TaskId,
        pid: i32,
        (stops, goes_on): (bool, bool),
    ) -> Result<Option<(TaskId, ChildChange)>, Errno> {
        let caller = self.tasks.get(parent)?;
        let (group, children) = (caller.group, caller.children.clone());
        let mut any = false;
        for child in children {
            let task = self.tasks.get_mut(child)?;
            let meant = match pid {
                -1 => true,
                0 => task.group == group,
                1.. => child.0 == pid.unsigned_abs(),
                _ => task.group.0 == pid.unsigned_abs(),
            };
            any |= meant;
            if !meant {
                continue;
            }
            match (&task.state, task.change) {
                (State::Zombie(status), _) => return Ok(Some((child, ChildChange::Ended(*status)))),
                (State::Living(_), Some(change @ ChildChange::Stopped(_))) if stops => {
                    task.change = None;
                    return Ok(Some((child, change)));
                }
                (State::Living(_), Some(ChildChange::Continued)) if goes_on => {
                    task.change = None;
                    return Ok(Some((child, ChildChange::Continued)));
                }
                _ => {}
            }
        }
        if any { Ok(None) } else { Err(Errno::ECHILD) }
    }

    /// What the end of a task means for groups and sessions, once it has ended and its children have gone to init.
    pub(crate) fn leave_groups(
        &mut self,
        (id, group, session): (TaskId, GroupId, SessionId),
        parent: TaskId,
        orphans: &[TaskId],
    ) {
        if session.0 == id.0 {
            self.leader_ends(session);
        }
        for &orphan in orphans {
            let Ok(task) = self.tasks.get(orphan) else { continue };
            if task.group != group && task.session == session {
                self.tell_orphaned(task.group);
            }
        }
        let held_up = |parent: &crate::task::Task| parent.group != group && parent.session == session;
        if self.tasks.get(parent).is_ok_and(held_up) {
            self.tell_orphaned(group);
        }
    }
}
