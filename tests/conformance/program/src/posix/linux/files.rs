//! Files, directories and descriptors.

use std::cell::RefCell;

use oac_abi::{
    Errno,
    flags::{self, UTIME_NOW_NS, UTIME_OMIT_NS, at},
    stat::{Dirent, Stat, StatFs},
};

use super::{Answer, c_string, long_at, sys, word_at};

thread_local! {
    /// Descriptors whose records Linux lays out differently from the table: signalfds.
    static SIGNAL_FDS: RefCell<Vec<i32>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn remember_signal_fd(fd: i32) {
    SIGNAL_FDS.with_borrow_mut(|fds| fds.push(fd));
}

pub(crate) fn openat(dirfd: i32, path: &[u8], flags: u32, mode: u32) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_openat, dirfd, path.as_ptr(), flags, mode)
}

pub(crate) fn close(fd: i32) -> Answer {
    SIGNAL_FDS.with_borrow_mut(|fds| fds.retain(|&other| other != fd));
    sys!(SYS_close, fd)
}

pub(crate) fn read(fd: i32, buf: &mut [u8]) -> Answer {
    if SIGNAL_FDS.with_borrow(|fds| fds.contains(&fd)) {
        return read_signals(fd, buf);
    }
    sys!(SYS_read, fd, buf.as_mut_ptr(), buf.len())
}

/// `struct signalfd_siginfo` of 128 bytes, of which the table has the first four.
fn read_signals(fd: i32, buf: &mut [u8]) -> Answer {
    const RECORD_BYTES: usize = 128;
    let mut records = vec![0u8; buf.len() / 4 * RECORD_BYTES];
    let len = sys!(SYS_read, fd, records.as_mut_ptr(), records.len())? as usize;
    for (out, record) in buf.chunks_exact_mut(4).zip(records[..len].chunks_exact(RECORD_BYTES)) {
        out.copy_from_slice(&record[..4]);
    }
    Ok((len / RECORD_BYTES * 4) as i64)
}

pub(crate) fn write(fd: i32, buf: &[u8]) -> Answer {
    sys!(SYS_write, fd, buf.as_ptr(), buf.len())
}

pub(crate) fn pread(fd: i32, offset: i64, buf: &mut [u8]) -> Answer {
    sys!(SYS_pread64, fd, buf.as_mut_ptr(), buf.len(), offset)
}

pub(crate) fn pwrite(fd: i32, offset: i64, buf: &[u8]) -> Answer {
    sys!(SYS_pwrite64, fd, buf.as_ptr(), buf.len(), offset)
}

pub(crate) fn lseek(fd: i32, offset: i64, whence: u32) -> Answer {
    sys!(SYS_lseek, fd, offset, whence)
}

pub(crate) fn fstat(fd: i32, out: &mut [u8]) -> Answer {
    stat_into(fd, b"", at::EMPTY_PATH, out)
}

pub(crate) fn fstatat(dirfd: i32, path: &[u8], flags: u32, out: &mut [u8]) -> Answer {
    stat_into(dirfd, path, flags, out)
}

fn stat_into(dirfd: i32, path: &[u8], flags: u32, out: &mut [u8]) -> Answer {
    // `struct stat` of x86-64 as 18 words.
    let mut record = [0u64; 18];
    let path = c_string(path)?;
    sys!(SYS_newfstatat, dirfd, path.as_ptr(), record.as_mut_ptr(), flags)?;
    let time_ns = |at: usize| (record[at] as i64) * 1_000_000_000 + record[at + 1] as i64;
    let stat = Stat {
        dev: record[0],
        ino: record[1],
        nlink: record[2] as u32,
        mode: record[3] as u32,
        uid: (record[3] >> 32) as u32,
        gid: record[4] as u32,
        rdev: record[5],
        size: record[6],
        block_bytes: record[7] as u32,
        blocks: record[8],
        atime_ns: time_ns(9),
        mtime_ns: time_ns(11),
        ctime_ns: time_ns(13),
        birthtime_ns: 0,
    };
    out[..Stat::BYTES].copy_from_slice(&stat.encode());
    Ok(0)
}

