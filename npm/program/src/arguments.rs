//! The command line: a command, its arguments, options anywhere among them.

use crate::interface::{Setting, Short, command_for, expand, full_name};
use oac_npm_registry::Layer;
use std::collections::VecDeque;

/// A parsed command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    /// The first word.
    pub(crate) command: Option<String>,
    /// The other words.
    pub(crate) words: Vec<String>,
    /// What follows `--`, which belongs to the script or program to run.
    pub(crate) rest: Vec<String>,
    /// Options, as settings.
    pub(crate) options: Layer,
    /// What npm has to say about how it was called.
    pub(crate) warnings: Vec<String>,
    /// Called as `npx`: options belong to the program from its name on.
    is_npx: bool,
}

impl Arguments {
    /// Parses what `npm` was given.
    pub(crate) fn parse(argv: Vec<String>) -> Self {
        Self::default().parsed(argv)
    }

    /// Parses what `npx` was given: as `npm exec`, with options before the program's name only.
    pub(crate) fn parse_npx(argv: Vec<String>) -> Self {
        let mut all = vec!["exec".to_owned()];
        all.extend(argv.into_iter().map(|word| match word.as_str() {
            "-p" => "--package".to_owned(),
            "-c" => "--call".to_owned(),
            _ => word,
        }));
        Self { is_npx: true, ..Self::default() }.parsed(all)
    }

    fn parsed(mut self, argv: Vec<String>) -> Self {
        let mut argv: VecDeque<String> = argv.into();
        while let Some(word) = argv.pop_front() {
            let program_follows = self.is_npx && !self.words.is_empty();
            if word == "--" {
                self.rest.extend(argv.drain(..));
            } else if program_follows || !is_option(&word) {
                self.word(word);
            } else {
                self.option(word, &mut argv);
            }
        }
        self
    }

    fn word(&mut self, word: String) {
        if self.command.is_none() {
            self.command = Some(word);
        } else {
            self.words.push(word);
        }
    }

    fn canonical_command(&self) -> Option<&'static str> {
        canonical(self.command.as_deref()?)
    }

    /// Takes an option in, and from what follows it its value: as `nopt` does for npm.
    fn option(&mut self, word: String, following: &mut VecDeque<String>) {
        let (name, given) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        let exec = self.canonical_command() == Some("exec");
        let words = match (name.as_str(), expand(&name)) {
            ("-p", _) if exec => vec!["--package"],
            (_, Short::Words(words)) => words,
            _ => Vec::new(),
        };
        if let Some((last, before)) = words.split_last() {
            if let Some(value) = given {
                following.push_front(value);
            }
            let again: Vec<String> = before.iter().chain([last]).map(|w| (*w).to_owned()).collect();
            again.into_iter().rev().for_each(|word| following.push_front(word));
            return;
        }
        let mut key = name.trim_start_matches('-');
        let mut negated = None;
        while let Some(rest) = key.strip_prefix("no-") {
            negated = Some(!negated.unwrap_or(false));
            key = rest;
        }
        if let Some(full) = full_name(key).filter(|full| *full != key) {
            self.warnings.push(format!(
                "Expanding --{key} to --{full}. This will stop working in the next major version of npm."
            ));
            key = full;
        }
        let key = key.to_owned();
        let has_value = given.is_some();
        if let Some(value) = given {
            following.push_front(value);
        }
        let setting = Setting::named(&key);
        let is_switch = negated.is_some() || setting.map_or(!has_value, Setting::is_switch);
        let value = match is_switch {
            true => switched(negated == Some(true), setting, following),
            false => valued(setting, following),
        };
        self.check_known(&key, setting, is_switch && !has_value, following);
        self.set(&key, &value);
    }

    /// npm's warning about an option that it does not have.
    fn check_known(&mut self, key: &str, setting: Option<Setting>, bare: bool, following: &VecDeque<String>) {
        let is_known = setting.is_some() || key.contains(':') || key.starts_with("oac-");
        if is_known || matches!(key, "") {
            return;
        }
        let next = following.front().filter(|next| bare && !next.starts_with('-'));
        if let Some(next) = next.filter(|next| !matches!(next.as_str(), "true" | "false")) {
            self.warnings.push(format!("\"{next}\" is being parsed as a normal command line argument."));
        }
        self.warnings.push(format!(
            "Unknown cli config \"--{key}\". This will stop working in the next major version of npm."
        ));
    }

    fn set(&mut self, key: &str, value: &str) {
        let (key, value) = match key {
            "production" if value == "true" => ("omit", "dev"),
            _ => (key, value),
        };
        match self.options.get_mut(key) {
            // `--omit=dev --omit=optional` add up.
            Some(old) if Setting::named(key).is_some_and(Setting::is_list) => {
                old.push(',');
                old.push_str(value);
            }
            _ => {
                self.options.insert(key.to_owned(), value.to_owned());
            }
        }
    }

    /// A switch of the command line itself.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.options.get(key).map(|value| value != "false")
    }
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// The value of a switch: on or off, or a word that it takes, too.
fn switched(negated: bool, setting: Option<Setting>, following: &mut VecDeque<String>) -> String {
    let next = following.front().map(String::as_str);
    if let Some(word @ ("true" | "false")) = next {
        let on = (word == "true") != negated;
        following.pop_front();
        return on.to_string();
    }
    if !negated
        && next.is_some_and(|word| setting.is_some_and(|setting| setting.takes(word)))
        && let Some(word) = following.pop_front()
    {
        return word;
    }
    (!negated).to_string()
}

