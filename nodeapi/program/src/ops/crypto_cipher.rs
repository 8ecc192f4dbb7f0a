//! The binding `crypto`: ciphers.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::crypto::{self, Cipher, CipherInfo};

use super::crypto::thrown;

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "crypto_cipher_names", run: names },
    OpDecl { name: "crypto_cipher_info", run: info },
    OpDecl { name: "crypto_cipher_new", run: new },
    OpDecl { name: "crypto_cipher_update", run: update },
    OpDecl { name: "crypto_cipher_final", run: finish },
    OpDecl { name: "crypto_cipher_auto_padding", run: auto_padding },
    OpDecl { name: "crypto_cipher_tag", run: tag },
    OpDecl { name: "crypto_cipher_set_tag", run: set_tag },
    OpDecl { name: "crypto_cipher_is_short_tag", run: is_short_tag },
    OpDecl { name: "crypto_cipher_set_aad", run: set_aad },
    OpDecl { name: "crypto_ctr", run: ctr },
];

/// `crypto_cipher_names()`: as `crypto.getCiphers()`.
fn names(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::List(crypto::cipher_names().into_iter().map(OpValue::from).collect()))
}

/// `crypto_cipher_info(name or number)`: `[mode, name, nid, blockSize, ivLength, keyLength, is authenticated]`.
fn info(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let found = match args.str(0) {
        Ok(name) => crypto::cipher_by_name(&name),
        Err(_) => crypto::cipher_by_nid(args.i32(0)?),
    };
    let Some(CipherInfo { name, nid, key_len, iv_len, block_len, .. }) = found else {
        return Ok(OpValue::Undefined);
    };
    let takes = |index: usize, fits: &dyn Fn(usize) -> bool| -> Result<bool, OpError> {
        Ok(args.is_nullish(index) || fits(args.usize(index)?))
    };
    let (own_key, iv_fits) = (*key_len, |length| found.is_some_and(|info| info.takes_iv_len(length)));
    if !takes(1, &|length| length == own_key)? || !takes(2, &iv_fits)? {
        return Ok(OpValue::Undefined);
    }
    let mode = found.map(CipherInfo::mode_name).unwrap_or_default();
    let iv_len = if args.is_nullish(2) { *iv_len } else { args.usize(2)? };
    Ok(OpValue::List(vec![
        mode.into(),
        (*name).into(),
        (*nid).into(),
        (*block_len).into(),
        iv_len.into(),
        (*key_len).into(),
    ]))
}

/// `crypto_cipher_new(name, encrypts, key, iv, tagLength?)`: its number, undefined for an unknown name.
fn new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let name = args.str(0)?;
    let Some(info) = crypto::cipher_by_name(&name) else { return Ok(OpValue::Undefined) };
    let tag_len = if args.is_nullish(4) { None } else { Some(args.usize(4)?) };
    let iv = if args.is_nullish(3) { &[] } else { args.bytes(3)? };
    let cipher = Cipher::new(info, &name, args.bool(1), &args.path(2)?, iv, tag_len).map_err(thrown)?;
    Ok(state.add_resource(cipher).into())
}

fn known<'a>(state: &'a mut OpState, args: &OpArgs<'_>) -> Result<&'a mut Cipher, OpError> {
    state.resource::<Cipher>(args.u32(0)?)
}

/// `crypto_cipher_update(cipher, data)`.
fn update(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(known(state, args)?.update(&args.path(1)?).map_err(thrown)?.into())
}

/// `crypto_cipher_final(cipher)`.
fn finish(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(known(state, args)?.finish().map_err(thrown)?.into())
}

/// `crypto_cipher_auto_padding(cipher, pads)`: false once finished.
fn auto_padding(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(known(state, args)?.set_auto_padding(args.bool(1)).into())
}

/// `crypto_cipher_tag(cipher)`: undefined while there is none.
fn tag(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(known(state, args)?.tag().map_or(OpValue::Undefined, |tag| tag.to_vec().into()))
}

/// `crypto_cipher_set_tag(cipher, tag)`: false where it may not be set.
fn set_tag(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(known(state, args)?.set_tag(args.bytes(1)?).map_err(thrown)?.into())
}

/// `crypto_cipher_is_short_tag(cipher, length)`: whether Node warns about it.
fn is_short_tag(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let length = args.usize(1)?;
    Ok(known(state, args)?.is_short_tag(length).into())
}

/// `crypto_cipher_set_aad(cipher, data, plaintextLength?)`: false where it may not be set.
fn set_aad(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let length = if args.is_nullish(2) { None } else { Some(args.usize(2)?) };
    Ok(known(state, args)?.set_aad(args.bytes(1)?, length).map_err(thrown)?.into())
}

/// `crypto_ctr(key, counter, bits, data)`: AES in counter mode with a counter of as many bits (Web Crypto); undefined where it would
/// count around.
fn ctr(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (key, counter, bits, data) = (args.bytes(0)?, args.bytes(1)?, args.u32(2)?, args.bytes(3)?);
    Ok(crypto::counter_mode(key, counter, bits, data).map_or(OpValue::Undefined, OpValue::Bytes))
}
