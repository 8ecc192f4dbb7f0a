//! `npm version`: shows the version, or makes the next one.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::inspect::inspect;
use crate::project::Project;
use crate::run_script;
use crate::workspaces;
use crate::{NODE_VERSION, NPM_VERSION};
use oac_npm_spec::{Identifier, JsonStyle, Version, parse_json};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

/// `npm version [major|minor|patch|premajor|preminor|prepatch|prerelease|VERSION]`
pub(crate) fn version(context: &mut Context) -> Result<i32, Failure> {
    let selection = workspaces::selected(context)?;
    let words = context.arguments.words.clone();
    match words.as_slice() {
        [] => show(context, &selection.folders(context)),
        [wanted] => {
            let prefix = context.config.get("tag-version-prefix").unwrap_or("v").to_owned();
            for folder in selection.folders(context) {
                let project = Project::read(&folder, false)?;
                if selection.is_some() {
                    context.say(&project.manifest().name.unwrap_or_default());
                }
                let new = change(context, project, wanted)?;
                context.say(&format!("{prefix}{new}"));
            }
            Ok(0)
        }
        _ => Err(Failure::Usage("npm version [<newversion> | major | minor | patch | premajor | preminor | prepatch | prerelease | from-git]".into())),
    }
}

fn show(context: &Context, folders: &[std::path::PathBuf]) -> Result<i32, Failure> {
    let mut all = Map::new();
    for folder in folders {
        let manifest = Project::read(folder, false)?.manifest();
        if let (Some(name), Some(version)) = (manifest.name, manifest.version) {
            all.insert(name, version.into());
        }
    }
    all.insert("npm".into(), NPM_VERSION.into());
    let node = context.config.get("node-version").unwrap_or(NODE_VERSION);
    all.insert("node".into(), node.trim_start_matches('v').into());
    let all = Value::Object(all);
    if context.json() {
        out(JsonStyle::default().print(&all).trim_end());
    } else {
        out(&inspect(&all));
    }
    Ok(0)
}

/// Writes the next version into `package.json` and the lock files, with the scripts around it.
fn change(context: &Context, mut project: Project, wanted: &str) -> Result<Version, Failure> {
    if project.package_text.is_none() {
        return Err(Failure::no_package(&project.folder));
    }
    let current = project.manifest().version.unwrap_or_else(|| "0.0.0".into());
    let current = Version::parse(&current, true)
        .ok_or_else(|| Failure::Plain(format!("Invalid version: {current}")))?;
    if wanted == "from-git" {
        return Err(Failure::Plain(
            "npm version from-git needs git, which this container does not have".into(),
        ));
    }
    let new = match Version::parse(wanted, true) {
        Some(exact) => exact,
        None => next(&current, wanted, context.config.get("preid").filter(|p| !p.is_empty()))
            .ok_or_else(|| Failure::Plain(format!("Invalid version: {wanted}")))?,
    };
    if new == current && !context.switch("allow-same-version", false) {
        return Err(Failure::Plain("Version not changed".into()));
    }
    let scripts = !context.switch("ignore-scripts", false);
    let variables = [("npm_old_version", current.to_string()), ("npm_new_version", new.to_string())];
    if scripts {
        run_script::lifecycle_with(context, &project, &["preversion"], &variables)?;
    }
    project.package.insert("version".into(), new.to_string().into());
    project.save_package()?;
    for lock in ["package-lock.json", "npm-shrinkwrap.json"] {
        write_to_lock(&project.folder.join(lock), &new)?;
    }
    if scripts {
        run_script::lifecycle_with(context, &project, &["version", "postversion"], &variables)?;
    }
    Ok(new)
}

fn write_to_lock(path: &Path, version: &Version) -> Result<(), Failure> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Value::Object(mut lock) = parse_json(&name, &text)? else { return Ok(()) };
    lock.insert("version".into(), version.to_string().into());
    if let Some(Value::Object(root)) = lock.get_mut("packages").and_then(|p| p.get_mut("")) {
        root.insert("version".into(), version.to_string().into());
    }
    let text = JsonStyle::detect(&text).print(&Value::Object(lock));
    Ok(oac_npm_installer::write_whole(path, &text)?)
}

/// The next version, as npm's `semver` counts.
fn next(current: &Version, step: &str, preid: Option<&str>) -> Option<Version> {
    let Version { major, minor, patch, .. } = *current;
    let is_pre = !current.prerelease.is_empty();
    let numbers =
        |major: u64, minor: u64, patch: u64| Version::parse(&format!("{major}.{minor}.{patch}"), true);
    let first_pre = |version: Version| {
        let id = preid.map(|id| format!("{id}.")).unwrap_or_default();
        Version::parse(&format!("{version}-{id}0"), true)
    };
    match step {
        "major" if is_pre && minor == 0 && patch == 0 => numbers(major, 0, 0),
        "major" => numbers(major + 1, 0, 0),
        "minor" if is_pre && patch == 0 => numbers(major, minor, 0),
        "minor" => numbers(major, minor + 1, 0),
        "patch" if is_pre => numbers(major, minor, patch),
        "patch" => numbers(major, minor, patch + 1),
        "premajor" => first_pre(numbers(major + 1, 0, 0)?),
        "preminor" => first_pre(numbers(major, minor + 1, 0)?),
        "prepatch" => first_pre(numbers(major, minor, patch + 1)?),
        "prerelease" if !is_pre => first_pre(numbers(major, minor, patch + 1)?),
        "prerelease" => next_prerelease(current, preid),
        _ => None,
    }
}

fn next_prerelease(current: &Version, preid: Option<&str>) -> Option<Version> {
    let Version { major, minor, patch, .. } = *current;
    let mut parts: Vec<String> = current.prerelease.iter().map(ToString::to_string).collect();
    let is_number = |part: &Identifier| matches!(part, Identifier::Numeric(_));
    match current.prerelease.iter().rposition(is_number) {
        Some(at) => parts[at] = (parts[at].parse::<u64>().ok()? + 1).to_string(),
        None => parts.push("0".into()),
    }
    if let Some(id) = preid {
        let same = parts.first().is_some_and(|first| first == id);
        if !same || parts.get(1).is_none_or(|second| second.parse::<u64>().is_err()) {
            parts = vec![id.to_owned(), "0".into()];
        }
    }
    Version::parse(&format!("{major}.{minor}.{patch}-{}", parts.join(".")), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(current: &str, step: &str, preid: Option<&str>, expect: &str) {
        let current = Version::parse(current, true).expect("valid");
        let got = next(&current, step, preid).expect("a step");
        assert_eq!(got.to_string(), expect, "{current} {step} {preid:?}");
    }

    // As `semver.inc` answers.
    #[test]
    fn steps() {
        check("1.2.3", "major", None, "2.0.0");
        check("1.2.3", "minor", None, "1.3.0");
        check("1.2.3", "patch", None, "1.2.4");
        check("1.2.3-beta.1", "patch", None, "1.2.3");
        check("2.0.0-rc.0", "major", None, "2.0.0");
        check("1.2.3", "prerelease", None, "1.2.4-0");
        check("1.2.4-0", "prerelease", None, "1.2.4-1");
        check("1.2.3", "prerelease", Some("beta"), "1.2.4-beta.0");
        check("1.2.4-beta.0", "prerelease", Some("beta"), "1.2.4-beta.1");
        check("1.2.4-beta.0", "prerelease", Some("rc"), "1.2.4-rc.0");
        check("1.2.4-beta", "prerelease", None, "1.2.4-beta.0");
        check("1.2.3", "premajor", Some("x"), "2.0.0-x.0");
    }
}
