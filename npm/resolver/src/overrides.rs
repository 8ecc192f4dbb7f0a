//! The `overrides` of a project: rules that replace what packages ask for.
//!
//! npm's model: a tree of rules. Each node of the package tree carries the rule in force at its
//! place; an edge out of it takes the most specific rule of its name.

use crate::tree::{EdgeId, NodeId, Tree};
use oac_npm_spec::{Options, PackageSpec, Range, SpecKind};
use serde_json::Value;
use std::collections::HashSet;
use std::rc::Rc;

/// A rule, by its place in [`Overrides`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverrideRule(usize);

/// All rules of a project; the first is the root, which overrides nothing itself.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    parent: Option<usize>,
    children: Vec<usize>,
    name: Rc<str>,
    /// The versions asked for that the rule is about; `*` for all.
    key_spec: String,
    /// What they get instead.
    value: String,
}

impl Overrides {
    /// Reads `overrides`; `$name` stands for the project's own spec of that package.
    pub(crate) fn parse(value: Option<&Value>, own_spec: impl Fn(&str) -> Option<String>) -> Self {
        let mut overrides = Self::default();
        let Some(Value::Object(entries)) = value else { return overrides };
        if entries.is_empty() {
            return overrides;
        }
        overrides.rules.push(Rule {
            parent: None,
            children: Vec::new(),
            name: "".into(),
            key_spec: "*".into(),
            value: String::new(),
        });
        for (key, value) in entries {
            overrides.add(0, key, value, &own_spec);
        }
        overrides
    }

    fn add(&mut self, parent: usize, key: &str, value: &Value, own_spec: &impl Fn(&str) -> Option<String>) {
        let Ok(spec) = PackageSpec::parse(key) else { return };
        let Some(name) = spec.name else { return };
        let own = match value {
            Value::String(text) => Some(text.as_str()),
            Value::Object(entries) => entries.get(".").and_then(Value::as_str),
            _ => None,
        };
        let own = own.map(|text| if text.is_empty() { "*" } else { text });
        let resolved = own.map(|text| match text.strip_prefix('$') {
            Some(reference) => own_spec(reference).unwrap_or_else(|| text.to_owned()),
            None => text.to_owned(),
        });
        let index = self.rules.len();
        self.rules.push(Rule {
            parent: Some(parent),
            children: Vec::new(),
            name: name.as_str().into(),
            value: resolved.unwrap_or_else(|| spec.raw_spec.clone()),
            key_spec: spec.raw_spec,
        });
        self.rules[parent].children.push(index);
        if let Value::Object(entries) = value {
            for (key, value) in entries.iter().filter(|(key, _)| *key != ".") {
                self.add(index, key, value, own_spec);
            }
        }
    }

    pub(crate) fn root(&self) -> Option<OverrideRule> {
        (!self.rules.is_empty()).then_some(OverrideRule(0))
    }

