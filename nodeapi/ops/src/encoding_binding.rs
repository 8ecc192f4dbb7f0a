//! The `encoding_binding` binding: `TextEncoder` and `TextDecoder`.

use encoding_rs::{CoderResult, Decoder, DecoderResult};

use crate::text::{JsStr, Text};

/// What `TextEncoder.encodeInto` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// 16-bit units consumed.
    pub read_units: usize,
    /// Bytes written.
    pub written_bytes: usize,
}

/// `TextEncoder.prototype.encodeInto`: as many whole characters as fit.
pub fn encode_into(text: JsStr<'_>, out: &mut [u8]) -> Encoded {
    if text.is_ascii() {
        let length = text.as_bytes().len().min(out.len());
        out[..length].copy_from_slice(&text.as_bytes()[..length]);
        return Encoded { read_units: length, written_bytes: length };
    }
    let mut done = Encoded { read_units: 0, written_bytes: 0 };
    for point in text.code_points() {
        let character = char::from_u32(point).unwrap_or('\u{FFFD}');
        let Some(room) = out.get_mut(done.written_bytes..done.written_bytes + character.len_utf8()) else {
            break;
        };
        character.encode_utf8(room);
        done.written_bytes += character.len_utf8();
        done.read_units += character.len_utf16();
    }
    done
}

/// Why a decode failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Malformed input in `fatal` mode: Node's `ERR_ENCODING_INVALID_ENCODED_DATA`.
    #[error("The encoded data was not valid for encoding {encoding}")]
    InvalidEncodedData {
        /// The encoding's canonical name in lower case.
        encoding: &'static str,
    },
}

/// One-shot UTF-8: what `TextDecoder('utf-8').decode(bytes)` gives without `stream`.
pub fn decode_utf8(bytes: &[u8], ignore_bom: bool, fatal: bool) -> Result<Text<'_>, DecodeError> {
    let bytes = if ignore_bom { bytes } else { bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes) };
    if fatal && std::str::from_utf8(bytes).is_err() {
        return Err(DecodeError::InvalidEncodedData { encoding: "utf-8" });
    }
    Ok(Text::Utf8(String::from_utf8_lossy(bytes)))
}

/// The canonical WHATWG name (lower case) for an encoding label, or `None` for an unknown one (`ERR_ENCODING_NOT_SUPPORTED`).
pub fn encoding_from_label(label: &str) -> Option<String> {
    encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())
        .map(|found| found.name().to_ascii_lowercase())
}

/// A streaming decoder for any WHATWG encoding.
pub struct StreamDecoder {
    encoding: &'static encoding_rs::Encoding,
    decoder: Decoder,
    fatal: bool,
    ignore_bom: bool,
}

impl StreamDecoder {
    /// `None` for an unknown label.
    pub fn new(label: &str, fatal: bool, ignore_bom: bool) -> Option<Self> {
        let encoding = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())?;
        Some(Self { encoding, decoder: Self::fresh(encoding, ignore_bom), fatal, ignore_bom })
    }

    fn fresh(encoding: &'static encoding_rs::Encoding, ignore_bom: bool) -> Decoder {
        if ignore_bom {
            encoding.new_decoder_without_bom_handling()
        } else {
            encoding.new_decoder_with_bom_removal()
        }
    }

    /// Decodes a chunk; `last` ends the stream and resets the decoder for the next one.
    pub fn decode(&mut self, chunk: &[u8], last: bool) -> Result<Text<'static>, DecodeError> {
        let result =
            if self.fatal { self.decode_fatal(chunk, last) } else { Ok(self.decode_lossy(chunk, last)) };
        if last || result.is_err() {
            self.decoder = Self::fresh(self.encoding, self.ignore_bom);
        }
        result.map(Text::from)
    }

    fn decode_lossy(&mut self, chunk: &[u8], last: bool) -> String {
        let room = self.decoder.max_utf8_buffer_length(chunk.len()).unwrap_or(chunk.len() * 3 + 16);
        let mut out = String::with_capacity(room);
        let (result, _, _) = self.decoder.decode_to_string(chunk, &mut out, last);
        debug_assert_eq!(result, CoderResult::InputEmpty, "the buffer was sized for the worst case");
        out
    }

    fn decode_fatal(&mut self, chunk: &[u8], last: bool) -> Result<String, DecodeError> {
        let room = self
            .decoder
            .max_utf8_buffer_length_without_replacement(chunk.len())
            .unwrap_or(chunk.len() * 3 + 16);
        let mut out = String::with_capacity(room);
        match self.decoder.decode_to_string_without_replacement(chunk, &mut out, last) {
            (DecoderResult::InputEmpty, _) => Ok(out),
            _ => Err(DecodeError::InvalidEncodedData { encoding: lower_name(self.encoding) }),
        }
    }
}

/// Canonical names are few; lower-casing them at each error would need an allocation with a lifetime.
fn lower_name(encoding: &'static encoding_rs::Encoding) -> &'static str {
    match encoding.name() {
        "UTF-8" => "utf-8",
        "UTF-16LE" => "utf-16le",
        "UTF-16BE" => "utf-16be",
        other => other,
    }
}
