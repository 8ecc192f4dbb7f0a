//! The `crypto` binding: digests, MACs, key derivation, ciphers, keys, signatures, certificates.
//!
//! Algorithms come from the RustCrypto crates; this module knows OpenSSL's names for them, its formats, and Node's errors. What
//! needs randomness takes it from its caller. Start at [`Key`] and [`Cipher`].

mod bignum;
mod block;
mod cipher;
mod cipher_names;
pub mod der;
mod derive;
mod ec;
mod error;
mod finite;
mod hash;
mod keccak;
mod key;
mod key_read;
mod key_write;
mod modes;
mod oids;
mod okp;
mod pem;
mod rsa;
mod sign;
mod x509;
mod x509_names;

pub use bignum::{PrimeWish, Random, generate_prime, is_prime};
pub use cipher::{Cipher, counter_mode};
pub use cipher_names::{CipherInfo, cipher_by_name, cipher_by_nid, cipher_names};
pub use derive::{Argon2Kind, Argon2Params, ScryptParams, argon2, hkdf, pbkdf2, scrypt};
pub use ec::{EcCurve, PointForm, curve_names};
pub use error::{CryptoError, ErrorClass};
pub use finite::{DhKey, DsaKey, dh_check, dh_group, dh_prime};
pub use hash::{Hasher, Hmac, hash_names, one_shot_digest};
pub use keccak::{KeccakStrength, cshake, kmac};
pub use key::{Detail, EcKey, JwkMembers, Key, OkpKey};
pub use key_read::{
    KeyEncoding, is_rsa_private, private_from_der, private_from_pem, public_from_der, public_from_pem,
};
pub use key_write::{KeyCipher, pkcs8, private_der, private_pem, public_der, spki};
pub use num_bigint::BigUint;
pub use okp::OkpKind;
pub use pem::{PemBlock, parse as parse_pem, write as write_pem};
pub use rsa::{PssParams, RsaKey, padding};
pub use sign::{SignOptions, sign, sign_digest, verify, verify_digest};
pub use x509::{Certificate, Spkac};

use subtle::ConstantTimeEq;

/// `crypto.timingSafeEqual`: compares in a time that depends on the length alone.
pub fn timing_safe_equal(left: &[u8], right: &[u8]) -> Result<bool, CryptoError> {
    if left.len() != right.len() {
        return Err(CryptoError::TimingSafeEqualLength);
    }
    Ok(left.ct_eq(right).into())
}
