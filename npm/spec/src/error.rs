use thiserror::Error;

/// What can be wrong with a name, a spec or a file of the project.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    /// npm's `EINVALIDPACKAGENAME`.
    #[error("Invalid package name \"{name}\" of package \"{spec}\": {problem}.")]
    InvalidName {
        /// The name refused.
        name: String,
        /// The whole spec it stood in.
        spec: String,
        /// npm's reason.
        problem: String,
    },
    /// npm's `EINVALIDTAGNAME`.
    #[error(
        "Invalid tag name \"{tag}\" of package \"{spec}\": Tags may not have any characters that encodeURIComponent encodes."
    )]
    InvalidTag {
        /// The tag refused.
        tag: String,
        /// The whole spec it stood in.
        spec: String,
    },
    /// npm's `EUNSUPPORTEDPROTOCOL`.
    #[error("Unsupported URL Type \"{protocol}\": {spec}")]
    UnsupportedProtocol {
        /// With its colon.
        protocol: String,
        /// The whole spec.
        spec: String,
    },
    /// An `npm:` spec that does not lead to a registry package.
    #[error("Invalid alias \"{spec}\": aliases only work for registry deps, and not for other aliases")]
    InvalidAlias {
        /// The whole spec.
        spec: String,
    },
    /// npm's `EJSONPARSE`.
    #[error("Invalid {file}: JSONParseError: {problem}")]
    Json {
        /// The file's name.
        file: String,
        /// What the parser said, with line and column.
        problem: String,
    },
    /// npm's `EWORKSPACESCONFIG`.
    #[error("workspaces config expects an Array")]
    WorkspacesConfig,
    /// npm's `EDUPLICATEWORKSPACE`.
    #[error("must not have multiple workspaces with the same name\npackage '{name}' has conflicts in the following paths:\n{}", paths.iter().map(|p| format!("    {p}")).collect::<Vec<_>>().join("\n"))]
    DuplicateWorkspace {
        /// The name.
        name: String,
        /// The folders that claim it.
        paths: Vec<String>,
    },
    /// A lock file whose version this crate does not write back.
    #[error("{file} has lockfileVersion {version}; this npm knows versions 1 to 3")]
    LockVersion {
        /// The file's name.
        file: String,
        /// What it says.
        version: u64,
    },
}

impl SpecError {
    /// npm's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidName { .. } => "EINVALIDPACKAGENAME",
            Self::InvalidTag { .. } => "EINVALIDTAGNAME",
            Self::UnsupportedProtocol { .. } => "EUNSUPPORTEDPROTOCOL",
            Self::InvalidAlias { .. } => "EINVALIDALIAS",
            Self::Json { .. } => "EJSONPARSE",
            Self::WorkspacesConfig => "EWORKSPACESCONFIG",
            Self::DuplicateWorkspace { .. } => "EDUPLICATEWORKSPACE",
            Self::LockVersion { .. } => "ELOCKVERSION",
        }
    }
}
