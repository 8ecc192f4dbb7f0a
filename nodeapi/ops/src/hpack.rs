//! HPACK, RFC 7541: what a session of HTTP/2 keeps to compress headers and to expand them.

use loona_hpack::{Decoder, Encoder, encoder::encode_integer_into};

/// The size of the dynamic table unless the peer says otherwise. RFC 9113, 6.5.2.
const TABLE_BYTES: usize = 4096;
/// Cookies shorter than this are never put into a table, as nghttp2.
const GUESSABLE_COOKIE_BYTES: usize = 20;
/// A field that is written out and never to be indexed, its name written out too. RFC 7541, 6.2.3.
const NEVER_INDEXED: u8 = 0x10;
/// What an entry costs besides its bytes. RFC 7541, 4.1.
const ENTRY_BYTES: usize = 32;

/// Both directions of one session.
pub struct Hpack {
    encoder: Encoder<'static>,
    decoder: Decoder<'static>,
    table_bytes: usize,
    /// The peer has said how large the table may be, and has not been told what was made of it.
    resized: bool,
}

impl std::fmt::Debug for Hpack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hpack").finish_non_exhaustive()
    }
}

impl Default for Hpack {
    fn default() -> Hpack {
        Hpack { encoder: Encoder::new(), decoder: Decoder::new(), table_bytes: TABLE_BYTES, resized: false }
    }
}

/// Why a block of headers cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HpackError {
    /// It is no HPACK; the session is lost, for its tables are.
    #[error("malformed header block")]
    Malformed,
    /// There are more headers, or more bytes of them, than is allowed. The tables are right.
    #[error("too many headers")]
    TooMany,
}

/// A field as it is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// In lower case.
    pub name: &'a [u8],
    /// Any bytes.
    pub value: &'a [u8],
    /// Nobody may keep it in a table. RFC 7541, 7.1.3.
    pub is_sensitive: bool,
}

impl Field<'_> {
    /// As nghttp2 decides: also what can be guessed byte by byte.
    fn is_never_indexed(&self) -> bool {
        self.is_sensitive
            || self.name == b"authorization"
            || self.name == b"cookie" && self.value.len() < GUESSABLE_COOKIE_BYTES
    }
}

/// Names and values, and which of them the peer said are sensitive.
pub type Headers = Vec<(Vec<u8>, Vec<u8>, bool)>;

impl Hpack {
    /// The peer's SETTINGS_HEADER_TABLE_SIZE; more than the usual size is not made use of.
    pub fn set_table_bytes(&mut self, bytes: usize) {
        let bytes = bytes.min(TABLE_BYTES);
        if bytes != self.table_bytes {
            self.table_bytes = bytes;
            self.resized = true;
            self.encoder.set_max_table_size(bytes);
        }
    }

    /// How large a table the peer may use: the own SETTINGS_HEADER_TABLE_SIZE.
    pub fn allow_table_bytes(&mut self, bytes: usize) {
        self.decoder.set_max_allowed_table_size(bytes);
    }

    /// A block of headers.
    pub fn encode<'b>(&mut self, headers: impl Iterator<Item = Field<'b>>) -> Vec<u8> {
        let mut block = Vec::new();
        // Writing to a vector cannot fail.
        if std::mem::take(&mut self.resized) {
            let _ = encode_integer_into(self.table_bytes, 5, 0x20, &mut block);
        }
        for field in headers {
            if field.is_never_indexed() {
                block.push(NEVER_INDEXED);
                for text in [field.name, field.value] {
                    let _ = encode_integer_into(text.len(), 7, 0, &mut block);
                    block.extend_from_slice(text);
                }
            } else {
                let _ = self.encoder.encode_into(std::iter::once((field.name, field.value)), &mut block);
            }
        }
        block
    }

    /// The headers of a block.
    ///
    /// # Errors
    /// [`HpackError`].
    pub fn decode(
        &mut self,
        block: &[u8],
        pairs_max: usize,
        bytes_max: usize,
    ) -> Result<Headers, HpackError> {
        let (mut headers, mut bytes, mut count) = (Headers::new(), 0, 0);
        let mut marks = Marks { block };
        let result = self.decoder.decode_with_cb(block, |name, value| {
            count += 1;
            bytes += name.len() + value.len() + ENTRY_BYTES;
            if count <= pairs_max && bytes <= bytes_max {
                let is_sensitive = marks.next().unwrap_or(false);
                headers.push((name.into_owned(), value.into_owned(), is_sensitive));
            }
        });
        result.map_err(|_| HpackError::Malformed)?;
        if count > pairs_max || bytes > bytes_max { Err(HpackError::TooMany) } else { Ok(headers) }
    }
}

