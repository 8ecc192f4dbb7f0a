use oac_npm_registry::RegistryError;
use oac_npm_spec::SpecError;
use thiserror::Error;

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// npm's `ERESOLVE`: peer dependencies that exclude each other.
    #[error(
        "unable to resolve dependency tree\n\nWhile resolving: {while_resolving}\n{found}\n\nCould not resolve dependency:\n{wanted}\n\nFix the upstream dependency conflict, or retry this command with --force or --legacy-peer-deps to accept an incorrect (and potentially broken) dependency resolution."
    )]
    Eresolve {
        /// The package being placed.
        while_resolving: String,
        /// What stands in its way.
        found: String,
        /// The dependency.
        wanted: String,
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
    #[error("{name}@{spec} is a {kind} dependency; only dependencies from a registry are supported")]
    Unsupported {
        /// The package.
        name: String,
        /// What was asked for.
        spec: String,
        /// npm's word for the kind.
        kind: &'static str,
    },
    /// A lock file entry of a kind that is not supported yet.
    #[error("package-lock.json has {location} as a {kind}; only packages from a registry are supported")]
    UnsupportedLockEntry {
        /// Its location.
        location: String,
        /// What it is.
        kind: &'static str,
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
            Self::Unsupported { .. } | Self::UnsupportedLockEntry { .. } => "EUNSUPPORTEDSPEC".into(),
            Self::Spec(error) => error.code().into(),
            Self::BadPlatform { .. } => "EBADPLATFORM".into(),
        }
    }
}
