//! Sets of packages that belong together: peers, and what only a given set depends on.

use crate::tree::{EdgeId, NodeId, Tree};
use indexmap::{IndexMap, IndexSet};
use std::rc::Rc;

impl Tree {
    /// Of the nodes and what they depend on through accepted edges: those that nobody else needs.
    pub(crate) fn gather(
        &self,
        start: impl IntoIterator<Item = NodeId>,
        accept: impl Fn(&Self, EdgeId) -> bool,
    ) -> IndexSet<NodeId> {
        let mut set: IndexSet<NodeId> = start.into_iter().collect();
        let mut next = 0;
        while next < set.len() {
            for edge in self.node(set[next]).edges_out.values() {
                if let Some(to) = self.edge(*edge).to
                    && accept(self, *edge)
                {
                    set.insert(to);
                }
            }
            next += 1;
        }
        loop {
            let outside = |edge: &EdgeId| {
                self.edge(*edge).from.is_some_and(|from| !set.contains(&from)) && accept(self, *edge)
            };
            let needed: Vec<NodeId> =
                set.iter().copied().filter(|n| self.node(*n).edges_in.iter().any(outside)).collect();
            if needed.is_empty() {
                return set;
            }
            for node in needed {
                set.shift_remove(&node);
            }
        }
    }

    /// The peer sets a node is part of, by the edge through which each is entered.
    pub(crate) fn peer_entry_sets(&self, node: NodeId) -> IndexMap<EdgeId, IndexSet<NodeId>> {
        let is_peer = |edge: &EdgeId| self.edge(*edge).kind.is_peer() && self.is_valid(*edge);
        let mut union: IndexSet<NodeId> = IndexSet::from([node]);
        let mut next = 0;
        while next < union.len() {
            let member = self.node(union[next]);
            let below = member.edges_out.values().filter(|e| is_peer(e)).filter_map(|e| self.edge(*e).to);
            let above = member.edges_in.iter().filter(|e| is_peer(e)).filter_map(|e| self.edge(*e).from);
            let found: Vec<NodeId> = below.chain(above).collect();
            union.extend(found);
            next += 1;
        }
        let mut sets = IndexMap::new();
        for peer in union {
            for edge in &self.node(peer).edges_in {
                let Some(from) = self.edge(*edge).from else { continue };
                if !self.is_valid(*edge) || (self.edge(*edge).kind.is_peer() && !self.is_top(from)) {
                    continue;
                }
                let set = self.peer_closure(peer);
                if set.contains(&node) {
                    sets.insert(*edge, set);
                }
            }
        }
        sets
    }

    fn peer_closure(&self, start: NodeId) -> IndexSet<NodeId> {
        let mut set = IndexSet::from([start]);
        let mut next = 0;
        while next < set.len() {
            let found: Vec<NodeId> = self
                .node(set[next])
                .edges_out
                .values()
                .filter(|e| self.edge(**e).kind.is_peer() && self.is_valid(**e))
                .filter_map(|e| self.edge(*e).to)
                .collect();
            set.extend(found);
            next += 1;
        }
        set
    }

    /// The deepest folder in which a dependency of `start` may lie: the first, going up, that does not
    /// itself want it as a peer.
    pub(crate) fn deepest_nesting_target(&self, start: NodeId, name: &Rc<str>) -> NodeId {
        self.ancestry(start)
            .find(|target| {
                self.is_root(*target)
                    || self.resolve_parent(*target).is_none()
                    || self.edge_named(*target, name).is_none_or(|e| !self.edge(e).kind.is_peer())
            })
            .expect("every ancestry ends in a top")
    }

    /// Whether `new` could stand where `old` does without upsetting anyone but `old`'s own dependencies.
    pub(crate) fn can_replace(&self, new: NodeId, old: NodeId, ignore_peers: &[Rc<str>]) -> bool {
        let (n, o) = (self.node(new), self.node(old));
        if n.name != o.name || n.package.name != o.package.name {
            return false;
        }
        if !o.edges_out.is_empty() && n.overrides != o.overrides {
            return false;
        }
        let own = self.gather([old], |t, e| t.edge(e).to != Some(old) && t.is_valid(e));
        o.edges_in.iter().all(|edge| {
            let Some(from) = self.edge(*edge).from else { return true };
            let ignored = !self.is_top(old)
                && self.node(from).parent == o.parent
                && self.edge(*edge).kind.is_peer()
                && ignore_peers.contains(&self.node(from).name);
            ignored || own.contains(&from) || self.satisfied_by(*edge, new)
        })
    }

    /// Whether two nodes are the same package.
    pub(crate) fn matches(&self, a: NodeId, b: NodeId) -> bool {
        if a == b {
            return true;
        }
        let (x, y) = (self.node(a), self.node(b));
        if x.name != y.name {
            return false;
        }
        if x.link_path.is_some() || y.link_path.is_some() {
            return x.link_path == y.link_path;
        }
        if let (Some(x), Some(y)) = (&x.integrity, &y.integrity) {
            return x == y;
        }
        if let (Some(x), Some(y)) = (&x.resolved, &y.resolved) {
            return x == y;
        }
        let same = |x: &Option<String>, y: &Option<String>| x.is_some() && x == y;
        same(&x.package.name, &y.package.name) && same(&x.package.version, &y.package.version)
    }

    /// Whether a node can go because everyone who uses it would find as good a one further up.
    pub(crate) fn can_dedupe(&self, id: NodeId, prefer_dedupe: bool, explicit: bool) -> bool {
        let node = self.node(id);
        if self.in_dependency_bundle(id) || self.in_shrinkwrap(id) {
            return false;
        }
        let Some(above) = self.resolve_parent(id).and_then(|parent| self.resolve_parent(parent)) else {
            return false;
        };
        if node.edges_in.is_empty() {
            return true;
        }
        let Some(other) = self.resolve(above, &node.name) else { return false };
        if self.matches(other, id) {
            return true;
        }
        if !self.can_replace(other, id, &[]) {
            return false;
        }
        let (mine, theirs) = (&node.package.semver, &self.node(other).package.semver);
        prefer_dedupe || mine == theirs || (theirs > mine && !self.is_overridden(id)) || explicit
    }

    /// Whether the node is there because of an override.
    pub fn is_overridden(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.edges_in.iter().any(|edge| {
            let edge = self.edge(*edge);
            let from = edge.from.and_then(|from| self.node(from).overrides);
            edge.rule.is_some_and(|rule| {
                self.overrides.sets(rule, &node.name, self.version(id)) && Some(rule) != from
            })
        })
    }

    /// Whether the node is kept by a package's own shrinkwrap file.
    pub(crate) fn in_shrinkwrap(&self, id: NodeId) -> bool {
        self.ancestry(id).skip(1).any(|n| !self.is_top(n) && self.node(n).package.has_shrinkwrap)
    }
}
