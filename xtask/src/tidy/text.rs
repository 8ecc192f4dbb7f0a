//! Rules about files and their lines.

use std::path::Path;

use super::Finding;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

const MAX_LINES: usize = 1000;
const AIM_LINES: usize = 400;
const MAX_BYTES: u64 = 1 << 20;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "misc", "helpers", "helper", "common"];

/// Where files are named after Node's bindings, one of which is `util`.
const BINDINGS: &str = "nodeapi/js/src/bindings/";

/// What only a host may name; see "Hosts" in ARCHITECTURE.md.
const HOST_ONLY: [&str; 5] = ["wasmtime", "std::thread", "web_sys", "js_sys", "wasm_bindgen"];
/// Where hosts, and the tools that build for them, are.
const HOSTS: [&str; 2] = ["container-api/", "xtask/"];

/// Marks of unfinished work. Split, so that this file does not carry them.
const MARKS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

pub(super) fn check(workspace: &Workspace, files: &[String]) -> Result<Vec<Finding>> {
    let forbidden = forbidden(workspace)?;
    let mut findings = Vec::new();
    for file in files {
        let path = workspace.path(file);
        let size = std::fs::metadata(&path).map_err(Error::file("read", &path))?.len();
        if size > MAX_BYTES {
            let advice =
                format!("it has {size} bytes; files above 1 MB are fetched or generated, not committed");
            findings.push(Finding { path: file.clone(), line: 1, rule: "size", advice });
            continue;
        }
        let bytes = std::fs::read(&path).map_err(Error::file("read", &path))?;
        // What is not text is only measured.
        if let Ok(text) = std::str::from_utf8(&bytes) {
            findings.extend(check_file(file, text, &forbidden));
        }
    }
    Ok(findings)
}

/// Texts that belong to one machine: the registry that npm uses here, and where this checkout is.
fn forbidden(workspace: &Workspace) -> Result<Vec<(String, &'static str)>> {
    let registry =
        Command::new("npm").args(["config", "get", "registry", "--silent"]).dir(&workspace.root).output()?;
    let host = registry.trim().split("//").nth(1).unwrap_or_default();
    let host = host.split('/').next().unwrap_or_default().to_owned();
    let mut texts = vec![(host, "take the registry's address from npm's configuration at run time")];
    if workspace.root.components().count() > 2 {
        // With the slash: what follows must be inside of the checkout.
        texts.push((format!("{}/", workspace.root.display()), "write a path from the root of the checkout"));
    }
    texts.retain(|(text, _)| !text.is_empty());
    Ok(texts)
}

fn check_file(file: &str, text: &str, forbidden: &[(String, &'static str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |line: usize, rule: &'static str, advice: String| {
        findings.push(Finding { path: file.to_owned(), line, rule, advice });
    };
    let stem =
        Path::new(file).file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    if is_code(file) && !file.starts_with(BINDINGS) && EMPTY_NAMES.contains(&stem.as_str()) {
        found(1, "name", "name the file after what is in it".to_owned());
    }
    let lines = text.lines().count();
    if is_code(file) && !is_generated(file) && lines > MAX_LINES {
        found(lines, "length", format!("{lines} lines; split it (at most {MAX_LINES}, aim at {AIM_LINES})"));
    }
    if is_crate_root(file) && !text.starts_with("//!") {
        found(
            1,
            "module doc",
            "begin with `//!`: what the crate is, what it does not know, where to start".to_owned(),
        );
    }
    for (index, line) in text.lines().enumerate() {
        for (text, advice) in forbidden {
            if line.contains(text.as_str()) {
                found(index + 1, "machine", (*advice).to_owned());
            }
        }
        if is_code(file)
            && let Some(mark) = MARKS.into_iter().find(|mark| has_word(line, mark))
        {
            found(index + 1, "unfinished", format!("finish it or open an issue; {mark} is not kept in code"));
        }
        if let Some(name) = host_name(file, line) {
            found(
                index + 1,
                "host",
                format!("`{name}` belongs to the hosts (container-api/): take a trait or a value"),
            );
        }
    }
    findings
}

/// The host-only name that a line of code outside the hosts uses.
fn host_name(file: &str, line: &str) -> Option<&'static str> {
    if !file.ends_with(".rs") || HOSTS.iter().any(|host| file.starts_with(host)) {
        return None;
    }
    if line.trim_start().starts_with("//") {
        return None;
    }
    HOST_ONLY.into_iter().find(|name| has_word(line, name))
}

fn is_code(file: &str) -> bool {
    let endings = [".rs", ".ts", ".js", ".mjs", ".cjs", ".sh", ".toml", ".html"];
    endings.iter().any(|ending| file.ends_with(ending))
}

fn is_generated(file: &str) -> bool {
    file.contains("/generated/")
}

fn is_crate_root(file: &str) -> bool {
    file.ends_with("src/lib.rs") || file.ends_with("src/main.rs")
}

/// Whether `word` occurs with no letter, digit or underscore beside it.
fn has_word(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(joins)
            && !line[at + word.len()..].chars().next().is_some_and(joins)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, text: &str, expected: &[&str]) {
        let forbidden = [("packages.example".to_owned(), "ask npm")];
        let lines: Vec<String> = check_file(file, text, &forbidden).iter().map(Finding::to_string).collect();
        assert_eq!(lines.len(), expected.len(), "{lines:?}");
        for (line, start) in lines.iter().zip(expected) {
            assert!(line.starts_with(start), "{line} should start with {start}");
        }
    }

    #[test]
    fn each_rule_names_the_line_and_what_to_do() {
        check("a/src/lib.rs", "//! Doc.\nfn f() {}\n", &[]);
        check("a/src/lib.rs", "fn f() {}\n", &["a/src/lib.rs:1: module doc: begin with"]);
        check("a/src/utils.rs", "//! Doc.\n", &["a/src/utils.rs:1: name:"]);
        check("a/src/x.rs", &"\n".repeat(1001), &["a/src/x.rs:1001: length: 1001 lines"]);
        check("js/src/generated/x.ts", &"\n".repeat(1001), &[]);
        check("README.md", "see\nhttps://packages.example/x\n", &["README.md:2: machine: ask npm"]);
        check("a/src/x.rs", &format!("// {}: later\n", MARKS[0]), &["a/src/x.rs:1: unfinished:"]);
    }

    #[test]
    fn only_hosts_name_what_hosts_are_made_of() {
        let line = format!("use {};\n", HOST_ONLY[1]);
        check("runtime/kernel/src/x.rs", &line, &["runtime/kernel/src/x.rs:1: host:"]);
        check("container-api/web/src/x.rs", &line, &[]);
        check("runtime/kernel/src/x.rs", "// Unlike wasmtime, …\nlet wasmtimes = 1;\n", &[]);
    }
}
