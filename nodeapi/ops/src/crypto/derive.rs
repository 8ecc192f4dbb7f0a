//! Keys from passwords and secrets.

use super::error::CryptoError;
use super::hash::Hmac;

/// `crypto.hkdf` (RFC 5869): `length` bytes.
pub fn hkdf(
    digest: &str,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    let mut extract = Hmac::new(digest, salt)?;
    if length > 255 * extract.output_len() {
        return Err(CryptoError::InvalidKeyLength);
    }
    extract.update(key);
    let expand = Hmac::new(digest, &extract.finish())?;
    let mut out = Vec::with_capacity(length + expand.output_len());
    let mut block = Vec::new();
    let mut counter = 0u8;
    while out.len() < length {
        counter += 1;
        let mut mac = expand.clone();
        mac.update(&block);
        mac.update(info);
        mac.update(&[counter]);
        block = mac.finish();
        out.extend_from_slice(&block);
    }
    out.truncate(length);
    Ok(out)
}

/// `crypto.pbkdf2` (RFC 8018 section 5.2): `length` bytes after `iterations` rounds.
pub fn pbkdf2(
    digest: &str,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    let keyed = Hmac::new(digest, password)?;
    let mut out = Vec::with_capacity(length + keyed.output_len());
    let mut index = 0u32;
    while out.len() < length {
        index = index.wrapping_add(1);
        let mut mac = keyed.clone();
        mac.update(salt);
        mac.update(&index.to_be_bytes());
        let mut round = mac.finish();
        let mut block = round.clone();
        for _ in 1..iterations {
            let mut mac = keyed.clone();
            mac.update(&round);
            round = mac.finish();
            for (sum, byte) in block.iter_mut().zip(&round) {
                *sum ^= byte;
            }
        }
        out.extend_from_slice(&block);
    }
    out.truncate(length);
    Ok(out)
}

/// Cost parameters of scrypt (RFC 7914).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScryptParams {
    /// `N`, a power of two.
    pub cost: u64,
    /// `r`.
    pub block_size: u32,
    /// `p`.
    pub parallelization: u32,
    /// The most memory that may be used, in bytes.
    pub max_memory: u64,
}

impl ScryptParams {
    /// Checks the parameters without doing the work, as Node does before it starts a job.
    pub fn check(self) -> Result<(), CryptoError> {
        let Self { cost, block_size, parallelization, max_memory } = self;
        let (r, p) = (u64::from(block_size), u64::from(parallelization));
        if cost < 2 || !cost.is_power_of_two() || p == 0 || r == 0 {
            return Err(CryptoError::InvalidScryptParams);
        }
        if p > ((1 << 30) - 1) / r {
            return Err(CryptoError::ScryptMemoryLimit);
        }
        // OpenSSL counts this among the costs of memory (RFC 7914, section 6).
        if r < 4 && cost >= 1 << (16 * r) {
            return Err(CryptoError::ScryptMemoryLimit);
        }
        let needed = cost
            .checked_add(2)
            .and_then(|rows| rows.checked_mul(128 * r))
            .and_then(|rows| rows.checked_add(128 * r * p));
        match needed {
            Some(bytes) if bytes <= max_memory => Ok(()),
            _ => Err(CryptoError::ScryptMemoryLimit),
        }
    }
}

/// `crypto.scrypt`: `length` bytes.
pub fn scrypt(
    password: &[u8],
    salt: &[u8],
    params: ScryptParams,
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    params.check()?;
    let log_n = params.cost.trailing_zeros() as u8;
    let costs = scrypt::Params::new(log_n, params.block_size, params.parallelization)
        .map_err(|_| CryptoError::InvalidScryptParams)?;
    let mut out = vec![0; length];
    if !out.is_empty() {
        scrypt::scrypt(password, salt, &costs, &mut out).map_err(|_| CryptoError::InvalidScryptParams)?;
    }
    Ok(out)
}

/// Which of Argon2's variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argon2Kind {
    /// Memory is read as the password says.
    D,
    /// Memory is read as a counter says.
    I,
    /// Both.
    Id,
}

/// Cost parameters of Argon2 (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params<'a> {
    /// The variant.
    pub kind: Argon2Kind,
    /// Lanes.
    pub parallelism: u32,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// A key.
    pub secret: &'a [u8],
    /// Data that goes in as well.
    pub associated_data: &'a [u8],
}

/// `crypto.argon2`: `length` bytes.
pub fn argon2(
    password: &[u8],
    nonce: &[u8],
    params: &Argon2Params<'_>,
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    let failed = || CryptoError::plain("ERR_CRYPTO_OPERATION_FAILED", "Argon2 job failed");
    let mut builder = argon2::ParamsBuilder::new();
    builder.m_cost(params.memory_kib).t_cost(params.passes).p_cost(params.parallelism).output_len(length);
    if !params.associated_data.is_empty() {
        builder.data(argon2::AssociatedData::new(params.associated_data).map_err(|_| failed())?);
    }
    let algorithm = match params.kind {
        Argon2Kind::D => argon2::Algorithm::Argon2d,
        Argon2Kind::I => argon2::Algorithm::Argon2i,
        Argon2Kind::Id => argon2::Algorithm::Argon2id,
    };
    let costs = builder.build().map_err(|_| failed())?;
    let job = argon2::Argon2::new_with_secret(params.secret, algorithm, argon2::Version::V0x13, costs)
        .map_err(|_| failed())?;
    let mut out = vec![0; length];
    job.hash_password_into(password, nonce, &mut out).map_err(|_| failed())?;
    Ok(out)
}
