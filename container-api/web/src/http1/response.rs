//! Reading a response as its bytes arrive.

use super::chunked::Chunked;

/// A response's head.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Headers of one response.
const HEADERS_MAX: usize = 128;

/// What came is not an HTTP/1.1 response, or goes beyond the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadResponse;

/// Status and headers. Their bytes are read as Latin-1, as browsers hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// How the body's end is known. RFC 9112, section 6.3.
#[derive(Debug)]
enum Body {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

#[derive(Debug)]
enum State {
    Head(Vec<u8>),
    Body(Body),
    Done,
}

/// Reads one response.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    state: State,
    is_head_request: bool,
    head: Option<Head>,
    body: Vec<u8>,
}

impl ResponseReader {
    /// `method` is the request's: an answer to HEAD has no body, whatever its headers say.
    pub(crate) fn new(method: &str) -> ResponseReader {
        ResponseReader {
            state: State::Head(Vec::new()),
            is_head_request: method == "HEAD",
            head: None,
            body: Vec::new(),
        }
    }

    /// Takes what arrived.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), BadResponse> {
        match &mut self.state {
            State::Head(buffer) => {
                buffer.extend_from_slice(bytes);
                self.parse_heads()
            }
            State::Body(Body::Length(left)) => {
                let taken = (*left).min(bytes.len() as u64);
                self.body.extend_from_slice(&bytes[..taken as usize]);
                *left -= taken;
                if *left == 0 {
                    self.state = State::Done;
                }
                Ok(())
            }
            State::Body(Body::Chunked(decoder)) => {
                decoder.decode(bytes, &mut self.body)?;
                if decoder.is_done() {
                    self.state = State::Done;
                }
                Ok(())
            }
            State::Body(Body::UntilClose) => {
                self.body.extend_from_slice(bytes);
                Ok(())
            }
            State::Done => Ok(()),
        }
    }

    /// The other side has closed. Only a body without length may end so.
    pub(crate) fn close(&mut self) -> Result<(), BadResponse> {
        match self.state {
            State::Body(Body::UntilClose) | State::Done => {
                self.state = State::Done;
                Ok(())
            }
            State::Head(_) | State::Body(_) => Err(BadResponse),
        }
    }

    /// The head, once, when it is there.
    pub(crate) fn take_head(&mut self) -> Option<Head> {
        self.head.take()
    }

    /// What is there of the body and has not been taken.
    pub(crate) fn take_body(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body)
    }

    /// Whether all of the response has arrived.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Parses heads until one is final: interim ones (100 Continue, 103 Early Hints) are dropped.
    fn parse_heads(&mut self) -> Result<(), BadResponse> {
        let State::Head(buffer) = &mut self.state else { return Ok(()) };
        loop {
            let Some((head, length)) = parse_head(buffer)? else {
                return if buffer.len() > HEAD_BYTES_MAX { Err(BadResponse) } else { Ok(()) };
            };
            let rest = buffer.split_off(length);
            // 101 hands the connection over to another protocol, which nobody here asked for.
            if head.status == 101 {
                return Err(BadResponse);
            }
            if head.status < 200 {
                *buffer = rest;
                continue;
            }
            self.state = match framing(&head, self.is_head_request)? {
                Some(body) => State::Body(body),
                None => State::Done,
            };
            self.head = Some(head);
            return self.feed(&rest);
        }
    }
}

/// The head at the front of `bytes` and its length; `None` when it is not all there.
fn parse_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, BadResponse> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(BadResponse),
        Ok(httparse::Status::Complete(length)) => {
            let headers = response
                .headers
                .iter()
                .map(|header| (header.name.to_ascii_lowercase(), latin1(header.value)))
                .collect();
            let status = response.code.ok_or(BadResponse)?;
            Ok(Some((
                Head { status, reason: response.reason.unwrap_or_default().to_string(), headers },
                length,
            )))
        }
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// `None`: there is no body.
fn framing(head: &Head, is_head_request: bool) -> Result<Option<Body>, BadResponse> {
    if is_head_request || matches!(head.status, 204 | 304) {
        return Ok(None);
    }
    let mut values = head.headers.iter().filter(|(name, _)| name == "transfer-encoding").map(|(_, v)| v);
    if let Some(coding) = values.next_back() {
        return if coding.trim().eq_ignore_ascii_case("chunked") {
            Ok(Some(Body::Chunked(Chunked::new())))
        } else {
            Err(BadResponse)
        };
    }
    let mut lengths = head.headers.iter().filter(|(name, _)| name == "content-length").map(|(_, v)| v);
    match lengths.next() {
        None => Ok(Some(Body::UntilClose)),
        Some(length) if lengths.any(|other| other != length) => Err(BadResponse),
        Some(length) => match length.trim().parse().map_err(|_| BadResponse)? {
            0 => Ok(None),
            left => Ok(Some(Body::Length(left))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status and body of a response that arrives in pieces of any size and is then closed.
    fn check(method: &str, input: &str, expected: Result<(u16, &str), BadResponse>) {
        for size in 1..=input.len() {
            let mut reader = ResponseReader::new(method);
            let result = input
                .as_bytes()
                .chunks(size)
                .try_for_each(|piece| reader.feed(piece))
                .and_then(|()| reader.close());
            let status = reader.take_head().map_or(0, |head| head.status);
            let body = String::from_utf8_lossy(&reader.take_body()).into_owned();
            assert_eq!(result.map(|()| (status, body)), expected.map(|(s, b)| (s, b.to_string())), "{size}");
        }
    }

    #[test]
    fn bodies_end_as_their_heads_say() {
        check("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more", Ok((200, "hello")));
        check(
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            Ok((200, "hi")),
        );
        check("GET", "HTTP/1.0 404 Not Found\r\n\r\nuntil the end", Ok((404, "until the end")));
        check("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Ok((304, "")));
        check("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Ok((200, "")));
        check("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Ok((200, "")));
    }

    #[test]
    fn interim_heads_are_dropped() {
        check(
            "GET",
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            Ok((204, "")),
        );
    }

    #[test]
    fn what_is_cut_off_or_nonsense_is_refused() {
        check("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Err(BadResponse));
        check("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", Err(BadResponse));
        check(
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            Err(BadResponse),
        );
        check("GET", "HTTP/1.1 200 OK\r\n", Err(BadResponse));
        check("GET", "SSH-2.0-OpenSSH_9.2\r\n", Err(BadResponse));
        check("GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", Err(BadResponse));
    }

    #[test]
    fn a_head_has_a_bound() {
        let mut reader = ResponseReader::new("GET");
        let mut result = reader.feed(b"HTTP/1.1 200 OK\r\nX: ");
        for _ in 0..=HEAD_BYTES_MAX / 1024 {
            result = result.and_then(|()| reader.feed(&[b'x'; 1024]));
        }
        assert_eq!(result, Err(BadResponse));
    }
}
