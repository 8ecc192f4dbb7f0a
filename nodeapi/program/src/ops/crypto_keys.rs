//! The binding `crypto`: asymmetric keys. A key is a resource; scripts hold its number.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::crypto::{
    self, BigUint, CryptoError, Detail, DhKey, DsaKey, EcCurve, Key, KeyCipher, KeyEncoding, OkpKind,
    PointForm, PssParams, SignOptions,
};

use super::crypto::{random, thrown};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "crypto_curve_names", run: curve_names },
    OpDecl { name: "crypto_key_private_pem", run: private_pem },
    OpDecl { name: "crypto_key_private_der", run: private_der },
    OpDecl { name: "crypto_key_public_pem", run: public_pem },
    OpDecl { name: "crypto_key_public_der", run: public_der },
    OpDecl { name: "crypto_key_is_rsa_private", run: is_rsa_private },
    OpDecl { name: "crypto_private_key_pkcs8", run: private_key_pkcs8 },
    OpDecl { name: "crypto_key_from_rsa", run: from_rsa },
    OpDecl { name: "crypto_key_from_ec", run: from_ec },
    OpDecl { name: "crypto_key_from_okp", run: from_okp },
    OpDecl { name: "crypto_key_from_point", run: from_point },
    OpDecl { name: "crypto_key_from_scalar", run: from_scalar },
    OpDecl { name: "crypto_key_public", run: public },
    OpDecl { name: "crypto_key_type", run: type_name },
    OpDecl { name: "crypto_key_details", run: details },
    OpDecl { name: "crypto_key_equals", run: equals },
    OpDecl { name: "crypto_key_jwk", run: jwk },
    OpDecl { name: "crypto_key_raw", run: raw },
    OpDecl { name: "crypto_key_export_public", run: export_public },
    OpDecl { name: "crypto_key_export_private", run: export_private },
    OpDecl { name: "crypto_generate_rsa", run: generate_rsa },
    OpDecl { name: "crypto_generate_ec", run: generate_ec },
    OpDecl { name: "crypto_generate_okp", run: generate_okp },
    OpDecl { name: "crypto_generate_dsa", run: generate_dsa },
    OpDecl { name: "crypto_generate_dh", run: generate_dh },
    OpDecl { name: "crypto_sign", run: sign },
    OpDecl { name: "crypto_sign_digest", run: sign_digest },
    OpDecl { name: "crypto_verify", run: verify },
    OpDecl { name: "crypto_verify_digest", run: verify_digest },
    OpDecl { name: "crypto_rsa", run: rsa },
    OpDecl { name: "crypto_agree", run: agree },
];

pub(super) fn key(state: &mut OpState, args: &OpArgs<'_>, index: usize) -> Result<Key, OpError> {
    Ok(state.resource::<Key>(args.u32(index)?)?.clone())
}

fn added(state: &mut OpState, key: Result<Key, CryptoError>) -> OpResult {
    Ok(state.add_resource(key.map_err(thrown)?).into())
}

/// Bytes, or none where the argument is missing.
fn maybe<'a>(args: &'a OpArgs<'_>, index: usize) -> Result<Option<&'a [u8]>, OpError> {
    if args.is_nullish(index) { Ok(None) } else { args.bytes(index).map(Some) }
}

fn encoding(args: &OpArgs<'_>, index: usize) -> Result<KeyEncoding, OpError> {
    args.u32(index).map(KeyEncoding::from_number)
}

/// `crypto_curve_names()`: as `crypto.getCurves()`.
fn curve_names(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::List(crypto::curve_names().into_iter().map(OpValue::from).collect()))
}

/// `crypto_key_private_pem(text, passphrase?)`: the key's number.
fn private_pem(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    added(state, crypto::private_from_pem(args.bytes(0)?, maybe(args, 1)?))
}

/// `crypto_key_private_der(data, type, passphrase?)`.
fn private_der(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    added(state, crypto::private_from_der(args.bytes(0)?, encoding(args, 1)?, maybe(args, 2)?))
}

/// `crypto_key_public_pem(text, passphrase?)`: a public key, or the pair where the file has a private one.
fn public_pem(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    added(state, crypto::public_from_pem(args.bytes(0)?, maybe(args, 1)?))
}

