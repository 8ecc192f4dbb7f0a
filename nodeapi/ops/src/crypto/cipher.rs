//! `CipherBase` of the binding: `createCipheriv` and `createDecipheriv`. States and errors are those of src/crypto/crypto_cipher.cc.

use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use poly1305::{Poly1305, universal_hash::UniversalHash};
use subtle::ConstantTimeEq as _;

use super::block::BlockKind;
use super::cipher_names::{CipherInfo, Mode};
use super::error::{CryptoError, Result, openssl};
use super::modes::{self, Aead, Block, Ccm, Counter, Feedback, Gcm, Ocb};

fn invalid_iv() -> CryptoError {
    CryptoError::type_error("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector")
}

fn invalid_tag_length(length: usize) -> CryptoError {
    CryptoError::type_error(
        "ERR_CRYPTO_INVALID_AUTH_TAG",
        format!("Invalid authentication tag length: {length}"),
    )
}

fn unsupported_state() -> CryptoError {
    CryptoError::plain("", "Trying to add data in unsupported state")
}

fn is_gcm_tag_length(length: usize) -> bool {
    length == 4 || length == 8 || (12..=16).contains(&length)
}

enum Engine {
    Ecb(Block),
    Cbc { cipher: Block, iv: Vec<u8> },
    Ctr { cipher: Block, counter: Counter },
    Feedback { cipher: Block, state: Feedback, bits: u8, is_ofb: bool },
    Aead(Box<dyn Aead>),
    Xts { data: Block, tweak: Block, iv: Vec<u8> },
    Wrap { cipher: Block, iv: Vec<u8>, pad: bool },
    ChaCha20(Box<chacha20::ChaCha20>),
}

/// A cipher in progress.
pub struct Cipher {
    info: CipherInfo,
    encrypts: bool,
    engine: Engine,
    /// Bytes that do not fill a block yet, and when decrypting the last whole block.
    pending: Vec<u8>,
    auto_padding: bool,
    tag_len: Option<usize>,
    tag: Option<Vec<u8>>,
    max_message: usize,
    auth_failed: bool,
    started: bool,
    finished: bool,
}

impl Cipher {
    /// `tag_len` is the option `authTagLength`; `name` is what the caller called the cipher.
    pub fn new(
        info: &CipherInfo,
        name: &str,
        encrypts: bool,
        key: &[u8],
        iv: &[u8],
        tag_len: Option<usize>,
    ) -> Result<Self> {
        let is_aead = info.mode.is_aead();
        if iv.is_empty() && info.iv_len != 0 || !is_aead && !iv.is_empty() && iv.len() != info.iv_len {
            return Err(invalid_iv());
        }
        if is_aead && !info.takes_iv_len(iv.len()) {
            return Err(invalid_iv());
        }
        let tag_len = Self::tag_length(info, name, tag_len)?;
        if key.len() != info.key_len {
            return Err(CryptoError::InvalidKeyLength);
        }
        let engine = engine(info, encrypts, key, iv, tag_len)?;
        let max_message = match (info.mode, iv.len()) {
            (Mode::Ccm, 12) => 0xFF_FFFF,
            (Mode::Ccm, 13) => 0xFFFF,
            _ => i32::MAX as usize,
        };
        Ok(Self {
            info: *info,
            encrypts,
            engine,
            pending: Vec::new(),
            auto_padding: true,
            tag_len,
            tag: None,
            max_message,
            auth_failed: false,
            started: false,
            finished: false,
        })
    }

    fn tag_length(info: &CipherInfo, name: &str, given: Option<usize>) -> Result<Option<usize>> {
        let valid = |length: usize| match info.mode {
            Mode::Gcm => is_gcm_tag_length(length),
            Mode::Ccm => (4..=16).contains(&length) && length.is_multiple_of(2),
            _ => (1..=16).contains(&length),
        };
        match (info.mode, given) {
            (mode, _) if !mode.is_aead() => Ok(None),
            (_, Some(length)) if valid(length) => Ok(Some(length)),
            (_, Some(length)) => Err(invalid_tag_length(length)),
            (Mode::Gcm, None) => Ok(None),
            (Mode::ChaCha20Poly1305, None) => Ok(Some(16)),
            (_, None) => Err(CryptoError::type_error(
                "ERR_CRYPTO_INVALID_AUTH_TAG",
                format!("authTagLength required for {name}"),
            )),
        }
    }

