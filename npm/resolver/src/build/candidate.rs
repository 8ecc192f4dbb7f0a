//! What is to be placed for a dependency: a package with all its peers around it, in a tree of their own.

use super::{Builder, Stop};
use crate::ResolveError;
use crate::explain::PeerConflict;
use crate::paths::join;
use crate::store::ManifestRequest;
use crate::tree::{EdgeId, EdgeKind, NewNode, NodeId, Tree};
use oac_npm_spec::{PackageSpec, SpecKind, locale_compare};
use std::collections::HashSet;
use std::rc::Rc;

impl Builder<'_> {
    /// A tree in which a node's dependency and its peers are worked out.
    pub(super) fn virtual_root(&mut self, node: NodeId) -> NodeId {
        let source = self.tree.node(node);
        let new = NewNode {
            name: Some(source.name.clone()),
            package: source.package.clone(),
            source: Some(node),
            overrides: source.overrides,
            ..NewNode::default()
        };
        let root = self.tree.add(new);
        self.virtual_roots.insert(node, root);
        // The folders that links point to are seen in the virtual tree, too.
        let children: Vec<NodeId> = self.tree.node(node).children.values().copied().collect();
        for child in children {
            let Some(target) = self.tree.node(child).link_target else { continue };
            let target_node = self.tree.node(target);
            if target_node.path.is_none() {
                continue;
            }
            let folder = NewNode {
                name: Some(target_node.name.clone()),
                package: target_node.package.clone(),
                source: Some(target),
                fs_parent: Some(root),
                ..NewNode::default()
            };
            let folder = self.tree.add(folder);
            self.tree.node_mut(root).fs_children.push(folder);
            self.tree.set_root(folder, root);
        }
        root
    }

    /// Loads what an edge asks for, with all its peers, into a virtual tree. A second edge, if given,
    /// is a narrower wish for the same name; it counts where both can be met.
    pub(super) fn node_from_edge(
        &mut self,
        edge: EdgeId,
        parent: Option<NodeId>,
        second: Option<EdgeId>,
        required: &mut HashSet<NodeId>,
    ) -> Result<NodeId, Stop> {
        let from = self.tree.edge(edge).from.expect("an edge being loaded is in use");
        let parent = match parent {
            Some(parent) => parent,
            None => self.virtual_root(from),
        };
        let first = self.node_from_spec(edge, edge, parent)?;
        let other = match second {
            Some(second) if !self.tree.is_valid(second) => Some(self.node_from_spec(edge, second, parent)?),
            _ => None,
        };
        let node = other.filter(|_| self.tree.is_valid(edge)).unwrap_or(first);
        self.tree.attach(node, parent);
        let wanted = |e: EdgeId| {
            let e = self.tree.edge(e);
            e.from.is_some_and(|from| required.contains(&from)) && e.kind != EdgeKind::PeerOptional
        };
        if wanted(edge) || second.is_some_and(wanted) {
            required.insert(node);
        }
        self.load_peer_set(node, required)
    }

    /// A node for the version that a spec picks; one with an error where there is none.
    fn node_from_spec(&mut self, named: EdgeId, edge: EdgeId, parent: NodeId) -> Result<NodeId, Stop> {
        let name = self.tree.edge(named).name.clone();
        let picked = match self.tree.edge(edge).spec.clone() {
            None => {
                let raw = self.tree.edge(edge).raw_spec.clone();
                Err(PackageSpec::resolve(Some(&name), &raw).map_or_else(ResolveError::from, |spec| {
                    ResolveError::Unsupported {
                        name: name.to_string(),
                        spec: raw.to_string(),
                        kind: spec.kind_name(),
                    }
                }))
            }
            Some(spec) => match self.workspace_for(edge) {
                Some(link) => Ok(NewNode {
                    package: self.tree.node(link).package.clone(),
                    link_path: self.tree.node(link).link_path.clone(),
                    ..NewNode::default()
                }),
                None => self.pick(&spec, edge)?,
            },
        };
        let new = match picked {
            Ok(new) => NewNode { name: Some(name), parent: Some(parent), ..new },
            Err(error) => {
                self.load_errors.push(error);
                NewNode {
                    name: Some(name),
                    parent: Some(parent),
                    load_error: Some(self.load_errors.len() - 1),
                    ..NewNode::default()
                }
            }
        };
        Ok(self.tree.add(new))
    }

    /// The workspace of the edge's name, where that is in the tree and serves.
    fn workspace_for(&self, edge: EdgeId) -> Option<NodeId> {
        let name = &self.tree.edge(edge).name;
        self.input.workspaces.iter().find(|(workspace, _)| **workspace == **name)?;
        let to = self.tree.edge(self.tree.edge_named(self.root, name)?).to?;
        (self.tree.is_link(to) && self.tree.satisfied_by(edge, to)).then_some(to)
    }

    /// What a new node for a spec is to be made of.
    fn pick(&self, spec: &Rc<PackageSpec>, edge: EdgeId) -> Result<Result<NewNode, ResolveError>, Stop> {
        let e = self.tree.edge(edge);
        let required_by = e.from.map(|from| self.tree.location(from)).unwrap_or_default();
        let Some(name) = spec.registry_name() else { return self.pick_elsewhere(spec, edge) };
        let wanted = spec.target().raw_spec.clone();
        Ok(match self.store.pick(spec, &self.input.pick) {
            None => return Err(Stop::Missing(vec![spec.clone()])),
            Some(Err(error)) => Err(ResolveError::Registry {
                error: Box::new(error),
                package: format!("{name}@{wanted}"),
                required_by,
            }),
            Some(Ok(None)) => Err(ResolveError::NoVersion { name: name.to_owned(), wanted, required_by }),
            Some(Ok(Some(manifest))) => Ok(NewNode {
                resolved: manifest.dist.tarball.as_deref().map(Into::into),
                integrity: manifest.dist.integrity.as_deref().map(Into::into),
                package: manifest,
                ..NewNode::default()
            }),
        })
    }

    /// The same for folders and tarballs.
    fn pick_elsewhere(
        &self,
        spec: &PackageSpec,
        edge: EdgeId,
    ) -> Result<Result<NewNode, ResolveError>, Stop> {
        let base = || self.tree.base_of(edge);
        let (request, resolved) = match &spec.kind {
            SpecKind::Directory(path) => (ManifestRequest::Folder(join(&base(), path)), String::new()),
            SpecKind::File(path) => {
                let path = join(&base(), path);
                (ManifestRequest::File(path.clone()), format!("file:{path}"))
            }
            SpecKind::Remote(url) => (ManifestRequest::Remote(url.clone()), url.clone()),
            SpecKind::Git(text) => (ManifestRequest::Git(text.clone()), String::new()),
            _ => {
                let e = self.tree.edge(edge);
                return Ok(Err(ResolveError::Unsupported {
                    name: e.name.to_string(),
                    spec: e.raw_spec.to_string(),
                    kind: spec.kind_name(),
                }));
            }
        };
        let Some(found) = self.store.manifest(&request) else {
            return Err(Stop::MissingManifests(vec![request]));
        };
        if let ManifestRequest::Folder(path) = request {
            let package = self.store.folder(&path).unwrap_or_default();
            return Ok(Ok(NewNode { package, link_path: Some(path.into()), ..NewNode::default() }));
        }
        Ok(found.clone().map(|found| NewNode {
            package: Rc::new(found.manifest.clone()),
            resolved: Some(found.resolved.as_deref().map_or_else(|| resolved.into(), Into::into)),
            integrity: found.integrity.as_deref().map(Into::into),
            ..NewNode::default()
        }))
    }

    /// Loads the peers of a node, and theirs, beside it.
    fn load_peer_set(&mut self, node: NodeId, required: &mut HashSet<NodeId>) -> Result<NodeId, Stop> {
        let open = |tree: &Tree, e: &EdgeId| {
            tree.edge(*e).kind.is_peer() && !(tree.is_valid(*e) && tree.edge(*e).to.is_some())
        };
        let mut edges: Vec<EdgeId> =
            self.tree.edges_out(node).into_iter().filter(|e| open(&self.tree, e)).collect();
        edges.sort_by(|a, b| locale_compare(&self.tree.edge(*a).name, &self.tree.edge(*b).name));
        self.require(edges.iter().copied())?;
        for edge in edges {
            // A compatible peer may have taken this node's place meanwhile.
            let Some(parent) = self.tree.node(node).parent else { break };
            if open(&self.tree, &edge) {
                self.load_peer(node, edge, parent, required)?;
            }
        }
        Ok(node)
    }

    fn load_peer(
        &mut self,
        node: NodeId,
        edge: EdgeId,
        parent: NodeId,
        required: &mut HashSet<NodeId>,
    ) -> Result<(), Stop> {
        let name = self.tree.edge(edge).name.clone();
        let parent_edge = self.tree.edge_named(parent, &name);
        let mine = self.tree.node(parent).source.is_some_and(|source| self.tree.is_own(source));
        let options = &self.input.options;
        let conflict_ok = options.force || (!mine && !options.strict_peer_deps);
        let Some(current) = self.tree.edge(edge).to else {
            let Some(parent_edge) = parent_edge else {
                self.node_from_edge(edge, Some(parent), None, required)?;
                return Ok(());
            };
            let dep = self.node_from_edge(parent_edge, Some(parent), Some(edge), required)?;
            if self.tree.is_valid(edge) {
                return Ok(());
            }
            if conflict_ok || !required.contains(&dep) {
                self.tree.edge_mut(edge).peer_conflicted = true;
                return Ok(());
            }
            if self.tree.node(node).parent.is_none() {
                return Ok(());
            }
            return Err(self.peer_conflict(edge, Some(parent_edge)));
        };
        let dep = self.node_from_edge(edge, None, None, required)?;
        if self.tree.can_replace(dep, current, &[]) {
            self.node_from_edge(edge, Some(parent), None, required)?;
            return Ok(());
        }
        if conflict_ok || self.tree.edge(edge).from.is_none_or(|from| !required.contains(&from)) {
            return Ok(());
        }
        Err(self.peer_conflict(edge, parent_edge))
    }

    fn peer_conflict(&self, edge: EdgeId, current: Option<EdgeId>) -> Stop {
        let conflict = PeerConflict::gathering(&self.tree, edge, current);
        conflict.into_error("unable to resolve dependency tree", self.input.options.strict_peer_deps).into()
    }
}
