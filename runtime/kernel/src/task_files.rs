//! The files of `/task`: the kernel's state as a filesystem. Made for one operation and dropped after it.
//!
//! `/task/self` leads to the caller's directory; `/task/<id>/` holds `type pid ppid cwd env argv status exitcode wait ctl ns fd/ stdio/`,
//! and Wanix's `kind cmd dir exit`, which are further names of `type argv cwd exitcode`.
//! Reading `/task/new/<type>` begins a task: see `prepared.rs`. Reading `wait` waits for the task's end, and gives what `exitcode` has then.
//! argv and env are NUL-terminated strings, as in `/proc`; the rest is one line of text. Files of `fd` and `stdio` stand for
//! the task's descriptors: opening one shares its description.

use oac_abi::{Errno, flags::mode as kind, signal::WaitStatus, stat::Stat};
use oac_vfs::{Access, Caller, DirEntry, FsTable, Ino, SetAttributes, TextTree, Walker, kind_of};

use crate::{
    Kernel, TaskId,
    description::DescriptionId,
    fd_table::Fd,
    prepared::{AUTO, PreparedTask, Setting},
    task::{State, Task},
    world::{View, World, number},
};

/// Names in a task's directory, in the order of their listing.
const NAMES: [(&str, Part); 17] = [
    ("argv", Part::Argv),
    ("cmd", Part::Argv),
    ("ctl", Part::Ctl),
    ("cwd", Part::Cwd),
    ("dir", Part::Cwd),
    ("env", Part::Env),
    ("exit", Part::ExitCode),
    ("exitcode", Part::ExitCode),
    ("fd", Part::FdDir),
    ("kind", Part::Type),
    ("ns", Part::Namespace),
    ("pid", Part::Pid),
    ("ppid", Part::ParentPid),
    ("status", Part::Status),
    ("stdio", Part::StdioDir),
    ("type", Part::Type),
    ("wait", Part::Wait),
];

/// A file within a task's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Dir = 1,
    Argv,
    Ctl,
    Cwd,
    Env,
    ExitCode,
    FdDir,
    Namespace,
    Pid,
    ParentPid,
    Status,
    StdioDir,
    Type,
    Fd,
    Stdio,
    Wait,
}

const PARTS: [Part; 16] = [
    Part::Dir,
    Part::Argv,
    Part::Ctl,
    Part::Cwd,
    Part::Env,
    Part::ExitCode,
    Part::FdDir,
    Part::Namespace,
    Part::Pid,
    Part::ParentPid,
    Part::Status,
    Part::StdioDir,
    Part::Type,
    Part::Fd,
    Part::Stdio,
    Part::Wait,
];

const ROOT: Ino = Ino(1);
const SELF: Ino = Ino(2);
const NEW: Ino = Ino(3);
/// Of the types under `new`: `auto`, then the registered programs.
const TYPES: u64 = 16;
const FD_SHIFT: u32 = 8;
const TASK_SHIFT: u32 = 32;

/// What an inode number means: the task in the high half, then the descriptor, then the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TaskNode {
    Root,
    SelfLink,
    /// `new`.
    New,
    /// `new/<type>`, by its number.
    Type(u64),
    Of(TaskId, Part, Fd),
}

impl TaskNode {
    fn ino(self) -> Ino {
        match self {
            TaskNode::Root => ROOT,
            TaskNode::SelfLink => SELF,
            TaskNode::New => NEW,
            TaskNode::Type(number) => Ino(TYPES + number),
            TaskNode::Of(task, part, fd) => {
                Ino(u64::from(task.0) << TASK_SHIFT | u64::from(fd.0) << FD_SHIFT | part as u64)
            }
        }
    }

    fn from_ino(ino: Ino) -> Result<TaskNode, Errno> {
        let task = TaskId((ino.0 >> TASK_SHIFT) as u32);
        if task.0 == 0 {
            return match ino {
                ROOT => Ok(TaskNode::Root),
                SELF => Ok(TaskNode::SelfLink),
                NEW => Ok(TaskNode::New),
                Ino(TYPES..) => Ok(TaskNode::Type(ino.0 - TYPES)),
                _ => Err(Errno::ESTALE),
            };
        }
        let part = (ino.0 & 0xff).checked_sub(1).and_then(|index| PARTS.get(index as usize));
        let fd = Fd((ino.0 >> FD_SHIFT & 0xff_ffff) as u32);
        Ok(TaskNode::Of(task, *part.ok_or(Errno::ESTALE)?, fd))
    }
}

