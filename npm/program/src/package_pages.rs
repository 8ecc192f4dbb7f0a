//! `npm docs`, `npm repo`, `npm bugs`: a package's pages. There is no browser here, so their addresses are printed.

use crate::accounts::print_json;
use crate::context::{Context, out};
use crate::failure::Failure;
use crate::project::Project;
use crate::registry_call::Call;
use crate::reify::pick_context;
use crate::workspaces;
use oac_npm_resolver::ResolveError;
use oac_npm_spec::{HostedGit, PackageSpec};
use serde_json::Value;
use std::path::Path;

/// `npm docs|repo|bugs [PACKAGE…]`
pub(crate) fn page(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    let mut found: Vec<Value> = Vec::new();
    if words.is_empty() {
        let selection = workspaces::selected(context)?;
        let folders =
            if selection.is_some() { selection.folders(context) } else { vec![context.project.clone()] };
        for folder in folders {
            found.push(own_package(&folder)?);
        }
    }
    for word in words {
        let spec = PackageSpec::parse(&word)?;
        let package = match spec.registry_name() {
            Some(_) => published(context, &spec)?,
            None => own_package(&context.cwd.join(&word))?,
        };
        found.push(package);
    }
    for package in found {
        let name = package["name"].as_str().unwrap_or("undefined").to_owned();
        let url = match context.command.as_str() {
            "repo" => repository_page(&package).ok_or_else(|| no_repository(&package))?,
            "bugs" => bugs_page(context, &package)?,
            _ => documentation_page(context, &package)?,
        };
        let title = format!("{name} {} available at the following URL", context.command);
        if context.json() {
            print_json(&serde_json::json!({ "title": title, "url": url }));
        } else {
            out(&format!("{title}:\n{url}"));
        }
    }
    Ok(0)
}

fn own_package(folder: &Path) -> Result<Value, Failure> {
    let project = Project::read(folder, false)?;
    match project.package_text {
        Some(_) => Ok(Value::Object(project.package)),
        None => Err(Failure::no_package(folder)),
    }
}

/// All that the registry has of the version that a spec picks.
pub(crate) fn published(context: &Context, spec: &PackageSpec) -> Result<Value, Failure> {
    let name = spec.registry_name().unwrap_or_default();
    let call = Call::new(context);
    let missing = || ResolveError::NoVersion {
        name: name.to_owned(),
        wanted: spec.target().raw_spec.clone(),
        required_by: String::new(),
    };
    let picked = call.abbreviated(name)?.pick(spec, &pick_context(context)?).ok_or_else(missing)?;
    let version = picked.version.clone().unwrap_or_default();
    Ok(call.packument(name)?["versions"][&version].clone())
}

fn repository_url(package: &Value) -> Option<&str> {
    package["repository"].as_str().or_else(|| package["repository"]["url"].as_str())
}

fn hosted(package: &Value) -> Option<HostedGit> {
    let url = repository_url(package)?;
    HostedGit::parse(url.strip_prefix("git+").unwrap_or(url))
}

fn no_repository(package: &Value) -> Failure {
    let why =
        if repository_url(package).is_some() { "no repository: could not get url" } else { "no repository" };
    Failure::Plain(why.into())
}

fn repository_page(package: &Value) -> Option<String> {
    let url = repository_url(package)?;
    if let Some(hosted) = hosted(package) {
        return Some(hosted.browse_url(package["repository"]["directory"].as_str()));
    }
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host =
        authority.rsplit('@').next().unwrap_or(authority).split(':').next().filter(|h| !h.is_empty())?;
    let scheme = if scheme == "git+http" { "http" } else { "https" };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    Some(format!("{scheme}://{host}/{}", path.trim_end_matches(".git")))
}

/// The registry's own page of a package, in the place of npm's web site, whose address is not ours to know.
fn registry_page(context: &Context, package: &Value) -> Result<String, Failure> {
    let name = package["name"].as_str().unwrap_or("undefined");
    Ok(format!("{}package/{name}", context.config.registry_for(name)?.folder()))
}

fn bugs_page(context: &Context, package: &Value) -> Result<String, Failure> {
    let bugs = &package["bugs"];
    if let Some(url) = bugs.as_str().or_else(|| bugs["url"].as_str()) {
        return Ok(url.to_owned());
    }
    if let Some(address) = bugs["email"].as_str() {
        return Ok(format!("mailto:{address}"));
    }
    match hosted(package) {
        Some(hosted) => Ok(hosted.issues_url()),
        None => registry_page(context, package),
    }
}

fn documentation_page(context: &Context, package: &Value) -> Result<String, Failure> {
    if let Some(url) = package["homepage"].as_str().filter(|url| !url.is_empty()) {
        return Ok(url.to_owned());
    }
    match hosted(package) {
        Some(hosted) => Ok(hosted.readme_url()),
        None => registry_page(context, package),
    }
}
