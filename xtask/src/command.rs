//! Running other programs so that a failure can be repeated by hand.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::error::{Error, Result};

/// A program to run, with the environment and folder it needs.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

impl Command {
    /// A program by name (looked up on PATH) or path.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
        }
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets environment variables.
    pub(crate) fn envs(mut self, variables: &[(String, OsString)]) -> Self {
        self.environment.extend(variables.iter().map(|(name, value)| (name.into(), value.clone())));
        self
    }

    /// Sets the folder it runs in.
    pub(crate) fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Runs it with our own standard streams; fails if it fails.
    pub(crate) fn run(self) -> Result<()> {
        let status = self.to_std().status().map_err(|source| self.not_started(source))?;
        if status.success() { Ok(()) } else { Err(self.failed(status)) }
    }

    /// Runs it and gives its standard output; standard error passes through. Fails if it fails.
    pub(crate) fn output(self) -> Result<String> {
        let output =
            self.to_std().stderr(Stdio::inherit()).output().map_err(|source| self.not_started(source))?;
        if !output.status.success() {
            return Err(self.failed(output.status));
        }
        String::from_utf8(output.stdout).map_err(|error| Error::Malformed {
            what: format!("the output of {}", self.program.display()),
            reason: error.to_string(),
        })
    }

    /// Runs it with nothing shown; true if it succeeded, false if it failed or does not exist.
    pub(crate) fn succeeds(self) -> bool {
        self.to_std()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// The standard library's form, for callers that need pipes or a child handle.
    pub(crate) fn to_std(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.arguments).envs(self.environment.iter().map(|(k, v)| (k, v)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    /// The error for a program that could not be started.
    pub(crate) fn not_started(&self, source: std::io::Error) -> Error {
        Error::CommandNotStarted { program: self.program.display().to_string(), repeat: self.line(), source }
    }

    fn failed(&self, status: std::process::ExitStatus) -> Error {
        Error::CommandFailed { program: self.program.display().to_string(), status, repeat: self.line() }
    }

    /// The shell line that does the same.
    pub(crate) fn line(&self) -> String {
        let mut words = Vec::new();
        if let Some(folder) = &self.folder {
            words.push(format!("cd {} &&", quoted(folder.as_os_str())));
        }
        for (name, value) in &self.environment {
            words.push(format!("{}={}", name.display(), quoted(value)));
        }
        words.push(quoted(&self.program));
        words.extend(self.arguments.iter().map(|argument| quoted(argument)));
        words.join(" ")
    }
}

fn quoted(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The first of these programs that is on PATH.
pub(crate) fn find_on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_pasted_into_a_shell() {
        let command = Command::new("tool").arg("it's").arg("plain").env("A", "b c").dir("/x");
        assert_eq!(command.line(), r"cd /x && A='b c' tool 'it'\''s' plain");
    }

    #[test]
    fn a_failure_names_the_program_and_how_to_repeat_it() {
        let error = Command::new("false").arg("x").run().expect_err("false fails");
        assert!(error.to_string().contains("to repeat it: false x"), "{error}");
    }
}
