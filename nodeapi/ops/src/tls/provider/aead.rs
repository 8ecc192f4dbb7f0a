//! Records: AES-GCM and ChaCha20-Poly1305. RFC 8446, 5.2; RFC 5288; RFC 7905.

use aes_gcm::{
    Aes128Gcm, Aes256Gcm,
    aead::{AeadInOut, KeyInit},
};
use chacha20poly1305::ChaCha20Poly1305;
use rustls::{
    ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion,
    crypto::cipher::{
        AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, KeyBlockShape, MessageDecrypter,
        MessageEncrypter, Nonce, OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload,
        Tls12AeadAlgorithm, Tls13AeadAlgorithm, UnsupportedOperationError, make_tls12_aad, make_tls13_aad,
    },
};

const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
/// AES-GCM in TLS 1.2 sends a part of its nonce with each record.
const EXPLICIT_BYTES: usize = 8;
const FRAGMENT_BYTES_MAX: usize = 16384;

/// Which cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

/// A cipher with its key.
enum Keyed {
    Aes128(Box<Aes128Gcm>),
    Aes256(Box<Aes256Gcm>),
    ChaCha(Box<ChaCha20Poly1305>),
}

impl Cipher {
    fn key_len(self) -> usize {
        if self == Cipher::Aes128Gcm { 16 } else { 32 }
    }

    fn with_key(self, key: &AeadKey) -> Keyed {
        let key = key.as_ref();
        let length = "rustls cuts keys to the length that was named";
        match self {
            Cipher::Aes128Gcm => Keyed::Aes128(Box::new(Aes128Gcm::new_from_slice(key).expect(length))),
            Cipher::Aes256Gcm => Keyed::Aes256(Box::new(Aes256Gcm::new_from_slice(key).expect(length))),
            Cipher::ChaCha20Poly1305 => {
                Keyed::ChaCha(Box::new(ChaCha20Poly1305::new_from_slice(key).expect(length)))
            }
        }
    }

    fn secrets(self, key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets {
        match self {
            Cipher::Aes128Gcm => ConnectionTrafficSecrets::Aes128Gcm { key, iv },
            Cipher::Aes256Gcm => ConnectionTrafficSecrets::Aes256Gcm { key, iv },
            Cipher::ChaCha20Poly1305 => ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv },
        }
    }
}

impl Keyed {
    fn seal(&self, nonce: [u8; NONCE_BYTES], aad: &[u8], text: &mut [u8]) -> Result<[u8; TAG_BYTES], Error> {
        let nonce = nonce.into();
        let tag = match self {
            Keyed::Aes128(cipher) => cipher.encrypt_inout_detached(&nonce, aad, text.into()),
            Keyed::Aes256(cipher) => cipher.encrypt_inout_detached(&nonce, aad, text.into()),
            Keyed::ChaCha(cipher) => cipher.encrypt_inout_detached(&nonce, aad, text.into()),
        };
        tag.map(Into::into).map_err(|_| Error::EncryptError)
    }

    /// Opens text that its tag follows; gives its length.
    fn open(&self, nonce: [u8; NONCE_BYTES], aad: &[u8], text: &mut [u8]) -> Result<usize, Error> {
        let len = text.len().checked_sub(TAG_BYTES).ok_or(Error::DecryptError)?;
        let (text, tag) = text.split_at_mut(len);
        let tag: [u8; TAG_BYTES] = (&*tag).try_into().map_err(|_| Error::DecryptError)?;
        let (nonce, tag) = (nonce.into(), tag.into());
        let opened = match self {
            Keyed::Aes128(cipher) => cipher.decrypt_inout_detached(&nonce, aad, text.into(), &tag),
            Keyed::Aes256(cipher) => cipher.decrypt_inout_detached(&nonce, aad, text.into(), &tag),
            Keyed::ChaCha(cipher) => cipher.decrypt_inout_detached(&nonce, aad, text.into(), &tag),
        };
        opened.map(|()| len).map_err(|_| Error::DecryptError)
    }
}

struct Tls13 {
    cipher: Keyed,
    iv: Iv,
}

impl MessageEncrypter for Tls13 {
    fn encrypt(&mut self, msg: OutboundPlainMessage<'_>, seq: u64) -> Result<OutboundOpaqueMessage, Error> {
        let total = self.encrypted_payload_len(msg.payload.len());
        let mut payload = PrefixedPayload::with_capacity(total);
        payload.extend_from_chunks(&msg.payload);
        payload.extend_from_slice(&[msg.typ.into()]);
        let tag = self.cipher.seal(Nonce::new(&self.iv, seq).0, &make_tls13_aad(total), payload.as_mut())?;
        payload.extend_from_slice(&tag);
        // Every record says TLS 1.2: RFC 8446, 5.1.
        Ok(OutboundOpaqueMessage::new(ContentType::ApplicationData, ProtocolVersion::TLSv1_2, payload))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        payload_len + 1 + TAG_BYTES
    }
}

