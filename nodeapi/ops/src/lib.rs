//! Native halves of Node's bindings, as plain functions over scalars, strings and byte views.
//!
//! Files are named like the binding (`internalBinding(name)`) whose work they do. The crate knows no engine, no event
//! loop, makes no system call and holds no state outside the values it returns: the glue in `nodeapi/js` turns
//! JavaScript values into these arguments and errors into Node's codes.
//!
//! Start at [`buffer`] (the simplest) and [`http_parser`] (the largest). Expected values in the tests were produced by
//! real Node; `tests/oracle/` holds the scripts.
//!
//! ```
//! use oac_node_ops::buffer::{self, Encoding};
//! use oac_node_ops::text::JsStr;
//!
//! let mut bytes = [0; 4];
//! let written = buffer::write(JsStr::from("6869"), Encoding::Hex, &mut bytes);
//! assert_eq!(&bytes[..written], b"hi");
//! ```

pub mod base64;
pub mod brotli;
pub mod buffer;
pub mod cjs_lexer;
pub mod crypto;
pub mod dns;
pub mod encoding_binding;
pub mod hpack;
pub mod http_parser;
pub mod intl;
pub mod string_decoder;
pub mod text;
pub mod tls;
pub mod typescript;
pub mod url;
pub mod zlib;
pub mod zstd;
