//! The dependency table of ARCHITECTURE.md against what Cargo.toml files say.
//!
//! The table is the design: who may know whom. Each crate of the workspace has a row that lists the workspace crates it
//! may depend on. A dependency that is not listed is a finding, whether or not the code uses it yet. External crates
//! that bind a crate to one host are allowed in the hosts' folders only; the others are not the table's concern.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::Finding;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

const FILE: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Dependency table";
const RULE: &str = "dependency table";

/// External crates that bind a crate to one host.
const HOST_ONLY: [&str; 9] = [
    "cap-std",
    "js-sys",
    "tokio",
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "wasmtime",
    "wasmtime-wasi",
    "wasmtime-wizer",
    "web-sys",
];
/// Where hosts, and the tools that build for them, are.
const HOSTS: [&str; 2] = ["container-api", "xtask"];

/// A row: where it is, and what its crate may depend on.
struct Row {
    line: usize,
    allowed: Vec<String>,
}

pub(super) fn check(workspace: &Workspace, metadata: &Value) -> Result<Vec<Finding>> {
    let path = workspace.path(FILE);
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    Ok(compare(&table(&text), &dependencies(workspace, metadata)))
}

/// The rows under the heading, by crate.
fn table(text: &str) -> BTreeMap<String, Row> {
    let section = text.lines().enumerate().skip_while(|(_, line)| line.trim() != HEADING).skip(1);
    section
        .take_while(|(_, line)| !line.starts_with("## "))
        .filter_map(|(index, line)| {
            let mut cells =
                line.trim().strip_prefix('|')?.split('|').map(|cell| cell.trim().replace('`', ""));
            let (name, allowed) = (cells.next()?, cells.next()?);
            let is_row = name != "crate" && !name.starts_with('-') && !name.starts_with(':');
            let names = allowed.split(',').map(|name| name.trim().to_owned());
            let allowed = names.filter(|name| !name.is_empty() && name != "–" && name != "-").collect();
            is_row.then(|| (name, Row { line: index + 1, allowed }))
        })
        .collect()
}

/// What each workspace crate depends on, of the crates the table is about. Tests may use what they like.
fn dependencies(workspace: &Workspace, metadata: &Value) -> BTreeMap<String, Vec<String>> {
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let members = array(&metadata["workspace_members"]);
    let packages: Vec<Value> =
        array(&metadata["packages"]).into_iter().filter(|package| members.contains(&package["id"])).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own: Vec<String> = packages.iter().map(|package| text(&package["name"])).collect();
    let mut found = BTreeMap::new();
    for package in &packages {
        let manifest = text(&package["manifest_path"]);
        let is_host = HOSTS.iter().any(|folder| Path::new(&manifest).starts_with(workspace.path(folder)));
        let mut names: Vec<String> = array(&package["dependencies"])
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| text(&dependency["name"]))
            .filter(|name| own.contains(name) || (!is_host && HOST_ONLY.contains(&name.as_str())))
            .collect();
        names.sort();
        names.dedup();
        found.insert(text(&package["name"]), names);
    }
    found
}

fn compare(table: &BTreeMap<String, Row>, found: &BTreeMap<String, Vec<String>>) -> Vec<Finding> {
    let finding = |line, advice| Finding { path: FILE.to_owned(), line, rule: RULE, advice };
    let mut findings = Vec::new();
    for (name, dependencies) in found {
        let Some(row) = table.get(name) else {
            findings.push(finding(1, format!("add a row for `{name}` under `{HEADING}`")));
            continue;
        };
        for dependency in dependencies.iter().filter(|dependency| !row.allowed.contains(dependency)) {
            let advice = format!(
                "`{name}` depends on `{dependency}`, which its row does not allow: remove the dependency"
            );
            findings.push(finding(row.line, advice));
        }
    }
    for (name, row) in table.iter().filter(|(name, _)| !found.contains_key(*name)) {
        findings.push(finding(row.line, format!("`{name}` is not a crate of the workspace: remove the row")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(table_rows: &str, found: &[(&str, &[&str])], expected: &[&str]) {
        let text = format!(
            "# A\n\n{HEADING}\n\n| crate | may depend on |\n|---|---|\n{table_rows}\n## Next\n| x | y |\n"
        );
        let found = found
            .iter()
            .map(|(name, names)| ((*name).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()));
        let lines: Vec<String> =
            compare(&table(&text), &found.collect()).iter().map(Finding::to_string).collect();
        assert_eq!(lines.len(), expected.len(), "{lines:?}");
        for (line, part) in lines.iter().zip(expected) {
            assert!(line.contains(part), "{line} should contain {part}");
        }
    }

    #[test]
    fn the_table_decides() {
        let rows = "| `abi` | – |\n| `vfs` | `abi` |\n| gone | abi |";
        check("| abi | |\n| vfs | abi |", &[("abi", &[]), ("vfs", &["abi"])], &[]);
        check(rows, &[("abi", &["vfs"]), ("vfs", &[])], &["`abi` depends on `vfs`", "`gone` is not a crate"]);
        check("| abi | |", &[("abi", &[]), ("new", &[])], &["add a row for `new`"]);
    }
}
