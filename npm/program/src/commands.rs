//! Small commands that only tell.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::Project;
use oac_npm_spec::{Lockfile, locale_compare};
use serde_json::Value;
use std::fs;

/// `npm config get KEY…`, `npm get KEY…`
pub(crate) fn config(context: &mut Context) -> Result<i32, Failure> {
    let mut words = context.arguments.words.clone();
    if context.command == "config" {
        match words.first().map(String::as_str) {
            Some("get") => {
                words.remove(0);
            }
            Some(other) => return Err(Failure::NotImplemented(format!("config {other}"))),
            None => return Err(Failure::NotImplemented("config".into())),
        }
    }
    for key in &words {
        let value = match key.as_str() {
            "registry" => context.config.registry_for("").map(|a| a.folder())?,
            "cache" => context.cache.parent().unwrap_or(&context.cache).display().to_string(),
            "prefix" => "/usr/local".to_owned(),
            "userconfig" => context.user_config.display().to_string(),
            "user-agent" => context.user_agent(),
            key => match context.config.get(key) {
                Some(value) => value.to_owned(),
                None => default_of(key).to_owned(),
            },
        };
        if words.len() > 1 {
            println!("{key}={value}");
        } else {
            println!("{value}");
        }
    }
    Ok(0)
}

/// npm's defaults of the settings this program looks at.
fn default_of(key: &str) -> &'static str {
    match key {
        "save" | "package-lock" | "progress" => "true",
        "save-exact" | "ignore-scripts" | "legacy-peer-deps" | "strict-peer-deps" | "force" | "global" => {
            "false"
        }
        "save-prefix" => "^",
        "tag" => "latest",
        "loglevel" => "notice",
        "replace-registry-host" => "npmjs",
        "maxsockets" => "15",
        "fetch-retries" => "2",
        _ => "undefined",
    }
}

/// `npm root`
pub(crate) fn root(context: &mut Context) -> Result<i32, Failure> {
    if context.switch("global", false) {
        println!("/usr/local/lib/node_modules");
    } else {
        println!("{}", context.project.join("node_modules").display());
    }
    Ok(0)
}

/// `npm prefix`
pub(crate) fn prefix(context: &mut Context) -> Result<i32, Failure> {
    let folder = if context.switch("global", false) { "/usr/local".into() } else { context.project.clone() };
    println!("{}", folder.display());
    Ok(0)
}

/// `npm bin`
pub(crate) fn bin(context: &mut Context) -> Result<i32, Failure> {
    println!("{}", context.project.join("node_modules/.bin").display());
    Ok(0)
}

/// `npm ls`: the project's own dependencies and what is installed of them.
pub(crate) fn list(context: &mut Context) -> Result<i32, Failure> {
    if context.switch("all", false) || context.switch("json", false) || !context.arguments.words.is_empty() {
        return Err(Failure::Unsupported("`npm ls` with --all, --json or names".into()));
    }
    let project = Project::read(&context.project, false)?;
    let manifest = project.manifest();
    let name = manifest.name.clone().unwrap_or_else(|| project.folder_name());
    let id = manifest.version.as_ref().map_or_else(|| name.clone(), |v| format!("{name}@{v}"));
    println!("{id} {}", project.folder.display());
    let hidden = fs::read_to_string(project.folder.join("node_modules/.package-lock.json"))
        .ok()
        .and_then(|text| Lockfile::parse(".package-lock.json", &text).ok())
        .unwrap_or_default();
    let mut lines = Vec::new();
    let mut missing = false;
    let groups = [
        &manifest.dependencies,
        &manifest.dev_dependencies,
        &manifest.optional_dependencies,
        &manifest.peer_dependencies,
    ];
    for (index, group) in groups.iter().enumerate() {
        for (name, spec) in group.iter() {
            let entry = hidden.packages.get(&format!("node_modules/{name}"));
            match entry.and_then(|e| e.get("version")).and_then(Value::as_str) {
                Some(version) => lines.push((name.clone(), format!("{name}@{version}"))),
                None if index >= 2 => {}
                None => {
                    missing = true;
                    lines.push((name.clone(), format!("UNMET DEPENDENCY {name}@{spec}")));
                }
            }
        }
    }
    lines.sort_by(|(a, _), (b, _)| locale_compare(a, b));
    lines.dedup();
    for (index, (_, line)) in lines.iter().enumerate() {
        println!("{} {line}", if index + 1 == lines.len() { "└──" } else { "├──" });
    }
    if lines.is_empty() {
        println!("└── (empty)");
    }
    println!();
    Ok(i32::from(missing))
}
