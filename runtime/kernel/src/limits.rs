//! Resource limits and resource use: prlimit(2), getrusage(2), and the limits of the container that end tasks.

use oac_abi::{
    Errno,
    limit::{Rlimit, UNLIMITED, Usage, resource},
    signal::{Signal, WaitStatus},
};

use oac_vfs::{FileSystems as _, Node, WriteAt};

use crate::{
    Kernel, LimitKind, Limits, TaskId,
    answer::{Answer, Stop},
    arguments::Out,
    dispatch::Sys,
    task::INIT,
};

const NS_PER_S: u64 = 1_000_000_000;
const STACK_BYTES: u64 = 8 << 20;

/// A task's limits, by `limit::resource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceLimits {
    limits: [Rlimit; resource::COUNT],
    /// Seconds of CPU time at which SIGXCPU was last sent.
    cpu_signalled_s: u64,
}

impl ResourceLimits {
    /// Those of the container's first tasks.
    pub(crate) fn new(container: &Limits) -> ResourceLimits {
        let mut limits = [Rlimit { soft: UNLIMITED, hard: UNLIMITED }; resource::COUNT];
        let mut both = |resource: u32, value: u64| {
            limits[resource as usize] = Rlimit { soft: value, hard: value };
        };
        both(resource::NOFILE, container.fds as u64);
        both(resource::NPROC, container.tasks as u64);
        both(resource::FSIZE, container.file_bytes.unwrap_or(UNLIMITED));
        both(resource::NICE, 0);
        both(resource::RTPRIO, 0);
        limits[resource::CORE as usize].soft = 0;
        limits[resource::STACK as usize].soft = STACK_BYTES;
        ResourceLimits { limits, cpu_signalled_s: 0 }
    }

    /// For a child.
    pub(crate) fn inherited(&self) -> ResourceLimits {
        ResourceLimits { limits: self.limits, cpu_signalled_s: 0 }
    }

    /// One of them.
    ///
    /// # Errors
    /// EINVAL when there is no such resource.
    pub(crate) fn get(&self, resource: u32) -> Result<Rlimit, Errno> {
        self.limits.get(resource as usize).copied().ok_or(Errno::EINVAL)
    }

    /// The limit that counts.
    pub(crate) fn soft(&self, resource: u32) -> u64 {
        self.limits.get(resource as usize).map_or(UNLIMITED, |limit| limit.soft)
    }

    /// Sets one. `root` may raise the hard limit, though never above the container's own.
    ///
    /// # Errors
    /// EINVAL, EPERM.
    pub(crate) fn set(
        &mut self,
        resource: u32,
        new: Rlimit,
        root: bool,
        container: &Limits,
    ) -> Result<(), Errno> {
        let old = self.get(resource)?;
        if new.soft > new.hard {
            return Err(Errno::EINVAL);
        }
        let ceiling = ResourceLimits::new(container).get(resource)?.hard;
        if new.hard > old.hard && (!root || new.hard > ceiling) {
            return Err(Errno::EPERM);
        }
        self.limits[resource as usize] = new;
        Ok(())
    }
}

impl Sys<'_> {
    pub(crate) fn prlimit(self, pid: i32, resource: u32, new: &[u8], old: Out<'_>) -> Answer {
        let target = self.kernel.named_task(self.task, pid)?;
        let limit = self.kernel.tasks.life(target)?.limits.get(resource)?;
        let (own, other) = (self.kernel.tasks.life(self.task)?, self.kernel.tasks.life(target)?);
        if target != self.task && !own.credentials.may_limit(&other.credentials) {
            return Err(Errno::EPERM.into());
        }
        if !old.buf.is_empty() {
            old.put(&limit.encode())?;
        }
        if !new.is_empty() {
            let new: &[u8; Rlimit::BYTES] = new.try_into().map_err(|_| Errno::EINVAL)?;
            let root = self.kernel.is_root(self.task)?;
            self.kernel.set_limit(target, resource, Rlimit::decode(new), root)?;
        }
        Ok(0)
    }

    pub(crate) fn getrusage(self, who: i32, usage: Out<'_>) -> Answer {
        const SELF: i32 = 0;
        const CHILDREN: i32 = -1;
        let task = self.kernel.tasks.get(self.task)?;
        let record = match who {
            SELF => task.usage,
            CHILDREN => task.children_usage,
            _ => return Err(Errno::EINVAL.into()),
        };
        usage.put(&record.encode())?;
        Ok(0)
    }
}

/// What two tasks have used together: memory is the greater of both, as getrusage(2) has it.
pub(crate) fn together(one: Usage, other: Usage) -> Usage {
    Usage {
        user_ns: one.user_ns + other.user_ns,
        system_ns: one.system_ns + other.system_ns,
        memory_bytes_max: one.memory_bytes_max.max(other.memory_bytes_max),
        voluntary_switches: one.voluntary_switches + other.voluntary_switches,
    }
}

impl Kernel {
    /// Whether it is root that acts in a task.
    pub(crate) fn is_root(&self, task: TaskId) -> Result<bool, Errno> {
        Ok(self.tasks.life(task)?.credentials.is_root())
    }

