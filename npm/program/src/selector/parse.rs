//! Dependency selectors as text: `:root > .prod[license=MIT]:not(#a)`.

use crate::failure::Failure;

/// A selector: any of these.
pub(super) type Selectors = Vec<Vec<Part>>;

/// `[name]`, `[name^=value i]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// `=`, `^=` … ; empty where only the presence counts.
    pub(super) operator: String,
    pub(super) value: String,
    pub(super) insensitive: bool,
}

/// What stands in a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// `>`, `~` or a blank.
    Combinator(char),
    Universal,
    Id(String),
    Class(String),
    Attribute(Attribute),
    /// `:is`, `:not`, `:has`.
    Nested(String, Selectors),
    /// `:attr(a, b, [c=d])`: where to look, what for.
    Attr(Vec<String>, Attribute),
    /// `:semver(^1, :attr(engines, [node]), satisfies)`
    Semver {
        value: String,
        path: Vec<String>,
        attribute: Option<Attribute>,
        function: String,
    },
    /// Others, with what stands in their brackets.
    Pseudo(String, String),
}

/// How deep selectors may stand in selectors.
const DEPTH_MAX: usize = 32;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

fn failed(problem: &str) -> Failure {
    Failure::Coded { code: "EQUERYPARSE".into(), lines: vec![problem.to_owned()] }
}

