//! The vulnerable packages of a tree, and what would mend them: arborist's audit report.

use super::advisory::{Advisory, Known, SLOPPY, satisfies, simplified};
use crate::failure::Failure;
use oac_npm_registry::PickContext;
use oac_npm_resolver::{EdgeId, NodeId, Tree};
use oac_npm_spec::{Options, PackageSpec, Range, locale_compare};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// From the harmless to the worst.
pub(super) const SEVERITIES: [&str; 5] = ["info", "low", "moderate", "high", "critical"];

/// Whether and how a vulnerability can be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fix {
    /// Within what is asked for.
    Yes,
    /// Not at all.
    No,
    /// By asking for something else.
    Force { name: String, version: String, major: bool },
}

impl Fix {
    fn json(&self) -> Value {
        match self {
            Self::Yes => true.into(),
            Self::No => false.into(),
            Self::Force { name, version, major } => {
                json!({ "name": name, "version": version, "isSemVerMajor": major })
            }
        }
    }
}

/// A package's vulnerabilities.
pub(super) struct Vuln {
    pub(super) name: String,
    advisories: Vec<Rc<Advisory>>,
    pub(super) nodes: Vec<NodeId>,
    pub(super) top_nodes: Vec<NodeId>,
    via: Vec<usize>,
    effects: Vec<usize>,
    pub(super) fix: Fix,
    known: Rc<Known>,
}

impl Vuln {
    pub(super) fn range(&self) -> String {
        let ranges: Vec<&str> = self.advisories.iter().map(|a| a.range.as_str()).collect();
        ranges.join(" || ")
    }

    pub(super) fn severity(&self) -> &str {
        let rank = |a: &&Rc<Advisory>| SEVERITIES.iter().position(|s| *s == a.severity);
        self.advisories.iter().max_by_key(rank).map_or("high", |a| a.severity.as_str())
    }
}

/// What an audit found.
pub(crate) struct Report {
    pub(super) vulns: Vec<Vuln>,
    /// What `--json` shows.
    pub(super) json: Value,
}

/// Where the packuments of vulnerable packages come from.
pub(super) type Source<'a> = dyn FnMut(&str) -> Result<Rc<Known>, Failure> + 'a;

struct Build<'a> {
    tree: &'a Tree,
    root: NodeId,
    audited: Vec<NodeId>,
    pick: &'a PickContext,
    vulns: Vec<Vuln>,
    by_name: HashMap<String, usize>,
}

/// The package's own name, which an alias hides.
pub(super) fn package_name(tree: &Tree, id: NodeId) -> String {
    let node = tree.node(id);
    node.package.name.clone().unwrap_or_else(|| node.name.to_string())
}

impl Report {
    /// From what the registry says of the tree's packages.
    ///
    /// # Errors
    /// As `source`.
    pub(super) fn new(
        tree: &Tree,
        root: NodeId,
        audited: Vec<NodeId>,
        told: &Map<String, Value>,
        pick: &PickContext,
        source: &mut Source<'_>,
    ) -> Result<Self, Failure> {
        let mut build = Build { tree, root, audited, pick, vulns: Vec::new(), by_name: HashMap::new() };
        build.run(told, source)?;
        build.vulns.retain(|vuln| !vuln.nodes.is_empty());
        build.by_name = build.vulns.iter().enumerate().map(|(at, v)| (v.name.clone(), at)).collect();
        for vuln in &mut build.vulns {
            let nodes = &vuln.nodes;
            let concerns = |a: &Rc<Advisory>| nodes.iter().any(|n| a.has(tree.version(*n), None));
            vuln.advisories.retain(concerns);
        }
        build.link();
        let json = build.json();
        Ok(Self { vulns: build.vulns, json })
    }
}

