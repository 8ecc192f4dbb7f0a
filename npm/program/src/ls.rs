//! `npm ls`: the installed tree, as text, as JSON or as paths.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::installed::Installed;
use crate::reify::omitted;
use crate::workspaces;
use oac_npm_resolver::{EdgeId, EdgeKind, NodeId};
use oac_npm_spec::{JsonStyle, PackageSpec, locale_compare};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet, VecDeque};

/// One line of the output.
struct Item {
    /// What is there; nothing for what is missing.
    node: Option<NodeId>,
    name: String,
    id: String,
    parent: Option<usize>,
    /// Whether it is shown: it, or something below it, was asked for.
    shown: bool,
    asked: bool,
    depth: usize,
    /// It was shown before.
    deduped: bool,
    kind: Option<EdgeKind>,
    required: String,
    /// By whom it is missed.
    missed_by: Option<String>,
    invalid: Option<String>,
    problems: Vec<String>,
    children: Vec<usize>,
}

struct Listing<'a> {
    context: &'a Context,
    installed: Installed,
    words: Vec<String>,
    items: Vec<Item>,
    first_seen: HashSet<NodeId>,
    invalid: HashMap<NodeId, String>,
    depth_max: usize,
    chosen: Option<Vec<NodeId>>,
}

/// `npm ls [NAME…]`
pub(crate) fn list(context: &mut Context) -> Result<i32, Failure> {
    let context = &*context;
    let installed = Installed::load(context)?;
    let words = context.arguments.words.clone();
    let depth = context.config.get("depth").and_then(|d| d.parse::<usize>().ok());
    let all = context.switch("all", false) || !words.is_empty();
    let selection = workspaces::selected(context)?;
    let chosen = selection.is_some().then(|| {
        let folders = selection.folders(context);
        let all = installed.tree.inventory(installed.root).into_iter();
        all.filter(|id| {
            let path = installed.tree.node(*id).path.as_deref();
            folders.iter().any(|f| path == f.to_str())
        })
        .collect()
    });
    let mut listing = Listing {
        context,
        installed,
        words,
        items: Vec::new(),
        first_seen: HashSet::new(),
        invalid: HashMap::new(),
        depth_max: depth.unwrap_or(if all { usize::MAX } else { 0 }),
        chosen,
    };
    listing.walk();
    listing.print()
}

