//! What npm's commands and settings are: their names, texts, kinds and defaults, as `tests/record_usage.mjs` recorded
//! them from npm.

use serde_json::{Map, Value};
use std::sync::OnceLock;

const RECORDED: &str = include_str!("interface.json");

fn recorded() -> &'static Value {
    static PARSED: OnceLock<Value> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(RECORDED).unwrap_or_default())
}

fn table(name: &str) -> &'static Map<String, Value> {
    static EMPTY: OnceLock<Map<String, Value>> = OnceLock::new();
    recorded()[name].as_object().unwrap_or_else(|| EMPTY.get_or_init(Map::new))
}

/// Whether SPDX has a licence of this name.
pub(crate) fn is_licence(id: &str) -> bool {
    recorded()["licences"].as_array().is_some_and(|all| all.iter().any(|known| known == id))
}

/// npm's commands, in its order.
pub(crate) fn commands() -> impl Iterator<Item = &'static str> {
    table("commands").keys().map(String::as_str)
}

/// What is known of a command: `description`, `usage`, `params`, `subcommands` …
pub(crate) fn command(name: &str) -> Option<&'static Value> {
    table("commands").get(name)
}

/// Other names of a command, in npm's order.
pub(crate) fn aliases_of(command: &str) -> impl Iterator<Item = &'static str> {
    table("aliases").iter().filter(move |(_, name)| *name == command).map(|(alias, _)| alias.as_str())
}

fn alias(name: &str) -> Option<&'static str> {
    table("aliases").get(name)?.as_str()
}

/// A command for what was typed: its name, an alias, or the beginning of just one of these.
pub(crate) fn command_for(typed: &str) -> Option<&'static str> {
    let mut name = String::new();
    for letter in typed.chars() {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    let exact = |name: &str| commands().find(|command| *command == name).or_else(|| alias(name));
    if name == "bin" {
        return Some("bin");
    }
    exact(&name).or_else(|| {
        exact(unique_start(commands().chain(table("aliases").keys().map(String::as_str)), &name)?)
    })
}

/// The one name that begins so; none when there are several.
fn unique_start(names: impl Iterator<Item = &'static str>, start: &str) -> Option<&'static str> {
    let mut found = names.filter(|name| !start.is_empty() && name.starts_with(start));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting(&'static Value);

impl Setting {
    pub(crate) fn named(key: &str) -> Option<Self> {
        table("settings").get(key).map(Self)
    }

    pub(crate) fn of(recorded: &'static Value) -> Self {
        Self(recorded)
    }

    /// All of them, by name.
    pub(crate) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        table("settings").iter().map(|(key, value)| (key.as_str(), Self(value)))
    }

    fn has_kind(self, kind: &str) -> bool {
        self.0["kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind))
    }

    /// Whether it is on or off, or can be.
    pub(crate) fn is_switch(self) -> bool {
        self.has_kind("Boolean")
    }

    /// Whether it is text and nothing else.
    pub(crate) fn is_text(self) -> bool {
        self.has_kind("String") && self.0["kinds"].as_array().is_some_and(|kinds| kinds.len() == 1)
    }

    /// Whether it can be given more than once.
    pub(crate) fn is_list(self) -> bool {
        self.has_kind("Array")
    }

    /// Whether a switch takes this word as its value, too.
    pub(crate) fn takes(self, word: &str) -> bool {
        let is_word = self.0["words"].as_array().is_some_and(|words| words.iter().any(|w| w == word));
        let is_number = self.has_kind("Number") && !word.starts_with("--") && word.parse::<f64>().is_ok();
        is_word
            || (word == "null" && self.0["nullable"] == true)
            || is_number
            || (self.has_kind("String") && !word.starts_with('-'))
    }

    pub(crate) fn text(self, field: &str) -> &'static str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub(crate) fn list(self, field: &str) -> impl Iterator<Item = &'static str> {
        self.0[field].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    pub(crate) fn is_required(self) -> bool {
        self.0["required"] == true
    }

    /// npm's default, where it does not depend on the machine.
    pub(crate) fn default(self) -> Option<&'static Value> {
        self.0.get("default")
    }
}

/// What an option stands for.
pub(crate) enum Short {
    /// These words in its place.
    Words(Vec<&'static str>),
    /// Itself.
    Nothing,
}

/// npm's short forms: whole names first, then letters put together, then beginnings of them.
pub(crate) fn expand(option: &str) -> Short {
    let name = option.trim_start_matches('-');
    let words = |name: &str| -> Option<Vec<&'static str>> {
        Some(table("shorthands").get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    };
    if Setting::named(name).is_some() {
        return Short::Nothing;
    }
    if let Some(words) = words(name) {
        return Short::Words(words);
    }
    let letters: Option<Vec<_>> = name.chars().map(|letter| words(letter.encode_utf8(&mut [0; 4]))).collect();
    if let Some(letters) = letters.filter(|_| !option.starts_with("--")) {
        return Short::Words(letters.concat());
    }
    if full_name(name).is_some() {
        return Short::Nothing;
    }
    let long =
        unique_start(table("shorthands").keys().map(String::as_str).filter(|name| name.len() > 1), name);
    long.and_then(words).map_or(Short::Nothing, Short::Words)
}

/// The one setting whose name begins so.
pub(crate) fn full_name(start: &str) -> Option<&'static str> {
    Setting::named(start)
        .and_then(|_| table("settings").keys().find(|key| *key == start).map(String::as_str))
        .or_else(|| unique_start(table("settings").keys().map(String::as_str), start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expect: Option<&str>) {
        assert_eq!(command_for(typed), expect, "{typed}");
    }

    #[test]
    fn commands_by_name_alias_and_beginning() {
        check("install", Some("install"));
        check("isntall", Some("install"));
        check("installTest", Some("install-test"));
        check("why", Some("explain"));
        check("frobnicate", None);
        check("publi", Some("publish"));
        check("st", None);
    }

    #[test]
    fn every_parameter_is_a_setting() {
        for name in commands() {
            let params = command(name).and_then(|c| c["params"].as_array().cloned()).unwrap_or_default();
            for param in params.iter().filter_map(Value::as_str) {
                let own = command(name).is_some_and(|c| c["own"].get(param).is_some());
                assert!(own || Setting::named(param).is_some(), "{name}: {param}");
            }
        }
    }
}
