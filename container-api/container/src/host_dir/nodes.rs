//! Which file of the host an inode number means, and by which name it was last seen.

use std::collections::HashMap;

use oac_abi::{Errno, flags::mode};
use oac_vfs::{Handle, Ino, kind_of};
use rustix::fs::Stat;

/// Inode numbers of files on other devices (something is mounted below the directory) start here.
const FOREIGN_START: u64 = 1 << 63;

/// One file of the host.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: Ino,
    pub(super) name: Box<[u8]>,
    pub(super) handles: Vec<Handle>,
    kind: u32,
    dev: u64,
    ino: u64,
}

impl Node {
    /// Whether this metadata is this file's.
    pub(super) fn is(&self, stat: &Stat) -> bool {
        (self.dev, self.ino) == ({ stat.st_dev }, { stat.st_ino })
    }
}

#[derive(Debug)]
pub(super) struct Nodes {
    root: Ino,
    root_dev: u64,
    known: HashMap<Ino, Node>,
    foreign: HashMap<(u64, u64), Ino>,
}

impl Nodes {
    pub(super) fn new(root: &Stat) -> Nodes {
        let ino = Ino(root.st_ino);
        let mut nodes =
            Nodes { root: ino, root_dev: root.st_dev, known: HashMap::new(), foreign: HashMap::new() };
        nodes.see(ino, b"", root);
        nodes
    }

    pub(super) fn root(&self) -> Ino {
        self.root
    }

    /// Notes that a file was found under a name, and gives its number: the host's own wherever that is unique.
    pub(super) fn see(&mut self, parent: Ino, name: &[u8], stat: &Stat) -> Ino {
        let (dev, host_ino) = (stat.st_dev, stat.st_ino);
        let ino = self.number(dev, host_ino);
        let kind = kind_of(stat.st_mode);
        match self.known.get_mut(&ino) {
            Some(node) => {
                node.kind = kind;
                if node.parent != parent || *node.name != *name {
                    node.parent = parent;
                    node.name = name.into();
                }
            }
            None => {
                let node = Node { parent, name: name.into(), handles: Vec::new(), kind, dev, ino: host_ino };
                self.known.insert(ino, node);
            }
        }
        ino
    }

    /// The number of a file that is only listed, as far as it can be told without asking for its metadata.
    pub(super) fn number_listed(&mut self, host_ino: u64) -> Ino {
        self.number(self.root_dev, host_ino)
    }

    fn number(&mut self, dev: u64, host_ino: u64) -> Ino {
        if dev == self.root_dev {
            return Ino(host_ino);
        }
        let next = Ino(FOREIGN_START + self.foreign.len() as u64);
        *self.foreign.entry((dev, host_ino)).or_insert(next)
    }

    pub(super) fn get(&self, ino: Ino) -> Result<&Node, Errno> {
        self.known.get(&ino).ok_or(Errno::ESTALE)
    }

    pub(super) fn get_mut(&mut self, ino: Ino) -> Result<&mut Node, Errno> {
        self.known.get_mut(&ino).ok_or(Errno::ESTALE)
    }

    pub(super) fn directory(&self, ino: Ino) -> Result<&Node, Errno> {
        let node = self.get(ino)?;
        if node.kind == mode::DIR { Ok(node) } else { Err(Errno::ENOTDIR) }
    }

    /// Forgets a file that has lost the name it was known by, unless it is open.
    pub(super) fn forget(&mut self, ino: Ino) {
        if self.known.get(&ino).is_some_and(|node| node.handles.is_empty()) {
            self.known.remove(&ino);
        }
    }
}
