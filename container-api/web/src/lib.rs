//! The browser host: what runs in the kernel's worker.
//!
//! The kernel is driven here as natively: calls and events go in, replies and requests come out. Beside it live the façade, which
//! turns what a page asks for (read this file, spawn that program) into system calls of tasks that the host plays, and the HTTP
//! exchanges that show a port of the container in a preview.
//!
//! This crate deliberately knows no worker, no shared memory and no `fetch`: those are `js/src/kernel-worker.ts`, which owns
//! one [`WebKernel`] and does what [`WebKernel::next_request`] says. It is the only crate that names wasm-bindgen.
//!
//! Start reading at `web_kernel.rs`; a task's call comes through `scratch.rs`, a page's through `files.rs`, `process.rs` and
//! `stream.rs`, a preview's through `exchange.rs` over `http1`.
//!
//! ```js
//! const kernel = new WebKernel(seed, { hostname: 'oac', capabilities: {}, limits: {} }, performance.now(), Date.now());
//! kernel.mkdir('/work', true);
//! kernel.writeFile('/work/a.txt', new TextEncoder().encode('hello'));
//! ```

mod actor;
mod boot;
mod detail;
mod error;
mod exchange;
mod files;
mod http1;
mod process;
mod scratch;
mod stream;
mod web_kernel;

pub use error::{Result, WebError};
pub use web_kernel::{RequestKind, WebKernel};
