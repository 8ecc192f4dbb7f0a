//! RSA (RFC 8017): raw operations, paddings, keys.

use num_bigint::BigUint;
use subtle::ConstantTimeEq as _;

use super::bignum::{PrimeWish, Random, generate_prime, inverse, padded, random_below};
use super::error::{CryptoError, Result, openssl};
use super::hash::{Hasher, one_shot_digest};
use super::oids;

/// What belongs to the private half.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RsaPrivate {
    pub(super) d: BigUint,
    pub(super) p: BigUint,
    pub(super) q: BigUint,
    pub(super) dp: BigUint,
    pub(super) dq: BigUint,
    pub(super) qi: BigUint,
}

/// Parameters that an RSA-PSS key is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PssParams {
    /// The digest, by OpenSSL's name.
    pub hash: String,
    /// The mask's digest.
    pub mgf1_hash: String,
    /// Bytes of salt, at least.
    pub salt_len: usize,
}

/// An RSA key, or half of one.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaKey {
    pub(super) n: BigUint,
    pub(super) e: BigUint,
    pub(super) private: Option<RsaPrivate>,
    /// Whether the key is of the type `rsa-pss`, and what for.
    pub(super) pss: Option<Option<PssParams>>,
}

/// `RSA_*_PADDING`.
pub mod padding {
    #![allow(missing_docs, reason = "OpenSSL's names")]
    pub const PKCS1: u32 = 1;
    pub const NONE: u32 = 3;
    pub const OAEP: u32 = 4;
    pub const PSS: u32 = 6;
}

/// Salt lengths with a meaning of their own.
const SALT_DIGEST: i32 = -1;
const SALT_MAX_OR_AUTO: i32 = -2;

const PROVIDER_SIGN: &str = "error:0200006E:rsa routines::data too large for key size\n\
     error:030000EA:digital envelope routines::provider signature failure\n\
     error:1C880004:Provider routines::RSA lib\n=\n\
     error:1C880004:Provider routines::RSA lib";

impl RsaKey {
    /// A new pair.
    pub fn generate(bits: u64, e: u32, pss: Option<Option<PssParams>>, random: Random<'_>) -> Result<Self> {
        if bits < 512 {
            return Err(CryptoError::OpenSsl("error:1C8000AB:Provider routines::key size too small"));
        }
        if e < 3 || e.is_multiple_of(2) {
            return Err(CryptoError::OpenSsl("error:020000B2:rsa routines::pub exponent out of range"));
        }
        let (e, one) = (BigUint::from(e), BigUint::from(1u32));
        loop {
            let mut half = |bits| {
                let wish = PrimeWish { bits, top_two: true, ..PrimeWish::default() };
                generate_prime(&wish, random)
            };
            let (p, q) = (half(bits.div_ceil(2))?, half(bits / 2)?);
            let (p, q) = if p < q { (q, p) } else { (p, q) };
            let n = &p * &q;
            let phi = (&p - &one) * (&q - &one);
            if p == q || n.bits() != bits {
                continue;
            }
            // e has no factor in common with phi exactly if it has an inverse; OpenSSL takes it modulo the least common multiple.
            let lcm = &phi / gcd(&p - &one, &q - &one);
            let Ok(d) = inverse(&e, &lcm) else { continue };
            let private =
                RsaPrivate { dp: &d % (&p - &one), dq: &d % (&q - &one), qi: inverse(&q, &p)?, d, p, q };
            return Ok(Self { n, e, private: Some(private), pss });
        }
    }

    /// Whether the key is of the type `rsa-pss`, which only signs.
    pub fn is_pss(&self) -> bool {
        self.pss.is_some()
    }

    /// Bytes of the modulus.
    pub fn size(&self) -> usize {
        self.n.bits().div_ceil(8) as usize
    }

    pub(super) fn public_op(&self, input: &[u8]) -> Result<Vec<u8>> {
        let number = BigUint::from_bytes_be(input);
        if number >= self.n {
            return Err(CryptoError::OpenSsl("error:02000084:rsa routines::data too large for modulus"));
        }
        Ok(padded(&number.modpow(&self.e, &self.n), self.size()))
    }

