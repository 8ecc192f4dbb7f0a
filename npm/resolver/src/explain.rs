//! Explanations of what could not be resolved, in npm's wording.

use crate::ResolveError;
use crate::tree::{EdgeId, NodeId, Tree};

/// npm's `ERESOLVE` for a dependency that cannot be placed.
pub(crate) fn peer_conflict(tree: &Tree, edge: EdgeId, dep: NodeId) -> ResolveError {
    let e = tree.edge(edge);
    let wanted = tree.node(dep).package.id();
    let from = e.from.map(|f| describe(tree, f)).unwrap_or_default();
    let found = e.from.and_then(|from| tree.resolve(from, &e.name)).map(|current| {
        let dependents: Vec<String> = tree
            .node(current)
            .edges_in
            .iter()
            .filter(|edge| tree.is_valid(**edge))
            .map(|edge| format!("  {}", dependent(tree, *edge)))
            .collect();
        format!("Found: {}\n{}", describe(tree, current), dependents.join("\n"))
    });
    ResolveError::Eresolve {
        while_resolving: from,
        found: found.unwrap_or_else(|| format!("Found: {wanted}")),
        wanted: dependent(tree, edge),
    }
}

fn describe(tree: &Tree, id: NodeId) -> String {
    let node = tree.node(id);
    let package =
        if tree.is_root(id) { node.package.id() } else { format!("{}@{}", node.name, tree.version(id)) };
    let location = tree.location(id);
    if location.is_empty() { package } else { format!("{package}\n{location}") }
}

/// `peer react@"^17" from the root project`.
fn dependent(tree: &Tree, edge: EdgeId) -> String {
    let e = tree.edge(edge);
    let from = match e.from {
        Some(from) if tree.is_root(from) => "the root project".to_owned(),
        Some(from) => format!("{}@{}", tree.node(from).name, tree.version(from)),
        None => "nothing".to_owned(),
    };
    let kind = match e.kind.word() {
        "prod" => String::new(),
        word => format!("{word} "),
    };
    format!("{kind}{}@\"{}\" from {from}", e.name, e.raw_spec)
}
