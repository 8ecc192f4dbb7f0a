//! Hearing of changes of a file, or of those in a directory. inotify(7).

use oac_abi::{
    Errno,
    flags::{inotify, open},
    nr,
};

use crate::actor::{Actor, Fd};

/// Bytes of events taken at once.
const CHUNK_BYTES: usize = 16 << 10;
const MASK: u32 = inotify::MODIFY
    | inotify::ATTRIB
    | inotify::CREATE
    | inotify::DELETE
    | inotify::MOVED_FROM
    | inotify::MOVED_TO
    | inotify::DELETE_SELF
    | inotify::MOVE_SELF;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A name was made.
    Created,
    /// Contents were changed.
    Modified,
    /// Permissions, times, owners or names were changed.
    Attributes,
    /// A name was removed.
    Removed,
    /// A name was moved away; `cookie` is that of the event of where to.
    MovedFrom,
    /// A name was moved here; it may have replaced another.
    MovedTo,
    /// What is watched was itself removed.
    SelfRemoved,
    /// What is watched was itself moved.
    SelfMoved,
    /// So much happened that events were lost.
    Lost,
}

/// One event of a [`Watch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEvent {
    /// What.
    pub change: Change,
    /// To which name in the watched directory; empty when it happened to what is watched itself.
    pub name: Vec<u8>,
    /// Whether that is a directory.
    pub is_dir: bool,
    /// The same for both events of one move; else 0.
    pub cookie: u32,
}

/// Events of one file or directory, not of what lies deeper, oldest first. The iterator waits for the next; it ends when what is
/// watched is gone, or the container.
#[derive(Debug)]
pub struct Watch {
    actor: Actor,
    fd: Fd,
    events: std::collections::VecDeque<FileEvent>,
    ended: bool,
}

impl Watch {
    pub(crate) fn new(actor: Actor, path: &str) -> Result<Watch, Errno> {
        let fd = actor.call(nr::INOTIFY_INIT, &[open::CLOEXEC.into()], &[], &mut [])?;
        let slots = [fd, path.len() as i64, MASK.into()];
        actor.call(nr::INOTIFY_ADD_WATCH, &slots, path.as_bytes(), &mut [])?;
        Ok(Watch { actor, fd: Fd(fd as i32), events: Default::default(), ended: false })
    }

    fn decode(&mut self, mut bytes: &[u8]) {
        while let Some((header, rest)) = bytes.split_at_checked(inotify::HEADER_BYTES) {
            let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|index| header[at + index]));
            let (mask, cookie, len) = (word(4), word(8), word(12) as usize);
            let Some((name, rest)) = rest.split_at_checked(len) else { return };
            bytes = rest;
            self.ended |= mask & inotify::IGNORED != 0;
            let Some(change) = change(mask) else { continue };
            let name = name.split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
            self.events.push_back(FileEvent { change, name, is_dir: mask & inotify::ISDIR != 0, cookie });
        }
    }
}

fn change(mask: u32) -> Option<Change> {
    let known = [
        (inotify::CREATE, Change::Created),
        (inotify::MODIFY, Change::Modified),
        (inotify::ATTRIB, Change::Attributes),
        (inotify::DELETE, Change::Removed),
        (inotify::MOVED_FROM, Change::MovedFrom),
        (inotify::MOVED_TO, Change::MovedTo),
        (inotify::DELETE_SELF, Change::SelfRemoved),
        (inotify::MOVE_SELF, Change::SelfMoved),
        (inotify::Q_OVERFLOW, Change::Lost),
    ];
    known.into_iter().find(|(bit, _)| mask & bit != 0).map(|(_, change)| change)
}

impl Iterator for Watch {
    type Item = FileEvent;

    fn next(&mut self) -> Option<FileEvent> {
        let mut chunk = vec![0; CHUNK_BYTES];
        while self.events.is_empty() && !self.ended {
            let len = self.actor.read(self.fd, &mut chunk).ok().filter(|&len| len > 0)?;
            self.decode(&chunk[..len]);
        }
        self.events.pop_front()
    }
}
