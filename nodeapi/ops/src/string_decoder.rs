//! The `string_decoder` binding: decodes a stream of chunks without cutting a character in two.
//!
//! The state is Node's seven-byte buffer, because its JavaScript half reads fields of it (`lastChar`, `lastNeed`):
//! `[0..4]` bytes of an incomplete character, `[4]` how many are missing, `[5]` how many are kept, `[6]` the encoding.

use crate::buffer::{Encoding, slice};
use crate::text::Text;

/// Start of the kept bytes.
pub const INCOMPLETE_CHARACTERS_START: usize = 0;
/// End of the kept bytes.
pub const INCOMPLETE_CHARACTERS_END: usize = 4;
/// Index of the count of missing bytes.
pub const MISSING_BYTES: usize = 4;
/// Index of the count of kept bytes.
pub const BUFFERED_BYTES: usize = 5;
/// Index of the encoding's number.
pub const ENCODING_FIELD: usize = 6;
/// Length of the state in bytes.
pub const STATE_SIZE: usize = 7;

/// The state as Node lays it out.
pub type State = [u8; STATE_SIZE];

/// Decodes a chunk; an incomplete character at its end stays in `state`.
pub fn decode<'a>(state: &mut State, mut chunk: &'a [u8]) -> Text<'a> {
    let encoding = Encoding::from_number(state[ENCODING_FIELD]).unwrap_or(Encoding::Utf8);
    if matches!(encoding, Encoding::Ascii | Encoding::Latin1 | Encoding::Hex) {
        return slice(chunk, encoding);
    }
    let mut head = Text::empty();
    if state[MISSING_BYTES] > 0 {
        chunk = complete_character(state, chunk, encoding, &mut head);
    }
    if chunk.is_empty() {
        return head;
    }
    keep_incomplete_tail(state, chunk, encoding);
    let kept = usize::from(state[BUFFERED_BYTES]);
    let (body, tail) = chunk.split_at(chunk.len() - kept);
    state[..kept].copy_from_slice(tail);
    head.concat(slice(body, encoding))
}

/// Decodes what is left at the end of the stream.
pub fn flush(state: &mut State) -> Text<'static> {
    let encoding = Encoding::from_number(state[ENCODING_FIELD]).unwrap_or(Encoding::Utf8);
    let mut kept = usize::from(state[BUFFERED_BYTES]).min(INCOMPLETE_CHARACTERS_END);
    if encoding == Encoding::Ucs2 {
        // Half a unit cannot be shown.
        kept &= !1;
    }
    let out = owned(slice(&state[..kept], encoding));
    state[MISSING_BYTES] = 0;
    state[BUFFERED_BYTES] = 0;
    out
}

fn owned(text: Text<'_>) -> Text<'static> {
    match text {
        Text::Utf8(text) => text.into_owned().into(),
        Text::Utf16(units) => Text::Utf16(units),
    }
}

/// Moves bytes from `chunk` to the kept character; when it is whole, `head` receives it. Returns the rest of `chunk`.
fn complete_character<'a>(
    state: &mut State,
    chunk: &'a [u8],
    encoding: Encoding,
    head: &mut Text<'_>,
) -> &'a [u8] {
    let mut wanted = usize::from(state[MISSING_BYTES]).min(chunk.len());
    let mut broken = false;
    if encoding == Encoding::Utf8 {
        // A byte that cannot continue the character ends it here; the bytes so far decode to U+FFFD.
        if let Some(at) = chunk[..wanted].iter().position(|byte| byte & 0xC0 != 0x80) {
            wanted = at;
            broken = true;
        }
    }
    let kept = usize::from(state[BUFFERED_BYTES]).min(INCOMPLETE_CHARACTERS_END);
    wanted = wanted.min(INCOMPLETE_CHARACTERS_END - kept);
    state[kept..kept + wanted].copy_from_slice(&chunk[..wanted]);
    state[BUFFERED_BYTES] += wanted as u8;
    state[MISSING_BYTES] = if broken { 0 } else { state[MISSING_BYTES] - wanted as u8 };
    if state[MISSING_BYTES] > 0 {
        return &chunk[wanted..];
    }
    let kept = usize::from(state[BUFFERED_BYTES]);
    *head = owned(slice(&state[..kept], encoding));
    state[BUFFERED_BYTES] = 0;
    &chunk[wanted..]
}

/// Counts the bytes at the end of `chunk` that start a character without finishing it.
fn keep_incomplete_tail(state: &mut State, chunk: &[u8], encoding: Encoding) {
    let (kept, missing) = match encoding {
        Encoding::Ucs2 if chunk.len() % 2 == 1 => (1, 1),
        Encoding::Ucs2 if chunk[chunk.len() - 1] & 0xFC == 0xD8 => (2, 2),
        Encoding::Base64 | Encoding::Base64Url => match chunk.len() % 3 {
            0 => (0, 0),
            kept => (kept, 3 - kept),
        },
        Encoding::Utf8 => incomplete_utf8(chunk),
        _ => (0, 0),
    };
    state[BUFFERED_BYTES] = kept as u8;
    state[MISSING_BYTES] = missing as u8;
}

/// `(kept, missing)` for a UTF-8 tail: the last lead byte within four, if it announces more than follows.
fn incomplete_utf8(chunk: &[u8]) -> (usize, usize) {
    for kept in 1..=chunk.len().min(4) {
        let byte = chunk[chunk.len() - kept];
        let length = match byte {
            _ if byte & 0xC0 == 0x80 => continue,
            _ if byte & 0xE0 == 0xC0 => 2,
            _ if byte & 0xF0 == 0xE0 => 3,
            _ if byte & 0xF8 == 0xF0 => 4,
            _ => 0,
        };
        return if kept < length { (kept, length - kept) } else { (0, 0) };
    }
    (0, 0)
}
