//! Collecting the fields that a word expands to. POSIX 2.6.5 (field splitting).

use super::pattern;

/// A field before pathname expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// What it says.
    pub(super) text: String,
    /// The same as a pattern, in which what was quoted is plain.
    pub(super) pattern: String,
}

/// Fields under construction.
#[derive(Debug, Default)]
pub(super) struct Fields {
    done: Vec<Field>,
    current: Option<Field>,
    /// The last field was ended by white space, which a delimiter right after it belongs to.
    ended_by_space: bool,
}

impl Fields {
    /// Adds quoted text. Even if it is empty there is a field from now on.
    pub(super) fn quoted(&mut self, text: &str) {
        let field = self.current.get_or_insert_default();
        field.text.push_str(text);
        field.pattern.push_str(&pattern::escape(text));
        self.ended_by_space = false;
    }

    /// Adds unquoted text of the script itself: not split, but its pattern characters are active.
    pub(super) fn literal(&mut self, text: &str) {
        let field = self.current.get_or_insert_default();
        field.text.push_str(text);
        field.pattern.push_str(text);
        self.ended_by_space = false;
    }

    /// Adds the result of an unquoted expansion: split at the characters of `separators`, pattern characters active.
    pub(super) fn split(&mut self, text: &str, separators: &str) {
        for c in text.chars() {
            if !separators.contains(c) {
                let field = self.current.get_or_insert_default();
                field.text.push(c);
                // A backslash that comes out of an expansion quotes nothing.
                if c == '\\' {
                    field.pattern.push('\\');
                }
                field.pattern.push(c);
                self.ended_by_space = false;
            } else if matches!(c, ' ' | '\t' | '\n') {
                if self.current.is_some() {
                    self.end_field();
                    self.ended_by_space = true;
                }
            } else {
                if self.current.is_some() || !self.ended_by_space {
                    self.current.get_or_insert_default();
                    self.end_field();
                }
                self.ended_by_space = false;
            }
        }
    }

    /// Ends the field under construction, if there is one.
    pub(super) fn end_field(&mut self) {
        self.done.extend(self.current.take());
    }

    /// All of them.
    pub(super) fn finish(mut self) -> Vec<Field> {
        self.end_field();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(separators: &str, text: &str, expected: &[&str]) {
        let mut fields = Fields::default();
        fields.split(text, separators);
        let texts: Vec<String> = fields.finish().into_iter().map(|field| field.text).collect();
        assert_eq!(texts, expected, "{text:?} at {separators:?}");
    }

    #[test]
    fn fields_are_split_at_ifs() {
        check(" \t\n", "  a b\n c ", &["a", "b", "c"]);
        check(" \t\n", "", &[]);
        check(":", "a::b:", &["a", "", "b"]);
        check(":", ":a", &["", "a"]);
        check(" :", "a : b :c", &["a", "b", "c"]);
        check("", "a b", &["a b"]);
    }
}
