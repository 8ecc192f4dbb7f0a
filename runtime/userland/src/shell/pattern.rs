//! Pattern matching. POSIX 2.13.
//!
//! A pattern is a text in which `*`, `?` and `[…]` are active and a backslash makes the next character plain.

/// Whether the whole text matches the pattern.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_chars(&pattern, &text)
}

/// Whether a pattern has anything active in it.
pub(crate) fn is_active(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// A text as a pattern that matches it and nothing else.
pub(crate) fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '-' | '!') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// A pattern with its backslashes taken: the text it matches when nothing in it is active.
pub(crate) fn unescape(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    text
}

/// One backtracking point, the last `*`, is enough: a later star can take whatever an earlier one could.
fn matches_chars(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, t));
            p += 1;
            continue;
        }
        let step = match text.get(t) {
            None if p == pattern.len() => return true,
            None => None,
            Some(&c) => match_one(&pattern[p..], c),
        };
        if let Some(taken) = step {
            p += taken;
            t += 1;
        } else if let Some((after_star, from)) = star.filter(|&(_, from)| from < text.len()) {
            star = Some((after_star, from + 1));
            p = after_star;
            t = from + 1;
        } else {
            return false;
        }
    }
}

/// How many characters of the pattern match this one character of text.
fn match_one(pattern: &[char], c: char) -> Option<usize> {
    match *pattern.first()? {
        '?' => Some(1),
        '[' => match bracket(pattern, c) {
            Some((true, length)) => Some(length),
            Some((false, _)) => None,
            // Without its end it is a plain character.
            None => (c == '[').then_some(1),
        },
        '\\' => match pattern.get(1) {
            Some(&escaped) => (escaped == c).then_some(2),
            None => (c == '\\').then_some(1),
        },
        plain => (plain == c).then_some(1),
    }
}

/// Whether a bracket expression contains the character, and its length. None if it has no end.
fn bracket(pattern: &[char], c: char) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let start = at;
    let mut found = false;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && at > start {
            return Some((found != negated, at + 1));
        }
        if let Some((class, length)) = class(&pattern[at..]) {
            found |= class(c);
            at += length;
            continue;
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        at += 1;
        let mut high = low;
        if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|&next| next != ']') {
            at += 1;
            if pattern[at] == '\\' {
                at += 1;
            }
            high = *pattern.get(at)?;
            at += 1;
        }
        found |= (low..=high).contains(&c);
    }
}

type Class = fn(char) -> bool;

/// `[:alpha:]` and its like, at the start of what is left of a bracket expression.
fn class(pattern: &[char]) -> Option<(Class, usize)> {
    let text: String = pattern.iter().take(12).collect();
    let name = text.strip_prefix("[:")?.split_once(":]")?.0;
    let class: Class = match name {
        "alpha" => char::is_alphabetic,
        "digit" => |c| c.is_ascii_digit(),
        "alnum" => char::is_alphanumeric,
        "upper" => char::is_uppercase,
        "lower" => char::is_lowercase,
        "space" => char::is_whitespace,
        "blank" => |c| c == ' ' || c == '\t',
        "punct" => |c| c.is_ascii_punctuation(),
        "xdigit" => |c| c.is_ascii_hexdigit(),
        "cntrl" => char::is_control,
        _ => return None,
    };
    Some((class, name.chars().count() + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        for text in matching {
            assert!(matches(pattern, text), "{pattern} should match {text}");
        }
        for text in others {
            assert!(!matches(pattern, text), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn patterns() {
        check("*.js", &["a.js", ".js"], &["a.jsx", "js"]);
        check("a*b*c", &["abc", "aXbXbXc"], &["ab", "acb"]);
        check("?", &["a", "é"], &["", "ab"]);
        check("[a-c]x", &["ax", "cx"], &["dx", "a"]);
        check("[!a-c]", &["d", "]"], &["a"]);
        check("[]a]", &["]", "a"], &["b"]);
        check("[[:digit:]_]*", &["1", "_x"], &["x"]);
        check("[a", &["[a"], &["a"]);
        check(r"\*\?", &["*?"], &["ab"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn an_escaped_text_matches_itself() {
        for text in ["a*b", "[x]", r"\", "a-b!"] {
            assert!(!is_active(&escape(text)));
            assert!(matches(&escape(text), text));
            assert_eq!(unescape(&escape(text)), text);
        }
    }
}
