//! npm's dependency selectors over an installed tree, for `npm query` and `npm sbom`.

mod parse;

use crate::failure::Failure;
use crate::installed::Installed;
use oac_npm_resolver::{EdgeId, EdgeKind, NodeId, Tree};
use oac_npm_spec::{Glob, GlobOptions, Options, PackageSpec, Range, Version, locale_compare};
use parse::{Attribute, Part, Selectors, parse};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What a selector finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    /// A package that is there.
    There(NodeId),
    /// A dependency that is not met.
    Missing(EdgeId),
}

/// A tree with the packages' own files, read as they are needed.
pub(crate) struct Search<'a> {
    installed: &'a Installed,
    tree: &'a Tree,
    inventory: Vec<Item>,
    /// The project, or the workspace for which is asked.
    target: NodeId,
    packages: RefCell<HashMap<Item, Rc<Value>>>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(installed: &'a Installed, target: NodeId) -> Self {
        let tree = &installed.tree;
        let inventory = tree.inventory(installed.root).into_iter().map(Item::There).collect();
        Self { installed, tree, inventory, target, packages: RefCell::default() }
    }

    /// What a selector finds, by location.
    ///
    /// # Errors
    /// npm's codes for what is no selector.
    pub(crate) fn all(&self, selector: &str) -> Result<Vec<Item>, Failure> {
        let mut found = self.select(&parse(selector)?, &self.inventory, self.target)?;
        found.sort_by(|a, b| locale_compare(&self.location(*a), &self.location(*b)));
        Ok(found)
    }

    fn location(&self, item: Item) -> String {
        match item {
            Item::There(id) => self.tree.location(id),
            Item::Missing(_) => String::new(),
        }
    }

    /// A package's `package.json`.
    pub(crate) fn package(&self, item: Item) -> Rc<Value> {
        if let Some(known) = self.packages.borrow().get(&item) {
            return known.clone();
        }
        let package = Rc::new(match item {
            Item::There(id) => self.installed.package_json(self.tree.node(id).link_target.unwrap_or(id)),
            Item::Missing(edge) => {
                let e = self.tree.edge(edge);
                serde_json::json!({ "name": &*e.name, "version": &*e.raw_spec })
            }
        });
        self.packages.borrow_mut().insert(item, package.clone());
        package
    }

    fn select(&self, selectors: &Selectors, initial: &[Item], target: NodeId) -> Result<Vec<Item>, Failure> {
        let mut found: Vec<Item> = Vec::new();
        for (index, parts) in selectors.iter().enumerate() {
            // What a leading combinator, as in `:has(> #a)`, starts from.
            let mut current: Vec<Item> = if index == 0 { initial.to_vec() } else { Vec::new() };
            let mut combinator = None;
            for (at, part) in parts.iter().enumerate() {
                if let Part::Combinator(kind) = part {
                    combinator = Some(*kind);
                    continue;
                }
                let from: &[Item] = match () {
                    () if at == 0 => initial,
                    () if combinator.is_some() => &self.inventory,
                    () => &current,
                };
                let next = self.filter(part, from, target)?;
                current = match combinator.take() {
                    Some(kind) => self.combine(kind, &current, next),
                    None => next,
                };
            }
            for item in current {
                if !found.contains(&item) {
                    found.push(item);
                }
            }
        }
        Ok(found)
    }

    fn filter(&self, part: &Part, from: &[Item], target: NodeId) -> Result<Vec<Item>, Failure> {
        let keep = |test: &dyn Fn(Item) -> bool| from.iter().copied().filter(|item| test(*item)).collect();
        Ok(match part {
            Part::Combinator(_) | Part::Universal => from.to_vec(),
            Part::Id(name) => keep(&|item| {
                let own = matches!(item, Item::There(id) if *self.tree.node(id).name == **name);
                own || self.package(item)["name"].as_str() == Some(name)
            }),
            Part::Attribute(attribute) => keep(&|item| matches(attribute, &self.package(item))),
            Part::Class(class) => return self.class(class, from),
            Part::Nested(kind, inner) if kind == "has" => {
                let mut kept = Vec::new();
                for item in from {
                    let own = if let Item::There(id) = item { *id } else { target };
                    if !self.select(inner, &[*item], own)?.is_empty() {
                        kept.push(*item);
                    }
                }
                kept
            }
            Part::Nested(kind, inner) => {
                let found: HashSet<Item> = self.select(inner, from, target)?.into_iter().collect();
                if kind == "is" { found.into_iter().collect() } else { keep(&|item| !found.contains(&item)) }
            }
            Part::Attr(path, attribute) => {
                keep(&|item| self.reached(item, path).iter().any(|value| matches(attribute, value)))
            }
            Part::Semver { value, path, attribute, function } => {
                let test = SemverTest::new(value, attribute.as_ref(), function)?;
                keep(&|item| self.reached(item, path).iter().any(|found| test.holds(found)))
            }
            Part::Pseudo(name, value) => return self.pseudo(name, value, from, target),
        })
    }

    /// The values at the end of a path of names, lists looked into.
    fn reached(&self, item: Item, path: &[String]) -> Vec<Value> {
        let mut values = vec![(*self.package(item)).clone()];
        for name in path {
            values = values
                .iter()
                .filter_map(|value| value.get(name))
                .flat_map(|value| match value {
                    Value::Array(list) => list.clone(),
                    other => vec![other.clone()],
                })
                .collect();
        }
        values
    }

    fn class(&self, class: &str, from: &[Item]) -> Result<Vec<Item>, Failure> {
        let there = |test: &dyn Fn(NodeId) -> bool| {
            let fits = |item: &Item| matches!(item, Item::There(id) if test(*id));
            from.iter().copied().filter(fits).collect::<Vec<_>>()
        };
        let node = |id: NodeId| self.tree.node(id);
        Ok(match class {
            "prod" => there(&|id| !node(id).flags.dev),
            "dev" => there(&|id| node(id).flags.dev || self.is_wanted_as(id, EdgeKind::Dev)),
            "optional" => there(&|id| node(id).flags.optional || self.is_wanted_as(id, EdgeKind::Optional)),
            "peer" => there(&|id| node(id).flags.peer || self.is_wanted_as(id, EdgeKind::Peer)),
            "workspace" => there(&|id| self.tree.is_workspace(id)),
            "bundled" => there(&|id| node(id).in_bundle || self.tree.in_dependency_bundle(id)),
            other => {
                let lines = vec![format!("`.{other}` is not a supported dependency type.")];
                return Err(Failure::Coded { code: "EQUERYNODEPTYPE".into(), lines });
            }
        })
    }

    /// Whether a dependency of a kind leads here, from whomever.
    fn is_wanted_as(&self, id: NodeId, kind: EdgeKind) -> bool {
        let mut seen = HashSet::new();
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            for edge in &self.tree.node(id).edges_in {
                let e = self.tree.edge(*edge);
                let Some(from) = e.from.filter(|_| seen.insert(*edge)) else { continue };
                let flags = &self.tree.node(from).flags;
                let flagged = match kind {
                    EdgeKind::Dev => flags.dev,
                    EdgeKind::Optional => flags.optional,
                    _ => flags.peer,
                };
                if e.kind == kind || flagged {
                    return true;
                }
                stack.push(from);
            }
        }
        false
    }

    fn pseudo(&self, name: &str, value: &str, from: &[Item], target: NodeId) -> Result<Vec<Item>, Failure> {
        let there = |test: &dyn Fn(NodeId) -> bool| {
            let fits = |item: &Item| matches!(item, Item::There(id) if test(*id));
            from.iter().copied().filter(fits).collect::<Vec<_>>()
        };
        let tree = self.tree;
        let root = self.installed.root;
        let source = |id: NodeId| tree.node(id).link_target.unwrap_or(id);
        Ok(match name {
            "root" => there(&|id| id == root),
            "scope" => there(&|id| id == target),
            "empty" => there(&|id| tree.edges_out(id).is_empty()),
            "extraneous" => there(&|id| tree.node(id).flags.extraneous),
            "invalid" => there(&|id| {
                let wrong = |edge: &EdgeId| tree.edge(*edge).to.is_some() && !tree.is_valid(*edge);
                tree.node(id).edges_in.iter().any(wrong)
            }),
            "link" => there(&|id| tree.is_link(id) || (tree.is_top(id) && id != root)),
            "deduped" => there(&|id| tree.node(source(id)).edges_in.len() > 1),
            "overridden" => there(&|id| tree.is_overridden(id)),
            "private" => {
                from.iter().copied().filter(|item| truthy(&self.package(*item)["private"])).collect()
            }
            "path" if value.is_empty() => from.to_vec(),
            "path" => {
                let folder = self.installed.project.folder.to_string_lossy();
                let wanted = Glob::new(&oac_npm_resolver::join_path(&folder, value), GlobOptions::default());
                there(&|id| wanted.matches(&self.installed.path(source(id))))
            }
            "missing" => {
                let open = |item: &Item| match item {
                    Item::There(id) => tree.edges_out(*id),
                    Item::Missing(_) => Vec::new(),
                };
                let missing = self
                    .inventory
                    .iter()
                    .flat_map(open)
                    .filter(|edge| tree.edge(*edge).to.is_none() && !tree.edge(*edge).kind.is_optional());
                missing.map(Item::Missing).collect()
            }
            "type" if value.is_empty() => from.to_vec(),
            "type" => there(&|id| {
                tree.node(id).edges_in.iter().any(|edge| {
                    let e = tree.edge(*edge);
                    let spec = PackageSpec::resolve(Some(&e.name), &e.raw_spec);
                    spec.is_ok_and(|spec| {
                        spec.kind_name() == value || (value == "registry" && spec.is_registry())
                    })
                })
            }),
            "outdated" | "vuln" => {
                return Err(Failure::Unsupported(format!("the selector `:{name}`, which asks a registry,")));
            }
            other => {
                let lines = vec![format!("`:{other}` is not a supported pseudo selector.")];
                return Err(Failure::Coded { code: "EQUERYNOPSEUDO".into(), lines });
            }
        })
    }

    fn combine(&self, kind: char, before: &[Item], next: Vec<Item>) -> Vec<Item> {
        let ids = |items: &[Item]| -> HashSet<NodeId> {
            let there = items.iter().filter_map(|item| match item {
                Item::There(id) => Some(self.tree.node(*id).link_target.unwrap_or(*id)),
                Item::Missing(_) => None,
            });
            there.collect()
        };
        let above = ids(before);
        match kind {
            '>' => next
                .into_iter()
                .filter(|item| self.parents(*item).iter().any(|p| above.contains(p)))
                .collect(),
            '~' => {
                let parents: HashSet<NodeId> = before.iter().flat_map(|item| self.parents(*item)).collect();
                let beside = |item: &Item| {
                    !before.contains(item) && self.parents(*item).iter().any(|p| parents.contains(p))
                };
                next.into_iter().filter(beside).collect()
            }
            _ => next.into_iter().filter(|item| self.is_below(*item, &above)).collect(),
        }
    }

    /// Those that depend on an item; for a folder also those that link to it.
    fn parents(&self, item: Item) -> Vec<NodeId> {
        let id = match item {
            Item::Missing(edge) => return self.tree.edge(edge).from.into_iter().collect(),
            Item::There(id) => id,
        };
        let mut parents: Vec<NodeId> =
            self.tree.node(id).edges_in.iter().filter_map(|edge| self.tree.edge(*edge).from).collect();
        if self.tree.is_top(id) {
            let links = self.inventory.iter().filter_map(|item| match item {
                Item::There(link) if self.tree.node(*link).link_target == Some(id) => Some(*link),
                _ => None,
            });
            parents.extend(links.filter_map(|link| self.tree.node(link).parent));
        }
        parents
    }

    fn is_below(&self, item: Item, above: &HashSet<NodeId>) -> bool {
        let mut seen = HashSet::new();
        let mut stack = self.parents(item);
        while let Some(id) = stack.pop() {
            if above.contains(&id) {
                return true;
            }
            if seen.insert(id) {
                stack.extend(self.parents(Item::There(id)));
            }
        }
        false
    }
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
        && value.as_str() != Some("")
        && value.as_f64() != Some(0.0)
}

