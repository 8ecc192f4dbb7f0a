//! `npm init`: a `package.json` with npm's defaults or the user's answers; `npm init NAME`: `create-NAME` from the registry.

use crate::context::{Context, out};
use crate::exec;
use crate::failure::Failure;
use crate::install;
use crate::project::Project;
use crate::question::ask;
use crate::workspaces;
use oac_npm_installer::write_whole;
use oac_npm_resolver::relative_path;
use oac_npm_spec::{JsonStyle, PackageSpec, Version, name_problem};
use serde_json::{Map, Value, json};

use std::path::{Path, PathBuf};

/// `npm init [INITIALIZER [ARGUMENTS]]`
pub(crate) fn init(context: &mut Context) -> Result<i32, Failure> {
    let folders: Vec<PathBuf> = context
        .config
        .get("workspace")
        .map(|list| list.split(',').map(|w| context.project.join(w)).collect())
        .unwrap_or_default();
    if folders.is_empty() {
        let folder = context.cwd.clone();
        return one(context, &folder);
    }
    if !context.project.join("package.json").exists() {
        context.warn("init Missing package.json. Try with `--include-workspace-root`.");
        return Err(Failure::no_package(&context.project));
    }
    for folder in folders {
        std::fs::create_dir_all(&folder).map_err(|e| Failure::file("mkdir", &folder, &e))?;
        let code = one(context, &folder)?;
        if code != 0 {
            return Ok(code);
        }
        add_workspace(context, &folder)?;
    }
    if context.switch("workspaces-update", true) {
        context.arguments.words.clear();
        // The whole project, not the new workspaces alone.
        context.config.set("workspace", "");
        return install::install(context);
    }
    Ok(0)
}

fn one(context: &mut Context, folder: &Path) -> Result<i32, Failure> {
    match context.arguments.words.split_first() {
        None => template(context, folder),
        Some((initializer, words)) => {
            let package = create_package(initializer)?;
            let words = words.to_vec();
            exec::create(context, folder, &package, words)
        }
    }
}

/// `npm init react-app` runs `create-react-app`; `@scope` and `@scope/name` have theirs.
fn create_package(initializer: &str) -> Result<String, Failure> {
    if let Some(scope) = initializer.strip_prefix('@').filter(|s| !s.contains('/')) {
        return Ok(match scope.split_once('@') {
            Some((scope, version)) => format!("@{scope}/create@{version}"),
            None => format!("@{scope}/create"),
        });
    }
    let spec = PackageSpec::parse(initializer)?;
    let (Some(name), true) = (spec.registry_name(), spec.is_registry()) else {
        let lines = vec![
            format!("Unrecognized initializer: {initializer}"),
            "For more package binary executing power check out `npx`:".into(),
            "  npm help npx".into(),
        ];
        return Err(Failure::Coded { code: "EUNSUPPORTED".into(), lines });
    };
    let create = match name.strip_prefix('@').and_then(|n| n.split_once('/')) {
        Some((scope, bare)) => format!("@{scope}/create-{bare}"),
        None => format!("create-{name}"),
    };
    Ok(format!("{create}@{}", spec.raw_spec))
}

/// Enters a new folder into the project's `workspaces`, unless a pattern there means it already.
fn add_workspace(context: &Context, folder: &Path) -> Result<(), Failure> {
    if !folder.join("package.json").exists()
        || workspaces::load(&context.project)?.iter().any(|w| w.folder == folder)
    {
        return Ok(());
    }
    let mut project = Project::read(&context.project, false)?;
    let path = relative_path(&context.project.to_string_lossy(), &folder.to_string_lossy());
    match project.package.entry("workspaces").or_insert_with(|| json!([])) {
        Value::Array(list) => list.push(path.into()),
        Value::Object(object) => {
            if let Some(Value::Array(list)) = object.get_mut("packages") {
                list.push(path.into());
            }
        }
        _ => {}
    }
    project.save_package()
}

