//! Under which names files were opened: what the watches of their directories call them.
//!
//! Linux's dentries, as far as inotify(7) shows them: a file that is renamed while it is open is called by its new name, one
//! whose name was removed by its last.

use std::collections::BTreeMap;

use oac_vfs::Node;

/// A name under which something is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameId(u64);

/// Where a name is, and whether it is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The directory.
    pub(crate) dir: Node,
    /// The name in it.
    pub(crate) name: Vec<u8>,
    /// Whether the directory still has it.
    pub(crate) linked: bool,
}

#[derive(Debug)]
struct OpenName {
    entry: Entry,
    references: u32,
}

/// The names of all open files.
#[derive(Debug, Default)]
pub(crate) struct OpenNames {
    names: BTreeMap<NameId, OpenName>,
    /// Those that are still there.
    linked: BTreeMap<Node, BTreeMap<Vec<u8>, NameId>>,
    last: u64,
}

impl OpenNames {
    /// Something has been opened by this name.
    pub(crate) fn open(&mut self, dir: Node, name: Vec<u8>) -> NameId {
        if let Some(&id) = self.linked.get(&dir).and_then(|names| names.get(&name)) {
            if let Some(open) = self.names.get_mut(&id) {
                open.references += 1;
            }
            return id;
        }
        self.last += 1;
        let id = NameId(self.last);
        self.linked.entry(dir).or_default().insert(name.clone(), id);
        self.names.insert(id, OpenName { entry: Entry { dir, name, linked: true }, references: 1 });
        id
    }

    /// It has been closed. Gives the name if nobody else has it open by that.
    pub(crate) fn close(&mut self, id: NameId) -> Option<Entry> {
        let open = self.names.get_mut(&id)?;
        open.references -= 1;
        if open.references > 0 {
            return None;
        }
        let entry = self.names.remove(&id)?.entry;
        if entry.linked {
            self.take(entry.dir, &entry.name);
        }
        Some(entry)
    }

    /// Where the name is now.
    pub(crate) fn get(&self, id: NameId) -> Option<&Entry> {
        self.names.get(&id).map(|open| &open.entry)
    }

    /// A name has been removed. Says whether something is open by it.
    pub(crate) fn unlink(&mut self, dir: Node, name: &[u8]) -> bool {
        let open = self.take(dir, name).and_then(|id| self.names.get_mut(&id));
        let is_open = open.is_some();
        if let Some(open) = open {
            open.entry.linked = false;
        }
        is_open
    }

    /// A name has been moved over another, or has changed places with it. Says whether something is open by a name that is gone.
    pub(crate) fn rename(&mut self, old: (Node, &[u8]), new: (Node, &[u8]), exchange: bool) -> bool {
        let moved = self.take(old.0, old.1);
        let replaced_is_open = if exchange {
            let other = self.take(new.0, new.1);
            self.put(other, old);
            false
        } else {
            self.unlink(new.0, new.1)
        };
        self.put(moved, new);
        replaced_is_open
    }

    fn put(&mut self, id: Option<NameId>, (dir, name): (Node, &[u8])) {
        if let Some(id) = id
            && let Some(open) = self.names.get_mut(&id)
        {
            open.entry = Entry { dir, name: name.to_vec(), linked: true };
            self.linked.entry(dir).or_default().insert(name.to_vec(), id);
        }
    }

    fn take(&mut self, dir: Node, name: &[u8]) -> Option<NameId> {
        let names = self.linked.get_mut(&dir)?;
        let id = names.remove(name);
        if names.is_empty() {
            self.linked.remove(&dir);
        }
        id
    }

    /// Whether something is open in a directory, which it keeps, as Linux's dentries keep their parents.
    pub(crate) fn keep(&self, dir: Node) -> bool {
        self.names.values().any(|open| open.entry.dir == dir)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        debug_assert!(!self.names.is_empty() || self.linked.is_empty());
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use oac_vfs::{FsId, Ino};

    use super::*;

    fn dir(number: u64) -> Node {
        Node { fs: FsId(0), ino: Ino(number) }
    }

    #[track_caller]
    fn check(names: &OpenNames, id: NameId, expect: (u64, &str, bool)) {
        let entry = names.get(id).expect("it is open");
        let name = String::from_utf8_lossy(&entry.name);
        assert_eq!((entry.dir, name.as_ref(), entry.linked), (dir(expect.0), expect.1, expect.2));
    }

    #[test]
    fn names_follow_their_files() {
        let mut names = OpenNames::default();
        let a = names.open(dir(1), b"a".to_vec());
        assert_eq!(names.open(dir(1), b"a".to_vec()), a, "shared");
        let b = names.open(dir(2), b"b".to_vec());
        names.rename((dir(1), b"a"), (dir(2), b"b"), true);
        check(&names, a, (2, "b", true));
        check(&names, b, (1, "a", true));
        names.rename((dir(2), b"b"), (dir(1), b"a"), false);
        check(&names, a, (1, "a", true));
        check(&names, b, (1, "a", false));
        names.unlink(dir(1), b"a");
        check(&names, a, (1, "a", false));
        names.unlink(dir(1), b"none");
        names.rename((dir(1), b"none"), (dir(3), b"x"), false);
        let again = names.open(dir(1), b"a".to_vec());
        assert_ne!(again, a, "another file of that name");
        for id in [a, a, b, again] {
            names.close(id);
        }
        assert_eq!(names.len(), 0);
    }
}
