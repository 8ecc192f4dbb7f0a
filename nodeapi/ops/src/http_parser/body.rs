//! Bodies and chunks (RFC 9112 sections 6 and 7), and what follows a message.

use super::chars::{self, CONNECT};
use super::headers::HeaderState;
use super::{Finish, Kind, Parser, Span, State, Stop, fail, flags, lenient};

/// Places in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyState {
    Identity,
    UntilEof,
    ChunkSizeFirst,
    ChunkSize,
    ChunkSizeOtherwise,
    ChunkSizeLf,
    ExtensionStart,
    ExtensionName,
    ExtensionValue,
    ExtensionQuoted,
    ExtensionQuotedPair,
    ExtensionQuotedDone,
    ChunkData,
    ChunkDataCr,
    ChunkDataLf,
}

use BodyState as B;

const STRICT: &str = "HPE_STRICT";
const CR_EXPECTED: &str = "HPE_CR_EXPECTED";

impl Parser {
    /// After the program's answer: which framing the body has.
    pub(super) fn headers_done(&mut self) -> Result<(), Stop> {
        let response = self.kind == Kind::Response;
        let has_body = self.flags & flags::CHUNKED != 0 || self.content_length > 0;
        let skip = self.flags & flags::SKIP_BODY != 0;
        if (self.upgrade && (self.method == CONNECT || skip || !has_body))
            || (response && self.status_code == 101)
        {
            self.on_message_complete();
            self.state = State::Cleanup;
            return Err(Stop::Upgrade);
        }
        if skip || (response && matches!(self.status_code, 100 | 102 | 103 | 204 | 304)) {
            return self.complete();
        }
        if self.flags & flags::CHUNKED != 0 {
            return self.next_chunk();
        }
        if self.flags & flags::TRANSFER_ENCODING != 0 {
            if !response && self.lenient & (lenient::CHUNKED_LENGTH | lenient::TRANSFER_ENCODING) == 0 {
                return fail("HPE_INVALID_TRANSFER_ENCODING", "Request has invalid `Transfer-Encoding`");
            }
            return self.until_eof();
        }
        if self.flags & flags::CONTENT_LENGTH == 0 {
            return if self.needs_eof() { self.until_eof() } else { self.complete() };
        }
        if self.content_length == 0 {
            return self.complete();
        }
        self.start_span(Span::Body);
        self.to(B::Identity)
    }

    fn to(&mut self, state: BodyState) -> Result<(), Stop> {
        self.state = State::Body(state);
        Ok(())
    }

    fn take_to(&mut self, state: BodyState) -> Result<(), Stop> {
        self.position += 1;
        self.to(state)
    }

    fn until_eof(&mut self) -> Result<(), Stop> {
        self.finish = Finish::SafeWithCallback;
        self.start_span(Span::Body);
        self.to(B::UntilEof)
    }

    /// A message without a body.
    fn complete(&mut self) -> Result<(), Stop> {
        self.on_message_complete();
        self.state = State::Cleanup;
        Ok(())
    }

    /// The end of a body.
    pub(super) fn message_done(&mut self) -> Result<(), Stop> {
        self.complete()?;
        if self.upgrade { Err(Stop::Upgrade) } else { Ok(()) }
    }

    /// Between messages.
    pub(super) fn cleanup(&mut self) {
        let keep_alive = self.should_keep_alive();
        self.finish = Finish::Safe;
        self.flags = 0;
        if keep_alive {
            self.content_length = 0;
        }
        self.state =
            if keep_alive || self.is_lenient(lenient::KEEP_ALIVE) { State::Start } else { State::Closed };
    }

    fn next_chunk(&mut self) -> Result<(), Stop> {
        self.content_length = 0;
        self.to(B::ChunkSizeFirst)
    }

    pub(super) fn body(&mut self, state: BodyState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match state {
            B::Identity | B::ChunkData => self.counted(state, input),
            B::UntilEof => {
                self.position = input.len();
                Ok(())
            }
            B::ChunkSizeFirst | B::ChunkSize | B::ChunkSizeOtherwise | B::ChunkSizeLf => {
                self.chunk_size(state, byte)
            }
            B::ChunkDataCr | B::ChunkDataLf => self.chunk_end(state, byte),
            B::ExtensionStart | B::ExtensionName | B::ExtensionValue => self.extension(state, input, byte),
            B::ExtensionQuoted | B::ExtensionQuotedPair | B::ExtensionQuotedDone => {
                self.quoted_extension(state, input, byte)
            }
        }
    }

    fn counted(&mut self, state: BodyState, input: &[u8]) -> Result<(), Stop> {
        let available = (input.len() - self.position) as u64;
        let used = available.min(self.content_length);
        self.position += used as usize;
        self.content_length -= used;
        if self.content_length > 0 {
            return Ok(());
        }
        self.end_span(input)?;
        if state == B::ChunkData { self.to(B::ChunkDataCr) } else { self.message_done() }
    }

