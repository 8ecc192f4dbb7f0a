//! The tree of packages: nodes in folders, edges from what a package asks for to what it gets.
//!
//! The names and rules are those of npm's arborist: a node is a folder in some `node_modules`, an
//! edge resolves to the closest folder of its name on the way up. A tree has several roots: the
//! project's, those of the virtual trees in which peer sets are worked out, and nodes cut loose.

mod edit;

use crate::overrides::{OverrideRule, Overrides};
use crate::paths::{is_inside, join, parent_of, relative};
use crate::validity::SpecCache;
use indexmap::{IndexMap, IndexSet};
use oac_npm_spec::{Manifest, PackageSpec};
use std::collections::HashMap;
use std::rc::Rc;

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// An edge of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeId(u32);

/// How a dependency is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// `dependencies`
    Prod,
    /// `devDependencies`
    Dev,
    /// `optionalDependencies`
    Optional,
    /// `peerDependencies`
    Peer,
    /// `peerDependencies` with `peerDependenciesMeta.optional`
    PeerOptional,
    /// A folder of the project's `workspaces`
    Workspace,
}

impl EdgeKind {
    /// Whether it may stay unmet.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Optional | Self::PeerOptional)
    }

    /// Whether it is met beside its dependent rather than below.
    pub fn is_peer(self) -> bool {
        matches!(self, Self::Peer | Self::PeerOptional)
    }

    /// npm's word, for explanations.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Dev => "dev",
            Self::Optional => "optional",
            Self::Peer => "peer",
            Self::PeerOptional => "peerOptional",
            Self::Workspace => "workspace",
        }
    }
}

/// A dependency.
#[derive(Debug)]
pub struct Edge {
    /// The dependent; `None` once the edge is taken away.
    pub from: Option<NodeId>,
    /// What the dependency resolves to.
    pub to: Option<NodeId>,
    /// The name asked for.
    pub name: Rc<str>,
    /// How it is declared.
    pub kind: EdgeKind,
    /// The spec as declared.
    pub raw_spec: Rc<str>,
    /// The spec that counts: the declared one or its override; `None` when it cannot be read.
    pub spec: Option<Rc<PackageSpec>>,
    /// npm's `acceptDependencies`.
    pub accept: Option<Rc<PackageSpec>>,
    /// The override that applies, if the project has overrides.
    pub rule: Option<OverrideRule>,
    /// A peer dependency that was given up in favour of another.
    pub peer_conflicted: bool,
}

/// Why a node is wanted; all true until proven otherwise, as in npm's lock files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// Only for development.
    pub dev: bool,
    /// Only by optional dependencies.
    pub optional: bool,
    /// Only by development and optional dependencies together.
    pub dev_optional: bool,
    /// Only by peer dependencies.
    pub peer: bool,
    /// By nobody.
    pub extraneous: bool,
}

impl Flags {
    /// Nothing known yet.
    pub const UNKNOWN: Self =
        Self { dev: true, optional: true, dev_optional: true, peer: true, extraneous: true };
    /// Simply wanted.
    pub const NONE: Self =
        Self { dev: false, optional: false, dev_optional: false, peer: false, extraneous: false };
}

