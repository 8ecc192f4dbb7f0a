//! From text to [`crate::syntax`]. POSIX 2.3 (tokens), 2.4 (reserved words), 2.10 (grammar).
//!
//! The parser gives one complete command at a time, because a shell runs each before it reads the next. It has no
//! state beyond its position, so a caller that reads from a terminal can start again with more text when it is told
//! [`SyntaxError::Incomplete`].

mod compound;
mod word;

use crate::syntax::{
    Command, CommandKind, Connector, Item, List, Part, Pipeline, Redirect, Redirection, Word,
};

/// Commands inside commands, and substitutions inside words, at most: a bound on the stack.
const DEPTH_MAX: usize = 100;

/// Why a text is not a command. The text is dash's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// Something stands where it may not.
    #[error("{line}: Syntax error: {message}")]
    Unexpected {
        /// Counted from 1.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// The text ended inside a command: more text may complete it.
    #[error("{line}: Syntax error: {message}")]
    Incomplete {
        /// The last line.
        line: u32,
        /// What was open.
        message: &'static str,
    },
    /// Too many commands within commands.
    #[error("{line}: Syntax error: nested too deeply (at most 100)")]
    TooDeep {
        /// Counted from 1.
        line: u32,
    },
}

type Result<T> = std::result::Result<T, SyntaxError>;

/// Words that are not commands where a command may begin.
pub(crate) const RESERVED: [&str; 16] = [
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until",
    "while",
];

/// Longest first, so that the first that fits is the one meant.
const OPERATORS: [&str; 21] = [
    "<<-", "<<<", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", "(", ")", "<", ">", "|", "&", ";",
    "\n", "$(", "`",
];

/// Where the texts of here-documents stand that have been read ahead of their line's end.
#[derive(Clone, Copy)]
struct TextsAhead {
    /// The newline they follow.
    newline: usize,
    /// Where reading goes on after that newline.
    resume: usize,
}

/// Reads commands from a text.
pub struct Parser<'a> {
    source: &'a str,
    position: usize,
    line: u32,
    depth: usize,
    texts_ahead: Option<TextsAhead>,
}

impl<'a> Parser<'a> {
    /// Over a whole script, or as much as there is of it.
    pub fn new(source: &'a str) -> Self {
        Self { source, position: 0, line: 1, depth: 0, texts_ahead: None }
    }

    /// Over a text that begins at this line of a script.
    pub fn from_line(source: &'a str, line: u32) -> Self {
        Self { line, ..Self::new(source) }
    }

