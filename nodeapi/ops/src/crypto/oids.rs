//! OBJECT IDENTIFIERs by OpenSSL's names. Contents are written as DER has them.

/// `(name, contents)` of the digests that sign.
const DIGESTS: &[(&str, &[u8])] = &[
    ("md5", &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 5]),
    ("sha1", &[0x2B, 0x0E, 3, 2, 0x1A]),
    ("ripemd160", &[0x2B, 0x24, 3, 2, 1]),
    ("sha256", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]),
    ("sha384", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2]),
    ("sha512", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3]),
    ("sha224", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4]),
    ("sha512-224", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 5]),
    ("sha512-256", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 6]),
    ("sha3-224", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 7]),
    ("sha3-256", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 8]),
    ("sha3-384", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 9]),
    ("sha3-512", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 10]),
];

/// The identifier of a digest, whatever it is called; none for those that do not sign.
pub(super) fn digest_oid(name: &str) -> Option<&'static [u8]> {
    let plain = super::hash::plain_name(name)?;
    DIGESTS.iter().find(|(known, _)| *known == plain).map(|(_, oid)| *oid)
}

/// The name of a digest.
pub(super) fn digest_name(oid: &[u8]) -> Option<&'static str> {
    DIGESTS.iter().find(|(_, known)| *known == oid).map(|(name, _)| *name)
}

/// Whether two names are of one digest.
pub(super) fn same_digest(left: &str, right: &str) -> bool {
    super::hash::plain_name(left) == super::hash::plain_name(right)
}

pub(super) const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
pub(super) const RSA_PSS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10];
pub(super) const MGF1: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8];
pub(super) const DSA: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 1];
pub(super) const DH: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 3, 1];
pub(super) const DHX: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3E, 2, 1];
pub(super) const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
pub(super) const PRIME_FIELD: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 1, 1];
pub(super) const PBES2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 13];
pub(super) const PBKDF2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 12];
pub(super) const SCRYPT: &[u8] = &[0x2B, 6, 1, 4, 1, 0xDA, 0x47, 4, 11];

/// HMAC with SHA-1 (7) to SHA-512 (11), as PBKDF2 names its function.
pub(super) fn hmac_name(oid: &[u8]) -> Option<&'static str> {
    match oid.strip_prefix(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2])? {
        [7] => Some("sha1"),
        [8] => Some("sha224"),
        [9] => Some("sha256"),
        [10] => Some("sha384"),
        [11] => Some("sha512"),
        _ => None,
    }
}

pub(super) const HMAC_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 9];

/// Ciphers that keys are encrypted with: `(OpenSSL's name, contents)`.
const CIPHERS: &[(&str, &[u8])] = &[
    ("aes-128-cbc", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2]),
    ("aes-192-cbc", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22]),
    ("aes-256-cbc", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]),
    ("aes-128-ecb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 1]),
    ("aes-192-ecb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 21]),
    ("aes-256-ecb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 41]),
    ("aes-128-ofb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 3]),
    ("aes-192-ofb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 23]),
    ("aes-256-ofb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 43]),
    ("aes-128-cfb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 4]),
    ("aes-192-cfb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 24]),
    ("aes-256-cfb", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 44]),
    ("des-ede3-cbc", &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 3, 7]),
];

/// The identifier of a cipher for keys.
pub(super) fn cipher_oid(name: &str) -> Option<&'static [u8]> {
    CIPHERS.iter().find(|(known, _)| *known == name).map(|(_, oid)| *oid)
}

/// The cipher's name.
pub(super) fn cipher_name(oid: &[u8]) -> Option<&'static str> {
    CIPHERS.iter().find(|(_, known)| *known == oid).map(|(name, _)| *name)
}

/// Signature algorithms of certificates: contents, the name as OpenSSL prints it, the digest (empty for none of its own).
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 4], "md5WithRSAEncryption", "md5"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5], "sha1WithRSAEncryption", "sha1"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10], "rsassaPss", ""),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11], "sha256WithRSAEncryption", "sha256"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 12], "sha384WithRSAEncryption", "sha384"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 13], "sha512WithRSAEncryption", "sha512"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 14], "sha224WithRSAEncryption", "sha224"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1], "ecdsa-with-SHA1", "sha1"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 1], "ecdsa-with-SHA224", "sha224"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2], "ecdsa-with-SHA256", "sha256"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3], "ecdsa-with-SHA384", "sha384"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4], "ecdsa-with-SHA512", "sha512"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 3], "dsa-with-SHA1", "sha1"),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1], "dsa_with_SHA224", "sha224"),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2], "dsa_with_SHA256", "sha256"),
    (&[0x2B, 0x65, 0x70], "ED25519", ""),
    (&[0x2B, 0x65, 0x71], "ED448", ""),
];

/// `(OpenSSL's long name, digest)` of a signature algorithm.
pub(super) fn signature(oid: &[u8]) -> Option<(&'static str, &'static str)> {
    SIGNATURES.iter().find(|(known, ..)| *known == oid).map(|&(_, name, digest)| (name, digest))
}

/// Attributes of names, by OpenSSL's short names.
const ATTRIBUTES: &[(&[u8], &str)] = &[
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 4], "SN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "street"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 12], "title"),
    (&[0x55, 4, 13], "description"),
    (&[0x55, 4, 15], "businessCategory"),
    (&[0x55, 4, 17], "postalCode"),
    (&[0x55, 4, 18], "postOfficeBox"),
    (&[0x55, 4, 20], "telephoneNumber"),
    (&[0x55, 4, 41], "name"),
    (&[0x55, 4, 42], "GN"),
    (&[0x55, 4, 43], "initials"),
    (&[0x55, 4, 44], "generationQualifier"),
    (&[0x55, 4, 45], "x500UniqueIdentifier"),
    (&[0x55, 4, 46], "dnQualifier"),
    (&[0x55, 4, 65], "pseudonym"),
    (&[0x55, 4, 97], "organizationIdentifier"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1], "emailAddress"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 2], "unstructuredName"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 8], "unstructuredAddress"),
    (&[9, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1], "UID"),
    (&[9, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25], "DC"),
    (&[0x2B, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 1], "jurisdictionL"),
    (&[0x2B, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 2], "jurisdictionST"),
    (&[0x2B, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 3], "jurisdictionC"),
];

/// OpenSSL's short name of an attribute.
pub(super) fn attribute(oid: &[u8]) -> Option<&'static str> {
    ATTRIBUTES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}
