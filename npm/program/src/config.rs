//! `npm config list|get|set|delete`.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::{NODE_VERSION, NPM_VERSION};
use oac_npm_installer::write_whole;
use oac_npm_spec::{JsonStyle, locale_compare};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

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
        key => context.config.get(key).map_or_else(|| default_of(key).to_owned(), str::to_owned),
    })
}

/// npm's defaults.
pub(crate) const DEFAULTS: [(&str, &str); 58] = [
    ("access", "null"),
    ("all", "false"),
    ("allow-same-version", "false"),
    ("audit", "true"),
    ("audit-level", "null"),
    ("before", "null"),
    ("bin-links", "true"),
    ("browser", "null"),
    ("color", "false"),
    ("cpu", "null"),
    ("depth", "null"),
    ("dry-run", "false"),
    ("engine-strict", "false"),
    ("fetch-retries", "2"),
    ("fetch-retry-mintimeout", "10000"),
    ("fetch-timeout", "300000"),
    ("force", "false"),
    ("foreground-scripts", "false"),
    ("fund", "true"),
    ("global", "false"),
    ("https-proxy", "null"),
    ("if-present", "false"),
    ("ignore-scripts", "false"),
    ("include", ""),
    ("include-workspace-root", "false"),
    ("init-license", "ISC"),
    ("init-type", "commonjs"),
    ("init-version", "1.0.0"),
    ("install-links", "false"),
    ("install-strategy", "hoisted"),
    ("json", "false"),
    ("legacy-peer-deps", "false"),
    ("libc", "null"),
    ("link", "false"),
    ("location", "user"),
    ("loglevel", "notice"),
    ("long", "false"),
    ("maxsockets", "15"),
    ("offline", "false"),
    ("omit", ""),
    ("os", "null"),
    ("package-lock", "true"),
    ("package-lock-only", "false"),
    ("parseable", "false"),
    ("prefer-dedupe", "false"),
    ("prefer-offline", "false"),
    ("progress", "true"),
    ("proxy", "null"),
    ("replace-registry-host", "npmjs"),
    ("save", "true"),
    ("save-exact", "false"),
    ("save-prefix", "^"),
    ("scope", ""),
    ("script-shell", "null"),
    ("strict-peer-deps", "false"),
    ("strict-ssl", "true"),
    ("tag", "latest"),
    ("tag-version-prefix", "v"),
];

fn default_of(key: &str) -> &'static str {
    DEFAULTS.iter().find(|(name, _)| *name == key).map_or("undefined", |(_, value)| value)
}

fn list(context: &Context) -> Result<i32, Failure> {
    if context.json() {
        let mut all: Map<String, Value> =
            DEFAULTS.iter().map(|(key, value)| ((*key).to_owned(), typed(value))).collect();
        for layer in context.config.layers().iter().rev() {
            for (key, value) in layer.iter().filter(|(key, _)| !is_private(key)) {
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
    let text = std::fs::read_to_string(&path).unwrap_or_default();
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
    write_whole(&path, &text)?;
    Ok(0)
}