impl Build<'_> {
    fn run(&mut self, told: &Map<String, Value>, source: &mut Source<'_>) -> Result<(), Failure> {
        let mut queue: Vec<Rc<Advisory>> = Vec::new();
        for (name, advisories) in told {
            for advisory in advisories.as_array().into_iter().flatten() {
                queue.push(Rc::new(Advisory::told(name, advisory, source(name)?)));
            }
        }
        // What follows from an advisory for a package is worked out once.
        let mut following: HashMap<(String, usize), Rc<Advisory>> = HashMap::new();
        let mut queued: HashSet<(String, usize)> = HashSet::new();
        let mut seen: HashSet<(String, String)> = HashSet::new();
        let mut at = 0;
        while let Some(advisory) = queue.get(at).cloned() {
            let vuln = self.vuln_for(&advisory);
            if seen.insert((advisory.name.clone(), advisory.range.clone())) {
                for edge in self.mark(vuln, &advisory) {
                    let e = self.tree.edge(edge);
                    let Some(from) = e.from else { continue };
                    let name = package_name(self.tree, from);
                    let key = (name.clone(), at);
                    if !following.contains_key(&key) {
                        let known = source(&name)?;
                        let next = Advisory::following(&name, advisory.clone(), known);
                        following.insert(key.clone(), Rc::new(next));
                    }
                    let next = &following[&key];
                    if next.has(self.tree.version(from), Some(&self.spec_text(edge)))
                        && queued.insert(key.clone())
                    {
                        queue.push(next.clone());
                    }
                }
            }
            at += 1;
        }
        Ok(())
    }

    fn vuln_for(&mut self, advisory: &Rc<Advisory>) -> usize {
        if let Some(at) = self.by_name.get(&advisory.name) {
            self.vulns[*at].advisories.push(advisory.clone());
            return *at;
        }
        self.by_name.insert(advisory.name.clone(), self.vulns.len());
        self.vulns.push(Vuln {
            name: advisory.name.clone(),
            advisories: vec![advisory.clone()],
            nodes: Vec::new(),
            top_nodes: Vec::new(),
            via: Vec::new(),
            effects: Vec::new(),
            fix: Fix::Yes,
            known: advisory.known.clone(),
        });
        self.vulns.len() - 1
    }

    /// Marks the nodes that an advisory is about; gives the edges of those that depend on them, projects aside.
    fn mark(&mut self, at: usize, advisory: &Advisory) -> Vec<EdgeId> {
        let mut dependents = Vec::new();
        for node in self.audited.clone() {
            let concerned = package_name(self.tree, node) == advisory.name
                && advisory.has(self.tree.version(node), None)
                && !self.vulns[at].nodes.contains(&node);
            if !concerned {
                continue;
            }
            self.vulns[at].nodes.push(node);
            for edge in self.tree.node(node).edges_in.clone() {
                let Some(from) = self.tree.edge(edge).from else { continue };
                if !self.tree.is_top(from) || self.vulns[at].top_nodes.contains(&from) {
                    dependents.push(edge);
                    continue;
                }
                let fix = self.fix_for(&self.vulns[at], edge);
                let vuln = &mut self.vulns[at];
                vuln.fix = fix;
                if vuln.fix != Fix::Yes {
                    vuln.top_nodes.push(from);
                }
            }
        }
        dependents
    }

    fn spec_text(&self, edge: EdgeId) -> String {
        let e = self.tree.edge(edge);
        e.spec.as_ref().map_or_else(|| e.raw_spec.to_string(), |spec| spec.raw_spec.clone())
    }

    /// What a project can do about a dependency.
    fn fix_for(&self, vuln: &Vuln, edge: EdgeId) -> Fix {
        let Some(spec) = self.tree.edge(edge).spec.clone() else { return Fix::No };
        if !spec.is_registry() {
            return Fix::No;
        }
        let range = vuln.range();
        let wanted = spec.target().raw_spec.clone();
        let free =
            vuln.known.versions.iter().any(|(text, _)| {
                satisfies(text, &wanted, Options::STRICT) && !satisfies(text, &range, SLOPPY)
            });
        if free {
            return Fix::Yes;
        }
        self.forced(vuln, &spec, &range).unwrap_or(Fix::No)
    }

    /// The version that `--force` would take: in the same major release, else any.
    fn forced(&self, vuln: &Vuln, spec: &PackageSpec, range: &str) -> Option<Fix> {
        let packument = vuln.known.packument.as_ref()?;
        let avoid = Range::parse(range, SLOPPY)?;
        let mut pick = self.pick.clone();
        pick.avoid = Rc::new(HashMap::from([(vuln.name.clone(), avoid)]));
        pick.before = None;
        let best = |wanted: &str| {
            let spec = PackageSpec::resolve(Some(&vuln.name), wanted).ok()?;
            let manifest = packument.pick(&spec, &pick)?;
            let safe = !pick.avoids(&vuln.name, manifest.semver.as_ref()?);
            Some((manifest.version.clone()?, safe))
        };
        let (picked, _) = best(&spec.target().raw_spec)?;
        for (wanted, major) in [(format!("^{picked}"), false), ("*".to_owned(), true)] {
            if let Some((version, true)) = best(&wanted) {
                return Some(Fix::Force { name: vuln.name.clone(), version, major });
            }
        }
        None
    }

    /// Which vulnerabilities come from which; what stands against mending one does so for its causes.
    fn link(&mut self) {
        for at in 0..self.vulns.len() {
            for advisory in self.vulns[at].advisories.clone() {
                let Some(cause) = self.by_name.get(&advisory.dependency).copied() else { continue };
                if !advisory.follows() || self.vulns[at].via.contains(&cause) {
                    continue;
                }
                self.vulns[at].via.push(cause);
                self.vulns[cause].effects.push(at);
                self.spread(at);
            }
        }
    }

    fn spread(&mut self, at: usize) {
        let mut queue = vec![at];
        while let Some(at) = queue.pop() {
            let fix = self.vulns[at].fix.clone();
            for via in self.vulns[at].via.clone() {
                let stricter = match (&fix, &self.vulns[via].fix) {
                    (new, old) if new == old => false,
                    (Fix::No, _) | (Fix::Force { .. }, Fix::Yes | Fix::No) => true,
                    // As npm does: what mends the cause through its dependent counts.
                    (Fix::Force { .. }, Fix::Force { major: old, .. }) => !old,
                    (Fix::Yes, _) => false,
                };
                if stricter {
                    self.vulns[via].fix = fix.clone();
                    queue.push(via);
                }
            }
        }
    }

    fn json(&self) -> Value {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut order: Vec<usize> = (0..self.vulns.len()).collect();
        order.sort_by(|a, b| locale_compare(&self.vulns[*a].name, &self.vulns[*b].name));
        let mut vulnerabilities = Map::new();
        for at in order {
            *counts.entry(self.vulns[at].severity()).or_default() += 1;
            vulnerabilities.insert(self.vulns[at].name.clone(), self.vuln_json(at));
        }
        let count = |severity: &str| counts.get(severity).copied().unwrap_or(0);
        json!({
            "auditReportVersion": 2,
            "vulnerabilities": vulnerabilities,
            "metadata": {
                "vulnerabilities": {
                    "info": count("info"), "low": count("low"), "moderate": count("moderate"),
                    "high": count("high"), "critical": count("critical"), "total": self.vulns.len(),
                },
                "dependencies": self.dependency_counts(),
            },
        })
    }

    fn dependency_counts(&self) -> Value {
        let all = self.tree.inventory(self.root);
        let flags: Vec<_> = all.iter().map(|id| self.tree.node(*id).flags).collect();
        let number =
            |test: &dyn Fn(&oac_npm_resolver::Flags) -> bool| flags.iter().filter(|f| test(f)).count();
        json!({
            "prod": number(&|f| !f.dev && !f.optional && !f.peer),
            "dev": number(&|f| f.dev),
            "optional": number(&|f| f.optional),
            "peer": number(&|f| f.peer),
            "peerOptional": 0,
            "total": all.len() - 1,
        })
    }

    fn vuln_json(&self, at: usize) -> Value {
        let vuln = &self.vulns[at];
        let is_project = |id: NodeId| id == self.root || self.tree.is_workspace(id);
        let direct = vuln.nodes.iter().any(|node| {
            let edges = &self.tree.node(*node).edges_in;
            edges.iter().any(|edge| self.tree.edge(*edge).from.is_some_and(is_project))
        });
        let mut via: Vec<(String, Value)> = vuln.advisories.iter().map(|a| via_json(a)).collect();
        via.sort_by(|(a, _), (b, _)| locale_compare(a, b));
        let mut effects: Vec<&str> = vuln.effects.iter().map(|e| self.vulns[*e].name.as_str()).collect();
        effects.sort_by(|a, b| locale_compare(a, b));
        let mut nodes: Vec<String> = vuln.nodes.iter().map(|n| self.tree.location(*n)).collect();
        nodes.sort_by(|a, b| locale_compare(a, b));
        json!({
            "name": vuln.name,
            "severity": vuln.severity(),
            "isDirect": direct,
            "via": via.into_iter().map(|(_, json)| json).collect::<Vec<_>>(),
            "effects": effects,
            "range": simplified(&vuln.known.versions, &vuln.range()),
            "nodes": nodes,
            "fixAvailable": vuln.fix.json(),
        })
    }
}

/// What an advisory is sorted by, and how it is shown.
fn via_json(advisory: &Advisory) -> (String, Value) {
    if advisory.follows() {
        return (advisory.dependency.clone(), advisory.dependency.clone().into());
    }
    let told = &advisory.told;
    let mut json = Map::new();
    let mut add = |key: &str, value: &Value| {
        if !value.is_null() {
            json.insert(key.into(), value.clone());
        }
    };
    add("source", &told["id"]);
    add("name", &advisory.name.as_str().into());
    add("dependency", &advisory.name.as_str().into());
    add("title", &told["title"]);
    add("url", &told["url"]);
    add("severity", &advisory.severity.as_str().into());
    add("cwe", &told["cwe"]);
    add("cvss", &told["cvss"]);
    add("range", &advisory.range.as_str().into());
    (told["id"].to_string(), Value::Object(json))
}