/// `crypto_key_public_der(data, type)`.
fn public_der(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    added(state, crypto::public_from_der(args.bytes(0)?, encoding(args, 1)?))
}

/// `crypto_key_is_rsa_private(data)`.
fn is_rsa_private(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(crypto::is_rsa_private(args.bytes(0)?).into())
}

/// `crypto_private_key_pkcs8(PEM or DER, passphrase?)`: the key as unencrypted PKCS #8.
fn private_key_pkcs8(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (data, passphrase) = (args.bytes(0)?, maybe(args, 1)?);
    let key = if data.starts_with(&[0x30]) {
        [KeyEncoding::Pkcs8, KeyEncoding::Pkcs1, KeyEncoding::Sec1]
            .into_iter()
            .map(|encoding| crypto::private_from_der(data, encoding, passphrase))
            .reduce(|first, next| if first.is_ok() { first } else { next.or(first) })
            .unwrap_or(Err(CryptoError::UnknownDigest))
    } else {
        crypto::private_from_pem(data, passphrase)
    };
    Ok(crypto::pkcs8(&key.map_err(thrown)?).into())
}

/// `crypto_key_from_rsa(n, e, d?, p, q, dp, dq, qi)`.
fn from_rsa(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let numbers = (0..args.len()).map(|index| args.bytes(index)).collect::<Result<Vec<_>, _>>()?;
    added(state, Key::from_rsa_numbers(&numbers))
}

/// `crypto_key_from_ec(curve, x, y, d?)`.
fn from_ec(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    added(state, Key::from_ec_numbers(&args.str(0)?, args.bytes(1)?, args.bytes(2)?, maybe(args, 3)?))
}

fn optional(state: &mut OpState, key: Option<Key>) -> OpResult {
    Ok(key.map_or(OpValue::Undefined, |key| state.add_resource(key).into()))
}

/// `crypto_key_from_okp(name, public?, private?)`: undefined where that is no key; null for an unknown name.
fn from_okp(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let Some(kind) = OkpKind::from_name(&args.str(0)?) else { return Ok(OpValue::Null) };
    optional(state, Key::from_okp_bytes(kind, maybe(args, 1)?, maybe(args, 2)?))
}

fn curve(args: &OpArgs<'_>, index: usize) -> Result<EcCurve, OpError> {
    EcCurve::from_name(&args.str(index)?).ok_or_else(|| {
        let kind = oac_engine::ThrowKind::Type;
        OpError::Throw { kind, code: "ERR_CRYPTO_INVALID_CURVE", message: "Invalid EC curve name".into() }
    })
}

/// `crypto_key_from_point(curve, bytes)`: undefined where that is no point.
fn from_point(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    optional(state, Key::from_point(curve(args, 0)?, args.bytes(1)?))
}

/// `crypto_key_from_scalar(curve, bytes)`: undefined where that is no private key.
fn from_scalar(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let curve = curve(args, 0)?;
    let bytes = args.bytes(1)?;
    optional(state, (bytes.len() == curve.size()).then(|| Key::from_scalar(curve, bytes)).flatten())
}

/// `crypto_key_public(key)`: the public half alone.
fn public(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let public = key(state, args, 0)?.public();
    Ok(state.add_resource(public).into())
}

/// `crypto_key_type(key)`: `asymmetricKeyType`.
fn type_name(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(key(state, args, 0)?.type_name().into())
}

/// `crypto_key_details(key)`: `asymmetricKeyDetails`; a big number as its bytes.
fn details(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let list = key(state, args, 0)?.details().into_iter().map(|(name, detail)| {
        let value = match detail {
            Detail::Number(number) => (number as f64).into(),
            Detail::Bytes(bytes) => bytes.into(),
            Detail::Name(name) => name.into(),
        };
        (name, value)
    });
    Ok(OpValue::Record(list.collect()))
}

/// `crypto_key_equals(left, right)`: of the public halves.
fn equals(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (left, right) = (key(state, args, 0)?, key(state, args, 1)?);
    Ok(left.is_same_public(&right).into())
}

