//! A file's bytes, in chunks that copies of the file share.

use std::{ops::Range, sync::Arc};

use super::trie::Trie;

/// Bytes of a chunk. Large enough that a big file has few, small enough that a first write to a shared one copies little.
pub(super) const CHUNK_BYTES: usize = 64 << 10;
/// What holes are counted in.
pub(super) const PAGE_BYTES: usize = 4096;
/// Bytes that one `copy_from` really copies, at most; what it shares is not counted.
const COPIED_BYTES_MAX: usize = 4 << 20;

/// A stretch of a file. What `bytes` is too short for reads as zeros.
#[derive(Clone, Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Pages that have been written to, one bit each.
    written: u16,
    /// Pages that count as taken: those, and what has been reserved.
    taken: u16,
}

/// Contents of one file. A chunk that is missing reads as zeros.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    len: u64,
    /// Most files have one chunk, so the first needs no trie.
    first: Option<Arc<Chunk>>,
    rest: Trie<Arc<Chunk>>,
    stored_bytes: u64,
    taken_pages: u64,
}

/// Chunk index and offset in the chunk.
fn position(at: u64) -> (u64, usize) {
    (at / CHUNK_BYTES as u64, (at % CHUNK_BYTES as u64) as usize)
}

/// The bits of the pages that a range of a chunk touches.
fn pages(range: Range<usize>) -> u16 {
    if range.is_empty() {
        return 0;
    }
    let (first, end) = (range.start / PAGE_BYTES, range.end.div_ceil(PAGE_BYTES));
    ((1u32 << end) - (1u32 << first)) as u16
}

/// The bits of the pages that lie wholly in a range of a chunk.
fn whole_pages(range: Range<usize>) -> u16 {
    let (first, end) = (range.start.div_ceil(PAGE_BYTES), range.end / PAGE_BYTES);
    if first < end { ((1u32 << end) - (1u32 << first)) as u16 } else { 0 }
}

impl Content {
    /// The file's length.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes that are really held; whole chunks that are holes cost nothing.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Pages that are written or reserved: what `st_blocks` shows.
    pub(super) fn taken_pages(&self) -> u64 {
        self.taken_pages
    }

    fn chunk(&self, index: u64) -> Option<&Arc<Chunk>> {
        if index == 0 { self.first.as_ref() } else { self.rest.get(index) }
    }

    /// The first chunk that is there, from `index` on.
    fn chunk_from(&self, index: u64) -> Option<(u64, &Arc<Chunk>)> {
        match &self.first {
            Some(first) if index == 0 => Some((0, first)),
            _ => self.rest.from(index),
        }
    }

    /// Changes a chunk, made where it is missing, and keeps count.
    fn change<R>(&mut self, index: u64, act: impl FnOnce(&mut Chunk) -> R) -> R {
        let shared = if index == 0 {
            self.first.get_or_insert_default()
        } else {
            self.rest.get_or_insert_with(index, Arc::default)
        };
        let chunk = Arc::make_mut(shared);
        let (stored, taken) = (chunk.bytes.len() as u64, u64::from(chunk.taken.count_ones()));
        let result = act(chunk);
        self.stored_bytes = self.stored_bytes - stored + chunk.bytes.len() as u64;
        self.taken_pages = self.taken_pages - taken + u64::from(chunk.taken.count_ones());
        if chunk.taken == 0 {
            self.put(index, None);
        }
        result
    }

    /// Sets or removes a chunk, and keeps count.
    fn put(&mut self, index: u64, chunk: Option<Arc<Chunk>>) {
        let count = |chunk: &Option<Arc<Chunk>>| {
            chunk.as_ref().map_or((0, 0), |c| (c.bytes.len() as u64, u64::from(c.taken.count_ones())))
        };
        let new = count(&chunk);
        let old = match (index, chunk) {
            (0, chunk) => std::mem::replace(&mut self.first, chunk),
            (_, Some(chunk)) => self.rest.insert(index, chunk),
            (_, None) => self.rest.remove(index),
        };
        let old = count(&old);
        self.stored_bytes = self.stored_bytes - old.0 + new.0;
        self.taken_pages = self.taken_pages - old.1 + new.1;
    }

