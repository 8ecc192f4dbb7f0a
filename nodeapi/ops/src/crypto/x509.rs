//! Certificates (RFC 5280) as `X509Certificate` shows them: in OpenSSL's words.

use super::der::{self, DerError, Read, Reader, tag};
use super::error::Result;
use super::key::Key;
use super::key_read;
use super::oids;
use super::sign::{SignOptions, verify};
use super::x509_names::{self, Name};

/// A parsed certificate; it keeps its bytes.
#[derive(Clone)]
pub struct Certificate {
    raw: Vec<u8>,
    tbs: Vec<u8>,
    spki: Vec<u8>,
    serial: Vec<u8>,
    pub(super) subject: Name,
    pub(super) issuer: Name,
    not_before: String,
    not_after: String,
    signature_oid: Vec<u8>,
    signature_algorithm: Vec<u8>,
    signature: Vec<u8>,
    extensions: Vec<(Vec<u8>, Vec<u8>)>,
}

const ALT_NAME: &[u8] = &[0x55, 0x1D, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 19];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 15];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 37];
const SUBJECT_KEY: &[u8] = &[0x55, 0x1D, 14];
const AUTHORITY_KEY: &[u8] = &[0x55, 0x1D, 35];
const INFO_ACCESS: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 1, 1];

/// Bit of `keyCertSign` in the first byte of a key usage.
const CERTIFICATE_SIGN: u8 = 0x04;

impl Certificate {
    /// From DER.
    pub fn parse(data: &[u8]) -> Result<Self> {
        Ok(Self::read(data)?)
    }

    fn read(data: &[u8]) -> Read<Self> {
        let mut outer = Reader(data);
        let whole = outer.element()?;
        if whole.tag != tag::SEQUENCE {
            return Err(DerError::WrongTag);
        }
        let mut reader = Reader(whole.contents);
        let tbs = reader.element()?;
        if tbs.tag != tag::SEQUENCE {
            return Err(DerError::WrongTag);
        }
        let algorithm = reader.element()?;
        let signature = reader.bits()?;
        let mut fields = Reader(tbs.contents);
        fields.optional(0xA0)?;
        let serial = fields.expect(tag::INTEGER)?;
        fields.sequence()?;
        let issuer = Name::read(&mut fields)?;
        let mut validity = fields.sequence()?;
        let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
        let subject = Name::read(&mut fields)?;
        let spki = fields.element()?;
        let mut extensions = Vec::new();
        while !fields.is_empty() {
            let element = fields.element()?;
            if element.tag != 0xA3 {
                continue;
            }
            let mut list = Reader(element.contents).sequence()?;
            while !list.is_empty() {
                let mut extension = list.sequence()?;
                let oid = extension.oid()?.to_vec();
                extension.optional(tag::BOOLEAN)?;
                extensions.push((oid, extension.expect(tag::OCTET_STRING)?.to_vec()));
            }
        }
        let signature_oid = Reader(algorithm.whole).algorithm()?.0.to_vec();
        Ok(Self {
            raw: whole.whole.to_vec(),
            tbs: tbs.whole.to_vec(),
            spki: spki.whole.to_vec(),
            serial: serial.to_vec(),
            subject,
            issuer,
            not_before,
            not_after,
            signature_oid,
            signature_algorithm: algorithm.whole.to_vec(),
            signature: signature.to_vec(),
            extensions,
        })
    }

    /// The bytes.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The public key's DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The public key.
    pub fn public_key(&self) -> Result<Key> {
        key_read::public_from_spki(&self.spki)
    }

    /// `subject`, a line for each attribute.
    pub fn subject(&self) -> String {
        self.subject.multi_line()
    }

    /// `issuer`.
    pub fn issuer(&self) -> String {
        self.issuer.multi_line()
    }

    /// `Sep  3 21:40:37 2022 GMT`.
    pub fn valid_from(&self) -> &str {
        &self.not_before
    }

    /// As `valid_from`.
    pub fn valid_to(&self) -> &str {
        &self.not_after
    }

    /// In hexadecimal.
    pub fn serial_number(&self) -> String {
        let bytes: Vec<u8> = self.serial.iter().copied().skip_while(|&byte| byte == 0).collect();
        if bytes.is_empty() { "0".to_owned() } else { hex(&bytes, "") }
    }

