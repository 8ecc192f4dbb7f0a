//! Files for the page: each function is the few system calls that the call of Node's `fs.promises` with its name makes.

use oac_abi::{
    Errno,
    bounds::{PATH_BYTES_MAX, SLOT_BYTES},
    flags::{at, mode, open},
    nr,
    stat::{Dirent, Stat},
};

use crate::{
    actor::{Actor, Called, Failure},
    error::{Result, WebError},
};

/// Bytes of one read, and of one batch of directory entries.
const READ_BYTES: usize = SLOT_BYTES;

fn named<T>(result: Called<T>, syscall: &'static str, path: &str) -> Result<T> {
    result.map_err(|failure| match failure {
        Failure::Errno(errno) => WebError::call(errno, syscall, path),
        Failure::Blocked => WebError::Waits { syscall },
        Failure::Ended => WebError::ActorEnded,
    })
}

fn openat(actor: &mut Actor<'_>, path: &str, flags: u32) -> Result<i32> {
    // Nothing here may wait, not even on a FIFO.
    let flags = flags | open::CLOEXEC | open::NONBLOCK;
    let args = [at::FDCWD.into(), path.len() as i64, flags.into(), 0o666];
    named(actor.call(nr::OPENAT, &args, path.as_bytes(), &mut []), "open", path).map(|fd| fd as i32)
}

/// All of a file.
pub(crate) fn read_file(actor: &mut Actor<'_>, path: &str) -> Result<Vec<u8>> {
    let fd = openat(actor, path, open::RDONLY)?;
    let mut contents = Vec::new();
    let result = loop {
        let start = contents.len();
        contents.resize(start + READ_BYTES, 0);
        let read = actor.read(fd, &mut contents[start..]);
        contents.truncate(start + read.unwrap_or(0));
        match read {
            Ok(0) => break Ok(()),
            Ok(_) => {}
            Err(failure) => break named(Err(failure), "read", path),
        }
    };
    actor.close(fd);
    result.map(|()| contents)
}

/// Makes or replaces a file.
pub(crate) fn write_file(actor: &mut Actor<'_>, path: &str, mut data: &[u8]) -> Result<()> {
    let fd = openat(actor, path, open::WRONLY | open::CREAT | open::TRUNC)?;
    let mut result = Ok(());
    while result.is_ok() && !data.is_empty() {
        match actor.write(fd, &data[..data.len().min(READ_BYTES)]) {
            Ok(written) => data = &data[written..],
            Err(failure) => result = named(Err(failure), "write", path),
        }
    }
    actor.close(fd);
    result
}

/// The entries of a directory, in its own order.
pub(crate) fn readdir(actor: &mut Actor<'_>, path: &str) -> Result<Vec<Dirent>> {
    let fd = match openat(actor, path, open::RDONLY | open::DIRECTORY) {
        // Node says which call it was for.
        Err(WebError::Call { errno, path, .. }) => {
            return Err(WebError::Call { errno, syscall: "scandir", path });
        }
        result => result?,
    };
    let mut entries = Vec::new();
    let mut buffer = vec![0; READ_BYTES];
    let result = loop {
        let args = [fd.into(), buffer.len() as i64];
        match actor.call(nr::GETDENTS, &args, &[], &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(length) => entries.extend(Dirent::decode_all(&buffer[..length as usize])),
            Err(failure) => break named(Err(failure), "scandir", path),
        }
    };
    actor.close(fd);
    result.map(|()| entries)
}

fn mkdir_one(actor: &mut Actor<'_>, path: &str) -> Called<()> {
    let args = [at::FDCWD.into(), path.len() as i64, 0o777];
    actor.call(nr::MKDIRAT, &args, path.as_bytes(), &mut []).map(drop)
}

/// Makes a directory; `recursive`: with its parents, and one that is there already is no error.
pub(crate) fn mkdir(actor: &mut Actor<'_>, path: &str, recursive: bool) -> Result<()> {
    let result = mkdir_one(actor, path);
    match (recursive, result) {
        (true, Err(Failure::Errno(Errno::EEXIST))) => {
            if stat(actor, path, true)?.is_dir() {
                return Ok(());
            }
            named(result, "mkdir", path)
        }
        (true, Err(Failure::Errno(Errno::ENOENT))) => match path.trim_end_matches('/').rsplit_once('/') {
            Some((parent, _)) if !parent.is_empty() => {
                mkdir(actor, parent, true)?;
                named(mkdir_one(actor, path), "mkdir", path)
            }
            _ => named(result, "mkdir", path),
        },
        _ => named(result, "mkdir", path),
    }
}

