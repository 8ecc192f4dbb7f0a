//! The files of `/web/container`: the container itself as a filesystem. Like `/task` it is a view, made for one operation.
//!
//! `self` leads to the container's directory, which its number names: `status`, `mount` (the binds of the root namespace, as lines that would
//! rebuild it), `processes/<pid>` (links to the programs' directories in `/task`), `ports/<port>` (who listens there, a task a line), and `ctl`.
//! One command a write of `ctl`, which fails the write with its errno: `kill` ends every program, `bind SOURCE TARGET
//! [before|after|replace]` and `unbind TARGET` change the root namespace, as do the lines of `mount`.
//! Reading `new` would make another container, which hosts grant to nobody yet.

use std::collections::BTreeSet;

use oac_abi::{Errno, flags::mode as kind, stat::Stat};
use oac_vfs::{Access, Caller, DirEntry, Ino, SetAttributes, TextTree, kind_of};

use crate::{
    Kernel, Port, TaskId,
    answer::{Answer, Stop},
    description::File,
    socket::{SocketId, State},
    task::INIT,
    task_control::{Command, words},
    world::{View, number},
};

/// What an inode number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContainerNode {
    Root,
    SelfLink,
    New,
    /// The container's directory.
    Dir,
    Ctl,
    Mount,
    Ports,
    Processes,
    Status,
    /// A link in `processes`.
    Process(TaskId),
    /// A file in `ports`.
    Port(Port),
}

/// Those that there is one of; an inode number is a place in here, from 1 on.
const SINGLE: [ContainerNode; 9] = [
    ContainerNode::Root,
    ContainerNode::SelfLink,
    ContainerNode::New,
    ContainerNode::Dir,
    ContainerNode::Ctl,
    ContainerNode::Mount,
    ContainerNode::Ports,
    ContainerNode::Processes,
    ContainerNode::Status,
];

/// Names in the container's directory, in the order of their listing.
const NAMES: [(&str, ContainerNode); 5] = [
    ("ctl", ContainerNode::Ctl),
    ("mount", ContainerNode::Mount),
    ("ports", ContainerNode::Ports),
    ("processes", ContainerNode::Processes),
    ("status", ContainerNode::Status),
];

const FAMILY_SHIFT: u32 = 32;
const PROCESS_FAMILY: u64 = 1;
const PORT_FAMILY: u64 = 2;

impl ContainerNode {
    fn ino(self) -> Ino {
        match self {
            ContainerNode::Process(task) => Ino(PROCESS_FAMILY << FAMILY_SHIFT | u64::from(task.0)),
            ContainerNode::Port(port) => Ino(PORT_FAMILY << FAMILY_SHIFT | u64::from(port.0)),
            single => Ino(1 + SINGLE.iter().position(|node| *node == single).unwrap_or_default() as u64),
        }
    }

    fn from_ino(ino: Ino) -> Result<ContainerNode, Errno> {
        let number = ino.0 as u32;
        match ino.0 >> FAMILY_SHIFT {
            0 => {
                let place = (number as usize).checked_sub(1);
                place.and_then(|place| SINGLE.get(place)).copied().ok_or(Errno::ESTALE)
            }
            PROCESS_FAMILY => Ok(ContainerNode::Process(TaskId(number))),
            PORT_FAMILY => Ok(ContainerNode::Port(Port(number as u16))),
            _ => Err(Errno::ESTALE),
        }
    }
}

/// The view.
pub(crate) struct ContainerFiles<'k> {
    pub(crate) view: View<'k>,
}

