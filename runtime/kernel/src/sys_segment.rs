//! Calls on memory that threads share.

use oac_abi::{Errno, flags::open};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Block, Stop},
    arguments::Out,
    description::File,
    dispatch::Sys,
    segment::SegmentId,
    wait_queue::WaitKey,
};

/// What segment_wait gives.
const NOTIFIED: i64 = 0;
const NOT_EQUAL: i64 = 1;
const TIMED_OUT: i64 = 2;

impl Sys<'_> {
    pub(crate) fn segment_create(self, bytes: u64, bytes_max: u64) -> Answer {
        self.kernel.tasks.life(self.task)?.fds.require_room(1)?;
        let segment = self.kernel.segments.add(bytes, bytes_max)?;
        let file = File::Segment(segment);
        Ok(i64::from(self.kernel.install(self.task, file, open::RDWR | open::CLOEXEC)?.0))
    }

    pub(crate) fn segment_access(self, fd: i32, known: u64, access: &[u8], changes: Out<'_>) -> Answer {
        let segment = self.kernel.segment(self.task, fd)?;
        let reply = self.kernel.segments.access(segment, known, access, changes.buf.len())?;
        changes.put(&reply)?;
        Ok(reply.len() as i64)
    }

    pub(crate) fn segment_wait(
        self,
        fd: i32,
        offset: u64,
        width: u32,
        expected: u64,
        timeout_ns: i64,
    ) -> Answer {
        let segment = self.kernel.segment(self.task, fd)?;
        let caller = self.kernel.caller_of(self.task);
        let begun_ns = self.kernel.call_begun_ns(self.task)?;
        let deadline_ns =
            u64::try_from(timeout_ns).ok().map(|timeout_ns| begun_ns.saturating_add(timeout_ns));
        let over = deadline_ns.is_some_and(|deadline_ns| deadline_ns <= self.kernel.now.monotonic_ns);
        match self.kernel.segments.is_notified(caller) {
            None if !self.kernel.segments.holds(segment, offset, width, expected)? => return Ok(NOT_EQUAL),
            None => self.kernel.segments.begin_call(caller, segment, offset),
            Some(true) => {
                self.kernel.segments.forget_waiter(caller);
                return Ok(NOTIFIED);
            }
            Some(false) => {}
        }
        if over {
            self.kernel.segments.forget_waiter(caller);
            return Ok(TIMED_OUT);
        }
        let keys = vec![WaitKey::Segment(segment, offset)];
        Err(Stop::Block(Block { keys, deadline_ns, progress_bytes: 0 }))
    }

    pub(crate) fn segment_wait_begin(self, fd: i32, offset: u64, width: u32, expected: u64) -> Answer {
        let segment = self.kernel.segment(self.task, fd)?;
        if !self.kernel.segments.holds(segment, offset, width, expected)? {
            return Err(Errno::EAGAIN.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(1)?;
        let waiter = self.kernel.segments.begin_descriptor(segment, offset);
        let file = File::SegmentWait(waiter);
        Ok(i64::from(self.kernel.install(self.task, file, open::RDONLY | open::CLOEXEC)?.0))
    }

    pub(crate) fn segment_notify(self, fd: i32, offset: u64, count: u32) -> Answer {
        let segment = self.kernel.segment(self.task, fd)?;
        let notified = self.kernel.segments.notify(segment, offset, count);
        if notified > 0 {
            self.kernel.waits.wake(WaitKey::Segment(segment, offset));
        }
        Ok(notified.into())
    }
}

impl Kernel {
    fn segment(&self, task: TaskId, fd: i32) -> Result<SegmentId, Errno> {
        match self.description(task, fd)?.file {
            File::Segment(segment) => Ok(segment),
            _ => Err(Errno::EINVAL),
        }
    }
}
