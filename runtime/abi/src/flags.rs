//! Flag values: Linux's on x86-64, so that no translation is needed anywhere.

/// openat(2).
pub mod open {
    #![allow(missing_docs)]
    pub const RDONLY: u32 = 0;
    pub const WRONLY: u32 = 1;
    pub const RDWR: u32 = 2;
    pub const ACCMODE: u32 = 3;
    pub const CREAT: u32 = 0o100;
    pub const EXCL: u32 = 0o200;
    pub const NOCTTY: u32 = 0o400;
    pub const TRUNC: u32 = 0o1000;
    pub const APPEND: u32 = 0o2000;
    pub const NONBLOCK: u32 = 0o4000;
    pub const DSYNC: u32 = 0o10000;
    pub const DIRECT: u32 = 0o40000;
    pub const DIRECTORY: u32 = 0o200000;
    pub const NOFOLLOW: u32 = 0o400000;
    pub const NOATIME: u32 = 0o1000000;
    pub const CLOEXEC: u32 = 0o2000000;
    pub const SYNC: u32 = 0o4010000;
    pub const PATH: u32 = 0o10000000;
}

/// Path-taking calls.
pub mod at {
    #![allow(missing_docs)]
    /// As a `dirfd`: the working directory.
    pub const FDCWD: i32 = -100;
    pub const SYMLINK_NOFOLLOW: u32 = 0x100;
    pub const REMOVEDIR: u32 = 0x200;
    pub const SYMLINK_FOLLOW: u32 = 0x400;
    pub const EMPTY_PATH: u32 = 0x1000;
}

/// renameat2(2).
pub mod rename {
    #![allow(missing_docs)]
    pub const NOREPLACE: u32 = 1;
    pub const EXCHANGE: u32 = 2;
}

/// fcntl(2).
pub mod fcntl {
    #![allow(missing_docs)]
    pub const GETFD: u32 = 1;
    pub const SETFD: u32 = 2;
    pub const GETFL: u32 = 3;
    pub const SETFL: u32 = 4;
    pub const FD_CLOEXEC: u32 = 1;
}

/// poll(2): a record is `fd: i32, events: u16, revents: u16`, 8 bytes, little-endian.
pub mod poll {
    #![allow(missing_docs)]
    pub const RECORD_BYTES: usize = 8;
    pub const IN: u16 = 1;
    pub const PRI: u16 = 2;
    pub const OUT: u16 = 4;
    pub const ERR: u16 = 8;
    pub const HUP: u16 = 16;
    pub const NVAL: u16 = 32;
    pub const RDHUP: u16 = 0x2000;
}

/// socket(2), shutdown(2), getsockopt(2).
pub mod socket {
    #![allow(missing_docs)]
    pub const AF_UNIX: u32 = 1;
    pub const AF_INET: u32 = 2;
    pub const AF_INET6: u32 = 10;
    pub const STREAM: u32 = 1;
    pub const DGRAM: u32 = 2;
    pub const NONBLOCK: u32 = 0o4000;
    pub const CLOEXEC: u32 = 0o2000000;
    pub const SHUT_RD: u32 = 0;
    pub const SHUT_WR: u32 = 1;
    pub const SHUT_RDWR: u32 = 2;
    pub const SOL_SOCKET: u32 = 1;
    pub const SO_REUSEADDR: u32 = 2;
    pub const SO_TYPE: u32 = 3;
    pub const SO_ERROR: u32 = 4;
    pub const SO_KEEPALIVE: u32 = 9;
    pub const SO_ACCEPTCONN: u32 = 30;
    pub const IPPROTO_TCP: u32 = 6;
    pub const TCP_NODELAY: u32 = 1;
}

/// wait4(2).
pub mod wait {
    #![allow(missing_docs)]
    pub const NOHANG: u32 = 1;
    pub const UNTRACED: u32 = 2;
}

/// ns_bind, as Plan 9's bind(2).
pub mod bind {
    /// The source hides what the target showed.
    pub const REPLACE: u32 = 0;
    /// A union in which the source is looked up first.
    pub const BEFORE: u32 = 1;
    /// A union in which the source is looked up last.
    pub const AFTER: u32 = 2;
    /// New files of a union are made here.
    pub const CREATE: u32 = 4;
}

/// File types in `st_mode`.
pub mod mode {
    #![allow(missing_docs)]
    pub const FMT: u32 = 0o170000;
    pub const SOCK: u32 = 0o140000;
    pub const LNK: u32 = 0o120000;
    pub const REG: u32 = 0o100000;
    pub const BLK: u32 = 0o060000;
    pub const DIR: u32 = 0o040000;
    pub const CHR: u32 = 0o020000;
    pub const FIFO: u32 = 0o010000;
}

/// Clocks of `clock_gettime`.
pub mod clock {
    #![allow(missing_docs)]
    pub const REALTIME: u32 = 0;
    pub const MONOTONIC: u32 = 1;
    pub const PROCESS_CPU: u32 = 2;
}

/// In utimensat: the time of the call.
pub const UTIME_NOW_NS: i64 = i64::MIN;
/// In utimensat: leave this time alone.
pub const UTIME_OMIT_NS: i64 = i64::MIN + 1;
