//! `/proc`: the kernel's state in the files and formats of Linux, proc(5). Like `/task` it is a view, made for one operation.
//!
//! What a task's directory holds is in `tasks.rs`, what is about the whole system in `system.rs`, sockets in `net.rs`.

mod net;
mod system;
mod tasks;

use oac_abi::{Errno, flags::mode as kind, stat::Stat};
use oac_vfs::{
    Access, Caller, DirEntry, FileSystems as _, FsTable, Ino, Node, Place, TextTree, Walker, kind_of,
};

use crate::{
    TaskId,
    answer::Answer,
    arguments::Out,
    description::{Description, File},
    dispatch::Sys,
    fd_table::Fd,
    task::Task,
    world::{View, World, number},
};

/// What a name of the tables below is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dir,
    File,
    /// Only its owner may read it.
    Private,
    Link,
}

/// The files about the whole system, by their paths.
const SYSTEM: &[(&str, Kind)] = &[
    ("cmdline", Kind::File),
    ("cpuinfo", Kind::File),
    ("filesystems", Kind::File),
    ("loadavg", Kind::File),
    ("meminfo", Kind::File),
    ("mounts", Kind::Link),
    ("net", Kind::Link),
    ("self", Kind::Link),
    ("stat", Kind::File),
    ("swaps", Kind::File),
    ("sys", Kind::Dir),
    ("sys/fs", Kind::Dir),
    ("sys/fs/file-max", Kind::File),
    ("sys/fs/inotify", Kind::Dir),
    ("sys/fs/inotify/max_queued_events", Kind::File),
    ("sys/fs/inotify/max_user_instances", Kind::File),
    ("sys/fs/inotify/max_user_watches", Kind::File),
    ("sys/fs/nr_open", Kind::File),
    ("sys/fs/pipe-max-size", Kind::File),
    ("sys/kernel", Kind::Dir),
    ("sys/kernel/cap_last_cap", Kind::File),
    ("sys/kernel/domainname", Kind::File),
    ("sys/kernel/hostname", Kind::File),
    ("sys/kernel/ngroups_max", Kind::File),
    ("sys/kernel/osrelease", Kind::File),
    ("sys/kernel/ostype", Kind::File),
    ("sys/kernel/pid_max", Kind::File),
    ("sys/kernel/random", Kind::Dir),
    ("sys/kernel/random/boot_id", Kind::File),
    ("sys/kernel/random/entropy_avail", Kind::File),
    ("sys/kernel/random/poolsize", Kind::File),
    (UUID, Kind::File),
    ("sys/kernel/threads-max", Kind::File),
    ("sys/kernel/version", Kind::File),
    ("sys/net", Kind::Dir),
    ("sys/net/core", Kind::Dir),
    ("sys/net/core/somaxconn", Kind::File),
    ("sys/net/ipv4", Kind::Dir),
    ("sys/net/ipv4/ip_local_port_range", Kind::File),
    ("sys/vm", Kind::Dir),
    ("sys/vm/overcommit_memory", Kind::File),
    ("thread-self", Kind::Link),
    ("uptime", Kind::File),
    ("version", Kind::File),
];

/// Another one at each reading: the kernel answers, before it comes here.
const UUID: &str = "sys/kernel/random/uuid";

/// The files of a task, by their paths. What `fd`, `fdinfo` and `task` hold is found when they are asked.
const TASK: &[(&str, Kind)] = &[
    ("cgroup", Kind::File),
    ("cmdline", Kind::File),
    ("comm", Kind::File),
    ("cwd", Kind::Link),
    ("environ", Kind::Private),
    ("exe", Kind::Link),
    ("fd", Kind::Dir),
    ("fdinfo", Kind::Dir),
    ("limits", Kind::File),
    ("loginuid", Kind::File),
    ("maps", Kind::File),
    ("mountinfo", Kind::File),
    ("mounts", Kind::File),
    ("net", Kind::Dir),
    ("net/dev", Kind::File),
    ("net/tcp", Kind::File),
    ("net/tcp6", Kind::File),
    ("net/udp", Kind::File),
    ("net/udp6", Kind::File),
    ("net/unix", Kind::File),
    ("oom_score", Kind::File),
    ("oom_score_adj", Kind::File),
    ("root", Kind::Link),
    ("stat", Kind::File),
    ("statm", Kind::File),
    ("status", Kind::File),
    ("task", Kind::Dir),
];