/// `crypto_key_jwk(key)`: `[kty, crv | null, name, bytes, name, bytes …]`.
fn jwk(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (kty, crv, members) = key(state, args, 0)?.jwk().map_err(thrown)?;
    let mut list = vec![kty.into(), crv.map_or(OpValue::Null, OpValue::from)];
    for (name, bytes) in members {
        list.extend([name.into(), OpValue::Bytes(bytes)]);
    }
    Ok(OpValue::List(list))
}

/// `crypto_key_raw(key, private, form?)`: the bytes alone of a key on a curve, in a point's form where it is one; undefined for
/// others.
fn raw(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (wants_private, form) = (args.bool(1), args.u32(2)?);
    Ok(match key(state, args, 0)? {
        Key::Okp(key) if wants_private => key.private.map_or(OpValue::Undefined, OpValue::Bytes),
        Key::Okp(key) => key.public.into(),
        Key::Ec(key) if wants_private => key.private.map_or(OpValue::Undefined, OpValue::Bytes),
        Key::Ec(key) if form != 0 => key.curve.write_point(&key.point, PointForm::from_number(form)).into(),
        _ => OpValue::Undefined,
    })
}

/// `crypto_key_export_public(key, pem, type)`.
fn export_public(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (der, label) = crypto::public_der(&key(state, args, 0)?, encoding(args, 2)?);
    Ok(if args.bool(1) { crypto::write_pem(label, &der).into() } else { der.into() })
}

/// `crypto_key_export_private(key, pem, type, cipher?, passphrase?)`.
fn export_private(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let key = key(state, args, 0)?;
    let name = if args.is_nullish(3) { None } else { Some(args.str(3)?) };
    let passphrase = maybe(args, 4)?.unwrap_or_default();
    let cipher = name.as_deref().map(|name| KeyCipher { name, passphrase });
    let encoding = encoding(args, 2)?;
    let result = if args.bool(1) {
        crypto::private_pem(&key, encoding, cipher, &mut random).map(OpValue::from)
    } else {
        crypto::private_der(&key, encoding, cipher, &mut random).map(OpValue::from)
    };
    result.map_err(thrown)
}

/// `crypto_generate_rsa(bits, exponent, pss, hash?, mgf1Hash?, saltLength?)`.
fn generate_rsa(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let text = |index: usize| -> Result<Option<String>, OpError> {
        if args.is_nullish(index) { Ok(None) } else { Ok(Some(args.str(index)?.into_owned())) }
    };
    let pss = if args.bool(2) {
        let (hash, mgf1) = (text(3)?, text(4)?);
        let salt_len = if args.is_nullish(5) { None } else { Some(args.usize(5)?) };
        let is_bound = hash.is_some() || mgf1.is_some() || salt_len.is_some();
        let size = |name: &str| crypto::one_shot_digest(name, &[], None).map(|digest| digest.len());
        let natural = hash.as_deref().and_then(|name| size(name).ok()).unwrap_or(20);
        let own = hash.clone().unwrap_or_else(|| "sha1".to_owned());
        Some(is_bound.then(|| PssParams {
            mgf1_hash: mgf1.or(hash).unwrap_or_else(|| "sha1".to_owned()),
            hash: own,
            salt_len: salt_len.unwrap_or(natural),
        }))
    } else {
        None
    };
    added(state, Key::generate_rsa(u64::from(args.u32(0)?), args.u32(1)?, pss, &mut random))
}

/// `crypto_generate_ec(curve, explicit)`.
fn generate_ec(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    added(state, Key::generate_ec(&args.str(0)?, args.bool(1), &mut random))
}

/// `crypto_generate_okp(name)`: undefined for an unknown one.
fn generate_okp(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let kind = OkpKind::from_name(&args.str(0)?);
    optional(state, kind.map(|kind| Key::generate_okp(kind, &mut random)))
}

/// `crypto_generate_dsa(bits, divisorBits)`.
fn generate_dsa(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (bits, divisor) = (u64::from(args.u32(0)?), u64::from(args.u32(1)?));
    let key = DsaKey::generate(bits, divisor, &mut random).map(|key| Key::Dsa(Box::new(key)));
    added(state, key)
}