/// Whose `ctl` an inode is; `None` for any other file.
pub(crate) fn ctl_of(ino: Ino) -> Option<TaskId> {
    match TaskNode::from_ino(ino) {
        Ok(TaskNode::Of(task, Part::Ctl, _)) => Some(task),
        _ => None,
    }
}

/// What of which prepared task is written by this file; `None` for any other file.
pub(crate) fn setting_of(ino: Ino) -> Option<(TaskId, Setting)> {
    match TaskNode::from_ino(ino) {
        Ok(TaskNode::Of(task, Part::Argv, _)) => Some((task, Setting::Command)),
        Ok(TaskNode::Of(task, Part::Cwd, _)) => Some((task, Setting::Directory)),
        Ok(TaskNode::Of(task, Part::Env, _)) => Some((task, Setting::Environment)),
        _ => None,
    }
}

/// The name of a type under `new`.
fn type_name(programs: &[(String, String)], number: u64) -> Option<&str> {
    match usize::try_from(number).ok()?.checked_sub(1) {
        None => Some(AUTO),
        Some(index) => programs.get(index).map(|(name, _)| name.as_str()),
    }
}

impl Kernel {
    /// The type of which reading an inode makes a task; `None` for any other file.
    pub(crate) fn new_type(&self, ino: Ino) -> Option<String> {
        match TaskNode::from_ino(ino) {
            Ok(TaskNode::Type(number)) => type_name(&self.programs, number).map(str::to_string),
            _ => None,
        }
    }
}

/// For whose end reading an inode waits; `None` for any other file.
pub(crate) fn wait_of(ino: Ino) -> Option<TaskId> {
    match TaskNode::from_ino(ino) {
        Ok(TaskNode::Of(task, Part::Wait, _)) => Some(task),
        _ => None,
    }
}

/// Which task's which descriptor an inode stands for; `None` for any other file.
pub(crate) fn descriptor_of(ino: Ino) -> Option<(TaskId, Fd)> {
    match TaskNode::from_ino(ino) {
        Ok(TaskNode::Of(task, Part::Fd | Part::Stdio, fd)) => Some((task, fd)),
        _ => None,
    }
}

/// The view.
pub(crate) struct TaskFiles<'k> {
    pub(crate) table: &'k mut FsTable,
    pub(crate) view: View<'k>,
}

impl TaskFiles<'_> {
    fn task(&self, id: TaskId) -> Result<&Task, Errno> {
        self.view.tasks.get(id).map_err(|_| Errno::ENOENT)
    }

    fn description(&self, task: TaskId, fd: Fd) -> Result<DescriptionId, Errno> {
        let life = self.task(task)?.life().map_err(|_| Errno::ENOENT)?;
        life.fds.get(fd).map(|entry| entry.description).map_err(|_| Errno::ENOENT)
    }

    fn mode(&self, node: TaskNode) -> Result<u32, Errno> {
        Ok(match node {
            TaskNode::Root => kind::DIR | 0o555,
            TaskNode::SelfLink => kind::LNK | 0o777,
            TaskNode::New => kind::DIR | 0o555,
            TaskNode::Type(number) => {
                type_name(self.view.programs, number).ok_or(Errno::ENOENT)?;
                kind::REG | 0o444
            }
            TaskNode::Of(task, part, _) if self.view.prepared.contains_key(&task) => match part {
                Part::Dir => kind::DIR | 0o555,
                Part::Argv | Part::Cwd | Part::Env => kind::REG | 0o600,
                Part::Ctl => kind::REG | 0o200,
                Part::Type | Part::Pid | Part::ParentPid | Part::Status => kind::REG | 0o444,
                _ => return Err(Errno::ENOENT),
            },
            TaskNode::Of(task, part, fd) => {
                self.task(task)?;
                match part {
                    Part::Dir => kind::DIR | 0o555,
                    // Others neither see what a task has open nor open it, as in /proc.
                    Part::FdDir | Part::StdioDir => kind::DIR | 0o500,
                    Part::Env => kind::REG | 0o400,
                    Part::Ctl => kind::REG | 0o200,
                    Part::Fd | Part::Stdio => {
                        self.view.files.get(self.description(task, fd)?)?;
                        kind::FIFO | 0o600
                    }
                    _ => kind::REG | 0o444,
                }
            }
        })
    }

    /// A task's files belong to who it acts as; what it leaves behind is root's.
    fn owner(&self, node: TaskNode) -> (u32, u32) {
        let TaskNode::Of(task, ..) = node else { return (0, 0) };
        let task = self.view.prepared.get(&task).map_or(task, |prepared| prepared.maker);
        self.view
            .tasks
            .life(task)
            .map_or((0, 0), |life| (life.credentials.user.effective, life.credentials.group.effective))
    }

    fn text_of(&mut self, node: TaskNode) -> Result<Vec<u8>, Errno> {
        let TaskNode::Of(id, part, _) = node else { return Err(Errno::EISDIR) };
        if let Some(prepared) = self.view.prepared.get(&id) {
            return prepared_text(id, prepared, part);
        }
        let task = self.view.tasks.get(id)?;
        let strings = |strings: &[Vec<u8>]| strings.iter().flat_map(|s| [s, &b"\0"[..]].concat()).collect();
        let line = |text: &str| format!("{text}\n").into_bytes();
        Ok(match part {
            Part::Argv => strings(&task.argv),
            Part::Env => strings(&task.env),
            Part::Type => line(task.kind.name()),
            Part::Pid => line(&id.to_string()),
            Part::ParentPid => line(&task.parent.to_string()),
            Part::Status => line(status_text(task)),
            // `wait` is read by the kernel, which waits; this is what there is to map or to size.
            Part::ExitCode | Part::Wait => match task.state {
                State::Living(_) => Vec::new(),
                State::Zombie(status) => exit_text(status),
            },
            Part::Namespace => {
                let namespace = self.view.namespaces.get(task.life()?.namespace)?;
                namespace.lines().into_bytes()
            }
            Part::Cwd => self.cwd(id)?,
            Part::Ctl => return Err(Errno::EBADF),
            Part::Dir | Part::FdDir | Part::StdioDir => return Err(Errno::EISDIR),
            Part::Fd | Part::Stdio => return Err(Errno::EINVAL),
        })
    }

    fn cwd(&mut self, id: TaskId) -> Result<Vec<u8>, Errno> {
        let life = self.view.tasks.life(id)?;
        let namespace = self.view.namespaces.get(life.namespace)?;
        let place = life.cwd.place();
        let mut world = World { table: self.table, view: self.view };
        let mut path = Walker::new(&mut world, namespace, &Caller::root(0)).path_of_dir(place)?;
        path.push(b'\n');
        Ok(path)
    }
}

