//! A certificate in the words of Node's `getPeerCertificate()`: `node::crypto::X509Certificate::ToLegacyObject`.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::der::{self, BIT_STRING, BOOLEAN, Der, INTEGER, OCTET_STRING, OID, SEQUENCE};

const SET: u8 = 0x31;
const BMP_STRING: u8 = 0x1e;

/// The public key, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyWords {
    /// RSA: modulus and exponent in hexadecimal, bits.
    Rsa {
        /// Upper case, without a sign.
        modulus: String,
        /// `0x10001`.
        exponent: String,
        /// Of the modulus.
        bits: u32,
    },
    /// A point on a curve: OpenSSL's and NIST's names for it.
    Curve {
        /// `prime256v1`.
        asn1: &'static str,
        /// `P-256`.
        nist: Option<&'static str>,
        /// Of the field.
        bits: u32,
        /// The point.
        point: Vec<u8>,
    },
    /// Node shows nothing of others.
    Other,
}

/// The parts of a certificate, in the order in which Node shows them.
#[derive(Clone, Debug)]
pub struct Words {
    /// Short names and values, in the certificate's order.
    pub subject: Vec<(String, String)>,
    /// Likewise.
    pub issuer: Vec<(String, String)>,
    /// `DNS:localhost, IP Address:127.0.0.1`.
    pub alt_names: Option<String>,
    /// `OCSP - URI:http://…`, a line each.
    pub info_access: Option<String>,
    /// Basic constraints.
    pub is_authority: bool,
    /// The key.
    pub key: KeyWords,
    /// SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// `Sep  3 21:40:37 2022 GMT`.
    pub valid_from: String,
    /// Likewise.
    pub valid_to: String,
    /// SHA-1, SHA-256, SHA-512: pairs of digits with colons.
    pub fingerprints: [String; 3],
    /// OIDs.
    pub purposes: Vec<String>,
    /// Upper case digits.
    pub serial: String,
}

fn hex(bytes: &[u8], separator: &str) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.join(separator)
}

/// A number's digits without a leading zero byte.
fn number(bytes: &[u8]) -> &[u8] {
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => rest,
        bytes => bytes,
    }
}

/// Describes a certificate; `None` for what is none.
pub fn describe(certificate: &[u8]) -> Option<Words> {
    let mut outer = Der(Der(certificate).take(SEQUENCE)?.contents);
    let mut body = outer.inside(SEQUENCE)?;
    body.inside(0xa0);
    let serial = hex(number(body.take(INTEGER)?.contents), "");
    body.take(SEQUENCE)?;
    let issuer = name(body.inside(SEQUENCE)?);
    let mut validity = body.inside(SEQUENCE)?;
    let (from, to) = (der::seconds(validity.next()?)?, der::seconds(validity.next()?)?);
    let subject = name(body.inside(SEQUENCE)?);
    let spki = body.take(SEQUENCE)?;
    let mut words = Words {
        subject,
        issuer,
        alt_names: None,
        info_access: None,
        is_authority: false,
        key: key_words(Der(spki.contents)).unwrap_or(KeyWords::Other),
        spki: spki.whole.to_vec(),
        valid_from: date(from),
        valid_to: date(to),
        fingerprints: [
            hex(&Sha1::digest(certificate), ":"),
            hex(&Sha256::digest(certificate), ":"),
            hex(&Sha512::digest(certificate), ":"),
        ],
        purposes: Vec::new(),
        serial,
    };
    body.take(0x81);
    body.take(0x82);
    if let Some(mut extensions) = body.inside(0xa3) {
        let mut list = extensions.inside(SEQUENCE)?;
        while let Some(mut extension) = list.inside(SEQUENCE) {
            let id = der::oid_text(extension.take(OID)?.contents)?;
            extension.take(BOOLEAN);
            words.read(&id, Der(extension.take(OCTET_STRING)?.contents));
        }
    }
    Some(words)
}