    /// Blinded, by the Chinese remainders.
    pub(super) fn private_op(&self, input: &[u8], random: Random<'_>) -> Result<Vec<u8>> {
        let private = self.private.as_ref().ok_or(openssl::UNSUPPORTED_KEY_TYPE)?;
        let number = BigUint::from_bytes_be(input);
        if number >= self.n {
            return Err(CryptoError::OpenSsl("error:02000084:rsa routines::data too large for modulus"));
        }
        let (factor, unblind) = loop {
            let factor = random_below(&self.n, random);
            if let Some(unblind) = factor.modinv(&self.n) {
                break (factor.modpow(&self.e, &self.n), unblind);
            }
        };
        let blinded = number * factor % &self.n;
        let RsaPrivate { p, q, dp, dq, qi, d } = private;
        let result = if *p == BigUint::ZERO || *q == BigUint::ZERO {
            blinded.modpow(d, &self.n)
        } else {
            let (mp, mq) = ((&blinded % p).modpow(dp, p), (&blinded % q).modpow(dq, q));
            let difference = (p + &mp - &mq % p) % p;
            &mq + qi * difference % p * q
        };
        Ok(padded(&(result * unblind % &self.n), self.size()))
    }

    /// `publicEncrypt`.
    pub fn encrypt(
        &self,
        data: &[u8],
        scheme: u32,
        hash: &str,
        label: &[u8],
        random: Random<'_>,
    ) -> Result<Vec<u8>> {
        let size = self.size();
        let block = match scheme {
            padding::PKCS1 => {
                if data.len() + 11 > size {
                    return Err(openssl::DATA_TOO_LARGE);
                }
                let mut fill = vec![0; size - data.len() - 3];
                random(&mut fill);
                for byte in &mut fill {
                    while *byte == 0 {
                        random(std::slice::from_mut(byte));
                    }
                }
                [&[0, 2], fill.as_slice(), &[0], data].concat()
            }
            padding::NONE => self.whole(data)?,
            padding::OAEP => oaep_encode(size, data, hash, label, random)?,
            padding::PSS => return Err(CryptoError::OpenSsl("error:00000000:lib(0)::reason(0)")),
            _ => return Err(UNKNOWN_PADDING),
        };
        self.public_op(&block)
    }

    fn whole(&self, data: &[u8]) -> Result<Vec<u8>> {
        match data.len().cmp(&self.size()) {
            std::cmp::Ordering::Less => {
                Err(CryptoError::OpenSsl("error:0200007A:rsa routines::data too small for key size"))
            }
            std::cmp::Ordering::Greater => Err(openssl::DATA_TOO_LARGE),
            std::cmp::Ordering::Equal => Ok(data.to_vec()),
        }
    }

    /// `privateDecrypt`.
    pub fn decrypt(
        &self,
        data: &[u8],
        scheme: u32,
        hash: &str,
        label: &[u8],
        random: Random<'_>,
    ) -> Result<Vec<u8>> {
        let size = self.size();
        if data.len() > size {
            return Err(CryptoError::OpenSsl(
                "error:0200006C:rsa routines::data greater than mod len\n\
                 error:1C8000A2:Provider routines::failed to decrypt",
            ));
        }
        let block = self.private_op(data, random)?;
        match scheme {
            padding::PKCS1 => Ok(self.implicit_rejection(data, &block)),
            padding::NONE => Ok(block),
            padding::OAEP => oaep_decode(&block, hash, label),
            padding::PSS => Err(CryptoError::OpenSsl("error:00000000:lib(0)::reason(0)")),
            _ => Err(UNKNOWN_PADDING),
        }
    }

