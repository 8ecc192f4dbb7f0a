//! Modes of operation (NIST SP 800-38 A, C, D, E, F; RFC 5649, RFC 7253, RFC 8439), as streams: bytes go in as they come.

use ghash::{GHash, universal_hash::UniversalHash};

use super::block::BlockCipher;

pub(super) type Block = Box<dyn BlockCipher>;

/// How many bytes are encrypted at once where blocks do not depend on each other.
const BATCH: usize = 512;

fn xor(into: &mut [u8], with: &[u8]) {
    for (byte, other) in into.iter_mut().zip(with) {
        *byte ^= other;
    }
}

/// A key stream of counter blocks. `bits` of the block's end count, the rest stays.
pub(super) struct Counter {
    block: [u8; 16],
    bits: u32,
    key_stream: Vec<u8>,
    used: usize,
}

impl Counter {
    pub(super) fn new(first: [u8; 16], bits: u32) -> Self {
        Self { block: first, bits, key_stream: Vec::new(), used: 0 }
    }

    fn increment(&mut self) {
        let value = u128::from_be_bytes(self.block);
        let mask = if self.bits >= 128 { u128::MAX } else { (1 << self.bits) - 1 };
        self.block = (value & !mask | value.wrapping_add(1) & mask).to_be_bytes();
    }

    pub(super) fn apply(&mut self, cipher: &dyn BlockCipher, data: &mut [u8]) {
        let mut at = 0;
        while at < data.len() {
            if self.used == self.key_stream.len() {
                let wanted = (data.len() - at).clamp(16, BATCH).next_multiple_of(16);
                self.key_stream.clear();
                while self.key_stream.len() < wanted {
                    self.key_stream.extend_from_slice(&self.block);
                    self.increment();
                }
                cipher.encrypt(&mut self.key_stream);
                self.used = 0;
            }
            let count = (self.key_stream.len() - self.used).min(data.len() - at);
            xor(&mut data[at..at + count], &self.key_stream[self.used..self.used + count]);
            self.used += count;
            at += count;
        }
    }
}

/// CBC over whole blocks; `iv` becomes the vector of what follows.
pub(super) fn cbc(cipher: &dyn BlockCipher, encrypts: bool, iv: &mut Vec<u8>, data: &mut [u8]) {
    let size = cipher.block_len();
    if encrypts {
        for block in data.chunks_exact_mut(size) {
            xor(block, iv);
            cipher.encrypt(block);
            iv.copy_from_slice(block);
        }
        return;
    }
    for part in data.chunks_mut(BATCH) {
        let before = part.to_vec();
        cipher.decrypt(part);
        for (block, previous) in
            part.chunks_exact_mut(size).zip(std::iter::once(iv.as_slice()).chain(before.chunks_exact(size)))
        {
            xor(block, previous);
        }
        *iv = before[before.len() - size..].to_vec();
    }
}

/// CFB and OFB, whose key stream is the cipher of what went before.
pub(super) struct Feedback {
    register: Vec<u8>,
    used: usize,
}

impl Feedback {
    pub(super) fn new(iv: &[u8]) -> Self {
        Self { register: iv.to_vec(), used: iv.len() }
    }

    fn next(&mut self, cipher: &dyn BlockCipher) {
        if self.used == self.register.len() {
            cipher.encrypt(&mut self.register);
            self.used = 0;
        }
    }

    pub(super) fn ofb(&mut self, cipher: &dyn BlockCipher, data: &mut [u8]) {
        for byte in data {
            self.next(cipher);
            *byte ^= self.register[self.used];
            self.used += 1;
        }
    }

    pub(super) fn cfb(&mut self, cipher: &dyn BlockCipher, encrypts: bool, data: &mut [u8]) {
        for byte in data {
            self.next(cipher);
            let given = *byte;
            *byte ^= self.register[self.used];
            self.register[self.used] = if encrypts { *byte } else { given };
            self.used += 1;
        }
    }

