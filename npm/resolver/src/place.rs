//! Putting a package, and the peers it brings, into the tree: arborist's `PlaceDep`.

use crate::ResolveError;
use crate::can_place::{Answer, Asking, Blocked, Placement, Question, can_place};
use crate::explain::PeerConflict;
use crate::input::InstallStrategy;
use crate::tree::{EdgeId, NewNode, NodeId, Tree};
use oac_npm_spec::locale_compare;
use std::rc::Rc;

/// How to place.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PlaceOptions {
    pub(crate) force: bool,
    pub(crate) strict_peers: bool,
    pub(crate) prefer_dedupe: bool,
    pub(crate) strategy: InstallStrategy,
    /// The user asked for this package by name.
    pub(crate) explicit: bool,
    /// It is on the list of names to update.
    pub(crate) update: bool,
}

/// What was placed.
pub(crate) struct Placed {
    pub(crate) node: NodeId,
    pub(crate) edge: EdgeId,
    /// `Fits` or `Replace`.
    pub(crate) alone: Placement,
}

/// Everything that came of placing one package.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) placed: Vec<Placed>,
    /// Nodes whose dependencies must be looked at again.
    pub(crate) again: Vec<NodeId>,
    /// Peer dependencies that were overridden, as warnings.
    pub(crate) warnings: Vec<String>,
}

/// One package being placed, with the one whose peer it is.
struct Placing<'a> {
    dep: NodeId,
    asking: Asking<'a>,
    parent: Option<&'a Placing<'a>>,
    options: PlaceOptions,
    /// What its edge led to before.
    current: Option<NodeId>,
}

/// Places `dep` for `edge`.
///
/// # Errors
/// `ResolveError::Eresolve` when a peer dependency of the project's own cannot be met.
pub(crate) fn place(
    tree: &mut Tree,
    edge: EdgeId,
    dep: NodeId,
    options: PlaceOptions,
) -> Result<Outcome, ResolveError> {
    let mut outcome = Outcome::default();
    let placing = Placing {
        dep,
        asking: Asking { edge, parent: None },
        parent: None,
        options,
        current: tree.edge(edge).to,
    };
    placing.run(tree, &mut outcome)?;
    Ok(outcome)
}

/// A folder, and what was answered for it.
type Spot = (NodeId, Answer);

