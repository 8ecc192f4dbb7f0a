//! What changes a registry: `dist-tag`, `deprecate`, `unpublish`, `owner`, and the sending half of `publish`.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::help::{usage, wrong};
use crate::organization;
use crate::project::Project;
use crate::registry_call::Call;
use oac_npm_registry::{Integrity, RegistryError, base64_of, sha1_hex};
use oac_npm_spec::{Options, PackageSpec, Range, Version, escaped};
use serde_json::{Map, Value, json};

/// A package's own name, for commands that are given none.
fn own_name(context: &Context, usage: &str) -> Result<String, Failure> {
    let name = Project::read(&context.project, false)?.manifest().name;
    name.ok_or_else(|| Failure::Usage(usage.to_owned()))
}

/// The package of a spec, and the spec's own part.
fn parse(word: &str, usage: &str) -> Result<(String, String), Failure> {
    let spec = PackageSpec::parse(word)?;
    let name = spec.name.clone().ok_or_else(|| Failure::Usage(usage.to_owned()))?;
    Ok((name, spec.raw_spec))
}

fn for_writing(context: &Context, name: &str) -> Result<Value, Failure> {
    let url = format!("{}?write=true", context.config.packument_url(name)?);
    let body = Call::new(context).get(&url, "application/json")?;
    serde_json::from_slice(&body)
        .map_err(|e| RegistryError::MalformedPackument { url, problem: e.to_string() }.into())
}

/// `npm dist-tag add|rm|ls`
pub(crate) fn dist_tag(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    let word = |at: usize| words.get(at).map(String::as_str);
    match word(0) {
        Some("add" | "a" | "set" | "s") => add_tag(context, word(1), word(2)),
        Some("rm" | "r" | "del" | "d" | "remove") => remove_tag(context, word(1), word(2)),
        Some("ls" | "l" | "sl" | "list") => list_tags(context, word(1)),
        first if words.len() < 2 => list_tags(context, first),
        _ => Err(wrong("dist-tag", "")),
    }
}

fn tags_url(context: &Context, name: &str) -> Result<String, Failure> {
    Ok(format!("{}-/package/{}/dist-tags", context.config.registry_for(name)?.folder(), escaped(name)))
}

/// The tags; from the packument where the registry has no list of them.
fn tags(context: &Context, name: &str) -> Result<Map<String, Value>, Failure> {
    let call = Call::new(context);
    let tags = match call.get(&tags_url(context, name)?, "application/json") {
        Ok(body) => serde_json::from_slice(&body).unwrap_or_default(),
        Err(RegistryError::Status { status: 404 | 405, .. }) => {
            call.packument(name)?["dist-tags"].as_object().cloned().unwrap_or_default()
        }
        Err(error) => return Err(error.into()),
    };
    let mut tags: Map<String, Value> = tags;
    tags.shift_remove("_etag");
    if tags.is_empty() {
        return Err(Failure::Plain(format!("No dist-tags found for {name}")));
    }
    Ok(tags)
}

fn list_tags(context: &Context, word: Option<&str>) -> Result<i32, Failure> {
    let name = match word {
        Some(word) => parse(word, &usage("dist-tag"))?.0,
        None => own_name(context, &usage("dist-tag"))?,
    };
    let tags = tags(context, &name)?;
    let mut lines: Vec<String> = tags
        .iter()
        .map(|(tag, version)| format!("{tag}: {}", version.as_str().unwrap_or_default()))
        .collect();
    lines.sort();
    out(&lines.join("\n"));
    Ok(0)
}

