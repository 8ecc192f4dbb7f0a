//! What npm says of an install when it is done.

use crate::audit::{self, Report};
use crate::context::Context;
use crate::script_policy::Unreviewed;
use oac_npm_installer::Plan;
use oac_npm_resolver::Package;
use oac_npm_spec::locale_compare;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

/// A package in a summary.
#[derive(Debug, Clone, Default)]
pub(crate) struct Item {
    name: String,
    version: Option<String>,
    /// Of what was changed.
    old_version: Option<String>,
    path: String,
}

/// What an install did.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) added: Vec<Item>,
    pub(crate) removed: Vec<Item>,
    pub(crate) changed: Vec<Item>,
    pub(crate) funding: usize,
    /// How many packages there are, the project included.
    pub(crate) total: usize,
    /// What the registry knows of their vulnerabilities.
    pub(crate) audit: Option<Report>,
    /// What has install scripts that nobody has judged.
    pub(crate) unreviewed: Vec<Unreviewed>,
}

impl Summary {
    pub(crate) fn new(context: &Context, project: &Path, plan: &Plan, packages: &[Package]) -> Self {
        let item = |p: &Package| Item {
            name: p.name.clone(),
            version: p.manifest.version.clone(),
            old_version: None,
            path: project.join(&p.location).display().to_string(),
        };
        Self {
            // What comes inside another package is not counted.
            added: plan.add.iter().filter(|p| !p.in_bundle).map(item).collect(),
            removed: plan.remove.iter().flat_map(|r| removed(project, &r.location)).collect(),
            changed: plan
                .change
                .iter()
                .map(|p| {
                    let old = oac_npm_installer::read_manifest(&project.join(&p.location));
                    Item { old_version: old.and_then(|m| m.version), ..item(p) }
                })
                .collect(),
            ..Self::of_lock(context, packages)
        }
    }

    /// Of an install that changes the lock file alone.
    pub(crate) fn of_lock(context: &Context, packages: &[Package]) -> Self {
        let funded: HashSet<String> = packages
            .iter()
            .filter(|p| p.manifest.kept.get("funding").is_some_and(is_funding))
            .map(|p| p.manifest.id())
            .collect();
        Self { funding: if context.switch("fund", true) { funded.len() } else { 0 }, ..Self::default() }
    }

    /// A line for each package, as `--dry-run` and `--long` show them.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |word: &str, item: &Item| {
            format!("{word} {} {}", item.name, item.version.as_deref().unwrap_or("undefined"))
        };
        let removed = self.removed.iter().map(|i| line("remove", i));
        let changed = self.changed.iter().map(|i| {
            let old = i.old_version.as_deref().unwrap_or("undefined");
            format!("change {} {old} => {}", i.name, i.version.as_deref().unwrap_or("undefined"))
        });
        let added = self.added.iter().map(|i| line("add", i));
        removed.chain(changed).chain(added).collect()
    }

    /// What `--json` shows; `fixing`: the whole audit, not only its numbers.
    pub(crate) fn json(&self, fixing: bool) -> Value {
        let item = |i: &Item| json!({ "name": i.name, "version": i.version, "path": i.path });
        let list = |items: &[Item]| items.iter().map(item).collect::<Vec<_>>();
        let changed = |i: &Item| {
            let from = json!({ "name": i.name, "version": i.old_version, "path": i.path });
            json!({ "from": from, "to": item(i) })
        };
        let mut json = json!({
            "add": list(&self.added),
            "added": self.added.len(),
            "audited": self.audited(),
            "change": self.changed.iter().map(changed).collect::<Vec<_>>(),
            "changed": self.changed.len(),
            "funding": self.funding,
            "remove": list(&self.removed),
            "removed": self.removed.len(),
        });
        if let (Some(report), Some(object)) = (&self.audit, json.as_object_mut()) {
            let shown = if fixing { audit::after_fix_json(report) } else { report.metadata().clone() };
            object.insert("audit".into(), shown);
        }
        if let (false, Some(object)) = (self.unreviewed.is_empty(), json.as_object_mut()) {
            let all = self.unreviewed.iter().map(Unreviewed::json).collect();
            object.insert("unreviewedScripts".into(), Value::Array(all));
        }
        json
    }

    fn audited(&self) -> usize {
        if self.audit.is_some() { self.total } else { 0 }
    }

    /// npm's closing lines.
    pub(crate) fn closing_lines(&self, took: Duration) -> String {
        let counts = [self.added.len(), self.removed.len(), self.changed.len()];
        let mut text = format!("\n{} in {}", what_changed(counts, self.audited()), duration(took));
        if self.funding > 0 {
            let (n, verb) = (self.funding, if self.funding == 1 { "is" } else { "are" });
            text.push_str(&format!(
                "\n\n{} {verb} looking for funding\n  run `npm fund` for details",
                packages(n)
            ));
        }
        text
    }
}

