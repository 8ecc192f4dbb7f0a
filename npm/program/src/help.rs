//! `npm help`, `npm COMMAND -h`, and what npm prints when it is called without a command.

use crate::NPM_VERSION;
use crate::context::{Context, out};
use crate::failure::Failure;
use crate::interface::{self, Setting};
use oac_npm_spec::Manifest;
use serde_json::Value;

const COLUMNS: usize = 60;
/// Where the line of options is broken.
const OPTIONS_WIDTH: usize = 80;

/// npm's overview.
pub(crate) fn overview(context: &Context) -> String {
    let all = if context.switch("long", false) { usages() } else { names() };
    format!(
        "npm <command>

Usage:

npm install        install all the dependencies in your project
npm install <foo>  add the <foo> dependency to your project
npm test           run this project's tests
npm run <foo>      run the script named <foo>
npm <command> -h   quick help on <command>
npm -l             display usage info for all commands
npm help <term>    search for help on <term>
npm help npm       more involved overview

All commands:
{all}

Specify configs in the ini-formatted file:
    {}
or on the command line via: npm <command> --key=value

More configuration info: npm help config
Configuration fields: npm help 7 config

npm@{NPM_VERSION} (the npm of OpenAgentsContainer)",
        context.user_config.display(),
    )
}

fn names() -> String {
    let mut lines = vec![String::new()];
    for command in interface::commands() {
        let first = lines.len() == 1;
        let last = lines.last_mut().expect("never empty");
        // As npm counts: its first line begins with a comma, which it cuts off in the end.
        let width = last.len() + if first { 2 } else { 0 };
        if last.is_empty() {
            last.push_str(command);
        } else if width + command.len() + 2 < COLUMNS {
            last.push_str(", ");
            last.push_str(command);
        } else {
            last.push(',');
            lines.push(command.to_owned());
        }
    }
    lines.iter().fold(String::new(), |text, line| text + "\n    " + line)
}

fn usages() -> String {
    let widest = interface::commands().map(str::len).max().unwrap_or(0);
    let indent = format!("\n{}", " ".repeat(4 + widest + 1));
    let each = interface::commands().filter_map(|name| {
        let usage = usage_of(interface::command(name)?, name, None, false).replace('\n', &indent);
        Some(format!("\n    {name}{}{usage}", " ".repeat(widest - name.len() + 1)))
    });
    each.collect::<Vec<_>>().join("\n")
}

/// What `npm COMMAND -h` prints; for a part of a command, its own.
pub(crate) fn of_command(name: &str, words: &[String]) -> Result<String, Failure> {
    let command = interface::command(name).unwrap_or(&Value::Null);
    let Some((word, parts)) = words.first().zip(command["subcommands"].as_object()) else {
        return Ok(usage(name));
    };
    match parts.get(word) {
        Some(part) => Ok(usage_of(part, word, Some(name), true)),
        None => Err(wrong(name, &format!("Unknown subcommand: {word}"))),
    }
}

/// What is wrong with the part of a command that is asked for, if it has parts.
pub(crate) fn check_part(name: &str, words: &[String]) -> Option<Failure> {
    let parts = interface::command(name)?["subcommands"].as_object()?;
    match words.first() {
        None => Some(wrong(name, "")),
        Some(word) if parts.contains_key(word) => None,
        Some(word) => Some(wrong(name, &format!("Unknown subcommand: {word}"))),
    }
}

/// The usage of a command, as its help and its errors show it.
pub(crate) fn usage(name: &str) -> String {
    interface::command(name).map(|command| usage_of(command, name, None, true)).unwrap_or_default()
}

/// npm's `EUSAGE`: what is wrong, if anything is to be said, and the usage.
pub(crate) fn wrong(name: &str, why: &str) -> Failure {
    let usage = usage(name);
    Failure::Usage(if why.is_empty() { usage } else { format!("{why}\n\n{usage}") })
}

fn usage_of(command: &'static Value, name: &str, above: Option<&str>, with_descriptions: bool) -> String {
    let full_name = above.map_or(name.to_owned(), |above| format!("{above} {name}"));
    let description = command["description"].as_str().unwrap_or_default().to_owned();
    let mut lines = vec![description, String::new(), "Usage:".into()];
    match command["usage"].as_array() {
        Some(usages) => {
            let each = usages.iter().filter_map(Value::as_str);
            lines.extend(each.map(|usage| format!("npm {full_name} {usage}").trim().to_owned()));
        }
        None => lines.push(format!("npm {full_name}")),
    }
    if let Some(parts) = command["subcommands"].as_object() {
        lines.extend(parts_of(parts, name));
    }
    if command["params"].is_array() {
        let settings = settings_of(command);
        lines.extend([String::new(), "Options:".into(), options_line(&settings)]);
        if with_descriptions && !settings.is_empty() {
            lines.push(String::new());
            lines.extend(settings.iter().flat_map(|(key, setting)| describe(key, *setting)));
        }
    }
    let aliases: Vec<&str> = interface::aliases_of(name).collect();
    if !aliases.is_empty() {
        let title = if aliases.len() == 1 { "alias" } else { "aliases" };
        lines.extend([String::new(), format!("{title}: {}", aliases.join(", "))]);
    }
    lines.extend([String::new(), format!("Run \"npm help {}\" for more info", above.unwrap_or(name))]);
    lines.join("\n")
}

