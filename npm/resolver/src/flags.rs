//! Why each package is there: arborist's `calc-dep-flags`.

use crate::tree::{Flags, NodeId, Tree};
use indexmap::IndexSet;

impl Tree {
    /// Works the flags out for all nodes of a tree.
    pub(crate) fn calculate_flags(&mut self, root: NodeId) {
        for node in self.inventory(root) {
            self.node_mut(node).flags = Flags::UNKNOWN;
        }
        self.node_mut(root).flags = Flags::NONE;
        let mut seen = IndexSet::new();
        let mut queue = vec![root];
        while let Some(node) = queue.pop() {
            seen.insert(node);
            if !self.node(node).flags.extraneous {
                let mut above = self.resolve_parent(node);
                while let Some(parent) = above.filter(|p| self.node(*p).flags.extraneous) {
                    self.node_mut(parent).flags.extraneous = false;
                    above = self.resolve_parent(parent);
                }
            }
            if let Some(target) = self.node(node).link_target {
                let link = self.node(node).flags;
                if self.clear(target, |f| merge_link(f, link)) || !seen.contains(&target) {
                    queue.push(target);
                }
                continue;
            }
            let own = self.node(node).flags;
            for edge in self.edges_out(node) {
                let kind = self.edge(edge).kind;
                let Some(to) = self.edge(edge).to else { continue };
                if self.clear(to, |flags| pass_on(flags, own, kind)) {
                    queue.push(to);
                }
            }
        }
        for node in seen.into_iter().filter(|n| *n != root) {
            let flags = &mut self.node_mut(node).flags;
            flags.dev_optional &= !flags.dev && !flags.optional;
        }
    }

    fn clear(&mut self, node: NodeId, change: impl Fn(&mut Flags)) -> bool {
        let flags = &mut self.node_mut(node).flags;
        let before = *flags;
        change(flags);
        *flags != before
    }
}

fn merge_link(flags: &mut Flags, link: Flags) {
    flags.dev &= link.dev;
    flags.optional &= link.optional;
    flags.dev_optional &= link.dev_optional;
    flags.peer &= link.peer;
    flags.extraneous &= link.extraneous;
}

/// Flags fall where a dependent without the flag depends through an edge without it.
fn pass_on(to: &mut Flags, from: Flags, kind: crate::EdgeKind) {
    let dev = kind == crate::EdgeKind::Dev;
    let (optional, peer) = (kind.is_optional(), kind.is_peer());
    to.extraneous &= from.extraneous || (peer && optional);
    to.dev &= from.dev || dev;
    to.optional &= from.optional || optional;
    to.dev_optional &= from.dev_optional || from.dev || from.optional || dev || optional;
    to.peer &= from.peer || peer;
}
