//! `npm view`: what the registry says of a package.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::inspect::inspect;
use crate::project::Project;
use crate::query;
use crate::registry_call::Call;
use crate::workspaces;
use oac_npm_registry::Moment;
use oac_npm_spec::{JsonStyle, Options, PackageSpec, Range, Version};
use serde_json::{Map, Value};
use std::time::{SystemTime, UNIX_EPOCH};

/// `npm view [PACKAGE [FIELD…]]`
pub(crate) fn view(context: &mut Context) -> Result<i32, Failure> {
    let mut words = context.arguments.words.clone();
    if words.is_empty() {
        words.push(".".into());
    }
    let what = words.remove(0);
    let local = what == "." || what.starts_with(".@");
    let selection = workspaces::selected(context)?;
    if !local {
        if selection.is_some() {
            context.warn("Ignoring workspaces for specified package(s)");
        }
        return one(context, &what, &words, None);
    }
    for folder in selection.folders(context) {
        let project = Project::read(&folder, false)?;
        let Some(name) = project.manifest().name else {
            return Err(Failure::Plain("Invalid package.json, no \"name\" field".into()));
        };
        let workspace = selection.is_some().then_some(name.as_str());
        one(context, &format!("{name}{}", &what[1..]), &words, workspace)?;
    }
    Ok(0)
}

fn one(context: &Context, what: &str, fields: &[String], workspace: Option<&str>) -> Result<i32, Failure> {
    if let Some(name) = workspace.filter(|_| !context.json() && !fields.is_empty()) {
        out(&format!("{name}:"));
    }
    let spec = PackageSpec::parse(what)?;
    let name =
        spec.registry_name().ok_or_else(|| Failure::Plain(format!("{what} is no package of a registry")))?;
    let mut packument = Call::new(context).packument(name)?;
    let chosen = choose(context, &spec, &mut packument)?;
    if fields.is_empty() && !context.json() {
        for version in &chosen {
            out(&pretty(&packument, version));
        }
        return Ok(0);
    }
    let found = answers(&packument, &chosen, fields, context.json())?;
    if context.json() {
        if let Some(json) = unwrapped(found) {
            let json = match workspace {
                Some(name) => serde_json::json!({ name: json }),
                None => json,
            };
            out(JsonStyle::default().print(&json).trim_end());
        }
    } else {
        let text = lines(name, &found);
        if !text.is_empty() {
            out(&text);
        }
    }
    Ok(0)
}

/// The manifests of the versions meant; `versions` becomes their list.
fn choose(context: &Context, spec: &PackageSpec, packument: &mut Value) -> Result<Vec<Value>, Failure> {
    let name = packument["name"].as_str().unwrap_or_default().to_owned();
    let missing = |text: String, package: String| Failure::not_found(&text, &package);
    if let Some(when) = packument["time"]["unpublished"]["time"].as_str() {
        return Err(missing(format!("Unpublished on {when}"), name));
    }
    let raw = &spec.target().raw_spec;
    let mut wanted = if raw == "*" { context.config.get("tag").unwrap_or("latest") } else { raw }.to_owned();
    if let Some(version) = packument["dist-tags"][&wanted].as_str() {
        wanted = version.to_owned();
    }
    let Value::Object(versions) = packument["versions"].take() else { return Ok(Vec::new()) };
    let mut sorted: Vec<(Version, &String)> =
        versions.keys().filter_map(|v| Some((Version::parse(v, true)?, v))).collect();
    sorted.sort();
    packument["versions"] = sorted.iter().map(|(_, v)| Value::from(v.as_str())).collect();
    if let Some(object) = packument.as_object_mut() {
        object.shift_remove("readme");
    }
    let range = Range::parse(&wanted, Options::LOOSE);
    let fits = |text: &str| {
        let version = Version::parse(text, true);
        version.zip(range.as_ref()).is_some_and(|(v, range)| range.satisfied_by(&v))
    };
    let chosen: Vec<Value> = versions.iter().filter(|(v, _)| fits(v)).map(|(_, m)| m.clone()).collect();
    if chosen.is_empty() && wanted != "latest" {
        return Err(missing(format!("No match found for version {wanted}"), format!("{name}@{wanted}")));
    }
    Ok(chosen)
}

