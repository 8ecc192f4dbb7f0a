//! The files of a project: `package.json`, `package-lock.json`.

use crate::failure::Failure;
use oac_npm_installer::write_whole;
use oac_npm_spec::{JsonStyle, Lockfile, Manifest, locale_compare, parse_json};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// A project as it lies on disk.
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    /// `package.json`; empty when there is none.
    pub(crate) package: Map<String, Value>,
    pub(crate) package_text: Option<String>,
    pub(crate) lock: Option<Lockfile>,
    lock_text: Option<String>,
    lock_name: &'static str,
}

/// The kinds of dependencies, as `package.json` names them.
pub(crate) const DEPENDENCY_FIELDS: [&str; 4] =
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

impl Project {
    /// Reads the files.
    pub(crate) fn read(folder: &Path, with_lock: bool) -> Result<Self, Failure> {
        let path = folder.join("package.json");
        let package_text = read_if_there(&path)?;
        let package = match package_text.as_deref() {
            None => Map::new(),
            Some(text) => match parse_json("package.json", text)? {
                Value::Object(object) => object,
                _ => Map::new(),
            },
        };
        let mut project = Self {
            folder: folder.to_owned(),
            package,
            package_text,
            lock: None,
            lock_text: None,
            lock_name: "package-lock.json",
        };
        for name in ["npm-shrinkwrap.json", "package-lock.json"] {
            if let Some(text) = read_if_there(&folder.join(name))?.filter(|_| with_lock) {
                project.lock = Some(Lockfile::parse(name, &text)?);
                project.lock_text = Some(text);
                project.lock_name = name;
                break;
            }
        }
        Ok(project)
    }

    /// The folder's own name.
    pub(crate) fn folder_name(&self) -> String {
        self.folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// `package.json` as a manifest.
    pub(crate) fn manifest(&self) -> Manifest {
        Manifest::from_value(Value::Object(self.package.clone()))
    }

    /// Writes `package.json` if its dependencies changed: in its own style, dependencies sorted,
    /// empty kinds left out.
    pub(crate) fn save_package(&mut self) -> Result<(), Failure> {
        if let Some(optional) = self.package.get("optionalDependencies").and_then(Value::as_object).cloned()
            && let Some(Value::Object(dependencies)) = self.package.get_mut("dependencies")
        {
            dependencies.retain(|name, _| !optional.contains_key(name));
        }
        for field in DEPENDENCY_FIELDS {
            let Some(Value::Object(dependencies)) = self.package.get_mut(field) else { continue };
            if dependencies.is_empty() {
                self.package.shift_remove(field);
                continue;
            }
            let mut sorted: Vec<(String, Value)> = std::mem::take(dependencies).into_iter().collect();
            sorted.sort_by(|(a, _), (b, _)| locale_compare(a, b));
            dependencies.extend(sorted);
        }
        self.write_package()
    }

    /// Writes `package.json` as it is, in its own style, if it changed.
    pub(crate) fn write_package(&self) -> Result<(), Failure> {
        let style = self.package_text.as_deref().map(JsonStyle::detect).unwrap_or_default();
        let text = style.print(&Value::Object(self.package.clone()));
        if self.package_text.as_deref().map(str::trim) != Some(text.trim()) {
            write_whole(&self.folder.join("package.json"), &text)?;
        }
        Ok(())
    }

    /// Writes the lock file, in the style of `package.json`, if it changed.
    pub(crate) fn save_lock(&self, lock: &Lockfile) -> Result<(), Failure> {
        let mut style = self.package_text.as_deref().map(JsonStyle::detect).unwrap_or_default();
        if style.indent.is_empty() {
            // A lock file is never on one line, even where package.json is.
            style = JsonStyle::default();
        }
        let text = lock.print(&style);
        if self.lock_text.as_deref() != Some(&text) {
            write_whole(&self.folder.join(self.lock_name), &text)?;
        }
        Ok(())
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Failure::file("open", path, &e)),
    }
}
