//! The end of an install: scripts of packages, lock files, `package.json`.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::Project;
use crate::reify::{Job, Update};
use crate::run_script::script_environment;
use crate::script_policy::ScriptPolicy;
use oac_npm_installer::{
    InstallError, Installation, Plan, SUBSTITUTE, Script, read_manifest, remove_leftovers, run, write_whole,
};
use oac_npm_resolver::{Package, Resolution};
use oac_npm_spec::{JsonStyle, Lockfile, Manifest, locale_compare};
use std::fs;
use std::path::Path;

/// Where npm notes what it installed.
const HIDDEN_LOCK: &str = "node_modules/.package-lock.json";
/// Packages whose install scripts have not run to their end: a killed install leaves it behind, and
/// the next one installs them again.
const PENDING_SCRIPTS: &str = "node_modules/.oac-pending-scripts";

/// Reads what an abbreviated packument does not say, the licence, out of the packages.
pub(crate) fn complete_licences(project: &Project, resolution: &mut Resolution, packages: &[Package]) {
    let missing: Vec<(String, Manifest)> = packages
        .iter()
        .filter(|p| p.link_to.is_none() && !p.is_local && !p.manifest.kept.contains_key("license"))
        .filter_map(|p| Some((p.location.clone(), read_manifest(&project.folder.join(&p.location))?)))
        .collect();
    resolution.complete(&missing);
}

/// Notes which packages have scripts to run.
pub(crate) fn note_pending_scripts(project: &Path, plan: &Plan) -> Result<(), Failure> {
    let locations: Vec<&str> = plan
        .add
        .iter()
        .chain(&plan.change)
        .filter(|p| p.manifest.has_install_script)
        .map(|p| p.location.as_str())
        .collect();
    if !locations.is_empty() {
        write_whole(&project.join(PENDING_SCRIPTS), &locations.join("\n"))?;
    }
    Ok(())
}

/// Takes packages away whose scripts did not run when an earlier install was killed.
pub(crate) fn forget_pending(project: &Path) {
    // Ignored: what cannot be removed is removed by the next install.
    let _ = remove_leftovers(project);
    let path = project.join(PENDING_SCRIPTS);
    let Ok(text) = fs::read_to_string(&path) else { return };
    for location in text.lines().filter(|l| l.starts_with("node_modules/") && !l.contains("..")) {
        // Ignored: what cannot be removed is replaced by the install.
        let _ = fs::remove_dir_all(project.join(location));
    }
    let _ = fs::remove_file(path);
}

/// A package whose scripts are to run.
struct Scripted<'a> {
    package: &'a Package,
    manifest: Manifest,
    /// A local folder that a link of the project points to.
    linked: bool,
}

/// The packages that came and have scripts, then the local folders that the project links to, which
/// run theirs each time.
fn scripted<'a>(project: &Path, plan: &'a Plan, packages: &'a [Package]) -> Vec<Scripted<'a>> {
    let came = plan.add.iter().chain(&plan.change).filter(|p| p.link_to.is_none());
    let mut found: Vec<Scripted<'a>> = came
        .filter_map(|package| {
            let folder = project.join(&package.location);
            let gyp = folder.join("binding.gyp").exists();
            if !package.manifest.has_install_script && !gyp {
                return None;
            }
            let mut manifest = read_manifest(&folder)?;
            let own = ["install", "preinstall"].iter().any(|s| manifest.scripts.contains_key(*s));
            if gyp && !own {
                manifest.scripts.insert("install".into(), "node-gyp rebuild".into());
            }
            Some(Scripted { package, manifest, linked: false })
        })
        .collect();
    found.sort_by(|a, b| locale_compare(&a.package.location, &b.package.location));
    let inside = |p: &&Package| p.is_local && !p.location.starts_with("..");
    let mut linked: Vec<Scripted<'a>> = packages
        .iter()
        .filter(inside)
        .filter_map(|package| {
            let manifest = read_manifest(&project.join(&package.location))?;
            (!manifest.scripts.is_empty()).then_some(Scripted { package, manifest, linked: true })
        })
        .collect();
    linked.sort_by(|a, b| locale_compare(&a.package.location, &b.package.location));
    found.into_iter().chain(linked).collect()
}