/// By version: the fields asked for; without any, everything under an empty name.
type Found = Vec<(String, Map<String, Value>)>;

fn answers(packument: &Value, chosen: &[Value], fields: &[String], json: bool) -> Result<Found, Failure> {
    let mut all = Vec::new();
    for version in chosen {
        let mut merged = packument.as_object().cloned().unwrap_or_default();
        for (key, value) in version.as_object().into_iter().flatten() {
            merged.insert(key.clone(), value.clone());
        }
        let id = version["version"].as_str().unwrap_or_default().to_owned();
        let merged = Value::Object(merged);
        let mut found = Map::new();
        if fields.is_empty() {
            found = merged.as_object().cloned().unwrap_or_default();
        }
        for field in fields {
            found.extend(query::get(&merged, field, !json)?);
        }
        if !found.is_empty() {
            all.push((id, found.into_iter().map(|(k, v)| (k, people(v))).collect()));
        }
    }
    Ok(all)
}

/// npm's JSON: without the version where there is one, without the field where there is one.
fn unwrapped(found: Found) -> Option<Value> {
    let single = found.first().is_some_and(|(_, fields)| fields.len() == 1);
    let mut values: Vec<Value> = found
        .into_iter()
        .map(|(_, fields)| {
            if single {
                fields.into_iter().next().map_or(Value::Null, |(_, v)| v)
            } else {
                Value::Object(fields)
            }
        })
        .collect();
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Value::Array(values)),
    }
}

fn lines(name: &str, found: &Found) -> String {
    let with_version = found.len() > 1;
    let mut with_field = false;
    let mut lines = Vec::new();
    for (version, fields) in found {
        with_field |= fields.len() > 1;
        for (field, value) in fields {
            let text = match value {
                Value::String(text) if !with_version && !with_field => text.clone(),
                other => inspect(other),
            };
            let version = if with_version { format!("{name}@{version} ") } else { String::new() };
            let field = if with_field { format!("{field} = ") } else { String::new() };
            lines.push(format!("{version}{field}{text}"));
        }
    }
    lines.join("\n").trim().to_owned()
}

/// `{ name, email, url }` becomes `name <email> (url)`, everywhere in lists.
fn people(value: Value) -> Value {
    match value {
        Value::Array(list) => Value::Array(list.into_iter().map(people).collect()),
        Value::Object(person) if is_person(&person) => person_text(&person).into(),
        other => other,
    }
}

fn is_person(object: &Map<String, Value>) -> bool {
    let has = |key: &str| object.get(key).and_then(Value::as_str).is_some_and(|t| !t.is_empty());
    has("name")
        && match object.len() {
            1 => true,
            2 => has("email") || has("url"),
            3 => (has("email") && has("url")) || object.contains_key("trustedPublisher"),
            _ => false,
        }
}

fn person_text(person: &Map<String, Value>) -> String {
    let part = |key: &str, open: &str, close: &str| {
        let text = person.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        text.map(|t| format!("{open}{t}{close}")).unwrap_or_default()
    };
    format!("{}{}{}", part("name", "", ""), part("email", " <", ">"), part("url", " (", ")"))
}

