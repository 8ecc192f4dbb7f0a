//! The `workspaces` of a `package.json`: patterns of folders, as npm's `map-workspaces` reads them.

use crate::SpecError;
use crate::collation::locale_compare;
use crate::glob::{Glob, GlobOptions};
use serde_json::Value;

/// The patterns, those that begin with `!` apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspacePatterns {
    /// Folders that are workspaces.
    pub wanted: Vec<String>,
    /// Folders that are not.
    pub unwanted: Vec<String>,
}

/// Reads `workspaces`: a list, or an object with `packages`.
///
/// # Errors
/// `SpecError::WorkspacesConfig` when there is something else.
pub fn workspace_patterns(package: &Value) -> Result<WorkspacePatterns, SpecError> {
    let mut patterns = WorkspacePatterns::default();
    let Some(declared) = package.get("workspaces").filter(|w| !w.is_null()) else { return Ok(patterns) };
    let list = declared.get("packages").filter(|p| p.is_array()).unwrap_or(declared);
    let list = list.as_array().ok_or(SpecError::WorkspacesConfig)?;
    for pattern in list.iter().filter_map(Value::as_str) {
        let bare = pattern.trim_start_matches('!');
        let negated = (pattern.len() - bare.len()) % 2 == 1;
        let clean = bare.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(bare);
        let clean = clean.trim_matches('/').to_owned();
        if negated {
            patterns.unwanted.push(clean);
        } else {
            // A later pattern takes back an earlier exception.
            patterns.unwanted.retain(|unwanted| !matches(unwanted, &clean));
            patterns.wanted.push(clean);
        }
    }
    let unwanted = patterns.unwanted.clone();
    patterns.wanted.retain(|wanted| !unwanted.iter().any(|u| matches(u, wanted)));
    Ok(patterns)
}

/// Of the folders (relative to the project, with slashes) those that are meant, in npm's order: by
/// pattern, then by name.
pub fn matching_folders<'a>(
    patterns: &WorkspacePatterns,
    folders: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let mut folders: Vec<&str> = folders.into_iter().collect();
    folders.sort_by(|a, b| locale_compare(a, b));
    let mut found: Vec<&str> = Vec::new();
    for pattern in &patterns.wanted {
        for folder in &folders {
            let out = folder.split('/').any(|part| part == "node_modules")
                || patterns.unwanted.iter().any(|unwanted| matches(unwanted, folder));
            if !out && matches(pattern, folder) && !found.contains(folder) {
                found.push(folder);
            }
        }
    }
    found
}

/// Whether a folder matches a glob.
fn matches(pattern: &str, path: &str) -> bool {
    Glob::new(pattern.trim_matches('/'), GlobOptions::default()).matches(path.trim_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(workspaces: Value, expect: &[&str]) {
        let folders =
            ["a", "packages/b", "packages/a", "packages/a/node_modules/x", "packages/g/one", "packages/.h"];
        let patterns = workspace_patterns(&json!({ "workspaces": workspaces })).expect("a list");
        assert_eq!(matching_folders(&patterns, folders), expect, "{workspaces}");
    }

    // As `map-workspaces` answers for these folders.
    #[test]
    fn patterns() {
        check(json!(["packages/*"]), &["packages/a", "packages/b"]);
        check(json!(["./packages/b/", "a"]), &["packages/b", "a"]);
        check(json!({ "packages": ["packages/**"] }), &["packages/a", "packages/b", "packages/g/one"]);
        check(json!(["packages/*", "!packages/b"]), &["packages/a"]);
        check(json!(["packages/*", "!packages/*", "packages/b"]), &["packages/a", "packages/b"]);
        check(
            json!(["packages/{a,g/one}", "packages/[b-c]"]),
            &["packages/a", "packages/g/one", "packages/b"],
        );
        check(json!(["**"]), &["a", "packages/a", "packages/b", "packages/g/one"]);
    }

    #[test]
    fn anything_else_is_refused() {
        let error = workspace_patterns(&json!({ "workspaces": "packages/*" })).expect_err("text");
        assert_eq!(error.code(), "EWORKSPACESCONFIG");
    }
}
