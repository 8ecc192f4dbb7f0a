//! `http:` and `https:` addresses, in the three parts npm works with.

use crate::RegistryError;
use std::fmt;

/// An address: scheme, host with port, path with query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `http` or `https`.
    pub scheme: String,
    /// Host and port, in lower case.
    pub host: String,
    /// From the first slash on; empty when there is none.
    pub path: String,
}

impl Address {
    /// Takes an address apart.
    ///
    /// # Errors
    /// `RegistryError::InvalidUrl`, for other schemes too.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let invalid =
            |problem: &str| RegistryError::InvalidUrl { url: text.to_owned(), problem: problem.to_owned() };
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(|| invalid("it has no scheme"))?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(invalid("only http: and https: are supported"));
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let host = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
        if host.is_empty() || host.contains([' ', '\\', '?', '#']) {
            return Err(invalid("it has no valid host"));
        }
        Ok(Self { scheme, host, path: path.to_owned() })
    }

    /// The address with exactly one slash at its end.
    pub fn folder(&self) -> String {
        format!("{}://{}{}/", self.scheme, self.host, self.path.trim_end_matches('/'))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host, self.path)
    }
}
