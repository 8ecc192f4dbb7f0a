//! Elliptic curves over prime fields: points, ECDH, ECDSA.

use elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, Group, PrimeField, ProjectivePoint, Scalar,
    ops::{Invert, Reduce},
    point::AffineCoordinates,
    sec1::{FromSec1Point, ModulusSize, Sec1Point, ToSec1Point},
};
use num_bigint::BigUint;

use super::bignum::{Random, padded};
use super::der;
use super::error::{CryptoError, Result};

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcCurve {
    /// P-256.
    Prime256v1,
    /// P-384.
    Secp384r1,
    /// P-521.
    Secp521r1,
    /// Bitcoin's.
    Secp256k1,
}

/// How a point is written: `POINT_CONVERSION_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointForm {
    /// One coordinate.
    Compressed = 2,
    /// Both.
    Uncompressed = 4,
    /// Both, and the sign in the first byte.
    Hybrid = 6,
}

impl PointForm {
    /// By OpenSSL's number.
    pub fn from_number(number: u32) -> Self {
        match number {
            2 => Self::Compressed,
            6 => Self::Hybrid,
            _ => Self::Uncompressed,
        }
    }
}

macro_rules! on_curve {
    ($curve:expr, $run:ident($($argument:expr),*)) => {
        match $curve {
            EcCurve::Prime256v1 => $run::<p256::NistP256>($($argument),*),
            EcCurve::Secp384r1 => $run::<p384::NistP384>($($argument),*),
            EcCurve::Secp521r1 => $run::<p521::NistP521>($($argument),*),
            EcCurve::Secp256k1 => $run::<k256::Secp256k1>($($argument),*),
        }
    };
}

const ALL: [EcCurve; 4] = [EcCurve::Prime256v1, EcCurve::Secp256k1, EcCurve::Secp384r1, EcCurve::Secp521r1];

/// `crypto.getCurves()`.
pub fn curve_names() -> Vec<&'static str> {
    ALL.iter().map(|curve| curve.name()).collect()
}

