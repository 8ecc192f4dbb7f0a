//! Asymmetric keys: what `KeyObjectHandle` holds.

use num_bigint::BigUint;

use super::bignum::{Random, padded};
use super::ec::{EcCurve, PointForm};
use super::error::{CryptoError, Result, openssl};
use super::finite::{DhKey, DsaKey};
use super::okp::OkpKind;
use super::rsa::{PssParams, RsaKey, RsaPrivate};

/// A key on a curve.
#[derive(Clone, PartialEq, Eq)]
pub struct EcKey {
    /// Its curve.
    pub curve: EcCurve,
    /// The point, uncompressed.
    pub point: Vec<u8>,
    /// The number.
    pub private: Option<Vec<u8>>,
    /// Whether it is written with explicit parameters.
    pub explicit: bool,
    /// How it is written; what it was read as.
    pub form: PointForm,
}

/// An Edwards or Montgomery key.
#[derive(Clone, PartialEq, Eq)]
pub struct OkpKey {
    /// Which.
    pub kind: OkpKind,
    /// The public half.
    pub public: Vec<u8>,
    /// The private half.
    pub private: Option<Vec<u8>>,
}

/// A key pair, or the public half of one.
#[derive(Clone, PartialEq, Eq)]
pub enum Key {
    /// `rsa` and `rsa-pss`.
    Rsa(Box<RsaKey>),
    /// `dsa`.
    Dsa(Box<DsaKey>),
    /// `dh`.
    Dh(Box<DhKey>),
    /// `ec`.
    Ec(EcKey),
    /// `ed25519`, `ed448`, `x25519`, `x448`.
    Okp(OkpKey),
}

