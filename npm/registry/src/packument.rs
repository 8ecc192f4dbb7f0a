//! What a registry says of a package: dist-tags and versions.
//!
//! Versions are kept as unparsed JSON until one of them is looked at; a large packument has
//! thousands, and an install looks at one or two.

use crate::{Moment, RegistryError};
use oac_npm_spec::{Manifest, Options, PackageSpec, Range, SpecKind, Version};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

/// A package as the registry describes it; abbreviated (`application/vnd.npm.install-v1+json`) or full.
#[derive(Debug)]
pub struct Packument {
    name: String,
    dist_tags: HashMap<String, String>,
    versions: Vec<Entry>,
    /// When each version came; full packuments have it.
    times: HashMap<String, Moment>,
    manifests: RefCell<HashMap<usize, Rc<Manifest>>>,
}

#[derive(Debug)]
struct Entry {
    text: String,
    version: Version,
    json: Box<RawValue>,
}

/// What decides between versions besides the range.
#[derive(Debug, Clone)]
pub struct PickContext {
    /// The tag that stands for no wish at all: `latest` unless configured.
    pub default_tag: String,
    /// The version of Node for `engines.node`.
    pub node_version: Option<Version>,
    /// The version of npm for `engines.npm`.
    pub npm_version: Option<Version>,
    /// `--before`: versions that came later do not count.
    pub before: Option<Moment>,
    /// Versions, by package, that are taken only when there is no other: what `npm audit fix` leads away from.
    pub avoid: Rc<HashMap<String, Range>>,
}

impl PickContext {
    /// Whether a version is one to be avoided.
    pub fn avoids(&self, name: &str, version: &Version) -> bool {
        self.avoid.get(name).is_some_and(|range| range.satisfied_by(version))
    }
}

impl Default for PickContext {
    fn default() -> Self {
        Self {
            default_tag: "latest".into(),
            node_version: None,
            npm_version: None,
            before: None,
            avoid: Rc::default(),
        }
    }
}

/// The few fields that the choice needs.
#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    deprecated: Option<serde_json::Value>,
    #[serde(default)]
    engines: Option<serde_json::Value>,
}

impl Packument {
    /// Parses a packument; `name` and `url` serve for lookup and messages.
    ///
    /// # Errors
    /// `RegistryError::MalformedPackument`.
    pub fn parse(name: &str, url: &str, json: &[u8]) -> Result<Self, RegistryError> {
        let malformed = |e: serde_json::Error| RegistryError::MalformedPackument {
            url: url.to_owned(),
            problem: e.to_string(),
        };
        let wire: Wire = serde_json::from_slice(json).map_err(malformed)?;
        let versions = wire
            .versions
            .0
            .into_iter()
            .filter_map(|(text, json)| Some(Entry { version: Version::parse(&text, true)?, text, json }))
            .collect();
        let dist_tags =
            wire.dist_tags.into_iter().filter_map(|(tag, v)| Some((tag, v.as_str()?.to_owned()))).collect();
        let times = wire
            .time
            .into_iter()
            .filter_map(|(version, v)| Some((version, Moment::parse(v.as_str()?)?)))
            .collect();
        Ok(Self { name: name.to_owned(), dist_tags, versions, times, manifests: RefCell::default() })
    }

    /// The package's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All versions, as the registry writes them, in its order.
    pub fn versions(&self) -> impl Iterator<Item = (&str, &Version)> {
        self.versions.iter().map(|entry| (entry.text.as_str(), &entry.version))
    }

    /// The version a tag points at.
    pub fn tag(&self, tag: &str) -> Option<&str> {
        self.dist_tags.get(tag).map(String::as_str)
    }

    /// Whether the registry has no versions at all.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The manifest of exactly this version.
    pub fn manifest(&self, version: &str) -> Option<Rc<Manifest>> {
        let index = self.versions.iter().position(|e| e.text == version)?;
        self.manifest_at(index)
    }

    /// The manifest of this version, or of the newest one before it that is compatible with it.
    pub fn manifest_near(&self, version: &str) -> Option<Rc<Manifest>> {
        let wanted = Version::parse(version, true)?;
        let same_line =
            |v: &Version| v.major == wanted.major && (wanted.major > 0 || v.minor == wanted.minor);
        let older = |v: &Version| *v <= wanted && v.prerelease.is_empty() && same_line(v);
        let fitting = (0..self.versions.len()).filter(|i| older(&self.versions[*i].version));
        let nearest = fitting.max_by_key(|i| &self.versions[*i].version)?;
        self.manifest(version).or_else(|| self.manifest_at(nearest))
    }

    /// The version that npm takes for a spec (`npm-pick-manifest`), aliases looked through.
    pub fn pick(&self, spec: &PackageSpec, context: &PickContext) -> Option<Rc<Manifest>> {
        match &spec.target().kind {
            SpecKind::Tag(tag) => {
                let version = self.tag(tag)?;
                if self.is_early_enough(version, context) {
                    return self.manifest(version);
                }
                let range = Range::parse(&format!("<={version}"), Options::LOOSE)?;
                self.pick_range(&range, false, context)
            }
            SpecKind::Version(version) => self.manifest(&version.to_string()),
            SpecKind::Range(range) => {
                let star = matches!(spec.target().raw_spec.trim(), "" | "*");
                self.pick_range(range, star, context)
            }
            _ => None,
        }
    }

