//! Walks over JavaScript: finds words outside strings, comments and regular expressions, and balances brackets.

use super::Found;

/// A place in the source; `usize::MAX` for "before the first token".
const NOWHERE: usize = usize::MAX;

pub(super) fn is_space(byte: u8) -> bool {
    byte == b' ' || (9..=13).contains(&byte)
}

/// A byte that can be part of a word, also of a number.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn is_punctuator(byte: u8) -> bool {
    matches!(byte, b'!' | b'%' | b'&' | b'('..=b'/' | b':'..=b'?' | b'[' | b']' | b'^' | b'{'..=b'~')
}

/// Whether a word may start at `at`: nothing before, or white space or punctuation other than a dot.
pub(super) fn starts_word(source: &[u8], at: usize) -> bool {
    match at.checked_sub(1).map(|before| source[before]) {
        None => true,
        Some(byte) => is_space(byte) || (is_punctuator(byte) && byte != b'.'),
    }
}

/// One bracket that is open.
#[derive(Clone, Copy)]
struct Open {
    /// End of the token before it.
    token_before: usize,
    class_body: bool,
    /// Opened by `${` in a template.
    template: bool,
}

struct Scanner<'a, 'b> {
    source: &'a [u8],
    found: &'b mut Found,
    at: usize,
    last_token: usize,
    open: Vec<Open>,
    /// The bracket closed last, for `/` after it.
    closed: Open,
    next_brace_is_class: bool,
    last_slash_divided: bool,
}

/// Visits every word; `None` when the source is malformed or an ES module.
pub(super) fn scan(source: &[u8], found: &mut Found) -> Option<()> {
    let nothing = Open { token_before: NOWHERE, class_body: false, template: false };
    let mut scanner = Scanner {
        source,
        found,
        at: 0,
        last_token: NOWHERE,
        open: Vec::new(),
        closed: nothing,
        next_brace_is_class: false,
        last_slash_divided: false,
    };
    if source.starts_with(b"#!") {
        scanner.line_comment();
    }
    while scanner.at < source.len() {
        scanner.token()?;
    }
    scanner.open.is_empty().then_some(())
}

impl Scanner<'_, '_> {
    fn byte(&self, at: usize) -> u8 {
        self.source.get(at).copied().unwrap_or(0)
    }

    /// Takes one token, which ends at `self.at`.
    fn token(&mut self) -> Option<()> {
        let byte = self.source[self.at];
        match byte {
            _ if is_space(byte) => {
                self.at += 1;
                return Some(());
            }
            b'/' if self.byte(self.at + 1) == b'/' => {
                self.line_comment();
                return Some(());
            }
            b'/' if self.byte(self.at + 1) == b'*' => {
                let end = memchr::memmem::find(&self.source[self.at + 2..], b"*/");
                self.at = end.map_or(self.source.len(), |end| self.at + 2 + end + 2);
                return Some(());
            }
            _ if is_word(byte) => self.word()?,
            b'(' | b'{' => self.open_bracket(byte),
            b')' | b'}' => self.close_bracket(byte)?,
            b'"' | b'\'' => self.string(byte)?,
            b'`' => {
                self.at += 1;
                self.template()?;
            }
            b'/' => self.slash()?,
            _ => self.at += 1,
        }
        self.last_token = self.at - 1;
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let start = self.at;
        let length = self.source[start..].iter().position(|&byte| !is_word(byte));
        self.at = length.map_or(self.source.len(), |length| start + length);
        if &self.source[start..self.at] == b"class"
            && starts_word(self.source, start)
            && is_space(self.byte(self.at))
        {
            self.next_brace_is_class = true;
        }
        if matches!(self.source[start], b'e' | b'm' | b'O' | b'i' | b'r' | b'_') {
            self.found.visit(self.source, start, self.open.is_empty())?;
        }
        Some(())
    }

    fn open_bracket(&mut self, byte: u8) {
        let class_body = byte == b'{' && std::mem::take(&mut self.next_brace_is_class);
        self.open.push(Open { token_before: self.last_token, class_body, template: false });
        self.at += 1;
    }