/// `struct linux_dirent64`: ino, offset, length of the record, kind, name with NULs. `.` and `..` are left out.
pub(crate) fn getdents(fd: i32, buf: &mut [u8]) -> Answer {
    loop {
        let mut records = vec![0u8; buf.len()];
        let len = sys!(SYS_getdents64, fd, records.as_mut_ptr(), records.len())? as usize;
        let mut out = Vec::new();
        let mut rest = &records[..len];
        while rest.len() >= Dirent::HEADER_BYTES {
            let record_bytes = usize::from(u16::from_le_bytes([rest[16], rest[17]]));
            let name = rest[19..record_bytes].split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
            let entry = Dirent { ino: long_at(rest, 0), next: long_at(rest, 8), kind: rest[18], name };
            if entry.name != b"." && entry.name != b".." {
                entry.encode_into(&mut out, buf.len());
            }
            rest = &rest[record_bytes..];
        }
        if !out.is_empty() || len == 0 {
            buf[..out.len()].copy_from_slice(&out);
            return Ok(out.len() as i64);
        }
    }
}

pub(crate) fn mkdirat(dirfd: i32, path: &[u8], mode: u32) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_mkdirat, dirfd, path.as_ptr(), mode)
}

pub(crate) fn unlinkat(dirfd: i32, path: &[u8], flags: u32) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_unlinkat, dirfd, path.as_ptr(), flags)
}

pub(crate) fn renameat(
    old_dirfd: i32,
    old_path: &[u8],
    new_dirfd: i32,
    new_path: &[u8],
    flags: u32,
) -> Answer {
    let (old, new) = (c_string(old_path)?, c_string(new_path)?);
    sys!(SYS_renameat2, old_dirfd, old.as_ptr(), new_dirfd, new.as_ptr(), flags)
}

pub(crate) fn linkat(old_dirfd: i32, old_path: &[u8], new_dirfd: i32, new_path: &[u8], flags: u32) -> Answer {
    let (old, new) = (c_string(old_path)?, c_string(new_path)?);
    sys!(SYS_linkat, old_dirfd, old.as_ptr(), new_dirfd, new.as_ptr(), flags)
}

pub(crate) fn symlinkat(target: &[u8], dirfd: i32, path: &[u8]) -> Answer {
    let (target, path) = (c_string(target)?, c_string(path)?);
    sys!(SYS_symlinkat, target.as_ptr(), dirfd, path.as_ptr())
}

pub(crate) fn readlinkat(dirfd: i32, path: &[u8], buf: &mut [u8]) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_readlinkat, dirfd, path.as_ptr(), buf.as_mut_ptr(), buf.len())
}

pub(crate) fn ftruncate(fd: i32, length: i64) -> Answer {
    sys!(SYS_ftruncate, fd, length)
}

pub(crate) fn fchmodat(dirfd: i32, path: &[u8], mode: u32, flags: u32) -> Answer {
    if path.is_empty() && flags == at::EMPTY_PATH {
        return sys!(SYS_fchmod, dirfd, mode);
    }
    let path = c_string(path)?;
    // The call that takes flags is newer than the rest.
    match flags {
        0 => sys!(SYS_fchmodat, dirfd, path.as_ptr(), mode),
        flags => sys!(SYS_fchmodat2, dirfd, path.as_ptr(), mode, flags),
    }
}

pub(crate) fn fchownat(dirfd: i32, path: &[u8], uid: u32, gid: u32, flags: u32) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_fchownat, dirfd, path.as_ptr(), uid, gid, flags)
}

pub(crate) fn utimensat(dirfd: i32, path: &[u8], atime_ns: i64, mtime_ns: i64, flags: u32) -> Answer {
    let timespec = |time_ns: i64| match time_ns {
        UTIME_NOW_NS => [0, libc::UTIME_NOW],
        UTIME_OMIT_NS => [0, libc::UTIME_OMIT],
        time_ns => [time_ns.div_euclid(1_000_000_000), time_ns.rem_euclid(1_000_000_000)],
    };
    let times = [timespec(atime_ns), timespec(mtime_ns)];
    let path = c_string(path)?;
    if path.is_empty() && flags & at::EMPTY_PATH != 0 {
        return sys!(SYS_utimensat, dirfd, std::ptr::null::<u8>(), times.as_ptr(), 0);
    }
    sys!(SYS_utimensat, dirfd, path.as_ptr(), times.as_ptr(), flags)
}

pub(crate) fn faccessat(dirfd: i32, path: &[u8], mode: u32, flags: u32) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_faccessat2, dirfd, path.as_ptr(), mode, flags)
}

pub(crate) fn fsync(fd: i32) -> Answer {
    sys!(SYS_fsync, fd)
}

/// What `/proc/self/fd` says of a descriptor that only names the path.
pub(crate) fn realpathat(dirfd: i32, path: &[u8], buf: &mut [u8]) -> Answer {
    let fd = openat(dirfd, path, flags::open::PATH | flags::open::CLOEXEC, 0)? as i32;
    let found = readlinkat(at::FDCWD, format!("/proc/self/fd/{fd}").as_bytes(), buf);
    close(fd)?;
    found
}