/// What an inode number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProcNode {
    Root,
    /// An index of [`SYSTEM`].
    System(usize),
    /// A task's directory, or that of its only thread: `/proc/<pid>/task/<pid>`.
    TaskDir {
        task: TaskId,
        thread: bool,
    },
    /// An index of [`TASK`].
    Task {
        task: TaskId,
        thread: bool,
        index: usize,
    },
    /// `fd/<n>`, or `fdinfo/<n>`.
    Fd {
        task: TaskId,
        thread: bool,
        fd: Fd,
        info: bool,
    },
    /// `fd/@<n>`, which is not listed: what is open there, for walks through a descriptor that no path leads to.
    Open {
        task: TaskId,
        fd: Fd,
    },
}

const SYSTEM_FIRST: u64 = 2;
const TASK_SHIFT: u32 = 32;
const FD_SHIFT: u32 = 9;
const THREAD_BIT: u64 = 1 << 8;
const CODE_DIR: u64 = 0xff;
const CODE_FD: u64 = 0xfe;
const CODE_FDINFO: u64 = 0xfd;
const CODE_OPEN: u64 = 0xfc;

impl ProcNode {
    fn ino(self) -> Ino {
        let of = |task: TaskId, thread: bool, fd: u32, code: u64| {
            let thread = if thread { THREAD_BIT } else { 0 };
            Ino(u64::from(task.0) << TASK_SHIFT | u64::from(fd) << FD_SHIFT | thread | code)
        };
        match self {
            ProcNode::Root => Ino(1),
            ProcNode::System(index) => Ino(SYSTEM_FIRST + index as u64),
            ProcNode::TaskDir { task, thread } => of(task, thread, 0, CODE_DIR),
            ProcNode::Task { task, thread, index } => of(task, thread, 0, index as u64),
            ProcNode::Fd { task, thread, fd, info } => {
                of(task, thread, fd.0, if info { CODE_FDINFO } else { CODE_FD })
            }
            ProcNode::Open { task, fd } => of(task, false, fd.0, CODE_OPEN),
        }
    }

    fn from_ino(ino: Ino) -> Result<ProcNode, Errno> {
        let task = TaskId((ino.0 >> TASK_SHIFT) as u32);
        if task.0 == 0 {
            let index = (ino.0 as usize).checked_sub(SYSTEM_FIRST as usize);
            return match index {
                None if ino.0 == 1 => Ok(ProcNode::Root),
                Some(index) if index < SYSTEM.len() => Ok(ProcNode::System(index)),
                _ => Err(Errno::ESTALE),
            };
        }
        let thread = ino.0 & THREAD_BIT != 0;
        let fd = Fd((ino.0 >> FD_SHIFT & 0x7f_ffff) as u32);
        match ino.0 & 0xff {
            CODE_DIR => Ok(ProcNode::TaskDir { task, thread }),
            CODE_FD => Ok(ProcNode::Fd { task, thread, fd, info: false }),
            CODE_FDINFO => Ok(ProcNode::Fd { task, thread, fd, info: true }),
            CODE_OPEN => Ok(ProcNode::Open { task, fd }),
            index if (index as usize) < TASK.len() => {
                Ok(ProcNode::Task { task, thread, index: index as usize })
            }
            _ => Err(Errno::ESTALE),
        }
    }
}

/// Whether reading this file takes a new identifier each time.
pub(crate) fn is_uuid(ino: Ino) -> bool {
    matches!(ProcNode::from_ino(ino), Ok(ProcNode::System(index)) if SYSTEM[index].0 == UUID)
}

/// Whose which descriptor is meant by a walk that went through `/proc/<pid>/fd`; `None` for any other file.
pub(crate) fn open_descriptor(ino: Ino) -> Option<(TaskId, Fd)> {
    match ProcNode::from_ino(ino) {
        Ok(ProcNode::Open { task, fd }) => Some((task, fd)),
        _ => None,
    }
}

/// A version 4 UUID of random bytes, RFC 9562, as the file shows it.
pub(crate) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}\n", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The view.
pub(crate) struct ProcFiles<'k> {
    pub(crate) table: &'k mut FsTable,
    pub(crate) view: View<'k>,
}

