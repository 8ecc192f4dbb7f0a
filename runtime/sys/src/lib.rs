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
mod lock;
mod poll;
mod process;
mod socket;
mod terminal;
mod watch;
mod xattr;

pub mod raw;

pub use fetch::{fetch, fetch_head};
pub use file::{
    File, allocate, chmod, chown, close, copy_range, dup, fstat, fstatfs, getcwd, link, lstat, mkdir, mkfifo,
    open, pipe, pread, pwrite, read, readdir, readlink, realpath, rename, rmdir, set_nonblocking, stat,
    statfs, symlink, truncate, unlink, utimens, write, write_all,
};
pub use lock::{find_lock, flock, lock_range, lock_range_of_file};
pub use oac_abi::{
    Errno, fetch as fetch_types, flags,
    limit::{self as limit_types, Rlimit, Usage},
    lock::{Flock, LockKind},
    signal::{ChildChange, Disposition, Signal, WaitStatus},
    sockaddr::SocketAddress,
    spawn::{Credentials, Narrowing, SpawnRequest},
    stat::{Dirent, Stat, StatFs},
    termios::{self as termios_types, Termios},
};
pub use poll::{PollFd, poll};
pub use process::{
    getpgid, getpid, getppid, kill, limit, random, set_alarm, set_limit, setsid, sigaction, signalfd, spawn,
    usage, wait, wait_change,
};
pub use socket::{
    accept, available, bind, connect, listen, option, peer_address, receive, receive_fds, send, send_fds,
    set_option, shutdown, socket, socket_address, socket_pair, take_error,
};

pub use terminal::{
    foreground, is_terminal, openpty, set_foreground, set_window_size, tcgetattr, tcsetattr, window_size,
};

pub use watch::{WatchEvent, read_events, unwatch, watch, watcher};
pub use xattr::{get_xattr, list_xattr, remove_xattr, set_xattr};

/// What a call gives: its result or the errno.
pub type Result<T> = std::result::Result<T, Errno>;
