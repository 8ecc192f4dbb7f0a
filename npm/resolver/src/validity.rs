//! Whether an edge is satisfied by what it resolves to.

use crate::paths::join;
use crate::tree::{EdgeId, NodeId, Tree};
use oac_npm_spec::{HostedGit, PackageSpec, SpecKind};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// By name and text.
type Parsed = HashMap<(String, String), Option<Rc<PackageSpec>>>;

/// Specs already parsed; the same few ranges appear hundreds of times.
#[derive(Debug, Default)]
pub(crate) struct SpecCache {
    parsed: RefCell<Parsed>,
}

impl SpecCache {
    /// The spec of a dependency; `None` when it cannot be read.
    pub(crate) fn parse(&self, name: &str, spec: &str) -> Option<Rc<PackageSpec>> {
        let key = (name.to_owned(), spec.to_owned());
        if let Some(known) = self.parsed.borrow().get(&key) {
            return known.clone();
        }
        let parsed = PackageSpec::resolve(Some(name), spec).ok().map(Rc::new);
        self.parsed.borrow_mut().insert(key, parsed.clone());
        parsed
    }
}

impl Tree {
    /// Whether the edge asks for nothing more: met, or optional and missing.
    pub fn is_valid(&self, edge: EdgeId) -> bool {
        let e = self.edge(edge);
        let Some(from) = e.from else { return false };
        match e.to {
            None => e.kind.is_optional(),
            // A peer that lies inside its dependent is not beside it.
            Some(to) if e.kind.is_peer() && self.node(to).parent == Some(from) && !self.is_top(from) => false,
            Some(to) => self.satisfied_by(edge, to),
        }
    }

    /// Whether the node is of the edge's name and would satisfy it.
    pub fn satisfied_by(&self, edge: EdgeId, node: NodeId) -> bool {
        let e = self.edge(edge);
        let n = self.node(node);
        if n.name != e.name || e.from.is_none() {
            return false;
        }
        let accepts = |spec: Option<&PackageSpec>| {
            spec.is_some_and(|s| self.version_matches(edge, node, s))
                || e.accept.as_deref().is_some_and(|s| self.version_matches(edge, node, s))
        };
        let declared = || self.specs.parse(&e.name, &e.raw_spec);
        if n.package.has_shrinkwrap || n.in_bundle || self.in_bundle(node) {
            return accepts(declared().as_deref());
        }
        let Some(key) = e.rule.and_then(|rule| self.overrides.key_spec(rule)) else {
            return accepts(e.spec.as_deref());
        };
        if accepts(e.spec.as_deref()) {
            return true;
        }
        accepts(declared().as_deref()) && !accepts(self.specs.parse(&e.name, key).as_deref())
    }

    /// npm's `dep-valid`.
    fn version_matches(&self, edge: EdgeId, node: NodeId, spec: &PackageSpec) -> bool {
        let n = self.node(node);
        // A link stands for its target.
        let package = &self.node(n.link_target.unwrap_or(node)).package;
        match &spec.kind {
            SpecKind::Range(range) => {
                matches!(spec.raw_spec.trim(), "" | "*")
                    || package.semver.as_ref().is_some_and(|v| range.satisfied_by(v))
            }
            SpecKind::Version(version) => package.semver.as_ref() == Some(version),
            SpecKind::Alias(target) => self.version_matches(edge, node, target),
            SpecKind::Tag(_) => n.resolved.as_deref().is_some_and(|r| r.starts_with("http")),
            SpecKind::Remote(url) => n.resolved.as_deref() == Some(url),
            SpecKind::Directory(path) => {
                n.link_path.as_deref() == Some(join(&self.base_of(edge), path).as_str())
            }
            SpecKind::File(path) => {
                let file = join(&self.base_of(edge), path);
                n.resolved.as_deref().and_then(|r| r.strip_prefix("file:")) == Some(file.as_str())
            }
            SpecKind::Git(text) => {
                let wanted = HostedGit::parse(text);
                let there = n.resolved.as_deref().and_then(HostedGit::parse);
                wanted.zip(there).is_some_and(|(wanted, there)| {
                    let range = wanted.range();
                    wanted.same_repository(&there)
                        && (!wanted.is_pinned() || wanted.committish == there.committish)
                        && range.is_none_or(|r| package.semver.as_ref().is_some_and(|v| r.satisfied_by(v)))
                })
            }
        }
    }
}
