//! What npm says to a registry and hears from it: addresses, configuration, packuments, integrity.
//!
//! HTTP itself goes through [`Transport`]. This crate deliberately knows neither the tree of
//! packages nor the file system; and **no registry's address is written in it**: the address comes
//! from [`Config`], last from the default of the npmrc library it is built with.
//!
//! Start with [`Config`], then [`Packument::pick`].
//!
//! ```
//! use oac_npm_registry::{Config, parse_npmrc};
//!
//! let mut config = Config::default();
//! config.push(parse_npmrc("registry = http://registry.invalid/", |_| None));
//! assert_eq!(config.packument_url("@scope/name")?, "http://registry.invalid/@scope%2fname");
//! # Ok::<(), oac_npm_registry::RegistryError>(())
//! ```

mod address;
mod client;
mod config;
mod error;
mod integrity;
mod moment;
mod packument;
mod transport;

pub use address::Address;
pub use client::{Client, Fetched, RetryPolicy};
pub use config::{Config, Layer, environment_layer, parse_npmrc, proxy_layer};
pub use error::RegistryError;
pub use integrity::{Integrity, base64_of, sha1_hex};
pub use moment::Moment;
pub use packument::{Packument, PickContext, engine_accepts};
#[cfg(target_family = "wasm")]
pub use transport::ContainerTransport;
#[cfg(feature = "native-http")]
pub use transport::NativeTransport;
pub use transport::{BODY_BYTES_MAX, Completion, PROXY_HEADER, Request, RequestId, Response, Transport};
