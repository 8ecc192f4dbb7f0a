//! How results are printed.

use std::{fmt::Debug, sync::OnceLock};

use super::{Errno, raw};

/// The name that a child's lines begin with; whoever compares outputs sorts lines by it, because nothing orders those of a child
/// and those of its parent while both run.
pub(crate) static SPEAKER: OnceLock<String> = OnceLock::new();

/// Prints a line at once, by one write to standard output.
pub(crate) fn print_line(line: &str) {
    let mut bytes = match SPEAKER.get() {
        Some(name) => format!("[{name}] {line}\n").into_bytes(),
        None => format!("{line}\n").into_bytes(),
    };
    while !bytes.is_empty() {
        match raw::write(1, &bytes) {
            Ok(len) => drop(bytes.drain(..len as usize)),
            Err(Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

/// Prints a line: what `format!` makes of the arguments.
macro_rules! say {
    ($($argument:tt)*) => { $crate::posix::print_line(&format!($($argument)*)) };
}

/// Prints expressions and what comes of each.
macro_rules! see {
    ($($expression:expr),+ $(,)?) => {$(
        let shown = $crate::posix::Shown::shown(&$expression);
        $crate::posix::print_line(&format!("{} = {shown}", $crate::posix::source(stringify!($expression))));
    )+};
}

/// An expression's text on one line, whatever the formatter did to it.
pub(crate) fn source(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is printed of a value.
pub(crate) trait Shown {
    /// The value as a case prints it.
    fn shown(&self) -> String;
}

impl<T: Debug> Shown for Result<T, Errno> {
    fn shown(&self) -> String {
        match self {
            Ok(value) => format!("{value:?}"),
            Err(errno) => errno.name().to_owned(),
        }
    }
}

macro_rules! shown_as_debugged {
    ($($kind:ty),*) => {$(
        impl Shown for $kind {
            fn shown(&self) -> String {
                format!("{self:?}")
            }
        }
    )*};
}

shown_as_debugged!(bool, i32, u32, i64, u64, usize, String, Vec<String>, Text, Octal);

impl<T: Debug> Shown for Option<T> {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

/// Bytes, printed as text with escapes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Permission bits, printed as octal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Octal(pub(crate) u32);

impl Debug for Octal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "0{:o}", self.0)
    }
}
