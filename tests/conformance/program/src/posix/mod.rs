//! One way to make system calls, here and there: `raw` has the table's rows, on Linux as Linux's own calls and in a container as
//! imports; everything above it is the same code for both.
//!
//! Names are those of the man pages. What a case prints of a result is made here too ([`Shown`]), so that it reads alike everywhere.

#[macro_use]
mod show;
mod files;
mod messages;
mod sockets;
mod tasks;
mod terminals;
mod watches;

pub(crate) use files::*;
pub(crate) use messages::*;
pub(crate) use show::*;
pub(crate) use sockets::*;
pub(crate) use tasks::*;
pub(crate) use terminals::*;
pub(crate) use watches::*;

pub(crate) use oac_abi::{
    Errno,
    flags::{self, at, open as o},
    signal::{Disposition, Signal},
};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "linux/mod.rs"]
pub(crate) mod raw;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub(crate) use oac_sys::raw;

/// What a call gives.
pub(crate) type Result<T> = std::result::Result<T, Errno>;

/// Makes what a program starts with alike on both sides: signals do what they do by default, and no descriptor is open but those
/// that were handed down (in a container, WASI's own would take the lowest numbers). A case leads a session without a terminal.
pub(crate) fn start(is_case: bool) {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    raw::restore_defaults(is_case);
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    {
        let given = if is_case { String::new() } else { std::env::var("CASE_FDS").unwrap_or_default() };
        for fd in 3..64 {
            if !given.split(',').any(|number| number == fd.to_string()) {
                let _ = close(fd);
            }
        }
    }
}