/// The questions, or with `--yes` none.
fn template(context: &Context, folder: &Path) -> Result<i32, Failure> {
    // npm starts a project where it stands, not in one further up.
    let project = Project::read(folder, false)?;
    let name = project.folder_name().to_lowercase().replace(' ', "-");
    let name = match context.config.get("scope").filter(|s| !s.is_empty()) {
        Some(scope) => format!("@{}/{name}", scope.trim_start_matches('@')),
        None => name,
    };
    let mut package = complete(context, project.package.clone(), &name);
    let asks = !context.switch("yes", false) && !context.switch("force", false);
    if asks {
        out(INTRODUCTION.trim());
        ask_all(&mut package)?;
    } else if let Some(problem) = package["name"].as_str().and_then(name_problem) {
        return Err(Failure::Plain(format!("Invalid name: \"{name}\": {problem}")));
    }
    let path = project.folder.join("package.json");
    let text = JsonStyle::default().print(&Value::Object(package));
    if asks {
        out(&format!("About to write to {}:\n\n{text}\n", path.display()));
        let answer = ask("Is this OK?", "yes")?;
        if !answer.to_lowercase().starts_with('y') {
            out("Aborted.");
            return Ok(0);
        }
        write_whole(&path, &text)?;
        return Ok(0);
    }
    write_whole(&path, &text)?;
    context.say(&format!("Wrote to {}:\n\n{text}\n", path.display()));
    Ok(0)
}

const INTRODUCTION: &str = "
This utility will walk you through creating a package.json file.
It only covers the most common items, and tries to guess sensible defaults.

See `npm help init` for definitive documentation on these fields
and exactly what they do.

Use `npm install <pkg>` afterwards to install a package and
save it as a dependency in the package.json file.

Press ^C at any time to quit.";

fn ask_all(package: &mut Map<String, Value>) -> Result<(), Failure> {
    let text = |package: &Map<String, Value>, key: &str| {
        package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    loop {
        let name = ask("package name:", &text(package, "name"))?;
        match name_problem(&name) {
            None => {
                package.insert("name".into(), name.into());
                break;
            }
            Some(problem) => out(&format!("Sorry, {problem}.")),
        }
    }
    loop {
        let version = ask("version:", &text(package, "version"))?;
        if let Some(version) = Version::parse(&version, true) {
            package.insert("version".into(), version.to_string().into());
            break;
        }
        out(&format!("Invalid version: \"{version}\""));
    }
    for (key, question) in [("description", "description:"), ("main", "entry point:")] {
        let answer = ask(question, &text(package, key))?;
        package.insert(key.into(), answer.into());
    }
    let test = ask("test command:", "")?;
    if !test.is_empty() {
        package.insert("scripts".into(), json!({ "test": test }));
    }
    let repository = ask("git repository:", "")?;
    if !repository.is_empty() {
        package.insert("repository".into(), json!({ "type": "git", "url": repository }));
    }
    let keywords = ask("keywords:", "")?;
    let keywords: Vec<&str> = keywords.split([',', ' ']).filter(|w| !w.is_empty()).collect();
    if !keywords.is_empty() {
        package.insert("keywords".into(), json!(keywords));
    }
    for key in ["author", "license", "type"] {
        let answer = ask(&format!("{key}:"), &text(package, key))?;
        package.insert(key.into(), answer.into());
    }
    Ok(())
}

/// What is there stays; npm's defaults are added. A new file has npm's order of fields.
fn complete(context: &Context, mut package: Map<String, Value>, name: &str) -> Map<String, Value> {
    let option = |key: &str, default: &str| context.config.get(key).unwrap_or(default).to_owned();
    let defaults = json!({
        "name": name,
        "version": option("init-version", "1.0.0"),
        "description": "",
        "main": "index.js",
        "scripts": { "test": "echo \"Error: no test specified\" && exit 1" },
        "keywords": [],
        "author": option("init-author-name", ""),
        "license": option("init-license", "ISC"),
        "type": option("init-type", "commonjs"),
    });
    if let Value::Object(defaults) = defaults {
        for (field, value) in defaults {
            package.entry(field).or_insert(value);
        }
    }
    package
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(initializer: &str, expect: &str) {
        assert_eq!(create_package(initializer).expect(initializer), expect);
    }

    // As npm's documentation of `npm init` lists them.
    #[test]
    fn initializers() {
        check("foo", "create-foo@*");
        check("foo@1.2.3", "create-foo@1.2.3");
        check("@usr/foo", "@usr/create-foo@*");
        check("@usr", "@usr/create");
        check("@usr@2.0.0", "@usr/create@2.0.0");
    }
}
