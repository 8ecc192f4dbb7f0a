//! Running what the parser read.
//!
//! [`Shell`] is the state that POSIX 2.12 lists: parameters, variables, functions, options, descriptors. The modules
//! beside it act on it: `expand` turns words into fields, `execute` walks the tree, `redirect` opens files, `spawn`
//! starts programs and other shells, `builtin` holds the commands that are part of the shell.

mod arithmetic;
mod builtin;
mod execute;
mod expand;
mod fields;
mod pattern;
mod redirect;
mod spawn;
mod test_expression;

pub(crate) use spawn::SUBSHELL_OPTION;

use std::collections::{BTreeMap, BTreeSet};

use oac_sys::Errno;

use crate::parser::{Parser, SyntaxError, is_name};
use crate::syntax::Command;
use redirect::Io;

/// Why a command was given up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShellError {
    /// An expression that is none.
    #[error("{0}")]
    Arithmetic(String),
    /// `${x?}`, or `$x` under `set -u`.
    #[error("{name}: {message}")]
    Unset { name: String, message: String },
    /// Assignment to a readonly variable.
    #[error("{0}: is read only")]
    ReadOnly(String),
    /// A file that a redirection names.
    #[error("cannot {action} {path}: {reason}")]
    Redirect { action: &'static str, path: String, reason: String },
    /// A descriptor that a redirection names.
    #[error("{0}: Bad file descriptor")]
    Descriptor(String),
    /// A system call failed.
    #[error("cannot {action}: {errno}")]
    System { action: &'static str, errno: Errno },
    /// A script that cannot be parsed.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
}

/// What ends the ordinary sequence of commands. The status is in the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// `break n`
    Break(usize),
    /// `continue n`
    Continue(usize),
    /// `return`
    Return,
    /// `exit`, or an error that ends a shell that is not interactive.
    Exit,
}

/// Runs to its end, or is interrupted.
pub(crate) type Run<T = ()> = Result<T, Interrupt>;

/// A variable.
#[derive(Clone, Debug, Default)]
struct Variable {
    /// None after `export x` or `readonly x` without a value.
    value: Option<String>,
    exported: bool,
    read_only: bool,
}

/// What `set` switches.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    /// -e
    exit_on_failure: bool,
    /// -u
    unset_is_error: bool,
    /// -x
    trace: bool,
    /// -f
    no_globbing: bool,
}

/// What a subshell takes over from the shell that started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    /// `$$`
    pub(crate) pid: i32,
    /// `$?`
    pub(crate) status: u8,
    /// Where the text it runs stands in the script.
    pub(crate) line: u32,
    /// Commands that set up variables, functions and options.
    pub(crate) preamble: String,
}

/// A shell.
pub(crate) struct Shell {
    /// `$0`, and the start of messages.
    name: String,
    /// `$1` and on.
    parameters: Vec<String>,
    variables: BTreeMap<String, Variable>,
    /// Strings of the environment that are no variables are passed on as they are.
    other_environment: Vec<String>,
    functions: BTreeMap<String, Command>,
    options: Options,
    io: Io,
    /// `$?`
    status: u8,
    /// `$$`: of the first shell, in subshells too.
    pid: i32,
    /// `$!`
    last_background: Option<i32>,
    /// Background children that have not been waited for.
    jobs: BTreeSet<i32>,
    on_exit: Option<String>,
    /// Of the command that runs.
    line: u32,
    /// Above 0 where a failure is tested and so does not end the shell under -e.
    tested: usize,
    loops: usize,
    calls: usize,
    /// For each function that runs, the variables that `local` hides, as they were.
    locals: Vec<Vec<(String, Option<Variable>)>>,
    /// The command that runs has captured output, whose status is now `$?`.
    substituted: bool,
    interactive: bool,
}

