//! "Can this package go here?": arborist's `CanPlaceDep`. Nothing in this module changes the tree.

use crate::tree::{EdgeId, NodeId, Tree};
use std::rc::Rc;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Nothing is there; it fits.
    Fits,
    /// What is there serves.
    Keep,
    /// What is there should give way.
    Replace,
    /// Not here.
    Conflict,
}

/// The chain of questions that led to this one: a package, the peer it brings, that peer's peer.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) edge: EdgeId,
    pub(crate) parent: Option<&'a Asking<'a>>,
}

impl Asking<'_> {
    /// The edge that began it all.
    pub(crate) fn entry(&self) -> EdgeId {
        self.parent.map_or(self.edge, Asking::entry)
    }

    /// The deepest folder that this package could go to.
    fn deepest(&self, tree: &Tree) -> NodeId {
        let edge = tree.edge(self.edge);
        let start = match self.parent {
            Some(parent) => parent.deepest(tree),
            None => edge.from.expect("an edge being placed is in use"),
        };
        tree.deepest_nesting_target(start, &edge.name)
    }
}

/// What to ask.
pub(crate) struct Question<'a> {
    pub(crate) dep: NodeId,
    pub(crate) target: NodeId,
    pub(crate) asking: Asking<'a>,
    pub(crate) prefer_dedupe: bool,
    pub(crate) explicit: bool,
    /// Peers already being asked about.
    pub(crate) peer_path: &'a [NodeId],
}

/// The answer, for the package with its peers and for itself alone.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) with_peers: Placement,
    pub(crate) alone: Placement,
    /// Peers that cannot go along.
    pub(crate) blocked: Vec<Blocked>,
}

/// A peer that cannot go where it would have to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocked {
    pub(crate) dep: NodeId,
    pub(crate) edge: EdgeId,
    /// What is there already.
    pub(crate) current: Option<NodeId>,
}

struct Check<'a> {
    tree: &'a Tree,
    question: &'a Question<'a>,
    name: Rc<str>,
    current: Option<NodeId>,
    alone: Option<Placement>,
    with_peers: Option<Placement>,
    blocked: Vec<Blocked>,
}

/// Answers the question.
pub(crate) fn can_place(tree: &Tree, question: &Question<'_>) -> Answer {
    let name = tree.edge(question.asking.edge).name.clone();
    let current = tree.child(question.target, &name);
    let mut check =
        Check { tree, question, name, current, alone: None, with_peers: None, blocked: Vec::new() };
    let with_peers = check.run();
    Answer { with_peers, alone: check.alone.unwrap_or(with_peers), blocked: check.blocked }
}

