//! Locks, extended attributes, watches.

use oac_abi::{
    Errno,
    flags::{at, fcntl},
    lock::{Flock, LockKind},
};

use super::{Answer, c_string, sys};

pub(crate) fn flock(fd: i32, operation: u32) -> Answer {
    sys!(SYS_flock, fd, operation)
}

/// `struct flock`: kind and whence (16 bits each), start, length, pid.
pub(crate) fn fcntl_lock(fd: i32, command: u32, lock: &[u8], found: &mut [u8]) -> Answer {
    let lock = Flock::decode(lock)?;
    let head = u64::from(lock.kind as u16) | u64::from(lock.whence) << 16;
    let mut record = [head, lock.start as u64, lock.length as u64, u64::from(lock.pid as u32)];
    let ret = sys!(SYS_fcntl, fd, command, record.as_mut_ptr())?;
    if matches!(command, fcntl::GETLK | fcntl::OFD_GETLK) {
        let kind = match record[0] as u16 {
            0 => LockKind::Read,
            1 => LockKind::Write,
            _ => LockKind::Unlock,
        };
        let answer = Flock {
            kind,
            whence: (record[0] >> 16) as u16,
            start: record[1] as i64,
            length: record[2] as i64,
            pid: record[3] as i32,
        };
        found[..Flock::BYTES].copy_from_slice(&answer.encode());
    }
    Ok(ret)
}

/// Which of the three calls of a family takes a path and flags.
enum Which {
    Path,
    Link,
    Open,
}

fn which(dirfd: i32, path: &[u8], at_flags: u32) -> Result<Which, Errno> {
    match (path.is_empty(), at_flags) {
        (true, at::EMPTY_PATH) => Ok(Which::Open),
        (_, 0) if dirfd == at::FDCWD => Ok(Which::Path),
        (_, at::SYMLINK_NOFOLLOW) if dirfd == at::FDCWD => Ok(Which::Link),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn getxattrat(dirfd: i32, path: &[u8], at_flags: u32, name: &[u8], value: &mut [u8]) -> Answer {
    let (which, path, name) = (which(dirfd, path, at_flags)?, c_string(path)?, c_string(name)?);
    let (out, len) = (value.as_mut_ptr(), value.len());
    match which {
        Which::Path => sys!(SYS_getxattr, path.as_ptr(), name.as_ptr(), out, len),
        Which::Link => sys!(SYS_lgetxattr, path.as_ptr(), name.as_ptr(), out, len),
        Which::Open => sys!(SYS_fgetxattr, dirfd, name.as_ptr(), out, len),
    }
}

pub(crate) fn setxattrat(
    dirfd: i32,
    path: &[u8],
    at_flags: u32,
    name: &[u8],
    value: &[u8],
    flags: u32,
) -> Answer {
    let (which, path, name) = (which(dirfd, path, at_flags)?, c_string(path)?, c_string(name)?);
    let (from, len) = (value.as_ptr(), value.len());
    match which {
        Which::Path => sys!(SYS_setxattr, path.as_ptr(), name.as_ptr(), from, len, flags),
        Which::Link => sys!(SYS_lsetxattr, path.as_ptr(), name.as_ptr(), from, len, flags),
        Which::Open => sys!(SYS_fsetxattr, dirfd, name.as_ptr(), from, len, flags),
    }
}

pub(crate) fn listxattrat(dirfd: i32, path: &[u8], at_flags: u32, names: &mut [u8]) -> Answer {
    let (which, path) = (which(dirfd, path, at_flags)?, c_string(path)?);
    let (out, len) = (names.as_mut_ptr(), names.len());
    match which {
        Which::Path => sys!(SYS_listxattr, path.as_ptr(), out, len),
        Which::Link => sys!(SYS_llistxattr, path.as_ptr(), out, len),
        Which::Open => sys!(SYS_flistxattr, dirfd, out, len),
    }
}

pub(crate) fn removexattrat(dirfd: i32, path: &[u8], at_flags: u32, name: &[u8]) -> Answer {
    let (which, path, name) = (which(dirfd, path, at_flags)?, c_string(path)?, c_string(name)?);
    match which {
        Which::Path => sys!(SYS_removexattr, path.as_ptr(), name.as_ptr()),
        Which::Link => sys!(SYS_lremovexattr, path.as_ptr(), name.as_ptr()),
        Which::Open => sys!(SYS_fremovexattr, dirfd, name.as_ptr()),
    }
}

pub(crate) fn inotify_init(flags: u32) -> Answer {
    sys!(SYS_inotify_init1, flags)
}

pub(crate) fn inotify_add_watch(fd: i32, path: &[u8], mask: u32) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_inotify_add_watch, fd, path.as_ptr(), mask)
}

pub(crate) fn inotify_rm_watch(fd: i32, watch: i32) -> Answer {
    sys!(SYS_inotify_rm_watch, fd, watch)
}
