//! `package-lock.json`, version 3 (`packages` alone). Version 2 is read for the same part; version 1 for the tree
//! alone, since it has no manifests.

use crate::SpecError;
use crate::json_style::{JsonStyle, parse_json, sort_for_lock};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// A lock file: locations (`""`, `node_modules/a`, `node_modules/a/node_modules/b`) to entries.
#[derive(Debug, Clone, Default)]
pub struct Lockfile {
    /// The project's name.
    pub name: Option<String>,
    /// The project's version.
    pub version: Option<String>,
    /// Whether the root requires anything.
    pub requires: bool,
    /// The entries, in the order of the file.
    pub packages: IndexMap<String, Map<String, Value>>,
    /// Read from version 1: what the packages need is not known.
    pub is_ancient: bool,
}

impl Lockfile {
    /// Reads a lock file's text; `file` is its name for messages.
    ///
    /// # Errors
    /// `SpecError::Json` for text that is no JSON, `SpecError::LockVersion` for versions to come.
    pub fn parse(file: &str, text: &str) -> Result<Self, SpecError> {
        let Value::Object(mut object) = parse_json(file, text)? else {
            return Err(SpecError::Json {
                file: file.to_owned(),
                problem: "a lock file is a JSON object".into(),
            });
        };
        let version = object.get("lockfileVersion").and_then(Value::as_u64).unwrap_or(1);
        if version > 3 {
            return Err(SpecError::LockVersion { file: file.to_owned(), version });
        }
        let string = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_owned);
        let name = string(object.get("name"));
        let package_version = string(object.get("version"));
        let requires = crate::manifest::truthy(object.get("requires"));
        let mut is_ancient = false;
        let packages = match object.remove("packages") {
            Some(Value::Object(entries)) => entries
                .into_iter()
                .filter_map(|(location, entry)| match entry {
                    Value::Object(entry) => Some((location, entry)),
                    _ => None,
                })
                .collect(),
            _ => {
                let mut packages = IndexMap::new();
                ancient_entries("", object.get("dependencies"), &mut packages);
                is_ancient = !packages.is_empty();
                packages
            }
        };
        Ok(Self { name, version: package_version, requires, packages, is_ancient })
    }

    /// The text of `package-lock.json` in the given style.
    pub fn print(&self, style: &JsonStyle) -> String {
        let mut value = json!({ "lockfileVersion": 3 });
        if let Some(object) = value.as_object_mut() {
            if let Some(name) = &self.name {
                object.insert("name".into(), name.clone().into());
            }
            if let Some(version) = &self.version {
                object.insert("version".into(), version.clone().into());
            }
            if self.requires {
                object.insert("requires".into(), true.into());
            }
            let packages: Map<String, Value> = self
                .packages
                .iter()
                .map(|(location, entry)| (location.clone(), Value::Object(entry.clone())))
                .collect();
            object.insert("packages".into(), Value::Object(packages));
        }
        sort_for_lock(&mut value);
        style.print(&value)
    }
}

/// The entries of a lock file of version 1: packages inside packages.
fn ancient_entries(
    above: &str,
    dependencies: Option<&Value>,
    out: &mut IndexMap<String, Map<String, Value>>,
) {
    let Some(Value::Object(dependencies)) = dependencies else { return };
    for (name, old) in dependencies {
        let location = format!("{above}node_modules/{name}");
        let text = |key: &str| old.get(key).and_then(Value::as_str);
        let mut entry = Map::new();
        let version = text("version").unwrap_or_default();
        match version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
            Some((target, version)) => {
                entry.insert("name".into(), target.into());
                entry.insert("version".into(), version.into());
            }
            None if version.contains(':') => {
                entry.insert("resolved".into(), version.into());
            }
            None => {
                entry.insert("version".into(), version.into());
            }
        }
        for key in ["resolved", "integrity"] {
            if let Some(value) = text(key) {
                entry.insert(key.into(), value.into());
            }
        }
        if crate::manifest::truthy(old.get("bundled")) {
            entry.insert("inBundle".into(), true.into());
        }
        if let Some(requires @ Value::Object(_)) = old.get("requires") {
            entry.insert("dependencies".into(), requires.clone());
        }
        out.insert(location.clone(), entry);
        ancient_entries(&format!("{location}/"), old.get("dependencies"), out);
    }
}

/// The package name that a location ends in: `@s/b` for `node_modules/a/node_modules/@s/b`.
pub fn name_of_location(location: &str) -> &str {
    match location.rfind("node_modules/") {
        Some(at) => &location[at + "node_modules/".len()..],
        None => location.rsplit('/').next().unwrap_or(location),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_what_was_read_changes_nothing() {
        let text = "{\n\t\"name\": \"x\",\n\t\"lockfileVersion\": 3,\n\t\"requires\": true,\n\t\"packages\": {\n\t\t\"\": {\n\t\t\t\"name\": \"x\",\n\t\t\t\"dependencies\": {\n\t\t\t\t\"a\": \"^1.0.0\"\n\t\t\t}\n\t\t},\n\t\t\"node_modules/a\": {\n\t\t\t\"version\": \"1.0.0\",\n\t\t\t\"integrity\": \"sha512-x\",\n\t\t\t\"dev\": true\n\t\t}\n\t}\n}\n";
        let lock = Lockfile::parse("package-lock.json", text).expect("valid");
        assert_eq!(lock.print(&JsonStyle::detect(text)), text);
    }

    #[test]
    fn version_one_gives_the_tree() {
        let text = r#"{"name":"x","lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","integrity":"sha512-x",
            "requires":{"b":"^2"},"dependencies":{"b":{"version":"2.0.0"}}},"c":{"version":"npm:d@3.0.0"}}}"#;
        let lock = Lockfile::parse("package-lock.json", text).expect("read");
        assert!(lock.is_ancient);
        let locations: Vec<&str> = lock.packages.keys().map(String::as_str).collect();
        assert_eq!(locations, ["node_modules/a", "node_modules/a/node_modules/b", "node_modules/c"]);
        assert_eq!(lock.packages["node_modules/c"]["name"], "d");
    }

    #[test]
    fn versions_to_come_are_refused_by_name() {
        let error = Lockfile::parse("package-lock.json", "{\"lockfileVersion\":4}").expect_err("v4");
        assert_eq!(error.code(), "ELOCKVERSION");
    }

    #[test]
    fn locations_end_in_names() {
        assert_eq!(name_of_location("node_modules/a/node_modules/@s/b"), "@s/b");
        assert_eq!(name_of_location("node_modules/a"), "a");
    }
}
