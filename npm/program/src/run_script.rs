//! `npm run`, `npm test`, `npm start`, and the project's own lifecycle scripts.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::Project;
use oac_npm_installer::{Script, ScriptEnvironment, run as run_command};
use std::path::Path;

/// The commands that have names of their own.
const SHORTCUTS: [&str; 4] = ["test", "start", "stop", "restart"];

/// `npm run [NAME [-- ARGUMENTS]]`
pub(crate) fn run(context: &mut Context) -> Result<i32, Failure> {
    if context.arguments.words.is_empty() {
        return list(context);
    }
    let name = context.arguments.words.remove(0);
    script(context, &name)
}

/// `npm test` and the like.
pub(crate) fn shortcut(context: &mut Context, name: &str) -> Result<i32, Failure> {
    script(context, name)
}

fn script(context: &Context, name: &str) -> Result<i32, Failure> {
    let project = read(context)?;
    let scripts = project.manifest().scripts;
    if !scripts.contains_key(name) {
        let server = name == "start" && project.folder.join("server.js").exists();
        if server {
            return run_events(context, &project, &[("start", "node server.js")]);
        }
        if name == "restart" && (scripts.contains_key("stop") || scripts.contains_key("start")) {
            let chain = ["stop", "start"];
            let events: Vec<(&str, &str)> =
                chain.iter().filter_map(|e| Some((*e, scripts.get(*e)?.as_str()))).collect();
            return run_events(context, &project, &events);
        }
        if context.switch("if-present", false) {
            return Ok(0);
        }
        return Err(Failure::Plain(format!(
            "Missing script: \"{name}\"\n\nTo see a list of scripts, run:\n  npm run"
        )));
    }
    let (pre, post) = (format!("pre{name}"), format!("post{name}"));
    let around = !context.switch("ignore-scripts", false);
    let events: Vec<(&str, &str)> = [(&*pre, around), (name, true), (&*post, around)]
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .filter_map(|(event, _)| Some((event, scripts.get(event)?.as_str())))
        .collect();
    run_events(context, &project, &events)
}

fn read(context: &Context) -> Result<Project, Failure> {
    let path = context.project.join("package.json");
    let project = Project::read(&context.project, false)?;
    if project.package_text.is_none() {
        let lines = vec![
            "syscall open".to_owned(),
            format!("path {}", path.display()),
            "errno -2".into(),
            format!(
                "enoent Could not read package.json: Error: ENOENT: no such file or directory, open '{}'",
                path.display()
            ),
            "enoent This is related to npm not being able to find a file.".into(),
            "enoent".into(),
        ];
        return Err(Failure::Coded { code: "ENOENT".into(), lines });
    }
    Ok(project)
}

/// Runs scripts one after the other; the first that fails ends it, with its exit code.
fn run_events(context: &Context, project: &Project, events: &[(&str, &str)]) -> Result<i32, Failure> {
    let named = events.iter().find(|(e, _)| !e.starts_with("pre") && !e.starts_with("post"));
    let main = named.map_or("", |(event, _)| *event);
    let manifest = project.manifest();
    for (event, command) in events {
        let arguments: Vec<&String> = context.arguments.words.iter().chain(&context.arguments.rest).collect();
        let mut command = (*command).to_owned();
        if *event == main || events.len() == 1 {
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
            println!("\n> {id}{event}\n> {}\n", command.replace('\n', "\n> "));
        }
        let script = Script {
            event: (*event).to_owned(),
            command,
            folder: project.folder.clone(),
            package_name: manifest.name.clone().unwrap_or_default(),
            package_version: manifest.version.clone().unwrap_or_default(),
        };
        let outcome = run_command(&script, &script_environment(context, &project.folder), true)?;
        if outcome.code != 0 {
            return Err(Failure::Exit(outcome.code));
        }
    }
    Ok(0)
}

/// Runs those of the project's own scripts that exist.
pub(crate) fn lifecycle(context: &Context, project: &Project, events: &[&str]) -> Result<(), Failure> {
    let scripts = project.manifest().scripts;
    let present: Vec<(&str, &str)> =
        events.iter().filter_map(|e| Some((*e, scripts.get(*e)?.as_str()))).collect();
    for (event, command) in present {
        run_events(context, project, &[(event, command)])?;
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
fn list(context: &Context) -> Result<i32, Failure> {
    let project = read(context)?;
    let manifest = project.manifest();
    if manifest.scripts.is_empty() {
        return Ok(0);
    }
    let lifecycle =
        |name: &str| SHORTCUTS.contains(&name) || ["install", "prepare", "prepack"].contains(&name);
    let name = manifest.name.clone().unwrap_or_default();
    let id = manifest.version.as_ref().map_or_else(|| name.clone(), |v| format!("{name}@{v}"));
    let show = |title: &str, wanted: &dyn Fn(&str) -> bool| {
        let scripts: Vec<_> = manifest.scripts.iter().filter(|(n, _)| wanted(n)).collect();
        if !scripts.is_empty() {
            println!("{title}");
            for (name, command) in scripts {
                println!("  {name}\n    {command}");
            }
        }
    };
    show(&format!("Lifecycle scripts included in {id}:"), &lifecycle);
    show(
        &format!(
            "{}available via `npm run`:",
            if manifest.scripts.keys().any(|n| lifecycle(n)) { "\n" } else { "Scripts " }
        ),
        &|n| !lifecycle(n),
    );
    Ok(0)
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
