//! What computes on bytes, as a program of the container against the machine's own instructions in Node: hashes, ciphers, compression, SQLite.

use serde_json::{Map, Value};

use super::table::Table;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::node_library;
use crate::workspace::Workspace;

/// A row for each thing that tests/bench/compute/main.js measures.
pub(super) fn compute(workspace: &Workspace) -> Result<Table> {
    let node = node_library::ensure(workspace)?.binary;
    let folder = workspace.path("tests/bench/compute");
    let volume = format!("{}:/bench:ro", folder.display());
    let inside = times(
        Command::new(workspace.oac())
            .args(["run", "-v", &volume, "--", "node", "--no-warnings"])
            .arg("/bench/main.js"),
    )?;
    let outside = times(Command::new(node).arg("--no-warnings").arg(folder.join("main.js")))?;
    let mut table =
        Table::new("Hashes, ciphers, compression, SQLite", ["what", "`oac`", "Node", "ratio (goal ≤ 2×)"]);
    for (what, ms) in &inside {
        let (Some(ms), Some(node_ms)) = (ms.as_f64(), outside.get(what).and_then(Value::as_f64)) else {
            continue;
        };
        table.row([
            what,
            &format!("{ms:.2} ms"),
            &format!("{node_ms:.2} ms"),
            &format!("{:.1}×", ms / node_ms),
        ]);
    }
    Ok(table)
}

/// Milliseconds by name.
fn times(command: Command) -> Result<Map<String, Value>> {
    serde_json::from_str(command.output()?.trim()).map_err(|error| Error::Malformed {
        what: "what tests/bench/compute/main.js printed".to_owned(),
        reason: error.to_string(),
    })
}
