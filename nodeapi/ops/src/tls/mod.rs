//! TLS 1.2 and 1.3, as the bindings `tls_wrap` and `crypto` (SecureContext) need it: rustls for the protocol, RustCrypto for the
//! algorithms (`provider`), and OpenSSL's words for what goes wrong (`errors`, `chain`), because Node's are made of them.

mod certificate;
mod chain;
mod connection;
mod context;
mod der;
mod errors;
mod legacy;
mod provider;
mod session;
mod trust;

pub use certificate::{Certificate, pem_blocks};
pub use chain::{Complaint, Purpose, verify};
pub use connection::{Connection, Hello, Progress};
pub use context::Context;
pub use errors::Reason;
pub use legacy::{KeyWords, Words, describe};
pub use provider::{Digest, Padding, PublicKey};
pub use session::Session;

/// The suites that there are, by OpenSSL's names, in its order.
pub fn suite_names() -> impl Iterator<Item = &'static str> {
    provider::ALL_SUITES.iter().map(|suite| suite.name)
}
