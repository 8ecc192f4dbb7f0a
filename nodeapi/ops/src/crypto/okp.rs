//! Edwards and Montgomery keys: Ed25519, Ed448, X25519, X448 (RFC 7748, RFC 8032).

use curve25519_dalek::MontgomeryPoint;

use super::error::{CryptoError, Result, openssl};

/// Which of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OkpKind {
    /// Signatures on edwards25519.
    Ed25519,
    /// Signatures on edwards448.
    Ed448,
    /// Agreement on curve25519.
    X25519,
    /// Agreement on curve448.
    X448,
}

impl OkpKind {
    const ALL: [Self; 4] = [Self::X25519, Self::X448, Self::Ed25519, Self::Ed448];

    /// The name in a JWK.
    pub fn jwk_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::X25519 => "X25519",
            Self::X448 => "X448",
        }
    }

    /// `asymmetricKeyType`.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Ed448 => "ed448",
            Self::X25519 => "x25519",
            Self::X448 => "x448",
        }
    }

    /// By either name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.jwk_name() == name || kind.type_name() == name)
    }

    /// Bytes of a key of either half.
    pub fn size(self) -> usize {
        match self {
            Self::Ed25519 | Self::X25519 => 32,
            Self::Ed448 => 57,
            Self::X448 => 56,
        }
    }

    /// `1.3.101.110` to `.113`.
    pub(super) fn oid(self) -> &'static [u8] {
        match self {
            Self::X25519 => &[0x2B, 0x65, 110],
            Self::X448 => &[0x2B, 0x65, 111],
            Self::Ed25519 => &[0x2B, 0x65, 112],
            Self::Ed448 => &[0x2B, 0x65, 113],
        }
    }

    pub(super) fn from_oid(oid: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.oid() == oid)
    }

    /// The public half; none if the private one has another length.
    pub fn public(self, private: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::Ed25519 => ed25519_dalek::SigningKey::from_bytes(private.try_into().ok()?)
                .verifying_key()
                .to_bytes()
                .to_vec(),
            Self::X25519 => MontgomeryPoint::mul_base_clamped(private.try_into().ok()?).to_bytes().to_vec(),
            Self::Ed448 => {
                let key = ed448_goldilocks::SigningKey::try_from(private).ok()?;
                key.verifying_key().to_bytes().to_vec()
            }
            Self::X448 => {
                let mut base = [0; 56];
                base[0] = 5;
                x448::x448_unchecked(private.try_into().ok()?, base).to_vec()
            }
        })
    }

    /// The shared secret of X25519 and X448.
    pub fn agree(self, private: &[u8], public: &[u8]) -> Result<Vec<u8>> {
        let failed = || CryptoError::OpenSsl("error:1C8000A4:Provider routines::failed during derivation");
        let shared = match self {
            Self::X25519 => {
                let point = MontgomeryPoint(public.try_into().map_err(|_| failed())?);
                point.mul_clamped(private.try_into().map_err(|_| failed())?).to_bytes().to_vec()
            }
            Self::X448 => x448::x448_unchecked(
                private.try_into().map_err(|_| failed())?,
                public.try_into().map_err(|_| failed())?,
            )
            .to_vec(),
            _ => return Err(openssl::UNSUPPORTED_KEY_TYPE),
        };
        if shared.iter().all(|&byte| byte == 0) { Err(failed()) } else { Ok(shared) }
    }

    /// Signs; `context` is Ed448's.
    pub fn sign(self, private: &[u8], data: &[u8], context: &[u8]) -> Result<Vec<u8>> {
        use ed25519_dalek::Signer as _;
        let invalid = || CryptoError::OpenSsl("error:1C80009E:Provider routines::invalid key");
        match self {
            Self::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(private.try_into().map_err(|_| invalid())?);
                Ok(key.sign(data).to_bytes().to_vec())
            }
            Self::Ed448 => {
                let key = ed448_goldilocks::SigningKey::try_from(private).map_err(|_| invalid())?;
                Ok(key.sign_ctx(context, data).map_err(|_| invalid())?.to_bytes().to_vec())
            }
            _ => Err(openssl::UNSUPPORTED_KEY_TYPE),
        }
    }

    /// Whether a signature holds.
    pub fn verify(self, public: &[u8], data: &[u8], signature: &[u8], context: &[u8]) -> Result<bool> {
        use ed25519_dalek::Verifier as _;
        match self {
            Self::Ed25519 => {
                let key = public
                    .try_into()
                    .ok()
                    .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(bytes).ok());
                let signature = ed25519_dalek::Signature::from_slice(signature).ok();
                Ok(key.zip(signature).is_some_and(|(key, signature)| key.verify(data, &signature).is_ok()))
            }
            Self::Ed448 => {
                let key = <[u8; 57]>::try_from(public)
                    .ok()
                    .and_then(|bytes| ed448_goldilocks::VerifyingKey::from_bytes(&bytes).ok());
                let signature = ed448_goldilocks::Signature::try_from(signature).ok();
                Ok(key
                    .zip(signature)
                    .is_some_and(|(key, signature)| key.verify_ctx(&signature, context, data).is_ok()))
            }
            _ => Err(openssl::UNSUPPORTED_KEY_TYPE),
        }
    }
}