    /// Sets a limit and what follows from it.
    ///
    /// # Errors
    /// ESRCH, EINVAL, EPERM.
    pub(crate) fn set_limit(
        &mut self,
        task: TaskId,
        resource: u32,
        new: Rlimit,
        root: bool,
    ) -> Result<(), Errno> {
        self.tasks.life_mut(task)?.limits.set(resource, new, root, &self.config.limits)?;
        if resource == resource::NOFILE { self.apply_fd_limit(task) } else { Ok(()) }
    }

    /// Holds a task to its RLIMIT_NOFILE from now on; what is open stays so.
    ///
    /// # Errors
    /// ESRCH.
    pub(crate) fn apply_fd_limit(&mut self, task: TaskId) -> Result<(), Errno> {
        let life = self.tasks.life_mut(task)?;
        life.fds.set_limit(usize::try_from(life.limits.soft(resource::NOFILE)).unwrap_or(usize::MAX));
        Ok(())
    }

    /// Fails when a task's user has as many processes as RLIMIT_NPROC allows. Root may have any number.
    ///
    /// # Errors
    /// EAGAIN.
    pub(crate) fn require_process_room(&self, task: TaskId) -> Result<(), Errno> {
        let life = self.tasks.life(task)?;
        if life.credentials.is_root() {
            return Ok(());
        }
        let user = life.credentials.user.real;
        let theirs = |life: &crate::task::Life| life.credentials.user.real == user;
        let count = self.tasks.iter().filter(|(_, task)| task.life().is_ok_and(theirs)).count() as u64;
        if count >= life.limits.soft(resource::NPROC) { Err(Errno::EAGAIN) } else { Ok(()) }
    }

    /// What a task may have of linear memory by its own limit (RLIMIT_AS), `Limits::memory_bytes` apart. Hosts ask when a program
    /// starts and when it wants more.
    pub fn memory_limit_bytes(&self, task: TaskId) -> Option<u64> {
        let process = self.threads.get(task).map_or(task, |thread| thread.process);
        let limit = self.tasks.life(process).map_or(UNLIMITED, |life| life.limits.soft(resource::AS));
        (limit != UNLIMITED).then_some(limit)
    }

    /// Whether some program's own CPU time is limited (RLIMIT_CPU): then hosts must tell of it while it runs.
    pub fn limits_cpu_time(&self) -> bool {
        let limited = |life: &crate::task::Life| life.limits.soft(resource::CPU) != UNLIMITED;
        self.tasks.iter().any(|(_, task)| task.kind.is_program() && task.life().is_ok_and(limited))
    }

    /// Tells what a task has used since its start. Hosts do so now and then while it runs (before its calls, at epochs), and
    /// when it has ended: limits of CPU time hold as exactly as this is told. CPU time is that in the program and in its calls;
    /// memory is the most that it had.
    pub fn report_usage(&mut self, task: TaskId, user_ns: u64, memory_bytes_max: u64) {
        if self.threads.get(task).is_some() {
            self.thread_usage(task, user_ns, memory_bytes_max);
            return;
        }
        let Ok(entry) = self.tasks.get_mut(task) else { return };
        let more_ns = user_ns.saturating_sub(entry.main_user_ns);
        entry.main_user_ns += more_ns;
        self.count_usage(task, more_ns, memory_bytes_max);
    }

    /// Adds to what a process has used.
    pub(crate) fn count_usage(&mut self, task: TaskId, more_ns: u64, memory_bytes_max: u64) {
        let Ok(entry) = self.tasks.get_mut(task) else { return };
        entry.usage.user_ns += more_ns;
        entry.usage.memory_bytes_max = entry.usage.memory_bytes_max.max(memory_bytes_max);
        let used_s = entry.usage.user_ns / NS_PER_S;
        self.cpu_total_ns += more_ns;
        if let Ok(life) = self.tasks.life_mut(task) {
            let Ok(limit) = life.limits.get(resource::CPU) else { return };
            if used_s >= limit.hard {
                let reason = format!("out of time: its limit of CPU time is {} s", limit.hard);
                self.end_by_limit(task, LimitKind::CpuTime, reason);
            } else if used_s >= limit.soft.max(life.limits.cpu_signalled_s + 1) {
                life.limits.cpu_signalled_s = used_s;
                self.signal_for_limit(task, Signal::SIGXCPU, LimitKind::CpuTime);
            }
        }
        if let Some(limit_ns) = self.config.limits.cpu_time_ns
            && self.cpu_total_ns >= limit_ns
        {
            self.exhaust(LimitKind::CpuTime, limit_ns);
        }
    }

    /// A signal by which a limit speaks; when it ends the task, the record says so.
    fn signal_for_limit(&mut self, task: TaskId, signal: Signal, limit: LimitKind) {
        self.signal_task(task, signal);
        if self.tasks.life(task).is_err()
            && let Some(record) = self.exit_record_mut(task)
        {
            record.limit = Some(limit);
            record.reason =
                Some(format!("out of time: its soft limit of CPU time is reached ({})", signal.name()));
        }
    }

