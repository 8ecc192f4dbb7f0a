//! Why packages are where they are, and what could not be resolved: npm's explanations and its wording.

use crate::ResolveError;
use crate::can_place::Blocked;
use crate::paths::relative;
use crate::tree::{EdgeId, EdgeKind, NodeId, Tree};

/// Who wants a package.
#[derive(Debug, Clone, Default)]
pub struct NodeExplanation {
    /// Its name; `None` for the project itself.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its location; the project's absolute path; none for a package that is not placed.
    pub location: Option<String>,
    /// Whether it is a workspace.
    pub is_workspace: bool,
    /// The project on whose behalf it was looked at, when it is not placed.
    pub while_installing: Option<String>,
    /// Those who depend on it.
    pub dependents: Vec<EdgeExplanation>,
    /// Links that point to it.
    pub links_in: Vec<NodeExplanation>,
    /// `dev`, `optional`, `peer` and the like, where they are wanted.
    pub extra: Vec<&'static str>,
}

/// A dependency, and why its dependent is there.
#[derive(Debug, Clone)]
pub struct EdgeExplanation {
    /// The name asked for.
    pub name: String,
    /// How it is declared.
    pub kind: EdgeKind,
    /// What counts.
    pub spec: String,
    /// What was declared, where an override replaced it.
    pub overridden: Option<String>,
    /// Whether the dependent brings it in its tarball.
    pub bundled: bool,
    /// npm's `MISSING`, `INVALID` or `PEER LOCAL`.
    pub error: Option<&'static str>,
    /// The dependent.
    pub from: Option<Box<NodeExplanation>>,
}

impl Tree {
    /// Explains a node: by one edge into it, or by all.
    pub fn explain(&self, id: NodeId, edge: Option<EdgeId>) -> NodeExplanation {
        self.explain_node(id, edge, &mut Vec::new())
    }

    fn explain_node(&self, id: NodeId, edge: Option<EdgeId>, seen: &mut Vec<NodeId>) -> NodeExplanation {
        let node = self.node(id);
        if self.is_root(id) && node.source.is_none() {
            let location = node.path.as_deref().map(str::to_owned);
            return NodeExplanation { location, ..NodeExplanation::default() };
        }
        if let Some(source) = node.source {
            return self.explain_node(source, edge, seen);
        }
        let own_name = node.package.name.clone();
        let mut why = NodeExplanation {
            name: if self.is_top(id) { own_name } else { Some(node.name.to_string()) },
            version: node.package.version.clone(),
            while_installing: self.node(node.root).source.map(|source| {
                let package = &self.node(source).package;
                let or_undefined = |text: &Option<String>| text.clone().unwrap_or("undefined".into());
                format!("{}@{}", or_undefined(&package.name), or_undefined(&package.version))
            }),
            ..NodeExplanation::default()
        };
        if seen.contains(&id) {
            return why;
        }
        why.location = Some(self.location(id));
        why.is_workspace = self.is_workspace(id);
        seen.push(id);
        match edge {
            Some(edge) => why.dependents.push(self.explain_edge_within(edge, seen)),
            None => {
                for edge in &node.edges_in {
                    let from_project = self.edge(*edge).from.is_some_and(|from| self.is_root(from));
                    if self.is_valid(*edge) || from_project {
                        why.dependents.push(self.explain_edge_within(*edge, seen));
                    }
                }
            }
        }
        let links = self.inventory(node.root).into_iter().filter(|l| self.node(*l).link_target == Some(id));
        why.links_in = links.map(|link| self.explain_node(link, edge, seen)).collect();
        seen.pop();
        why
    }

    /// Explains an edge.
    pub fn explain_edge(&self, id: EdgeId) -> EdgeExplanation {
        self.explain_edge_within(id, &mut Vec::new())
    }

