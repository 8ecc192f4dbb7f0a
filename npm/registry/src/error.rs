use crate::Response;
use thiserror::Error;

/// What can go wrong between npm and a registry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// No registry is configured and the build carries no default.
    #[error(
        "no registry is configured for {package}: set `registry` in .npmrc, npm_config_registry or --registry"
    )]
    NoRegistry {
        /// The package wanted.
        package: String,
    },
    /// An address that is none.
    #[error("invalid URL {url}: {problem}")]
    InvalidUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A packument that is no JSON object of the expected shape.
    #[error("invalid response body while trying to fetch {url}: {problem}")]
    MalformedPackument {
        /// Its address.
        url: String,
        /// What the parser said.
        problem: String,
    },
    /// An answer that is an error.
    #[error("{status} {reason} - {method} {url}{detail}")]
    Status {
        /// HTTP status.
        status: u16,
        /// The reason phrase.
        reason: &'static str,
        /// How it was asked.
        method: &'static str,
        /// The address asked.
        url: String,
        /// What the registry answered, as text.
        body: Box<str>,
        /// ` - ` and what the registry said, or nothing.
        detail: String,
        /// The answer's `www-authenticate`, in lower case.
        challenge: Box<str>,
    },
    /// No answer: refused, unreachable, reset, without permission.
    #[error("request to {url} failed, reason: {problem}")]
    Unreachable {
        /// The address asked.
        url: String,
        /// The errno's name, such as `ECONNREFUSED`.
        code: String,
        /// One sentence.
        problem: String,
    },
    /// An answer that broke off.
    #[error("request to {url} failed, reason: {problem}")]
    Interrupted {
        /// The address asked.
        url: String,
        /// The errno's name, such as `ECONNRESET`.
        code: String,
        /// One sentence.
        problem: String,
        /// What came.
        part: Box<Response>,
    },
    /// An answer longer than the bound.
    #[error("the answer of {url} is longer than {limit_bytes} bytes")]
    TooLarge {
        /// The address asked.
        url: String,
        /// The bound.
        limit_bytes: usize,
    },
    /// Bytes that are not the ones promised.
    #[error(
        "{url} integrity checksum failed when using {algorithm}: wanted {wanted} but got {got}. ({length_bytes} bytes)"
    )]
    Integrity {
        /// What was fetched.
        url: String,
        /// `sha512` and so on.
        algorithm: &'static str,
        /// The promise.
        wanted: String,
        /// What the bytes hash to.
        got: String,
        /// How many bytes came.
        length_bytes: usize,
    },
    /// An integrity text without any known algorithm.
    #[error("{url} has an integrity value that names no known algorithm: {integrity}")]
    UnknownIntegrity {
        /// What was to be fetched.
        url: String,
        /// The text.
        integrity: String,
    },
}

impl RegistryError {
    /// npm's error code.
    pub fn code(&self) -> String {
        match self {
            Self::NoRegistry { .. } => "ENOREGISTRY".into(),
            Self::InvalidUrl { .. } => "EINVALIDURL".into(),
            Self::MalformedPackument { .. } => "EMALFORMED".into(),
            Self::Status { .. } if self.wants_one_time_password() => "EOTP".into(),
            Self::Status { status: 401, challenge, .. } if challenge.contains("ipaddress") => {
                "EAUTHIP".into()
            }
            Self::Status { status, .. } => format!("E{status}"),
            Self::Unreachable { code, .. } | Self::Interrupted { code, .. } => code.clone(),
            Self::TooLarge { .. } => "ETOOLARGE".into(),
            Self::Integrity { .. } | Self::UnknownIntegrity { .. } => "EINTEGRITY".into(),
        }
    }

    /// Whether the registry asks for a one-time password.
    pub fn wants_one_time_password(&self) -> bool {
        match self {
            Self::Status { status: 401, body, challenge, .. } => {
                challenge.split(',').any(|word| word.trim() == "otp")
                    || (challenge.is_empty() && body.contains("one-time pass"))
            }
            _ => false,
        }
    }

    /// Whether asking again may help: npm's `make-fetch-happen` retries these.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 420 | 429 | 500..),
            // A body that breaks off has whatever code the connection ended with.
            Self::Interrupted { .. } => true,
            Self::Unreachable { code, .. } => {
                matches!(
                    code.as_str(),
                    "ECONNRESET"
                        | "ECONNREFUSED"
                        | "EADDRINUSE"
                        | "ETIMEDOUT"
                        | "EHOSTUNREACH"
                        | "EAI_AGAIN"
                        | "ENOTFOUND"
                )
            }
            _ => false,
        }
    }
}
