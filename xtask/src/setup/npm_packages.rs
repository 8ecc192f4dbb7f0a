//! The npm packages that TypeScript and the browser test need.

use super::missing;
use crate::cache::Inputs;
use crate::command::Command;
use crate::error::Result;
use crate::workspace::Workspace;

/// Folders with a package.json and a lock file of their own.
const FOLDERS: [&str; 3] = ["nodeapi/js", "js", "tests/browser"];

/// `npm ci` in each folder whose package.json or lock file changed.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    if !Command::new("npm").arg("--version").succeeds() {
        return Err(missing("npm", "install Node.js 20 or later"));
    }
    for name in FOLDERS {
        let folder = workspace.path(name);
        let (package, lock) = (folder.join("package.json"), folder.join("package-lock.json"));
        if !package.is_file() {
            continue;
        }
        if !lock.is_file() {
            let what = format!("{name}/package-lock.json");
            return Err(missing(&what, "run `npm install` there and commit the lock file"));
        }
        let stamp = Inputs::of("npm ci").path(&package)?.path(&lock)?.stamp();
        stamp.unless_current(&[&folder.join("node_modules")], || {
            Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).dir(&folder).run()
        })?;
    }
    Ok(())
}
