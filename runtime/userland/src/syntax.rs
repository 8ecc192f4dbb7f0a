//! The shell's syntax tree, and how to print it so that it parses to the same tree.
//!
//! Printing matters because there is no fork: a subshell is another `sh` that is handed the text of what it is to run
//! (see `shell::subshell`).

use std::fmt::{self, Display, Formatter, Write as _};

use crate::parser::{RESERVED, is_name};

/// Commands in sequence. POSIX 2.9.3.
pub type List = Vec<Item>;

/// One and-or list of a [`List`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The first pipeline, and those that follow it.
    pub first: Pipeline,
    /// Each runs when what came before succeeded (`&&`) or failed (`||`).
    pub rest: Vec<(Connector, Pipeline)>,
    /// It ended in `&`.
    pub background: bool,
}

/// What joins two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`. POSIX 2.9.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// It began with `!`.
    pub negated: bool,
    /// At least one.
    pub commands: Vec<Command>,
}

/// A command with the line it begins on, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Counted from 1.
    pub line: u32,
    /// What it is.
    pub kind: CommandKind,
    /// Its redirections, in order.
    pub redirects: Vec<Redirect>,
}

/// The kinds of commands. POSIX 2.9.1, 2.9.4, 2.9.5.
#[allow(missing_docs, reason = "the variants say what their fields are")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// Assignments, then a name and arguments; either may be absent.
    Simple { assignments: Vec<(String, Word)>, words: Vec<Word> },
    /// `{ list; }`
    Group(List),
    /// `( list )`
    Subshell(List),
    /// `if`, with its `elif`s, and `else`.
    If { arms: Vec<(List, List)>, otherwise: Option<List> },
    /// `while` or `until`.
    While { until: bool, condition: List, body: List },
    /// `for`; without words it goes over `"$@"`.
    For { name: String, words: Option<Vec<Word>>, body: List },
    /// `case`: patterns and what to run.
    Case { subject: Word, arms: Vec<(Vec<Word>, List)> },
    /// `name() command`
    Function { name: String, body: Box<Command> },
}

/// A redirection. POSIX 2.7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The descriptor that is redirected.
    pub fd: i32,
    /// How.
    pub operation: Redirection,
    /// The file, descriptor or text.
    pub target: Word,
}

/// The forms of redirection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirection {
    /// `<`
    Read,
    /// `>` and `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&` and `>&`; the target is a number, or `-` to close.
    Duplicate,
    /// The target and a newline are the input. Here-documents come to this; it prints as `<<<`.
    Text,
}

/// A word before expansion: parts that are joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word(pub Vec<Part>);

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Unquoted text; pattern characters are active. Inside double quotes: plain text.
    Literal(String),
    /// Text from single quotes or after a backslash.
    Quoted(String),
    /// `"…"`, of literals and expansions.
    DoubleQuoted(Vec<Part>),
    /// `~` or `~name` at the start of a word.
    Tilde(String),
    /// `$name`, `${name…}`.
    Parameter(Parameter),
    /// `$(…)` or backquotes.
    Substitution(List),
    /// `$((…))`
    Arithmetic(Word),
}

/// A parameter expansion. POSIX 2.6.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// A name, a number, or one of `@*#?-$!`.
    pub name: String,
    /// What is done with the value.
    pub modifier: Modifier,
}

/// What is done with a parameter's value.
#[allow(missing_docs, reason = "the variants say what their fields are")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// `$x`
    Value,
    /// `${#x}`
    Length,
    /// `${x-word}` and the like: the operator `- = ? +`, and whether an empty value counts as unset (`:`).
    Alternative { operator: char, or_empty: bool, word: Word },
    /// `${x#pattern}` and the like: from the start or the end, the longest match or the shortest.
    Trim { suffix: bool, longest: bool, pattern: Word },
}

impl Word {
    /// The text of a word that is one unquoted literal, as reserved words and names are.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

/// Prints a list on one line.
pub fn list_text(list: &[Item]) -> String {
    let mut text = String::new();
    for item in list {
        // A String takes everything.
        let _infallible = write!(text, "{item}{} ", if item.background { " &" } else { ";" });
    }
    text
}

/// A text as one quoted word.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        for (connector, pipeline) in &self.rest {
            write!(f, " {} {pipeline}", if *connector == Connector::And { "&&" } else { "||" })?;
        }
        Ok(())
    }
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("! ")?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if index > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let redirects: Vec<String> = self.redirects.iter().map(Redirect::to_string).collect();
        let redirects = redirects.join(" ");
        match &self.kind {
            kind if redirects.is_empty() => write!(f, "{kind}"),
            CommandKind::Simple { assignments, words } if assignments.is_empty() && words.is_empty() => {
                f.write_str(&redirects)
            }
            // Before the words: behind a redirection a reserved word is an ordinary one.
            kind @ CommandKind::Simple { .. } => write!(f, "{redirects} {kind}"),
            kind => write!(f, "{kind} {redirects}"),
        }
    }
}

