//! The patterns that make an export. Each method looks ahead from a word without moving the scanner, so a pattern that does not
//! match costs nothing but its look.

use super::Found;
use super::scan::{is_space, is_word, string_end};
use super::string_literal::decode;

/// A look ahead. White space and comments may stand before every piece.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    source: &'a [u8],
    at: usize,
}

impl<'a> Look<'a> {
    pub(super) fn new(source: &'a [u8], at: usize) -> Self {
        Self { source, at }
    }

    fn skip(mut self, bytes: usize) -> Self {
        self.at += bytes;
        self
    }

    fn space(&mut self) {
        loop {
            let rest = &self.source[self.at..];
            self.at += match rest {
                [byte, ..] if is_space(*byte) => 1,
                [0xC2, 0xA0, ..] => 2,
                [b'/', b'/', ..] => memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
                [b'/', b'*', ..] => memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4),
                _ => return,
            };
        }
    }

    fn next(&mut self) -> u8 {
        self.space();
        self.source.get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self, piece: &str) -> Option<()> {
        self.space();
        self.source[self.at..].starts_with(piece.as_bytes()).then(|| self.at += piece.len())
    }

    fn all(&mut self, pieces: &[&str]) -> Option<()> {
        pieces.iter().try_for_each(|piece| self.take(piece))
    }

    /// Takes the pieces if they are all there.
    fn maybe(&mut self, pieces: &[&str]) -> bool {
        let mut ahead = *self;
        let taken = ahead.all(pieces).is_some();
        if taken {
            *self = ahead;
        }
        taken
    }

    fn identifier(&mut self) -> Option<&'a [u8]> {
        self.space();
        let rest = &self.source[self.at..];
        let length = rest.iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len());
        if length == 0 || rest[0].is_ascii_digit() || rest.get(length) == Some(&b'\\') {
            return None;
        }
        self.at += length;
        Some(&rest[..length])
    }

    /// A string literal, quotes included.
    fn string(&mut self) -> Option<&'a [u8]> {
        let quote = self.next();
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let start = self.at;
        self.at = string_end(self.source, start, quote)?;
        Some(&self.source[start..self.at])
    }

    /// `exports` or `module.exports`.
    fn exports_identifier(&mut self) -> Option<()> {
        if self.next() == b'm' {
            return self.all(&["module", ".", "exports"]);
        }
        self.take("exports")
    }

    /// `require('specifier')`.
    fn require(&mut self) -> Option<Option<String>> {
        self.all(&["require", "("])?;
        let specifier = decode(self.string()?);
        self.take(")")?;
        Some(specifier)
    }

    pub(super) fn follows_dot(&self) -> bool {
        self.at > 0 && self.source[self.at - 1] == b'.'
    }

    /// At `export`: whether this is a statement of an ES module.
    pub(super) fn is_export_statement(mut self) -> bool {
        self.at += "export".len();
        let word_end = self.at;
        let next = self.next();
        self.at != word_end || !(is_word(next) || next == 0)
    }

    /// At `import`: whether this is a statement of an ES module, or `import.meta`.
    pub(super) fn is_import_statement(mut self) -> bool {
        self.at += "import".len();
        let word_end = self.at;
        match self.next() {
            b'(' => false,
            b'.' => {
                self.at += 1;
                self.take("meta").is_some()
            }
            b'"' | b'\'' | b'{' | b'*' => true,
            next => self.at != word_end && is_word(next),
        }
    }

    /// `exports.name =`, `exports['name'] =`, and with `module` before it `= { … }` and `= require(…)`.
    pub(super) fn exports_member(self, found: &mut Found, assignable: bool) -> Option<()> {
        let mut look = self.skip("exports".len());
        match look.next() {
            b'.' => {
                look.take(".")?;
                let name = look.identifier()?;
                look.take("=")?;
                found.export(String::from_utf8(name.to_vec()).ok());
            }
            b'[' => {
                look.take("[")?;
                let name = look.string()?;
                look.all(&["]", "="])?;
                found.export(decode(name));
            }
            b'=' if assignable => {
                found.reexports.clear();
                look.take("=")?;
                if look.next() == b'{' {
                    look.take("{")?;
                    look.literal(found);
                } else {
                    found.reexport(look.require()?);
                }
            }
            _ => {}
        }
        Some(())
    }

    /// At `module`.
    pub(super) fn module_exports(mut self, found: &mut Found) -> Option<()> {
        self.all(&["module", "."])?;
        let mut ahead = self;
        ahead.take("exports")?;
        self.space();
        self.exports_member(found, true)
    }

    /// The members of an object literal, as far as they are plain.
    fn literal(mut self, found: &mut Found) -> Option<()> {
        loop {
            let next = self.next();
            if matches!(next, b'"' | b'\'') {
                let name = self.string()?;
                if self.maybe(&[":"]) {
                    self.identifier()?;
                    found.export(decode(name));
                    return self.literal_rest(found);
                }
            } else if self.maybe(&["..."]) {
                let mut ahead = self;
                match ahead.require() {
                    Some(specifier) => {
                        self = ahead;
                        found.reexport(specifier);
                    }
                    None => {
                        self.identifier()?;
                    }
                }
            } else {
                let name = self.identifier()?;
                if name == b"get" && is_word(self.next()) {
                    // An accessor.
                    return None;
                }
                let valued = self.maybe(&[":"]);
                if valued {
                    self.identifier()?;
                }
                found.export(String::from_utf8(name.to_vec()).ok());
                if valued {
                    return self.literal_rest(found);
                }
            }
            self.take(",")?;
        }
    }

    /// After a value, which must be an identifier alone: the comma follows it at once.
    fn literal_rest(mut self, found: &mut Found) -> Option<()> {
        if self.source.get(self.at) != Some(&b',') {
            return None;
        }
        self.at += 1;
        self.literal(found)
    }

    /// `__export(require('x'))`, from the parenthesis on.
    pub(super) fn export_star(self, found: &mut Found, prefix: usize) -> Option<()> {
        let mut look = self.skip(prefix);
        if look.source.get(look.at) != Some(&b'r') {
            return None;
        }
        found.reexport(look.require()?);
        Some(())
    }

    /// `const name = require('x')`, at the word that is `prefix` bytes before `require`.
    pub(super) fn bound_require(self, found: &mut Found, prefix: usize) -> Option<()> {
        let mut look = self.skip(prefix);
        if !look.source[look.at..].starts_with(b"require") {
            return None;
        }
        let specifier = look.require()?;
        let before = trim_spaces(&self.source[..self.at]);
        let before = trim_spaces(before.strip_suffix(b"=")?);
        let start = before.iter().rposition(|&byte| !is_word(byte))? + 1;
        let (head, name) = before.split_at(start);
        if name.first().is_none_or(u8::is_ascii_digit) || head.last() != Some(&b' ') {
            return None;
        }
        let head = trim_spaces(head);
        if [&b"var"[..], b"let", b"const"].iter().any(|word| head.ends_with(word)) {
            found.requires.retain(|(known, _)| known != name);
            found.requires.push((name.to_vec(), specifier));
        }
        Some(())
    }

    /// At `Object`: `defineProperty` on the exports, or a loop over the keys of a required module.
    pub(super) fn object_call(self, found: &mut Found, top_level: bool) -> Option<()> {
        let mut look = self.skip("Object".len());
        look.take(".")?;
        if look.take("defineProperty").is_some() {
            let name = look.define_property()?;
            found.export(decode(name));
        } else if top_level {
            look.take("keys")?;
            let id = look.star_export_loop()?;
            let specifier = found
                .requires
                .iter()
                .find(|(name, _)| name == id)
                .and_then(|(_, specifier)| specifier.clone());
            found.reexport(specifier);
        }
        Some(())
    }

    /// `(exports, 'name', { enumerable: true, value: …` or `… get: function () { return a.b; } })`.
    fn define_property(&mut self) -> Option<&'a [u8]> {
        self.take("(")?;
        self.exports_identifier()?;
        self.take(",")?;
        let name = self.string()?;
        self.all(&[",", "{"])?;
        if self.next() == b'e' {
            self.all(&["enumerable", ":", "true", ","])?;
        }
        if self.next() == b'v' {
            self.all(&["value", ":"])?;
            return Some(name);
        }
        self.getter_head()?;
        self.identifier()?;
        match self.next() {
            b'.' => {
                self.take(".")?;
                self.identifier()?;
            }
            b'[' => {
                self.take("[")?;
                self.string()?;
                self.take("]")?;
            }
            _ => {}
        }
        self.getter_tail()?;
        Some(name)
    }

    /// `get: function name? () { return`, or `get () { return`.
    fn getter_head(&mut self) -> Option<()> {
        self.take("get")?;
        if self.maybe(&[":"]) {
            self.take("function")?;
            if self.next() != b'(' {
                self.identifier()?;
            }
        }
        self.all(&["(", ")", "{", "return"])
    }

    /// `; } , } )`.
    fn getter_tail(&mut self) -> Option<()> {
        self.maybe(&[";"]);
        self.take("}")?;
        self.maybe(&[","]);
        self.all(&["}", ")"])
    }

    /// `(id).forEach(function (key) { … copy key to the exports … })`, as Babel and TypeScript write it; gives `id`.
    fn star_export_loop(&mut self) -> Option<&'a [u8]> {
        self.take("(")?;
        let id = self.identifier()?;
        self.all(&[")", ".", "forEach", "(", "function", "("])?;
        let key = self.identifier()?;
        self.all(&[")", "{", "if", "("])?;
        let (id_text, key_text) = (std::str::from_utf8(id).ok()?, std::str::from_utf8(key).ok()?);
        self.take(key_text)?;
        if self.next() == b'=' {
            self.skip_default_and_marker(key_text)?;
            self.skip_present(id_text, key_text)?;
        } else {
            self.not_default(key_text)?;
        }
        self.copy_key(id_text, key_text)?;
        self.all(&["}", ")"])?;
        Some(id)
    }

    fn quoted(&mut self, word: &str) -> Option<()> {
        let literal = self.string()?;
        (&literal[1..literal.len() - 1] == word.as_bytes()).then_some(())
    }

    /// `return;`.
    fn return_statement(&mut self) -> Option<()> {
        self.take("return")?;
        self.maybe(&[";"]);
        Some(())
    }

    /// `=== 'default' || key === '__esModule') return;`
    fn skip_default_and_marker(&mut self, key: &str) -> Option<()> {
        self.take("===")?;
        self.quoted("default")?;
        self.all(&["||", key, "==="])?;
        self.quoted("__esModule")?;
        self.take(")")?;
        self.return_statement()
    }

    /// Up to two more conditions: an own property of a table of names, a key that is exported already.
    fn skip_present(&mut self, id: &str, key: &str) -> Option<()> {
        if !self.maybe(&["if", "("]) {
            return Some(());
        }
        let mut ahead = *self;
        if ahead.has_own_property(key).is_some() {
            *self = ahead;
            self.take(")")?;
            self.return_statement()?;
            if !self.maybe(&["if", "("]) {
                return Some(());
            }
        }
        self.all(&[key, "in "])?;
        self.exports_identifier()?;
        self.take("&&")?;
        self.exports_identifier()?;
        self.all(&["[", key, "]", "===", id, "[", key, "]", ")"])?;
        self.return_statement()
    }

    /// `Object.prototype.hasOwnProperty.call(names, key)`.
    fn has_own_property(&mut self, key: &str) -> Option<()> {
        self.all(&["Object", "."])?;
        self.maybe(&["prototype", "."]);
        self.all(&["hasOwnProperty", ".", "call", "("])?;
        self.identifier()?;
        self.all(&[",", key, ")"])
    }

    /// `!== 'default' && !exports.hasOwnProperty(key))`.
    fn not_default(&mut self, key: &str) -> Option<()> {
        self.take("!==")?;
        self.quoted("default")?;
        if self.maybe(&["&&", "!"]) {
            let mut ahead = *self;
            if ahead.all(&["Object."]).is_some() {
                self.has_own_property(key)?;
            } else {
                self.identifier()?;
                self.all(&[".", "hasOwnProperty", "(", key, ")"])?;
            }
        }
        self.take(")")
    }

    /// `exports[key] = id[key];`, or the same by `Object.defineProperty` with a getter.
    fn copy_key(&mut self, id: &str, key: &str) -> Option<()> {
        if self.next() == b'O' {
            self.all(&["Object", ".", "defineProperty", "("])?;
            self.exports_identifier()?;
            self.all(&[",", key, ",", "{", "enumerable", ":", "true", ","])?;
            self.getter_head()?;
            self.all(&[id, "[", key, "]"])?;
            self.getter_tail()?;
        } else {
            self.exports_identifier()?;
            self.all(&["[", key, "]", "=", id, "[", key, "]"])?;
        }
        self.maybe(&[";"]);
        Some(())
    }
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    &text[..end]
}