    /// `setAutoPadding`; false once finished.
    pub fn set_auto_padding(&mut self, pads: bool) -> bool {
        self.auto_padding = pads;
        !self.finished
    }

    /// `getAuthTag`; none while there is none.
    pub fn tag(&self) -> Option<&[u8]> {
        if self.finished && self.encrypts { self.tag.as_deref() } else { None }
    }

    /// Whether a tag of this length is one that Node warns about (DEP0182).
    pub fn is_short_tag(&self, length: usize) -> bool {
        self.info.mode == Mode::Gcm && self.tag_len.is_none() && length != 16
    }

    /// `setAuthTag`; false where it may not be set.
    pub fn set_tag(&mut self, tag: &[u8]) -> Result<bool> {
        if self.finished || self.encrypts || !self.info.mode.is_aead() || self.tag.is_some() {
            return Ok(false);
        }
        let valid = match self.info.mode {
            Mode::Gcm => {
                self.tag_len.is_none_or(|length| length == tag.len()) && is_gcm_tag_length(tag.len())
            }
            _ => self.tag_len == Some(tag.len()),
        };
        if !valid {
            return Err(invalid_tag_length(tag.len()));
        }
        self.tag = Some(tag.to_vec());
        Ok(true)
    }

    /// `setAAD`; false where it may not be set.
    pub fn set_aad(&mut self, data: &[u8], plaintext_len: Option<usize>) -> Result<bool> {
        if self.finished || !self.info.mode.is_aead() || self.started && self.info.mode == Mode::Ccm {
            return Ok(false);
        }
        if self.info.mode == Mode::Ccm {
            let length = plaintext_len.ok_or_else(|| {
                CryptoError::type_error(
                    "ERR_MISSING_ARGS",
                    "options.plaintextLength required for CCM mode with AAD",
                )
            })?;
            self.check_message(length)?;
        }
        if let Engine::Aead(aead) = &mut self.engine {
            aead.aad(data);
        }
        Ok(true)
    }

    fn check_message(&self, length: usize) -> Result<()> {
        if length <= self.max_message {
            return Ok(());
        }
        Err(CryptoError::range("ERR_CRYPTO_INVALID_MESSAGELEN", "Invalid message length"))
    }

    /// `update`: what can be said of the output so far.
    pub fn update(&mut self, data: &[u8]) -> Result<Vec<u8>> {
        if self.finished {
            return Err(unsupported_state());
        }
        if self.info.mode == Mode::Ccm {
            self.check_message(data.len())?;
            if self.started {
                return Err(unsupported_state());
            }
        }
        self.started = true;
        match &mut self.engine {
            Engine::Ecb(_) | Engine::Cbc { .. } => Ok(self.blocks(data)),
            Engine::Ctr { cipher, counter } => {
                let mut out = data.to_vec();
                counter.apply(&**cipher, &mut out);
                Ok(out)
            }
            Engine::Feedback { cipher, state, bits, is_ofb } => {
                let mut out = data.to_vec();
                match bits {
                    _ if *is_ofb => state.ofb(&**cipher, &mut out),
                    1 => state.cfb1(&**cipher, self.encrypts, &mut out),
                    8 => state.cfb8(&**cipher, self.encrypts, &mut out),
                    _ => state.cfb(&**cipher, self.encrypts, &mut out),
                }
                Ok(out)
            }
            Engine::ChaCha20(stream) => {
                let mut out = data.to_vec();
                stream.apply_keystream(&mut out);
                Ok(out)
            }
            Engine::Xts { data: cipher, tweak, iv } => {
                let mut out = data.to_vec();
                modes::xts(&**cipher, &**tweak, self.encrypts, iv, &mut out).ok_or_else(unsupported_state)?;
                Ok(out)
            }
            Engine::Wrap { cipher, iv, pad } => {
                wrapped(&**cipher, iv, *pad, self.encrypts, data).ok_or_else(unsupported_state)
            }
            Engine::Aead(aead) => {
                let mut out = data.to_vec();
                aead.crypt(self.encrypts, &mut out);
                if self.info.mode == Mode::Ccm && !self.encrypts && !self.is_authentic() {
                    self.auth_failed = true;
                    out.clear();
                }
                Ok(out)
            }
        }
    }

