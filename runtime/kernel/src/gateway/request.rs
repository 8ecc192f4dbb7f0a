//! Reads requests of HTTP/1.1 as programs write them. RFC 9112. It takes what well-made clients send, and refuses the rest by a status:
//! it stands between a program and the network, where two readings of one message are an attack.

/// Bytes of a request's head, at most.
pub(super) const HEAD_BYTES_MAX: usize = 64 << 10;
/// Header fields of a request, at most.
const HEADERS_MAX: usize = 256;
/// Bytes of a request's body, at most: hosts that only fetch take bodies whole.
pub(super) const BODY_BYTES_MAX: usize = 64 << 20;
/// A chunk's line with its extensions.
const CHUNK_LINE_BYTES_MAX: usize = 4096;

/// What a request is refused with: a status and its words.
pub(super) type Refusal = (u16, &'static str);

pub(super) const BAD: Refusal = (400, "Bad Request");
const LARGE_HEAD: Refusal = (431, "Request Header Fields Too Large");
const LARGE_BODY: Refusal = (413, "Content Too Large");
const NOT_HERE: Refusal = (501, "Not Implemented");
const OLD: Refusal = (505, "HTTP Version Not Supported");

/// A request's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    /// As it stands in the line: `/path?query`, or an absolute address.
    pub(super) target: String,
    /// Without those that are about this connection.
    pub(super) headers: Vec<(String, String)>,
    pub(super) keep_alive: bool,
    pub(super) is_http_1_0: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub(super) expects_continue: bool,
    body: Framing,
}

/// Where a body ends. RFC 9112, 6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

/// A whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
}

#[derive(Debug)]
enum Stage {
    Head,
    Length(Head, usize),
    ChunkLine(Head),
    /// This many bytes of a chunk are left, with the line's end behind them.
    Chunk(Head, usize),
    Trailers(Head),
}

/// What has come of a request.
#[derive(Debug)]
pub(super) struct Reader {
    stage: Stage,
    input: Vec<u8>,
    body: Vec<u8>,
    continues: bool,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader { stage: Stage::Head, input: Vec::new(), body: Vec::new(), continues: false }
    }
}

impl Reader {
    /// Whether nothing of a request has come.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Head) && self.input.is_empty()
    }

    /// Takes more bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Whether the client waits for `100 Continue`; said once.
    pub(super) fn take_continue(&mut self) -> bool {
        std::mem::take(&mut self.continues)
    }

    /// The next whole request, as far as it has come.
    ///
    /// # Errors
    /// What it is refused with. Nothing that follows can be read then.
    pub(super) fn next(&mut self) -> Result<Option<Request>, Refusal> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Head) {
                Stage::Head => {
                    // Empty lines in front of a request are nothing: RFC 9112, 2.2.
                    while self.input.starts_with(b"\r\n") {
                        self.input.drain(..2);
                    }
                    let Some(head) = self.take_head()? else { return Ok(None) };
                    self.continues = head.expects_continue;
                    self.stage = match head.body {
                        Framing::Length(len) => Stage::Length(head, len),
                        Framing::Chunked => Stage::ChunkLine(head),
                    };
                }
                Stage::Length(head, left) => {
                    let left = left - self.take_body(left);
                    if left > 0 {
                        self.stage = Stage::Length(head, left);
                        return Ok(None);
                    }
                    return Ok(Some(self.finish(head)));
                }
                Stage::ChunkLine(head) => {
                    let Some(line) = self.take_line(CHUNK_LINE_BYTES_MAX)? else {
                        self.stage = Stage::ChunkLine(head);
                        return Ok(None);
                    };
                    let len = chunk_len(&line)?;
                    if len > BODY_BYTES_MAX - self.body.len() {
                        return Err(LARGE_BODY);
                    }
                    self.stage = if len == 0 { Stage::Trailers(head) } else { Stage::Chunk(head, len) };
                }
                Stage::Chunk(head, left) => {
                    let left = left - self.take_body(left);
                    if left > 0 || self.input.len() < 2 {
                        self.stage = Stage::Chunk(head, left);
                        return Ok(None);
                    }
                    if !self.input.starts_with(b"\r\n") {
                        return Err(BAD);
                    }
                    self.input.drain(..2);
                    self.stage = Stage::ChunkLine(head);
                }
                Stage::Trailers(head) => {
                    let Some(line) = self.take_line(HEAD_BYTES_MAX)? else {
                        self.stage = Stage::Trailers(head);
                        return Ok(None);
                    };
                    // Nobody to tell them to: a fetch has no trailers.
                    if line.is_empty() {
                        return Ok(Some(self.finish(head)));
                    }
                    self.stage = Stage::Trailers(head);
                }
            }
        }
    }

    fn finish(&mut self, head: Head) -> Request {
        self.continues = false;
        Request { head, body: std::mem::take(&mut self.body) }
    }

    fn take_body(&mut self, left: usize) -> usize {
        let len = left.min(self.input.len());
        self.body.extend(self.input.drain(..len));
        len
    }

    /// A line without its end.
    fn take_line(&mut self, len_max: usize) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(end) = self.input.windows(2).position(|two| two == b"\r\n") else {
            return if self.input.len() > len_max { Err(BAD) } else { Ok(None) };
        };
        let line = self.input[..end].to_vec();
        self.input.drain(..end + 2);
        Ok(Some(line))
    }

    fn take_head(&mut self) -> Result<Option<Head>, Refusal> {
        let Some(end) = self.input.windows(4).position(|four| four == b"\r\n\r\n") else {
            // Whatever does not begin as a method does is another protocol.
            let is_method = self.input.first().is_none_or(|byte| byte.is_ascii_uppercase() || *byte == b'\r');
            return match (is_method, self.input.len() > HEAD_BYTES_MAX) {
                (false, _) => Err(BAD),
                (true, true) => Err(LARGE_HEAD),
                (true, false) => Ok(None),
            };
        };
        if end > HEAD_BYTES_MAX {
            return Err(LARGE_HEAD);
        }
        let head = parse_head(&self.input[..end])?;
        self.input.drain(..end + 4);
        Ok(Some(head))
    }
}