impl ContainerFiles<'_> {
    fn name(&self) -> String {
        self.view.config.container_id.to_string()
    }

    /// Listening sockets of TCP with their ports.
    fn listeners(&self) -> impl Iterator<Item = (Port, SocketId, TaskId)> + '_ {
        self.view.sockets.iter().filter_map(|(id, socket)| match (&socket.state, socket.local) {
            (State::Listening(_), Some(local)) => Some((local.port, id, socket.owner)),
            _ => None,
        })
    }

    /// Who has a listening socket: who made it listen, or who it was left to.
    fn holder(&self, socket: SocketId, owner: TaskId) -> TaskId {
        let holds = |task: TaskId| {
            let life = self.view.tasks.life(task);
            life.is_ok_and(|life| {
                let mut open =
                    life.fds.iter().filter_map(|(_, entry)| self.view.files.get(entry.description).ok());
                open.any(|description| matches!(description.file, File::Socket(id) if id == socket))
            })
        };
        let heir = || self.view.tasks.iter().map(|(task, _)| task).find(|&task| holds(task));
        if holds(owner) { owner } else { heir().unwrap_or(owner) }
    }

    fn mode(&self, node: ContainerNode) -> Result<u32, Errno> {
        Ok(match node {
            ContainerNode::Root | ContainerNode::Dir | ContainerNode::Ports | ContainerNode::Processes => {
                kind::DIR | 0o555
            }
            ContainerNode::SelfLink => kind::LNK | 0o777,
            // That it cannot be opened has nothing to do with who asks.
            ContainerNode::New => kind::REG | 0o666,
            ContainerNode::Ctl => kind::REG | 0o200,
            ContainerNode::Mount | ContainerNode::Status => kind::REG | 0o444,
            ContainerNode::Process(id) => {
                let program = self.view.tasks.get(id).is_ok_and(|task| task.kind.is_program());
                if program { kind::LNK | 0o777 } else { return Err(Errno::ENOENT) }
            }
            ContainerNode::Port(port) => {
                let listened = self.listeners().any(|(known, ..)| known == port);
                if listened { kind::REG | 0o444 } else { return Err(Errno::ENOENT) }
            }
        })
    }

    fn text_of(&self, node: ContainerNode) -> Result<String, Errno> {
        match node {
            // Whoever reads it is in it.
            ContainerNode::Status => Ok("running\n".into()),
            ContainerNode::Mount => {
                let root = self.view.tasks.life(INIT)?.namespace;
                Ok(self.view.namespaces.get(root)?.lines())
            }
            ContainerNode::Port(port) => {
                let here = self.listeners().filter(|(known, ..)| *known == port);
                let holders: BTreeSet<TaskId> = here.map(|(_, id, owner)| self.holder(id, owner)).collect();
                Ok(holders.iter().map(|task| format!("{task}\n")).collect())
            }
            _ => Err(Errno::EBADF),
        }
    }
}

