//! HTTP/1.1 from a client's side, without I/O: bytes to send come out, bytes received go in. RFC 9112.
//!
//! One request a connection (`Connection: close`), so that no answer can be taken for another's.

mod chunked;
mod request;
mod response;

pub(crate) use request::encode_request;
pub(crate) use response::{BadResponse, Head, ResponseReader};