    /// `signatureAlgorithm`, none if it has no name here.
    pub fn signature_algorithm(&self) -> Option<&'static str> {
        oids::signature(&self.signature_oid).map(|(name, _)| name)
    }

    /// `signatureAlgorithmOid`.
    pub fn signature_algorithm_oid(&self) -> String {
        der::oid_text(&self.signature_oid)
    }

    fn extension(&self, oid: &[u8]) -> Option<&[u8]> {
        self.extensions.iter().find(|(known, _)| known == oid).map(|(_, value)| value.as_slice())
    }

    /// `subjectAltName`.
    pub fn alt_name(&self) -> Option<String> {
        let names: Vec<String> =
            self.alternatives().iter().map(|(tag, value)| x509_names::general(*tag, value)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The alternative names: tag and contents.
    fn alternatives(&self) -> Vec<(u8, Vec<u8>)> {
        let Some(value) = self.extension(ALT_NAME) else { return Vec::new() };
        let read = || -> Read<Vec<(u8, Vec<u8>)>> {
            let mut list = Reader(value).sequence()?;
            let mut names = Vec::new();
            while !list.is_empty() {
                let element = list.element()?;
                names.push((element.tag, element.contents.to_vec()));
            }
            Ok(names)
        };
        read().unwrap_or_default()
    }

    /// `infoAccess`: lines.
    pub fn info_access(&self) -> Option<String> {
        let value = self.extension(INFO_ACCESS)?;
        let read = || -> Read<Vec<String>> {
            let mut list = Reader(value).sequence()?;
            let mut lines = Vec::new();
            while !list.is_empty() {
                let mut entry = list.sequence()?;
                let oid = entry.oid()?;
                let place = entry.element()?;
                let method = match oid.last() {
                    Some(1) => "OCSP".to_owned(),
                    Some(2) => "CA Issuers".to_owned(),
                    _ => der::oid_text(oid),
                };
                lines.push(format!("{method} - {}", x509_names::general(place.tag, place.contents)));
            }
            Ok(lines)
        };
        Some(read().ok()?.join("\n"))
    }

    /// `keyUsage`: what the extended key usage allows, by identifier.
    pub fn extended_key_usage(&self) -> Option<Vec<String>> {
        let mut list = Reader(self.extension(EXTENDED_KEY_USAGE)?).sequence().ok()?;
        let mut found = Vec::new();
        while !list.is_empty() {
            found.push(der::oid_text(list.oid().ok()?));
        }
        Some(found)
    }

    /// Whether it is a certificate authority's.
    pub fn is_ca(&self) -> bool {
        let read = || -> Read<bool> {
            let mut constraints = Reader(self.extension(BASIC_CONSTRAINTS).unwrap_or_default()).sequence()?;
            Ok(constraints.optional(tag::BOOLEAN)?.is_some_and(|value| value != [0]))
        };
        read().unwrap_or(false) && self.may_sign_certificates()
    }

    fn may_sign_certificates(&self) -> bool {
        let Some(value) = self.extension(KEY_USAGE) else { return true };
        Reader(value).bits().is_ok_and(|bits| bits.first().is_some_and(|first| first & CERTIFICATE_SIGN != 0))
    }

    /// `checkIssued`: whether `issuer` may have issued this one.
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        if self.issuer != issuer.subject || !issuer.may_sign_certificates() {
            return false;
        }
        let wanted = self
            .extension(AUTHORITY_KEY)
            .and_then(|value| Reader(value).sequence().ok()?.optional(0x80).ok()?);
        let found =
            issuer.extension(SUBJECT_KEY).and_then(|value| Reader(value).expect(tag::OCTET_STRING).ok());
        match (wanted, found) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        }
    }

    /// Whether `key` made the signature.
    pub fn verify(&self, key: &Key) -> Result<bool> {
        verify_signed(&self.tbs, &self.signature_algorithm, &self.signature, key)
    }

    /// `checkHost`: the name that matches. `flags` are OpenSSL's `X509_CHECK_FLAG_*`.
    pub fn check_host(&self, host: &str, flags: u32) -> Option<String> {
        let names: Vec<Vec<u8>> =
            self.alternatives().into_iter().filter(|(tag, _)| *tag == 0x82).map(|(_, value)| value).collect();
        self.check(names, "CN", host, flags, |pattern, host| x509_names::host_matches(pattern, host, flags))
    }

    /// `checkEmail`.
    pub fn check_email(&self, email: &str, flags: u32) -> Option<String> {
        let names: Vec<Vec<u8>> =
            self.alternatives().into_iter().filter(|(tag, _)| *tag == 0x81).map(|(_, value)| value).collect();
        self.check(names, "emailAddress", email, flags, x509_names::email_matches)
    }

    fn check(
        &self,
        names: Vec<Vec<u8>>,
        attribute: &str,
        wanted: &str,
        flags: u32,
        matches: impl Fn(&str, &str) -> bool,
    ) -> Option<String> {
        const ALWAYS_CHECK_SUBJECT: u32 = 1;
        const NEVER_CHECK_SUBJECT: u32 = 32;
        let has_names = !names.is_empty();
        let found = names.iter().map(|name| String::from_utf8_lossy(name)).find(|name| matches(name, wanted));
        if let Some(name) = found {
            return Some(name.into_owned());
        }
        if has_names && flags & ALWAYS_CHECK_SUBJECT == 0 || flags & NEVER_CHECK_SUBJECT != 0 {
            return None;
        }
        self.subject.values(attribute).find(|name| matches(name, wanted)).map(str::to_owned)
    }

    /// `checkIP`: whether an address of 4 or 16 bytes is one of its names.
    pub fn check_ip(&self, address: &[u8]) -> bool {
        self.alternatives().iter().any(|(tag, value)| *tag == 0x87 && value == address)
    }
}

