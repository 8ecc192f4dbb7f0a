//! Calls that lock files: flock(2), and fcntl(2)'s locks of ranges.

use oac_abi::{
    Errno,
    flags::{fcntl, flock},
    lock::{Flock, LockKind},
    nr,
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, block_on},
    arguments::Out,
    description::{Description, DescriptionId, File},
    dispatch::Sys,
    locks::{Locked, Owner, Range, RangeLock},
    wait_queue::WaitKey,
};

/// What a description's locks are of.
fn locked(id: DescriptionId, description: &Description) -> Locked {
    match description.file {
        _ if description.origin.is_some() => {
            description.origin.map_or(Locked::Alone(id), |origin| Locked::File(origin.node))
        }
        File::PipeReader(pipe) | File::PipeWriter(pipe) | File::PipeBoth(pipe) => Locked::Pipe(pipe),
        _ => Locked::Alone(id),
    }
}

/// The bytes that a `struct flock` means, counted from `base`.
///
/// # Errors
/// EINVAL before the file's start, EOVERFLOW behind what offsets can say.
fn range(lock: &Flock, base: i64) -> Result<Range, Errno> {
    let start = base.checked_add(lock.start).ok_or(Errno::EOVERFLOW)?;
    let (first, last) = match lock.length {
        0 => (start, i64::MAX),
        1.. => (start, start.checked_add(lock.length - 1).ok_or(Errno::EOVERFLOW)?),
        _ => (start.checked_add(lock.length).ok_or(Errno::EINVAL)?, start - 1),
    };
    if start < 0 || first < 0 {
        return Err(Errno::EINVAL);
    }
    Ok(Range { first: first.unsigned_abs(), last: last.unsigned_abs() })
}

impl Sys<'_> {
    pub(crate) fn flock(self, fd: i32, operation: u32) -> Answer {
        let exclusive = match operation & !flock::NONBLOCK {
            flock::SHARED => Some(false),
            flock::EXCLUSIVE => Some(true),
            flock::UNLOCK => None,
            _ => return Err(Errno::EINVAL.into()),
        };
        let id = self.kernel.description_id(self.task, fd)?;
        let description = self.kernel.files.get(id)?;
        if description.is_path() {
            return Err(Errno::EBADF.into());
        }
        let locked = locked(id, description);
        let (given_up, done) = self.kernel.locks.lock_whole(locked, id, exclusive)?;
        if given_up {
            self.kernel.waits.wake(WaitKey::Lock(locked));
        }
        match done {
            true => Ok(0),
            false if operation & flock::NONBLOCK != 0 => Err(Errno::EAGAIN.into()),
            false => block_on(WaitKey::Lock(locked)),
        }
    }

    pub(crate) fn fcntl_lock(self, fd: i32, command: u32, lock: &[u8], found: Out<'_>) -> Answer {
        self.kernel.locks.unwant(self.task);
        let id = self.kernel.description_id(self.task, fd)?;
        let description = self.kernel.files.get(id)?;
        if description.is_path() {
            return Err(Errno::EBADF.into());
        }
        let (readable, writable) = (description.readable(), description.writable());
        let locked = locked(id, description);
        let wanted = Flock::decode(lock)?;
        let of_description = command >= fcntl::OFD_GETLK;
        let owner = if of_description { Owner::Description(id) } else { Owner::Task(self.task) };
        let range = range(&wanted, self.kernel.lock_base(self.task, fd, wanted.whence)?)?;
        if of_description && wanted.pid != 0 {
            return Err(Errno::EINVAL.into());
        }
        let new = RangeLock { owner, exclusive: wanted.kind == LockKind::Write, range };
        let waits = match command {
            fcntl::GETLK | fcntl::OFD_GETLK => {
                if wanted.kind == LockKind::Unlock {
                    return Err(Errno::EINVAL.into());
                }
                found.put(&self.kernel.describe_conflict(locked, &new, wanted).encode())?;
                return Ok(0);
            }
            fcntl::SETLK | fcntl::OFD_SETLK => false,
            fcntl::SETLKW | fcntl::OFD_SETLKW => true,
            _ => return Err(Errno::EINVAL.into()),
        };
        match wanted.kind {
            LockKind::Read if !readable => return Err(Errno::EBADF.into()),
            LockKind::Write if !writable => return Err(Errno::EBADF.into()),
            LockKind::Unlock => {
                if self.kernel.locks.unlock_range(locked, owner, range)? {
                    self.kernel.waits.wake(WaitKey::Lock(locked));
                }
                return Ok(0);
            }
            _ => {}
        }
        if self.kernel.locks.conflict(locked, &new).is_none() {
            if self.kernel.locks.lock_range(locked, new)? {
                // What was exclusive may be shared now.
                self.kernel.waits.wake(WaitKey::Lock(locked));
            }
            return Ok(0);
        }
        if !waits {
            return Err(Errno::EAGAIN.into());
        }
        self.kernel.wait_for_lock(self.task, locked, new)
    }
}

