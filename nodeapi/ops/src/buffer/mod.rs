//! The `buffer` binding: codecs between byte views and strings, search, comparison, filling.
//!
//! Ranges arrive checked: the glue clamps `start..end` to the view before it slices. Node's documentation of
//! [`Buffer`](https://nodejs.org/api/buffer.html) is the specification; tests compare with its output.

mod compare;
mod decode;
mod encode;
mod search;

pub use compare::{compare, compare_offset, fill_pattern, swap16, swap32, swap64};
pub use decode::{atob, btoa, is_ascii, is_utf8, slice};
pub use encode::{byte_length_utf8, encode, write};
pub use search::{Direction, index_of_buffer, index_of_number, index_of_string};

/// Node's `enum encoding`, by the numbers that its JavaScript passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Encoding {
    /// 7-bit; reads drop the top bit, writes keep the low byte.
    Ascii = 0,
    /// UTF-8.
    Utf8 = 1,
    /// Base64, padded.
    Base64 = 2,
    /// UTF-16, little-endian.
    Ucs2 = 3,
    /// ISO-8859-1, also named `binary`.
    Latin1 = 4,
    /// Two hexadecimal digits a byte.
    Hex = 5,
    /// No string form: reads as UTF-8.
    Buffer = 6,
    /// Base64 with `-_`, not padded.
    Base64Url = 7,
}

impl Encoding {
    /// The encoding with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Ascii,
            1 => Self::Utf8,
            2 => Self::Base64,
            3 => Self::Ucs2,
            4 => Self::Latin1,
            5 => Self::Hex,
            6 => Self::Buffer,
            7 => Self::Base64Url,
            _ => return None,
        })
    }

    /// The encoding of this name, in any case, with Node's aliases.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "ascii" => Self::Ascii,
            "utf8" | "utf-8" => Self::Utf8,
            "base64" => Self::Base64,
            "ucs2" | "ucs-2" | "utf16le" | "utf-16le" => Self::Ucs2,
            "latin1" | "binary" => Self::Latin1,
            "hex" => Self::Hex,
            "buffer" => Self::Buffer,
            "base64url" => Self::Base64Url,
            _ => return None,
        })
    }
}