    /// CCM knows at once.
    fn is_authentic(&mut self) -> bool {
        let Engine::Aead(aead) = &mut self.engine else { return false };
        let computed = aead.finish(false, &mut Vec::new());
        self.tag.as_ref().is_some_and(|tag| computed[..tag.len()].ct_eq(tag).into())
    }

    fn blocks(&mut self, data: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(data);
        let size = self.info.block_len;
        // The last block may be padding, so it waits.
        let waits = if self.encrypts || !self.auto_padding {
            self.pending.len() % size
        } else {
            match self.pending.len() % size {
                0 => size.min(self.pending.len()),
                rest => rest,
            }
        };
        let rest = self.pending.split_off(self.pending.len() - waits);
        let mut out = std::mem::replace(&mut self.pending, rest);
        self.crypt_blocks(&mut out);
        out
    }

    fn crypt_blocks(&mut self, blocks: &mut [u8]) {
        if blocks.is_empty() {
            return;
        }
        match &mut self.engine {
            Engine::Cbc { cipher, iv } => modes::cbc(&**cipher, self.encrypts, iv, blocks),
            Engine::Ecb(cipher) if self.encrypts => cipher.encrypt(blocks),
            Engine::Ecb(cipher) => cipher.decrypt(blocks),
            _ => {}
        }
    }

