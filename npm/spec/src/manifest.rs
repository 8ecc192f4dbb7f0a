//! A package's manifest: what `package.json`, a packument's version or a lock entry says, in one shape.

use crate::semver::Version;
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// Names to specs, in the order of the file.
pub type Dependencies = IndexMap<String, String>;

/// Where a version's tarball lies, from a packument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dist {
    /// The tarball's address.
    pub tarball: Option<String>,
    /// Subresource integrity, from the registry or made of `shasum`.
    pub integrity: Option<String>,
}

/// A manifest after npm's normalising steps (`bundledDependencies`, `optionalDedupe`, `funding`,
/// `bin`, `scripts` of `@npmcli/package-json`).
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// The package's own name, which an alias hides.
    pub name: Option<String>,
    /// The version's text.
    pub version: Option<String>,
    /// The same, parsed loosely.
    pub semver: Option<Version>,
    /// `dependencies` without those that are optional.
    pub dependencies: Dependencies,
    /// `devDependencies`.
    pub dev_dependencies: Dependencies,
    /// `optionalDependencies`.
    pub optional_dependencies: Dependencies,
    /// `peerDependencies`, optional ones included.
    pub peer_dependencies: Dependencies,
    /// Names of dependencies that the package's tarball brings along.
    pub bundle_dependencies: Vec<String>,
    /// Command names to files, cleaned of anything that would lead out of the package.
    pub bin: IndexMap<String, String>,
    /// `directories.bin`: a folder whose files are commands, where `bin` names none.
    pub bin_folder: Option<String>,
    /// `scripts`.
    pub scripts: IndexMap<String, String>,
    /// Whether installing the package runs a script.
    pub has_install_script: bool,
    /// Whether the package brings an `npm-shrinkwrap.json`.
    pub has_shrinkwrap: bool,
    /// The message of a deprecated version.
    pub deprecated: Option<String>,
    /// Where to fetch it.
    pub dist: Dist,
    /// `overrides` of a project.
    pub overrides: Option<Value>,
    /// What the lock file repeats as it is: [`KEPT_FIELDS`].
    pub kept: Map<String, Value>,
}

/// Fields that only pass through to the lock file (npm's `pkgMetaKeys`).
pub const KEPT_FIELDS: [&str; 9] = [
    "peerDependenciesMeta",
    "acceptDependencies",
    "funding",
    "engines",
    "os",
    "cpu",
    "libc",
    "license",
    "workspaces",
];

impl Manifest {
    /// Reads a manifest leniently: what has the wrong type counts as absent, as in npm.
    pub fn from_value(value: Value) -> Self {
        let Value::Object(mut object) = value else {
            return Self::default();
        };
        let mut manifest = Self {
            name: text(object.get("name")),
            version: text(object.get("version")),
            dependencies: dependencies(object.get("dependencies")),
            dev_dependencies: dependencies(object.get("devDependencies")),
            optional_dependencies: dependencies(object.get("optionalDependencies")),
            peer_dependencies: dependencies(object.get("peerDependencies")),
            scripts: dependencies(object.get("scripts")),
            has_shrinkwrap: truthy(object.get("_hasShrinkwrap")) || truthy(object.get("hasShrinkwrap")),
            deprecated: match object.get("deprecated") {
                Some(Value::String(message)) if !message.is_empty() => Some(message.clone()),
                Some(Value::Bool(true)) => Some("this version is deprecated".into()),
                _ => None,
            },
            dist: dist(object.get("dist")),
            overrides: object.remove("overrides").filter(Value::is_object),
            ..Self::default()
        };
        manifest.semver = manifest.version.as_deref().and_then(|v| Version::parse(v, true));
        manifest.bundle_dependencies = bundle(&object);
        for name in manifest.optional_dependencies.keys() {
            manifest.dependencies.shift_remove(name);
        }
        manifest.bin = bins(manifest.name.as_deref(), object.get("bin"));
        if manifest.bin.is_empty() {
            let folder = object.get("directories").and_then(|d| text(d.get("bin")));
            manifest.bin_folder = folder.map(|f| inside(&f)).filter(|f| !f.is_empty());
        }
        manifest.has_install_script = truthy(object.get("hasInstallScript"))
            || ["preinstall", "install", "postinstall"]
                .iter()
                .any(|s| manifest.scripts.get(*s).is_some_and(|c| !c.is_empty()));
        for field in KEPT_FIELDS {
            if let Some(value) = object.remove(field) {
                manifest.kept.insert(field.to_owned(), value);
            }
        }
        if let Some(Value::String(url)) = manifest.kept.get("funding") {
            let funding = serde_json::json!({ "url": url });
            manifest.kept.insert("funding".into(), funding);
        }
        manifest
    }

    /// Whether a peer dependency may be missing.
    pub fn is_optional_peer(&self, name: &str) -> bool {
        self.kept
            .get("peerDependenciesMeta")
            .and_then(|meta| meta.get(name)?.get("optional"))
            .is_some_and(|v| truthy(Some(v)))
    }

    /// `engines.node` or `engines.npm`, where `engines` is an object of strings.
    pub fn engine(&self, name: &str) -> Option<&str> {
        self.kept.get("engines")?.get(name)?.as_str().filter(|s| !s.is_empty())
    }

