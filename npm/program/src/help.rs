//! `npm help`, and what npm prints when it is called without a command.

use crate::NPM_VERSION;
use crate::arguments::{COMMANDS, canonical};
use crate::context::Context;

const COLUMNS: usize = 60;

/// npm's overview.
pub(crate) fn usage(context: &Context) {
    let mut lines = vec![String::new()];
    for command in COMMANDS.iter().chain(&["view", "whoami"]) {
        let last = lines.last_mut().expect("never empty");
        if last.is_empty() {
            last.push_str(command);
        } else if last.len() + command.len() + 4 < COLUMNS {
            last.push_str(", ");
            last.push_str(command);
        } else {
            last.push(',');
            lines.push((*command).to_owned());
        }
    }
    let commands: Vec<String> = lines.iter().map(|l| format!("    {l}")).collect();
    println!(
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

{}

Specify configs in the ini-formatted file:
    {}
or on the command line via: npm <command> --key=value

More configuration info: npm help config
Configuration fields: npm help 7 config

npm@{NPM_VERSION} (the npm of OpenAgentsContainer)",
        commands.join("\n"),
        context.user_config.display(),
    );
}

/// The usage of one command; `false` when there is no such command.
pub(crate) fn of_command(command: &str) -> bool {
    let (what, usage) = match canonical(command) {
        Some("install") => ("Install a package", "npm install [<package-spec> ...]"),
        Some("ci") => ("Clean install a project", "npm ci"),
        Some("uninstall") => ("Remove a package", "npm uninstall [<@scope>/]<pkg>..."),
        Some("run") => ("Run arbitrary package scripts", "npm run <command> [-- <args>]"),
        Some("test") => ("Test a package", "npm test [-- <args>]"),
        Some("start") => ("Start a package", "npm start [-- <args>]"),
        Some("exec") => {
            ("Run a command from a local or remote npm package", "npm exec -- <pkg>[@<version>] [args...]")
        }
        Some("config") => ("Manage the npm configuration files", "npm config get [<key> [<key> ...]]"),
        Some("ls") => ("List installed packages", "npm ls"),
        _ => return false,
    };
    println!("{what}\n\nUsage:\n{usage}");
    true
}

/// npm's suggestion for a command that does not exist.
pub(crate) fn did_you_mean(name: &str) -> String {
    let mut close: Vec<&str> =
        COMMANDS.iter().copied().filter(|c| distance(c, name) * 5 < name.len() * 2).collect();
    close.truncate(3);
    if close.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = close.iter().map(|c| format!("  npm {c}")).collect();
    let title = if close.len() == 1 { "Did you mean this?" } else { "Did you mean one of these?" };
    format!("\n{title}\n{}", lines.join("\n"))
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