    fn explain_edge_within(&self, id: EdgeId, seen: &mut Vec<NodeId>) -> EdgeExplanation {
        let edge = self.edge(id);
        let spec = edge.spec.as_ref().map_or_else(|| edge.raw_spec.to_string(), |s| s.raw_spec.clone());
        let overridden = (spec != *edge.raw_spec && edge.rule.is_some()).then(|| edge.raw_spec.to_string());
        let from = edge.from.map(|from| self.node(from));
        EdgeExplanation {
            name: edge.name.to_string(),
            kind: edge.kind,
            spec: if overridden.is_some() { spec } else { edge.raw_spec.to_string() },
            overridden,
            bundled: from.is_some_and(|f| f.package.bundle_dependencies.iter().any(|b| **b == *edge.name)),
            error: self.edge_error(id),
            from: edge.from.map(|from| Box::new(self.explain_node(from, None, seen))),
        }
    }

    /// npm's word for what is wrong with an edge.
    pub fn edge_error(&self, id: EdgeId) -> Option<&'static str> {
        let edge = self.edge(id);
        match edge.to {
            _ if self.is_valid(id) => None,
            None => Some("MISSING"),
            Some(to) if edge.kind.is_peer() && self.node(to).parent == edge.from => Some("PEER LOCAL"),
            Some(_) => Some("INVALID"),
        }
    }
}

impl NodeExplanation {
    /// npm's text, at most `depth` steps up.
    pub fn print(&self, depth: usize) -> String {
        self.head() + &self.print_dependents(depth) + &self.print_links(depth)
    }

    fn head(&self) -> String {
        let or_undefined = |text: &Option<String>| text.clone().unwrap_or("undefined".into());
        let mut text = format!("{}@{}", or_undefined(&self.name), or_undefined(&self.version));
        for extra in &self.extra {
            text.push(' ');
            text.push_str(extra);
        }
        match self.location.as_deref() {
            Some(location) if !location.is_empty() => text + "\n" + location,
            _ => text,
        }
    }

    fn print_dependents(&self, depth: usize) -> String {
        if self.dependents.is_empty() || depth == 0 {
            return String::new();
        }
        const NAMES_LENGTH_MAX: usize = 50;
        let max = depth.div_ceil(2);
        let mut lines: Vec<String> = self.dependents.iter().take(max).map(|e| e.print(depth)).collect();
        if self.dependents.len() > max {
            let (mut length, mut names) = (0, Vec::new());
            for (index, edge) in self.dependents.iter().enumerate().skip(max) {
                let name = edge.from.as_ref().and_then(|from| from.name.clone());
                let name = name.unwrap_or_else(|| "the root project".into());
                length += name.len();
                if length >= NAMES_LENGTH_MAX && index + 1 < self.dependents.len() {
                    names.push("...".to_owned());
                    break;
                }
                names.push(name);
            }
            lines.push(format!("{} more ({})", self.dependents.len() - max, names.join(", ")));
        }
        indented(&lines)
    }

    fn print_links(&self, depth: usize) -> String {
        if self.links_in.is_empty() || depth == 0 {
            return String::new();
        }
        indented(&self.links_in.iter().map(|link| link.print(depth - 1)).collect::<Vec<_>>())
    }
}

fn indented(lines: &[String]) -> String {
    format!("\n{}", lines.join("\n")).replace('\n', "\n  ")
}

impl EdgeExplanation {
    /// npm's text, at most `depth` steps up.
    pub fn print(&self, depth: usize) -> String {
        let from = self.from.as_deref();
        let mut text = match (self.kind, from.and_then(|f| f.location.as_deref())) {
            (EdgeKind::Workspace, Some(project)) => relative(project, self.spec.trim_start_matches("file:")),
            _ => format!("{}@\"{}\"", self.name, self.spec),
        };
        if let Some(declared) = &self.overridden {
            text = format!("overridden {text} (was \"{declared}\")");
        }
        let kind = if self.kind == EdgeKind::Prod { String::new() } else { format!("{} ", self.kind.word()) };
        let bundled = if self.bundled { "bundled " } else { "" };
        let from = match from {
            Some(from) if from.name.is_some() || from.version.is_some() => {
                let above = depth.saturating_sub(1);
                from.head() + &from.print_dependents(above) + &from.print_links(above)
            }
            _ => "the root project".to_owned(),
        };
        format!("{kind}{bundled}{text} from {from}")
    }
}

