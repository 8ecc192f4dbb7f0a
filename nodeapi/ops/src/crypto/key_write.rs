//! Keys to DER and PEM; the formats are those of `key_read.rs`.

use num_bigint::BigUint;

use super::bignum::{Random, padded};
use super::block::BlockKind;
use super::cipher::cbc_message;
use super::cipher_names::{CipherInfo, cipher_by_name};
use super::der;
use super::derive::pbkdf2;
use super::error::{CryptoError, Result};
use super::key::{EcKey, Key};
use super::key_read::KeyEncoding;
use super::oids;
use super::pem;
use super::rsa::{PssParams, RsaKey};

/// Rounds of PBKDF2 for a key at rest, as OpenSSL's default.
const ROUNDS: u32 = 2048;
const SALT_BYTES: usize = 16;

fn algorithm(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), parameters])
}

fn pss_algorithm(params: Option<&PssParams>) -> Vec<u8> {
    let Some(params) = params else { return algorithm(oids::RSA_PSS, &[]) };
    let digest =
        |name: &str| der::sequence(&[&der::oid(oids::digest_oid(name).unwrap_or_default()), &der::NULL]);
    let is_sha1 = |name: &str| oids::same_digest(name, "sha1");
    let tagged = |tag: u8, inner: &[u8]| der::element(tag, &[inner]);
    let mut parts = Vec::new();
    if !is_sha1(&params.hash) {
        parts.extend(tagged(0xA0, &digest(&params.hash)));
    }
    if !is_sha1(&params.mgf1_hash) {
        parts.extend(tagged(0xA1, &der::sequence(&[&der::oid(oids::MGF1), &digest(&params.mgf1_hash)])));
    }
    if params.salt_len != 20 {
        parts.extend(tagged(0xA2, &der::small(params.salt_len as u32)));
    }
    algorithm(oids::RSA_PSS, &der::sequence(&[&parts]))
}

fn curve(key: &EcKey) -> Vec<u8> {
    if key.explicit { key.curve.explicit() } else { der::oid(key.curve.oid()) }
}

fn key_algorithm(key: &Key) -> Vec<u8> {
    let numbers = |list: &[&BigUint]| {
        let parts: Vec<Vec<u8>> = list.iter().map(|number| der::integer(number)).collect();
        der::sequence(&[&parts.concat()])
    };
    match key {
        Key::Rsa(key) => match &key.pss {
            None => algorithm(oids::RSA, &der::NULL),
            Some(params) => pss_algorithm(params.as_ref()),
        },
        Key::Ec(key) => algorithm(oids::EC, &curve(key)),
        Key::Dsa(key) => algorithm(oids::DSA, &numbers(&[&key.p, &key.q, &key.g])),
        Key::Dh(key) => match &key.q {
            Some(q) => algorithm(oids::DHX, &numbers(&[&key.p, &key.g, q])),
            None => algorithm(oids::DH, &numbers(&[&key.p, &key.g])),
        },
        Key::Okp(key) => algorithm(key.kind.oid(), &[]),
    }
}

/// SubjectPublicKeyInfo.
pub fn spki(key: &Key) -> Vec<u8> {
    let bits = match key {
        Key::Rsa(key) => rsa_public(key),
        Key::Ec(key) => key.curve.write_point(&key.point, key.form),
        Key::Dsa(key) => der::integer(&key.y),
        Key::Dh(key) => der::integer(&key.y),
        Key::Okp(key) => key.public.clone(),
    };
    der::sequence(&[&key_algorithm(key), &der::bits(&bits)])
}

fn rsa_public(key: &RsaKey) -> Vec<u8> {
    der::sequence(&[&der::integer(&key.n), &der::integer(&key.e)])
}

fn rsa_private(key: &RsaKey) -> Vec<u8> {
    let Some(private) = &key.private else { return Vec::new() };
    let numbers = [&key.n, &key.e, &private.d, &private.p, &private.q, &private.dp, &private.dq, &private.qi];
    let parts: Vec<Vec<u8>> = numbers.iter().map(|number| der::integer(number)).collect();
    der::sequence(&[&der::small(0), &parts.concat()])
}

fn ec_private(key: &EcKey, with_curve: bool) -> Vec<u8> {
    let private = key.private.as_deref().unwrap_or_default();
    let number = der::octets(&padded(&BigUint::from_bytes_be(private), key.curve.size()));
    let curve = if with_curve { der::element(0xA0, &[&curve(key)]) } else { Vec::new() };
    let point = key.curve.write_point(&key.point, key.form);
    let point = der::element(0xA1, &[&der::bits(&point)]);
    der::sequence(&[&der::small(1), &number, &curve, &point])
}

