//! Which versions of a package an advisory makes vulnerable; and which of its dependents, that take no other ones.
//!
//! The rules are those of `@npmcli/metavuln-calculator`: a version is vulnerable when an advisory's range names it, or
//! when all that its own range for a vulnerable package can pick is vulnerable.

use oac_npm_registry::Packument;
use oac_npm_spec::{Manifest, Options, Range, Version};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How advisories read versions.
pub(super) const SLOPPY: Options = Options { loose: true, include_prerelease: true };

/// A package's versions, the oldest first.
pub(super) struct Known {
    pub(super) packument: Option<Packument>,
    pub(super) versions: Vec<(String, Version)>,
}

impl Known {
    pub(super) fn new(packument: Option<Packument>) -> Self {
        let all = packument.iter().flat_map(Packument::versions);
        let mut versions: Vec<(String, Version)> = all.map(|(t, v)| (t.to_owned(), v.clone())).collect();
        versions.sort_by(|a, b| a.1.cmp(&b.1));
        Self { packument, versions }
    }
}

/// An advisory, or what follows from one for a dependent.
pub(super) struct Advisory {
    pub(super) name: String,
    /// The package that is at fault; the package itself for a registry's advisory.
    pub(super) dependency: String,
    /// As the registry told it; `null` for what follows from another.
    pub(super) told: Value,
    pub(super) severity: String,
    pub(super) range: String,
    pub(super) known: Rc<Known>,
    cause: Option<Rc<Advisory>>,
    vulnerable: RefCell<HashSet<String>>,
    tested: RefCell<HashMap<String, bool>>,
    tested_specs: RefCell<HashMap<String, bool>>,
}

impl Advisory {
    /// What the registry says of a package.
    pub(super) fn told(name: &str, told: &Value, known: Rc<Known>) -> Self {
        let text = |key: &str, default: &str| told[key].as_str().unwrap_or(default).to_owned();
        let range = text("vulnerable_versions", "*");
        let advisory = Self::new(name, name, told.clone(), text("severity", "high"), range, known, None);
        advisory.test_all();
        advisory
    }

    /// What follows for a package that depends on another.
    pub(super) fn following(name: &str, cause: Rc<Advisory>, known: Rc<Known>) -> Self {
        let (dependency, severity) = (cause.name.clone(), cause.severity.clone());
        let mut advisory =
            Self::new(name, &dependency, Value::Null, severity, String::new(), known, Some(cause));
        advisory.test_all();
        advisory.range = advisory.range_of_vulnerable();
        advisory
    }

