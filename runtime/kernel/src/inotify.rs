//! Who watches which files, and the events that wait to be read. inotify(7).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use oac_abi::{
    Errno,
    bounds::{WATCH_EVENTS_MAX, WATCHERS_MAX, WATCHES_MAX},
    flags::inotify::{self, HEADER_BYTES},
};
use oac_vfs::{Held, Node};

/// What inotify_init gives: a set of watches with one queue of events. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WatcherId(pub(crate) u64);

/// The number of a watch within its watcher. Never used again.
type WatchNumber = i32;

/// One watch. A union is watched in all its members.
#[derive(Debug)]
struct Watch {
    /// They stay usable, so that their end can be told of.
    held: Vec<Held>,
    mask: u32,
}

#[derive(Debug, PartialEq, Eq)]
struct Event {
    watch: WatchNumber,
    mask: u32,
    cookie: u32,
    name: Vec<u8>,
}

impl Event {
    /// The name's bytes in the record: padded with NULs, at least one, to a multiple of the header's length.
    fn name_bytes(&self) -> usize {
        if self.name.is_empty() { 0 } else { (self.name.len() + 1).next_multiple_of(HEADER_BYTES) }
    }

    fn bytes(&self) -> usize {
        HEADER_BYTES + self.name_bytes()
    }

    fn encode(&self, out: &mut [u8]) {
        out[..4].copy_from_slice(&self.watch.to_le_bytes());
        out[4..8].copy_from_slice(&self.mask.to_le_bytes());
        out[8..12].copy_from_slice(&self.cookie.to_le_bytes());
        out[12..16].copy_from_slice(&(self.name_bytes() as u32).to_le_bytes());
        out[16..].fill(0);
        out[16..16 + self.name.len()].copy_from_slice(&self.name);
    }

    /// Whether Linux drops the later of two events in a row: the cookie is not looked at.
    fn repeats(&self, last: &Event) -> bool {
        last.mask & inotify::IGNORED == 0
            && (last.watch, last.mask, &last.name) == (self.watch, self.mask, &self.name)
    }
}

#[derive(Debug, Default)]
struct Watcher {
    watches: BTreeMap<WatchNumber, Watch>,
    last: WatchNumber,
    events: VecDeque<Event>,
    /// The queue holds IN_Q_OVERFLOW, for one event or many that found it full.
    overflowed: bool,
}

impl Watcher {
    /// Queues an event; says whether there is something new to read.
    fn push(&mut self, event: Event) -> bool {
        if self.events.len() >= WATCH_EVENTS_MAX {
            if self.overflowed {
                return false;
            }
            self.overflowed = true;
            let mask = inotify::Q_OVERFLOW;
            self.events.push_back(Event { watch: -1, mask, cookie: 0, name: Vec::new() });
            return true;
        }
        if self.events.back().is_some_and(|last| event.repeats(last)) {
            return false;
        }
        self.events.push_back(event);
        true
    }
}

/// What happened to a file, as its watches hear of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happening<'a> {
    /// The event, perhaps with IN_ISDIR.
    pub(crate) mask: u32,
    /// What links the two halves of a rename.
    pub(crate) cookie: u32,
    /// The name, for those who watch the directory.
    pub(crate) name: &'a [u8],
    /// Whether the name had been removed already: IN_EXCL_UNLINK does not want to hear of it.
    pub(crate) unlinked: bool,
}

/// All watchers of a container.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    watchers: BTreeMap<WatcherId, Watcher>,
    watches: BTreeMap<Node, BTreeSet<(WatcherId, WatchNumber)>>,
    /// Of all watchers together.
    watch_count: usize,
    last: u64,
    last_cookie: u32,
}

impl Watchers {
    /// A new one, without watches.
    ///
    /// # Errors
    /// EMFILE.
    pub(crate) fn add(&mut self) -> Result<WatcherId, Errno> {
        if self.watchers.len() >= WATCHERS_MAX {
            return Err(Errno::EMFILE);
        }
        self.last += 1;
        self.watchers.insert(WatcherId(self.last), Watcher::default());
        Ok(WatcherId(self.last))
    }

    /// Removes one with its watches.
    pub(crate) fn remove(&mut self, id: WatcherId) {
        let Some(watcher) = self.watchers.remove(&id) else { return };
        for (number, watch) in watcher.watches {
            self.forget(id, number, &watch);
        }
    }

    fn forget(&mut self, id: WatcherId, number: WatchNumber, watch: &Watch) {
        self.watch_count -= 1;
        for held in &watch.held {
            if let Some(watches) = self.watches.get_mut(&held.node()) {
                watches.remove(&(id, number));
                if watches.is_empty() {
                    self.watches.remove(&held.node());
                }
            }
        }
    }

    /// Whether nothing is watched, as is the rule.
    pub(crate) fn is_idle(&self) -> bool {
        self.watch_count == 0
    }

    /// Whether somebody watches a file or a directory.
    pub(crate) fn is_watched(&self, node: Node) -> bool {
        self.watches.contains_key(&node)
    }