impl Shell {
    /// A shell with an environment (`NAME=value` each).
    pub(crate) fn new(
        name: &str,
        parameters: Vec<String>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut shell = Self {
            name: name.to_owned(),
            parameters,
            variables: BTreeMap::new(),
            other_environment: Vec::new(),
            functions: BTreeMap::new(),
            options: Options::default(),
            io: Io::standard(),
            status: 0,
            pid: oac_sys::getpid().unwrap_or(0),
            last_background: None,
            jobs: BTreeSet::new(),
            on_exit: None,
            line: 1,
            tested: 0,
            loops: 0,
            calls: 0,
            locals: Vec::new(),
            substituted: false,
            interactive: false,
        };
        for (name, value) in environment {
            if is_name(&name) {
                shell
                    .variables
                    .insert(name, Variable { value: Some(value), exported: true, read_only: false });
            } else {
                shell.other_environment.push(format!("{name}={value}"));
            }
        }
        for (name, value) in [("IFS", " \t\n"), ("PS1", "$ "), ("PS2", "> "), ("PS4", "+ "), ("OPTIND", "1")]
        {
            // IFS never comes from outside: that would change the meaning of scripts.
            let variable = shell.variables.entry(name.to_owned()).or_default();
            if variable.value.is_none() || name == "IFS" {
                variable.value = Some(value.to_owned());
            }
        }
        if let Ok(cwd) = oac_sys::getcwd() {
            let exported = shell.variables.get("PWD").is_some_and(|variable| variable.exported);
            let value = Some(String::from_utf8_lossy(&cwd).into_owned());
            shell.variables.insert("PWD".to_owned(), Variable { value, exported, read_only: false });
        }
        shell
    }

    /// Makes this the continuation of another shell.
    pub(crate) fn continue_from(&mut self, parent: &Parent) {
        let _rebuilt = self.source(&parent.preamble, 1);
        self.pid = parent.pid;
        self.status = parent.status;
        self.line = parent.line;
    }

    /// Switches options as `set` does, given its first words.
    ///
    /// # Errors
    /// When there is no such option, which has been reported.
    pub(crate) fn set_options(&mut self, words: &str) -> Run {
        let arguments: Vec<String> =
            std::iter::once("set").chain(words.split(' ')).map(str::to_owned).collect();
        builtin::run(self, &arguments).map(drop)
    }

    /// Runs one builtin as a program of its own; gives its status.
    pub(crate) fn run_tool(&mut self, arguments: &[String]) -> u8 {
        match builtin::run(self, arguments) {
            Ok(127) => {
                self.write(2, &format!("{}: no such tool in this program\n", arguments[0]));
                127
            }
            Ok(status) => status,
            Err(_) => self.status,
        }
    }

    /// Prompts, and goes on after errors.
    pub(crate) fn set_interactive(&mut self) {
        self.interactive = true;
    }

    /// Runs a script to its end; gives the exit status.
    pub(crate) fn run_script(&mut self, script: &str) -> u8 {
        let _to_its_end = self.source(script, self.line);
        self.finish()
    }

    /// Reads and runs commands from descriptor 0, one at a time: what follows a command is its input.
    pub(crate) fn run_input(&mut self) -> u8 {
        let mut pending = String::new();
        let mut line = 1;
        loop {
            if self.interactive {
                let prompt = if pending.is_empty() { "PS1" } else { "PS2" };
                let prompt = self.get(prompt).unwrap_or_default();
                self.write(2, &prompt);
            }
            let more = self.read_line();
            let at_end = more.is_none();
            pending.push_str(&more.unwrap_or_default());
            if !at_end && pending.ends_with("\\\n") {
                continue;
            }
            let flow = self.run_complete(&mut pending, &mut line, at_end);
            if at_end || (flow == Err(Interrupt::Exit)) {
                return self.finish();
            }
        }
    }

    /// Runs every complete command of `pending` and leaves the rest in it.
    fn run_complete(&mut self, pending: &mut String, line: &mut u32, at_end: bool) -> Run {
        loop {
            let text = std::mem::take(pending);
            let mut parser = Parser::from_line(&text, *line);
            match parser.next_command() {
                Ok(None) => return Ok(()),
                Ok(Some(list)) => {
                    *pending = parser.rest().to_owned();
                    *line = parser.line();
                    match self.run_list(&list) {
                        Err(Interrupt::Exit) if !self.interactive => return Err(Interrupt::Exit),
                        _ => {}
                    }
                }
                Err(SyntaxError::Incomplete { .. }) if !at_end => {
                    *pending = text;
                    return Ok(());
                }
                Err(error) => {
                    self.fail_syntax(&error);
                    return if self.interactive { Ok(()) } else { Err(Interrupt::Exit) };
                }
            }
        }
    }

