//! `npm explore`, `npm edit`: a shell, a command or an editor in an installed package's folder.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::help::wrong;
use crate::install;
use crate::run_script::script_environment;
use oac_npm_installer::{Script, read_manifest, run};
use std::path::Path;

/// `npm explore PACKAGE [-- COMMAND]`
pub(crate) fn explore(context: &mut Context) -> Result<i32, Failure> {
    let mut words = context.arguments.words.clone();
    if words.first().is_none_or(|word| word.trim_matches(['/', '.']).is_empty()) {
        return Err(wrong("explore", ""));
    }
    let name = words.remove(0);
    words.extend(context.arguments.rest.iter().cloned());
    let folder = context.base().join("node_modules").join(name.trim_start_matches('/'));
    if read_manifest(&folder).is_none() {
        if !context.silent() {
            eprintln!("npm error explore It doesn't look like {name} is installed.");
        }
        return Err(Failure::no_package(&folder));
    }
    let shell = context.config.get("shell").or_else(|| context.environment.get("SHELL").map(String::as_str));
    let shell = shell.unwrap_or("sh").to_owned();
    if words.is_empty() {
        out(&format!("\nExploring {}\nType 'exit' or ^D when finished\n", folder.display()));
    }
    let line = if words.is_empty() { shell } else { words.join(" ") };
    in_folder(context, &folder, "_explore", &line)
}

fn in_folder(context: &Context, folder: &Path, event: &str, command: &str) -> Result<i32, Failure> {
    let manifest = read_manifest(folder).unwrap_or_default();
    let script = Script {
        event: event.to_owned(),
        command: command.to_owned(),
        folder: folder.to_owned(),
        package_name: manifest.name.unwrap_or_default(),
        package_version: manifest.version.unwrap_or_default(),
    };
    Ok(run(&script, &script_environment(context, &context.project), true)?.code)
}

/// `npm edit PACKAGE[/PACKAGE…]`: then its scripts run again.
pub(crate) fn edit(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    let [path] = &words[..] else { return Err(wrong("edit", "")) };
    let folder = context.base().join("node_modules").join(nested(path));
    if let Err(error) = std::fs::symlink_metadata(&folder) {
        return Err(Failure::file("lstat", &folder, &error));
    }
    let of_environment = ["EDITOR", "VISUAL"].iter().find_map(|name| context.environment.get(*name));
    let editor = context.config.get("editor").or(of_environment.map(String::as_str)).unwrap_or("vi");
    let line = format!("{editor} \"$PWD\"");
    let code = in_folder(context, &folder, "_edit", &line)?;
    if code != 0 {
        return Err(Failure::Plain(format!("editor process exited with code: {code}")));
    }
    context.command = "rebuild".into();
    context.arguments.words = vec![path.rsplit('/').next().unwrap_or(path).to_owned()];
    install::rebuild(context)
}

/// `a/@s/b/c` is `a/node_modules/@s/b/node_modules/c`.
fn nested(path: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        match parts.last_mut() {
            Some(last) if last.starts_with('@') && !last.contains('/') => *last = format!("{last}/{part}"),
            _ => parts.push(part.to_owned()),
        }
    }
    parts.retain(|part| part != "node_modules");
    parts.join("/node_modules/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_inside_packages() {
        for (path, expect) in [
            ("a", "a"),
            ("@s/b", "@s/b"),
            ("a/@s/b/c", "a/node_modules/@s/b/node_modules/c"),
            ("a/node_modules/b", "a/node_modules/b"),
        ] {
            assert_eq!(nested(path), expect);
        }
    }
}
