//! Builtins that decide what runs next, and those about tasks and signals.

use oac_sys::{Disposition, Errno, Signal};

use super::super::spawn::Started;
use super::super::{Interrupt, Run, Shell};
use crate::syntax::quote;

/// `break [n]`, `continue [n]`.
pub(super) fn break_loop(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let levels = match arguments.get(1).map(|number| number.parse::<usize>()) {
        None => 1,
        Some(Ok(levels)) if levels > 0 => levels,
        Some(_) => return illegal_number(shell, arguments),
    };
    if shell.loops == 0 {
        return Ok(0);
    }
    let levels = levels.min(shell.loops);
    shell.status = 0;
    Err(if arguments[0] == "break" { Interrupt::Break(levels) } else { Interrupt::Continue(levels) })
}

/// `exit [n]`
pub(super) fn exit(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    leave(shell, arguments, Interrupt::Exit)
}

/// `return [n]`; outside of a function it ends the script.
pub(super) fn return_from(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let interrupt = if shell.calls > 0 { Interrupt::Return } else { Interrupt::Exit };
    leave(shell, arguments, interrupt)
}

fn leave(shell: &mut Shell, arguments: &[String], interrupt: Interrupt) -> Run<u8> {
    if let Some(number) = arguments.get(1) {
        match number.parse::<u32>() {
            // As _exit(2): the low 8 bits.
            Ok(number) => shell.status = (number & 0xff) as u8,
            Err(_) => {
                shell.status = 2;
                illegal_number(shell, arguments)?;
                return Err(Interrupt::Exit);
            }
        }
    }
    Err(interrupt)
}

fn illegal_number(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    shell.refuse(&arguments[0], &format!("Illegal number: {}", arguments[1]))
}

/// `eval words…`
pub(super) fn eval(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    shell.status = 0;
    shell.source(&arguments[1..].join(" "), 1)?;
    Ok(shell.status)
}

/// `. file`
pub(super) fn dot(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let Some(name) = arguments.get(1) else { return Ok(0) };
    let found = if name.contains('/') { Some(name.clone()) } else { in_path(shell, name) };
    let script = found.as_deref().map(|path| read_file(path.as_bytes()));
    match script {
        Some(Ok(script)) => {
            shell.status = 0;
            shell.called(|shell| shell.source(&script, 1))?;
            Ok(shell.status)
        }
        _ => {
            let why = if name.contains('/') { "No such file" } else { "not found" };
            shell.complain(&format!(
                "{}: {}{name}: {why}",
                ".",
                if name.contains('/') { "cannot open " } else { "" }
            ));
            shell.status = 2;
            Err(Interrupt::Exit)
        }
    }
}

/// A file as text.
fn read_file(path: &[u8]) -> Result<String, Errno> {
    let file = oac_sys::File::from_fd(oac_sys::open(path, oac_sys::flags::open::RDONLY, 0)?);
    let (mut text, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        match oac_sys::read(file.fd(), &mut chunk)? {
            0 => return Ok(String::from_utf8_lossy(&text).into_owned()),
            length => text.extend_from_slice(&chunk[..length]),
        }
    }
}

/// `exec command`: there is no replacing of a task by another program, so the shell waits and ends as it ended.
pub(super) fn exec(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let io = shell.io.clone();
    let started = shell.start_program(&arguments[1..], &[], &io);
    shell.status = shell.wait_for(started);
    Err(Interrupt::Exit)
}

/// `command [-v] name…`: past functions.
pub(super) fn command(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    match arguments.get(1).map(String::as_str) {
        None => Ok(0),
        Some("-v") => {
            let found: Vec<Option<String>> = arguments[2..].iter().map(|name| path_of(shell, name)).collect();
            for text in found.iter().flatten() {
                shell.write(1, &format!("{text}\n"));
            }
            Ok(if found.iter().all(Option::is_some) { 0 } else { 127 })
        }
        Some(option) if option.starts_with('-') && option.len() > 1 && option != "--" => {
            shell.refuse("command", &format!("Illegal option {option}"))
        }
        Some(first) => {
            let rest = &arguments[if first == "--" { 2 } else { 1 }..];
            if rest.first().is_some_and(|name| super::exists(name)) {
                return super::run(shell, rest);
            }
            let io = shell.io.clone();
            let started: Started = shell.start_program(rest, &[], &io);
            Ok(shell.wait_for(started))
        }
    }
}

/// What `command -v` prints of a name.
fn path_of(shell: &Shell, name: &str) -> Option<String> {
    if shell.functions.contains_key(name) || super::exists(name) {
        return Some(name.to_owned());
    }
    if name.contains('/') {
        return is_program(name).then(|| name.to_owned());
    }
    in_path(shell, name)
}