    /// What PKCS #1 decryption gives; for a wrong padding a message that depends on key and input only, so that nobody learns
    /// which it was.
    fn implicit_rejection(&self, data: &[u8], block: &[u8]) -> Vec<u8> {
        let size = self.size();
        let separator = block.iter().skip(2).position(|&byte| byte == 0);
        let good = block.starts_with(&[0, 2]) && separator.is_some_and(|at| at >= 8);
        let key = self.private.as_ref().map(|private| padded(&private.d, size)).unwrap_or_default();
        let key = one_shot_digest("sha256", &key, None).unwrap_or_default();
        let input = [vec![0; size - data.len()], data.to_vec()].concat();
        let derive = |label: &[u8], length: usize| -> Vec<u8> {
            let mut out = Vec::new();
            let Ok(seed) = mac(&key, &[&input]) else { return out };
            for counter in 0u16.. {
                if out.len() >= length {
                    break;
                }
                let bits = ((length * 8) as u16).to_be_bytes();
                out.extend(mac(&seed, &[&counter.to_be_bytes(), label, &bits]).unwrap_or_default());
            }
            out.truncate(length);
            out
        };
        if good {
            return block[separator.unwrap_or(0) + 3..].to_vec();
        }
        let message = derive(b"message", size);
        let lengths = derive(b"length", 256);
        let limit = size - 11;
        let mask = (limit + 1).next_power_of_two() - 1;
        let length = lengths
            .chunks_exact(2)
            .map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])) & mask)
            .rfind(|&length| length <= limit)
            .unwrap_or(0);
        message[size - length..].to_vec()
    }

    /// `privateEncrypt`, and PKCS #1 signatures.
    pub fn private_encrypt(&self, data: &[u8], scheme: u32, random: Random<'_>) -> Result<Vec<u8>> {
        let block = match scheme {
            padding::PKCS1 => self.type_one(data)?,
            padding::NONE => self.whole(data)?,
            _ => return Err(UNKNOWN_PADDING),
        };
        self.private_op(&block, random)
    }

    fn type_one(&self, data: &[u8]) -> Result<Vec<u8>> {
        let size = self.size();
        if data.len() + 11 > size {
            return Err(CryptoError::OpenSsl(
                "error:0200006E:rsa routines::data too large for key size\n\
                 error:030000EA:digital envelope routines::provider signature failure\n\
                 error:1C880004:Provider routines::RSA lib",
            ));
        }
        Ok([&[0, 1], vec![0xFF; size - data.len() - 3].as_slice(), &[0], data].concat())
    }

    /// `publicDecrypt`.
    pub fn public_decrypt(&self, data: &[u8], scheme: u32) -> Result<Vec<u8>> {
        if data.len() > self.size() {
            return Err(CryptoError::OpenSsl("error:0200006C:rsa routines::data greater than mod len"));
        }
        let block = self.public_op(data)?;
        match scheme {
            padding::NONE => return Ok(block),
            padding::PKCS1 => {}
            _ => return Err(UNKNOWN_PADDING),
        }
        let bad = CryptoError::OpenSsl(
            "error:0200006A:rsa routines::block type is not 01\n\
             error:030000EA:digital envelope routines::provider signature failure\n\
             error:1C880004:Provider routines::RSA lib\n\
             error:02000072:rsa routines::padding check failed",
        );
        let rest = block.strip_prefix(&[0, 1]).ok_or_else(|| bad.clone())?;
        let fill = rest.iter().take_while(|&&byte| byte == 0xFF).count();
        if fill < 8 || rest.get(fill) != Some(&0) {
            return Err(bad);
        }
        Ok(rest[fill + 1..].to_vec())
    }

    /// The scheme and salt that a signature is made with: a PSS key takes no other scheme, and has a salt of its own.
    fn scheme(&self, scheme: Option<u32>) -> Result<u32> {
        match (scheme, &self.pss) {
            (None, Some(_)) => Ok(padding::PSS),
            (None, None) => Ok(padding::PKCS1),
            (Some(padding::PSS), _) => Ok(padding::PSS),
            (Some(scheme @ (padding::PKCS1 | padding::NONE)), None) => Ok(scheme),
            _ => Err(CryptoError::OpenSsl(
                "error:1C8000A5:Provider routines::illegal or unsupported padding mode",
            )),
        }
    }

    fn check_pss_hash(&self, hash: &str) -> Result<()> {
        match &self.pss {
            Some(Some(params)) if !oids::same_digest(&params.hash, hash) => {
                Err(CryptoError::OpenSsl("error:1C8000AE:Provider routines::digest not allowed"))
            }
            _ => Ok(()),
        }
    }

    fn mgf1<'a>(&'a self, hash: &'a str) -> &'a str {
        match &self.pss {
            Some(Some(params)) => &params.mgf1_hash,
            _ => hash,
        }
    }

    /// Signs a digest (`hash` names it; with none `digest` is the data itself).
    pub fn sign(
        &self,
        digest: &[u8],
        hash: Option<&str>,
        scheme: Option<u32>,
        salt_len: Option<i32>,
        random: Random<'_>,
    ) -> Result<Vec<u8>> {
        match (self.scheme(scheme)?, hash) {
            (padding::PSS, hash) => {
                let hash = hash.unwrap_or("sha1");
                self.check_pss_hash(hash)?;
                let em_bits = self.n.bits() - 1;
                let em_len = em_bits.div_ceil(8) as usize;
                let most = em_len.checked_sub(digest.len() + 2).ok_or(CryptoError::OpenSsl(PROVIDER_SIGN))?;
                let bound = self.pss.as_ref().and_then(|pss| pss.as_ref()).map(|params| params.salt_len);
                let length = match salt_len {
                    None if bound.is_some() => bound.unwrap_or_default(),
                    None | Some(SALT_MAX_OR_AUTO) => most,
                    Some(SALT_DIGEST) => digest.len(),
                    Some(length) if length >= 0 => length as usize,
                    Some(_) => {
                        return Err(CryptoError::OpenSsl(
                            "error:1C800070:Provider routines::invalid salt length",
                        ));
                    }
                };
                if bound.is_some_and(|bound| length < bound) {
                    return Err(CryptoError::OpenSsl(
                        "error:1C8000AC:Provider routines::pss saltlen too small",
                    ));
                }
                if length > most {
                    return Err(CryptoError::OpenSsl(PROVIDER_SIGN));
                }
                let mut salt = vec![0; length];
                random(&mut salt);
                let block = pss_encode(digest, hash, self.mgf1(hash), &salt, em_bits)?;
                self.private_op(&padded(&BigUint::from_bytes_be(&block), self.size()), random)
            }
            (scheme, None) => self.private_encrypt(digest, scheme, random),
            (padding::NONE, Some(_)) => {
                Err(CryptoError::OpenSsl("error:1C80008D:Provider routines::invalid padding mode"))
            }
            (_, Some(hash)) => {
                let info = digest_info(hash, digest)?;
                if info.len() + 11 > self.size() {
                    return Err(CryptoError::OpenSsl(
                        "error:02000070:rsa routines::digest too big for rsa key",
                    ));
                }
                self.private_encrypt(&info, padding::PKCS1, random)
            }
        }
    }

    /// Whether a signature of a digest holds.
    pub fn verify(
        &self,
        digest: &[u8],
        hash: Option<&str>,
        signature: &[u8],
        scheme: Option<u32>,
        salt_len: Option<i32>,
    ) -> Result<bool> {
        let scheme = self.scheme(scheme)?;
        if scheme == padding::PSS {
            self.check_pss_hash(hash.unwrap_or("sha1"))?;
        }
        if signature.len() != self.size() {
            return Ok(false);
        }
        let Ok(block) = self.public_op(signature) else { return Ok(false) };
        if scheme == padding::PSS {
            let hash = hash.unwrap_or("sha1");
            let salt = match salt_len {
                None | Some(SALT_MAX_OR_AUTO) => None,
                Some(SALT_DIGEST) => Some(digest.len()),
                Some(length) => Some(length.max(0) as usize),
            };
            return pss_verify(digest, hash, self.mgf1(hash), &block, self.n.bits() - 1, salt);
        }
        let expected = match hash {
            Some(hash) => digest_info(hash, digest)?,
            None => digest.to_vec(),
        };
        let Ok(expected) = self.type_one(&expected) else { return Ok(false) };
        Ok(expected.ct_eq(&block).into())
    }
}

