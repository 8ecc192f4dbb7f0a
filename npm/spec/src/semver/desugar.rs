//! From what people write (`^1.2`, `~2`, `1.x`, `1 - 2`) to plain comparators.
//!
//! The steps are those of npm's `semver` README, "Advanced Range Syntax": hyphens, carets, tildes,
//! x-ranges, in this order.

use super::range::{Comparator, Operator};
use super::version::{Identifier, MAX_SAFE_INTEGER, parse_tail};
use super::{Options, Version};

/// The comparators of one alternative of a range. `Some(None)` when nothing is left of it (loose
/// mode drops what it cannot read), `None` when the range is invalid.
pub(super) fn comparator_set(text: &str, options: Options) -> Option<Option<Vec<Comparator>>> {
    let words = words(text);
    if let Some(set) = hyphen(&words, options) {
        return Some(Some(finish(set, options)));
    }
    let mut set = Vec::new();
    let mut saw_any = words.is_empty();
    for word in join_operators(&words) {
        match expand(&word, options) {
            Some(mut comparators) => {
                saw_any = true;
                set.append(&mut comparators);
            }
            None if options.loose => {}
            None => return None,
        }
    }
    Some(saw_any.then(|| finish(set, options)))
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A comparator that admits everything is dropped; one that admits nothing stands alone.
fn finish(mut set: Vec<Comparator>, options: Options) -> Vec<Comparator> {
    if let Some(nothing) = set.iter().find(|c| **c == Comparator::nothing()) {
        return vec![nothing.clone()];
    }
    let floor = if options.include_prerelease { Version::lowest(0, 0, 0) } else { Version::new(0, 0, 0) };
    set.retain(|c| !(c.operator == Operator::GreaterEqual && c.version == floor));
    let mut seen: Vec<Comparator> = Vec::new();
    for comparator in set {
        if !seen.contains(&comparator) {
            seen.push(comparator);
        }
    }
    seen
}

/// Glues an operator to the version that follows it after blanks: `>= 1` is `>=1`. Operators that
/// follow each other (`> = 1`) make no sense together and stay alone.
fn join_operators(words: &[&str]) -> Vec<String> {
    let is_operator = |word: &str| word.bytes().all(|b| b"<>=~^".contains(&b));
    let mut out: Vec<String> = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let mut joined = (*word).to_owned();
        if is_operator(word) {
            let mut alone = false;
            while let Some(next) = words.next_if(|w| is_operator(w)) {
                joined.push_str(next);
                alone = true;
            }
            if !alone && let Some(version) = words.next() {
                joined.push_str(version);
            }
        }
        out.push(joined);
    }
    out
}

/// A version with holes: `None` where the text has `x`, `*` or nothing.
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    prerelease: Vec<Identifier>,
}

impl Partial {
    /// Parses the x-range grammar: `[v=]*X(.X(.X(-pre)?(+build)?)?)?`.
    fn parse(text: &str, loose: bool) -> Option<Self> {
        let text = text.trim_start_matches(|c: char| c == 'v' || c == '=' || c.is_whitespace());
        let (major, rest) = component(text, loose)?;
        let mut partial = Self { major, minor: None, patch: None, prerelease: Vec::new() };
        let Some(rest) = rest.strip_prefix('.') else {
            return (rest.is_empty() || rest.starts_with('+')).then_some(partial);
        };
        let (minor, rest) = component(rest, loose)?;
        partial.minor = minor;
        let Some(rest) = rest.strip_prefix('.') else {
            return (rest.is_empty() || rest.starts_with('+')).then_some(partial);
        };
        let (patch, rest) = component(rest, loose)?;
        partial.patch = patch;
        partial.prerelease = parse_tail(rest, loose)?.0;
        Some(partial)
    }

    /// The version when no component is missing.
    fn full(&self) -> Option<Version> {
        Some(Version {
            prerelease: self.prerelease.clone(),
            ..Version::new(self.major?, self.minor?, self.patch?)
        })
    }

    /// The lowest version it can mean; a trailing `-0` where prereleases are asked for.
    fn floor(&self, options: Options) -> Version {
        let patch = self.minor.and(self.patch);
        let mut version = Version::new(self.major.unwrap_or(0), self.minor.unwrap_or(0), patch.unwrap_or(0));
        if !self.prerelease.is_empty() && patch.is_some() {
            version.prerelease = self.prerelease.clone();
        } else if options.include_prerelease {
            version.prerelease = vec![Identifier::Numeric(0)];
        }
        version
    }

    /// The lower end of `^` and `~`: as [`Partial::floor`], but a full version stands for itself.
    fn caret_floor(&self, options: Options) -> Version {
        self.full().unwrap_or_else(|| self.floor(options))
    }

    /// A hole before a number (`1.x.3`), which `^` and `~` overlook and a plain x-range does not.
    fn has_inner_hole(&self) -> bool {
        (self.major.is_none() && self.minor.is_some()) || (self.minor.is_none() && self.patch.is_some())
    }
}

