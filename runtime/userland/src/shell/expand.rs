//! Word expansion. POSIX 2.6.

use super::fields::{Field, Fields};
use super::{Interrupt, Run, Shell, ShellError, arithmetic, pattern};
use crate::parser::is_name;
use crate::syntax::{Modifier, Parameter, Part, Word};

/// Where a word stands decides what happens to what it expands to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// A command's word: split and, later, matched against files.
    Split,
    /// Between double quotes, in an assignment, in a redirection.
    Whole,
}

impl Shell {
    /// The fields of a command's words.
    pub(super) fn expand_words(&mut self, words: &[Word]) -> Run<Vec<String>> {
        let mut all = Vec::new();
        for word in words {
            let mut fields = Fields::default();
            self.expand_parts(&word.0, Context::Split, &mut fields)?;
            for field in fields.finish() {
                self.match_files(field, &mut all);
            }
        }
        Ok(all)
    }

    /// A word as one text.
    pub(super) fn expand_text(&mut self, word: &Word) -> Run<String> {
        self.expand_whole(word).map(|field| field.text)
    }

    /// A word as a pattern, in which what was quoted is plain.
    pub(super) fn expand_pattern(&mut self, word: &Word) -> Run<String> {
        self.expand_whole(word).map(|field| field.pattern)
    }

    fn expand_whole(&mut self, word: &Word) -> Run<Field> {
        let mut fields = Fields::default();
        self.expand_parts(&word.0, Context::Whole, &mut fields)?;
        // There is at most one: nothing splits in this context.
        Ok(fields.finish().into_iter().next().unwrap_or_default())
    }

    fn expand_parts(&mut self, parts: &[Part], context: Context, fields: &mut Fields) -> Run {
        parts.iter().try_for_each(|part| self.expand_part(part, context, fields))
    }

    fn expand_part(&mut self, part: &Part, context: Context, fields: &mut Fields) -> Run {
        match part {
            Part::Literal(text) => fields.literal(text),
            Part::Quoted(text) => fields.quoted(text),
            Part::DoubleQuoted(parts) => self.expand_quoted(parts, context, fields)?,
            Part::Tilde(user) => {
                let home = self.get("HOME").filter(|_| user.is_empty());
                fields.quoted(&home.unwrap_or_else(|| format!("~{user}")));
            }
            Part::Parameter(parameter) => self.expand_parameter(parameter, context, fields)?,
            Part::Substitution(list) => {
                let text = self.substitute(list)?;
                self.add(&text, context, fields);
            }
            Part::Arithmetic(expression) => {
                let text = self.arithmetic(expression)?;
                self.add(&text, context, fields);
            }
        }
        Ok(())
    }

    /// The inside of double quotes: nothing is split, except that `$@` gives a field for each parameter.
    fn expand_quoted(&mut self, parts: &[Part], context: Context, fields: &mut Fields) -> Run {
        let only_at = |part: &Part| matches!(part, Part::Parameter(Parameter { name, modifier: Modifier::Value }) if name == "@");
        // `"$@"` without parameters is no field at all.
        if !(parts.len() == 1 && only_at(&parts[0]) && self.parameters.is_empty()) {
            fields.quoted("");
        }
        for part in parts {
            match part {
                Part::Literal(text) => fields.quoted(text),
                part if only_at(part) && context == Context::Split => {
                    for (index, value) in self.parameters.iter().enumerate() {
                        if index > 0 {
                            fields.end_field();
                        }
                        fields.quoted(value);
                    }
                }
                part => {
                    let mut inner = Fields::default();
                    self.expand_part(part, Context::Whole, &mut inner)?;
                    inner.finish().iter().for_each(|field| fields.quoted(&field.text));
                }
            }
        }
        Ok(())
    }

    fn add(&self, text: &str, context: Context, fields: &mut Fields) {
        match context {
            Context::Whole if text.is_empty() => {}
            // As a pattern, what comes out of an unquoted expansion is active.
            Context::Whole => fields.split(text, ""),
            Context::Split => fields.split(text, &self.get("IFS").unwrap_or_else(|| " \t\n".to_owned())),
        }
    }

    fn arithmetic(&mut self, expression: &Word) -> Run<String> {
        let quoted = Word(vec![Part::DoubleQuoted(expression.0.clone())]);
        let text = self.expand_text(&quoted)?;
        match arithmetic::evaluate(&text, self) {
            Ok(value) => Ok(value.to_string()),
            Err(error) => self.fail(&error),
        }
    }