/// What the files of a task that has not started hold: what was written, or nothing.
fn prepared_text(id: TaskId, task: &PreparedTask, part: Part) -> Result<Vec<u8>, Errno> {
    let strings = |strings: &[Vec<u8>]| strings.iter().flat_map(|s| [s, &b"\0"[..]].concat()).collect();
    Ok(match part {
        Part::Argv => strings(&task.argv),
        Part::Env => strings(task.env.as_deref().unwrap_or_default()),
        Part::Cwd => task.cwd.as_ref().map(|cwd| [cwd, &b"\n"[..]].concat()).unwrap_or_default(),
        Part::Type => format!("{}\n", task.kind).into_bytes(),
        Part::Pid => format!("{id}\n").into_bytes(),
        Part::ParentPid => format!("{}\n", task.maker).into_bytes(),
        Part::Status => b"new\n".to_vec(),
        _ => return Err(Errno::EBADF),
    })
}

/// How a task ended: its exit code, or the signal's name.
pub(crate) fn exit_text(status: WaitStatus) -> Vec<u8> {
    match status {
        WaitStatus::Exited(code) => format!("{code}\n").into_bytes(),
        WaitStatus::Signaled(signal) => format!("{}\n", signal.name()).into_bytes(),
    }
}

fn status_text(task: &Task) -> &'static str {
    match &task.state {
        State::Zombie(_) => "zombie",
        State::Living(life) if life.stopped => "stopped",
        State::Living(life) if life.pending.is_some() => "blocked",
        State::Living(_) => "running",
    }
}

