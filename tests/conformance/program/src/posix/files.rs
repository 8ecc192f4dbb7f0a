//! Files, directories and descriptors.

use std::sync::OnceLock;

use oac_abi::{
    flags::fcntl as commands,
    lock::{Flock, LockKind},
    stat::{Dirent, Stat, StatFs},
};

use super::{Errno, Octal, Result, Text, at, flags, o, raw};

/// The directory that the case runs in; stands as `$DIR` in what is printed.
pub(crate) static HOME: OnceLock<String> = OnceLock::new();

/// A path with the case's directory taken out of it.
fn masked(path: &[u8]) -> String {
    let text = path.escape_ascii().to_string();
    match HOME.get() {
        Some(home) => text.replace(home.as_str(), "$DIR"),
        None => text,
    }
}

/// The absolute path of a name in the case's directory.
pub(crate) fn absolute(name: &str) -> String {
    format!("{}/{name}", HOME.get().map_or("", String::as_str))
}

pub(crate) fn open(path: &str, flags: u32, mode: u32) -> Result<i32> {
    raw::openat(at::FDCWD, path.as_bytes(), flags, mode).map(|fd| fd as i32)
}

pub(crate) fn openat(dirfd: i32, path: &str, flags: u32, mode: u32) -> Result<i32> {
    raw::openat(dirfd, path.as_bytes(), flags, mode).map(|fd| fd as i32)
}

pub(crate) fn close(fd: i32) -> Result<()> {
    raw::close(fd).map(drop)
}

pub(crate) fn read(fd: i32, len: usize) -> Result<Text> {
    let mut buf = vec![0; len];
    let len = raw::read(fd, &mut buf)? as usize;
    buf.truncate(len);
    Ok(Text(buf))
}

/// Reads until the end.
pub(crate) fn read_all(fd: i32) -> Result<Text> {
    let mut all = Vec::new();
    loop {
        let Text(chunk) = read(fd, 4096)?;
        if chunk.is_empty() {
            return Ok(Text(all));
        }
        all.extend(chunk);
    }
}

pub(crate) fn write(fd: i32, text: &str) -> Result<usize> {
    write_bytes(fd, text.as_bytes())
}

pub(crate) fn write_bytes(fd: i32, bytes: &[u8]) -> Result<usize> {
    raw::write(fd, bytes).map(|len| len as usize)
}

pub(crate) fn pread(fd: i32, len: usize, offset: i64) -> Result<Text> {
    let mut buf = vec![0; len];
    let len = raw::pread(fd, offset, &mut buf)? as usize;
    buf.truncate(len);
    Ok(Text(buf))
}

pub(crate) fn pwrite(fd: i32, text: &str, offset: i64) -> Result<usize> {
    raw::pwrite(fd, offset, text.as_bytes()).map(|len| len as usize)
}

pub(crate) const SEEK_SET: u32 = 0;
pub(crate) const SEEK_CUR: u32 = 1;
pub(crate) const SEEK_END: u32 = 2;
pub(crate) const SEEK_DATA: u32 = 3;
pub(crate) const SEEK_HOLE: u32 = 4;

pub(crate) fn lseek(fd: i32, offset: i64, whence: u32) -> Result<i64> {
    raw::lseek(fd, offset, whence)
}

/// Makes a file with this text, or replaces what it holds.
pub(crate) fn put(path: &str, text: &str) -> Result<()> {
    let fd = open(path, o::WRONLY | o::CREAT | o::TRUNC, 0o644)?;
    let written = write(fd, text);
    close(fd)?;
    written.map(drop)
}

/// What a file holds.
pub(crate) fn get(path: &str) -> Result<Text> {
    let fd = open(path, o::RDONLY, 0)?;
    let text = read_all(fd);
    close(fd)?;
    text
}

pub(crate) fn stat(path: &str) -> Result<Stat> {
    fstatat(at::FDCWD, path, 0)
}

pub(crate) fn lstat(path: &str) -> Result<Stat> {
    fstatat(at::FDCWD, path, at::SYMLINK_NOFOLLOW)
}

pub(crate) fn fstatat(dirfd: i32, path: &str, flags: u32) -> Result<Stat> {
    let mut record = [0; Stat::BYTES];
    raw::fstatat(dirfd, path.as_bytes(), flags, &mut record)?;
    Ok(Stat::decode(&record))
}

pub(crate) fn fstat(fd: i32) -> Result<Stat> {
    let mut record = [0; Stat::BYTES];
    raw::fstat(fd, &mut record)?;
    Ok(Stat::decode(&record))
}

