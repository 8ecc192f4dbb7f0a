//! Metadata layouts: fixed little-endian records.

/// File metadata, stat(2). Times in ns since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Stat {
    pub dev: u64,
    pub ino: u64,
    /// Type and permission bits, `flags::mode`.
    pub mode: u32,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pub size: u64,
    pub block_bytes: u32,
    /// In units of 512 bytes.
    pub blocks: u64,
    pub atime_ns: i64,
    pub mtime_ns: i64,
    pub ctime_ns: i64,
    pub birthtime_ns: i64,
}

impl Stat {
    /// Bytes of an encoded record.
    pub const BYTES: usize = 104;

    /// dev 0, ino 8, mode 16, nlink 20, uid 24, gid 28, rdev 32, size 40, block_bytes 48 (and 4 spare), blocks 56, atime 64,
    /// mtime 72, ctime 80, birthtime 88, 8 spare.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.dev.to_le_bytes());
        put(8, &self.ino.to_le_bytes());
        put(16, &self.mode.to_le_bytes());
        put(20, &self.nlink.to_le_bytes());
        put(24, &self.uid.to_le_bytes());
        put(28, &self.gid.to_le_bytes());
        put(32, &self.rdev.to_le_bytes());
        put(40, &self.size.to_le_bytes());
        put(48, &self.block_bytes.to_le_bytes());
        put(56, &self.blocks.to_le_bytes());
        put(64, &self.atime_ns.to_le_bytes());
        put(72, &self.mtime_ns.to_le_bytes());
        put(80, &self.ctime_ns.to_le_bytes());
        put(88, &self.birthtime_ns.to_le_bytes());
        out
    }

    /// The reverse of [`Stat::encode`].
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Stat {
        let u32_at = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let u64_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Stat {
            dev: u64_at(0),
            ino: u64_at(8),
            mode: u32_at(16),
            nlink: u32_at(20),
            uid: u32_at(24),
            gid: u32_at(28),
            rdev: u64_at(32),
            size: u64_at(40),
            block_bytes: u32_at(48),
            blocks: u64_at(56),
            atime_ns: u64_at(64) as i64,
            mtime_ns: u64_at(72) as i64,
            ctime_ns: u64_at(80) as i64,
            birthtime_ns: u64_at(88) as i64,
        }
    }

    /// Whether this is a directory.
    pub const fn is_dir(&self) -> bool {
        self.mode & crate::flags::mode::FMT == crate::flags::mode::DIR
    }

    /// Whether this is a symbolic link.
    pub const fn is_symlink(&self) -> bool {
        self.mode & crate::flags::mode::FMT == crate::flags::mode::LNK
    }

    /// Whether this is a regular file.
    pub const fn is_file(&self) -> bool {
        self.mode & crate::flags::mode::FMT == crate::flags::mode::REG
    }
}

/// Filesystem facts, statfs(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct StatFs {
    pub kind: u64,
    pub block_bytes: u64,
    pub blocks: u64,
    pub blocks_free: u64,
    pub files: u64,
    pub files_free: u64,
}

impl StatFs {
    /// Bytes of an encoded record: six u64s in the order of the fields.
    pub const BYTES: usize = 48;

    /// As bytes.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let fields =
            [self.kind, self.block_bytes, self.blocks, self.blocks_free, self.files, self.files_free];
        let mut out = [0; Self::BYTES];
        for (chunk, field) in out.chunks_exact_mut(8).zip(fields) {
            chunk.copy_from_slice(&field.to_le_bytes());
        }
        out
    }

    /// The reverse of [`StatFs::encode`].
    pub fn decode(bytes: &[u8; Self::BYTES]) -> StatFs {
        let at = |index: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[index * 8 + i]));
        StatFs {
            kind: at(0),
            block_bytes: at(1),
            blocks: at(2),
            blocks_free: at(3),
            files: at(4),
            files_free: at(5),
        }
    }
}

/// One directory entry: `ino: u64, next: u64, kind: u8, name_len: u16 LE at 17, name` — 19 bytes and the name, unpadded.
/// `next` is the position that lseek(2) takes to go on after this entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Dirent {
    pub ino: u64,
    pub next: u64,
    /// `st_mode >> 12`, readdir(3)'s DT_*.
    pub kind: u8,
    pub name: Vec<u8>,
}

impl Dirent {
    /// Bytes before the name.
    pub const HEADER_BYTES: usize = 19;

    /// Appends the entry, if it fits into `capacity` bytes in all.
    pub fn encode_into(&self, out: &mut Vec<u8>, capacity: usize) -> bool {
        if out.len() + Self::HEADER_BYTES + self.name.len() > capacity {
            return false;
        }
        out.extend_from_slice(&self.ino.to_le_bytes());
        out.extend_from_slice(&self.next.to_le_bytes());
        out.push(self.kind);
        out.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        out.extend_from_slice(&self.name);
        true
    }

    /// Splits a buffer of entries; stops at the first that is cut off.
    pub fn decode_all(mut bytes: &[u8]) -> Vec<Dirent> {
        let mut entries = Vec::new();
        while bytes.len() >= Self::HEADER_BYTES {
            let ino = u64::from_le_bytes(std::array::from_fn(|i| bytes[i]));
            let next = u64::from_le_bytes(std::array::from_fn(|i| bytes[8 + i]));
            let name_len = u16::from_le_bytes([bytes[17], bytes[18]]) as usize;
            let Some(name) = bytes.get(Self::HEADER_BYTES..Self::HEADER_BYTES + name_len) else { break };
            entries.push(Dirent { ino, next, kind: bytes[16], name: name.to_vec() });
            bytes = &bytes[Self::HEADER_BYTES + name_len..];
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_round_trip() {
        let stat = Stat {
            dev: 1,
            ino: u64::MAX,
            mode: 0o100644,
            nlink: 3,
            uid: 4,
            gid: 5,
            rdev: 6,
            size: 7,
            block_bytes: 8,
            blocks: 9,
            atime_ns: -10,
            mtime_ns: 11,
            ctime_ns: 12,
            birthtime_ns: 13,
        };
        assert_eq!(Stat::decode(&stat.encode()), stat);
        let facts = StatFs { kind: 1, block_bytes: 2, blocks: 3, blocks_free: 4, files: 5, files_free: 6 };
        assert_eq!(StatFs::decode(&facts.encode()), facts);
    }

    #[test]
    fn entries_round_trip_and_a_cut_one_is_dropped() {
        let one = Dirent { ino: 1, next: 1, kind: 8, name: b"one".to_vec() };
        let two = Dirent { ino: 2, next: 2, kind: 4, name: b"two".to_vec() };
        let mut bytes = Vec::new();
        assert!(one.encode_into(&mut bytes, 100));
        assert!(two.encode_into(&mut bytes, 100));
        assert!(!two.encode_into(&mut bytes, 50));
        assert_eq!(Dirent::decode_all(&bytes), [one.clone(), two]);
        assert_eq!(Dirent::decode_all(&bytes[..bytes.len() - 1]), [one]);
    }
}
