//! `npm exec` and `npx`: a command of a package, installed for the occasion if need be.

use crate::context::Context;
use crate::failure::Failure;
use crate::install;
use crate::run_script::{quote, script_environment};
use crate::workspaces;
use oac_npm_installer::{InstallError, Script, read_manifest, run, spawn};
use oac_npm_registry::Integrity;
use oac_npm_spec::{Manifest, PackageSpec};
use std::fs;
use std::path::{Path, PathBuf};

/// `npm exec [--package=SPEC] COMMAND [ARGUMENTS]`, `npm exec -c 'shell line'`
pub(crate) fn exec(context: &mut Context) -> Result<i32, Failure> {
    let named = context.config.get("workspace").is_some() || context.config.flag("workspaces") == Some(true);
    if !named {
        return exec_here(context);
    }
    // In each selected workspace; the first code that is none of success is the answer.
    let mut worst = 0;
    for folder in workspaces::selected(context)?.folders(context) {
        context.cwd = folder;
        let code = exec_here(context)?;
        worst = if worst == 0 { code } else { worst };
    }
    Ok(worst)
}

fn exec_here(context: &mut Context) -> Result<i32, Failure> {
    let call = context.arguments.options.get("call").cloned();
    let mut words = context.arguments.words.clone();
    words.extend(context.arguments.rest.clone());
    let packages: Vec<String> = context
        .arguments
        .options
        .get("package")
        .map(|list| list.split(',').map(str::to_owned).collect())
        .unwrap_or_default();
    if let Some(line) = call {
        let extra = if packages.is_empty() { None } else { Some(prepare(context, &packages)?) };
        return shell(context, &line, extra.as_deref());
    }
    if words.is_empty() {
        return Err(Failure::Usage("npm exec: give the command to run, or -c 'a shell line'".into()));
    }
    let command = words.remove(0);
    if !packages.is_empty() {
        let folder = prepare(context, &packages)?;
        return start(context, &command, &words, Some(&folder));
    }
    let spec = PackageSpec::parse(&command)?;
    let name = spec.name.clone().ok_or_else(|| Failure::Unsupported(format!("Running {command}")))?;
    let bare = spec.raw_spec == "*" && name == command;
    if bare && local(context, &name).is_some() {
        return start(context, &name, &words, None);
    }
    if let Some(bin) = installed_here(context, &spec, &name) {
        return start(context, &bin, &words, None);
    }
    package_command(context, &command, &words)
}

/// Runs the command of a package, which is installed for it.
fn package_command(context: &mut Context, package: &str, words: &[String]) -> Result<i32, Failure> {
    let spec = PackageSpec::parse(package)?;
    let folder = prepare(context, &[package.to_owned()])?;
    let name = spec.name.clone().or_else(|| only_dependency(&folder));
    let name = name.ok_or_else(|| Failure::Plain(format!("{package} was not installed")))?;
    let manifest = read_manifest(&folder.join("node_modules").join(&name))
        .ok_or_else(|| Failure::Usage(format!("{name} was not installed")))?;
    let bin = pick_bin(&manifest, &name)?;
    start(context, &bin, words, Some(&folder))
}

/// The package that a folder of `npx` is for.
fn only_dependency(folder: &Path) -> Option<String> {
    read_manifest(folder)?.dependencies.into_keys().next()
}

/// `npm init NAME`: runs an initializer's package in a folder.
pub(crate) fn create(
    context: &mut Context,
    folder: &Path,
    package: &str,
    mut words: Vec<String>,
) -> Result<i32, Failure> {
    words.extend(context.arguments.rest.clone());
    context.cwd = folder.to_owned();
    package_command(context, package, &words)
}

/// The command in the project's own `.bin` folders.
fn local(context: &Context, name: &str) -> Option<PathBuf> {
    context.cwd.ancestors().map(|a| a.join("node_modules/.bin").join(name)).find(|p| p.exists())
}

/// The project has the package in a fitting version.
fn installed_here(context: &Context, spec: &PackageSpec, name: &str) -> Option<String> {
    let manifest = read_manifest(&context.project.join("node_modules").join(name))?;
    let fits = match (&spec.target().kind, &manifest.semver) {
        (oac_npm_spec::SpecKind::Range(range), Some(version)) => range.satisfied_by(version),
        (oac_npm_spec::SpecKind::Version(wanted), Some(version)) => wanted == version,
        _ => false,
    };
    if !fits { None } else { pick_bin(&manifest, name).ok() }
}

