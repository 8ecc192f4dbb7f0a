//! `npm install-scripts`, `approve-scripts`, `deny-scripts`: whose install scripts the user allows, in `package.json`.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::help::wrong;
use crate::installed::Installed;
use crate::project::Project;
use crate::script_policy::{ScriptPolicy, Unreviewed, install_scripts, is_from_registry, unreviewed};
use oac_npm_resolver::Package;
use oac_npm_spec::{JsonStyle, PackageSpec, SpecKind, Version};
use serde_json::{Map, Value, json};
use std::path::Path;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Approve,
    Deny,
    List,
    Prune,
}

/// `npm install-scripts approve|deny|ls|prune`
pub(crate) fn install_scripts_command(context: &mut Context) -> Result<i32, Failure> {
    let mut words = context.arguments.words.clone();
    let name = if words.is_empty() { String::new() } else { words.remove(0) };
    let mode = match name.as_str() {
        "approve" => Mode::Approve,
        "deny" => Mode::Deny,
        "ls" | "list" => Mode::List,
        "prune" => Mode::Prune,
        "" => return Err(wrong("install-scripts", "")),
        other => return Err(wrong("install-scripts", &format!("`{other}` is not a recognized subcommand."))),
    };
    run(context, mode, &words)
}

/// `npm approve-scripts`
pub(crate) fn approve(context: &mut Context) -> Result<i32, Failure> {
    run(context, Mode::Approve, &context.arguments.words.clone())
}

/// `npm deny-scripts`
pub(crate) fn deny(context: &mut Context) -> Result<i32, Failure> {
    run(context, Mode::Deny, &context.arguments.words.clone())
}

fn run(context: &Context, mode: Mode, words: &[String]) -> Result<i32, Failure> {
    if context.is_global() {
        let said = format!("`npm {}` does not work for global installs", context.command);
        return Err(Failure::Coded { code: "EGLOBAL".into(), lines: vec![said] });
    }
    let all = context.switch("all", false);
    let pending = context.command != "install-scripts" && context.switch("allow-scripts-pending", false);
    let list = mode == Mode::List || pending;
    let usage = |why: &str| wrong(&context.command, why);
    match mode {
        Mode::Prune if all || !words.is_empty() => {
            return Err(usage(
                "`npm install-scripts prune` cannot be combined with positional arguments or `--all`.",
            ));
        }
        Mode::Prune => return prune(context),
        _ if list && (all || !words.is_empty()) => {
            let what =
                if mode == Mode::List { "`npm install-scripts ls`" } else { "`--allow-scripts-pending`" };
            return Err(usage(&format!("{what} cannot be combined with positional arguments or `--all`.")));
        }
        _ if !list && !all && words.is_empty() => return Err(usage("")),
        Mode::Deny if pending => {
            return Err(usage(
                "`npm deny-scripts --allow-scripts-pending` is not supported; run `npm install-scripts ls` to list unreviewed packages.",
            ));
        }
        _ => {}
    }
    let (project, packages) = installed(context)?;
    let policy = ScriptPolicy::load(context, &project)?;
    let open = unreviewed(context, &project.folder, &packages, &policy, true);
    if list {
        show(context, &open);
        return Ok(0);
    }
    let chosen: Vec<&Package> = match all {
        true if open.is_empty() => {
            match context.json() {
                true => print(&json!({ "allowScripts": [] })),
                false => out("No packages with unreviewed install scripts."),
            }
            return Ok(0);
        }
        true => {
            let paths: Vec<&str> = open.iter().map(|o| o.path.as_str()).collect();
            let here =
                |p: &&Package| paths.contains(&project.folder.join(&p.location).to_string_lossy().as_ref());
            packages.iter().filter(here).collect()
        }
        false => named(&packages, words)?,
    };
    write(context, project, mode, &chosen)
}

/// What is installed, less the project's own folders.
fn installed(context: &Context) -> Result<(Project, Vec<Package>), Failure> {
    let installed = Installed::load(context)?;
    let folder = installed.project.folder.clone();
    let own = crate::workspaces::load(&folder)?;
    let is_own = |p: &Package| own.iter().any(|w| p.is_local && folder.join(&p.location) == w.folder);
    let all = installed.tree.packages(installed.root);
    let counts = |p: &Package| p.link_to.is_none() && !p.in_bundle && !is_own(p);
    Ok((Project::read(&folder, false)?, all.into_iter().filter(counts).collect()))
}

