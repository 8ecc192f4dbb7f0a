//! Keys over finite fields: Diffie-Hellman (PKCS #3, X9.42) and DSA (FIPS 186).

use num_bigint::BigUint;

use super::bignum::{PrimeWish, Random, generate_prime, inverse, is_prime, random_below, random_bits};
use super::error::{CryptoError, Result};

/// A Diffie-Hellman key.
#[derive(Clone, PartialEq, Eq)]
pub struct DhKey {
    pub(super) p: BigUint,
    pub(super) g: BigUint,
    /// The order of the subgroup; X9.42 keys have it.
    pub(super) q: Option<BigUint>,
    pub(super) y: BigUint,
    pub(super) x: Option<BigUint>,
}

/// A DSA key.
#[derive(Clone, PartialEq, Eq)]
pub struct DsaKey {
    pub(super) p: BigUint,
    pub(super) q: BigUint,
    pub(super) g: BigUint,
    pub(super) y: BigUint,
    pub(super) x: Option<BigUint>,
}

/// The well-known groups of `crypto.getDiffieHellman`: name, bits of the prime, and the number in it (RFC 2409, RFC 3526).
const GROUPS: [(&str, u64, u32); 8] = [
    ("modp1", 768, 149_686),
    ("modp2", 1024, 129_093),
    ("modp5", 1536, 741_804),
    ("modp14", 2048, 124_476),
    ("modp15", 3072, 1_690_314),
    ("modp16", 4096, 240_904),
    ("modp17", 6144, 929_484),
    ("modp18", 8192, 4_743_158),
];

/// The prime of a well-known group; its generator is 2.
pub fn dh_group(name: &str) -> Option<BigUint> {
    let name = name.to_ascii_lowercase();
    let (_, bits, add) = GROUPS.iter().find(|(known, ..)| *known == name)?;
    // 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + add)
    let one = BigUint::from(1u32);
    let middle = pi_bits(bits - 130) + BigUint::from(*add);
    Some((&one << *bits) - (&one << (bits - 64)) - &one + (middle << 64u32))
}

/// floor(2^bits * pi), by Machin's formula.
fn pi_bits(bits: u64) -> BigUint {
    let guard = 64;
    let unit = BigUint::from(1u32) << (bits + guard);
    let arctan_inverse = |x: u32| {
        let square = x * x;
        let (mut power, mut sum, mut divisor, mut adds) = (&unit / x, &unit / x, 1u32, false);
        let mut minus = BigUint::ZERO;
        loop {
            power /= square;
            divisor += 2;
            let term = &power / divisor;
            if term == BigUint::ZERO {
                return sum - minus;
            }
            if adds {
                sum += term
            } else {
                minus += term
            }
            adds = !adds;
        }
    };
    (BigUint::from(16u32) * arctan_inverse(5) - BigUint::from(4u32) * arctan_inverse(239)) >> guard
}

impl DhKey {
    /// A new pair in a group.
    pub fn generate(p: BigUint, g: BigUint, random: Random<'_>) -> Self {
        // As OpenSSL for known groups: twice the strength of the prime; for others one bit less than the prime.
        let bits = match p.bits() {
            768 | 1024 => p.bits() - 1,
            1536 => 200,
            2048 => 225,
            3072 => 275,
            4096 => 325,
            6144 => 375,
            8192 => 400,
            other => other - 1,
        };
        let x = loop {
            let x = random_bits(bits.max(2), random);
            if x > BigUint::from(1u32) && x < p {
                break x;
            }
        };
        let y = g.modpow(&x, &p);
        Self { p, g, q: None, y, x: Some(x) }
    }

    /// The private number.
    pub fn private(&self) -> Option<&BigUint> {
        self.x.as_ref()
    }

    /// The shared secret, as long as the prime.
    pub fn agree(&self, public: &BigUint) -> Option<Vec<u8>> {
        let x = self.x.as_ref()?;
        let shared = public.modpow(x, &self.p);
        (shared > BigUint::from(1u32))
            .then(|| super::bignum::padded(&shared, self.p.bits().div_ceil(8) as usize))
    }
}

