//! The binding `icu`: text decoders for other encodings than UTF-8.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::encoding_binding::StreamDecoder;

use super::buffer::text;

pub(crate) const OPS: &[OpDecl] =
    &[OpDecl { name: "icu_decoder_new", run: new }, OpDecl { name: "icu_decoder_decode", run: decode }];

/// `icu_decoder_new(label, fatal, ignoreBom)`: the decoder's number, `undefined` for an unknown label.
fn new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(StreamDecoder::new(&args.str(0)?, args.bool(1), args.bool(2))
        .map(|decoder| state.add_resource(decoder))
        .into())
}

/// `icu_decoder_decode(decoder, chunk, last)`: the text, `undefined` if it is malformed and that is fatal.
fn decode(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let decoder = state.resource::<StreamDecoder>(args.u32(0)?)?;
    Ok(decoder.decode(args.bytes(1)?, args.bool(2)).map_or(OpValue::Undefined, text))
}
