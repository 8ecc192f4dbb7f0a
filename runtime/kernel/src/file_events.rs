//! What the kernel tells watches of: every change of a file that is made through it, by whatever task, and by the host's own.
//!
//! Events go to who watches the file, and with the name to who watches the directory in which the operation found that name, be
//! it one of several hard links, or in a directory that is bound elsewhere. Which events, and in which order, is Linux's matter
//! (fsnotify.h); nothing is done while nobody watches.

use oac_abi::flags::inotify;
use oac_vfs::{FileSystems as _, Found, LastPart, Node, Place};

use crate::{
    Kernel, TaskId,
    description::{Description, DescriptionId, Origin},
    inotify::{Happening, WatcherId},
    open_names::Entry,
    wait_queue::WaitKey,
};

/// A file that a call acts on, and the name by which it was reached, if it has any.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) node: Node,
    pub(crate) entry: Option<Entry>,
}

/// A name that is moved.
pub(crate) struct Move<'a> {
    pub(crate) from: (Node, &'a [u8]),
    pub(crate) to: (Node, &'a [u8]),
    pub(crate) moved: (Node, bool),
    /// What stood there, which is gone, or in an exchange has taken the other place; and whether it is a directory.
    pub(crate) other: Option<(Node, bool)>,
    pub(crate) exchange: bool,
}

fn with_dir(mask: u32, is_dir: bool) -> u32 {
    if is_dir { mask | inotify::ISDIR } else { mask }
}

impl Kernel {
    fn tell(&mut self, node: Node, what: Happening<'_>) {
        let told = self.watchers.tell(node, what);
        self.wake_watchers(told);
    }

    fn wake_watchers(&mut self, told: Vec<WatcherId>) {
        for watcher in told {
            self.waits.wake(WaitKey::Watcher(watcher));
        }
    }

    /// Tells of what happened to a file itself.
    fn tell_file(&mut self, node: Node, mask: u32) {
        self.tell(node, Happening { mask, cookie: 0, name: b"", unlinked: false });
    }

    /// Tells of what happened to a name of a directory.
    fn tell_entry(&mut self, dir: Node, name: &[u8], mask: u32, cookie: u32) {
        self.tell(dir, Happening { mask, cookie, name, unlinked: false });
    }

    /// The directory and name under which a walk found a place. A directory that was reached otherwise, by `.` or through a bind,
    /// has those that its filesystem gives it.
    pub(crate) fn entry_of(&mut self, task: TaskId, found: Found, place: Place) -> Option<Entry> {
        let node = place.node;
        let (dir, name) = match found.last {
            LastPart::Name(name) if found.dir.mount == place.mount => (found.member, name),
            _ => {
                let parent = self.world(task).with(node.fs, |fs| {
                    if fs.root() == node.ino { Ok(None) } else { fs.parent(node.ino).map(Some) }
                });
                let (ino, name) = parent.ok().flatten()?;
                (Node { fs: node.fs, ino }, name)
            }
        };
        Some(Entry { dir, name, linked: true })
    }

    /// The subject behind an open description, when it was opened by a path.
    pub(crate) fn subject_of(&self, description: &Description) -> Option<Subject> {
        let Origin { node, name } = description.origin?;
        Some(Subject { node, entry: name.and_then(|name| self.open_names.get(name)).cloned() })
    }

    /// Attributes of a file have changed: its directory's watches hear of that too, even of a name that is gone.
    pub(crate) fn note(&mut self, task: TaskId, subject: &Subject, mask: u32) {
        self.note_with(task, subject, mask, false);
    }

    fn note_with(&mut self, task: TaskId, subject: &Subject, mask: u32, through_file: bool) {
        let node = subject.node;
        let dir_is_watched = subject.entry.as_ref().is_some_and(|entry| self.watchers.is_watched(entry.dir));
        if self.watchers.is_idle() || !dir_is_watched && !self.watchers.is_watched(node) {
            return;
        }
        let is_dir = self.world(task).stat(node).is_ok_and(|stat| stat.is_dir());
        let mask = with_dir(mask, is_dir);
        let mut unlinked = false;
        if let Some(Entry { dir, name, linked }) = &subject.entry {
            unlinked = through_file && !linked;
            self.tell(*dir, Happening { mask, cookie: 0, name, unlinked });
        }
        self.tell(node, Happening { mask, cookie: 0, name: b"", unlinked });
    }

    /// A file was opened, read or written through an open description.
    pub(crate) fn note_open(&mut self, task: TaskId, id: DescriptionId, mask: u32) {
        if self.watchers.is_idle() {
            return;
        }
        if let Ok(description) = self.files.get(id)
            && let Some(subject) = self.subject_of(description)
        {
            self.note_with(task, &subject, mask, true);
        }
    }

    /// A description is closed for good.
    pub(crate) fn note_closed(&mut self, description: &Description) {
        let Some(Origin { node, name }) = description.origin else { return };
        if !self.watchers.is_idle()
            && !description.is_path()
            && let Some(subject) = self.subject_of(description)
        {
            let mask = if description.writable() { inotify::CLOSE_WRITE } else { inotify::CLOSE_NOWRITE };
            self.note_with(crate::task::INIT, &subject, mask, true);
        }
        if let Some(entry) = name.and_then(|name| self.open_names.close(name)) {
            self.note_if_gone(node);
            if !entry.linked {
                self.note_if_gone(entry.dir);
            }
        }
    }

    /// A name was made: of a new file, or a further one of an old file.
    pub(crate) fn note_made(&mut self, dir: Node, name: &[u8], is_dir: bool, linked: Option<Node>) {
        if self.watchers.is_idle() {
            return;
        }
        if let Some(node) = linked {
            // Its number of links has changed.
            self.tell_file(node, inotify::ATTRIB);
        }
        self.tell_entry(dir, name, with_dir(inotify::CREATE, is_dir), 0);
    }

    /// A name was removed.
    pub(crate) fn note_removed(&mut self, dir: Node, name: &[u8], node: Node, is_dir: bool) {
        let is_open = self.open_names.unlink(dir, name);
        if self.watchers.is_idle() {
            return;
        }
        if !is_dir {
            self.tell_file(node, inotify::ATTRIB);
        }
        if !is_open {
            self.note_if_gone(node);
        }
        self.tell_entry(dir, name, with_dir(inotify::DELETE, is_dir), 0);
    }

    /// A name was moved.
    pub(crate) fn note_moved(&mut self, what: &Move<'_>) {
        let Move { from, to, exchange, .. } = *what;
        let replaced_is_open = self.open_names.rename(from, to, exchange);
        if self.watchers.is_idle() {
            return;
        }
        let replaced = if exchange { None } else { what.other };
        self.tell_moved(from, to, what.moved, replaced);
        if exchange && let Some(other) = what.other {
            self.tell_moved(to, from, other, None);
        }
        if let Some((node, _)) = replaced.filter(|_| !replaced_is_open) {
            self.note_if_gone(node);
        }
    }

    fn tell_moved(
        &mut self,
        from: (Node, &[u8]),
        to: (Node, &[u8]),
        (moved, is_dir): (Node, bool),
        replaced: Option<(Node, bool)>,
    ) {
        let cookie = self.watchers.next_cookie();
        self.tell_entry(from.0, from.1, with_dir(inotify::MOVED_FROM, is_dir), cookie);
        self.tell_entry(to.0, to.1, with_dir(inotify::MOVED_TO, is_dir), cookie);
        if let Some((node, is_dir)) = replaced {
            self.tell_file(node, with_dir(inotify::ATTRIB, is_dir));
        }
        self.tell_file(moved, inotify::MOVE_SELF);
    }

    /// A name of a watched file is gone, and nobody has the file open by it. If the file has no other, its watches end: as Linux
    /// sees it, even while it is open by a name that went before.
    fn note_if_gone(&mut self, node: Node) {
        if !self.watchers.is_watched(node) || self.open_names.keep(node) {
            return;
        }
        let has_names = self.world(crate::task::INIT).stat(node).is_ok_and(|stat| stat.nlink > 0);
        if !has_names {
            self.tell_file(node, inotify::DELETE_SELF);
            let told = self.watchers.end(node);
            self.wake_watchers(told);
        }
    }
}
