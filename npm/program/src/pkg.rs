//! `npm pkg get|set|delete|fix`: fields of `package.json`.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::project::Project;
use crate::query;
use crate::workspaces;
use oac_npm_spec::JsonStyle;
use serde_json::{Map, Value};

/// `npm pkg ACTION …`
pub(crate) fn pkg(context: &mut Context) -> Result<i32, Failure> {
    if context.is_global() {
        let lines = vec!["There's no package.json file to manage on global mode".to_owned()];
        return Err(Failure::Coded { code: "EPKGGLOBAL".into(), lines });
    }
    let words = context.arguments.words.clone();
    let Some((action, words)) = words.split_first() else {
        return Err(Failure::Usage(USAGE.into()));
    };
    let selection = workspaces::selected(context)?;
    let folders = selection.folders(context);
    let mut by_workspace = Map::new();
    for folder in folders {
        let mut project = Project::read(&folder, false)?;
        if project.package_text.is_none() {
            return Err(Failure::no_package(&folder));
        }
        match action.as_str() {
            "get" => {
                let found = get(&project, words)?;
                if selection.is_some() {
                    let name = project.manifest().name.unwrap_or_else(|| project.folder_name());
                    by_workspace.insert(name, found);
                } else {
                    out(JsonStyle::default().print(&found).trim_end());
                }
            }
            "set" => set(context, &mut project, words)?,
            "delete" => delete(&mut project, words)?,
            "fix" => project.save_package()?,
            _ => return Err(Failure::Usage(USAGE.into())),
        }
    }
    if selection.is_some() && action == "get" {
        out(JsonStyle::default().print(&Value::Object(by_workspace)).trim_end());
    }
    Ok(0)
}

const USAGE: &str = "Manages your package.json

Usage:
npm pkg set <key>=<value> [<key>=<value> ...]
npm pkg get [<key> [<key> ...]]
npm pkg delete <key> [<key> ...]
npm pkg set [<array>[<index>].<key>=<value> ...]
npm pkg set [<array>[].<key>=<value> ...]
npm pkg fix";

fn get(project: &Project, paths: &[String]) -> Result<Value, Failure> {
    let package = Value::Object(project.package.clone());
    if paths.is_empty() {
        return Ok(package);
    }
    let mut found = Map::new();
    for path in paths {
        found.extend(query::get(&package, path, true)?);
    }
    // One question with one answer: the answer alone.
    if let ([path], 1) = (paths, found.len())
        && let Some(only) = found.get(path)
    {
        return Ok(only.clone());
    }
    Ok(Value::Object(found))
}

fn set(context: &Context, project: &mut Project, pairs: &[String]) -> Result<(), Failure> {
    let usage = || Failure::Usage(format!("npm pkg set expects a key=value pair of args.\n\n{USAGE}"));
    if pairs.is_empty() {
        return Err(usage());
    }
    let mut package = Value::Object(std::mem::take(&mut project.package));
    for pair in pairs {
        let (key, text) =
            pair.split_once('=').filter(|(k, v)| !k.is_empty() && !v.is_empty()).ok_or_else(usage)?;
        let value = if context.json() {
            serde_json::from_str(text).map_err(|e| Failure::Plain(format!("{e} in {text}")))?
        } else {
            Value::from(text)
        };
        query::set(&mut package, key, value, context.switch("force", false))?;
    }
    put_back(project, package)
}

fn delete(project: &mut Project, paths: &[String]) -> Result<(), Failure> {
    if paths.is_empty() {
        return Err(Failure::Usage(format!("npm pkg delete expects key args.\n\n{USAGE}")));
    }
    let mut package = Value::Object(std::mem::take(&mut project.package));
    for path in paths {
        query::delete(&mut package, path)?;
    }
    put_back(project, package)
}

fn put_back(project: &mut Project, package: Value) -> Result<(), Failure> {
    if let Value::Object(package) = package {
        project.package = package;
    }
    project.save_package()
}