/// The entries of a table that lie in one of its directories: their indices and names.
fn children<'t>(table: &'t [(&str, Kind)], dir: &str) -> Vec<(usize, &'t str)> {
    let below = |path: &'t str| match dir {
        "" => Some(path),
        dir => path.strip_prefix(dir)?.strip_prefix('/'),
    };
    let entries = table.iter().enumerate();
    entries
        .filter_map(|(index, (path, _))| Some((index, below(path)?)))
        .filter(|(_, name)| !name.contains('/'))
        .collect()
}

/// The index of a table's directory in which an entry lies, or none at the top.
fn parent_in(table: &[(&str, Kind)], index: usize) -> Option<usize> {
    let (dir, _) = table[index].0.rsplit_once('/')?;
    table.iter().position(|(path, _)| *path == dir)
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl ProcFiles<'_> {
    fn task(&self, id: TaskId) -> Result<&Task, Errno> {
        self.view.tasks.get(id).map_err(|_| Errno::ENOENT)
    }

    fn description(&self, task: TaskId, fd: Fd) -> Result<&Description, Errno> {
        let life = self.task(task)?.life().map_err(|_| Errno::ENOENT)?;
        let entry = life.fds.get(fd).map_err(|_| Errno::ENOENT)?;
        self.view.files.get(entry.description)
    }

    fn mode(&self, node: ProcNode) -> Result<u32, Errno> {
        let of = |kind: Kind| match kind {
            Kind::Dir => kind::DIR | 0o555,
            Kind::File => kind::REG | 0o444,
            Kind::Private => kind::REG | 0o400,
            Kind::Link => kind::LNK | 0o777,
        };
        Ok(match node {
            ProcNode::Root => kind::DIR | 0o555,
            ProcNode::System(index) => of(SYSTEM[index].1),
            ProcNode::TaskDir { task, .. } => {
                self.task(task)?;
                kind::DIR | 0o555
            }
            ProcNode::Task { task, index, .. } => {
                self.task(task)?;
                if matches!(TASK[index].0, "fd" | "fdinfo") { kind::DIR | 0o500 } else { of(TASK[index].1) }
            }
            ProcNode::Fd { task, fd, info, .. } => {
                let description = self.description(task, fd)?;
                let read = if description.readable() { 0o500 } else { 0o100 };
                let write = if description.writable() { 0o200 } else { 0 };
                if info { kind::REG | 0o444 } else { kind::LNK | read | write }
            }
            ProcNode::Open { task, fd } => {
                let of = match self.description(task, fd)?.file {
                    File::Regular { .. } => kind::REG,
                    File::Socket(_) => kind::SOCK,
                    File::Device { .. } | File::Terminal { .. } => kind::CHR,
                    _ => kind::FIFO,
                };
                of | 0o600
            }
        })
    }

    /// A task's files belong to who it acts as.
    fn owner(&self, node: ProcNode) -> (u32, u32) {
        let (ProcNode::TaskDir { task, .. }
        | ProcNode::Task { task, .. }
        | ProcNode::Fd { task, .. }
        | ProcNode::Open { task, .. }) = node
        else {
            return (0, 0);
        };
        self.view
            .tasks
            .life(task)
            .map_or((0, 0), |life| (life.credentials.user.effective, life.credentials.group.effective))
    }

    fn text_of(&mut self, node: ProcNode) -> Result<Vec<u8>, Errno> {
        match node {
            ProcNode::System(index) => self.system_text(SYSTEM[index].0),
            ProcNode::Task { task, index, .. } => self.task_text(task, TASK[index].0),
            ProcNode::Fd { task, fd, info: true, .. } => self.fd_info(task, fd),
            _ => Err(Errno::EISDIR),
        }
    }

    /// The path of a directory, as the caller's namespace has it.
    fn path_of_dir(&mut self, namespace: TaskId, place: Place) -> Result<Vec<u8>, Errno> {
        let namespace = self.view.namespaces.get(self.view.tasks.life(namespace)?.namespace)?;
        let mut world = World { table: self.table, view: self.view };
        Walker::new(&mut world, namespace, &Caller::root(0)).path_of_dir(place)
    }

    /// The same of a directory of which only the node is known: through the first mount that has it.
    fn path_of_node(&mut self, task: TaskId, node: Node) -> Result<Vec<u8>, Errno> {
        let namespace = self.view.namespaces.get(self.view.tasks.life(task)?.namespace)?;
        let mounts: Vec<_> =
            namespace.mounts().filter(|(_, root, _)| root.fs == node.fs).map(|(mount, ..)| mount).collect();
        for mount in mounts {
            if let Ok(path) = self.path_of_dir(task, Place { mount, node }) {
                return Ok(path);
            }
        }
        Err(Errno::ENOENT)
    }
}