impl Words {
    fn read(&mut self, id: &str, mut value: Der<'_>) -> Option<()> {
        match id {
            "2.5.29.17" => {
                let mut list = value.inside(SEQUENCE)?;
                let mut names = Vec::new();
                while let Some(one) = list.next() {
                    names.push(general_name(one));
                }
                self.alt_names = Some(names.join(", "));
            }
            "1.3.6.1.5.5.7.1.1" => {
                let mut list = value.inside(SEQUENCE)?;
                let mut lines = String::new();
                while let Some(mut one) = list.inside(SEQUENCE) {
                    let method = match der::oid_text(one.take(OID)?.contents)?.as_str() {
                        "1.3.6.1.5.5.7.48.1" => "OCSP".to_owned(),
                        "1.3.6.1.5.5.7.48.2" => "CA Issuers".to_owned(),
                        id => id.to_owned(),
                    };
                    lines.push_str(&format!("{method} - {}\n", general_name(one.next()?)));
                }
                self.info_access = Some(lines);
            }
            "2.5.29.19" => {
                let mut constraints = value.inside(SEQUENCE)?;
                self.is_authority = constraints.take(BOOLEAN).is_some_and(|flag| flag.contents != [0]);
            }
            "2.5.29.37" => {
                let mut list = value.inside(SEQUENCE)?;
                while let Some(one) = list.take(OID) {
                    self.purposes.push(der::oid_text(one.contents)?);
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// A name's parts: X.501, under OpenSSL's short names.
fn name(mut input: Der<'_>) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    while let Some(mut set) = input.inside(SET) {
        while let Some(mut pair) = set.inside(SEQUENCE) {
            let (Some(id), Some(value)) = (pair.take(OID), pair.next()) else { continue };
            let Some(id) = der::oid_text(id.contents) else { continue };
            let text = if value.tag == BMP_STRING {
                let units: Vec<u16> =
                    value.contents.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
                String::from_utf16_lossy(&units)
            } else {
                String::from_utf8_lossy(value.contents).into_owned()
            };
            parts.push((short_name(&id).map_or(id, str::to_owned), text));
        }
    }
    parts
}

fn short_name(id: &str) -> Option<&'static str> {
    Some(match id {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.15" => "businessCategory",
        "2.5.4.17" => "postalCode",
        "2.5.4.42" => "GN",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        "1.3.6.1.4.1.311.60.2.1.1" => "jurisdictionL",
        "1.3.6.1.4.1.311.60.2.1.2" => "jurisdictionST",
        "1.3.6.1.4.1.311.60.2.1.3" => "jurisdictionC",
        _ => return None,
    })
}

/// A name of X.509's GeneralName, as `node::crypto` prints it. RFC 5280, 4.2.1.6.
fn general_name(one: der::Element<'_>) -> String {
    let text = || quoted(&String::from_utf8_lossy(one.contents));
    match (one.tag, one.contents.len()) {
        (0x81, _) => format!("email:{}", text()),
        (0x82, _) => format!("DNS:{}", text()),
        (0x86, _) => format!("URI:{}", text()),
        (0x87, 4) => {
            let parts: Vec<String> = one.contents.iter().map(u8::to_string).collect();
            format!("IP Address:{}", parts.join("."))
        }
        (0x87, 16) => {
            let parts: Vec<String> = one
                .contents
                .chunks_exact(2)
                .map(|two| format!("{:X}", u16::from_be_bytes([two[0], two[1]])))
                .collect();
            format!("IP Address:{}", parts.join(":"))
        }
        (0x88, _) => format!("Registered ID:{}", der::oid_text(one.contents).unwrap_or_default()),
        (0xa4, _) => {
            let mut inner = Der(one.contents);
            let parts = inner.inside(SEQUENCE).map(name).unwrap_or_default();
            let parts: Vec<String> = parts.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            format!("DirName:{}", quoted(&parts.join(", ")))
        }
        _ => "othername:<unsupported>".to_owned(),
    }
}

/// What could be taken for something else is a JSON string: CVE-2021-44532.
fn quoted(text: &str) -> String {
    let plain = |c: char| (' '..='~').contains(&c) && !matches!(c, '"' | '\\' | ',' | '\'');
    if text.chars().all(plain) {
        return text.to_owned();
    }
    serde_json::Value::String(text.to_owned()).to_string()
}

fn key_words(mut input: Der<'_>) -> Option<KeyWords> {
    let mut algorithm = input.inside(SEQUENCE)?;
    let bits = der::bit_string(input.take(BIT_STRING)?.contents)?;
    match der::oid_text(algorithm.take(OID)?.contents)?.as_str() {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => {
            let mut pair = Der(Der(bits).take(SEQUENCE)?.contents);
            let (modulus, exponent) =
                (number(pair.take(INTEGER)?.contents), number(pair.take(INTEGER)?.contents));
            let leading = modulus.first()?.leading_zeros();
            let digits = exponent.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
            Some(KeyWords::Rsa {
                modulus: hex(modulus, ""),
                exponent: format!("0x{digits:x}"),
                bits: modulus.len() as u32 * 8 - leading,
            })
        }
        "1.2.840.10045.2.1" => {
            let (asn1, nist, size) = match der::oid_text(algorithm.take(OID)?.contents)?.as_str() {
                "1.2.840.10045.3.1.7" => ("prime256v1", Some("P-256"), 256),
                "1.3.132.0.34" => ("secp384r1", Some("P-384"), 384),
                "1.3.132.0.35" => ("secp521r1", Some("P-521"), 521),
                "1.3.132.0.10" => ("secp256k1", None, 256),
                _ => return None,
            };
            Some(KeyWords::Curve { asn1, nist, bits: size, point: bits.to_vec() })
        }
        _ => Some(KeyWords::Other),
    }
}

/// As OpenSSL's ASN1_TIME_print.
fn date(seconds: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The reverse of `der::seconds`.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 2 } else { month - 10 };
    let year = year_of_era + era * 400 + i64::from(month < 2);
    let name = MONTHS[month as usize];
    format!("{name} {day:2} {:02}:{:02}:{:02} {year} GMT", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let check = |seconds: i64, expect: &str| assert_eq!(date(seconds), expect);
        check(0, "Jan  1 00:00:00 1970 GMT");
        check(951_825_600, "Feb 29 12:00:00 2000 GMT");
        check(2_524_607_999, "Dec 31 23:59:59 2049 GMT");
    }

    #[test]
    fn names_that_could_be_misread_are_quoted() {
        let check = |text: &str, expect: &str| assert_eq!(quoted(text), expect);
        check("a.example", "a.example");
        check("a, DNS:b", "\"a, DNS:b\"");
        check("é", "\"é\"");
    }
}