/// Removes a file, or with `recursive` a tree; `force`: one that is not there is no error.
pub(crate) fn rm(actor: &mut Actor<'_>, path: &str, recursive: bool, force: bool) -> Result<()> {
    let found = match stat(actor, path, false) {
        Err(WebError::Call { errno: Errno::ENOENT, .. }) if force => return Ok(()),
        Err(WebError::Call { errno, path, .. }) => {
            return Err(WebError::Call { errno, syscall: "rm", path });
        }
        result => result?,
    };
    if !found.is_dir() {
        return unlink(actor, path, 0);
    }
    if !recursive {
        return Err(WebError::call(Errno::EISDIR, "rm", path));
    }
    for entry in readdir(actor, path)? {
        let name = String::from_utf8_lossy(&entry.name).into_owned();
        rm(actor, &format!("{}/{name}", path.trim_end_matches('/')), true, true)?;
    }
    unlink(actor, path, at::REMOVEDIR)
}

fn unlink(actor: &mut Actor<'_>, path: &str, flags: u32) -> Result<()> {
    let args = [at::FDCWD.into(), path.len() as i64, flags.into()];
    let syscall = if flags == 0 { "unlink" } else { "rmdir" };
    named(actor.call(nr::UNLINKAT, &args, path.as_bytes(), &mut []), syscall, path).map(drop)
}

/// Moves a file or a tree.
pub(crate) fn rename(actor: &mut Actor<'_>, from: &str, to: &str) -> Result<()> {
    let args = [at::FDCWD.into(), from.len() as i64, at::FDCWD.into(), to.len() as i64, 0];
    let input = [from.as_bytes(), to.as_bytes()].concat();
    named(actor.call(nr::RENAMEAT, &args, &input, &mut []), "rename", from).map(drop)
}

/// Makes a symbolic link at `path`.
pub(crate) fn symlink(actor: &mut Actor<'_>, target: &str, path: &str) -> Result<()> {
    let args = [target.len() as i64, at::FDCWD.into(), path.len() as i64];
    let input = [target.as_bytes(), path.as_bytes()].concat();
    named(actor.call(nr::SYMLINKAT, &args, &input, &mut []), "symlink", path).map(drop)
}

/// Where a symbolic link points.
pub(crate) fn readlink(actor: &mut Actor<'_>, path: &str) -> Result<String> {
    let mut target = vec![0; PATH_BYTES_MAX];
    let args = [at::FDCWD.into(), path.len() as i64, target.len() as i64];
    let length = named(actor.call(nr::READLINKAT, &args, path.as_bytes(), &mut target), "readlink", path)?;
    Ok(String::from_utf8_lossy(&target[..(length as usize).min(target.len())]).into_owned())
}

/// Sets permission bits.
pub(crate) fn chmod(actor: &mut Actor<'_>, path: &str, mode: u32) -> Result<()> {
    let args = [at::FDCWD.into(), path.len() as i64, mode.into(), 0];
    named(actor.call(nr::FCHMODAT, &args, path.as_bytes(), &mut []), "chmod", path).map(drop)
}

/// Metadata; `follow`: of what a symbolic link points to.
pub(crate) fn stat(actor: &mut Actor<'_>, path: &str, follow: bool) -> Result<Stat> {
    let flags = if follow { 0 } else { at::SYMLINK_NOFOLLOW };
    let mut record = [0; Stat::BYTES];
    let args = [at::FDCWD.into(), path.len() as i64, flags.into(), Stat::BYTES as i64];
    let syscall = if follow { "stat" } else { "lstat" };
    named(actor.call(nr::FSTATAT, &args, path.as_bytes(), &mut record), syscall, path)?;
    Ok(Stat::decode(&record))
}

