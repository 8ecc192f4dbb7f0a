//! The `http_parser` binding: an incremental HTTP/1 parser that behaves as llhttp 9.4 does under Node.
//!
//! Same grammar, same leniency flags, same `HPE_*` codes and reasons, same points at which header blocks are flushed. It differs in form:
//! instead of calling back, [`Parser::execute`] returns a batch of [`Event`]s. It stops at the end of the input, on an
//! error, and at each [`Event::HeadersComplete`], because the program's answer to that ([`Parser::answer_headers`]) decides
//! whether a body follows.
//!
//! Read `event.rs` (what comes out), `mod.rs` (state), then `line.rs`, `headers.rs`, `body.rs` in the order of a message.
//!
//! ```
//! use oac_node_ops::http_parser::{Event, Kind, Parser};
//!
//! let mut parser = Parser::new(Kind::Request, 16 * 1024, 0);
//! let input = b"GET /a HTTP/1.1\r\nHost: b\r\n\r\n";
//! let step = parser.execute(input, 0);
//! assert!(matches!(&step.events[1], Event::HeadersComplete(head) if head.url.as_deref() == Some("/a")));
//! parser.answer_headers(0);
//! let step = parser.execute(input, step.position);
//! assert!(matches!(step.events[..], [Event::MessageComplete]));
//! ```

mod body;
mod chars;
mod event;
mod headers;
mod line;

use std::borrow::Cow;

pub use chars::METHODS;
use chars::{CONNECT, WordMatch};
pub use event::{Event, Head, HeaderBlock, Kind, ParseError, Step, lenient};

use crate::text::latin1_to_str;

/// More header fields than this are handed over before the head is complete (Node's `kMaxHeaderFieldsCount` is 32, the last
/// place being reserved).
const MAX_HEADER_FIELDS: usize = 31;
/// Bound on the chunk extensions of one chunk, in bytes.
const MAX_CHUNK_EXTENSIONS: u64 = 16384;
/// The header size limit when the caller gives 0: Node's `--max-http-header-size` default.
pub const DEFAULT_MAX_HEADER_SIZE: u64 = 16 * 1024;

pub(crate) mod flags {
    pub(crate) const CONNECTION_KEEP_ALIVE: u16 = 1 << 0;
    pub(crate) const CONNECTION_CLOSE: u16 = 1 << 1;
    pub(crate) const CONNECTION_UPGRADE: u16 = 1 << 2;
    pub(crate) const CHUNKED: u16 = 1 << 3;
    pub(crate) const UPGRADE: u16 = 1 << 4;
    pub(crate) const CONTENT_LENGTH: u16 = 1 << 5;
    pub(crate) const SKIP_BODY: u16 = 1 << 6;
    pub(crate) const TRAILING: u16 = 1 << 7;
    pub(crate) const TRANSFER_ENCODING: u16 = 1 << 9;
}

/// Where the parser stands: one variant for each place that waits for a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Line(line::LineState),
    Header(headers::HeaderState),
    Body(body::BodyState),
    /// Waits for the program's answer.
    HeadersAnswer,
    /// After the answer, or after an upgrade pause: moves on without a byte.
    HeadersDone,
    Cleanup,
    Closed,
}

/// Text that is being collected across input buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Url,
    Status,
    HeaderField,
    HeaderValue,
    ChunkExtension,
    Body,
}

/// What `finish()` would mean now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finish {
    Safe,
    SafeWithCallback,
    Unsafe,
}

/// Why `execute` stops before the end of the input.
#[derive(Debug)]
enum Stop {
    Failed(Failure),
    Upgrade,
    Answer,
}

#[derive(Clone, Debug)]
struct Failure {
    code: &'static str,
    reason: Cow<'static, str>,
}

fn fail<T>(code: &'static str, reason: &'static str) -> Result<T, Stop> {
    Err(Stop::Failed(Failure { code, reason: Cow::Borrowed(reason) }))
}

/// The parser of one connection.
pub struct Parser {
    kind: Kind,
    lenient: u16,
    state: State,
    span: Option<Span>,
    span_start: usize,
    position: usize,
    events: Vec<Event>,
    failure: Option<Failure>,

