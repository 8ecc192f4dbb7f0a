//! Pipes: a bounded queue of bytes with two ends. pipe(7).

use std::collections::BTreeMap;

use oac_abi::{
    Errno,
    bounds::{PIPE_ATOMIC_BYTES, PIPE_BYTES},
    flags::poll,
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Block, Stop, block_on},
    byte_queue::ByteQueue,
    wait_queue::WaitKey,
};

/// A pipe's number. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PipeId(pub(crate) u64);

/// One pipe. Each end is one description, however many descriptors share it.
#[derive(Debug)]
pub(crate) struct Pipe {
    bytes: ByteQueue,
    reader: bool,
    writer: bool,
}

/// All pipes of a container.
#[derive(Debug, Default)]
pub(crate) struct Pipes {
    pipes: BTreeMap<PipeId, Pipe>,
    last: u64,
}

impl Pipes {
    /// A new pipe with both ends open.
    pub(crate) fn add(&mut self) -> PipeId {
        self.last += 1;
        self.pipes.insert(
            PipeId(self.last),
            Pipe { bytes: ByteQueue::new(PIPE_BYTES), reader: true, writer: true },
        );
        PipeId(self.last)
    }

    fn get_mut(&mut self, id: PipeId) -> Result<&mut Pipe, Errno> {
        self.pipes.get_mut(&id).ok_or(Errno::EBADF)
    }

    /// What poll(2) says of the reading end.
    pub(crate) fn poll_reader(&self, id: PipeId) -> u16 {
        self.pipes.get(&id).map_or(poll::NVAL, |pipe| {
            let readable = if pipe.bytes.is_empty() { 0 } else { poll::IN };
            readable | if pipe.writer { 0 } else { poll::HUP }
        })
    }

    /// What poll(2) says of the writing end: writable means that an atomic write fits.
    pub(crate) fn poll_writer(&self, id: PipeId) -> u16 {
        self.pipes.get(&id).map_or(poll::NVAL, |pipe| {
            let writable = pipe.bytes.room() >= PIPE_ATOMIC_BYTES;
            if pipe.reader { if writable { poll::OUT } else { 0 } } else { poll::OUT | poll::ERR }
        })
    }

    /// Bytes that wait to be read.
    pub(crate) fn buffered_bytes(&self, id: PipeId) -> usize {
        self.pipes.get(&id).map_or(0, |pipe| pipe.bytes.len())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.pipes.len()
    }
}

impl Kernel {
    pub(crate) fn pipe_read(&mut self, id: PipeId, nonblocking: bool, buf: &mut [u8]) -> Answer<usize> {
        let pipe = self.pipes.get_mut(id)?;
        if pipe.bytes.is_empty() && pipe.writer && !buf.is_empty() {
            return if nonblocking { Err(Errno::EAGAIN.into()) } else { block_on(WaitKey::PipeIn(id)) };
        }
        let len = pipe.bytes.take(buf);
        if len > 0 {
            self.waits.wake(WaitKey::PipeOut(id));
        }
        Ok(len)
    }

    /// Writes; `done` bytes of `input` have been written by earlier rounds of the same call.
    pub(crate) fn pipe_write(
        &mut self,
        task: TaskId,
        id: PipeId,
        nonblocking: bool,
        input: &[u8],
        done: usize,
    ) -> Answer<usize> {
        let pipe = self.pipes.get_mut(id)?;
        if !pipe.reader {
            return if done > 0 { Ok(done) } else { Err(self.broken_pipe(task)) };
        }
        let left = input.get(done..).unwrap_or_default();
        if left.is_empty() {
            return Ok(done);
        }
        let room = pipe.bytes.room();
        let atomic = input.len() <= PIPE_ATOMIC_BYTES;
        let len = if atomic && room < left.len() { 0 } else { room.min(left.len()) };
        if len > 0 {
            pipe.bytes.put(&left[..len]);
            self.waits.wake(WaitKey::PipeIn(id));
        }
        let done = done + len;
        if done == input.len() || (nonblocking && done > 0) {
            Ok(done)
        } else if nonblocking {
            Err(Errno::EAGAIN.into())
        } else {
            let keys = vec![WaitKey::PipeOut(id)];
            Err(Stop::Block(Block { keys, deadline_ns: None, progress_bytes: done }))
        }
    }

    /// An end is closed for good.
    pub(crate) fn pipe_close(&mut self, id: PipeId, writer: bool) {
        let Ok(pipe) = self.pipes.get_mut(id) else { return };
        if writer {
            pipe.writer = false;
        } else {
            pipe.reader = false;
            pipe.bytes.clear();
        }
        if !pipe.reader && !pipe.writer {
            self.pipes.pipes.remove(&id);
        }
        self.waits.wake(if writer { WaitKey::PipeIn(id) } else { WaitKey::PipeOut(id) });
    }
}
