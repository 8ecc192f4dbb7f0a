//! `npm install NAME…` and `npm uninstall NAME…`: what they do to `package.json`.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::{DEPENDENCY_FIELDS, Project};
use oac_npm_registry::{Packument, PickContext};
use oac_npm_resolver::Resolution;
use oac_npm_spec::{Options, PackageSpec, Range, SpecKind};
use serde_json::{Map, Value};

/// A package the user asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) spec: PackageSpec,
    pub(crate) name: String,
}

impl Request {
    /// Reads what the user typed.
    pub(crate) fn parse(word: &str) -> Result<Self, Failure> {
        let spec = PackageSpec::parse(word)?;
        if !spec.is_registry() {
            return Err(Failure::Unsupported(format!("Installing a {} ({word})", spec.kind_name())));
        }
        let name = spec.name.clone().ok_or_else(|| Failure::Usage(format!("no package name in {word}")))?;
        Ok(Self { spec, name })
    }

    /// Whether the spec is a tag, which is to be turned into the version it points at.
    pub(crate) fn is_tag(&self) -> bool {
        matches!(self.spec.target().kind, SpecKind::Tag(_))
    }

    /// Replaces a tag by its version.
    pub(crate) fn pin(&mut self, packument: &Packument, pick: &PickContext) -> Result<(), Failure> {
        let picked = packument.pick(&self.spec, pick);
        let version = picked.and_then(|m| m.version.clone()).ok_or_else(|| {
            Failure::from(oac_npm_resolver::ResolveError::NoVersion {
                name: packument.name().to_owned(),
                wanted: self.spec.target().raw_spec.clone(),
                required_by: String::new(),
            })
        })?;
        let text = match &self.spec.kind {
            SpecKind::Alias(_) => format!("npm:{}@{version}", packument.name()),
            _ => version,
        };
        self.spec = PackageSpec::resolve(Some(&self.name), &text)?;
        Ok(())
    }
}

/// The kind of dependency asked for by `--save-dev` and the like.
pub(crate) fn save_field(context: &Context) -> Option<&'static str> {
    [
        ("save-dev", "devDependencies"),
        ("save-optional", "optionalDependencies"),
        ("save-peer", "peerDependencies"),
        ("save-prod", "dependencies"),
    ]
    .into_iter()
    .find(|(option, _)| context.switch(option, false))
    .map(|(_, field)| field)
}

fn has(package: &Map<String, Value>, field: &str, name: &str) -> bool {
    package.get(field).and_then(Value::as_object).is_some_and(|d| d.contains_key(name))
}

fn remove(package: &mut Map<String, Value>, field: &str, name: &str) {
    if let Some(Value::Object(dependencies)) = package.get_mut(field) {
        dependencies.shift_remove(name);
        if dependencies.is_empty() {
            package.shift_remove(field);
        }
    }
}

fn insert(package: &mut Map<String, Value>, field: &str, name: &str, spec: &str) {
    let entry = package.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(dependencies) = entry {
        dependencies.insert(name.to_owned(), spec.into());
    }
}

/// Enters the requests into `package.json`, each under the kind asked for, else where it already is,
/// else under `dependencies`.
pub(crate) fn enter(project: &mut Project, requests: &[Request], field: Option<&str>) {
    let package = &mut project.package;
    for request in requests {
        let name = &request.name;
        let inferred = ["devDependencies", "optionalDependencies", "dependencies", "peerDependencies"]
            .into_iter()
            .find(|field| has(package, field, name));
        let field = field.or(inferred).unwrap_or("dependencies");
        let exclusive: &[&str] = match field {
            "dependencies" => &["devDependencies", "peerDependencies"],
            "devDependencies" => &["dependencies"],
            "optionalDependencies" => &["peerDependencies"],
            _ => &["dependencies", "optionalDependencies"],
        };
        for other in exclusive {
            remove(package, other, name);
        }
        if request.spec.raw_spec != "*" || !has(package, field, name) {
            insert(package, field, name, &request.spec.raw_spec);
        }
    }
}

/// Strikes names out of `package.json`.
pub(crate) fn strike(project: &mut Project, names: &[String]) {
    for field in DEPENDENCY_FIELDS {
        for name in names {
            remove(&mut project.package, field, name);
        }
    }
}

/// Replaces what was asked for by what is to be saved: `^` and the version found, unless a narrower
/// range was asked for.
pub(crate) fn settle(
    context: &Context,
    project: &mut Project,
    requests: &[Request],
    resolution: &Resolution,
) {
    let exact = context.switch("save-exact", false);
    let prefix = if exact { "" } else { context.config.get("save-prefix").unwrap_or("^") };
    for request in requests {
        let Some((package_name, version)) = resolution.direct(&request.name) else { continue };
        // What the edge asks for now may be an older entry, when the user gave no spec.
        let asked = DEPENDENCY_FIELDS
            .iter()
            .find_map(|f| project.package.get(*f)?.get(&request.name)?.as_str())
            .and_then(|spec| PackageSpec::resolve(Some(&request.name), spec).ok())
            .unwrap_or_else(|| request.spec.clone());
        let saved = format!("{prefix}{version}");
        let range = match &asked.target().kind {
            SpecKind::Range(wanted) if !asked.target().raw_spec.is_empty() => {
                let own = Range::parse(&saved, Options::LOOSE);
                let any = asked.target().raw_spec.trim() == "*";
                if any || own.is_some_and(|own| own.subset_of(wanted)) {
                    saved
                } else {
                    asked.target().raw_spec.clone()
                }
            }
            _ => saved,
        };
        let spec = if package_name == request.name { range } else { format!("npm:{package_name}@{range}") };
        for field in DEPENDENCY_FIELDS {
            if has(&project.package, field, &request.name) {
                insert(&mut project.package, field, &request.name, &spec);
            }
        }
    }
}