impl Kernel {
    /// What a lock's start is counted from.
    fn lock_base(&mut self, task: TaskId, fd: i32, whence: u16) -> Result<i64, Errno> {
        const CURRENT: u16 = 1;
        const END: u16 = 2;
        let base = match whence {
            CURRENT => match &self.description(task, fd)?.file {
                File::Regular { offset, .. } => *offset,
                File::Directory(directory) => directory.next as u64,
                _ => 0,
            },
            END => self.stat_file(task, fd)?.size,
            _ => 0,
        };
        i64::try_from(base).map_err(|_| Errno::EOVERFLOW)
    }

    /// F_GETLK: the lock in the way, counted from the file's start; else the same as was asked, but for the kind.
    fn describe_conflict(&self, locked: Locked, new: &RangeLock, asked: Flock) -> Flock {
        let Some(held) = self.locks.conflict(locked, new) else {
            return Flock { kind: LockKind::Unlock, ..asked };
        };
        let Range { first, last } = held.range;
        Flock {
            kind: held.kind(),
            whence: 0,
            start: first as i64,
            length: if last == Range::LAST_MAX { 0 } else { (last - first + 1) as i64 },
            pid: match held.owner {
                Owner::Task(task) => task.0 as i32,
                Owner::Description(_) => -1,
            },
        }
    }

    /// F_SETLKW: tasks that would wait for each other are told. Descriptions may be shared, so that nobody knows who would wait.
    fn wait_for_lock(&mut self, task: TaskId, locked: Locked, wanted: RangeLock) -> Answer {
        if matches!(wanted.owner, Owner::Task(_)) {
            let waits = |other: TaskId| {
                let pending = self.tasks.life(other).ok().and_then(|life| life.pending);
                pending.is_some_and(|pending| pending.number == nr::FCNTL_LOCK)
            };
            if self.locks.is_deadlock(task, locked, &wanted, waits) {
                return Err(Errno::EDEADLK.into());
            }
            self.locks.want(task, locked, wanted);
        }
        block_on(WaitKey::Lock(locked))
    }

    /// A task gives up a descriptor: with it go all locks of ranges that the task has of that file, however it got them.
    pub(crate) fn release_from(&mut self, task: TaskId, id: DescriptionId) {
        if let Ok(description) = self.files.get(id) {
            self.release_locks(locked(id, description), Owner::Task(task));
        }
        self.release(id);
    }

    /// A description is closed for good: its own locks go.
    pub(crate) fn release_description_locks(&mut self, id: DescriptionId, description: &Description) {
        self.release_locks(locked(id, description), Owner::Description(id));
    }

    fn release_locks(&mut self, locked: Locked, owner: Owner) {
        if self.locks.release(locked, owner) {
            self.waits.wake(WaitKey::Lock(locked));
        }
    }
}