    content_length: u64,
    flags: u16,
    method: u8,
    version_major: u8,
    version_minor: u8,
    status_code: u16,
    upgrade: bool,
    finish: Finish,
    header_kind: headers::HeaderKind,
    word: WordMatch,

    fields: Vec<(Vec<u8>, Vec<u8>)>,
    value_open: bool,
    url: Vec<u8>,
    status_message: Vec<u8>,
    have_flushed: bool,
    headers_completed: bool,
    header_bytes: u64,
    max_header_bytes: u64,
    field_count: usize,
    max_fields: usize,
    chunk_extension_bytes: u64,
}

impl Parser {
    /// A fresh parser. `max_header_size` is in bytes, 0 for Node's default; `lenient_flags` is a set of [`lenient`] flags.
    pub fn new(kind: Kind, max_header_size: u64, lenient_flags: u16) -> Self {
        Self {
            kind,
            lenient: lenient_flags,
            state: State::Start,
            span: None,
            span_start: 0,
            position: 0,
            events: Vec::new(),
            failure: None,
            content_length: 0,
            flags: 0,
            method: 0,
            version_major: 0,
            version_minor: 0,
            status_code: 0,
            upgrade: false,
            finish: Finish::Safe,
            header_kind: headers::HeaderKind::General,
            word: WordMatch::default(),
            fields: Vec::new(),
            value_open: false,
            url: Vec::new(),
            status_message: Vec::new(),
            have_flushed: false,
            headers_completed: false,
            header_bytes: 0,
            field_count: 0,
            max_fields: usize::MAX,
            max_header_bytes: if max_header_size == 0 { DEFAULT_MAX_HEADER_SIZE } else { max_header_size },
            chunk_extension_bytes: 0,
        }
    }

    /// From the next field on a block of more fields than this is refused.
    pub fn limit_fields(&mut self, max_fields: usize) {
        self.max_fields = max_fields;
    }

    /// Parses `input[from..]`. The whole buffer is passed again when an answer was wanted, so that positions stay the same.
    pub fn execute(&mut self, input: &[u8], from: usize) -> Step {
        self.position = from.min(input.len());
        self.span_start = self.position;
        if let Some(failure) = self.failure.clone() {
            return self.step(Err(Stop::Failed(failure)));
        }
        let result = self.run(input);
        self.step(result)
    }

    /// The end of the stream: completes a body that ends there, or reports that the message was cut.
    pub fn finish(&mut self) -> Step {
        self.position = 0;
        let result = match (&self.failure, self.finish) {
            (Some(_), _) | (None, Finish::Safe) => Ok(()),
            (None, Finish::SafeWithCallback) => {
                self.on_message_complete();
                Ok(())
            }
            (None, Finish::Unsafe) => {
                // Not an error state: llhttp only says so.
                let failure =
                    Failure { code: "HPE_INVALID_EOF_STATE", reason: Cow::Borrowed("Invalid EOF state") };
                let error = (!self.upgrade).then(|| failure.at(0));
                return Step { events: Vec::new(), position: 0, error, wants_answer: false };
            }
        };
        self.step(result)
    }

    /// What `kOnHeadersComplete` returned: 0 a body may follow, 1 none does (HEAD), 2 none does and the protocol changes.
    pub fn answer_headers(&mut self, answer: i32) {
        if self.state != State::HeadersAnswer {
            return;
        }
        match answer {
            0 => {}
            1 => self.flags |= flags::SKIP_BODY,
            2 => {
                self.upgrade = true;
                self.flags |= flags::SKIP_BODY;
            }
            _ => self.fail_callback("HPE_CB_HEADERS_COMPLETE", "User callback error"),
        }
        self.state = State::HeadersDone;
    }

    /// Makes further input fail: a callback threw.
    pub fn fail_callback(&mut self, code: &'static str, reason: &'static str) {
        self.failure = Some(Failure { code, reason: Cow::Borrowed(reason) });
    }

    /// `parser.pause()`: the next `execute` fails with `HPE_PAUSED`, unless resumed.
    pub fn pause(&mut self) {
        if self.failure.is_none() {
            self.fail_callback("HPE_PAUSED", "Paused");
        }
    }

    /// `parser.resume()`.
    pub fn resume(&mut self) {
        if self.failure.as_ref().is_some_and(|failure| failure.code == "HPE_PAUSED") {
            self.failure = None;
        }
    }

