//! Calls about tasks themselves: ids, groups, spawn, wait, exit.

use oac_abi::{
    Errno,
    flags::wait,
    signal::{Signal, WaitStatus},
    spawn::SpawnRequest,
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop, block_on},
    arguments::Out,
    description::File,
    dispatch::Sys,
    task::{GroupId, State},
    wait_queue::WaitKey,
};

impl Sys<'_> {
    pub(crate) fn spawn(self, request: &[u8]) -> Answer {
        let request = SpawnRequest::decode(request)?;
        Ok(i64::from(self.kernel.spawn(self.task, request)?.0))
    }

    pub(crate) fn wait4(self, pid: i32, options: u32, status: Out<'_>) -> Answer {
        if options & !wait::NOHANG != 0 {
            return Err(Errno::EINVAL.into());
        }
        if status.buf.len() < WaitStatus::BYTES {
            return Err(Errno::EFAULT.into());
        }
        match self.kernel.find_ended_child(self.task, pid)? {
            Some((child, ended)) => {
                self.kernel.tasks.remove(child);
                status.put(&ended.encode())?;
                Ok(i64::from(child.0))
            }
            None if options & wait::NOHANG != 0 => Ok(0),
            None => block_on(WaitKey::Children(self.task)),
        }
    }

    pub(crate) fn exit(self, status: i32) -> Answer {
        self.kernel.end_task(self.task, WaitStatus::Exited(status as u8), None);
        Err(Stop::Exit)
    }

    pub(crate) fn getpid(self) -> Answer {
        Ok(i64::from(self.task.0))
    }

    pub(crate) fn getppid(self) -> Answer {
        Ok(i64::from(self.kernel.tasks.get(self.task)?.parent.0))
    }

    pub(crate) fn setpgid(self, pid: i32, pgid: i32) -> Answer {
        let target = self.kernel.named_task(self.task, pid)?;
        let group = match u32::try_from(pgid).map_err(|_| Errno::EINVAL)? {
            0 => GroupId(target.0),
            number => GroupId(number),
        };
        let parent = self.kernel.tasks.get(target)?.parent;
        if target != self.task && parent != self.task {
            return Err(Errno::ESRCH.into());
        }
        let exists = group.0 == target.0 || self.kernel.tasks.iter().any(|(_, task)| task.group == group);
        if !exists {
            return Err(Errno::EPERM.into());
        }
        self.kernel.tasks.get_mut(target)?.group = group;
        Ok(0)
    }

    pub(crate) fn getpgid(self, pid: i32) -> Answer {
        let target = self.kernel.named_task(self.task, pid)?;
        Ok(i64::from(self.kernel.tasks.get(target)?.group.0))
    }

    pub(crate) fn pidfd_open(self, pid: i32, flags: u32) -> Answer {
        let target = TaskId(u32::try_from(pid).ok().filter(|&pid| pid > 0).ok_or(Errno::EINVAL)?);
        if flags & !(oac_abi::flags::open::NONBLOCK | oac_abi::flags::open::CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        self.kernel.tasks.get(target)?;
        Ok(i64::from(self.kernel.install(self.task, File::Pidfd(target), flags)?.0))
    }
}

impl Kernel {
    /// The task that a pid argument names; 0 is the caller.
    fn named_task(&self, caller: TaskId, pid: i32) -> Result<TaskId, Errno> {
        let id = match u32::try_from(pid).map_err(|_| Errno::EINVAL)? {
            0 => caller,
            pid => TaskId(pid),
        };
        self.tasks.get(id).map(|_| id)
    }

    /// A child that has ended, among those that wait4's pid argument names.
    ///
    /// # Errors
    /// ECHILD when it names none.
    fn find_ended_child(&self, parent: TaskId, pid: i32) -> Result<Option<(TaskId, WaitStatus)>, Errno> {
        let caller = self.tasks.get(parent)?;
        let mut any = false;
        for &child in &caller.children {
            let task = self.tasks.get(child)?;
            let meant = match pid {
                -1 => true,
                0 => task.group == caller.group,
                1.. => child.0 == pid.unsigned_abs(),
                _ => task.group.0 == pid.unsigned_abs(),
            };
            any |= meant;
            if let State::Zombie(status) = task.state
                && meant
            {
                return Ok(Some((child, status)));
            }
        }
        if any { Ok(None) } else { Err(Errno::ECHILD) }
    }

    /// Ends a task: everything it holds is given up, its children go to init, its parent hears of it.
    pub(crate) fn end_task(&mut self, id: TaskId, status: WaitStatus, reason: Option<String>) {
        let Ok(task) = self.tasks.get_mut(id) else { return };
        if !task.is_living() {
            return;
        }
        let State::Living(mut life) = std::mem::replace(&mut task.state, State::Zombie(status)) else {
            return;
        };
        let (parent, kind) = (task.parent, task.kind.clone());
        let children = std::mem::take(&mut task.children);
        self.record_exit(id, parent, status, reason);
        for entry in life.fds.drain() {
            self.release(entry.description);
        }
        self.namespaces.release(life.namespace);
        drop(life);
        for child in children {
            self.adopt(child);
        }
        self.waits.forget(id);
        self.waits.wake(WaitKey::TaskEnd(id));
        if kind.is_program() && self.current != Some(id) {
            self.requests.push_back(crate::HostRequest::Stop { task: id });
        }
        self.requests.push_back(crate::HostRequest::Exited { task: id, status });
        if self.reaps_itself(parent) {
            self.tasks.remove(id);
        }
        self.waits.wake(WaitKey::Children(parent));
        self.signal_task(parent, Signal::SIGCHLD);
    }

    /// Init takes over an orphan, and reaps it when it has ended already.
    fn adopt(&mut self, child: TaskId) {
        let Ok(task) = self.tasks.get_mut(child) else { return };
        task.parent = crate::task::INIT;
        let ended = !task.is_living();
        if let Ok(init) = self.tasks.get_mut(crate::task::INIT) {
            init.children.insert(child);
        }
        if ended {
            self.tasks.remove(child);
        }
    }
}
