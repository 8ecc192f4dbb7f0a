//! `package-lock.json`, version 3 (`packages` alone; version 2 is read for the same part).

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
}

impl Lockfile {
    /// Reads a lock file's text; `file` is its name for messages.
    ///
    /// # Errors
    /// `SpecError::Json` for text that is no JSON, `SpecError::LockVersion` for versions without
    /// `packages`.
    pub fn parse(file: &str, text: &str) -> Result<Self, SpecError> {
        let Value::Object(mut object) = parse_json(file, text)? else {
            return Err(SpecError::Json {
                file: file.to_owned(),
                problem: "a lock file is a JSON object".into(),
            });
        };
        let version = object.get("lockfileVersion").and_then(Value::as_u64).unwrap_or(1);
        if !(2..=3).contains(&version) {
            return Err(SpecError::LockVersion { file: file.to_owned(), version });
        }
        let string = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_owned);
        let name = string(object.get("name"));
        let package_version = string(object.get("version"));
        let requires = crate::manifest::truthy(object.get("requires"));
        let packages = match object.remove("packages") {
            Some(Value::Object(entries)) => entries
                .into_iter()
                .filter_map(|(location, entry)| match entry {
                    Value::Object(entry) => Some((location, entry)),
                    _ => None,
                })
                .collect(),
            _ => IndexMap::new(),
        };
        Ok(Self { name, version: package_version, requires, packages })
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
    fn version_one_is_refused_by_name() {
        let error = Lockfile::parse("package-lock.json", "{\"lockfileVersion\":1}").expect_err("v1");
        assert_eq!(error.code(), "ELOCKVERSION");
    }

    #[test]
    fn locations_end_in_names() {
        assert_eq!(name_of_location("node_modules/a/node_modules/@s/b"), "@s/b");
        assert_eq!(name_of_location("node_modules/a"), "a");
    }
}