    /// Whether the head of the current message is complete (for the headers timeout).
    pub fn headers_completed(&self) -> bool {
        self.headers_completed
    }

    fn step(&mut self, result: Result<(), Stop>) -> Step {
        let mut step = Step {
            events: std::mem::take(&mut self.events),
            position: self.position,
            error: None,
            wants_answer: false,
        };
        match result {
            Ok(()) | Err(Stop::Upgrade) => {}
            Err(Stop::Answer) => step.wants_answer = true,
            Err(Stop::Failed(failure)) => {
                self.span = None;
                if !self.upgrade {
                    step.error = Some(failure.clone().at(self.position));
                }
                self.failure = Some(failure);
            }
        }
        step
    }

    fn run(&mut self, input: &[u8]) -> Result<(), Stop> {
        loop {
            // These two need no byte.
            match self.state {
                State::HeadersDone => self.headers_done()?,
                State::Cleanup => self.cleanup(),
                _ => {
                    let Some(&byte) = input.get(self.position) else { break };
                    self.advance(input, byte)?;
                }
            }
        }
        if let Some(span) = self.span {
            self.on_span(span, &input[self.span_start..], input.len())?;
            self.span_start = input.len();
        }
        Ok(())
    }

    fn advance(&mut self, input: &[u8], byte: u8) -> Result<(), Stop> {
        match self.state {
            State::Start => match byte {
                b'\r' | b'\n' => self.position += 1,
                _ => self.begin_message(),
            },
            State::Line(state) => self.line(state, input, byte)?,
            State::Header(state) => self.header(state, input, byte)?,
            State::Body(state) => self.body(state, input, byte)?,
            State::Closed => {
                if !matches!(byte, b'\r' | b'\n') && self.lenient & lenient::DATA_AFTER_CLOSE == 0 {
                    self.position += 1;
                    return fail("HPE_CLOSED_CONNECTION", "Data after `Connection: close`");
                }
                self.position += 1;
            }
            State::HeadersAnswer => return Err(Stop::Answer),
            State::HeadersDone | State::Cleanup => {
                unreachable!("the loop takes these before it reads a byte")
            }
        }
        Ok(())
    }

    fn is_lenient(&self, flag: u16) -> bool {
        self.lenient & flag != 0
    }

    fn begin_message(&mut self) {
        self.finish = Finish::Unsafe;
        self.fields.clear();
        self.value_open = false;
        self.headers_completed = false;
        self.chunk_extension_bytes = 0;
        self.url.clear();
        self.status_message.clear();
        self.events.push(Event::MessageBegin);
        self.word = WordMatch::default();
        self.state = State::Line(match self.kind {
            Kind::Request => line::LineState::Method,
            Kind::Response => line::LineState::Protocol,
        });
    }

    fn start_span(&mut self, span: Span) {
        self.span = Some(span);
        self.span_start = self.position;
    }

    /// Ends the open span before the current byte.
    fn end_span(&mut self, input: &[u8]) -> Result<(), Stop> {
        let Some(span) = self.span.take() else { return Ok(()) };
        self.on_span(span, &input[self.span_start..self.position], self.position)
    }

    /// Ends the open span before the current byte and takes the byte, which counts as parsed even when the span is refused.
    fn end_span_and_take(&mut self, input: &[u8]) -> Result<(), Stop> {
        let ended = self.end_span(input);
        self.position += 1;
        ended
    }

    fn on_span(&mut self, span: Span, bytes: &[u8], end: usize) -> Result<(), Stop> {
        match span {
            Span::Body => {
                if !bytes.is_empty() {
                    self.events.push(Event::Body { start: end - bytes.len(), end });
                }
                return Ok(());
            }
            Span::ChunkExtension => {
                self.chunk_extension_bytes += bytes.len() as u64;
                if self.chunk_extension_bytes > MAX_CHUNK_EXTENSIONS {
                    return fail("HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions overflow");
                }
                return Ok(());
            }
            Span::Url | Span::Status | Span::HeaderField | Span::HeaderValue => {}
        }
        self.header_bytes += bytes.len() as u64;
        if self.header_bytes >= self.max_header_bytes {
            return fail("HPE_HEADER_OVERFLOW", "Header overflow");
        }
        match span {
            Span::Url => self.url.extend_from_slice(bytes),
            Span::Status => self.status_message.extend_from_slice(bytes),
            Span::HeaderField => return self.on_header_field(bytes),
            _ => {
                self.value_open = true;
                if let Some((_, value)) = self.fields.last_mut() {
                    value.extend_from_slice(bytes);
                }
            }
        }
        Ok(())
    }

