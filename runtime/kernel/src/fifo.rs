//! FIFOs: pipes that have names. Opening one waits for the other end. fifo(7).
//!
//! Whoever waits counts as an end already: the one it waits for finds it there, and may write before the first runs on. So what is
//! half open is remembered by its task, until the call is made again, given up, or the task ends.

use std::collections::BTreeMap;

use oac_abi::{Errno, flags::open};
use oac_vfs::{FileSystems as _, Held, Node};

use crate::{
    Kernel, TaskId,
    answer::{Answer, block_on},
    description::File,
    open_names::Entry,
    pipe::PipeId,
    wait_queue::WaitKey,
};

/// An open that waits for the other end.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) node: Node,
    /// By which name, for watches.
    pub(crate) entry: Option<Entry>,
    pub(crate) flags: u32,
    pipe: PipeId,
    writer: bool,
    /// How many of the other end had ever been there.
    others: u64,
}

/// FIFOs that somebody has open, and who is about to.
#[derive(Debug, Default)]
pub(crate) struct Fifos {
    /// A file stays usable while it is open, whatever becomes of its name.
    open: BTreeMap<Node, (PipeId, Held)>,
    opening: BTreeMap<TaskId, Opening>,
}

impl Fifos {
    /// Forgets a pipe that nobody has open.
    pub(crate) fn forget(&mut self, pipe: PipeId) {
        self.open.retain(|_, (open, _)| *open != pipe);
    }

    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }
}

impl Kernel {
    /// Opens a FIFO; what was a plain open's last step may block.
    ///
    /// # Errors
    /// ENXIO for a writer that does not wait and finds no reader.
    pub(crate) fn open_fifo(
        &mut self,
        task: TaskId,
        node: Node,
        entry: Option<Entry>,
        flags: u32,
    ) -> Answer<File> {
        let access = Kernel::access(flags);
        let pipe = self.fifo_pipe(task, node);
        let nonblocking = flags & open::NONBLOCK != 0;
        if nonblocking && access.write && !access.read && self.pipes.ends(pipe).0 == 0 {
            self.forget_unused(pipe);
            return Err(Errno::ENXIO.into());
        }
        if access.read {
            self.pipe_open(pipe, false);
        }
        if access.write {
            self.pipe_open(pipe, true);
        }
        let (readers, writers) = self.pipes.ends(pipe);
        let other_is_there = if access.write { readers > 0 } else { writers > 0 };
        if other_is_there || nonblocking {
            return Ok(fifo_file(pipe, flags));
        }
        let others = self.pipes.ever_opened(pipe, !access.write);
        let opening = Opening { node, entry, flags, pipe, writer: access.write, others };
        self.fifos.opening.insert(self.caller_of(task), opening);
        block_on(fifo_key(pipe, access.write))
    }

    /// Goes on with an open that waits; `None` when the task is not in one. The file, what was opened, and how.
    pub(crate) fn continue_fifo(&mut self, task: TaskId) -> Option<Answer<(File, Opening)>> {
        let task = self.caller_of(task);
        let opening = self.fifos.opening.remove(&task)?;
        if self.pipes.ever_opened(opening.pipe, !opening.writer) == opening.others {
            let key = fifo_key(opening.pipe, opening.writer);
            self.fifos.opening.insert(task, opening);
            return Some(block_on(key));
        }
        Some(Ok((fifo_file(opening.pipe, opening.flags), opening)))
    }

    /// A task makes another call, or none any more: what it waited to open is not opened.
    pub(crate) fn cancel_fifo(&mut self, task: TaskId) {
        if let Some(opening) = self.fifos.opening.remove(&task) {
            self.pipe_close(opening.pipe, opening.writer);
        }
    }

    fn fifo_pipe(&mut self, task: TaskId, node: Node) -> PipeId {
        if let Some((pipe, _)) = self.fifos.open.get(&node) {
            return *pipe;
        }
        let held = self.world(task).hold(node);
        let pipe = self.pipes.add_closed();
        self.fifos.open.insert(node, (pipe, held));
        pipe
    }

    fn forget_unused(&mut self, pipe: PipeId) {
        if self.pipes.ends(pipe) == (0, 0) {
            self.pipes.remove(pipe);
            self.fifos.forget(pipe);
        }
    }
}

fn fifo_file(pipe: PipeId, flags: u32) -> File {
    match Kernel::access(flags) {
        access if access.read && access.write => File::PipeBoth(pipe),
        access if access.write => File::PipeWriter(pipe),
        _ => File::PipeReader(pipe),
    }
}

/// A writer waits for what a full pipe's writer waits for, a reader for what an empty one's does: that something happens at the other end.
fn fifo_key(pipe: PipeId, writer: bool) -> WaitKey {
    if writer { WaitKey::PipeOut(pipe) } else { WaitKey::PipeIn(pipe) }
}
