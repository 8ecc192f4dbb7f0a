//! What lies in `node_modules`, whoever put it there.

use crate::plan::{HIDDEN_LOCK, folders, hidden_lock};
use oac_npm_resolver::{join_path, relative_path};
use oac_npm_spec::Lockfile;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// The packages and links in a project's `node_modules`, in the terms of a lock file: each entry is the
/// package's own `package.json`, with the address and integrity that the hidden lock file notes.
pub fn actual_lock(project: &Path) -> Lockfile {
    let mut scan = Scan {
        project,
        hidden: hidden_lock(project).unwrap_or_default(),
        found: Lockfile::default(),
        seen: HashSet::new(),
    };
    scan.packages_in("");
    scan.found
}

/// The hidden lock file as it is; without it, what is found by looking.
pub fn installed_lock(project: &Path) -> Option<Lockfile> {
    if !project.join("node_modules").is_dir() {
        return None;
    }
    let hidden = hidden_lock(project).filter(|lock| {
        let there = |location: &String| fs::symlink_metadata(project.join(location)).is_ok();
        lock.packages.keys().all(there) && project.join(HIDDEN_LOCK).exists()
    });
    Some(hidden.unwrap_or_else(|| actual_lock(project)))
}

struct Scan<'a> {
    project: &'a Path,
    hidden: Lockfile,
    found: Lockfile,
    seen: HashSet<String>,
}

impl Scan<'_> {
    fn packages_in(&mut self, owner: &str) {
        let prefix =
            if owner.is_empty() { "node_modules".to_owned() } else { format!("{owner}/node_modules") };
        let mut names = folders(&self.project.join(&prefix));
        names.sort();
        for name in names {
            let location = format!("{prefix}/{name}");
            let place = self.project.join(&location);
            match fs::read_link(&place) {
                Ok(target) => {
                    let folder = place.parent().unwrap_or(self.project).to_string_lossy().into_owned();
                    let target = join_path(&folder, &target.to_string_lossy());
                    self.link(&location, &target);
                }
                Err(_) => {
                    if let Some(package) = package_json(&place) {
                        let entry = self.with_source(package, &location);
                        self.found.packages.insert(location.clone(), entry);
                    }
                    self.packages_in(&location);
                }
            }
        }
    }

    fn link(&mut self, location: &str, target: &str) {
        let project = self.project.to_string_lossy().into_owned();
        let relative = relative_path(&project, target);
        let mut entry = Map::new();
        entry.insert("resolved".into(), relative.clone().into());
        entry.insert("link".into(), true.into());
        self.found.packages.insert(location.to_owned(), entry);
        let is_package = relative.starts_with("node_modules/") || relative.contains("/node_modules/");
        if relative.is_empty() || is_package || !self.seen.insert(relative.clone()) {
            return;
        }
        let package = package_json(Path::new(target)).unwrap_or_default();
        self.found.packages.insert(relative.clone(), package);
        // What lies in folders outside is not the project's business.
        if !relative.starts_with("..") {
            self.packages_in(&relative);
        }
    }

    fn with_source(&self, mut package: Map<String, Value>, location: &str) -> Map<String, Value> {
        for key in ["resolved", "integrity", "inBundle"] {
            let noted = self.hidden.packages.get(location).and_then(|entry| entry.get(key));
            if let Some(value) = noted {
                package.insert(key.into(), value.clone());
            }
        }
        package
    }
}

fn package_json(folder: &Path) -> Option<Map<String, Value>> {
    let text = fs::read(folder.join("package.json")).ok()?;
    match serde_json::from_slice(&text).ok()? {
        Value::Object(package) => Some(package),
        _ => None,
    }
}