impl Placing<'_> {
    fn edge(&self) -> EdgeId {
        self.asking.edge
    }

    fn run(&self, tree: &mut Tree, outcome: &mut Outcome) -> Result<(), ResolveError> {
        let edge = self.edge();
        if tree.edge(edge).to.is_some()
            && tree.is_valid(edge)
            && !self.options.explicit
            && !self.options.update
        {
            return Ok(());
        }
        let (found, alone) = self.search(tree);
        let (target, placement) = match (&found, &alone) {
            (Some((target, answer)), _) => (*target, answer.with_peers),
            (None, alone) => {
                let blocked = alone.as_ref().map(|(_, answer)| answer.blocked.as_slice());
                if !self.options.force && (self.is_mine(tree) || self.options.strict_peers) {
                    let conflict = self.conflict(tree, self.asking.entry(), self.top_dep(), blocked);
                    return Err(conflict.into_error("could not resolve", self.options.strict_peers));
                }
                let Some((target, answer)) = alone else {
                    self.warn(tree, edge, blocked, outcome);
                    return Ok(());
                };
                (*target, answer.alone)
            }
        };
        let blocked = alone.as_ref().map(|(_, answer)| answer.blocked.as_slice());
        if placement == Placement::Keep {
            if tree.edge(edge).kind.is_peer() && !tree.is_valid(edge) {
                self.warn(tree, edge, blocked, outcome);
            }
            self.prune_dedupable(tree, target, true);
            return Ok(());
        }
        let self_placement = found.as_ref().or(alone.as_ref()).map_or(placement, |(_, answer)| answer.alone);
        if let Some(node) = self.end_loop(tree, target) {
            outcome.placed.push(Placed { node, edge, alone: self_placement });
            return Ok(());
        }
        let node = self.put(tree, target, blocked, outcome);
        outcome.placed.push(Placed { node, edge, alone: self_placement });
        if tree.edge(edge).kind.is_peer() && !tree.satisfied_by(edge, node) {
            self.warn(tree, edge, blocked, outcome);
        }
        self.prune_after(tree, target, node);
        self.place_peers(tree, node, outcome)
    }

    /// Walks up to the last folder before a conflict. The first result is that folder with the answers
    /// for the package with its peers and alone; the second the last folder where it alone could go.
    fn search(&self, tree: &Tree) -> (Option<Spot>, Option<Spot>) {
        let name = tree.edge(self.edge()).name.clone();
        let start = self.start(tree);
        let (mut found, mut alone) = (None, None);
        for target in tree.ancestry(start) {
            let target_edge = tree.edge_named(target, &name);
            if !tree.is_top(target) && target_edge.is_some_and(|e| tree.edge(e).kind.is_peer()) {
                continue;
            }
            let answer = can_place(
                tree,
                &Question {
                    dep: self.dep,
                    target,
                    asking: self.asking,
                    prefer_dedupe: self.options.prefer_dedupe,
                    explicit: self.options.explicit,
                    peer_path: &[],
                },
            );
            if answer.alone != Placement::Conflict {
                alone = Some((target, answer.clone()));
            }
            if answer.with_peers == Placement::Conflict {
                break;
            }
            found = Some((target, answer));
            let stays = match self.options.strategy {
                InstallStrategy::Hoisted => false,
                InstallStrategy::Nested => true,
                InstallStrategy::Shallow => tree.resolve_parent(target).is_some_and(|p| tree.is_root(p)),
            };
            if tree.node(self.dep).load_error.is_some() || stays {
                break;
            }
        }
        (found, alone)
    }

    /// A peer starts at least as high as the package that brings it.
    fn start(&self, tree: &Tree) -> NodeId {
        let edge = tree.edge(self.edge());
        let from = match self.parent {
            Some(parent) => parent.start(tree),
            None => edge.from.expect("an edge being placed is in use"),
        };
        tree.deepest_nesting_target(from, &edge.name)
    }

    fn top_dep(&self) -> NodeId {
        self.parent.map_or(self.dep, Placing::top_dep)
    }

    /// Whether the project itself asks for this, directly or through a peer set.
    fn is_mine(&self, tree: &Tree) -> bool {
        let edge = tree.edge(self.asking.entry());
        let Some(node) = edge.from else { return false };
        if tree.is_own(node) {
            return true;
        }
        if !edge.kind.is_peer() {
            return false;
        }
        let from_root = |e: &EdgeId| tree.edge(*e).from.is_some_and(|f| tree.is_own(f));
        let edges_in = &tree.node(node).edges_in;
        edges_in.iter().any(|e| !tree.edge(*e).kind.is_peer() && from_root(e))
            || (edges_in.iter().any(|e| tree.edge(*e).kind.is_peer())
                && tree.peer_entry_sets(node).keys().any(from_root))
    }

    fn conflict(&self, tree: &Tree, edge: EdgeId, dep: NodeId, blocked: Option<&[Blocked]>) -> PeerConflict {
        PeerConflict::placing(tree, edge, dep, self.parent.is_some(), blocked, (self.edge(), self.dep))
    }

    /// Notes that a peer dependency is overridden.
    fn warn(&self, tree: &mut Tree, edge: EdgeId, blocked: Option<&[Blocked]>, outcome: &mut Outcome) {
        tree.edge_mut(edge).peer_conflicted = true;
        // npm has no words for a peer of a peer that takes the place of another version: it prints the title alone.
        let untold = self.parent.is_some() && self.current.is_some();
        let text =
            if untold { String::new() } else { self.conflict(tree, edge, self.dep, blocked).warning() };
        outcome.warnings.push(text);
    }

    /// a@1 → b@1 → a@2 → b@2 → a@1 … would nest for ever: the loop is closed by a link.
    fn end_loop(&self, tree: &mut Tree, target: NodeId) -> Option<NodeId> {
        let earlier = tree.ancestry(target).find(|p| !tree.is_top(*p) && tree.matches(*p, self.dep))?;
        let node = tree.node(earlier);
        let link = NewNode {
            name: Some(node.name.clone()),
            package: node.package.clone(),
            parent: Some(target),
            link_path: Some(tree.folder(earlier).into()),
            link_target: Some(earlier),
            ..NewNode::default()
        };
        Some(tree.add(link))
    }

    /// Copies the package out of its virtual tree into the target.
    fn put(
        &self,
        tree: &mut Tree,
        target: NodeId,
        blocked: Option<&[Blocked]>,
        outcome: &mut Outcome,
    ) -> NodeId {
        let dep = tree.node(self.dep);
        let new = NewNode {
            name: Some(dep.name.clone()),
            package: dep.package.clone(),
            resolved: dep.resolved.clone(),
            integrity: dep.integrity.clone(),
            load_error: dep.load_error,
            overrides: dep.overrides,
            link_path: dep.link_path.clone(),
            ..NewNode::default()
        };
        let name = tree.edge(self.edge()).name.clone();
        let old = tree.child(target, &name);
        let linked = new.link_path.clone().map(|path| (path, new.package.clone()));
        let node = tree.add(new);
        if let Some((path, package)) = linked {
            let root = tree.node(target).root;
            let folder = tree.add_local(root, &path, package);
            tree.node_mut(node).link_target = Some(folder);
        }
        match old {
            Some(old) => self.replace(tree, (node, old), target, blocked, outcome),
            None => tree.attach(node, target),
        }
        node
    }

    fn replace(
        &self,
        tree: &mut Tree,
        (node, old): (NodeId, NodeId),
        target: NodeId,
        blocked: Option<&[Blocked]>,
        outcome: &mut Outcome,
    ) {
        let mut old_deps = Vec::new();
        for edge in tree.edges_out(old) {
            let Some(to) = tree.edge(edge).to else { continue };
            let name = tree.edge(edge).name.clone();
            if tree.edge_named(node, &name).is_none() {
                old_deps.extend(tree.gather([to], |t, e| t.edge(e).to != Some(to)));
            }
        }
        let prune = self.displaced_peer_sets(tree, (node, old), target, blocked, outcome);
        tree.replace(node, old);
        self.prune_for_replacement(tree, node, &old_deps);
        for dep in prune {
            let edges: Vec<EdgeId> = tree.node(dep).edges_in.iter().copied().collect();
            outcome.again.extend(edges.into_iter().filter_map(|e| tree.edge(e).from));
            tree.detach(dep);
        }
    }

    /// Peer sets at this level that the new package does not satisfy: taken out to be placed again
    /// deeper, or overridden with a warning where they cannot go deeper.
    fn displaced_peer_sets(
        &self,
        tree: &mut Tree,
        (node, old): (NodeId, NodeId),
        target: NodeId,
        blocked: Option<&[Blocked]>,
        outcome: &mut Outcome,
    ) -> Vec<NodeId> {
        let mut prune = Vec::new();
        let mut overridden = Vec::new();
        for edge in &tree.node(old).edges_in {
            let e = tree.edge(*edge);
            let Some(from) = e.from else { continue };
            let stays = tree.satisfied_by(*edge, node)
                || !e.kind.is_peer()
                || tree.node(from).parent != Some(target)
                || e.peer_conflicted;
            if stays {
                continue;
            }
            for entry in tree.peer_entry_sets(from).keys() {
                let (Some(entry_node), Some(entry_from)) = (tree.edge(*entry).to, tree.edge(*entry).from)
                else {
                    continue;
                };
                // npm asks for the deepest target of a nameless package here: the entry itself.
                let deepest = entry_node;
                if deepest != target && !tree.is_own(entry_from) {
                    prune.extend(tree.gather([entry_node], |t, e| {
                        t.edge(e).to != Some(entry_node) && !t.edge(e).peer_conflicted
                    }));
                } else {
                    overridden.push(*edge);
                }
            }
        }
        for edge in overridden {
            self.warn(tree, edge, blocked, outcome);
        }
        prune
    }

    /// Removes what only the replaced package needed.
    fn prune_for_replacement(&self, tree: &mut Tree, node: NodeId, old_deps: &[NodeId]) {
        let mut junk: Vec<NodeId> = tree
            .edges_out(node)
            .into_iter()
            .filter(|e| !tree.is_valid(*e))
            .filter_map(|e| tree.edge(e).to)
            .collect();
        for dep in old_deps {
            junk.extend(tree.gather([*dep], |t, e| t.edge(e).to != Some(*dep) && t.is_valid(e)));
        }
        let junk = tree
            .gather(junk, |t, e| t.edge(e).from != Some(node) && t.edge(e).to != Some(node) && t.is_valid(e));
        for dep in junk {
            tree.detach(dep);
        }
    }

    /// Removes duplicates that the new package made superfluous.
    fn prune_after(&self, tree: &mut Tree, target: NodeId, node: NodeId) {
        let edge = self.edge();
        if let Some(to) = tree.edge(edge).to
            && to != node
            && tree.is_valid(edge)
        {
            self.prune_dedupable(tree, to, false);
        }
        let name = tree.edge(edge).name.clone();
        let root = tree.node(target).root;
        let same_name: Vec<NodeId> = tree
            .inventory(target)
            .into_iter()
            .filter(|n| tree.node(*n).name == name && !tree.is_top(*n))
            .collect();
        for candidate in same_name {
            if tree.node(candidate).root != root {
                continue;
            }
            self.prune_dedupable(tree, candidate, false);
            if tree.node(candidate).root == root {
                let kids: Vec<NodeId> = tree.node(candidate).children.values().copied().collect();
                for kid in kids {
                    self.prune_dedupable(tree, kid, false);
                }
            }
        }
    }

    fn prune_dedupable(&self, tree: &mut Tree, node: NodeId, descend: bool) {
        if tree.can_dedupe(node, self.options.prefer_dedupe, self.options.explicit) {
            let set = tree.gather([node], |t, e| t.edge(e).to != Some(node) && t.is_valid(e));
            for member in set {
                tree.detach(member);
            }
            return;
        }
        if descend {
            let mut kids: Vec<NodeId> = tree.node(node).children.values().copied().collect();
            kids.sort_by(|a, b| locale_compare(&tree.node(*a).name, &tree.node(*b).name));
            for kid in kids {
                self.prune_dedupable(tree, kid, true);
            }
            let mut folders = tree.node(node).fs_children.clone();
            folders.sort_by_cached_key(|f| tree.location(*f));
            for folder in folders {
                let mut kids: Vec<NodeId> = tree.node(folder).children.values().copied().collect();
                kids.sort_by(|a, b| locale_compare(&tree.node(*a).name, &tree.node(*b).name));
                for kid in kids {
                    self.prune_dedupable(tree, kid, true);
                }
            }
        }
    }

    /// Places the peers that came along and are not met yet.
    fn place_peers(&self, tree: &mut Tree, node: NodeId, outcome: &mut Outcome) -> Result<(), ResolveError> {
        let Some(virtual_root) = tree.node(self.dep).parent else { return Ok(()) };
        for edge in tree.edges_out(node) {
            let e = tree.edge(edge);
            if tree.is_valid(edge) || !e.kind.is_peer() || e.peer_conflicted {
                continue;
            }
            let name: Rc<str> = e.name.clone();
            let Some(peer) = tree.child(virtual_root, &name) else { continue };
            if !tree.satisfied_by(edge, peer) {
                continue;
            }
            let child = Placing {
                dep: peer,
                asking: Asking { edge, parent: Some(&self.asking) },
                parent: Some(self),
                options: self.options,
                current: tree.edge(edge).to,
            };
            child.run(tree, outcome)?;
        }
        Ok(())
    }
}
