//! Subresource integrity (W3C SRI): `sha512-<base64>`, several separated by blanks.

use crate::RegistryError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest;

/// The digests npm checks, strongest first.
const ALGORITHMS: [&str; 4] = ["sha512", "sha384", "sha256", "sha1"];

/// A parsed integrity value: the strongest algorithm it names, and the digests it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    algorithm: &'static str,
    digests: Vec<String>,
}

impl Integrity {
    /// Parses an SRI text; `None` when it names no known algorithm.
    pub fn parse(text: &str) -> Option<Self> {
        ALGORITHMS.iter().find_map(|algorithm| {
            let digests: Vec<String> = text
                .split_whitespace()
                .filter_map(|hash| hash.strip_prefix(algorithm)?.strip_prefix('-'))
                .map(|digest| digest.split('?').next().unwrap_or(digest).to_owned())
                .collect();
            (!digests.is_empty()).then_some(Self { algorithm, digests })
        })
    }

    /// `sha512` of the bytes, as npm writes it.
    pub fn sha512(bytes: &[u8]) -> String {
        format!("sha512-{}", digest("sha512", bytes))
    }

    /// Algorithm and hexadecimal digest of the first alternative: the place in a content-addressed cache.
    pub fn address(&self) -> Option<(&'static str, String)> {
        let bytes = STANDARD.decode(self.digests.first()?).ok()?;
        Some((self.algorithm, bytes.iter().map(|b| format!("{b:02x}")).collect()))
    }

    /// The value of which [`Integrity::address`] gives this; `None` for an algorithm or digest that is none.
    pub fn from_address(algorithm: &str, hex: &str) -> Option<Self> {
        let algorithm = ALGORITHMS.into_iter().find(|known| *known == algorithm)?;
        let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
        Some(Self { algorithm, digests: vec![STANDARD.encode(bytes?)] })
    }

    /// Checks the bytes; `url` is for the message.
    ///
    /// # Errors
    /// `RegistryError::Integrity`.
    pub fn check(&self, url: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let got = digest(self.algorithm, bytes);
        if self.digests.contains(&got) {
            return Ok(());
        }
        Err(RegistryError::Integrity {
            url: url.to_owned(),
            algorithm: self.algorithm,
            wanted: format!("{}-{}", self.algorithm, self.digests.join(" ")),
            got: format!("{}-{got}", self.algorithm),
            length_bytes: bytes.len(),
        })
    }
}

/// Bytes in base64, as packages are sent to a registry.
pub fn base64_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// SHA-1 as old tools show it, in hexadecimal.
pub fn sha1_hex(bytes: &[u8]) -> String {
    sha1::Sha1::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn digest(algorithm: &str, bytes: &[u8]) -> String {
    match algorithm {
        "sha512" => STANDARD.encode(sha2::Sha512::digest(bytes)),
        "sha384" => STANDARD.encode(sha2::Sha384::digest(bytes)),
        "sha256" => STANDARD.encode(sha2::Sha256::digest(bytes)),
        _ => STANDARD.encode(sha1::Sha1::digest(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(integrity: &str, bytes: &[u8], good: bool) {
        let parsed = Integrity::parse(integrity).expect("a known algorithm");
        assert_eq!(parsed.check("x", bytes).is_ok(), good, "{integrity}");
    }

    // Digests by `openssl dgst -binary | base64` of "hello".
    #[test]
    fn the_strongest_algorithm_decides() {
        let sha1 = "sha1-qvTGHdzF6KLavt4PO0gs2a6pQ00=";
        let sha512 =
            "sha512-m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==";
        check(sha1, b"hello", true);
        check(sha1, b"hell0", false);
        check(sha512, b"hello", true);
        check(&format!("{sha1} {sha512}"), b"hello", true);
        check(&format!("sha1-AAAA {sha512}"), b"hello", true);
        check(&format!("{sha1} sha512-AAAA"), b"hello", false);
    }

    #[test]
    fn unknown_algorithms_are_no_integrity() {
        assert_eq!(Integrity::parse("md5-AAAA"), None);
        assert_eq!(Integrity::parse(""), None);
    }
}
