//! Resource limits and resource use, as prlimit(2) and getrusage(2) speak of them.

/// Resources by their numbers, Linux's on x86-64.
pub mod resource {
    #![allow(missing_docs)]
    pub const CPU: u32 = 0;
    pub const FSIZE: u32 = 1;
    pub const DATA: u32 = 2;
    pub const STACK: u32 = 3;
    pub const CORE: u32 = 4;
    pub const RSS: u32 = 5;
    pub const NPROC: u32 = 6;
    pub const NOFILE: u32 = 7;
    pub const MEMLOCK: u32 = 8;
    pub const AS: u32 = 9;
    pub const LOCKS: u32 = 10;
    pub const SIGPENDING: u32 = 11;
    pub const MSGQUEUE: u32 = 12;
    pub const NICE: u32 = 13;
    pub const RTPRIO: u32 = 14;
    pub const RTTIME: u32 = 15;
    /// How many there are.
    pub const COUNT: usize = 16;
}

/// A limit that is none: RLIM_INFINITY.
pub const UNLIMITED: u64 = u64::MAX;

/// `struct rlimit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rlimit {
    /// What counts now; may be moved up to `hard`.
    pub soft: u64,
    /// The ceiling; only root moves it up.
    pub hard: u64,
}

impl Rlimit {
    /// Bytes of an encoded record: two u64s.
    pub const BYTES: usize = 16;

    /// soft, hard.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[..8].copy_from_slice(&self.soft.to_le_bytes());
        out[8..].copy_from_slice(&self.hard.to_le_bytes());
        out
    }

    /// The reverse of [`Rlimit::encode`].
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Rlimit {
        let at = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Rlimit { soft: at(0), hard: at(8) }
    }
}

/// What of `struct rusage` is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in programs, ns.
    pub user_ns: u64,
    /// CPU time in the kernel, ns.
    pub system_ns: u64,
    /// The most memory it had, bytes.
    pub memory_bytes_max: u64,
    /// Calls that had to wait.
    pub voluntary_switches: u64,
}

impl Usage {
    /// Bytes of an encoded record: four u64s in the order of the fields.
    pub const BYTES: usize = 32;

    /// As bytes.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        let fields = [self.user_ns, self.system_ns, self.memory_bytes_max, self.voluntary_switches];
        for (chunk, field) in out.chunks_exact_mut(8).zip(fields) {
            chunk.copy_from_slice(&field.to_le_bytes());
        }
        out
    }

    /// The reverse of [`Usage::encode`].
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Usage {
        let at = |index: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[index * 8 + i]));
        Usage { user_ns: at(0), system_ns: at(1), memory_bytes_max: at(2), voluntary_switches: at(3) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_round_trip() {
        let limit = Rlimit { soft: 3, hard: UNLIMITED };
        assert_eq!(Rlimit::decode(&limit.encode()), limit);
        let usage = Usage { user_ns: 1, system_ns: 2, memory_bytes_max: 3, voluntary_switches: 4 };
        assert_eq!(Usage::decode(&usage.encode()), usage);
    }
}
