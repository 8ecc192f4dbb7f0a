//! Why an operation of the binding was refused, in Node's and OpenSSL's words.

use std::borrow::Cow;

/// Which of JavaScript's error classes an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// `Error`.
    Error,
    /// `TypeError`.
    Type,
    /// `RangeError`.
    Range,
}

/// Why an operation was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// No digest of that name here.
    #[error("Digest method not supported")]
    UnknownDigest,
    /// A length that differs from the digest's, for a digest of fixed length.
    #[error("error:030000B2:digital envelope routines::not XOF or invalid length")]
    NotXof,
    /// HMAC over a digest of variable length.
    #[error("error:00000000:lib(0)::reason(0)")]
    HmacOverXof,
    /// HKDF of more than 255 blocks.
    #[error("Invalid key length")]
    InvalidKeyLength,
    /// `N` not a power of two above 1, or `r`, `p` of 0 or too large.
    #[error("Invalid scrypt params")]
    InvalidScryptParams,
    /// More memory than `maxmem`.
    #[error("Invalid scrypt params: error:030000AC:digital envelope routines::memory limit exceeded")]
    ScryptMemoryLimit,
    /// `timingSafeEqual` of different lengths.
    #[error("Input buffers must have the same byte length")]
    TimingSafeEqualLength,
    /// An error as OpenSSL words it, `error:<number>:<library>::<reason>`; lines after the first are the rest of its stack, `=` for
    /// the first once more (a message has room for 255 bytes). The
    /// glue makes `library`, `reason` and `code` of it.
    #[error("{0}")]
    OpenSsl(&'static str),
    /// An error as Node words it.
    #[error("{message}")]
    Node {
        /// Its class.
        class: ErrorClass,
        /// `err.code`, empty for none.
        code: &'static str,
        /// The text.
        message: Cow<'static, str>,
    },
}

impl CryptoError {
    /// Node's `err.code`, where it has one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownDigest | Self::HmacOverXof | Self::OpenSsl(_) => "",
            Self::NotXof => "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
            Self::InvalidKeyLength => "ERR_CRYPTO_INVALID_KEYLEN",
            Self::InvalidScryptParams | Self::ScryptMemoryLimit => "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
            Self::TimingSafeEqualLength => "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
            Self::Node { code, .. } => code,
        }
    }

    /// Its class.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::InvalidKeyLength
            | Self::InvalidScryptParams
            | Self::ScryptMemoryLimit
            | Self::TimingSafeEqualLength => ErrorClass::Range,
            Self::UnknownDigest | Self::NotXof | Self::HmacOverXof | Self::OpenSsl(_) => ErrorClass::Error,
            Self::Node { class, .. } => *class,
        }
    }

    /// An `Error` of Node's.
    pub(super) fn plain(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Node { class: ErrorClass::Error, code, message: message.into() }
    }

    /// A `TypeError` of Node's.
    pub(super) fn type_error(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Node { class: ErrorClass::Type, code, message: message.into() }
    }

    /// A `RangeError` of Node's.
    pub(super) fn range(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Node { class: ErrorClass::Range, code, message: message.into() }
    }

    /// A digest that is not there, where Node names it.
    pub(super) fn invalid_digest(name: &str) -> Self {
        Self::type_error("ERR_CRYPTO_INVALID_DIGEST", format!("Invalid digest: {name}"))
    }
}

/// What can be had of this module.
pub(super) type Result<T> = std::result::Result<T, CryptoError>;

/// OpenSSL's words for what several files report.
pub(super) mod openssl {
    use super::CryptoError;

    pub(crate) const WRONG_FINAL_BLOCK_LENGTH: CryptoError = CryptoError::OpenSsl(
        "error:1C80006B:Provider routines::wrong final block length\n\
         error:1C80006B:Provider routines::wrong final block length",
    );
    pub(crate) const UNSUPPORTED_KEY_TYPE: CryptoError = CryptoError::OpenSsl(
        "error:03000096:digital envelope routines::operation not supported for this keytype",
    );
    pub(crate) const DECODER_UNSUPPORTED: CryptoError = CryptoError::OpenSsl(
        "error:1E08010C:DECODER routines::unsupported\nerror:1E08010C:DECODER routines::unsupported",
    );
    pub(crate) const DATA_TOO_LARGE: CryptoError =
        CryptoError::OpenSsl("error:0200006E:rsa routines::data too large for key size");
}
