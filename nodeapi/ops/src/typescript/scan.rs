//! Looking at source text between the nodes of a tree: spaces and comments are stepped over.

/// The position of the first byte at or after `at` that is neither space nor comment, and whether a line ended before it.
pub(super) fn next_token(source: &str, mut at: usize) -> (usize, bool) {
    let mut line_break = false;
    while let Some(character) = source[at..].chars().next() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at += rest.find(is_line_break).unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            line_break |= rest[..length].contains(is_line_break);
            at += length;
        } else if is_line_break(character) {
            line_break = true;
            at += character.len_utf8();
        } else if character.is_whitespace() || character == '\u{FEFF}' {
            at += character.len_utf8();
        } else {
            break;
        }
    }
    (at, line_break)
}

/// The words between two positions, with where each starts; comments and everything else are stepped over.
pub(super) fn words(source: &str, from: usize, to: usize) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = from;
    loop {
        at = next_token(source, at).0;
        if at >= to {
            return found;
        }
        let rest = &source[at..to];
        let length =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
        if length > 0 {
            found.push((at, &rest[..length]));
            at += length;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// The line terminators of ECMAScript.
pub(super) fn is_line_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_stepped_over_and_their_lines_count() {
        let check =
            |source: &str, expected: (usize, bool)| assert_eq!(next_token(source, 0), expected, "{source:?}");
        check("x", (0, false));
        check("  x", (2, false));
        check("/* a */ x", (8, false));
        check("/* a\n */ x", (9, true));
        check("// a\nx", (5, true));
        check("", (0, false));
        check("/* open", (7, false));
    }

    #[test]
    fn words_are_found_between_other_things() {
        let names = |source: &str| {
            words(source, 0, source.len()).into_iter().map(|(_, word)| word.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("public /* private */ static *"), ["public", "static"]);
        assert_eq!(names("// readonly\n[a"), ["a"]);
    }
}