/// A package in its folder.
#[derive(Debug)]
pub struct Node {
    /// The folder's name.
    pub name: Rc<str>,
    /// The manifest; empty for what could not be loaded.
    pub package: Rc<Manifest>,
    /// The node in whose `node_modules` it lies.
    pub parent: Option<NodeId>,
    /// The root of its tree.
    pub root: NodeId,
    /// Folders in its own `node_modules`, by [`fold_case`]d name.
    pub children: IndexMap<Rc<str>, NodeId>,
    /// What it asks for, by folded name.
    pub edges_out: IndexMap<Rc<str>, EdgeId>,
    /// Who gets it.
    pub edges_in: IndexSet<EdgeId>,
    /// For the root of a virtual tree: the node it stands for.
    pub source: Option<NodeId>,
    /// For a link: the absolute path of the folder it points to.
    pub link_path: Option<Rc<str>>,
    /// For a link in a finished tree: the node it points to.
    pub link_target: Option<NodeId>,
    /// For the project and for folders that links point to: the absolute path.
    pub path: Option<Rc<str>>,
    /// For a folder inside another local folder: the node of that, where its dependencies may lie.
    pub fs_parent: Option<NodeId>,
    /// Folders that links point to, below this one; the project has those outside of it, too.
    pub fs_children: Vec<NodeId>,
    /// The tarball's address.
    pub resolved: Option<Rc<str>>,
    /// The tarball's integrity.
    pub integrity: Option<Rc<str>>,
    /// Why it is wanted.
    pub flags: Flags,
    /// An optional package that will not be installed.
    pub inert: bool,
    /// The project itself.
    pub is_project: bool,
    /// Comes inside its parent's tarball.
    pub in_bundle: bool,
    /// Index of the error for a package that could not be loaded.
    pub load_error: Option<usize>,
    /// The override rules in force below this node.
    pub overrides: Option<OverrideRule>,
}

/// Everything known about one resolution's nodes and edges.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Edges by folded name, so that a new folder reconsiders only those.
    by_name: HashMap<Rc<str>, Vec<EdgeId>>,
    pub(crate) specs: SpecCache,
    pub(crate) overrides: Rc<Overrides>,
    pub(crate) legacy_peer_deps: bool,
    /// Names and absolute paths of the project's workspaces.
    pub(crate) workspaces: Rc<[(String, String)]>,
    any_bundles: bool,
}

/// Names that differ only in case share a folder on some file systems, so npm treats them as one.
pub(crate) fn fold_case(name: &Rc<str>) -> Rc<str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.clone() }
}

/// What a new node is made of.
#[derive(Debug, Default)]
pub(crate) struct NewNode {
    pub(crate) name: Option<Rc<str>>,
    pub(crate) package: Rc<Manifest>,
    pub(crate) parent: Option<NodeId>,
    pub(crate) source: Option<NodeId>,
    pub(crate) link_path: Option<Rc<str>>,
    pub(crate) link_target: Option<NodeId>,
    pub(crate) path: Option<Rc<str>>,
    pub(crate) fs_parent: Option<NodeId>,
    pub(crate) resolved: Option<Rc<str>>,
    pub(crate) integrity: Option<Rc<str>>,
    pub(crate) load_error: Option<usize>,
    pub(crate) is_project: bool,
    pub(crate) overrides: Option<OverrideRule>,
}