    fn new(
        name: &str,
        dependency: &str,
        told: Value,
        severity: String,
        range: String,
        known: Rc<Known>,
        cause: Option<Rc<Advisory>>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            dependency: dependency.to_owned(),
            told,
            severity,
            range,
            known,
            cause,
            vulnerable: RefCell::default(),
            tested: RefCell::default(),
            tested_specs: RefCell::default(),
        }
    }

    pub(super) fn follows(&self) -> bool {
        self.cause.is_some()
    }

    /// Whether a version is vulnerable. `spec` is what is known of its dependency when the registry has no such version.
    pub(super) fn has(&self, version: &str, spec: Option<&str>) -> bool {
        if let Some(known) = self.tested.borrow().get(version) {
            return *known;
        }
        let result = self.test(version, spec);
        if result {
            self.mark(version);
        }
        self.tested.borrow_mut().insert(version.to_owned(), result);
        result
    }

    fn mark(&self, version: &str) {
        self.vulnerable.borrow_mut().insert(version.to_owned());
    }

    fn test(&self, version: &str, spec: Option<&str>) -> bool {
        if self.vulnerable.borrow().contains(version) {
            return true;
        }
        let Some(cause) = &self.cause else { return satisfies(version, &self.range, SLOPPY) };
        let manifest = self.known.packument.as_ref().and_then(|p| p.manifest(version));
        let declared = manifest.as_deref().and_then(|m| spec_for(m, &self.dependency)).map(str::to_owned);
        let Some(spec) = spec.map(str::to_owned).or(declared) else { return false };
        let Some(range) = Range::parse(&spec, SLOPPY) else { return true };
        let bundled = manifest.is_some_and(|m| m.bundle_dependencies.contains(&self.dependency));
        if bundled {
            // Whether the ranges have a version in common.
            return cause
                .known
                .versions
                .iter()
                .any(|(text, v)| range.satisfied_by(v) && cause.has(text, None));
        }
        cause.has_all_of(&spec)
    }

    /// Whether a range can pick vulnerable versions only; also when it can pick none.
    fn has_all_of(&self, spec: &str) -> bool {
        if let Some(known) = self.tested_specs.borrow().get(spec) {
            return *known;
        }
        let result = Range::parse(spec, SLOPPY).is_none_or(|range| {
            self.known.versions.iter().all(|(text, v)| !range.satisfied_by(v) || self.has(text, None))
        });
        self.tested_specs.borrow_mut().insert(spec.to_owned(), result);
        result
    }

    /// Tests the versions of each minor release by halves, as what lies between two vulnerable ones is, too.
    fn test_all(&self) {
        let versions = &self.known.versions;
        let mut sets: Vec<&[(String, Version)]> =
            versions.chunk_by(|(_, a), (_, b)| (a.major, a.minor) == (b.major, b.minor)).collect();
        while let Some(set) = sets.pop() {
            sets.extend(self.test_set(set));
        }
    }

    fn test_set<'a>(&self, set: &'a [(String, Version)]) -> Vec<&'a [(String, Version)]> {
        let is_pre = |at: usize| !set[at].1.prerelease.is_empty();
        let released = |at: &usize| !is_pre(*at);
        let last = set.len() - 1;
        let first_vulnerable = self.has(&set[0].0, None);
        let head = (0..set.len()).find(released).unwrap_or(0);
        if first_vulnerable {
            set[..head].iter().for_each(|(text, _)| self.mark(text));
        }
        let last_vulnerable = self.has(&set[last].0, None);
        let tail = (head + 1..=last).rev().find(released).unwrap_or(last);
        if last_vulnerable {
            set[tail + 1..].iter().for_each(|(text, _)| self.mark(text));
        }
        let head_vulnerable = self.has(&set[head].0, None);
        let tail_vulnerable = self.has(&set[tail].0, None);
        if head_vulnerable && tail_vulnerable {
            set[head..=tail].iter().for_each(|(text, _)| self.mark(text));
            return Vec::new();
        }
        if tail < head + 2 {
            return Vec::new();
        }
        let (mut before, mut after) = set.split_at(set.len() / 2);
        if before[0].1.prerelease.is_empty() {
            let vulnerable = self.has(&before[before.len() - 1].0, None);
            while let Some(((text, version), rest)) = before.split_last()
                && !version.prerelease.is_empty()
            {
                if vulnerable {
                    self.mark(text);
                }
                before = rest;
            }
        }
        if after[after.len() - 1].1.prerelease.is_empty() {
            let vulnerable = self.has(&after[0].0, None);
            while let Some(((text, version), rest)) = after.split_first()
                && !version.prerelease.is_empty()
            {
                if vulnerable {
                    self.mark(text);
                }
                after = rest;
            }
        }
        [before, after].into_iter().filter(|half| !half.is_empty()).collect()
    }

    fn range_of_vulnerable(&self) -> String {
        let vulnerable = self.vulnerable.borrow();
        let versions = &self.known.versions;
        let mut ranges = Vec::new();
        let mut at = 0;
        while at < versions.len() {
            let start = at;
            let mut end = None;
            while at < versions.len() {
                if vulnerable.contains(&versions[at].0) {
                    end = Some(at);
                } else if versions[at].1.prerelease.is_empty() {
                    break;
                }
                at += 1;
            }
            if let Some(end) = end {
                let (from, to) = (&versions[start].0, &versions[end].0);
                ranges.push(match () {
                    () if end + 1 == versions.len() => format!(">={from}"),
                    () if start == end => from.clone(),
                    () => format!("{from} - {to}"),
                });
            }
            at += 1;
        }
        if ranges.is_empty() { "<0.0.0-0".to_owned() } else { simplified(versions, &ranges.join(" || ")) }
    }
}

/// What a package asks of another.
fn spec_for<'a>(manifest: &'a Manifest, name: &str) -> Option<&'a str> {
    let lists = [&manifest.dependencies, &manifest.optional_dependencies, &manifest.peer_dependencies];
    lists.into_iter().find_map(|list| list.get(name)).map(String::as_str)
}

/// Whether a version lies in a range; not when either is none.
pub(super) fn satisfies(version: &str, range: &str, options: Options) -> bool {
    let version = Version::parse(version, options.loose);
    let range = Range::parse(range, options);
    range.zip(version).is_some_and(|(range, version)| range.satisfied_by(&version))
}

/// The shortest range that picks the same of these versions (`semver.simplifyRange`).
pub(super) fn simplified(versions: &[(String, Version)], range: &str) -> String {
    let Some(parsed) = Range::parse(range, SLOPPY) else { return range.to_owned() };
    let mut sets: Vec<(&str, Option<&str>)> = Vec::new();
    let mut open: Option<(&str, &str)> = None;
    for (text, version) in versions {
        if parsed.satisfied_by(version) {
            open = Some((open.map_or(text, |(first, _)| first), text));
        } else if let Some((first, last)) = open.take() {
            sets.push((first, Some(last)));
        }
    }
    sets.extend(open.map(|(first, _)| (first, None)));
    let oldest = versions.first().map(|(text, _)| text.as_str());
    let parts = sets.into_iter().map(|(first, last)| match last {
        Some(last) if first == last => first.to_owned(),
        None if oldest == Some(first) => "*".to_owned(),
        None => format!(">={first}"),
        Some(last) if oldest == Some(first) => format!("<={last}"),
        Some(last) => format!("{first} - {last}"),
    });
    let short = parts.collect::<Vec<_>>().join(" || ");
    if short.len() < range.len() { short } else { range.to_owned() }
}