impl EcCurve {
    /// OpenSSL's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prime256v1 => "prime256v1",
            Self::Secp384r1 => "secp384r1",
            Self::Secp521r1 => "secp521r1",
            Self::Secp256k1 => "secp256k1",
        }
    }

    /// The name in a JWK, where it has one.
    pub fn jwk_name(self) -> Option<&'static str> {
        match self {
            Self::Prime256v1 => Some("P-256"),
            Self::Secp384r1 => Some("P-384"),
            Self::Secp521r1 => Some("P-521"),
            Self::Secp256k1 => Some("secp256k1"),
        }
    }

    /// NIST's name, if it is one of theirs.
    pub fn nist_name(self) -> Option<&'static str> {
        match self {
            Self::Secp256k1 => None,
            other => other.jwk_name(),
        }
    }

    /// By OpenSSL's or NIST's name.
    pub fn from_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|curve| curve.name() == name || curve.nist_name() == Some(name))
    }

    /// Bits of the order.
    pub fn bits(self) -> u32 {
        match self {
            Self::Prime256v1 | Self::Secp256k1 => 256,
            Self::Secp384r1 => 384,
            Self::Secp521r1 => 521,
        }
    }

    /// Bytes of a coordinate, and of a private key.
    pub fn size(self) -> usize {
        self.bits().div_ceil(8) as usize
    }

    pub(super) fn oid(self) -> &'static [u8] {
        match self {
            Self::Prime256v1 => &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7],
            Self::Secp384r1 => &[0x2B, 0x81, 4, 0, 34],
            Self::Secp521r1 => &[0x2B, 0x81, 4, 0, 35],
            Self::Secp256k1 => &[0x2B, 0x81, 4, 0, 10],
        }
    }

    pub(super) fn from_oid(oid: &[u8]) -> Option<Self> {
        ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    /// A new private key.
    pub fn generate(self, random: Random<'_>) -> Vec<u8> {
        loop {
            let mut key = vec![0; self.size()];
            random(&mut key);
            if self == Self::Secp521r1 {
                key[0] &= 1;
            }
            if self.public(&key).is_some() {
                return key;
            }
        }
    }

    /// The public point (uncompressed) of a private key; none if the key is 0 or not below the order.
    pub fn public(self, private: &[u8]) -> Option<Vec<u8>> {
        let private = self.sized(private)?;
        on_curve!(self, public(&private))
    }

    /// A private key with zeros in front, or without.
    fn sized(self, private: &[u8]) -> Option<Vec<u8>> {
        let number = BigUint::from_bytes_be(private);
        (number.bits() <= self.size() as u64 * 8).then(|| padded(&number, self.size()))
    }

    /// A point in any form, as uncompressed; none if it is not on the curve, or is the point at infinity.
    pub fn point(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let plain = match *bytes {
            // The hybrid form says the sign of a coordinate that it has.
            [first @ (6 | 7), ref rest @ ..] if rest.last().is_some_and(|last| last & 1 == first & 1) => {
                [&[4], rest].concat()
            }
            _ => bytes.to_vec(),
        };
        on_curve!(self, point(&plain))
    }

    /// An uncompressed point in another form.
    pub fn write_point(self, point: &[u8], form: PointForm) -> Vec<u8> {
        let sign = point.last().copied().unwrap_or(0) & 1;
        match form {
            PointForm::Uncompressed => point.to_vec(),
            PointForm::Compressed => [&[2 | sign], &point[1..=self.size()]].concat(),
            PointForm::Hybrid => [&[6 | sign], &point[1..]].concat(),
        }
    }

    /// The x coordinate of a private key times a point.
    pub fn agree(self, private: &[u8], point: &[u8]) -> Option<Vec<u8>> {
        let private = self.sized(private)?;
        on_curve!(self, agree(&private, point))
    }

    /// ECDSA over a digest: `r` and `s`.
    pub fn sign(self, private: &[u8], digest: &[u8], random: Random<'_>) -> Result<(Vec<u8>, Vec<u8>)> {
        let digest = self.leftmost(digest);
        loop {
            let nonce = self.generate(random);
            let private = self.sized(private).ok_or(INVALID_KEY)?;
            if let Some(pair) = on_curve!(self, sign(&private, &nonce, &digest)) {
                return Ok(pair);
            }
        }
    }

    /// Whether an ECDSA signature holds.
    pub fn verify(self, point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        let digest = self.leftmost(digest);
        let (Some(r), Some(s)) = (self.sized(r), self.sized(s)) else { return false };
        on_curve!(self, verify(point, &digest, &r, &s)).unwrap_or(false)
    }

    /// A digest's leading bits, as many as the order has.
    fn leftmost(self, digest: &[u8]) -> Vec<u8> {
        let number = BigUint::from_bytes_be(&digest[..digest.len().min(self.size())]);
        let spare = (digest.len().min(self.size()) as u64 * 8).saturating_sub(u64::from(self.bits()));
        padded(&(number >> spare), self.size())
    }

    /// `SpecifiedECDomain` (SEC 1, C.2), for `paramEncoding: 'explicit'`.
    pub(super) fn explicit(self) -> Vec<u8> {
        let [p, a, b, n] = self.constants();
        let field = der::sequence(&[&der::oid(super::oids::PRIME_FIELD), &der::integer(&p)]);
        let size = self.size();
        let coefficients = if let Some(seed) = self.seed() {
            der::sequence(&[
                &der::octets(&padded(&a, size)),
                &der::octets(&padded(&b, size)),
                &der::bits(seed),
            ])
        } else {
            der::sequence(&[&der::octets(&padded(&a, size)), &der::octets(&padded(&b, size))])
        };
        let base = self.public(&[1]).unwrap_or_default();
        der::sequence(&[
            &der::small(1),
            &field,
            &coefficients,
            &der::octets(&base),
            &der::integer(&n),
            &der::small(1),
        ])
    }

    /// The curve that explicit parameters describe, told by its base point.
    pub(super) fn from_explicit(contents: &[u8]) -> Option<Self> {
        let mut reader = der::Reader(contents);
        reader.small().ok()?;
        reader.element().ok()?;
        reader.element().ok()?;
        let base = reader.expect(der::tag::OCTET_STRING).ok()?;
        let order = reader.integer().ok()?;
        ALL.into_iter().find(|curve| {
            let point = curve.public(&[1]).unwrap_or_default();
            curve.constants()[3] == order
                && (base == point || base == curve.write_point(&point, PointForm::Compressed))
        })
    }

    fn seed(self) -> Option<&'static [u8]> {
        const SEEDS: [[u8; 20]; 3] = [
            hex20(b"C49D360886E704936A6678E1139D26B7819F7E90"),
            hex20(b"A335926AA319A27A1D00896A6773A4827ACDAC73"),
            hex20(b"D09E8800291CB85396CC6717393284AAA0DA64BA"),
        ];
        match self {
            Self::Prime256v1 => Some(&SEEDS[0]),
            Self::Secp384r1 => Some(&SEEDS[1]),
            Self::Secp521r1 => Some(&SEEDS[2]),
            Self::Secp256k1 => None,
        }
    }

    /// p, a, b and n (SEC 2).
    fn constants(self) -> [BigUint; 4] {
        let one = || BigUint::from(1u32);
        let hex = |text: &str| BigUint::parse_bytes(text.as_bytes(), 16).unwrap_or_default();
        let (p, b, n) = match self {
            Self::Prime256v1 => (
                (one() << 256) - (one() << 224) + (one() << 192) + (one() << 96) - one(),
                "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
                "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            ),
            Self::Secp384r1 => (
                (one() << 384) - (one() << 128) - (one() << 96) + (one() << 32) - one(),
                "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
                "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
            ),
            Self::Secp521r1 => (
                (one() << 521) - one(),
                "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf\
                 073573df883d2c34f1ef451fd46b503f00",
                "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f70\
                 9a5d03bb5c9b8899c47aebb6fb71e91386409",
            ),
            Self::Secp256k1 => (
                (one() << 256) - (one() << 32) - BigUint::from(977u32),
                "7",
                "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
            ),
        };
        let a = if self == Self::Secp256k1 { BigUint::ZERO } else { &p - BigUint::from(3u32) };
        [p, a, hex(b), hex(n)]
    }
}