    pub(super) fn cfb8(&mut self, cipher: &dyn BlockCipher, encrypts: bool, data: &mut [u8]) {
        for byte in data {
            let mut key_stream = self.register.clone();
            cipher.encrypt(&mut key_stream);
            let given = *byte;
            *byte ^= key_stream[0];
            self.register.remove(0);
            self.register.push(if encrypts { *byte } else { given });
        }
    }

    pub(super) fn cfb1(&mut self, cipher: &dyn BlockCipher, encrypts: bool, data: &mut [u8]) {
        for byte in data {
            let given = *byte;
            for bit in (0..8).rev() {
                let mut key_stream = self.register.clone();
                cipher.encrypt(&mut key_stream);
                let plain = given >> bit & 1;
                let result = plain ^ key_stream[0] >> 7;
                *byte = *byte & !(1 << bit) | result << bit;
                let mut carry = if encrypts { result } else { plain };
                for register in self.register.iter_mut().rev() {
                    let out = *register >> 7;
                    *register = *register << 1 | carry;
                    carry = out;
                }
            }
        }
    }
}

/// What authenticates: additional data, then data, then a tag of 16 bytes.
pub(super) trait Aead {
    /// Adds data that is not encrypted; before all else.
    fn aad(&mut self, data: &[u8]);
    /// Encrypts or decrypts in place what comes next.
    fn crypt(&mut self, encrypts: bool, data: &mut Vec<u8>);
    /// What is left over, appended to `data`, and the tag.
    fn finish(&mut self, encrypts: bool, data: &mut Vec<u8>) -> [u8; 16];
}

/// Bytes on their way into 16-byte blocks.
#[derive(Default)]
struct Pending(Vec<u8>);

impl Pending {
    fn take(&mut self, mut data: &[u8], mut each: impl FnMut(&[u8])) {
        if !self.0.is_empty() {
            let count = (16 - self.0.len()).min(data.len());
            self.0.extend_from_slice(&data[..count]);
            data = &data[count..];
            if self.0.len() < 16 {
                return;
            }
            each(&self.0);
            self.0.clear();
        }
        let whole = data.len() / 16 * 16;
        if whole > 0 {
            each(&data[..whole]);
        }
        self.0.extend_from_slice(&data[whole..]);
    }

    /// Fills up with zeros.
    fn pad(&mut self, each: impl FnOnce(&[u8])) {
        if !self.0.is_empty() {
            self.0.resize(16, 0);
            each(&self.0);
            self.0.clear();
        }
    }
}

fn lengths(aad: u64, data: u64) -> [u8; 16] {
    let mut block = [0; 16];
    block[..8].copy_from_slice(&aad.to_be_bytes());
    block[8..].copy_from_slice(&data.to_be_bytes());
    block
}

/// Galois/counter mode.
pub(super) struct Gcm {
    cipher: Block,
    hash: GHash,
    pending: Pending,
    counter: Counter,
    tag_mask: [u8; 16],
    aad_len: u64,
    data_len: u64,
}

impl Gcm {
    pub(super) fn new(cipher: Block, iv: &[u8]) -> Self {
        let mut key = [0; 16];
        cipher.encrypt(&mut key);
        let hash = GHash::new(&key.into());
        let mut first = [0; 16];
        if iv.len() == 12 {
            first[..12].copy_from_slice(iv);
            first[15] = 1;
        } else {
            let mut over = hash.clone();
            over.update_padded(iv);
            over.update(&[lengths(0, iv.len() as u64 * 8).into()]);
            first.copy_from_slice(&over.finalize());
        }
        let mut tag_mask = first;
        cipher.encrypt(&mut tag_mask);
        let mut counter = Counter::new(first, 32);
        counter.increment();
        Self { cipher, hash, pending: Pending::default(), counter, tag_mask, aad_len: 0, data_len: 0 }
    }

