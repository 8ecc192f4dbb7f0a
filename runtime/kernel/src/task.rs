//! A task, and the table of tasks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use oac_abi::{
    Errno,
    bounds::CALL_ARGS_MAX,
    limit::Usage,
    signal::{ChildChange, WaitStatus},
};
use oac_vfs::HeldPlace;

use crate::{
    Capabilities, TaskId,
    alarm::Alarm,
    credentials::Credentials,
    fd_table::{Fd, FdTable},
    limits::ResourceLimits,
    namespaces::NamespaceId,
    signals::SignalState,
};

/// The first task: parent of all actors and orphans.
pub(crate) const INIT: TaskId = TaskId(1);

/// A process group, numbered by the task that began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupId(pub(crate) u32);

/// A session, numbered by the task that began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u32);

/// Strings of argv or the environment, shared between parent and children.
pub(crate) type Strings = Arc<Vec<Vec<u8>>>;

/// Who runs a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TaskKind {
    /// Nobody: the kernel itself.
    Init,
    /// The host plays it.
    Actor,
    /// A program that the composition root registered by this name.
    Program(String),
    /// A wasm module.
    Wasm,
}

impl TaskKind {
    /// Whether the host runs it as a program.
    pub(crate) fn is_program(&self) -> bool {
        matches!(self, TaskKind::Program(_) | TaskKind::Wasm)
    }

    /// What `/task/<id>/type` says.
    pub(crate) fn name(&self) -> &str {
        match self {
            TaskKind::Init => "init",
            TaskKind::Actor => "actor",
            TaskKind::Program(name) => name,
            TaskKind::Wasm => "wasm",
        }
    }
}

/// A call that was answered `Blocked`, for as long as it has not been finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// Which call.
    pub(crate) number: u16,
    /// With which arguments: another call may take its place, and starts anew then.
    pub(crate) args: [i64; CALL_ARGS_MAX],
    /// When it was first made, on the monotonic clock: what its timeouts count from.
    pub(crate) begun_ns: u64,
    /// Bytes of a write that are done.
    pub(crate) progress_bytes: usize,
}

/// What only a living task has.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) cwd: HeldPlace,
    pub(crate) namespace: NamespaceId,
    pub(crate) fds: FdTable,
    /// The descriptor of `/` that WASI programs find their files through.
    pub(crate) preopen: Option<Fd>,
    pub(crate) umask: u32,
    pub(crate) signals: SignalState,
    pub(crate) credentials: Credentials,
    pub(crate) capabilities: Arc<Capabilities>,
    /// Stopped by a signal: calls wait until it is continued.
    pub(crate) stopped: bool,
    pub(crate) pending: Option<Pending>,
    /// The task was stopped and goes on: its waiting call begins again, with what is only looked at in the beginning.
    pub(crate) restarted: bool,
    /// A caught signal came while a call waited.
    pub(crate) interrupted: bool,
    pub(crate) limits: ResourceLimits,
    /// What setitimer(2) has set.
    pub(crate) alarm: Option<Alarm>,
}

/// Where a task stands.
#[derive(Debug)]
pub(crate) enum State {
    /// It runs, waits in a call (`pending`), or is stopped.
    Living(Box<Life>),
    /// It has ended; its parent has not asked how.
    Zombie(WaitStatus),
}

/// One task.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) parent: TaskId,
    /// The program that the host started, of which this came in the end; itself, if the host did. It stays when init adopts.
    pub(crate) origin: TaskId,
    pub(crate) group: GroupId,
    pub(crate) session: SessionId,
    pub(crate) kind: TaskKind,
    /// The absolute path of its program's file; empty when there is none.
    pub(crate) file: Arc<[u8]>,
    /// On the monotonic clock.
    pub(crate) begun_ns: u64,
    pub(crate) argv: Strings,
    pub(crate) env: Strings,
    pub(crate) children: BTreeSet<TaskId>,
    /// CPU time of its main thread, as the host told it last.
    pub(crate) main_user_ns: u64,
    /// What it has used, all its threads together.
    pub(crate) usage: Usage,
    /// What those of its children have used that it has waited for, and theirs.
    pub(crate) children_usage: Usage,
    /// A stop, or going on after one, of which its parent has not been told.
    pub(crate) change: Option<ChildChange>,
    pub(crate) state: State,
}

impl Task {
    /// Its name: the last part of argv\[0\].
    pub(crate) fn name(&self) -> String {
        let whole = self.argv.first().map(Vec::as_slice).unwrap_or_default();
        let last = whole.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        String::from_utf8_lossy(last).into_owned()
    }

    pub(crate) fn life(&self) -> Result<&Life, Errno> {
        match &self.state {
            State::Living(life) => Ok(life),
            State::Zombie(_) => Err(Errno::ESRCH),
        }
    }

    pub(crate) fn is_living(&self) -> bool {
        matches!(self.state, State::Living(_))
    }
}

/// Tasks by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tasks: BTreeMap<TaskId, Task>,
    last: u32,
}

impl Tasks {
    /// A number for a new task.
    pub(crate) fn next_id(&mut self) -> TaskId {
        self.last += 1;
        TaskId(self.last)
    }

    pub(crate) fn insert(&mut self, id: TaskId, task: Task) {
        if let Some(parent) = self.tasks.get_mut(&task.parent) {
            parent.children.insert(id);
        }
        self.tasks.insert(id, task);
    }

    /// Forgets a task for good.
    pub(crate) fn remove(&mut self, id: TaskId) -> Option<Task> {
        let task = self.tasks.remove(&id)?;
        if let Some(parent) = self.tasks.get_mut(&task.parent) {
            parent.children.remove(&id);
        }
        Some(task)
    }

    pub(crate) fn get(&self, id: TaskId) -> Result<&Task, Errno> {
        self.tasks.get(&id).ok_or(Errno::ESRCH)
    }

    pub(crate) fn get_mut(&mut self, id: TaskId) -> Result<&mut Task, Errno> {
        self.tasks.get_mut(&id).ok_or(Errno::ESRCH)
    }

    /// What a living task has.
    ///
    /// # Errors
    /// ESRCH.
    pub(crate) fn life(&self, id: TaskId) -> Result<&Life, Errno> {
        self.get(id)?.life()
    }

    /// What a living task has.
    ///
    /// # Errors
    /// ESRCH.
    pub(crate) fn life_mut(&mut self, id: TaskId) -> Result<&mut Life, Errno> {
        match &mut self.get_mut(id)?.state {
            State::Living(life) => Ok(life),
            State::Zombie(_) => Err(Errno::ESRCH),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.tasks.iter().map(|(&id, task)| (id, task))
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }
}
