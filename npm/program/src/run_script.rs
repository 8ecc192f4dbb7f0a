//! `npm run`, `npm test`, `npm start`, and the project's own lifecycle scripts.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::help::did_you_mean;
use crate::project::Project;
use crate::workspaces;
use oac_npm_installer::{Script, ScriptEnvironment, run as run_command};
use oac_npm_spec::JsonStyle;
use serde_json::json;
use std::path::Path;

/// `npm run [NAME [-- ARGUMENTS]]`
pub(crate) fn run(context: &mut Context) -> Result<i32, Failure> {
    if context.arguments.words.is_empty() {
        return list_all(context);
    }
    let name = context.arguments.words.remove(0);
    shortcut(context, &name)
}

/// `npm test` and the like; in each selected workspace.
pub(crate) fn shortcut(context: &mut Context, name: &str) -> Result<i32, Failure> {
    let selection = workspaces::selected(context)?;
    if !selection.is_some() {
        return script(context, &context.project, name);
    }
    let mut code = 0;
    let folders = selection.folders(context);
    for (index, folder) in folders.iter().enumerate() {
        let Err(failure) = script(context, folder, name) else { continue };
        code = failure.exit_code();
        tell_of_workspace(context, folder, name, &failure);
        if index + 1 < folders.len() {
            eprintln!();
        }
    }
    Ok(code)
}

/// npm's report of a script that failed in one of several workspaces.
fn tell_of_workspace(context: &Context, folder: &Path, name: &str, failure: &Failure) {
    if context.silent() {
        return;
    }
    let id = read(folder).map(|project| project.manifest().id()).unwrap_or_default();
    let mut lines = vec![format!("Lifecycle script `{name}` failed with error:")];
    match failure {
        Failure::Script { code, command } => {
            lines.push(format!("code {code}"));
            lines.push(format!("path {}", folder.display()));
            lines.push(format!("workspace {id}"));
            lines.push(format!("location {}", folder.display()));
            lines.push("command failed".into());
            lines.push(format!("command sh -c {command}"));
        }
        Failure::Plain(text) => {
            lines.push(format!("workspace {id}"));
            lines.push(format!("location {}", folder.display()));
            lines.extend(text.lines().map(str::to_owned));
        }
        other => {
            other.print(false);
            lines.push(format!("workspace {id}"));
            lines.push(format!("location {}", folder.display()));
        }
    }
    Failure::Plain(lines.join("\n")).print(false);
}

/// Runs the script of this name of the package in a folder.
fn script(context: &Context, folder: &Path, name: &str) -> Result<i32, Failure> {
    let project = read(folder)?;
    let mut scripts = project.manifest().scripts;
    if name == "restart" && !scripts.contains_key(name) {
        scripts.insert(name.into(), "npm stop --if-present && npm start".into());
    }
    if name == "env" && !scripts.contains_key(name) {
        scripts.insert(name.into(), "env".into());
    }
    if name == "start" && !scripts.contains_key(name) && folder.join("server.js").exists() {
        scripts.insert(name.into(), "node server.js".into());
    }
    if !scripts.contains_key(name) {
        if context.switch("if-present", false) {
            return Ok(0);
        }
        let workspace = if folder == context.project {
            String::new()
        } else {
            format!(" --workspace={}", project.manifest().id())
        };
        return Err(Failure::Plain(format!(
            "Missing script: \"{name}\"{}\n\nTo see a list of scripts, run:\n  npm run{workspace}",
            did_you_mean(name, &project.manifest())
        )));
    }
    let (pre, post) = (format!("pre{name}"), format!("post{name}"));
    let around = !context.switch("ignore-scripts", false);
    let events: Vec<(&str, &str)> = [(&*pre, around), (name, true), (&*post, around)]
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .filter_map(|(event, _)| Some((event, scripts.get(event)?.as_str())))
        .collect();
    run_events(context, &project, name, &events, &[])
}

fn read(folder: &Path) -> Result<Project, Failure> {
    let project = Project::read(folder, false)?;
    if project.package_text.is_none() { Err(Failure::no_package(folder)) } else { Ok(project) }
}

/// Runs scripts one after the other; the first that fails ends it, with its exit code.
fn run_events(
    context: &Context,
    project: &Project,
    main: &str,
    events: &[(&str, &str)],
    variables: &[(&str, String)],
) -> Result<i32, Failure> {
    let manifest = project.manifest();
    for (event, command) in events {
        let arguments: Vec<&String> = context.arguments.words.iter().chain(&context.arguments.rest).collect();
        let mut command = (*command).to_owned();
        if *event == main {
            for argument in arguments {
                command.push(' ');
                command.push_str(&quote(argument));
            }
        }
        if !context.silent() && !context.quiet() {
            let id = match (&manifest.name, &manifest.version) {
                (Some(name), Some(version)) => format!("{name}@{version} "),
                (Some(name), None) => format!("{name} "),
                _ => String::new(),
            };
            let banner = format!("\n> {id}{event}\n> {}\n", command.replace('\n', "\n> "));
            if context.json() {
                eprintln!("{banner}");
            } else {
                out(&banner);
            }
        }
        let script = Script {
            event: (*event).to_owned(),
            command: command.clone(),
            folder: project.folder.clone(),
            package_name: manifest.name.clone().unwrap_or_default(),
            package_version: manifest.version.clone().unwrap_or_default(),
        };
        let mut environment = script_environment(context, &project.folder);
        environment.variables.extend(variables.iter().map(|(n, v)| ((*n).to_owned(), v.clone())));
        let outcome = run_command(&script, &environment, true)?;
        if outcome.code != 0 {
            return Err(Failure::Script { code: outcome.code, command });
        }
    }
    Ok(0)
}