    fn hash(&mut self, data: &[u8]) {
        let hash = &mut self.hash;
        self.pending.take(data, |blocks| hash.update_padded(blocks));
    }

    fn end_of_aad(&mut self) {
        if self.data_len == 0 {
            let hash = &mut self.hash;
            self.pending.pad(|block| hash.update_padded(block));
        }
    }
}

impl Aead for Gcm {
    fn aad(&mut self, data: &[u8]) {
        self.aad_len += data.len() as u64;
        self.hash(data);
    }

    fn crypt(&mut self, encrypts: bool, data: &mut Vec<u8>) {
        self.end_of_aad();
        self.data_len += data.len() as u64;
        if !encrypts {
            self.hash(data);
        }
        self.counter.apply(&*self.cipher, data);
        if encrypts {
            self.hash(data);
        }
    }

    fn finish(&mut self, _: bool, _: &mut Vec<u8>) -> [u8; 16] {
        let hash = &mut self.hash;
        self.pending.pad(|block| hash.update_padded(block));
        hash.update(&[lengths(self.aad_len * 8, self.data_len * 8).into()]);
        let mut tag: [u8; 16] = hash.clone().finalize().into();
        xor(&mut tag, &self.tag_mask);
        tag
    }
}

/// Counter with CBC-MAC. The message's length must be known before.
pub(super) struct Ccm {
    cipher: Block,
    nonce: Vec<u8>,
    tag_len: usize,
    aad: Vec<u8>,
    tag: [u8; 16],
}

impl Ccm {
    pub(super) fn new(cipher: Block, nonce: &[u8], tag_len: usize) -> Self {
        let mut ccm = Self { cipher, nonce: nonce.to_vec(), tag_len, aad: Vec::new(), tag: [0; 16] };
        ccm.tag = ccm.mac(&[]);
        ccm
    }

    fn mac(&self, message: &[u8]) -> [u8; 16] {
        let length_len = 15 - self.nonce.len();
        let flags = (u8::from(!self.aad.is_empty()) << 6) | (((self.tag_len - 2) / 2) as u8 * 8);
        let mut input = vec![flags | (length_len - 1) as u8];
        input.extend_from_slice(&self.nonce);
        input.extend_from_slice(&(message.len() as u64).to_be_bytes()[8usize.saturating_sub(length_len)..]);
        // A field of more than 8 bytes has zeros in front.
        while input.len() < 16 {
            input.insert(1 + self.nonce.len(), 0);
        }
        if !self.aad.is_empty() {
            match self.aad.len() {
                short if short < 0xFF00 => input.extend_from_slice(&(short as u16).to_be_bytes()),
                long => {
                    input.extend_from_slice(&[0xFF, 0xFE]);
                    input.extend_from_slice(&(long as u32).to_be_bytes());
                }
            }
            input.extend_from_slice(&self.aad);
            input.resize(input.len().next_multiple_of(16), 0);
        }
        input.extend_from_slice(message);
        input.resize(input.len().next_multiple_of(16), 0);
        let mut mac = [0; 16];
        for block in input.chunks_exact(16) {
            xor(&mut mac, block);
            self.cipher.encrypt(&mut mac);
        }
        let mut mask = self.counter_block();
        self.cipher.encrypt(&mut mask);
        xor(&mut mac, &mask);
        mac
    }

    fn counter_block(&self) -> [u8; 16] {
        let mut block = [0; 16];
        block[0] = (14 - self.nonce.len()) as u8;
        block[1..=self.nonce.len()].copy_from_slice(&self.nonce);
        block
    }
}

impl Aead for Ccm {
    fn aad(&mut self, data: &[u8]) {
        self.aad = data.to_vec();
        self.tag = self.mac(&[]);
    }

    fn crypt(&mut self, encrypts: bool, data: &mut Vec<u8>) {
        if encrypts {
            self.tag = self.mac(data);
        }
        let mut counter = Counter::new(self.counter_block(), (15 - self.nonce.len()) as u32 * 8);
        counter.increment();
        counter.apply(&*self.cipher, data);
        if !encrypts {
            self.tag = self.mac(data);
        }
    }