/// `crypto_generate_dh(prime, generator)`, both as bytes.
fn generate_dh(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let number = |index: usize| Ok::<_, OpError>(BigUint::from_bytes_be(args.bytes(index)?));
    let key = DhKey::generate(number(0)?, number(1)?, &mut random);
    added(state, Ok(Key::Dh(Box::new(key))))
}

/// The six arguments of a signature from `first` on: `hash?, padding?, saltLength?, p1363, context?`.
struct Options {
    hash: Option<String>,
    padding: Option<u32>,
    salt_len: Option<i32>,
    p1363: bool,
    context: Vec<u8>,
}

impl Options {
    fn read(args: &OpArgs<'_>, first: usize) -> Result<Self, OpError> {
        Ok(Self {
            hash: if args.is_nullish(first) { None } else { Some(args.str(first)?.into_owned()) },
            padding: if args.is_nullish(first + 1) { None } else { Some(args.u32(first + 1)?) },
            salt_len: if args.is_nullish(first + 2) { None } else { Some(args.i32(first + 2)?) },
            p1363: args.bool(first + 3),
            context: maybe(args, first + 4)?.unwrap_or_default().to_vec(),
        })
    }

    fn borrowed(&self) -> SignOptions<'_> {
        SignOptions {
            hash: self.hash.as_deref(),
            padding: self.padding,
            salt_len: self.salt_len,
            p1363: self.p1363,
            context: &self.context,
        }
    }
}

/// `crypto_sign(key, data, hash?, padding?, saltLength?, p1363, context?)`.
fn sign(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (key, options) = (key(state, args, 0)?, Options::read(args, 2)?);
    Ok(crypto::sign(&key, args.bytes(1)?, &options.borrowed(), &mut random).map_err(thrown)?.into())
}

/// `crypto_sign_digest(key, digest, hash, padding?, saltLength?, p1363)`.
fn sign_digest(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (key, options) = (key(state, args, 0)?, Options::read(args, 2)?);
    let hash = args.str(2)?;
    let made = crypto::sign_digest(&key, args.bytes(1)?, &hash, &options.borrowed(), &mut random);
    Ok(made.map_err(thrown)?.into())
}

/// `crypto_verify(key, data, hash?, padding?, saltLength?, p1363, context?, signature)`.
fn verify(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (key, options) = (key(state, args, 0)?, Options::read(args, 2)?);
    let holds = crypto::verify(&key, args.bytes(1)?, args.bytes(7)?, &options.borrowed());
    Ok(holds.map_err(thrown)?.into())
}

/// `crypto_verify_digest(key, digest, hash, padding?, saltLength?, p1363, null, signature)`.
fn verify_digest(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (key, options) = (key(state, args, 0)?, Options::read(args, 2)?);
    let hash = args.str(2)?;
    let holds = crypto::verify_digest(&key, args.bytes(1)?, &hash, args.bytes(7)?, &options.borrowed());
    Ok(holds.map_err(thrown)?.into())
}

/// `crypto_rsa(operation, key, data, padding, hash, label)`: 0 encrypts, 1 decrypts, 2 encrypts with the private key, 3 decrypts
/// with the public one.
fn rsa(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let unsupported = || {
        let text = "error:03000096:digital envelope routines::operation not supported for this keytype";
        thrown(CryptoError::OpenSsl(text))
    };
    let Key::Rsa(key) = key(state, args, 1)? else { return Err(unsupported()) };
    if key.is_pss() {
        return Err(unsupported());
    }
    let (data, padding, hash) = (args.bytes(2)?, args.u32(3)?, args.str(4)?);
    let label = maybe(args, 5)?.unwrap_or_default();
    let result = match args.u32(0)? {
        0 => key.encrypt(data, padding, &hash, label, &mut random),
        1 => key.decrypt(data, padding, &hash, label, &mut random),
        2 => key.private_encrypt(data, padding, &mut random),
        _ => key.public_decrypt(data, padding),
    };
    Ok(result.map_err(thrown)?.into())
}

/// `crypto_agree(private, public)`: the shared secret.
fn agree(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (own, other) = (key(state, args, 0)?, key(state, args, 1)?);
    Ok(own.agree(&other).map_err(thrown)?.into())
}