fn add_tag(context: &Context, word: Option<&str>, tag: Option<&str>) -> Result<i32, Failure> {
    let missing = || wrong("dist-tag", "must provide a spec with a name and version, and a tag to add");
    let (name, version) = parse(word.ok_or_else(missing)?, &usage("dist-tag"))?;
    let tag = tag.or(context.config.get("tag")).unwrap_or("latest").trim();
    if Range::parse(tag, Options::STRICT).is_some() {
        return Err(Failure::Plain(format!("Tag name must not be a valid SemVer range: {tag}")));
    }
    if tags(context, &name)?.get(tag).and_then(Value::as_str) == Some(&version) {
        context.warn(&format!("dist-tag add {tag} is already set to version {version}"));
        return Ok(0);
    }
    let url = format!("{}/{}", tags_url(context, &name)?, escaped(tag));
    Call::new(context).send_json("PUT", &url, &version.as_str().into())?;
    out(&format!("+{tag}: {name}@{version}"));
    Ok(0)
}

fn remove_tag(context: &Context, word: Option<&str>, tag: Option<&str>) -> Result<i32, Failure> {
    let missing = || wrong("dist-tag", "");
    let (name, _) = parse(word.ok_or_else(missing)?, &usage("dist-tag"))?;
    let tag = tag.unwrap_or("undefined");
    let tags = tags(context, &name)?;
    let Some(version) = tags.get(tag).and_then(Value::as_str) else {
        return Err(Failure::Plain(format!("{tag} is not a dist-tag on {name}")));
    };
    let url = format!("{}/{}", tags_url(context, &name)?, escaped(tag));
    Call::new(context).send_json("DELETE", &url, &Value::Null)?;
    out(&format!("-{tag}: {name}@{version}"));
    Ok(0)
}

/// `npm deprecate`, `npm undeprecate`
pub(crate) fn deprecate(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    let undo = context.command == "undeprecate";
    let message = if undo { Some(String::new()) } else { words.get(1).cloned() };
    let (Some(word), Some(message)) = (words.first(), message) else {
        return Err(wrong("deprecate", ""));
    };
    let (name, wanted) = parse(word, &usage("deprecate"))?;
    let every = Options { include_prerelease: true, loose: true };
    let range = Range::parse(&wanted, every)
        .ok_or_else(|| Failure::Plain(format!("invalid version range: {wanted}")))?;
    let mut packument = for_writing(context, &name)?;
    let mut changed = Vec::new();
    for (text, manifest) in packument["versions"].as_object_mut().into_iter().flatten() {
        if Version::parse(text, true).is_some_and(|version| range.satisfied_by(&version)) {
            manifest["deprecated"] = message.as_str().into();
            changed.push(text.clone());
        }
    }
    if changed.is_empty() {
        context.warn(&format!("deprecate No version found for {wanted}"));
        return Ok(0);
    }
    for version in &changed {
        context.notice(&match message.is_empty() {
            true => format!("undeprecating {name}@{version}"),
            false => format!("deprecating {name}@{version} with message \"{message}\""),
        });
    }
    if !context.switch("dry-run", false) {
        let url = context.config.packument_url(&name)?;
        Call::new(context).send_json("PUT", &url, &packument)?;
    }
    Ok(0)
}

/// `npm unpublish [NAME[@VERSION]]`
pub(crate) fn unpublish(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    if words.len() > 1 {
        return Err(wrong("unpublish", ""));
    }
    let (name, version) = match words.first() {
        Some(word) => parse(word, &usage("unpublish"))?,
        None => {
            let manifest = Project::read(&context.project, false)?.manifest();
            let name = manifest.name.ok_or_else(|| wrong("unpublish", ""))?;
            (name, manifest.version.unwrap_or_else(|| "*".into()))
        }
    };
    let whole = version == "*" || version.is_empty();
    if !whole && Version::parse(&version, true).is_none() {
        let why =
            "Can only unpublish a single version, or the entire project.\nTags and ranges are not supported.";
        return Err(wrong("unpublish", why));
    }
    if whole && !context.switch("force", false) {
        let why = "Refusing to delete entire project.\nRun with --force to do this.";
        return Err(wrong("unpublish", why));
    }
    if !context.switch("dry-run", false) {
        match remove(context, &name, &version, whole) {
            Err(Failure::Coded { code, .. }) if code == "E404" => {}
            done => done?,
        }
    }
    context.say(&if whole { format!("- {name}") } else { format!("- {name}@{version}") });
    Ok(0)
}