/// `verifyError` of a group: bits of `DH_CHECK_*`.
pub fn dh_check(p: &BigUint, g: &BigUint, random: Random<'_>) -> u32 {
    const P_NOT_PRIME: u32 = 1;
    const P_NOT_SAFE_PRIME: u32 = 2;
    const NOT_SUITABLE_GENERATOR: u32 = 8;
    const MODULUS_TOO_SMALL: u32 = 0x80;
    const MODULUS_TOO_LARGE: u32 = 0x100;
    if GROUPS.iter().any(|(name, bits, _)| *bits == p.bits() && dh_group(name).as_ref() == Some(p))
        && *g == BigUint::from(2u32)
    {
        return 0;
    }
    let mut flags = 0;
    if p.bits() < 512 {
        flags |= MODULUS_TOO_SMALL;
    }
    if p.bits() > 10_000 {
        flags |= MODULUS_TOO_LARGE;
    }
    let one = BigUint::from(1u32);
    if *g <= one || *g >= p - &one.clone().min(p.clone()) {
        flags |= NOT_SUITABLE_GENERATOR;
    }
    if p.bit(0) && is_prime(p, 0, random) {
        if !is_prime(&(p >> 1), 0, random) {
            flags |= P_NOT_SAFE_PRIME;
        }
    } else {
        flags |= P_NOT_PRIME;
    }
    flags
}

/// A new safe prime for the generator.
pub fn dh_prime(bits: u64, generator: u32, random: Random<'_>) -> Result<BigUint> {
    let (add, rem) = match generator {
        2 => (24u32, 23u32),
        5 => (60, 59),
        _ => (12, 11),
    };
    let wish = PrimeWish {
        bits,
        safe: true,
        top_two: false,
        add: Some(BigUint::from(add)),
        rem: Some(BigUint::from(rem)),
    };
    generate_prime(&wish, random)
}

impl DsaKey {
    /// New parameters and a pair: a prime of `bits`, a subgroup of `q_bits`.
    pub fn generate(bits: u64, q_bits: u64, random: Random<'_>) -> Result<Self> {
        let one = BigUint::from(1u32);
        if bits < 1024 || q_bits < 160 || q_bits >= bits {
            return Err(CryptoError::OpenSsl("error:05000072:dsa routines::bad ffc parameters"));
        }
        let q = generate_prime(&PrimeWish { bits: q_bits, ..PrimeWish::default() }, random)?;
        let double = &q << 1u32;
        let wish = PrimeWish { bits, add: Some(double), rem: Some(one.clone()), ..PrimeWish::default() };
        let p = generate_prime(&wish, random)?;
        let exponent = (&p - &one) / &q;
        let g = loop {
            let g = random_below(&p, random).modpow(&exponent, &p);
            if g > one {
                break g;
            }
        };
        let x = random_below(&q, random);
        let y = g.modpow(&x, &p);
        Ok(Self { p, q, g, y, x: Some(x) })
    }

    fn number(&self, digest: &[u8]) -> BigUint {
        let length = digest.len().min(self.q.bits().div_ceil(8) as usize);
        BigUint::from_bytes_be(&digest[..length]) >> (length as u64 * 8).saturating_sub(self.q.bits())
    }

    /// Signs a digest: `r` and `s`.
    pub fn sign(&self, digest: &[u8], random: Random<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
        let x = self.x.as_ref()?;
        loop {
            let k = random_below(&self.q, random);
            let r = self.g.modpow(&k, &self.p) % &self.q;
            let s = inverse(&k, &self.q).ok()? * (self.number(digest) + x * &r) % &self.q;
            if r != BigUint::ZERO && s != BigUint::ZERO {
                return Some((r.to_bytes_be(), s.to_bytes_be()));
            }
        }
    }

    /// Whether a signature holds.
    pub fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        let (r, s) = (BigUint::from_bytes_be(r), BigUint::from_bytes_be(s));
        if r == BigUint::ZERO || r >= self.q || s >= self.q {
            return false;
        }
        let Ok(w) = inverse(&s, &self.q) else { return false };
        let (u1, u2) = (self.number(digest) * &w % &self.q, &r * w % &self.q);
        self.g.modpow(&u1, &self.p) * self.y.modpow(&u2, &self.p) % &self.p % &self.q == r
    }
}
