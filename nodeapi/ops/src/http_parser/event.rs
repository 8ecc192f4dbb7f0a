//! What goes into the parser and what comes out.

use std::borrow::Cow;

use crate::text::latin1_to_str;

/// Leniency flags, by Node's numbers (`HTTPParser.kLenient*`).
pub mod lenient {
    /// Accepts whitespace before a header's colon, folded lines, any byte in values.
    pub const HEADERS: u16 = 1 << 0;
    /// Accepts `Content-Length` beside `Transfer-Encoding`.
    pub const CHUNKED_LENGTH: u16 = 1 << 1;
    /// Goes on after `Connection: close`.
    pub const KEEP_ALIVE: u16 = 1 << 2;
    /// Accepts codings after `chunked`.
    pub const TRANSFER_ENCODING: u16 = 1 << 3;
    /// Accepts any version number.
    pub const VERSION: u16 = 1 << 4;
    /// Ignores data after a closing message.
    pub const DATA_AFTER_CLOSE: u16 = 1 << 5;
    /// Accepts CR alone.
    pub const OPTIONAL_LF_AFTER_CR: u16 = 1 << 6;
    /// Accepts chunks without CRLF after the data.
    pub const OPTIONAL_CRLF_AFTER_CHUNK: u16 = 1 << 7;
    /// Accepts LF alone.
    pub const OPTIONAL_CR_BEFORE_LF: u16 = 1 << 8;
    /// Accepts spaces after a chunk's size.
    pub const SPACES_AFTER_CHUNK_SIZE: u16 = 1 << 9;
    /// Accepts control characters in values.
    pub const HEADER_VALUE_RELAXED: u16 = 1 << 10;
}

/// What is being parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `HTTPParser.REQUEST`, 1.
    Request,
    /// `HTTPParser.RESPONSE`, 2.
    Response,
}

/// Header fields as alternating names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderBlock {
    text: String,
    ends: Vec<usize>,
}

impl HeaderBlock {
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.text.push_str(&latin1_to_str(piece));
        self.ends.push(self.text.len());
    }

    /// Name, value, name, value …
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let piece = &self.text[start..end];
            start = end;
            piece
        })
    }

    /// Number of names and values.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// The arguments of Node's `kOnHeadersComplete`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Major version.
    pub version_major: u8,
    /// Minor version.
    pub version_minor: u8,
    /// The fields, unless some were flushed before: then `None`, and everything came in [`Event::Headers`].
    pub headers: Option<HeaderBlock>,
    /// Index into [`METHODS`]; requests only.
    pub method: Option<u8>,
    /// Requests only; `None` as well when it was flushed.
    pub url: Option<String>,
    /// Responses only.
    pub status_code: Option<u16>,
    /// Responses only.
    pub status_message: Option<String>,
    /// Whether the connection changes protocol after this message.
    pub upgrade: bool,
    /// Whether another message may follow.
    pub should_keep_alive: bool,
}

/// What the parser found; in the order of Node's callbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `kOnMessageBegin`.
    MessageBegin,
    /// `kOnHeaders`: early or trailing fields, and the URL read so far.
    Headers {
        /// The fields.
        headers: HeaderBlock,
        /// The URL, empty for responses and trailers.
        url: String,
    },
    /// `kOnHeadersComplete`; always the last of a batch, see [`Parser::answer_headers`].
    HeadersComplete(Box<Head>),
    /// `kOnBody`: a range of the input.
    Body {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
    /// `kOnMessageComplete`.
    MessageComplete,
}

/// A parse error, as Node puts it on the `Error` ("Parse Error").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Parse Error: {reason}")]
pub struct ParseError {
    /// `HPE_…`.
    pub code: &'static str,
    /// Node's `reason`.
    pub reason: Cow<'static, str>,
    /// Node's `bytesParsed`.
    pub bytes_parsed: usize,
}

/// What a call of [`Parser::execute`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// In order; the calls they stand for have not been made yet.
    pub events: Vec<Event>,
    /// How much of the input was used. Less than its length, without an error and without a pending answer: an upgrade.
    pub position: usize,
    /// Set when parsing failed (never for an upgrade).
    pub error: Option<ParseError>,
    /// Whether the last event is [`Event::HeadersComplete`], which wants an answer before parsing goes on from `position`.
    pub wants_answer: bool,
}