fn named<'p>(packages: &'p [Package], words: &[String]) -> Result<Vec<&'p Package>, Failure> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for word in words {
        let spec = PackageSpec::parse(word).ok();
        let name = spec.as_ref().and_then(|s| s.name.clone()).unwrap_or_else(|| word.clone());
        let fits = |package: &&Package| {
            let version = || Version::parse(package.manifest.version.as_deref()?, true);
            package.manifest.name.as_deref() == Some(&name)
                && match spec.as_ref().map(|s| &s.kind) {
                    Some(SpecKind::Version(wanted)) => version().as_ref() == Some(wanted),
                    Some(SpecKind::Range(range)) => version().is_some_and(|v| range.satisfied_by(&v)),
                    _ => true,
                }
        };
        let before = found.len();
        found.extend(packages.iter().filter(fits));
        if found.len() == before {
            missing.push(word.as_str());
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let said = format!("No installed packages match: {}", missing.join(", "));
    Err(Failure::Coded { code: "ENOMATCH".into(), lines: vec![said] })
}

fn print(value: &Value) {
    out(JsonStyle::default().print(value).trim_end());
}

fn show(context: &Context, open: &[Unreviewed]) {
    if context.json() {
        let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
        for package in open {
            let key =
                package.version.as_ref().map_or(package.name.clone(), |v| format!("{}@{v}", package.name));
            let change = json!({ "key": key, "change": "pending" });
            match groups.iter_mut().find(|(name, _)| *name == package.name) {
                Some((_, changes)) => changes.push(change),
                None => groups.push((package.name.clone(), vec![change])),
            }
        }
        let groups: Vec<Value> =
            groups.into_iter().map(|(name, changes)| json!({ "name": name, "changes": changes })).collect();
        return print(&json!({ "allowScripts": groups }));
    }
    if open.is_empty() {
        return out("No packages with unreviewed install scripts.");
    }
    let have = if open.len() == 1 { "package has" } else { "packages have" };
    out(&format!("{} {have} install scripts not yet covered by allowScripts:", open.len()));
    open.iter().for_each(|package| out(&package.line()));
    out("\nRun `npm install-scripts approve <pkg>` to allow, or `npm install-scripts deny <pkg>` to deny.");
}

/// The key of a package, without a version: its name, or where it comes from.
fn name_key(package: &Package) -> Option<String> {
    match is_from_registry(package) {
        true => package.manifest.name.clone(),
        false => package
            .resolved
            .clone()
            .or_else(|| package.is_local.then(|| format!("file:{}", package.location))),
    }
}

fn pinned_key(package: &Package) -> Option<String> {
    match is_from_registry(package) {
        true => Some(format!("{}@{}", name_key(package)?, package.manifest.version.as_deref()?)),
        false => name_key(package),
    }
}

/// Whether an entry is about this package, in whichever version.
fn is_about(key: &str, package: &Package) -> bool {
    match PackageSpec::parse(key) {
        Ok(spec) if spec.is_registry() => is_from_registry(package) && spec.name == package.manifest.name,
        _ => name_key(package).as_deref() == Some(key),
    }
}

fn is_pin(key: &str) -> bool {
    PackageSpec::parse(key).is_ok_and(|spec| matches!(spec.kind, SpecKind::Version(_)))
}