impl Listing<'_> {
    fn walk(&mut self) {
        let root = self.installed.root;
        self.first_seen.insert(root);
        self.items.push(Item {
            node: Some(root),
            name: String::new(),
            id: self.installed.id(root),
            parent: None,
            shown: self.words.is_empty(),
            asked: self.words.is_empty(),
            depth: 0,
            deduped: false,
            kind: None,
            required: String::new(),
            missed_by: None,
            invalid: None,
            problems: Vec::new(),
            children: Vec::new(),
        });
        let mut queue = VecDeque::from([0]);
        while let Some(index) = queue.pop_front() {
            for item in self.children_of(index) {
                let child = self.items.len();
                self.items.push(item);
                self.items[index].children.push(child);
                queue.push_back(child);
            }
        }
        // What was asked for brings those above it along.
        for index in (0..self.items.len()).rev() {
            if let (true, Some(parent)) = (self.items[index].shown, self.items[index].parent) {
                self.items[parent].shown = true;
            }
        }
    }

    fn children_of(&mut self, index: usize) -> Vec<Item> {
        let item = &self.items[index];
        let Some(node) = item.node.filter(|_| !item.deduped) else { return Vec::new() };
        let tree = &self.installed.tree;
        let target = tree.node(node).link_target.unwrap_or(node);
        let depth = if tree.is_workspace(target) { 0 } else { item.depth };
        if depth > self.depth_max {
            return Vec::new();
        }
        let edges: Vec<EdgeId> =
            tree.edges_out(target).into_iter().filter(|e| self.is_wanted(*e, depth)).collect();
        let mut found: Vec<Item> = edges.into_iter().map(|e| self.item_of_edge(e, index)).collect();
        let paths: HashSet<NodeId> = found.iter().filter_map(|i| i.node).collect();
        let tree = &self.installed.tree;
        let extraneous: Vec<NodeId> = tree
            .node(node)
            .children
            .values()
            .copied()
            .filter(|c| !paths.contains(c) && tree.node(*c).flags.extraneous)
            .collect();
        found.extend(extraneous.into_iter().map(|c| self.item_of_node(c, index)));
        found.sort_by(|a, b| locale_compare(&a.id, &b.id));
        for item in &mut found {
            item.depth = depth + 1;
            if let Some(node) = item.node {
                item.deduped = !self.first_seen.insert(node);
            }
        }
        found
    }

    fn is_wanted(&self, edge: EdgeId, depth: usize) -> bool {
        let tree = &self.installed.tree;
        let e = tree.edge(edge);
        let from_root = e.from == Some(self.installed.root);
        if let (Some(chosen), true) = (&self.chosen, from_root) {
            let target = e.to.and_then(|to| tree.node(to).link_target);
            if !target.is_some_and(|t| chosen.contains(&t)) {
                return false;
            }
        }
        if depth > 0 {
            return true;
        }
        let omit = omitted(self.context);
        let out = (omit.contains("dev") && e.kind == EdgeKind::Dev)
            || (omit.contains("optional") && e.kind.is_optional())
            || (omit.contains("peer") && e.kind.is_peer());
        let links_only = self.context.switch("link", false);
        !out && (!links_only || e.to.is_some_and(|to| tree.is_link(to)))
    }

    fn item_of_edge(&mut self, edge: EdgeId, parent: usize) -> Item {
        let tree = &self.installed.tree;
        let e = tree.edge(edge);
        let spec = e.spec.as_ref().map_or_else(|| e.raw_spec.to_string(), |s| s.raw_spec.clone());
        let (name, kind, to) = (e.name.to_string(), e.kind, e.to);
        let from = e.from.unwrap_or(self.installed.root);
        if tree.edge_error(edge) == Some("INVALID")
            && let Some(to) = to
        {
            let location = tree.location(from);
            let location = if location.is_empty() { "the root project".to_owned() } else { location };
            let text = format!("{} from {location}", json!(spec));
            let all = self.invalid.entry(to).or_default();
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(&text);
        }
        let mut item = match to {
            Some(to) => self.item_of_node(to, parent),
            None => {
                let id = format!("{name}@{spec}");
                let mut item = self.blank(None, id, parent);
                item.missed_by = Some(self.installed.id(from));
                item
            }
        };
        item.name = name;
        item.kind = Some(kind);
        item.required = if spec.is_empty() { "*".into() } else { spec };
        if let Some(by) = item.missed_by.as_ref().filter(|_| !kind.is_optional()) {
            item.problems.push(format!("missing: {}, required by {by}", item.id));
        }
        item
    }

    fn item_of_node(&self, node: NodeId, parent: usize) -> Item {
        let n = self.installed.tree.node(node);
        let mut item = self.blank(Some(node), self.installed.id(node), parent);
        item.name = n.name.to_string();
        item.invalid = self.invalid.get(&node).cloned();
        if item.invalid.is_some() {
            item.problems.push(format!("invalid: {} {}", item.id, self.installed.path(node)));
        }
        if n.flags.extraneous && !self.context.is_global() {
            item.problems.push(format!("extraneous: {} {}", item.id, self.installed.path(node)));
        }
        item.asked = self.words.is_empty() || self.words.iter().any(|w| self.matches(node, w));
        item.shown = item.asked;
        item
    }

    fn blank(&self, node: Option<NodeId>, id: String, parent: usize) -> Item {
        Item {
            node,
            name: String::new(),
            id,
            parent: Some(parent),
            shown: self.words.is_empty(),
            asked: self.words.is_empty(),
            depth: 0,
            deduped: false,
            kind: None,
            required: String::new(),
            missed_by: None,
            invalid: None,
            problems: Vec::new(),
            children: Vec::new(),
        }
    }

    fn matches(&self, node: NodeId, word: &str) -> bool {
        let Ok(spec) = PackageSpec::parse(word) else { return false };
        let n = self.installed.tree.node(node);
        spec.name.as_deref() == Some(&*n.name)
            && match (&spec.target().kind, &n.package.semver) {
                (oac_npm_spec::SpecKind::Range(range), version) => {
                    spec.raw_spec == "*" || version.as_ref().is_some_and(|v| range.satisfied_by(v))
                }
                (oac_npm_spec::SpecKind::Version(wanted), Some(version)) => wanted == version,
                _ => false,
            }
    }

    fn print(mut self) -> Result<i32, Failure> {
        let mut problems: Vec<String> = Vec::new();
        for item in self.items.iter().filter(|i| i.asked) {
            for problem in &item.problems {
                if !problems.contains(problem) {
                    problems.push(problem.clone());
                }
            }
        }
        let serious = problems.iter().any(|p| !p.starts_with("extraneous:"));
        let failure =
            serious.then(|| Failure::Coded { code: "ELSPROBLEMS".into(), lines: vec![problems.join("\n")] });
        if self.context.json() {
            let mut result = self.json(0);
            if let Value::Object(result) = &mut result {
                let dependencies = result.shift_remove("dependencies");
                if !problems.is_empty() {
                    result.insert("problems".into(), problems.into());
                }
                result.extend(dependencies.map(|d| ("dependencies".to_owned(), d)));
                if let Some(Value::Object(error)) = failure.as_ref().and_then(Failure::as_json) {
                    result.extend(error);
                }
            }
            self.context.mark_json_printed();
            out(JsonStyle::default().print(&result).trim_end());
        } else if self.context.switch("parseable", false) {
            out(&self.parseable());
        } else {
            out(&self.archy());
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(i32::from(!self.items[0].shown && !self.words.is_empty())),
        }
    }

    fn json(&mut self, index: usize) -> Value {
        let item = &self.items[index];
        let mut value = Map::new();
        let global = self.context.is_global();
        if let Some(node) = item.node {
            let tree = &self.installed.tree;
            let n = tree.node(node);
            if let Some(version) = &n.package.version {
                value.insert("version".into(), version.clone().into());
            }
            if index > 0 {
                if let Some(target) = n.link_path.as_ref().filter(|_| !item.deduped) {
                    let place = self.installed.path(node);
                    let folder = place.rsplit_once('/').map_or("/", |(folder, _)| folder);
                    let way = oac_npm_resolver::relative_path(folder, target);
                    value.insert("resolved".into(), format!("file:{way}").into());
                } else if let Some(resolved) = n.resolved.as_deref().filter(|_| !item.deduped) {
                    value.insert("resolved".into(), resolved.into());
                }
                if !item.deduped {
                    value.insert("overridden".into(), tree.is_overridden(node).into());
                }
            } else if !self.installed.project.package.is_empty() {
                let name = n.package.name.clone().unwrap_or_else(|| n.name.to_string());
                value.insert("name".into(), name.into());
            }
            if n.flags.extraneous && !global && !item.deduped {
                value.insert("extraneous".into(), true.into());
            }
        }
        if let Some(invalid) = &item.invalid {
            value.insert("invalid".into(), invalid.clone().into());
        }
        if item.missed_by.is_some() && !item.kind.is_some_and(EdgeKind::is_optional) {
            value.insert("required".into(), item.required.clone().into());
            value.insert("missing".into(), true.into());
        }
        if item.asked && !item.problems.is_empty() && index > 0 {
            value.insert("problems".into(), item.problems.clone().into());
        }
        let children: Vec<usize> = item.children.iter().copied().filter(|c| self.items[*c].shown).collect();
        if !children.is_empty() {
            let mut dependencies = Map::new();
            for child in children {
                let name = self.items[child].name.clone();
                dependencies.insert(name, self.json(child));
            }
            value.insert("dependencies".into(), Value::Object(dependencies));
        }
        Value::Object(value)
    }

    fn label(&self, index: usize) -> String {
        let item = &self.items[index];
        if index == 0 {
            let path = self.installed.project.folder.display().to_string();
            let nameless = self.installed.project.package.is_empty();
            return match (nameless, self.is_long()) {
                (true, _) => path,
                (false, true) => format!("{}\n{path}\n", item.id),
                (false, false) => format!("{} {path}", item.id),
            };
        }
        let optional = item.kind.is_some_and(EdgeKind::is_optional);
        let mut label = String::new();
        if item.missed_by.is_some() {
            label.push_str(if optional { "UNMET OPTIONAL DEPENDENCY " } else { "UNMET DEPENDENCY " });
        }
        label.push_str(&item.id);
        if item.deduped {
            label.push_str(" deduped");
        }
        if let Some(invalid) = &item.invalid {
            label.push_str(&format!(" invalid: {invalid}"));
        }
        let Some(node) = item.node else { return label };
        let tree = &self.installed.tree;
        if tree.node(node).flags.extraneous && !self.context.is_global() && !item.deduped {
            label.push_str(" extraneous");
        }
        if !item.deduped && tree.is_overridden(node) {
            label.push_str(" overridden");
        }
        if let Some(resolved) = tree.node(node).resolved.as_deref().filter(|r| r.starts_with("git")) {
            label.push_str(&format!(" ({resolved})"));
        }
        if let Some(target) = &tree.node(node).link_path {
            let way =
                oac_npm_resolver::relative_path(&self.installed.project.folder.to_string_lossy(), target);
            label.push_str(&format!(" -> ./{way}"));
        }
        if self.is_long() {
            let description = if item.deduped { None } else { self.description(node) };
            label.push_str(&format!("\n{}", description.unwrap_or_default()));
        }
        label
    }

    fn is_long(&self) -> bool {
        self.context.switch("long", false) || self.context.command == "ll"
    }

    fn description(&self, node: NodeId) -> Option<String> {
        let folder = self.installed.path(node);
        let text = std::fs::read(std::path::Path::new(&folder).join("package.json")).ok()?;
        let package: Value = serde_json::from_slice(&text).ok()?;
        Some(package.get("description")?.as_str()?.to_owned())
    }

    /// The tree with lines, as the package `archy` draws it.
    fn archy(&self) -> String {
        let children: Vec<usize> = self.shown_children(0);
        let mut text = self.label(0).replace('\n', if children.is_empty() { "\n  " } else { "\n│ " }) + "\n";
        if children.is_empty() {
            return text + "└── (empty)\n";
        }
        self.branches(&children, "", &mut text);
        text
    }

    fn shown_children(&self, index: usize) -> Vec<usize> {
        self.items[index].children.iter().copied().filter(|c| self.items[*c].shown).collect()
    }

    fn branches(&self, children: &[usize], prefix: &str, text: &mut String) {
        for (at, child) in children.iter().enumerate() {
            let last = at + 1 == children.len();
            let below = self.shown_children(*child);
            let corner = if last { "└─" } else { "├─" };
            let joint = if below.is_empty() { "─ " } else { "┬ " };
            let inner = format!("{prefix}{}", if last { "  " } else { "│ " });
            let more = format!("\n{inner}{}", if below.is_empty() { "  " } else { "│ " });
            text.push_str(&format!("{prefix}{corner}{joint}{}\n", self.label(*child).replace('\n', &more)));
            self.branches(&below, &inner, text);
        }
    }

    fn parseable(&self) -> String {
        let long = self.context.switch("long", false);
        let lines = self.items.iter().filter(|i| i.asked && !i.deduped).filter_map(|item| {
            let node = item.node?;
            let path = self.installed.path(node);
            let n = self.installed.tree.node(node);
            if !long {
                return Some(path);
            }
            let mut line = format!("{path}:{}", item.id);
            if let Some(target) = &n.link_path {
                line.push_str(&format!(":{target}"));
            }
            if n.flags.extraneous && !self.context.is_global() {
                line.push_str(":EXTRANEOUS");
            }
            if item.invalid.is_some() {
                line.push_str(":INVALID");
            }
            Some(line)
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
