//! Known failures: a file of lines `name = "reason"`, with comments behind `#`.

use std::{collections::BTreeMap, fs, path::Path};

use crate::error::Error;

/// Names with the reasons why they fail.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<String, String>);

impl Known {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Known, Error> {
        let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
        Known::parse(&text).map_err(|(line, problem)| Error::Known { path: path.into(), line, problem })
    }

    fn parse(text: &str) -> Result<Known, (usize, &'static str)> {
        let mut known = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let error = |problem| (index + 1, problem);
            let (name, rest) = line.split_once('=').ok_or(error("write `name = \"reason\"`"))?;
            let reason = rest
                .trim()
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .filter(|reason| !reason.is_empty())
                .ok_or(error("the reason stands in quotes"))?;
            if known.insert(name.trim().to_owned(), reason.to_owned()).is_some() {
                return Err(error("this name has a reason already"));
            }
        }
        Ok(Known(known))
    }

    /// Why this one fails, if it is known to.
    pub(crate) fn reason(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether every name is one of these.
    pub(crate) fn all_named(&self, path: &Path, exists: impl Fn(&str) -> bool) -> Result<(), Error> {
        match self.0.keys().find(|name| !exists(name)) {
            Some(name) => Err(Error::UnknownCase { path: path.into(), name: name.clone() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_reasons() {
        let known = Known::parse("# a comment\n\ntcp/a = \"because\"\n").unwrap();
        assert_eq!(known.reason("tcp/a"), Some("because"));
        assert_eq!(known.reason("tcp/b"), None);
        assert!(known.all_named(Path::new("k"), |name| name == "tcp/a").is_ok());
        assert!(known.all_named(Path::new("k"), |_| false).is_err());
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for (text, line) in [("a", 1), ("a = b", 1), ("\na = \"\"", 2), ("a = \"1\"\na = \"2\"", 2)] {
            assert_eq!(Known::parse(text).unwrap_err().0, line, "{text:?}");
        }
    }
}
