//! Advisory locks: of open files (flock(2)), and of ranges (fcntl(2)).

use oac_abi::{
    flags::fcntl,
    lock::{Flock, LockKind},
};

use crate::{Result, raw};

/// Locks an open file, or unlocks it: [`crate::flags::flock`].
pub fn flock(fd: i32, operation: u32) -> Result<()> {
    raw::flock(fd, operation).map(drop)
}

/// Locks a range for this task, or unlocks it; EAGAIN when another is in the way and it is not to wait.
pub fn lock_range(fd: i32, lock: &Flock, wait: bool) -> Result<()> {
    let command = if wait { fcntl::SETLKW } else { fcntl::SETLK };
    raw::fcntl_lock(fd, command, &lock.encode(), &mut []).map(drop)
}

/// The same for the open file, whoever has it.
pub fn lock_range_of_file(fd: i32, lock: &Flock, wait: bool) -> Result<()> {
    let command = if wait { fcntl::OFD_SETLKW } else { fcntl::OFD_SETLK };
    raw::fcntl_lock(fd, command, &lock.encode(), &mut []).map(drop)
}

/// A lock that is in the way of this one.
pub fn find_lock(fd: i32, wanted: &Flock) -> Result<Option<Flock>> {
    let mut record = [0; Flock::BYTES];
    raw::fcntl_lock(fd, fcntl::GETLK, &wanted.encode(), &mut record)?;
    let found = Flock::decode(&record)?;
    Ok((found.kind != LockKind::Unlock).then_some(found))
}