fn matches(attribute: &Attribute, object: &Value) -> bool {
    let Some(found) = object.get(&attribute.name) else { return false };
    if attribute.operator.is_empty() {
        return truthy(found);
    }
    let one = |value: &Value| {
        let mut text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return false,
        };
        let mut wanted = attribute.value.clone();
        if attribute.insensitive {
            (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
        }
        match attribute.operator.as_str() {
            "=" => text == wanted,
            "~=" => text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == wanted),
            "*=" => text.contains(&wanted),
            "|=" => text.starts_with(&format!("{wanted}-")),
            "^=" => text.starts_with(&wanted),
            _ => text.ends_with(&wanted),
        }
    };
    match found {
        Value::Array(list) => list.iter().any(one),
        value => one(value),
    }
}

/// `:semver(…)`
struct SemverTest<'a> {
    version: Option<Version>,
    range: Range,
    name: &'a str,
    attribute: Option<&'a Attribute>,
    function: &'a str,
}

impl<'a> SemverTest<'a> {
    fn new(value: &str, attribute: Option<&'a Attribute>, function: &'a str) -> Result<Self, Failure> {
        let range = Range::parse(value, Options::STRICT).ok_or_else(|| Failure::Coded {
            code: "EQUERYINVALIDSEMVER".into(),
            lines: vec![format!("`{value}` is not a valid semver version or range")],
        })?;
        const FUNCTIONS: [&str; 10] =
            ["infer", "eq", "neq", "gt", "gte", "lt", "lte", "satisfies", "intersects", "subset"];
        if !FUNCTIONS.contains(&function) {
            let lines = vec![format!("`semver.{function}` is not a supported operator.")];
            return Err(Failure::Coded { code: "EQUERYINVALIDOPERATOR".into(), lines });
        }
        let name = attribute.map_or("version", |a| a.name.as_str());
        Ok(Self { version: Version::parse(value, false), range, name, attribute, function })
    }