    /// The line that is read next, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The next complete command: what stands before a newline, with all that belongs to it. None at the end.
    ///
    /// # Errors
    /// [`SyntaxError`] for the first thing that is wrong; the parser is not to be used after that.
    pub fn next_command(&mut self) -> Result<Option<List>> {
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return Ok(None),
                Some('\n') => self.newline(),
                Some(_) => break,
            }
        }
        let list = self.list(true)?;
        match self.peek() {
            _ if list.is_empty() => return Err(self.unexpected()),
            Some('\n') => self.newline(),
            Some(_) => return Err(self.unexpected()),
            None => {}
        }
        Ok(Some(list))
    }

    /// What is left to read.
    pub fn rest(&self) -> &'a str {
        &self.source[self.position..]
    }

    /// Items up to something that cannot begin one. On one line, or over newlines.
    fn list(&mut self, one_line: bool) -> Result<List> {
        self.enter()?;
        let mut list = List::new();
        loop {
            if !one_line {
                self.skip_newlines();
            }
            self.skip_blanks();
            if !self.at_command() {
                break;
            }
            let mut item = self.and_or()?;
            self.skip_blanks();
            let separated = if self.takes("&") {
                item.background = true;
                true
            } else {
                !self.looking_at(";;") && self.takes(";") || (!one_line && self.peek() == Some('\n'))
            };
            list.push(item);
            if !separated {
                break;
            }
        }
        self.depth -= 1;
        Ok(list)
    }

    fn and_or(&mut self) -> Result<Item> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let connector = if self.takes("&&") {
                Connector::And
            } else if self.takes("||") {
                Connector::Or
            } else {
                return Ok(Item { first, rest, background: false });
            };
            self.skip_newlines();
            rest.push((connector, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline> {
        self.skip_blanks();
        let mut negated = false;
        while self.takes_reserved("!") {
            negated = !negated;
            self.skip_blanks();
        }
        let mut commands = vec![self.command()?];
        loop {
            self.skip_blanks();
            if self.looking_at("||") || !self.takes("|") {
                return Ok(Pipeline { negated, commands });
            }
            self.skip_newlines();
            commands.push(self.command()?);
        }
    }

    fn command(&mut self) -> Result<Command> {
        self.skip_blanks();
        let line = self.line;
        if let Some(kind) = self.compound()? {
            let mut redirects = Vec::new();
            self.skip_blanks();
            while let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                self.skip_blanks();
            }
            return Ok(Command { line, kind, redirects });
        }
        if !self.at_command() {
            return Err(self.unexpected());
        }
        self.simple(line)
    }

    fn simple(&mut self, line: u32) -> Result<Command> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            self.skip_blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            if words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                assignments.push(assignment);
                continue;
            }
            let Some(word) = self.word()? else { break };
            if words.is_empty() && assignments.is_empty() && redirects.is_empty() && self.takes_parentheses()
            {
                return self.function(line, &word);
            }
            words.push(word);
        }
        Ok(Command { line, kind: CommandKind::Simple { assignments, words }, redirects })
    }

    fn function(&mut self, line: u32, name: &Word) -> Result<Command> {
        let name = name.as_literal().filter(|name| is_name(name)).map(str::to_owned);
        let name = name.ok_or_else(|| self.error("Bad function name"))?;
        self.skip_newlines();
        self.enter()?;
        let body = Box::new(self.command()?);
        self.depth -= 1;
        Ok(Command { line, kind: CommandKind::Function { name, body }, redirects: Vec::new() })
    }

    /// `name=value`, where a command's words have not begun.
    fn assignment(&mut self) -> Result<Option<(String, Word)>> {
        let rest = self.rest();
        let Some((name, _)) = rest.split_once('=') else { return Ok(None) };
        if !is_name(name) {
            return Ok(None);
        }
        let name = name.to_owned();
        self.position += name.len() + 1;
        Ok(Some((name, self.word()?.unwrap_or_default())))
    }

    fn redirect(&mut self) -> Result<Option<Redirect>> {
        let digits = self.rest().chars().take_while(char::is_ascii_digit).count();
        let after = &self.rest()[digits..];
        if !after.starts_with(['<', '>']) {
            return Ok(None);
        }
        let number = self.rest()[..digits].parse().ok();
        if digits > 0 && number.is_none() {
            return Err(self.error("Bad fd number"));
        }
        self.position += digits;
        let operator =
            OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator)).unwrap_or_default();
        self.position += operator.len();
        self.skip_blanks();
        let (operation, default_fd) = match operator {
            "<" => (Redirection::Read, 0),
            ">" | ">|" => (Redirection::Write, 1),
            ">>" => (Redirection::Append, 1),
            "<>" => (Redirection::ReadWrite, 0),
            "<&" => (Redirection::Duplicate, 0),
            ">&" => (Redirection::Duplicate, 1),
            _ => (Redirection::Text, 0),
        };
        let start = self.position;
        let target = self.word()?.ok_or_else(|| self.unexpected())?;
        let target = if matches!(operator, "<<" | "<<-") {
            self.text_ahead(start, operator == "<<-", &target)?
        } else {
            target
        };
        Ok(Some(Redirect { fd: number.unwrap_or(default_fd), operation, target }))
    }

    /// Reads the text of a here-document, which begins at the next line, or after the one before it.
    fn text_ahead(&mut self, start: usize, strip_tabs: bool, delimiter: &Word) -> Result<Word> {
        let expands = !self.source[start..self.position].contains(['\'', '"', '\\']);
        let delimiter = word::unquoted(delimiter);
        let incomplete =
            SyntaxError::Incomplete { line: self.line, message: "here-document without its end" };
        let newline = match self.texts_ahead {
            Some(ahead) => ahead.newline,
            None => self.position + self.rest().find('\n').ok_or(incomplete.clone())?,
        };
        let mut resume = self.texts_ahead.map_or(newline + 1, |ahead| ahead.resume);
        let mut body = String::new();
        loop {
            let line = self.source[resume..].split('\n').next().unwrap_or_default();
            let ends = resume + line.len() == self.source.len();
            resume = self.source.len().min(resume + line.len() + 1);
            let line = if strip_tabs { line.trim_start_matches('\t') } else { line };
            if line == delimiter {
                break;
            }
            if ends {
                return Err(incomplete);
            }
            body.push_str(line);
            body.push('\n');
        }
        self.texts_ahead = Some(TextsAhead { newline, resume });
        // The redirection adds a newline to its text. An empty here-document comes out as one empty line: the only
        // difference, and nobody reads it.
        body.pop();
        if !expands {
            return Ok(Word(vec![Part::Quoted(body)]));
        }
        let mut inner = Parser { line: self.line, depth: self.depth, ..Parser::new(&body) };
        Ok(Word(vec![Part::DoubleQuoted(inner.text_parts()?)]))
    }

    /// Takes a newline, and the here-documents that stand after it.
    fn newline(&mut self) {
        match self.texts_ahead {
            Some(ahead) if ahead.newline == self.position => {
                self.line += self.source[self.position..ahead.resume].matches('\n').count() as u32;
                self.position = ahead.resume;
                self.texts_ahead = None;
            }
            _ => {
                self.bump();
            }
        }
    }

    /// Whether what follows can begin a command.
    fn at_command(&self) -> bool {
        let Some(c) = self.peek() else { return false };
        if matches!(c, '&' | ';' | '|' | ')' | '\n') {
            return false;
        }
        let word = self.plain_word();
        !RESERVED.contains(&word) || matches!(word, "!" | "{" | "case" | "for" | "if" | "until" | "while")
    }

    /// The characters up to a blank or operator, if there is no quoting among them.
    fn plain_word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| " \t\n&;|()<>'\"\\$`".contains(c)).unwrap_or(rest.len());
        // A word that goes on with a quote is not a reserved one.
        if rest[end..].starts_with(['\'', '"', '\\', '$', '`']) { "" } else { &rest[..end] }
    }

    fn takes_reserved(&mut self, word: &str) -> bool {
        let found = self.plain_word() == word;
        if found {
            self.position += word.len();
        }
        found
    }

    fn takes(&mut self, operator: &str) -> bool {
        let found = self.looking_at(operator);
        if found {
            self.position += operator.len();
        }
        found
    }

    fn takes_parentheses(&mut self) -> bool {
        let Some(rest) = self.rest().trim_start_matches([' ', '\t']).strip_prefix('(') else { return false };
        let Some(rest) = rest.trim_start_matches([' ', '\t']).strip_prefix(')') else { return false };
        self.position = self.source.len() - rest.len();
        true
    }

    fn looking_at(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }

    /// Blanks, continued lines and a comment.
    fn skip_blanks(&mut self) {
        loop {
            if self.takes("\\\n") {
                self.line += 1;
            } else if matches!(self.peek(), Some(' ' | '\t')) {
                self.bump();
            } else {
                break;
            }
        }
        if self.peek() == Some('#') {
            self.position += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn skip_newlines(&mut self) {
        self.skip_blanks();
        while self.peek() == Some('\n') {
            self.newline();
            self.skip_blanks();
        }
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(SyntaxError::TooDeep { line: self.line }) } else { Ok(()) }
    }

    fn error(&self, message: &str) -> SyntaxError {
        SyntaxError::Unexpected { line: self.line, message: message.to_owned() }
    }

    /// For whatever stands at the position.
    fn unexpected(&self) -> SyntaxError {
        if self.peek().is_none() {
            return SyntaxError::Incomplete { line: self.line, message: "end of file unexpected" };
        }
        let operator = OPERATORS.into_iter().find(|operator| self.looking_at(operator));
        match operator.unwrap_or_else(|| self.plain_word()) {
            "\n" => self.error("newline unexpected"),
            "" => self.error("word unexpected"),
            token if operator.is_some() || RESERVED.contains(&token) => {
                self.error(&format!("\"{token}\" unexpected"))
            }
            _ => self.error("word unexpected"),
        }
    }
}

/// Whether a text can name a variable or a function. POSIX 3.216.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests;
