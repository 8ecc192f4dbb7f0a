//! Digests by OpenSSL name, and HMAC (RFC 2104) over them.

use digest::{Digest, ExtendableOutput, Update, XofReader};

use super::CryptoError;

macro_rules! fixed_digests {
    ($($variant:ident($kind:ty, block $block:literal): $($name:literal)|+;)*) => {
        /// The state of one digest.
        #[derive(Clone)]
        enum State {
            $($variant(Box<$kind>),)*
            Shake128(Box<shake::Shake128>),
            Shake256(Box<shake::Shake256>),
        }

        impl State {
            fn new(name: &str) -> Option<Self> {
                Some(match name {
                    $($($name)|+ => Self::$variant(Box::default()),)*
                    "shake128" => Self::Shake128(Box::default()),
                    "shake256" => Self::Shake256(Box::default()),
                    _ => return None,
                })
            }

            fn update(&mut self, data: &[u8]) {
                match self {
                    $(Self::$variant(state) => Digest::update(state.as_mut(), data),)*
                    Self::Shake128(state) => Update::update(state.as_mut(), data),
                    Self::Shake256(state) => Update::update(state.as_mut(), data),
                }
            }

            /// Output length in bytes, by default.
            fn output_len(&self) -> usize {
                match self {
                    $(Self::$variant(_) => <$kind as Digest>::output_size(),)*
                    Self::Shake128(_) => 16,
                    Self::Shake256(_) => 32,
                }
            }

            /// `None` for those of variable length, which HMAC refuses.
            fn block_len(&self) -> Option<usize> {
                match self {
                    $(Self::$variant(_) => Some($block),)*
                    Self::Shake128(_) | Self::Shake256(_) => None,
                }
            }

            fn finish(self, output_len: usize) -> Vec<u8> {
                match self {
                    $(Self::$variant(state) => Digest::finalize(*state).to_vec(),)*
                    Self::Shake128(state) => read((*state).finalize_xof(), output_len),
                    Self::Shake256(state) => read((*state).finalize_xof(), output_len),
                }
            }
        }

        const NAMES: &[&str] = &[$($($name,)+)* "shake128", "shake256"];

        /// The first of a digest's names.
        pub(super) fn plain_name(name: &str) -> Option<&'static str> {
            match name.to_ascii_lowercase().as_str() {
                $($($name)|+ => Some([$($name),+][0]),)*
                "shake128" => Some("shake128"),
                "shake256" => Some("shake256"),
                _ => None,
            }
        }
    };
}

/// Both digests one after the other, as TLS 1.0 signs with.
#[derive(Clone, Default)]
struct Md5Sha1(md5::Md5, sha1::Sha1);

impl digest::HashMarker for Md5Sha1 {}

impl digest::OutputSizeUser for Md5Sha1 {
    type OutputSize = digest::consts::U36;
}

impl Update for Md5Sha1 {
    fn update(&mut self, data: &[u8]) {
        Update::update(&mut self.0, data);
        Update::update(&mut self.1, data);
    }
}

impl digest::FixedOutput for Md5Sha1 {
    fn finalize_into(self, out: &mut digest::Output<Self>) {
        let (first, second) = out.split_at_mut(16);
        first.copy_from_slice(&Digest::finalize(self.0));
        second.copy_from_slice(&Digest::finalize(self.1));
    }
}

fixed_digests! {
    Md5(md5::Md5, block 64): "md5" | "ssl3-md5" | "rsa-md5" | "md5withrsaencryption";
    Sha1(sha1::Sha1, block 64): "sha1" | "sha-1" | "ssl3-sha1" | "rsa-sha1" | "rsa-sha1-2" | "sha1withrsaencryption";
    Sha224(sha2::Sha224, block 64): "sha224" | "sha-224" | "sha2-224" | "rsa-sha224" | "sha224withrsaencryption";
    Sha256(sha2::Sha256, block 64): "sha256" | "sha-256" | "sha2-256" | "rsa-sha256" | "sha256withrsaencryption";
    Sha384(sha2::Sha384, block 128): "sha384" | "sha-384" | "sha2-384" | "rsa-sha384" | "sha384withrsaencryption";
    Sha512(sha2::Sha512, block 128): "sha512" | "sha-512" | "sha2-512" | "rsa-sha512" | "sha512withrsaencryption";
    Sha512T224(sha2::Sha512_224, block 128): "sha512-224" | "sha-512/224" | "sha2-512/224" | "rsa-sha512/224" | "sha512-224withrsaencryption";
    Sha512T256(sha2::Sha512_256, block 128): "sha512-256" | "sha-512/256" | "sha2-512/256" | "rsa-sha512/256" | "sha512-256withrsaencryption";
    Sha3T224(sha3::Sha3_224, block 144): "sha3-224" | "rsa-sha3-224" | "id-rsassa-pkcs1-v1_5-with-sha3-224";
    Sha3T256(sha3::Sha3_256, block 136): "sha3-256" | "rsa-sha3-256" | "id-rsassa-pkcs1-v1_5-with-sha3-256";
    Sha3T384(sha3::Sha3_384, block 104): "sha3-384" | "rsa-sha3-384" | "id-rsassa-pkcs1-v1_5-with-sha3-384";
    Sha3T512(sha3::Sha3_512, block 72): "sha3-512" | "rsa-sha3-512" | "id-rsassa-pkcs1-v1_5-with-sha3-512";
    Ripemd160(ripemd::Ripemd160, block 64): "ripemd160" | "ripemd" | "rmd160" | "ripemd-160" | "rsa-ripemd160" | "ripemd160withrsa";
    Blake2b512(blake2::Blake2b512, block 128): "blake2b512" | "blake2b-512";
    Sm3(sm3::Sm3, block 64): "sm3" | "rsa-sm3" | "sm3withrsaencryption";
    Md5Sha1(Md5Sha1, block 64): "md5-sha1";
    Blake2s256(blake2::Blake2s256, block 64): "blake2s256" | "blake2s-256";
}

