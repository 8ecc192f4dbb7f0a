//! Licences of everything we depend on, from what cargo and npm say about it.
//!
//! The list of allowed licences is the one in deny.toml, so that `cargo xtask deny` and this rule cannot disagree.

use serde_json::Value;

use super::Finding;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

const RULE: &str = "licence";

pub(super) fn check(workspace: &Workspace, metadata: &Value) -> Result<Vec<Finding>> {
    let path = workspace.path("deny.toml");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let allowed = allowed(&text);
    let mut findings = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        // Packages without a source are our own.
        if !package["source"].is_null() {
            findings.extend(judge("Cargo.lock", package, &package["name"], &allowed));
        }
    }
    for folder in ["js", "nodeapi/js", "tests/browser"] {
        let relative = format!("{folder}/package-lock.json");
        let Ok(text) = std::fs::read_to_string(workspace.path(&relative)) else { continue };
        let lock: Value = serde_json::from_str(&text)
            .map_err(|error| Error::Malformed { what: relative.clone(), reason: error.to_string() })?;
        for (name, package) in lock["packages"].as_object().into_iter().flatten() {
            if name.contains("node_modules/") {
                findings.extend(judge(&relative, package, &Value::from(name.as_str()), &allowed));
            }
        }
    }
    Ok(findings)
}

/// The strings in deny.toml's `allow = […]` of licences.
fn allowed(deny: &str) -> Vec<String> {
    let section = deny.split_once("[licenses]").map_or("", |(_, rest)| rest);
    let list = section
        .split_once("allow = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn judge(file: &str, package: &Value, name: &Value, allowed: &[String]) -> Option<Finding> {
    let licence = package["license"].as_str().unwrap_or("no licence");
    if is_allowed(licence, allowed) {
        return None;
    }
    let name = name.as_str().unwrap_or_default();
    let advice = format!("`{name}` has `{licence}`, which deny.toml does not allow: use another package");
    Some(Finding { path: file.to_owned(), line: 1, rule: RULE, advice })
}

/// Whether an SPDX expression can be satisfied by allowed licences alone.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    spdx::Expression::parse_mode(expression, spdx::ParseMode::LAX)
        .is_ok_and(|parsed| parsed.evaluate(|requirement| allowed.contains(&requirement.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_must_be_satisfiable_by_allowed_licences() {
        let allowed =
            allowed("[licenses]\nallow = [\n  \"MIT\", # plain\n  \"Apache-2.0 WITH LLVM-exception\",\n]\n");
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-3.0-only", false),
            ("(MIT OR GPL-2.0-only) AND Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("no licence", false),
        ] {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        }
    }
}
