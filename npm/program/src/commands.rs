//! Small commands.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::install;
use crate::registry_call::Call;
use crate::run_script;
use oac_npm_spec::{JsonStyle, PackageSpec};
use serde_json::{Value, json};
use std::fs;
use std::time::Instant;

/// `npm root`
pub(crate) fn root(context: &mut Context) -> Result<i32, Failure> {
    out(&context.base().join("node_modules").display().to_string());
    Ok(0)
}

/// `npm prefix`
pub(crate) fn prefix(context: &mut Context) -> Result<i32, Failure> {
    let folder = if context.is_global() { context.global_prefix() } else { context.project.clone() };
    out(&folder.display().to_string());
    Ok(0)
}

/// `npm bin`
pub(crate) fn bin(context: &mut Context) -> Result<i32, Failure> {
    let folder = match context.is_global() {
        true => context.global_prefix().join("bin"),
        false => context.project.join("node_modules/.bin"),
    };
    out(&folder.display().to_string());
    Ok(0)
}

/// `npm whoami`
pub(crate) fn whoami(context: &mut Context) -> Result<i32, Failure> {
    let name = user_name(context)?;
    if context.json() {
        out(&json!(name).to_string());
    } else {
        out(&name);
    }
    Ok(0)
}

/// The user's name at the registry: of the configuration, or by asking.
pub(crate) fn user_name(context: &Context) -> Result<String, Failure> {
    let registry = context.config.registry_for("")?.folder();
    let needs_login = || Failure::needs_login("This command requires you to be logged in.");
    match context.config.user_name(&registry) {
        Some(name) => Ok(name),
        None if context.config.authorization(&registry).is_none() => Err(needs_login()),
        None => {
            let body = Call::new(context).get(&format!("{registry}-/whoami"), "application/json")?;
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            answer["username"].as_str().map(str::to_owned).ok_or_else(needs_login)
        }
    }
}

/// `npm ping`
pub(crate) fn ping(context: &mut Context) -> Result<i32, Failure> {
    let registry = context.config.registry_for("")?.folder();
    context.notice(&format!("PING {registry}"));
    let start = Instant::now();
    let body = Call::new(context).get(&format!("{registry}-/ping?write=true"), "application/json")?;
    let took = start.elapsed().as_millis();
    context.notice(&format!("PONG {took}ms"));
    if context.json() {
        let details: Value = serde_json::from_slice(&body).unwrap_or_else(|_| json!({}));
        let took = u64::try_from(took).unwrap_or(u64::MAX);
        let answer = json!({ "registry": registry, "time": took, "details": details });
        out(JsonStyle::default().print(&answer).trim_end());
    }
    Ok(0)
}

/// `npm cache clean|ls|add`
pub(crate) fn cache(context: &mut Context) -> Result<i32, Failure> {
    let usage =
        || Failure::Usage("npm cache add <package-spec>\nnpm cache clean --force\nnpm cache ls".to_owned());
    let mut words = context.arguments.words.clone();
    if words.is_empty() {
        return Err(usage());
    }
    let action = words.remove(0);
    match action.as_str() {
        "clean" | "clear" | "rm" => clean_cache(context, &words),
        "ls" => {
            for line in context.fetched().addresses() {
                out(&format!("make-fetch-happen:request-cache:{line}"));
            }
            Ok(0)
        }
        "verify" | "check" => verify_cache(context),
        "add" if !words.is_empty() => {
            for word in &words {
                Call::new(context).tarball(&PackageSpec::parse(word)?)?;
            }
            Ok(0)
        }
        "npx" => Err(Failure::NotImplemented(format!("cache {action}"))),
        _ => Err(usage()),
    }
}

fn clean_cache(context: &Context, keys: &[String]) -> Result<i32, Failure> {
    if keys.is_empty() {
        if !context.switch("force", false) {
            return Err(Failure::Plain(CLEAN.trim().to_owned()));
        }
        context.fetched().clear().map_err(|(path, error)| Failure::file("rm", &path, &error))?;
        return Ok(0);
    }
    for key in keys {
        out(&format!("Deleted: {key}"));
        let url = key.strip_prefix("make-fetch-happen:request-cache:").unwrap_or(key);
        if !context.fetched().forget(url) {
            context.warn(&format!("Not Found: {key}"));
        }
    }
    Ok(0)
}

fn verify_cache(context: &Context) -> Result<i32, Failure> {
    let found = context.fetched().verify().map_err(|e| Failure::file("scandir", &context.cache, &e))?;
    let place = context.cache.display().to_string();
    let home = context.environment.get("HOME").map_or("/root", String::as_str);
    let place = place.strip_prefix(home).map_or(place.clone(), |rest| format!("~{rest}"));
    out(&format!("Cache verified and compressed ({place})"));
    out(&format!("Content verified: {} ({} bytes)", found.content, found.content_bytes));
    if found.collected > 0 {
        out(&format!("Content garbage-collected: {} ({} bytes)", found.collected, found.collected_bytes));
    }
    if found.corrupted > 0 {
        out(&format!("Corrupted content removed: {}", found.corrupted));
    }
    out(&format!("Index entries: {}", found.packuments));
    out(&format!("Finished in {}s", context.started.elapsed().as_secs_f64()));
    Ok(0)
}

const CLEAN: &str = "
As of npm@5, the npm cache self-heals from corruption issues by treating integrity mismatches as cache misses.
As a result, data extracted from the cache is guaranteed to be valid.
If you want to make sure everything is consistent, use `npm cache verify` instead.
Deleting the cache can only make npm go slower, and is not likely to correct any problems you may be encountering!

On the other hand, if you're debugging an issue with the installer, or race conditions that depend on the timing of writing to an empty cache, you can use `npm install --cache /tmp/empty-cache` to use a temporary cache instead of removing the actual one.

If you're sure you want to delete the entire cache, rerun this command with --force.";

/// `npm shrinkwrap`: the lock file becomes one that is published.
pub(crate) fn shrinkwrap(context: &mut Context) -> Result<i32, Failure> {
    let (old, new) = (context.project.join("package-lock.json"), context.project.join("npm-shrinkwrap.json"));
    if new.exists() {
        context.notice("npm-shrinkwrap.json is already up to date.");
        return Ok(0);
    }
    if !old.exists() {
        context.config.set("package-lock-only", "true");
        context.config.set("loglevel", "error");
        install::install(context)?;
    }
    fs::rename(&old, &new).map_err(|e| Failure::file("rename", &old, &e))?;
    context.notice("package-lock.json has been renamed to npm-shrinkwrap.json");
    Ok(0)
}

/// `npm install-test`, `npm install-ci-test`
pub(crate) fn install_and_test(context: &mut Context, clean: bool) -> Result<i32, Failure> {
    context.command = if clean { "ci" } else { "install" }.into();
    let code = if clean { install::clean_install(context)? } else { install::install(context)? };
    if code != 0 {
        return Ok(code);
    }
    context.arguments.words.clear();
    context.command = "test".into();
    run_script::shortcut(context, "test")
}
