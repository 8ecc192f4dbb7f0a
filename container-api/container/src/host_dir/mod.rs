//! A directory of the host as a filesystem of a container.
//!
//! Why nothing outside can be reached: every operation on the host takes an open directory and one name in it, and never
//! follows a symbolic link (`O_NOFOLLOW`, `AT_SYMLINK_NOFOLLOW`; changing permissions goes through cap-std, which resolves
//! beneath its directory). Names with a slash, `.` and `..` are refused here once more. Links are resolved by the container's own
//! walk, in the container's own tree: one that points to `/etc/passwd` leads to the container's.
//!
//! Owners: what belongs to the user who runs `oac` is shown as root's, as the container's programs run as root; other owners
//! keep their numbers. Set-user-ID and set-group-ID bits are not put on the host's files. Devices, FIFOs and sockets are
//! listed but not opened. Times are the host's.

mod nodes;
mod operations;

use std::{collections::HashMap, io, path::Path, sync::Arc};

use cap_std::{ambient_authority, fs::Dir};
use oac_abi::{Errno, stat::Stat};
use oac_vfs::{Handle, Ino};
use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{AtFlags, OFlags},
};

use nodes::Nodes;

/// Directories kept open between operations, so that a path costs its last component only.
const DIRS_MAX: usize = 256;

/// A directory of the host, and everything below it.
pub struct HostDir {
    read_only: bool,
    uid: u32,
    gid: u32,
    nodes: Nodes,
    /// Open directories and when they were last used.
    dirs: HashMap<Ino, (Arc<Dir>, u64)>,
    uses: u64,
    /// Directories that stay usable although their names may go.
    pinned: HashMap<Ino, Arc<Dir>>,
    open: HashMap<Handle, OpenFile>,
    last_handle: u64,
}

struct OpenFile {
    ino: Ino,
    file: Opened,
    writable: bool,
}

enum Opened {
    File(OwnedFd),
    Directory(Arc<Dir>),
}

impl Opened {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Opened::File(fd) => fd.as_fd(),
            Opened::Directory(dir) => dir.as_fd(),
        }
    }
}

impl std::fmt::Debug for HostDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostDir({})", if self.read_only { "read-only" } else { "read-write" })
    }
}

/// A name in an open directory, and what stood under it a moment ago.
struct Place {
    dir: Arc<Dir>,
    name: Box<[u8]>,
    stat: rustix::fs::Stat,
}

/// The host's errno is Linux's, as ours is.
fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_number(error.raw_os_error().into()).unwrap_or(Errno::EIO)
}

/// A name that is one step down and nothing else.
fn component(name: &[u8]) -> Result<&[u8], Errno> {
    if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') || name.contains(&0) {
        Err(Errno::EINVAL)
    } else {
        Ok(name)
    }
}

impl HostDir {
    /// A directory of the host; the one and only place where a path of the host is used.
    ///
    /// # Errors
    /// As opendir(3): not found, not a directory, no permission.
    pub fn open(path: &Path, read_only: bool) -> io::Result<HostDir> {
        let root = Dir::open_ambient_dir(path, ambient_authority())?;
        let stat = rustix::fs::fstat(&root)?;
        let mut pinned = HashMap::new();
        let nodes = Nodes::new(&stat);
        pinned.insert(nodes.root(), Arc::new(root));
        Ok(HostDir {
            read_only,
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            nodes,
            dirs: HashMap::new(),
            uses: 0,
            pinned,
            open: HashMap::new(),
            last_handle: 0,
        })
    }

    fn writable(&self) -> Result<(), Errno> {
        if self.read_only { Err(Errno::EROFS) } else { Ok(()) }
    }

    /// An open directory. Those above it are opened where they are not any more.
    fn dir(&mut self, ino: Ino) -> Result<Arc<Dir>, Errno> {
        // From the directory up to the nearest one that is open, then down again.
        let mut closed = Vec::new();
        let mut at = ino;
        let mut dir = loop {
            self.uses += 1;
            if let Some(dir) = self.pinned.get(&at) {
                break dir.clone();
            }
            if let Some((dir, used)) = self.dirs.get_mut(&at) {
                *used = self.uses;
                break dir.clone();
            }
            closed.push(at);
            at = self.nodes.directory(at)?.parent;
        };
        while let Some(next) = closed.pop() {
            let node = self.nodes.directory(next)?;
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd =
                rustix::fs::openat(&*dir, &*node.name, flags, rustix::fs::Mode::empty()).map_err(errno)?;
            // Something else may stand under the name by now.
            if !node.is(&rustix::fs::fstat(&fd).map_err(errno)?) {
                return Err(Errno::ENOENT);
            }
            dir = Arc::new(Dir::from_std_file(fd.into()));
            self.keep(next, dir.clone());
        }
        Ok(dir)
    }

    fn keep(&mut self, ino: Ino, dir: Arc<Dir>) {
        if self.dirs.len() >= DIRS_MAX {
            let oldest = self.dirs.iter().min_by_key(|(_, (_, used))| *used).map(|(ino, _)| *ino);
            if let Some(oldest) = oldest {
                self.dirs.remove(&oldest);
            }
        }
        self.dirs.insert(ino, (dir, self.uses));
    }

    /// The directory and the name that lead to a node, checked to do so still.
    fn place(&mut self, ino: Ino) -> Result<Place, Errno> {
        let node = self.nodes.get(ino)?;
        let (parent, name) = (node.parent, node.name.clone());
        let dir = self.dir(parent)?;
        let stat = rustix::fs::statat(&*dir, &*name, AtFlags::SYMLINK_NOFOLLOW).map_err(errno)?;
        if self.nodes.get(ino)?.is(&stat) { Ok(Place { dir, name, stat }) } else { Err(Errno::ENOENT) }
    }

    /// A descriptor that a node has open anyway, preferring one that can be written to. Works for files without a name too.
    fn opened(&self, ino: Ino) -> Option<&OpenFile> {
        let handles = &self.nodes.get(ino).ok()?.handles;
        let files = || handles.iter().filter_map(|handle| self.open.get(handle));
        files().find(|file| file.writable).or_else(|| files().next())
    }

    fn stat(&mut self, ino: Ino) -> Result<rustix::fs::Stat, Errno> {
        if let Some(file) = self.opened(ino) {
            return rustix::fs::fstat(file.file.fd()).map_err(errno);
        }
        if ino == self.nodes.root() {
            let root = self.dir(ino)?;
            return rustix::fs::fstat(&*root).map_err(errno);
        }
        self.place(ino).map(|place| place.stat)
    }

    fn to_stat(&self, ino: Ino, stat: &rustix::fs::Stat) -> Stat {
        let ns = |seconds: i64, nanoseconds: i64| {
            seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
        };
        let mtime_ns = ns(stat.st_mtime, stat.st_mtime_nsec as i64);
        let ctime_ns = ns(stat.st_ctime, stat.st_ctime_nsec as i64);
        Stat {
            dev: 0,
            ino: ino.0,
            mode: stat.st_mode,
            nlink: stat.st_nlink as u32,
            uid: if stat.st_uid == self.uid { 0 } else { stat.st_uid },
            gid: if stat.st_gid == self.gid { 0 } else { stat.st_gid },
            rdev: stat.st_rdev,
            size: stat.st_size as u64,
            block_bytes: stat.st_blksize as u32,
            blocks: stat.st_blocks as u64,
            atime_ns: ns(stat.st_atime, stat.st_atime_nsec as i64),
            mtime_ns,
            ctime_ns,
            birthtime_ns: mtime_ns.min(ctime_ns),
        }
    }
}
