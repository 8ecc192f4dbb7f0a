//! Error numbers: Linux's, by their names.

macro_rules! errnos {
    ($($number:literal $name:ident $wasi:literal $text:literal;)*) => {
        /// A Linux errno: a number with a name. See errno(3).
        ///
        /// Errors are this number from the kernel to a program's `err.code`; nothing matches on message text.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct Errno(u16);

        impl Errno {
            $(#[doc = $text] pub const $name: Errno = Errno($number);)*

            /// Every errno known here, in the order of their numbers.
            pub const ALL: &[Errno] = &[$(Errno::$name),*];

            /// The name, `ENOENT`; `EUNKNOWN` for a number outside the list.
            pub const fn name(self) -> &'static str {
                match self.0 { $($number => stringify!($name),)* _ => "EUNKNOWN" }
            }

            /// What strerror(3) says, in lower case.
            pub const fn description(self) -> &'static str {
                match self.0 { $($number => $text,)* _ => "unknown error" }
            }

            /// The errno of WASI preview 1 with this meaning (`EIO`'s where WASI has none).
            pub const fn to_wasi(self) -> u16 {
                match self.0 { $($number => $wasi,)* _ => 29 }
            }

            /// The errno with this name.
            pub fn from_name(name: &str) -> Option<Errno> {
                match name { $(stringify!($name) => Some(Errno::$name),)* _ => None }
            }
        }
    };
}

errnos! {
    1 EPERM 63 "operation not permitted";
    2 ENOENT 44 "no such file or directory";
    3 ESRCH 71 "no such process";
    4 EINTR 27 "interrupted system call";
    5 EIO 29 "input/output error";
    6 ENXIO 60 "no such device or address";
    7 E2BIG 1 "argument list too long";
    8 ENOEXEC 45 "exec format error";
    9 EBADF 8 "bad file descriptor";
    10 ECHILD 12 "no child processes";
    11 EAGAIN 6 "resource temporarily unavailable";
    12 ENOMEM 48 "cannot allocate memory";
    13 EACCES 2 "permission denied";
    14 EFAULT 21 "bad address";
    15 ENOTBLK 29 "block device required";
    16 EBUSY 10 "device or resource busy";
    17 EEXIST 20 "file exists";
    18 EXDEV 75 "invalid cross-device link";
    19 ENODEV 43 "no such device";
    20 ENOTDIR 54 "not a directory";
    21 EISDIR 31 "is a directory";
    22 EINVAL 28 "invalid argument";
    23 ENFILE 41 "too many open files in system";
    24 EMFILE 33 "too many open files";
    25 ENOTTY 59 "inappropriate ioctl for device";
    26 ETXTBSY 74 "text file busy";
    27 EFBIG 22 "file too large";
    28 ENOSPC 51 "no space left on device";
    29 ESPIPE 70 "illegal seek";
    30 EROFS 69 "read-only file system";
    31 EMLINK 34 "too many links";
    32 EPIPE 64 "broken pipe";
    33 EDOM 18 "numerical argument out of domain";
    34 ERANGE 68 "numerical result out of range";
    35 EDEADLK 16 "resource deadlock avoided";
    36 ENAMETOOLONG 37 "file name too long";
    37 ENOLCK 46 "no locks available";
    38 ENOSYS 52 "function not implemented";
    39 ENOTEMPTY 55 "directory not empty";
    40 ELOOP 32 "too many levels of symbolic links";
    42 ENOMSG 49 "no message of desired type";
    43 EIDRM 24 "identifier removed";
    61 ENODATA 29 "no data available";
    62 ETIME 29 "timer expired";
    67 ENOLINK 47 "link has been severed";
    71 EPROTO 65 "protocol error";
    72 EMULTIHOP 36 "multihop attempted";
    74 EBADMSG 9 "bad message";
    75 EOVERFLOW 61 "value too large for defined data type";
    78 EREMCHG 29 "remote address changed";
    84 EILSEQ 25 "invalid or incomplete multibyte or wide character";
    87 EUSERS 29 "too many users";
    88 ENOTSOCK 57 "socket operation on non-socket";
    89 EDESTADDRREQ 17 "destination address required";
    90 EMSGSIZE 35 "message too long";
    91 EPROTOTYPE 67 "protocol wrong type for socket";
    92 ENOPROTOOPT 50 "protocol not available";
    93 EPROTONOSUPPORT 66 "protocol not supported";
    94 ESOCKTNOSUPPORT 29 "socket type not supported";
    95 EOPNOTSUPP 58 "operation not supported";
    96 EPFNOSUPPORT 29 "protocol family not supported";
    97 EAFNOSUPPORT 5 "address family not supported by protocol";
    98 EADDRINUSE 3 "address already in use";
    99 EADDRNOTAVAIL 4 "cannot assign requested address";
    100 ENETDOWN 38 "network is down";
    101 ENETUNREACH 40 "network is unreachable";
    102 ENETRESET 39 "network dropped connection on reset";
    103 ECONNABORTED 13 "software caused connection abort";
    104 ECONNRESET 15 "connection reset by peer";
    105 ENOBUFS 42 "no buffer space available";
    106 EISCONN 30 "transport endpoint is already connected";
    107 ENOTCONN 53 "transport endpoint is not connected";
    108 ESHUTDOWN 29 "cannot send after transport endpoint shutdown";
    109 ETOOMANYREFS 29 "too many references: cannot splice";
    110 ETIMEDOUT 73 "connection timed out";
    111 ECONNREFUSED 14 "connection refused";
    112 EHOSTDOWN 29 "host is down";
    113 EHOSTUNREACH 23 "no route to host";
    114 EALREADY 7 "operation already in progress";
    115 EINPROGRESS 26 "operation now in progress";
    116 ESTALE 72 "stale file handle";
    121 EREMOTEIO 29 "remote i/o error";
    122 EDQUOT 19 "disk quota exceeded";
    125 ECANCELED 11 "operation canceled";
    130 EOWNERDEAD 62 "owner died";
    131 ENOTRECOVERABLE 56 "state not recoverable";
}

impl Errno {
    /// The errno with this number, where it is a plausible one (1 to 4095).
    pub const fn from_number(number: i64) -> Option<Errno> {
        if number >= 1 && number <= 4095 { Some(Errno(number as u16)) } else { None }
    }

    /// The Linux number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// As a call's return value: `-number`.
    pub const fn to_return(self) -> i64 {
        -(self.0 as i64)
    }

    /// Splits a call's return value.
    ///
    /// # Errors
    /// The errno, when the value lies in -4095..=-1.
    pub const fn check(ret: i64) -> Result<i64, Errno> {
        match Errno::from_number(-ret) {
            Some(errno) => Err(errno),
            None => Ok(ret),
        }
    }
}

impl std::fmt::Debug for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.name(), self.0)
    }
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name(), self.description())
    }
}

impl std::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_and_names_round_trip() {
        for &errno in Errno::ALL {
            assert_eq!(Errno::check(errno.to_return()), Err(errno));
            assert_eq!(Errno::from_name(errno.name()), Some(errno));
        }
        assert_eq!(Errno::check(0), Ok(0));
        assert_eq!(Errno::check(i64::MAX), Ok(i64::MAX));
    }
}
