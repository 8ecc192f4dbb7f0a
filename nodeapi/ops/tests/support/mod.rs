//! Reads what `oracle/*.js` wrote; shared by the tests beside it.
#![allow(dead_code, reason = "each test uses a part")]

use oac_node_ops::text::{JsStr, Text};
use serde_json::Value;

/// The cases of `data/<name>.json`.
pub(crate) fn cases(json: &str) -> Vec<Value> {
    serde_json::from_str(json).expect("the oracle writes JSON arrays")
}

/// Bytes from hexadecimal.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hex string");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex digits"))
        .collect()
}

/// 16-bit units from hexadecimal UTF-16LE.
pub(crate) fn units(value: &Value) -> Vec<u16> {
    bytes(value).chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// WTF-8 of 16-bit units, as an engine would pass a string.
pub(crate) fn wtf8(units: &[u16]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in char::decode_utf16(units.iter().copied()) {
        match item {
            Ok(character) => out.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(error) => {
                let unit = u32::from(error.unpaired_surrogate());
                out.extend([
                    0xE0 | (unit >> 12) as u8,
                    0x80 | (unit >> 6 & 0x3F) as u8,
                    0x80 | (unit & 0x3F) as u8,
                ]);
            }
        }
    }
    out
}

/// The string field of a case as WTF-8.
pub(crate) fn text(value: &Value) -> Vec<u8> {
    wtf8(&units(value))
}

/// A `JsStr` over those bytes.
pub(crate) fn js(bytes: &[u8]) -> JsStr<'_> {
    JsStr::from_wtf8(bytes)
}

/// Asserts that `got` is the string of the case.
#[track_caller]
pub(crate) fn check_text(got: Text<'_>, want: &Value, case: &Value) {
    assert_eq!(got.into_units(), units(want), "{case}");
}
