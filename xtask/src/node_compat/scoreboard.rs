//! The scoreboards, `tests/node-compat/<group>.txt`: one line for each of Node's test files, in the order of their names.
//!
//! ```text
//! pass parallel/test-path-parse-format.js
//! fail parallel/test-path-x.js TypeError: the error that it ended with
//! n/a  parallel/test-path-win.js windows only
//! ```
//! `n/a` is what the test itself skips, or what the list of [`not_applicable`](super::not_applicable) names, with the reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// How a test file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It ended with exit code 0.
    Pass,
    /// It did not; the text is the error that it ended with.
    Fail(String),
    /// It cannot say anything about this system; the text says why.
    NotApplicable(String),
}

/// How each file of a group stands, by path below `test/`.
pub(super) type Board = BTreeMap<String, Mark>;

/// How many files stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// [`Mark::Pass`].
    pub(super) passed: usize,
    /// [`Mark::Fail`].
    pub(super) failed: usize,
    /// [`Mark::NotApplicable`].
    pub(super) not_applicable: usize,
}

impl Tally {
    /// Counts a board.
    pub(super) fn of(board: &Board) -> Self {
        let mut tally = Self::default();
        for mark in board.values() {
            match mark {
                Mark::Pass => tally.passed += 1,
                Mark::Fail(_) => tally.failed += 1,
                Mark::NotApplicable(_) => tally.not_applicable += 1,
            }
        }
        tally
    }

    /// Passed, of those that apply, in percent.
    pub(super) fn percent(self) -> usize {
        (100 * self.passed).checked_div(self.passed + self.failed).unwrap_or(0)
    }
}

/// Reads a scoreboard; an absent file is an empty one.
///
/// # Errors
/// When a line is none of the three kinds.
pub(super) fn read(file: &Path) -> Result<Board> {
    match fs::read_to_string(file) {
        Ok(text) => parse(&text).map_err(|line| Error::Malformed {
            what: format!("{}: `{line}`", file.display()),
            reason: "a line starts with `pass`, `fail` or `n/a`, and a path follows".to_owned(),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Board::new()),
        Err(error) => Err(Error::file("read", file)(error)),
    }
}

/// Writes a scoreboard.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(file: &Path, board: &Board) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    }
    fs::write(file, render(board)).map_err(Error::file("write", file))
}

fn parse(text: &str) -> std::result::Result<Board, String> {
    let mut board = Board::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (kind, rest) = line.split_once(' ').ok_or(line)?;
        let (name, reason) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        let mark = match kind {
            "pass" => Mark::Pass,
            "fail" => Mark::Fail(reason.to_owned()),
            "n/a" => Mark::NotApplicable(reason.to_owned()),
            _ => return Err(line.to_owned()),
        };
        board.insert(name.to_owned(), mark);
    }
    Ok(board)
}

fn render(board: &Board) -> String {
    let Tally { passed, failed, not_applicable } = Tally::of(board);
    let mut text = format!(
        "# {passed} pass, {failed} fail, {not_applicable} do not apply; written by `cargo xtask node-compat`\n"
    );
    for (name, mark) in board {
        let _infallible = match mark {
            Mark::Pass => writeln!(text, "pass {name}"),
            Mark::Fail(reason) => writeln!(text, "fail {name} {reason}"),
            Mark::NotApplicable(reason) => writeln!(text, "n/a  {name} {reason}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_read_as_it_was_written() {
        let mut board = Board::new();
        board.insert("parallel/a.js".to_owned(), Mark::Pass);
        board.insert("parallel/b.js".to_owned(), Mark::Fail("TypeError: x is not y".to_owned()));
        board.insert("parallel/c.js".to_owned(), Mark::NotApplicable("windows only".to_owned()));
        assert_eq!(parse(&render(&board)), Ok(board.clone()));
        assert_eq!(Tally::of(&board), Tally { passed: 1, failed: 1, not_applicable: 1 });
        assert_eq!(Tally::of(&board).percent(), 50);
    }

    #[test]
    fn other_lines_are_refused() {
        assert_eq!(parse("maybe parallel/a.js"), Err("maybe parallel/a.js".to_owned()));
    }
}