/// Whether `key` signed `message` by an `AlgorithmIdentifier`; false where algorithm and key do not go together.
pub(super) fn verify_signed(message: &[u8], algorithm: &[u8], signature: &[u8], key: &Key) -> Result<bool> {
    let Ok((oid, parameters)) = Reader(algorithm).algorithm() else { return Ok(false) };
    let Some((_, digest)) = oids::signature(oid) else { return Ok(false) };
    let pss = if oid == oids::RSA_PSS { key_read::pss_params(parameters)? } else { None };
    let options = match &pss {
        Some(params) => SignOptions {
            hash: Some(&params.hash),
            padding: Some(super::rsa::padding::PSS),
            salt_len: Some(params.salt_len as i32),
            ..SignOptions::default()
        },
        None => SignOptions { hash: (!digest.is_empty()).then_some(digest), ..SignOptions::default() },
    };
    Ok(verify(key, message, signature, &options).unwrap_or(false))
}

/// Upper-case digits, bytes apart by `between`.
pub(super) fn hex(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(between)
}

/// A time as OpenSSL prints it.
fn time(reader: &mut Reader<'_>) -> Read<String> {
    let element = reader.element()?;
    let digits: Vec<u32> = element
        .contents
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| u32::from(byte - b'0'))
        .collect();
    let (year_digits, short) = match element.tag {
        tag::UTC_TIME => (2, true),
        tag::GENERALIZED_TIME => (4, false),
        _ => return Err(DerError::WrongTag),
    };
    if digits.len() < year_digits + 8 {
        return Err(DerError::NotEnoughData);
    }
    let number = |from: usize, count: usize| {
        digits.iter().skip(from).take(count).fold(0, |sum, digit| sum * 10 + digit)
    };
    let mut year = number(0, year_digits);
    if short {
        year += if year < 50 { 2000 } else { 1900 };
    }
    let field = |index: usize| number(year_digits + index * 2, 2);
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.get((field(0) as usize).wrapping_sub(1)).ok_or(DerError::BadHeader)?;
    Ok(format!("{month} {:>2} {:02}:{:02}:{:02} {year} GMT", field(1), field(2), field(3), field(4)))
}

/// A signed public key and challenge (Netscape's SPKAC), from Base64.
pub struct Spkac {
    inner: Vec<u8>,
    spki: Vec<u8>,
    challenge: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

impl Spkac {
    /// From the text; none if it is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let packed: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let data = crate::base64::decode_forgiving(&packed).ok()?;
        let read = || -> Read<Self> {
            let mut reader = Reader(&data).sequence()?;
            let inner = reader.element()?;
            let algorithm = reader.element()?.whole.to_vec();
            let signature = reader.bits()?.to_vec();
            let mut fields = Reader(inner.contents);
            let spki = fields.element()?.whole.to_vec();
            let challenge = fields.element()?.contents.to_vec();
            Ok(Self { inner: inner.whole.to_vec(), spki, challenge, algorithm, signature })
        };
        read().ok()
    }

    /// Whether the signature holds.
    pub fn verify(&self) -> bool {
        key_read::public_from_spki(&self.spki)
            .and_then(|key| verify_signed(&self.inner, &self.algorithm, &self.signature, &key))
            .unwrap_or(false)
    }

    /// The public key as PEM.
    pub fn public_key(&self) -> Option<String> {
        key_read::public_from_spki(&self.spki).ok()?;
        Some(super::pem::write("PUBLIC KEY", &self.spki))
    }

    /// The challenge.
    pub fn challenge(&self) -> &[u8] {
        &self.challenge
    }
}
