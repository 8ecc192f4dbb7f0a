//! Shared memory of threads, whose own memories cannot be shared: the kernel has the master copy. A thread writes what it has
//! changed, makes at most one atomic operation, and learns what others have changed, in one call.

use crate::Errno;

/// Atomic operations.
#[allow(missing_docs)]
pub mod operation {
    /// Only writes and changes.
    pub const NONE: u32 = 0;
    pub const LOAD: u32 = 1;
    pub const STORE: u32 = 2;
    pub const ADD: u32 = 3;
    pub const SUB: u32 = 4;
    pub const AND: u32 = 5;
    pub const OR: u32 = 6;
    pub const XOR: u32 = 7;
    pub const EXCHANGE: u32 = 8;
    pub const COMPARE_EXCHANGE: u32 = 9;
    /// The segment becomes `operand` bytes long.
    pub const GROW: u32 = 10;
}

/// The input of segment_access, without the writes that follow it: each an offset u32, a length u32 and its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// One of [`operation`].
    pub operation: u32,
    /// Bytes of the value: 1, 2, 4 or 8.
    pub width: u32,
    /// Where it stands; a multiple of the width.
    pub offset: u32,
    /// From which byte on changes are told.
    pub changes_from: u32,
    /// What is stored, added …; compared values stand in `expected`.
    pub operand: u64,
    /// For COMPARE_EXCHANGE.
    pub expected: u64,
}

impl Access {
    /// Length of the record.
    pub const BYTES: usize = 32;

    /// Four u32s and two u64s.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        for (at, value) in [(0, self.operation), (4, self.width), (8, self.offset), (12, self.changes_from)] {
            out[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        out[16..24].copy_from_slice(&self.operand.to_le_bytes());
        out[24..].copy_from_slice(&self.expected.to_le_bytes());
        out
    }

    /// The reverse, and the writes behind it.
    ///
    /// # Errors
    /// EINVAL when it is cut off.
    pub fn decode(bytes: &[u8]) -> Result<(Access, &[u8]), Errno> {
        let (head, writes) = bytes.split_first_chunk::<{ Access::BYTES }>().ok_or(Errno::EINVAL)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let access = Access {
            operation: word(0),
            width: word(4),
            offset: word(8),
            changes_from: word(12),
            operand: long(16),
            expected: long(24),
        };
        Ok((access, writes))
    }
}

/// The output of segment_access, without the runs of bytes that follow it: each an offset u32, a length u32 and its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What the atomic operation found.
    pub old: u64,
    /// The version that the caller has when it has taken all changes.
    pub version: u64,
    /// The container's count of changes to all segments.
    pub epoch: u64,
    /// How long the segment is.
    pub bytes: u64,
    /// From where on changes are left that had no room; 0 when none are.
    pub left_from: u32,
}

impl Changes {
    /// Length of the record.
    pub const BYTES: usize = 40;

    /// Four u64s, a u32 and four zeros.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        for (at, value) in [(0, self.old), (8, self.version), (16, self.epoch), (24, self.bytes)] {
            out[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        out[32..36].copy_from_slice(&self.left_from.to_le_bytes());
        out
    }

    /// The reverse, and the runs behind it.
    ///
    /// # Errors
    /// EINVAL when it is cut off.
    pub fn decode(bytes: &[u8]) -> Result<(Changes, &[u8]), Errno> {
        let (head, runs) = bytes.split_first_chunk::<{ Changes::BYTES }>().ok_or(Errno::EINVAL)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let changes =
            Changes { old: long(0), version: long(8), epoch: long(16), bytes: long(24), left_from: word(32) };
        Ok((changes, runs))
    }
}

/// The runs of bytes behind either record: `(offset, bytes)` each.
///
/// # Errors
/// EINVAL when one is cut off.
pub fn runs(mut bytes: &[u8]) -> Result<Vec<(u32, &[u8])>, Errno> {
    let mut runs = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = bytes.split_first_chunk::<8>().ok_or(Errno::EINVAL)?;
        let offset = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let (run, rest) = rest.split_at_checked(len).ok_or(Errno::EINVAL)?;
        runs.push((offset, run));
        bytes = rest;
    }
    Ok(runs)
}

/// Appends a run.
pub fn push_run(out: &mut Vec<u8>, offset: u32, bytes: &[u8]) {
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_runs_round_trip() {
        let access =
            Access { operation: 3, width: 4, offset: 8, changes_from: 16, operand: u64::MAX, expected: 5 };
        let mut bytes = access.encode().to_vec();
        push_run(&mut bytes, 7, b"abc");
        push_run(&mut bytes, 99, b"");
        let (decoded, rest) = Access::decode(&bytes).expect("it was just encoded");
        assert_eq!(decoded, access);
        assert_eq!(runs(rest), Ok(vec![(7, &b"abc"[..]), (99, &b""[..])]));
        assert_eq!(runs(&rest[..9]), Err(Errno::EINVAL));
        let changes = Changes { old: 1, version: 2, epoch: 3, bytes: 1 << 33, left_from: 4 };
        assert_eq!(Changes::decode(&changes.encode()), Ok((changes, &[][..])));
        assert_eq!(Access::decode(&[0; 31]), Err(Errno::EINVAL));
    }
}