    /// Copies out what is there from `offset` on; gives how much.
    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) -> usize {
        let Some(left) = self.len.checked_sub(offset) else { return 0 };
        let total = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < total {
            let (index, start) = position(offset + done as u64);
            let part = &mut buf[done..total.min(done + CHUNK_BYTES - start)];
            let held = self.chunk(index).and_then(|chunk| chunk.bytes.get(start..)).unwrap_or_default();
            let copied = held.len().min(part.len());
            part[..copied].copy_from_slice(&held[..copied]);
            part[copied..].fill(0);
            done += part.len();
        }
        total
    }

    /// Writes at `offset`, growing by at most `room_bytes` of held bytes; gives how much was written.
    pub(super) fn write(&mut self, offset: u64, buf: &[u8], mut room_bytes: u64) -> usize {
        let mut done = 0;
        while done < buf.len() {
            let (index, start) = position(offset + done as u64);
            let held = self.chunk(index).map_or(0, |chunk| chunk.bytes.len());
            let wanted_end = (start + buf.len() - done).min(CHUNK_BYTES);
            let end = wanted_end.min(held.saturating_add(usize::try_from(room_bytes).unwrap_or(usize::MAX)));
            if end <= start {
                break;
            }
            let part = &buf[done..done + end - start];
            self.change(index, |chunk| {
                let bytes = &mut chunk.bytes;
                if start >= held {
                    bytes.resize(start, 0);
                    bytes.extend_from_slice(part);
                } else {
                    bytes.resize(held.max(end), 0);
                    bytes[start..end].copy_from_slice(part);
                }
                chunk.written |= pages(start..end);
                chunk.taken |= pages(start..end);
            });
            room_bytes -= (end.max(held) - held) as u64;
            done += part.len();
            if end < wanted_end {
                break;
            }
        }
        if done > 0 {
            self.len = self.len.max(offset + done as u64);
        }
        done
    }

    /// Sets the length; what comes to lie behind it is forgotten, what is added reads as zeros.
    pub(super) fn truncate(&mut self, len: u64) {
        self.punch(len..u64::MAX);
        self.len = len;
    }

    /// Makes it longer, and leaves alone what is reserved behind its end.
    pub(super) fn extend(&mut self, len: u64) {
        self.len = self.len.max(len);
    }

    /// Makes a range read as zeros and gives back what it held. The length stays.
    pub(super) fn punch(&mut self, range: Range<u64>) {
        let mut at = range.start;
        while at < range.end {
            let (index, start) = position(at);
            let Some((found, chunk)) = self.chunk_from(index) else { return };
            if found > index {
                at = found * CHUNK_BYTES as u64;
                continue;
            }
            let next = (index + 1).saturating_mul(CHUNK_BYTES as u64);
            let end = if range.end >= next { CHUNK_BYTES } else { position(range.end).1 };
            if start == 0
                && (end >= CHUNK_BYTES || end >= chunk.bytes.len() && chunk.taken & !whole_pages(0..end) == 0)
            {
                self.put(index, None);
            } else {
                self.change(index, |chunk| {
                    if chunk.bytes.len() <= end {
                        chunk.bytes.truncate(start);
                    } else {
                        chunk.bytes[start..end].fill(0);
                    }
                    chunk.written &= !whole_pages(start..end);
                    chunk.taken &= !whole_pages(start..end);
                });
            }
            at = next;
        }
    }

    /// What reserving a range would add to the held bytes.
    pub(super) fn reserve_cost(&self, range: Range<u64>) -> u64 {
        // A chunk's bytes are held from its beginning on.
        let (index, start) = position(range.start);
        let before = start - self.chunk(index).map_or(0, |chunk| chunk.bytes.len()).min(start);
        (range.end - range.start).saturating_sub(self.held_within(&range)) + before as u64
    }

    fn held_within(&self, range: &Range<u64>) -> u64 {
        let mut held = 0;
        let mut at = position(range.start).0;
        while let Some((index, chunk)) = self.chunk_from(at) {
            let base = index * CHUNK_BYTES as u64;
            if base >= range.end {
                break;
            }
            let end = (base + chunk.bytes.len() as u64).min(range.end);
            held += end.saturating_sub(base.max(range.start));
            at = index + 1;
        }
        held
    }

    /// Holds bytes for a range, so that writes into it need no room. The length stays.
    pub(super) fn reserve(&mut self, range: Range<u64>) {
        let mut at = range.start;
        while at < range.end {
            let (index, start) = position(at);
            let next = (index + 1) * CHUNK_BYTES as u64;
            let end = if range.end >= next { CHUNK_BYTES } else { position(range.end).1 };
            self.change(index, |chunk| {
                if chunk.bytes.len() < end {
                    chunk.bytes.resize(end, 0);
                }
                chunk.taken |= pages(start..end);
            });
            at = next;
        }
    }

    /// Where data (or a hole) begins from an offset on, which is before the end. `None`: only a hole follows.
    pub(super) fn seek(&self, offset: u64, data: bool) -> Option<u64> {
        let mut at = offset;
        while at < self.len {
            let (index, start) = position(at);
            match self.chunk_from(index) {
                Some((found, chunk)) if found == index => {
                    let page = start / PAGE_BYTES;
                    if (chunk.written >> page & 1 == 1) == data {
                        return Some(at);
                    }
                    at = index * CHUNK_BYTES as u64 + ((page + 1) * PAGE_BYTES) as u64;
                }
                _ if !data => return Some(at),
                Some((found, _)) => at = found * CHUNK_BYTES as u64,
                None => return None,
            }
        }
        (!data).then_some(self.len)
    }

    /// Copies a range of another file, sharing whole chunks; gives how much, less than `len` at the other's end, when `room_bytes` are used
    /// up, or when enough has been copied for one call.
    pub(super) fn copy_from(
        &mut self,
        other: &Content,
        from: u64,
        to: u64,
        len: u64,
        room_bytes: u64,
    ) -> u64 {
        let len = len.min(other.len.saturating_sub(from));
        let limit = self.stored_bytes.saturating_add(room_bytes);
        let (mut done, mut copied) = (0, 0);
        let mut buf = Vec::new();
        while done < len && copied < COPIED_BYTES_MAX {
            let (source, start) = position(from + done);
            let (target, target_start) = position(to + done);
            let aligned = start == 0 && target_start == 0;
            let is_tail = len - done < CHUNK_BYTES as u64;
            // The last part of a file can be shared too, if it becomes the last part of this one.
            let becomes_end = from + len == other.len && to + len >= self.len;
            if aligned && (!is_tail || becomes_end) {
                let chunk = other.chunk(source).cloned();
                let held = self.chunk(target).map_or(0, |chunk| chunk.bytes.len() as u64);
                let grown = chunk.as_ref().map_or(0, |chunk| chunk.bytes.len() as u64);
                if self.stored_bytes - held + grown > limit {
                    break;
                }
                self.put(target, chunk);
                done += (len - done).min(CHUNK_BYTES as u64);
                continue;
            }
            let part = (len - done).min((CHUNK_BYTES - start) as u64) as usize;
            buf.resize(part, 0);
            other.read(from + done, &mut buf);
            let written = self.write(to + done, &buf, limit - self.stored_bytes);
            done += written as u64;
            copied += written;
            if written < part {
                break;
            }
        }
        if done > 0 {
            self.len = self.len.max(to + done);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does the same to a `Content` and to a plain vector, and compares.
    fn check(steps: &[(&str, u64, usize)]) {
        let mut content = Content::default();
        let mut plain: Vec<u8> = Vec::new();
        for (number, &(what, offset, len)) in steps.iter().enumerate() {
            let at = offset as usize;
            match what {
                "write" => {
                    let bytes: Vec<u8> = (0..len).map(|i| (i + number) as u8 | 1).collect();
                    assert_eq!(content.write(offset, &bytes, u64::MAX), len);
                    plain.resize(plain.len().max(at + len), 0);
                    plain[at..at + len].copy_from_slice(&bytes);
                }
                "punch" => {
                    content.punch(offset..offset + len as u64);
                    let end = plain.len().min(at + len);
                    plain[at.min(end)..end].fill(0);
                }
                "reserve" => {
                    let cost = content.reserve_cost(offset..offset + len as u64);
                    let before = content.stored_bytes();
                    content.reserve(offset..offset + len as u64);
                    assert_eq!(content.stored_bytes() - before, cost);
                    assert_eq!(content.reserve_cost(offset..offset + len as u64), 0);
                }
                "copy" => {
                    // From 100 pages further on, or within what was there.
                    let source = content.clone();
                    let from = offset + 100 * PAGE_BYTES as u64;
                    let copied = content.copy_from(&source, from, offset, len as u64, u64::MAX) as usize;
                    let end = plain.len();
                    let from = end.min(from as usize);
                    assert_eq!(copied, len.min(end - from));
                    plain.copy_within(from..from + copied, at);
                }
                _ => {
                    content.truncate(offset);
                    plain.resize(at, 0);
                }
            }
            let mut read = vec![9; plain.len() + 5];
            assert_eq!(content.read(0, &mut read), plain.len(), "after step {number}");
            assert!(read[..plain.len()] == plain[..], "after step {number}");
            let (mut held, mut taken, mut at) = (0, 0, 0);
            while let Some((index, chunk)) = content.chunk_from(at) {
                held += chunk.bytes.len() as u64;
                taken += u64::from(chunk.taken.count_ones());
                assert!(chunk.taken != 0 && chunk.written & !chunk.taken == 0);
                at = index + 1;
            }
            assert_eq!((content.stored_bytes(), content.taken_pages()), (held, taken), "after step {number}");
        }
    }

    #[test]
    fn reads_back_what_was_written() {
        check(&[
            ("write", 0, 10),
            ("write", 5, 20),
            ("write", 200_000, 3),
            ("write", CHUNK_BYTES as u64 - 2, 4),
            ("truncate", 70_000, 0),
            ("truncate", 300_000, 0),
            ("write", 3, 250_000),
            ("punch", 4096, 4096),
            ("punch", 60_000, 140_000),
            ("punch", 1, 2),
            ("reserve", 100_000, 400_000),
            ("write", 100, 5000),
            ("truncate", 1, 0),
            ("truncate", 100, 0),
            ("truncate", 0, 0),
        ]);
    }

    #[test]
    fn copies_share_what_they_can() {
        check(&[
            ("write", 0, 1_000_000),
            ("copy", 0, 65_536),
            ("copy", 65_536 * 2, 300_000),
            ("copy", 7, 300_000),
            ("truncate", 500_000, 0),
            ("copy", 0, 1_000_000),
        ]);
        let mut source = Content::default();
        source.write(0, &[1; 100_000], u64::MAX);
        let mut copy = Content::default();
        assert_eq!(copy.copy_from(&source, 0, 0, u64::MAX, u64::MAX), 100_000);
        for index in 0..2 {
            assert!(Arc::ptr_eq(copy.chunk(index).unwrap(), source.chunk(index).unwrap()));
        }
        assert_eq!(Content::default().copy_from(&source, 0, 0, 100_000, 70_000), 65_536, "the disk is full");
    }

    /// Where data and holes begin, as `offset: data hole`.
    fn check_seek(content: &Content, offset: u64, data: Option<u64>, hole: u64) {
        assert_eq!((content.seek(offset, true), content.seek(offset, false)), (data, Some(hole)), "{offset}");
    }

    #[test]
    fn holes_are_found_page_by_page() {
        let mut content = Content::default();
        content.write(10_000, &[1; 10], u64::MAX);
        content.write(200_000, &[1; 10], u64::MAX);
        check_seek(&content, 0, Some(8192), 0);
        check_seek(&content, 9000, Some(9000), 12_288);
        check_seek(&content, 12_288, Some(196_608), 12_288);
        check_seek(&content, 200_005, Some(200_005), 200_010);
        content.truncate(1 << 40);
        check_seek(&content, 300_000, None, 300_000);
        assert_eq!(content.taken_pages(), 2);
        content.punch(8192..12_288);
        assert_eq!(content.taken_pages(), 1);
        check_seek(&content, 0, Some(196_608), 0);
    }

    #[test]
    fn a_write_without_room_is_cut_but_may_overwrite() {
        let mut content = Content::default();
        assert_eq!(content.write(0, &[1; 100], 40), 40);
        assert_eq!(content.write(10, &[2; 100], 0), 30);
        assert_eq!(content.write(40, &[2; 1], 0), 0);
        assert_eq!((content.len(), content.stored_bytes()), (40, 40));
    }

    #[test]
    fn a_copy_shares_until_written() {
        let mut one = Content::default();
        one.write(0, &[1; 100], u64::MAX);
        let two = one.clone();
        one.write(0, &[2; 1], u64::MAX);
        let mut byte = [0];
        two.read(0, &mut byte);
        assert_eq!(byte, [1]);
    }
}
