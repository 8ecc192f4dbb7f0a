//! Snapshots: a container's files at one moment, from which other containers begin, and which can be written out.

use oac_abi::{Errno, flags::at};
use oac_vfs::{
    Caller, FileSystem, FileSystems as _, FsId, FsTable, LastLink, MemFs, Namespace, Node, TreeVisitor,
    Walker, copy_tree,
};

use crate::{Config, Kernel, Now, task::INIT};

/// The files of a container at one moment: its root filesystem and what hosts have mounted in it. It shares everything with the container
/// until one of them changes it, and took no time that grows with the tree.
pub struct FilesSnapshot {
    root: Box<dyn FileSystem>,
    /// In the order in which they were mounted.
    mounts: Vec<(String, Box<dyn FileSystem>)>,
    left_out: Vec<String>,
}

impl std::fmt::Debug for FilesSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mounts: Vec<&str> = self.mounts.iter().map(|(target, _)| target.as_str()).collect();
        write!(f, "FilesSnapshot(mounts {mounts:?}, left out {:?})", self.left_out)
    }
}

impl FilesSnapshot {
    /// Of a tree that was made by other means, from an archive for example ([`oac_vfs::copy_tree`] from a [`oac_vfs::TarFs`]).
    pub fn from_tree(root: MemFs) -> FilesSnapshot {
        FilesSnapshot { root: Box::new(root), mounts: Vec::new(), left_out: Vec::new() }
    }

    /// Another one that shares everything with this one.
    ///
    /// # Errors
    /// None for what [`Kernel::snapshot`] made.
    pub fn fork(&mut self) -> Result<FilesSnapshot, Errno> {
        let mounts = self.mounts.iter_mut().map(|(target, fs)| Ok((target.clone(), fs.fork()?)));
        let mounts = mounts.collect::<Result<_, Errno>>()?;
        Ok(FilesSnapshot { root: self.root.fork()?, mounts, left_out: self.left_out.clone() })
    }

    /// Where something is mounted that no snapshot can be taken of: directories of the host. They are empty here.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Visits the tree at an absolute path, mounts included, as `/` if it is that.
    ///
    /// # Errors
    /// ENOENT, ENOTDIR; what the visitor gives.
    pub fn visit<V: TreeVisitor>(&mut self, path: &str, visitor: &mut V) -> Result<(), V::Error> {
        let FilesSnapshot { root, mounts, .. } = self.fork()?;
        let caller = Caller::root(0);
        let mut table = FsTable::new();
        let ino = root.root();
        let fs = table.add(root);
        let mut namespace = Namespace::new(&mut table, Node { fs, ino });
        for (target, fs) in mounts {
            let ino = fs.root();
            let node = Node { fs: table.add(fs), ino };
            let root = namespace.root();
            let place = Walker::new(&mut table, &namespace, &caller).existing(
                root,
                target.as_bytes(),
                LastLink::Follow,
            )?;
            namespace.mount(&mut table, node, b"snapshot", (place, target.as_bytes()))?;
        }
        let mut walker = Walker::new(&mut table, &namespace, &caller);
        let place = walker.existing(namespace.root(), path.as_bytes(), LastLink::Follow)?;
        walker.visit(place, true, visitor)
    }
}

impl Kernel {
    /// A snapshot of the files: of the root filesystem and what hosts have mounted with [`Kernel::mount`]. What tasks have bound in
    /// namespaces of their own is theirs alone and no part of it, nor are files that are open and have lost their name.
    ///
    /// # Errors
    /// None as long as the root is a memory filesystem.
    pub fn snapshot(&mut self) -> Result<FilesSnapshot, Errno> {
        self.filesystems.collect();
        let root = self.namespaces.get(self.root_namespace)?.root().node;
        let root = self.filesystems.with(root.fs, |fs| fs.fork())?;
        let mut snapshot = FilesSnapshot { root, mounts: Vec::new(), left_out: Vec::new() };
        for (target, fs) in &self.host_mounts {
            match self.filesystems.with(*fs, |fs| fs.fork()) {
                Ok(fork) => snapshot.mounts.push((target.clone(), fork)),
                Err(Errno::EOPNOTSUPP) => snapshot.left_out.push(target.clone()),
                Err(errno) => return Err(errno),
            }
        }
        Ok(snapshot)
    }

    /// A kernel with the files of a snapshot and nothing running. Its disk has the size that `config` says, whatever the snapshot's had.
    ///
    /// # Errors
    /// ENOSPC when there are too many mounts.
    pub fn from_snapshot(config: Config, now: Now, snapshot: &mut FilesSnapshot) -> Result<Kernel, Errno> {
        let FilesSnapshot { mut root, mounts, .. } = snapshot.fork()?;
        root.set_limit(config.limits.disk_bytes, config.limits.disk_inodes)?;
        let mut kernel = Kernel::with_root(config, now, root);
        for (target, fs) in mounts {
            kernel.mount(&target, fs)?;
        }
        Ok(kernel)
    }

    /// Copies a tree into a directory, which is made where it is missing: directories are merged, other files replaced. Watches see
    /// nothing of it.
    ///
    /// # Errors
    /// As mkdir(2) and writing; what was copied until then stays.
    pub fn import(&mut self, target: &str, from: &mut dyn FileSystem) -> Result<(), Errno> {
        self.make_directories(target)?;
        let place = self.existing(INIT, at::FDCWD, target.as_bytes(), LastLink::Follow)?;
        let now_ns = self.now.realtime_ns;
        let target: FsId = place.node.fs;
        self.world(INIT).with(target, |fs| copy_tree(from, fs, place.node.ino, now_ns))
    }
}