    /// `final`.
    pub fn finish(&mut self) -> Result<Vec<u8>> {
        if self.finished {
            return Err(CryptoError::plain("ERR_CRYPTO_INVALID_STATE", "Invalid state"));
        }
        self.finished = true;
        let refused = || CryptoError::plain("", "Unsupported state or unable to authenticate data");
        match &mut self.engine {
            Engine::Ecb(_) | Engine::Cbc { .. } => self.last_block(),
            Engine::Aead(aead) => {
                let mut out = Vec::new();
                let computed = aead.finish(self.encrypts, &mut out);
                if self.encrypts {
                    if self.info.mode == Mode::Ccm && !self.started {
                        return Err(refused());
                    }
                    self.tag = Some(computed[..self.tag_len.unwrap_or(16)].to_vec());
                    return Ok(out);
                }
                let tag = self.tag.as_ref().filter(|_| !self.auth_failed).ok_or_else(refused)?;
                if !bool::from(computed[..tag.len()].ct_eq(tag)) {
                    return Err(refused());
                }
                Ok(out)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn last_block(&mut self) -> Result<Vec<u8>> {
        let size = self.info.block_len;
        let mut block = std::mem::take(&mut self.pending);
        if !self.auto_padding {
            return if block.is_empty() { Ok(block) } else { Err(openssl::WRONG_FINAL_BLOCK_LENGTH) };
        }
        if self.encrypts {
            let pad = size - block.len();
            block.resize(size, pad as u8);
            self.crypt_blocks(&mut block);
            return Ok(block);
        }
        if block.len() != size {
            return Err(openssl::WRONG_FINAL_BLOCK_LENGTH);
        }
        self.crypt_blocks(&mut block);
        let pad = usize::from(block[size - 1]);
        let bad = pad == 0 || pad > size || block[size - pad..].iter().any(|&byte| usize::from(byte) != pad);
        if bad {
            return Err(CryptoError::OpenSsl(
                "error:1C800064:Provider routines::bad decrypt\nerror:1C800064:Provider routines::bad decrypt",
            ));
        }
        block.truncate(size - pad);
        Ok(block)
    }
}

fn engine(
    info: &CipherInfo,
    encrypts: bool,
    key: &[u8],
    iv: &[u8],
    tag_len: Option<usize>,
) -> Result<Engine> {
    let keyed = |key: &[u8]| info.block.keyed(key).ok_or(CryptoError::InvalidKeyLength);
    let iv16 = || <[u8; 16]>::try_from(iv).map_err(|_| invalid_iv());
    Ok(match info.mode {
        Mode::Ecb => Engine::Ecb(keyed(key)?),
        Mode::Cbc => Engine::Cbc { cipher: keyed(key)?, iv: iv.to_vec() },
        Mode::Ctr => Engine::Ctr { cipher: keyed(key)?, counter: Counter::new(iv16()?, 128) },
        Mode::Cfb(bits) => {
            Engine::Feedback { cipher: keyed(key)?, state: Feedback::new(iv), bits, is_ofb: false }
        }
        Mode::Ofb => {
            Engine::Feedback { cipher: keyed(key)?, state: Feedback::new(iv), bits: 128, is_ofb: true }
        }
        Mode::Gcm => Engine::Aead(Box::new(Gcm::new(keyed(key)?, iv))),
        Mode::Ccm => Engine::Aead(Box::new(Ccm::new(keyed(key)?, iv, tag_len.unwrap_or(16)))),
        Mode::Ocb => Engine::Aead(Box::new(Ocb::new(keyed(key)?, iv, tag_len.unwrap_or(16)))),
        Mode::Xts => {
            let (first, second) = key.split_at(key.len() / 2);
            if encrypts && first == second {
                return Err(CryptoError::OpenSsl(
                    "error:1C800095:Provider routines::xts duplicated keys\n\
                     error:1C800095:Provider routines::xts duplicated keys",
                ));
            }
            Engine::Xts { data: keyed(first)?, tweak: keyed(second)?, iv: iv.to_vec() }
        }
        Mode::Wrap { pad } => Engine::Wrap { cipher: keyed(key)?, iv: iv.to_vec(), pad },
        Mode::ChaCha20 => {
            // OpenSSL's vector is the block counter and then the nonce (RFC 8439).
            let counter = u32::from_le_bytes([iv[0], iv[1], iv[2], iv[3]]);
            let mut stream = chacha20::ChaCha20::new_from_slices(key, &iv[4..])
                .map_err(|_| CryptoError::InvalidKeyLength)?;
            stream.seek(u64::from(counter) * 64);
            Engine::ChaCha20(Box::new(stream))
        }
        Mode::ChaCha20Poly1305 => Engine::Aead(Box::new(ChaChaPoly::new(key, iv)?)),
    })
}

fn wrapped(
    cipher: &dyn super::block::BlockCipher,
    iv: &[u8],
    pad: bool,
    encrypts: bool,
    data: &[u8],
) -> Option<Vec<u8>> {
    if !pad {
        let enough = if encrypts { data.len() >= 16 } else { data.len() >= 24 };
        if !enough || !data.len().is_multiple_of(8) {
            return None;
        }
        if encrypts {
            return Some(modes::wrap(cipher, iv, data));
        }
        let (value, out) = modes::unwrap(cipher, data);
        return bool::from(value.ct_eq(iv)).then_some(out);
    }
    if encrypts {
        if data.is_empty() {
            return None;
        }
        let value = [iv, &(data.len() as u32).to_be_bytes()].concat();
        let mut padded = data.to_vec();
        padded.resize(data.len().next_multiple_of(8), 0);
        if padded.len() == 8 {
            let mut block = [value, padded].concat();
            cipher.encrypt(&mut block);
            return Some(block);
        }
        return Some(modes::wrap(cipher, &value, &padded));
    }
    if data.len() < 16 || !data.len().is_multiple_of(8) {
        return None;
    }
    let (value, mut out) = if data.len() == 16 {
        let mut block = data.to_vec();
        cipher.decrypt(&mut block);
        let rest = block.split_off(8);
        (block, rest)
    } else {
        modes::unwrap(cipher, data)
    };
    let length = u32::from_be_bytes([value[4], value[5], value[6], value[7]]) as usize;
    let fits = length <= out.len() && length + 8 > out.len();
    if value[..4] != *iv || !fits || out[length..].iter().any(|&byte| byte != 0) {
        return None;
    }
    out.truncate(length);
    Some(out)
}

/// ChaCha20 with Poly1305 (RFC 8439).
struct ChaChaPoly {
    stream: chacha20::ChaCha20,
    mac: Poly1305,
    pending: Vec<u8>,
    aad_len: u64,
    data_len: u64,
}

impl ChaChaPoly {
    fn new(key: &[u8], nonce: &[u8]) -> Result<Self> {
        let mut stream =
            chacha20::ChaCha20::new_from_slices(key, nonce).map_err(|_| CryptoError::InvalidKeyLength)?;
        let mut mac_key = [0; 32];
        stream.apply_keystream(&mut mac_key);
        stream.seek(64u64);
        let mac = <Poly1305 as poly1305::universal_hash::KeyInit>::new(&mac_key.into());
        Ok(Self { stream, mac, pending: Vec::new(), aad_len: 0, data_len: 0 })
    }

    fn hash(&mut self, data: &[u8]) {
        self.pending.extend_from_slice(data);
        let whole = self.pending.len() / 16 * 16;
        let rest = self.pending.split_off(whole);
        self.mac.update_padded(&self.pending);
        self.pending = rest;
    }

    fn pad(&mut self) {
        self.mac.update_padded(&self.pending);
        self.pending.clear();
    }
}

impl Aead for ChaChaPoly {
    fn aad(&mut self, data: &[u8]) {
        self.aad_len += data.len() as u64;
        self.hash(data);
    }

    fn crypt(&mut self, encrypts: bool, data: &mut Vec<u8>) {
        if self.data_len == 0 {
            self.pad();
        }
        self.data_len += data.len() as u64;
        if !encrypts {
            self.hash(data);
        }
        self.stream.apply_keystream(data);
        if encrypts {
            self.hash(data);
        }
    }

    fn finish(&mut self, _: bool, _: &mut Vec<u8>) -> [u8; 16] {
        self.pad();
        let lengths = [self.aad_len.to_le_bytes(), self.data_len.to_le_bytes()].concat();
        self.mac.update_padded(&lengths);
        self.mac.clone().finalize().into()
    }
}

/// What a key is encrypted with at rest: a whole message under CBC with padding.
pub(super) fn cbc_message(
    info: &CipherInfo,
    encrypts: bool,
    key: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Result<Vec<u8>> {
    let mut cipher = Cipher::new(info, info.name, encrypts, key, iv, None)?;
    let mut out = cipher.update(data)?;
    out.extend_from_slice(&cipher.finish()?);
    Ok(out)
}

impl BlockKind {
    /// Whether a mode of this cipher fits keys at rest.
    pub(super) fn is_for_keys(info: &CipherInfo) -> bool {
        matches!(info.mode, Mode::Cbc | Mode::Ecb | Mode::Cfb(128) | Mode::Ofb | Mode::Cfb(8))
    }
}

/// AES in counter mode with a counter of as many bits, for Web Crypto; none where it would count around, or for another key.
pub fn counter_mode(key: &[u8], counter: &[u8], bits: u32, data: &[u8]) -> Option<Vec<u8>> {
    let blocks = data.len().div_ceil(16) as u128;
    if bits < 128 && blocks > 1 << bits {
        return None;
    }
    let cipher = BlockKind::Aes.keyed(key)?;
    let mut out = data.to_vec();
    Counter::new(counter.try_into().ok()?, bits).apply(&*cipher, &mut out);
    Some(out)
}
