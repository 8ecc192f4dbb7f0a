//! The one error type of the build system. Each variant's text names the thing and says what to do.

use std::path::PathBuf;

/// What `?` carries in this crate.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A failed step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line was wrong.
    #[error("{0}; `cargo xtask help` lists the commands")]
    Usage(String),
    /// A program ran and failed.
    #[error("`{program}` failed with {status}\n  to repeat it: {repeat}")]
    CommandFailed {
        /// The name of the program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// A shell line that runs it again.
        repeat: String,
    },
    /// A program could not be started.
    #[error("`{program}` could not be started: {source}\n  to repeat it: {repeat}")]
    CommandNotStarted {
        /// The name of the program.
        program: String,
        /// A shell line that runs it again.
        repeat: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something the build needs is not on this machine.
    #[error("{what} is missing: {remedy}")]
    Missing {
        /// The thing.
        what: String,
        /// What to do about it.
        remedy: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A file or a program's output does not have the expected form.
    #[error("{what} cannot be understood: {reason}")]
    Malformed {
        /// The file or output.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The example application did not behave.
    #[error("the example job failed at `{stage}`: {reason}")]
    Job {
        /// Which stage.
        stage: &'static str,
        /// What was seen.
        reason: String,
    },
    /// `tidy` found things to mend; they have been printed.
    #[error("{0} to mend; each line above says what to do")]
    Findings(usize),
    /// Checks ran and some failed; they have been printed.
    #[error("{failed} of {} checks failed", failed + passed)]
    Checks {
        /// How many passed.
        passed: usize,
        /// How many failed.
        failed: usize,
    },
}

impl Error {
    /// 2 for a wrong command line, 1 for everything else.
    pub(crate) fn exit_code(&self) -> i32 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }

    /// For `map_err` on a file operation: `fs::read(p).map_err(Error::file("read", p))`.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
