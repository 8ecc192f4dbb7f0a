//! The bindings `buffer`, `string_decoder` and `encoding_binding`.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::buffer::{self, Direction, Encoding};
use oac_node_ops::text::{JsStr, Text};
use oac_node_ops::{encoding_binding, string_decoder};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "buffer_slice", run: slice },
    OpDecl { name: "buffer_write", run: write },
    OpDecl { name: "buffer_byte_length_utf8", run: byte_length_utf8 },
    OpDecl { name: "buffer_compare", run: compare },
    OpDecl { name: "buffer_compare_offset", run: compare_offset },
    OpDecl { name: "buffer_fill_string", run: fill_string },
    OpDecl { name: "buffer_index_of_string", run: index_of_string },
    OpDecl { name: "buffer_index_of_buffer", run: index_of_buffer },
    OpDecl { name: "buffer_index_of_number", run: index_of_number },
    OpDecl { name: "buffer_swap", run: swap },
    OpDecl { name: "buffer_is_utf8", run: is_utf8 },
    OpDecl { name: "buffer_is_ascii", run: is_ascii },
    OpDecl { name: "buffer_atob", run: atob },
    OpDecl { name: "buffer_btoa", run: btoa },
    OpDecl { name: "string_decoder_decode", run: decoder_decode },
    OpDecl { name: "string_decoder_flush", run: decoder_flush },
    OpDecl { name: "encoding_encode_into", run: encode_into },
    OpDecl { name: "encoding_encode_utf8", run: encode_utf8 },
    OpDecl { name: "encoding_decode_utf8", run: decode_utf8 },
];

/// A string of an op as the script gets it.
pub(super) fn text(value: Text<'_>) -> OpValue {
    match value {
        Text::Utf8(text) => OpValue::Str(text.into_owned()),
        Text::Utf16(units) => OpValue::Utf16(units),
    }
}

fn encoding(args: &OpArgs<'_>, index: usize) -> Result<Encoding, OpError> {
    Encoding::from_number(args.u32(index)? as u8).ok_or_else(|| OpError::arg(index, "an encoding"))
}

fn string<'a>(args: &'a OpArgs<'_>, index: usize) -> Result<JsStr<'a>, OpError> {
    args.wtf8(index).map(JsStr::from_wtf8)
}

/// `buffer_slice(view, encoding, start, end)`.
fn slice(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let bytes = args.bytes(0)?;
    let end = args.usize(3)?.min(bytes.len());
    let start = args.usize(2)?.min(end);
    Ok(text(buffer::slice(&bytes[start..end], encoding(args, 1)?)))
}

/// `buffer_write(view, text, encoding, offset, length)`: bytes written.
fn write(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let out = args.bytes_mut(0)?;
    let start = args.usize(3)?.min(out.len());
    let end = start.saturating_add(args.usize(4)?).min(out.len());
    Ok(buffer::write(string(args, 1)?, encoding(args, 2)?, &mut out[start..end]).into())
}

fn byte_length_utf8(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(buffer::byte_length_utf8(string(args, 0)?).into())
}

fn compare(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(buffer::compare(args.bytes(0)?, args.bytes(1)?).into())
}

/// `buffer_compare_offset(source, target, targetStart, sourceStart, targetLength, sourceLength)`: `undefined` if a start is outside.
fn compare_offset(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let order = buffer::compare_offset(
        args.bytes(0)?,
        args.bytes(1)?,
        args.usize(2)?,
        args.usize(3)?,
        args.usize(4)?,
        args.usize(5)?,
    );
    Ok(order.into())
}

/// `buffer_fill_string(view, text, encoding)`: false if the text gives no bytes.
fn fill_string(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let pattern = buffer::encode(string(args, 1)?, encoding(args, 2)?);
    Ok(buffer::fill_pattern(args.bytes_mut(0)?, &pattern).into())
}

