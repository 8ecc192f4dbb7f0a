//! Carrying a plan out in `node_modules`.
//!
//! Packages are unpacked into a staging folder inside `node_modules` and then renamed into their
//! places, parents first. Killed at any point, every package folder is whole, in its old or its new
//! version; the hidden lock file, which would vouch for all of them, is taken away first and
//! written last, so that the next install looks for itself. What was there before stays in the
//! staging folder until the end, so that a failure takes everything back.

use crate::bins::{self, LinkChange};
use crate::extract::extract;
use crate::pack::pack_list;
use crate::plan::{HIDDEN_LOCK, Plan, STAGING_PREFIX, link_text};
use crate::{InstallError, os};
use oac_npm_resolver::Package;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// An install being carried out.
#[derive(Debug)]
pub struct Installation {
    project: PathBuf,
    staging: PathBuf,
    /// Staged folders by location.
    staged: HashMap<String, PathBuf>,
    /// What was moved where, in order.
    moves: Vec<Move>,
    links: Vec<LinkChange>,
    made_node_modules: bool,
    /// Where the commands of global packages go.
    global_bin: Option<PathBuf>,
}

/// A step that can be taken back.
#[derive(Debug)]
enum Move {
    /// Something old was moved into the staging folder.
    Retired { place: PathBuf, retired: PathBuf },
    /// Something new is in its place.
    Placed { place: PathBuf },
    /// Folders inside an old package went over to the new one.
    Inner { from: PathBuf, to: PathBuf },
}

impl Installation {
    /// Prepares `node_modules`; clears what a killed install left. `global_bin`: where the commands of
    /// global packages go.
    ///
    /// # Errors
    /// `InstallError::File`.
    pub fn begin(project: &Path, global_bin: Option<PathBuf>) -> Result<Self, InstallError> {
        let node_modules = project.join("node_modules");
        let made_node_modules = !node_modules.exists();
        fs::create_dir_all(&node_modules).map_err(InstallError::file("mkdir", &node_modules))?;
        remove_leftovers(project)?;
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let staging = node_modules.join(format!("{STAGING_PREFIX}{nanos:x}"));
        fs::create_dir(&staging).map_err(InstallError::file("mkdir", &staging))?;
        let mut installation = Self {
            project: project.to_owned(),
            staging,
            staged: HashMap::new(),
            moves: Vec::new(),
            links: Vec::new(),
            made_node_modules,
            global_bin,
        };
        installation.retire(&project.join(HIDDEN_LOCK))?;
        Ok(installation)
    }

    /// Unpacks a package beside its place.
    ///
    /// # Errors
    /// As [`extract`].
    pub fn stage(&mut self, package: &Package, tarball: &[u8]) -> Result<(), InstallError> {
        let folder = self.staging.join(self.staged.len().to_string());
        extract(&package.manifest.id(), tarball, &folder)?;
        if package.resolved.as_deref().is_some_and(|resolved| resolved.starts_with("git")) {
            keep_published(&folder)?;
        }
        make_bins_executable(package, &folder)?;
        self.staged.insert(package.location.clone(), folder);
        Ok(())
    }

    /// Puts everything in its place and takes away what nobody wants. Until [`Installation::finish`]
    /// it can all be taken back.
    ///
    /// # Errors
    /// `InstallError::File`; what was moved so far is to be taken back by the caller.
    pub fn commit(&mut self, plan: &Plan, packages: &[Package]) -> Result<(), InstallError> {
        for removal in &plan.remove {
            let place = self.project.join(&removal.location);
            self.retire(&place)?;
            self.remove_empty_parents(&place);
        }
        for package in packages {
            if let Some(target) = &package.link_to {
                self.link(package, target)?;
                make_bins_executable(package, &self.project.join(&package.location))?;
            }
            if let Some(staged) = self.staged.remove(&package.location) {
                self.put(&self.project.join(&package.location), &staged)?;
            }
        }
        bins::link_all(&self.project, packages, self.global_bin.as_deref(), &mut self.links)
    }

    /// Takes a package away again, with its folder if that is empty then: an optional one whose script failed.
    ///
    /// # Errors
    /// `InstallError::File`.
    pub fn take_away(&mut self, location: &str) -> Result<(), InstallError> {
        let place = self.project.join(location);
        self.retire(&place)?;
        self.remove_empty_parents(&place);
        bins::remove_dangling(place.parent().unwrap_or(&self.project))
    }

    /// The end: what was there before is gone for good.
    ///
    /// # Errors
    /// `InstallError::File`.
    pub fn finish(self) -> Result<(), InstallError> {
        fs::remove_dir_all(&self.staging).map_err(InstallError::file("rmdir", &self.staging))?;
        // Only removed if empty.
        let _ = fs::remove_dir(self.project.join("node_modules"));
        Ok(())
    }

    /// Takes everything back; what cannot be moved back stays for the next install to mend.
    pub fn roll_back(self) {
        for change in self.links.iter().rev() {
            change.undo();
        }
        for step in self.moves.iter().rev() {
            match step {
                Move::Placed { place } => {
                    let _ = fs::remove_dir_all(place).or_else(|_| fs::remove_file(place));
                    self.remove_empty_parents(place);
                }
                Move::Retired { place, retired } => {
                    if let Some(parent) = place.parent() {
                        let _ = fs::create_dir_all(parent);
                    }
                    let _ = fs::rename(retired, place);
                }
                Move::Inner { from, to } => {
                    let _ = fs::rename(to, from);
                }
            }
        }
        let _ = fs::remove_dir_all(&self.staging);
        if self.made_node_modules {
            let node_modules = self.project.join("node_modules");
            let _ = fs::remove_dir(node_modules.join(".bin"));
            let _ = fs::remove_dir(node_modules);
        }
    }