impl TextTree for ProcFiles<'_> {
    /// What Linux says of a name that cannot be.
    const CREATE_REFUSAL: Errno = Errno::ENOENT;

    fn root(&self) -> Ino {
        ProcNode::Root.ino()
    }

    fn kind(&self) -> &'static str {
        "proc"
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let find = |table: &[(&str, Kind)], dir: &str| {
            let found = children(table, dir).into_iter().find(|(_, known)| known.as_bytes() == name);
            found.map(|(index, _)| index).ok_or(Errno::ENOENT)
        };
        let node = match ProcNode::from_ino(dir)? {
            ProcNode::Root => match number(name) {
                Some(id) => ProcNode::TaskDir { task: TaskId(id), thread: false },
                None => ProcNode::System(find(SYSTEM, "")?),
            },
            ProcNode::System(index) if SYSTEM[index].1 == Kind::Dir => {
                ProcNode::System(find(SYSTEM, SYSTEM[index].0)?)
            }
            ProcNode::TaskDir { task, thread } => {
                let index = find(TASK, "")?;
                if thread && TASK[index].0 == "task" {
                    return Err(Errno::ENOENT);
                }
                ProcNode::Task { task, thread, index }
            }
            ProcNode::Task { task, thread, index } => match TASK[index].0 {
                "fd" if name.first() == Some(&b'@') => {
                    ProcNode::Open { task, fd: Fd(number(&name[1..]).ok_or(Errno::ENOENT)?) }
                }
                path @ ("fd" | "fdinfo") => {
                    let fd = Fd(number(name).ok_or(Errno::ENOENT)?);
                    ProcNode::Fd { task, thread, fd, info: path == "fdinfo" }
                }
                "task" if number(name) == Some(task.0) => ProcNode::TaskDir { task, thread: true },
                "task" => return Err(Errno::ENOENT),
                path if TASK[index].1 == Kind::Dir => {
                    ProcNode::Task { task, thread, index: find(TASK, path)? }
                }
                _ => return Err(Errno::ENOTDIR),
            },
            _ => return Err(Errno::ENOTDIR),
        };
        self.mode(node)?;
        Ok(node.ino())
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        let (parent, name) = match ProcNode::from_ino(dir)? {
            ProcNode::System(index) => {
                let parent = parent_in(SYSTEM, index).map_or(ProcNode::Root, ProcNode::System);
                (parent, last_name(SYSTEM[index].0).to_string())
            }
            ProcNode::TaskDir { task, thread: false } => (ProcNode::Root, task.to_string()),
            ProcNode::TaskDir { task, thread: true } => {
                let index = TASK.iter().position(|(path, _)| *path == "task").ok_or(Errno::ENOENT)?;
                (ProcNode::Task { task, thread: false, index }, task.to_string())
            }
            ProcNode::Task { task, thread, index } => {
                let top = ProcNode::TaskDir { task, thread };
                let parent =
                    parent_in(TASK, index).map_or(top, |index| ProcNode::Task { task, thread, index });
                (parent, last_name(TASK[index].0).to_string())
            }
            _ => return Err(Errno::ENOTDIR),
        };
        Ok((parent.ino(), name.into_bytes()))
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let node = ProcNode::from_ino(ino)?;
        if let ProcNode::Open { task, fd } = node
            && let File::Regular { node, .. } | File::Device { node, .. } = self.description(task, fd)?.file
        {
            return World { table: self.table, view: self.view }.stat(node);
        }
        let mode = self.mode(node)?;
        let nlink = if kind_of(mode) == kind::DIR { 2 } else { 1 };
        let (uid, gid) = self.owner(node);
        let now_ns = self.view.now.realtime_ns;
        Ok(Stat {
            ino: ino.0,
            mode,
            nlink,
            uid,
            gid,
            block_bytes: 1024,
            atime_ns: now_ns,
            mtime_ns: now_ns,
            ctime_ns: now_ns,
            ..Stat::default()
        })
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let node = ProcNode::from_ino(dir)?;
        self.mode(node)?;
        let mut entries = Vec::new();
        let mut push = |name: String, node: ProcNode| {
            if let Ok(mode) = self.mode(node) {
                entries.push(DirEntry { name: name.into_bytes(), ino: node.ino(), kind: kind_of(mode) });
            }
        };
        match node {
            ProcNode::Root => {
                for (index, name) in children(SYSTEM, "") {
                    push(name.into(), ProcNode::System(index));
                }
                for (task, _) in self.view.tasks.iter() {
                    push(task.to_string(), ProcNode::TaskDir { task, thread: false });
                }
            }
            ProcNode::System(index) => {
                for (index, name) in children(SYSTEM, SYSTEM[index].0) {
                    push(name.into(), ProcNode::System(index));
                }
            }
            ProcNode::TaskDir { task, thread } => {
                for (index, name) in
                    children(TASK, "").into_iter().filter(|(_, name)| !thread || *name != "task")
                {
                    push(name.into(), ProcNode::Task { task, thread, index });
                }
            }
            ProcNode::Task { task, thread, index } => match TASK[index].0 {
                path @ ("fd" | "fdinfo") => {
                    if let Ok(life) = self.view.tasks.life(task) {
                        for (fd, _) in life.fds.iter() {
                            let info = path == "fdinfo";
                            push(fd.0.to_string(), ProcNode::Fd { task, thread, fd, info });
                        }
                    }
                }
                "task" => push(task.to_string(), ProcNode::TaskDir { task, thread: true }),
                path => {
                    for (index, name) in children(TASK, path) {
                        push(name.into(), ProcNode::Task { task, thread, index });
                    }
                }
            },
            ProcNode::Fd { .. } | ProcNode::Open { .. } => return Err(Errno::ENOTDIR),
        }
        Ok(entries)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        match ProcNode::from_ino(ino)? {
            ProcNode::System(index) => match SYSTEM[index].0 {
                "mounts" => Ok(b"self/mounts".to_vec()),
                "net" => Ok(b"self/net".to_vec()),
                "self" => Ok(self.view.caller.to_string().into_bytes()),
                "thread-self" => Ok(format!("{0}/task/{0}", self.view.caller).into_bytes()),
                _ => Err(Errno::EINVAL),
            },
            ProcNode::Task { task, index, .. } => match TASK[index].0 {
                "cwd" => {
                    let place = self.view.tasks.life(task).map_err(|_| Errno::ENOENT)?.cwd.place();
                    self.path_of_dir(task, place)
                }
                "root" => Ok(b"/".to_vec()),
                "exe" => self.executable(task),
                _ => Err(Errno::EINVAL),
            },
            ProcNode::Fd { task, fd, info: false, .. } => self.fd_link(task, fd),
            _ => Err(Errno::EINVAL),
        }
    }

    fn follow_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        match ProcNode::from_ino(ino)? {
            ProcNode::Fd { task, fd, info: false, .. } => self.fd_target(task, fd),
            _ => self.read_link(ino),
        }
    }

    fn may_open(&mut self, ino: Ino, access: Access) -> Result<(), Errno> {
        self.mode(ProcNode::from_ino(ino)?)?;
        if access.write { Err(Errno::EACCES) } else { Ok(()) }
    }

    fn text(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        self.text_of(ProcNode::from_ino(ino)?)
    }
}

impl Sys<'_> {
    pub(crate) fn uname(self, names: Out<'_>) -> Answer {
        let host = system::host_name(&self.kernel.config);
        let fields = [system::OS_TYPE, host, system::OS_RELEASE, system::OS_VERSION, system::MACHINE];
        let packed: Vec<u8> = fields.iter().flat_map(|field| [field.as_bytes(), b"\0"].concat()).collect();
        names.put(&packed)?;
        Ok(packed.len() as i64)
    }
}