/// A descriptor of the page's own.
pub(crate) fn open(actor: &mut Actor<'_>, path: &str, flags: u32, mode: u32) -> Result<i32> {
    let flags = flags | open::CLOEXEC | open::NONBLOCK;
    let args = [at::FDCWD.into(), path.len() as i64, flags.into(), mode.into()];
    named(actor.call(nr::OPENAT, &args, path.as_bytes(), &mut []), "open", path).map(|fd| fd as i32)
}

fn of_descriptor<T>(result: Called<T>, syscall: &'static str) -> Result<T> {
    result.map_err(|failure| WebError::Call { errno: failure.errno(), syscall, path: None })
}

/// At most `length` bytes from `offset` on; none at the end.
pub(crate) fn read_at(actor: &mut Actor<'_>, fd: i32, offset: i64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length.min(READ_BYTES)];
    let args = [fd.into(), offset, bytes.len() as i64];
    let read = of_descriptor(actor.call(nr::PREAD, &args, &[], &mut bytes), "read")?;
    bytes.truncate(read as usize);
    Ok(bytes)
}

/// All of the data, from `offset` on; a negative offset appends.
pub(crate) fn write_at(actor: &mut Actor<'_>, fd: i32, mut offset: i64, mut data: &[u8]) -> Result<()> {
    while !data.is_empty() {
        let piece = &data[..data.len().min(READ_BYTES)];
        let written = if offset < 0 {
            of_descriptor(actor.write(fd, piece), "write")?
        } else {
            let args = [fd.into(), offset, piece.len() as i64];
            of_descriptor(actor.call(nr::PWRITE, &args, piece, &mut []), "write")? as usize
        };
        offset += if offset < 0 { 0 } else { written as i64 };
        data = &data[written..];
    }
    Ok(())
}

/// Cuts a file, or lengthens it by zeros.
pub(crate) fn truncate(actor: &mut Actor<'_>, path: &str, length: i64) -> Result<()> {
    let fd = openat(actor, path, open::WRONLY)?;
    let result = named(actor.call(nr::FTRUNCATE, &[fd.into(), length], &[], &mut []), "ftruncate", path);
    actor.close(fd);
    result.map(drop)
}

/// Sets when a file was read and changed, ns since 1970.
pub(crate) fn utimes(actor: &mut Actor<'_>, path: &str, atime_ns: i64, mtime_ns: i64) -> Result<()> {
    let args = [at::FDCWD.into(), path.len() as i64, atime_ns, mtime_ns, 0];
    named(actor.call(nr::UTIMENSAT, &args, path.as_bytes(), &mut []), "utime", path).map(drop)
}

/// Gives a file another name.
pub(crate) fn link(actor: &mut Actor<'_>, existing: &str, path: &str) -> Result<()> {
    let args = [at::FDCWD.into(), existing.len() as i64, at::FDCWD.into(), path.len() as i64, 0];
    let input = [existing.as_bytes(), path.as_bytes()].concat();
    named(actor.call(nr::LINKAT, &args, &input, &mut []), "link", existing).map(drop)
}

/// Sets owner and group.
pub(crate) fn chown(actor: &mut Actor<'_>, path: &str, uid: u32, gid: u32) -> Result<()> {
    let args = [at::FDCWD.into(), path.len() as i64, uid.into(), gid.into(), 0];
    named(actor.call(nr::FCHOWNAT, &args, path.as_bytes(), &mut []), "chown", path).map(drop)
}

/// Whether a path may be read (4), written (2), run (1), or is there (0).
pub(crate) fn access(actor: &mut Actor<'_>, path: &str, mode: u32) -> Result<()> {
    let args = [at::FDCWD.into(), path.len() as i64, mode.into(), 0];
    named(actor.call(nr::FACCESSAT, &args, path.as_bytes(), &mut []), "access", path).map(drop)
}

/// A path without links.
pub(crate) fn realpath(actor: &mut Actor<'_>, path: &str) -> Result<String> {
    let mut real = vec![0; PATH_BYTES_MAX];
    let args = [at::FDCWD.into(), path.len() as i64, real.len() as i64];
    let length = named(actor.call(nr::REALPATHAT, &args, path.as_bytes(), &mut real), "realpath", path)?;
    Ok(String::from_utf8_lossy(&real[..(length as usize).min(real.len())]).into_owned())
}

