//! Threads of a process: other instances of its program that share its descriptors, working directory, user and limits.
//!
//! A thread has memory of its own. To others it is part of its process: it is no process of its own, its getpid(2) is the process's,
//! and it ends with it. What it opened is closed when it ends.

use crate::Errno;

/// Why a thread is not running any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadCause {
    /// It called exit(2), or returned from its start.
    Exited,
    /// Somebody ended it: thread_stop, or the end of the thread that made it.
    Stopped,
    /// It wanted more memory than it may have.
    OutOfMemory,
}

/// What `thread_status` tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadStatus {
    /// How it ended; `None` while it has not.
    pub end: Option<(ThreadCause, i32)>,
    /// CPU time, as the host tells it.
    pub cpu_ns: u64,
    /// Time that it waited in poll(2).
    pub idle_ns: u64,
    /// The most memory that it had, as the host tells it.
    pub memory_bytes_max: u64,
}

impl ThreadStatus {
    /// Length of the record.
    pub const BYTES: usize = 32;

    /// The cause u32 (0 none, 1 exited, 2 stopped, 3 out of memory), the status i32, then three u64s.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let (cause, status) = match self.end {
            None => (0_u32, 0),
            Some((ThreadCause::Exited, status)) => (1, status),
            Some((ThreadCause::Stopped, status)) => (2, status),
            Some((ThreadCause::OutOfMemory, status)) => (3, status),
        };
        let mut out = [0; Self::BYTES];
        out[..4].copy_from_slice(&cause.to_le_bytes());
        out[4..8].copy_from_slice(&status.to_le_bytes());
        for (at, value) in [(8, self.cpu_ns), (16, self.idle_ns), (24, self.memory_bytes_max)] {
            out[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        out
    }

    /// The reverse.
    ///
    /// # Errors
    /// EINVAL for a cause that is none.
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Result<ThreadStatus, Errno> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let status = word(4) as i32;
        let end = match word(0) {
            0 => None,
            1 => Some((ThreadCause::Exited, status)),
            2 => Some((ThreadCause::Stopped, status)),
            3 => Some((ThreadCause::OutOfMemory, status)),
            _ => return Err(Errno::EINVAL),
        };
        Ok(ThreadStatus { end, cpu_ns: long(8), idle_ns: long(16), memory_bytes_max: long(24) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_round_trip() {
        for end in [
            None,
            Some((ThreadCause::Exited, -3)),
            Some((ThreadCause::Stopped, 1)),
            Some((ThreadCause::OutOfMemory, 1)),
        ] {
            let status = ThreadStatus { end, cpu_ns: 1 << 40, idle_ns: 7, memory_bytes_max: 9 };
            assert_eq!(ThreadStatus::decode(&status.encode()), Ok(status));
        }
        assert_eq!(ThreadStatus::decode(&[9; ThreadStatus::BYTES]), Err(Errno::EINVAL));
    }
}
