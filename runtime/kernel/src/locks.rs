//! Advisory locks: of whole files, which belong to a description (flock(2)), and of byte ranges, which belong to a task or to a
//! description (fcntl(2)).

use std::collections::{BTreeMap, BTreeSet};

use oac_abi::{Errno, bounds::LOCKS_MAX, lock::LockKind};
use oac_vfs::Node;

use crate::{TaskId, description::DescriptionId, pipe::PipeId};

/// What is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Locked {
    /// A file, by whatever name it was opened.
    File(Node),
    /// A pipe, by either end.
    Pipe(PipeId),
    /// What only one description leads to.
    Alone(DescriptionId),
}

/// Whose a lock of a range is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Task(TaskId),
    Description(DescriptionId),
}

/// Bytes of a file, both ends counted in. Up to `i64::MAX` means: to the end, whatever it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Range {
    pub(crate) const LAST_MAX: u64 = i64::MAX as u64;

    fn meets(self, other: Range) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether the two together have no gap.
    fn touches(self, other: Range) -> bool {
        self.first <= other.last.saturating_add(1) && other.first <= self.last.saturating_add(1)
    }
}

/// A lock of a range, held or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RangeLock {
    pub(crate) owner: Owner,
    pub(crate) exclusive: bool,
    pub(crate) range: Range,
}

impl RangeLock {
    fn conflicts(&self, other: &RangeLock) -> bool {
        self.owner != other.owner && (self.exclusive || other.exclusive) && self.range.meets(other.range)
    }

    pub(crate) fn kind(&self) -> LockKind {
        if self.exclusive { LockKind::Write } else { LockKind::Read }
    }
}

#[derive(Debug, Default)]
struct FileLocks {
    /// By description, and whether exclusive.
    whole: BTreeMap<DescriptionId, bool>,
    /// Owners in the order in which they came, as Linux has them, and F_GETLK finds them; one owner's locks by their first bytes.
    /// They neither meet nor, being of one kind, touch.
    ranges: Vec<RangeLock>,
}

impl FileLocks {
    fn len(&self) -> usize {
        self.whole.len() + self.ranges.len()
    }
}

/// All locks of a container.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    files: BTreeMap<Locked, FileLocks>,
    count: usize,
    /// What tasks wait for, or waited for the last time they did.
    wanted: BTreeMap<TaskId, (Locked, RangeLock)>,
}

impl Locks {
    fn change<R>(&mut self, locked: Locked, act: impl FnOnce(&mut FileLocks) -> R) -> R {
        let file = self.files.entry(locked).or_default();
        let before = file.len();
        let result = act(file);
        let after = file.len();
        if after == 0 {
            self.files.remove(&locked);
        }
        self.count = self.count - before + after;
        result
    }

    /// flock(2): takes a lock of the whole file, or gives it up. Says whether anybody may have waited for what was given up, and
    /// whether the lock could be had. Changing its kind gives up the old one first, as on Linux: that can be lost.
    ///
    /// # Errors
    /// ENOLCK.
    pub(crate) fn lock_whole(
        &mut self,
        locked: Locked,
        description: DescriptionId,
        exclusive: Option<bool>,
    ) -> Result<(bool, bool), Errno> {
        let full = self.count >= LOCKS_MAX;
        self.change(locked, |file| {
            let old = file.whole.get(&description).copied();
            if old.is_some() && old == exclusive {
                return Ok((false, true));
            }
            let given_up = file.whole.remove(&description).is_some();
            let Some(exclusive) = exclusive else { return Ok((given_up, true)) };
            if file.whole.values().any(|&other| exclusive || other) {
                return Ok((given_up, false));
            }
            if full && !given_up {
                return Err(Errno::ENOLCK);
            }
            file.whole.insert(description, exclusive);
            Ok((given_up, true))
        })
    }

    /// The first lock that stands in the way of another.
    pub(crate) fn conflict(&self, locked: Locked, wanted: &RangeLock) -> Option<RangeLock> {
        self.files.get(&locked)?.ranges.iter().find(|held| held.conflicts(wanted)).copied()
    }