    fn expand_parameter(&mut self, parameter: &Parameter, context: Context, fields: &mut Fields) -> Run {
        let name = parameter.name.as_str();
        if parameter.modifier == Modifier::Value && matches!(name, "@" | "*") && context == Context::Split {
            for (index, value) in self.parameters.clone().iter().enumerate() {
                if index > 0 {
                    fields.end_field();
                }
                self.add(value, context, fields);
            }
            return Ok(());
        }
        let value = self.parameter(name);
        match &parameter.modifier {
            Modifier::Value => {
                let value = self.set_value(name, value)?;
                self.add(&value, context, fields);
            }
            Modifier::Length => {
                let value = self.set_value(name, value)?;
                self.add(&value.chars().count().to_string(), context, fields);
            }
            Modifier::Alternative { operator, or_empty, word } => {
                let value = value.filter(|value| !(*or_empty && value.is_empty()));
                return self.alternative(name, *operator, value, word, context, fields);
            }
            Modifier::Trim { suffix, longest, pattern } => {
                let value = self.set_value(name, value)?;
                let pattern = self.expand_pattern(pattern)?;
                let trimmed = trim(&value, &pattern, *suffix, *longest);
                self.add(trimmed, context, fields);
            }
        }
        Ok(())
    }

    /// `${x-word}`, `${x=word}`, `${x?word}`, `${x+word}`.
    fn alternative(
        &mut self,
        name: &str,
        operator: char,
        value: Option<String>,
        word: &Word,
        context: Context,
        fields: &mut Fields,
    ) -> Run {
        match (operator, value) {
            ('+', None) => Ok(()),
            ('+', Some(_)) | ('-', None) => self.expand_alternative(&word.0, context, fields),
            ('=', None) => {
                let text = self.expand_text(word)?;
                if !is_name(name) {
                    let message = "cannot be assigned to".to_owned();
                    return self.fail(&ShellError::Unset { name: name.to_owned(), message });
                }
                if let Err(error) = self.set(name, &text) {
                    return self.fail(&error);
                }
                self.add(&text, context, fields);
                Ok(())
            }
            ('?', None) => {
                let text = self.expand_text(word)?;
                let message = if word.0.is_empty() { "parameter not set".to_owned() } else { text };
                self.fail(&ShellError::Unset { name: name.to_owned(), message })
            }
            (_, value) => {
                self.add(&value.unwrap_or_default(), context, fields);
                Ok(())
            }
        }
    }

    /// The word of `${x-word}`: its unquoted text is split as if it were a value.
    fn expand_alternative(&mut self, parts: &[Part], context: Context, fields: &mut Fields) -> Run {
        for part in parts {
            match part {
                Part::Literal(text) => self.add(text, context, fields),
                part => self.expand_part(part, context, fields)?,
            }
        }
        Ok(())
    }

    /// The value, or nothing where unset parameters are allowed.
    fn set_value(&mut self, name: &str, value: Option<String>) -> Run<String> {
        match value {
            Some(value) => Ok(value),
            None if self.options.unset_is_error && !matches!(name, "@" | "*") => {
                let message = "parameter not set".to_owned();
                self.fail(&ShellError::Unset { name: name.to_owned(), message })
            }
            None => Ok(String::new()),
        }
    }

    /// The value of any parameter. POSIX 2.5.
    fn parameter(&self, name: &str) -> Option<String> {
        match name {
            "@" | "*" => {
                let separator = match self.get("IFS") {
                    _ if name == "@" => " ".to_owned(),
                    None => " ".to_owned(),
                    Some(ifs) => ifs.chars().take(1).collect(),
                };
                (!self.parameters.is_empty()).then(|| self.parameters.join(&separator))
            }
            "#" => Some(self.parameters.len().to_string()),
            "?" => Some(self.status.to_string()),
            "$" => Some(self.pid.to_string()),
            "!" => self.last_background.map(|pid| pid.to_string()),
            "-" => Some(self.option_letters()),
            "0" => Some(self.name.clone()),
            _ => match name.parse::<usize>() {
                Ok(number) => self.parameters.get(number.checked_sub(1)?).cloned(),
                Err(_) => self.get(name),
            },
        }
    }

    /// `$-`.
    pub(super) fn option_letters(&self) -> String {
        let options = &self.options;
        let letters = [
            (options.exit_on_failure, 'e'),
            (options.no_globbing, 'f'),
            (self.interactive, 'i'),
            (options.unset_is_error, 'u'),
            (options.trace, 'x'),
        ];
        letters.into_iter().filter(|(on, _)| *on).map(|(_, letter)| letter).collect()
    }

    /// Pathname expansion of a field; one that matches nothing stays as it is. POSIX 2.6.6.
    fn match_files(&self, field: Field, all: &mut Vec<String>) {
        if self.options.no_globbing || !pattern::is_active(&field.pattern) {
            all.push(field.text);
            return;
        }
        let mut found = vec![String::new()];
        for (index, component) in field.pattern.split('/').enumerate() {
            if index > 0 {
                found.iter_mut().for_each(|path| path.push('/'));
            }
            found = found.into_iter().flat_map(|base| matching_names(&base, component)).collect();
        }
        if found.is_empty() {
            all.push(field.text);
        } else {
            found.sort();
            all.append(&mut found);
        }
    }

