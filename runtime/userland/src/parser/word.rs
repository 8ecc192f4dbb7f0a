//! Words: quoting and expansions. POSIX 2.2 and 2.6.

use super::{Parser, Result, SyntaxError, is_name};
use crate::syntax::{Modifier, Parameter, Part, Word};

/// Characters that end an unquoted word.
const ENDS: &str = " \t\n&;|()<>";

impl Parser<'_> {
    /// A word, if one begins here.
    pub(super) fn word(&mut self) -> Result<Option<Word>> {
        if self.peek().is_none_or(|c| ENDS.contains(c)) {
            return Ok(None);
        }
        self.parts(|c| ENDS.contains(c)).map(|parts| Some(Word(parts)))
    }

    /// Unquoted parts up to a character of which `ends` is true.
    fn parts(&mut self, ends: impl Fn(char) -> bool) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        if self.peek() == Some('~') {
            parts.extend(self.tilde(&ends));
        }
        while let Some(c) = self.peek() {
            if ends(c) {
                break;
            }
            match c {
                '\'' => {
                    self.bump();
                    let text = self.until_quote()?;
                    push_quoted(&mut parts, &text);
                }
                '"' => {
                    self.bump();
                    let inner = self.quoted_parts('"')?;
                    parts.push(Part::DoubleQuoted(inner));
                }
                '\\' => {
                    self.bump();
                    match self.bump() {
                        Some('\n') => {}
                        Some(escaped) => push_quoted(&mut parts, escaped.encode_utf8(&mut [0; 4])),
                        None => push_quoted(&mut parts, "\\"),
                    }
                }
                '$' | '`' => self.expansion(&mut parts, false)?,
                _ => {
                    self.bump();
                    push_literal(&mut parts, c);
                }
            }
        }
        Ok(parts)
    }

    /// `~name`, if nothing but a name stands before `/` or the end.
    fn tilde(&mut self, ends: &impl Fn(char) -> bool) -> Option<Part> {
        let rest = &self.rest()[1..];
        let end = rest.find(|c: char| c == '/' || c == ':' || ends(c)).unwrap_or(rest.len());
        let user = &rest[..end];
        let plain = user.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        plain.then(|| {
            self.position += 1 + end;
            Part::Tilde(user.to_owned())
        })
    }

    fn until_quote(&mut self) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.bump() {
                Some('\'') => return Ok(text),
                Some(c) => text.push(c),
                None => return Err(self.unterminated()),
            }
        }
    }

    /// Parts inside double quotes, the closing character `end` included: `"`, or `}` inside a parameter.
    fn quoted_parts(&mut self, end: char) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.unterminated()),
                Some(c) if c == end => {
                    self.bump();
                    return Ok(parts);
                }
                Some('"') => {
                    self.bump();
                    let inner = self.quoted_parts('"')?;
                    parts.push(Part::DoubleQuoted(inner));
                }
                Some('\\') if end == '}' && self.looking_at("\\}") => {
                    self.position += 2;
                    parts.push(Part::DoubleQuoted(vec![Part::Literal("}".to_owned())]));
                }
                Some(c) => self.quoted_part(c, &mut parts, true)?,
            }
        }
    }

    /// Parts of a here-document: as in double quotes, but quotes are plain characters. To the end of the text.
    pub(super) fn text_parts(&mut self) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            self.quoted_part(c, &mut parts, false)?;
        }
        Ok(parts)
    }

    /// One character or expansion inside double quotes.
    fn quoted_part(&mut self, c: char, parts: &mut Vec<Part>, escapes_quote: bool) -> Result<()> {
        match c {
            '$' | '`' => self.expansion(parts, true),
            '\\' => {
                self.bump();
                match self.peek() {
                    Some('\n') => {
                        self.bump();
                    }
                    Some(c) if "$`\\".contains(c) || (c == '"' && escapes_quote) => {
                        self.bump();
                        push_literal(parts, c);
                    }
                    _ => push_literal(parts, '\\'),
                }
                Ok(())
            }
            _ => {
                self.bump();
                push_literal(parts, c);
                Ok(())
            }
        }
    }

    /// What begins with `$` or a backquote; a `$` that begins nothing is itself.
    fn expansion(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<()> {
        self.enter()?;
        if self.takes("`") {
            parts.push(self.backquoted(quoted)?);
        } else if self.takes("$((") {
            parts.push(self.arithmetic()?);
        } else if self.takes("$(") {
            let list = self.list(false)?;
            self.skip_newlines();
            if !self.takes(")") {
                return Err(self.unexpected());
            }
            parts.push(Part::Substitution(list));
        } else if self.takes("${") {
            parts.push(Part::Parameter(self.braced(quoted)?));
        } else {
            self.bump();
            match self.parameter_name(false) {
                Some(name) => parts.push(Part::Parameter(Parameter { name, modifier: Modifier::Value })),
                None if quoted => push_literal(parts, '$'),
                None => push_quoted(parts, "$"),
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// The inside of `` `…` ``: a backslash before `` ` ``, `\` or `$` is dropped (and before `"` within double quotes),
    /// and what is left is a script.
    fn backquoted(&mut self, quoted: bool) -> Result<Part> {
        let line = self.line;
        let mut script = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated()),
                Some('`') => break,
                Some('\\') => match self.bump() {
                    Some(c) if "`\\$".contains(c) || (quoted && c == '"') => script.push(c),
                    Some(c) => script.extend(['\\', c]),
                    None => return Err(self.unterminated()),
                },
                Some(c) => script.push(c),
            }
        }
        let mut inner = Parser { line, depth: self.depth, ..Parser::new(&script) };
        let list = inner.list(false)?;
        if inner.peek().is_some() { Err(inner.unexpected()) } else { Ok(Part::Substitution(list)) }
    }

    /// The inside of `$((…))`, as a text with expansions.
    fn arithmetic(&mut self) -> Result<Part> {
        let mut parts = Vec::new();
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => return Err(self.unterminated()),
                Some(')') if open == 0 => {
                    if !self.takes("))") {
                        return Err(self.unexpected());
                    }
                    return Ok(Part::Arithmetic(Word(parts)));
                }
                Some(c) => {
                    open += usize::from(c == '(');
                    open -= usize::from(c == ')');
                    self.quoted_part(c, &mut parts, true)?;
                }
            }
        }
    }

    /// The inside of `${…}`, the closing brace included.
    fn braced(&mut self, quoted: bool) -> Result<Parameter> {
        if self.looking_at("#") && !self.looking_at("#}") {
            self.position += 1;
            // `${#-word}` and the like are about `$#`.
            if let Some(name) = self.parameter_name(true)
                && self.takes("}")
            {
                return Ok(Parameter { name, modifier: Modifier::Length });
            }
            return Err(self.bad_substitution());
        }
        let name = self.parameter_name(true).ok_or_else(|| self.bad_substitution())?;
        if self.takes("}") {
            return Ok(Parameter { name, modifier: Modifier::Value });
        }
        let or_empty = self.takes(":");
        let operator = self.bump().ok_or_else(|| self.unterminated())?;
        let modifier = match operator {
            '-' | '=' | '?' | '+' => {
                let word = if quoted { self.quoted_parts('}')? } else { self.braced_parts()? };
                Modifier::Alternative { operator, or_empty, word: Word(word) }
            }
            '#' | '%' if !or_empty => {
                let longest = self.takes(&operator.to_string());
                let pattern = Word(self.braced_parts()?);
                Modifier::Trim { suffix: operator == '%', longest, pattern }
            }
            _ => return Err(self.bad_substitution()),
        };
        Ok(Parameter { name, modifier })
    }

    /// Unquoted parts up to the closing brace, which is taken.
    fn braced_parts(&mut self) -> Result<Vec<Part>> {
        let parts = self.parts(|c| c == '}')?;
        if self.takes("}") { Ok(parts) } else { Err(self.unterminated()) }
    }

    /// A name, a special parameter, or a number (of several digits only in braces).
    fn parameter_name(&mut self, braced: bool) -> Option<String> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = if first.is_ascii_digit() && braced {
            rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
        } else if first.is_ascii_digit() || "@*#?-$!".contains(first) {
            1
        } else {
            rest.find(|c| !joins(c)).unwrap_or(rest.len())
        };
        let name = &rest[..length];
        let valid = length == 1 && !joins(first) || first.is_ascii_digit() || is_name(name);
        valid.then(|| {
            self.position += length;
            name.to_owned()
        })
    }

    fn bad_substitution(&self) -> SyntaxError {
        self.error("Bad substitution")
    }

    fn unterminated(&self) -> SyntaxError {
        SyntaxError::Incomplete { line: self.line, message: "Unterminated quoted string" }
    }
}

fn push_literal(parts: &mut Vec<Part>, c: char) {
    if let Some(Part::Literal(text)) = parts.last_mut() {
        text.push(c);
    } else {
        parts.push(Part::Literal(c.to_string()));
    }
}

/// Quoted texts side by side are one.
fn push_quoted(parts: &mut Vec<Part>, text: &str) {
    if let Some(Part::Quoted(before)) = parts.last_mut() {
        before.push_str(text);
    } else {
        parts.push(Part::Quoted(text.to_owned()));
    }
}

/// The text of a word with its quotes removed and nothing expanded: what a here-document's delimiter is.
pub(super) fn unquoted(word: &Word) -> String {
    let mut text = String::new();
    collect(&word.0, &mut text);
    text
}

fn collect(parts: &[Part], text: &mut String) {
    for part in parts {
        match part {
            Part::Literal(literal) | Part::Quoted(literal) => text.push_str(literal),
            Part::DoubleQuoted(parts) => collect(parts, text),
            Part::Tilde(user) => text.extend(["~", user]),
            Part::Parameter(parameter) => text.extend(["$", &parameter.name]),
            Part::Substitution(_) | Part::Arithmetic(_) => {}
        }
    }
}
