//! The rules of the code that compilers do not check.
//!
//! Every finding is one line, `path:line: rule: what to do`. The rules themselves are in the submodules, one per kind
//! of thing they look at; this file runs them all, so that one call shows everything there is to mend.

mod dependencies;
mod licences;
mod text;

use std::fmt;

use crate::command::Command;
use crate::error::{Error, Result};
use crate::generate;
use crate::workspace::Workspace;

/// Something to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.advice)
    }
}

/// Runs every rule and prints what there is to mend.
///
/// # Errors
/// When something was found, or a file could not be read.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let files = tracked_files(workspace)?;
    let mut findings = text::check(workspace, &files)?;
    let metadata = workspace.metadata()?;
    findings.extend(dependencies::check(workspace, &metadata)?);
    findings.extend(licences::check(workspace, &metadata)?);
    for stale in generate::stale(workspace)? {
        let advice = "it is generated and out of date; run `cargo xtask gen`".to_owned();
        findings.push(Finding { path: stale.relative.to_owned(), line: 1, rule: "generated", advice });
    }
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("    {} files follow the rules", files.len());
        return Ok(());
    }
    Err(Error::Findings(findings.len()))
}

/// Files that are committed, or would be by `git add`; paths from the root, with slashes.
fn tracked_files(workspace: &Workspace) -> Result<Vec<String>> {
    let list = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .dir(&workspace.root)
        .output()?;
    // A file deleted but not yet committed is still listed.
    Ok(list.lines().filter(|file| workspace.path(file).is_file()).map(str::to_owned).collect())
}