    fn holds(&self, object: &Value) -> bool {
        if self.attribute.is_some_and(|a| !a.operator.is_empty() && !matches(a, object)) {
            return false;
        }
        let Some(text) = object.get(self.name).and_then(Value::as_str) else { return false };
        let Some(range) = Range::parse(text, Options::STRICT) else { return false };
        let version = Version::parse(text, false);
        let function = match (self.function, &self.version, &version) {
            ("infer", Some(_), Some(_)) => "eq",
            ("infer", None, None) => "intersects",
            ("infer", ..) => "satisfies",
            (function, ..) => function,
        };
        match (function, &self.version, &version) {
            ("intersects", ..) => range.intersects(&self.range),
            ("subset", ..) => range.subset_of(&self.range),
            ("satisfies", Some(wanted), _) => range.satisfied_by(wanted),
            ("satisfies", None, Some(own)) => self.range.satisfied_by(own),
            ("eq", Some(wanted), Some(own)) => own == wanted,
            ("neq", Some(wanted), Some(own)) => own != wanted,
            ("gt", Some(wanted), Some(own)) => own > wanted,
            ("gte", Some(wanted), Some(own)) => own >= wanted,
            ("lt", Some(wanted), Some(own)) => own < wanted,
            ("lte", Some(wanted), Some(own)) => own <= wanted,
            _ => false,
        }
    }
}
