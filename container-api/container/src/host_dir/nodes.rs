//! Which file of the host an inode number means, and by which name it was last seen.

use std::collections::{HashMap, HashSet};

use oac_abi::{Errno, flags::mode};
use oac_vfs::{Handle, Ino, kind_of};
use rustix::fs::Stat;

/// Files that are remembered, at most. Beyond, the half that was not used for longest is forgotten, but for what is open or held
/// and the directories on the way to it; a file that is looked up again gets the number that it had.
const NODES_MAX: usize = 1 << 16;
/// Inode numbers of files on other devices (something is mounted below the directory) start here.
const FOREIGN_START: u64 = 1 << 63;

/// One file of the host.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: Ino,
    pub(super) name: Box<[u8]>,
    pub(super) handles: Vec<Handle>,
    /// How often somebody holds it: a working directory, the source of a bind, O_PATH.
    pub(super) pins: usize,
    /// When it was last looked up.
    used: u64,
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
    foreign_last: u64,
    uses: u64,
    max: usize,
}

impl Nodes {
    pub(super) fn new(root: &Stat) -> Nodes {
        let ino = Ino(root.st_ino);
        let mut nodes = Nodes {
            root: ino,
            root_dev: root.st_dev,
            known: HashMap::new(),
            foreign: HashMap::new(),
            foreign_last: FOREIGN_START,
            uses: 0,
            max: NODES_MAX,
        };
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
        self.uses += 1;
        let used = self.uses;
        match self.known.get_mut(&ino) {
            Some(node) => {
                node.used = used;
                node.kind = kind;
                if node.parent != parent || *node.name != *name {
                    node.parent = parent;
                    node.name = name.into();
                }
            }
            None => {
                let (name, handles) = (name.into(), Vec::new());
                let node = Node { parent, name, handles, pins: 0, used, kind, dev, ino: host_ino };
                self.known.insert(ino, node);
                if self.known.len() > self.max {
                    self.forget_half();
                }
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
        let last = &mut self.foreign_last;
        *self.foreign.entry((dev, host_ino)).or_insert_with(|| {
            *last += 1;
            Ino(*last)
        })
    }

    /// Forgets what was not used for longest and is needed for nothing.
    fn forget_half(&mut self) {
        let mut uses: Vec<u64> = self.known.values().map(|node| node.used).collect();
        let middle = uses.len() / 2;
        let cutoff = *uses.select_nth_unstable(middle).1;
        let mut kept = HashSet::from([self.root]);
        for (&ino, node) in &self.known {
            if node.used >= cutoff || node.pins > 0 || !node.handles.is_empty() {
                let mut at = ino;
                while kept.insert(at) {
                    let Some(node) = self.known.get(&at) else { break };
                    at = node.parent;
                }
            }
        }
        self.known.retain(|ino, _| kept.contains(ino));
        self.foreign.retain(|_, ino| kept.contains(ino));
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
        if self.known.get(&ino).is_some_and(|node| node.handles.is_empty() && node.pins == 0) {
            self.known.remove(&ino);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_never_forgotten() {
        let root = rustix::fs::stat(".").unwrap();
        let mut nodes = Nodes::new(&root);
        nodes.max = 100;
        let see = |nodes: &mut Nodes, parent: Ino, number: u64| {
            let mut stat = root;
            stat.st_ino = 1_000_000 + number;
            stat.st_dev = if number.is_multiple_of(2) { root.st_dev } else { root.st_dev + 1 };
            nodes.see(parent, format!("{number}").as_bytes(), &stat)
        };
        let top = nodes.root();
        let dir = see(&mut nodes, top, 0);
        let (open, pinned) = (see(&mut nodes, dir, 1), see(&mut nodes, dir, 3));
        nodes.get_mut(open).unwrap().handles.push(Handle(1));
        nodes.get_mut(pinned).unwrap().pins = 1;
        for number in 10..5_000 {
            let ino = see(&mut nodes, top, number);
            assert!(nodes.get(ino).is_ok(), "what was just seen is there");
            assert!(nodes.known.len() <= 101 && nodes.foreign.len() <= 101);
        }
        for kept in [top, dir, open, pinned] {
            assert!(nodes.get(kept).is_ok());
        }
        let numbers: HashSet<Ino> = nodes.foreign.values().copied().collect();
        assert_eq!(numbers.len(), nodes.foreign.len(), "no number is given twice");
        assert_eq!(see(&mut nodes, dir, 1), open);
    }
}
