//! The seam between npm and whoever does its HTTP: in the container the host, natively a library.

#[cfg(target_family = "wasm")]
mod container;
#[cfg(feature = "native-http")]
mod native;

#[cfg(target_family = "wasm")]
pub use container::ContainerTransport;
#[cfg(feature = "native-http")]
pub use native::NativeTransport;

use crate::RegistryError;
use std::time::Duration;

/// The longest answer that is accepted, in bytes: npm's largest packages are a few hundred megabytes.
pub const BODY_BYTES_MAX: usize = 512 << 20;

/// A header that is not sent: who makes the request goes through the proxy that it names.
pub const PROXY_HEADER: &str = "oac-proxy";

/// What is asked of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `PUT` …
    pub method: &'static str,
    /// An absolute address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent along; empty for a GET.
    pub body: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// What a caller knows a request by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// The end of a request.
pub type Completion = (RequestId, Result<Response, RegistryError>);

/// Makes requests, many at once. It exists so that the same installer runs over the container's
/// `fetch` call, over a native library, and over a table of canned answers in tests.
pub trait Transport {
    /// Begins a request. Failures, too, are told by [`Transport::next`].
    fn start(&mut self, id: RequestId, request: &Request);

    /// Waits for some request to end, at most `timeout` if given; `None` when it ran out or when
    /// nothing is under way.
    fn next(&mut self, timeout: Option<Duration>) -> Option<Completion>;

    /// Waits without any request.
    fn sleep(&mut self, duration: Duration);
}