impl TextTree for TaskFiles<'_> {
    fn root(&self) -> Ino {
        ROOT
    }

    fn kind(&self) -> &'static str {
        "task"
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let node = match TaskNode::from_ino(dir)? {
            TaskNode::Root if name == b"self" => TaskNode::SelfLink,
            TaskNode::Root if name == b"new" => TaskNode::New,
            TaskNode::New => {
                let names = (0..).map_while(|number| type_name(self.view.programs, number));
                let number = names.into_iter().position(|known| known.as_bytes() == name);
                TaskNode::Type(number.ok_or(Errno::ENOENT)? as u64)
            }
            TaskNode::Root => TaskNode::Of(TaskId(number(name).ok_or(Errno::ENOENT)?), Part::Dir, Fd(0)),
            TaskNode::SelfLink | TaskNode::Type(_) => return Err(Errno::ENOTDIR),
            TaskNode::Of(task, Part::Dir, _) => {
                let found = NAMES.iter().find(|(known, _)| known.as_bytes() == name);
                TaskNode::Of(task, found.ok_or(Errno::ENOENT)?.1, Fd(0))
            }
            TaskNode::Of(task, part @ (Part::FdDir | Part::StdioDir), _) => {
                let fd = number(name).ok_or(Errno::ENOENT)?;
                let part = if part == Part::FdDir { Part::Fd } else { Part::Stdio };
                if part == Part::Stdio && fd > 2 {
                    return Err(Errno::ENOENT);
                }
                TaskNode::Of(task, part, Fd(fd))
            }
            TaskNode::Of(..) => return Err(Errno::ENOTDIR),
        };
        self.mode(node)?;
        Ok(node.ino())
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        match TaskNode::from_ino(dir)? {
            TaskNode::New => Ok((ROOT, b"new".into())),
            TaskNode::Of(task, Part::Dir, _) => Ok((ROOT, task.to_string().into_bytes())),
            TaskNode::Of(task, Part::FdDir, fd) => {
                Ok((TaskNode::Of(task, Part::Dir, fd).ino(), b"fd".into()))
            }
            TaskNode::Of(task, Part::StdioDir, fd) => {
                Ok((TaskNode::Of(task, Part::Dir, fd).ino(), b"stdio".into()))
            }
            _ => Err(Errno::ENOTDIR),
        }
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let node = TaskNode::from_ino(ino)?;
        let mode = self.mode(node)?;
        let nlink = if kind_of(mode) == kind::DIR { 2 } else { 1 };
        let (uid, gid) = self.owner(node);
        Ok(Stat { ino: ino.0, mode, nlink, uid, gid, block_bytes: 4096, ..Stat::default() })
    }

    fn set_attributes(&mut self, _: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        // Shells open `ctl` with O_TRUNC: that its length stays 0 is what they ask for.
        let is_written = ctl_of(ino).is_some()
            || setting_of(ino).is_some_and(|(task, _)| self.view.prepared.contains_key(&task));
        if is_written && *change == (SetAttributes { size: Some(0), ..SetAttributes::default() }) {
            return Ok(());
        }
        Err(Errno::EPERM)
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let node = TaskNode::from_ino(dir)?;
        self.mode(node)?;
        let mut entries = Vec::new();
        let mut push = |name: String, node: TaskNode| {
            if let Ok(mode) = self.mode(node) {
                entries.push(DirEntry { name: name.into_bytes(), ino: node.ino(), kind: kind_of(mode) });
            }
        };
        match node {
            TaskNode::Root => {
                let ids = self.view.tasks.iter().map(|(id, _)| id).chain(self.view.prepared.keys().copied());
                for id in ids {
                    push(id.to_string(), TaskNode::Of(id, Part::Dir, Fd(0)));
                }
                push("new".into(), TaskNode::New);
                push("self".into(), TaskNode::SelfLink);
            }
            TaskNode::New => {
                for number in 0.. {
                    let Some(name) = type_name(self.view.programs, number) else { break };
                    push(name.into(), TaskNode::Type(number));
                }
            }
            TaskNode::Of(task, Part::Dir, _) => {
                for (name, part) in NAMES {
                    push(name.into(), TaskNode::Of(task, part, Fd(0)));
                }
            }
            TaskNode::Of(task, Part::FdDir, _) => {
                if let Ok(life) = self.view.tasks.life(task) {
                    for (fd, _) in life.fds.iter() {
                        push(fd.0.to_string(), TaskNode::Of(task, Part::Fd, fd));
                    }
                }
            }
            TaskNode::Of(task, Part::StdioDir, _) => {
                for fd in 0..3 {
                    push(fd.to_string(), TaskNode::Of(task, Part::Stdio, Fd(fd)));
                }
            }
            _ => return Err(Errno::ENOTDIR),
        }
        Ok(entries)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        match TaskNode::from_ino(ino)? {
            TaskNode::SelfLink => Ok(self.view.caller.to_string().into_bytes()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn may_open(&mut self, ino: Ino, access: Access) -> Result<(), Errno> {
        let mode = self.mode(TaskNode::from_ino(ino)?)?;
        if access.write && mode & 0o200 == 0 || access.read && mode & 0o444 == 0 {
            return Err(Errno::EACCES);
        }
        Ok(())
    }

    fn text(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        self.text_of(TaskNode::from_ino(ino)?)
    }
}