impl Check<'_> {
    fn run(&mut self) -> Placement {
        let (tree, q) = (self.tree, self.question);
        if tree.node(q.dep).load_error.is_some() {
            // It will end the install or be left out; where it goes does not matter.
            return if self.current.is_some() { Placement::Replace } else { Placement::Fits };
        }
        let target_edge = tree.edge_named(q.target, &self.name);
        if let Some(edge) = target_edge {
            if tree.edge(edge).kind.is_peer() && !tree.is_top(q.target) {
                return Placement::Conflict;
            }
            if self.current.is_none() && edge != q.asking.edge && !tree.satisfied_by(edge, q.dep) {
                return Placement::Conflict;
            }
        }
        match self.current {
            Some(current) => self.beside(current),
            None => self.alone_there(),
        }
    }

    fn prefer_dedupe(&self) -> bool {
        self.question.prefer_dedupe || self.tree.edge(self.question.asking.edge).kind.is_peer()
    }

    /// There is a package of this name in the target.
    fn beside(&mut self, current: NodeId) -> Placement {
        let (tree, q) = (self.tree, self.question);
        let edge = q.asking.edge;
        // The peer set was built knowing that this package does not satisfy the edge.
        let overridden = !tree.satisfied_by(edge, q.dep);
        if tree.matches(q.dep, current) && (tree.satisfied_by(edge, current) || overridden) {
            return if q.explicit { Placement::Replace } else { Placement::Keep };
        }
        let (old, new) = (&tree.node(current).package.semver, &tree.node(q.dep).package.semver);
        let newer = old.is_some() && new >= old;
        if newer && tree.can_replace(q.dep, current, &[]) {
            let placement = self.with_peers(Placement::Replace);
            if placement != Placement::Conflict {
                return placement;
            }
        }
        if tree.satisfied_by(edge, current) && (!q.explicit || self.prefer_dedupe()) {
            return Placement::Keep;
        }
        if self.prefer_dedupe() && !newer && tree.can_replace(q.dep, current, &[]) {
            let placement = self.with_peers(Placement::Replace);
            if placement != Placement::Conflict {
                return placement;
            }
        }
        if q.target != q.asking.deepest(tree) {
            return Placement::Conflict;
        }
        let is_peer = tree.edge(edge).kind.is_peer();
        if !is_peer && Some(q.target) == tree.edge(edge).from {
            return self.with_peers(Placement::Replace);
        }
        if q.asking.parent.is_none() && !is_peer {
            return Placement::Conflict;
        }
        if self.sets_give_way(current) { self.with_peers(Placement::Replace) } else { Placement::Conflict }
    }

    /// Whether every peer set that `current` belongs to can be replaced, or nested deeper.
    fn sets_give_way(&self, current: NodeId) -> bool {
        let (tree, q) = (self.tree, self.question);
        let virtual_root = tree.node(q.dep).parent;
        let replacement = |name: &Rc<str>| virtual_root.and_then(|root| tree.child(root, name));
        let names: Vec<Rc<str>> =
            virtual_root.map(|root| tree.node(root).children.keys().cloned().collect()).unwrap_or_default();
        let mut all = true;
        for (entry, peers) in tree.peer_entry_sets(current) {
            if entry == q.asking.edge || entry == q.asking.entry() {
                continue;
            }
            let Some(entry_node) = tree.edge(entry).to else { continue };
            let clobbered = match replacement(&tree.node(entry_node).name) {
                Some(rep) => tree.can_replace(rep, entry_node, &names),
                None => self.peers_accept(entry_node, &replacement),
            };
            if clobbered {
                continue;
            }
            let Some(from) = tree.edge(entry).from else { continue };
            let nests = peers.iter().all(|peer| {
                let deepest = tree.deepest_nesting_target(from, &tree.node(*peer).name);
                deepest != q.target && !tree.is_descendant(q.target, deepest)
            });
            all &= nests;
        }
        all
    }

    /// Whether all peer edges of a set would be met by the packages about to be placed.
    fn peers_accept(&self, entry: NodeId, replacement: &impl Fn(&Rc<str>) -> Option<NodeId>) -> bool {
        let tree = self.tree;
        let mut walk = vec![entry];
        let mut next = 0;
        while next < walk.len() {
            for edge in tree.edges_out(walk[next]) {
                let e = tree.edge(edge);
                if !e.kind.is_peer() || !tree.is_valid(edge) {
                    continue;
                }
                match replacement(&e.name) {
                    Some(rep) if !tree.satisfied_by(edge, rep) => return false,
                    Some(_) => {}
                    None => {
                        if let Some(to) = e.to
                            && !walk.contains(&to)
                        {
                            walk.push(to);
                        }
                    }
                }
            }
            next += 1;
        }
        true
    }

    /// There is none of this name in the target; but those below may be using one further up.
    fn alone_there(&mut self) -> Placement {
        let (tree, q) = (self.tree, self.question);
        let entry_from = tree.edge(q.asking.entry()).from;
        if Some(q.target) != entry_from
            && let Some(shadowed) = tree.resolve(q.target, &self.name)
        {
            for edge in &tree.node(shadowed).edges_in {
                let below = tree.edge(*edge).from.is_some_and(|from| tree.is_descendant(from, q.target));
                if below && tree.is_valid(*edge) && !tree.satisfied_by(*edge, q.dep) {
                    return Placement::Conflict;
                }
            }
        }
        self.with_peers(Placement::Fits)
    }

    /// `state` if the package's peers can go along, else a conflict.
    fn with_peers(&mut self, state: Placement) -> Placement {
        let (tree, q) = (self.tree, self.question);
        self.alone = Some(state);
        if let Some(known) = self.with_peers {
            return known;
        }
        let mut path = q.peer_path.to_vec();
        path.push(q.dep);
        let mut deeper = Vec::new();
        for edge in tree.edges_out(q.dep) {
            let e = tree.edge(edge);
            let Some(peer) = e.to.filter(|to| e.kind.is_peer() && !path.contains(to)) else { continue };
            let target = tree.deepest_nesting_target(q.target, &tree.node(peer).name);
            let answer = can_place(
                tree,
                &Question {
                    dep: peer,
                    target,
                    asking: Asking { edge, parent: Some(&q.asking) },
                    prefer_dedupe: true,
                    explicit: false,
                    peer_path: &path,
                },
            );
            if answer.with_peers == Placement::Conflict {
                let current = tree.child(target, &e.name);
                self.blocked.push(Blocked { dep: peer, edge, current });
            }
            deeper.extend(answer.blocked);
        }
        let result = if self.blocked.is_empty() { state } else { Placement::Conflict };
        self.blocked.extend(deeper);
        self.with_peers = Some(result);
        result
    }
}
