//! Carrying a plan out in `node_modules`.
//!
//! Packages are unpacked into a staging folder inside `node_modules` and then renamed into their
//! places, parents first. Killed at any point, every package folder is whole, in its old or its new
//! version; the hidden lock file, which would vouch for all of them, is taken away first and
//! written last, so that the next install looks for itself.

use crate::extract::extract;
use crate::plan::{HIDDEN_LOCK, Plan, STAGING_PREFIX};
use crate::{InstallError, bins, os};
use oac_npm_resolver::Package;
use std::collections::HashMap;
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
    retired: usize,
}

impl Installation {
    /// Prepares `node_modules`; clears what a killed install left.
    ///
    /// # Errors
    /// `InstallError::File`.
    pub fn begin(project: &Path) -> Result<Self, InstallError> {
        let node_modules = project.join("node_modules");
        fs::create_dir_all(&node_modules).map_err(InstallError::file("mkdir", &node_modules))?;
        remove_if_there(&project.join(HIDDEN_LOCK), |p| fs::remove_file(p))?;
        let entries = fs::read_dir(&node_modules).map_err(InstallError::file("scandir", &node_modules))?;
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(STAGING_PREFIX) {
                remove_if_there(&entry.path(), |p| fs::remove_dir_all(p))?;
            }
        }
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let staging = node_modules.join(format!("{STAGING_PREFIX}{nanos:x}"));
        fs::create_dir(&staging).map_err(InstallError::file("mkdir", &staging))?;
        Ok(Self { project: project.to_owned(), staging, staged: HashMap::new(), retired: 0 })
    }

    /// Unpacks a package beside its place.
    ///
    /// # Errors
    /// As [`extract`].
    pub fn stage(&mut self, package: &Package, tarball: &[u8]) -> Result<(), InstallError> {
        let folder = self.staging.join(self.staged.len().to_string());
        extract(&package.manifest.id(), tarball, &folder)?;
        self.make_bins_executable(package, &folder)?;
        self.staged.insert(package.location.clone(), folder);
        Ok(())
    }

    /// npm makes the files of `bin` executable, whatever the tarball says.
    fn make_bins_executable(&self, package: &Package, folder: &Path) -> Result<(), InstallError> {
        for target in package.manifest.bin.values() {
            let file = folder.join(target);
            if file.is_file() {
                os::chmod(&file, 0o755).map_err(InstallError::file("chmod", file))?;
            }
        }
        Ok(())
    }

    /// Puts everything in its place and takes away what nobody wants.
    ///
    /// # Errors
    /// `InstallError::File`; what was moved so far stays.
    pub fn commit(&mut self, plan: &Plan, packages: &[Package]) -> Result<(), InstallError> {
        for removal in &plan.remove {
            self.retire(&self.project.join(&removal.location))?;
        }
        for package in packages {
            if let Some(target) = &package.link_to {
                self.link(package, target)?;
            }
            if let Some(staged) = self.staged.remove(&package.location) {
                self.put(package, &staged)?;
            }
        }
        bins::link_all(&self.project, packages)?;
        fs::remove_dir_all(&self.staging).map_err(InstallError::file("rmdir", &self.staging))
    }

    /// Takes everything back that was not put in its place yet.
    pub fn abandon(self) {
        // Ignored: what stays is removed by the next install.
        let _ = fs::remove_dir_all(&self.staging);
        let node_modules = self.project.join("node_modules");
        // Only removed if empty, that is, if it was made by `begin`.
        let _ = fs::remove_dir(node_modules);
    }

    fn put(&mut self, package: &Package, staged: &Path) -> Result<(), InstallError> {
        let place = self.project.join(&package.location);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(InstallError::file("mkdir", parent))?;
        }
        let old = self.retire(&place)?;
        fs::rename(staged, &place).map_err(InstallError::file("rename", &place))?;
        // Packages inside the old folder stay where they are, as seen from outside.
        if let Some(old) = old {
            let (inner, back) = (old.join("node_modules"), place.join("node_modules"));
            if inner.is_dir() && !back.exists() {
                fs::rename(&inner, &back).map_err(InstallError::file("rename", back))?;
            }
        }
        Ok(())
    }

    /// Moves a folder, if it is there, into the staging folder, which is removed in the end.
    fn retire(&mut self, place: &Path) -> Result<Option<PathBuf>, InstallError> {
        let retired = self.staging.join(format!("retired-{}", self.retired));
        match fs::rename(place, &retired) {
            Ok(()) => {
                self.retired += 1;
                Ok(Some(retired))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(InstallError::file("rename", place)(e)),
        }
    }

    fn link(&mut self, package: &Package, target: &str) -> Result<(), InstallError> {
        let place = self.project.join(&package.location);
        if fs::symlink_metadata(&place).is_ok_and(|m| m.file_type().is_symlink()) {
            return Ok(());
        }
        self.retire(&place)?;
        let parent = place.parent().unwrap_or(&self.project);
        fs::create_dir_all(parent).map_err(InstallError::file("mkdir", parent))?;
        let relative = relative(parent, &self.project.join(target));
        os::symlink(&relative, &place).map_err(InstallError::file("symlink", place))
    }
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