fn remove(context: &Context, name: &str, version: &str, whole: bool) -> Result<(), Failure> {
    let call = Call::new(context);
    let mut packument = for_writing(context, name)?;
    let url = context.config.packument_url(name)?;
    let revision = |packument: &Value| packument["_rev"].as_str().unwrap_or_default().to_owned();
    let versions = packument["versions"].as_object().cloned().unwrap_or_default();
    if !whole && !versions.is_empty() && !versions.contains_key(version) {
        return Ok(());
    }
    if whole || versions.len() <= 1 {
        call.send_json("DELETE", &format!("{url}/-rev/{}", revision(&packument)), &Value::Null)?;
        return Ok(());
    }
    let tarball = versions[version]["dist"]["tarball"].as_str().unwrap_or_default().to_owned();
    let mut left = versions;
    left.shift_remove(version);
    if let Some(tags) = packument["dist-tags"].as_object_mut() {
        let was_latest = tags.get("latest").and_then(Value::as_str) == Some(version);
        tags.retain(|_, tagged| tagged.as_str() != Some(version));
        let newest = left.keys().filter_map(|text| Some((Version::parse(text, true)?, text))).max();
        if let (true, Some((_, newest))) = (was_latest, newest) {
            tags.insert("latest".into(), newest.clone().into());
        }
    }
    packument["versions"] = Value::Object(left);
    if let Some(object) = packument.as_object_mut() {
        object.shift_remove("_revisions");
        object.shift_remove("_attachments");
    }
    call.send_json("PUT", &format!("{url}/-rev/{}", revision(&packument)), &packument)?;
    let again = for_writing(context, name)?;
    let tarball = context.config.tarball_url(name, &tarball)?;
    call.send_json("DELETE", &format!("{tarball}/-rev/{}", revision(&again)), &Value::Null)?;
    Ok(())
}

/// `npm owner ls|add|rm`
pub(crate) fn owner(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    let usage = crate::help::usage("owner");
    match words.first().map(String::as_str) {
        Some("ls" | "list") => {}
        Some(action @ ("add" | "rm" | "remove")) => {
            let user = words.get(1).ok_or_else(|| Failure::Usage(usage.clone()))?;
            let name = match words.get(2) {
                Some(word) => parse(word, &usage)?.0,
                None => own_name(context, &usage)?,
            };
            return organization::change_owners(context, user, &name, action == "add");
        }
        _ => return Err(Failure::Usage(usage)),
    }
    let name = match words.get(1) {
        Some(word) => parse(word, &usage)?.0,
        None => own_name(context, &usage)?,
    };
    let packument = Call::new(context).packument(&name)?;
    let lines: Vec<String> = packument["maintainers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|m| {
            format!(
                "{} <{}>",
                m["name"].as_str().unwrap_or_default(),
                m["email"].as_str().unwrap_or_default()
            )
        })
        .collect();
    out(&if lines.is_empty() { "no admin found".to_owned() } else { lines.join("\n") });
    Ok(0)
}

/// A package on its way to a registry.
pub(crate) struct Parcel<'a> {
    /// Its `package.json`.
    pub(crate) package: &'a Value,
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) tarball: &'a [u8],
    pub(crate) readme: Option<String>,
}