    fn finish(&mut self, _: bool, _: &mut Vec<u8>) -> [u8; 16] {
        self.tag
    }
}

fn double(block: u128) -> u128 {
    block << 1 ^ if block >> 127 == 1 { 0x87 } else { 0 }
}

/// Offset codebook mode, version 3.
pub(super) struct Ocb {
    cipher: Block,
    l_star: u128,
    l_dollar: u128,
    offset: u128,
    checksum: u128,
    count: u64,
    pending: Pending,
    aad: Vec<u8>,
}

impl Ocb {
    pub(super) fn new(cipher: Block, nonce: &[u8], tag_len: usize) -> Self {
        let encipher = |block: u128| {
            let mut bytes = block.to_be_bytes();
            cipher.encrypt(&mut bytes);
            u128::from_be_bytes(bytes)
        };
        let l_star = encipher(0);
        let mut block = [0; 16];
        block[16 - nonce.len()..].copy_from_slice(nonce);
        block[15 - nonce.len()] |= 1;
        block[0] |= ((tag_len * 8 % 128) as u8) << 1;
        let bottom = u32::from(block[15] & 0x3F);
        block[15] &= 0xC0;
        let top = encipher(u128::from_be_bytes(block));
        let stretch_low = ((top >> 64) ^ (top >> 56)) as u64;
        let offset = if bottom == 0 { top } else { top << bottom | u128::from(stretch_low >> (64 - bottom)) };
        let l_dollar = double(l_star);
        let (pending, aad) = (Pending::default(), Vec::new());
        Self { cipher, l_star, l_dollar, offset, checksum: 0, count: 0, pending, aad }
    }

    fn encipher(&self, block: u128) -> u128 {
        let mut bytes = block.to_be_bytes();
        self.cipher.encrypt(&mut bytes);
        u128::from_be_bytes(bytes)
    }

    /// `L_i` for the trailing zeros of a block's number.
    fn l(&self, count: u64) -> u128 {
        (0..=count.trailing_zeros()).fold(self.l_dollar, |value, _| double(value))
    }

    fn block(&mut self, encrypts: bool, block: u128) -> u128 {
        self.count += 1;
        self.offset ^= self.l(self.count);
        let mut bytes = (block ^ self.offset).to_be_bytes();
        if encrypts {
            self.cipher.encrypt(&mut bytes);
        } else {
            self.cipher.decrypt(&mut bytes);
        }
        let out = u128::from_be_bytes(bytes) ^ self.offset;
        self.checksum ^= if encrypts { block } else { out };
        out
    }

    fn hash(&self) -> u128 {
        let (mut offset, mut sum) = (0, 0);
        let mut blocks = self.aad.chunks_exact(16);
        for (index, block) in blocks.by_ref().enumerate() {
            offset ^= self.l(index as u64 + 1);
            let value = u128::from_be_bytes(block.try_into().expect("chunks of 16"));
            sum ^= self.encipher(value ^ offset);
        }
        let rest = blocks.remainder();
        if !rest.is_empty() {
            sum ^= self.encipher(padded(rest) ^ offset ^ self.l_star);
        }
        sum
    }
}

/// The bytes, a one bit and zeros.
fn padded(rest: &[u8]) -> u128 {
    let mut block = [0; 16];
    block[..rest.len()].copy_from_slice(rest);
    block[rest.len()] = 0x80;
    u128::from_be_bytes(block)
}

impl Aead for Ocb {
    fn aad(&mut self, data: &[u8]) {
        self.aad.extend_from_slice(data);
    }

