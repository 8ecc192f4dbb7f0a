//! Keys from DER and PEM: SubjectPublicKeyInfo and PKCS #8 (RFC 5280, RFC 5958), PKCS #1 (RFC 8017), SEC 1 (RFC 5915), and what
//! encrypts them (RFC 8018).

use num_bigint::BigUint;

use super::cipher::cbc_message;
use super::cipher_names::cipher_by_name;
use super::der::{DerError, Element, Read, Reader, tag};
use super::derive::{ScryptParams, pbkdf2, scrypt};
use super::ec::{EcCurve, PointForm};
use super::error::{CryptoError, Result, openssl};
use super::finite::{DhKey, DsaKey};
use super::key::{EcKey, Key, OkpKey};
use super::oids;
use super::okp::OkpKind;
use super::pem::{self, PemBlock};
use super::rsa::{PssParams, RsaKey, RsaPrivate};

/// `type` of a key's encoding, by Node's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEncoding {
    /// RFC 8017.
    Pkcs1 = 0,
    /// RFC 5958.
    Pkcs8 = 1,
    /// RFC 5280.
    Spki = 2,
    /// RFC 5915.
    Sec1 = 3,
}

impl KeyEncoding {
    /// By Node's number.
    pub fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Pkcs1,
            2 => Self::Spki,
            3 => Self::Sec1,
            _ => Self::Pkcs8,
        }
    }
}

impl From<DerError> for CryptoError {
    fn from(error: DerError) -> Self {
        Self::OpenSsl(match error {
            DerError::WrongTag => {
                "error:068000A8:asn1 encoding routines::wrong tag\n\
                 error:1E08010C:DECODER routines::unsupported\n\
                 error:0688010A:asn1 encoding routines::nested asn1 error\n="
            }
            DerError::TooLong => "error:0680009B:asn1 encoding routines::too long",
            DerError::NotEnoughData => {
                "error:0680008E:asn1 encoding routines::not enough data\n\
                 error:0680008E:asn1 encoding routines::not enough data"
            }
            DerError::BadHeader => "error:06800066:asn1 encoding routines::bad object header",
        })
    }
}

/// SubjectPublicKeyInfo.
pub(super) fn public_from_spki(der: &[u8]) -> Result<Key> {
    let mut reader = Reader(der).sequence()?;
    let (oid, parameters) = reader.algorithm()?;
    let bits = reader.bits()?;
    let bad = || openssl::DECODER_UNSUPPORTED;
    match oid {
        oids::RSA => public_from_pkcs1(bits),
        oids::RSA_PSS => {
            let Key::Rsa(mut key) = public_from_pkcs1(bits)? else { return Err(bad()) };
            key.pss = Some(pss_params(parameters)?);
            Ok(Key::Rsa(key))
        }
        oids::EC => {
            let (curve, explicit) = curve(parameters)?;
            let Some(Key::Ec(mut key)) = Key::from_point(curve, bits) else {
                return Err(CryptoError::OpenSsl(
                    "error:0800006B:elliptic curve routines::point is not on curve",
                ));
            };
            key.explicit = explicit;
            Ok(Key::Ec(key))
        }
        oids::DSA => {
            let (p, q, g) = domain(parameters)?;
            let y = Reader(bits).integer()?;
            Ok(Key::Dsa(Box::new(DsaKey { p, q, g, y, x: None })))
        }
        oids::DH | oids::DHX => {
            let (p, g, q) = dh_domain(oid, parameters)?;
            let y = Reader(bits).integer()?;
            Ok(Key::Dh(Box::new(DhKey { p, g, q, y, x: None })))
        }
        other => {
            let kind = OkpKind::from_oid(other).ok_or_else(bad)?;
            Key::from_okp_bytes(kind, Some(bits), None).ok_or_else(bad)
        }
    }
}

/// `RSAPublicKey`.
pub(super) fn public_from_pkcs1(der: &[u8]) -> Result<Key> {
    let mut reader = Reader(der).sequence()?;
    let (n, e) = (reader.integer()?, reader.integer()?);
    Ok(Key::Rsa(Box::new(RsaKey { n, e, private: None, pss: None })))
}

fn rsa_private(der: &[u8]) -> Read<RsaKey> {
    let mut reader = Reader(der).sequence()?;
    reader.small()?;
    let (n, e, d) = (reader.integer()?, reader.integer()?, reader.integer()?);
    let (p, q) = (reader.integer()?, reader.integer()?);
    let (dp, dq, qi) = (reader.integer()?, reader.integer()?, reader.integer()?);
    Ok(RsaKey { n, e, private: Some(RsaPrivate { d, p, q, dp, dq, qi }), pss: None })
}

