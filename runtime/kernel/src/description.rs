//! Open-file descriptions: what descriptors stand for, shared by duplicates and by children.

use std::collections::{BTreeMap, BTreeSet};

use oac_abi::{Errno, flags::open};
use oac_vfs::{Device, DirEntry, FsId, Handle, HeldPlace, Node};

use crate::{
    FetchId, TaskId,
    channel::EndId,
    inotify::WatcherId,
    open_names::NameId,
    pipe::PipeId,
    segment::{SegmentId, Waiter},
    socket::SocketId,
    terminal::PtyId,
};

/// A description's number. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DescriptionId(pub(crate) u64);

/// What is open.
#[derive(Debug)]
pub(crate) enum File {
    /// A regular file, or a file of `/task`.
    Regular { node: Node, handle: Handle, offset: u64 },
    /// A directory.
    Directory(OpenDirectory),
    /// O_PATH: a place without a way in.
    Path(HeldPlace),
    /// A device of `/dev`.
    Device { device: Device, node: Node },
    /// The end of a pipe that is read.
    PipeReader(PipeId),
    /// The end of a pipe that is written.
    PipeWriter(PipeId),
    /// A FIFO that is open for both.
    PipeBoth(PipeId),
    /// A socket.
    Socket(SocketId),
    /// The response to an HTTP request.
    Fetch(FetchId),
    /// Caught signals of whoever reads it, those in the mask.
    Signals { mask: u64 },
    /// The end of a task.
    Pidfd(TaskId),
    /// A thread of the process that made it.
    Thread(TaskId),
    /// An end of a channel of messages.
    Channel(EndId),
    /// Memory that threads share.
    Segment(SegmentId),
    /// Somebody who waits for a notification without being held up.
    SegmentWait(Waiter),
    /// Events of files.
    Inotify(WatcherId),
    /// An end of a terminal; the file by which it was opened, if any.
    Terminal { pty: PtyId, master: bool, node: Option<Node> },
}

/// What was opened by a path, and by which name, so that watches hear of what is done with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) node: Node,
    pub(crate) name: Option<NameId>,
}

/// A directory being listed. The listing is taken when reading begins, so that what changes meanwhile disturbs nobody.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    pub(crate) place: HeldPlace,
    pub(crate) listing: Option<Vec<DirEntry>>,
    /// Index of the next entry; what lseek(2) sets.
    pub(crate) next: usize,
}

/// An open file with its status flags.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) file: File,
    /// Access mode, O_APPEND, O_NONBLOCK, O_PATH; O_SYNC and O_DSYNC are kept to be shown.
    pub(crate) flags: u32,
    /// WASI rights that have been given up, base and inheriting; only WASI's calls look at them.
    pub(crate) dropped_rights: (u64, u64),
    /// `None` for what no path leads to.
    pub(crate) origin: Option<Origin>,
    references: u32,
}

impl Description {
    pub(crate) fn readable(&self) -> bool {
        self.flags & open::ACCMODE != open::WRONLY && self.flags & open::PATH == 0
    }

    pub(crate) fn writable(&self) -> bool {
        self.flags & open::ACCMODE != open::RDONLY && self.flags & open::PATH == 0
    }

    pub(crate) fn is_path(&self) -> bool {
        self.flags & open::PATH != 0
    }

    /// Descriptors and messages that have it.
    pub(crate) fn references(&self) -> u32 {
        self.references
    }

    pub(crate) fn nonblocking(&self) -> bool {
        self.flags & open::NONBLOCK != 0
    }
}

/// All descriptions of a container.
#[derive(Debug, Default)]
pub(crate) struct Descriptions {
    descriptions: BTreeMap<DescriptionId, Description>,
    last: u64,
}

impl Descriptions {
    /// A new description with one reference, the caller's.
    pub(crate) fn add(&mut self, file: File, flags: u32) -> DescriptionId {
        self.last += 1;
        let kept = open::ACCMODE | open::APPEND | open::NONBLOCK | open::PATH | open::SYNC | open::DSYNC;
        let description =
            Description { file, flags: flags & kept, dropped_rights: (0, 0), origin: None, references: 1 };
        self.descriptions.insert(DescriptionId(self.last), description);
        DescriptionId(self.last)
    }

    pub(crate) fn get(&self, id: DescriptionId) -> Result<&Description, Errno> {
        self.descriptions.get(&id).ok_or(Errno::EBADF)
    }

    pub(crate) fn get_mut(&mut self, id: DescriptionId) -> Result<&mut Description, Errno> {
        self.descriptions.get_mut(&id).ok_or(Errno::EBADF)
    }

    /// One more reference.
    pub(crate) fn share(&mut self, id: DescriptionId) {
        if let Some(description) = self.descriptions.get_mut(&id) {
            description.references += 1;
        }
    }

    /// One reference fewer; gives the description when that was the last.
    pub(crate) fn release(&mut self, id: DescriptionId) -> Option<Description> {
        let description = self.descriptions.get_mut(&id)?;
        description.references -= 1;
        if description.references > 0 {
            return None;
        }
        self.descriptions.remove(&id)
    }

    /// All, by their numbers.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (DescriptionId, &Description)> {
        self.descriptions.iter().map(|(&id, description)| (id, description))
    }

    /// The filesystems in which something is open.
    pub(crate) fn filesystems(&self) -> BTreeSet<FsId> {
        let fs_of = |description: &Description| match &description.file {
            File::Regular { node, .. } | File::Device { node, .. } => Some(node.fs),
            _ => description.origin.map(|origin| origin.node.fs),
        };
        self.descriptions.values().filter_map(fs_of).collect()
    }

    /// How many there are, and their references together.
    pub(crate) fn census(&self) -> (usize, usize) {
        let references = self.descriptions.values().map(|d| d.references as usize).sum();
        (self.descriptions.len(), references)
    }
}
