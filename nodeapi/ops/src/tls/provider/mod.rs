//! The algorithms of TLS for rustls, all in Rust: RustCrypto's, as the rest of `crypto` uses them.

mod aead;
mod hash;
mod kx;
mod sign;
mod suites;
mod verify;

use std::sync::Arc;

use rustls::{
    Error,
    crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms},
    pki_types::PrivateKeyDer,
    sign::SigningKey,
};

pub(super) use kx::ALL_KX_GROUPS;
pub(super) use suites::{ALL_SUITES, Suite};
pub use verify::{Digest, Padding, PublicKey};

/// What the system gives as random bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Random;

impl SecureRandom for Random {
    fn fill(&self, buf: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(buf).map_err(|_| GetRandomFailed)
    }
}

impl rand_core::TryRng for Random {
    type Error = getrandom::Error;

    fn try_next_u32(&mut self) -> Result<u32, getrandom::Error> {
        getrandom::u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, getrandom::Error> {
        getrandom::u64()
    }

    fn try_fill_bytes(&mut self, buf: &mut [u8]) -> Result<(), getrandom::Error> {
        getrandom::fill(buf)
    }
}

impl rand_core::TryCryptoRng for Random {}

#[derive(Debug)]
struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        match key {
            PrivateKeyDer::Pkcs8(key) => sign::load(key.secret_pkcs8_der()),
            _ => Err(Error::General("only PKCS#8 is understood".into())),
        }
    }
}

/// A key that signs, out of its PKCS#8 encoding.
///
/// # Errors
/// For a key of an algorithm that TLS does not use here.
pub(super) fn signing_key(pkcs8: &[u8]) -> Result<Arc<dyn SigningKey>, Error> {
    sign::load(pkcs8)
}

/// A provider of these suites. Certificates are judged by `chain.rs`, not by rustls, so it names no algorithms for them.
pub(super) fn provider(
    suites: Vec<rustls::SupportedCipherSuite>,
    kx_groups: Vec<&'static dyn rustls::crypto::SupportedKxGroup>,
) -> CryptoProvider {
    CryptoProvider {
        cipher_suites: suites,
        kx_groups,
        signature_verification_algorithms: WebPkiSupportedAlgorithms { all: &[], mapping: &[] },
        secure_random: &Random,
        key_provider: &Keys,
    }
}