/// `kty`, `crv` where there is one, and the members that hold numbers or bytes.
pub type JwkMembers = (&'static str, Option<&'static str>, Vec<(&'static str, Vec<u8>)>);

/// A member of `asymmetricKeyDetails`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A number.
    Number(u64),
    /// A big number's bytes.
    Bytes(Vec<u8>),
    /// A name.
    Name(String),
}

impl Key {
    /// `asymmetricKeyType`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Rsa(key) if key.pss.is_some() => "rsa-pss",
            Self::Rsa(_) => "rsa",
            Self::Dsa(_) => "dsa",
            Self::Dh(_) => "dh",
            Self::Ec(_) => "ec",
            Self::Okp(key) => key.kind.type_name(),
        }
    }

    /// Whether the private half is there.
    pub fn is_private(&self) -> bool {
        match self {
            Self::Rsa(key) => key.private.is_some(),
            Self::Dsa(key) => key.x.is_some(),
            Self::Dh(key) => key.x.is_some(),
            Self::Ec(key) => key.private.is_some(),
            Self::Okp(key) => key.private.is_some(),
        }
    }

    /// The public half alone.
    pub fn public(&self) -> Self {
        let mut copy = self.clone();
        match &mut copy {
            Self::Rsa(key) => key.private = None,
            Self::Dsa(key) => key.x = None,
            Self::Dh(key) => key.x = None,
            Self::Ec(key) => key.private = None,
            Self::Okp(key) => key.private = None,
        }
        copy
    }

    /// Whether the public halves are of one key.
    pub fn is_same_public(&self, other: &Self) -> bool {
        let public = |key: &Self| {
            let mut key = key.public();
            if let Self::Ec(key) = &mut key {
                (key.explicit, key.form) = (false, PointForm::Uncompressed);
            }
            key
        };
        public(self) == public(other)
    }

    /// `asymmetricKeyDetails`, in Node's order.
    pub fn details(&self) -> Vec<(&'static str, Detail)> {
        match self {
            Self::Rsa(key) => {
                let mut list = vec![
                    ("modulusLength", Detail::Number(key.n.bits())),
                    ("publicExponent", Detail::Bytes(padded(&key.e, 4))),
                ];
                if let Some(Some(params)) = &key.pss {
                    list.push(("hashAlgorithm", Detail::Name(params.hash.clone())));
                    list.push(("mgf1HashAlgorithm", Detail::Name(params.mgf1_hash.clone())));
                    list.push(("saltLength", Detail::Number(params.salt_len as u64)));
                }
                list
            }
            Self::Dsa(key) => vec![
                ("modulusLength", Detail::Number(key.p.bits())),
                ("divisorLength", Detail::Number(key.q.bits())),
            ],
            Self::Ec(key) => vec![("namedCurve", Detail::Name(key.curve.name().to_owned()))],
            Self::Dh(_) | Self::Okp(_) => Vec::new(),
        }
    }

    /// `crypto.diffieHellman`.
    pub fn agree(&self, public: &Self) -> Result<Vec<u8>> {
        let failed = CryptoError::OpenSsl("error:1C8000A4:Provider routines::failed during derivation");
        let mismatch =
            CryptoError::OpenSsl("error:1C8000CB:Provider routines::mismatching domain parameters");
        match (self, public) {
            (Self::Ec(own), Self::Ec(other)) => {
                if own.curve != other.curve {
                    return Err(mismatch);
                }
                let private = own.private.as_ref().ok_or(openssl::UNSUPPORTED_KEY_TYPE)?;
                own.curve.agree(private, &other.point).ok_or(failed)
            }
            (Self::Okp(own), Self::Okp(other)) if own.kind == other.kind => {
                let private = own.private.as_ref().ok_or(openssl::UNSUPPORTED_KEY_TYPE)?;
                own.kind.agree(private, &other.public)
            }
            (Self::Dh(own), Self::Dh(other)) => {
                if own.p != other.p || own.g != other.g {
                    return Err(mismatch);
                }
                own.agree(&other.y).ok_or(failed)
            }
            (Self::Rsa(_) | Self::Dsa(_), _) => Err(openssl::UNSUPPORTED_KEY_TYPE),
            _ => Err(CryptoError::OpenSsl("error:03000099:digital envelope routines::different key types")),
        }
    }

    /// The members of a JWK that hold numbers or bytes, in Node's order, after `kty` (and `crv`).
    pub fn jwk(&self) -> Result<JwkMembers> {
        match self {
            Self::Rsa(key) if key.pss.is_none() => {
                let bytes = |number: &BigUint| number.to_bytes_be();
                let mut list = vec![("n", bytes(&key.n)), ("e", bytes(&key.e))];
                if let Some(private) = &key.private {
                    let RsaPrivate { d, p, q, dp, dq, qi } = private;
                    for (name, number) in [("d", d), ("p", p), ("q", q), ("dp", dp), ("dq", dq), ("qi", qi)] {
                        list.push((name, bytes(number)));
                    }
                }
                Ok(("RSA", None, list))
            }
            Self::Ec(key) => {
                let size = key.curve.size();
                let curve = key.curve.jwk_name().ok_or_else(|| {
                    CryptoError::plain(
                        "ERR_CRYPTO_JWK_UNSUPPORTED_CURVE",
                        format!("Unsupported JWK EC curve: {}.", key.curve.name()),
                    )
                })?;
                let (x, y) = key.point[1..].split_at(size);
                let mut list = vec![("x", x.to_vec()), ("y", y.to_vec())];
                if let Some(private) = &key.private {
                    list.push(("d", padded(&BigUint::from_bytes_be(private), size)));
                }
                Ok(("EC", Some(curve), list))
            }
            Self::Okp(key) => {
                let mut list = Vec::new();
                list.push(("x", key.public.clone()));
                if let Some(private) = &key.private {
                    list.push(("d", private.clone()));
                }
                Ok(("OKP", Some(key.kind.jwk_name()), list))
            }
            _ => Err(CryptoError::plain("ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE", "Unsupported JWK Key Type.")),
        }
    }

    /// A key of a JWK with `kty: "RSA"`: n, e and, for a private key, d, p, q, dp, dq, qi.
    pub fn from_rsa_numbers(numbers: &[&[u8]]) -> Result<Self> {
        let number = |index: usize| BigUint::from_bytes_be(numbers[index]);
        let invalid = || CryptoError::type_error("ERR_CRYPTO_INVALID_JWK", "Invalid JWK RSA key");
        let private = match numbers.len() {
            2 => None,
            8 => {
                let (d, p, q) = (number(2), number(3), number(4));
                let (dp, dq, qi) = (number(5), number(6), number(7));
                Some(RsaPrivate { d, p, q, dp, dq, qi })
            }
            _ => return Err(invalid()),
        };
        let (n, e) = (number(0), number(1));
        if n == BigUint::ZERO || e == BigUint::ZERO {
            return Err(invalid());
        }
        Ok(Self::Rsa(Box::new(RsaKey { n, e, private, pss: None })))
    }

    /// A key of a JWK with `kty: "EC"`.
    pub fn from_ec_numbers(curve: &str, x: &[u8], y: &[u8], d: Option<&[u8]>) -> Result<Self> {
        let invalid = || CryptoError::type_error("ERR_CRYPTO_INVALID_JWK", "Invalid JWK EC key");
        let curve = EcCurve::from_name(curve).ok_or_else(invalid_curve)?;
        let size = curve.size();
        if x.len() > size || y.len() > size {
            return Err(invalid());
        }
        let coordinate = |bytes: &[u8]| padded(&BigUint::from_bytes_be(bytes), size);
        let point = curve.point(&[vec![4], coordinate(x), coordinate(y)].concat()).ok_or_else(invalid)?;
        if let Some(d) = d {
            curve.public(d).ok_or_else(invalid)?;
        }
        let (private, form) = (d.map(coordinate), PointForm::Uncompressed);
        Ok(Self::Ec(EcKey { curve, point, private, explicit: false, form }))
    }

    /// A key of a JWK with `kty: "OKP"`, or of raw bytes: the private half where it is there, else the public one.
    pub fn from_okp_bytes(kind: OkpKind, public: Option<&[u8]>, private: Option<&[u8]>) -> Option<Self> {
        let public = match private {
            Some(private) if private.len() == kind.size() => kind.public(private)?,
            Some(_) => return None,
            None => public.filter(|bytes| bytes.len() == kind.size())?.to_vec(),
        };
        Some(Self::Okp(OkpKey { kind, public, private: private.map(<[u8]>::to_vec) }))
    }

    /// A key on a curve from a point in any form.
    pub fn from_point(curve: EcCurve, bytes: &[u8]) -> Option<Self> {
        let point = curve.point(bytes)?;
        let form = if matches!(bytes.first(), Some(2 | 3)) {
            PointForm::Compressed
        } else {
            PointForm::Uncompressed
        };
        Some(Self::Ec(EcKey { curve, point, private: None, explicit: false, form }))
    }

    /// A key on a curve from its private number.
    pub fn from_scalar(curve: EcCurve, private: &[u8]) -> Option<Self> {
        let point = curve.public(private)?;
        let private = Some(padded(&BigUint::from_bytes_be(private), curve.size()));
        Some(Self::Ec(EcKey { curve, point, private, explicit: false, form: PointForm::Uncompressed }))
    }

    /// A new pair on a curve.
    pub fn generate_ec(curve: &str, explicit: bool, random: Random<'_>) -> Result<Self> {
        let curve = EcCurve::from_name(curve).ok_or_else(invalid_curve)?;
        let private = curve.generate(random);
        let point = curve.public(&private).unwrap_or_default();
        let form = PointForm::Uncompressed;
        Ok(Self::Ec(EcKey { curve, point, private: Some(private), explicit, form }))
    }

    /// A new Edwards or Montgomery pair.
    pub fn generate_okp(kind: OkpKind, random: Random<'_>) -> Self {
        let mut private = vec![0; kind.size()];
        random(&mut private);
        // The library's own form of a key on the Montgomery curves is what the random bytes are.
        let public = kind.public(&private).unwrap_or_default();
        Self::Okp(OkpKey { kind, public, private: Some(private) })
    }

    /// A new RSA pair; `pss` for the type `rsa-pss`.
    pub fn generate_rsa(
        bits: u64,
        e: u32,
        pss: Option<Option<PssParams>>,
        random: Random<'_>,
    ) -> Result<Self> {
        Ok(Self::Rsa(Box::new(RsaKey::generate(bits, e, pss, random)?)))
    }
}

pub(super) fn invalid_curve() -> CryptoError {
    CryptoError::type_error("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name")
}
