//! PEM (RFC 7468), with the encryption of old (RFC 1421 headers, OpenSSL's key derivation).

use super::cipher::cbc_message;
use super::cipher_names::{CipherInfo, cipher_by_name};
use super::error::{CryptoError, Result};
use super::hash::Hasher;
use crate::base64::{self, Alphabet};

/// One block of a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemBlock {
    /// `PRIVATE KEY`, `CERTIFICATE` …
    pub label: String,
    /// The bytes.
    pub data: Vec<u8>,
    /// The contents of `DEK-Info`, if they are encrypted.
    pub encryption: Option<String>,
}

/// All blocks, in order. What is not a block is passed over; one that does not end, or is no Base64, is left out.
pub fn parse(text: &[u8]) -> Vec<PemBlock> {
    let text = String::from_utf8_lossy(text);
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) else {
            continue;
        };
        let end = format!("-----END {label}-----");
        let (mut body, mut encryption, mut ended, mut encrypted) = (String::new(), None, false, false);
        for line in lines.by_ref() {
            if line == end {
                ended = true;
                break;
            }
            match line.split_once(':') {
                Some(("DEK-Info", value)) => encryption = Some(value.trim().to_owned()),
                Some(("Proc-Type", value)) => encrypted = value.contains("ENCRYPTED"),
                Some(_) => {}
                None => body += line,
            }
        }
        let packed: String = body.chars().filter(|character| !character.is_whitespace()).collect();
        if ended && is_base64(&packed) {
            let mut data = vec![0; base64::decoded_bound(packed.len())];
            let length = base64::decode_lenient(packed.as_bytes(), &mut data);
            data.truncate(length);
            let encryption = encryption.filter(|_| encrypted);
            blocks.push(PemBlock { label: label.to_owned(), data, encryption });
        }
    }
    blocks
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// A block in lines of 64 characters.
pub fn write(label: &str, data: &[u8]) -> String {
    write_with_headers(label, "", data)
}

fn write_with_headers(label: &str, headers: &str, data: &[u8]) -> String {
    let text = base64::encode(data, Alphabet::Standard);
    let mut out = format!("-----BEGIN {label}-----\n{headers}");
    for line in text.as_bytes().chunks(64) {
        out += &String::from_utf8_lossy(line);
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

/// OpenSSL's `EVP_BytesToKey` with MD5 and one round.
pub(super) fn bytes_to_key(passphrase: &[u8], salt: &[u8], length: usize) -> Result<Vec<u8>> {
    let mut key: Vec<u8> = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    while key.len() < length {
        let mut hasher = Hasher::new("md5", None)?;
        hasher.update(&last);
        hasher.update(passphrase);
        hasher.update(&salt[..8.min(salt.len())]);
        last = hasher.finish();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    Ok(key)
}

/// A block encrypted under a passphrase, with a random vector `iv`.
pub(super) fn write_encrypted(
    label: &str,
    info: &CipherInfo,
    passphrase: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Result<String> {
    let key = bytes_to_key(passphrase, iv, info.key_len)?;
    let sealed = cbc_message(info, true, &key, iv, data)?;
    let hex: String = iv.iter().map(|byte| format!("{byte:02X}")).collect();
    let headers = format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: {},{hex}\n\n", info.name.to_ascii_uppercase());
    Ok(write_with_headers(label, &headers, &sealed))
}

/// The bytes of a block, decrypted where that is needed.
pub(super) fn open(block: &PemBlock, passphrase: Option<&[u8]>) -> Result<Vec<u8>> {
    let Some(encryption) = &block.encryption else { return Ok(block.data.clone()) };
    let unsupported = CryptoError::OpenSsl("error:04800072:PEM routines::unsupported encryption");
    let (name, hex) = encryption.split_once(',').ok_or_else(|| unsupported.clone())?;
    let info = cipher_by_name(name).ok_or(unsupported)?;
    let iv: Vec<u8> = (0..hex.len() / 2)
        .filter_map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok())
        .collect();
    let passphrase = passphrase.ok_or(NO_PASSPHRASE_PEM)?;
    let key = bytes_to_key(passphrase, &iv, info.key_len)?;
    cbc_message(info, false, &key, &iv, &block.data).map_err(|_| {
        CryptoError::OpenSsl(
            "error:1C800064:Provider routines::bad decrypt\n\
             error:04800065:PEM routines::bad decrypt\n\
             error:1C800064:Provider routines::bad decrypt",
        )
    })
}

/// A PEM that needs a passphrase and has none.
pub(super) const NO_PASSPHRASE_PEM: CryptoError = CryptoError::OpenSsl(
    "error:07880109:common libcrypto routines::interrupted or cancelled\n\
     error:04800068:PEM routines::bad password read\n=\n=",
);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &[u8])]) {
        let blocks = parse(text.as_bytes());
        let found: Vec<(&str, &[u8])> =
            blocks.iter().map(|block| (block.label.as_str(), block.data.as_slice())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn blocks_are_found_between_other_lines() {
        check("", &[]);
        check("x\n-----BEGIN A-----\nAAEC\n-----END A-----\ny", &[("A", &[0, 1, 2])]);
        check("-----BEGIN A-----\r\nAA\r\nEC\r\n-----END A-----\r\n", &[("A", &[0, 1, 2])]);
        check("-----BEGIN A-----\nAAEC\n-----END B-----\n", &[]);
        check("-----BEGIN A-----\nA?EC\n-----END A-----\n", &[]);
        check(
            "-----BEGIN A-----\nAA==\n-----END A-----\n-----BEGIN B-----\n-----END B-----",
            &[("A", &[0]), ("B", &[])],
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let data: Vec<u8> = (0..100).collect();
        check(&write("SOME DATA", &data), &[("SOME DATA", &data)]);
    }
}
