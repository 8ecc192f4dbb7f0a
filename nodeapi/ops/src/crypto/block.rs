//! Block ciphers by name, behind one interface for all modes.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

/// A keyed block cipher. Buffers are whole numbers of blocks.
pub(super) trait BlockCipher {
    /// Bytes of a block: 16 or 8.
    fn block_len(&self) -> usize;
    /// Encrypts every block.
    fn encrypt(&self, blocks: &mut [u8]);
    /// Decrypts every block.
    fn decrypt(&self, blocks: &mut [u8]);
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt> BlockCipher for C {
    fn block_len(&self) -> usize {
        C::block_size()
    }

    fn encrypt(&self, blocks: &mut [u8]) {
        self.encrypt_blocks(Array::slice_as_chunks_mut(blocks).0);
    }

    fn decrypt(&self, blocks: &mut [u8]) {
        self.decrypt_blocks(Array::slice_as_chunks_mut(blocks).0);
    }
}

/// Which block cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// AES, by the length of its key.
    Aes,
    /// Triple DES, with two or three keys.
    TripleDes,
}

impl BlockKind {
    /// The cipher under `key`; none for a key of another length.
    pub(super) fn keyed(self, key: &[u8]) -> Option<Box<dyn BlockCipher>> {
        fn boxed<C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit + 'static>(
            key: &[u8],
        ) -> Option<Box<dyn BlockCipher>> {
            Some(Box::new(C::new_from_slice(key).ok()?))
        }
        match (self, key.len()) {
            (Self::Aes, 16) => boxed::<aes::Aes128>(key),
            (Self::Aes, 24) => boxed::<aes::Aes192>(key),
            (Self::Aes, 32) => boxed::<aes::Aes256>(key),
            (Self::TripleDes, 16) => boxed::<des::TdesEde2>(key),
            (Self::TripleDes, 24) => boxed::<des::TdesEde3>(key),
            _ => None,
        }
    }
}
