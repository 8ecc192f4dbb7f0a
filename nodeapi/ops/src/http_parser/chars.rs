//! Character classes and word tables of HTTP/1 (RFC 9110, RFC 9112) as llhttp reads them.

/// `token` of RFC 9110 section 5.6.2.
pub(super) const TOKEN: u8 = 1 << 0;
/// What a URL's path, query or fragment may hold.
pub(super) const URL: u8 = 1 << 1;
/// What stands before a URL's path: user info and host.
pub(super) const USERINFO: u8 = 1 << 2;
/// Field content: tab, space, visible characters, obs-text.
pub(super) const FIELD: u8 = 1 << 3;
/// `qdtext` of a quoted string.
pub(super) const QUOTED: u8 = 1 << 4;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        let alphanumeric = c.is_ascii_alphanumeric();
        let mut class = 0;
        if alphanumeric || contains(b"!#$%&'*+-.^_`|~", c) {
            class |= TOKEN;
        }
        if c.is_ascii_graphic() && !contains(b"#?", c) {
            class |= URL;
        }
        if alphanumeric || contains(b"-_.!~*'()%;:&=+$,", c) {
            class |= USERINFO;
        }
        if c == b'\t' || (c >= b' ' && c != 0x7F) {
            class |= FIELD;
            if c != b'"' && c != b'\\' {
                class |= QUOTED;
            }
        }
        table[byte] = class;
        byte += 1;
    }
    table
};

const fn contains(set: &[u8], byte: u8) -> bool {
    let mut index = 0;
    while index < set.len() {
        if set[index] == byte {
            return true;
        }
        index += 1;
    }
    false
}

/// Whether `byte` is of `class`.
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// How many bytes at the front of `bytes` are of `class`.
pub(super) fn run(bytes: &[u8], class: u8) -> usize {
    bytes.iter().position(|&byte| !is(byte, class)).unwrap_or(bytes.len())
}

/// Request methods; the position is the number that Node's `allMethods` is indexed with.
pub const METHODS: [&str; 47] = [
    "DELETE",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "COPY",
    "LOCK",
    "MKCOL",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "SEARCH",
    "UNLOCK",
    "BIND",
    "REBIND",
    "UNBIND",
    "ACL",
    "REPORT",
    "MKACTIVITY",
    "CHECKOUT",
    "MERGE",
    "M-SEARCH",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "PATCH",
    "PURGE",
    "MKCALENDAR",
    "LINK",
    "UNLINK",
    "SOURCE",
    "PRI",
    "DESCRIBE",
    "ANNOUNCE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "TEARDOWN",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "REDIRECT",
    "RECORD",
    "FLUSH",
    "QUERY",
];
pub(super) const CONNECT: u8 = 5;
pub(super) const PRI: u8 = 34;
pub(super) const SOURCE: u8 = 33;

/// Whether a method may be followed by `HTTP/`.
pub(super) fn is_http_method(method: u8) -> bool {
    method <= PRI || method == 46
}

/// Whether a method may be followed by `RTSP/`.
pub(super) fn is_rtsp_method(method: u8) -> bool {
    (35..=45).contains(&method) || matches!(method, 1 | 3 | 6)
}

/// Matches one word of a list, a byte at a time, without a copy of what was read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WordMatch {
    /// Bit `n`: word `n` still fits.
    candidates: u64,
    length: u8,
}

/// What the next byte does to a [`WordMatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// More bytes are needed.
    Partial,
    /// The byte completed word `n`; no longer word can follow.
    Word(usize),
    /// The byte does not fit; the bytes before it were word `n`.
    WordBefore(usize),
    /// The byte fits no word.
    Nothing,
}

impl WordMatch {
    /// Whether no byte was read yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.length == 0
    }

    pub(super) fn next(&mut self, words: &[&str], byte: u8) -> Matched {
        let at = usize::from(self.length);
        let before = if at == 0 { u64::MAX } else { self.candidates };
        let mut fitting = 0;
        for (index, word) in words.iter().enumerate() {
            if before >> index & 1 == 1 && word.as_bytes().get(at) == Some(&byte) {
                fitting |= 1 << index;
            }
        }
        let word_of = |set: u64, length: usize| {
            (0..words.len()).find(|&index| set >> index & 1 == 1 && words[index].len() == length)
        };
        if fitting == 0 {
            return match word_of(self.candidates, at) {
                Some(index) if at > 0 => Matched::WordBefore(index),
                _ => Matched::Nothing,
            };
        }
        self.candidates = fitting;
        self.length += 1;
        match word_of(fitting, at + 1) {
            Some(index) if fitting.count_ones() == 1 => Matched::Word(index),
            _ => Matched::Partial,
        }
    }
}