/// Makes a FIFO that everybody may use.
pub(crate) fn mkfifo(actor: &mut Actor<'_>, path: &str) -> Result<()> {
    let args = [at::FDCWD.into(), path.len() as i64, (mode::FIFO | 0o666).into(), 0];
    named(actor.call(nr::MKNODAT, &args, path.as_bytes(), &mut []), "mkfifo", path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oac_kernel::{Config, Kernel, Now};

    /// Runs `act` as a fresh container's page; an error is given as Node words it.
    fn check<T: std::fmt::Debug + PartialEq>(
        act: impl FnOnce(&mut Actor<'_>) -> Result<T>,
        expected: std::result::Result<T, &str>,
    ) {
        let mut kernel = Kernel::new(Config::default(), Now::default());
        let task = Actor::attach(&mut kernel, "page");
        let result = act(&mut Actor::new(&mut kernel, task));
        assert_eq!(result.map_err(|error| error.to_string()), expected.map_err(str::to_string));
    }

    fn names(actor: &mut Actor<'_>, path: &str) -> Result<Vec<String>> {
        let entries = readdir(actor, path)?;
        Ok(entries.into_iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect())
    }

    #[test]
    fn a_file_longer_than_one_call_comes_back() {
        let long: Vec<u8> = (0..3 * READ_BYTES + 7).map(|i| (i % 251) as u8).collect();
        check(
            |actor| {
                write_file(actor, "/tmp/long", &long)?;
                read_file(actor, "/tmp/long")
            },
            Ok(long.clone()),
        );
    }

    #[test]
    fn a_tree_is_made_listed_and_removed() {
        check(
            |actor| {
                mkdir(actor, "/tmp/a/b/c", true)?;
                mkdir(actor, "/tmp/a/b/c/", true)?;
                write_file(actor, "/tmp/a/b/x", b"x")?;
                symlink(actor, "x", "/tmp/a/b/link")?;
                let before = names(actor, "/tmp/a/b")?;
                rm(actor, "/tmp/a", true, false)?;
                Ok((before, names(actor, "/tmp")?.contains(&"a".to_string())))
            },
            Ok((vec!["c".into(), "link".into(), "x".into()], false)),
        );
    }

    #[test]
    fn failures_name_call_and_path() {
        check(|actor| read_file(actor, "/none"), Err("ENOENT: no such file or directory, open '/none'"));
        check(|actor| readdir(actor, "/none"), Err("ENOENT: no such file or directory, scandir '/none'"));
        check(|actor| rm(actor, "/tmp", false, true), Err("EISDIR: is a directory, rm '/tmp'"));
        check(|actor| rm(actor, "/none", false, true), Ok(()));
        check(
            |actor| {
                write_file(actor, "/tmp/file", b"")?;
                mkdir(actor, "/tmp/file", true)
            },
            Err("EEXIST: file exists, mkdir '/tmp/file'"),
        );
    }

    #[test]
    fn files_are_read_and_written_in_pieces() {
        check(
            |actor| {
                let fd = open(actor, "/tmp/a", open::RDWR | open::CREAT, 0o600)?;
                write_at(actor, fd, 0, b"hello world")?;
                write_at(actor, fd, 6, b"there")?;
                let piece = read_at(actor, fd, 3, 4)?;
                let end = read_at(actor, fd, 11, 4)?;
                actor.close(fd);
                truncate(actor, "/tmp/a", 5)?;
                link(actor, "/tmp/a", "/tmp/b")?;
                utimes(actor, "/tmp/b", 1, 2)?;
                let stat = stat(actor, "/tmp/a", true)?;
                Ok((piece, end, read_file(actor, "/tmp/b")?, stat.nlink, stat.mtime_ns))
            },
            Ok((b"lo t".to_vec(), vec![], b"hello".to_vec(), 2, 2)),
        );
        check(|actor| access(actor, "/none", 0), Err("ENOENT: no such file or directory, access '/none'"));
        check(
            |actor| {
                symlink(actor, "/tmp", "/link")?;
                realpath(actor, "/link/.")
            },
            Ok("/tmp".into()),
        );
    }
}
