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
    /// A git repository at a host that gives out no tarballs; there is no git in a container.
    #[error(
        "{spec}: there is no git in a container, which fetches repositories of github.com, gitlab.com and bitbucket.org as tarballs"
    )]
    NoTarballOfGit {
        /// What was asked for.
        spec: String,
    },
    /// A branch, tag or range that a repository does not have.
    #[error("Could not resolve {wanted} to a commit in {spec}")]
    NoCommit {
        /// What was asked for.
        spec: String,
        /// The part of it that names a commit.
        wanted: String,
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
    /// No `package.json` in it.
    #[error("it has no package.json")]
    NoManifest,
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
            Self::NoTarballOfGit { .. } => "EUNSUPPORTEDPROTOCOL".into(),
            Self::NoCommit { .. } => "ENOCOMMIT".into(),
            Self::NotCached { .. } => "ENOTCACHED".into(),
        }
    }

    /// As the reason why a dependency could not be resolved.
    pub(crate) fn into_unavailable(self) -> ResolveError {
        let problem = match &self {
            Self::File { action, path, source } => {
                format!("{}: {}, {action} '{}'", errno_name(source), errno_text(source), path.display())
            }
            other => other.to_string(),
        };
        ResolveError::Unavailable { code: self.code(), problem }
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

/// Names, Linux numbers and libuv's texts of the errors that file operations end with.
const ERRNOS: [(std::io::ErrorKind, &str, i32, &str); 16] = {
    use std::io::ErrorKind as K;
    [
        (K::NotFound, "ENOENT", 2, "no such file or directory"),
        (K::PermissionDenied, "EACCES", 13, "permission denied"),
        (K::AlreadyExists, "EEXIST", 17, "file already exists"),
        (K::NotADirectory, "ENOTDIR", 20, "not a directory"),
        (K::IsADirectory, "EISDIR", 21, "illegal operation on a directory"),
        (K::DirectoryNotEmpty, "ENOTEMPTY", 39, "directory not empty"),
        (K::ReadOnlyFilesystem, "EROFS", 30, "read-only file system"),
        (K::StorageFull, "ENOSPC", 28, "no space left on device"),
        (K::QuotaExceeded, "EDQUOT", 122, "disk quota exceeded"),
        (K::FileTooLarge, "EFBIG", 27, "file too large"),
        (K::TooManyLinks, "EMLINK", 31, "too many links"),
        (K::CrossesDevices, "EXDEV", 18, "cross-device link not permitted"),
        (K::ResourceBusy, "EBUSY", 16, "resource busy or locked"),
        (K::InvalidInput, "EINVAL", 22, "invalid argument"),
        (K::Unsupported, "ENOSYS", 38, "function not implemented"),
        (K::Other, "EIO", 5, "i/o error"),
    ]
};

fn errno(error: &std::io::Error) -> (&'static str, i32, &'static str) {
    let found = ERRNOS.iter().find(|(kind, ..)| *kind == error.kind());
    found.or(ERRNOS.last()).map_or(("EIO", 5, "i/o error"), |(_, name, number, text)| (name, *number, text))
}

/// The errno's name for an error of the standard library.
pub fn errno_name(error: &std::io::Error) -> &'static str {
    errno(error).0
}

/// The errno's number on Linux.
pub fn errno_number(error: &std::io::Error) -> i32 {
    errno(error).1
}

/// What libuv, and so Node, says of it.
pub fn errno_text(error: &std::io::Error) -> &'static str {
    errno(error).2
}
