//! The binding `http2`: header compression. Frames are the glue's.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::hpack::{Hpack, HpackError};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "hpack_new", run: new },
    OpDecl { name: "hpack_table", run: table },
    OpDecl { name: "hpack_encode", run: encode },
    OpDecl { name: "hpack_decode", run: decode },
];

/// `hpack_new()`: a session's number.
fn new(state: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(state.add_resource(Hpack::default()).into())
}

/// `hpack_table(session, bytes, own)`: the size of the peer's table, or of the own one.
fn table(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let hpack = state.resource::<Hpack>(args.u32(0)?)?;
    let bytes = args.u32(1)? as usize;
    if args.bool(2) {
        hpack.allow_table_bytes(bytes)
    } else {
        hpack.set_table_bytes(bytes)
    }
    Ok(OpValue::Undefined)
}

/// `hpack_encode(session, headers)`: the block for headers as the library writes them: name, NUL, value, NUL, one character of flags.
fn encode(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let text: Vec<u8> = args.str(1)?.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    let mut headers = Vec::new();
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let bad = || OpError::arg(1, "a list of headers");
        let name = rest.iter().position(|&byte| byte == 0).ok_or_else(bad)?;
        let value = rest[name + 1..].iter().position(|&byte| byte == 0).ok_or_else(bad)?;
        headers.push((&rest[..name], &rest[name + 1..name + 1 + value]));
        rest = rest.get(name + value + 3..).ok_or_else(bad)?;
    }
    Ok(OpValue::Bytes(state.resource::<Hpack>(args.u32(0)?)?.encode(headers.into_iter())))
}

/// `hpack_decode(session, block, pairsMax, bytesMax)`: `[name, value, …]`; -1 for a malformed block, -2 for too many headers.
fn decode(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let hpack = state.resource::<Hpack>(args.u32(0)?)?;
    Ok(match hpack.decode(args.bytes(1)?, args.u32(2)? as usize, args.u32(3)? as usize) {
        Ok(headers) => OpValue::List(
            headers
                .into_iter()
                .flat_map(|(name, value)| [OpValue::Latin1(name), OpValue::Latin1(value)])
                .collect(),
        ),
        Err(HpackError::Malformed) => (-1).into(),
        Err(HpackError::TooMany) => (-2).into(),
    })
}
