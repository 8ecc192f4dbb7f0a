//! Starting programs, and other shells in place of forks.
//!
//! A pipeline's commands, background commands, `( … )` and `$( … )` run in tasks of their own. One that is a plain
//! program is started as such; anything else is given to a new `sh` as text, behind a preamble that rebuilds what a
//! fork would have copied: variables, functions, options. Parameters, `$$` and `$?` go along as arguments.

use std::fmt::Write as _;

use oac_sys::{Errno, SpawnRequest, WaitStatus, flags::open};

use super::redirect::Io;
use super::{Run, Shell, ShellError};
use crate::syntax::{Command, CommandKind, List, Word, list_text, quote};

/// The option that makes a shell the continuation of another: `--subshell=<pid>:<status>:<line> <preamble>`.
pub(crate) const SUBSHELL_OPTION: &str = "--subshell=";
const SHELL_PATH: &str = "/bin/sh";

/// A command that was started, or could not be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Started {
    /// A task of its own.
    Task(i32),
    /// Nothing was started; this is its status.
    Failed(u8),
}

impl Shell {
    /// Starts a program with an environment of the exported variables and `extra`. Reports what prevents it, as 127
    /// (not found) or 126 (found, but not to be run). POSIX 2.8.2.
    pub(super) fn start_program(
        &mut self,
        arguments: &[String],
        extra: &[(String, String)],
        io: &Io,
    ) -> Started {
        let name = arguments.first().map(String::as_str).unwrap_or_default();
        match self.spawn(name, arguments, extra, io) {
            Ok(pid) => Started::Task(pid),
            Err(Errno::ENOEXEC) => {
                // Neither a program nor a `#!` line: a shell script. POSIX 2.9.1.1.
                let mut script = vec!["sh".to_owned()];
                script.extend_from_slice(arguments);
                match self.spawn(SHELL_PATH, &script, extra, io) {
                    Ok(pid) => Started::Task(pid),
                    Err(errno) => self.not_started(name, errno),
                }
            }
            Err(errno) => self.not_started(name, errno),
        }
    }

    fn not_started(&mut self, name: &str, errno: Errno) -> Started {
        let (reason, status) = match errno {
            Errno::ENOENT => ("not found".to_owned(), 127),
            Errno::EISDIR | Errno::EACCES => (super::reason(Errno::EACCES), 126),
            other => (super::reason(other), 126),
        };
        self.complain(&format!("{name}: {reason}"));
        Started::Failed(status)
    }

    fn spawn(
        &self,
        program: &str,
        arguments: &[String],
        extra: &[(String, String)],
        io: &Io,
    ) -> Result<i32, Errno> {
        let bytes = |texts: &[String]| texts.iter().map(|text| text.clone().into_bytes()).collect();
        oac_sys::spawn(&SpawnRequest {
            program: program.as_bytes().to_vec(),
            argv: bytes(arguments),
            env: Some(bytes(&self.environment(extra))),
            cwd: None,
            fds: io.pairs(),
            flags: 0,
            ..SpawnRequest::default()
        })
    }

    /// Starts a command in a task of its own.
    pub(super) fn start(&mut self, command: &Command, io: Io) -> Run<Started> {
        let CommandKind::Simple { assignments, words } = &command.kind else {
            return Ok(self.start_subshell(&command.to_string(), &io));
        };
        let is_program = |name: &str| !self.functions.contains_key(name) && !super::builtin::exists(name);
        let name = words.first().and_then(Word::as_literal);
        // Only an unquoted word is surely what it looks like, before it is expanded.
        if !name.is_some_and(is_program) {
            return Ok(self.start_subshell(&command.to_string(), &io));
        }
        self.line = command.line;
        self.with_io(io, |shell| {
            let arguments = shell.expand_words(words)?;
            let extra = shell.expand_assignments(assignments)?;
            shell.trace(&extra, &arguments);
            match shell.redirected(&command.redirects)? {
                Some(io) => Ok(shell.start_program(&arguments, &extra, &io)),
                None => Ok(Started::Failed(2)),
            }
        })
    }

    /// Starts another shell that runs a list. Our end of its pipes is closed when this returns.
    fn start_list(&mut self, list: &List, io: Io) -> Started {
        self.start_subshell(&list_text(list), &io)
    }