    /// The rules seen from one: its children, then itself, then the same of its parents.
    fn ruleset(&self, rule: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(rule), |r| self.rules[*r].parent).flat_map(|r| {
            let own = self.rules[r].parent.is_some().then_some(r);
            self.rules[r].children.iter().copied().chain(own)
        })
    }

    /// The rule for a dependency of a node under `rule`: a more specific one, or `rule` itself.
    fn for_edge(&self, rule: OverrideRule, name: &str, spec: Option<&PackageSpec>) -> OverrideRule {
        for candidate in self.ruleset(rule.0) {
            let r = &self.rules[candidate];
            if *r.name != *name {
                continue;
            }
            if r.key_spec == "*" {
                return OverrideRule(candidate);
            }
            let key = Range::parse(&r.key_spec, Options::LOOSE);
            let applies = match (spec.map(|s| &s.target().kind), key) {
                (Some(SpecKind::Range(range)), Some(key)) => range.intersects(&key),
                (Some(SpecKind::Version(version)), Some(key)) => key.satisfied_by(version),
                _ => true,
            };
            if applies {
                return OverrideRule(candidate);
            }
        }
        rule
    }

    /// The more specific of two rules, or what they have in common.
    fn merge(&self, first: OverrideRule, second: OverrideRule) -> OverrideRule {
        let ancestry = |rule: OverrideRule| {
            std::iter::successors(Some(rule.0), |r| self.rules[*r].parent).collect::<Vec<_>>()
        };
        let (of_first, of_second) = (ancestry(first), ancestry(second));
        if of_second.contains(&first.0) {
            return second;
        }
        if of_first.contains(&second.0) {
            return first;
        }
        of_second.into_iter().find(|r| of_first.contains(r)).map_or(first, OverrideRule)
    }

    /// The replacement, when the rule is about this name.
    fn value(&self, rule: OverrideRule, name: &str) -> Option<&str> {
        let r = &self.rules[rule.0];
        (*r.name == *name && r.value != "*").then_some(r.value.as_str())
    }

    /// Whether the rule replaces what this name gets.
    pub(crate) fn is_about(&self, rule: OverrideRule, name: &str) -> bool {
        let r = &self.rules[rule.0];
        r.parent.is_some() && *r.name == *name
    }

    /// The versions the rule is about, when it is not the root.
    pub(crate) fn key_spec(&self, rule: OverrideRule) -> Option<&str> {
        let r = &self.rules[rule.0];
        r.parent.map(|_| r.key_spec.as_str())
    }

    /// Whether the rule puts exactly this version in the place of this name.
    pub(crate) fn sets(&self, rule: OverrideRule, name: &str, version: &str) -> bool {
        let r = &self.rules[rule.0];
        *r.name == *name && r.value == version
    }
}

impl Tree {
    /// Gives an edge the rule that its dependent's rule implies.
    pub(crate) fn apply_override(&mut self, id: EdgeId) {
        let Some(from) = self.edge(id).from else { return };
        let Some(rule) = self.node(from).overrides else { return };
        let overrides = self.overrides.clone();
        let (name, raw) = (self.edge(id).name.clone(), self.edge(id).raw_spec.clone());
        let declared = self.specs.parse(&name, &raw);
        let rule = overrides.for_edge(rule, &name, declared.as_deref());
        let spec = match overrides.value(rule, &name) {
            Some(value) => self.specs.parse(&name, value),
            None => declared,
        };
        let edge = self.edge_mut(id);
        edge.rule = Some(rule);
        edge.spec = spec;
    }

    /// A node takes over the rule of an edge into it, if that is more specific, and passes it on.
    pub(crate) fn inherit_overrides(&mut self, to: NodeId, edge: EdgeId) {
        let Some(new) = self.edge(edge).rule else { return };
        let merged = match self.node(to).overrides {
            None => new,
            Some(old) => self.overrides.merge(old, new),
        };
        if self.node(to).overrides == Some(merged) {
            return;
        }
        self.node_mut(to).overrides = Some(merged);
        if let Some(target) = self.node(to).link_target {
            self.pass_overrides(target, merged);
            return;
        }
        for out in self.edges_out(to) {
            self.apply_override(out);
            if let Some(next) = self.edge(out).to {
                self.inherit_overrides(next, out);
            }
        }
    }

    /// A link hands its rule on to the folder it points to, when a rule is about anything that is needed there.
    pub(crate) fn pass_overrides(&mut self, target: NodeId, rule: OverrideRule) {
        if self.node(target).overrides == Some(rule) || !self.overrides_reach(target, rule) {
            return;
        }
        self.node_mut(target).overrides = Some(rule);
        for out in self.edges_out(target) {
            self.apply_override(out);
            if let Some(next) = self.edge(out).to {
                self.inherit_overrides(next, out);
            }
        }
    }

    fn overrides_reach(&self, start: NodeId, rule: OverrideRule) -> bool {
        let (mut seen, mut stack) = (HashSet::from([start]), vec![start]);
        while let Some(node) = stack.pop() {
            let node = self.node(node).link_target.unwrap_or(node);
            for edge in self.node(node).edges_out.values() {
                let e = self.edge(*edge);
                let declared = self.specs.parse(&e.name, &e.raw_spec);
                let found = self.overrides.for_edge(rule, &e.name, declared.as_deref());
                if self.overrides.is_about(found, &e.name) {
                    return true;
                }
                stack.extend(e.to.filter(|to| seen.insert(*to)));
            }
        }
        false
    }
}
