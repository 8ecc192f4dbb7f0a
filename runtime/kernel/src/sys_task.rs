//! Calls about tasks themselves: ids, groups, spawn, wait, exit.

use oac_abi::{
    Errno,
    flags::{open, wait},
    signal::{ChildChange, Signal, WaitStatus},
    spawn::SpawnRequest,
};

use crate::{
    Kernel, LogEvent, TaskId,
    answer::{Answer, Stop, block_on},
    arguments::Out,
    description::File,
    dispatch::Sys,
    limits::together,
    task::State,
    wait_queue::WaitKey,
};

impl Sys<'_> {
    pub(crate) fn spawn(self, request: &[u8]) -> Answer {
        let request = SpawnRequest::decode(request)?;
        Ok(i64::from(self.kernel.spawn(self.task, request)?.0))
    }

    pub(crate) fn wait4(self, pid: i32, options: u32, status: Out<'_>) -> Answer {
        if options & !(wait::NOHANG | wait::UNTRACED | wait::CONTINUED) != 0 {
            return Err(Errno::EINVAL.into());
        }
        if status.buf.len() < WaitStatus::BYTES {
            return Err(Errno::EFAULT.into());
        }
        let wanted = (options & wait::UNTRACED != 0, options & wait::CONTINUED != 0);
        match self.kernel.find_changed_child(self.task, pid, wanted)? {
            Some((child, change)) => {
                if let ChildChange::Ended(_) = change {
                    self.kernel.reap(self.task, child);
                }
                status.put(&change.encode())?;
                Ok(i64::from(child.0))
            }
            None if options & wait::NOHANG != 0 => Ok(0),
            None => block_on(WaitKey::Children(self.task)),
        }
    }

    pub(crate) fn exit(self, status: i32) -> Answer {
        self.kernel.exit_caller(self.task, status);
        Err(Stop::Exit)
    }

    pub(crate) fn getpid(self) -> Answer {
        Ok(i64::from(self.task.0))
    }

    pub(crate) fn getppid(self) -> Answer {
        Ok(i64::from(self.kernel.tasks.get(self.task)?.parent.0))
    }

    pub(crate) fn pidfd_open(self, pid: i32, flags: u32) -> Answer {
        let target = TaskId(u32::try_from(pid).ok().filter(|&pid| pid > 0).ok_or(Errno::EINVAL)?);
        if flags & !(open::NONBLOCK | open::CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        self.kernel.tasks.get(target)?;
        // It is always closed on exec, as on Linux.
        let flags = flags | open::RDWR | open::CLOEXEC;
        Ok(i64::from(self.kernel.install(self.task, File::Pidfd(target), flags)?.0))
    }
}

impl Kernel {
    /// The task that a pid argument names; 0 is the caller.
    pub(crate) fn named_task(&self, caller: TaskId, pid: i32) -> Result<TaskId, Errno> {
        let id = match u32::try_from(pid).map_err(|_| Errno::ESRCH)? {
            0 => caller,
            pid => TaskId(pid),
        };
        self.tasks.get(id).map(|_| id)
    }

    /// Takes a child that has ended off the list; what it used is its parent's children's.
    fn reap(&mut self, parent: TaskId, child: TaskId) {
        let Some(ended) = self.tasks.remove(child) else { return };
        if let Ok(parent) = self.tasks.get_mut(parent) {
            let used = together(ended.usage, ended.children_usage);
            parent.children_usage = together(parent.children_usage, used);
        }
    }

    /// Ends a task: everything it holds is given up, its children go to init, its parent hears of it.
    pub(crate) fn end_task(&mut self, id: TaskId, status: WaitStatus, reason: Option<String>) {
        let Ok(task) = self.tasks.get_mut(id) else { return };
        if !task.is_living() {
            return;
        }
        self.end_threads_of(id);
        let Ok(task) = self.tasks.get_mut(id) else { return };
        let State::Living(mut life) = std::mem::replace(&mut task.state, State::Zombie(status)) else {
            return;
        };
        let (parent, kind) = (task.parent, task.kind.clone());
        let place = (id, task.group, task.session);
        let children = std::mem::take(&mut task.children);
        task.change = None;
        self.forget_prepared(id);
        self.forget_alarm(id, life.alarm);
        self.log(id, |_| LogEvent::Exit { status, reason: reason.clone() });
        self.record_exit(id, parent, status, reason);
        for entry in life.fds.drain() {
            self.release_from(id, entry.description);
        }
        self.locks.unwant(id);
        self.end_channels_of(id);
        self.namespaces.release(life.namespace);
        drop(life);
        if !self.mounted.is_empty() {
            self.drop_unused_filesystems();
        }
        for &child in &children {
            self.adopt(child);
        }
        self.forget_caller(id);
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
        let orphans: Vec<TaskId> = children.into_iter().collect();
        self.leave_groups(place, parent, &orphans);
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
