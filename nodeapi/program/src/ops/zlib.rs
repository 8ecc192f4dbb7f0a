//! The binding `zlib`.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::zlib::{self, Mode, Params, Progress, Stream, ZlibError};
use oac_node_ops::{brotli, zstd};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "zlib_new", run: new },
    OpDecl { name: "zlib_write", run: write },
    OpDecl { name: "zlib_params", run: params },
    OpDecl { name: "zlib_reset", run: reset },
    OpDecl { name: "zlib_crc32", run: crc32 },
    OpDecl { name: "brotli_new", run: brotli_new },
    OpDecl { name: "brotli_write", run: brotli_write },
    OpDecl { name: "brotli_reset", run: brotli_reset },
    OpDecl { name: "zstd_new", run: zstd_new },
    OpDecl { name: "zstd_write", run: zstd_write },
    OpDecl { name: "zstd_reset", run: zstd_reset },
];

/// `[message, errno, code]`, the arguments of Node's `onerror`.
fn error(error: &ZlibError) -> OpValue {
    OpValue::List(vec![error.message.into(), error.errno.into(), error.code.clone().into_owned().into()])
}

fn outcome(result: Result<(), ZlibError>) -> OpResult {
    Ok(result.map_or_else(|failed| error(&failed), |()| OpValue::Undefined))
}

/// `zlib_new(mode, windowBits, level, memLevel, strategy, dictionary?, rejectGarbage)`: the stream's number, or an error's list.
fn new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let mode = Mode::from_number(args.u32(0)? as u8).ok_or_else(|| OpError::arg(0, "a zlib mode"))?;
    let params = Params {
        window_bits: args.u32(1)? as u8,
        level: args.i32(2)?,
        mem_level: args.i32(3)?,
        strategy: args.i32(4)?,
    };
    let dictionary = if args.is_nullish(5) { Vec::new() } else { args.bytes(5)?.to_vec() };
    Ok(match Stream::new(mode, params, dictionary) {
        Ok(stream) if args.bool(6) => state.add_resource(stream.rejecting_garbage()).into(),
        Ok(stream) => state.add_resource(stream).into(),
        Err(failed) => error(&failed),
    })
}

/// `zlib_write(stream, flush, input, output, writeState)`: `writeState[0]` gets the output space left, `[1]` the input left, as two
/// 32-bit numbers; an error's list if the stream failed.
fn write(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let stream = state.resource::<Stream>(args.u32(0)?)?;
    let input = if args.is_nullish(2) { &[] } else { args.bytes(2)? };
    let progress = stream.write(args.i32(1)?, input, args.bytes_mut(3)?);
    report(progress, args, 4)?;
    Ok(stream.error(progress.avail_out).map_or(OpValue::Undefined, |failed| error(&failed)))
}

/// Writes what was left over into the view at `index`.
fn report(progress: Progress, args: &OpArgs<'_>, index: usize) -> Result<(), OpError> {
    let report = args.bytes_mut(index)?;
    if report.len() < 8 {
        return Err(OpError::arg(index, "a Uint32Array of 2 elements"));
    }
    report[..4].copy_from_slice(&(progress.avail_out as u32).to_ne_bytes());
    report[4..8].copy_from_slice(&(progress.avail_in as u32).to_ne_bytes());
    Ok(())
}

/// `brotli_new(encodes, params?)`: the stream's number, or an error's list; params is a Uint32Array.
fn brotli_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    if !args.bool(0) {
        return Ok(state.add_resource(brotli::Stream::decoder()).into());
    }
    let words = args.bytes(1)?.chunks_exact(4);
    let params: Vec<u32> =
        words.map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]])).collect();
    Ok(match brotli::Stream::encoder(&params) {
        Ok(stream) => state.add_resource(stream).into(),
        Err(failed) => error(&failed),
    })
}

/// `brotli_write(stream, operation, input, output, writeState)`: as `zlib_write`.
fn brotli_write(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let stream = state.resource::<brotli::Stream>(args.u32(0)?)?;
    let input = if args.is_nullish(2) { &[] } else { args.bytes(2)? };
    let progress = stream.write(args.i32(1)?, input, args.bytes_mut(3)?);
    report(progress, args, 4)?;
    Ok(stream.error().map_or(OpValue::Undefined, |failed| error(&failed)))
}

/// `brotli_reset(stream)`.
fn brotli_reset(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    outcome(state.resource::<brotli::Stream>(args.u32(0)?)?.reset())
}

/// `zstd_new(encodes, params, pledgedSize?, dictionary?)`: the stream's number, or an error's list; params is a Uint32Array.
fn zstd_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let words = args.bytes(1)?.chunks_exact(4);
    let params: Vec<u32> =
        words.map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]])).collect();
    let pledged = if args.is_nullish(2) { None } else { Some(args.num(2)? as u64) };
    let dictionary = if args.is_nullish(3) { &[] } else { args.bytes(3)? };
    let made = if args.bool(0) {
        zstd::Stream::encoder(&params, pledged, dictionary)
    } else {
        zstd::Stream::decoder(&params, dictionary)
    };
    Ok(match made {
        Ok(stream) => state.add_resource(stream).into(),
        Err(failed) => error(&failed),
    })
}

/// `zstd_write(stream, flush, input, output, writeState)`: as `zlib_write`.
fn zstd_write(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let stream = state.resource::<zstd::Stream>(args.u32(0)?)?;
    let input = if args.is_nullish(2) { &[] } else { args.bytes(2)? };
    let progress = stream.write(args.i32(1)?, input, args.bytes_mut(3)?);
    report(progress, args, 4)?;
    Ok(stream.error().map_or(OpValue::Undefined, |failed| error(&failed)))
}

/// `zstd_reset(stream)`.
fn zstd_reset(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    outcome(state.resource::<zstd::Stream>(args.u32(0)?)?.reset())
}

/// `zlib_params(stream, level, strategy)`: an error's list if they were refused.
fn params(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (level, strategy) = (args.i32(1)?, args.i32(2)?);
    outcome(state.resource::<Stream>(args.u32(0)?)?.params(level, strategy))
}

/// `zlib_reset(stream)`.
fn reset(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    outcome(state.resource::<Stream>(args.u32(0)?)?.reset())
}

/// `zlib_crc32(data, value)`; data is a string (as UTF-8) or a byte view.
fn crc32(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(zlib::crc32(&args.path(0)?, args.u32(1)?).into())
}