/// Runs those of the project's own scripts that exist.
pub(crate) fn lifecycle(context: &Context, project: &Project, events: &[&str]) -> Result<(), Failure> {
    lifecycle_with(context, project, events, &[])
}

/// The same, with more variables in the environment.
pub(crate) fn lifecycle_with(
    context: &Context,
    project: &Project,
    events: &[&str],
    variables: &[(&str, String)],
) -> Result<(), Failure> {
    let scripts = project.manifest().scripts;
    let present: Vec<(&str, &str)> =
        events.iter().filter_map(|e| Some((*e, scripts.get(*e)?.as_str()))).collect();
    for (event, command) in present {
        run_events(context, project, "", &[(event, command)], variables)?;
    }
    Ok(())
}

/// The environment for scripts of a project.
pub(crate) fn script_environment(context: &Context, project: &Path) -> ScriptEnvironment {
    let mut variables = context.environment.clone();
    for key in ["registry", "cache", "userconfig"] {
        if let Some(value) = context.config.get(key) {
            variables.insert(format!("npm_config_{key}"), value.to_owned());
        }
    }
    ScriptEnvironment {
        variables,
        project: project.to_owned(),
        init_cwd: context.cwd.clone(),
        command: if context.command == "run" { "run-script".into() } else { context.command.clone() },
        user_agent: context.user_agent(),
    }
}

/// An argument for `sh`: plain words as they are, others in single quotes.
pub(crate) fn quote(argument: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b);
    if !argument.is_empty() && argument.bytes().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

/// `npm run` alone: what there is.
fn list_all(context: &Context) -> Result<i32, Failure> {
    let selection = workspaces::selected(context)?;
    if !selection.is_some() {
        if context.json() {
            let project = read(&context.project)?;
            let scripts = project.package.get("scripts").cloned().unwrap_or_else(|| json!({}));
            out(JsonStyle::default().print(&scripts).trim_end());
            return Ok(0);
        }
        let text = list(&context.project)?;
        if !text.is_empty() {
            context.say(&text);
        }
        return Ok(0);
    }
    let folders = selection.folders(context);
    if context.json() {
        let mut all = serde_json::Map::new();
        for folder in &folders {
            let project = read(folder)?;
            let name = project.manifest().name.unwrap_or_else(|| project.folder_name());
            all.insert(name, project.package.get("scripts").cloned().unwrap_or_else(|| json!({})));
        }
        out(JsonStyle::default().print(&all.into()).trim_end());
        return Ok(0);
    }
    let texts = folders.iter().map(|folder| list(folder)).collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<String> = texts.into_iter().filter(|t| !t.is_empty()).collect();
    context.say(&texts.join("\n\n"));
    Ok(0)
}

/// Scripts that npm runs by itself.
const LIFECYCLE: [&str; 28] = [
    "prepare",
    "prepublishOnly",
    "prepack",
    "postpack",
    "dependencies",
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "publish",
    "postpublish",
    "prerestart",
    "restart",
    "postrestart",
    "prestart",
    "start",
    "poststart",
    "prestop",
    "stop",
    "poststop",
    "pretest",
    "test",
    "posttest",
    "preuninstall",
    "uninstall",
    "postuninstall",
    "preversion",
    "version",
];

fn list(folder: &Path) -> Result<String, Failure> {
    let manifest = read(folder)?.manifest();
    let name = manifest.name.clone().unwrap_or_default();
    let id = manifest.version.as_ref().map_or_else(|| name.clone(), |v| format!("{name}@{v}"));
    let is_lifecycle = |name: &str| LIFECYCLE.contains(&name) || name == "postversion";
    let (own, others): (Vec<_>, Vec<_>) = manifest.scripts.iter().partition(|(n, _)| is_lifecycle(n));
    let mut lines = Vec::new();
    if !own.is_empty() {
        lines.push(format!("Lifecycle scripts included in {id}:"));
        lines.extend(own.iter().map(|(name, command)| format!("  {name}\n    {command}")));
    }
    if !others.is_empty() {
        lines.push(match own.is_empty() {
            true => format!("Scripts available in {id} via `npm run`:"),
            false => "available via `npm run`:".into(),
        });
        lines.extend(others.iter().map(|(name, command)| format!("  {name}\n    {command}")));
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(argument: &str, expect: &str) {
        assert_eq!(quote(argument), expect);
    }

    #[test]
    fn arguments_are_quoted_for_the_shell() {
        check("--watch=src/a.js", "--watch=src/a.js");
        check("a b", "'a b'");
        check("it's", "'it'\\''s'");
        check("", "''");
        check("$HOME", "'$HOME'");
    }
}