pub(crate) fn chdir(path: &[u8]) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_chdir, path.as_ptr())
}

pub(crate) fn fchdir(fd: i32) -> Answer {
    sys!(SYS_fchdir, fd)
}

pub(crate) fn getcwd(buf: &mut [u8]) -> Answer {
    // Linux counts the NUL.
    sys!(SYS_getcwd, buf.as_mut_ptr(), buf.len()).map(|len| len - 1)
}

pub(crate) fn umask(mask: u32) -> Answer {
    sys!(SYS_umask, mask)
}

pub(crate) fn statfs(path: &[u8], out: &mut [u8]) -> Answer {
    let path = c_string(path)?;
    let mut record = [0u64; 15];
    sys!(SYS_statfs, path.as_ptr(), record.as_mut_ptr())?;
    put_statfs(&record, out)
}

pub(crate) fn fstatfs(fd: i32, out: &mut [u8]) -> Answer {
    let mut record = [0u64; 15];
    sys!(SYS_fstatfs, fd, record.as_mut_ptr())?;
    put_statfs(&record, out)
}

fn put_statfs(record: &[u64; 15], out: &mut [u8]) -> Answer {
    let facts = StatFs {
        kind: record[0],
        block_bytes: record[1],
        blocks: record[2],
        blocks_free: record[3],
        files: record[5],
        files_free: record[6],
    };
    out[..StatFs::BYTES].copy_from_slice(&facts.encode());
    Ok(0)
}

pub(crate) fn dup(fd: i32, min_fd: i32, flags: u32) -> Answer {
    let command = match flags {
        0 => libc::F_DUPFD,
        flags::open::CLOEXEC => libc::F_DUPFD_CLOEXEC,
        _ => return Err(Errno::EINVAL),
    };
    sys!(SYS_fcntl, fd, command, min_fd)
}

pub(crate) fn dup3(old_fd: i32, new_fd: i32, flags: u32) -> Answer {
    sys!(SYS_dup3, old_fd, new_fd, flags)
}

pub(crate) fn fcntl(fd: i32, command: u32, argument: u32) -> Answer {
    sys!(SYS_fcntl, fd, command, argument)
}

pub(crate) fn pipe2(flags: u32, fds: &mut [u8]) -> Answer {
    pair(fds, |pair| sys!(SYS_pipe2, pair, flags))
}

/// Two descriptors as bytes.
pub(super) fn pair(fds: &mut [u8], make: impl FnOnce(*mut i32) -> Answer) -> Answer {
    let mut pair = [0i32; 2];
    let ret = make(pair.as_mut_ptr())?;
    fds[..4].copy_from_slice(&pair[0].to_le_bytes());
    fds[4..8].copy_from_slice(&pair[1].to_le_bytes());
    Ok(ret)
}

pub(crate) fn fallocate(fd: i32, mode: u32, offset: i64, length: i64) -> Answer {
    sys!(SYS_fallocate, fd, mode, offset, length)
}

pub(crate) fn mknodat(dirfd: i32, path: &[u8], mode: u32, device: u64) -> Answer {
    let path = c_string(path)?;
    sys!(SYS_mknodat, dirfd, path.as_ptr(), mode, device)
}

pub(crate) fn copy_file_range(from: i32, from_offset: i64, to: i32, to_offset: i64, length: u64) -> Answer {
    let (mut from_at, mut to_at) = (from_offset, to_offset);
    let place = |at: &mut i64| if *at == -1 { std::ptr::null_mut() } else { std::ptr::from_mut(at) };
    sys!(SYS_copy_file_range, from, place(&mut from_at), to, place(&mut to_at), length, 0)
}

pub(crate) fn uname(names: &mut [u8]) -> Answer {
    const FIELD_BYTES: usize = 65;
    let mut record = [0u8; 6 * FIELD_BYTES];
    sys!(SYS_uname, record.as_mut_ptr())?;
    let mut out = Vec::new();
    for field in record.chunks(FIELD_BYTES).take(5) {
        out.extend(field.split(|&byte| byte == 0).next().unwrap_or_default());
        out.push(0);
    }
    names[..out.len()].copy_from_slice(&out);
    Ok(out.len() as i64)
}

pub(crate) fn fionread(fd: i32) -> Answer {
    let mut count = [0u8; 4];
    sys!(SYS_ioctl, fd, 0x541b, count.as_mut_ptr())?;
    Ok(word_at(&count, 0).into())
}