/// A package that goes, and what goes with it because it lies inside.
fn removed(project: &Path, location: &str) -> Vec<Item> {
    let path = project.join(location);
    let version = oac_npm_installer::read_manifest(&path).and_then(|m| m.version);
    let name = oac_npm_spec::name_of_location(location).to_owned();
    let mut items = vec![Item { name, version, old_version: None, path: path.display().to_string() }];
    // What a link leads to stays.
    if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        let inside = package_folders(&path.join("node_modules"));
        items.extend(
            inside.iter().flat_map(|name| removed(project, &format!("{location}/node_modules/{name}"))),
        );
    }
    items
}

/// The names of the packages in a `node_modules`.
fn package_folders(folder: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect()
    };
    let mut found: Vec<String> = Vec::new();
    for name in names(folder) {
        match name.starts_with('@') {
            true => found.extend(names(&folder.join(&name)).iter().map(|inner| format!("{name}/{inner}"))),
            false => found.push(name),
        }
    }
    found.sort_by(|a, b| locale_compare(a, b));
    found
}

/// npm counts what has a web address for the money.
pub(crate) fn is_funding(value: &Value) -> bool {
    match value {
        Value::String(url) => url.starts_with("http://") || url.starts_with("https://"),
        Value::Object(object) => object.get("url").is_some_and(is_funding),
        Value::Array(list) => list.iter().all(is_funding),
        _ => false,
    }
}

fn packages(n: usize) -> String {
    format!("{n} package{}", if n == 1 { "" } else { "s" })
}

fn what_changed([added, removed, changed]: [usize; 3], audited: usize) -> String {
    let nothing = added == 0 && removed == 0 && changed == 0;
    let mut text = String::new();
    if nothing {
        text.push_str(if audited > 0 { "up to date, " } else { "up to date" });
    }
    if added > 0 {
        text.push_str(&format!("added {}", packages(added)));
    }
    if removed > 0 {
        let and = if audited == 0 && changed == 0 { "and " } else { "" };
        text.push_str(&if added > 0 { format!(", {and}") } else { String::new() });
        text.push_str(&format!("removed {}", packages(removed)));
    }
    if changed > 0 {
        let and = if audited == 0 { "and " } else { "" };
        text.push_str(&if added > 0 || removed > 0 { format!(", {and}") } else { String::new() });
        text.push_str(&format!("changed {}", packages(changed)));
    }
    if audited > 0 {
        text.push_str(&format!("{}audited {}", if nothing { "" } else { ", and " }, packages(audited)));
    }
    text
}

/// A duration as npm's `ms` writes it: `986ms`, `2s`, `1m`.
fn duration(took: Duration) -> String {
    let ms = took.as_millis();
    let rounded = |unit: u128| (ms + unit / 2) / unit;
    match ms {
        0..1000 => format!("{ms}ms"),
        1000..60_000 => format!("{}s", rounded(1000)),
        60_000..3_600_000 => format!("{}m", rounded(60_000)),
        _ => format!("{}h", rounded(3_600_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(added: usize, removed: usize, changed: usize, ms: u64, expect: &str) {
        let items = |n: usize| vec![Item::default(); n];
        let summary = Summary {
            added: items(added),
            removed: items(removed),
            changed: items(changed),
            ..Summary::default()
        };
        assert_eq!(summary.closing_lines(Duration::from_millis(ms)), format!("\n{expect}"));
    }

    // As npm's reify-output words them.
    #[test]
    fn summaries() {
        check(0, 0, 0, 400, "up to date in 400ms");
        check(65, 0, 0, 1600, "added 65 packages in 2s");
        check(1, 1, 0, 61_000, "added 1 package, and removed 1 package in 1m");
        check(1, 1, 2, 1000, "added 1 package, removed 1 package, and changed 2 packages in 1s");
        check(0, 2, 0, 999, "removed 2 packages in 999ms");
    }
}
