use oac_npm_registry::RegistryError;
use oac_npm_resolver::ResolveError;
use oac_npm_spec::SpecError;
use std::path::PathBuf;
use thiserror::Error;

/// Why an install did not happen.
#[derive(Debug, Error)]
pub enum InstallError {
    /// A file of the project is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// There is no tree.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The registry, or what it sent.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A tarball that is not one, or is hostile.
    #[error("invalid tarball of {package}: {problem}")]
    Tarball {
        /// `name@version`
        package: String,
        /// What is wrong, with the entry's name.
        problem: TarballProblem,
    },
    /// A file operation failed.
    #[error("{action} '{}': {source}", path.display())]
    File {
        /// What was tried: `open`, `rename`, `symlink` …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A lifecycle script failed.
    #[error("command failed\ncommand sh -c {command}")]
    Script {
        /// `name@version`
        package: String,
        /// The script's name.
        event: String,
        /// Its folder.
        path: PathBuf,
        /// The command.
        command: String,
        /// The exit code, or 128 and the signal's number.
        code: i32,
    },
    /// A packument that has no tarball for a version.
    #[error("{package} has no tarball")]
    NoTarball {
        /// `name@version`
        package: String,
    },
    /// Nothing cached, and no network allowed.
    #[error("request to {url} failed: cache mode is 'only-if-cached' but no cached response is available.")]
    NotCached {
        /// The address.
        url: String,
    },
}

/// What is wrong with a tarball.
#[derive(Debug, Error)]
pub enum TarballProblem {
    /// Not a gzipped tar archive, or a truncated one.
    #[error("{0}")]
    Malformed(String),
    /// A name that leads out of the package.
    #[error("the entry {0:?} leads out of the package")]
    Escape(String),
    /// A device, a FIFO or the like.
    #[error("the entry {0:?} is neither a file nor a folder")]
    Special(String),
    /// More than the bound.
    #[error("it unpacks to more than {limit_bytes} bytes")]
    TooLarge {
        /// The bound.
        limit_bytes: u64,
    },
    /// More entries than the bound.
    #[error("it has more than {limit} entries")]
    TooMany {
        /// The bound.
        limit: usize,
    },
}

impl InstallError {
    /// npm's error code.
    pub fn code(&self) -> String {
        match self {
            Self::Spec(error) => error.code().into(),
            Self::Resolve(error) => error.code(),
            Self::Registry(error) => error.code(),
            Self::Tarball { .. } => "TAR_BAD_ARCHIVE".into(),
            Self::File { source, .. } => errno_name(source).into(),
            Self::Script { code, .. } => code.to_string(),
            Self::NoTarball { .. } => "ENOTARBALL".into(),
            Self::NotCached { .. } => "ENOTCACHED".into(),
        }
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

/// The errno's name for an error of the standard library.
pub fn errno_name(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as K;
    match error.kind() {
        K::NotFound => "ENOENT",
        K::PermissionDenied => "EACCES",
        K::AlreadyExists => "EEXIST",
        K::NotADirectory => "ENOTDIR",
        K::IsADirectory => "EISDIR",
        K::DirectoryNotEmpty => "ENOTEMPTY",
        K::ReadOnlyFilesystem => "EROFS",
        K::StorageFull => "ENOSPC",
        K::QuotaExceeded => "EDQUOT",
        K::FileTooLarge => "EFBIG",
        K::TooManyLinks => "EMLINK",
        K::InvalidInput => "EINVAL",
        K::Unsupported => "ENOSYS",
        _ => "EIO",
    }
}
