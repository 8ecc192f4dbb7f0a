//! WASI preview 1 over the kernel's own calls: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>.
//!
//! Rights say truly what a descriptor can do. Those of reading, writing and sizes can be given up; beyond that a task's
//! namespace and capabilities are what confines it. So absolute paths, `..` above a directory descriptor and links that lead anywhere are as good as on Linux. A
//! program finds its files through one preopened directory, `/`, and those of its working directory too (`relative.rs`).

mod args;
mod fd;
mod layout;
mod path;
mod poll;
mod prestat;
mod process;
mod relative;
mod socket;
