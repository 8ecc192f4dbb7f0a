//! What can go wrong on the host's side of a container.

use std::{io, path::PathBuf, sync::Arc};

use oac_abi::Errno;

/// Errors of the façade. Each prints as one line that names the thing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The wasm engine does not start on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// A directory to be mounted does not exist or cannot be opened.
    #[error("cannot mount {}: {source}", path.display())]
    MountSource {
        /// On the host.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A filesystem cannot be bound where it was asked for.
    #[error("cannot mount at {target}: {errno}")]
    MountTarget {
        /// In the container.
        target: String,
        /// Why.
        errno: Errno,
    },
    /// A program cannot be started.
    #[error("{program}: {errno}")]
    Spawn {
        /// As it was asked for.
        program: String,
        /// ENOENT, EACCES, ENOEXEC …
        errno: Errno,
    },
    /// A file operation failed.
    #[error("{operation} {path}: {errno}")]
    File {
        /// Which operation.
        operation: &'static str,
        /// On which path of the container.
        path: String,
        /// Why.
        errno: Errno,
    },
    /// A system call of the façade itself failed.
    #[error("{call}: {errno}")]
    Call {
        /// The call's name.
        call: &'static str,
        /// Why.
        errno: Errno,
    },
    /// The container was torn down while something of it was waited for.
    #[error("the container has been torn down")]
    TornDown,
    /// The files cannot be taken down, or a container cannot begin with them.
    #[error("cannot take or use a snapshot: {0}")]
    Snapshot(Errno),
    /// An archive cannot be read, or holds what a container's files cannot.
    #[error("cannot import {archive}: {reason}")]
    Import {
        /// Its format.
        archive: &'static str,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A port of the host cannot be listened on.
    #[error("cannot listen on port {port} of this machine: {source}")]
    Listen {
        /// The host's port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
    /// A program's file on the host cannot be read.
    #[error("cannot read the program {}: {source}", path.display())]
    ProgramFile {
        /// On the host.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// A module is no WebAssembly, or wants what a container does not have.
    #[error("{0}")]
    Load(String),
    /// A name that no program is registered under.
    #[error(
        "this build of oac carries no program `{0}`: build it with `cargo xtask build`, or set OAC_PROGRAMS_DIR to a \
         directory that holds {0}.wasm"
    )]
    NoProgram(String),
}

impl Error {
    /// The errno behind it, where there is one.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Error::MountTarget { errno, .. }
            | Error::Spawn { errno, .. }
            | Error::File { errno, .. }
            | Error::Call { errno, .. }
            | Error::Snapshot(errno) => Some(*errno),
            _ => None,
        }
    }
}

/// A wasmtime error with its causes, on one line.
pub(crate) fn one_line(error: &wasmtime::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // A cause often repeats what stands before it.
        if !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
    }
    line
}