type Changes = Vec<(String, &'static str)>;

fn write(context: &Context, mut project: Project, mode: Mode, chosen: &[&Package]) -> Result<i32, Failure> {
    let mut groups: Vec<(String, Vec<&Package>)> = Vec::new();
    for package in chosen {
        let Some(key) = name_key(package) else { continue };
        match groups.iter_mut().find(|(name, _)| *name == key) {
            Some((_, packages)) => packages.push(package),
            None => groups.push((key, vec![package])),
        }
    }
    let old = project.package.get("allowScripts").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut entries = old.clone();
    let pin = context.switch("allow-scripts-pin", true);
    let mut summary: Vec<(String, Changes)> = Vec::new();
    for (name, packages) in groups {
        let changes = match mode {
            Mode::Approve => allow(context, &mut entries, &name, &packages, pin),
            _ => forbid(&mut entries, &name, &packages),
        };
        summary.push((name, changes));
    }
    if entries != old {
        project.package.insert("allowScripts".into(), Value::Object(entries));
        project.write_package()?;
    }
    if context.json() {
        let change = |(key, change): &(String, &str)| json!({ "key": key, "change": change });
        let all: Vec<Value> = summary
            .iter()
            .map(|(name, changes)| json!({ "name": name, "changes": changes.iter().map(change).collect::<Vec<_>>() }))
            .collect();
        print(&json!({ "allowScripts": all }));
        return Ok(0);
    }
    let (done, verb) = if mode == Mode::Approve { ("Approved", "approve") } else { ("Denied", "deny") };
    summary.retain(|(_, changes)| !changes.is_empty());
    if summary.is_empty() {
        out(&format!("Nothing to {verb}; allowScripts unchanged."));
    }
    for (name, changes) in summary {
        out(&format!("{done} {name}:"));
        changes.iter().for_each(|(key, change)| out(&format!("  {change} {key}")));
    }
    Ok(0)
}

fn allow(
    context: &Context,
    entries: &mut Map<String, Value>,
    name: &str,
    packages: &[&Package],
    pin: bool,
) -> Changes {
    let about = |key: &str| packages.iter().any(|package| is_about(key, package));
    if let Some((key, _)) = entries.iter().find(|(key, value)| **value == false && about(key)) {
        let why = match is_pin(key) {
            false => format!("{key} is denied; remove the entry from allowScripts to approve {name}."),
            true => format!(
                "{key} is a versioned deny; run `npm install-scripts deny {name}` to widen the deny to all versions of {name}, or remove the entry to approve {name}."
            ),
        };
        context.warn(&format!("{} {why}", context.command));
        return Vec::new();
    }
    let mut changes = Vec::new();
    let pins: Vec<String> = packages.iter().filter_map(|package| pinned_key(package)).collect();
    let keep: &[String] = if pin { &pins } else { &[] };
    let stale: Vec<String> = entries
        .iter()
        .filter(|(key, value)| about(key) && is_pin(key) && **value == true && !keep.contains(key))
        .map(|(key, _)| key.clone())
        .collect();
    for key in stale {
        entries.shift_remove(&key);
        if pin {
            changes.push((key, "removed-stale"));
        }
    }
    let mut wanted: Vec<String> = if pin { pins } else { vec![name.to_owned()] };
    wanted.dedup();
    for key in &wanted {
        if entries.get(key) != Some(&Value::Bool(true)) {
            entries.insert(key.clone(), true.into());
            changes.push((key.clone(), "added"));
        }
    }
    if pin && !wanted.iter().any(|key| key == name) && entries.get(name) == Some(&Value::Bool(true)) {
        entries.shift_remove(name);
        changes.push((name.to_owned(), "replaced-by-pin"));
    }
    changes
}

fn forbid(entries: &mut Map<String, Value>, name: &str, packages: &[&Package]) -> Changes {
    let mut changes = Vec::new();
    let others = entries.keys().filter(|key| *key != name && packages.iter().any(|p| is_about(key, p)));
    for key in others.cloned().collect::<Vec<_>>() {
        entries.shift_remove(&key);
        changes.push((key, "removed-pinned-allow"));
    }
    if entries.get(name) != Some(&Value::Bool(false)) {
        entries.insert(name.to_owned(), false.into());
        changes.push((name.to_owned(), "added"));
    }
    changes
}

/// Takes entries away that are about nothing that is installed, or about nothing with scripts.
fn prune(context: &Context) -> Result<i32, Failure> {
    let dry = context.switch("dry-run", false);
    let (mut project, packages) = installed(context)?;
    let old = project.package.get("allowScripts").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut removed: Vec<(String, &str)> = Vec::new();
    for key in old.keys() {
        if let Some(reason) = why_unused(&project.folder, key, &packages) {
            removed.push((key.clone(), reason));
        }
    }
    if !removed.is_empty() && !dry {
        let mut left = old;
        left.retain(|key, _| !removed.iter().any(|(gone, _)| gone == key));
        match left.is_empty() {
            true => project.package.shift_remove("allowScripts"),
            false => project.package.insert("allowScripts".into(), Value::Object(left)),
        };
        project.write_package()?;
    }
    if context.json() {
        let all: Vec<Value> = removed.iter().map(|(key, why)| json!({ "key": key, "reason": why })).collect();
        print(&json!({ "allowScripts": { "removed": all, "dryRun": dry } }));
        return Ok(0);
    }
    if removed.is_empty() {
        out("No unused allowScripts entries.");
        return Ok(0);
    }
    let (entries, did) =
        (if removed.len() == 1 { "entry" } else { "entries" }, if dry { "Would remove" } else { "Removed" });
    out(&format!("{did} {} unused allowScripts {entries}:", removed.len()));
    for (key, why) in removed {
        let text = if why == "not-installed" { "package not installed" } else { "no install scripts" };
        out(&format!("  {key} ({text})"));
    }
    Ok(0)
}

fn why_unused(folder: &Path, key: &str, packages: &[Package]) -> Option<&'static str> {
    let version = |p: &Package| Version::parse(p.manifest.version.as_deref()?, true);
    let fits = |p: &&Package| {
        is_about(key, p)
            && match PackageSpec::parse(key).map(|spec| spec.kind) {
                Ok(SpecKind::Version(wanted)) => version(p).as_ref() == Some(&wanted),
                Ok(SpecKind::Range(range)) => version(p).is_some_and(|v| range.satisfied_by(&v)),
                _ => true,
            }
    };
    let about: Vec<&Package> = packages.iter().filter(fits).collect();
    if about.is_empty() {
        return Some("not-installed");
    }
    about.iter().all(|p| install_scripts(folder, p).is_empty()).then_some("no-scripts")
}
