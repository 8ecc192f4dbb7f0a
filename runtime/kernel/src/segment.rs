//! Memory that threads share: the master copy, which block changed when, and who waits for a notification.

use std::collections::BTreeMap;

use oac_abi::{
    Errno,
    bounds::{SEGMENT_BLOCK_BYTES, SEGMENT_BYTES_MAX, SEGMENTS_MAX},
    segment::{Access, Changes, operation, push_run, runs},
};

use crate::{TaskId, wait_queue::WaitKey};

/// A segment's number. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SegmentId(pub(crate) u64);

/// Somebody who waits with a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Waiter(u64);

/// Who waits: in a call, or with a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Caller(TaskId),
    Descriptor(Waiter),
}

/// One wait, in the order of their numbers.
#[derive(Clone, Copy, Debug)]
struct Wait {
    number: u64,
    segment: SegmentId,
    offset: u64,
    notified: bool,
}

#[derive(Debug)]
struct Segment {
    bytes: Vec<u8>,
    bytes_max: u64,
    version: u64,
    /// When each block changed last.
    blocks: Vec<u64>,
}

impl Segment {
    /// Where a value of `width` bytes stands.
    ///
    /// # Errors
    /// EINVAL when there is none.
    fn place(&self, offset: u64, width: u32) -> Result<std::ops::Range<usize>, Errno> {
        if !matches!(width, 1 | 2 | 4 | 8) || !offset.is_multiple_of(u64::from(width)) {
            return Err(Errno::EINVAL);
        }
        let start = usize::try_from(offset).map_err(|_| Errno::EINVAL)?;
        let end = start.checked_add(width as usize).filter(|&end| end <= self.bytes.len());
        Ok(start..end.ok_or(Errno::EINVAL)?)
    }

    fn value(&self, offset: u64, width: u32) -> Result<u64, Errno> {
        let mut word = [0; 8];
        word[..width.min(8) as usize].copy_from_slice(&self.bytes[self.place(offset, width)?]);
        Ok(u64::from_le_bytes(word))
    }

    fn write(&mut self, start: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
        let blocks = start / SEGMENT_BLOCK_BYTES..=(start + bytes.len() - 1) / SEGMENT_BLOCK_BYTES;
        self.blocks[blocks].fill(self.version);
    }

    fn grow(&mut self, bytes: u64) -> Result<(), Errno> {
        let len = usize::try_from(bytes).map_err(|_| Errno::EINVAL)?;
        if bytes > self.bytes_max || len < self.bytes.len() {
            return Err(Errno::EINVAL);
        }
        self.bytes.resize(len, 0);
        self.blocks.resize(len.div_ceil(SEGMENT_BLOCK_BYTES), 0);
        Ok(())
    }

    /// One atomic operation; gives what it found.
    fn operate(&mut self, access: &Access) -> Result<u64, Errno> {
        match access.operation {
            operation::NONE => return Ok(0),
            operation::GROW => return self.grow(access.operand).map(|()| 0),
            _ => {}
        }
        let place = self.place(access.offset.into(), access.width)?;
        let old = self.value(access.offset.into(), access.width)?;
        let mask = if access.width == 8 { u64::MAX } else { (1 << (access.width * 8)) - 1 };
        let operand = access.operand;
        let new = match access.operation {
            operation::LOAD => return Ok(old),
            operation::STORE | operation::EXCHANGE => operand,
            operation::ADD => old.wrapping_add(operand),
            operation::SUB => old.wrapping_sub(operand),
            operation::AND => old & operand,
            operation::OR => old | operand,
            operation::XOR => old ^ operand,
            operation::COMPARE_EXCHANGE if old == access.expected & mask => operand,
            operation::COMPARE_EXCHANGE => return Ok(old),
            _ => return Err(Errno::EINVAL),
        };
        let bytes = (new & mask).to_le_bytes();
        self.write(place.start, &bytes[..access.width as usize]);
        Ok(old)
    }

    /// Appends the blocks that are newer than `known`, from a byte on; gives from where on some had no room, or 0.
    fn changes(&self, known: u64, from: usize, room: usize, out: &mut Vec<u8>) -> u32 {
        const RUN_HEAD_BYTES: usize = 8;
        let first = from / SEGMENT_BLOCK_BYTES;
        let newer = |&block: &usize| self.blocks[block] > known;
        let mut block = first;
        while let Some(start) = (block..self.blocks.len()).find(newer) {
            let left = room.saturating_sub(out.len() + RUN_HEAD_BYTES) / SEGMENT_BLOCK_BYTES;
            if left == 0 {
                return (start * SEGMENT_BLOCK_BYTES) as u32;
            }
            let end = (start..self.blocks.len()).take(left).take_while(newer).last().unwrap_or(start) + 1;
            let bytes = start * SEGMENT_BLOCK_BYTES..(end * SEGMENT_BLOCK_BYTES).min(self.bytes.len());
            push_run(out, bytes.start as u32, &self.bytes[bytes]);
            block = end;
        }
        0
    }
}

/// All segments of a container.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    segments: BTreeMap<SegmentId, Segment>,
    waits: BTreeMap<Who, Wait>,
    /// What all may grow to, together.
    bytes: u64,
    epoch: u64,
    last: u64,
}