impl Display for CommandKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simple { assignments, words } => {
                let assignments = assignments.iter().map(|(name, value)| {
                    let value = if value.0.is_empty() { String::new() } else { value.to_string() };
                    format!("{name}={value}")
                });
                let mut words = words.iter();
                let first = words.next().map(first_word);
                let all: Vec<String> = assignments.chain(first).chain(words.map(Word::to_string)).collect();
                f.write_str(&all.join(" "))
            }
            Self::Group(list) => write!(f, "{{ {}}}", list_text(list)),
            Self::Subshell(list) => write!(f, "( {})", list_text(list)),
            Self::If { arms, otherwise } => {
                for (index, (condition, body)) in arms.iter().enumerate() {
                    let keyword = if index == 0 { "if" } else { "elif" };
                    write!(f, "{keyword} {}then {}", list_text(condition), list_text(body))?;
                }
                if let Some(list) = otherwise {
                    write!(f, "else {}", list_text(list))?;
                }
                f.write_str("fi")
            }
            Self::While { until, condition, body } => {
                let keyword = if *until { "until" } else { "while" };
                write!(f, "{keyword} {}do {}done", list_text(condition), list_text(body))
            }
            Self::For { name, words, body } => {
                write!(f, "for {name}")?;
                if let Some(words) = words {
                    f.write_str(" in")?;
                    for word in words {
                        write!(f, " {word}")?;
                    }
                }
                write!(f, "; do {}done", list_text(body))
            }
            Self::Case { subject, arms } => {
                write!(f, "case {subject} in ")?;
                for (patterns, body) in arms {
                    let patterns: Vec<String> = patterns.iter().map(Word::to_string).collect();
                    write!(f, "({}) {};; ", patterns.join(" | "), list_text(body))?;
                }
                f.write_str("esac")
            }
            Self::Function { name, body } => write!(f, "{name}() {body}"),
        }
    }
}

impl Display for Redirect {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let operator = match self.operation {
            Redirection::Read => "<",
            Redirection::Write => ">",
            Redirection::Append => ">>",
            Redirection::ReadWrite => "<>",
            Redirection::Duplicate => ">&",
            Redirection::Text => "<<<",
        };
        write!(f, "{}{operator}{}", self.fd, self.target)
    }
}

impl Display for Word {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("''");
        }
        self.0.iter().try_for_each(|part| write_part(f, part, false))
    }
}

/// Prints a command's first word. One that is not reserved, or no assignment, where it stood may be where it is printed,
/// unless it is quoted.
fn first_word(word: &Word) -> String {
    let assigns = |text: &str| text.split_once('=').is_some_and(|(name, _)| is_name(name));
    match word.0.split_first() {
        Some((Part::Literal(text), rest))
            if assigns(text) || (rest.is_empty() && RESERVED.contains(&text.as_str())) =>
        {
            let rest = if rest.is_empty() { String::new() } else { Word(rest.to_vec()).to_string() };
            format!("{}{rest}", quote(text))
        }
        _ => word.to_string(),
    }
}

fn write_part(f: &mut Formatter<'_>, part: &Part, in_quotes: bool) -> fmt::Result {
    match part {
        Part::Literal(text) if in_quotes => {
            for c in text.chars() {
                if matches!(c, '"' | '\\' | '$' | '`') {
                    f.write_char('\\')?;
                }
                f.write_char(c)?;
            }
            Ok(())
        }
        Part::Literal(text) => f.write_str(text),
        Part::Quoted(text) => f.write_str(&quote(text)),
        Part::DoubleQuoted(parts) => {
            f.write_char('"')?;
            parts.iter().try_for_each(|part| write_part(f, part, true))?;
            f.write_char('"')
        }
        Part::Tilde(user) => write!(f, "~{user}"),
        Part::Substitution(list) => write!(f, "$( {})", list_text(list)),
        Part::Arithmetic(word) => {
            f.write_str("$((")?;
            word.0.iter().try_for_each(|part| write_part(f, part, true))?;
            f.write_str("))")
        }
        Part::Parameter(parameter) => write_parameter(f, parameter, in_quotes),
    }
}

fn write_parameter(f: &mut Formatter<'_>, parameter: &Parameter, in_quotes: bool) -> fmt::Result {
    let name = &parameter.name;
    let word = |f: &mut Formatter<'_>, word: &Word| {
        word.0.iter().try_for_each(|part| write_part(f, part, in_quotes))
    };
    match &parameter.modifier {
        Modifier::Value => write!(f, "${{{name}}}"),
        Modifier::Length => write!(f, "${{#{name}}}"),
        Modifier::Alternative { operator, or_empty, word: value } => {
            write!(f, "${{{name}{}{operator}", if *or_empty { ":" } else { "" })?;
            word(f, value)?;
            f.write_char('}')
        }
        Modifier::Trim { suffix, longest, pattern } => {
            let operator = if *suffix { "%" } else { "#" };
            write!(f, "${{{name}{}", operator.repeat(if *longest { 2 } else { 1 }))?;
            // Quotes are always those of the pattern itself here, in double quotes as well.
            pattern.0.iter().try_for_each(|part| write_part(f, part, false))?;
            f.write_char('}')
        }
    }
}
