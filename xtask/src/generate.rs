//! Files that are written from the system-call table, so that no constant is kept in step by hand.

use std::fs;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// A generated file: what to ask oac-abi's printer for, and where it goes.
const FILES: [(&str, &str); 2] =
    [("markdown", "docs/syscalls.md"), ("typescript", "js/src/generated/abi.ts")];

/// Writes every generated file that is not up to date.
///
/// # Errors
/// When oac-abi does not build, or a file cannot be written.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    for stale in stale(workspace)? {
        if let Some(folder) = stale.path.parent() {
            fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        }
        fs::write(&stale.path, &stale.content).map_err(Error::file("write", &stale.path))?;
        println!("wrote {}", stale.relative);
    }
    Ok(())
}

/// A generated file whose content is not what the table says.
pub(crate) struct Stale {
    /// Path from the root of the workspace.
    pub(crate) relative: &'static str,
    path: PathBuf,
    content: String,
}

/// The generated files that are out of date.
pub(crate) fn stale(workspace: &Workspace) -> Result<Vec<Stale>> {
    let mut stale = Vec::new();
    for (kind, relative) in FILES {
        let content = workspace
            .cargo(["run", "--quiet", "-p", "oac-abi", "--example", "print", "--", kind])
            .output()?;
        let path = workspace.path(relative);
        if fs::read_to_string(&path).ok().as_deref() != Some(content.as_str()) {
            stale.push(Stale { relative, path, content });
        }
    }
    Ok(stale)
}