fn direction(args: &OpArgs<'_>, index: usize) -> Direction {
    if args.bool(index) { Direction::Forward } else { Direction::Backward }
}

fn found(at: Option<usize>) -> OpResult {
    Ok(at.map_or(OpValue::Int(-1), OpValue::from))
}

/// The part of the view at 0 before the end given at `index`.
fn haystack<'a>(args: &'a OpArgs<'_>, index: usize) -> Result<&'a [u8], OpError> {
    let bytes = args.bytes(0)?;
    Ok(if args.is_nullish(index) { bytes } else { &bytes[..args.usize(index)?.min(bytes.len())] })
}

/// `buffer_index_of_string(view, text, offset, encoding, forward, end)`: -1 if it is not there.
fn index_of_string(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    found(buffer::index_of_string(
        haystack(args, 5)?,
        string(args, 1)?,
        args.i64(2)?,
        encoding(args, 3)?,
        direction(args, 4),
    ))
}

/// `buffer_index_of_buffer(view, needle, offset, encoding, forward, end)`.
fn index_of_buffer(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (haystack, needle) = (haystack(args, 5)?, args.bytes(1)?);
    found(buffer::index_of_buffer(haystack, needle, args.i64(2)?, encoding(args, 3)?, direction(args, 4)))
}

/// `buffer_index_of_number(view, value, offset, forward, end)`.
fn index_of_number(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    found(buffer::index_of_number(haystack(args, 4)?, args.u32(1)?, args.i64(2)?, direction(args, 3)))
}

/// `buffer_swap(view, width)`.
fn swap(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let bytes = args.bytes_mut(0)?;
    match args.u32(1)? {
        2 => buffer::swap16(bytes),
        4 => buffer::swap32(bytes),
        _ => buffer::swap64(bytes),
    }
    Ok(OpValue::Undefined)
}

fn is_utf8(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(buffer::is_utf8(args.bytes(0)?).into())
}

fn is_ascii(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(buffer::is_ascii(args.bytes(0)?).into())
}

/// `buffer_atob(text)`: the string, or Node's -1 (invalid character), -2 (single character remained), -3 (possible overflow).
fn atob(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(match buffer::atob(string(args, 0)?) {
        Ok(value) => text(value),
        Err(error) => OpValue::Int(error as i32),
    })
}

/// `buffer_btoa(text)`: the string, or -1 for a character above 255.
fn btoa(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(buffer::btoa(string(args, 0)?).map_or(OpValue::Int(-1), OpValue::from))
}

fn decoder_state<'a>(args: &'a OpArgs<'_>) -> Result<&'a mut string_decoder::State, OpError> {
    args.bytes_mut(0)?
        .first_chunk_mut::<{ string_decoder::STATE_SIZE }>()
        .ok_or_else(|| OpError::arg(0, "a string decoder's state"))
}

/// `string_decoder_decode(state, chunk)`: the text that is complete so far.
fn decoder_decode(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(text(string_decoder::decode(decoder_state(args)?, args.bytes(1)?)))
}

/// `string_decoder_flush(state)`: the text of what was left.
fn decoder_flush(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(text(string_decoder::flush(decoder_state(args)?)))
}

/// `encoding_encode_into(text, view)`: `[units read, bytes written]`.
fn encode_into(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let done = encoding_binding::encode_into(string(args, 0)?, args.bytes_mut(1)?);
    Ok(OpValue::List(vec![done.read_units.into(), done.written_bytes.into()]))
}

/// `encoding_encode_utf8(text)`: its bytes.
fn encode_utf8(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::Bytes(string(args, 0)?.to_utf8().into_owned().into_bytes()))
}

/// `encoding_decode_utf8(view, ignoreBom, fatal)`: the text, `undefined` if it is malformed and that is fatal.
fn decode_utf8(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(encoding_binding::decode_utf8(args.bytes(0)?, args.bool(1), args.bool(2))
        .map_or(OpValue::Undefined, text))
}
