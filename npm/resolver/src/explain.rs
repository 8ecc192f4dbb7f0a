//! Explanations of what could not be resolved, in npm's wording.

use crate::ResolveError;
use crate::tree::{EdgeId, NodeId, Tree};

/// npm's `ERESOLVE` for a dependency that cannot be placed.
pub(crate) fn peer_conflict(tree: &Tree, edge: EdgeId, dep: NodeId) -> ResolveError {
    let e = tree.edge(edge);
    let wanted = tree.node(dep).package.id();
    let found = e
        .from
        .and_then(|from| tree.resolve(from, &e.name))
        .map(|current| format!("Found: {}", with_dependents(tree, current)));
    let wanted_by = e.from.map(|from| location_and_dependents(tree, from)).unwrap_or_default();
    ResolveError::Eresolve {
        while_resolving: project(tree, dep),
        found: found.unwrap_or_else(|| format!("Found: {wanted}")),
        wanted: format!("{}{wanted_by}", dependent(tree, edge)),
    }
}

/// The project on whose behalf a virtual tree was made.
fn project(tree: &Tree, dep: NodeId) -> String {
    let root = tree.node(dep).root;
    let package = &tree.node(tree.node(root).source.unwrap_or(root)).package;
    format!(
        "{}@{}",
        package.name.as_deref().unwrap_or("undefined"),
        package.version.as_deref().unwrap_or("undefined")
    )
}

fn with_dependents(tree: &Tree, id: NodeId) -> String {
    format!("{}@{}{}", tree.node(id).name, tree.version(id), location_and_dependents(tree, id))
}

/// Where a node lies, and who asked for it, each on a line of its own.
fn location_and_dependents(tree: &Tree, id: NodeId) -> String {
    if tree.is_root(id) {
        return String::new();
    }
    let mut text = format!("\nnode_modules/{}", tree.node(id).name);
    for edge in &tree.node(id).edges_in {
        if tree.is_valid(*edge) {
            text.push_str(&format!("\n  {}", dependent(tree, *edge)));
        }
    }
    text
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