impl TextTree for ContainerFiles<'_> {
    fn root(&self) -> Ino {
        ContainerNode::Root.ino()
    }

    fn kind(&self) -> &'static str {
        "container"
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let node = match ContainerNode::from_ino(dir)? {
            ContainerNode::Root => match name {
                b"new" => ContainerNode::New,
                b"self" => ContainerNode::SelfLink,
                name if name == self.name().as_bytes() => ContainerNode::Dir,
                _ => return Err(Errno::ENOENT),
            },
            ContainerNode::Dir => {
                let found = NAMES.iter().find(|(known, _)| known.as_bytes() == name);
                found.ok_or(Errno::ENOENT)?.1
            }
            ContainerNode::Processes => ContainerNode::Process(TaskId(number(name).ok_or(Errno::ENOENT)?)),
            ContainerNode::Ports => {
                let port = number(name).and_then(|number| u16::try_from(number).ok());
                ContainerNode::Port(Port(port.ok_or(Errno::ENOENT)?))
            }
            _ => return Err(Errno::ENOTDIR),
        };
        self.mode(node)?;
        Ok(node.ino())
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        match ContainerNode::from_ino(dir)? {
            ContainerNode::Dir => Ok((ContainerNode::Root.ino(), self.name().into_bytes())),
            ContainerNode::Ports => Ok((ContainerNode::Dir.ino(), b"ports".into())),
            ContainerNode::Processes => Ok((ContainerNode::Dir.ino(), b"processes".into())),
            _ => Err(Errno::ENOTDIR),
        }
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let mode = self.mode(ContainerNode::from_ino(ino)?)?;
        let nlink = if kind_of(mode) == kind::DIR { 2 } else { 1 };
        Ok(Stat { ino: ino.0, mode, nlink, block_bytes: 4096, ..Stat::default() })
    }

    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        // As of a task's `ctl`: its length stays 0.
        let emptied = *change == SetAttributes { size: Some(0), ..SetAttributes::default() };
        if ino == ContainerNode::Ctl.ino() && emptied && caller.is_root() {
            return Ok(());
        }
        Err(Errno::EPERM)
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let mut entries = Vec::new();
        let mut push = |name: String, node: ContainerNode| {
            if let Ok(mode) = self.mode(node) {
                entries.push(DirEntry { name: name.into_bytes(), ino: node.ino(), kind: kind_of(mode) });
            }
        };
        match ContainerNode::from_ino(dir)? {
            ContainerNode::Root => {
                push(self.name(), ContainerNode::Dir);
                push("new".into(), ContainerNode::New);
                push("self".into(), ContainerNode::SelfLink);
            }
            ContainerNode::Dir => {
                for (name, node) in NAMES {
                    push(name.into(), node);
                }
            }
            ContainerNode::Processes => {
                for (id, _) in self.view.tasks.iter() {
                    push(id.to_string(), ContainerNode::Process(id));
                }
            }
            ContainerNode::Ports => {
                let mut ports: Vec<Port> = self.listeners().map(|(port, ..)| port).collect();
                ports.sort_unstable_by_key(|port| port.0);
                ports.dedup();
                for port in ports {
                    push(port.0.to_string(), ContainerNode::Port(port));
                }
            }
            _ => return Err(Errno::ENOTDIR),
        }
        Ok(entries)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        match ContainerNode::from_ino(ino)? {
            ContainerNode::SelfLink => Ok(self.name().into_bytes()),
            ContainerNode::Process(id) => Ok(format!("/task/{id}").into_bytes()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn may_open(&mut self, ino: Ino, access: Access) -> Result<(), Errno> {
        let node = ContainerNode::from_ino(ino)?;
        let mode = self.mode(node)?;
        if node == ContainerNode::New {
            return Err(Errno::EPERM);
        }
        if access.write && mode & 0o200 == 0 || access.read && mode & 0o444 == 0 {
            return Err(Errno::EACCES);
        }
        Ok(())
    }

    fn text(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        self.text_of(ContainerNode::from_ino(ino)?).map(String::into_bytes)
    }
}

impl Kernel {
    /// A write to a file of `/web/container`.
    ///
    /// # Errors
    /// EINVAL for no command; EPERM unless root writes, and for a bind by a task with path lists; as bind and unbind.
    pub(crate) fn container_file_write(&mut self, writer: TaskId, ino: Ino, input: &[u8]) -> Answer<usize> {
        if ino != ContainerNode::Ctl.ino() {
            return Err(Errno::EBADF.into());
        }
        // Who opened it may have been root, and given it away.
        if !self.is_root(writer)? {
            return Err(Errno::EPERM.into());
        }
        // A task's `kill` takes a signal, and sends TERM without one.
        if words(input)? == [b"kill"] {
            self.kill_tree(INIT, None);
            return if self.tasks.life(writer).is_ok() { Ok(input.len()) } else { Err(Stop::Exit) };
        }
        match Command::parse(input)? {
            Command::Bind { flags, source, target } => {
                self.require_free_namespace(writer)?;
                self.bind_paths(INIT, &source, &target, flags)?;
            }
            Command::Unbind { target } => {
                self.require_free_namespace(writer)?;
                self.unbind_path(INIT, &target)?;
                self.drop_unused_filesystems();
            }
            Command::Start | Command::Kill(_) => return Err(Errno::EINVAL.into()),
        }
        Ok(input.len())
    }
}