impl Tree {
    pub(crate) fn new(overrides: Rc<Overrides>, legacy_peer_deps: bool) -> Self {
        Self {
            nodes: Vec::new(),
            edges: Vec::new(),
            by_name: HashMap::new(),
            specs: SpecCache::default(),
            overrides,
            legacy_peer_deps,
            workspaces: Rc::from([]),
            any_bundles: false,
        }
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// An edge.
    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0 as usize]
    }

    pub(crate) fn edge_mut(&mut self, id: EdgeId) -> &mut Edge {
        &mut self.edges[id.0 as usize]
    }

    /// The edges that leave a node.
    pub fn edges_out(&self, id: NodeId) -> Vec<EdgeId> {
        self.node(id).edges_out.values().copied().collect()
    }

    /// The edge of this name.
    pub fn edge_named(&self, id: NodeId, name: &Rc<str>) -> Option<EdgeId> {
        self.node(id).edges_out.get(&fold_case(name)).copied()
    }

    /// The folder of this name in the node's own `node_modules`.
    pub fn child(&self, id: NodeId, name: &Rc<str>) -> Option<NodeId> {
        self.node(id).children.get(&fold_case(name)).copied()
    }

    /// The folder that a `require` of this name from the node would find.
    pub fn resolve(&self, id: NodeId, name: &Rc<str>) -> Option<NodeId> {
        self.resolve_key(id, &fold_case(name))
    }

    fn resolve_key(&self, id: NodeId, key: &Rc<str>) -> Option<NodeId> {
        self.ancestry(id).find_map(|n| self.node(n).children.get(key).copied())
    }

    /// The node and those in whose `node_modules` it finds packages: its parent, and so on up to its
    /// root; a local folder's are those of the folder around it.
    pub fn ancestry(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(id), |n| self.resolve_parent(*n))
    }

    /// npm's `resolveParent`.
    pub(crate) fn resolve_parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent.or(self.node(id).fs_parent)
    }

    /// The node and its parents, up to the project or a local folder.
    fn nesting(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(id), |n| self.node(*n).parent)
    }

    /// Whether the node is a link.
    pub fn is_link(&self, id: NodeId) -> bool {
        self.node(id).link_path.is_some()
    }

    /// Whether the node has no parent.
    pub fn is_top(&self, id: NodeId) -> bool {
        self.node(id).parent.is_none()
    }

    /// Whether the node is the root of its tree.
    pub fn is_root(&self, id: NodeId) -> bool {
        self.node(id).root == id
    }

    /// Whether `id` is `ancestor` or lies below it.
    pub fn is_descendant(&self, id: NodeId, ancestor: NodeId) -> bool {
        self.ancestry(id).any(|n| n == ancestor)
    }

    /// How many folders deep the node lies.
    pub fn depth(&self, id: NodeId) -> usize {
        self.nesting(id).count() - 1
    }

    /// `node_modules/a/node_modules/b`, `packages/c/node_modules/d`; empty for a root.
    pub fn location(&self, id: NodeId) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut top = id;
        for node in self.nesting(id) {
            top = node;
            if !self.is_top(node) {
                names.push(&self.node(node).name);
            }
        }
        let mut out = self.top_location(top);
        for name in names.into_iter().rev() {
            if !out.is_empty() {
                out.push('/');
            }
            out.push_str("node_modules/");
            out.push_str(name);
        }
        out
    }

    /// Where a local folder lies, as seen from the project.
    fn top_location(&self, top: NodeId) -> String {
        let root = self.node(top).root;
        match (&self.node(root).path, &self.node(top).path) {
            (Some(project), Some(path)) if root != top => relative(project, path),
            _ => String::new(),
        }
    }

    /// The absolute path of a node's own folder, links followed.
    pub fn folder(&self, id: NodeId) -> String {
        let node = self.node(id);
        if let Some(path) = node.link_path.as_ref().or(node.path.as_ref()) {
            return path.to_string();
        }
        let real = node.source.unwrap_or(id);
        let root = self.node(real).root;
        let root = self.node(root).source.unwrap_or(root);
        let project = self.node(self.node(root).root).path.clone().unwrap_or_else(|| "".into());
        join(&project, &self.location(real))
    }

    /// The folder from which the paths in a dependency's spec start: npm's `fromPath`.
    pub(crate) fn base_of(&self, edge: EdgeId) -> String {
        let e = self.edge(edge);
        let Some(from) = e.from else { return String::new() };
        let overridden = e.rule.is_some_and(|rule| self.overrides.is_about(rule, &e.name));
        let source = self.node(from).source.unwrap_or(from);
        if overridden {
            return self.folder(self.node(source).root);
        }
        match self.node(from).resolved.as_deref().and_then(|r| r.strip_prefix("file:")) {
            Some(tarball) if !self.is_link(from) => parent_of(tarball).to_owned(),
            _ => self.folder(from),
        }
    }

    /// The local folder of this path, if the tree has it.
    pub(crate) fn local(&self, root: NodeId, path: &str) -> Option<NodeId> {
        if self.node(root).path.as_deref() == Some(path) {
            return Some(root);
        }
        self.inventory(root).into_iter().find(|id| self.node(*id).path.as_deref() == Some(path))
    }

    /// Puts a local folder that links point to into the tree; the one that is there, if it is.
    pub(crate) fn add_local(&mut self, root: NodeId, path: &str, package: Rc<Manifest>) -> NodeId {
        if let Some(there) = self.local(root, path) {
            return there;
        }
        // Of the folders around it, the innermost is where its dependencies may lie.
        let around = self
            .inventory(root)
            .into_iter()
            .filter(|id| self.node(*id).path.as_deref().is_some_and(|outer| is_inside(path, outer)))
            .max_by_key(|id| self.node(*id).path.as_deref().map_or(0, str::len));
        let id = self.add(NewNode {
            name: Some(folder_name(path).into()),
            package,
            path: Some(path.into()),
            fs_parent: around,
            ..NewNode::default()
        });
        self.node_mut(around.unwrap_or(root)).fs_children.push(id);
        self.set_root(id, root);
        // Folders inside it that are known already now have it around them.
        let moved: Vec<NodeId> = self
            .node(around.unwrap_or(root))
            .fs_children
            .iter()
            .copied()
            .filter(|c| *c != id && self.node(*c).path.as_deref().is_some_and(|p| is_inside(p, path)))
            .collect();
        for child in moved {
            self.node_mut(around.unwrap_or(root)).fs_children.retain(|c| *c != child);
            self.node_mut(child).fs_parent = Some(id);
            self.node_mut(id).fs_children.push(child);
        }
        for edge in self.edges_out(id) {
            self.reload(edge);
        }
        id
    }

    /// Whether everyone who wants the node wants it from a registry.
    pub(crate) fn is_registry_dependency(&self, id: NodeId) -> bool {
        let edges = &self.node(id).edges_in;
        !edges.is_empty()
            && edges.iter().all(|e| self.edge(*e).spec.as_ref().is_some_and(|spec| spec.is_registry()))
    }

    /// Whether the node is one of the project's workspaces.
    pub fn is_workspace(&self, id: NodeId) -> bool {
        let root = self.node(id).root;
        if id == root || self.workspaces.is_empty() {
            return false;
        }
        let package = &self.node(id).package;
        let name: Rc<str> = package.name.as_deref().unwrap_or(&self.node(id).name).into();
        self.edge_named(root, &name).is_some_and(|edge| {
            let e = self.edge(edge);
            let to = e.to.filter(|_| e.kind == EdgeKind::Workspace);
            to.is_some_and(|to| to == id || self.node(to).link_target == Some(id))
        })
    }

    /// npm comes upon the `workspaces` of an installed project after everything else.
    pub(crate) fn put_workspace_edges_last(&mut self, root: NodeId) {
        for edge in self.edges_out(root) {
            let e = self.edge(edge);
            let Some(to) = e.to.filter(|_| e.kind == EdgeKind::Workspace) else { continue };
            let edges_in = &mut self.node_mut(to).edges_in;
            if edges_in.shift_remove(&edge) {
                edges_in.insert(edge);
            }
        }
    }

    /// Whether the node is the project or one of its workspaces.
    pub(crate) fn is_own(&self, id: NodeId) -> bool {
        self.is_root(id) || self.is_workspace(id)
    }

    /// All nodes of a tree, parents before children.
    pub fn inventory(&self, root: NodeId) -> Vec<NodeId> {
        let mut all = vec![root];
        let mut next = 0;
        while next < all.len() {
            all.extend(self.node(all[next]).children.values().copied());
            all.extend(self.node(all[next]).fs_children.iter().copied());
            next += 1;
        }
        all
    }

    /// The version's text, empty when there is none.
    pub fn version(&self, id: NodeId) -> &str {
        self.node(id).package.version.as_deref().unwrap_or_default()
    }
}

/// The name of the folder at a path, with the scope above it if there is one: npm's `nameFromFolder`.
pub(crate) fn folder_name(path: &str) -> String {
    let mut parts = path.trim_end_matches('/').rsplit('/');
    let base = parts.next().unwrap_or_default();
    match parts.next() {
        Some(scope) if scope.starts_with('@') => format!("{scope}/{base}"),
        _ => base.to_owned(),
    }
}