impl Segments {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// A new one, all zeros.
    ///
    /// # Errors
    /// ENOMEM, EINVAL.
    pub(crate) fn add(&mut self, bytes: u64, bytes_max: u64) -> Result<SegmentId, Errno> {
        if bytes > bytes_max {
            return Err(Errno::EINVAL);
        }
        let all = self.bytes.checked_add(bytes_max).filter(|&all| all <= SEGMENT_BYTES_MAX);
        let len = usize::try_from(bytes).map_err(|_| Errno::ENOMEM)?;
        if self.segments.len() >= SEGMENTS_MAX {
            return Err(Errno::ENOMEM);
        }
        self.bytes = all.ok_or(Errno::ENOMEM)?;
        let id = SegmentId(self.next());
        let blocks = vec![0; len.div_ceil(SEGMENT_BLOCK_BYTES)];
        self.segments.insert(id, Segment { bytes: vec![0; len], bytes_max, version: 1, blocks });
        Ok(id)
    }

    pub(crate) fn remove(&mut self, id: SegmentId) {
        if let Some(segment) = self.segments.remove(&id) {
            self.bytes -= segment.bytes_max;
        }
    }

    /// The container's count of changes.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn len(&self) -> usize {
        self.segments.len()
    }

    /// Writes, an operation, and what is newer than `known`, in at most `room` bytes.
    ///
    /// # Errors
    /// EINVAL for anything outside of the segment or unknown, before anything is done.
    pub(crate) fn access(
        &mut self,
        id: SegmentId,
        known: u64,
        request: &[u8],
        room: usize,
    ) -> Result<Vec<u8>, Errno> {
        let (access, writes) = Access::decode(request)?;
        let writes = runs(writes)?;
        let segment = self.segments.get_mut(&id).ok_or(Errno::EBADF)?;
        let len = segment.bytes.len();
        let fits = |&(offset, bytes): &(u32, &[u8])| offset as usize + bytes.len() <= len;
        if !writes.iter().all(fits) || room < Changes::BYTES + 8 + SEGMENT_BLOCK_BYTES {
            return Err(Errno::EINVAL);
        }
        let changing = !writes.is_empty() || !matches!(access.operation, operation::NONE | operation::LOAD);
        if changing {
            segment.version += 1;
            self.epoch += 1;
        }
        for (offset, bytes) in writes {
            segment.write(offset as usize, bytes);
        }
        let old = segment.operate(&access)?;
        let mut out = vec![0; Changes::BYTES];
        let left_from = segment.changes(known, access.changes_from as usize, room, &mut out);
        let (version, bytes) = (segment.version, segment.bytes.len() as u64);
        let head = Changes { old, version, epoch: self.epoch, bytes, left_from };
        out[..Changes::BYTES].copy_from_slice(&head.encode());
        Ok(out)
    }

    /// Whether the value is the expected one.
    ///
    /// # Errors
    /// EINVAL.
    pub(crate) fn holds(&self, id: SegmentId, offset: u64, width: u32, expected: u64) -> Result<bool, Errno> {
        let value = self.segments.get(&id).ok_or(Errno::EBADF)?.value(offset, width)?;
        let mask = if width == 8 { u64::MAX } else { (1 << (width * 8)) - 1 };
        Ok(value == expected & mask)
    }

    fn begin(&mut self, who: Who, segment: SegmentId, offset: u64) {
        let number = self.next();
        self.waits.insert(who, Wait { number, segment, offset, notified: false });
    }

    /// A caller waits from now on.
    pub(crate) fn begin_call(&mut self, caller: TaskId, segment: SegmentId, offset: u64) {
        self.begin(Who::Caller(caller), segment, offset);
    }

    /// Whether a caller that waits has been notified; `None` when it does not wait.
    pub(crate) fn is_notified(&self, caller: TaskId) -> Option<bool> {
        self.waits.get(&Who::Caller(caller)).map(|wait| wait.notified)
    }

    /// A caller waits no more.
    pub(crate) fn forget_waiter(&mut self, caller: TaskId) {
        self.waits.remove(&Who::Caller(caller));
    }

    /// Somebody with a descriptor waits from now on.
    pub(crate) fn begin_descriptor(&mut self, segment: SegmentId, offset: u64) -> Waiter {
        let waiter = Waiter(self.next());
        self.begin(Who::Descriptor(waiter), segment, offset);
        waiter
    }

    /// What wakes it, and whether it has been notified.
    pub(crate) fn waiter(&self, waiter: Waiter) -> (Option<WaitKey>, bool) {
        match self.waits.get(&Who::Descriptor(waiter)) {
            Some(wait) => (Some(WaitKey::Segment(wait.segment, wait.offset)), wait.notified),
            None => (None, true),
        }
    }

    pub(crate) fn cancel(&mut self, waiter: Waiter) {
        self.waits.remove(&Who::Descriptor(waiter));
    }

    /// Notifies those who have waited longest; gives how many.
    pub(crate) fn notify(&mut self, segment: SegmentId, offset: u64, count: u32) -> u32 {
        let here = |wait: &&mut Wait| wait.segment == segment && wait.offset == offset && !wait.notified;
        let mut waits: Vec<&mut Wait> = self.waits.values_mut().filter(here).collect();
        waits.sort_by_key(|wait| wait.number);
        let mut notified = 0;
        for wait in waits.into_iter().take(count as usize) {
            wait.notified = true;
            notified += 1;
        }
        notified
    }
}