/// One component: a number, or `x`, `X`, `*`.
fn component(text: &str, loose: bool) -> Option<(Option<u64>, &str)> {
    if let Some(rest) = text.strip_prefix(['x', 'X', '*']) {
        return Some((None, rest));
    }
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let digits = &text[..end];
    if digits.is_empty() || (!loose && digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    let value = digits.parse::<u64>().ok()?;
    (value <= MAX_SAFE_INTEGER).then_some((Some(value), &text[end..]))
}

fn at_least(version: Version) -> Comparator {
    Comparator::new(Operator::GreaterEqual, version)
}

/// `<major.minor.patch-0`; `None` beyond what npm can count.
fn below(major: u64, minor: u64, patch: u64) -> Option<Comparator> {
    (major.max(minor).max(patch) <= MAX_SAFE_INTEGER)
        .then(|| Comparator::new(Operator::Less, Version::lowest(major, minor, patch)))
}

/// `A - B`.
fn hyphen(words: &[&str], options: Options) -> Option<Vec<Comparator>> {
    let [from, "-", to] = words else { return None };
    let from = Partial::parse(from, options.loose)?;
    let to = Partial::parse(to, options.loose)?;
    let mut set = Vec::new();
    if from.major.is_some() {
        set.push(at_least(from.floor(options)));
    }
    match (to.major, to.minor, to.patch) {
        (None, ..) => {}
        (Some(major), None, _) => set.push(below(major + 1, 0, 0)?),
        (Some(major), Some(minor), None) => set.push(below(major, minor + 1, 0)?),
        (Some(major), Some(minor), Some(patch)) => {
            if to.prerelease.is_empty() && options.include_prerelease {
                set.push(below(major, minor, patch + 1)?);
            } else {
                set.push(Comparator::new(Operator::LessEqual, to.full()?));
            }
        }
    }
    Some(set)
}

/// One word of a range.
fn expand(word: &str, options: Options) -> Option<Vec<Comparator>> {
    if let Some(rest) = word.strip_prefix('^') {
        return caret(&Partial::parse(rest, options.loose)?, options);
    }
    if let Some(rest) = word.strip_prefix('~') {
        let rest = rest.strip_prefix('>').unwrap_or(rest);
        return tilde(&Partial::parse(rest, options.loose)?, options);
    }
    let operator_length = word.bytes().take_while(|b| b"<>=".contains(b)).count();
    let (operator, rest) = word.split_at(operator_length);
    let (operator, rest) = match operator {
        "" => (None, rest),
        "<" => (Some(Operator::Less), rest),
        "<=" => (Some(Operator::LessEqual), rest),
        ">" => (Some(Operator::Greater), rest),
        ">=" => (Some(Operator::GreaterEqual), rest),
        _ if operator.bytes().all(|b| b == b'=') => (None, rest),
        // `>==1` and the like: the extra `=` belongs to the version, which may start with it.
        _ if operator.starts_with("<=") || operator.starts_with(">=") => {
            (operator_of(&operator[..2]), &word[2..])
        }
        _ => return None,
    };
    if rest.is_empty() {
        return None;
    }
    if rest == "*" {
        return match operator {
            Some(Operator::Less | Operator::Greater) => Some(vec![Comparator::nothing()]),
            _ => Some(Vec::new()),
        };
    }
    let partial = Partial::parse(rest, options.loose)?;
    if partial.full().is_some() {
        let rest = rest.split_once('+').map_or(rest, |(version, _build)| version);
        let version = Version::parse(rest, options.loose)?;
        let operator = operator.unwrap_or(Operator::Equal);
        return Some(vec![Comparator::new(operator, version)]);
    }
    x_range(operator, &partial, options)
}

fn operator_of(text: &str) -> Option<Operator> {
    match text {
        "<=" => Some(Operator::LessEqual),
        ">=" => Some(Operator::GreaterEqual),
        _ => None,
    }
}

/// `^1.2.3`: everything that keeps the leftmost number that is not zero.
fn caret(p: &Partial, options: Options) -> Option<Vec<Comparator>> {
    let Some(major) = p.major else {
        return Some(Vec::new());
    };
    let floor = at_least(p.caret_floor(options));
    let ceiling = match (major, p.minor, p.patch) {
        (_, None, _) => below(major + 1, 0, 0),
        (0, Some(minor), None) => below(0, minor + 1, 0),
        (0, Some(0), Some(patch)) => below(0, 0, patch + 1),
        (0, Some(minor), Some(_)) => below(0, minor + 1, 0),
        _ => below(major + 1, 0, 0),
    };
    Some(vec![floor, ceiling?])
}

/// `~1.2.3`: patches, or minors where no minor is given.
fn tilde(p: &Partial, options: Options) -> Option<Vec<Comparator>> {
    let Some(major) = p.major else {
        return Some(Vec::new());
    };
    let ceiling = match p.minor {
        None => below(major + 1, 0, 0),
        Some(minor) => below(major, minor + 1, 0),
    };
    Some(vec![at_least(p.caret_floor(options)), ceiling?])
}

/// `1.x`, `>1.2`, `<=2`.
fn x_range(operator: Option<Operator>, p: &Partial, options: Options) -> Option<Vec<Comparator>> {
    if p.has_inner_hole() {
        return None;
    }
    let Some(major) = p.major else {
        return Some(match operator {
            Some(Operator::Less | Operator::Greater) => vec![Comparator::nothing()],
            _ => Vec::new(),
        });
    };
    let next = |minor: Option<u64>| match minor {
        None => (major + 1, 0, 0),
        Some(minor) => (major, minor + 1, 0),
    };
    let (next_major, next_minor, next_patch) = next(p.minor);
    let with_prerelease = |mut version: Version| {
        if options.include_prerelease {
            version.prerelease = vec![Identifier::Numeric(0)];
        }
        version
    };
    let floor = with_prerelease(Version::new(major, p.minor.unwrap_or(0), 0));
    Some(match operator {
        None => vec![at_least(floor), below(next_major, next_minor, next_patch)?],
        Some(Operator::Greater) => {
            vec![at_least(with_prerelease(Version::new(next_major, next_minor, next_patch)))]
        }
        Some(Operator::LessEqual) => vec![below(next_major, next_minor, next_patch)?],
        Some(Operator::Less) => vec![below(major, p.minor.unwrap_or(0), 0)?],
        Some(Operator::GreaterEqual | Operator::Equal) => vec![at_least(floor)],
    })
}
