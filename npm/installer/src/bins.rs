//! Commands of packages: links in `node_modules/.bin`.

use crate::install::relative;
use crate::{InstallError, os};
use oac_npm_resolver::Package;
use oac_npm_spec::{locale_compare, name_of_location};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Makes the links of all packages, and takes away those that lead nowhere. Of two packages with one
/// command the first by path has it, as in npm. `global_bin` is where the commands of global packages go.
pub(crate) fn link_all(
    project: &Path,
    packages: &[Package],
    global_bin: Option<&Path>,
    changes: &mut Vec<LinkChange>,
) -> Result<(), InstallError> {
    let mut sorted: Vec<&Package> = packages.iter().filter(|p| !p.is_local).collect();
    sorted.sort_by(|a, b| locale_compare(&a.location, &b.location));
    let mut folders: BTreeMap<PathBuf, Folder<'_>> = BTreeMap::new();
    for package in sorted {
        let location = &package.location;
        let node_modules = &location[..location.len() - name_of_location(location).len()];
        let folder = match global_bin.filter(|_| node_modules == "node_modules/") {
            Some(global) => global.to_owned(),
            None => project.join(node_modules).join(".bin"),
        };
        for (name, target) in commands(package, &project.join(location)) {
            let file = project.join(location).join(target);
            if file.exists() {
                folders.entry(folder.clone()).or_default().links.entry(name).or_insert(file);
            }
        }
        if folder.exists() {
            folders.entry(folder).or_default().packages.insert(name_of_location(location));
        }
    }
    if global_bin.is_none() {
        folders.entry(project.join("node_modules/.bin")).or_default();
    }
    for (path, folder) in folders {
        link_folder(&path, &folder, changes)?;
    }
    Ok(())
}

/// What a `.bin` folder is to hold, and whose links in it are ours.
#[derive(Default)]
struct Folder<'a> {
    links: HashMap<String, PathBuf>,
    packages: HashSet<&'a str>,
}

/// The package that a link in `.bin` leads to: `../@s/name/cli.js` is `@s/name`'s.
fn owner(target: &Path) -> Option<String> {
    let target = target.strip_prefix("..").ok()?;
    // A global command: ../lib/node_modules/name/cli.js
    let target = target.strip_prefix("lib/node_modules").unwrap_or(target);
    let mut parts = target.components().map(|c| c.as_os_str().to_string_lossy());
    let first = parts.next()?;
    if first.starts_with('@') { Some(format!("{first}/{}", parts.next()?)) } else { Some(first.into_owned()) }
}

/// The commands of a package: names, and files within it.
pub(crate) fn commands(package: &Package, folder: &Path) -> Vec<(String, String)> {
    let manifest = &package.manifest;
    let declared = manifest.bin.iter().map(|(name, target)| (name.clone(), target.clone()));
    // npm sees `directories.bin` where it reads the package itself, which it does not for one of a registry.
    let from_registry =
        package.resolved.as_deref().is_some_and(|r| r.starts_with("http") && r.contains("/-/"));
    let listed = manifest.bin_folder.iter().filter(|_| !from_registry).flat_map(|bin| {
        let entries = fs::read_dir(folder.join(bin)).ok().into_iter().flatten().filter_map(Result::ok);
        let files = entries.filter(|e| e.file_type().is_ok_and(|t| t.is_file()));
        let names =
            files.map(|e| e.file_name().to_string_lossy().into_owned()).filter(|n| !n.starts_with('.'));
        names.map(move |name| (name.clone(), format!("{bin}/{name}"))).collect::<Vec<_>>()
    });
    declared.chain(listed).collect()
}

/// A link in a `.bin` folder that was made, changed or taken away.
#[derive(Debug)]
pub(crate) struct LinkChange {
    link: PathBuf,
    before: Option<PathBuf>,
}

impl LinkChange {
    fn note(link: &Path, changes: &mut Vec<Self>) {
        changes.push(Self { link: link.to_owned(), before: fs::read_link(link).ok() });
    }

    /// Puts back what was there. Ignored where it fails: links are made again by the next install.
    pub(crate) fn undo(&self) {
        let _ = fs::remove_file(&self.link);
        if let Some(target) = &self.before {
            let _ = os::symlink(target, &self.link);
        }
    }
}

/// Removes the links in a `node_modules`' `.bin` that lead nowhere.
pub(crate) fn remove_dangling(node_modules: &Path) -> Result<(), InstallError> {
    let node_modules = if node_modules.ends_with("node_modules") {
        node_modules
    } else {
        node_modules.parent().unwrap_or(node_modules)
    };
    let Ok(entries) = fs::read_dir(node_modules.join(".bin")) else { return Ok(()) };
    for entry in entries.filter_map(Result::ok).map(|e| e.path()) {
        if !entry.exists() {
            fs::remove_file(&entry).map_err(InstallError::file("unlink", &entry))?;
        }
    }
    let _ = fs::remove_dir(node_modules.join(".bin"));
    Ok(())
}

fn link_folder(
    folder: &Path,
    wanted: &Folder<'_>,
    changes: &mut Vec<LinkChange>,
) -> Result<(), InstallError> {
    let links = &wanted.links;
    let entries: Vec<PathBuf> = fs::read_dir(folder)
        .map(|e| e.filter_map(Result::ok).map(|e| e.path()).collect())
        .unwrap_or_default();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        let owner = fs::read_link(&entry).ok().and_then(|target| owner(&target));
        let ours = owner.is_some_and(|owner| wanted.packages.contains(owner.as_str()));
        // exists() follows the link.
        if !entry.exists() || (ours && !links.contains_key(&*name)) {
            LinkChange::note(&entry, changes);
            fs::remove_file(&entry).map_err(InstallError::file("unlink", &entry))?;
        }
    }
    if links.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(InstallError::file("mkdir", folder))?;
    for (name, file) in links {
        let link = folder.join(name);
        let target = relative(folder, file);
        if fs::read_link(&link).is_ok_and(|existing| existing == target) {
            continue;
        }
        LinkChange::note(&link, changes);
        if fs::symlink_metadata(&link).is_ok() {
            fs::remove_file(&link).map_err(InstallError::file("unlink", &link))?;
        }
        os::symlink(&target, &link).map_err(InstallError::file("symlink", link))?;
    }
    Ok(())
}