    /// Gives an owner this lock in the place of what it has there; nothing stands in its way. Says whether it had anything.
    ///
    /// # Errors
    /// ENOLCK.
    pub(crate) fn lock_range(&mut self, locked: Locked, new: RangeLock) -> Result<bool, Errno> {
        // It adds one at most, and a second where it splits one.
        if self.count + 2 > LOCKS_MAX {
            return Err(Errno::ENOLCK);
        }
        Ok(self.change(locked, |file| {
            let mut new = new;
            let place = place_of(&file.ranges, new.owner);
            let replaced = cut(&mut file.ranges, new.owner, new.range);
            file.ranges.retain(|held| {
                let joins = held.owner == new.owner
                    && held.exclusive == new.exclusive
                    && held.range.touches(new.range);
                if joins {
                    new.range.first = new.range.first.min(held.range.first);
                    new.range.last = new.range.last.max(held.range.last);
                }
                !joins
            });
            insert(&mut file.ranges, place, new);
            replaced
        }))
    }

    /// Gives up what an owner has locked of a range. Says whether that was anything.
    ///
    /// # Errors
    /// ENOLCK when a lock would become two, and there are too many.
    pub(crate) fn unlock_range(&mut self, locked: Locked, owner: Owner, range: Range) -> Result<bool, Errno> {
        if !self.files.contains_key(&locked) {
            return Ok(false);
        }
        let full = self.count >= LOCKS_MAX;
        self.change(locked, |file| {
            let splits = |held: &RangeLock| {
                held.owner == owner && held.range.first < range.first && held.range.last > range.last
            };
            if full && file.ranges.iter().any(splits) {
                return Err(Errno::ENOLCK);
            }
            Ok(cut(&mut file.ranges, owner, range))
        })
    }

    /// Gives up all of an owner's locks of a file. Says whether there were any.
    pub(crate) fn release(&mut self, locked: Locked, owner: Owner) -> bool {
        if !self.files.contains_key(&locked) {
            return false;
        }
        self.change(locked, |file| {
            let before = file.len();
            file.ranges.retain(|held| held.owner != owner);
            if let Owner::Description(description) = owner {
                file.whole.remove(&description);
            }
            file.len() < before
        })
    }

    /// Notes what a task is about to wait for.
    pub(crate) fn want(&mut self, task: TaskId, locked: Locked, wanted: RangeLock) {
        self.wanted.insert(task, (locked, wanted));
    }

    /// A task waits for no lock any more.
    pub(crate) fn unwant(&mut self, task: TaskId) {
        self.wanted.remove(&task);
    }

    /// Whether a task that waited for this would wait for itself, through others that wait. `waits` tells whether a task still does.
    pub(crate) fn is_deadlock(
        &self,
        task: TaskId,
        locked: Locked,
        wanted: &RangeLock,
        waits: impl Fn(TaskId) -> bool,
    ) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![(locked, *wanted)];
        while let Some((locked, wanted)) = open.pop() {
            for held in self.files.get(&locked).map_or(&[][..], |file| &file.ranges) {
                let Owner::Task(holder) = held.owner else { continue };
                if !held.conflicts(&wanted) {
                    continue;
                }
                if holder == task {
                    return true;
                }
                if waits(holder) && seen.insert(holder) {
                    open.extend(self.wanted.get(&holder));
                }
            }
        }
        false
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        debug_assert!(self.count > 0 || self.files.is_empty());
        self.count
    }
}

/// Takes a range out of an owner's locks, of which one may become two. Says whether that was anything.
fn cut(ranges: &mut Vec<RangeLock>, owner: Owner, range: Range) -> bool {
    let place = place_of(ranges, owner);
    let mut rest = Vec::new();
    let before = ranges.len();
    ranges.retain(|held| {
        let meets = held.owner == owner && held.range.meets(range);
        if meets {
            if held.range.first < range.first {
                let left = Range { first: held.range.first, last: range.first - 1 };
                rest.push(RangeLock { range: left, ..*held });
            }
            if held.range.last > range.last {
                let right = Range { first: range.last + 1, last: held.range.last };
                rest.push(RangeLock { range: right, ..*held });
            }
        }
        !meets
    });
    let changed = ranges.len() < before;
    for lock in rest {
        insert(ranges, place, lock);
    }
    changed
}

/// Where an owner's locks begin, or would.
fn place_of(ranges: &[RangeLock], owner: Owner) -> usize {
    ranges.iter().position(|held| held.owner == owner).unwrap_or(ranges.len())
}

fn insert(ranges: &mut Vec<RangeLock>, place: usize, lock: RangeLock) {
    let before = |held: &&RangeLock| held.owner == lock.owner && held.range.first <= lock.range.first;
    let at = place + ranges[place..].iter().take_while(before).count();
    ranges.insert(at, lock);
}