/// The first file of this name in PATH.
fn in_path(shell: &Shell, name: &str) -> Option<String> {
    let path = shell.get("PATH")?;
    path.split(':')
        .map(|folder| format!("{}/{name}", if folder.is_empty() { "." } else { folder }))
        .find(|file| is_program(file))
}

fn is_program(path: &str) -> bool {
    oac_sys::stat(path.as_bytes())
        .is_ok_and(|stat| stat.mode & oac_sys::flags::mode::FMT == oac_sys::flags::mode::REG)
}

/// `which name…`
pub(super) fn which(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let mut status = 0;
    for name in &arguments[1..] {
        let found =
            if name.contains('/') { is_program(name).then(|| name.clone()) } else { in_path(shell, name) };
        match found {
            Some(path) => {
                shell.write(1, &format!("{path}\n"));
            }
            None => status = 1,
        }
    }
    Ok(status)
}

/// `type name…`
pub(super) fn kind_of(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let mut status = 0;
    for name in &arguments[1..] {
        let text = if shell.functions.contains_key(name) {
            "is a shell function".to_owned()
        } else if super::is_special(name) {
            "is a special shell builtin".to_owned()
        } else if super::exists(name) {
            "is a shell builtin".to_owned()
        } else if let Some(path) = path_of(shell, name) {
            format!("is {path}")
        } else {
            status = 127;
            "not found".to_owned()
        };
        let separator = if text == "not found" { ": " } else { " " };
        shell.write(1, &format!("{name}{separator}{text}\n"));
    }
    Ok(status)
}

/// `kill [-SIGNAL] pid…`, `kill -l`
pub(super) fn kill(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let mut rest = &arguments[1..];
    let mut number = u32::from(Signal::SIGTERM.number());
    if rest.first().is_some_and(|first| first == "-l") {
        let names: Vec<&str> = Signal::ALL.iter().map(|signal| &signal.name()[3..]).collect();
        shell.write(1, &format!("{}\n", names.join("\n")));
        return Ok(0);
    }
    let option = rest.first().and_then(|first| first.strip_prefix('-')).filter(|option| *option != "-");
    if let Some(option) = option {
        let (name, taken) =
            if option == "s" { (rest.get(1).map_or("", String::as_str), 2) } else { (option, 1) };
        let Some(found) = signal_number(name) else {
            return shell.refuse("kill", &format!("Illegal option -{option}"));
        };
        number = found;
        rest = &rest[taken.min(rest.len())..];
    }
    let mut status = 0;
    for target in rest {
        let Ok(pid) = target.parse::<i32>() else {
            return shell.refuse("kill", &format!("Illegal number: {target}"));
        };
        if let Err(errno) = oac_sys::kill(pid, number) {
            shell.complain(&format!("kill: {}", super::super::reason(errno)));
            status = 1;
        }
    }
    Ok(status)
}

fn signal_number(name: &str) -> Option<u32> {
    match name.parse::<u32>() {
        Ok(number) if number < 32 => Some(number),
        Ok(_) => None,
        Err(_) => Signal::from_name(name).map(|signal| u32::from(signal.number())),
    }
}

/// `wait [pid…]`
pub(super) fn wait(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    if arguments.len() == 1 {
        while let Some(&pid) = shell.jobs.first() {
            shell.wait_for_task(pid);
        }
        return Ok(0);
    }
    let mut status = 0;
    for target in &arguments[1..] {
        let Ok(pid) = target.parse() else {
            return shell.refuse("wait", &format!("Illegal number: {target}"));
        };
        status = if shell.jobs.contains(&pid) { shell.wait_for_task(pid).unwrap_or(127) } else { 127 };
    }
    Ok(status)
}

/// `trap [action signal…]`: actions for EXIT; default and ignore for signals.
pub(super) fn trap(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let [_, action, conditions @ ..] = arguments else {
        if let Some(action) = shell.on_exit.clone() {
            shell.write(1, &format!("trap -- {} EXIT\n", quote(&action)));
        }
        return Ok(0);
    };
    if conditions.is_empty() {
        return shell.refuse("trap", "an action and a signal are needed");
    }
    for condition in conditions {
        if matches!(condition.as_str(), "EXIT" | "0") {
            shell.on_exit = (action != "-").then(|| action.clone());
            continue;
        }
        let signal = signal_number(condition).and_then(Signal::from_number);
        let Some(signal) = signal else {
            return shell.refuse("trap", &format!("{condition}: bad trap"));
        };
        let disposition = match action.as_str() {
            "-" => Disposition::Default,
            "" => Disposition::Ignore,
            _ => {
                let why =
                    format!("{}: actions for signals are not supported yet, only for EXIT", signal.name());
                return shell.refuse("trap", &why);
            }
        };
        if let Err(errno) = oac_sys::sigaction(signal, disposition) {
            return shell.refuse("trap", &super::super::reason(errno));
        }
    }
    Ok(0)
}