    /// Watches a file, or the members of a union, or changes what an existing watch of them listens to.
    ///
    /// # Errors
    /// EEXIST with IN_MASK_CREATE; ENOSPC when there are too many watches.
    pub(crate) fn watch(&mut self, id: WatcherId, held: Vec<Held>, mask: u32) -> Result<WatchNumber, Errno> {
        let kept = mask & (inotify::ALL_EVENTS | inotify::ONESHOT | inotify::EXCL_UNLINK);
        let watcher = self.watchers.get_mut(&id).ok_or(Errno::EBADF)?;
        let first = held.first().ok_or(Errno::ENOENT)?.node();
        let own = self.watches.get(&first).and_then(|watches| watches.iter().find(|(of, _)| *of == id));
        if let Some(&(_, number)) = own {
            if mask & inotify::MASK_CREATE != 0 {
                return Err(Errno::EEXIST);
            }
            let watch = watcher.watches.get_mut(&number).ok_or(Errno::EINVAL)?;
            watch.mask = if mask & inotify::MASK_ADD != 0 { watch.mask | kept } else { kept };
            return Ok(number);
        }
        if self.watch_count >= WATCHES_MAX {
            return Err(Errno::ENOSPC);
        }
        let number = watcher.last.checked_add(1).ok_or(Errno::ENOSPC)?;
        watcher.last = number;
        for held in &held {
            self.watches.entry(held.node()).or_default().insert((id, number));
        }
        watcher.watches.insert(number, Watch { held, mask: kept });
        self.watch_count += 1;
        Ok(number)
    }

    /// Ends a watch; IN_IGNORED says so.
    ///
    /// # Errors
    /// EINVAL when there is no such watch.
    pub(crate) fn unwatch(&mut self, id: WatcherId, number: WatchNumber) -> Result<(), Errno> {
        let watcher = self.watchers.get_mut(&id).ok_or(Errno::EBADF)?;
        let watch = watcher.watches.remove(&number).ok_or(Errno::EINVAL)?;
        watcher.push(Event { watch: number, mask: inotify::IGNORED, cookie: 0, name: Vec::new() });
        self.forget(id, number, &watch);
        Ok(())
    }

    /// Tells those who watch a file what happened; gives those of them who have something new to read.
    pub(crate) fn tell(&mut self, node: Node, what: Happening<'_>) -> Vec<WatcherId> {
        let watches: Vec<_> = self.watches.get(&node).into_iter().flatten().copied().collect();
        let mut told = Vec::new();
        for (id, number) in watches {
            let Some(watcher) = self.watchers.get_mut(&id) else { continue };
            let Some(watch) = watcher.watches.get(&number) else { continue };
            if watch.mask & what.mask & inotify::ALL_EVENTS == 0
                || what.unlinked && watch.mask & inotify::EXCL_UNLINK != 0
            {
                continue;
            }
            let once = watch.mask & inotify::ONESHOT != 0;
            let Happening { mask, cookie, name, .. } = what;
            let new = watcher.push(Event { watch: number, mask, cookie, name: name.to_vec() });
            if once {
                // It exists, and so does its watcher.
                let _ = self.unwatch(id, number);
            }
            if new || once {
                told.push(id);
            }
        }
        told
    }

    /// Ends all watches of a file that is no more.
    pub(crate) fn end(&mut self, node: Node) -> Vec<WatcherId> {
        let watches: Vec<_> = self.watches.get(&node).into_iter().flatten().copied().collect();
        for &(id, number) in &watches {
            // A watch that is in the index exists.
            let _ = self.unwatch(id, number);
        }
        watches.into_iter().map(|(id, _)| id).collect()
    }

    /// A number for a rename.
    pub(crate) fn next_cookie(&mut self) -> u32 {
        self.last_cookie = self.last_cookie.wrapping_add(1).max(1);
        self.last_cookie
    }

    /// Whether there is something to read.
    pub(crate) fn has_events(&self, id: WatcherId) -> bool {
        self.watchers.get(&id).is_some_and(|watcher| !watcher.events.is_empty())
    }

    /// Bytes that wait to be read.
    pub(crate) fn buffered_bytes(&self, id: WatcherId) -> usize {
        self.watchers.get(&id).map_or(0, |watcher| watcher.events.iter().map(Event::bytes).sum())
    }

    /// Moves as many events as fit; `None` when there is none.
    ///
    /// # Errors
    /// EINVAL when not even the first fits.
    pub(crate) fn read(&mut self, id: WatcherId, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        let watcher = self.watchers.get_mut(&id).ok_or(Errno::EBADF)?;
        if watcher.events.is_empty() {
            return Ok(None);
        }
        let mut len = 0;
        while let Some(event) = watcher.events.pop_front_if(|event| event.bytes() <= buf.len() - len) {
            event.encode(&mut buf[len..len + event.bytes()]);
            len += event.bytes();
            watcher.overflowed &= event.mask != inotify::Q_OVERFLOW;
        }
        if len == 0 { Err(Errno::EINVAL) } else { Ok(Some(len)) }
    }

    /// Watchers, and their watches together.
    pub(crate) fn census(&self) -> (usize, usize) {
        debug_assert!(self.watch_count > 0 || self.watches.is_empty());
        (self.watchers.len(), self.watch_count)
    }
}
