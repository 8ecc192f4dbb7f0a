//! Which packages' install scripts the user has looked at: npm's `allowScripts`, of `package.json` or of the
//! configuration. What is denied is not run; what nobody has judged is run, and named after an install.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::Project;
use oac_npm_installer::read_manifest;
use oac_npm_resolver::Package;
use oac_npm_spec::{Manifest, Options, PackageSpec, SpecKind, Version};
use serde_json::Value;
use std::path::Path;

/// The user's judgements.
#[derive(Debug, Default)]
pub(crate) struct ScriptPolicy(Vec<(PackageSpec, bool)>);

/// A package with install scripts that nobody has judged.
#[derive(Debug, Clone)]
pub(crate) struct Unreviewed {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) path: String,
    /// Events and their commands.
    pub(crate) scripts: Vec<(&'static str, String)>,
}

impl ScriptPolicy {
    /// The judgements that count: those of the command line, else of `package.json`, else of `.npmrc`.
    pub(crate) fn load(context: &Context, project: &Project) -> Result<Self, Failure> {
        let layers = context.config.layers();
        let names = |layers: &[oac_npm_registry::Layer]| -> Vec<(String, bool)> {
            let set = layers.iter().find_map(|layer| layer.get("allow-scripts"));
            let words = set.map(|words| words.split(',')).into_iter().flatten();
            words.map(str::trim).filter(|w| !w.is_empty()).map(|w| (w.to_owned(), true)).collect()
        };
        let (given, files) = layers.split_at(layers.len().min(2));
        let (given, files) = (names(given), names(files));
        if !given.is_empty() && !context.is_global() {
            return Err(Failure::Coded {
                code: "EALLOWSCRIPTS".into(),
                lines: vec![
                    "--allow-scripts is not allowed in project-scoped installs. Add the entries to the \"allowScripts\" field in package.json, or to .npmrc, instead.".into(),
                ],
            });
        }
        let own: Vec<(String, bool)> = match project.package.get("allowScripts") {
            Some(Value::Object(entries)) if !context.is_global() => {
                entries.iter().filter_map(|(key, value)| Some((key.clone(), value.as_bool()?))).collect()
            }
            _ => Vec::new(),
        };
        let valid = |source: &str, entries: Vec<(String, bool)>| -> Vec<(PackageSpec, bool)> {
            entries
                .into_iter()
                .filter_map(|(key, value)| Some((checked(context, source, &key)?, value)))
                .collect()
        };
        let (given, own, files) =
            (valid("CLI flag", given), valid("package.json", own), valid(".npmrc", files));
        let ignored = |why: &str| {
            context.warn(&format!(
                "install-scripts .npmrc allow-scripts setting is being ignored because {why}"
            ));
        };
        Ok(Self(match (given.is_empty(), own.is_empty()) {
            (false, _) => {
                if !files.is_empty() {
                    ignored("--allow-scripts was passed on the command line");
                }
                given
            }
            (true, false) => {
                if !files.is_empty() {
                    ignored("package.json declares its own allowScripts field");
                }
                own
            }
            (true, true) => files,
        }))
    }

    /// Allowed, denied, or not judged. What comes inside another package cannot be judged.
    pub(crate) fn verdict(&self, package: &Package) -> Option<bool> {
        if package.in_bundle {
            return None;
        }
        let matching = self.0.iter().filter(|(spec, value)| matches(spec, package, !*value));
        let values: Vec<bool> = matching.map(|(_, value)| *value).collect();
        if values.contains(&false) { Some(false) } else { values.first().map(|_| true) }
    }
}

/// Whether a package comes from a registry: its tarball's address says so.
pub(crate) fn is_from_registry(package: &Package) -> bool {
    match &package.resolved {
        None => !package.is_local && package.manifest.version.is_some(),
        Some(address) => address.starts_with("http") && address.contains("/-/"),
    }
}

