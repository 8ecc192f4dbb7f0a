//! One of Node's test files: what its head says, how it is run, how it ended.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::scoreboard::Mark;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::js_engine::JsEngine;
use crate::outcome::Outcome;
use crate::workspace::Workspace;

/// Where Node's `test/` is in the container.
const MOUNT: &str = "/node/test";
/// Where tests make their temporary folders.
const TEMPORARY: &str = "/tmp";
/// As much of a file as Node's own test runner reads for its settings.
const HEAD_BYTES: usize = 2_000;
/// Longest reason in a scoreboard.
const REASON_CHARS: usize = 110;

/// What the head of a test file asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    /// From `// Flags: --x --y`.
    flags: Vec<String>,
    /// From `// Env: A=1 B=2`.
    variables: Vec<String>,
}

fn settings(source: &str) -> Settings {
    let words = |label: &str| -> Vec<String> {
        let line = source.lines().find_map(|line| line.strip_prefix(label));
        line.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    Settings { flags: words("// Flags:"), variables: words("// Env:") }
}

/// Options of V8 that tests ask for and no other engine has.
const V8_OPTIONS: [&str; 5] =
    ["--allow-natives-syntax", "--trace-gc", "--expose-externalize-string", "--stress-", "--gc-interval"];

/// A test file with its settings.
#[derive(Debug)]
pub(super) struct TestFile<'a> {
    tests: &'a Path,
    name: &'a str,
    settings: Settings,
}

impl<'a> TestFile<'a> {
    /// Reads the settings from its head.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn read(tests: &'a Path, name: &'a str) -> Result<Self> {
        let file = tests.join(name);
        let source = fs::read(&file).map_err(Error::file("read", &file))?;
        let head = String::from_utf8_lossy(&source[..source.len().min(HEAD_BYTES)]).into_owned();
        Ok(Self { tests, name, settings: settings(&head) })
    }

    /// Why only V8 can run it; none if another engine can.
    pub(super) fn needs_v8(&self) -> Option<String> {
        let flags = self.settings.flags.iter().map(|flag| flag.replace('_', "-"));
        let found = flags.into_iter().find(|flag| V8_OPTIONS.iter().any(|option| flag.starts_with(option)));
        found.map(|flag| format!("needs V8: {flag}"))
    }

    /// The command that runs it in a container of its own.
    pub(super) fn in_container(&self, workspace: &Workspace, engine: JsEngine) -> Command {
        let mut command = Command::new(workspace.oac())
            .args(["run", "--engine", engine.name()])
            .args(["-v", &format!("{}:{MOUNT}:ro", self.tests.display()), "-w", MOUNT])
            .args(["-e", &format!("NODE_TEST_DIR={TEMPORARY}")]);
        for variable in &self.settings.variables {
            command = command.args(["-e", variable]);
        }
        command.args(["--", "node"]).args(&self.settings.flags).arg(format!("{MOUNT}/{}", self.name))
    }

    /// The command that runs it on a real Node.
    ///
    /// # Errors
    /// When its temporary folder cannot be made.
    pub(super) fn on(&self, node: &Path, workspace: &Workspace) -> Result<Command> {
        let temporary = workspace.target.join("node-compat").join(self.name.replace('/', "-"));
        fs::create_dir_all(&temporary).map_err(Error::file("make", &temporary))?;
        let mut command = Command::new(node).dir(self.tests).env("NODE_TEST_DIR", &temporary);
        for (name, value) in self.settings.variables.iter().filter_map(|variable| variable.split_once('=')) {
            command = command.env(name, value);
        }
        Ok(command.args(&self.settings.flags).arg(self.tests.join(self.name)))
    }

    /// Runs it; exit code 0 is a pass, and a pass that says it skipped itself does not apply.
    ///
    /// # Errors
    /// When it could not be started.
    pub(super) fn run(&self, command: &Command, limit: Duration) -> Result<Mark> {
        let outcome = Outcome::within(command, limit)?;
        if outcome.timed_out() {
            return Ok(Mark::Fail("still running at the time limit".to_owned()));
        }
        if outcome.code() == 0 {
            return Ok(match skip_reason(outcome.stdout()) {
                Some(reason) => Mark::NotApplicable(short(reason)),
                None => Mark::Pass,
            });
        }
        Ok(Mark::Fail(short(&failure_reason(outcome.stdout(), outcome.stderr(), outcome.code()))))
    }
}

/// `1..0 # Skipped: reason`, which is how test/common's `skip` says it.
fn skip_reason(stdout: &str) -> Option<&str> {
    stdout.lines().find_map(|line| line.strip_prefix("1..0 # Skipped: "))
}

/// The line that says most about a failure: the last error that was printed.
fn failure_reason(stdout: &str, stderr: &str, code: i32) -> String {
    let is_error = |line: &&str| {
        let line = line.trim_start();
        let head = line.split([':', '[', ' ']).next().unwrap_or_default();
        (head.ends_with("Error") || head.ends_with("Exception"))
            && line.contains(':')
            && !line.starts_with("at ")
    };
    let found = stderr.lines().rev().find(is_error).or_else(|| stdout.lines().rev().find(is_error));
    let fallback = || {
        let last = |text: &str| text.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
        last(stderr).or_else(|| last(stdout)).unwrap_or_default()
    };
    let text = found.map_or_else(fallback, str::to_owned);
    if text.is_empty() { format!("exit code {code}, nothing printed") } else { text.trim().to_owned() }
}

/// One line of bounded length, without what changes from run to run.
fn short(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_CHARS) {
        plain.push(character);
    }
    plain.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_file_names_flags_and_variables() {
        let source = "// Flags: --expose-internals --no-warnings\n// Env: A=1\n'use strict';\n";
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let expected =
            Settings { flags: words(&["--expose-internals", "--no-warnings"]), variables: words(&["A=1"]) };
        assert_eq!(settings(source), expected);
    }

    #[test]
    fn the_last_error_is_the_reason() {
        let stderr =
            "node:assert:1\nAssertionError [ERR_ASSERTION]: 1 == 2\n    at x (Error: y)\n\nNode.js v24\n";
        assert_eq!(failure_reason("", stderr, 1), "AssertionError [ERR_ASSERTION]: 1 == 2");
        assert_eq!(failure_reason("", "", 134), "exit code 134, nothing printed");
        assert_eq!(failure_reason("", "a\nlast line\n\n", 1), "last line");
    }

    #[test]
    fn a_test_that_skips_itself_says_why() {
        assert_eq!(skip_reason("x\n1..0 # Skipped: missing crypto\n"), Some("missing crypto"));
        assert_eq!(skip_reason("ok\n"), None);
    }
}