    /// The entries of `os`, `cpu` or `libc`; `None` when the field is absent or empty text.
    pub fn platform_list(&self, field: &str) -> Option<Vec<&str>> {
        match self.kept.get(field)? {
            Value::String(one) if !one.is_empty() => Some(vec![one]),
            Value::Array(many) => Some(many.iter().filter_map(Value::as_str).collect()),
            _ => None,
        }
    }

    /// The `accept` spec of a dependency (npm's `acceptDependencies`).
    pub fn accepted(&self, name: &str) -> Option<&str> {
        self.kept.get("acceptDependencies")?.get(name)?.as_str()
    }

    /// `name@version`, for messages.
    pub fn id(&self) -> String {
        format!(
            "{}@{}",
            self.name.as_deref().unwrap_or_default(),
            self.version.as_deref().unwrap_or_default()
        )
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned)
}

/// JavaScript's notion of a true value.
pub(crate) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(b)) => *b,
        Some(Value::String(s)) => !s.is_empty(),
        Some(Value::Number(n)) => n.as_f64() != Some(0.0),
        Some(Value::Array(_) | Value::Object(_)) => true,
    }
}

fn dependencies(value: Option<&Value>) -> Dependencies {
    value
        .and_then(Value::as_object)
        .map(|object| {
            object.iter().filter_map(|(name, spec)| Some((name.clone(), spec.as_str()?.to_owned()))).collect()
        })
        .unwrap_or_default()
}

fn bundle(object: &Map<String, Value>) -> Vec<String> {
    let value = object.get("bundleDependencies").or_else(|| object.get("bundledDependencies"));
    match value {
        Some(Value::Array(names)) => names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
        Some(Value::Object(names)) => names.keys().cloned().collect(),
        Some(Value::Bool(true)) => dependencies(object.get("dependencies")).into_keys().collect(),
        _ => Vec::new(),
    }
}

fn dist(value: Option<&Value>) -> Dist {
    let field = |name: &str| value.and_then(|d| text(d.get(name)));
    Dist {
        tarball: field("tarball"),
        integrity: field("integrity").or_else(|| sha1_integrity(&field("shasum")?)),
    }
}

/// The integrity text for a hexadecimal SHA-1, which is all that old versions have.
fn sha1_integrity(hex: &str) -> Option<String> {
    use base64::Engine as _;
    if hex.len() != 40 {
        return None;
    }
    let bytes = (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    let digest = base64::engine::general_purpose::STANDARD.encode(bytes);
    Some(format!("sha1-{digest}"))
}

/// npm's `npm-normalize-package-bin`: names without folders, targets inside the package.
fn bins(package: Option<&str>, value: Option<&Value>) -> IndexMap<String, String> {
    let entries: Vec<(&str, &str)> = match value {
        Some(Value::String(target)) => package.map(|name| (name, target.as_str())).into_iter().collect(),
        Some(Value::Array(targets)) => {
            targets.iter().filter_map(Value::as_str).map(|t| (t.rsplit('/').next().unwrap_or(t), t)).collect()
        }
        Some(Value::Object(map)) => {
            map.iter().filter_map(|(name, target)| Some((name.as_str(), target.as_str()?))).collect()
        }
        _ => Vec::new(),
    };
    let mut clean = IndexMap::new();
    for (name, target) in entries {
        let name = name.replace(['\\', ':'], "/");
        let name = inside(name.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
        let target = inside(&target.replace('\\', "/"));
        if !name.is_empty() && !target.is_empty() {
            clean.insert(name, target);
        }
    }
    clean
}

/// The path as seen from a root: `.` and `..` resolved, never leading out, no leading slash.
fn inside(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut joined = parts.join("/");
    if path.ends_with('/') && !joined.is_empty() {
        joined.push('/');
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn optional_dependencies_leave_dependencies() {
        let m = Manifest::from_value(json!({
            "name": "a", "version": "1.0.0",
            "dependencies": { "b": "1", "c": "2" }, "optionalDependencies": { "c": "2" },
        }));
        assert_eq!(m.dependencies.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(m.optional_dependencies.keys().collect::<Vec<_>>(), ["c"]);
    }

    fn check_bin(bin: Value, expect: &[(&str, &str)]) {
        let m = Manifest::from_value(json!({ "name": "@s/a", "bin": bin }));
        let got: Vec<_> = m.bin.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(got, expect);
    }

    // As `npm-normalize-package-bin` answers.
    #[test]
    fn bins_stay_inside() {
        check_bin(json!("./cli.js"), &[("a", "cli.js")]);
        check_bin(json!({ "x": "../../etc/passwd" }), &[("x", "etc/passwd")]);
        check_bin(json!({ "../y": "bin/y" }), &[("y", "bin/y")]);
        check_bin(json!({ "..": "bin/y", "z": 1 }), &[]);
    }

    #[test]
    fn shasum_becomes_integrity() {
        let m = Manifest::from_value(json!({
            "dist": { "shasum": "da39a3ee5e6b4b0d3255bfef95601890afd80709" }
        }));
        let integrity = m.dist.integrity.expect("made of the shasum");
        assert_eq!(integrity, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    }
}