impl MessageDecrypter for Tls13 {
    fn decrypt<'a>(
        &mut self,
        mut msg: InboundOpaqueMessage<'a>,
        seq: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let aad = make_tls13_aad(msg.payload.len());
        let len = self.cipher.open(Nonce::new(&self.iv, seq).0, &aad, &mut msg.payload)?;
        msg.payload.truncate(len);
        msg.into_tls13_unpadded_message()
    }
}

impl Tls13AeadAlgorithm for Cipher {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(Tls13 { cipher: self.with_key(&key), iv })
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(Tls13 { cipher: self.with_key(&key), iv })
    }

    fn key_len(&self) -> usize {
        Cipher::key_len(*self)
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Ok(self.secrets(key, iv))
    }
}

/// TLS 1.2: with a part of the nonce in front of each record (GCM), or without (ChaCha20).
struct Tls12 {
    cipher: Keyed,
    iv: Iv,
    explicit_len: usize,
}

impl MessageEncrypter for Tls12 {
    fn encrypt(&mut self, msg: OutboundPlainMessage<'_>, seq: u64) -> Result<OutboundOpaqueMessage, Error> {
        let mut payload = PrefixedPayload::with_capacity(self.encrypted_payload_len(msg.payload.len()));
        let nonce = Nonce::new(&self.iv, seq).0;
        payload.extend_from_slice(&nonce[NONCE_BYTES - self.explicit_len..]);
        let aad = make_tls12_aad(seq, msg.typ, msg.version, msg.payload.len());
        payload.extend_from_chunks(&msg.payload);
        let tag = self.cipher.seal(nonce, &aad, &mut payload.as_mut()[self.explicit_len..])?;
        payload.extend_from_slice(&tag);
        Ok(OutboundOpaqueMessage::new(msg.typ, msg.version, payload))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        payload_len + self.explicit_len + TAG_BYTES
    }
}

impl MessageDecrypter for Tls12 {
    fn decrypt<'a>(
        &mut self,
        mut msg: InboundOpaqueMessage<'a>,
        seq: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let overhead = self.explicit_len + TAG_BYTES;
        let len = msg.payload.len().checked_sub(overhead).ok_or(Error::DecryptError)?;
        let nonce = if self.explicit_len == 0 {
            Nonce::new(&self.iv, seq).0
        } else {
            let mut nonce: [u8; NONCE_BYTES] = Nonce::new(&self.iv, 0).0;
            nonce[NONCE_BYTES - EXPLICIT_BYTES..].copy_from_slice(&msg.payload[..EXPLICIT_BYTES]);
            nonce
        };
        let aad = make_tls12_aad(seq, msg.typ, msg.version, len);
        self.cipher.open(nonce, &aad, &mut msg.payload[self.explicit_len..])?;
        if len > FRAGMENT_BYTES_MAX {
            return Err(Error::PeerSentOversizedRecord);
        }
        let from = self.explicit_len;
        Ok(msg.into_plain_message_range(from..from + len))
    }
}

impl Cipher {
    fn explicit_len(self) -> usize {
        if self == Cipher::ChaCha20Poly1305 { 0 } else { EXPLICIT_BYTES }
    }

    /// The starting point of nonces: the fixed part, then the explicit one.
    fn tls12(self, key: &AeadKey, parts: &[&[u8]]) -> Tls12 {
        Tls12 { cipher: self.with_key(key), iv: joined_iv(parts), explicit_len: self.explicit_len() }
    }
}

fn joined_iv(parts: &[&[u8]]) -> Iv {
    let mut iv = [0; NONCE_BYTES];
    for (to, from) in iv.iter_mut().zip(parts.iter().copied().flatten()) {
        *to = *from;
    }
    Iv::new(iv)
}

impl Tls12AeadAlgorithm for Cipher {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn MessageEncrypter> {
        Box::new(self.tls12(&key, &[iv, extra]))
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Box::new(self.tls12(&key, &[iv]))
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        let explicit_nonce_len = self.explicit_len();
        KeyBlockShape {
            enc_key_len: self.key_len(),
            fixed_iv_len: NONCE_BYTES - explicit_nonce_len,
            explicit_nonce_len,
        }
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Ok(self.secrets(key, joined_iv(&[iv, explicit])))
    }
}