/// Runs `preinstall`, `install` and `postinstall` of the packages that came, each for all of them.
/// An optional package whose script fails is taken away again.
pub(crate) fn run_install_scripts(
    context: &Context,
    project: &Project,
    plan: &Plan,
    packages: &[Package],
    policy: &ScriptPolicy,
    mut installation: Option<&mut Installation>,
) -> Result<(), Failure> {
    let all = context.switch("dangerously-allow-all-scripts", false);
    let (linked, came): (Vec<_>, Vec<_>) = scripted(&project.folder, plan, packages)
        .into_iter()
        .filter(|scripted| all || policy.verdict(scripted.package) != Some(false))
        .partition(|s| s.linked);
    let of_linked = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];
    for (group, events) in [(came, &of_linked[..3]), (linked, &of_linked[..])] {
        let mut failed: Vec<&str> = Vec::new();
        for event in events {
            for Scripted { package, manifest, .. } in &group {
                let Some(command) = manifest.scripts.get(*event).filter(|c| !c.is_empty()) else { continue };
                if failed.contains(&package.location.as_str()) {
                    continue;
                }
                let outcome = run_one(context, project, package, manifest, event, command);
                match outcome {
                    Ok(()) => {}
                    Err(_) if package.flags.optional => {
                        failed.push(&package.location);
                        if let Some(installation) = installation.as_deref_mut() {
                            installation.take_away(&package.location)?;
                        }
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
    }
    // Ignored: not there when nothing had scripts.
    let _ = fs::remove_file(project.folder.join(PENDING_SCRIPTS));
    Ok(())
}

fn run_one(
    context: &Context,
    project: &Project,
    package: &Package,
    manifest: &Manifest,
    event: &str,
    command: &str,
) -> Result<(), Failure> {
    let script = Script {
        event: event.to_owned(),
        command: command.to_owned(),
        folder: project.folder.join(&package.location),
        package_name: manifest.name.clone().unwrap_or_default(),
        package_version: manifest.version.clone().unwrap_or_default(),
    };
    let foreground = context.switch("foreground-scripts", false);
    let outcome = run(&script, &script_environment(context, &project.folder), foreground)?;
    if outcome.code == 0 {
        return Ok(());
    }
    let error = InstallError::Script {
        package: manifest.id(),
        event: event.to_owned(),
        path: script.folder,
        command: command.to_owned(),
        code: outcome.code,
    };
    let mut failure = Failure::from(error);
    if let Failure::Coded { lines, .. } = &mut failure {
        lines.push(String::from_utf8_lossy(&outcome.output).trim_end().to_owned());
    }
    Err(failure)
}

/// Empties `node_modules`, the workspaces' too, as `npm ci` does.
pub(crate) fn clear_node_modules(job: &Job) -> Result<(), Failure> {
    let folders = job.workspaces.iter().map(|(w, _)| &w.folder).chain([&job.root.folder]);
    for folder in folders {
        let node_modules = folder.join("node_modules");
        let Ok(entries) = fs::read_dir(&node_modules) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
            let removed = if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|e| Failure::file("rm", &path, &e))?;
        }
    }
    Ok(())
}

/// Notes what is installed in `node_modules/.package-lock.json`.
pub(crate) fn save_hidden_lock(
    context: &Context,
    project: &Project,
    resolution: &Resolution,
    packages: &[Package],
) -> Result<(), Failure> {
    let whole = resolution.lockfile(omit_resolved(context));
    let mut hidden = Lockfile { packages: Default::default(), ..whole.clone() };
    for package in packages {
        if let Some(entry) = whole.packages.get(&package.location) {
            let mut entry = entry.clone();
            if let Some(variant) = &package.substitute {
                entry.insert(SUBSTITUTE.into(), variant.clone().into());
            }
            hidden.packages.insert(package.location.clone(), entry);
        }
    }
    let path = project.folder.join(HIDDEN_LOCK);
    // Nothing is installed: there is no place for it.
    if packages.is_empty() && !project.folder.join("node_modules").exists() {
        return Ok(());
    }
    let text = hidden.print(&JsonStyle::default());
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    Ok(write_whole(&path, &text)?)
}

/// Writes `package.json` and the lock file, unless told not to.
pub(crate) fn save(context: &Context, job: &mut Job, resolution: &Resolution) -> Result<(), Failure> {
    if !job.save {
        return Ok(());
    }
    let changed = !job.requests.is_empty() || !job.removals.is_empty() || job.update != Update::Needed;
    if changed && job.save_package {
        for project in job.targets() {
            project.save_package()?;
        }
    }
    if context.switch("package-lock", true) {
        job.root.save_lock(&resolution.lockfile(omit_resolved(context)))?;
    }
    Ok(())
}

fn omit_resolved(context: &Context) -> bool {
    context.switch("omit-lockfile-registry-resolved", false)
}
