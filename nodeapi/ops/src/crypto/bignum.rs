//! Large numbers: bytes in and out, primes.

use num_bigint::BigUint;

use super::error::{CryptoError, Result};

/// Fills bytes with randomness; the system's, handed in by the caller.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// Big-endian bytes, at least `length` of them.
pub(super) fn padded(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let bytes: &[u8] = if *number == BigUint::ZERO { &[] } else { &bytes };
    let mut out = vec![0; length.saturating_sub(bytes.len())];
    out.extend_from_slice(bytes);
    out
}

/// A number below 2^bits.
pub(super) fn random_bits(bits: u64, random: Random<'_>) -> BigUint {
    let mut bytes = vec![0; bits.div_ceil(8) as usize];
    random(&mut bytes);
    if let (Some(first), extra @ 1..) = (bytes.first_mut(), bits % 8) {
        *first &= (1 << extra) - 1;
    }
    BigUint::from_bytes_be(&bytes)
}

/// A number from 1 to `limit - 1`.
pub(super) fn random_below(limit: &BigUint, random: Random<'_>) -> BigUint {
    loop {
        let number = random_bits(limit.bits(), random);
        if number != BigUint::ZERO && number < *limit {
            return number;
        }
    }
}

/// Primes that candidates are tried against first.
fn small_primes() -> Vec<u32> {
    let limit = 1usize << 15;
    let mut composite = vec![false; limit];
    let mut primes = Vec::new();
    for number in 2..limit {
        if !composite[number] {
            primes.push(number as u32);
            (number * number..limit).step_by(number).for_each(|multiple| composite[multiple] = true);
        }
    }
    primes
}

/// Rounds of Miller and Rabin for an error below 2^-128 on random candidates, and more where `checks` asks.
fn rounds(bits: u64) -> usize {
    if bits >= 2048 {
        4
    } else if bits >= 1024 {
        5
    } else if bits >= 512 {
        8
    } else {
        40
    }
}

/// `crypto.checkPrime`: whether the number is prime, with as many rounds of Miller and Rabin (0 for enough).
pub fn is_prime(number: &BigUint, checks: usize, random: Random<'_>) -> bool {
    let two = BigUint::from(2u32);
    if *number < two {
        return false;
    }
    for prime in small_primes() {
        if number % prime == BigUint::ZERO {
            return *number == BigUint::from(prime);
        }
    }
    let rounds = if checks == 0 { 32 } else { checks };
    passes(number, rounds.min(128), random)
}

fn passes(number: &BigUint, rounds: usize, random: Random<'_>) -> bool {
    let one = BigUint::from(1u32);
    let minus_one = number - &one;
    let twos = minus_one.trailing_zeros().unwrap_or(0);
    let odd = &minus_one >> twos;
    'witness: for _ in 0..rounds {
        let base = random_below(&minus_one, random);
        let mut power = base.modpow(&odd, number);
        if power == one || power == minus_one {
            continue;
        }
        for _ in 1..twos {
            power = &power * &power % number;
            if power == minus_one {
                continue 'witness;
            }
        }
        return false;
    }
    true
}

/// What a new prime must be.
#[derive(Clone, Debug, Default)]
pub struct PrimeWish {
    /// Its bits; the top one is set, the second as well if `top_two`.
    pub bits: u64,
    /// Whether (p - 1) / 2 is prime as well.
    pub safe: bool,
    /// Whether products of two have all their bits.
    pub top_two: bool,
    /// `p % add == rem`.
    pub add: Option<BigUint>,
    /// See `add`; 1 if there is none (for safe primes 3).
    pub rem: Option<BigUint>,
}

/// `crypto.generatePrime`.
pub fn generate_prime(wish: &PrimeWish, random: Random<'_>) -> Result<BigUint> {
    let one = BigUint::from(1u32);
    let bits = wish.bits;
    if bits < 2 || wish.safe && bits < 3 {
        return Err(CryptoError::OpenSsl("error:0180007B:bignum routines::bits too small"));
    }
    let primes = small_primes();
    let step = match &wish.add {
        Some(add) => add.clone(),
        None if wish.safe && bits > 4 => BigUint::from(4u32),
        None => BigUint::from(2u32),
    };
    let rem = match (&wish.add, &wish.rem) {
        (_, Some(rem)) => rem.clone(),
        (Some(_), None) => {
            if wish.safe {
                BigUint::from(3u32)
            } else {
                one.clone()
            }
        }
        (None, None) => {
            if step == BigUint::from(4u32) {
                BigUint::from(3u32)
            } else {
                one.clone()
            }
        }
    };
    if bits <= 6 && wish.add.is_none() {
        return Ok(tiny_prime(bits, wish.safe, random));
    }
    loop {
        let mut start = random_bits(bits, random);
        start.set_bit(bits - 1, true);
        if wish.top_two {
            start.set_bit(bits - 2, true);
        }
        start = &start - &start % &step + &rem;
        if start.bits() != bits {
            continue;
        }
        if let Some(prime) = search(&start, &step, bits, wish.safe, &primes, random) {
            return Ok(prime);
        }
    }
}

/// Walks on from `start` for a while.
fn search(
    start: &BigUint,
    step: &BigUint,
    bits: u64,
    safe: bool,
    primes: &[u32],
    random: Random<'_>,
) -> Option<BigUint> {
    let residues: Vec<(u32, u32, u32)> = primes
        .iter()
        .map(|&prime| {
            let of = |number: &BigUint| (number % prime).iter_u32_digits().next().unwrap_or(0);
            (prime, of(start), of(step))
        })
        .collect();
    // Numbers that small primes could equal are left to the exact test.
    let limit = 1u64 << bits.min(20);
    for turn in 0..limit.min(1 << 14) as u32 {
        let sieved = residues.iter().any(|&(prime, first, each)| {
            let residue = ((u64::from(first) + u64::from(each) * u64::from(turn)) % u64::from(prime)) as u32;
            (residue == 0 || safe && prime > 2 && residue == 1) && bits > 13
        });
        if sieved {
            continue;
        }
        let candidate = start + step * turn;
        if candidate.bits() != bits {
            return None;
        }
        let is_good = |number: &BigUint, random: Random<'_>| {
            if bits <= 13 { is_prime(number, 0, random) } else { passes(number, 1, random) }
        };
        if !is_good(&candidate, random) {
            continue;
        }
        if safe && !is_prime(&(&candidate >> 1), 0, random) {
            continue;
        }
        if passes(&candidate, rounds(bits), random) || bits <= 13 {
            return Some(candidate);
        }
    }
    None
}

fn tiny_prime(bits: u64, safe: bool, random: Random<'_>) -> BigUint {
    let is_small_prime = |n: u32| n > 1 && (2..n).all(|divisor| !n.is_multiple_of(divisor));
    let list: Vec<u32> = (1 << (bits - 1)..1u32 << bits)
        .filter(|&n| is_small_prime(n) && (!safe || is_small_prime((n - 1) / 2)))
        .collect();
    let mut byte = [0];
    random(&mut byte);
    BigUint::from(list.get(usize::from(byte[0]) % list.len().max(1)).copied().unwrap_or(7))
}

/// The inverse of `number` modulo `modulus`.
pub(super) fn inverse(number: &BigUint, modulus: &BigUint) -> Result<BigUint> {
    number.modinv(modulus).ok_or(CryptoError::OpenSsl("error:0180006C:bignum routines::no inverse"))
}
