//! What is printed of each comparison, and what is counted.

use crate::{known::Known, run::Observed};

/// How many comparisons came out as they should, and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Alike, or different as known.
    pub(crate) passed: usize,
    /// Different, or alike though known to differ.
    pub(crate) failed: usize,
}

/// Prints `ok NAME` or `not ok NAME` with what differs.
pub(crate) fn compare(
    name: &str,
    native: &Observed,
    contained: &Observed,
    known: &Known,
    counts: &mut Counts,
) {
    let difference = difference(native, contained);
    match (difference, known.reason(name)) {
        (None, None) => {
            counts.passed += 1;
            println!("ok {name}");
        }
        (Some(_), Some(reason)) => {
            counts.passed += 1;
            println!("ok {name} (known failure: {reason})");
        }
        (None, Some(_)) => {
            counts.failed += 1;
            println!("not ok {name}: it is as on Linux now; remove it from the known failures");
        }
        (Some(lines), None) => {
            counts.failed += 1;
            println!("not ok {name}");
            for line in lines {
                println!("    {line}");
            }
        }
    }
}

/// Lines that only one side has, and how each ended if that differs.
fn difference(native: &Observed, contained: &Observed) -> Option<Vec<String>> {
    if native == contained {
        return None;
    }
    let mut lines = differing_lines(&native.stdout, &contained.stdout);
    lines.extend(differing_lines(&native.stderr, &contained.stderr));
    if native.end != contained.end {
        lines.push(format!("Linux: {}; container: {}", native.end, contained.end));
    }
    Some(lines)
}

/// `- ` before a line of Linux, `+ ` before one of the container; at most this many are shown.
const LINES_SHOWN_MAX: usize = 30;

fn differing_lines(native: &str, contained: &str) -> Vec<String> {
    let (native, contained): (Vec<&str>, Vec<&str>) = (native.lines().collect(), contained.lines().collect());
    let start = native.iter().zip(&contained).take_while(|(a, b)| a == b).count();
    let end =
        native[start..].iter().rev().zip(contained[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let mut lines = Vec::new();
    let (old, new) = (&native[start..native.len() - end], &contained[start..contained.len() - end]);
    if old.len() == new.len() {
        for (old, new) in old.iter().zip(new).filter(|(old, new)| old != new) {
            lines.extend([format!("- {old}"), format!("+ {new}")]);
        }
    } else {
        lines.extend(old.iter().map(|line| format!("- {line}")));
        lines.extend(new.iter().map(|line| format!("+ {line}")));
    }
    if lines.len() > LINES_SHOWN_MAX {
        let more = lines.len() - LINES_SHOWN_MAX;
        lines.truncate(LINES_SHOWN_MAX);
        lines.push(format!("… {more} lines more"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(differing_lines("a\nb\nc\n", "a\nX\nc\n"), ["- b", "+ X"]);
        assert_eq!(differing_lines("a\n", "a\nb\n"), ["+ b"]);
        assert!(differing_lines("a\n", "a\n").is_empty());
    }
}