/// Permission bits.
pub(crate) fn mode(path: &str) -> Result<Octal> {
    lstat(path).map(|stat| Octal(stat.mode & 0o7777))
}

/// Bits of the type.
pub(crate) fn kind_of(stat: &Stat) -> &'static str {
    match stat.mode & flags::mode::FMT {
        flags::mode::SOCK => "socket",
        flags::mode::LNK => "link",
        flags::mode::REG => "file",
        flags::mode::BLK => "block device",
        flags::mode::DIR => "directory",
        flags::mode::CHR => "character device",
        flags::mode::FIFO => "fifo",
        _ => "?",
    }
}

pub(crate) fn kind(path: &str) -> Result<&'static str> {
    lstat(path).map(|stat| kind_of(&stat))
}

pub(crate) fn size(path: &str) -> Result<u64> {
    stat(path).map(|stat| stat.size)
}

pub(crate) fn nlink(path: &str) -> Result<u32> {
    lstat(path).map(|stat| stat.nlink)
}

/// User and group.
pub(crate) fn owner(path: &str) -> Result<(u32, u32)> {
    lstat(path).map(|stat| (stat.uid, stat.gid))
}

pub(crate) fn same_file(one: &str, other: &str) -> Result<bool> {
    let (one, other) = (stat(one)?, stat(other)?);
    Ok((one.dev, one.ino) == (other.dev, other.ino))
}

pub(crate) fn statfs(path: &str) -> Result<StatFs> {
    let mut record = [0; StatFs::BYTES];
    raw::statfs(path.as_bytes(), &mut record)?;
    Ok(StatFs::decode(&record))
}

pub(crate) fn fstatfs(fd: i32) -> Result<StatFs> {
    let mut record = [0; StatFs::BYTES];
    raw::fstatfs(fd, &mut record)?;
    Ok(StatFs::decode(&record))
}

/// The names in a directory, sorted.
pub(crate) fn list(path: &str) -> Result<Vec<String>> {
    let fd = open(path, o::RDONLY | o::DIRECTORY, 0)?;
    let entries = entries(fd, 4096);
    close(fd)?;
    let mut names: Vec<String> =
        entries?.into_iter().map(|entry| entry.name.escape_ascii().to_string()).collect();
    names.sort();
    Ok(names)
}

/// The rest of an open directory, read with a buffer of this size.
pub(crate) fn entries(fd: i32, buffer_bytes: usize) -> Result<Vec<Dirent>> {
    let mut all = Vec::new();
    loop {
        let mut buf = vec![0; buffer_bytes];
        let len = raw::getdents(fd, &mut buf)? as usize;
        if len == 0 {
            return Ok(all);
        }
        all.extend(Dirent::decode_all(&buf[..len]));
    }
}

pub(crate) fn mkdir(path: &str, mode: u32) -> Result<()> {
    raw::mkdirat(at::FDCWD, path.as_bytes(), mode).map(drop)
}

pub(crate) fn mkdirat(dirfd: i32, path: &str, mode: u32) -> Result<()> {
    raw::mkdirat(dirfd, path.as_bytes(), mode).map(drop)
}

pub(crate) fn rmdir(path: &str) -> Result<()> {
    raw::unlinkat(at::FDCWD, path.as_bytes(), at::REMOVEDIR).map(drop)
}

pub(crate) fn unlink(path: &str) -> Result<()> {
    raw::unlinkat(at::FDCWD, path.as_bytes(), 0).map(drop)
}

pub(crate) fn unlinkat(dirfd: i32, path: &str, flags: u32) -> Result<()> {
    raw::unlinkat(dirfd, path.as_bytes(), flags).map(drop)
}

pub(crate) fn rename(old: &str, new: &str) -> Result<()> {
    rename_with(old, new, 0)
}

pub(crate) fn rename_with(old: &str, new: &str, flags: u32) -> Result<()> {
    raw::renameat(at::FDCWD, old.as_bytes(), at::FDCWD, new.as_bytes(), flags).map(drop)
}

pub(crate) fn renameat(old_dirfd: i32, old: &str, new_dirfd: i32, new: &str) -> Result<()> {
    raw::renameat(old_dirfd, old.as_bytes(), new_dirfd, new.as_bytes(), 0).map(drop)
}

pub(crate) fn link(old: &str, new: &str) -> Result<()> {
    link_with(old, new, 0)
}

pub(crate) fn link_with(old: &str, new: &str, flags: u32) -> Result<()> {
    raw::linkat(at::FDCWD, old.as_bytes(), at::FDCWD, new.as_bytes(), flags).map(drop)
}

