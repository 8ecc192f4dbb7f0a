//! Header and trailer fields (RFC 9112 section 5), and those that change framing.

use super::chars::{self, Matched, WordMatch};
use super::{Kind, Parser, Span, State, Stop, fail, flags, lenient};

/// Places in a header block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderState {
    FirstStart,
    FieldStart,
    FieldSpecial,
    FieldColon,
    FieldColonSpaces,
    FieldGeneral,
    ValueDiscardSpaces,
    ValueDiscardLf,
    ValueDiscardFold,
    Value,
    ValueOtherwise,
    ValueLenient,
    ValueRelaxed,
    Chunked,
    ChunkedLast,
    CodingToken,
    CodingSpaces,
    ContentLength,
    ContentLengthSpaces,
    Connection,
    ConnectionSpaces,
    ConnectionToken,
    ValueLf,
    ValueFold,
    AlmostDone,
}

/// What the current field means for framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderKind {
    General,
    Connection,
    ContentLength,
    TransferEncoding,
    Upgrade,
    ConnectionKeepAlive,
    ConnectionClose,
    ConnectionUpgrade,
    TransferEncodingChunked,
}

use HeaderKind as K;
use HeaderState as H;

const SPECIAL: [&str; 5] =
    ["connection", "content-length", "proxy-connection", "transfer-encoding", "upgrade"];
const SPECIAL_KINDS: [HeaderKind; 5] =
    [K::Connection, K::ContentLength, K::Connection, K::TransferEncoding, K::Upgrade];
const CONNECTION_WORDS: [&str; 3] = ["close", "upgrade", "keep-alive"];
const CONNECTION_KINDS: [HeaderKind; 3] = [K::ConnectionClose, K::ConnectionUpgrade, K::ConnectionKeepAlive];
const TOKEN_ERROR: &str = "HPE_INVALID_HEADER_TOKEN";

impl Parser {
    pub(super) fn header(&mut self, state: HeaderState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match state {
            H::FirstStart
            | H::FieldStart
            | H::FieldSpecial
            | H::FieldColon
            | H::FieldColonSpaces
            | H::FieldGeneral
            | H::AlmostDone => self.field(state, input, byte),
            H::ValueDiscardSpaces | H::ValueDiscardLf | H::ValueDiscardFold => self.value_start(state, byte),
            H::Chunked | H::ChunkedLast | H::CodingToken | H::CodingSpaces => {
                self.transfer_encoding(state, input, byte)
            }
            H::ContentLength | H::ContentLengthSpaces => self.content_length(state, input, byte),
            H::Connection | H::ConnectionSpaces | H::ConnectionToken => self.connection(state, byte),
            _ => self.value(state, input, byte),
        }
    }

    fn at(&mut self, state: HeaderState) -> Result<(), Stop> {
        self.state = State::Header(state);
        Ok(())
    }

    fn take_at(&mut self, state: HeaderState) -> Result<(), Stop> {
        self.position += 1;
        self.at(state)
    }