/// For each field of a block whether it is never to be indexed, which the decoder does not tell. RFC 7541, 6.
struct Marks<'a> {
    block: &'a [u8],
}

impl Marks<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.block.split_first()?;
        self.block = rest;
        Some(first)
    }

    /// An integer of which so many bits stand in `first`. RFC 7541, 5.1.
    fn integer(&mut self, first: u8, bits: u32) -> Option<usize> {
        let mask = (1 << bits) - 1;
        let mut value = usize::from(first) & mask;
        if value < mask {
            return Some(value);
        }
        for shift in (0..28).step_by(7) {
            let byte = self.byte()?;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn skip_text(&mut self) -> Option<()> {
        let first = self.byte()?;
        let length = self.integer(first, 7)?;
        self.block = self.block.get(length..)?;
        Some(())
    }
}

impl Iterator for Marks<'_> {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        loop {
            let first = self.byte()?;
            let (bits, is_field) = match first {
                0x80.. => (7, false),
                0x40.. => (6, true),
                // A change of the table's size: no field.
                0x20.. => (5, false),
                _ => (4, true),
            };
            let index = self.integer(first, bits)?;
            if is_field {
                if index == 0 {
                    self.skip_text()?;
                }
                self.skip_text()?;
            }
            if bits != 5 {
                return Some(bits == 4 && first & NEVER_INDEXED != 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(list: &'a [(&'a [u8], &'a [u8], bool)]) -> impl Iterator<Item = Field<'a>> {
        list.iter().map(|&(name, value, is_sensitive)| Field { name, value, is_sensitive })
    }

    #[test]
    fn headers_round_trip() {
        let (mut one, mut two) = (Hpack::default(), Hpack::default());
        let long = [b'x'; 200];
        let headers: [(&[u8], &[u8], bool); 6] = [
            (b":method", b"GET", false),
            (b"x-a", b"b", false),
            (b"x-secret", &long, true),
            (b"x-a", b"\xff", false),
            (b"cookie", &long, false),
            (b"authorization", b"", true),
        ];
        for round in 0..3 {
            if round == 1 {
                one.set_table_bytes(0);
            }
            let block = one.encode(fields(&headers));
            let expect: Headers =
                headers.iter().map(|(name, value, mark)| (name.to_vec(), value.to_vec(), *mark)).collect();
            assert_eq!(two.decode(&block, 10, 1000), Ok(expect), "round {round}");
        }
        let block = one.encode(fields(&headers));
        assert_eq!(two.decode(&block, 2, 1000), Err(HpackError::TooMany));
        let block = one.encode(fields(&headers));
        assert_eq!(two.decode(&block, 10, 50), Err(HpackError::TooMany));
        assert_eq!(two.decode(&[0xff; 12], 10, 50), Err(HpackError::Malformed));
    }

    #[test]
    fn what_can_be_guessed_is_never_indexed() {
        let (mut one, mut two) = (Hpack::default(), Hpack::default());
        let block = one.encode(fields(&[(b"authorization", b"x", false), (b"cookie", b"short", false)]));
        let read = two.decode(&block, 10, 1000).unwrap();
        assert!(read.iter().all(|(_, _, is_sensitive)| *is_sensitive));
    }
}
