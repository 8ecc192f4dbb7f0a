//! Containers from the outside: real wasm programs on real threads.

// Helpers of tests fail as tests do; clippy's own exception covers only functions marked #[test].
#![allow(clippy::unwrap_used)]

mod support;
mod test_program;

mod files;
mod host_dirs;
mod isolation;
mod network;
mod programs;
mod snapshots;
mod terminals;