const UNKNOWN_PADDING: CryptoError =
    CryptoError::OpenSsl("error:02000076:rsa routines::unknown padding type");

fn gcd(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>> {
    let mut mac = super::hash::Hmac::new("sha256", key)?;
    parts.iter().for_each(|part| mac.update(part));
    Ok(mac.finish())
}

/// `DigestInfo` (RFC 8017, appendix A.2.4).
fn digest_info(hash: &str, digest: &[u8]) -> Result<Vec<u8>> {
    if hash.eq_ignore_ascii_case("md5-sha1") {
        return Ok(digest.to_vec());
    }
    let oid = oids::digest_oid(hash)
        .ok_or(CryptoError::OpenSsl("error:1C8000AE:Provider routines::digest not allowed"))?;
    let algorithm = super::der::sequence(&[&super::der::oid(oid), &super::der::NULL]);
    Ok(super::der::sequence(&[&algorithm, &super::der::octets(digest)]))
}

fn mask(hash: &str, seed: &[u8], into: &mut [u8]) -> Result<()> {
    let mut counter = 0u32;
    let mut at = 0;
    while at < into.len() {
        let mut hasher = Hasher::new(hash, None)?;
        hasher.update(seed);
        hasher.update(&counter.to_be_bytes());
        for (byte, other) in into[at..].iter_mut().zip(hasher.finish()) {
            *byte ^= other;
            at += 1;
        }
        counter += 1;
    }
    Ok(())
}

fn oaep_encode(size: usize, data: &[u8], hash: &str, label: &[u8], random: Random<'_>) -> Result<Vec<u8>> {
    let label = one_shot_digest(hash, label, None)?;
    let length = label.len();
    if data.len() + 2 * length + 2 > size {
        return Err(openssl::DATA_TOO_LARGE);
    }
    let mut seed = vec![0; length];
    random(&mut seed);
    let mut block = [label, vec![0; size - data.len() - 2 * length - 2], vec![1], data.to_vec()].concat();
    mask(hash, &seed, &mut block)?;
    mask(hash, &block, &mut seed)?;
    Ok([&[0], seed.as_slice(), &block].concat())
}

fn oaep_decode(block: &[u8], hash: &str, label: &[u8]) -> Result<Vec<u8>> {
    let bad = CryptoError::OpenSsl("error:02000079:rsa routines::oaep decoding error");
    let label = one_shot_digest(hash, label, None)?;
    if block.len() < 2 * label.len() + 2 {
        return Err(bad);
    }
    let (mut seed, mut rest) = (block[1..=label.len()].to_vec(), block[1 + label.len()..].to_vec());
    mask(hash, &rest, &mut seed)?;
    mask(hash, &seed, &mut rest)?;
    let (found, message) = rest.split_at(label.len());
    let zeros = message.iter().take_while(|&&byte| byte == 0).count();
    let good = found.ct_eq(&label) & block[0].ct_eq(&0) & message.get(zeros).copied().unwrap_or(0).ct_eq(&1);
    if !bool::from(good) {
        return Err(bad);
    }
    Ok(message[zeros + 1..].to_vec())
}

fn pss_encode(digest: &[u8], hash: &str, mgf1: &str, salt: &[u8], em_bits: u64) -> Result<Vec<u8>> {
    let em_len = em_bits.div_ceil(8) as usize;
    let inner = one_shot_digest(hash, &[&[0; 8], digest, salt].concat(), None)?;
    let mut block = vec![0; em_len - salt.len() - inner.len() - 2];
    block.push(1);
    block.extend_from_slice(salt);
    mask(mgf1, &inner, &mut block)?;
    block[0] &= 0xFF >> (em_len as u64 * 8 - em_bits);
    Ok([block, inner, vec![0xBC]].concat())
}

fn pss_verify(
    digest: &[u8],
    hash: &str,
    mgf1: &str,
    block: &[u8],
    em_bits: u64,
    salt_len: Option<usize>,
) -> Result<bool> {
    let em_len = em_bits.div_ceil(8) as usize;
    let block = &block[block.len() - em_len..];
    let length = digest.len();
    if em_len < length + 2 || block[em_len - 1] != 0xBC {
        return Ok(false);
    }
    let (masked, inner) = block[..em_len - 1].split_at(em_len - length - 1);
    let mut db = masked.to_vec();
    let spare = 0xFFu8.checked_shr((em_len as u64 * 8 - em_bits) as u32).unwrap_or(0);
    if db[0] & !spare != 0 {
        return Ok(false);
    }
    mask(mgf1, inner, &mut db)?;
    db[0] &= spare;
    let zeros = db.iter().take_while(|&&byte| byte == 0).count();
    if db.get(zeros) != Some(&1) {
        return Ok(false);
    }
    let salt = &db[zeros + 1..];
    if salt_len.is_some_and(|wanted| wanted != salt.len()) {
        return Ok(false);
    }
    let expected = one_shot_digest(hash, &[&[0; 8], digest, salt].concat(), None)?;
    Ok(expected.ct_eq(inner).into())
}
