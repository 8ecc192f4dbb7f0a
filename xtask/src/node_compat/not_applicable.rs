//! Test files that cannot apply to this system, each with its reason: `tests/node-compat/not_applicable`.
//!
//! A line is a path, or the start of one that ends with `*`, and the reason. What this system merely lacks does not belong
//! there: that is a failure.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// The list.
#[derive(Debug, Default)]
pub(super) struct NotApplicable(Vec<(String, String)>);

impl NotApplicable {
    /// Reads the list.
    ///
    /// # Errors
    /// When it is not there, or a line has no reason.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).map_err(Error::file("read", file))?;
        let mut list = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (pattern, reason) = line.split_once(' ').ok_or_else(|| Error::Malformed {
                what: format!("{}: `{line}`", file.display()),
                reason: "a line is a path and the reason why it does not apply".to_owned(),
            })?;
            list.push((pattern.to_owned(), reason.trim().to_owned()));
        }
        Ok(Self(list))
    }

    /// Why a test file does not apply; none if it does.
    pub(super) fn reason(&self, name: &str) -> Option<&str> {
        let matches = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        self.0.iter().find(|(pattern, _)| matches(pattern)).map(|(_, reason)| reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_or_the_start_of_one_is_named() {
        let entry = |pattern: &str, reason: &str| (pattern.to_owned(), reason.to_owned());
        let list = NotApplicable(vec![entry("parallel/a.js", "one"), entry("parallel/b-*", "two")]);
        assert_eq!(list.reason("parallel/a.js"), Some("one"));
        assert_eq!(list.reason("parallel/b-c.js"), Some("two"));
        assert_eq!(list.reason("parallel/a.mjs"), None);
    }
}
