//! Bytes to strings.

use std::borrow::Cow;

use super::Encoding;
use crate::base64::{self, Alphabet, AtobError};
use crate::text::{JsStr, Text, latin1_to_str};

/// `buf.<encoding>Slice()` over the whole view.
pub fn slice(bytes: &[u8], encoding: Encoding) -> Text<'_> {
    match encoding {
        Encoding::Utf8 | Encoding::Buffer => Text::Utf8(String::from_utf8_lossy(bytes)),
        Encoding::Latin1 => Text::Utf8(latin1_to_str(bytes)),
        Encoding::Ascii if bytes.is_ascii() => Text::Utf8(String::from_utf8_lossy(bytes)),
        Encoding::Ascii => bytes.iter().map(|byte| char::from(byte & 0x7F)).collect::<String>().into(),
        Encoding::Hex => hex(bytes).into(),
        Encoding::Base64 => base64::encode(bytes, Alphabet::Standard).into(),
        Encoding::Base64Url => base64::encode(bytes, Alphabet::UrlSafe).into(),
        Encoding::Ucs2 => {
            Text::Utf16(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect())
        }
    }
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// `buffer.isUtf8`.
pub fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// `buffer.isAscii`.
pub fn is_ascii(bytes: &[u8]) -> bool {
    bytes.is_ascii()
}

/// `atob`: forgiving base64 to a string of units 0..=255.
pub fn atob(text: JsStr<'_>) -> Result<Text<'static>, AtobError> {
    let bytes = base64::decode_forgiving(text.as_bytes())?;
    Ok(Text::Utf8(Cow::Owned(latin1_to_str(&bytes).into_owned())))
}

/// `btoa`: `None` when a unit is above 255.
pub fn btoa(text: JsStr<'_>) -> Option<String> {
    let bytes: Option<Vec<u8>> = text.units().map(|unit| u8::try_from(unit).ok()).collect();
    Some(base64::encode(&bytes?, Alphabet::Standard))
}
