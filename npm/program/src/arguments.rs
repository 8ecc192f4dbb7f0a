//! The command line: a command, its arguments, options anywhere among them.

use oac_npm_registry::Layer;

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
}

/// Options that take the next word as their value. All others are switches.
const WITH_VALUE: [&str; 56] = [
    "audit-registry",
    "expect-result-count",
    "fetch-retry-factor",
    "fetch-retry-maxtimeout",
    "message",
    "sbom-format",
    "sbom-type",
    "which",
    "init-author-name",
    "init-license",
    "init-scope",
    "init-type",
    "init-version",
    "location",
    "pack-destination",
    "preid",
    "scope",
    "searchlimit",
    "searchopts",
    "searchexclude",
    "access",
    "audit-level",
    "before",
    "ca",
    "cache",
    "cafile",
    "call",
    "cpu",
    "depth",
    "fetch-retries",
    "fetch-retry-mintimeout",
    "fetch-timeout",
    "globalconfig",
    "include",
    "install-strategy",
    "libc",
    "local-address",
    "lockfile-version",
    "loglevel",
    "maxsockets",
    "node-options",
    "node-version",
    "omit",
    "os",
    "otp",
    "package",
    "prefix",
    "proxy",
    "registry",
    "replace-registry-host",
    "save-prefix",
    "script-shell",
    "tag",
    "userconfig",
    "workspace",
    "noproxy",
];

/// npm's short forms.
fn short(letter: &str) -> Option<(&'static str, &'static str)> {
    Some(match letter {
        "D" => ("save-dev", "true"),
        "O" => ("save-optional", "true"),
        "P" => ("save-prod", "true"),
        "S" => ("save", "true"),
        "E" => ("save-exact", "true"),
        "B" => ("save-bundle", "true"),
        "g" => ("global", "true"),
        "f" => ("force", "true"),
        "h" | "?" | "H" => ("help", "true"),
        "v" => ("version", "true"),
        "y" => ("yes", "true"),
        "n" => ("yes", "false"),
        "l" => ("long", "true"),
        "a" => ("all", "true"),
        "s" => ("loglevel", "silent"),
        "q" => ("loglevel", "warn"),
        "d" => ("loglevel", "info"),
        "p" => ("parseable", "true"),
        _ => return None,
    })
}

impl Arguments {
    /// Parses what `npm` was given.
    pub(crate) fn parse(argv: Vec<String>) -> Self {
        let mut arguments = Self::default();
        let mut argv = argv.into_iter().peekable();
        while let Some(word) = argv.next() {
            // `npm exec` takes its options before the program's name only.
            let program_follows =
                arguments.canonical_command() == Some("exec") && !arguments.words.is_empty();
            if word == "--" {
                arguments.rest.extend(argv.by_ref());
            } else if program_follows || !is_option(&word) {
                arguments.word(word);
            } else {
                let value = arguments.option(&word);
                if let Some(key) = value
                    && let Some(value) = argv.next()
                {
                    arguments.options.insert(key, value);
                }
            }
        }
        arguments
    }

