//! Changes of a tree: nodes come, go and move, and their edges follow.

use super::{Edge, EdgeId, EdgeKind, Flags, NewNode, Node, NodeId, Tree, fold_case};
use indexmap::{IndexMap, IndexSet};
use oac_npm_spec::{Dependencies, Manifest, PackageSpec};
use std::rc::Rc;

impl Tree {
    /// Puts a new node into the tree, with its edges.
    pub(crate) fn add(&mut self, new: NewNode) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes"));
        let name =
            new.name.or_else(|| new.package.name.as_deref().map(Into::into)).unwrap_or_else(|| Rc::from(""));
        self.any_bundles |= !new.package.bundle_dependencies.is_empty();
        self.nodes.push(Node {
            name,
            package: new.package,
            parent: None,
            root: id,
            children: IndexMap::new(),
            edges_out: IndexMap::new(),
            edges_in: IndexSet::new(),
            source: new.source,
            link_path: new.link_path,
            link_target: new.link_target,
            path: new.path,
            fs_parent: new.fs_parent,
            fs_children: Vec::new(),
            resolved: new.resolved,
            integrity: new.integrity,
            flags: Flags::UNKNOWN,
            inert: false,
            is_project: new.is_project,
            in_bundle: false,
            load_error: new.load_error,
            overrides: new.overrides,
        });
        if let Some(parent) = new.parent {
            self.attach(id, parent);
        }
        if !self.is_link(id) {
            self.load_edges(id);
        }
        id
    }

    /// Replaces a node's manifest and so its edges.
    pub(crate) fn set_package(&mut self, id: NodeId, package: Rc<Manifest>) {
        for edge in self.edges_out(id) {
            self.remove_edge(edge);
        }
        self.node_mut(id).package = package;
        self.load_edges(id);
    }

    /// Makes the edges that the manifest declares. Later kinds win: npm's order is peer, prod,
    /// optional, dev.
    fn load_edges(&mut self, id: NodeId) {
        let package = self.node(id).package.clone();
        if self.node(id).is_project {
            for (name, path) in self.workspaces.clone().iter() {
                self.add_edge(id, name, &format!("file:{path}"), EdgeKind::Workspace, None);
            }
        }
        if !self.legacy_peer_deps {
            let (optional, peer): (Dependencies, Dependencies) = package
                .peer_dependencies
                .iter()
                .map(|(name, spec)| (name.clone(), spec.clone()))
                .partition(|(name, _)| package.is_optional_peer(name));
            self.load_kind(id, &peer, EdgeKind::Peer);
            self.load_kind(id, &optional, EdgeKind::PeerOptional);
        }
        self.load_kind(id, &package.dependencies, EdgeKind::Prod);
        self.load_kind(id, &package.optional_dependencies, EdgeKind::Optional);
        // A node about to be placed has no parent yet either; only local folders have `devDependencies`.
        let source = self.node(self.node(id).source.unwrap_or(id));
        if source.is_project || source.path.is_some() {
            self.load_kind(id, &package.dev_dependencies, EdgeKind::Dev);
        }
    }

    fn load_kind(&mut self, from: NodeId, dependencies: &Dependencies, kind: EdgeKind) {
        for (name, spec) in dependencies {
            let key = fold_case(&name.as_str().into());
            let old = self.node(from).edges_out.get(&key);
            if old.is_some_and(|e| self.edge(*e).kind == EdgeKind::Workspace) {
                continue;
            }
            let accept = self.node(from).package.accepted(name).map(str::to_owned);
            let accept = accept.and_then(|spec| self.specs.parse(name, &spec));
            self.add_edge(from, name, spec, kind, accept);
        }
    }

    fn add_edge(
        &mut self,
        from: NodeId,
        name: &str,
        spec: &str,
        kind: EdgeKind,
        accept: Option<Rc<PackageSpec>>,
    ) {
        let name: Rc<str> = name.into();
        let key = fold_case(&name);
        if let Some(old) = self.node(from).edges_out.get(&key) {
            self.remove_edge(*old);
        }
        let id = EdgeId(u32::try_from(self.edges.len()).expect("fewer than 2^32 edges"));
        self.edges.push(Edge {
            from: Some(from),
            to: None,
            spec: self.specs.parse(&name, spec),
            raw_spec: spec.into(),
            name,
            kind,
            accept,
            rule: None,
            peer_conflicted: false,
        });
        self.node_mut(from).edges_out.insert(key.clone(), id);
        self.by_name.entry(key).or_default().push(id);
        self.apply_override(id);
        self.reload(id);
    }

    fn remove_edge(&mut self, id: EdgeId) {
        if let Some(to) = self.edge(id).to {
            self.node_mut(to).edges_in.shift_remove(&id);
        }
        let key = fold_case(&self.edge(id).name);
        if let Some(from) = self.edge(id).from {
            self.node_mut(from).edges_out.shift_remove(&key);
        }
        if let Some(list) = self.by_name.get_mut(&key) {
            list.retain(|e| *e != id);
        }
        let edge = self.edge_mut(id);
        edge.from = None;
        edge.to = None;
    }

    /// Resolves an edge anew.
    pub(crate) fn reload(&mut self, id: EdgeId) {
        let Some(from) = self.edge(id).from else { return };
        let key = fold_case(&self.edge(id).name);
        let to = self.resolve_key(from, &key);
        let old = self.edge(id).to;
        if old == to {
            return;
        }
        if let Some(old) = old {
            self.node_mut(old).edges_in.shift_remove(&id);
        }
        self.edge_mut(id).to = to;
        if let Some(to) = to {
            self.node_mut(to).edges_in.insert(id);
            self.inherit_overrides(to, id);
        }
    }

    /// Resolves every edge of a name below a node anew.
    fn reload_named(&mut self, below: NodeId, key: &Rc<str>) {
        let Some(edges) = self.by_name.get(key) else { return };
        let affected: Vec<EdgeId> = edges
            .iter()
            .copied()
            .filter(|e| self.edge(*e).from.is_some_and(|from| self.is_descendant(from, below)))
            .collect();
        for edge in affected {
            self.reload(edge);
        }
    }

    /// Puts a node into a parent's `node_modules`, pushing out what is there under the name.
    pub(crate) fn attach(&mut self, id: NodeId, parent: NodeId) {
        if self.node(id).parent == Some(parent) {
            return;
        }
        let key = fold_case(&self.node(id).name);
        if let Some(old_parent) = self.node(id).parent {
            self.node_mut(old_parent).children.shift_remove(&key);
            self.node_mut(id).parent = None;
        }
        if let Some(current) = self.child(parent, &key) {
            self.detach(current);
        }
        self.node_mut(parent).children.insert(key.clone(), id);
        self.node_mut(id).parent = Some(parent);
        let root = self.node(parent).root;
        self.set_root(id, root);
        self.reload_named(parent, &key);
    }

    /// Cuts a node loose, with all below it: it becomes the root of a tree of its own.
    pub(crate) fn detach(&mut self, id: NodeId) {
        let key = fold_case(&self.node(id).name);
        if let Some(parent) = self.node(id).parent {
            self.node_mut(parent).children.shift_remove(&key);
            self.node_mut(id).parent = None;
        }
        self.set_root(id, id);
    }

    /// Gives a subtree another root and resolves what now crosses trees, or did not resolve, anew.
    pub(crate) fn set_root(&mut self, id: NodeId, root: NodeId) {
        let family = self.inventory(id);
        for member in &family {
            self.node_mut(*member).root = root;
        }
        for member in family {
            let incoming: Vec<EdgeId> = self.node(member).edges_in.iter().copied().collect();
            for edge in incoming {
                if self.edge(edge).from.is_some_and(|from| self.node(from).root != root) {
                    self.reload(edge);
                }
            }
            for edge in self.edges_out(member) {
                let to = self.edge(edge).to;
                if to.is_none_or(|to| self.node(to).root != root || !self.is_reachable(member, to)) {
                    self.reload(edge);
                }
            }
        }
    }

    /// Whether `to` lies in the `node_modules` of `from` or of one above it.
    fn is_reachable(&self, from: NodeId, to: NodeId) -> bool {
        self.node(to).parent.is_some_and(|parent| self.is_descendant(from, parent))
    }

    /// Puts `new` in the place of `old`; the folders inside stay.
    pub(crate) fn replace(&mut self, new: NodeId, old: NodeId) {
        let parent = self.node(old).parent.expect("only nodes in a node_modules are replaced");
        let kids: Vec<NodeId> = self.node(old).children.values().copied().collect();
        for kid in kids {
            self.attach(kid, new);
        }
        self.attach(new, parent);
    }

    /// Whether the package is brought by the tarball of one above it, the root's aside.
    pub fn in_dependency_bundle(&self, id: NodeId) -> bool {
        self.bundler(id, &mut Vec::new()).is_some_and(|b| b != self.node(id).root)
    }

    /// Whether the package is on some bundle's list.
    pub(crate) fn in_bundle(&self, id: NodeId) -> bool {
        self.bundler(id, &mut Vec::new()).is_some()
    }

    fn bundler(&self, id: NodeId, path: &mut Vec<NodeId>) -> Option<NodeId> {
        if !self.any_bundles || path.contains(&id) {
            return None;
        }
        path.push(id);
        let parent = self.node(id).parent?;
        if let Some(bundler) = self.bundler(parent, path) {
            return Some(bundler);
        }
        let listed = &self.node(parent).package.bundle_dependencies;
        if listed.iter().any(|name| **name == *self.node(id).name) {
            return Some(parent);
        }
        for edge in &self.node(id).edges_in {
            let from = self.edge(*edge).from?;
            if self.bundler(from, path) == Some(parent) {
                return Some(parent);
            }
        }
        None
    }
}
