//! The pinned Node package: its library for the programs, its binary for the specs.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// Where the pinned Node is.
pub(crate) struct NodeLibrary {
    /// Its library, as the `node` program is compiled from it.
    pub(crate) lib_dir: PathBuf,
    /// The real Node 24.
    pub(crate) binary: PathBuf,
}

/// Fetches it unless it is there.
///
/// # Errors
/// Always, for now.
pub(crate) fn ensure(_workspace: &Workspace) -> Result<NodeLibrary> {
    Err(Error::Missing { what: "Node's library".to_owned(), remedy: "it is being written".to_owned() })
}