/// Sends a packed package to its registry, as `libnpmpublish` does.
pub(crate) fn send(context: &Context, parcel: Parcel<'_>) -> Result<(), Failure> {
    let Parcel { package, name, version, tarball, readme } = parcel;
    let registry = context.config.registry_for(name)?.folder();
    let scoped = name.starts_with('@');
    let access = context.config.get("access").or_else(|| package["publishConfig"]["access"].as_str());
    if !scoped && access == Some("restricted") {
        let lines = vec!["Can't restrict access to unscoped packages.".to_owned()];
        return Err(Failure::Coded { code: "EUNSCOPED".into(), lines });
    }
    let file = format!("{name}-{version}.tgz");
    let mut manifest = package.as_object().cloned().unwrap_or_default();
    if !manifest.contains_key("readme") {
        let readme = readme.unwrap_or_else(|| "ERROR: No README data found!".to_owned());
        manifest.insert("readme".into(), readme.into());
    }
    manifest.insert("_id".into(), format!("{name}@{version}").into());
    manifest.insert("_nodeVersion".into(), crate::NODE_VERSION.into());
    manifest.insert("_npmVersion".into(), crate::NPM_VERSION.into());
    let address = format!("{registry}{name}/-/{file}");
    let dist = json!({
        "integrity": Integrity::sha512(tarball),
        "shasum": sha1_hex(tarball),
        "tarball": address.replacen("https://", "http://", 1),
    });
    manifest.insert("dist".into(), dist);
    let tag = manifest.get("tag").and_then(Value::as_str).map(str::to_owned);
    let tag = tag.unwrap_or_else(|| tag_of(context, package));
    let data = base64_of(tarball);
    let mut body = json!({
        "_id": name,
        "name": name,
        "description": package["description"],
        "dist-tags": { tag: version },
        "versions": { version: manifest },
        "access": access,
        "_attachments": { file: { "content_type": "application/octet-stream", "data": data, "length": tarball.len() } },
    });
    if package["description"].is_null()
        && let Some(object) = body.as_object_mut()
    {
        object.shift_remove("description");
    }
    Call::new(context).send_json("PUT", &format!("{registry}{}", escaped(name)), &body)?;
    Ok(())
}

/// The tag that a version is published with.
pub(crate) fn tag_of(context: &Context, package: &Value) -> String {
    let given = context.config.get("tag").or_else(|| package["publishConfig"]["tag"].as_str());
    given.unwrap_or("latest").to_owned()
}

/// A tag that could be taken for a range is none.
pub(crate) fn check_tag(context: &Context) -> Result<(), Failure> {
    match context.config.get("tag").filter(|tag| Range::parse(tag, Options::STRICT).is_some()) {
        Some(tag) => Err(Failure::Plain(format!("Tag name must not be a valid SemVer range: {tag}"))),
        None => Ok(()),
    }
}

/// npm's reasons for not publishing a version.
pub(crate) fn check(context: &Context, package: &Value, name: &str, version: &str) -> Result<(), Failure> {
    let default_tag = context.config.get("tag").is_none() && package["publishConfig"]["tag"].is_null();
    if context.switch("force", false) {
        return Ok(());
    }
    let own = Version::parse(version, true);
    if default_tag && own.as_ref().is_some_and(Version::is_prerelease) {
        let why = "You must specify a tag using --tag when publishing a prerelease version.";
        return Err(Failure::Plain(why.into()));
    }
    // Whatever goes wrong here, the registry has the last word.
    let Ok(packument) = Call::new(context).packument(name) else { return Ok(()) };
    let released =
        packument["versions"].as_object().into_iter().flatten().filter(|(_, m)| m["deprecated"].is_null());
    let versions: Vec<Version> =
        released.filter_map(|(text, _)| Version::parse(text, true)).filter(|v| !v.is_prerelease()).collect();
    if versions.iter().any(|v| Some(v) == own.as_ref()) {
        let why = format!("You cannot publish over the previously published versions: {version}.");
        return Err(Failure::Plain(why));
    }
    match versions.iter().max() {
        Some(highest) if default_tag && Some(highest) >= own.as_ref() => Err(Failure::Plain(format!(
            "Cannot implicitly apply the \"latest\" tag because previously published version {highest} is higher than the new version {version}. You must specify a tag using --tag."
        ))),
        _ => Ok(()),
    }
}