/// Parses a selector.
///
/// # Errors
/// npm's code and one line.
pub(super) fn parse(text: &str) -> Result<Selectors, Failure> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let selectors = parser.selectors()?;
    if parser.at < text.len() {
        return Err(failed(&format!("Unexpected `{}` in the selector", &text[parser.at..])));
    }
    Ok(selectors)
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take(&mut self, wanted: char) -> Result<(), Failure> {
        self.blanks();
        match self.next() {
            Some(found) if found == wanted => Ok(()),
            Some(found) => Err(failed(&format!("Expected `{wanted}` but found `{found}` in the selector"))),
            None => Err(failed(&format!("Expected `{wanted}` at the end of the selector"))),
        }
    }

    fn blanks(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
        self.at > start
    }

    /// Letters up to one of these.
    fn until(&mut self, ends: &[char]) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !ends.contains(&c)) {
            self.next();
        }
        self.text[start..self.at].to_owned()
    }

    fn selectors(&mut self) -> Result<Selectors, Failure> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(failed("The selector is nested too deep"));
        }
        let mut all = Vec::new();
        loop {
            all.push(self.selector()?);
            self.blanks();
            if self.peek() != Some(',') {
                self.depth -= 1;
                return Ok(all);
            }
            self.next();
        }
    }

    fn selector(&mut self) -> Result<Vec<Part>, Failure> {
        let mut parts: Vec<Part> = Vec::new();
        self.blanks();
        loop {
            let blank = self.blanks();
            let Some(next) = self.peek().filter(|c| !matches!(c, ',' | ')')) else { return Ok(parts) };
            if matches!(next, '>' | '~') {
                self.next();
                self.blanks();
                parts.push(Part::Combinator(next));
                continue;
            }
            if blank && !parts.is_empty() && !matches!(parts.last(), Some(Part::Combinator(_))) {
                parts.push(Part::Combinator(' '));
            }
            let part = self.part()?;
            parts.push(part);
        }
    }

    fn part(&mut self) -> Result<Part, Failure> {
        const NAME_ENDS: [char; 12] = [' ', '\t', '\n', '>', '~', ',', ')', '(', '[', ':', '#', '*'];
        match self.next() {
            Some('*') => Ok(Part::Universal),
            Some('#') => Ok(Part::Id(self.name(&NAME_ENDS))),
            Some('.') => {
                Ok(Part::Class(self.until(&[' ', '\t', '\n', '>', '~', ',', ')', '(', '[', ':', '#', '.'])))
            }
            Some('[') => Ok(Part::Attribute(self.attribute()?)),
            Some(':') => self.pseudo(),
            Some(other) => Err(failed(&format!("`{other}` is not a supported selector."))),
            None => Err(failed("The selector ends too early")),
        }
    }

    /// A name, in which `\` takes the next character as it is.
    fn name(&mut self, ends: &[char]) -> String {
        let mut name = String::new();
        while let Some(next) = self.peek().filter(|c| !ends.contains(c)) {
            self.next();
            match (next, self.peek()) {
                ('\\', Some(_)) => name.extend(self.next()),
                _ => name.push(next),
            }
        }
        name
    }

    fn quoted(&mut self, ends: &[char]) -> String {
        self.blanks();
        match self.peek() {
            Some(mark @ ('"' | '\'')) => {
                self.next();
                let text = self.until(&[mark]);
                self.next();
                text
            }
            _ => self.until(ends).trim().to_owned(),
        }
    }

    /// After `[`, up to and with `]`.
    fn attribute(&mut self) -> Result<Attribute, Failure> {
        let name = self.until(&['=', '~', '*', '|', '^', '$', ']']).trim().to_owned();
        let operator = self.until_not(&['=', '~', '*', '|', '^', '$']);
        let (mut value, mut insensitive) = (String::new(), false);
        if !operator.is_empty() {
            let marked = {
                self.blanks();
                matches!(self.peek(), Some('"' | '\''))
            };
            value = self.quoted(&[']']);
            if marked {
                insensitive = self.until(&[']']).trim().eq_ignore_ascii_case("i");
            } else if let Some(short) = value.strip_suffix(" i").or_else(|| value.strip_suffix(" I")) {
                insensitive = true;
                value = short.trim().to_owned();
            }
        }
        self.take(']')?;
        Ok(Attribute { name, operator, value, insensitive })
    }

    fn until_not(&mut self, letters: &[char]) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| letters.contains(&c)) {
            self.next();
        }
        self.text[start..self.at].to_owned()
    }

    fn pseudo(&mut self) -> Result<Part, Failure> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') {
            self.next();
        }
        let name = self.text[start..self.at].to_owned();
        if self.peek() != Some('(') {
            return Ok(Part::Pseudo(name, String::new()));
        }
        self.next();
        let part = match name.as_str() {
            "is" | "not" | "has" => Part::Nested(name, self.selectors()?),
            "attr" => {
                let (path, attribute) = self.attr()?;
                Part::Attr(path, attribute)
            }
            "semver" => self.semver()?,
            _ => Part::Pseudo(name, self.quoted(&[')'])),
        };
        self.take(')')?;
        Ok(part)
    }

    /// `a, b, [c=d]`
    fn attr(&mut self) -> Result<(Vec<String>, Attribute), Failure> {
        let mut path = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some('[') => {
                    self.next();
                    return Ok((path, self.attribute()?));
                }
                None | Some(')') => return Err(failed("`:attr` needs an attribute such as [name]")),
                _ => path.push(self.quoted(&[',', ')'])),
            }
            self.blanks();
            if self.peek() == Some(',') {
                self.next();
            }
        }
    }

    fn semver(&mut self) -> Result<Part, Failure> {
        let value = self.quoted(&[',', ')']);
        let (mut path, mut attribute, mut function) = (Vec::new(), None, "infer".to_owned());
        loop {
            self.blanks();
            if self.peek() != Some(',') {
                return Ok(Part::Semver { value, path, attribute, function });
            }
            self.next();
            self.blanks();
            if self.text[self.at..].starts_with(":attr(") {
                self.at += ":attr(".len();
                let (names, found) = self.attr()?;
                (path, attribute) = (names, Some(found));
                self.take(')')?;
            } else if self.peek() == Some('[') {
                self.next();
                attribute = Some(self.attribute()?);
            } else {
                function = self.quoted(&[',', ')']);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let got = parse(text).map_or_else(|f| format!("{f:?}"), |parts| format!("{parts:?}"));
        assert!(got.contains(expect), "{text}: {got}");
    }

    #[test]
    fn selectors() {
        check("*", "[[Universal]]");
        check(":root > .prod #a", r#"Combinator('>'), Class("prod"), Combinator(' '), Id("a")"#);
        check("#@scope\\/a", r#"Id("@scope/a")"#);
        check("[license=MIT],[a^='b' i]", r#"operator: "^=", value: "b", insensitive: true"#);
        check(":not(:is(.dev, #b))", r#"Nested("not", [[Nested("is", [[Class("dev")], [Id("b")]])]])"#);
        check(":attr(scripts, [test~=tap])", r#"Attr(["scripts"], Attribute { name: "test", operator: "~=""#);
        check(":semver(^1, :attr(engines, [node]), gt)", r#"function: "gt""#);
        check(":type(git)", r#"Pseudo("type", "git")"#);
        check(":not(#a", "Expected `)`");
        check("a", "`a` is not a supported selector");
        check(&":not(".repeat(40), "too deep");
    }
}
