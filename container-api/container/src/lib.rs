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
//! ```no_run
//! use oac_container::{Container, Mount, Options, Runtime, RuntimeOptions, SpawnOptions, Tree};
//!
//! let runtime = Runtime::new(RuntimeOptions::default())?;
//! let container = Container::boot(&runtime, Options::default())?;
//! let app = Tree::directory([("hello.wasm", Tree::file(std::fs::read("hello.wasm").expect("a program")))]);
//! container.mount(Mount::Tree(&app), "/work")?;
//! container.fs().set_mode("/work/hello.wasm", 0o755)?;
//! let output = container.spawn("/work/hello.wasm", &[], &SpawnOptions::default())?.output()?;
//! println!("{}", String::from_utf8_lossy(&output.stdout));
//! # Ok::<(), oac_container::Error>(())
//! ```

mod actor;
mod container;
mod error;
mod event;
mod fetch;
mod files;
mod forward;
mod host_dir;
mod machine;
mod names;
mod process;
mod runtime;

pub use actor::Stream;
pub use container::{Container, Mount, Options};
pub use error::Error;
pub use event::Event;
pub use files::{Files, Tree};
pub use forward::Forward;
pub use host_dir::HostDir;
pub use oac_abi::{
    Errno,
    signal::{Signal, WaitStatus},
};
pub use oac_kernel::{Capabilities, Limits, NetworkCapability, Port, TaskId};
pub use process::{DEFAULT_ENV, Exit, Output, Process, SpawnOptions, Stdio};
pub use runtime::{CacheDir, EmbeddedCode, EmbeddedProgram, Runtime, RuntimeOptions, engine_config};
