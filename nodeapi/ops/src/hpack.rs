//! HPACK, RFC 7541: what a session of HTTP/2 keeps to compress headers and to expand them.

use loona_hpack::{Decoder, Encoder, encoder::encode_integer_into};

/// The size of the dynamic table unless the peer says otherwise. RFC 9113, 6.5.2.
const TABLE_BYTES: usize = 4096;
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

/// Names and values.
pub type Headers = Vec<(Vec<u8>, Vec<u8>)>;

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
    pub fn encode<'b>(&mut self, headers: impl Iterator<Item = (&'b [u8], &'b [u8])>) -> Vec<u8> {
        let mut block = Vec::new();
        // Writing to a vector cannot fail.
        if std::mem::take(&mut self.resized) {
            let _ = encode_integer_into(self.table_bytes, 5, 0x20, &mut block);
        }
        let _ = self.encoder.encode_into(headers, &mut block);
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
        let (mut headers, mut bytes, mut count) = (Vec::new(), 0, 0);
        let result = self.decoder.decode_with_cb(block, |name, value| {
            count += 1;
            bytes += name.len() + value.len() + ENTRY_BYTES;
            if count <= pairs_max && bytes <= bytes_max {
                headers.push((name.into_owned(), value.into_owned()));
            }
        });
        result.map_err(|_| HpackError::Malformed)?;
        if count > pairs_max || bytes > bytes_max { Err(HpackError::TooMany) } else { Ok(headers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_round_trip() {
        let (mut one, mut two) = (Hpack::default(), Hpack::default());
        let headers: [(&[u8], &[u8]); 3] = [(b":method", b"GET"), (b"x-a", b"b"), (b"x-a", b"\xff")];
        for round in 0..3 {
            if round == 1 {
                one.set_table_bytes(0);
            }
            let block = one.encode(headers.iter().copied());
            let expect: Headers =
                headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
            assert_eq!(two.decode(&block, 10, 1000), Ok(expect), "round {round}");
        }
        let block = one.encode(headers.iter().copied());
        assert_eq!(two.decode(&block, 2, 1000), Err(HpackError::TooMany));
        let block = one.encode(headers.iter().copied());
        assert_eq!(two.decode(&block, 10, 50), Err(HpackError::TooMany));
        assert_eq!(two.decode(&[0xff; 12], 10, 50), Err(HpackError::Malformed));
    }
}
