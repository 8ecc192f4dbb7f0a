//! `npm config list|get|set|delete`.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::interface::Setting;
use crate::{NODE_VERSION, NPM_VERSION};
use oac_npm_installer::write_whole;
use oac_npm_spec::{JsonStyle, locale_compare};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// `npm config ACTION …`, `npm get KEY`, `npm set KEY=VALUE`
pub(crate) fn config(context: &mut Context) -> Result<i32, Failure> {
    let mut words = context.arguments.words.clone();
    let action = match context.command.as_str() {
        "get" | "set" => context.command.clone(),
        _ if words.is_empty() => return Err(Failure::Usage(USAGE.into())),
        _ => words.remove(0),
    };
    match action.as_str() {
        "get" if words.is_empty() => list(context),
        "get" => get(context, &words),
        "list" | "ls" => list(context),
        "set" => set(context, &words),
        "delete" | "rm" | "del" => {
            change(context, &words.iter().map(|w| (w.clone(), None)).collect::<Vec<_>>())
        }
        _ => Err(Failure::Usage(USAGE.into())),
    }
}

const USAGE: &str = "Manage the npm configuration files

Usage:
npm config set <key>=<value> [<key>=<value> ...]
npm config get [<key> [<key> ...]]
npm config delete <key> [<key> ...]
npm config list [--json]";

/// Secrets are never shown.
fn is_private(key: &str) -> bool {
    let last = key.rsplit(':').next().unwrap_or(key);
    last.starts_with('_') || key.starts_with("//")
}

fn get(context: &Context, keys: &[String]) -> Result<i32, Failure> {
    for key in keys {
        if is_private(key) {
            return Err(Failure::Plain(format!(
                "The {key} option is protected, and cannot be retrieved in this way"
            )));
        }
        let value = value_of(context, key)?;
        if keys.len() > 1 {
            out(&format!("{key}={value}"));
        } else {
            out(&value);
        }
    }
    Ok(0)
}

fn value_of(context: &Context, key: &str) -> Result<String, Failure> {
    Ok(match key {
        "registry" => context.config.registry_for("")?.folder(),
        "cache" => context.cache.parent().unwrap_or(&context.cache).display().to_string(),
        "prefix" => context.global_prefix().display().to_string(),
        "userconfig" => context.user_config.display().to_string(),
        "globalconfig" => context.global_prefix().join("etc/npmrc").display().to_string(),
        "user-agent" => context.user_agent(),
        "npm-version" => NPM_VERSION.to_owned(),
        "node-version" => format!("v{NODE_VERSION}"),
        key => context.config.get(key).map_or_else(|| default_of(key), str::to_owned),
    })
}

/// npm's defaults that depend on the machine, as they are in a container.
const OF_MACHINE: [(&str, &str); 17] = [
    ("ci-name", "null"),
    ("cidr", "null"),
    ("color", "false"),
    ("cpu", "null"),
    ("editor", "vi"),
    ("https-proxy", "null"),
    ("libc", "null"),
    ("local-address", "null"),
    ("noproxy", ""),
    ("omit", ""),
    ("os", "null"),
    ("progress", "true"),
    ("proxy", "null"),
    ("script-shell", "null"),
    ("umask", "0"),
    ("unicode", "true"),
    ("viewer", "man"),
];

/// npm's defaults.
pub(crate) fn defaults() -> impl Iterator<Item = (&'static str, Value)> {
    let recorded = Setting::all().filter_map(|(key, setting)| Some((key, setting.default()?.clone())));
    recorded.chain(OF_MACHINE.into_iter().map(|(key, value)| (key, typed(value))))
}

/// A default as `config get` shows it.
fn default_of(key: &str) -> String {
    match defaults().find(|(name, _)| *name == key) {
        None => "undefined".into(),
        Some((_, Value::String(text))) => text,
        Some((_, Value::Array(list))) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        Some((_, value)) => value.to_string(),
    }
}

/// npm's warnings about settings that it does not have. Ours begin with `oac-`.
pub(crate) fn unknown(context: &Context) -> Vec<String> {
    let known = |key: &str| {
        Setting::named(key).is_some()
            || key.starts_with("oac-")
            || ["npm-version", "node-version", "global-prefix", "local-prefix"].contains(&key)
    };
    let of_address = ["_auth", "_authToken", "_password", "certfile", "email", "keyfile", "username"];
    let mut warnings = Vec::new();
    for (layer, (place, _)) in context.config.layers().iter().zip(sources(context)).skip(1) {
        let mut keys: Vec<&String> = layer.keys().collect();
        keys.sort_by_key(|key| (key.contains(':'), key.as_str()));
        for key in keys {
            let what = match key.rsplit_once(':') {
                None if known(key) => continue,
                None => format!("\"{key}\""),
                Some((start, _)) if start.starts_with("oac-") => continue,
                Some((_, base)) if known(base) || of_address.contains(&base) => continue,
                Some((_, base)) => format!("\"{base}\" ({key})"),
            };
            warnings.push(format!(
                "Unknown {place} config {what}. This will stop working in the next major version of npm. See `npm help npmrc` for supported config options."
            ));
        }
    }
    warnings
}

