//! Files, directories and descriptors. Every path is taken relative to the working directory.

use oac_abi::{
    Errno,
    bounds::PATH_BYTES_MAX,
    flags::{self, at},
    stat::{Dirent, Stat, StatFs},
};

use crate::{Result, raw};

/// An open descriptor that closes itself.
#[derive(Debug)]
pub struct File(i32);

impl File {
    /// Takes a descriptor over.
    pub fn from_fd(fd: i32) -> File {
        File(fd)
    }

    /// The descriptor, still owned by this.
    pub fn fd(&self) -> i32 {
        self.0
    }

    /// The descriptor, to be closed by the caller.
    pub fn into_fd(self) -> i32 {
        let fd = self.0;
        std::mem::forget(self);
        fd
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A failing close has closed the descriptor all the same, close(2).
        let _ = close(self.0);
    }
}

impl std::io::Read for File {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        read(self.0, buf).map_err(to_io)
    }
}

impl std::io::Write for File {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        write(self.0, buf).map_err(to_io)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn to_io(errno: Errno) -> std::io::Error {
    let kind = match errno {
        Errno::ENOENT => std::io::ErrorKind::NotFound,
        Errno::EACCES | Errno::EPERM => std::io::ErrorKind::PermissionDenied,
        Errno::EPIPE => std::io::ErrorKind::BrokenPipe,
        Errno::EAGAIN => std::io::ErrorKind::WouldBlock,
        Errno::EINTR => std::io::ErrorKind::Interrupted,
        _ => std::io::ErrorKind::Other,
    };
    std::io::Error::new(kind, errno)
}

/// Opens a file; `flags` as in [`flags::open`].
pub fn open(path: &[u8], flags: u32, mode: u32) -> Result<i32> {
    raw::openat(at::FDCWD, path, flags, mode).map(|fd| fd as i32)
}

/// Closes a descriptor.
pub fn close(fd: i32) -> Result<()> {
    raw::close(fd).map(drop)
}

/// Reads; 0 at the end.
pub fn read(fd: i32, buf: &mut [u8]) -> Result<usize> {
    raw::read(fd, buf).map(|n| n as usize)
}

/// Writes, perhaps not everything.
pub fn write(fd: i32, buf: &[u8]) -> Result<usize> {
    raw::write(fd, buf).map(|n| n as usize)
}

/// Writes everything to a blocking descriptor.
pub fn write_all(fd: i32, mut buf: &[u8]) -> Result<()> {
    while !buf.is_empty() {
        match write(fd, buf) {
            Ok(n) => buf = &buf[n..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Reads at an offset.
pub fn pread(fd: i32, offset: i64, buf: &mut [u8]) -> Result<usize> {
    raw::pread(fd, offset, buf).map(|n| n as usize)
}

/// Writes at an offset.
pub fn pwrite(fd: i32, offset: i64, buf: &[u8]) -> Result<usize> {
    raw::pwrite(fd, offset, buf).map(|n| n as usize)
}

/// Metadata of an open file.
pub fn fstat(fd: i32) -> Result<Stat> {
    let mut record = [0; Stat::BYTES];
    raw::fstat(fd, &mut record)?;
    Ok(Stat::decode(&record))
}

/// Metadata of a path, links followed.
pub fn stat(path: &[u8]) -> Result<Stat> {
    stat_with(path, 0)
}

/// Metadata of a path itself.
pub fn lstat(path: &[u8]) -> Result<Stat> {
    stat_with(path, at::SYMLINK_NOFOLLOW)
}

fn stat_with(path: &[u8], flags: u32) -> Result<Stat> {
    let mut record = [0; Stat::BYTES];
    raw::fstatat(at::FDCWD, path, flags, &mut record)?;
    Ok(Stat::decode(&record))
}

/// Facts of the filesystem that holds a path.
pub fn statfs(path: &[u8]) -> Result<StatFs> {
    let mut record = [0; StatFs::BYTES];
    raw::statfs(path, &mut record)?;
    Ok(StatFs::decode(&record))
}

/// Facts of the filesystem that holds an open file.
pub fn fstatfs(fd: i32) -> Result<StatFs> {
    let mut record = [0; StatFs::BYTES];
    raw::fstatfs(fd, &mut record)?;
    Ok(StatFs::decode(&record))
}

/// All entries of a directory, in its own order.
pub fn readdir(path: &[u8]) -> Result<Vec<Dirent>> {
    let dir = File(open(path, flags::open::RDONLY | flags::open::DIRECTORY | flags::open::CLOEXEC, 0)?);
    let mut buf = vec![0; 32 << 10];
    let mut entries = Vec::new();
    loop {
        let n = raw::getdents(dir.0, &mut buf)? as usize;
        if n == 0 {
            return Ok(entries);
        }
        entries.extend(Dirent::decode_all(&buf[..n]));
    }
}

/// Makes a directory.
pub fn mkdir(path: &[u8], mode: u32) -> Result<()> {
    raw::mkdirat(at::FDCWD, path, mode).map(drop)
}

/// Removes an empty directory.
pub fn rmdir(path: &[u8]) -> Result<()> {
    raw::unlinkat(at::FDCWD, path, at::REMOVEDIR).map(drop)
}

/// Removes a file's name.
pub fn unlink(path: &[u8]) -> Result<()> {
    raw::unlinkat(at::FDCWD, path, 0).map(drop)
}

/// Renames.
pub fn rename(old: &[u8], new: &[u8]) -> Result<()> {
    raw::renameat(at::FDCWD, old, at::FDCWD, new, 0).map(drop)
}

/// Makes a hard link; a link that is given is linked itself.
pub fn link(old: &[u8], new: &[u8]) -> Result<()> {
    raw::linkat(at::FDCWD, old, at::FDCWD, new, 0).map(drop)
}

/// Makes a symbolic link at `path`.
pub fn symlink(target: &[u8], path: &[u8]) -> Result<()> {
    raw::symlinkat(target, at::FDCWD, path).map(drop)
}

/// Reads a symbolic link.
pub fn readlink(path: &[u8]) -> Result<Vec<u8>> {
    path_result(|buf| raw::readlinkat(at::FDCWD, path, buf))
}

/// The absolute path with every link resolved.
pub fn realpath(path: &[u8]) -> Result<Vec<u8>> {
    path_result(|buf| raw::realpathat(at::FDCWD, path, buf))
}

/// The working directory.
pub fn getcwd() -> Result<Vec<u8>> {
    path_result(raw::getcwd)
}

fn path_result(call: impl FnOnce(&mut [u8]) -> Result<i64>) -> Result<Vec<u8>> {
    let mut buf = vec![0; PATH_BYTES_MAX];
    let len = call(&mut buf)? as usize;
    buf.truncate(len);
    Ok(buf)
}

/// Sets the length of an open file.
pub fn truncate(fd: i32, length: i64) -> Result<()> {
    raw::ftruncate(fd, length).map(drop)
}

/// Changes permission bits, links followed.
pub fn chmod(path: &[u8], mode: u32) -> Result<()> {
    raw::fchmodat(at::FDCWD, path, mode, 0).map(drop)
}

/// Changes the owner, links followed.
pub fn chown(path: &[u8], uid: u32, gid: u32) -> Result<()> {
    raw::fchownat(at::FDCWD, path, uid, gid, 0).map(drop)
}

/// Sets times in ns since 1970, links followed.
pub fn utimens(path: &[u8], atime_ns: i64, mtime_ns: i64) -> Result<()> {
    raw::utimensat(at::FDCWD, path, atime_ns, mtime_ns, 0).map(drop)
}

/// Makes a FIFO.
pub fn mkfifo(path: &[u8], mode: u32) -> Result<()> {
    raw::mknodat(at::FDCWD, path, flags::mode::FIFO | mode, 0).map(drop)
}

/// Reserves, frees or zeroes a range of an open file: `mode` as in [`flags::fallocate`].
pub fn allocate(fd: i32, mode: u32, offset: i64, length: i64) -> Result<()> {
    raw::fallocate(fd, mode, offset, length).map(drop)
}

/// Copies from one open file to another at their positions, perhaps not everything; 0 at the end.
pub fn copy_range(from: i32, to: i32, length: u64) -> Result<u64> {
    raw::copy_file_range(from, -1, to, -1, length).map(|n| n as u64)
}

/// A pipe: reading end, writing end. `flags`: O_CLOEXEC, O_NONBLOCK.
pub fn pipe(flags: u32) -> Result<(File, File)> {
    let mut pair = [0; 8];
    raw::pipe2(flags, &mut pair)?;
    let fd = |at: usize| File(i32::from_le_bytes(std::array::from_fn(|i| pair[at + i])));
    Ok((fd(0), fd(4)))
}

/// Duplicates onto the lowest free descriptor not below `min_fd`.
pub fn dup(fd: i32, min_fd: i32, flags: u32) -> Result<i32> {
    raw::dup(fd, min_fd, flags).map(|fd| fd as i32)
}

/// Switches O_NONBLOCK.
pub fn set_nonblocking(fd: i32, on: bool) -> Result<()> {
    let old = raw::fcntl(fd, flags::fcntl::GETFL, 0)? as u32;
    let new = if on { old | flags::open::NONBLOCK } else { old & !flags::open::NONBLOCK };
    raw::fcntl(fd, flags::fcntl::SETFL, new).map(drop)
}