/// The value of any other option: the next word.
fn valued(setting: Option<Setting>, following: &mut VecDeque<String>) -> String {
    let only_text = setting.is_some_and(Setting::is_text);
    match following.front() {
        Some(word) if word == "--" => String::new(),
        Some(word) if only_text && is_option(word) => String::new(),
        Some(_) => following.pop_front().unwrap_or_default(),
        None if only_text => String::new(),
        None => "true".into(),
    }
}

/// The command's own name for what the user typed: an alias, or the command itself.
pub(crate) fn canonical(command: &str) -> Option<&'static str> {
    command_for(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Arguments {
        Arguments::parse(line.split(' ').map(str::to_owned).collect())
    }

    fn check(line: &str, command: &str, words: &[&str], rest: &[&str], options: &[(&str, &str)]) {
        let got = parse(line);
        assert_eq!(got.command.as_deref(), Some(command), "{line}");
        assert_eq!(got.words, words, "{line}");
        assert_eq!(got.rest, rest, "{line}");
        for (key, value) in options {
            assert_eq!(got.options.get(*key).map(String::as_str), Some(*value), "{line}: {key}");
        }
    }

    #[test]
    fn lines() {
        check("install a b@1 -D", "install", &["a", "b@1"], &[], &[("save-dev", "true")]);
        check("--registry x i --no-save", "i", &[], &[], &[("registry", "x"), ("save", "false")]);
        check("run build -- --x y", "run", &["build"], &["--x", "y"], &[]);
        check("exec -c ls --yes", "exec", &[], &[], &[("call", "ls"), ("yes", "true")]);
        check("exec cowsay -- -x", "exec", &["cowsay"], &["-x"], &[]);
        check("i --omit=dev --omit optional", "i", &[], &[], &[("omit", "dev,optional")]);
        check("i --save-dev false -gd x", "i", &["x"], &[], &[("save-dev", "false"), ("loglevel", "info")]);
        check("i --color always --no-browser", "i", &[], &[], &[("color", "always"), ("browser", "false")]);
        check("i --nope x", "i", &["x"], &[], &[("nope", "true")]);
        check("i --save-d x", "i", &["x"], &[], &[("save-dev", "true")]);
        check("--quiet --porcelain ls", "ls", &[], &[], &[("loglevel", "warn"), ("parseable", "true")]);
        check("i -DE a", "i", &["a"], &[], &[("save-dev", "true"), ("save-exact", "true")]);
    }

    #[test]
    fn aliases() {
        assert_eq!(canonical("i"), Some("install"));
        assert_eq!(canonical("rm"), Some("uninstall"));
        assert_eq!(canonical("frobnicate"), None);
    }
}
