//! A certificate as far as trust in it goes. RFC 5280; versions 1 and 3.

use super::{
    der::{self, BIT_STRING, BOOLEAN, Der, Element, INTEGER, OCTET_STRING, OID, SEQUENCE},
    provider::{Digest, Padding, PublicKey},
};

/// What chains are built of.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The whole, DER.
    pub der: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
    algorithm: Option<(Digest, Padding)>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) not_before_s: i64,
    pub(super) not_after_s: i64,
    pub(super) key: Option<PublicKey>,
    /// The subject's public key with its algorithm, DER.
    pub spki: Vec<u8>,
    /// Basic constraints: `None` without the extension.
    pub(super) is_authority: Option<bool>,
    pub(super) path_length: Option<u32>,
    /// The usage for other certificates' signatures, where usages are listed.
    pub(super) may_sign_certificates: Option<bool>,
    /// OIDs of extended usages, where there are any.
    pub(super) purposes: Vec<String>,
    /// Extensions that must be understood and are not.
    pub(super) has_unknown_critical: bool,
    is_version_3: bool,
}

/// Extensions that this code, or Node's own, looks at.
const UNDERSTOOD: &[&str] = &[
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
    "2.5.29.30",
    "2.5.29.36",
    "1.3.6.1.5.5.7.1.1",
    "2.16.840.1.113730.1.1",
];

impl Certificate {
    /// Reads one.
    ///
    /// `None` for what is no certificate.
    pub fn parse(bytes: &[u8]) -> Option<Certificate> {
        let mut input = Der(bytes);
        let whole = input.take(SEQUENCE)?;
        let mut outer = Der(whole.contents);
        let signed = outer.take(SEQUENCE)?;
        let algorithm = outer.take(SEQUENCE)?;
        let signature = der::bit_string(outer.take(BIT_STRING)?.contents)?;
        let mut body = Der(signed.contents);
        let version = body.inside(0xa0);
        body.take(INTEGER)?;
        body.take(SEQUENCE)?;
        let issuer = body.take(SEQUENCE)?.whole.to_vec();
        let mut validity = body.inside(SEQUENCE)?;
        let (not_before, not_after) = (validity.next()?, validity.next()?);
        let subject = body.take(SEQUENCE)?.whole.to_vec();
        let spki = body.take(SEQUENCE)?;
        let mut certificate = Certificate {
            der: whole.whole.to_vec(),
            signed: signed.whole.to_vec(),
            signature: signature.to_vec(),
            algorithm: signature_algorithm(Der(algorithm.contents)),
            issuer,
            subject,
            not_before_s: der::seconds(not_before)?,
            not_after_s: der::seconds(not_after)?,
            key: public_key(Der(spki.contents)),
            spki: spki.whole.to_vec(),
            is_authority: None,
            path_length: None,
            may_sign_certificates: None,
            purposes: Vec::new(),
            has_unknown_critical: false,
            is_version_3: version.is_some_and(|mut version| {
                version.take(INTEGER).is_some_and(|number| number.contents == [2])
            }),
        };
        body.take(0x81);
        body.take(0x82);
        if let Some(mut extensions) = body.inside(0xa3) {
            let mut list = extensions.inside(SEQUENCE)?;
            while let Some(mut extension) = list.inside(SEQUENCE) {
                certificate.read_extension(&mut extension)?;
            }
        }
        Some(certificate)
    }

    fn read_extension(&mut self, extension: &mut Der<'_>) -> Option<()> {
        let id = der::oid_text(extension.take(OID)?.contents)?;
        let is_critical = extension.take(BOOLEAN).is_some_and(|flag| flag.contents != [0]);
        let mut value = Der(extension.take(OCTET_STRING)?.contents);
        match id.as_str() {
            "2.5.29.19" => {
                let mut constraints = value.inside(SEQUENCE)?;
                self.is_authority = Some(constraints.take(BOOLEAN).is_some_and(|flag| flag.contents != [0]));
                self.path_length = constraints.take(INTEGER).and_then(|number| small_number(&number));
            }
            "2.5.29.15" => {
                let bits = value.take(BIT_STRING)?.contents.get(1).copied().unwrap_or(0);
                self.may_sign_certificates = Some(bits & 0x04 != 0);
            }
            "2.5.29.37" => {
                let mut list = value.inside(SEQUENCE)?;
                while let Some(purpose) = list.take(OID) {
                    self.purposes.push(der::oid_text(purpose.contents)?);
                }
            }
            _ => self.has_unknown_critical |= is_critical && !UNDERSTOOD.contains(&id.as_str()),
        }
        Some(())
    }

