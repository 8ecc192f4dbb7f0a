use oac_npm_registry::RegistryError;
use oac_npm_spec::SpecError;
use thiserror::Error;

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// npm's `ERESOLVE`: peer dependencies that exclude each other.
    #[error(
        "{problem}\n\n{explanation}\n\nFix the upstream dependency conflict, or retry this command with {} to accept an incorrect (and potentially broken) dependency resolution.",
        if *.strict { "--no-strict-peer-deps, --force, or --legacy-peer-deps" } else { "--force or --legacy-peer-deps" }
    )]
    Eresolve {
        /// `could not resolve`, or `unable to resolve dependency tree`.
        problem: &'static str,
        /// What stands against each other.
        explanation: String,
        /// Whether `--strict-peer-deps` is on.
        strict: bool,
    },
    /// npm's `ETARGET`: the registry has the package, but no such version.
    #[error("No matching version found for {name}@{wanted}.")]
    NoVersion {
        /// The package.
        name: String,
        /// What was asked for.
        wanted: String,
        /// The location of the package that asks.
        required_by: String,
    },
    /// npm's `E404` and all other failures of the registry.
    #[error("{error}")]
    Registry {
        /// What the registry said.
        error: Box<RegistryError>,
        /// The package asked for, with its spec.
        package: String,
        /// The location of the package that asks.
        required_by: String,
    },
    /// A kind of dependency that is not supported yet.
    #[error(
        "{name}@{spec} is a {kind} dependency, which this npm cannot fetch; depend on a version, a tarball or a folder instead"
    )]
    Unsupported {
        /// The package.
        name: String,
        /// What was asked for.
        spec: String,
        /// npm's word for the kind.
        kind: &'static str,
    },
    /// npm's `EMISSINGTARGET`: a link of the lock file points to nothing.
    #[error(
        "Missing target in lock file: \"{target}\" is referenced by \"{location}\" but does not exist.\nTo fix:\n1. rm package-lock.json\n2. npm install"
    )]
    MissingTarget {
        /// The link's location.
        location: String,
        /// Where it points.
        target: String,
    },
    /// A tarball or folder that could not be had, for the reason its owner gave.
    #[error("{problem}")]
    Unavailable {
        /// npm's error code.
        code: String,
        /// One line that names it.
        problem: String,
    },
    /// A spec that cannot be read.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// npm's `EBADPLATFORM`.
    #[error("Unsupported platform for {package}: wanted {wanted} (current: {current})")]
    BadPlatform {
        /// The package.
        package: String,
        /// Its `os`, `cpu` and `libc`, as JSON.
        wanted: String,
        /// Ours, as JSON.
        current: String,
    },
}

impl ResolveError {
    /// npm's error code.
    pub fn code(&self) -> String {
        match self {
            Self::Eresolve { .. } => "ERESOLVE".into(),
            Self::NoVersion { .. } => "ETARGET".into(),
            Self::Registry { error, .. } => error.code(),
            Self::Unsupported { .. } => "EUNSUPPORTEDSPEC".into(),
            Self::MissingTarget { .. } => "EMISSINGTARGET".into(),
            Self::Unavailable { code, .. } => code.clone(),
            Self::Spec(error) => error.code().into(),
            Self::BadPlatform { .. } => "EBADPLATFORM".into(),
        }
    }
}
