//! Where a source is from, as Boa carries it: the file's name, and what is to be added to the parser's line numbers.
//!
//! Boa's parser counts from 1. A function that is compiled from its body has a line before it (the wrapper's), and a script may
//! begin in the middle of a file, so the difference travels in the name, behind a character that no file name has.

use boa_engine::vm::SourcePath;

const MARK: char = '\u{1}';

/// The name to compile with.
pub(super) fn encode(file: &str, added_lines: i32) -> String {
    let file = file.replace(MARK, "");
    if added_lines == 0 { file } else { format!("{file}{MARK}{added_lines}") }
}

/// File and added lines of a name.
pub(super) fn decode(name: &str) -> (&str, i32) {
    match name.split_once(MARK) {
        Some((file, lines)) => (file, lines.parse().unwrap_or(0)),
        None => (name, 0),
    }
}

/// The same of what a frame carries; no file for code that came from none.
pub(super) fn of(path: &SourcePath) -> (Option<String>, i32) {
    match path {
        SourcePath::Path(path) => {
            let name = path.to_string_lossy();
            let (file, lines) = decode(&name);
            (Some(file.to_owned()), lines)
        }
        SourcePath::None | SourcePath::Eval | SourcePath::Json => (None, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_lines() {
        for lines in [0, -1, 7] {
            assert_eq!(decode(&encode("/a b.js", lines)), ("/a b.js", lines));
        }
    }
}
