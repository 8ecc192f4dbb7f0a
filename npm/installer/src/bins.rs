//! Commands of packages: links in `node_modules/.bin`.

use crate::install::relative;
use crate::{InstallError, os};
use oac_npm_resolver::Package;
use oac_npm_spec::{locale_compare, name_of_location};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Makes the links of all packages, and takes away those that lead nowhere. Of two packages with one
/// command the first by path has it, as in npm.
pub(crate) fn link_all(project: &Path, packages: &[Package]) -> Result<(), InstallError> {
    let mut sorted: Vec<&Package> = packages.iter().filter(|p| p.link_to.is_none()).collect();
    sorted.sort_by(|a, b| locale_compare(&a.location, &b.location));
    let mut folders: BTreeMap<PathBuf, Folder<'_>> = BTreeMap::new();
    for package in sorted {
        let location = &package.location;
        let node_modules = &location[..location.len() - name_of_location(location).len()];
        let folder = project.join(node_modules).join(".bin");
        for (name, target) in &package.manifest.bin {
            let file = project.join(location).join(target);
            if file.exists() {
                folders.entry(folder.clone()).or_default().links.entry(name).or_insert(file);
            }
        }
        if folder.exists() {
            folders.entry(folder).or_default().packages.insert(name_of_location(location));
        }
    }
    folders.entry(project.join("node_modules/.bin")).or_default();
    for (path, folder) in folders {
        link_folder(&path, &folder)?;
    }
    Ok(())
}

/// What a `.bin` folder is to hold, and whose links in it are ours.
#[derive(Default)]
struct Folder<'a> {
    links: HashMap<&'a str, PathBuf>,
    packages: HashSet<&'a str>,
}

/// The package that a link in `.bin` leads to: `../@s/name/cli.js` is `@s/name`'s.
fn owner(target: &Path) -> Option<String> {
    let mut parts = target.strip_prefix("..").ok()?.components().map(|c| c.as_os_str().to_string_lossy());
    let first = parts.next()?;
    if first.starts_with('@') { Some(format!("{first}/{}", parts.next()?)) } else { Some(first.into_owned()) }
}

fn link_folder(folder: &Path, wanted: &Folder<'_>) -> Result<(), InstallError> {
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
        if fs::symlink_metadata(&link).is_ok() {
            fs::remove_file(&link).map_err(InstallError::file("unlink", &link))?;
        }
        os::symlink(&target, &link).map_err(InstallError::file("symlink", link))?;
    }
    Ok(())
}