    fn close_bracket(&mut self, byte: u8) -> Option<()> {
        let closed = self.open.pop()?;
        self.closed = closed;
        self.at += 1;
        if closed.template {
            if byte != b'}' {
                return None;
            }
            self.template()?;
        }
        Some(())
    }

    fn line_comment(&mut self) {
        let end = memchr::memchr2(b'\n', b'\r', &self.source[self.at..]);
        self.at = end.map_or(self.source.len(), |end| self.at + end);
    }

    fn string(&mut self, quote: u8) -> Option<()> {
        self.at = string_end(self.source, self.at, quote)?;
        Some(())
    }

    /// The text of a template up to its end or to the next `${`.
    fn template(&mut self) -> Option<()> {
        while self.at < self.source.len() {
            match self.source[self.at] {
                b'$' if self.byte(self.at + 1) == b'{' => {
                    self.at += 2;
                    self.open.push(Open { token_before: self.at - 1, class_body: false, template: true });
                    return Some(());
                }
                b'`' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        None
    }

    fn slash(&mut self) -> Option<()> {
        self.last_slash_divided = !self.starts_regex();
        if self.last_slash_divided {
            self.at += 1;
            return Some(());
        }
        self.regex()
    }

    /// Whether a `/` here begins a regular expression: judged by the token before and, after a bracket, by what stood before that.
    fn starts_regex(&self) -> bool {
        if self.last_token == NOWHERE {
            return true;
        }
        let last = self.byte(self.last_token);
        let before = self.last_token.checked_sub(1).map_or(0, |at| self.source[at]);
        match last {
            b')' => self.ends_with_any(self.closed.token_before, &["while", "for", "if"]),
            b'}' => self.closed.class_body || self.ends_statement(self.closed.token_before),
            b'/' => self.last_slash_divided,
            b'.' => !before.is_ascii_digit(),
            b'+' | b'-' => before != last,
            b']' => false,
            _ if is_punctuator(last) => true,
            _ => self.ends_with_any(self.last_token, EXPRESSION_WORDS),
        }
    }

    /// Whether one of `words` ends at `end`, as a word of its own.
    fn ends_with_any(&self, end: usize, words: &[&str]) -> bool {
        let Some(text) = (end != NOWHERE).then(|| &self.source[..=end]) else { return false };
        words
            .iter()
            .any(|word| text.ends_with(word.as_bytes()) && starts_word(self.source, text.len() - word.len()))
    }

    /// Whether a `{` after the token that ends at `end` opened a block, not an object.
    fn ends_statement(&self, end: usize) -> bool {
        if end == NOWHERE {
            return false;
        }
        match self.source[end] {
            b'>' => end > 0 && self.source[end - 1] == b'=',
            b';' | b')' => true,
            _ => self.ends_with_any(end, &["catch", "finally", "else"]),
        }
    }

    fn regex(&mut self) -> Option<()> {
        let mut in_class = false;
        self.at += 1;
        while self.at < self.source.len() {
            match self.source[self.at] {
                b'/' if !in_class => {
                    self.at += 1;
                    return Some(());
                }
                b'[' => in_class = true,
                b']' => in_class = false,
                b'\\' => self.at += 1,
                b'\n' | b'\r' => return None,
                _ => {}
            }
            self.at += 1;
        }
        None
    }
}

/// Words after which an expression begins.
const EXPRESSION_WORDS: &[&str] = &[
    "case",
    "debugger",
    "delete",
    "do",
    "else",
    "in",
    "instanceof",
    "new",
    "return",
    "throw",
    "typeof",
    "void",
    "yield",
    "await",
];

/// One past the end of the string literal that starts at `start`; `None` if it is not closed on its line.
pub(super) fn string_end(source: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start + 1;
    while at < source.len() {
        match source[at] {
            byte if byte == quote => return Some(at + 1),
            b'\\' => {
                at += 1;
                if source.get(at) == Some(&b'\r') && source.get(at + 1) == Some(&b'\n') {
                    at += 1;
                }
            }
            b'\n' | b'\r' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}
