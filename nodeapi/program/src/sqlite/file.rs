//! One open file of SQLite's: bytes, and the five states of its lock.

use std::ffi::c_int;

use libsqlite3_sys as sqlite;
use oac_abi::Errno;
use oac_abi::flags::open;
use oac_abi::lock::{Flock, LockKind};
use oac_sys as file;

use super::index::SharedIndex;

/// Where SQLite locks, in every layer of its own: above what a database reaches without growing by a page.
const PENDING_BYTE: i64 = 0x4000_0000;
const RESERVED_BYTE: i64 = PENDING_BYTE + 1;
const SHARED_FIRST: i64 = PENDING_BYTE + 2;
const SHARED_BYTES: i64 = 510;

/// The type in a file's mode.
pub(super) struct Kind(u32);

impl Kind {
    pub(super) fn of(mode: u32) -> Kind {
        Kind(mode & 0o170_000)
    }

    pub(super) fn is_regular(&self) -> bool {
        self.0 == 0o100_000
    }
}

/// See above.
pub(super) struct OpenFile {
    pub(super) file: file::File,
    pub(super) path: Vec<u8>,
    /// `SQLITE_LOCK_NONE` to `SQLITE_LOCK_EXCLUSIVE`.
    pub(super) level: c_int,
    /// The index of the write-ahead log, once it is used.
    pub(super) index: Option<SharedIndex>,
}

/// Locks `length` bytes, or unlocks them; false if another has them.
pub(super) fn lock_range(fd: i32, kind: LockKind, start: i64, length: i64) -> Result<bool, Errno> {
    let lock = Flock { kind, whence: 0, start, length, pid: 0 };
    match oac_sys::lock_range_of_file(fd, &lock, false) {
        Ok(()) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(errno) => Err(errno),
    }
}

impl OpenFile {
    /// Opens the file, or a temporary one; gives the flags that it was opened with.
    pub(super) fn open(path: Option<&[u8]>, flags: c_int) -> Result<(OpenFile, c_int), Errno> {
        let wanted = |flag: c_int| flags & flag != 0;
        let path = path.map_or_else(temporary_name, <[u8]>::to_vec);
        let mut mode = open::CLOEXEC;
        if wanted(sqlite::SQLITE_OPEN_CREATE) {
            mode |= open::CREAT;
        }
        if wanted(sqlite::SQLITE_OPEN_EXCLUSIVE) {
            mode |= open::EXCL | open::NOFOLLOW;
        }
        let (fd, given) = if wanted(sqlite::SQLITE_OPEN_READWRITE) {
            match file::open(&path, mode | open::RDWR, 0o644) {
                Ok(fd) => (fd, flags),
                Err(Errno::EACCES | Errno::EPERM | Errno::EROFS) => {
                    let read_only = flags & !(sqlite::SQLITE_OPEN_READWRITE | sqlite::SQLITE_OPEN_CREATE)
                        | sqlite::SQLITE_OPEN_READONLY;
                    (file::open(&path, open::CLOEXEC, 0)?, read_only)
                }
                Err(errno) => return Err(errno),
            }
        } else {
            (file::open(&path, mode, 0o644)?, flags)
        };
        let file = file::File::from_fd(fd);
        if wanted(sqlite::SQLITE_OPEN_DELETEONCLOSE) {
            file::unlink(&path)?;
        }
        Ok((OpenFile { file, path, level: sqlite::SQLITE_LOCK_NONE, index: None }, given))
    }

    /// Reads, and says how much there was.
    pub(super) fn read(&self, mut offset: i64, out: &mut [u8]) -> Result<usize, Errno> {
        let mut done = 0;
        while done < out.len() {
            match file::pread(self.file.fd(), offset, &mut out[done..]) {
                Ok(0) => break,
                Ok(count) => {
                    done += count;
                    offset += count as i64;
                }
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(done)
    }

    pub(super) fn write(&self, offset: i64, bytes: &[u8]) -> Result<(), Errno> {
        write_at(self.file.fd(), offset, bytes)
    }

    /// Raises the lock as far as `level`; false if another connection is in the way.
    pub(super) fn lock(&mut self, level: c_int) -> Result<bool, Errno> {
        let fd = self.file.fd();
        if self.level >= level {
            return Ok(true);
        }
        if level == sqlite::SQLITE_LOCK_SHARED {
            // Who waits for everyone to leave holds this byte, so that nobody new enters.
            if !lock_range(fd, LockKind::Read, PENDING_BYTE, 1)? {
                return Ok(false);
            }
            let entered = lock_range(fd, LockKind::Read, SHARED_FIRST, SHARED_BYTES);
            lock_range(fd, LockKind::Unlock, PENDING_BYTE, 1)?;
            if !entered? {
                return Ok(false);
            }
        } else if level == sqlite::SQLITE_LOCK_RESERVED {
            if !lock_range(fd, LockKind::Write, RESERVED_BYTE, 1)? {
                return Ok(false);
            }
        } else {
            if self.level < sqlite::SQLITE_LOCK_PENDING {
                if !lock_range(fd, LockKind::Write, PENDING_BYTE, 1)? {
                    return Ok(false);
                }
                self.level = sqlite::SQLITE_LOCK_PENDING;
            }
            if level == sqlite::SQLITE_LOCK_EXCLUSIVE
                && !lock_range(fd, LockKind::Write, SHARED_FIRST, SHARED_BYTES)?
            {
                return Ok(false);
            }
        }
        self.level = level;
        Ok(true)
    }

    /// Lowers the lock to `level`, shared or none.
    pub(super) fn unlock(&mut self, level: c_int) -> Result<(), Errno> {
        let fd = self.file.fd();
        if self.level <= level {
            return Ok(());
        }
        if level == sqlite::SQLITE_LOCK_SHARED {
            if self.level > sqlite::SQLITE_LOCK_SHARED {
                lock_range(fd, LockKind::Read, SHARED_FIRST, SHARED_BYTES)?;
                lock_range(fd, LockKind::Unlock, PENDING_BYTE, 2)?;
            }
        } else {
            lock_range(fd, LockKind::Unlock, PENDING_BYTE, 2 + SHARED_BYTES)?;
        }
        self.level = level;
        Ok(())
    }

    /// Whether some connection means to write.
    pub(super) fn is_reserved(&self) -> Result<bool, Errno> {
        if self.level >= sqlite::SQLITE_LOCK_RESERVED {
            return Ok(true);
        }
        let wanted = Flock { kind: LockKind::Write, whence: 0, start: RESERVED_BYTE, length: 1, pid: 0 };
        Ok(oac_sys::find_lock(self.file.fd(), &wanted)?.is_some())
    }
}

/// Writes all of it.
pub(super) fn write_at(fd: i32, mut offset: i64, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match file::pwrite(fd, offset, bytes) {
            Ok(0) => return Err(Errno::EIO),
            Ok(count) => {
                bytes = &bytes[count..];
                offset += count as i64;
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// A name that nobody has.
fn temporary_name() -> Vec<u8> {
    let mut random = [0_u8; 8];
    // Without randomness the name may be taken, and opening fails.
    let _ = oac_sys::random(&mut random);
    format!("/tmp/sqlite_{:016x}", u64::from_ne_bytes(random)).into_bytes()
}
