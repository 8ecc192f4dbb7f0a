//! Files for the page: each function is the few system calls that the call of Node's `fs.promises` with its name makes.

use oac_abi::{
    Errno,
    bounds::{PATH_BYTES_MAX, SLOT_BYTES},
    flags::{at, open},
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