    fn pick_range(&self, range: &Range, star: bool, context: &PickContext) -> Option<Rc<Manifest>> {
        if let Some(tagged) = self.tag(&context.default_tag)
            && let Some(index) = self.versions.iter().position(|e| e.text == tagged)
            && (star || range.satisfied_by(&self.versions[index].version))
            && self.rank(index, context) == Rank::BEST
            && self.is_early_enough(tagged, context)
        {
            return self.manifest_at(index);
        }
        let mut candidates: Vec<usize> = (0..self.versions.len())
            .filter(|i| range.satisfied_by(&self.versions[*i].version))
            .filter(|i| self.is_early_enough(&self.versions[*i].text, context))
            .collect();
        candidates.sort_by_key(|i| Reverse(&self.versions[*i].version));
        let mut best: Option<(Rank, usize)> = None;
        for index in candidates {
            let rank = self.rank(index, context);
            if rank == Rank::BEST {
                return self.manifest_at(index);
            }
            if best.is_none_or(|(so_far, _)| rank > so_far) {
                best = Some((rank, index));
            }
        }
        self.manifest_at(best?.1)
    }

    /// Whether a version came before the moment that the user set; one whose time is not known did.
    fn is_early_enough(&self, version: &str, context: &PickContext) -> bool {
        match (context.before, self.times.get(version)) {
            (Some(before), Some(time)) => *time <= before,
            _ => true,
        }
    }

    fn rank(&self, index: usize, context: &PickContext) -> Rank {
        let choice: Choice = serde_json::from_str(self.versions[index].json.get())
            .unwrap_or(Choice { deprecated: None, engines: None });
        let current = match choice.deprecated {
            None | Some(serde_json::Value::Null | serde_json::Value::Bool(false)) => true,
            Some(serde_json::Value::String(message)) => message.is_empty(),
            Some(_) => false,
        };
        let engine = |name: &str, have: &Option<Version>| {
            let wanted = choice.engines.as_ref().and_then(|e| e.get(name)?.as_str());
            engine_accepts(wanted, have.as_ref())
        };
        let engine = engine("node", &context.node_version) && engine("npm", &context.npm_version);
        let safe = !context.avoids(&self.name, &self.versions[index].version);
        Rank { safe, both: current && engine, engine, current }
    }

    fn manifest_at(&self, index: usize) -> Option<Rc<Manifest>> {
        if let Some(known) = self.manifests.borrow().get(&index) {
            return Some(known.clone());
        }
        let value = serde_json::from_str(self.versions[index].json.get()).ok()?;
        let manifest = Rc::new(Manifest::from_value(value));
        self.manifests.borrow_mut().insert(index, manifest.clone());
        Some(manifest)
    }
}

/// Whether an `engines` range accepts what runs; what is not known or not asked is accepted.
pub fn engine_accepts(wanted: Option<&str>, have: Option<&Version>) -> bool {
    match (wanted.filter(|w| !w.is_empty()), have) {
        (Some(wanted), Some(have)) => {
            Range::parse(wanted, Options::ENGINES).is_some_and(|range| range.satisfied_by(have))
        }
        _ => true,
    }
}

/// How npm orders candidates before their version: not to be avoided, then not deprecated and of a fitting engine, then a
/// fitting engine, then not deprecated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    safe: bool,
    both: bool,
    engine: bool,
    current: bool,
}

impl Rank {
    const BEST: Self = Self { safe: true, both: true, engine: true, current: true };
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "dist-tags", default)]
    dist_tags: HashMap<String, serde_json::Value>,
    #[serde(default)]
    versions: RawVersions,
    #[serde(default)]
    time: HashMap<String, serde_json::Value>,
}

/// `versions` as pairs, so that no map is built of thousands of entries.
#[derive(Default)]
struct RawVersions(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for RawVersions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = RawVersions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of versions")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawVersions, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(RawVersions(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(spec: &str, expect: Option<&str>) {
        let packument = json!({
            "name": "a",
            "dist-tags": { "latest": "2.0.0", "next": "3.0.0-rc.1" },
            "versions": {
                "1.0.0": { "version": "1.0.0" },
                "1.1.0": { "version": "1.1.0", "engines": { "node": ">=99" } },
                "1.2.0": { "version": "1.2.0", "deprecated": "broken" },
                "2.0.0": { "version": "2.0.0" },
                "2.1.0": { "version": "2.1.0" },
                "3.0.0-rc.1": { "version": "3.0.0-rc.1" },
            },
        });
        let packument = Packument::parse("a", "x", packument.to_string().as_bytes()).expect("valid");
        let context = PickContext { node_version: Version::parse("24.1.0", false), ..PickContext::default() };
        let spec = PackageSpec::parse(spec).expect("valid");
        let got = packument.pick(&spec, &context).and_then(|m| m.version.clone());
        assert_eq!(got.as_deref(), expect, "{spec:?}");
    }

    // As `npm-pick-manifest` answers for this packument.
    #[test]
    fn picks_as_npm() {
        check("a", Some("2.0.0"));
        check("a@^1", Some("1.0.0"));
        check("a@>=1.1 <2", Some("1.2.0"));
        check("a@^2.0.0", Some("2.0.0"));
        check("a@>=2.0.1", Some("2.1.0"));
        check("a@next", Some("3.0.0-rc.1"));
        check("a@3", None);
        check("a@1.1.0", Some("1.1.0"));
        check("b@npm:a@^1", Some("1.0.0"));
    }

    #[test]
    fn garbage_is_named() {
        let error = Packument::parse("a", "http://registry.invalid/a", b"<html>").expect_err("no JSON");
        assert_eq!(error.code(), "EMALFORMED");
        assert!(error.to_string().contains("registry.invalid/a"));
    }
}
