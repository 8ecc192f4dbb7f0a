//! `npm install NAME…` and `npm uninstall NAME…`: what they do to `package.json`.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::{DEPENDENCY_FIELDS, Project};
use oac_npm_installer::Packuments;
use oac_npm_registry::{Packument, PickContext, Transport};
use oac_npm_resolver::{ManifestRequest, Resolution, join_path, relative_path};
use oac_npm_spec::{Options, PackageSpec, Range, SpecKind, locale_compare};
use serde_json::{Map, Value};

/// A package the user asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) spec: PackageSpec,
    pub(crate) name: String,
}

impl Request {
    /// Reads what the user typed. Paths start from the working directory.
    pub(crate) fn parse(context: &Context, word: &str) -> Result<Self, Failure> {
        let mut spec = PackageSpec::parse(word)?;
        if let SpecKind::Git(text) = &spec.kind
            && oac_npm_spec::HostedGit::parse(text).is_none()
        {
            return Err(oac_npm_installer::InstallError::NoTarballOfGit { spec: text.clone() }.into());
        }
        if let SpecKind::File(path) | SpecKind::Directory(path) = &spec.kind {
            let path = match path.strip_prefix("~/") {
                Some(rest) => {
                    format!("{}/{rest}", context.environment.get("HOME").map_or("/root", String::as_str))
                }
                None => path.clone(),
            };
            let path = join_path(&context.cwd.to_string_lossy(), &path);
            let looks_like_folder = matches!(spec.kind, SpecKind::Directory(_));
            spec.kind = if looks_like_folder || std::path::Path::new(&path).is_dir() {
                SpecKind::Directory(path)
            } else {
                SpecKind::File(path)
            };
        }
        let name = spec.name.clone().unwrap_or_default();
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

/// Finds out the names of requests that are a folder or a tarball.
pub(crate) fn name_requests<T: Transport>(
    context: &Context,
    requests: &mut [Request],
    packuments: &mut Packuments<'_, T>,
) -> Result<(), Failure> {
    for request in requests {
        let wanted = match &request.spec.kind {
            SpecKind::Directory(path) => ManifestRequest::Folder(path.clone()),
            SpecKind::File(path) => ManifestRequest::File(path.clone()),
            SpecKind::Remote(url) if request.name.is_empty() => ManifestRequest::Remote(url.clone()),
            SpecKind::Git(text) if request.name.is_empty() => ManifestRequest::Git(text.clone()),
            _ => continue,
        };
        let found = packuments.manifest(&wanted, &|_| None).map_err(|error| unavailable(&wanted, error))?;
        if !request.name.is_empty() {
            continue;
        }
        request.name = match (found.manifest.name, &wanted) {
            (Some(name), _) => name,
            (None, ManifestRequest::Folder(path)) => path.rsplit('/').next().unwrap_or_default().to_owned(),
            (None, _) => {
                return Err(Failure::Plain(format!("the package in {} has no name", request.spec.raw_spec)));
            }
        };
        context.log("silly", &format!("{} is {}", request.spec.raw_spec, request.name));
    }
    Ok(())
}

/// A file that is not there is npm's `ENOENT`, with its path.
fn unavailable(request: &ManifestRequest, error: oac_npm_resolver::ResolveError) -> Failure {
    match (request, error.code().as_str()) {
        (ManifestRequest::Folder(path), "ENOENT") => Failure::no_package(path.as_ref()),
        (ManifestRequest::File(path), "ENOENT") => {
            Failure::file("open", path.as_ref(), &std::io::ErrorKind::NotFound.into())
        }
        _ => error.into(),
    }
}

/// What `package.json` of a project is to say for a request.
fn declared(project: &Project, request: &Request) -> String {
    match &request.spec.kind {
        SpecKind::File(path) | SpecKind::Directory(path) => {
            let path = match std::fs::canonicalize(path) {
                Ok(real) if matches!(request.spec.kind, SpecKind::Directory(_)) => {
                    real.to_string_lossy().into_owned()
                }
                _ => path.clone(),
            };
            format!("file:{}", relative_path(&project.folder.to_string_lossy(), &path))
        }
        SpecKind::Git(text) => {
            oac_npm_spec::HostedGit::parse(text).map_or_else(|| text.clone(), |hosted| hosted.saved())
        }
        _ => request.spec.raw_spec.clone(),
    }
}

/// Enters the requests into `package.json`, each under the kind asked for, else where it already is,
/// else under `dependencies`.
pub(crate) fn enter(context: &Context, project: &mut Project, requests: &[Request], field: Option<&str>) {
    for request in requests {
        let name = &request.name;
        let spec = declared(project, request);
        let package = &mut project.package;
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
            if has(package, other, name) {
                context.warn(&format!("idealTree Removing {other}.{name} in favor of {field}.{name}"));
            }
            remove(package, other, name);
        }
        if spec != "*" || !has(package, field, name) {
            insert(package, field, name, &spec);
        }
        if context.switch("save-bundle", false) && field != "peerDependencies" {
            bundle(package, name);
        }
    }
}

fn bundle(package: &mut Map<String, Value>, name: &str) {
    let mut names: Vec<String> = package
        .get("bundleDependencies")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    names.push(name.to_owned());
    names.sort_by(|a, b| locale_compare(a, b));
    names.dedup();
    package.insert("bundleDependencies".into(), names.into());
}

/// Strikes names out of `package.json`.
pub(crate) fn strike(project: &mut Project, names: &[String]) {
    for field in DEPENDENCY_FIELDS {
        for name in names {
            remove(&mut project.package, field, name);
        }
    }
    if let Some(Value::Array(bundled)) = project.package.get_mut("bundleDependencies") {
        bundled.retain(|b| !names.iter().any(|n| b == n));
        if bundled.is_empty() {
            project.package.shift_remove("bundleDependencies");
        }
    }
}

/// What `package.json` says of a dependency, and where.
fn current_spec(project: &Project, name: &str) -> Option<String> {
    DEPENDENCY_FIELDS.iter().find_map(|f| Some(project.package.get(*f)?.get(name)?.as_str()?.to_owned()))
}

fn save_prefix(context: &Context) -> &str {
    if context.switch("save-exact", false) { "" } else { context.config.get("save-prefix").unwrap_or("^") }
}

/// What is to be saved for a dependency: `^` and the version found, unless a narrower range was asked
/// for; the path of what is local.
fn saved_spec(context: &Context, project: &Project, name: &str, resolution: &Resolution) -> Option<String> {
    let node = resolution.direct(&project.folder.to_string_lossy(), name)?;
    // What the edge asks for now may be an older entry, when the user gave no spec.
    let asked = PackageSpec::resolve(Some(name), &current_spec(project, name)?).ok()?;
    let from_workspace = resolution.is_workspace_link(&project.folder.to_string_lossy(), name);
    if !asked.is_registry() && !from_workspace {
        return Some(asked.raw_spec);
    }
    let version = node.package.version.clone();
    let saved = version.map_or_else(|| "*".to_owned(), |v| format!("{}{v}", save_prefix(context)));
    if from_workspace && !asked.is_registry() {
        return Some(saved);
    }
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
    let package_name = node.package.name.clone().unwrap_or_else(|| name.to_owned());
    Some(if package_name == name { range } else { format!("npm:{package_name}@{range}") })
}

/// Replaces what was asked for by what is to be saved.
pub(crate) fn settle(
    context: &Context,
    project: &mut Project,
    requests: &[Request],
    resolution: &Resolution,
) {
    for request in requests {
        if let Some(spec) = saved_spec(context, project, &request.name, resolution) {
            save(project, &request.name, &spec);
        }
    }
}

/// `npm update --save`: the dependencies, or those of these names, get the versions that were found, except where
/// exactly one version is asked for.
pub(crate) fn refresh(
    context: &Context,
    project: &mut Project,
    names: Option<&[String]>,
    resolution: &Resolution,
) {
    let all: Vec<String> = DEPENDENCY_FIELDS
        .iter()
        .filter_map(|f| project.package.get(*f)?.as_object())
        .flat_map(|d| d.keys().cloned())
        .collect();
    for name in all.iter().filter(|n| names.is_none_or(|names| names.contains(n))) {
        let exact = current_spec(project, name)
            .and_then(|spec| PackageSpec::resolve(Some(name), &spec).ok())
            .is_some_and(|spec| !matches!(spec.target().kind, SpecKind::Range(_)));
        if !exact && let Some(spec) = saved_spec(context, project, name, resolution) {
            save(project, name, &spec);
        }
    }
}

fn save(project: &mut Project, name: &str, spec: &str) {
    for field in DEPENDENCY_FIELDS {
        if has(&project.package, field, name) {
            insert(&mut project.package, field, name, spec);
        }
    }
}
