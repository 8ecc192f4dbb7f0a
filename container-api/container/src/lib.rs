//! Containers for native programs: the façade, and the host side on wasmtime with a thread per task.
//!
//! A [`Runtime`] holds what the containers of a process share (the engine, compiled programs); a [`Container`] is a kernel with
//! its own files, programs and limits. Nothing here is global: two containers never meet.
//!
//! It knows no command line, and nothing of what the programs `node`, `npm` and `sh` do; it only places them. What the
//! system calls mean is the kernel's matter (`oac-kernel`), what they look like is the table's (`oac-abi`).
//!
//! Start reading at [`Container`], then `machine/mod.rs` (who calls the kernel, who waits), `machine/marshal.rs` (from wasm
//! to the kernel and back), `machine/task.rs` (the life of a program's thread), `host_dir/` (directories of the host).
//!
//! ```
//! use oac_container::{ArchiveFormat, Container, Mount, Options, SpawnOptions, Tree, WaitStatus};
//!
//! # fn main() -> Result<(), oac_container::Error> {
//! let container = Container::boot(Options::default())?;
//! // `(module (func (export "_start")))`: a program that does nothing, and does it well.
//! let nothing = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x04\x01\x02\0\x0b";
//! let app = Tree::directory([("nothing.wasm", Tree::executable(nothing)), ("notes.txt", Tree::file("hello"))]);
//! container.mount(Mount::Tree(&app), "/work")?;
//!
//! let options = SpawnOptions { cwd: Some("/work".into()), ..SpawnOptions::default() };
//! let process = container.spawn("./nothing.wasm", &[], &options)?;
//! assert_eq!(process.wait()?.status, WaitStatus::Exited(0)); // or `process.exit().await`
//!
//! container.fs().rename("/work/notes.txt", "/work/read.txt")?;
//! let archive = container.export("/work", ArchiveFormat::Tar)?;
//! let other = Container::boot(Options::default())?;
//! other.import("/home", ArchiveFormat::Tar, &archive)?;
//! assert_eq!(other.fs().read("/home/read.txt")?, b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! Programs such as `node` and `sh` are modules that a [`Runtime`] is given: part of the executable, or a directory of files.

mod actor;
mod archive;
mod container;
mod error;
mod event;
mod fetch;
mod files;
mod forward;
mod host_dir;
mod machine;
mod names;
mod outside;
mod process;
mod relay;
mod runtime;
mod snapshot;
mod watch;

pub use actor::Stream;
pub use archive::ArchiveFormat;
pub use container::{Container, Mount, Options};
pub use error::Error;
pub use event::Event;
pub use files::{Files, Tree};
pub use forward::Forward;
pub use host_dir::HostDir;
pub use oac_abi::{
    Errno,
    limit::{self, Rlimit, Usage},
    signal::{Signal, WaitStatus},
    spawn::Narrowing,
};
pub use oac_image::NodeEngine;
pub use oac_kernel::{
    Allowed, Capabilities, LimitKind, Limits, LogEvent, LogRecord, NetworkCapability, Port, TaskId,
};
pub use process::{DEFAULT_ENV, Exit, Output, Process, SpawnOptions, Stdio, TerminalSize};
pub use runtime::{CacheDir, EmbeddedCode, EmbeddedProgram, Runtime, RuntimeOptions, engine_config};
pub use snapshot::Snapshot;
pub use watch::{Change, FileEvent, Watch};
