//! System calls, as a program inside a container makes them.
//!
//! [`raw`] holds one safe function per row of the table whose module is `oac`, generated from it; the modules beside it give the
//! calls that carry records their types. Paths are bytes, as on Linux; errors are [`Errno`].
//!
//! This crate knows no kernel and no host: on wasm32 its functions are imports of the module `oac`, on any other target every
//! one of them fails with ENOSYS, so that programs compile and their pure parts can be tested anywhere.
//!
//! Start reading at `raw.rs`, then `file.rs`.
//!
//! ```
//! // Outside a container there is nobody to ask.
//! assert_eq!(oac_sys::getpid(), Err(oac_sys::Errno::ENOSYS));
//! ```

mod fetch;
mod file;
mod poll;
mod process;
mod socket;

pub mod raw;

pub use fetch::{fetch, fetch_head};
pub use file::{
    File, chmod, chown, close, dup, fstat, getcwd, link, lstat, mkdir, open, pipe, pread, pwrite, read,
    readdir, readlink, realpath, rename, rmdir, set_nonblocking, stat, statfs, symlink, truncate, unlink,
    utimens, write, write_all,
};
pub use oac_abi::{
    Errno, fetch as fetch_types, flags,
    signal::{Disposition, Signal, WaitStatus},
    sockaddr::SocketAddress,
    spawn::SpawnRequest,
    stat::{Dirent, Stat, StatFs},
};
pub use poll::{PollFd, poll};
pub use process::{getpid, getppid, kill, random, sigaction, signalfd, spawn, wait};
pub use socket::{accept, bind, connect, listen, peer_address, shutdown, socket, socket_address, take_error};

/// What a call gives: its result or the errno.
pub type Result<T> = std::result::Result<T, Errno>;
