//! The binding `http2`: header compression. Frames are the glue's.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::hpack::{Field, Hpack, HpackError};

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
    // Cut to bytes as V8 does it: what that lets through the peer refuses, which the programs know.
    let text: Vec<u8> = args.str(1)?.encode_utf16().map(|unit| unit.to_le_bytes()[0]).collect();
    let mut headers = Vec::new();
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let bad = || OpError::arg(1, "a list of headers");
        let name = rest.iter().position(|&byte| byte == 0).ok_or_else(bad)?;
        let value = rest[name + 1..].iter().position(|&byte| byte == 0).ok_or_else(bad)?;
        // NGHTTP2_NV_FLAG_NO_INDEX.
        let is_sensitive = rest.get(name + value + 2).is_some_and(|flags| flags & 1 != 0);
        headers.push(Field { name: &rest[..name], value: &rest[name + 1..name + 1 + value], is_sensitive });
        rest = rest.get(name + value + 3..).ok_or_else(bad)?;
    }
    Ok(OpValue::Bytes(state.resource::<Hpack>(args.u32(0)?)?.encode(headers.into_iter())))
}

/// `hpack_decode(session, block, pairsMax, bytesMax)`: `[[name, value, …], [sensitive name, …]]`; -1 for a malformed block, -2 for too many headers.
fn decode(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let hpack = state.resource::<Hpack>(args.u32(0)?)?;
    Ok(match hpack.decode(args.bytes(1)?, args.u32(2)? as usize, args.u32(3)? as usize) {
        Ok(headers) => {
            let (mut pairs, mut sensitive) = (Vec::new(), Vec::new());
            for (name, value, is_sensitive) in headers {
                if is_sensitive {
                    sensitive.push(OpValue::Latin1(name.clone()));
                }
                pairs.extend([OpValue::Latin1(name), OpValue::Latin1(value)]);
            }
            OpValue::List(vec![OpValue::List(pairs), OpValue::List(sensitive)])
        }
        Err(HpackError::Malformed) => (-1).into(),
        Err(HpackError::TooMany) => (-2).into(),
    })
}
