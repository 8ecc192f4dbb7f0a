//! poll(2) over everything.

use oac_abi::{
    Errno, bounds,
    flags::poll::{self, RECORD_BYTES},
};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Block, Stop},
    arguments::Out,
    description::{DescriptionId, File},
    dispatch::Sys,
    task_files::wait_of,
    wait_queue::WaitKey,
    world::TASK_FS,
};

impl Sys<'_> {
    pub(crate) fn poll(self, fds: &[u8], timeout_ns: i64, ready: Out<'_>) -> Answer {
        let count = fds.len() / RECORD_BYTES;
        if !fds.len().is_multiple_of(RECORD_BYTES)
            || count > bounds::POLL_FDS_MAX
            || ready.buf.len() < fds.len()
        {
            return Err(Errno::EINVAL.into());
        }
        let mut keys = Vec::new();
        let mut ready_count = 0;
        for (record, out) in fds.chunks_exact(RECORD_BYTES).zip(ready.buf.chunks_exact_mut(RECORD_BYTES)) {
            let fd = i32::from_le_bytes([record[0], record[1], record[2], record[3]]);
            let events = u16::from_le_bytes([record[4], record[5]]);
            let revents = if fd < 0 {
                0
            } else {
                match self.kernel.description_id(self.task, fd) {
                    Err(_) => poll::NVAL,
                    Ok(id) => {
                        let state = self.kernel.readiness(self.task, id, events, &mut keys);
                        state & (events | poll::ERR | poll::HUP | poll::NVAL)
                    }
                }
            };
            ready_count += i64::from(revents != 0);
            out[..6].copy_from_slice(&record[..6]);
            out[6..].copy_from_slice(&revents.to_le_bytes());
        }
        let begun_ns = self.kernel.call_begun_ns(self.task)?;
        let deadline_ns =
            u64::try_from(timeout_ns).ok().map(|timeout_ns| begun_ns.saturating_add(timeout_ns));
        if ready_count > 0
            || deadline_ns.is_some_and(|deadline_ns| deadline_ns <= self.kernel.now.monotonic_ns)
        {
            ready.filled(fds.len());
            return Ok(ready_count);
        }
        Err(Stop::Block(Block { keys, deadline_ns, progress_bytes: 0 }))
    }
}

impl Kernel {
    /// When the call under way was first made, on the monotonic clock.
    ///
    /// # Errors
    /// ESRCH.
    pub(crate) fn call_begun_ns(&self, task: TaskId) -> Result<u64, Errno> {
        let pending = self.tasks.life(task)?.pending;
        Ok(pending.map_or(self.now.monotonic_ns, |pending| pending.begun_ns))
    }

    /// What poll(2) says of a description, and the keys whose waking can change it.
    pub(crate) fn readiness(
        &self,
        task: TaskId,
        id: DescriptionId,
        events: u16,
        keys: &mut Vec<WaitKey>,
    ) -> u16 {
        let Ok(description) = self.files.get(id) else { return poll::NVAL };
        match description.file {
            File::Regular { node, .. } if node.fs == TASK_FS && wait_of(node.ino).is_some() => {
                let target = wait_of(node.ino).unwrap_or(task);
                keys.push(WaitKey::TaskEnd(target));
                if self.tasks.life(target).is_ok() { 0 } else { poll::IN }
            }
            File::Regular { .. } | File::Directory(_) | File::Device { .. } => poll::IN | poll::OUT,
            File::Path(_) => poll::NVAL,
            File::PipeReader(pipe) => {
                keys.push(WaitKey::PipeIn(pipe));
                self.pipes.poll_reader(pipe)
            }
            File::PipeBoth(pipe) => {
                keys.extend([WaitKey::PipeIn(pipe), WaitKey::PipeOut(pipe)]);
                self.pipes.poll_reader(pipe) | self.pipes.poll_writer(pipe)
            }
            File::PipeWriter(pipe) => {
                keys.push(WaitKey::PipeOut(pipe));
                self.pipes.poll_writer(pipe)
            }
            File::Socket(socket) => self.sockets.readiness(socket, events, keys),
            File::Fetch(fetch) => {
                keys.push(WaitKey::Fetch(fetch));
                self.fetches.poll(fetch)
            }
            File::Terminal { pty, master, .. } => {
                keys.push(WaitKey::Terminal(pty));
                self.terminals.poll(pty, master)
            }
            File::Signals { mask } => {
                keys.push(WaitKey::Signals(task));
                let pending = self.tasks.life(task).map_or(0, |life| life.signals.pending(mask));
                if pending != 0 { poll::IN } else { 0 }
            }
            File::Inotify(watcher) => {
                keys.push(WaitKey::Watcher(watcher));
                if self.watchers.has_events(watcher) { poll::IN } else { 0 }
            }
            File::Thread(thread) => {
                keys.push(WaitKey::TaskEnd(thread));
                if self.thread_is_over(thread) { poll::IN } else { 0 }
            }
            File::Channel(end) => {
                keys.push(WaitKey::Channel(end));
                self.channels.readiness(end)
            }
            File::Segment(_) => 0,
            File::SegmentWait(waiter) => {
                let (key, notified) = self.segments.waiter(waiter);
                keys.extend(key);
                if notified { poll::IN } else { 0 }
            }
            File::Pidfd(target) => {
                keys.push(WaitKey::TaskEnd(target));
                if self.tasks.life(target).is_ok() { 0 } else { poll::IN }
            }
        }
    }
}
