//! From a lock file to a tree and back.

use crate::ResolveError;
use crate::paths::{join, relative};
use crate::tree::{NewNode, NodeId, Tree, fold_case, folder_name};
use oac_npm_spec::{Lockfile, Manifest, name_of_location};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// The absolute paths of the local folders that a lock file's links point to.
pub(crate) fn local_folders(project: &str, lock: &Lockfile) -> Vec<String> {
    lock.packages
        .keys()
        .filter(|location| !location.is_empty() && !is_in_node_modules(location))
        .map(|location| join(project, location))
        .collect()
}

fn is_in_node_modules(location: &str) -> bool {
    location.starts_with("node_modules/") || location.contains("/node_modules/")
}

/// Puts the packages of a lock file into an empty tree. Of a local folder what `folder` says counts, since
/// the user may have changed it.
///
/// # Errors
/// `ResolveError::MissingTarget` for a link to nothing.
pub(crate) fn load(
    tree: &mut Tree,
    root: NodeId,
    lock: &Lockfile,
    folder: &dyn Fn(&str) -> Option<Rc<Manifest>>,
) -> Result<(), ResolveError> {
    let project = tree.folder(root);
    let mut nodes: HashMap<&str, NodeId> = HashMap::from([("", root)]);
    let (links, mut entries): (Vec<_>, Vec<_>) = lock
        .packages
        .iter()
        .filter(|(location, _)| !location.is_empty())
        .partition(|(_, entry)| entry.get("link").and_then(Value::as_bool).unwrap_or(false));
    entries.sort_by_key(|(location, _)| location.matches("node_modules/").count());
    for (location, entry) in entries {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let package = || Manifest::from_value(Value::Object(entry.clone()));
        if !is_in_node_modules(location) {
            let path = join(&project, location);
            let package = folder(&path).unwrap_or_else(|| Rc::new(package()));
            nodes.insert(location, tree.add_local(root, &path, package));
            continue;
        }
        let name = name_of_location(location);
        let above = location[..location.len() - name.len()].trim_end_matches('/');
        let above = above.strip_suffix("node_modules").unwrap_or(above).trim_end_matches('/');
        // A folder whose parent is missing is nobody's: npm drops it as extraneous, too.
        let Some(parent) = nodes.get(above).copied() else { continue };
        let mut package = package();
        package.name.get_or_insert_with(|| name.to_owned());
        let resolved = text("resolved").map(|resolved| match resolved.strip_prefix("file:") {
            Some(path) => format!("file:{}", join(&project, path)),
            None => resolved.to_owned(),
        });
        let node = tree.add(NewNode {
            name: Some(name.into()),
            package: Rc::new(package),
            parent: Some(parent),
            resolved: resolved.map(Into::into),
            integrity: text("integrity").map(Into::into),
            ..NewNode::default()
        });
        // What the project itself bundles is installed like everything else.
        let inside = tree.ancestry(parent).any(|id| {
            id != root && (tree.node(id).in_bundle || !tree.node(id).package.bundle_dependencies.is_empty())
        });
        let bundled = entry.get("inBundle").and_then(Value::as_bool).unwrap_or(false);
        tree.node_mut(node).in_bundle = bundled && inside;
        nodes.insert(location, node);
    }
    for (location, entry) in links {
        let name = name_of_location(location);
        let above = location[..location.len() - name.len()].trim_end_matches('/');
        let above = above.strip_suffix("node_modules").unwrap_or(above).trim_end_matches('/');
        let Some(parent) = nodes.get(above).copied() else { continue };
        let path = join(&project, entry.get("resolved").and_then(Value::as_str).unwrap_or_default());
        let Some(target) =
            tree.local(root, &path).or_else(|| nodes.values().copied().find(|id| tree.folder(*id) == path))
        else {
            let target = relative(&project, &path);
            return Err(ResolveError::MissingTarget { location: location.clone(), target });
        };
        let package = tree.node(target).package.clone();
        tree.add(NewNode {
            name: Some(name.into()),
            package,
            parent: Some(parent),
            link_path: Some(path.into()),
            link_target: Some(target),
            ..NewNode::default()
        });
    }
    Ok(())
}

/// Whether the project no longer asks for what the lock file says it asks for, so that packages of the lock
/// file may have become superfluous.
pub(crate) fn is_outdated(tree: &Tree, root: NodeId, lock: &Lockfile) -> bool {
    let Some(entry) = lock.packages.get("").filter(|_| !lock.is_ancient) else { return true };
    let locked = Manifest::from_value(Value::Object(entry.clone()));
    let own = &tree.node(root).package;
    let same = locked.dependencies == own.dependencies
        && locked.dev_dependencies == own.dev_dependencies
        && locked.optional_dependencies == own.optional_dependencies
        && locked.peer_dependencies == own.peer_dependencies;
    let linked = |name: &str| {
        let location = format!("node_modules/{name}");
        lock.packages.get(&location).is_some_and(|entry| entry.contains_key("link"))
    };
    !same || !tree.workspaces.iter().all(|(name, _)| linked(name))
}

