//! The binding `crypto`: digests, HMAC, key derivation. Random bytes are the system call `getrandom`.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue, ThrowKind};
use oac_node_ops::crypto::{
    self, Argon2Kind, Argon2Params, CryptoError, ErrorClass, Hasher, Hmac, KeccakStrength, ScryptParams,
};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "crypto_hash_names", run: hash_names },
    OpDecl { name: "crypto_hash_new", run: hash_new },
    OpDecl { name: "crypto_hash_copy", run: hash_copy },
    OpDecl { name: "crypto_hash_update", run: hash_update },
    OpDecl { name: "crypto_hash_finish", run: hash_finish },
    OpDecl { name: "crypto_hash_once", run: hash_once },
    OpDecl { name: "crypto_hmac_new", run: hmac_new },
    OpDecl { name: "crypto_hmac_update", run: hmac_update },
    OpDecl { name: "crypto_hmac_finish", run: hmac_finish },
    OpDecl { name: "crypto_hkdf", run: hkdf },
    OpDecl { name: "crypto_pbkdf2", run: pbkdf2 },
    OpDecl { name: "crypto_scrypt_check", run: scrypt_check },
    OpDecl { name: "crypto_scrypt", run: scrypt },
    OpDecl { name: "crypto_argon2", run: argon2 },
    OpDecl { name: "crypto_cshake", run: cshake },
    OpDecl { name: "crypto_kmac", run: kmac },
    OpDecl { name: "crypto_timing_safe_equal", run: timing_safe_equal },
];

/// An error of the pure half, as an exception. OpenSSL's words go as they are: the glue takes them apart.
pub(super) fn thrown(error: CryptoError) -> OpError {
    let kind = match error.class() {
        ErrorClass::Error => ThrowKind::Error,
        ErrorClass::Type => ThrowKind::Type,
        ErrorClass::Range => ThrowKind::Range,
    };
    OpError::Throw { kind, code: error.code(), message: error.to_string() }
}

/// The system's randomness.
pub(super) fn random(bytes: &mut [u8]) {
    // Only outside of a container, where nothing runs, is there none; then no key may be made of what is left.
    oac_sys::random(bytes).expect("the kernel has randomness");
}

fn length(args: &OpArgs<'_>, index: usize) -> Result<Option<usize>, OpError> {
    if args.is_nullish(index) { Ok(None) } else { args.usize(index).map(Some) }
}

/// `crypto_hash_names()`: as `crypto.getHashes()`.
fn hash_names(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::List(crypto::hash_names().into_iter().map(OpValue::from).collect()))
}

/// `crypto_hash_new(name, outputLength?)`: the hash's number, `undefined` for an unknown name.
fn hash_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    match Hasher::new(&args.str(0)?, length(args, 1)?) {
        Ok(hasher) => Ok(state.add_resource(hasher).into()),
        Err(CryptoError::UnknownDigest) => Ok(OpValue::Undefined),
        Err(error) => Err(thrown(error)),
    }
}

/// `crypto_hash_copy(hash, outputLength?)`: the copy's number.
fn hash_copy(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let copy = state.resource::<Hasher>(args.u32(0)?)?.copy(length(args, 1)?).map_err(thrown)?;
    Ok(state.add_resource(copy).into())
}

/// `crypto_hash_update(hash, data)`; data is a string (as UTF-8) or a byte view.
fn hash_update(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    state.resource::<Hasher>(args.u32(0)?)?.update(&args.path(1)?);
    Ok(OpValue::Undefined)
}

/// `crypto_hash_finish(hash)`: the digest; the hash is gone.
fn hash_finish(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(state.take_resource::<Hasher>(args.u32(0)?)?.finish().into())
}

/// `crypto_hash_once(name, data, outputLength?)`: the digest, `undefined` for an unknown name.
fn hash_once(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    match crypto::one_shot_digest(&args.str(0)?, &args.path(1)?, length(args, 2)?) {
        Ok(digest) => Ok(digest.into()),
        Err(CryptoError::UnknownDigest) => Ok(OpValue::Undefined),
        Err(error) => Err(thrown(error)),
    }
}