/// For fuzzing: what is read of any input is the same in whole and byte by byte.
///
/// # Panics
/// When it is not.
#[doc(hidden)]
pub fn check_gateway_reader(input: &[u8]) {
    let read = |size: usize| {
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        for piece in input.chunks(size.max(1)) {
            reader.feed(piece);
            loop {
                match reader.next() {
                    Ok(None) => break,
                    Ok(Some(request)) => found.push(request),
                    Err(_) => return found,
                }
            }
        }
        found
    };
    assert_eq!(read(1), read(input.len()));
}

fn chunk_len(line: &[u8]) -> Result<usize, Refusal> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
    let text = std::str::from_utf8(digits).map_err(|_| BAD)?.trim_end_matches([' ', '\t']);
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(BAD);
    }
    usize::from_str_radix(text, 16).map_err(|_| LARGE_BODY)
}

fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

/// Fields about this connection alone, or that whoever fetches says itself. RFC 9110, 7.6.1.
fn is_about_connection(name: &str) -> bool {
    const NAMES: [&str; 11] = [
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.iter().any(|one| name.eq_ignore_ascii_case(one))
}

fn parse_head(bytes: &[u8]) -> Result<Head, Refusal> {
    // A line's end is CR and LF, and neither stands elsewhere.
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(BAD);
    };
    let is_http_1_0 = match version {
        "HTTP/1.1" => false,
        "HTTP/1.0" => true,
        version if version.starts_with("HTTP/") => return Err(OLD),
        _ => return Err(BAD),
    };
    if !is_token(method) || target.is_empty() || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(BAD);
    }
    let mut head = Head {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        keep_alive: !is_http_1_0,
        is_http_1_0,
        expects_continue: false,
        body: Framing::Length(0),
    };
    let (mut length, mut is_chunked, mut upgrades) = (None, false, method == "CONNECT");
    for (count, line) in lines.enumerate() {
        if count >= HEADERS_MAX {
            return Err(LARGE_HEAD);
        }
        let (name, value) = line.split_once(':').ok_or(BAD)?;
        let value = value.trim_matches([' ', '\t']);
        if !is_token(name) || value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(BAD);
        }
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let len: usize =
                    if digits { value.parse().map_err(|_| LARGE_BODY)? } else { return Err(BAD) };
                if length.is_some_and(|other| other != len) {
                    return Err(BAD);
                }
                length = Some(len);
            }
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") && !is_chunked => is_chunked = true,
            "transfer-encoding" => return Err(NOT_HERE),
            "connection" => {
                for option in value.split(',').map(str::trim) {
                    head.keep_alive &= !option.eq_ignore_ascii_case("close");
                    head.keep_alive |= is_http_1_0 && option.eq_ignore_ascii_case("keep-alive");
                    upgrades |= option.eq_ignore_ascii_case("upgrade");
                }
            }
            "expect" => head.expects_continue = value.eq_ignore_ascii_case("100-continue"),
            _ => {}
        }
        if !is_about_connection(name) {
            head.headers.push((name.to_owned(), value.to_owned()));
        }
    }
    match (length, is_chunked) {
        // Both at once is how requests are smuggled.
        (Some(_), true) => return Err(BAD),
        (Some(len), false) if len > BODY_BYTES_MAX => return Err(LARGE_BODY),
        (Some(len), false) => head.body = Framing::Length(len),
        (None, true) => head.body = Framing::Chunked,
        (None, false) => {}
    }
    if upgrades { Err(NOT_HERE) } else { Ok(head) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an input in pieces of every size: what comes out does not depend on them.
    fn check(input: &str, expect: &[Result<(&str, &str, &str), u16>]) {
        for size in 1..=input.len() {
            let mut reader = Reader::default();
            let mut found = Vec::new();
            'pieces: for piece in input.as_bytes().chunks(size) {
                reader.feed(piece);
                loop {
                    match reader.next() {
                        Ok(None) => break,
                        Ok(Some(request)) => found.push(Ok(request)),
                        Err((status, _)) => {
                            found.push(Err(status));
                            break 'pieces;
                        }
                    }
                }
            }
            let found: Vec<_> = found
                .iter()
                .map(|one| match one {
                    Ok(request) => {
                        let body = std::str::from_utf8(&request.body).unwrap();
                        Ok((request.head.method.as_str(), request.head.target.as_str(), body))
                    }
                    Err(status) => Err(*status),
                })
                .collect();
            assert_eq!(found, expect, "{input:?} in pieces of {size}");
        }
    }

    #[test]
    fn requests() {
        check("GET / HTTP/1.1\r\nHost: x\r\n\r\n", &[Ok(("GET", "/", ""))]);
        check(
            "\r\nGET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
            &[Ok(("GET", "/a", "")), Ok(("GET", "/b", ""))],
        );
        check(
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n",
            &[Ok(("POST", "/", "abc")), Ok(("GET", "/b", ""))],
        );
        check(
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: u\r\n\r\n",
            &[Ok(("PUT", "/", "abcd"))],
        );
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        check("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", &[Err(400)]);
        check("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", &[Err(400)]);
        check("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", &[Err(400)]);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", &[Err(501)]);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 x\r\n", &[Err(400)]);
        check("GET / HTTP/1.1\r\nA : b\r\n\r\n", &[Err(400)]);
        check("GET  / HTTP/1.1\r\n\r\n", &[Err(400)]);
        check("GET / HTTP/2.0\r\n\r\n", &[Err(505)]);
        check("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", &[Err(501)]);
        check("CONNECT x:443 HTTP/1.1\r\n\r\n", &[Err(501)]);
        check("\u{16}\u{3}\u{1}", &[Err(400)]);
    }

    #[test]
    fn limits() {
        let whole = |input: &[u8]| {
            let mut reader = Reader::default();
            reader.feed(input);
            reader.next().map(|request| request.is_some()).map_err(|(status, _)| status)
        };
        let long = format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(whole(long.as_bytes()), Err(431));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(HEADERS_MAX + 1));
        assert_eq!(whole(many.as_bytes()), Err(431));
        assert_eq!(
            whole(format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(HEADERS_MAX)).as_bytes()),
            Ok(true)
        );
        let large = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", BODY_BYTES_MAX + 1);
        assert_eq!(whole(large.as_bytes()), Err(413));
        let chunked =
            format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", BODY_BYTES_MAX + 1);
        assert_eq!(whole(chunked.as_bytes()), Err(413));
    }
}
