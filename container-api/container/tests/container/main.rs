//! Containers from the outside: real wasm programs on real threads.

mod support;

mod host_dirs;
mod isolation;
mod network;
mod programs;
