//! The chunked transfer coding, taken off. RFC 9112, section 7.1.

use super::BadResponse;

/// A chunk's size line, or a trailer line, with its extensions.
const LINE_BYTES_MAX: usize = 4096;
/// Trailer lines; their contents are dropped.
const TRAILERS_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Data {
        left: u64,
    },
    /// The line end behind a chunk's data.
    DataEnd,
    Trailer {
        seen: usize,
    },
    Done,
}

/// Decodes a body as it arrives, in pieces of any size.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    line: Vec<u8>,
}

impl Chunked {
    pub(crate) fn new() -> Chunked {
        Chunked { state: State::Size, line: Vec::new() }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Decodes `bytes` onto the end of `out`. What comes after the last chunk is ignored.
    pub(crate) fn decode(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), BadResponse> {
        while !bytes.is_empty() && self.state != State::Done {
            if let State::Data { left } = self.state {
                let taken = left.min(bytes.len() as u64);
                let (data, rest) = bytes.split_at(taken as usize);
                out.extend_from_slice(data);
                bytes = rest;
                self.state = if taken == left { State::DataEnd } else { State::Data { left: left - taken } };
                continue;
            }
            let (byte, rest) = (bytes[0], &bytes[1..]);
            bytes = rest;
            if byte != b'\n' {
                if self.line.len() == LINE_BYTES_MAX {
                    return Err(BadResponse);
                }
                self.line.push(byte);
                continue;
            }
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
            self.state = self.after_line()?;
            self.line.clear();
        }
        Ok(())
    }

    fn after_line(&self) -> Result<State, BadResponse> {
        match self.state {
            State::Size => {
                let digits = self.line.split(|&b| b == b';').next().unwrap_or_default();
                let digits = std::str::from_utf8(digits).map_err(|_| BadResponse)?.trim();
                if digits.starts_with(['+', '-']) {
                    return Err(BadResponse);
                }
                match u64::from_str_radix(digits, 16).map_err(|_| BadResponse)? {
                    0 => Ok(State::Trailer { seen: 0 }),
                    left => Ok(State::Data { left }),
                }
            }
            State::DataEnd if self.line.is_empty() => Ok(State::Size),
            State::Trailer { .. } if self.line.is_empty() => Ok(State::Done),
            State::Trailer { seen } if seen < TRAILERS_MAX => Ok(State::Trailer { seen: seen + 1 }),
            State::DataEnd | State::Trailer { .. } => Err(BadResponse),
            State::Data { .. } | State::Done => Ok(self.state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes in pieces of every size: the result must not depend on where the network cuts.
    fn check(input: &str, expected: Result<(&str, bool), BadResponse>) {
        for size in 1..=input.len() {
            let mut decoder = Chunked::new();
            let mut out = Vec::new();
            let result = input.as_bytes().chunks(size).try_for_each(|piece| decoder.decode(piece, &mut out));
            let got = result.map(|()| (String::from_utf8_lossy(&out).into_owned(), decoder.is_done()));
            assert_eq!(got, expected.map(|(text, done)| (text.to_string(), done)), "pieces of {size}");
        }
    }

    #[test]
    fn bodies() {
        check("5\r\nhello\r\n0\r\n\r\n", Ok(("hello", true)));
        check("5;x=y\r\nhello\r\nA\r\n, and more!\r\n", Err(BadResponse));
        check("5\r\nhello\r\na\r\n, and more\r\n0\r\nT: 1\r\n\r\nnext", Ok(("hello, and more", true)));
        check("5\r\nhel", Ok(("hel", false)));
    }

    #[test]
    fn nonsense() {
        check("x\r\n", Err(BadResponse));
        check("-1\r\n", Err(BadResponse));
        check("ffffffffffffffffff\r\n", Err(BadResponse));
    }
}
