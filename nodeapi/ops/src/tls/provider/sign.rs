//! Keys that sign handshakes, out of PKCS#8.

use std::sync::Arc;

use ed25519_dalek::{Signer as _, pkcs8::DecodePrivateKey as _};
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey, pkcs1::DecodeRsaPrivateKey as _};
use rustls::{
    Error, SignatureAlgorithm, SignatureScheme,
    sign::{Signer, SigningKey},
};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Random;

const RSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// A private key of an algorithm that TLS signs with.
#[derive(Clone)]
enum Private {
    Rsa(Arc<RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Private").finish_non_exhaustive()
    }
}

/// A private key out of PKCS#8, or what came before it: PKCS#1 (RSA), SEC1 (curves).
pub(super) fn load(der: &[u8]) -> Result<Arc<dyn SigningKey>, Error> {
    let key = if let Ok(key) = RsaPrivateKey::from_pkcs8_der(der)
        .map_err(drop)
        .or_else(|()| RsaPrivateKey::from_pkcs1_der(der).map_err(drop))
    {
        Private::Rsa(Arc::new(key))
    } else if let Ok(key) = p256::SecretKey::from_der(der) {
        Private::P256(key.into())
    } else if let Ok(key) = p384::SecretKey::from_der(der) {
        Private::P384(key.into())
    } else if let Ok(key) = p521::SecretKey::from_der(der) {
        Private::P521(p521::ecdsa::SigningKey::from(key))
    } else if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_der(der) {
        Private::Ed25519(key)
    } else {
        return Err(Error::General("a private key of an algorithm that TLS does not use".into()));
    };
    Ok(Arc::new(key))
}

impl Private {
    fn schemes(&self) -> &'static [SignatureScheme] {
        match self {
            Private::Rsa(_) => RSA_SCHEMES,
            Private::P256(_) => &[SignatureScheme::ECDSA_NISTP256_SHA256],
            Private::P384(_) => &[SignatureScheme::ECDSA_NISTP384_SHA384],
            Private::P521(_) => &[SignatureScheme::ECDSA_NISTP521_SHA512],
            Private::Ed25519(_) => &[SignatureScheme::ED25519],
        }
    }
}

impl SigningKey for Private {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = *self.schemes().iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(Signing { key: self.clone(), scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Private::Rsa(_) => SignatureAlgorithm::RSA,
            Private::Ed25519(_) => SignatureAlgorithm::ED25519,
            _ => SignatureAlgorithm::ECDSA,
        }
    }
}

#[derive(Debug)]
struct Signing {
    key: Private,
    scheme: SignatureScheme,
}

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.key {
            Private::Rsa(key) => sign_rsa(key, self.scheme, message),
            Private::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Private::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Private::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Private::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

fn sign_rsa(key: &RsaPrivateKey, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, Error> {
    let sha256 = || Sha256::digest(message);
    let sha384 = || Sha384::digest(message);
    let sha512 = || Sha512::digest(message);
    let mut random = rand_core::UnwrapErr(Random);
    let signature = match scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => {
            key.sign_with_rng(&mut random, Pkcs1v15Sign::new::<Sha256>(), &sha256())
        }
        SignatureScheme::RSA_PKCS1_SHA384 => {
            key.sign_with_rng(&mut random, Pkcs1v15Sign::new::<Sha384>(), &sha384())
        }
        SignatureScheme::RSA_PKCS1_SHA512 => {
            key.sign_with_rng(&mut random, Pkcs1v15Sign::new::<Sha512>(), &sha512())
        }
        SignatureScheme::RSA_PSS_SHA256 => {
            key.sign_with_rng(&mut random, Pss::<Sha256>::new_blinded(), &sha256())
        }
        SignatureScheme::RSA_PSS_SHA384 => {
            key.sign_with_rng(&mut random, Pss::<Sha384>::new_blinded(), &sha384())
        }
        _ => key.sign_with_rng(&mut random, Pss::<Sha512>::new_blinded(), &sha512()),
    };
    signature.map_err(|error| Error::General(error.to_string()))
}