    fn on_header_field(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.fields.is_empty() || self.value_open {
            self.value_open = false;
            self.field_count += 1;
            if self.field_count > self.max_fields {
                return fail("HPE_HEADER_OVERFLOW", "Header overflow");
            }
            if self.fields.len() == MAX_HEADER_FIELDS {
                self.flush();
            }
            self.fields.push(Default::default());
        }
        if let Some((name, _)) = self.fields.last_mut() {
            name.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn take_fields(&mut self) -> HeaderBlock {
        let mut block = HeaderBlock::default();
        for (name, value) in self.fields.drain(..) {
            block.push(&name);
            block.push(value.trim_ascii_end_ows());
        }
        block
    }

    /// `kOnHeaders`.
    fn flush(&mut self) {
        let headers = self.take_fields();
        let url = latin1_to_str(&std::mem::take(&mut self.url)).into_owned();
        self.have_flushed = true;
        self.events.push(Event::Headers { headers, url });
    }

    /// `kOnHeadersComplete`; parsing waits for the answer.
    fn on_headers_complete(&mut self) -> Result<(), Stop> {
        let switching = flags::UPGRADE | flags::CONNECTION_UPGRADE;
        let request = self.kind == Kind::Request;
        self.upgrade = if self.flags & switching == switching {
            request || self.status_code == 101
        } else {
            self.method == CONNECT
        };
        self.headers_completed = true;
        self.header_bytes = 0;
        self.field_count = 0;
        let (headers, url) = if self.have_flushed {
            self.flush();
            (None, None)
        } else {
            (Some(self.take_fields()), request.then(|| latin1_to_str(&self.url).into_owned()))
        };
        self.value_open = false;
        let head = Head {
            version_major: self.version_major,
            version_minor: self.version_minor,
            headers,
            method: request.then_some(self.method),
            url,
            status_code: (!request).then_some(self.status_code),
            status_message: (!request).then(|| latin1_to_str(&self.status_message).into_owned()),
            upgrade: self.upgrade,
            should_keep_alive: self.should_keep_alive(),
        };
        self.events.push(Event::HeadersComplete(Box::new(head)));
        self.state = State::HeadersAnswer;
        Err(Stop::Answer)
    }

    fn on_message_complete(&mut self) {
        if !self.fields.is_empty() {
            self.flush();
        }
        self.events.push(Event::MessageComplete);
    }

    fn should_keep_alive(&self) -> bool {
        let wanted = if self.version_major > 0 && self.version_minor > 0 {
            self.flags & flags::CONNECTION_CLOSE == 0
        } else {
            self.flags & flags::CONNECTION_KEEP_ALIVE != 0
        };
        wanted && !self.needs_eof()
    }

    /// RFC 9112 section 6.3: whether only the end of the connection ends the body.
    fn needs_eof(&self) -> bool {
        if self.kind == Kind::Request
            || self.status_code / 100 == 1
            || matches!(self.status_code, 204 | 304)
            || self.flags & flags::SKIP_BODY != 0
        {
            return false;
        }
        if self.flags & flags::TRANSFER_ENCODING != 0 && self.flags & flags::CHUNKED == 0 {
            return true;
        }
        self.flags & (flags::CHUNKED | flags::CONTENT_LENGTH) == 0
    }
}

impl Failure {
    fn at(self, bytes_parsed: usize) -> ParseError {
        ParseError { code: self.code, reason: self.reason, bytes_parsed }
    }
}

trait TrimOws {
    fn trim_ascii_end_ows(&self) -> &[u8];
}

impl TrimOws for Vec<u8> {
    /// Without trailing spaces and tabs.
    fn trim_ascii_end_ows(&self) -> &[u8] {
        let end = self.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
        &self[..end]
    }
}
