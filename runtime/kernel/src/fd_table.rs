//! A task's descriptors: small numbers that stand for open-file descriptions.

use std::collections::BTreeMap;

use oac_abi::Errno;

use crate::{TaskId, description::DescriptionId};

/// A descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fd(pub(crate) u32);

impl Fd {
    /// From a call's argument.
    ///
    /// # Errors
    /// EBADF when it is negative.
    pub(crate) fn new(number: i32) -> Result<Fd, Errno> {
        u32::try_from(number).map(Fd).map_err(|_| Errno::EBADF)
    }
}

/// What a descriptor stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FdEntry {
    pub(crate) description: DescriptionId,
    /// FD_CLOEXEC. Spawn passes descriptors by a list, so this is kept for fcntl(2) alone.
    pub(crate) cloexec: bool,
}

/// Descriptors by number. The lowest free one is given out first, as POSIX wants.
#[derive(Debug, Default)]
pub(crate) struct FdTable {
    entries: Vec<Option<FdEntry>>,
    limit: usize,
    /// For which thread descriptors are put from now on; `None` for the main one.
    owner: Option<TaskId>,
    /// Those that are a thread's and close with it.
    owned: BTreeMap<Fd, TaskId>,
}

impl FdTable {
    /// An empty one that holds at most `limit`.
    pub(crate) fn new(limit: usize) -> FdTable {
        FdTable { limit, ..FdTable::default() }
    }

    /// Descriptors that are put from now on close when this thread ends; `None`: when the process does.
    pub(crate) fn set_owner(&mut self, owner: Option<TaskId>) {
        self.owner = owner;
    }

    /// Gives an open descriptor to a thread.
    pub(crate) fn give(&mut self, fd: Fd, owner: TaskId) {
        self.owned.insert(fd, owner);
    }

    /// Takes out what is a thread's.
    pub(crate) fn take_owned(&mut self, owner: TaskId) -> Vec<FdEntry> {
        let theirs: Vec<Fd> = self.owned.iter().filter(|(_, of)| **of == owner).map(|(&fd, _)| fd).collect();
        theirs.into_iter().filter_map(|fd| self.take(fd).ok()).collect()
    }

    /// How many it may hold.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Changes how many it may hold; those above stay open.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(crate) fn get(&self, fd: Fd) -> Result<FdEntry, Errno> {
        self.entries.get(fd.0 as usize).copied().flatten().ok_or(Errno::EBADF)
    }

    pub(crate) fn get_mut(&mut self, fd: Fd) -> Result<&mut FdEntry, Errno> {
        self.entries.get_mut(fd.0 as usize).and_then(Option::as_mut).ok_or(Errno::EBADF)
    }

    /// The lowest free descriptor from `min` on.
    ///
    /// # Errors
    /// EMFILE.
    pub(crate) fn lowest_free(&self, min: Fd) -> Result<Fd, Errno> {
        let from = min.0 as usize;
        let free = (from..self.entries.len()).find(|&at| self.entries[at].is_none());
        let fd = free.unwrap_or(from.max(self.entries.len()));
        if fd < self.limit { Ok(Fd(fd as u32)) } else { Err(Errno::EMFILE) }
    }

    /// Fails when `count` more would not fit.
    ///
    /// # Errors
    /// EMFILE.
    pub(crate) fn require_room(&self, count: usize) -> Result<(), Errno> {
        let used = self.entries.iter().flatten().count();
        if used + count <= self.limit { Ok(()) } else { Err(Errno::EMFILE) }
    }

    /// Puts an entry at a number; gives what was there.
    ///
    /// # Errors
    /// EBADF when the number lies beyond the limit.
    pub(crate) fn put(&mut self, fd: Fd, entry: FdEntry) -> Result<Option<FdEntry>, Errno> {
        let at = fd.0 as usize;
        if at >= self.limit {
            return Err(Errno::EBADF);
        }
        if at >= self.entries.len() {
            self.entries.resize(at + 1, None);
        }
        match self.owner {
            Some(owner) => self.owned.insert(fd, owner),
            None => self.owned.remove(&fd),
        };
        Ok(self.entries[at].replace(entry))
    }

    /// Takes an entry out.
    ///
    /// # Errors
    /// EBADF.
    pub(crate) fn take(&mut self, fd: Fd) -> Result<FdEntry, Errno> {
        self.owned.remove(&fd);
        self.entries.get_mut(fd.0 as usize).and_then(Option::take).ok_or(Errno::EBADF)
    }

    /// Takes all entries out.
    pub(crate) fn drain(&mut self) -> Vec<FdEntry> {
        self.owned.clear();
        std::mem::take(&mut self.entries).into_iter().flatten().collect()
    }

    /// All descriptors, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Fd, FdEntry)> + '_ {
        self.entries.iter().enumerate().filter_map(|(at, entry)| Some((Fd(at as u32), (*entry)?)))
    }
}