/// What stands against each other.
#[derive(Debug, Clone)]
pub(crate) struct PeerConflict {
    pub(crate) edge: EdgeExplanation,
    pub(crate) dep: Option<NodeExplanation>,
    pub(crate) current: Option<NodeExplanation>,
    pub(crate) current_edge: Option<EdgeExplanation>,
    /// The package that was found in the way, and the one that would be needed.
    pub(crate) peer: Option<(Option<NodeExplanation>, NodeExplanation)>,
}

impl PeerConflict {
    /// A conflict seen while peers are gathered: npm's `#explainPeerConflict`.
    pub(crate) fn gathering(tree: &Tree, edge: EdgeId, current_edge: Option<EdgeId>) -> Self {
        let e = tree.edge(edge);
        Self {
            edge: tree.explain_edge(edge),
            dep: None,
            current: e.from.and_then(|from| tree.resolve(from, &e.name)).map(|id| tree.explain(id, None)),
            current_edge: current_edge.map(|edge| tree.explain_edge(edge)),
            peer: None,
        }
    }

    /// A conflict seen while a package is placed: npm's `explainPeerConflict`.
    pub(crate) fn placing(
        tree: &Tree,
        edge: EdgeId,
        dep: NodeId,
        nested: bool,
        blocked: Option<&[Blocked]>,
        own: (EdgeId, NodeId),
    ) -> Self {
        let e = tree.edge(edge);
        let current = e.from.and_then(|from| tree.resolve(from, &e.name));
        let peer = match blocked {
            _ if nested => None,
            Some(blocked) => blocked.iter().find_map(|b| {
                let current = tree.explain(b.current?, None);
                Some((Some(current), tree.explain(b.dep, Some(b.edge))))
            }),
            None => {
                let current = tree.edge(own.0).to.map(|id| tree.explain(id, None));
                Some((current, tree.explain(own.1, Some(own.0))))
            }
        };
        Self {
            edge: tree.explain_edge(edge),
            dep: Some(tree.explain(dep, Some(edge))),
            current: current.map(|id| tree.explain(id, nested.then_some(edge))),
            current_edge: None,
            peer,
        }
    }

    /// npm's report, at most `depth` steps up.
    pub(crate) fn print(&self, depth: usize) -> String {
        let mut out = Vec::new();
        let of = |node: &Option<NodeExplanation>| node.as_ref().and_then(|n| n.while_installing.clone());
        let from_edge = || self.edge.from.as_ref().and_then(|from| from.while_installing.clone());
        if let Some(project) = of(&self.dep).or_else(|| of(&self.current)).or_else(from_edge) {
            out.push(format!("While resolving: {project}"));
        }
        let in_the_way = self.peer.as_ref().and_then(|(current, _)| current.as_ref());
        out.push(match (self.current.as_ref().or(in_the_way), &self.current_edge) {
            (Some(node), _) => format!("Found: {}", node.print(depth)),
            (None, Some(edge)) => format!("Found: {}", edge.print(depth)),
            (None, None) => format!("Found: {}", self.edge.print(depth)),
        });
        out.push(format!("\nCould not resolve dependency:\n{}", self.edge.print(depth)));
        if let Some((_, peer)) = &self.peer {
            out.push(format!("\nConflicting peer dependency: {}", peer.print(depth)));
        }
        out.join("\n")
    }

    /// How deep npm's errors go; its warnings go half as deep.
    const ERROR_DEPTH: usize = 4;

    pub(crate) fn into_error(self, problem: &'static str, strict: bool) -> ResolveError {
        ResolveError::Eresolve { problem, explanation: self.print(Self::ERROR_DEPTH), strict }
    }

    pub(crate) fn warning(&self) -> String {
        self.print(Self::ERROR_DEPTH / 2)
    }
}
