//! What servers and connections inside a container do in a second, against Node and Node without its compilers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::table::Table;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// Runs of each script; the best counts, for what is beside it on the machine only slows it down.
const RUNS: usize = 3;

/// Script, what it counts, its unit.
const SCRIPTS: [(&str, &str, &str); 3] = [
    ("hello.js", "hello server of `http`, client beside it", "requests/s"),
    ("express.js", "hello server of express 5, client beside it", "requests/s"),
    ("echo.js", "TCP echo on the loopback", "MB/s"),
];

/// Measures; both sides run the same client in the same run.
pub(super) fn network(workspace: &Workspace, node: &Path) -> Result<Table> {
    let folder = with_express(workspace)?;
    let headings = ["what", "`oac run -- node`", "real Node", "`node --jitless`", "ratio to jitless"];
    let mut table = Table::new("Network", headings);
    for (script, what, unit) in SCRIPTS {
        let path = folder.join(script);
        let mount = format!("{}:/bench:ro", folder.display());
        let inside = ["run", "-v", &mount, "--", "node", &format!("/bench/{script}")].map(str::to_owned);
        let oac = best(|| Command::new(workspace.oac()).args(&inside))?;
        let real = best(|| Command::new(node).arg(&path))?;
        let jitless = best(|| Command::new(node).arg("--jitless").arg(&path))?;
        table.row([
            what,
            &format!("{oac:.0} {unit}"),
            &format!("{real:.0} {unit}"),
            &format!("{jitless:.0} {unit}"),
            &format!("{:.2}×", oac / jitless),
        ]);
    }
    Ok(table)
}

/// A folder with the scripts and the package that one of them wants, from the registry that is configured.
fn with_express(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("bench-network");
    fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    for script in SCRIPTS.map(|(script, ..)| script).into_iter().chain(["client.js"]) {
        let from = workspace.path("tests/bench/network").join(script);
        fs::copy(&from, folder.join(script)).map_err(Error::file("copy", &from))?;
    }
    if !folder.join("node_modules/express").exists() {
        let package = folder.join("package.json");
        fs::write(&package, "{}").map_err(Error::file("write", &package))?;
        Command::new("npm").args(["install", "--no-audit", "--no-fund", "express@5"]).dir(&folder).run()?;
    }
    Ok(folder)
}

fn best(command: impl Fn() -> Command) -> Result<f64> {
    let mut best = 0.0f64;
    for _ in 0..RUNS {
        best = best.max(command().output()?.trim().parse().unwrap_or(0.0));
    }
    Ok(best)
}
