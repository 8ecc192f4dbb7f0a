//! A Chromium to run the page in.

use std::path::PathBuf;

use super::{debian_packages, missing};
use crate::command::{Command, find_on_path};
use crate::error::Result;
use crate::workspace::Workspace;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The system's Chromium or Chrome, else Debian's package when we are root, else Playwright's own.
/// `OAC_CHROMIUM` names another one.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("OAC_CHROMIUM") {
        return Ok(PathBuf::from(chosen));
    }
    if let Some(found) = find_on_path(&NAMES) {
        return Ok(found);
    }
    if debian_packages(&["chromium"])
        && let Some(found) = find_on_path(&NAMES)
    {
        return Ok(found);
    }
    playwright(workspace)
}

fn playwright(workspace: &Workspace) -> Result<PathBuf> {
    let folder = ["tests/browser", "js"]
        .into_iter()
        .map(|folder| workspace.path(folder))
        .find(|folder| folder.join("node_modules/playwright-core").is_dir())
        .ok_or_else(|| missing("playwright-core", "run `npm ci` in tests/browser, or install Chromium"))?;
    let print = "console.log(require('playwright-core').chromium.executablePath())";
    let path = Command::new("node").args(["-e", print]).dir(&folder).output()?;
    let path = PathBuf::from(path.trim());
    if !path.is_file() {
        let program = folder.join("node_modules/playwright-core/cli.js");
        Command::new("node").arg(program).args(["install", "chromium"]).dir(&folder).run()?;
    }
    if path.is_file() {
        Ok(path)
    } else {
        Err(missing("Chromium", "install it and set OAC_CHROMIUM to its path"))
    }
}