    fn end_by_limit(&mut self, task: TaskId, limit: LimitKind, reason: String) {
        if self.tasks.life(task).is_err() {
            return;
        }
        self.end_task(task, WaitStatus::Signaled(Signal::SIGKILL), Some(reason));
        if let Some(record) = self.exit_record_mut(task) {
            record.limit = Some(limit);
        }
    }

    /// The container has used up what it had: nothing runs on, nothing starts.
    fn exhaust(&mut self, limit: LimitKind, limit_ns: u64) {
        self.exhausted = true;
        let what = if limit == LimitKind::CpuTime { "CPU time" } else { "time" };
        let reason = format!("out of time: the container's limit of {what} is {} s", seconds(limit_ns));
        for task in self.running_programs() {
            self.end_by_limit(task, limit, reason.clone());
        }
        self.filesystems.collect();
    }

    fn running_programs(&self) -> Vec<TaskId> {
        let programs = self.tasks.iter().filter(|(_, task)| task.is_living() && task.kind.is_program());
        programs.map(|(id, _)| id).collect()
    }

    /// When the container's time is over, on the monotonic clock.
    pub(crate) fn wall_deadline_ns(&self) -> Option<u64> {
        let limit_ns = self.config.limits.wall_time_ns.filter(|_| !self.exhausted)?;
        Some(self.started_ns.saturating_add(limit_ns))
    }

    pub(crate) fn check_wall_time(&mut self) {
        if self.wall_deadline_ns().is_some_and(|deadline_ns| deadline_ns <= self.now.monotonic_ns) {
            self.exhaust(LimitKind::WallTime, self.config.limits.wall_time_ns.unwrap_or_default());
        }
    }

    /// Kills a task and all that came of it: of a program that the host started, everything, wherever it is by now; of another,
    /// its descendants, also those that init has adopted as long as they are in the group or session of one that is found.
    /// `limit` says which limit of the host's is behind it. Gives how many were killed.
    pub fn kill_tree(&mut self, root: TaskId, limit: Option<LimitKind>) -> usize {
        let reason = match limit {
            Some(LimitKind::WallTime) => "out of time: it ran longer than it was given",
            Some(LimitKind::CpuTime) => "out of time: its processes used more CPU time than they were given",
            Some(LimitKind::Memory) => "out of memory: its processes used more than they were given",
            None => "killed with the tree of tasks that it was part of",
        };
        let mut killed = 0;
        for task in self.tree_of(root) {
            let program = self.tasks.get(task).is_ok_and(|task| task.kind.is_program() && task.is_living());
            if program {
                killed += 1;
                self.end_task(task, WaitStatus::Signaled(Signal::SIGKILL), Some(reason.into()));
                if let Some(record) = self.exit_record_mut(task) {
                    record.limit = limit;
                }
            }
        }
        self.filesystems.collect();
        killed
    }

    /// A task, what came of it, and those that share groups or sessions that they lead.
    fn tree_of(&self, root: TaskId) -> Vec<TaskId> {
        let mut found = vec![root];
        let mut at = 0;
        while let Some(&task) = found.get(at) {
            at += 1;
            for (id, other) in self.tasks.iter() {
                let led = other.group.0 == task.0 || other.session.0 == task.0;
                let related = led || other.parent == task || other.origin == root;
                if related && id != INIT && !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        found
    }

    /// How much of `len` bytes RLIMIT_FSIZE lets be written to a file.
    ///
    /// # Errors
    /// EFBIG, with SIGXFSZ, when it is nothing.
    pub(crate) fn file_size_room(
        &mut self,
        task: TaskId,
        node: Node,
        to: WriteAt,
        len: usize,
    ) -> Answer<usize> {
        let limit = self.tasks.life(task)?.limits.soft(resource::FSIZE);
        if limit == UNLIMITED {
            return Ok(len);
        }
        let start = match to {
            WriteAt::Offset(offset) => offset,
            WriteAt::End => self.world(task).stat(node)?.size,
        };
        match limit.saturating_sub(start) {
            0 if len > 0 => Err(self.file_too_big(task)),
            room => Ok(usize::try_from(room).unwrap_or(len).min(len)),
        }
    }

    /// Fails when a length is more than RLIMIT_FSIZE allows, as setrlimit(2) has it.
    ///
    /// # Errors
    /// EFBIG, with SIGXFSZ.
    pub(crate) fn require_file_size(&mut self, task: TaskId, size: u64) -> Answer<()> {
        let limit = self.tasks.life(task)?.limits.soft(resource::FSIZE);
        if size > limit { Err(self.file_too_big(task)) } else { Ok(()) }
    }

    fn file_too_big(&mut self, task: TaskId) -> Stop {
        self.signal_task(task, Signal::SIGXFSZ);
        if self.tasks.life(task).is_ok() { Stop::Fail(Errno::EFBIG) } else { Stop::Exit }
    }
}

/// Whole seconds, or as many decimals as are needed.
fn seconds(ns: u64) -> String {
    format!("{}", ns as f64 / NS_PER_S as f64)
}
