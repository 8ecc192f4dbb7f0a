//! From a resolved tree to `node_modules`: plan → prepare → install.
//!
//! [`plan`] compares, [`tarballs`] fetches and verifies, [`Installation`] unpacks and moves into
//! place. HTTP goes through `oac_npm_registry::Transport`. This crate deliberately knows no command
//! line and prints nothing: [`Observer`] is told.
//!
//! ```
//! use oac_npm_installer::plan;
//!
//! // A project without dependencies needs nothing.
//! assert!(plan(std::path::Path::new("/nonexistent"), &[]).is_empty());
//! ```

mod actual;
mod bins;
mod cache;
mod error;
mod extract;
mod install;
mod os;
mod pack;
mod plan;
mod prepare;
mod resolving;
mod scripts;
mod substitute;
mod upkeep;

pub use actual::{actual_lock, installed_lock};
pub use cache::{Cache, CachedPackument};
pub use error::{InstallError, TarballProblem, errno_name, errno_number, errno_text};
pub use extract::{ENTRIES_MAX, UNPACKED_BYTES_MAX, extract, tarball_files};
pub use install::{Installation, remove_leftovers, write_whole};
pub use pack::{PackedFile, pack_list, pack_tarball};
pub use plan::{Plan, Removal, SUBSTITUTE, plan};
pub use prepare::{Take, TarballSource, replaced, tarballs};
pub use resolving::{FetchOptions, Packuments, read_manifest, resolve};
pub use scripts::{Script, ScriptEnvironment, ScriptOutcome, run, spawn};
pub use substitute::substitute;
pub use upkeep::Verified;

/// Is told how things go on, to show it or not.
pub trait Observer {
    /// A packument is about to be fetched.
    fn fetching(&mut self, _package: &str) {}
    /// So many of the tarballs are there.
    fn progress(&mut self, _done: usize, _total: usize) {}
}

/// Shows nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Observer for Silent {}
