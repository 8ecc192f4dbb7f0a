//! (being written)
mod error;
mod runtime;
pub use error::Error;
pub use runtime::{engine_config, CacheDir};