fn matches(spec: &PackageSpec, package: &Package, denies: bool) -> bool {
    let registry_name = || is_from_registry(package) && spec.name == package.manifest.name;
    let version = || Version::parse(package.manifest.version.as_deref()?, true);
    let known = package.resolved.is_some();
    match &spec.kind {
        SpecKind::Version(wanted) => {
            registry_name() && if known { version().as_ref() == Some(wanted) } else { denies }
        }
        SpecKind::Range(_) if spec.raw_spec == "*" || spec.raw_spec.is_empty() => registry_name(),
        SpecKind::Range(range) => {
            registry_name() && if known { version().is_some_and(|v| range.satisfied_by(&v)) } else { denies }
        }
        SpecKind::File(_) | SpecKind::Directory(_) | SpecKind::Remote(_) => {
            package.resolved.as_deref() == Some(spec.raw_spec.as_str())
                || (package.is_local && spec.raw_spec.trim_start_matches("file:") == package.location)
        }
        SpecKind::Git(_) => package.resolved.as_deref().is_some_and(|resolved| {
            let (key, own) = (spec.raw_spec.trim_end_matches(".git"), resolved.trim_start_matches("git+"));
            let path = key.rsplit_once(':').map_or(key, |(_, path)| path);
            own.contains(path.split('#').next().unwrap_or(path))
                && path
                    .split_once('#')
                    .is_none_or(|(_, commit)| own.rsplit('#').next().is_some_and(|c| c.starts_with(commit)))
        }),
        SpecKind::Tag(_) | SpecKind::Alias(_) => false,
    }
}

/// An entry of the policy; one that npm does not take is named and left out.
fn checked(context: &Context, source: &str, key: &str) -> Option<PackageSpec> {
    let warn = |why: String| context.warn(&format!("install-scripts {source}: ignoring {why}"));
    let Ok(spec) = PackageSpec::parse(key) else {
        warn(format!("unparseable entry \"{key}\""));
        return None;
    };
    match &spec.kind {
        SpecKind::Tag(_) => {
            warn(format!(
                "\"{key}\" \u{2014} dist-tag specs (@latest, @next, ...) are not allowed; use exact versions joined by \"||\", or the bare package name, instead"
            ));
            None
        }
        SpecKind::Range(_)
            if spec.raw_spec != "*" && !spec.raw_spec.is_empty() && !is_exact(&spec.raw_spec) =>
        {
            warn(format!(
                "\"{key}\" \u{2014} semver ranges (^, ~, >=, <) are not allowed; use exact versions joined by \"||\" instead"
            ));
            None
        }
        _ => Some(spec),
    }
}

fn is_exact(range: &str) -> bool {
    range.split("||").all(|part| Version::parse(part.trim(), Options::STRICT.loose).is_some())
}

/// The install scripts of a package, by what is on the disk if it is there.
pub(crate) fn install_scripts(project: &Path, package: &Package) -> Vec<(&'static str, String)> {
    let folder = project.join(&package.location);
    let own = ["preinstall", "install", "postinstall", "prepare"];
    let of = |manifest: &Manifest| -> Vec<(&'static str, String)> {
        let counts = |event: &&str| *event != "prepare" || !is_from_registry(package);
        let events = own.iter().filter(|event| counts(event));
        events
            .filter_map(|event| Some((*event, manifest.scripts.get(*event)?.clone())))
            .filter(|(_, c)| !c.is_empty())
            .collect()
    };
    let mut scripts = of(&package.manifest);
    let gated = scripts.iter().any(|(event, _)| matches!(*event, "preinstall" | "install"));
    let may_build = package.manifest.has_install_script || !is_from_registry(package);
    if !gated && may_build && folder.join("binding.gyp").exists() {
        scripts.push(("install", "node-gyp rebuild".into()));
    }
    if scripts.is_empty() && package.manifest.has_install_script {
        scripts = read_manifest(&folder).map(|manifest| of(&manifest)).unwrap_or_default();
        if scripts.is_empty() {
            scripts.push(("install", "(install scripts present)".into()));
        }
    }
    scripts
}

/// The packages with install scripts that nobody has judged. `always`: even where no script is run at all.
pub(crate) fn unreviewed(
    context: &Context,
    project: &Path,
    packages: &[Package],
    policy: &ScriptPolicy,
    always: bool,
) -> Vec<Unreviewed> {
    let ignored = context.switch("ignore-scripts", false) && !always;
    if ignored || context.switch("dangerously-allow-all-scripts", false) {
        return Vec::new();
    }
    let counts = |p: &&Package| p.link_to.is_none() && !p.in_bundle && policy.verdict(p).is_none();
    let with_scripts = packages.iter().filter(counts).filter_map(|package| {
        let scripts = install_scripts(project, package);
        (!scripts.is_empty()).then(|| Unreviewed {
            name: package.manifest.name.clone().unwrap_or_else(|| package.name.clone()),
            version: package.manifest.version.clone(),
            path: project.join(&package.location).display().to_string(),
            scripts,
        })
    });
    with_scripts.collect()
}

