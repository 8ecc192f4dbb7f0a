//! Strings to bytes.

use super::Encoding;
use crate::base64;
use crate::text::JsStr;

/// Writes `text` into `out` as far as whole characters fit; returns the bytes written.
pub fn write(text: JsStr<'_>, encoding: Encoding, out: &mut [u8]) -> usize {
    match encoding {
        Encoding::Utf8 | Encoding::Buffer => write_utf8(text, out),
        Encoding::Latin1 | Encoding::Ascii => write_low_bytes(text, out),
        Encoding::Ucs2 => write_units(text, out),
        Encoding::Hex => write_hex(text.as_bytes(), out),
        Encoding::Base64 | Encoding::Base64Url => write_base64(text, out),
    }
}

/// The bytes of `text` in `encoding`, as `Buffer.from(string, encoding)`.
pub fn encode(text: JsStr<'_>, encoding: Encoding) -> Vec<u8> {
    let bound = match encoding {
        Encoding::Utf8 | Encoding::Buffer => return text.to_utf8().into_owned().into_bytes(),
        Encoding::Latin1 | Encoding::Ascii => text.as_bytes().len(),
        Encoding::Ucs2 => text.as_bytes().len() * 2,
        Encoding::Hex => text.as_bytes().len() / 2,
        Encoding::Base64 | Encoding::Base64Url => base64::decoded_bound(text.as_bytes().len()),
    };
    let mut out = vec![0; bound];
    let length = write(text, encoding, &mut out);
    out.truncate(length);
    out
}

/// `Buffer.byteLength(text, 'utf8')`.
pub fn byte_length_utf8(text: JsStr<'_>) -> usize {
    // A lone surrogate is three bytes in WTF-8, and so is U+FFFD that replaces it.
    text.as_bytes().len()
}

fn write_utf8(text: JsStr<'_>, out: &mut [u8]) -> usize {
    let text = text.to_utf8();
    let mut length = text.len().min(out.len());
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    out[..length].copy_from_slice(&text.as_bytes()[..length]);
    length
}

fn write_low_bytes(text: JsStr<'_>, out: &mut [u8]) -> usize {
    if text.is_ascii() {
        let length = text.as_bytes().len().min(out.len());
        out[..length].copy_from_slice(&text.as_bytes()[..length]);
        return length;
    }
    let mut written = 0;
    for (slot, unit) in out.iter_mut().zip(text.units()) {
        *slot = unit as u8;
        written += 1;
    }
    written
}

fn write_units(text: JsStr<'_>, out: &mut [u8]) -> usize {
    let mut written = 0;
    for (slot, unit) in out.chunks_exact_mut(2).zip(text.units()) {
        slot.copy_from_slice(&unit.to_le_bytes());
        written += 2;
    }
    written
}

/// Units above 255 count by their low byte, as in Node.
fn write_base64(text: JsStr<'_>, out: &mut [u8]) -> usize {
    if text.is_ascii() {
        return base64::decode_lenient(text.as_bytes(), out);
    }
    let low_bytes: Vec<u8> = text.units().map(|unit| unit as u8).collect();
    base64::decode_lenient(&low_bytes, out)
}

/// Stops at the first pair that is not two digits, and ignores an odd last digit.
fn write_hex(text: &[u8], out: &mut [u8]) -> usize {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut written = 0;
    for (slot, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { break };
        *slot = (high << 4 | low) as u8;
        written += 1;
    }
    written
}
