//! The workspaces of a project, and which of them a command is for.

use crate::context::Context;
use crate::failure::Failure;
use oac_npm_installer::read_manifest;
use oac_npm_resolver::join_path;
use oac_npm_spec::{SpecError, matching_folders, parse_json, workspace_patterns};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of the project's `workspaces`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

/// How deep below a project workspaces are looked for.
const DEPTH_MAX: usize = 16;

/// The workspaces of the project in a folder, in npm's order.
pub(crate) fn load(project: &Path) -> Result<Vec<Workspace>, Failure> {
    let Ok(text) = fs::read_to_string(project.join("package.json")) else { return Ok(Vec::new()) };
    let package = parse_json("package.json", &text)?;
    let patterns = workspace_patterns(&package)?;
    if patterns.wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    list(project, "", 0, &mut folders);
    let mut found: Vec<Workspace> = Vec::new();
    for folder in matching_folders(&patterns, folders.iter().map(String::as_str)) {
        let path = project.join(folder);
        if !path.join("package.json").exists() {
            continue;
        }
        let text = fs::read_to_string(path.join("package.json"))
            .map_err(|e| Failure::file("open", &path.join("package.json"), &e))?;
        let package = parse_json(&path.join("package.json").display().to_string(), &text)?;
        let name =
            package.get("name").and_then(Value::as_str).map_or_else(|| folder_name(&path), str::to_owned);
        if let Some(other) = found.iter().find(|w| w.name == name) {
            let paths = [&other.folder, &path].map(|p| p.display().to_string()).to_vec();
            return Err(SpecError::DuplicateWorkspace { name, paths }.into());
        }
        found.push(Workspace { name, folder: path });
    }
    Ok(found)
}

fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Folders below a project, relative to it; `node_modules` and hidden ones aside.
fn list(project: &Path, below: &str, depth: usize, out: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(project.join(below)) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "node_modules" || name == ".git" || !entry.file_type().is_ok_and(|t| t.is_dir()) {
            continue;
        }
        let relative = if below.is_empty() { name } else { format!("{below}/{name}") };
        out.push(relative.clone());
        if depth < DEPTH_MAX {
            list(project, &relative, depth + 1, out);
        }
    }
}

/// The project further up that a folder is a workspace of.
pub(crate) fn project_of(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .skip(1)
        .filter(|above| read_manifest(above).is_some_and(|m| m.kept.contains_key("workspaces")))
        .find(|above| load(above).is_ok_and(|all| all.iter().any(|w| w.folder == folder)))
        .map(Path::to_owned)
}

/// What a command is for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// The workspaces asked for; empty when none were.
    pub(crate) workspaces: Vec<Workspace>,
    /// Whether the project itself is meant, too.
    pub(crate) root: bool,
}

impl Selection {
    /// The folders meant, the project's first.
    pub(crate) fn folders(&self, context: &Context) -> Vec<PathBuf> {
        let root = self.root.then(|| context.project.clone());
        root.into_iter().chain(self.workspaces.iter().map(|w| w.folder.clone())).collect()
    }

    /// Whether workspaces were asked for.
    pub(crate) fn is_some(&self) -> bool {
        !self.workspaces.is_empty()
    }
}

/// What `--workspace`, `--workspaces` and the working directory select; the project itself without them.
pub(crate) fn selected(context: &Context) -> Result<Selection, Failure> {
    let project_only = Selection { workspaces: Vec::new(), root: true };
    let enabled = context.config.flag("workspaces");
    if enabled == Some(false) || context.is_global() {
        return Ok(project_only);
    }
    let mut filters: Vec<String> = context
        .config
        .get("workspace")
        .map(|list| list.split(',').filter(|f| !f.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default();
    if filters.is_empty() && enabled != Some(true) {
        match &context.implicit_workspace {
            Some(folder) => filters.push(folder.display().to_string()),
            None => return Ok(project_only),
        }
    }
    let all = load(&context.project)?;
    let root = context.switch("include-workspace-root", false);
    let mut workspaces: Vec<Workspace> = Vec::new();
    if filters.is_empty() {
        workspaces.clone_from(&all);
    }
    for filter in &filters {
        let path = PathBuf::from(join_path(&context.cwd.to_string_lossy(), filter));
        for workspace in &all {
            let by_path = workspace.folder == path || workspace.folder.parent() == Some(&path);
            if (*filter == workspace.name || by_path) && !workspaces.contains(workspace) {
                workspaces.push(workspace.clone());
            }
        }
    }
    if workspaces.is_empty() && !root {
        let list: String = filters.iter().map(|f| format!(" --workspace={f}")).collect();
        let text = if filters.is_empty() {
            "No workspaces found!".to_owned()
        } else {
            format!("No workspaces found:\n {list}")
        };
        return Err(Failure::Plain(text));
    }
    Ok(Selection { workspaces, root })
}
