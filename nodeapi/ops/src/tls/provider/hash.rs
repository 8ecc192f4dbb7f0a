//! Hashes and HMAC, as rustls wants them.

use std::marker::PhantomData;

use hmac::{Hmac, KeyInit, Mac};
use rustls::crypto::{
    hash::{Context, Hash, HashAlgorithm, Output},
    hmac::{Hmac as TlsHmac, Key, Tag},
};
use sha2::{Digest, Sha256, Sha384};

pub(super) static SHA256: Hasher<Sha256> = Hasher(HashAlgorithm::SHA256, PhantomData);
pub(super) static SHA384: Hasher<Sha384> = Hasher(HashAlgorithm::SHA384, PhantomData);
pub(super) static HMAC_SHA256: Hmac256 = Hmac256;
pub(super) static HMAC_SHA384: Hmac384 = Hmac384;

pub(super) struct Hasher<D>(HashAlgorithm, PhantomData<fn() -> D>);

impl<D: Digest + Clone + Send + Sync + 'static> Hash for Hasher<D> {
    fn start(&self) -> Box<dyn Context> {
        Box::new(Running(D::new()))
    }

    fn hash(&self, data: &[u8]) -> Output {
        Output::new(&D::digest(data))
    }

    fn output_len(&self) -> usize {
        <D as Digest>::output_size()
    }

    fn algorithm(&self) -> HashAlgorithm {
        self.0
    }
}

struct Running<D>(D);

impl<D: Digest + Clone + Send + Sync + 'static> Context for Running<D> {
    fn fork_finish(&self) -> Output {
        Output::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn Context> {
        Box::new(Running(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> Output {
        Output::new(&self.0.finalize())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

/// One HMAC; the types of `hmac` are too long to be generic over.
macro_rules! keyed {
    ($name:ident, $hash:ty, $bytes:literal) => {
        pub(super) struct $name;

        impl TlsHmac for $name {
            fn with_key(&self, key: &[u8]) -> Box<dyn Key> {
                let mac = Hmac::<$hash>::new_from_slice(key).expect("HMAC takes keys of any length");
                Box::new(KeyOf::<Hmac<$hash>>(mac))
            }

            fn hash_output_len(&self) -> usize {
                $bytes
            }
        }

        impl Key for KeyOf<Hmac<$hash>> {
            fn sign_concat(&self, first: &[u8], middle: &[&[u8]], last: &[u8]) -> Tag {
                let mut mac = self.0.clone();
                mac.update(first);
                for part in middle {
                    mac.update(part);
                }
                mac.update(last);
                Tag::new(&mac.finalize().into_bytes())
            }

            fn tag_len(&self) -> usize {
                $bytes
            }
        }
    };
}

struct KeyOf<M>(M);

keyed!(Hmac256, Sha256, 32);
keyed!(Hmac384, Sha384, 48);
