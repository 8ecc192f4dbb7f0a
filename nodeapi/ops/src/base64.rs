//! Base64 as Node reads and writes it: strict output, very forgiving input.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Both alphabets at once: `+ -` are 62, `/ _` are 63; 0xFF is "not a digit".
const VALUE: [u8; 256] = {
    let mut table = [0xFF; 256];
    let mut index = 0;
    while index < 64 {
        table[STANDARD[index] as usize] = index as u8;
        table[URL_SAFE[index] as usize] = index as u8;
        index += 1;
    }
    table
};

/// Which digits and whether `=` fills the last group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// RFC 4648 section 4, padded.
    Standard,
    /// RFC 4648 section 5, not padded: Node's `base64url`.
    UrlSafe,
}

/// Encodes `bytes`.
pub fn encode(bytes: &[u8], alphabet: Alphabet) -> String {
    let digits = match alphabet {
        Alphabet::Standard => STANDARD,
        Alphabet::UrlSafe => URL_SAFE,
    };
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word =
            group.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for index in 0..4 {
            if index <= group.len() {
                out.push(char::from(digits[(word >> (18 - 6 * index)) as usize & 63]));
            } else if alphabet == Alphabet::Standard {
                out.push('=');
            }
        }
    }
    out
}

/// Decodes into `out` as `Buffer` does: characters outside both alphabets are skipped, the first `=` that follows a digit ends the
/// data. Returns the number of bytes written, at most `out.len()`.
pub fn decode_lenient(text: &[u8], out: &mut [u8]) -> usize {
    let mut written = 0;
    let mut word = 0u32;
    let mut bits = 0;
    for &byte in text {
        let value = VALUE[usize::from(byte)];
        if value == 0xFF {
            if byte == b'=' {
                break;
            }
            continue;
        }
        word = word << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            let Some(slot) = out.get_mut(written) else { return written };
            *slot = (word >> bits) as u8;
            written += 1;
        }
    }
    written
}

/// The most bytes that `text` (as bytes) can decode to.
pub fn decoded_bound(text_len: usize) -> usize {
    text_len / 4 * 3 + 3
}

/// Why `atob` refused; the numbers are what Node's library switches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum AtobError {
    /// A character outside the alphabet.
    InvalidCharacter = -2,
    /// One digit is left over.
    SingleCharacterRemained = -1,
    /// Malformed padding or non-zero spare bits.
    PossibleOverflow = -3,
}

/// WHATWG forgiving-base64 decode (infra, section 8), for `atob`.
pub fn decode_forgiving(text: &[u8]) -> Result<Vec<u8>, AtobError> {
    let mut digits: Vec<u8> =
        text.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\x0C' | b'\r')).collect();
    if digits.len().is_multiple_of(4) {
        for _ in 0..2 {
            if digits.last() == Some(&b'=') {
                digits.pop();
            }
        }
    }
    if digits.iter().any(|&byte| !byte.is_ascii_alphanumeric() && byte != b'+' && byte != b'/') {
        return Err(AtobError::InvalidCharacter);
    }
    if digits.len() % 4 == 1 {
        return Err(AtobError::SingleCharacterRemained);
    }
    let mut out = vec![0; decoded_bound(digits.len())];
    let length = decode_lenient(&digits, &mut out);
    out.truncate(length);
    Ok(out)
}
