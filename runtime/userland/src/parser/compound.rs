//! Compound commands. POSIX 2.9.4.

use super::{Parser, Result, SyntaxError};
use crate::syntax::{CommandKind, List};

impl Parser<'_> {
    /// A compound command, if one begins here.
    pub(super) fn compound(&mut self) -> Result<Option<CommandKind>> {
        let word = self.plain_word();
        if self.looking_at("(") {
            self.position += 1;
            let list = self.list(false)?;
            self.expect(")")?;
            return Ok(Some(CommandKind::Subshell(list)));
        }
        let parse = match word {
            "{" => Self::group,
            "if" => Self::if_clause,
            "while" | "until" => Self::while_clause,
            "for" => Self::for_clause,
            "case" => Self::case_clause,
            _ => return Ok(None),
        };
        self.position += word.len();
        parse(self, word).map(Some)
    }

    fn group(&mut self, _word: &str) -> Result<CommandKind> {
        let list = self.body("}")?;
        Ok(CommandKind::Group(list))
    }

    fn if_clause(&mut self, _word: &str) -> Result<CommandKind> {
        let mut arms = Vec::new();
        loop {
            let condition = self.body("then")?;
            let list = self.some_list()?;
            arms.push((condition, list));
            if !self.takes_reserved("elif") {
                break;
            }
        }
        let otherwise = if self.takes_reserved("else") { Some(self.some_list()?) } else { None };
        self.expect("fi")?;
        Ok(CommandKind::If { arms, otherwise })
    }

    fn while_clause(&mut self, word: &str) -> Result<CommandKind> {
        let condition = self.body("do")?;
        let body = self.body("done")?;
        Ok(CommandKind::While { until: word == "until", condition, body })
    }

    fn for_clause(&mut self, _word: &str) -> Result<CommandKind> {
        self.skip_blanks();
        let name = self.word()?;
        let name = name.as_ref().and_then(|name| name.as_literal()).filter(|name| super::is_name(name));
        let name = name.ok_or_else(|| self.error("Bad for loop variable"))?.to_owned();
        self.skip_newlines();
        let words = if self.takes_reserved("in") {
            let mut words = Vec::new();
            self.skip_blanks();
            while let Some(word) = self.word()? {
                words.push(word);
                self.skip_blanks();
            }
            Some(words)
        } else {
            None
        };
        self.skip_blanks();
        self.takes(";");
        self.skip_newlines();
        self.expect("do")?;
        let body = self.body("done")?;
        Ok(CommandKind::For { name, words, body })
    }

    fn case_clause(&mut self, _word: &str) -> Result<CommandKind> {
        self.skip_blanks();
        let subject = self.word()?.ok_or_else(|| self.unexpected())?;
        self.skip_newlines();
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines();
            if self.takes_reserved("esac") {
                return Ok(CommandKind::Case { subject, arms });
            }
            self.takes("(");
            let mut patterns = Vec::new();
            loop {
                self.skip_blanks();
                patterns.push(self.word()?.ok_or_else(|| self.unexpected())?);
                self.skip_blanks();
                if !self.takes("|") {
                    break;
                }
            }
            self.expect(")")?;
            let body = self.list(false)?;
            arms.push((patterns, body));
            self.skip_newlines();
            if !self.takes(";;") && self.plain_word() != "esac" {
                return Err(self.unexpected());
            }
        }
    }

    /// A list that must not be empty, and the word that ends it.
    fn body(&mut self, end: &str) -> Result<List> {
        let list = self.some_list()?;
        self.expect(end)?;
        Ok(list)
    }

    fn some_list(&mut self) -> Result<List> {
        let list = self.list(false)?;
        if list.is_empty() { Err(self.unexpected()) } else { Ok(list) }
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        self.skip_newlines();
        let found = if token == ")" { self.takes(token) } else { self.takes_reserved(token) };
        if found {
            return Ok(());
        }
        Err(match self.unexpected() {
            SyntaxError::Unexpected { line, message } => {
                SyntaxError::Unexpected { line, message: format!("{message} (expecting \"{token}\")") }
            }
            other => other,
        })
    }
}
