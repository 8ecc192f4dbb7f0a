//! Ranges: alternatives of comparator sets, and the questions asked of them.

use super::desugar;
use super::{Options, Version};
use std::fmt;

/// How a comparator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Exactly this version.
    Equal,
    /// Below.
    Less,
    /// At most.
    LessEqual,
    /// Above.
    Greater,
    /// At least.
    GreaterEqual,
}

/// One comparison, such as `>=1.2.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparator {
    /// The comparison.
    pub operator: Operator,
    /// What is compared against.
    pub version: Version,
}

impl Comparator {
    pub(super) fn new(operator: Operator, version: Version) -> Self {
        Self { operator, version }
    }

    /// `<0.0.0-0`, which no version meets.
    pub(super) fn nothing() -> Self {
        Self::new(Operator::Less, Version::lowest(0, 0, 0))
    }

    fn is_nothing(&self) -> bool {
        self.operator == Operator::Less && self.version == Version::lowest(0, 0, 0)
    }

    fn test(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Equal => *version == self.version,
            Operator::Less => *version < self.version,
            Operator::LessEqual => *version <= self.version,
            Operator::Greater => *version > self.version,
            Operator::GreaterEqual => *version >= self.version,
        }
    }

    /// Whether some version meets both comparators (npm's `Comparator.intersects`).
    fn intersects(&self, other: &Self, options: Options) -> bool {
        if self.operator == Operator::Equal {
            return Range::of(vec![other.clone()], options).satisfied_by(&self.version);
        }
        if other.operator == Operator::Equal {
            return Range::of(vec![self.clone()], options).satisfied_by(&other.version);
        }
        if self.is_nothing_for(options) || other.is_nothing_for(options) {
            return false;
        }
        let (up, other_up) = (self.points_up(), other.points_up());
        if up == other_up {
            return true;
        }
        let inclusive = |c: &Self| matches!(c.operator, Operator::LessEqual | Operator::GreaterEqual);
        if self.version == other.version && inclusive(self) && inclusive(other) {
            return true;
        }
        if up { self.version < other.version } else { self.version > other.version }
    }

    fn is_nothing_for(&self, options: Options) -> bool {
        if options.include_prerelease {
            return self.is_nothing();
        }
        self.operator == Operator::Less && self.version.same_numbers(&Version::new(0, 0, 0))
    }

    fn points_up(&self) -> bool {
        matches!(self.operator, Operator::Greater | Operator::GreaterEqual)
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Equal => "",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
        };
        write!(f, "{operator}{}", self.version)
    }
}

/// A range: any of the sets, all comparators of a set. An empty set admits everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    sets: Vec<Vec<Comparator>>,
    options: Options,
}

impl Range {
    /// Parses as `new semver.Range(text, options)` does; `None` where that throws.
    pub fn parse(text: &str, options: Options) -> Option<Self> {
        let mut sets = Vec::new();
        for alternative in text.split("||") {
            if let Some(set) = desugar::comparator_set(alternative.trim(), options)? {
                sets.push(set);
            }
        }
        if sets.is_empty() {
            return None;
        }
        if sets.len() > 1 {
            let first = sets[0].clone();
            sets.retain(|set| !set.first().is_some_and(Comparator::is_nothing));
            if sets.is_empty() {
                sets.push(first);
            } else if sets.iter().any(Vec::is_empty) {
                sets = vec![Vec::new()];
            }
        }
        Some(Self { sets, options })
    }

    fn of(set: Vec<Comparator>, options: Options) -> Self {
        Self { sets: vec![set], options }
    }

    /// Whether the version is in the range. Prereleases count only beside a comparator with the
    /// same three numbers, unless the range was parsed with `include_prerelease`.
    pub fn satisfied_by(&self, version: &Version) -> bool {
        self.sets.iter().any(|set| {
            set.iter().all(|c| c.test(version))
                && (!version.is_prerelease()
                    || self.options.include_prerelease
                    || set.iter().any(|c| c.version.is_prerelease() && c.version.same_numbers(version)))
        })
    }

    /// Whether the range admits every release (`*`).
    pub fn is_any(&self) -> bool {
        self.sets.iter().any(Vec::is_empty)
    }

    /// Whether some version could be in both ranges (npm's `semver.intersects`).
    pub fn intersects(&self, other: &Self) -> bool {
        let possible = |set: &[Comparator]| {
            set.iter().enumerate().all(|(i, a)| set[i + 1..].iter().all(|b| a.intersects(b, self.options)))
        };
        self.sets.iter().filter(|set| possible(set)).any(|mine| {
            other.sets.iter().filter(|set| possible(set)).any(|theirs| {
                // npm asks "is this exact version in `*`", but not the other way round.
                if theirs.is_empty() {
                    let all = Self::of(Vec::new(), self.options);
                    return mine
                        .iter()
                        .all(|a| a.operator != Operator::Equal || all.satisfied_by(&a.version));
                }
                mine.iter().all(|a| theirs.iter().all(|b| a.intersects(b, self.options)))
            })
        })
    }

    /// Whether every version in this range is in `other` too, for ranges that are one interval,
    /// as those that `npm install` saves are; a range of several intervals answers no unless each
    /// of them lies in one interval of `other`.
    pub fn subset_of(&self, other: &Self) -> bool {
        self.sets.iter().all(|mine| {
            other.sets.iter().any(|theirs| theirs.iter().all(|bound| mine.iter().any(|c| c.implies(bound))))
        })
    }
}

impl Comparator {
    /// Whether meeting this comparator means meeting `bound`.
    fn implies(&self, bound: &Self) -> bool {
        use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual};
        match (self.operator, bound.operator) {
            (Equal, _) => bound.test(&self.version),
            (Greater, Greater | GreaterEqual) | (GreaterEqual, GreaterEqual) => self.version >= bound.version,
            (GreaterEqual, Greater) => self.version > bound.version,
            (Less, Less | LessEqual) | (LessEqual, LessEqual) => self.version <= bound.version,
            (LessEqual, Less) => self.version < bound.version,
            _ => false,
        }
    }
}

impl fmt::Display for Range {
    /// The range as npm's `Range.range` prints it: comparators only, `||` between the sets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, set) in self.sets.iter().enumerate() {
            if i > 0 {
                f.write_str("||")?;
            }
            for (j, comparator) in set.iter().enumerate() {
                if j > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{comparator}")?;
            }
        }
        Ok(())
    }
}