/// Whether DER of PKCS #1 is that of a private key, as Node tells them apart: it begins with a version.
pub fn is_rsa_private(der: &[u8]) -> bool {
    Reader(der).sequence().and_then(|mut reader| reader.integer()).is_ok_and(|version| version.bits() <= 1)
}

fn domain(parameters: Option<Element<'_>>) -> Read<(BigUint, BigUint, BigUint)> {
    let mut reader = Reader(parameters.ok_or(DerError::NotEnoughData)?.contents);
    Ok((reader.integer()?, reader.integer()?, reader.integer()?))
}

/// p, g and q, whose order depends on which of the two identifiers it is.
fn dh_domain(oid: &[u8], parameters: Option<Element<'_>>) -> Read<(BigUint, BigUint, Option<BigUint>)> {
    let mut reader = Reader(parameters.ok_or(DerError::NotEnoughData)?.contents);
    let (p, g) = (reader.integer()?, reader.integer()?);
    let q = if oid == oids::DHX { Some(reader.integer()?) } else { None };
    Ok((p, g, q))
}

fn curve(parameters: Option<Element<'_>>) -> Result<(EcCurve, bool)> {
    let unknown = || CryptoError::OpenSsl("error:08000081:elliptic curve routines::unknown group");
    let element = parameters.ok_or(DerError::NotEnoughData)?;
    match element.tag {
        tag::OID => Ok((EcCurve::from_oid(element.contents).ok_or_else(unknown)?, false)),
        tag::SEQUENCE => Ok((EcCurve::from_explicit(element.contents).ok_or_else(unknown)?, true)),
        _ => Err(unknown()),
    }
}

/// `RSASSA-PSS-params`; none where a key is bound to none.
pub(super) fn pss_params(parameters: Option<Element<'_>>) -> Result<Option<PssParams>> {
    let Some(element) = parameters.filter(|element| element.tag == tag::SEQUENCE) else { return Ok(None) };
    let unsupported = || CryptoError::OpenSsl("error:02000074:rsa routines::unsupported mask algorithm");
    let digest = |contents: &[u8]| -> Result<String> {
        let (oid, _) = Reader(contents).algorithm()?;
        Ok(oids::digest_name(oid).ok_or_else(unsupported)?.to_owned())
    };
    let mut reader = Reader(element.contents);
    let hash = reader.optional(0xA0)?.map_or_else(|| Ok("sha1".to_owned()), digest)?;
    let mgf1_hash = match reader.optional(0xA1)? {
        None => "sha1".to_owned(),
        Some(contents) => {
            let (_, inner) = Reader(contents).algorithm()?;
            digest(inner.ok_or(DerError::NotEnoughData)?.whole)?
        }
    };
    let salt_len = match reader.optional(0xA2)? {
        None => 20,
        Some(contents) => Reader(contents).small()? as usize,
    };
    Ok(Some(PssParams { hash, mgf1_hash, salt_len }))
}

/// `PrivateKeyInfo`.
pub(super) fn private_from_pkcs8(der: &[u8]) -> Result<Key> {
    let mut reader = Reader(der).sequence()?;
    reader.small()?;
    let (oid, parameters) = reader.algorithm()?;
    let inner = reader.expect(tag::OCTET_STRING)?;
    let bad = || openssl::DECODER_UNSUPPORTED;
    match oid {
        oids::RSA => Ok(Key::Rsa(Box::new(rsa_private(inner)?))),
        oids::RSA_PSS => {
            let mut key = rsa_private(inner)?;
            key.pss = Some(pss_params(parameters)?);
            Ok(Key::Rsa(Box::new(key)))
        }
        oids::EC => {
            let (curve, explicit) = curve(parameters)?;
            ec_private(inner, Some((curve, explicit)))
        }
        oids::DSA => {
            let (p, q, g) = domain(parameters)?;
            let x = Reader(inner).integer()?;
            let y = g.modpow(&x, &p);
            Ok(Key::Dsa(Box::new(DsaKey { p, q, g, y, x: Some(x) })))
        }
        oids::DH | oids::DHX => {
            let (p, g, q) = dh_domain(oid, parameters)?;
            let x = Reader(inner).integer()?;
            let y = g.modpow(&x, &p);
            Ok(Key::Dh(Box::new(DhKey { p, g, q, y, x: Some(x) })))
        }
        other => {
            let kind = OkpKind::from_oid(other).ok_or_else(bad)?;
            let private = Reader(inner).expect(tag::OCTET_STRING)?;
            let public = kind.public(private).ok_or_else(bad)?;
            Ok(Key::Okp(OkpKey { kind, public, private: Some(private.to_vec()) }))
        }
    }
}

