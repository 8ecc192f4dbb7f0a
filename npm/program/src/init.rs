//! `npm init -y`: a `package.json` with npm's defaults.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::Project;
use oac_npm_installer::write_whole;
use oac_npm_spec::{JsonStyle, name_problem};
use serde_json::{Map, Value, json};

/// `npm init --yes`; the questions that npm asks without `--yes`, and initializers, are not there yet.
pub(crate) fn init(context: &mut Context) -> Result<i32, Failure> {
    if !context.arguments.words.is_empty() {
        return Err(Failure::Unsupported("`npm init` with an initializer".into()));
    }
    if !context.switch("yes", false) {
        return Err(Failure::Unsupported("`npm init` without --yes (it would ask questions)".into()));
    }
    // npm starts a project where it stands, not in one further up.
    let project = Project::read(&context.cwd, false)?;
    let name = project.folder_name().to_lowercase().replace(' ', "-");
    if project.package.get("name").is_none()
        && let Some(problem) = name_problem(&name)
    {
        return Err(Failure::Usage(format!("Invalid name: \"{name}\": {problem}")));
    }
    let package = Value::Object(complete(project.package.clone(), &name));
    let text = JsonStyle::default().print(&package);
    let path = project.folder.join("package.json");
    write_whole(&path, &text)?;
    if !context.silent() {
        println!("Wrote to {}:\n\n{text}\n", path.display());
    }
    Ok(0)
}

/// What is there stays; npm's defaults are added. A new file has npm's order of fields.
fn complete(mut package: Map<String, Value>, name: &str) -> Map<String, Value> {
    let defaults = json!({
        "name": name,
        "version": "1.0.0",
        "description": "",
        "main": "index.js",
        "scripts": { "test": "echo \"Error: no test specified\" && exit 1" },
        "keywords": [],
        "author": "",
        "license": "ISC",
        "type": "commonjs",
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

    #[test]
    fn what_is_there_stays() {
        let Value::Object(old) = json!({ "name": "mine", "license": "MIT" }) else { panic!("an object") };
        let new = complete(old, "folder");
        assert_eq!((new["name"].as_str(), new["license"].as_str()), (Some("mine"), Some("MIT")));
        assert_eq!(new["version"], "1.0.0");
    }
}