    fn put(&mut self, place: &Path, staged: &Path) -> Result<(), InstallError> {
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(InstallError::file("mkdir", parent))?;
        }
        let old = self.retire(place)?;
        fs::rename(staged, place).map_err(InstallError::file("rename", place))?;
        self.moves.push(Move::Placed { place: place.to_owned() });
        // Packages inside the old folder stay where they are, as seen from outside.
        if let Some(old) = old {
            let (from, to) = (old.join("node_modules"), place.join("node_modules"));
            if from.is_dir() && !to.exists() {
                fs::rename(&from, &to).map_err(InstallError::file("rename", &to))?;
                self.moves.push(Move::Inner { from, to });
            }
        }
        Ok(())
    }

    /// Moves a file, link or folder, if it is there, into the staging folder.
    fn retire(&mut self, place: &Path) -> Result<Option<PathBuf>, InstallError> {
        let retired = self.staging.join(format!("retired-{}", self.moves.len()));
        match fs::rename(place, &retired) {
            Ok(()) => {
                self.moves.push(Move::Retired { place: place.to_owned(), retired: retired.clone() });
                Ok(Some(retired))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(InstallError::file("rename", place)(e)),
        }
    }

    fn link(&mut self, package: &Package, target: &str) -> Result<(), InstallError> {
        let place = self.project.join(&package.location);
        let text = link_text(&self.project, package, target);
        if fs::read_link(&place).is_ok_and(|old| old == text) {
            return Ok(());
        }
        self.retire(&place)?;
        let parent = place.parent().unwrap_or(&self.project);
        fs::create_dir_all(parent).map_err(InstallError::file("mkdir", parent))?;
        os::symlink(&text, &place).map_err(InstallError::file("symlink", &place))?;
        self.moves.push(Move::Placed { place });
        Ok(())
    }

    /// Removes the `@scope` and `node_modules` folders that a package leaves empty.
    fn remove_empty_parents(&self, place: &Path) {
        let top = self.project.join("node_modules");
        for parent in place.ancestors().skip(1).take_while(|p| *p != top && p.starts_with(&self.project)) {
            let name = parent.file_name().unwrap_or_default().to_string_lossy();
            let ours = name == "node_modules" || name.starts_with('@');
            // Fails, as it should, for a folder that is not empty.
            if !ours || fs::remove_dir(parent).is_err() {
                break;
            }
        }
    }
}

/// npm makes the files of `bin` executable, whatever the tarball says.
fn make_bins_executable(package: &Package, folder: &Path) -> Result<(), InstallError> {
    for (_, target) in bins::commands(package, folder) {
        let file = folder.join(target);
        if file.is_file() {
            os::chmod(&file, 0o755).map_err(InstallError::file("chmod", file))?;
        }
    }
    Ok(())
}

/// Takes away from a repository's files what its package would not publish: npm packs it before it installs it.
fn keep_published(folder: &Path) -> Result<(), InstallError> {
    let text = fs::read(folder.join("package.json")).map_err(InstallError::file("open", folder))?;
    let package: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let kept: HashSet<PathBuf> =
        pack_list(folder, &package, &[])?.into_iter().map(|file| folder.join(file.path)).collect();
    let mut folders = vec![folder.to_owned()];
    let mut at = 0;
    while let Some(current) = folders.get(at).cloned() {
        at += 1;
        for entry in fs::read_dir(&current).map_err(InstallError::file("scandir", &current))? {
            let path = entry.map_err(InstallError::file("scandir", &current))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !kept.contains(&path) {
                fs::remove_file(&path).map_err(InstallError::file("rm", &path))?;
            }
        }
    }
    for empty in folders.iter().skip(1).rev() {
        // Only removed if empty.
        let _ = fs::remove_dir(empty);
    }
    Ok(())
}

/// Removes what an install that was killed left behind.
///
/// # Errors
/// `InstallError::File`.
pub fn remove_leftovers(project: &Path) -> Result<(), InstallError> {
    let Ok(entries) = fs::read_dir(project.join("node_modules")) else { return Ok(()) };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(STAGING_PREFIX) {
            remove_if_there(&entry.path(), |p| fs::remove_dir_all(p))?;
        }
    }
    Ok(())
}

/// The way from one absolute folder to another.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let (mut from_parts, mut to_parts) = (from.components().peekable(), to.components().peekable());
    while from_parts.peek().is_some() && from_parts.peek() == to_parts.peek() {
        from_parts.next();
        to_parts.next();
    }
    from_parts.map(|_| PathBuf::from("..")).chain(to_parts.map(|c| PathBuf::from(c.as_os_str()))).collect()
}

fn remove_if_there(path: &Path, remove: impl Fn(&Path) -> std::io::Result<()>) -> Result<(), InstallError> {
    match remove(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(InstallError::file("unlink", path)(e)),
        _ => Ok(()),
    }
}

/// Writes a file beside its place and renames it.
///
/// # Errors
/// `InstallError::File`.
pub fn write_whole(path: &Path, text: &str) -> Result<(), InstallError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    fs::write(&temporary, text).map_err(InstallError::file("open", &temporary))?;
    fs::rename(&temporary, path).map_err(InstallError::file("rename", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_folders() {
        let way = |a: &str, b: &str| relative(Path::new(a), Path::new(b)).display().to_string();
        assert_eq!(way("/a/node_modules/.bin", "/a/node_modules/x/cli.js"), "../x/cli.js");
        assert_eq!(way("/a/b", "/a/b/c"), "c");
        assert_eq!(way("/a/b/c", "/a/d"), "../../d");
    }
}
