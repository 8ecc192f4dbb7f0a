//! What a program printed and how it ended, and how two of those differ.

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use similar::TextDiff;

use crate::command::Command;
use crate::error::{Error, Result};

/// A safety net against a hang, far above what any case takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The result of a case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As expected.
    Passed,
    /// It has a `known_failure` and failed.
    FailedAsKnown,
    /// It has a `known_failure` and passed.
    PassedUnexpectedly,
    /// Not as expected; the text says how.
    Failed(String),
}

/// Standard output, standard error and exit code of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    stdout: String,
    stderr: String,
    /// As a shell shows it: 128 + n after signal n.
    code: i32,
    timed_out: bool,
}

impl Outcome {
    /// Runs a program to its end. One that exceeds the limit is killed, which its code shows.
    pub(crate) fn of(command: &Command) -> Result<Self> {
        Self::within(command, LIMIT)
    }

    /// The same with another limit.
    pub(crate) fn within(command: &Command, limit: Duration) -> Result<Self> {
        let mut child = command
            .to_std()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| command.not_started(source))?;
        let stdout = collect(child.stdout.take().expect("stdout was piped"));
        let stderr = collect(child.stderr.take().expect("stderr was piped"));
        // Both ends of output mean that the program is over, or as good as.
        let start = Instant::now();
        let out = stdout.recv_timeout(limit);
        let err = stderr.recv_timeout(limit.saturating_sub(start.elapsed()));
        let timed_out = out.is_err() || err.is_err();
        if timed_out {
            let _already_gone = child.kill();
        }
        let status = child.wait().map_err(|source| command.not_started(source))?;
        let over = |text: std::result::Result<String, _>| {
            text.unwrap_or_else(|_| format!("[still running after {} s, and was killed]", limit.as_secs()))
        };
        Ok(Self { stdout: over(out), stderr: over(err), code: code(status), timed_out })
    }

    /// What it wrote to standard output.
    pub(crate) fn stdout(&self) -> &str {
        &self.stdout
    }

    /// What it wrote to standard error.
    pub(crate) fn stderr(&self) -> &str {
        &self.stderr
    }

    /// How it ended, as a shell shows it: 128 + n after signal n.
    pub(crate) fn code(&self) -> i32 {
        self.code
    }

    /// Whether it was killed at the limit.
    pub(crate) fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// The expectation in a case's folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let text = |file: &str| {
            let path = folder.join(file);
            match fs::read_to_string(&path) {
                Ok(text) => Ok(text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
                Err(error) => Err(Error::file("read", path)(error)),
            }
        };
        let stdout_file = folder.join("expected.stdout");
        if !stdout_file.is_file() {
            return Err(Error::Missing {
                what: stdout_file.display().to_string(),
                remedy: "write it with `cargo xtask specs <case> --bless`".to_owned(),
            });
        }
        let code_text = text("expected.code")?;
        let code = if code_text.is_empty() { Ok(0) } else { code_text.trim().parse() };
        let code = code.map_err(|_| Error::Malformed {
            what: folder.join("expected.code").display().to_string(),
            reason: "it should be a number".to_owned(),
        })?;
        Ok(Self {
            stdout: text("expected.stdout")?,
            stderr: text("expected.stderr")?,
            code,
            timed_out: false,
        })
    }

    /// Writes it as the expectation of a case.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let put = |file: &str, content: &str, needed: bool| {
            let path = folder.join(file);
            if needed {
                fs::write(&path, content).map_err(Error::file("write", path))
            } else if path.exists() {
                fs::remove_file(&path).map_err(Error::file("remove", path))
            } else {
                Ok(())
            }
        };
        let compares_stderr = !folder.join("ignore_stderr").is_file();
        put("expected.stdout", &self.stdout, true)?;
        put("expected.stderr", &self.stderr, compares_stderr && !self.stderr.is_empty())?;
        put("expected.code", &format!("{}\n", self.code), self.code != 0)
    }

    /// The same with a path replaced by the one it has in the container.
    pub(crate) fn with_text_replaced(&self, from: &str, to: &str) -> Self {
        Self { stdout: self.stdout.replace(from, to), stderr: self.stderr.replace(from, to), ..self.clone() }
    }

    /// How `actual` differs from this expectation, for a person to read; none if it does not.
    pub(crate) fn difference(&self, actual: &Self, folder: &Path) -> Option<String> {
        let mut text = String::new();
        diff(&mut text, "stdout", &self.stdout, &actual.stdout);
        let stderr_differs = self.stderr != actual.stderr && !folder.join("ignore_stderr").is_file();
        if stderr_differs {
            diff(&mut text, "stderr", &self.stderr, &actual.stderr);
        }
        if self.code != actual.code {
            let _infallible = writeln!(text, "      exit code: expected {}, got {}", self.code, actual.code);
        }
        if text.is_empty() {
            return None;
        }
        if !stderr_differs && !actual.stderr.is_empty() {
            let _infallible = writeln!(text, "      stderr was: {}", actual.stderr.trim_end());
        }
        Some(text)
    }
}

fn diff(text: &mut String, name: &str, expected: &str, actual: &str) {
    if expected == actual {
        return;
    }
    let diff = TextDiff::from_lines(expected, actual);
    let unified = diff.unified_diff().context_radius(2).header("expected", "actual").to_string();
    let _infallible = writeln!(text, "      {name}:");
    for line in unified.lines() {
        let _infallible = writeln!(text, "        {line}");
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What arrived before an error still counts as output.
        let _partial = stream.read_to_end(&mut bytes);
        let _receiver_gave_up = send.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receive
}

fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(stdout: &str, code: i32) -> Outcome {
        Outcome { stdout: stdout.to_owned(), code, ..Outcome::default() }
    }

    #[test]
    fn a_program_is_run_to_its_end() {
        let command = Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]);
        let expected =
            Outcome { stdout: "out\n".to_owned(), stderr: "err\n".to_owned(), code: 3, timed_out: false };
        assert_eq!(Outcome::of(&command).expect("sh runs"), expected);
    }

    #[test]
    fn differences_are_shown_by_line_and_by_code() {
        let nowhere = Path::new("/nonexistent");
        assert_eq!(outcome("a\n", 0).difference(&outcome("a\n", 0), nowhere), None);
        let text = outcome("a\nb\n", 0).difference(&outcome("a\nc\n", 1), nowhere).expect("they differ");
        assert!(text.contains("-b") && text.contains("+c") && text.contains("expected 0, got 1"), "{text}");
    }
}
