//! Builtins about variables, options and the working directory.

use super::super::{Interrupt, Run, Shell, ShellError, Variable, reason};
use crate::parser::is_name;
use crate::syntax::quote;

/// `export [-p] [name[=value]…]`, `readonly` likewise.
pub(super) fn export(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let exports = arguments[0] == "export";
    let names: Vec<&String> = arguments[1..].iter().filter(|argument| *argument != "-p").collect();
    if names.is_empty() {
        let marked = |variable: &Variable| if exports { variable.exported } else { variable.read_only };
        let lines: Vec<String> = shell
            .variables
            .iter()
            .filter(|(_, variable)| marked(variable))
            .map(|(name, variable)| {
                let value = variable.value.as_ref().map(|value| format!("={}", quote(value)));
                format!("{} {name}{}\n", arguments[0], value.unwrap_or_default())
            })
            .collect();
        shell.write(1, &lines.concat());
        return Ok(0);
    }
    for argument in names {
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(name, value)| (name, Some(value)));
        if !is_name(name) {
            shell.complain(&format!("{}: {name}: bad variable name", arguments[0]));
            shell.status = 2;
            return Err(Interrupt::Exit);
        }
        if let Some(value) = value {
            set_or_fail(shell, name, value)?;
        }
        let variable = shell.variables.entry(name.to_owned()).or_default();
        if exports {
            variable.exported = true;
        } else {
            variable.read_only = true;
        }
    }
    Ok(0)
}

fn set_or_fail(shell: &mut Shell, name: &str, value: &str) -> Run {
    match shell.set(name, value) {
        Ok(()) => Ok(()),
        Err(error) => shell.fail(&error),
    }
}

/// `local [name[=value]…]`: until the function returns.
pub(super) fn local(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    if shell.locals.is_empty() {
        shell.complain(&"local: not in a function");
        shell.status = 2;
        return Err(Interrupt::Exit);
    }
    for argument in &arguments[1..] {
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(name, value)| (name, Some(value)));
        if !is_name(name) {
            return shell.refuse("local", &format!("{name}: bad variable name"));
        }
        let before = shell.variables.get(name).cloned();
        if let Some(hidden) = shell.locals.last_mut() {
            hidden.push((name.to_owned(), before));
        }
        if let Some(value) = value {
            set_or_fail(shell, name, value)?;
        }
    }
    Ok(0)
}

/// `unset [-v | -f] name…`
pub(super) fn unset(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let functions = arguments.get(1).is_some_and(|option| option == "-f");
    for name in arguments[1..].iter().filter(|name| !matches!(name.as_str(), "-f" | "-v")) {
        if functions {
            shell.functions.remove(name);
        } else if shell.variables.get(name).is_some_and(|variable| variable.read_only) {
            return shell.fail(&ShellError::ReadOnly(name.clone()));
        } else {
            shell.variables.remove(name);
        }
    }
    Ok(0)
}

/// `set [-efux] [+efux] [-o name] [--] [parameter…]`
pub(super) fn set(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    if arguments.len() == 1 {
        let lines: Vec<String> = shell
            .variables
            .iter()
            .filter_map(|(name, variable)| Some(format!("{name}={}\n", quote(variable.value.as_ref()?))))
            .collect();
        shell.write(1, &lines.concat());
        return Ok(0);
    }
    let mut rest = arguments[1..].iter();
    while let Some(argument) = rest.as_slice().first() {
        if argument == "--" {
            rest.next();
            shell.parameters = rest.cloned().collect();
            return Ok(0);
        }
        let Some(letters) = argument.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty()) else {
            break;
        };
        let on = argument.starts_with('-');
        rest.next();
        for letter in letters.chars() {
            let letter = if letter == 'o' { long_option(rest.next()) } else { Some(letter) };
            let target = match letter {
                Some('e') => &mut shell.options.exit_on_failure,
                Some('f') => &mut shell.options.no_globbing,
                Some('u') => &mut shell.options.unset_is_error,
                Some('x') => &mut shell.options.trace,
                _ => {
                    shell.complain(&format!("set: Illegal option {argument}"));
                    shell.status = 2;
                    return Err(Interrupt::Exit);
                }
            };
            *target = on;
        }
    }
    if !rest.as_slice().is_empty() {
        shell.parameters = rest.cloned().collect();
    }
    Ok(0)
}

fn long_option(name: Option<&String>) -> Option<char> {
    match name?.as_str() {
        "errexit" => Some('e'),
        "noglob" => Some('f'),
        "nounset" => Some('u'),
        "xtrace" => Some('x'),
        _ => None,
    }
}