    /// Runs each command of a script before the next is parsed.
    fn source(&mut self, script: &str, line: u32) -> Run {
        let mut parser = Parser::from_line(script, line);
        loop {
            match parser.next_command() {
                Ok(None) => return Ok(()),
                Ok(Some(list)) => self.run_list(&list)?,
                Err(error) => {
                    self.fail_syntax(&error);
                    return Err(Interrupt::Exit);
                }
            }
        }
    }

    /// Runs the trap for EXIT; gives the status the shell ends with.
    fn finish(&mut self) -> u8 {
        if let Some(action) = self.on_exit.take() {
            let status = self.status;
            let flow = self.source(&action, 1);
            // The trap changes the status only by calling exit itself.
            if flow != Err(Interrupt::Exit) {
                self.status = status;
            }
        }
        self.status
    }

    /// `sh: 1: message`, on standard error.
    fn complain(&mut self, message: &dyn std::fmt::Display) {
        let text = format!("{}: {}: {message}\n", self.name, self.line);
        self.write(2, &text);
    }

    fn fail_syntax(&mut self, error: &SyntaxError) {
        let text = format!("{}: {error}\n", self.name);
        self.write(2, &text);
        self.status = 2;
    }

    /// Reports an error that ends the shell unless it is interactive. POSIX 2.8.1.
    fn fail<T>(&mut self, error: &ShellError) -> Run<T> {
        self.complain(error);
        self.status = 2;
        Err(Interrupt::Exit)
    }

    /// Writes to a descriptor of the shell's; a failure sets the status, as for echo(1).
    fn write(&mut self, fd: i32, text: &str) -> bool {
        match self.io.get(fd) {
            Some(file) => oac_sys::write_all(file, text.as_bytes()).is_ok(),
            None => false,
        }
    }

    /// One line of descriptor 0 with its newline, and not a byte more. None at the end.
    fn read_line(&mut self) -> Option<String> {
        let file = self.io.get(0)?;
        let mut line = Vec::new();
        let mut byte = [0];
        while let Ok(1) = oac_sys::read(file, &mut byte) {
            line.push(byte[0]);
            if byte[0] == b'\n' {
                break;
            }
        }
        (!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned())
    }

    /// The value of a variable.
    fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name)?.value.clone()
    }

    /// Sets a variable.
    fn set(&mut self, name: &str, value: &str) -> Result<(), ShellError> {
        let variable = self.variables.entry(name.to_owned()).or_default();
        if variable.read_only {
            return Err(ShellError::ReadOnly(name.to_owned()));
        }
        variable.value = Some(value.to_owned());
        Ok(())
    }

    /// What a program that is started sees.
    fn environment(&self, extra: &[(String, String)]) -> Vec<String> {
        let exported = self
            .variables
            .iter()
            .filter(|(name, variable)| variable.exported && !extra.iter().any(|(other, _)| other == *name));
        let own =
            exported.filter_map(|(name, variable)| Some(format!("{name}={}", variable.value.as_ref()?)));
        let extra = extra.iter().map(|(name, value)| format!("{name}={value}"));
        own.chain(extra).chain(self.other_environment.iter().cloned()).collect()
    }
}

impl arithmetic::Variables for Shell {
    fn get(&self, name: &str) -> Option<String> {
        Shell::get(self, name)
    }

    fn set(&mut self, name: &str, value: i64) -> Result<(), ShellError> {
        Shell::set(self, name, &value.to_string())
    }
}

/// An errno as strerror(3) words it.
fn reason(errno: Errno) -> String {
    let mut text = errno.description().to_owned();
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}