/// `ECPrivateKey`; its curve may be known from outside.
fn ec_private(der: &[u8], known: Option<(EcCurve, bool)>) -> Result<Key> {
    let mut reader = Reader(der).sequence()?;
    reader.small()?;
    let private = reader.expect(tag::OCTET_STRING)?;
    let own = match reader.optional(0xA0)? {
        Some(contents) => Some(curve(Some(Reader(contents).element()?))?),
        None => None,
    };
    let (curve, explicit) = known.or(own).ok_or(openssl::DECODER_UNSUPPORTED)?;
    let given = match reader.optional(0xA1)? {
        Some(contents) => Some(Reader(contents).bits()?),
        None => None,
    };
    let Some(Key::Ec(mut key)) = Key::from_scalar(curve, private) else {
        return Err(openssl::DECODER_UNSUPPORTED);
    };
    if let Some(given) = given {
        key.point = curve.point(given).ok_or(openssl::DECODER_UNSUPPORTED)?;
        if matches!(given.first(), Some(2 | 3)) {
            key.form = PointForm::Compressed;
        }
    }
    Ok(Key::Ec(EcKey { explicit, ..key }))
}

/// `DSAPrivateKey`, as OpenSSL writes it.
fn dsa_private(der: &[u8]) -> Read<Key> {
    let mut reader = Reader(der).sequence()?;
    reader.small()?;
    let (p, q, g) = (reader.integer()?, reader.integer()?, reader.integer()?);
    let (y, x) = (reader.integer()?, reader.integer()?);
    Ok(Key::Dsa(Box::new(DsaKey { p, q, g, y, x: Some(x) })))
}

/// A private key in DER.
pub fn private_from_der(der: &[u8], encoding: KeyEncoding, passphrase: Option<&[u8]>) -> Result<Key> {
    // OpenSSL looks whether it is a SEQUENCE before anything else.
    if der.first() != Some(&tag::SEQUENCE) {
        return Err(DerError::NotEnoughData.into());
    }
    match encoding {
        KeyEncoding::Pkcs1 => Ok(Key::Rsa(Box::new(rsa_private(der)?))),
        KeyEncoding::Sec1 => ec_private(der, None),
        _ if is_encrypted_pkcs8(der) => {
            let passphrase = passphrase.ok_or_else(|| {
                CryptoError::type_error("ERR_MISSING_PASSPHRASE", "Passphrase required for encrypted key")
            })?;
            private_from_pkcs8(&decrypt_pkcs8(der, passphrase)?)
        }
        _ => private_from_pkcs8(der),
    }
}

/// A public key in DER.
pub fn public_from_der(der: &[u8], encoding: KeyEncoding) -> Result<Key> {
    let key = match encoding {
        KeyEncoding::Pkcs1 => public_from_pkcs1(der),
        _ => public_from_spki(der),
    };
    key.map_err(|error| match error {
        CryptoError::OpenSsl(text) if text.contains("asn1 encoding") => {
            CryptoError::plain("", "Failed to read asymmetric key")
        }
        other => other,
    })
}

/// Whether it begins as `EncryptedPrivateKeyInfo` does: with a SEQUENCE where `PrivateKeyInfo` has its version.
fn is_encrypted_pkcs8(der: &[u8]) -> bool {
    Reader(der).sequence().is_ok_and(|inner| inner.peek() == Some(tag::SEQUENCE))
}