fn read(mut reader: impl XofReader, length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    reader.read(&mut out);
    out
}

/// What `crypto.getHashes()` lists of the names OpenSSL has, in its order and spelling; names not here are not supported.
pub fn hash_names() -> Vec<&'static str> {
    const LISTED: &[&str] = &[
        "RSA-MD5",
        "RSA-RIPEMD160",
        "RSA-SHA1",
        "RSA-SHA1-2",
        "RSA-SHA224",
        "RSA-SHA256",
        "RSA-SHA3-224",
        "RSA-SHA3-256",
        "RSA-SHA3-384",
        "RSA-SHA3-512",
        "RSA-SHA384",
        "RSA-SHA512",
        "RSA-SHA512/224",
        "RSA-SHA512/256",
        "RSA-SM3",
        "blake2b512",
        "blake2s256",
        "id-rsassa-pkcs1-v1_5-with-sha3-224",
        "id-rsassa-pkcs1-v1_5-with-sha3-256",
        "id-rsassa-pkcs1-v1_5-with-sha3-384",
        "id-rsassa-pkcs1-v1_5-with-sha3-512",
        "md5",
        "md5-sha1",
        "md5WithRSAEncryption",
        "ripemd",
        "ripemd160",
        "ripemd160WithRSA",
        "rmd160",
        "sha1",
        "sha1WithRSAEncryption",
        "sha224",
        "sha224WithRSAEncryption",
        "sha256",
        "sha256WithRSAEncryption",
        "sha3-224",
        "sha3-256",
        "sha3-384",
        "sha3-512",
        "sha384",
        "sha384WithRSAEncryption",
        "sha512",
        "sha512-224",
        "sha512-224WithRSAEncryption",
        "sha512-256",
        "sha512-256WithRSAEncryption",
        "sha512WithRSAEncryption",
        "shake128",
        "shake256",
        "sm3",
        "sm3WithRSAEncryption",
        "ssl3-md5",
        "ssl3-sha1",
    ];
    debug_assert!(LISTED.iter().all(|name| NAMES.contains(&name.to_ascii_lowercase().as_str())));
    LISTED.to_vec()
}

/// `crypto.createHash`; a clone is `hash.copy()`.
#[derive(Clone)]
pub struct Hasher {
    state: State,
    output_len: usize,
}

impl Hasher {
    /// By OpenSSL's name in any case; `output_len` in bytes, for XOFs (a fixed digest takes only its own).
    pub fn new(name: &str, output_len: Option<usize>) -> Result<Self, CryptoError> {
        let state = State::new(&name.to_ascii_lowercase()).ok_or(CryptoError::UnknownDigest)?;
        let natural = state.output_len();
        let output_len = output_len.unwrap_or(natural);
        if output_len != natural && state.block_len().is_some() {
            return Err(CryptoError::NotXof);
        }
        Ok(Self { state, output_len })
    }

    /// `hash.copy({ outputLength })`.
    pub fn copy(&self, output_len: Option<usize>) -> Result<Self, CryptoError> {
        let natural = self.state.output_len();
        let length = output_len.unwrap_or(natural);
        if length != natural && self.state.block_len().is_some() {
            return Err(CryptoError::NotXof);
        }
        Ok(Self { state: self.state.clone(), output_len: length })
    }

    /// Adds data.
    pub fn update(&mut self, data: &[u8]) {
        self.state.update(data);
    }

    /// The digest.
    pub fn finish(self) -> Vec<u8> {
        self.state.finish(self.output_len)
    }

    /// Output length in bytes.
    pub fn output_len(&self) -> usize {
        self.output_len
    }
}

/// `crypto.hash`, and webcrypto's `digest`.
pub fn one_shot_digest(name: &str, data: &[u8], output_len: Option<usize>) -> Result<Vec<u8>, CryptoError> {
    let mut hasher = Hasher::new(name, output_len)?;
    hasher.update(data);
    Ok(hasher.finish())
}

/// `crypto.createHmac` (RFC 2104).
#[derive(Clone)]
pub struct Hmac {
    inner: Hasher,
    outer: Hasher,
}

impl Hmac {
    /// A MAC under `key`.
    pub fn new(name: &str, key: &[u8]) -> Result<Self, CryptoError> {
        let fresh = Hasher::new(name, None)?;
        let block_len = fresh.state.block_len().ok_or(CryptoError::HmacOverXof)?;
        let mut block = if key.len() > block_len { one_shot_digest(name, key, None)? } else { key.to_vec() };
        block.resize(block_len, 0);
        let keyed = |pad: u8| {
            let mut hasher = fresh.clone();
            hasher.update(&block.iter().map(|byte| byte ^ pad).collect::<Vec<_>>());
            hasher
        };
        Ok(Self { inner: keyed(0x36), outer: keyed(0x5C) })
    }

    /// Adds data.
    pub fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// The MAC.
    pub fn finish(self) -> Vec<u8> {
        let mut outer = self.outer;
        outer.update(&self.inner.finish());
        outer.finish()
    }

    /// Output length in bytes.
    pub fn output_len(&self) -> usize {
        self.outer.output_len()
    }
}
