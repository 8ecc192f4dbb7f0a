//! Questions to the user, on the terminal or whatever standard input is.

use crate::context::out;
use crate::failure::Failure;
use std::io::{BufRead, IsTerminal, Write};

/// Whether there is somebody to ask.
pub(crate) fn on_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Asks on standard output and reads a line; the default for an empty one.
pub(crate) fn ask(question: &str, default: &str) -> Result<String, Failure> {
    let shown = if default.is_empty() { String::new() } else { format!("({default}) ") };
    print!("{} {shown}", question.trim_end());
    // Ignored: without a reader there is no answer either.
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if !read.is_ok_and(|bytes| bytes > 0) {
        out("");
        return Err(Failure::Plain("canceled".into()));
    }
    let answer = line.trim();
    Ok(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
}

/// Asks until there is an answer that serves.
pub(crate) fn ask_until(
    question: &str,
    default: &str,
    serves: impl Fn(&str) -> bool,
) -> Result<String, Failure> {
    loop {
        let answer = ask(question, default)?;
        if serves(&answer) {
            return Ok(answer);
        }
    }
}

/// Asks for a password: without showing it, where the terminal can.
pub(crate) fn password(question: &str) -> Result<String, Failure> {
    let _echo = Echo::off();
    let answer = ask_until(question, "", |answer| !answer.is_empty());
    // The line's end was not shown either.
    out("");
    answer
}

/// A terminal that does not show what is typed, until this is gone.
#[cfg(target_family = "wasm")]
struct Echo(Option<oac_sys::Termios>);

#[cfg(target_family = "wasm")]
impl Echo {
    fn off() -> Self {
        let before = oac_sys::tcgetattr(0).ok();
        if let Some(mut silent) = before {
            silent.local &= !oac_sys::termios_types::local::ECHO;
            // Ignored: then it is shown, as on any terminal that cannot do otherwise.
            let _ = oac_sys::tcsetattr(0, oac_sys::termios_types::actions::NOW, &silent);
        }
        Self(before)
    }
}

#[cfg(target_family = "wasm")]
impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = oac_sys::tcsetattr(0, oac_sys::termios_types::actions::NOW, before);
        }
    }
}

/// Natively, for development, it is shown.
#[cfg(not(target_family = "wasm"))]
struct Echo;

#[cfg(not(target_family = "wasm"))]
impl Echo {
    fn off() -> Self {
        Self
    }
}

/// Asks for a one-time password: digits, or a recovery code.
pub(crate) fn one_time_password(question: &str) -> Result<String, Failure> {
    let serves = |text: &str| {
        let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == ' ');
        digits || (text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit()))
    };
    Ok(ask_until(question, "", serves)?.replace(' ', ""))
}