/// `crypto_hmac_new(name, key)`: the MAC's number, `undefined` for an unknown name.
fn hmac_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    match Hmac::new(&args.str(0)?, &args.path(1)?) {
        Ok(mac) => Ok(state.add_resource(mac).into()),
        Err(CryptoError::UnknownDigest) => Ok(OpValue::Undefined),
        Err(error) => Err(thrown(error)),
    }
}

/// `crypto_hmac_update(mac, data)`.
fn hmac_update(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    state.resource::<Hmac>(args.u32(0)?)?.update(&args.path(1)?);
    Ok(OpValue::Undefined)
}

/// `crypto_hmac_finish(mac)`: the digest; the MAC is gone.
fn hmac_finish(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(state.take_resource::<Hmac>(args.u32(0)?)?.finish().into())
}

/// `crypto_hkdf(digest, key, salt, info, length)`.
fn hkdf(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (name, length) = (args.str(0)?, args.usize(4)?);
    Ok(crypto::hkdf(&name, &args.path(1)?, &args.path(2)?, &args.path(3)?, length).map_err(thrown)?.into())
}

/// `crypto_pbkdf2(digest, password, salt, iterations, length)`.
fn pbkdf2(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (name, rounds, length) = (args.str(0)?, args.u32(3)?, args.usize(4)?);
    Ok(crypto::pbkdf2(&name, &args.path(1)?, &args.path(2)?, rounds, length).map_err(thrown)?.into())
}

/// N, r, p and maxmem from `first` on.
fn scrypt_params(args: &OpArgs<'_>, first: usize) -> Result<ScryptParams, OpError> {
    Ok(ScryptParams {
        cost: args.usize(first)? as u64,
        block_size: args.u32(first + 1)?,
        parallelization: args.u32(first + 2)?,
        max_memory: args.num(first + 3)? as u64,
    })
}

/// `crypto_scrypt_check(N, r, p, maxmem)`: throws what `crypto.scrypt` throws for bad parameters.
fn scrypt_check(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    scrypt_params(args, 0)?.check().map_err(thrown)?;
    Ok(OpValue::Undefined)
}

/// `crypto_scrypt(password, salt, N, r, p, maxmem, length)`.
fn scrypt(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let params = scrypt_params(args, 2)?;
    Ok(crypto::scrypt(&args.path(0)?, &args.path(1)?, params, args.usize(6)?).map_err(thrown)?.into())
}

/// `crypto_timing_safe_equal(left, right)`.
fn timing_safe_equal(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(crypto::timing_safe_equal(args.bytes(0)?, args.bytes(1)?).map_err(thrown)?.into())
}

/// `crypto_argon2(password, nonce, parallelism, length, memory, passes, secret, associatedData, type)`.
fn argon2(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (secret, associated_data) = (args.path(6)?, args.path(7)?);
    let params = Argon2Params {
        kind: match args.u32(8)? {
            0 => Argon2Kind::D,
            1 => Argon2Kind::I,
            _ => Argon2Kind::Id,
        },
        parallelism: args.u32(2)?,
        memory_kib: args.u32(4)?,
        passes: args.u32(5)?,
        secret: &secret,
        associated_data: &associated_data,
    };
    Ok(crypto::argon2(&args.path(0)?, &args.path(1)?, &params, args.usize(3)?).map_err(thrown)?.into())
}

fn strength(args: &OpArgs<'_>) -> Result<KeccakStrength, OpError> {
    Ok(if args.u32(0)? == 128 { KeccakStrength::Bits128 } else { KeccakStrength::Bits256 })
}

/// `crypto_cshake(strength, data, functionName, customization, outputBits)`.
fn cshake(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (data, function, customization) = (args.bytes(1)?, args.bytes(2)?, args.bytes(3)?);
    Ok(crypto::cshake(strength(args)?, data, function, customization, args.usize(4)?).into())
}

/// `crypto_kmac(strength, key, data, customization, outputBits)`.
fn kmac(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (key, data, customization) = (args.bytes(1)?, args.bytes(2)?, args.bytes(3)?);
    Ok(crypto::kmac(strength(args)?, key, data, customization, args.usize(4)?).into())
}