fn parts_of(parts: &serde_json::Map<String, Value>, name: &str) -> Vec<String> {
    let usage = |about: &Value| match &about["usage"] {
        Value::Array(usages) => usages.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        usage => usage.as_str().unwrap_or("undefined").to_owned(),
    };
    let mut lines: Vec<String> =
        parts.iter().map(|(part, about)| format!("npm {name} {part} {}", usage(about))).collect();
    let each = parts.iter().map(|(part, about)| match about["description"].as_str() {
        Some(description) => format!("  {part}\n    {description}"),
        None => format!("  {part}"),
    });
    let each = each.collect::<Vec<_>>().join("\n\n");
    let more = format!("Run \"npm {name} <subcommand> --help\" for more info on a subcommand.");
    lines.extend([String::new(), "Subcommands:".into(), each, String::new(), more]);
    lines
}

fn settings_of(command: &'static Value) -> Vec<(&'static str, Setting)> {
    let params = command["params"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let setting = |key| command["own"].get(key).map(Setting::of).or_else(|| Setting::named(key));
    params.filter_map(|key| Some((key, setting(key)?))).collect()
}

fn options_line(settings: &[(&'static str, Setting)]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let (mut lines, mut line) = (Vec::new(), String::new());
    for (key, setting) in settings {
        if seen.contains(key) {
            continue;
        }
        let mut usage = setting.text("usage").to_owned();
        for other in setting.list("exclusive") {
            seen.push(other);
            let here = settings.iter().find(|(key, _)| *key == other).map(|(_, setting)| *setting);
            let theirs = here.or_else(|| Setting::named(other));
            usage += &format!("|{}", theirs.map(|s| s.text("usage")).unwrap_or_default());
        }
        if line.len() + usage.len() + 2 > OPTIONS_WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        line += &format!("{}[{usage}]", if line.is_empty() { "" } else { " " });
    }
    lines.push(line);
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn describe(key: &str, setting: Setting) -> Vec<String> {
    let description = setting.text("description");
    if description.is_empty() {
        return Vec::new();
    }
    let short: Vec<&str> = setting.list("short").collect();
    let mut names = Vec::new();
    if !short.is_empty() {
        names.push(format!("-{}", short.join(",")));
    }
    names.push(format!("--{key}"));
    names.extend(setting.list("alias").map(|alias| format!("--{alias}")));
    let required = if setting.is_required() { " (required)" } else { "" };
    vec![format!("  {}{required}", names.join("|")), format!("    {description}"), String::new()]
}

/// `npm help [TERM]`: the usage of a command. npm's pages are no part of this program.
pub(crate) fn help(context: &mut Context) -> Result<i32, Failure> {
    let words: Vec<&String> =
        context.arguments.words.iter().filter(|word| word.parse::<u32>().is_err()).collect();
    let Some(term) = words.first() else {
        out(&overview(context));
        return Ok(0);
    };
    match interface::command_for(term).filter(|_| words.len() == 1) {
        Some(name) => out(&usage(name)),
        None if words.len() == 1 && *term == "npm" => out(&overview(context)),
        None => search(&words),
    }
    Ok(0)
}

/// `npm help-search TEXT`: commands whose usage has all the words.
pub(crate) fn help_search(context: &mut Context) -> Result<i32, Failure> {
    let words: Vec<&String> = context.arguments.words.iter().collect();
    if words.is_empty() {
        return Err(wrong("help-search", ""));
    }
    search(&words);
    Ok(0)
}

fn search(words: &[&String]) {
    let wanted: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let found: Vec<&str> = interface::commands()
        .filter(|name| {
            let text = usage(name).to_lowercase();
            wanted.iter().all(|word| text.contains(word))
        })
        .collect();
    let asked = words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
    if found.is_empty() {
        out(&format!("No matches in help for: {asked}\n"));
        return;
    }
    out(&format!("Top hits for \"{asked}\""));
    found.iter().for_each(|name| out(&format!("npm help {name}")));
}

/// npm's suggestions for a command, or a script, that does not exist.
pub(crate) fn did_you_mean(name: &str, manifest: &Manifest) -> String {
    let is_close = |command: &str| distance(name, command) * 5 < name.chars().count() * 2;
    let mut best: Vec<(String, String)> = Vec::new();
    for command in interface::commands().filter(|c| is_close(c) && *c != name) {
        let description = interface::command(command).and_then(|c| c["description"].as_str());
        best.push((command.to_owned(), description.unwrap_or_default().to_owned()));
    }
    for script in manifest.scripts.keys().filter(|s| is_close(s)) {
        if !["stop", "start", "test", "restart"].contains(&script.as_str()) {
            best.push((format!("run {script}"), format!("run the \"{script}\" package script")));
        }
    }
    for (bin, _) in manifest.bin.iter().filter(|(bin, _)| is_close(bin)) {
        let what = format!("run the \"{bin}\" command from either this or a remote npm package");
        best.push((format!("exec {bin}"), what));
    }
    if best.is_empty() {
        return String::new();
    }
    let title = if best.len() == 1 { "this" } else { "one of these" };
    let lines: Vec<String> =
        best.iter().take(3).map(|(what, about)| format!("  npm {what} # {about}")).collect();
    format!("\n\nDid you mean {title}?\n{}", lines.join("\n"))
}

/// How many letters must be put in, taken out or exchanged.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut above_left = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let change = above_left + usize::from(ca != *cb);
            above_left = row[j + 1];
            row[j + 1] = change.min(above_left + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
