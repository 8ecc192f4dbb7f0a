//! Locks of byte ranges, as fcntl(2) takes them.

use crate::Errno;

/// What a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// F_RDLCK: shared.
    Read = 0,
    /// F_WRLCK: exclusive.
    Write = 1,
    /// F_UNLCK: none.
    Unlock = 2,
}

/// `struct flock`: a range, relative to `whence` (0 start, 1 position, 2 end); a length of 0 reaches to the end whatever it becomes, a negative
/// one lies before `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Flock {
    pub kind: LockKind,
    pub whence: u16,
    pub start: i64,
    pub length: i64,
    /// Who holds it, when F_GETLK finds one; -1 for a lock of an open file description.
    pub pid: i32,
}

impl Flock {
    /// Bytes of an encoded record.
    pub const BYTES: usize = 24;

    /// kind u16 at 0, whence u16 at 2, pid i32 at 4, start i64 at 8, length i64 at 16.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[0..2].copy_from_slice(&(self.kind as u16).to_le_bytes());
        out[2..4].copy_from_slice(&self.whence.to_le_bytes());
        out[4..8].copy_from_slice(&self.pid.to_le_bytes());
        out[8..16].copy_from_slice(&self.start.to_le_bytes());
        out[16..24].copy_from_slice(&self.length.to_le_bytes());
        out
    }

    /// The reverse of [`Flock::encode`].
    ///
    /// # Errors
    /// EINVAL for another length, kind or whence.
    pub fn decode(bytes: &[u8]) -> Result<Flock, Errno> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().map_err(|_| Errno::EINVAL)?;
        let kind = match u16::from_le_bytes([bytes[0], bytes[1]]) {
            0 => LockKind::Read,
            1 => LockKind::Write,
            2 => LockKind::Unlock,
            _ => return Err(Errno::EINVAL),
        };
        let whence = u16::from_le_bytes([bytes[2], bytes[3]]);
        if whence > 2 {
            return Err(Errno::EINVAL);
        }
        let i64_at = |at: usize| i64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let pid = i32::from_le_bytes(std::array::from_fn(|i| bytes[4 + i]));
        Ok(Flock { kind, whence, start: i64_at(8), length: i64_at(16), pid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_round_trip_and_nonsense_is_refused() {
        for kind in [LockKind::Read, LockKind::Write, LockKind::Unlock] {
            let lock = Flock { kind, whence: 2, start: -3, length: i64::MAX, pid: -1 };
            assert_eq!(Flock::decode(&lock.encode()), Ok(lock));
        }
        let mut bytes = Flock { kind: LockKind::Read, whence: 0, start: 0, length: 0, pid: 0 }.encode();
        bytes[0] = 3;
        assert_eq!(Flock::decode(&bytes), Err(Errno::EINVAL));
        bytes[0] = 0;
        bytes[2] = 3;
        assert_eq!(Flock::decode(&bytes), Err(Errno::EINVAL));
        assert_eq!(Flock::decode(&bytes[1..]), Err(Errno::EINVAL));
    }
}
