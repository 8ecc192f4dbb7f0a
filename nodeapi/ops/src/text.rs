//! Strings as they cross between an engine and the ops.
//!
//! JavaScript strings are sequences of 16-bit units that need not be valid Unicode. Engines hand them out as UTF-8 in
//! which a lone surrogate keeps its three-byte form (WTF-8), and take UTF-8 or 16-bit units back; these two types say
//! which is which.

use std::borrow::Cow;

/// A string that came from JavaScript: WTF-8, lone surrogates as three bytes `ED A0..BF xx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsStr<'a>(&'a [u8]);

impl<'a> JsStr<'a> {
    /// Takes the bytes an engine gave. Malformed input is read as U+FFFD, never out of bounds.
    pub fn from_wtf8(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes as given.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Whether every unit is below 128, when bytes and units are the same.
    pub fn is_ascii(self) -> bool {
        self.0.is_ascii()
    }

    /// Code points, lone surrogates included (WTF-8 decoding).
    pub fn code_points(self) -> impl Iterator<Item = u32> + 'a {
        let bytes = self.0;
        let mut at = 0;
        std::iter::from_fn(move || {
            let (point, length) = decode_wtf8(bytes.get(at..)?)?;
            at += length;
            Some(point)
        })
    }

    /// The 16-bit units that JavaScript sees.
    pub fn units(self) -> impl Iterator<Item = u16> + 'a {
        self.code_points().flat_map(|point| {
            let (first, second) = if point < 0x10000 {
                (point as u16, None)
            } else {
                let rest = point - 0x10000;
                (0xD800 + (rest >> 10) as u16, Some(0xDC00 + (rest & 0x3FF) as u16))
            };
            std::iter::once(first).chain(second)
        })
    }

    /// As valid UTF-8: lone surrogates become U+FFFD, as `Buffer.from(string)` and `TextEncoder` do.
    pub fn to_utf8(self) -> Cow<'a, str> {
        match std::str::from_utf8(self.0) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(
                self.code_points().map(|point| char::from_u32(point).unwrap_or('\u{FFFD}')).collect(),
            ),
        }
    }
}

impl<'a> From<&'a str> for JsStr<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

/// One code point from the front of WTF-8, and its length in bytes.
fn decode_wtf8(bytes: &[u8]) -> Option<(u32, usize)> {
    let first = *bytes.first()?;
    let (length, head) = match first {
        0..0x80 => return Some((u32::from(first), 1)),
        0xC2..0xE0 => (2, u32::from(first & 0x1F)),
        0xE0..0xF0 => (3, u32::from(first & 0x0F)),
        0xF0..0xF5 => (4, u32::from(first & 0x07)),
        _ => return Some((0xFFFD, 1)),
    };
    let Some(tail) = bytes.get(1..length).filter(|tail| tail.iter().all(|byte| byte & 0xC0 == 0x80)) else {
        return Some((0xFFFD, 1));
    };
    Some((tail.iter().fold(head, |point, byte| point << 6 | u32::from(byte & 0x3F)), length))
}

/// A string on its way to JavaScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// Valid UTF-8.
    Utf8(Cow<'a, str>),
    /// 16-bit units, possibly with lone surrogates.
    Utf16(Vec<u16>),
}

impl<'a> Text<'a> {
    /// The empty string.
    pub fn empty() -> Self {
        Self::Utf8(Cow::Borrowed(""))
    }

    /// `self` followed by `tail`.
    pub fn concat(self, tail: Text<'a>) -> Text<'a> {
        match (self, tail) {
            (Text::Utf8(head), tail) if head.is_empty() => tail,
            (head, Text::Utf8(tail)) if tail.is_empty() => head,
            (Text::Utf8(head), Text::Utf8(tail)) => Text::Utf8(Cow::Owned(head.into_owned() + &tail)),
            (head, tail) => {
                let mut units = head.into_units();
                units.extend(tail.into_units());
                Text::Utf16(units)
            }
        }
    }

    /// The 16-bit units.
    pub fn into_units(self) -> Vec<u16> {
        match self {
            Text::Utf8(text) => text.encode_utf16().collect(),
            Text::Utf16(units) => units,
        }
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text::Utf8(Cow::Owned(text))
    }
}

/// ISO-8859-1 bytes as a string; free when they are ASCII.
pub fn latin1_to_str(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.is_ascii() {
        String::from_utf8_lossy(bytes)
    } else {
        Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_survive_as_units_and_are_replaced_in_utf8() {
        let text = JsStr::from_wtf8(b"a\xED\xA0\xBDz\xF0\x9F\x98\x80");
        assert_eq!(text.units().collect::<Vec<_>>(), [0x61, 0xD83D, 0x7A, 0xD83D, 0xDE00]);
        assert_eq!(text.to_utf8(), "a\u{FFFD}z\u{1F600}");
    }
}