/// `shift [n]`
pub(super) fn shift(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let count = match arguments.get(1) {
        None => 1,
        Some(number) => match number.parse::<usize>() {
            Ok(count) => count,
            Err(_) => return shell.refuse("shift", &format!("Illegal number: {number}")),
        },
    };
    if count > shell.parameters.len() {
        shell.complain(&"shift: can't shift that many");
        shell.status = 2;
        return Err(Interrupt::Exit);
    }
    shell.parameters.drain(..count);
    Ok(0)
}

/// `cd [-L | -P] [folder | -]`
pub(super) fn cd(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let target = arguments[1..].iter().find(|argument| !matches!(argument.as_str(), "-L" | "-P" | "--"));
    let (folder, prints) = match target.map(String::as_str) {
        None => (shell.get("HOME"), false),
        Some("-") => (shell.get("OLDPWD"), true),
        Some(folder) => (Some(folder.to_owned()), false),
    };
    // As dash: without HOME or OLDPWD there is nowhere to go, and that is no error.
    let Some(folder) = folder.filter(|folder| !folder.is_empty()) else { return Ok(0) };
    if oac_sys::raw::chdir(folder.as_bytes()).is_err() {
        return shell.refuse("cd", &format!("can't cd to {folder}"));
    }
    let before = shell.get("PWD").unwrap_or_default();
    let now = match oac_sys::getcwd() {
        Ok(path) => String::from_utf8_lossy(&path).into_owned(),
        Err(errno) => return shell.refuse("cd", &reason(errno)),
    };
    set_or_fail(shell, "OLDPWD", &before)?;
    set_or_fail(shell, "PWD", &now)?;
    if prints {
        shell.write(1, &format!("{now}\n"));
    }
    Ok(0)
}

/// `pwd`
pub(super) fn pwd(shell: &mut Shell, _arguments: &[String]) -> Run<u8> {
    match oac_sys::getcwd() {
        Ok(path) => {
            shell.write(1, &format!("{}\n", String::from_utf8_lossy(&path)));
            Ok(0)
        }
        Err(errno) => shell.refuse("pwd", &reason(errno)),
    }
}

/// `umask [octal]`
pub(super) fn umask(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let mask = match arguments.get(1) {
        Some(text) => match u32::from_str_radix(text, 8) {
            Ok(mask) if mask <= 0o777 => Some(mask),
            _ => return shell.refuse("umask", &format!("Illegal number: {text}")),
        },
        None => None,
    };
    let call = |mask| oac_sys::raw::umask(mask).map(|old| old as u32);
    // The mask can be seen only by changing it.
    let result = match mask {
        Some(mask) => call(mask),
        None => call(0).and_then(|old| call(old).map(|_| old)),
    };
    match result {
        Ok(old) if mask.is_none() => {
            shell.write(1, &format!("{old:04o}\n"));
            Ok(0)
        }
        Ok(_) => Ok(0),
        Err(errno) => shell.refuse("umask", &reason(errno)),
    }
}

/// `read [-r] name…`
pub(super) fn read(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let raw = arguments.get(1).is_some_and(|option| option == "-r");
    let names = &arguments[if raw { 2 } else { 1 }.min(arguments.len())..];
    if names.is_empty() {
        return shell.refuse("read", "arg count");
    }
    let mut line = String::new();
    let mut ended = false;
    while let Some(part) = shell.read_line() {
        ended = part.ends_with('\n');
        line.push_str(part.trim_end_matches('\n'));
        if raw || !line.ends_with('\\') || !ended {
            break;
        }
        line.pop();
    }
    let line = if raw { line } else { without_backslashes(&line) };
    let separators = shell.get("IFS").unwrap_or_else(|| " \t\n".to_owned());
    let blank = |c: char| separators.contains(c) && c.is_ascii_whitespace();
    let mut rest = line.trim_matches(blank);
    for (index, name) in names.iter().enumerate() {
        let last = index + 1 == names.len();
        let end = if last { None } else { rest.find(|c| separators.contains(c)) };
        let (value, after) = end.map_or((rest, ""), |end| {
            let after = rest[end..].trim_start_matches(blank);
            let after = after.strip_prefix(|c| separators.contains(c) && !blank(c)).unwrap_or(after);
            (&rest[..end], after.trim_start_matches(blank))
        });
        rest = after;
        set_or_fail(shell, name, value)?;
    }
    Ok(u8::from(!ended))
}

fn without_backslashes(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}
