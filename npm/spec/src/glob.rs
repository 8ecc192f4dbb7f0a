//! Globs as npm's tools read them: `*`, `?`, `**`, `[a-z]`, `{a,b}`.

/// How a glob is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct GlobOptions {
    /// `*` stands for hidden names, too.
    pub dot: bool,
    /// Letters of both cases are the same.
    pub ignore_case: bool,
    /// A pattern without a slash is about the last part of a path.
    pub match_base: bool,
}

/// A pattern.
#[derive(Debug, Clone)]
pub struct Glob {
    /// For each alternative its parts.
    alternatives: Vec<Vec<String>>,
    options: GlobOptions,
}

impl Glob {
    /// Reads a pattern; every text is one. A slash at the beginning or end counts.
    pub fn new(pattern: &str, options: GlobOptions) -> Self {
        let folded = if options.ignore_case { pattern.to_lowercase() } else { pattern.to_owned() };
        let alternatives =
            expand_braces(&folded).iter().map(|a| a.split('/').map(str::to_owned).collect()).collect();
        Self { alternatives, options }
    }

    /// Whether a path is meant.
    pub fn matches(&self, path: &str) -> bool {
        self.check(path, false)
    }

    /// Whether something below a path may be meant.
    pub fn matches_below(&self, path: &str) -> bool {
        self.check(path, true)
    }

    fn check(&self, path: &str, partial: bool) -> bool {
        let path = if self.options.ignore_case { path.to_lowercase() } else { path.to_owned() };
        let parts: Vec<&str> = path.split('/').collect();
        self.alternatives.iter().any(|pattern| {
            let pattern: Vec<&str> = pattern.iter().map(String::as_str).collect();
            if self.options.match_base && pattern.len() == 1 {
                let last = parts.iter().rev().find(|p| !p.is_empty()).copied().unwrap_or_default();
                return match_parts(&pattern, &[last], self.options.dot, false);
            }
            match_parts(&pattern, &parts, self.options.dot, partial)
        })
    }
}

fn match_parts(pattern: &[&str], path: &[&str], dot: bool, partial: bool) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some(_), None) if partial => true,
        (Some((&"**", rest)), _) => {
            match_parts(rest, path, dot, partial)
                || path.split_first().is_some_and(|(first, below)| {
                    (dot || !first.starts_with('.')) && match_parts(pattern, below, dot, partial)
                })
        }
        (Some((first, rest)), Some((part, below))) => {
            let hidden = part.starts_with('.') && !first.starts_with('.') && !dot;
            let (first, part): (Vec<char>, Vec<char>) = (first.chars().collect(), part.chars().collect());
            !hidden && match_part(&first, &part) && match_parts(rest, below, dot, partial)
        }
        _ => false,
    }
}

fn match_part(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skip| match_part(rest, &text[skip..])),
        Some(('?', rest)) => !text.is_empty() && match_part(rest, &text[1..]),
        Some(('[', rest)) if rest.contains(&']') => {
            let Some((c, below)) = text.split_first() else { return false };
            let end = rest.iter().position(|c| *c == ']').unwrap_or(rest.len());
            in_class(&rest[..end], *c) && match_part(&rest[end + 1..], below)
        }
        Some(('\\', [c, rest @ ..])) => text.first() == Some(c) && match_part(rest, &text[1..]),
        Some((c, rest)) => text.first() == Some(c) && match_part(rest, &text[1..]),
    }
}

fn in_class(class: &[char], c: char) -> bool {
    let (negated, class) = match class.split_first() {
        Some(('!' | '^', rest)) => (true, rest),
        _ => (false, class),
    };
    let mut found = false;
    let mut at = 0;
    while at < class.len() {
        if class.get(at + 1) == Some(&'-') && at + 2 < class.len() {
            found |= (class[at]..=class[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= class[at] == c;
            at += 1;
        }
    }
    found != negated
}

/// `a{b,c}` is `ab` and `ac`.
fn expand_braces(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.to_owned()] };
    let (mut depth, mut starts, mut close) = (0, vec![open + 1], None);
    for (at, c) in pattern.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(at);
                    break;
                }
            }
            ',' if depth == 1 => starts.push(at + 1),
            _ => {}
        }
    }
    let Some(close) = close.filter(|_| starts.len() > 1) else { return vec![pattern.to_owned()] };
    let ends = starts.iter().skip(1).map(|s| s - 1).chain([close]);
    let alternatives = starts.iter().zip(ends).map(|(start, end)| &pattern[*start..end]);
    alternatives
        .flat_map(|middle| expand_braces(&format!("{}{middle}{}", &pattern[..open], &pattern[close + 1..])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expect: bool) {
        let options = GlobOptions { dot: true, ignore_case: true, match_base: true };
        assert_eq!(Glob::new(pattern, options).matches(path), expect, "{pattern} {path}");
    }

    // As `minimatch` answers with these options.
    #[test]
    fn patterns() {
        check("*.orig", "a/b.orig", true);
        check("/readme{,.*[^~$]}", "/README.md", true);
        check("/readme{,.*[^~$]}", "/readme", true);
        check("/readme{,.*[^~$]}", "/docs/readme", false);
        check("**/.git/**", "a/.git/config", true);
        check("lib/**", "lib/a/b.js", true);
        check("lib/*.js", "lib/a/b.js", false);
        check(".*.swp", ".x.swp", true);
    }
}