/// npm's page for a version.
fn pretty(packument: &Value, version: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut res = vec![String::new()];
    let empty = Map::new();
    let dependencies = version["dependencies"].as_object().unwrap_or(&empty);
    let license = text(&version["license"]).or_else(|| text(&version["license"]["type"]));
    let count = if dependencies.is_empty() { "none".into() } else { dependencies.len().to_string() };
    res.push(format!(
        "{}@{} | {} | deps: {count} | versions: {}",
        version["name"].as_str().unwrap_or_default(),
        version["version"].as_str().unwrap_or_default(),
        license.unwrap_or_else(|| "Proprietary".into()),
        packument["versions"].as_array().map_or(0, Vec::len),
    ));
    res.extend(text(&version["description"]).filter(|t| !t.is_empty()));
    res.extend(text(&version["homepage"]).or_else(|| text(&version["homepage"]["url"])));
    if let Some(message) = text(&version["deprecated"]) {
        res.push(format!("\nDEPRECATED ⚠️  - {message}"));
    }
    let words = |value: &Value| -> Vec<String> {
        value.as_array().map(|l| l.iter().filter_map(text).collect()).unwrap_or_default()
    };
    let keywords = words(&packument["keywords"]);
    if !keywords.is_empty() {
        res.push(format!("\nkeywords: {}", keywords.join(", ")));
    }
    if let Some(bins) = version["bin"].as_object().filter(|b| !b.is_empty()) {
        res.push(format!("\nbin: {}", bins.keys().cloned().collect::<Vec<_>>().join(", ")));
    }
    distribution(version, &mut res);
    if !dependencies.is_empty() {
        const SHOWN_MAX: usize = 24;
        let list = dependencies.iter().map(|(n, s)| format!("{n}: {}", s.as_str().unwrap_or_default()));
        res.push("\ndependencies:".into());
        res.push(list.take(SHOWN_MAX).collect::<Vec<_>>().join(", "));
        if dependencies.len() > SHOWN_MAX {
            res.push(format!("(...and {} more.)", dependencies.len() - SHOWN_MAX));
        }
    }
    if let Some(maintainers) = packument["maintainers"].as_array().filter(|m| !m.is_empty()) {
        res.push("\nmaintainers:".into());
        res.extend(maintainers.iter().filter_map(Value::as_object).map(|p| format!("- {}", person_text(p))));
    }
    tags(packument, &mut res);
    published(packument, version, &mut res);
    res.join("\n")
}

fn distribution(version: &Value, res: &mut Vec<String>) {
    let dist = &version["dist"];
    res.push("\ndist".into());
    for field in ["tarball", "shasum", "integrity"] {
        if let Some(text) = dist[field].as_str() {
            res.push(format!(".{field}: {text}"));
        }
    }
    if let Some(bytes) = dist["unpackedSize"].as_u64() {
        res.push(format!(".unpackedSize: {}", crate::pack::bytes_text(bytes, true)));
    }
}

fn tags(packument: &Value, res: &mut Vec<String>) {
    const SHOWN_MAX: usize = 5;
    let Some(tags) = packument["dist-tags"].as_object() else { return };
    let time = |version: &str| packument["time"][version].as_str().and_then(Moment::parse);
    let mut tags: Vec<(&String, &str)> = tags.iter().filter_map(|(t, v)| Some((t, v.as_str()?))).collect();
    tags.sort_by_key(|(tag, version)| {
        (*tag != "latest", std::cmp::Reverse(time(version)), std::cmp::Reverse(tag.as_str()))
    });
    res.push("\ndist-tags:".into());
    res.extend(tags.iter().take(SHOWN_MAX).map(|(tag, version)| format!("{tag}: {version}")));
    if tags.len() > SHOWN_MAX {
        res.push(format!("(...and {} more.)", tags.len() - SHOWN_MAX));
    }
}

fn published(packument: &Value, version: &Value, res: &mut Vec<String>) {
    let publisher = version["_npmUser"].as_object().map(person_text);
    if publisher.is_none() && packument["time"].is_null() {
        return;
    }
    let mut text = "published".to_owned();
    let id = version["version"].as_str().unwrap_or_default();
    if let Some(time) = packument["time"][id].as_str().and_then(Moment::parse) {
        text.push_str(&format!(" {}", ago(time)));
    }
    if let Some(publisher) = publisher {
        text.push_str(&format!(" by {publisher}"));
    }
    res.push(String::new());
    res.push(text);
}

/// `3 weeks ago`, as the package `tiny-relative-date` says it.
fn ago(time: Moment) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let seconds = (i64::try_from(now).unwrap_or(i64::MAX) - time.unix_ms()).max(0) / 1000;
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let (unit, name) = match seconds {
        s if s < 30 => return "just now".into(),
        s if s < MINUTE => (1, "second"),
        s if s < HOUR => (MINUTE, "minute"),
        s if s < DAY => (HOUR, "hour"),
        s if s < 2 * DAY => return "yesterday".into(),
        s if s < 7 * DAY => (DAY, "day"),
        s if s < 30 * DAY => (7 * DAY, "week"),
        s if s < 365 * DAY => (30 * DAY, "month"),
        s if s < 2 * 365 * DAY => (365 * DAY, "year"),
        _ => return "over a year ago".into(),
    };
    match seconds / unit {
        1 if name == "hour" => "an hour ago".into(),
        1 => format!("a {name} ago"),
        n => format!("{n} {name}s ago"),
    }
}