    /// Starts another shell that runs a text.
    pub(super) fn start_subshell(&mut self, text: &str, io: &Io) -> Started {
        let mut arguments = vec![
            "sh".to_owned(),
            format!("{SUBSHELL_OPTION}{}:{}:{}", self.pid, self.status, self.line),
            self.preamble(),
            "-c".to_owned(),
            text.to_owned(),
            self.name.clone(),
        ];
        arguments.extend(self.parameters.iter().cloned());
        match self.spawn(SHELL_PATH, &arguments, &[], io) {
            Ok(pid) => Started::Task(pid),
            Err(errno) => self.not_started(SHELL_PATH, errno),
        }
    }

    /// Commands that rebuild what a fork would have copied.
    fn preamble(&self) -> String {
        let mut text = String::new();
        for (name, function) in &self.functions {
            // A String takes everything.
            let _infallible = write!(text, "{name}() {function}; ");
        }
        for (name, variable) in &self.variables {
            let keyword = if variable.read_only { "readonly " } else { "" };
            match &variable.value {
                Some(_) if variable.exported && !variable.read_only => {}
                Some(value) => {
                    let _infallible = write!(text, "{keyword}{name}={}; ", quote(value));
                }
                None if variable.exported => {
                    let _infallible = write!(text, "export {name}; ");
                }
                None => {}
            }
        }
        let letters: String = self
            .option_letters()
            .chars()
            .filter(|&letter| letter != 'i' && (letter != 'e' || self.tested == 0))
            .collect();
        if !letters.is_empty() {
            let _infallible = write!(text, "set -{letters}; ");
        }
        text
    }

    /// Waits for what was started; gives its status as `$?`.
    pub(super) fn wait_for(&mut self, started: Started) -> u8 {
        match started {
            Started::Failed(status) => status,
            Started::Task(pid) => self.wait_for_task(pid).unwrap_or(127),
        }
    }

    /// Waits for a child; none if it is not one.
    pub(super) fn wait_for_task(&mut self, pid: i32) -> Option<u8> {
        self.jobs.remove(&pid);
        loop {
            match oac_sys::wait(pid, 0) {
                Ok(Some((_, status))) => {
                    self.report_signal(status);
                    return Some(status.shell_code());
                }
                Ok(None) | Err(Errno::EINTR) => {}
                Err(_) => return None,
            }
        }
    }

    /// As dash says what killed a child, except for the signals that a user sends on purpose.
    fn report_signal(&mut self, status: WaitStatus) {
        let WaitStatus::Signaled(signal) = status else { return };
        let text = match signal.name() {
            "SIGHUP" => "Hangup",
            "SIGQUIT" => "Quit",
            "SIGILL" => "Illegal instruction",
            "SIGABRT" => "Aborted",
            "SIGBUS" => "Bus error",
            "SIGFPE" => "Floating point exception",
            "SIGKILL" => "Killed",
            "SIGSEGV" => "Segmentation fault",
            "SIGTERM" => "Terminated",
            _ => return,
        };
        self.write(2, &format!("{text}\n"));
    }

    /// Runs a list in a task of its own and gives what it printed. The status becomes the shell's.
    pub(super) fn capture(&mut self, list: &List) -> Result<Vec<u8>, ShellError> {
        let failed = |errno| ShellError::System { action: "capture output", errno };
        let (read, write) = oac_sys::pipe(open::CLOEXEC).map_err(failed)?;
        let mut io = self.io.clone();
        io.set(1, write);
        let started = match list.as_slice() {
            [item] if item.rest.is_empty() && !item.background && !item.first.negated => {
                match item.first.commands.as_slice() {
                    // An expansion that fails has said so; a subshell would end with 2 as well.
                    [command] => self.start(command, io).unwrap_or(Started::Failed(2)),
                    _ => self.start_list(list, io),
                }
            }
            _ => self.start_list(list, io),
        };
        let mut output = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match oac_sys::read(read.fd(), &mut chunk) {
                Ok(0) => break,
                Ok(length) => output.extend_from_slice(&chunk[..length]),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
        self.status = self.wait_for(started);
        self.substituted = true;
        Ok(output)
    }

    /// With `set -x`, shows a command before it runs.
    pub(super) fn trace(&mut self, assignments: &[(String, String)], words: &[String]) {
        if !self.options.trace {
            return;
        }
        let assignments = assignments.iter().map(|(name, value)| format!("{name}={value}"));
        let all: Vec<String> = assignments.chain(words.iter().cloned()).collect();
        let prompt = self.get("PS4").unwrap_or_default();
        self.write(2, &format!("{prompt}{}\n", all.join(" ")));
    }
}
