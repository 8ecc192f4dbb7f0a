//! Request line and status line (RFC 9112 sections 3 and 4).

use super::chars::{self, CONNECT, METHODS, Matched, PRI, SOURCE, WordMatch};
use super::headers::HeaderState;
use super::{Parser, Span, State, Stop, fail, lenient};

/// Places in a start line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineState {
    Method,
    SpaceAfterMethod,
    SpacesBeforeUrl,
    UrlStart,
    UrlSchema,
    UrlSchemaDelimiter(u8),
    UrlServer { after_at: bool },
    UrlPath,
    UrlQuery,
    UrlFragment,
    UrlCrLf(u8),
    UrlDone { http_09: bool },
    SpacesBeforeProtocol,
    Protocol,
    SlashAfterProtocol,
    Major,
    Dot,
    Minor,
    RequestEnd,
    RequestEndLf,
    Preface(u8),
    SpaceAfterVersion,
    StatusCode(u8),
    AfterStatusCode,
    Status,
    StatusLf,
}

use LineState as L;

const PREFACE: &[u8] = b"\r\n\r\nSM\r\n\r\n";
const PROTOCOLS: [&str; 3] = ["HTTP", "RTSP", "ICE"];

impl Parser {
    pub(super) fn line(&mut self, state: LineState, input: &[u8], byte: u8) -> Result<(), Stop> {
        match state {
            L::Method | L::SpaceAfterMethod | L::SpacesBeforeUrl => self.method(state, byte),
            L::UrlStart
            | L::UrlSchema
            | L::UrlSchemaDelimiter(_)
            | L::UrlServer { .. }
            | L::UrlPath
            | L::UrlQuery
            | L::UrlFragment
            | L::UrlCrLf(_)
            | L::UrlDone { .. } => self.url(state, input, byte),
            L::SpaceAfterVersion | L::StatusCode(_) | L::AfterStatusCode | L::Status | L::StatusLf => {
                self.status(state, input, byte)
            }
            _ => self.version(state, byte),
        }
    }

    fn goto(&mut self, state: LineState) -> Result<(), Stop> {
        self.state = State::Line(state);
        Ok(())
    }

    /// Takes the byte and goes on.
    fn take(&mut self, state: LineState) -> Result<(), Stop> {
        self.position += 1;
        self.goto(state)
    }

    fn take_to_headers(&mut self) -> Result<(), Stop> {
        self.position += 1;
        self.begin_headers()
    }

    fn begin_headers(&mut self) -> Result<(), Stop> {
        self.state = State::Header(HeaderState::FirstStart);
        Ok(())
    }

    fn method(&mut self, state: LineState, byte: u8) -> Result<(), Stop> {
        match state {
            L::Method => match self.word.next(&METHODS, byte) {
                Matched::Partial => self.take(L::Method),
                Matched::Word(index) => {
                    self.method = index as u8;
                    self.take(L::SpaceAfterMethod)
                }
                Matched::WordBefore(index) => {
                    self.method = index as u8;
                    self.goto(L::SpaceAfterMethod)
                }
                Matched::Nothing => fail("HPE_INVALID_METHOD", "Invalid method encountered"),
            },
            L::SpaceAfterMethod if byte == b' ' => self.take(L::SpacesBeforeUrl),
            L::SpaceAfterMethod => fail("HPE_INVALID_METHOD", "Expected space after method"),
            _ if byte == b' ' => self.take(L::SpacesBeforeUrl),
            _ => {
                self.start_span(Span::Url);
                self.goto(if self.method == CONNECT { L::UrlServer { after_at: false } } else { L::UrlStart })
            }
        }
    }