pub(crate) fn symlink(target: &str, path: &str) -> Result<()> {
    raw::symlinkat(target.as_bytes(), at::FDCWD, path.as_bytes()).map(drop)
}

pub(crate) fn readlink(path: &str) -> Result<String> {
    let mut buf = vec![0; 4096];
    let len = raw::readlinkat(at::FDCWD, path.as_bytes(), &mut buf)? as usize;
    Ok(masked(&buf[..len]))
}

pub(crate) fn ftruncate(fd: i32, length: i64) -> Result<()> {
    raw::ftruncate(fd, length).map(drop)
}

pub(crate) fn chmod(path: &str, mode: u32) -> Result<()> {
    raw::fchmodat(at::FDCWD, path.as_bytes(), mode, 0).map(drop)
}

pub(crate) fn fchmod(fd: i32, mode: u32) -> Result<()> {
    raw::fchmodat(fd, b"", mode, at::EMPTY_PATH).map(drop)
}

pub(crate) fn chown(path: &str, uid: u32, gid: u32) -> Result<()> {
    raw::fchownat(at::FDCWD, path.as_bytes(), uid, gid, 0).map(drop)
}

pub(crate) fn lchown(path: &str, uid: u32, gid: u32) -> Result<()> {
    raw::fchownat(at::FDCWD, path.as_bytes(), uid, gid, at::SYMLINK_NOFOLLOW).map(drop)
}

pub(crate) fn utimens(path: &str, atime_ns: i64, mtime_ns: i64) -> Result<()> {
    raw::utimensat(at::FDCWD, path.as_bytes(), atime_ns, mtime_ns, 0).map(drop)
}

pub(crate) fn lutimens(path: &str, atime_ns: i64, mtime_ns: i64) -> Result<()> {
    raw::utimensat(at::FDCWD, path.as_bytes(), atime_ns, mtime_ns, at::SYMLINK_NOFOLLOW).map(drop)
}

/// Access and modification time in ns.
pub(crate) fn times(path: &str) -> Result<(i64, i64)> {
    lstat(path).map(|stat| (stat.atime_ns, stat.mtime_ns))
}

/// access(2): 4 read, 2 write, 1 execute, for the real user.
pub(crate) fn access(path: &str, mode: u32) -> Result<()> {
    raw::faccessat(at::FDCWD, path.as_bytes(), mode, 0).map(drop)
}

pub(crate) fn umask(mask: u32) -> Result<Octal> {
    raw::umask(mask).map(|old| Octal(old as u32))
}

pub(crate) fn chdir(path: &str) -> Result<()> {
    raw::chdir(path.as_bytes()).map(drop)
}

pub(crate) fn fchdir(fd: i32) -> Result<()> {
    raw::fchdir(fd).map(drop)
}

pub(crate) fn getcwd() -> Result<String> {
    cwd_bytes().map(|path| masked(&path))
}

pub(crate) fn cwd_bytes() -> Result<Vec<u8>> {
    let mut buf = vec![0; 4096];
    let len = raw::getcwd(&mut buf)? as usize;
    buf.truncate(len);
    Ok(buf)
}

pub(crate) fn realpath(path: &str) -> Result<String> {
    let mut buf = vec![0; 4096];
    let len = raw::realpathat(at::FDCWD, path.as_bytes(), &mut buf)? as usize;
    Ok(masked(&buf[..len]))
}

pub(crate) fn dup(fd: i32) -> Result<i32> {
    raw::dup(fd, 0, 0).map(|fd| fd as i32)
}

pub(crate) fn dup_from(fd: i32, min_fd: i32, flags: u32) -> Result<i32> {
    raw::dup(fd, min_fd, flags).map(|fd| fd as i32)
}

pub(crate) fn dup3(old: i32, new: i32, flags: u32) -> Result<i32> {
    raw::dup3(old, new, flags).map(|fd| fd as i32)
}

/// FD_CLOEXEC.
pub(crate) fn cloexec(fd: i32) -> Result<bool> {
    raw::fcntl(fd, commands::GETFD, 0).map(|set| set & 1 == 1)
}

pub(crate) fn set_cloexec(fd: i32, on: bool) -> Result<()> {
    raw::fcntl(fd, commands::SETFD, on.into()).map(drop)
}

/// F_GETFL without O_LARGEFILE, which Linux sets by itself.
pub(crate) fn status_flags(fd: i32) -> Result<Octal> {
    raw::fcntl(fd, commands::GETFL, 0).map(|set| Octal(set as u32 & !0o100000))
}

