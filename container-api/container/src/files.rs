//! A container's files, for its owner.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use oac_abi::{
    Errno,
    flags::{at, mode, open},
    nr,
    stat::{Dirent, Stat},
};

use crate::{Error, actor::Actor, watch::Watch};

/// Bytes read or listed at once.
const CHUNK_BYTES: usize = 256 << 10;

/// A tree of files in memory, to be written into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// A regular file.
    File {
        /// Its contents.
        bytes: Vec<u8>,
        /// Whether it can be run.
        executable: bool,
    },
    /// A directory.
    Directory(BTreeMap<String, Tree>),
    /// A symbolic link, and where it leads.
    Symlink(String),
}

impl Tree {
    /// A plain file.
    pub fn file(bytes: impl Into<Vec<u8>>) -> Tree {
        Tree::File { bytes: bytes.into(), executable: false }
    }

    /// A file that can be run.
    pub fn executable(bytes: impl Into<Vec<u8>>) -> Tree {
        Tree::File { bytes: bytes.into(), executable: true }
    }

    /// A directory with these entries.
    pub fn directory<N: Into<String>>(entries: impl IntoIterator<Item = (N, Tree)>) -> Tree {
        Tree::Directory(entries.into_iter().map(|(name, tree)| (name.into(), tree)).collect())
    }
}

/// The files of a container, seen from its root. Paths are absolute.
#[derive(Debug)]
pub struct Files {
    actor: Mutex<Actor>,
}

/// A path one step down.
pub(crate) fn join(dir: &str, name: &str) -> String {
    format!("{}/{name}", dir.trim_end_matches('/'))
}

/// A name as text, which paths of this interface are.
pub(crate) fn name_of(name: &[u8], dir: &str) -> Result<String, Error> {
    String::from_utf8(name.to_vec()).map_err(|_| error("read a name in", dir)(Errno::EILSEQ))
}

fn error(operation: &'static str, path: &str) -> impl Fn(Errno) -> Error {
    move |errno| Error::File { operation, path: path.into(), errno }
}

impl Files {
    pub(crate) fn new(actor: Actor) -> Files {
        Files { actor: Mutex::new(actor) }
    }