/// The lock file of a tree.
pub(crate) fn to_lockfile(tree: &Tree, root: NodeId, omit_resolved: bool) -> Lockfile {
    let node = tree.node(root);
    let mut lock = Lockfile {
        name: Some(node.package.name.clone().unwrap_or_else(|| node.name.to_string())),
        version: node.package.version.clone(),
        requires: true,
        ..Lockfile::default()
    };
    for id in tree.inventory(root) {
        let node = tree.node(id);
        if node.inert && node.package.version.is_none() {
            continue;
        }
        let stale = node.flags.extraneous && node.path.is_some();
        if id != root && stale && node.fs_parent.is_none_or(|parent| parent == root) {
            continue;
        }
        lock.packages.insert(tree.location(id), entry(tree, id, omit_resolved));
    }
    lock
}

/// What a lock file says of a node: npm's `metaFromNode`.
pub(crate) fn entry(tree: &Tree, id: NodeId, omit_resolved: bool) -> Map<String, Value> {
    let node = tree.node(id);
    let mut entry = Map::new();
    if let Some(target) = node.link_target {
        entry.insert("resolved".into(), tree.location(target).into());
        entry.insert("link".into(), true.into());
        return entry;
    }
    package_fields(&node.package, &mut entry);
    if let Some(name) = &node.package.name
        && (tree.is_root(id)
            || **name != *node.name
            || node.path.as_deref().is_some_and(|path| folder_name(path) != *name))
    {
        entry.insert("name".into(), name.clone().into());
    }
    if tree.is_top(id) {
        insert_dependencies(&mut entry, "devDependencies", &node.package.dev_dependencies);
    }
    if let Some(resolved) = node.resolved.as_deref() {
        if let Some(path) = resolved.strip_prefix("file:") {
            let path = relative(&tree.folder(node.root), path);
            entry.insert("resolved".into(), format!("file:{path}").into());
        } else if !omit_resolved || !tree.is_registry_dependency(id) {
            entry.insert("resolved".into(), resolved.into());
        }
    }
    if let Some(integrity) = node.integrity.as_deref() {
        entry.insert("integrity".into(), integrity.into());
    }
    if node.in_bundle || tree.in_bundle(id) {
        entry.insert("inBundle".into(), true.into());
    }
    let flags = node.flags;
    if flags.extraneous {
        entry.insert("extraneous".into(), true.into());
        return entry;
    }
    let dev_optional = flags.dev_optional && !flags.dev && !flags.optional;
    for (name, set) in [
        ("peer", flags.peer),
        ("dev", flags.dev),
        ("optional", flags.optional),
        ("devOptional", dev_optional),
    ] {
        if set {
            entry.insert(name.into(), true.into());
        }
    }
    entry
}

fn package_fields(package: &Manifest, entry: &mut Map<String, Value>) {
    if let Some(version) = &package.version {
        entry.insert("version".into(), version.clone().into());
    }
    insert_dependencies(entry, "dependencies", &package.dependencies);
    insert_dependencies(entry, "optionalDependencies", &package.optional_dependencies);
    insert_dependencies(entry, "peerDependencies", &package.peer_dependencies);
    if !package.bundle_dependencies.is_empty() {
        entry.insert("bundleDependencies".into(), package.bundle_dependencies.clone().into());
    }
    if !package.bin.is_empty() {
        let bin: Map<String, Value> =
            package.bin.iter().map(|(name, target)| (name.clone(), target.clone().into())).collect();
        entry.insert("bin".into(), Value::Object(bin));
    }
    if package.has_install_script {
        entry.insert("hasInstallScript".into(), true.into());
    }
    if package.has_shrinkwrap {
        entry.insert("hasShrinkwrap".into(), true.into());
    }
    if let Some(message) = &package.deprecated {
        entry.insert("deprecated".into(), message.clone().into());
    }
    for (field, value) in &package.kept {
        let value = match (field.as_str(), value) {
            ("license", Value::Object(license)) if license.get("type").is_some_and(Value::is_string) => {
                license["type"].clone()
            }
            _ => value.clone(),
        };
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(object) => object.is_empty(),
            _ => false,
        };
        if !empty {
            entry.insert(field.clone(), value);
        }
    }
}

fn insert_dependencies(
    entry: &mut Map<String, Value>,
    field: &str,
    dependencies: &oac_npm_spec::Dependencies,
) {
    if dependencies.is_empty() {
        return;
    }
    let map: Map<String, Value> =
        dependencies.iter().map(|(name, spec)| (name.clone(), spec.clone().into())).collect();
    entry.insert(field.into(), Value::Object(map));
}

/// Whether a lock file agrees with `package.json`: npm's check before `npm ci`. Gives what differs,
/// in npm's words.
pub(crate) fn differences(
    locked: &Tree,
    locked_root: NodeId,
    wanted: &Tree,
    wanted_root: NodeId,
) -> Vec<String> {
    let mut problems = Vec::new();
    let by_location = |tree: &Tree, root: NodeId| -> HashMap<String, NodeId> {
        tree.inventory(root)
            .into_iter()
            .map(|id| (fold_case(&tree.location(id).into()).to_string(), id))
            .collect()
    };
    let have = by_location(locked, locked_root);
    for id in wanted.inventory(wanted_root).into_iter().skip(1) {
        if wanted.node(id).inert && wanted.node(id).package.version.is_none() {
            continue;
        }
        let name = &wanted.node(id).name;
        let version = wanted.version(id);
        match have.get(&*fold_case(&wanted.location(id).into())) {
            None => problems.push(format!("Missing: {name}@{version} from lock file")),
            Some(other) if locked.version(*other) != version => problems.push(format!(
                "Invalid: lock file's {name}@{} does not satisfy {name}@{version}",
                locked.version(*other)
            )),
            Some(_) => {}
        }
    }
    problems
}
