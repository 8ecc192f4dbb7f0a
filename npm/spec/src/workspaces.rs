//! The `workspaces` of a `package.json`: patterns of folders, as npm's `map-workspaces` reads them.

use crate::SpecError;
use crate::collation::locale_compare;
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

/// Whether a path matches a glob: `*`, `?`, `**`, `[a-z]`, `{a,b}`.
fn matches(pattern: &str, path: &str) -> bool {
    expand_braces(pattern).iter().any(|pattern| {
        let pattern: Vec<&str> = pattern.trim_matches('/').split('/').filter(|p| *p != ".").collect();
        let path: Vec<&str> = path.trim_matches('/').split('/').filter(|p| *p != ".").collect();
        match_parts(&pattern, &path)
    })
}

fn match_parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            match_parts(rest, path)
                || path
                    .split_first()
                    .is_some_and(|(first, below)| !first.starts_with('.') && match_parts(pattern, below))
        }
        (Some((first, rest)), Some((part, below))) => {
            let hidden = part.starts_with('.') && !first.starts_with('.');
            let (first, part): (Vec<char>, Vec<char>) = (first.chars().collect(), part.chars().collect());
            !hidden && match_part(&first, &part) && match_parts(rest, below)
        }
        _ => false,
    }
}

fn match_part(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skip| match_part(rest, &text[skip..])),
        Some(('?', rest)) => !text.is_empty() && match_part(rest, &text[1..]),
        Some(('[', rest)) if rest.contains(&']') => {
            let Some((c, below)) = text.split_first() else { return false };
            let end = rest.iter().position(|c| *c == ']').unwrap_or(rest.len());
            in_class(&rest[..end], *c) && match_part(&rest[end + 1..], below)
        }
        Some((c, rest)) => text.first() == Some(c) && match_part(rest, &text[1..]),
    }
}

fn in_class(class: &[char], c: char) -> bool {
    let (negated, class) = match class.split_first() {
        Some(('!' | '^', rest)) => (true, rest),
        _ => (false, class),
    };
    let mut found = false;
    let mut at = 0;
    while at < class.len() {
        if class.get(at + 1) == Some(&'-') && at + 2 < class.len() {
            found |= (class[at]..=class[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= class[at] == c;
            at += 1;
        }
    }
    found != negated
}

/// `a{b,c}` is `ab` and `ac`.
fn expand_braces(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.to_owned()] };
    let (mut depth, mut starts, mut close) = (0, vec![open + 1], None);
    for (at, c) in pattern.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(at);
                    break;
                }
            }
            ',' if depth == 1 => starts.push(at + 1),
            _ => {}
        }
    }
    let Some(close) = close.filter(|_| starts.len() > 1) else { return vec![pattern.to_owned()] };
    let ends = starts.iter().skip(1).map(|s| s - 1).chain([close]);
    let alternatives = starts.iter().zip(ends).map(|(start, end)| &pattern[*start..end]);
    alternatives
        .flat_map(|middle| expand_braces(&format!("{}{middle}{}", &pattern[..open], &pattern[close + 1..])))
        .collect()
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