    fn actor(&self) -> MutexGuard<'_, Actor> {
        self.actor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file's contents.
    ///
    /// # Errors
    /// [`Error::File`] with open(2)'s and read(2)'s errnos.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let actor = self.actor();
        let fd = actor.open(path, open::RDONLY, 0).map_err(error("read", path))?;
        let mut bytes = Vec::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        let result = loop {
            match actor.read(fd, &mut chunk) {
                Ok(0) => break Ok(bytes),
                Ok(len) => bytes.extend_from_slice(&chunk[..len]),
                Err(errno) => break Err(error("read", path)(errno)),
            }
        };
        actor.close(fd);
        result
    }

    /// Makes a file with these contents, or replaces its contents.
    ///
    /// # Errors
    /// [`Error::File`] with open(2)'s and write(2)'s errnos.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.write_with_mode(path, bytes, 0o644)
    }

    pub(crate) fn write_with_mode(&self, path: &str, mut bytes: &[u8], mode: u32) -> Result<(), Error> {
        let actor = self.actor();
        let flags = open::WRONLY | open::CREAT | open::TRUNC;
        let fd = actor.open(path, flags, mode).map_err(error("write", path))?;
        let result = loop {
            if bytes.is_empty() {
                break Ok(());
            }
            match actor.write(fd, bytes) {
                Ok(len) => bytes = &bytes[len..],
                Err(errno) => break Err(error("write", path)(errno)),
            }
        };
        actor.close(fd);
        result
    }

    /// Makes a directory. mkdir(2).
    ///
    /// # Errors
    /// [`Error::File`]: EEXIST, ENOENT …
    pub fn make_dir(&self, path: &str) -> Result<(), Error> {
        self.actor().path_call(nr::MKDIRAT, path, &[0o755]).map(drop).map_err(error("make directory", path))
    }

    /// Makes a directory and those above it; it may be there already.
    ///
    /// # Errors
    /// [`Error::File`]: ENOTDIR …
    pub fn make_dir_all(&self, path: &str) -> Result<(), Error> {
        for (end, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
            match self.make_dir(&path[..end]) {
                Err(failure) if failure.errno() != Some(Errno::EEXIST) => return Err(failure),
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes a file. unlink(2).
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT, EISDIR …
    pub fn remove_file(&self, path: &str) -> Result<(), Error> {
        self.actor().path_call(nr::UNLINKAT, path, &[0]).map(drop).map_err(error("remove", path))
    }

    /// Removes an empty directory. rmdir(2).
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT, ENOTEMPTY …
    pub fn remove_dir(&self, path: &str) -> Result<(), Error> {
        let flags = at::REMOVEDIR.into();
        self.actor().path_call(nr::UNLINKAT, path, &[flags]).map(drop).map_err(error("remove", path))
    }

    /// Removes a file, or a directory with everything in it, as `rm -r` does: links are removed, not followed, and what is mounted
    /// below is not emptied. What is not there is an error.
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT, EBUSY for a place that something is mounted on …
    pub fn remove_all(&self, path: &str) -> Result<(), Error> {
        let metadata = self.metadata(path)?;
        if metadata.mode & mode::FMT != mode::DIR {
            return self.remove_file(path);
        }
        for entry in self.read_dir(path)? {
            let below = join(path, &name_of(&entry.name, path)?);
            // A mounted directory is not ours to empty; removing its place fails below, by name.
            if u32::from(entry.kind) != mode::DIR >> 12 {
                self.remove_file(&below)?;
            } else if self.metadata(&below)?.dev == metadata.dev {
                self.remove_all(&below)?;
            } else {
                self.remove_dir(&below)?;
            }
        }
        self.remove_dir(path)
    }

    /// Renames. rename(2).
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT …
    pub fn rename(&self, old: &str, new: &str) -> Result<(), Error> {
        self.actor().rename(old, new).map_err(error("rename", old))
    }

    /// Makes a symbolic link. symlink(2).
    ///
    /// # Errors
    /// [`Error::File`]: EEXIST …
    pub fn symlink(&self, target: &str, path: &str) -> Result<(), Error> {
        self.actor().symlink(target, path).map_err(error("link", path))
    }

    /// Makes a FIFO. mkfifo(3).
    ///
    /// # Errors
    /// [`Error::File`]: EEXIST …
    pub fn make_fifo(&self, path: &str, permissions: u32) -> Result<(), Error> {
        let rest = [(mode::FIFO | permissions).into(), 0];
        self.actor().path_call(nr::MKNODAT, path, &rest).map(drop).map_err(error("make FIFO", path))
    }

    /// Where a symbolic link leads. readlink(2).
    ///
    /// # Errors
    /// [`Error::File`]: EINVAL when it is none …
    pub fn read_link(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.actor().read_link(path).map_err(error("read link", path))
    }

    /// Metadata of what a path leads to. stat(2).
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT …
    pub fn stat(&self, path: &str) -> Result<Stat, Error> {
        self.actor().stat(path, 0).map_err(error("stat", path))
    }

    /// Metadata; a symbolic link's own. lstat(2).
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT …
    pub fn metadata(&self, path: &str) -> Result<Stat, Error> {
        self.actor().stat(path, at::SYMLINK_NOFOLLOW).map_err(error("stat", path))
    }

    /// Changes permission bits. chmod(2).
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT …
    pub fn set_mode(&self, path: &str, mode: u32) -> Result<(), Error> {
        let rest = [mode.into(), 0];
        self.actor().path_call(nr::FCHMODAT, path, &rest).map(drop).map_err(error("chmod", path))
    }

    /// Sets when a file was last read and changed, ns since 1970; of a symbolic link, its own. utimensat(2).
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT …
    pub fn set_times(&self, path: &str, atime_ns: i64, mtime_ns: i64) -> Result<(), Error> {
        let rest = [atime_ns, mtime_ns, at::SYMLINK_NOFOLLOW.into()];
        self.actor().path_call(nr::UTIMENSAT, path, &rest).map(drop).map_err(error("set times of", path))
    }

    /// A further name for a file. link(2).
    ///
    /// # Errors
    /// [`Error::File`]: EEXIST, EXDEV …
    pub fn hard_link(&self, path: &str, new: &str) -> Result<(), Error> {
        self.actor().link(path, new).map_err(error("link", new))
    }

    /// A directory's entries, without `.` and `..`.
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT, ENOTDIR …
    pub fn read_dir(&self, path: &str) -> Result<Vec<Dirent>, Error> {
        let actor = self.actor();
        let fd = actor.open(path, open::RDONLY | open::DIRECTORY, 0).map_err(error("list", path))?;
        let mut entries = Vec::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        let result = loop {
            match actor.read_entries(fd, &mut chunk) {
                Ok(0) => break Ok(entries),
                Ok(len) => entries.extend(Dirent::decode_all(&chunk[..len])),
                Err(errno) => break Err(error("list", path)(errno)),
            }
        };
        actor.close(fd);
        result
    }

    /// Hears of changes of a file, or of those in a directory, from now on, whoever makes them in the container.
    ///
    /// # Errors
    /// [`Error::File`]: ENOENT, ENOSPC when there are too many …
    pub fn watch(&self, path: &str) -> Result<Watch, Error> {
        Watch::new(self.actor().sibling("watch"), path).map_err(error("watch", path))
    }

    /// Writes a tree at a path: directories are made and merged, files replaced.
    ///
    /// # Errors
    /// [`Error::File`] of the first entry that fails.
    pub fn write_tree(&self, path: &str, tree: &Tree) -> Result<(), Error> {
        match tree {
            Tree::File { bytes, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                self.write_with_mode(path, bytes, mode)
            }
            Tree::Symlink(target) => self.symlink(target, path),
            Tree::Directory(entries) => {
                self.make_dir_all(path)?;
                for (name, entry) in entries {
                    self.write_tree(&join(path, name), entry)?;
                }
                Ok(())
            }
        }
    }

    /// Whether the path leads to a directory.
    pub fn is_dir(&self, path: &str) -> bool {
        self.actor().stat(path, 0).is_ok_and(|stat| stat.mode & mode::FMT == mode::DIR)
    }
}