fn list(context: &Context) -> Result<i32, Failure> {
    if context.json() {
        let mut all: Map<String, Value> = defaults().map(|(key, value)| (key.to_owned(), value)).collect();
        for layer in context.config.layers().iter().rev() {
            for (key, value) in layer.iter().filter(|(key, _)| !is_private(key) && !key.starts_with('$')) {
                all.insert(key.clone(), typed(value));
            }
        }
        for key in ["registry", "cache", "prefix", "userconfig", "globalconfig", "user-agent"] {
            all.insert(key.into(), value_of(context, key)?.into());
        }
        out(JsonStyle::default().print(&Value::Object(all)).trim_end());
        return Ok(0);
    }
    let mut lines: Vec<String> = Vec::new();
    let layers = context.config.layers();
    for (index, (place, source)) in sources(context).iter().enumerate().rev() {
        let Some(layer) = layers.get(index).filter(|layer| !layer.is_empty()) else { continue };
        lines.push(format!("; \"{place}\" config from {source}"));
        lines.push(String::new());
        let mut keys: Vec<&String> = layer.keys().collect();
        keys.sort_by(|a, b| locale_compare(a, b));
        for key in keys {
            let shown =
                if is_private(key) { "(protected)".to_owned() } else { typed(&layer[key]).to_string() };
            let stronger = layers[..index].iter().position(|l| l.contains_key(key));
            lines.push(match stronger {
                Some(by) => format!("; {key} = {shown} ; overridden by {}", sources(context)[by].0),
                None => format!("{key} = {shown}"),
            });
        }
        lines.push(String::new());
    }
    lines.push("; node bin location = /usr/local/bin/node".into());
    lines.push(format!("; node version = v{NODE_VERSION}"));
    lines.push(format!("; npm local prefix = {}", context.project.display()));
    lines.push(format!("; npm version = {NPM_VERSION}"));
    lines.push(format!("; cwd = {}", context.cwd.display()));
    lines.push(format!("; HOME = {}", context.environment.get("HOME").map_or("/root", String::as_str)));
    lines.push("; Run `npm config ls -l` to show all defaults.".into());
    out(&lines.join("\n"));
    Ok(0)
}

/// The layers of the configuration, the strongest first, in the order in which they were read.
fn sources(context: &Context) -> [(&'static str, String); 5] {
    [
        ("cli", "command line options".into()),
        ("env", "environment".into()),
        ("project", context.project.join(".npmrc").display().to_string()),
        ("user", context.user_config.display().to_string()),
        ("global", context.global_prefix().join("etc/npmrc").display().to_string()),
    ]
}

fn typed(text: &str) -> Value {
    match text {
        "true" => json!(true),
        "false" => json!(false),
        "null" => Value::Null,
        text => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}

fn set(context: &Context, words: &[String]) -> Result<i32, Failure> {
    let pairs: Vec<(String, Option<String>)> = match words {
        [] => return Err(Failure::Usage(USAGE.into())),
        // The old form: a key, then its value.
        [key, value] if !key.contains('=') && !value.contains('=') => {
            vec![(key.clone(), Some(value.clone()))]
        }
        pairs => pairs
            .iter()
            .map(|pair| match pair.split_once('=') {
                Some((key, value)) => (key.trim().to_owned(), Some(value.trim().to_owned())),
                None => (pair.clone(), Some(String::new())),
            })
            .collect(),
    };
    change(context, &pairs)
}

/// Sets keys in the file that `--location` says, or takes them away; all other lines stay.
fn change(context: &Context, pairs: &[(String, Option<String>)]) -> Result<i32, Failure> {
    if pairs.is_empty() {
        return Err(Failure::Usage(USAGE.into()));
    }
    let path: PathBuf = match context.config.get("location") {
        _ if context.is_global() => context.global_prefix().join("etc/npmrc"),
        Some("project") => context.project.join(".npmrc"),
        _ => context.user_config.clone(),
    };
    change_file(&path, pairs)?;
    Ok(0)
}

/// Sets keys in a file of settings, or takes them away; all other lines stay.
pub(crate) fn change_file(path: &Path, pairs: &[(String, Option<String>)]) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (key, value) in pairs {
        let is_key = |line: &String| {
            let line = line.trim_start();
            !line.starts_with([';', '#']) && line.split('=').next().unwrap_or(line).trim() == key
        };
        lines.retain(|line| !is_key(line));
        if let Some(value) = value.as_ref().filter(|v| !v.is_empty()) {
            lines.push(format!("{key}={value}"));
        }
    }
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Failure::file("mkdir", folder, &e))?;
    }
    Ok(write_whole(path, &text)?)
}
