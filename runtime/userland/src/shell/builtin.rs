//! The commands that are part of the shell. POSIX 2.14 and the utilities that dash builds in.
//!
//! A builtin gets its arguments, its name first, and gives its status. What a builtin does not do it refuses by name.

mod control;
mod output;
mod state;

use super::{Run, Shell};

/// What implements a builtin.
type Builtin = fn(&mut Shell, &[String]) -> Run<u8>;

/// Those of POSIX 2.14: found before functions, and their errors end the shell.
const SPECIAL: [(&str, Builtin); 15] = [
    (".", control::dot),
    (":", |_, _| Ok(0)),
    ("break", control::break_loop),
    ("continue", control::break_loop),
    ("eval", control::eval),
    ("exec", control::exec),
    ("exit", control::exit),
    ("export", state::export),
    ("readonly", state::export),
    ("return", control::return_from),
    ("set", state::set),
    ("shift", state::shift),
    ("times", |shell, arguments| shell.refuse(&arguments[0], "CPU times are not known yet")),
    ("trap", control::trap),
    ("unset", state::unset),
];

const REGULAR: [(&str, Builtin); 17] = [
    ("[", output::test),
    ("cat", output::cat),
    ("cd", state::cd),
    ("command", control::command),
    ("echo", output::echo),
    ("false", |_, _| Ok(1)),
    ("kill", control::kill),
    ("local", state::local),
    ("printf", output::printf),
    ("pwd", state::pwd),
    ("read", state::read),
    ("test", output::test),
    ("true", |_, _| Ok(0)),
    ("type", control::kind_of),
    ("umask", state::umask),
    ("wait", control::wait),
    ("which", control::which),
];

/// Whether a name is a builtin's.
pub(super) fn exists(name: &str) -> bool {
    find(name).is_some()
}

/// Whether a name is a special builtin's.
pub(super) fn is_special(name: &str) -> bool {
    SPECIAL.iter().any(|(special, _)| *special == name)
}

/// Runs the builtin that the first argument names.
pub(super) fn run(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    match find(&arguments[0]) {
        Some(builtin) => builtin(shell, arguments),
        None => Ok(127),
    }
}

fn find(name: &str) -> Option<Builtin> {
    SPECIAL.iter().chain(&REGULAR).find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
}

impl Shell {
    /// Reports why a builtin does not do what it was asked to; gives status 2.
    fn refuse(&mut self, name: &str, why: &str) -> Run<u8> {
        self.complain(&format!("{name}: {why}"));
        Ok(2)
    }
}