    fn crypt(&mut self, encrypts: bool, data: &mut Vec<u8>) {
        let mut pending = std::mem::take(&mut self.pending);
        let mut out = Vec::with_capacity(data.len() + 16);
        pending.take(data, |blocks| {
            for block in blocks.chunks_exact(16) {
                let value = u128::from_be_bytes(block.try_into().expect("chunks of 16"));
                out.extend_from_slice(&self.block(encrypts, value).to_be_bytes());
            }
        });
        self.pending = pending;
        *data = out;
    }

    fn finish(&mut self, encrypts: bool, data: &mut Vec<u8>) -> [u8; 16] {
        let rest = std::mem::take(&mut self.pending.0);
        if !rest.is_empty() {
            self.offset ^= self.l_star;
            let pad = self.encipher(self.offset).to_be_bytes();
            let mut out = rest.clone();
            xor(&mut out, &pad);
            self.checksum ^= padded(if encrypts { &rest } else { &out });
            data.extend_from_slice(&out);
        }
        let tag = self.encipher(self.checksum ^ self.offset ^ self.l_dollar) ^ self.hash();
        tag.to_be_bytes()
    }
}

/// XTS: each piece is a unit of its own under the same tweak. None if it is shorter than a block.
pub(super) fn xts(
    data_cipher: &dyn BlockCipher,
    tweak_cipher: &dyn BlockCipher,
    encrypts: bool,
    iv: &[u8],
    data: &mut [u8],
) -> Option<()> {
    let length = data.len();
    if length < 16 {
        return None;
    }
    let mut tweak: [u8; 16] = iv.try_into().ok()?;
    tweak_cipher.encrypt(&mut tweak);
    let mut tweak = u128::from_le_bytes(tweak);
    let next = |tweak: u128| tweak << 1 ^ if tweak >> 127 == 1 { 0x87 } else { 0 };
    let apply = |tweak: u128, block: &mut [u8]| {
        let mask = tweak.to_le_bytes();
        xor(block, &mask);
        if encrypts {
            data_cipher.encrypt(block)
        } else {
            data_cipher.decrypt(block)
        }
        xor(block, &mask);
    };
    let (whole, rest) = (length / 16, length % 16);
    let plain = if rest == 0 { whole } else { whole - 1 };
    for block in data.chunks_exact_mut(16).take(plain) {
        apply(tweak, block);
        tweak = next(tweak);
    }
    if rest > 0 {
        // Ciphertext stealing: the last whole block lends its end to the short one.
        let at = plain * 16;
        let (first, second) = if encrypts { (tweak, next(tweak)) } else { (next(tweak), tweak) };
        apply(first, &mut data[at..at + 16]);
        let (block, tail) = data[at..].split_at_mut(16);
        block[..rest].swap_with_slice(tail);
        apply(second, block);
    }
    Some(())
}

/// Key wrapping under an initial value of 8 bytes (RFC 3394).
pub(super) fn wrap(cipher: &dyn BlockCipher, iv: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = [iv, data].concat();
    let count = data.len() as u64 / 8;
    for step in 0..6 * count {
        let at = (1 + step % count) as usize * 8;
        let mut block = [&out[..8], &out[at..at + 8]].concat();
        cipher.encrypt(&mut block);
        xor(&mut block, &(step + 1).to_be_bytes());
        out[..8].copy_from_slice(&block[..8]);
        out[at..at + 8].copy_from_slice(&block[8..]);
    }
    out
}

/// The initial value that was wrapped with, and the data.
pub(super) fn unwrap(cipher: &dyn BlockCipher, data: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut out = data.to_vec();
    let count = data.len() as u64 / 8 - 1;
    for step in (0..6 * count).rev() {
        let at = (1 + step % count) as usize * 8;
        let mut block = [&out[..8], &out[at..at + 8]].concat();
        xor(&mut block, &(step + 1).to_be_bytes());
        cipher.decrypt(&mut block);
        out[..8].copy_from_slice(&block[..8]);
        out[at..at + 8].copy_from_slice(&block[8..]);
    }
    let rest = out.split_off(8);
    (out, rest)
}
