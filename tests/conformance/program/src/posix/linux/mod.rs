//! The rows of the table on Linux: each function is the Linux call that its row is named after, with the row's own arguments.
//!
//! Flags and numbers need no translation, the table's are Linux's; records are repacked where Linux lays them out in its own way.
//! The program has one thread, so that calls which Linux makes per thread (users, groups) are the whole process's.

mod files;
mod locks;
mod messages;
mod sockets;
mod tasks;
mod terminals;

pub(crate) use files::*;
pub(crate) use locks::*;
pub(crate) use messages::*;
pub(crate) use sockets::*;
pub(crate) use tasks::*;
pub(crate) use terminals::*;

use std::ffi::CString;

use oac_abi::Errno;

/// What a call returns.
pub(crate) type Answer = Result<i64, Errno>;

/// Makes a Linux system call. An argument is a number, or the address of memory that the caller holds until this returns.
fn call<const N: usize>(number: i64, arguments: [usize; N]) -> Answer {
    let argument = |index: usize| arguments.get(index).copied().unwrap_or(0);
    // SAFETY: callers in this module pass numbers, and addresses of ranges that they own and whose length they pass beside them.
    let ret = unsafe {
        libc::syscall(number, argument(0), argument(1), argument(2), argument(3), argument(4), argument(5))
    };
    if ret == -1 { Err(last_errno()) } else { Ok(ret) }
}

fn last_errno() -> Errno {
    let number = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    Errno::from_number(number.into()).unwrap_or(Errno::EIO)
}

/// An argument of a call.
trait Argument {
    fn word(self) -> usize;
}

impl Argument for i32 {
    fn word(self) -> usize {
        self as isize as usize
    }
}

impl Argument for u32 {
    fn word(self) -> usize {
        self as usize
    }
}

impl Argument for i64 {
    fn word(self) -> usize {
        self as usize
    }
}

impl Argument for u64 {
    fn word(self) -> usize {
        self as usize
    }
}

impl Argument for usize {
    fn word(self) -> usize {
        self
    }
}

impl<T> Argument for *const T {
    fn word(self) -> usize {
        self as usize
    }
}

impl<T> Argument for *mut T {
    fn word(self) -> usize {
        self as usize
    }
}

/// `sys!(openat, dirfd, path.as_ptr(), …)`.
macro_rules! sys {
    ($name:ident $(, $argument:expr)* $(,)?) => {
        crate::posix::raw::call(libc::$name, [$(crate::posix::raw::Argument::word($argument)),*])
    };
}

use sys;

/// A path or name as Linux takes it.
fn c_string(bytes: &[u8]) -> Result<CString, Errno> {
    CString::new(bytes).map_err(|_| Errno::EINVAL)
}

fn word_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn long_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