    fn url(&mut self, state: LineState, input: &[u8], byte: u8) -> Result<(), Stop> {
        const INVALID: &str = "HPE_INVALID_URL";
        if let L::UrlCrLf(seen) = state {
            return self.url_crlf(seen, byte);
        }
        if matches!(byte, b'\t' | 0x0C) && state != L::UrlSchemaDelimiter(1) {
            self.position += 1;
            return fail(INVALID, "Invalid characters in url");
        }
        match state {
            L::UrlStart | L::UrlSchema | L::UrlSchemaDelimiter(0) if matches!(byte, b' ' | b'\r' | b'\n') => {
                self.position += 1;
                return fail(INVALID, "Invalid characters in url");
            }
            L::UrlServer { .. } | L::UrlPath | L::UrlQuery | L::UrlFragment
                if matches!(byte, b' ' | b'\r' | b'\n') =>
            {
                return self.url_end(input, byte);
            }
            _ => {}
        }
        match state {
            L::UrlStart => match byte {
                b'/' | b'*' => self.take(L::UrlPath),
                _ if byte.is_ascii_alphabetic() => self.goto(L::UrlSchema),
                _ => fail(INVALID, "Unexpected start char in url"),
            },
            L::UrlDone { http_09: true } => {
                self.version_major = 0;
                self.version_minor = 9;
                self.begin_headers()
            }
            L::UrlDone { http_09: false } => self.goto(L::SpacesBeforeProtocol),
            L::UrlSchema => match byte {
                _ if byte.is_ascii_alphabetic() => self.take(L::UrlSchema),
                b':' => self.take(L::UrlSchemaDelimiter(0)),
                _ => fail(INVALID, "Unexpected char in url schema"),
            },
            L::UrlSchemaDelimiter(seen) => match (byte, seen) {
                (b'/', 0) => self.take(L::UrlSchemaDelimiter(1)),
                (b'/', _) => self.take(L::UrlServer { after_at: false }),
                _ => fail(INVALID, "Unexpected char in url schema"),
            },
            L::UrlServer { after_at } => match byte {
                b'/' => self.take(L::UrlPath),
                b'?' => self.take(L::UrlQuery),
                b'@' if after_at => {
                    self.position += 1;
                    fail(INVALID, "Double @ in url")
                }
                b'@' => self.take(L::UrlServer { after_at: true }),
                b'[' | b']' => self.take(L::UrlServer { after_at: false }),
                _ if chars::is(byte, chars::USERINFO) => self.take(L::UrlServer { after_at: false }),
                _ => fail(INVALID, "Unexpected char in url server"),
            },
            _ => self.url_tail(state, input, byte),
        }
    }

    /// Path, query and fragment.
    fn url_tail(&mut self, state: LineState, input: &[u8], byte: u8) -> Result<(), Stop> {
        if chars::is(byte, chars::URL) {
            self.position += chars::run(&input[self.position..], chars::URL);
            return Ok(());
        }
        match (state, byte) {
            (L::UrlPath | L::UrlQuery, b'?') => self.take(L::UrlQuery),
            (L::UrlPath | L::UrlQuery, b'#') | (L::UrlFragment, b'?' | b'#') => self.take(L::UrlFragment),
            (L::UrlPath, _) => fail("HPE_INVALID_URL", "Invalid char in url path"),
            (L::UrlQuery, _) => fail("HPE_INVALID_URL", "Invalid char in url query"),
            _ => fail("HPE_INVALID_URL", "Invalid char in url fragment start"),
        }
    }

    fn url_end(&mut self, input: &[u8], byte: u8) -> Result<(), Stop> {
        self.end_span(input)?;
        match byte {
            b' ' => {
                self.word = WordMatch::default();
                self.take(L::UrlDone { http_09: false })
            }
            b'\r' => self.goto(L::UrlCrLf(0)),
            _ => self.take(L::UrlDone { http_09: true }),
        }
    }

    /// HTTP/0.9: the line ends after the URL.
    fn url_crlf(&mut self, seen: u8, byte: u8) -> Result<(), Stop> {
        match (seen, byte) {
            (0, b'\r') => self.take(L::UrlCrLf(1)),
            (1, b'\n') => self.take(L::UrlDone { http_09: true }),
            _ => fail("HPE_INVALID_URL", "Expected CRLF"),
        }
    }