/// `PrivateKeyInfo`.
pub fn pkcs8(key: &Key) -> Vec<u8> {
    let inner = match key {
        Key::Rsa(key) => rsa_private(key),
        Key::Ec(key) => ec_private(key, false),
        Key::Dsa(key) => der::integer(&key.x.clone().unwrap_or_default()),
        Key::Dh(key) => der::integer(&key.x.clone().unwrap_or_default()),
        Key::Okp(key) => der::octets(key.private.as_deref().unwrap_or_default()),
    };
    der::sequence(&[&der::small(0), &key_algorithm(key), &der::octets(&inner)])
}

/// What a private key is encrypted with.
#[derive(Clone, Copy)]
pub struct KeyCipher<'a> {
    /// OpenSSL's name of the cipher.
    pub name: &'a str,
    /// The passphrase.
    pub passphrase: &'a [u8],
}

impl KeyCipher<'_> {
    fn info(&self) -> Result<&'static CipherInfo> {
        let info = cipher_by_name(self.name)
            .ok_or_else(|| CryptoError::plain("ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher"))?;
        if BlockKind::is_for_keys(info) && oids::cipher_oid(info.name).is_some() {
            return Ok(info);
        }
        Err(CryptoError::OpenSsl("error:0300007A:digital envelope routines::cipher parameter error"))
    }
}

/// `EncryptedPrivateKeyInfo` by PBES2.
fn encrypted_pkcs8(key: &Key, cipher: KeyCipher<'_>, random: Random<'_>) -> Result<Vec<u8>> {
    let info = cipher.info()?;
    let (mut salt, mut iv) = (vec![0; SALT_BYTES], vec![0; info.iv_len]);
    random(&mut salt);
    random(&mut iv);
    let secret = pbkdf2("sha256", cipher.passphrase, &salt, ROUNDS, info.key_len)?;
    let sealed = cbc_message(info, true, &secret, &iv, &pkcs8(key))?;
    let function = algorithm(
        oids::PBKDF2,
        &der::sequence(&[
            &der::octets(&salt),
            &der::small(ROUNDS),
            &algorithm(oids::HMAC_SHA256, &der::NULL),
        ]),
    );
    let oid = oids::cipher_oid(info.name).unwrap_or_default();
    let scheme = algorithm(oid, &der::octets(&iv));
    let parameters = der::sequence(&[&function, &scheme]);
    Ok(der::sequence(&[&algorithm(oids::PBES2, &parameters), &der::octets(&sealed)]))
}

/// A public key.
pub fn public_der(key: &Key, encoding: KeyEncoding) -> (Vec<u8>, &'static str) {
    match (key, encoding) {
        (Key::Rsa(key), KeyEncoding::Pkcs1) => (rsa_public(key), "RSA PUBLIC KEY"),
        _ => (spki(key), "PUBLIC KEY"),
    }
}

/// A private key in DER.
pub fn private_der(
    key: &Key,
    encoding: KeyEncoding,
    cipher: Option<KeyCipher<'_>>,
    random: Random<'_>,
) -> Result<Vec<u8>> {
    match (key, encoding, cipher) {
        (Key::Rsa(key), KeyEncoding::Pkcs1, _) => Ok(rsa_private(key)),
        (Key::Ec(key), KeyEncoding::Sec1, _) => Ok(ec_private(key, true)),
        (key, _, Some(cipher)) => encrypted_pkcs8(key, cipher, random),
        (key, ..) => Ok(pkcs8(key)),
    }
}

/// A private key in PEM.
pub fn private_pem(
    key: &Key,
    encoding: KeyEncoding,
    cipher: Option<KeyCipher<'_>>,
    random: Random<'_>,
) -> Result<String> {
    let (label, plain) = match (key, encoding) {
        (Key::Rsa(key), KeyEncoding::Pkcs1) => ("RSA PRIVATE KEY", rsa_private(key)),
        (Key::Ec(key), KeyEncoding::Sec1) => ("EC PRIVATE KEY", ec_private(key, true)),
        (key, _) => {
            let label = if cipher.is_some() { "ENCRYPTED PRIVATE KEY" } else { "PRIVATE KEY" };
            return Ok(pem::write(label, &private_der(key, KeyEncoding::Pkcs8, cipher, random)?));
        }
    };
    match cipher {
        None => Ok(pem::write(label, &plain)),
        Some(cipher) => {
            let info = cipher.info()?;
            let mut iv = vec![0; info.iv_len];
            random(&mut iv);
            pem::write_encrypted(label, info, cipher.passphrase, &iv, &plain)
        }
    }
}
