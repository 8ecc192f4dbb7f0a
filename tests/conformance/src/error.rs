//! What can go wrong besides a difference.

use std::path::PathBuf;

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line.
    #[error("{0}; usage: oac-conformance cases|tools [OPTION…], as `cargo xtask test conformance` calls it")]
    Usage(#[from] lexopt::Error),
    /// A file or program of the host.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line of the file of known failures.
    #[error("{}:{line}: {problem}", path.display())]
    Known {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A name in that file that no case has.
    #[error("{}: no case is named `{name}`; remove the line", path.display())]
    UnknownCase {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A filter that nothing matches.
    #[error("nothing is named like `{0}`")]
    NothingMatches(String),
    /// A container.
    #[error(transparent)]
    Container(#[from] oac_container::Error),
}

impl Error {
    /// For `map_err` of what was tried with a file.
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { what, path, source }
    }
}