    /// Parses what `npx` was given: as `npm exec`, with options before the program's name only.
    pub(crate) fn parse_npx(argv: Vec<String>) -> Self {
        let mut all = vec!["exec".to_owned()];
        all.extend(argv.into_iter().map(|word| match word.as_str() {
            "-p" => "--package".to_owned(),
            "-c" => "--call".to_owned(),
            _ => word,
        }));
        Self::parse(all)
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

    /// Takes an option in; gives its key when the next word is its value.
    fn option(&mut self, word: &str) -> Option<String> {
        if let Some(long) = word.strip_prefix("--") {
            if let Some((key, value)) = long.split_once('=') {
                self.set(key, value);
                return None;
            }
            if let Some(key) = long.strip_prefix("no-") {
                self.set(key, "false");
                return None;
            }
            if WITH_VALUE.contains(&long) {
                return Some(long.to_owned());
            }
            self.set(long, "true");
            return None;
        }
        let letters = &word[1..];
        let exec = self.canonical_command() == Some("exec");
        match letters {
            "C" => return Some("prefix".into()),
            "w" => return Some("workspace".into()),
            "c" if exec => return Some("call".into()),
            "p" if exec => return Some("package".into()),
            "ws" => self.set("workspaces", "true"),
            "reg" => return Some("registry".into()),
            _ => {
                for letter in letters.chars() {
                    if let Some((key, value)) = short(letter.encode_utf8(&mut [0; 4])) {
                        self.set(key, value);
                    }
                }
            }
        }
        None
    }

    fn set(&mut self, key: &str, value: &str) {
        let (key, value) = match key {
            "silent" => ("loglevel", "silent"),
            "quiet" => ("loglevel", "warn"),
            "verbose" => ("loglevel", "verbose"),
            "production" => ("omit", "dev"),
            "reg" => ("registry", value),
            "save-production" => ("save-prod", value),
            _ => (key, value),
        };
        match self.options.get_mut(key) {
            // `--omit=dev --omit=optional` add up.
            Some(old) if matches!(key, "omit" | "include" | "package" | "workspace") => {
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

/// npm's commands.
pub(crate) const COMMANDS: [&str; 70] = [
    "access",
    "adduser",
    "approve-scripts",
    "audit",
    "bugs",
    "cache",
    "ci",
    "completion",
    "config",
    "dedupe",
    "deny-scripts",
    "deprecate",
    "diff",
    "dist-tag",
    "docs",
    "doctor",
    "edit",
    "exec",
    "explain",
    "explore",
    "find-dupes",
    "fund",
    "get",
    "help",
    "help-search",
    "init",
    "install",
    "install-ci-test",
    "install-scripts",
    "install-test",
    "link",
    "ll",
    "login",
    "logout",
    "ls",
    "org",
    "outdated",
    "owner",
    "pack",
    "ping",
    "pkg",
    "prefix",
    "profile",
    "prune",
    "publish",
    "query",
    "rebuild",
    "repo",
    "restart",
    "root",
    "run",
    "sbom",
    "search",
    "set",
    "shrinkwrap",
    "stage",
    "star",
    "stars",
    "start",
    "stop",
    "team",
    "test",
    "token",
    "trust",
    "undeprecate",
    "uninstall",
    "unpublish",
    "unstar",
    "update",
    "version",
];

/// The command's own name for what the user typed: an alias, or the command itself.
pub(crate) fn canonical(command: &str) -> Option<&'static str> {
    let alias = match command {
        "i" | "add" | "in" | "ins" | "inst" | "insta" | "instal" | "isnt" | "isnta" | "isntal"
        | "isntall" => "install",
        "clean-install" | "ic" | "install-clean" | "isntall-clean" => "ci",
        "un" | "unlink" | "remove" | "rm" | "r" => "uninstall",
        "run-script" | "rum" | "urn" => "run",
        "t" | "tst" => "test",
        "x" => "exec",
        "c" => "config",
        "list" => "ls",
        "la" => "ll",
        "it" => "install-test",
        "cit" | "clean-install-test" | "sit" => "install-ci-test",
        "rb" => "rebuild",
        "dist-tags" => "dist-tag",
        "author" => "owner",
        "s" | "se" | "find" => "search",
        "up" | "upgrade" | "udpate" => "update",
        "bin" => "bin",
        "view" | "info" | "show" | "v" => "view",
        "whoami" => "whoami",
        "ddp" => "dedupe",
        "ln" => "link",
        "create" | "innit" => "init",
        "why" => "explain",
        _ => command,
    };
    COMMANDS.iter().chain(&["bin", "view", "whoami"]).copied().find(|c| *c == alias)
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
        check("exec cowsay -x", "exec", &["cowsay", "-x"], &[], &[]);
        check("i --omit=dev --omit optional", "i", &[], &[], &[("omit", "optional")]);
        check("i -DE a", "i", &["a"], &[], &[("save-dev", "true"), ("save-exact", "true")]);
    }

    #[test]
    fn aliases() {
        assert_eq!(canonical("i"), Some("install"));
        assert_eq!(canonical("rm"), Some("uninstall"));
        assert_eq!(canonical("frobnicate"), None);
    }
}
