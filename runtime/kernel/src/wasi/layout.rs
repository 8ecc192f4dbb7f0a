//! Preview 1's records and flag values.

use oac_abi::{
    flags::{mode as kind, open},
    stat::Stat,
};

use crate::description::{Description, File};

/// `filetype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileType {
    Unknown = 0,
    Block = 1,
    Character = 2,
    Directory = 3,
    Regular = 4,
    SocketStream = 6,
    Symlink = 7,
}

impl FileType {
    /// From a mode. WASI has no name for a pipe.
    pub(super) fn from_mode(mode: u32) -> FileType {
        match mode & kind::FMT {
            kind::BLK => FileType::Block,
            kind::CHR => FileType::Character,
            kind::DIR => FileType::Directory,
            kind::REG => FileType::Regular,
            kind::SOCK => FileType::SocketStream,
            kind::LNK => FileType::Symlink,
            _ => FileType::Unknown,
        }
    }
}

/// `fdflags`.
pub(super) mod fdflags {
    pub(in crate::wasi) const APPEND: u32 = 1;
    pub(in crate::wasi) const DSYNC: u32 = 2;
    pub(in crate::wasi) const NONBLOCK: u32 = 4;
    pub(in crate::wasi) const RSYNC: u32 = 8;
    pub(in crate::wasi) const SYNC: u32 = 16;
    pub(in crate::wasi) const ALL: u32 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// `oflags`.
pub(super) mod oflags {
    pub(in crate::wasi) const CREAT: u32 = 1;
    pub(in crate::wasi) const DIRECTORY: u32 = 2;
    pub(in crate::wasi) const EXCL: u32 = 4;
    pub(in crate::wasi) const TRUNC: u32 = 8;
}

/// `lookupflags`.
pub(super) const SYMLINK_FOLLOW: u32 = 1;

/// `rights`.
pub(super) mod rights {
    pub(in crate::wasi) const FD_DATASYNC: u64 = 1;
    pub(in crate::wasi) const FD_READ: u64 = 1 << 1;
    pub(in crate::wasi) const FD_SEEK: u64 = 1 << 2;
    pub(in crate::wasi) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(in crate::wasi) const FD_SYNC: u64 = 1 << 4;
    pub(in crate::wasi) const FD_TELL: u64 = 1 << 5;
    pub(in crate::wasi) const FD_WRITE: u64 = 1 << 6;
    pub(in crate::wasi) const FD_ADVISE: u64 = 1 << 7;
    pub(in crate::wasi) const FD_ALLOCATE: u64 = 1 << 8;
    pub(in crate::wasi) const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    /// All that begin with `path_`, and `fd_readdir`.
    pub(in crate::wasi) const DIRECTORY: u64 = 0b111 << 24 | 0b111 << 18 | 0b1_1111_1111 << 9;
    pub(in crate::wasi) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(in crate::wasi) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(in crate::wasi) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub(in crate::wasi) const POLL_FD_READWRITE: u64 = 1 << 27;
    pub(in crate::wasi) const SOCK_SHUTDOWN: u64 = 1 << 28;
    pub(in crate::wasi) const SOCK_ACCEPT: u64 = 1 << 29;
    /// Every right there is.
    pub(in crate::wasi) const ALL: u64 = (1 << 30) - 1;
}

/// What can be done with a description, and with what is opened through it: what it is good for, less what was given up.
pub(super) fn rights_of(description: &Description) -> (u64, u64) {
    let (base, inheriting) = natural_rights(description);
    let (dropped_base, dropped_inheriting) = description.dropped_rights;
    (base & !dropped_base, inheriting & !dropped_inheriting)
}

fn natural_rights(description: &Description) -> (u64, u64) {
    let mut base = rights::FD_FDSTAT_SET_FLAGS | rights::FD_FILESTAT_GET;
    if description.readable() {
        base |= rights::FD_READ | rights::POLL_FD_READWRITE;
    }
    if description.writable() {
        base |= rights::FD_WRITE | rights::POLL_FD_READWRITE;
    }
    match &description.file {
        File::Regular { .. } => {
            base |= rights::FD_SEEK | rights::FD_TELL | rights::FD_ADVISE | rights::FD_FILESTAT_SET_TIMES;
            base |= rights::FD_SYNC | rights::FD_DATASYNC;
            if description.writable() {
                base |= rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;
            }
            (base, 0)
        }
        File::Directory(_) => {
            base &= !(rights::FD_READ | rights::FD_WRITE);
            (base | rights::DIRECTORY | rights::FD_SYNC | rights::FD_FILESTAT_SET_TIMES, rights::ALL)
        }
        // wasi-libc takes a character device for a terminal unless it can be sought in.
        File::Device { .. } => (base | rights::FD_SEEK | rights::FD_TELL, 0),
        File::Socket(_) => (base | rights::SOCK_SHUTDOWN | rights::SOCK_ACCEPT, rights::ALL),
        _ => (base, 0),
    }
}

/// `fdstat`, 24 bytes.
pub(super) fn fdstat(mode: u32, description: &Description) -> [u8; 24] {
    let mut flags = 0;
    if description.flags & open::APPEND != 0 {
        flags |= fdflags::APPEND;
    }
    if description.nonblocking() {
        flags |= fdflags::NONBLOCK;
    }
    if description.flags & open::SYNC == open::SYNC {
        flags |= fdflags::SYNC;
    } else if description.flags & open::DSYNC != 0 {
        flags |= fdflags::DSYNC;
    }
    let (base, inheriting) = rights_of(description);
    let mut record = [0; 24];
    record[0] = FileType::from_mode(mode) as u8;
    record[2..4].copy_from_slice(&(flags as u16).to_le_bytes());
    record[8..16].copy_from_slice(&base.to_le_bytes());
    record[16..24].copy_from_slice(&inheriting.to_le_bytes());
    record
}

/// `filestat`, 64 bytes.
pub(super) fn filestat(stat: &Stat) -> [u8; 64] {
    let mut record = [0; 64];
    let mut put = |at: usize, value: u64| record[at..at + 8].copy_from_slice(&value.to_le_bytes());
    put(0, stat.dev);
    put(8, stat.ino);
    put(24, u64::from(stat.nlink));
    put(32, stat.size);
    put(40, stat.atime_ns as u64);
    put(48, stat.mtime_ns as u64);
    put(56, stat.ctime_ns as u64);
    record[16] = FileType::from_mode(stat.mode) as u8;
    record
}

/// `dirent`, 24 bytes before the name.
pub(super) fn dirent(next: u64, ino: u64, name_len: usize, mode: u32) -> [u8; 24] {
    let mut record = [0; 24];
    record[..8].copy_from_slice(&next.to_le_bytes());
    record[8..16].copy_from_slice(&ino.to_le_bytes());
    record[16..20].copy_from_slice(&(name_len as u32).to_le_bytes());
    record[20] = FileType::from_mode(mode) as u8;
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_rights_are_the_path_ones_and_readdir() {
        let others = [
            rights::FD_DATASYNC,
            rights::FD_READ,
            rights::FD_SEEK,
            rights::FD_FDSTAT_SET_FLAGS,
            rights::FD_SYNC,
            rights::FD_TELL,
            rights::FD_WRITE,
            rights::FD_ADVISE,
            rights::FD_ALLOCATE,
            rights::FD_FILESTAT_GET,
            rights::FD_FILESTAT_SET_SIZE,
            rights::FD_FILESTAT_SET_TIMES,
            rights::POLL_FD_READWRITE,
            rights::SOCK_SHUTDOWN,
            rights::SOCK_ACCEPT,
        ];
        let others = others.iter().fold(0, |all, right| all | right);
        assert_eq!(others | rights::DIRECTORY, rights::ALL);
        assert_eq!(others & rights::DIRECTORY, 0);
    }
}
