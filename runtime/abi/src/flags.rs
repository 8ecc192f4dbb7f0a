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
    pub const GETLK: u32 = 5;
    pub const SETLK: u32 = 6;
    pub const SETLKW: u32 = 7;
    pub const OFD_GETLK: u32 = 36;
    pub const OFD_SETLK: u32 = 37;
    pub const OFD_SETLKW: u32 = 38;
    pub const FD_CLOEXEC: u32 = 1;
}

/// flock(2).
pub mod flock {
    #![allow(missing_docs)]
    pub const SHARED: u32 = 1;
    pub const EXCLUSIVE: u32 = 2;
    pub const NONBLOCK: u32 = 4;
    pub const UNLOCK: u32 = 8;
}

/// setxattr(2).
pub mod xattr {
    #![allow(missing_docs)]
    pub const CREATE: u32 = 1;
    pub const REPLACE: u32 = 2;
}

/// fallocate(2).
pub mod fallocate {
    #![allow(missing_docs)]
    pub const KEEP_SIZE: u32 = 1;
    pub const PUNCH_HOLE: u32 = 2;
    pub const ZERO_RANGE: u32 = 0x10;
}

/// inotify(7): events, and options of a watch.
pub mod inotify {
    #![allow(missing_docs)]
    pub const ACCESS: u32 = 0x1;
    pub const MODIFY: u32 = 0x2;
    pub const ATTRIB: u32 = 0x4;
    pub const CLOSE_WRITE: u32 = 0x8;
    pub const CLOSE_NOWRITE: u32 = 0x10;
    pub const OPEN: u32 = 0x20;
    pub const MOVED_FROM: u32 = 0x40;
    pub const MOVED_TO: u32 = 0x80;
    pub const CREATE: u32 = 0x100;
    pub const DELETE: u32 = 0x200;
    pub const DELETE_SELF: u32 = 0x400;
    pub const MOVE_SELF: u32 = 0x800;
    pub const ALL_EVENTS: u32 = 0xfff;
    pub const UNMOUNT: u32 = 0x2000;
    pub const Q_OVERFLOW: u32 = 0x4000;
    pub const IGNORED: u32 = 0x8000;
    pub const ONLYDIR: u32 = 0x100_0000;
    pub const DONT_FOLLOW: u32 = 0x200_0000;
    pub const EXCL_UNLINK: u32 = 0x400_0000;
    pub const MASK_CREATE: u32 = 0x1000_0000;
    pub const MASK_ADD: u32 = 0x2000_0000;
    pub const ISDIR: u32 = 0x4000_0000;
    pub const ONESHOT: u32 = 0x8000_0000;
    /// `struct inotify_event`: wd i32, mask u32, cookie u32, length of the name u32, the name padded with NULs.
    pub const HEADER_BYTES: usize = 16;
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
    /// As the family of an address for connect(2): dissolves the association.
    pub const AF_UNSPEC: u32 = 0;
    pub const AF_UNIX: u32 = 1;
    pub const AF_INET: u32 = 2;
    pub const AF_INET6: u32 = 10;
    pub const STREAM: u32 = 1;
    pub const DGRAM: u32 = 2;
    pub const SEQPACKET: u32 = 5;
    pub const NONBLOCK: u32 = 0o4000;
    pub const CLOEXEC: u32 = 0o2000000;
    pub const SHUT_RD: u32 = 0;
    pub const SHUT_WR: u32 = 1;
    pub const SHUT_RDWR: u32 = 2;
    pub const SOL_SOCKET: u32 = 1;
    pub const SO_REUSEADDR: u32 = 2;
    /// This system's own level, of numbers that Linux does not use.
    pub const SOL_OAC: u32 = 0x6f61_6300;
    /// Set before anything is sent: the connection is to be TLS to its server, but clear text as far as the kernel's gateway.
    /// ENOPROTOOPT when it does not lead there; then a program speaks TLS itself.
    pub const OAC_GATEWAY_TLS: u32 = 1;
    pub const SO_TYPE: u32 = 3;
    pub const SO_ERROR: u32 = 4;
    pub const SO_BROADCAST: u32 = 6;
    pub const SO_SNDBUF: u32 = 7;
    pub const SO_RCVBUF: u32 = 8;
    pub const SO_KEEPALIVE: u32 = 9;
    pub const SO_LINGER: u32 = 13;
    pub const SO_REUSEPORT: u32 = 15;
    pub const SO_PEERCRED: u32 = 17;
    pub const SO_RCVTIMEO: u32 = 20;
    pub const SO_SNDTIMEO: u32 = 21;
    pub const SO_ACCEPTCONN: u32 = 30;
    pub const IPPROTO_TCP: u32 = 6;
    pub const SO_PROTOCOL: u32 = 38;
    pub const SO_DOMAIN: u32 = 39;
    pub const IPPROTO_IP: u32 = 0;
    pub const IPPROTO_UDP: u32 = 17;
    pub const IPPROTO_IPV6: u32 = 41;
    pub const TCP_NODELAY: u32 = 1;
    pub const TCP_KEEPIDLE: u32 = 4;
    pub const TCP_KEEPINTVL: u32 = 5;
    pub const TCP_KEEPCNT: u32 = 6;
    pub const TCP_USER_TIMEOUT: u32 = 18;
    pub const IP_TOS: u32 = 1;
    pub const IP_TTL: u32 = 2;
    pub const IP_MULTICAST_TTL: u32 = 33;
    pub const IP_MULTICAST_LOOP: u32 = 34;
    pub const IPV6_UNICAST_HOPS: u32 = 16;
    pub const IPV6_MULTICAST_HOPS: u32 = 18;
    pub const IPV6_MULTICAST_LOOP: u32 = 19;
    pub const IPV6_V6ONLY: u32 = 26;
}

/// send(2), recv(2).
pub mod message {
    #![allow(missing_docs)]
    pub const OOB: u32 = 1;
    pub const PEEK: u32 = 2;
    pub const CTRUNC: u32 = 8;
    pub const TRUNC: u32 = 0x20;
    pub const DONTWAIT: u32 = 0x40;
    pub const EOR: u32 = 0x80;
    pub const WAITALL: u32 = 0x100;
    pub const NOSIGNAL: u32 = 0x4000;
    pub const CMSG_CLOEXEC: u32 = 0x4000_0000;
}

/// wait4(2).
pub mod wait {
    #![allow(missing_docs)]
    pub const NOHANG: u32 = 1;
    pub const UNTRACED: u32 = 2;
    pub const CONTINUED: u32 = 8;
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