    fn field(&mut self, state: HeaderState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match state {
            H::FirstStart if byte == b' ' => {
                self.position += 1;
                if self.is_lenient(lenient::HEADERS) {
                    return self.at(H::FieldStart);
                }
                fail("HPE_UNEXPECTED_SPACE", "Unexpected space after start line")
            }
            H::FirstStart => self.at(H::FieldStart),
            H::FieldStart => match byte {
                b'\r' => self.take_at(H::AlmostDone),
                b'\n' => {
                    self.position += 1;
                    if self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) {
                        return self.block_done();
                    }
                    fail(TOKEN_ERROR, "Invalid header field char")
                }
                b':' => fail(TOKEN_ERROR, "Invalid header token"),
                _ => {
                    self.start_span(Span::HeaderField);
                    self.word = WordMatch::default();
                    self.at(H::FieldSpecial)
                }
            },
            H::FieldSpecial => match self.word.next(&SPECIAL, byte.to_ascii_lowercase()) {
                Matched::Partial => self.take_at(H::FieldSpecial),
                Matched::Word(index) => {
                    self.header_kind = SPECIAL_KINDS[index];
                    self.take_at(H::FieldColon)
                }
                Matched::Nothing | Matched::WordBefore(_) => {
                    self.header_kind = K::General;
                    self.at(H::FieldGeneral)
                }
            },
            H::FieldColon | H::FieldColonSpaces => self.field_colon(state, input, byte),
            H::FieldGeneral => {
                self.position += chars::run(&input[self.position..], chars::TOKEN);
                match input.get(self.position) {
                    Some(b':') => self.field_done(input),
                    Some(_) => fail(TOKEN_ERROR, "Invalid header token"),
                    None => Ok(()),
                }
            }
            _ if byte == b'\n' => {
                self.position += 1;
                self.block_done()
            }
            _ if self.is_lenient(lenient::OPTIONAL_LF_AFTER_CR) => self.block_done(),
            _ => fail("HPE_STRICT", "Expected LF after headers"),
        }
    }

    /// After one of the names that matter for framing.
    fn field_colon(&mut self, state: HeaderState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match (byte, state) {
            (b' ', H::FieldColonSpaces) => self.take_at(H::FieldColonSpaces),
            (_, H::FieldColonSpaces) => self.at(H::FieldColon),
            (b' ', _) if self.is_lenient(lenient::HEADERS) => self.at(H::FieldColonSpaces),
            (b' ', _) => {
                self.end_span_and_take(input)?;
                fail(TOKEN_ERROR, "Invalid header field char")
            }
            (b':', _) => self.field_done(input),
            _ => {
                self.header_kind = K::General;
                self.at(H::FieldGeneral)
            }
        }
    }

    fn field_done(&mut self, input: &[u8]) -> Result<(), Stop> {
        self.end_span_and_take(input)?;
        if !self.is_lenient(lenient::CHUNKED_LENGTH) {
            if self.header_kind == K::TransferEncoding && self.flags & flags::CONTENT_LENGTH != 0 {
                return fail(
                    "HPE_INVALID_TRANSFER_ENCODING",
                    "Transfer-Encoding can't be present with Content-Length",
                );
            }
            if self.header_kind == K::ContentLength && self.flags & flags::TRANSFER_ENCODING != 0 {
                return fail(
                    "HPE_INVALID_CONTENT_LENGTH",
                    "Content-Length can't be present with Transfer-Encoding",
                );
            }
        }
        self.at(H::ValueDiscardSpaces)
    }

    /// The empty line.
    fn block_done(&mut self) -> Result<(), Stop> {
        if self.flags & flags::TRAILING != 0 {
            self.header_bytes = 0;
            self.field_count = 0;
            return self.message_done();
        }
        self.on_headers_complete()
    }

    fn value_start(&mut self, state: HeaderState, byte: u8) -> Result<(), Stop> {
        match (state, byte) {
            (H::ValueDiscardSpaces, b' ' | b'\t') => self.take_at(H::ValueDiscardSpaces),
            (H::ValueDiscardSpaces, b'\r') => self.take_at(H::ValueDiscardLf),
            (H::ValueDiscardSpaces, b'\n') => {
                self.position += 1;
                if self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) {
                    return self.at(H::ValueDiscardFold);
                }
                fail(TOKEN_ERROR, "Invalid header value char")
            }
            (H::ValueDiscardSpaces, _) => {
                self.start_span(Span::HeaderValue);
                self.value_begin()
            }
            (H::ValueDiscardLf, b'\n') => self.take_at(H::ValueDiscardFold),
            (H::ValueDiscardLf, _) if self.is_lenient(lenient::HEADERS) => self.at(H::ValueDiscardFold),
            (H::ValueDiscardLf, _) => fail("HPE_STRICT", "Expected LF after CR"),
            (_, b' ' | b'\t') => {
                self.position += 1;
                if self.is_lenient(lenient::HEADERS) {
                    return self.at(H::ValueDiscardSpaces);
                }
                fail(TOKEN_ERROR, "Invalid header value char")
            }
            _ if self.header_kind == K::ContentLength => {
                fail("HPE_INVALID_CONTENT_LENGTH", "Empty Content-Length")
            }
            _ if self.header_kind == K::TransferEncoding => {
                fail("HPE_INVALID_TRANSFER_ENCODING", "Empty Transfer-Encoding")
            }
            _ => {
                self.apply_header_kind();
                self.on_span(Span::HeaderValue, &[], self.position)?;
                self.at(H::FieldStart)
            }
        }
    }

    /// The first byte of a value: the field decides who reads it.
    fn value_begin(&mut self) -> Result<(), Stop> {
        match self.header_kind {
            K::Upgrade => {
                self.flags |= flags::UPGRADE;
                self.header_kind = K::General;
                self.at(H::Value)
            }
            K::TransferEncoding => {
                if self.flags & flags::CHUNKED != 0 && self.coding_after_chunked_is_forbidden() {
                    self.span = None;
                    self.position += 1;
                    return fail("HPE_INVALID_TRANSFER_ENCODING", "Invalid `Transfer-Encoding` header value");
                }
                self.flags = (self.flags | flags::TRANSFER_ENCODING) & !flags::CHUNKED;
                self.word = WordMatch::default();
                self.at(H::Chunked)
            }
            K::ContentLength if self.flags & flags::CONTENT_LENGTH != 0 => {
                fail("HPE_UNEXPECTED_CONTENT_LENGTH", "Duplicate Content-Length")
            }
            K::ContentLength => self.at(H::ContentLength),
            K::Connection => {
                self.word = WordMatch::default();
                self.at(H::Connection)
            }
            _ => self.at(H::Value),
        }
    }

    fn coding_after_chunked_is_forbidden(&self) -> bool {
        self.kind == Kind::Request && !self.is_lenient(lenient::TRANSFER_ENCODING)
    }

    fn transfer_encoding(&mut self, state: HeaderState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match state {
            H::Chunked => match self.word.next(&["chunked"], byte | 0x20) {
                Matched::Word(_) => self.take_at(H::ChunkedLast),
                Matched::Partial => self.take_at(H::Chunked),
                _ => self.at(H::CodingToken),
            },
            H::ChunkedLast => match byte {
                b' ' => self.take_at(H::ChunkedLast),
                b'\r' | b'\n' => {
                    self.header_kind = K::TransferEncodingChunked;
                    self.at(H::ValueOtherwise)
                }
                b',' if self.coding_after_chunked_is_forbidden() => {
                    self.end_span_and_take(input)?;
                    fail("HPE_INVALID_TRANSFER_ENCODING", "Invalid `Transfer-Encoding` header value")
                }
                _ => self.at(H::CodingToken),
            },
            H::CodingToken => match byte {
                b',' => self.take_at(H::CodingSpaces),
                _ if chars::is(byte, chars::FIELD) => self.take_at(H::CodingToken),
                _ => {
                    self.header_kind = K::General;
                    self.at(H::Value)
                }
            },
            _ => match byte {
                b' ' | b'\t' => self.take_at(H::CodingSpaces),
                _ => {
                    self.word = WordMatch::default();
                    self.at(H::Chunked)
                }
            },
        }
    }

    fn content_length(&mut self, state: HeaderState, input: &[u8], byte: u8) -> Result<(), Stop> {
        const INVALID: &str = "HPE_INVALID_CONTENT_LENGTH";
        match byte {
            b'0'..=b'9' if state == H::ContentLength => {
                let digit = u64::from(byte - b'0');
                self.position += 1;
                match self.content_length.checked_mul(10).and_then(|length| length.checked_add(digit)) {
                    Some(length) => {
                        self.content_length = length;
                        Ok(())
                    }
                    None => {
                        self.end_span(input)?;
                        fail(INVALID, "Content-Length overflow")
                    }
                }
            }
            b' ' | b'\t' => self.take_at(H::ContentLengthSpaces),
            b'\r' | b'\n' => {
                self.flags |= flags::CONTENT_LENGTH;
                self.at(H::ValueOtherwise)
            }
            _ => {
                self.end_span(input)?;
                fail(INVALID, "Invalid character in Content-Length")
            }
        }
    }

    fn connection(&mut self, state: HeaderState, byte: u8) -> Result<(), Stop> {
        match (state, byte) {
            (H::Connection, _) => {
                let started = !self.word.is_fresh();
                match self.word.next(&CONNECTION_WORDS, byte.to_ascii_lowercase()) {
                    Matched::Word(index) => {
                        self.header_kind = CONNECTION_KINDS[index];
                        self.take_at(H::ConnectionSpaces)
                    }
                    Matched::Partial => self.take_at(H::Connection),
                    _ if !started && matches!(byte, b' ' | b'\t') => self.take_at(H::Connection),
                    _ => self.at(H::ConnectionToken),
                }
            }
            (H::ConnectionSpaces, b',') => {
                self.apply_header_kind();
                self.word = WordMatch::default();
                self.take_at(H::Connection)
            }
            (H::ConnectionSpaces, b' ' | b'\t') => self.take_at(H::ConnectionSpaces),
            (H::ConnectionSpaces, b'\r' | b'\n') => self.at(H::ValueOtherwise),
            (H::ConnectionSpaces, _) => {
                // A longer word: the match did not count.
                self.header_kind = K::General;
                self.at(H::ConnectionToken)
            }
            (_, b',') => {
                self.word = WordMatch::default();
                self.take_at(H::Connection)
            }
            _ if chars::is(byte, chars::FIELD) => self.take_at(H::ConnectionToken),
            _ => self.at(H::ValueOtherwise),
        }
    }

    fn value(&mut self, state: HeaderState, input: &[u8], byte: u8) -> Result<(), Stop> {
        let rest = &input[self.position..];
        match state {
            H::Value => {
                self.position += chars::run(rest, chars::FIELD);
                if self.position < input.len() {
                    return self.at(H::ValueOtherwise);
                }
                Ok(())
            }
            H::ValueLenient if !matches!(byte, b'\r' | b'\n') => {
                self.position += memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                Ok(())
            }
            H::ValueRelaxed if !matches!(byte, b'\r' | b'\n' | 0) => self.take_at(H::ValueRelaxed),
            H::ValueLf if byte == b'\n' => self.take_at(H::ValueFold),
            H::ValueLf => fail("HPE_LF_EXPECTED", "Missing expected LF after header value"),
            H::ValueFold => self.value_fold(byte),
            _ => self.value_end(state, input, byte),
        }
    }

    /// CR, LF, or a byte that does not belong.
    fn value_end(&mut self, state: HeaderState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match byte {
            b'\r' => {
                self.end_span_and_take(input)?;
                self.at(H::ValueLf)
            }
            b'\n' => {
                self.end_span(input)?;
                if state == H::ValueLenient || self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) {
                    return self.at(H::ValueLf);
                }
                fail("HPE_CR_EXPECTED", "Missing expected CR after header value")
            }
            _ if self.is_lenient(lenient::HEADERS) => self.at(H::ValueLenient),
            _ if self.is_lenient(lenient::HEADER_VALUE_RELAXED) && byte != 0 => self.at(H::ValueRelaxed),
            _ => {
                self.end_span(input)?;
                fail(TOKEN_ERROR, "Invalid header value char")
            }
        }
    }

    /// After the line's end: a space would continue the value (obs-fold).
    fn value_fold(&mut self, byte: u8) -> Result<(), Stop> {
        if !matches!(byte, b' ' | b'\t') {
            self.apply_header_kind();
            return self.at(H::FieldStart);
        }
        if !self.is_lenient(lenient::HEADERS) {
            return fail(TOKEN_ERROR, "Unexpected whitespace after header value");
        }
        if self.header_kind == K::TransferEncodingChunked {
            self.header_kind = K::General;
        }
        self.start_span(Span::HeaderValue);
        self.value_begin()
    }

    /// Sets the flag of a value that was read to its end.
    fn apply_header_kind(&mut self) {
        let flag = match self.header_kind {
            K::ConnectionKeepAlive => flags::CONNECTION_KEEP_ALIVE,
            K::ConnectionClose => flags::CONNECTION_CLOSE,
            K::ConnectionUpgrade => flags::CONNECTION_UPGRADE,
            K::TransferEncodingChunked => {
                self.flags |= flags::CHUNKED;
                return;
            }
            _ => return,
        };
        self.flags |= flag;
        self.header_kind = K::Connection;
    }
}
