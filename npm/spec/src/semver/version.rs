//! One version: `1.2.3-beta.4+build`.

use std::cmp::Ordering;
use std::fmt;

/// The longest version text that npm's `semver` accepts.
const MAX_LENGTH: usize = 256;
/// JavaScript's largest exact integer: a component above it is no version.
pub(super) const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// One dot-separated piece of a prerelease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identifier {
    /// Digits only; compared as a number and below any text.
    Numeric(u64),
    /// Anything else; compared by ASCII order.
    Text(Box<str>),
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Numeric(a), Self::Numeric(b)) => a.cmp(b),
            (Self::Numeric(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Numeric(_)) => Ordering::Greater,
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
        }
    }
}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numeric(n) => write!(f, "{n}"),
            Self::Text(t) => f.write_str(t),
        }
    }
}

/// A version. Ordering is precedence (semver.org §11): build metadata is kept but not compared.
#[derive(Debug, Clone)]
pub struct Version {
    /// First component.
    pub major: u64,
    /// Second component.
    pub minor: u64,
    /// Third component.
    pub patch: u64,
    /// What follows `-`, in pieces; empty for a release.
    pub prerelease: Vec<Identifier>,
    /// What follows `+`.
    pub build: Option<Box<str>>,
}

impl Version {
    /// A release without prerelease or build.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch, prerelease: Vec::new(), build: None }
    }

    /// `major.minor.patch-0`: the lowest version that has these three numbers.
    pub(super) fn lowest(major: u64, minor: u64, patch: u64) -> Self {
        Self { prerelease: vec![Identifier::Numeric(0)], ..Self::new(major, minor, patch) }
    }

    /// Parses as `semver.parse(text, { loose })` does; `None` when that returns null.
    pub fn parse(text: &str, loose: bool) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let trimmed = text.trim();
        let body = if loose {
            trimmed.trim_start_matches(|c: char| c == 'v' || c == '=' || c.is_whitespace())
        } else {
            trimmed.strip_prefix('v').unwrap_or(trimmed)
        };
        let (major, rest) = take_number(body, loose)?;
        let (minor, rest) = take_number(rest.strip_prefix('.')?, loose)?;
        let (patch, rest) = take_number(rest.strip_prefix('.')?, loose)?;
        let (prerelease, build) = parse_tail(rest, loose)?;
        Some(Self { major, minor, patch, prerelease, build })
    }

    /// Whether the version is a prerelease.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    pub(super) fn same_numbers(&self, other: &Self) -> bool {
        self.major == other.major && self.minor == other.minor && self.patch == other.patch
    }
}

/// Splits a leading number off; strict mode refuses leading zeroes.
fn take_number(text: &str, loose: bool) -> Option<(u64, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let digits = &text[..end];
    if digits.is_empty() || (!loose && digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    let value = digits.parse::<u64>().ok()?;
    (value <= MAX_SAFE_INTEGER).then_some((value, &text[end..]))
}

type Tail = (Vec<Identifier>, Option<Box<str>>);

/// Parses what follows the three numbers: `-pre.1+build`, in loose mode also `pre.1`.
pub(super) fn parse_tail(rest: &str, loose: bool) -> Option<Tail> {
    let (pre, build) = match rest.split_once('+') {
        Some((pre, build)) => (pre, Some(build)),
        None => (rest, None),
    };
    if let Some(build) = build
        && !build.split('.').all(is_identifier)
    {
        return None;
    }
    let pre = if pre.is_empty() {
        Vec::new()
    } else {
        let ids = match pre.strip_prefix('-') {
            // Loosely the hyphen may be missing, so a lone one is an identifier itself.
            Some("") if loose => "-",
            Some(ids) => ids,
            None if loose => pre,
            None => return None,
        };
        parse_identifiers(ids, loose)?
    };
    Some((pre, build.map(Into::into)))
}

fn parse_identifiers(text: &str, loose: bool) -> Option<Vec<Identifier>> {
    text.split('.')
        .map(|id| {
            if !is_identifier(id) {
                return None;
            }
            if !id.bytes().all(|b| b.is_ascii_digit()) {
                return Some(Identifier::Text(id.into()));
            }
            if !loose && id.len() > 1 && id.starts_with('0') {
                return None;
            }
            Some(match id.parse::<u64>() {
                Ok(n) if n < MAX_SAFE_INTEGER => Identifier::Numeric(n),
                _ => Identifier::Text(id.into()),
            })
        })
        .collect()
}

fn is_identifier(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch));
        numbers.then_with(|| match (self.is_prerelease(), other.is_prerelease()) {
            (false, false) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => self.prerelease.cmp(&other.prerelease),
        })
    }
}

impl fmt::Display for Version {
    /// The version without its build metadata, as `semver.valid` returns it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        for (i, id) in self.prerelease.iter().enumerate() {
            write!(f, "{}{id}", if i == 0 { '-' } else { '.' })?;
        }
        Ok(())
    }
}
