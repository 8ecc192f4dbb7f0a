//! Key exchange: X25519, P-256, P-384, P-521. RFC 8446, 4.2.8.

use p256::elliptic_curve::sec1::ToSec1Point as _;
use rustls::{
    Error, NamedGroup, PeerMisbehaved,
    crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup},
};

/// In Node's order of preference, `auto`.
pub(crate) const ALL_KX_GROUPS: &[&dyn SupportedKxGroup] = &[&X25519, &P256, &P521, &P384];

/// How often a random scalar may be out of range; beyond that something is wrong with the source.
const DRAWS_MAX: usize = 64;

fn bad_share() -> Error {
    PeerMisbehaved::InvalidKeyShare.into()
}

#[derive(Debug)]
pub(super) struct X25519;

struct X25519Exchange {
    secret: x25519_dalek::StaticSecret,
    public: [u8; 32],
}

impl SupportedKxGroup for X25519 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| GetRandomFailed)?;
        let secret = x25519_dalek::StaticSecret::from(bytes);
        let public = x25519_dalek::PublicKey::from(&secret).to_bytes();
        Ok(Box::new(X25519Exchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

impl ActiveKeyExchange for X25519Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer: [u8; 32] = peer.try_into().map_err(|_| bad_share())?;
        let shared = self.secret.diffie_hellman(&peer.into());
        if !shared.was_contributory() {
            return Err(bad_share());
        }
        Ok(shared.as_bytes().as_slice().into())
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

/// One of NIST's curves.
macro_rules! nist {
    ($group:ident, $exchange:ident, $curve:ident, $name:expr, $bytes:literal) => {
        #[derive(Debug)]
        pub(super) struct $group;

        struct $exchange {
            secret: $curve::SecretKey,
            public: Vec<u8>,
        }

        impl SupportedKxGroup for $group {
            fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
                for _ in 0..DRAWS_MAX {
                    let mut bytes = [0u8; $bytes];
                    getrandom::fill(&mut bytes).map_err(|_| GetRandomFailed)?;
                    if $bytes == 66 {
                        // The order has 521 bits.
                        bytes[0] &= 1;
                    }
                    if let Ok(secret) = $curve::SecretKey::from_slice(&bytes) {
                        let public = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
                        return Ok(Box::new($exchange { secret, public }));
                    }
                }
                Err(GetRandomFailed.into())
            }

            fn name(&self) -> NamedGroup {
                $name
            }
        }

        impl ActiveKeyExchange for $exchange {
            fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
                let peer = $curve::PublicKey::from_sec1_bytes(peer).map_err(|_| bad_share())?;
                Ok(self.secret.diffie_hellman(&peer).raw_secret_bytes().as_slice().into())
            }

            fn pub_key(&self) -> &[u8] {
                &self.public
            }

            fn group(&self) -> NamedGroup {
                $name
            }
        }
    };
}

nist!(P256, P256Exchange, p256, NamedGroup::secp256r1, 32);
nist!(P384, P384Exchange, p384, NamedGroup::secp384r1, 48);
nist!(P521, P521Exchange, p521, NamedGroup::secp521r1, 66);