const fn hex20(text: &[u8; 40]) -> [u8; 20] {
    const fn digit(byte: u8) -> u8 {
        if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' + 10 }
    }
    let mut out = [0; 20];
    let mut at = 0;
    while at < 20 {
        out[at] = digit(text[at * 2]) << 4 | digit(text[at * 2 + 1]);
        at += 1;
    }
    out
}

const INVALID_KEY: CryptoError = CryptoError::OpenSsl("error:1C80009E:Provider routines::invalid key");

/// A number in a curve's bytes.
fn field<C: CurveArithmetic>(bytes: &[u8]) -> Option<FieldBytes<C>> {
    FieldBytes::<C>::try_from(bytes).ok()
}

/// A scalar that is neither 0 nor above the order.
fn scalar<C: CurveArithmetic>(bytes: &[u8]) -> Option<Scalar<C>> {
    let scalar = Option::<Scalar<C>>::from(Scalar::<C>::from_repr(field::<C>(bytes)?))?;
    (!bool::from(elliptic_curve::Field::is_zero(&scalar))).then_some(scalar)
}

fn affine<C>(bytes: &[u8]) -> Option<AffinePoint<C>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let encoded = Sec1Point::<C>::from_bytes(bytes).ok()?;
    if encoded.is_identity() {
        return None;
    }
    AffinePoint::<C>::from_sec1_point(&encoded).into_option()
}

fn uncompressed<C>(point: ProjectivePoint<C>) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    if bool::from(point.is_identity()) {
        return None;
    }
    let affine: AffinePoint<C> = point.into();
    Some(affine.to_sec1_point(false).as_bytes().to_vec())
}

fn public<C>(private: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    uncompressed::<C>(ProjectivePoint::<C>::generator() * scalar::<C>(private)?)
}

fn point<C>(bytes: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    Some(affine::<C>(bytes)?.to_sec1_point(false).as_bytes().to_vec())
}

fn agree<C>(private: &[u8], point: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let shared = ProjectivePoint::<C>::from(affine::<C>(point)?) * scalar::<C>(private)?;
    let affine: AffinePoint<C> = shared.into();
    (!bool::from(shared.is_identity())).then(|| affine.x().to_vec())
}

fn sign<C: CurveArithmetic>(private: &[u8], nonce: &[u8], digest: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (d, k) = (scalar::<C>(private)?, scalar::<C>(nonce)?);
    let z = <Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&field::<C>(digest)?);
    let base: AffinePoint<C> = (ProjectivePoint::<C>::generator() * k).into();
    let r = <Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&base.x());
    let inverse = Option::<Scalar<C>>::from(Invert::invert(&k))?;
    let s = inverse * (z + r * d);
    let zero = |scalar: &Scalar<C>| bool::from(elliptic_curve::Field::is_zero(scalar));
    if zero(&r) || zero(&s) {
        return None;
    }
    Some((r.to_repr().to_vec(), s.to_repr().to_vec()))
}

fn verify<C>(point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let (r, s) = (scalar::<C>(r)?, scalar::<C>(s)?);
    let z = <Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&field::<C>(digest)?);
    let inverse = Option::<Scalar<C>>::from(Invert::invert(&s))?;
    let key = ProjectivePoint::<C>::from(affine::<C>(point)?);
    let sum = ProjectivePoint::<C>::generator() * (z * inverse) + key * (r * inverse);
    if bool::from(sum.is_identity()) {
        return Some(false);
    }
    let affine: AffinePoint<C> = sum.into();
    Some(<Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&affine.x()) == r)
}

/// `SEQUENCE { r, s }` of the two numbers.
pub(super) fn signature_der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| der::integer(&BigUint::from_bytes_be(bytes));
    der::sequence(&[&number(r), &number(s)])
}

/// The two numbers of a DER signature.
pub(super) fn signature_parts(signature: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut outer = der::Reader(signature);
    let mut reader = outer.sequence().ok()?;
    let (r, s) = (reader.integer().ok()?, reader.integer().ok()?);
    (reader.is_empty() && outer.is_empty()).then(|| (r.to_bytes_be(), s.to_bytes_be()))
}