/// What `EncryptedPrivateKeyInfo` holds.
pub(super) fn decrypt_pkcs8(der: &[u8], passphrase: &[u8]) -> Result<Vec<u8>> {
    let mut reader = Reader(der).sequence()?;
    let (oid, parameters) = reader.algorithm()?;
    let sealed = reader.expect(tag::OCTET_STRING)?;
    let unsupported = || CryptoError::OpenSsl("error:0308010C:digital envelope routines::unsupported");
    if oid != oids::PBES2 {
        return Err(unsupported());
    }
    let mut parameters = Reader(parameters.ok_or(DerError::NotEnoughData)?.contents);
    let (function, arguments) = parameters.algorithm()?;
    let (cipher, iv) = parameters.algorithm()?;
    let info = oids::cipher_name(cipher).and_then(cipher_by_name).ok_or_else(unsupported)?;
    let mut arguments = Reader(arguments.ok_or(DerError::NotEnoughData)?.contents);
    let salt = arguments.expect(tag::OCTET_STRING)?;
    let key = match function {
        oids::PBKDF2 => {
            let rounds = arguments.small()?;
            if arguments.peek() == Some(tag::INTEGER) {
                arguments.small()?;
            }
            let hash = match arguments.is_empty() {
                true => "sha1",
                false => oids::hmac_name(arguments.algorithm()?.0).ok_or_else(unsupported)?,
            };
            pbkdf2(hash, passphrase, salt, rounds, info.key_len)?
        }
        oids::SCRYPT => {
            let params = ScryptParams {
                cost: u64::from(arguments.small()?),
                block_size: arguments.small()?,
                parallelization: arguments.small()?,
                max_memory: 1 << 30,
            };
            scrypt(passphrase, salt, params, info.key_len)?
        }
        _ => return Err(unsupported()),
    };
    let iv = iv.map(|element| element.contents).unwrap_or_default();
    cbc_message(info, false, &key, iv, sealed).map_err(|_| {
        CryptoError::OpenSsl(
            "error:1C800064:Provider routines::bad decrypt\n\
             error:11800074:PKCS12 routines::pkcs12 cipherfinal error\n=",
        )
    })
}

/// The private key of a PEM block; none for a block that holds no private key.
fn private_of(block: &PemBlock, passphrase: Option<&[u8]>) -> Option<Result<Key>> {
    let read = |parse: fn(&[u8]) -> Result<Key>| pem::open(block, passphrase).and_then(|der| parse(&der));
    Some(match block.label.as_str() {
        "PRIVATE KEY" => read(private_from_pkcs8),
        "ENCRYPTED PRIVATE KEY" => match passphrase {
            None => Err(NO_PASSPHRASE_PKCS8),
            Some(passphrase) => {
                // OpenSSL tries twice.
                decrypt_pkcs8(&block.data, passphrase)
                    .map_err(|error| match error {
                        CryptoError::OpenSsl(text) if text.contains("PKCS12") => CryptoError::OpenSsl(
                            "error:1C800064:Provider routines::bad decrypt\n\
                             error:11800074:PKCS12 routines::pkcs12 cipherfinal error\n=\n\
                             error:11800074:PKCS12 routines::pkcs12 cipherfinal error\n=",
                        ),
                        other => other,
                    })
                    .and_then(|der| private_from_pkcs8(&der))
            }
        },
        "RSA PRIVATE KEY" => read(|der| Ok(Key::Rsa(Box::new(rsa_private(der)?)))),
        "EC PRIVATE KEY" => read(|der| ec_private(der, None)),
        "DSA PRIVATE KEY" => read(|der| Ok(dsa_private(der)?)),
        _ => return None,
    })
}

const NO_PASSPHRASE_PKCS8: CryptoError = CryptoError::OpenSsl(
    "error:07880109:common libcrypto routines::interrupted or cancelled\n\
     error:04800068:PEM routines::bad password read\n=\n\
     error:1C80009F:Provider routines::unable to get passphrase\n=\n=",
);

/// The first private key of a PEM file.
pub fn private_from_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<Key> {
    let blocks = pem::parse(text);
    blocks
        .iter()
        .find_map(|block| private_of(block, passphrase))
        .unwrap_or(Err(openssl::DECODER_UNSUPPORTED))
        .map_err(|error| match error {
            // The decoder tries on, and that it found nothing comes last.
            CryptoError::OpenSsl(text) if text.contains("asn1 encoding") => CryptoError::OpenSsl(
                "error:1E08010C:DECODER routines::unsupported\n\
                 error:0688010A:asn1 encoding routines::nested asn1 error\n\
                 error:068000A8:asn1 encoding routines::wrong tag\n\
                 =",
            ),
            other => other,
        })
}

/// The first public key of a PEM file, a certificate's, or that of a private key.
pub fn public_from_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<Key> {
    let blocks = pem::parse(text);
    for block in &blocks {
        match block.label.as_str() {
            "PUBLIC KEY" => return public_from_spki(&block.data),
            "RSA PUBLIC KEY" => return public_from_pkcs1(&block.data),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                return public_from_spki(super::x509::Certificate::parse(&block.data)?.spki());
            }
            _ => {}
        }
    }
    private_from_pem(text, passphrase)
}
