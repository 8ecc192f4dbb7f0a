//! Signatures under public keys of certificates.

use ed25519_dalek::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey, pkcs1::DecodeRsaPublicKey as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

/// What is signed in the message's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// Still found in old certificates.
    Sha1,
    /// 28 bytes.
    Sha224,
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

/// How RSA signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// RFC 8017, 8.2.
    Pkcs1,
    /// RFC 8017, 8.1, with this many bytes of salt.
    Pss(usize),
}

/// A public key.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// RSA, of up to 16384 bits.
    Rsa(Box<RsaPublicKey>),
    /// secp256r1.
    P256(p256::ecdsa::VerifyingKey),
    /// secp384r1.
    P384(Box<p384::ecdsa::VerifyingKey>),
    /// secp521r1.
    P521(Box<p521::ecdsa::VerifyingKey>),
    /// RFC 8032.
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

/// Of larger ones a single check takes seconds.
const RSA_BITS_MAX: usize = 16_384;

impl Digest {
    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Digest::Sha1 => Sha1::digest(message).to_vec(),
            Digest::Sha224 => Sha224::digest(message).to_vec(),
            Digest::Sha256 => Sha256::digest(message).to_vec(),
            Digest::Sha384 => Sha384::digest(message).to_vec(),
            Digest::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

impl PublicKey {
    /// A key of PKCS#1 (`RSAPublicKey`).
    pub fn rsa(pkcs1: &[u8]) -> Option<PublicKey> {
        use rsa::traits::PublicKeyParts as _;
        let key = RsaPublicKey::from_pkcs1_der(pkcs1).ok()?;
        (key.size() * 8 <= RSA_BITS_MAX).then(|| PublicKey::Rsa(Box::new(key)))
    }

    /// A point of a curve, by the curve's OID in dotted form.
    pub fn point(curve: &str, point: &[u8]) -> Option<PublicKey> {
        match curve {
            "1.2.840.10045.3.1.7" => {
                p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(PublicKey::P256)
            }
            "1.3.132.0.34" => p384::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .ok()
                .map(|key| PublicKey::P384(Box::new(key))),
            "1.3.132.0.35" => p521::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .ok()
                .map(|key| PublicKey::P521(Box::new(key))),
            _ => None,
        }
    }

    /// 32 bytes of RFC 8032.
    pub fn ed25519(bytes: &[u8]) -> Option<PublicKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        Some(PublicKey::Ed25519(Box::new(key)))
    }

    /// Whether a signature is this key's. The padding is RSA's; Ed25519 hashes by itself.
    pub fn verifies(&self, digest: Digest, padding: Padding, message: &[u8], signature: &[u8]) -> bool {
        if let PublicKey::Ed25519(key) = self {
            return signature
                .try_into()
                .is_ok_and(|bytes: [u8; 64]| key.verify(message, &bytes.into()).is_ok());
        }
        let hash = digest.of(message);
        match self {
            PublicKey::Rsa(key) => verifies_rsa(key, digest, padding, &hash, signature),
            PublicKey::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&hash, &signature).is_ok()),
            PublicKey::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&hash, &signature).is_ok()),
            PublicKey::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&hash, &signature).is_ok()),
            PublicKey::Ed25519(_) => false,
        }
    }
}

fn verifies_rsa(key: &RsaPublicKey, digest: Digest, padding: Padding, hash: &[u8], signature: &[u8]) -> bool {
    let result = match (padding, digest) {
        (Padding::Pkcs1, Digest::Sha1) => key.verify(Pkcs1v15Sign::new::<Sha1>(), hash, signature),
        (Padding::Pkcs1, Digest::Sha224) => key.verify(Pkcs1v15Sign::new::<Sha224>(), hash, signature),
        (Padding::Pkcs1, Digest::Sha256) => key.verify(Pkcs1v15Sign::new::<Sha256>(), hash, signature),
        (Padding::Pkcs1, Digest::Sha384) => key.verify(Pkcs1v15Sign::new::<Sha384>(), hash, signature),
        (Padding::Pkcs1, Digest::Sha512) => key.verify(Pkcs1v15Sign::new::<Sha512>(), hash, signature),
        (Padding::Pss(salt), Digest::Sha1) => key.verify(Pss::<Sha1>::new_with_salt(salt), hash, signature),
        (Padding::Pss(salt), Digest::Sha224) => {
            key.verify(Pss::<Sha224>::new_with_salt(salt), hash, signature)
        }
        (Padding::Pss(salt), Digest::Sha256) => {
            key.verify(Pss::<Sha256>::new_with_salt(salt), hash, signature)
        }
        (Padding::Pss(salt), Digest::Sha384) => {
            key.verify(Pss::<Sha384>::new_with_salt(salt), hash, signature)
        }
        (Padding::Pss(salt), Digest::Sha512) => {
            key.verify(Pss::<Sha512>::new_with_salt(salt), hash, signature)
        }
    };
    result.is_ok()
}
