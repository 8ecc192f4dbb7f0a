//! The `crypto` binding, as far as it needs no keys of its own: digests, HMAC, key derivation, comparison.
//!
//! Algorithms come from the RustCrypto crates; this module knows OpenSSL's names for them and Node's errors. Ciphers,
//! signatures, key exchange and certificates are not here: the glue fails them by name.

mod derive;
mod hash;

pub use derive::{ScryptParams, hkdf, pbkdf2, scrypt};
pub use hash::{Hasher, Hmac, hash_names, one_shot_digest};

use subtle::ConstantTimeEq;

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
}

impl CryptoError {
    /// Node's `err.code`, where it has one.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownDigest | Self::HmacOverXof => "",
            Self::NotXof => "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
            Self::InvalidKeyLength => "ERR_CRYPTO_INVALID_KEYLEN",
            Self::InvalidScryptParams | Self::ScryptMemoryLimit => "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
            Self::TimingSafeEqualLength => "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
        }
    }
}

/// `crypto.timingSafeEqual`: compares in a time that depends on the length alone.
pub fn timing_safe_equal(left: &[u8], right: &[u8]) -> Result<bool, CryptoError> {
    if left.len() != right.len() {
        return Err(CryptoError::TimingSafeEqualLength);
    }
    Ok(left.ct_eq(right).into())
}