    /// Whether it names itself as its issuer, and is signed with its own key.
    pub(super) fn is_self_signed(&self) -> bool {
        self.issuer == self.subject && self.is_signed_by(self)
    }

    /// Whether another one's key made its signature.
    pub(super) fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let (Some((digest, padding)), Some(key)) = (self.algorithm, &issuer.key) else { return false };
        key.verifies(digest, padding, &self.signed, &self.signature)
    }

    /// Whether it may sign others. A self-signed one of version 1 may, as OpenSSL has it.
    pub(super) fn may_be_issuer(&self) -> bool {
        if self.may_sign_certificates == Some(false) {
            return false;
        }
        match self.is_authority {
            Some(is_authority) => is_authority,
            None => {
                (!self.is_version_3 && self.issuer == self.subject)
                    || self.may_sign_certificates == Some(true)
            }
        }
    }

    /// The subject's key.
    pub fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }
}

fn small_number(element: &Element<'_>) -> Option<u32> {
    match *element.contents {
        [low] => Some(u32::from(low)),
        [0, low] => Some(u32::from(low)),
        _ => None,
    }
}

/// What an AlgorithmIdentifier of a signature says.
fn signature_algorithm(mut input: Der<'_>) -> Option<(Digest, Padding)> {
    let id = der::oid_text(input.take(OID)?.contents)?;
    let pkcs1 = |digest| Some((digest, Padding::Pkcs1));
    match id.as_str() {
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => pkcs1(Digest::Sha1),
        "1.2.840.113549.1.1.14" | "1.2.840.10045.4.3.1" => pkcs1(Digest::Sha224),
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => pkcs1(Digest::Sha256),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => pkcs1(Digest::Sha384),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => pkcs1(Digest::Sha512),
        // Ed25519 has a digest of its own.
        "1.3.101.112" => pkcs1(Digest::Sha512),
        "1.2.840.113549.1.1.10" => pss(input),
        _ => None,
    }
}

/// RSASSA-PSS-params, RFC 4055.
fn pss(mut input: Der<'_>) -> Option<(Digest, Padding)> {
    let mut params = input.inside(SEQUENCE)?;
    let digest = match params.inside(0xa0) {
        None => Digest::Sha1,
        Some(mut hash) => {
            let id = der::oid_text(hash.inside(SEQUENCE)?.take(OID)?.contents)?;
            match id.as_str() {
                "1.3.14.3.2.26" => Digest::Sha1,
                "2.16.840.1.101.3.4.2.4" => Digest::Sha224,
                "2.16.840.1.101.3.4.2.1" => Digest::Sha256,
                "2.16.840.1.101.3.4.2.2" => Digest::Sha384,
                "2.16.840.1.101.3.4.2.3" => Digest::Sha512,
                _ => return None,
            }
        }
    };
    params.take(0xa1);
    let salt = match params.inside(0xa2) {
        None => 20,
        Some(mut salt) => small_number(&salt.take(INTEGER)?)? as usize,
    };
    Some((digest, Padding::Pss(salt)))
}

/// SubjectPublicKeyInfo.
fn public_key(mut input: Der<'_>) -> Option<PublicKey> {
    let mut algorithm = input.inside(SEQUENCE)?;
    let bits = der::bit_string(input.take(BIT_STRING)?.contents)?;
    let id = der::oid_text(algorithm.take(OID)?.contents)?;
    match id.as_str() {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => PublicKey::rsa(bits),
        "1.2.840.10045.2.1" => PublicKey::point(&der::oid_text(algorithm.take(OID)?.contents)?, bits),
        "1.3.101.112" => PublicKey::ed25519(bits),
        _ => None,
    }
}

/// The blocks of a PEM text with one of these labels, decoded, in their order; a text without a block gives none.
pub fn pem_blocks(text: &[u8], labels: &[&str]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    let mut blocks = Vec::new();
    let mut rest = &text[..];
    while let Some(at) = rest.find("-----BEGIN ") {
        rest = &rest[at + 11..];
        let Some(end) = rest.find("-----") else { break };
        let label = &rest[..end];
        rest = &rest[end + 5..];
        let Some(close) = rest.find(&format!("-----END {label}-----")) else { break };
        if labels.contains(&label) {
            let body: String = rest[..close].chars().filter(|c| !c.is_whitespace()).collect();
            blocks.extend(crate::base64::decode_forgiving(body.as_bytes()).ok());
        }
        rest = &rest[close..];
    }
    blocks
}