impl Unreviewed {
    /// `  name@version (install: node-gyp rebuild)`
    pub(crate) fn line(&self) -> String {
        let version = self.version.as_ref().map(|v| format!("@{v}")).unwrap_or_default();
        let events: Vec<String> =
            self.scripts.iter().map(|(event, command)| format!("{event}: {command}")).collect();
        format!("  {}{version} ({})", self.name, events.join("; "))
    }

    pub(crate) fn json(&self) -> Value {
        let scripts: serde_json::Map<String, Value> = self
            .scripts
            .iter()
            .map(|(event, command)| ((*event).to_owned(), command.clone().into()))
            .collect();
        serde_json::json!({ "name": self.name, "version": self.version, "path": self.path, "scripts": scripts })
    }
}

/// npm's warning after an install.
pub(crate) fn warn(context: &Context, found: &[Unreviewed]) {
    if found.is_empty() {
        return;
    }
    let have = if found.len() == 1 { "package has" } else { "packages have" };
    let mut lines = vec![format!("{} {have} install scripts not yet covered by allowScripts:", found.len())];
    lines.extend(found.iter().map(Unreviewed::line));
    lines.push(String::new());
    lines.push(if context.is_global() {
        let names: Vec<&str> = found.iter().map(|f| f.name.as_str()).collect();
        let list = names.join(",");
        format!("Run `npm install -g --allow-scripts={list}` to allow these scripts once, or `npm config set allow-scripts={list} --location=user` to allow them for all global installs.")
    } else {
        "Run `npm install-scripts ls` to review, or `npm install-scripts approve <pkg>` to allow.".into()
    });
    for line in lines {
        context.warn(&format!("install-scripts {line}"));
    }
}

/// npm's warning of `npm rebuild`.
pub(crate) fn warn_of_rebuild(context: &Context, found: &[Unreviewed]) {
    if found.is_empty() {
        return;
    }
    let have = if found.len() == 1 { "package has" } else { "packages have" };
    let names: Vec<&str> = found.iter().map(|f| f.name.as_str()).collect();
    let what_to_do = if context.is_global() {
        format!(
            "Run `npm config set allow-scripts={} --location=user` to allow their scripts.",
            names.join(",")
        )
    } else {
        "Run `npm install-scripts ls` to review.".into()
    };
    let count = found.len();
    context.warn(&format!(
        "rebuild {count} {have} install scripts not yet covered by allowScripts. {what_to_do}"
    ));
}

/// `--strict-allow-scripts`: nothing is installed when there are scripts that nobody has judged.
pub(crate) fn check_strict(context: &Context, found: &[Unreviewed]) -> Result<(), Failure> {
    if found.is_empty() || !context.switch("strict-allow-scripts", false) {
        return Ok(());
    }
    let mut lines = vec![format!(
        "--strict-allow-scripts: {} package(s) have install scripts not covered by allowScripts:",
        found.len()
    )];
    lines.extend(found.iter().map(Unreviewed::line));
    lines.push("Approve them with `npm install-scripts approve`, deny them with `npm install-scripts deny`, or bypass this check with `--dangerously-allow-all-scripts`.".into());
    Err(Failure::Coded { code: "ESTRICTALLOWSCRIPTS".into(), lines })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oac_npm_resolver::Flags;
    use std::rc::Rc;

    fn check(entries: &[(&str, bool)], expect: Option<bool>) {
        let manifest =
            Manifest { name: Some("@a/b".into()), version: Some("1.2.3".into()), ..Manifest::default() };
        let flags =
            Flags { dev: false, optional: false, dev_optional: false, peer: false, extraneous: false };
        let package = Package {
            location: "node_modules/@a/b".into(),
            name: "@a/b".into(),
            manifest: Rc::new(manifest),
            resolved: Some("http://registry.invalid/@a/b/-/b-1.2.3.tgz".into()),
            integrity: None,
            flags,
            in_bundle: false,
            link_to: None,
            is_local: false,
            substitute: None,
        };
        let entries = entries.iter().map(|(key, value)| (PackageSpec::parse(key).expect("valid"), *value));
        assert_eq!(ScriptPolicy(entries.collect()).verdict(&package), expect);
    }

    #[test]
    fn judgements() {
        check(&[], None);
        check(&[("@a/b", true)], Some(true));
        check(&[("@a/b@1.2.3", true)], Some(true));
        check(&[("@a/b@1.2.4 || 1.2.3", true)], Some(true));
        check(&[("@a/b@1.2.4", true), ("c", false)], None);
        check(&[("@a/b@1.2.3", true), ("@a/b", false)], Some(false));
    }
}