/// The command a package runs as: its only one, or the one of its own name.
fn pick_bin(manifest: &Manifest, name: &str) -> Result<String, Failure> {
    let bare = name.rsplit('/').next().unwrap_or(name);
    let mut targets: Vec<&String> = manifest.bin.values().collect();
    targets.dedup();
    if targets.len() == 1
        && let Some(bin) = manifest.bin.keys().next()
    {
        return Ok(bin.clone());
    }
    if manifest.bin.contains_key(bare) {
        return Ok(bare.to_owned());
    }
    Err(Failure::Coded {
        code: "ENOEXEC".into(),
        lines: vec![format!("could not determine executable to run")],
    })
}

/// Installs packages into a folder of the cache made for just this set of them.
fn prepare(context: &mut Context, packages: &[String]) -> Result<PathBuf, Failure> {
    let mut sorted = packages.to_vec();
    sorted.sort();
    let key = Integrity::parse(&Integrity::sha512(sorted.join("\n").as_bytes()))
        .and_then(|i| i.address())
        .map(|(_, hex)| hex[..16].to_owned())
        .unwrap_or_default();
    let folder = context.cache.parent().unwrap_or(&context.cache).join("_npx").join(key);
    fs::create_dir_all(&folder).map_err(|e| Failure::file("mkdir", &folder, &e))?;
    let package = folder.join("package.json");
    let is_new = !folder.join("node_modules").exists();
    if !package.exists() {
        fs::write(&package, "{}\n").map_err(|e| Failure::file("open", &package, &e))?;
    }
    // The folder of the occasion has no workspaces, whatever was selected.
    context.config.set("workspaces", "false");
    let project = std::mem::replace(&mut context.project, folder.clone());
    let words = std::mem::replace(&mut context.arguments.words, packages.to_vec());
    let result = install::quietly(context);
    context.project = project;
    context.arguments.words = words;
    result?;
    if is_new {
        tell_of_new(context, &folder);
    }
    Ok(folder)
}

/// npm's note of what was installed for the occasion.
fn tell_of_new(context: &Context, folder: &Path) {
    let wanted = read_manifest(folder).unwrap_or_default().dependencies.into_keys();
    let ids: Vec<String> = wanted
        .filter_map(|name| Some(read_manifest(&folder.join("node_modules").join(name))?.id()))
        .collect();
    let what = if ids.len() == 1 { "package was" } else { "packages were" };
    context.warn(&format!("exec The following {what} not found and will be installed: {}", ids.join(", ")));
}

fn shell(context: &Context, line: &str, extra: Option<&Path>) -> Result<i32, Failure> {
    let script = Script {
        event: "npx".into(),
        command: line.to_owned(),
        folder: context.cwd.clone(),
        package_name: String::new(),
        package_version: String::new(),
    };
    let mut environment = script_environment(context, &context.project);
    if let Some(extra) = extra {
        let own = environment.variables.get("PATH").cloned().unwrap_or_default();
        let path = format!("{}:{own}", extra.join("node_modules/.bin").display());
        environment.variables.insert("PATH".into(), path);
    }
    let outcome = run(&script, &environment, true)?;
    Ok(outcome.code)
}

fn start(context: &Context, command: &str, words: &[String], extra: Option<&Path>) -> Result<i32, Failure> {
    let file = match extra {
        Some(folder) => Some(folder.join("node_modules/.bin").join(command)),
        None => local(context, command),
    };
    let Some(file) = file.filter(|f| f.exists()) else {
        let line: Vec<String> =
            std::iter::once(command).chain(words.iter().map(String::as_str)).map(quote).collect();
        return shell(context, &line.join(" "), extra);
    };
    let script = Script {
        event: "npx".into(),
        command: command.to_owned(),
        folder: context.cwd.clone(),
        package_name: String::new(),
        package_version: String::new(),
    };
    let environment = script_environment(context, &context.project);
    let mut variables = environment.variables_for(&script);
    if let Some(extra) = extra {
        let own = variables.get("PATH").cloned().unwrap_or_default();
        variables.insert("PATH".into(), format!("{}:{own}", extra.join("node_modules/.bin").display()));
    }
    let path = file.display().to_string();
    let argv: Vec<&str> = std::iter::once(path.as_str()).chain(words.iter().map(String::as_str)).collect();
    let outcome = spawn(&argv, &context.cwd, &variables, true).map_err(|source| InstallError::File {
        action: "spawn",
        path: file.clone(),
        source,
    })?;
    Ok(outcome.code)
}
