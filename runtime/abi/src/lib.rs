//! The contract between programs, kernel and hosts: which system calls exist, what their arguments are, and how
//! they travel.
//!
//! One table ([`for_each_call!`]) declares every call once. From it come the program-side stubs (`oac-sys`), the
//! kernel's dispatch (`oac-kernel`), the marshalling on both hosts (they interpret [`CALLS`]), the TypeScript
//! constants and `docs/syscalls.md` ([`print`]).
//!
//! This crate deliberately knows no kernel, no host and no I/O: it is numbers, names and byte layouts.
//!
//! Start reading at `table.rs`, then [`wire`].
//!
//! ```
//! use oac_abi::{CALLS, Errno, nr};
//! let open = &CALLS[oac_abi::index_of(nr::OPENAT).expect("openat is in the table")];
//! assert_eq!(open.name, "openat");
//! assert_eq!(Errno::ENOENT.name(), "ENOENT");
//! ```

mod errno;
mod spec;
mod table;

pub mod bounds;
pub mod channel;
pub mod fetch;
pub mod flags;
pub mod guest;
pub mod limit;
pub mod lock;
pub mod message;
pub mod print;
pub mod segment;
pub mod signal;
pub mod sockaddr;
pub mod spawn;
pub mod stat;
pub mod termios;
pub mod thread;
pub mod wire;

pub use errno::Errno;
pub use spec::{CallSpec, Kind, Module, Param, Served, Support};
pub use table::{CALLS, index_of, nr};
