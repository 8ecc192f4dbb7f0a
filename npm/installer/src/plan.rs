//! What is to be done: the wanted packages against what lies in `node_modules`.

use crate::install::relative;
use oac_npm_resolver::Package;
use oac_npm_spec::{Lockfile, name_of_location};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The file in which npm notes what it installed.
pub(crate) const HIDDEN_LOCK: &str = "node_modules/.package-lock.json";
/// Where the hidden lock file notes the package that was installed in another's place.
pub const SUBSTITUTE: &str = "oacSubstitute";
/// Folders of this name in `node_modules` are ours, and left over when we were killed.
pub(crate) const STAGING_PREFIX: &str = ".oac-staging-";

/// A package that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Where it lies.
    pub location: String,
}

/// The steps of an install.
#[derive(Debug, Default)]
pub struct Plan {
    /// Packages that are not there.
    pub add: Vec<Package>,
    /// Packages that are there in another version.
    pub change: Vec<Package>,
    /// Folders that nobody wants.
    pub remove: Vec<Removal>,
    /// How many packages stay as they are.
    pub kept: usize,
}

impl Plan {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.change.is_empty() && self.remove.is_empty()
    }
}

/// Compares the wanted packages with the project's `node_modules`. What the hidden lock file says
/// is believed as long as the package's folder is there; without it the packages themselves are read.
pub fn plan(project: &Path, packages: &[Package]) -> Plan {
    let hidden = hidden_lock(project);
    let mut plan = Plan::default();
    for package in packages.iter().filter(|p| !p.is_local) {
        match state(project, package, hidden.as_ref()) {
            State::Absent => plan.add.push(package.clone()),
            State::Other => plan.change.push(package.clone()),
            State::Same => plan.kept += 1,
        }
    }
    plan.remove = removals(project, packages);
    plan
}

/// What a link of the project is to say: the way from its folder to the target.
pub(crate) fn link_text(project: &Path, package: &Package, target: &str) -> PathBuf {
    let place = project.join(&package.location);
    let target = PathBuf::from(oac_npm_resolver::join_path(&project.to_string_lossy(), target));
    relative(place.parent().unwrap_or(project), &target)
}

pub(crate) fn hidden_lock(project: &Path) -> Option<Lockfile> {
    let text = fs::read_to_string(project.join(HIDDEN_LOCK)).ok()?;
    Lockfile::parse(HIDDEN_LOCK, &text).ok()
}

enum State {
    Absent,
    Other,
    Same,
}

fn state(project: &Path, package: &Package, hidden: Option<&Lockfile>) -> State {
    let folder = project.join(&package.location);
    if let Some(target) = &package.link_to {
        return match fs::read_link(&folder) {
            Ok(to) if to == link_text(project, package, target) => State::Same,
            Ok(_) => State::Other,
            Err(_) => State::Absent,
        };
    }
    if fs::symlink_metadata(&folder).is_ok_and(|m| m.file_type().is_symlink()) {
        return State::Other;
    }
    let manifest = folder.join("package.json");
    if let Some(entry) = hidden.and_then(|lock| lock.packages.get(&package.location)) {
        if !manifest.exists() {
            return State::Absent;
        }
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let same_version = text("version") == package.manifest.version.as_deref();
        let same_content = match (text("integrity"), package.integrity.as_deref()) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let same_source = match (text("resolved"), package.resolved.as_deref()) {
            // A tarball file may have another content each time; its integrity tells.
            (Some(a), Some(b)) => a.starts_with("file:") == b.starts_with("file:"),
            _ => true,
        };
        let same_variant = text(SUBSTITUTE) == package.substitute.as_deref();
        return if same_version && same_content && same_source && same_variant {
            State::Same
        } else {
            State::Other
        };
    }
    let Ok(text) = fs::read(manifest) else { return State::Absent };
    let Ok(value) = serde_json::from_slice::<Value>(&text) else { return State::Other };
    let says =
        |key: &str, wanted: &Option<String>| value.get(key).and_then(Value::as_str) == wanted.as_deref();
    let name = package.substitute.clone().or_else(|| package.manifest.name.clone());
    let any_version = package.substitute.is_some();
    if says("name", &name) && (any_version || says("version", &package.manifest.version)) {
        State::Same
    } else {
        State::Other
    }
}

/// Folders in the `node_modules` that we fill that hold no wanted package. A package that brings its
/// own `node_modules` in its tarball is left alone.
fn removals(project: &Path, packages: &[Package]) -> Vec<Removal> {
    let wanted: HashSet<&str> = packages.iter().map(|p| p.location.as_str()).collect();
    let bundlers: HashSet<&str> = packages
        .iter()
        .filter(|p| !p.manifest.bundle_dependencies.is_empty())
        .map(|p| p.location.as_str())
        .collect();
    let mut owners: BTreeSet<&str> = BTreeSet::from([""]);
    owners.extend(packages.iter().filter(|p| p.link_to.is_none()).map(|p| p.location.as_str()));
    // Reading every package's folder would cost more than the install: only those that have, or
    // had, packages inside are looked at.
    let hidden = hidden_lock(project);
    let mut inhabited: HashMap<&str, bool> = HashMap::from([("", true)]);
    let known = hidden.iter().flat_map(|lock| lock.packages.keys().map(String::as_str));
    for location in wanted.iter().copied().chain(known) {
        let parent = &location[..location.len() - name_of_location(location).len()];
        inhabited.insert(
            parent.trim_end_matches('/').trim_end_matches("node_modules").trim_end_matches('/'),
            true,
        );
    }
    // After an install that was killed nobody knows which had.
    let unknown = hidden.is_none() && project.join("node_modules").is_dir();
    let mut removals = Vec::new();
    for owner in
        owners.into_iter().filter(|o| !bundlers.contains(o) && (unknown || inhabited.contains_key(o)))
    {
        let prefix =
            if owner.is_empty() { "node_modules".to_owned() } else { format!("{owner}/node_modules") };
        for name in folders(&project.join(&prefix)) {
            let location = format!("{prefix}/{name}");
            if !wanted.contains(location.as_str()) {
                removals.push(Removal { location });
            }
        }
    }
    removals
}

/// Package folders and links in a `node_modules`, scoped ones as `@scope/name`; hidden ones aside.
pub(crate) fn folders(node_modules: &Path) -> Vec<String> {
    let list = |path: &Path| -> Vec<String> {
        let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
        entries
            .filter_map(Result::ok)
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir() || t.is_symlink()))
            .filter_map(|e| e.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect()
    };
    let mut out = Vec::new();
    for name in list(node_modules) {
        if name.starts_with('@') {
            out.extend(list(&node_modules.join(&name)).into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            out.push(name);
        }
    }
    out
}
