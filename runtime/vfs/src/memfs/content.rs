//! A file's bytes, in chunks that copies of the file can share.

use std::{collections::BTreeMap, sync::Arc};

/// Bytes of a chunk. Large enough that a big file has few, small enough that a first write to a shared one copies little.
pub(super) const CHUNK_BYTES: usize = 64 << 10;

/// Contents of one file. A chunk that is missing, or shorter than its extent, reads as zeros from there on.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    len: u64,
    chunks: BTreeMap<u64, Arc<Vec<u8>>>,
    stored_bytes: u64,
}

impl Content {
    /// The file's length.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes that are really held; holes cost nothing.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Copies out what is there from `offset` on; gives how much.
    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) -> usize {
        let Some(left) = self.len.checked_sub(offset) else { return 0 };
        let total = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < total {
            let at = offset + done as u64;
            let (index, start) = (at / CHUNK_BYTES as u64, (at % CHUNK_BYTES as u64) as usize);
            let part = &mut buf[done..total.min(done + CHUNK_BYTES - start)];
            let held = self.chunks.get(&index).and_then(|chunk| chunk.get(start..)).unwrap_or_default();
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
            let at = offset + done as u64;
            let (index, start) = (at / CHUNK_BYTES as u64, (at % CHUNK_BYTES as u64) as usize);
            let held = self.chunks.get(&index).map_or(0, |chunk| chunk.len());
            let wanted_end = (start + buf.len() - done).min(CHUNK_BYTES);
            let end = wanted_end.min(held.saturating_add(usize::try_from(room_bytes).unwrap_or(usize::MAX)));
            if end <= start {
                break;
            }
            let chunk = Arc::make_mut(self.chunks.entry(index).or_default());
            let part = &buf[done..done + end - start];
            if start >= held {
                chunk.resize(start, 0);
                chunk.extend_from_slice(part);
            } else {
                chunk.resize(held.max(end), 0);
                chunk[start..end].copy_from_slice(part);
            }
            let grown = (end.max(held) - held) as u64;
            self.stored_bytes += grown;
            room_bytes -= grown;
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
        if len < self.len {
            let keep = len.div_ceil(CHUNK_BYTES as u64);
            for chunk in self.chunks.split_off(&keep).values() {
                self.stored_bytes -= chunk.len() as u64;
            }
            let rest = (len % CHUNK_BYTES as u64) as usize;
            if rest > 0
                && let Some(chunk) = self.chunks.get_mut(&(len / CHUNK_BYTES as u64))
                && chunk.len() > rest
            {
                self.stored_bytes -= (chunk.len() - rest) as u64;
                Arc::make_mut(chunk).truncate(rest);
            }
        }
        self.len = len;
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
            match what {
                "write" => {
                    let bytes: Vec<u8> = (0..len).map(|i| (i + number) as u8 | 1).collect();
                    assert_eq!(content.write(offset, &bytes, u64::MAX), len);
                    plain.resize(plain.len().max(offset as usize + len), 0);
                    plain[offset as usize..offset as usize + len].copy_from_slice(&bytes);
                }
                _ => {
                    content.truncate(offset);
                    plain.resize(offset as usize, 0);
                }
            }
            let mut read = vec![9; plain.len() + 5];
            assert_eq!(content.read(0, &mut read), plain.len(), "after step {number}");
            assert!(read[..plain.len()] == plain[..], "after step {number}");
            let held: usize = content.chunks.values().map(|chunk| chunk.len()).sum();
            assert_eq!(content.stored_bytes(), held as u64);
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
            ("truncate", 1, 0),
            ("truncate", 100, 0),
            ("truncate", 0, 0),
        ]);
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
