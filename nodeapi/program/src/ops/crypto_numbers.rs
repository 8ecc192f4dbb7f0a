//! The binding `crypto`: primes, and what the classes `DiffieHellman` and `ECDH` compute. Numbers are big-endian bytes.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::crypto::{self, BigUint, DhKey, EcCurve, PointForm, PrimeWish};

use super::crypto::{random, thrown};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "crypto_generate_prime", run: generate_prime },
    OpDecl { name: "crypto_check_prime", run: check_prime },
    OpDecl { name: "crypto_dh_group", run: dh_group },
    OpDecl { name: "crypto_dh_prime", run: dh_prime },
    OpDecl { name: "crypto_dh_check", run: dh_check },
    OpDecl { name: "crypto_mod_pow", run: mod_pow },
    OpDecl { name: "crypto_dh_private", run: dh_private },
    OpDecl { name: "crypto_ec_generate", run: ec_generate },
    OpDecl { name: "crypto_ec_public", run: ec_public },
    OpDecl { name: "crypto_ec_point", run: ec_point },
    OpDecl { name: "crypto_ec_agree", run: ec_agree },
];

fn number(args: &OpArgs<'_>, index: usize) -> Result<BigUint, OpError> {
    Ok(BigUint::from_bytes_be(args.bytes(index)?))
}

fn bytes(number: &BigUint) -> OpValue {
    if *number == BigUint::ZERO { OpValue::Bytes(Vec::new()) } else { number.to_bytes_be().into() }
}

/// `crypto_generate_prime(bits, safe, add?, rem?)`.
fn generate_prime(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let optional =
        |index: usize| if args.is_nullish(index) { Ok(None) } else { number(args, index).map(Some) };
    let wish = PrimeWish {
        bits: u64::from(args.u32(0)?),
        safe: args.bool(1),
        top_two: true,
        add: optional(2)?,
        rem: optional(3)?,
    };
    let prime = crypto::generate_prime(&wish, &mut random).map_err(thrown)?;
    Ok(bytes(&prime))
}

/// `crypto_check_prime(number, checks)`.
fn check_prime(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(crypto::is_prime(&number(args, 0)?, args.usize(1)?, &mut random).into())
}

/// `crypto_dh_group(name)`: its prime, undefined for an unknown one.
fn dh_group(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(crypto::dh_group(&args.str(0)?).map_or(OpValue::Undefined, |prime| bytes(&prime)))
}

/// `crypto_dh_prime(bits, generator)`: a new safe prime.
fn dh_prime(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let prime = crypto::dh_prime(u64::from(args.u32(0)?), args.u32(1)?, &mut random).map_err(thrown)?;
    Ok(bytes(&prime))
}

/// `crypto_dh_check(prime, generator)`: `verifyError`.
fn dh_check(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(crypto::dh_check(&number(args, 0)?, &number(args, 1)?, &mut random).into())
}

/// `crypto_mod_pow(base, exponent, modulus)`: as long as the modulus.
fn mod_pow(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let modulus = number(args, 2)?;
    if modulus == BigUint::ZERO {
        return Ok(OpValue::Bytes(Vec::new()));
    }
    let result = number(args, 0)?.modpow(&number(args, 1)?, &modulus).to_bytes_be();
    let mut out = vec![0; (modulus.bits().div_ceil(8) as usize).saturating_sub(result.len())];
    out.extend_from_slice(&result);
    Ok(out.into())
}

/// `crypto_dh_private(prime, generator)`: a new private key.
fn dh_private(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let key = DhKey::generate(number(args, 0)?, number(args, 1)?, &mut random);
    Ok(bytes(&key.private().cloned().unwrap_or_default()))
}

/// The curve, undefined behind the error for an unknown one.
fn curve(args: &OpArgs<'_>) -> Result<EcCurve, OpError> {
    EcCurve::from_name(&args.str(0)?).ok_or_else(|| {
        let kind = oac_engine::ThrowKind::Type;
        OpError::Throw { kind, code: "ERR_CRYPTO_INVALID_CURVE", message: "Invalid EC curve name".into() }
    })
}

/// `crypto_ec_generate(curve)`: a new private key.
fn ec_generate(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(curve(args)?.generate(&mut random).into())
}

/// `crypto_ec_public(curve, private)`: the point, uncompressed; undefined where that is no private key.
fn ec_public(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(curve(args)?.public(args.bytes(1)?).map_or(OpValue::Undefined, OpValue::Bytes))
}

/// `crypto_ec_point(curve, point, form)`: in another form; undefined where that is no point.
fn ec_point(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (curve, form) = (curve(args)?, PointForm::from_number(args.u32(2)?));
    let point = curve.point(args.bytes(1)?);
    Ok(point.map_or(OpValue::Undefined, |point| curve.write_point(&point, form).into()))
}

/// `crypto_ec_agree(curve, private, point)`: the shared secret; undefined where there is none.
fn ec_agree(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let curve = curve(args)?;
    let point = curve.point(args.bytes(2)?);
    let shared = point.and_then(|point| curve.agree(args.bytes(1).ok()?, &point));
    Ok(shared.map_or(OpValue::Undefined, OpValue::Bytes))
}