    /// Runs a list in a subshell and gives what it printed, without its last newlines. POSIX 2.6.3.
    fn substitute(&mut self, list: &crate::syntax::List) -> Run<String> {
        match self.capture(list) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).replace('\0', "");
                Ok(text.trim_end_matches('\n').to_owned())
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Expands assignments in their order. Each is in force for the next.
    pub(super) fn expand_assignments(
        &mut self,
        assignments: &[(String, Word)],
    ) -> Run<Vec<(String, String)>> {
        assignments
            .iter()
            .map(|(name, value)| Ok::<_, Interrupt>((name.clone(), self.expand_text(value)?)))
            .collect()
    }
}

/// The paths `base` + name, for the names in the folder `base` that match one component of a pattern.
fn matching_names(base: &str, component: &str) -> Vec<String> {
    if !pattern::is_active(component) {
        let path = format!("{base}{}", pattern::unescape(component));
        let exists = path.is_empty() || oac_sys::lstat(path.as_bytes()).is_ok();
        return if exists { vec![path] } else { Vec::new() };
    }
    let folder = if base.is_empty() { "." } else { base };
    let entries = oac_sys::readdir(folder.as_bytes()).unwrap_or_default();
    let names = entries.iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned());
    names
        // A leading dot is matched only by a dot.
        .filter(|name| !name.starts_with('.') || component.starts_with('.'))
        .filter(|name| pattern::matches(component, name))
        .map(|name| format!("{base}{name}"))
        .collect()
}

/// Removes the shortest or longest prefix or suffix that matches. POSIX 2.6.2.
fn trim<'a>(value: &'a str, pattern: &str, suffix: bool, longest: bool) -> &'a str {
    let cuts = value.char_indices().map(|(at, _)| at).chain([value.len()]);
    let cuts: Vec<usize> =
        if suffix == longest { cuts.collect() } else { cuts.collect::<Vec<_>>().into_iter().rev().collect() };
    for cut in cuts {
        let (start, end) = value.split_at(cut);
        let (removed, kept) = if suffix { (end, start) } else { (start, end) };
        if pattern::matches(pattern, removed) {
            return kept;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;
    use crate::syntax::CommandKind;

    /// The fields of `echo`'s arguments, with `x=5`, `p='a  b'`, `e=` and three parameters.
    fn check(words: &str, expected: &[&str]) {
        let parameters = ["one", "two  2", ""].map(str::to_owned).to_vec();
        let mut shell = Shell::new("sh", parameters, []);
        for (name, value) in
            [("x", "5"), ("p", "a  b"), ("e", ""), ("f", "dir/file.tar.gz"), ("HOME", "/root")]
        {
            shell.set(name, value).expect("not read only");
        }
        let script = format!("echo {words}");
        let list = Parser::new(&script).next_command().expect("it parses").expect("a command");
        let CommandKind::Simple { words: parsed, .. } = &list[0].first.commands[0].kind else {
            panic!("simple")
        };
        let fields = shell.expand_words(&parsed[1..]).expect("it expands");
        assert_eq!(fields, expected, "{words}");
    }

    #[test]
    fn parameters() {
        check("$x ${x}y $e \"$e\" '' $unset", &["5", "5y", "", ""]);
        check("$p \"$p\" a$p", &["a", "b", "a  b", "aa", "b"]);
        check("\"$@\" $#", &["one", "two  2", "", "3"]);
        check("$@", &["one", "two", "2"]);
        check("\"$*\" \"a$@b\"", &["one two  2 ", "aone", "two  2", "b"]);
        check("$1 \"$3\" $4", &["one", ""]);
    }

    #[test]
    fn alternatives() {
        check("${x:-no} ${unset:-a b} \"${unset:-a b}\" ${e-no} ${e:-yes}", &["5", "a", "b", "a b", "yes"]);
        check("${x:+set} ${unset+set} ${unset:=7} $unset", &["set", "7", "7"]);
        check("${unset:-$p} \"${unset:-$p}\" ${unset:-\"$p\"}", &["a", "b", "a  b", "a  b"]);
    }

    #[test]
    fn lengths_and_trims() {
        check("${#p} ${#unset}", &["4", "0"]);
        check("${f%.*} ${f%%.*} ${f#*/} ${f##*.}", &["dir/file.tar", "dir/file", "file.tar.gz", "gz"]);
        check("\"${f%\".*\"}\"", &["dir/file.tar.gz"]);
    }

    #[test]
    fn others() {
        check("$((x + 1)) \"$((2 * (x - 1)))\"", &["6", "8"]);
        check("~ ~/a '~' \"~\"", &["/root", "/root/a", "~", "~"]);
        check("\\$x '$x' \"\\$x\" a\\ b", &["$x", "$x", "$x", "a b"]);
        check("nothing*matches '*' \\?", &["nothing*matches", "*", "?"]);
    }
}