pub(crate) fn set_status_flags(fd: i32, set: u32) -> Result<()> {
    raw::fcntl(fd, commands::SETFL, set).map(drop)
}

/// A pipe: where to read, where to write.
pub(crate) fn pipe(flags: u32) -> Result<(i32, i32)> {
    let mut fds = [0; 8];
    raw::pipe2(flags, &mut fds)?;
    Ok(two(&fds))
}

/// Two descriptors out of eight bytes.
pub(crate) fn two(fds: &[u8; 8]) -> (i32, i32) {
    let fd = |at: usize| i32::from_le_bytes(std::array::from_fn(|i| fds[at + i]));
    (fd(0), fd(4))
}

pub(crate) fn mkfifo(path: &str, mode: u32) -> Result<()> {
    mknod(path, flags::mode::FIFO | mode, 0)
}

pub(crate) fn mknod(path: &str, mode: u32, device: u64) -> Result<()> {
    raw::mknodat(at::FDCWD, path.as_bytes(), mode, device).map(drop)
}

pub(crate) fn fallocate(fd: i32, mode: u32, offset: i64, length: i64) -> Result<()> {
    raw::fallocate(fd, mode, offset, length).map(drop)
}

pub(crate) fn copy_file_range(
    from: i32,
    from_offset: i64,
    to: i32,
    to_offset: i64,
    length: u64,
) -> Result<i64> {
    raw::copy_file_range(from, from_offset, to, to_offset, length)
}

pub(crate) fn fsync(fd: i32) -> Result<()> {
    raw::fsync(fd).map(drop)
}

pub(crate) fn flock(fd: i32, operation: u32) -> Result<()> {
    raw::flock(fd, operation).map(drop)
}

/// Sets a lock of a range: `command` SETLK, SETLKW or their OFD_ forms.
pub(crate) fn set_lock(fd: i32, command: u32, kind: LockKind, start: i64, length: i64) -> Result<()> {
    let lock = Flock { kind, whence: 0, start, length, pid: 0 };
    raw::fcntl_lock(fd, command, &lock.encode(), &mut []).map(drop)
}

/// What is in the way of a lock: its kind, start and length, and whether it is a process's.
pub(crate) fn get_lock(
    fd: i32,
    command: u32,
    kind: LockKind,
    start: i64,
    length: i64,
) -> Result<Option<(LockKind, i64, i64, bool)>> {
    let lock = Flock { kind, whence: 0, start, length, pid: 0 };
    let mut found = [0; Flock::BYTES];
    raw::fcntl_lock(fd, command, &lock.encode(), &mut found)?;
    let found = Flock::decode(&found)?;
    if found.kind == LockKind::Unlock {
        return Ok(None);
    }
    Ok(Some((found.kind, found.start, found.length, found.pid > 0)))
}

/// An extended attribute of a path, links followed.
pub(crate) fn getxattr(path: &str, name: &str, len: usize) -> Result<Text> {
    let mut value = vec![0; len];
    let len = raw::getxattrat(at::FDCWD, path.as_bytes(), 0, name.as_bytes(), &mut value)? as usize;
    value.truncate(len);
    Ok(Text(value))
}

/// The length of an extended attribute.
pub(crate) fn xattr_len(path: &str, name: &str) -> Result<i64> {
    raw::getxattrat(at::FDCWD, path.as_bytes(), 0, name.as_bytes(), &mut [])
}

pub(crate) fn setxattr(path: &str, name: &str, value: &str, flags: u32) -> Result<()> {
    raw::setxattrat(at::FDCWD, path.as_bytes(), 0, name.as_bytes(), value.as_bytes(), flags).map(drop)
}

/// Names of extended attributes of the user's namespace, sorted.
pub(crate) fn listxattr(path: &str) -> Result<Vec<String>> {
    let mut names = vec![0; 4096];
    let len = raw::listxattrat(at::FDCWD, path.as_bytes(), 0, &mut names)? as usize;
    let mut names: Vec<String> = names[..len]
        .split(|&byte| byte == 0)
        .filter(|name| name.starts_with(b"user."))
        .map(|name| name.escape_ascii().to_string())
        .collect();
    names.sort();
    Ok(names)
}

pub(crate) fn removexattr(path: &str, name: &str) -> Result<()> {
    raw::removexattrat(at::FDCWD, path.as_bytes(), 0, name.as_bytes()).map(drop)
}

/// What a call without a result gives for a result that is not of interest.
pub(crate) fn done<T>(result: Result<T>) -> std::result::Result<(), Errno> {
    result.map(drop)
}
