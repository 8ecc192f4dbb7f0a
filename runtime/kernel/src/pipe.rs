//! Pipes: a bounded queue of bytes with two ends. pipe(7).

use std::collections::BTreeMap;

use oac_abi::{
    Errno,
    bounds::{CHANNELS_MAX, PIPE_ATOMIC_BYTES, PIPE_BYTES},
    flags::poll,
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Block, Stop, block_on},
    byte_queue::{Buffered, ByteQueue},
    wait_queue::WaitKey,
};

/// A pipe's number. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PipeId(pub(crate) u64);

/// One pipe.
#[derive(Debug)]
pub(crate) struct Pipe {
    bytes: ByteQueue,
    readers: End,
    writers: End,
}

/// The descriptions of one end, however many descriptors share each: one at most, but of a FIFO.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    open: u32,
    /// How many there ever were.
    ever: u64,
}

impl End {
    const ONE: End = End { open: 1, ever: 1 };

    fn is_open(self) -> bool {
        self.open > 0
    }
}

/// All pipes of a container.
#[derive(Debug, Default)]
pub(crate) struct Pipes {
    pipes: BTreeMap<PipeId, Pipe>,
    buffered: Buffered,
    last: u64,
}

impl Pipes {
    /// None yet; what will be in them is counted in `buffered`.
    pub(crate) fn new(buffered: Buffered) -> Pipes {
        Pipes { buffered, ..Pipes::default() }
    }

    /// A new pipe with both ends open.
    pub(crate) fn add(&mut self) -> PipeId {
        self.add_with(End::ONE)
    }

    /// A new pipe with both ends still to be opened: a FIFO's.
    pub(crate) fn add_closed(&mut self) -> PipeId {
        self.add_with(End::default())
    }

    fn add_with(&mut self, end: End) -> PipeId {
        self.last += 1;
        let pipe = Pipe { bytes: ByteQueue::new(PIPE_BYTES, &self.buffered), readers: end, writers: end };
        self.pipes.insert(PipeId(self.last), pipe);
        PipeId(self.last)
    }

    /// Forgets a pipe of which neither end is open.
    pub(crate) fn remove(&mut self, id: PipeId) {
        self.pipes.remove(&id);
    }

    /// How many descriptions have the reading end and the writing end.
    pub(crate) fn ends(&self, id: PipeId) -> (u32, u32) {
        self.pipes.get(&id).map_or((0, 0), |pipe| (pipe.readers.open, pipe.writers.open))
    }

    /// How many descriptions an end ever had.
    pub(crate) fn ever_opened(&self, id: PipeId, writer: bool) -> u64 {
        self.pipes.get(&id).map_or(0, |pipe| if writer { pipe.writers.ever } else { pipe.readers.ever })
    }

    fn get_mut(&mut self, id: PipeId) -> Result<&mut Pipe, Errno> {
        self.pipes.get_mut(&id).ok_or(Errno::EBADF)
    }

    /// What poll(2) says of the reading end.
    pub(crate) fn poll_reader(&self, id: PipeId) -> u16 {
        self.pipes.get(&id).map_or(poll::NVAL, |pipe| {
            let readable = if pipe.bytes.is_empty() { 0 } else { poll::IN };
            // A FIFO that no writer has come to yet has not been hung up.
            let hung_up = !pipe.writers.is_open() && pipe.writers.ever > 0;
            readable | if hung_up { poll::HUP } else { 0 }
        })
    }

    /// What poll(2) says of the writing end: writable means that an atomic write fits.
    pub(crate) fn poll_writer(&self, id: PipeId) -> u16 {
        self.pipes.get(&id).map_or(poll::NVAL, |pipe| {
            let writable = pipe.bytes.room() >= PIPE_ATOMIC_BYTES;
            match (pipe.readers.is_open(), writable) {
                (true, true) => poll::OUT,
                (true, false) => 0,
                (false, _) => poll::OUT | poll::ERR,
            }
        })
    }

    /// Appends what the kernel itself says. Gives how much there was room for.
    ///
    /// # Errors
    /// EBADF when there is no such pipe any more.
    pub(crate) fn put(&mut self, id: PipeId, bytes: &[u8]) -> Result<usize, Errno> {
        Ok(self.get_mut(id)?.bytes.put(bytes))
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
    /// That one more pipe or socket may be made.
    ///
    /// # Errors
    /// ENFILE: there are `CHANNELS_MAX` already.
    pub(crate) fn require_channel(&self) -> Result<(), Errno> {
        if self.pipes.len() + self.sockets.len() < CHANNELS_MAX { Ok(()) } else { Err(Errno::ENFILE) }
    }

    pub(crate) fn pipe_read(&mut self, id: PipeId, nonblocking: bool, buf: &mut [u8]) -> Answer<usize> {
        let pipe = self.pipes.get_mut(id)?;
        if pipe.bytes.is_empty() && pipe.writers.is_open() && !buf.is_empty() {
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
        // Nothing is written even where nobody reads.
        if input.is_empty() {
            return Ok(0);
        }
        if !pipe.readers.is_open() {
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

    /// One more description has an end.
    pub(crate) fn pipe_open(&mut self, id: PipeId, writer: bool) {
        let Ok(pipe) = self.pipes.get_mut(id) else { return };
        let end = if writer { &mut pipe.writers } else { &mut pipe.readers };
        end.open += 1;
        end.ever += 1;
        self.waits.wake(if writer { WaitKey::PipeIn(id) } else { WaitKey::PipeOut(id) });
    }

    /// A description of an end is closed for good.
    pub(crate) fn pipe_close(&mut self, id: PipeId, writer: bool) {
        let Ok(pipe) = self.pipes.get_mut(id) else { return };
        let end = if writer { &mut pipe.writers } else { &mut pipe.readers };
        end.open = end.open.saturating_sub(1);
        if end.is_open() {
            return;
        }
        if !pipe.readers.is_open() && !pipe.writers.is_open() {
            self.pipes.remove(id);
            self.fifos.forget(id);
        }
        self.waits.wake(if writer { WaitKey::PipeIn(id) } else { WaitKey::PipeOut(id) });
    }
}
