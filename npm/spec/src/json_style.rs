//! JSON text in npm's hand: indentation and newline kept from the file, keys of lock files sorted
//! as `json-stringify-nice` sorts them.

use crate::SpecError;
use crate::collation::locale_compare;
use serde::Serialize;
use serde_json::{Map, Value};

/// How a JSON file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonStyle {
    /// One step of indentation.
    pub indent: String,
    /// The line end; none for a file on one line.
    pub newline: String,
}

impl Default for JsonStyle {
    fn default() -> Self {
        Self { indent: "  ".into(), newline: "\n".into() }
    }
}

impl JsonStyle {
    /// Reads the style off a file: what stands between its first bracket and its first key.
    pub fn detect(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
        let Some(rest) = text.strip_prefix(['{', '[']) else {
            return Self::default();
        };
        let newlines = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        if newlines == 0 {
            // One line: `{}` alone tells nothing, anything else asks for no indentation.
            let empty = rest.trim_end().len() <= 1;
            return if empty {
                Self::default()
            } else {
                Self { indent: String::new(), newline: String::new() }
            };
        }
        let after = &rest[newlines..];
        let indent = after.len() - after.trim_start_matches([' ', '\t']).len();
        Self {
            indent: after[..indent].into(),
            newline: if rest.starts_with('\r') { "\r\n" } else { "\n" }.into(),
        }
    }

    /// The value as text in this style, with a line end after it.
    pub fn print(&self, value: &Value) -> String {
        let mut out = Vec::with_capacity(4096);
        if self.indent.is_empty() {
            out = value.to_string().into_bytes();
        } else {
            let formatter = serde_json::ser::PrettyFormatter::with_indent(self.indent.as_bytes());
            let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
            value.serialize(&mut serializer).expect("a JSON value always serialises into memory");
        }
        out.push(b'\n');
        let text = String::from_utf8(out).expect("serde_json writes UTF-8");
        if self.newline == "\n" { text } else { text.replace('\n', &self.newline) }
    }
}

/// Parses a JSON file of the project.
///
/// # Errors
/// `SpecError::Json` naming the file, the line and the column.
pub fn parse_json(file: &str, text: &str) -> Result<Value, SpecError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|e| SpecError::Json { file: file.to_owned(), problem: e.to_string() })
}

/// Keys that come first in a lock file, in this order.
const LOCK_KEYS: [&str; 8] =
    ["name", "version", "lockfileVersion", "resolved", "integrity", "requires", "packages", "dependencies"];

/// Sorts every object: plain values before objects, npm's lock keys first, then by name.
pub fn sort_for_lock(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(String, Value)> = std::mem::take(object).into_iter().collect();
            let rank = |key: &str| LOCK_KEYS.iter().position(|k| *k == key).unwrap_or(LOCK_KEYS.len());
            entries.sort_by(|(ak, av), (bk, bv)| {
                av.is_object()
                    .cmp(&bv.is_object())
                    .then_with(|| rank(ak).cmp(&rank(bk)))
                    .then_with(|| locale_compare(ak, bk))
            });
            let mut sorted = Map::with_capacity(entries.len());
            for (key, mut value) in entries {
                sort_for_lock(&mut value);
                sorted.insert(key, value);
            }
            *object = sorted;
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, indent: &str, newline: &str) {
        let style = JsonStyle::detect(text);
        assert_eq!((style.indent.as_str(), style.newline.as_str()), (indent, newline));
    }

    #[test]
    fn style_is_kept() {
        check("{\n  \"a\": 1\n}\n", "  ", "\n");
        check("{\r\n\t\"a\": 1\r\n}", "\t", "\r\n");
        check("{}", "  ", "\n");
        check("{\"a\":1}", "", "");
    }

    #[test]
    fn lock_keys_sort_as_in_npm() {
        let mut v = json!({ "packages": {}, "requires": true, "lockfileVersion": 3, "z": 1, "name": "a" });
        sort_for_lock(&mut v);
        let keys: Vec<_> = v.as_object().into_iter().flat_map(|o| o.keys()).collect();
        assert_eq!(keys, ["name", "lockfileVersion", "requires", "z", "packages"]);
    }
}