    fn chunk_size(&mut self, state: BodyState, byte: u8) -> Result<(), Stop> {
        const INVALID: &str = "HPE_INVALID_CHUNK_SIZE";
        const CHARACTER: &str = "Invalid character in chunk size";
        match (state, byte) {
            (B::ChunkSizeFirst | B::ChunkSize, _) if byte.is_ascii_hexdigit() => {
                let digit = u64::from(char::from(byte).to_digit(16).unwrap_or(0));
                self.position += 1;
                if self.content_length > u64::MAX >> 4 {
                    return fail(INVALID, "Chunk size overflow");
                }
                self.content_length = self.content_length << 4 | digit;
                self.to(B::ChunkSize)
            }
            (B::ChunkSizeFirst, _) => fail(INVALID, CHARACTER),
            (B::ChunkSizeLf, b'\n') => {
                self.position += 1;
                self.chunk_header()
            }
            (B::ChunkSizeLf, _) if self.is_lenient(lenient::OPTIONAL_LF_AFTER_CR) => self.chunk_header(),
            (B::ChunkSizeLf, _) => fail(STRICT, "Expected LF after chunk size"),
            (_, b' ' | b'\t') if self.is_lenient(lenient::SPACES_AFTER_CHUNK_SIZE) => {
                self.take_to(B::ChunkSizeOtherwise)
            }
            (_, b'\r') => self.take_to(B::ChunkSizeLf),
            (_, b'\n') => {
                self.position += 1;
                if self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) {
                    return self.to(B::ChunkSizeLf);
                }
                fail(CR_EXPECTED, "Missing expected CR after chunk size")
            }
            (_, b';') => self.take_to(B::ExtensionStart),
            _ => {
                self.position += usize::from(matches!(byte, b' ' | b'\t'));
                fail(INVALID, CHARACTER)
            }
        }
    }

    /// The size is known: data, or the trailer.
    fn chunk_header(&mut self) -> Result<(), Stop> {
        self.header_bytes = 0;
        self.chunk_extension_bytes = 0;
        if self.content_length == 0 {
            self.flags |= flags::TRAILING;
            self.state = State::Header(HeaderState::FieldStart);
            return Ok(());
        }
        self.start_span(Span::Body);
        self.to(B::ChunkData)
    }

    fn chunk_end(&mut self, state: BodyState, byte: u8) -> Result<(), Stop> {
        match (state, byte) {
            (B::ChunkDataCr, b'\r') => self.take_to(B::ChunkDataLf),
            (B::ChunkDataLf, b'\n') => {
                self.position += 1;
                self.chunk_complete()
            }
            (B::ChunkDataCr, b'\n') => {
                self.position += 1;
                if self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) {
                    return self.chunk_complete();
                }
                fail(CR_EXPECTED, "Missing expected CR after chunk data")
            }
            _ if self.is_lenient(lenient::OPTIONAL_CRLF_AFTER_CHUNK) => self.chunk_complete(),
            _ => fail(STRICT, "Expected LF after chunk data"),
        }
    }

    fn chunk_complete(&mut self) -> Result<(), Stop> {
        self.header_bytes = 0;
        self.next_chunk()
    }

    fn extension(&mut self, state: BodyState, input: &[u8], byte: u8) -> Result<(), Stop> {
        let (reason, missing_cr) = match state {
            B::ExtensionStart => {
                if matches!(byte, b' ' | b'\r') {
                    self.position += 1;
                    return fail(STRICT, "Invalid character in chunk extensions");
                }
                self.start_span(Span::ChunkExtension);
                return self.to(B::ExtensionName);
            }
            B::ExtensionName => (
                "Invalid character in chunk extensions name",
                "Missing expected CR after chunk extension name",
            ),
            _ => (
                "Invalid character in chunk extensions value",
                "Missing expected CR after chunk extension value",
            ),
        };
        if chars::is(byte, chars::TOKEN) {
            self.position += chars::run(&input[self.position..], chars::TOKEN);
            return Ok(());
        }
        match byte {
            b'"' if state == B::ExtensionValue => self.take_to(B::ExtensionQuoted),
            b'=' if state == B::ExtensionName => {
                self.end_span_and_take(input)?;
                self.start_span(Span::ChunkExtension);
                self.to(B::ExtensionValue)
            }
            b';' => {
                self.end_span_and_take(input)?;
                self.to(B::ExtensionStart)
            }
            b'\r' => {
                self.end_span_and_take(input)?;
                self.to(B::ChunkSizeLf)
            }
            b'\n' => {
                self.end_span(input)?;
                if self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) {
                    return self.to(B::ChunkSizeLf);
                }
                fail(CR_EXPECTED, missing_cr)
            }
            _ => {
                self.end_span_and_take(input)?;
                fail(STRICT, reason)
            }
        }
    }

    fn quoted_extension(&mut self, state: BodyState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match (state, byte) {
            (B::ExtensionQuoted, b'"') => {
                self.position += 1;
                self.end_span(input)?;
                self.to(B::ExtensionQuotedDone)
            }
            (B::ExtensionQuoted, b'\\') => self.take_to(B::ExtensionQuotedPair),
            (B::ExtensionQuoted, _) if chars::is(byte, chars::QUOTED) => self.take_to(B::ExtensionQuoted),
            (B::ExtensionQuotedPair, _) if chars::is(byte, chars::FIELD) => self.take_to(B::ExtensionQuoted),
            (B::ExtensionQuoted | B::ExtensionQuotedPair, _) => {
                self.end_span_and_take(input)?;
                fail(
                    STRICT,
                    if state == B::ExtensionQuoted {
                        "Invalid character in chunk extensions quoted value"
                    } else {
                        "Invalid quoted-pair in chunk extensions quoted value"
                    },
                )
            }
            (_, b';') => self.take_to(B::ExtensionStart),
            (_, b'\r') => self.take_to(B::ChunkSizeLf),
            (_, b'\n') if self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) => self.to(B::ChunkSizeLf),
            (_, b'\n') => fail(CR_EXPECTED, "Missing expected CR after chunk extension value"),
            _ => fail(STRICT, "Invalid character in chunk extensions quote value"),
        }
    }
}
