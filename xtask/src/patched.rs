//! Our patches to pinned crates: small diffs under patches/, applied to a copy of the published source.
//!
//! The copy is handed to cargo as a path override, which leaves Cargo.lock as it is. Only the programs are built with
//! it; a plain `cargo build` of the workspace uses the published crates.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cache::Inputs;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::js_engine::JsEngine;
use crate::workspace::Workspace;

/// Makes the sources that are patched for an engine; gives the arguments for cargo that put them in force.
///
/// # Errors
/// When a folder of diffs has the name of no crate in the lock file, or a diff no longer applies.
pub(crate) fn cargo_arguments(workspace: &Workspace, engine: JsEngine) -> Result<Vec<String>> {
    let wanted = |path: &Path| {
        path.is_dir() && path.file_name().is_some_and(|name| engine.patches(&name.to_string_lossy()))
    };
    let crates = sorted(&workspace.path("patches"), wanted)?;
    if crates.is_empty() {
        return Ok(Vec::new());
    }
    let metadata = workspace.metadata()?;
    let mut folders = Vec::new();
    for diffs in &crates {
        folders.push(patched(workspace, &metadata, diffs)?);
    }
    let list: Vec<String> =
        folders.iter().map(|folder| format!("{:?}", folder.display().to_string())).collect();
    Ok(vec!["--config".to_owned(), format!("paths=[{}]", list.join(", "))])
}

/// The entries of a folder that are wanted, by name; none if there is no such folder.
fn sorted(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file("list", folder))? {
        let path = entry.map_err(Error::file("list", folder))?.path();
        if wanted(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// `patches/<crate>/*.diff`, applied in the order of their names → `target/patched/<crate>-<version>`.
fn patched(workspace: &Workspace, metadata: &Value, diffs: &Path) -> Result<PathBuf> {
    let name = diffs.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (version, source) = published(metadata, &name).ok_or_else(|| Error::Missing {
        what: format!("the crate `{name}`, which {} patches,", diffs.display()),
        remedy: "it is not in Cargo.lock; rename or remove the folder".to_owned(),
    })?;
    let diffs = sorted(diffs, |path| path.extension().is_some_and(|extension| extension == "diff"))?;
    let folder = workspace.target.join("patched").join(format!("{name}-{version}"));
    let mut inputs = Inputs::of("patch").text(&version);
    for diff in &diffs {
        inputs = inputs.path(diff)?;
    }
    inputs.stamp().unless_current(&[&folder], || {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Error::file("remove", &folder))?;
        }
        copy_folder(&source, &folder)?;
        // One after the other, so that an error is of one diff. Without the ceiling git takes the checkout around the copy for
        // the tree to patch.
        for diff in &diffs {
            Command::new("git")
                .args(["apply", "-p1", "--whitespace=nowarn"])
                .arg(diff)
                .dir(&folder)
                .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(&workspace.target))
                .run()?;
        }
        Ok(())
    })?;
    Ok(folder)
}

/// Version and source folder of a package in the lock file.
fn published(metadata: &Value, name: &str) -> Option<(String, PathBuf)> {
    let package = metadata["packages"].as_array()?.iter().find(|package| package["name"] == name)?;
    let manifest = PathBuf::from(package["manifest_path"].as_str()?);
    Some((package["version"].as_str()?.to_owned(), manifest.parent()?.to_owned()))
}

/// Copies a folder, whatever its depth.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::file("make", to))?;
    for entry in fs::read_dir(from).map_err(Error::file("list", from))? {
        let source = entry.map_err(Error::file("list", from))?.path();
        let target = to.join(source.file_name().unwrap_or_default());
        if source.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(Error::file("copy", &source))?;
        }
    }
    Ok(())
}