    fn version(&mut self, state: LineState, byte: u8) -> Result<(), Stop> {
        const INVALID: &str = "HPE_INVALID_VERSION";
        const EXPECTED: &str = "Expected HTTP/, RTSP/ or ICE/";
        match state {
            L::SpacesBeforeProtocol if byte == b' ' => self.take(L::SpacesBeforeProtocol),
            L::SpacesBeforeProtocol => self.goto(L::Protocol),
            L::Protocol => match self.word.next(&PROTOCOLS, byte) {
                Matched::Partial => self.take(L::Protocol),
                Matched::Word(index) => {
                    self.position += 1;
                    self.check_protocol(index)
                }
                Matched::Nothing | Matched::WordBefore(_) => fail("HPE_INVALID_CONSTANT", EXPECTED),
            },
            L::SlashAfterProtocol if byte == b'/' => self.take(L::Major),
            L::SlashAfterProtocol => fail("HPE_INVALID_CONSTANT", EXPECTED),
            L::Major if byte.is_ascii_digit() => {
                self.version_major = byte - b'0';
                self.take(L::Dot)
            }
            L::Major => fail(INVALID, "Invalid major version"),
            L::Dot if byte == b'.' => self.take(L::Minor),
            L::Dot => fail(INVALID, "Expected dot"),
            L::Minor if byte.is_ascii_digit() => {
                self.version_minor = byte - b'0';
                self.position += 1;
                self.check_version()
            }
            L::Minor => fail(INVALID, "Invalid minor version"),
            L::RequestEnd => match byte {
                b'\r' => self.take(L::RequestEndLf),
                b'\n' if self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF) => self.take(L::RequestEndLf),
                _ => {
                    self.position += usize::from(byte == b'\n');
                    fail(INVALID, "Expected CRLF after version")
                }
            },
            L::RequestEndLf if byte == b'\n' => self.take_to_headers(),
            L::RequestEndLf if self.is_lenient(lenient::OPTIONAL_LF_AFTER_CR) => self.begin_headers(),
            L::RequestEndLf => fail("HPE_STRICT", "Expected CRLF after version"),
            L::Preface(seen) if byte == PREFACE[usize::from(seen)] => {
                self.position += 1;
                if usize::from(seen) + 1 == PREFACE.len() {
                    return fail("HPE_PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade");
                }
                self.goto(L::Preface(seen + 1))
            }
            _ => fail(INVALID, "Expected HTTP/2 Connection Preface"),
        }
    }

    fn check_protocol(&mut self, protocol: usize) -> Result<(), Stop> {
        if self.kind == super::Kind::Request {
            let (fits, reason) = match protocol {
                0 => (chars::is_http_method(self.method), "Invalid method for HTTP/x.x request"),
                1 => (chars::is_rtsp_method(self.method), "Invalid method for RTSP/x.x request"),
                _ => (self.method == SOURCE, "Expected SOURCE method for ICE/x.x request"),
            };
            if !fits {
                return fail("HPE_INVALID_CONSTANT", reason);
            }
        }
        self.goto(L::SlashAfterProtocol)
    }

    fn check_version(&mut self) -> Result<(), Stop> {
        let known = matches!((self.version_major, self.version_minor), (0, 9) | (1, 0 | 1) | (2, 0));
        if !known && !self.is_lenient(lenient::VERSION) {
            return fail("HPE_INVALID_VERSION", "Invalid HTTP version");
        }
        self.goto(match self.kind {
            super::Kind::Response => L::SpaceAfterVersion,
            super::Kind::Request if self.method == PRI => L::Preface(0),
            super::Kind::Request => L::RequestEnd,
        })
    }

    fn status(&mut self, state: LineState, input: &[u8], byte: u8) -> Result<(), Stop> {
        const INVALID: &str = "HPE_INVALID_STATUS";
        let lone_lf = byte == b'\n' && self.is_lenient(lenient::OPTIONAL_CR_BEFORE_LF);
        match state {
            L::SpaceAfterVersion if byte == b' ' => {
                self.status_code = 0;
                self.take(L::StatusCode(0))
            }
            L::SpaceAfterVersion => fail("HPE_INVALID_VERSION", "Expected space after version"),
            L::StatusCode(digits) if byte.is_ascii_digit() => {
                self.status_code = self.status_code * 10 + u16::from(byte - b'0');
                self.take(if digits == 2 { L::AfterStatusCode } else { L::StatusCode(digits + 1) })
            }
            L::StatusCode(_) => fail(INVALID, "Invalid status code"),
            L::AfterStatusCode => match byte {
                b' ' => {
                    self.position += 1;
                    self.start_span(Span::Status);
                    self.goto(L::Status)
                }
                b'\r' => self.take(L::StatusLf),
                _ if lone_lf => self.take_to_headers(),
                _ => {
                    self.position += usize::from(byte == b'\n');
                    fail(INVALID, "Invalid response status")
                }
            },
            L::Status => match byte {
                b'\r' => {
                    self.end_span_and_take(input)?;
                    self.goto(L::StatusLf)
                }
                b'\n' => {
                    self.end_span_and_take(input)?;
                    if lone_lf {
                        return self.begin_headers();
                    }
                    fail("HPE_CR_EXPECTED", "Missing expected CR after response line")
                }
                _ => {
                    let rest = &input[self.position..];
                    self.position += memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                    Ok(())
                }
            },
            _ if byte == b'\n' => self.take_to_headers(),
            _ if self.is_lenient(lenient::OPTIONAL_LF_AFTER_CR) => self.begin_headers(),
            _ => fail("HPE_STRICT", "Expected LF after CR"),
        }
    }
}
