//! Signatures with any key, as `createSign`, `crypto.sign` and Web Crypto make them.

use num_bigint::BigUint;

use super::bignum::{Random, padded};
use super::ec::{signature_der, signature_parts};
use super::error::{CryptoError, Result, openssl};
use super::hash::one_shot_digest;
use super::key::Key;

/// How to sign.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignOptions<'a> {
    /// The digest; none for the key's own, or for none at all.
    pub hash: Option<&'a str>,
    /// `RSA_*_PADDING`.
    pub padding: Option<u32>,
    /// Bytes of salt, or `RSA_PSS_SALTLEN_*`.
    pub salt_len: Option<i32>,
    /// Whether (EC)DSA's numbers are put side by side (IEEE P1363) and not in DER.
    pub p1363: bool,
    /// Ed448's context.
    pub context: &'a [u8],
}

/// The digest that a key is used with when none is named.
fn default_digest(key: &Key) -> &'static str {
    match key {
        Key::Rsa(_) | Key::Dsa(_) | Key::Ec(_) => "sha256",
        _ => "",
    }
}

fn digest(key: &Key, data: &[u8], options: &SignOptions<'_>) -> Result<(Vec<u8>, &'static str)> {
    let _ = options;
    let name = default_digest(key);
    Ok((one_shot_digest(name, data, None)?, name))
}

/// Signs `data`.
pub fn sign(key: &Key, data: &[u8], options: &SignOptions<'_>, random: Random<'_>) -> Result<Vec<u8>> {
    check_context(key, options)?;
    if let Key::Okp(key) = key {
        if key.kind.oid()[2] < 112 {
            return Err(openssl::UNSUPPORTED_KEY_TYPE);
        }
        if options.hash.is_some() {
            return Err(CryptoError::OpenSsl("error:1C80007A:Provider routines::invalid digest"));
        }
        let private = key.private.as_deref().unwrap_or_default();
        return key.kind.sign(private, data, options.context);
    }
    match options.hash {
        Some(name) => {
            let digest = one_shot_digest(name, data, None).map_err(|_| CryptoError::invalid_digest(name))?;
            sign_digest(key, &digest, name, options, random)
        }
        None => {
            let (digest, name) = digest(key, data, options)?;
            sign_digest(key, &digest, name, options, random)
        }
    }
}

fn check_context(key: &Key, options: &SignOptions<'_>) -> Result<()> {
    let takes = matches!(key, Key::Okp(key) if key.kind == super::okp::OkpKind::Ed448);
    if options.context.is_empty() || takes {
        return Ok(());
    }
    Err(CryptoError::plain("ERR_CRYPTO_OPERATION_FAILED", "Context parameter is unsupported"))
}

/// Signs a digest that was made before.
pub fn sign_digest(
    key: &Key,
    digest: &[u8],
    hash: &str,
    options: &SignOptions<'_>,
    random: Random<'_>,
) -> Result<Vec<u8>> {
    match key {
        Key::Rsa(key) => {
            check_digest(hash)?;
            key.sign(digest, Some(hash), options.padding, options.salt_len, random)
        }
        Key::Ec(key) => {
            check_digest(hash)?;
            let private = key.private.as_ref().ok_or(openssl::UNSUPPORTED_KEY_TYPE)?;
            let (r, s) = key.curve.sign(private, digest, random)?;
            Ok(if options.p1363 { [r, s].concat() } else { signature_der(&r, &s) })
        }
        Key::Dsa(key) => {
            let (r, s) = key.sign(digest, random).ok_or(openssl::UNSUPPORTED_KEY_TYPE)?;
            let size = key.q.bits().div_ceil(8) as usize;
            let wide = |bytes: &[u8]| padded(&BigUint::from_bytes_be(bytes), size);
            Ok(if options.p1363 { [wide(&r), wide(&s)].concat() } else { signature_der(&r, &s) })
        }
        Key::Dh(_) => Err(openssl::UNSUPPORTED_KEY_TYPE),
        Key::Okp(_) => {
            Err(CryptoError::plain("ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation"))
        }
    }
}

/// Digests of variable length do not sign.
fn check_digest(hash: &str) -> Result<()> {
    if hash.to_ascii_lowercase().starts_with("shake") {
        return Err(CryptoError::OpenSsl("error:1C8000AE:Provider routines::digest not allowed"));
    }
    Ok(())
}

/// Whether a signature of `data` holds.
pub fn verify(key: &Key, data: &[u8], signature: &[u8], options: &SignOptions<'_>) -> Result<bool> {
    check_context(key, options)?;
    if let Key::Okp(key) = key {
        if key.kind.oid()[2] < 112 {
            return Err(openssl::UNSUPPORTED_KEY_TYPE);
        }
        if options.hash.is_some() {
            return Err(CryptoError::OpenSsl("error:1C80007A:Provider routines::invalid digest"));
        }
        return key.kind.verify(&key.public, data, signature, options.context);
    }
    match options.hash {
        Some(name) => {
            let digest = one_shot_digest(name, data, None).map_err(|_| CryptoError::invalid_digest(name))?;
            verify_digest(key, &digest, name, signature, options)
        }
        None => {
            let (digest, name) = digest(key, data, options)?;
            verify_digest(key, &digest, name, signature, options)
        }
    }
}

/// Whether a signature of a digest holds.
pub fn verify_digest(
    key: &Key,
    digest: &[u8],
    hash: &str,
    signature: &[u8],
    options: &SignOptions<'_>,
) -> Result<bool> {
    let parts = |size: usize| match options.p1363 {
        true if signature.len() == 2 * size => {
            let (r, s) = signature.split_at(size);
            Some((r.to_vec(), s.to_vec()))
        }
        true => None,
        false => signature_parts(signature),
    };
    match key {
        Key::Rsa(key) => key.verify(digest, Some(hash), signature, options.padding, options.salt_len),
        Key::Ec(key) => {
            let pair = parts(key.curve.size());
            Ok(pair.is_some_and(|(r, s)| key.curve.verify(&key.point, digest, &r, &s)))
        }
        Key::Dsa(key) => {
            let pair = parts(key.q.bits().div_ceil(8) as usize);
            Ok(pair.is_some_and(|(r, s)| key.verify(digest, &r, &s)))
        }
        Key::Dh(_) => Err(openssl::UNSUPPORTED_KEY_TYPE),
        Key::Okp(_) => {
            Err(CryptoError::plain("ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation"))
        }
    }
}
