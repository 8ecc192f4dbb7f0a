//! `env`: a program in a changed environment. env(1); what `#!/usr/bin/env node` lines call.

use oac_sys::{Errno, SpawnRequest, WaitStatus};

/// A parsed command line.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    environment: Vec<(String, String)>,
    command: Vec<String>,
}

/// Runs `env`; gives its exit status: the program's, or 127 (not found), 126 (not to be run), 125 (wrong use).
pub(crate) fn run(arguments: &[String], environment: Vec<(String, String)>) -> u8 {
    let plan = match plan(arguments, environment) {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("env: {message}");
            return 125;
        }
    };
    if plan.command.is_empty() {
        for (name, value) in &plan.environment {
            println!("{name}={value}");
        }
        return 0;
    }
    let started = oac_sys::spawn(&SpawnRequest {
        program: plan.command[0].clone().into_bytes(),
        argv: plan.command.iter().map(|argument| argument.clone().into_bytes()).collect(),
        env: Some(plan.environment.iter().map(|(n, v)| format!("{n}={v}").into_bytes()).collect()),
        cwd: None,
        fds: vec![(0, 0), (1, 1), (2, 2)],
        flags: 0,
        ..SpawnRequest::default()
    });
    match started {
        Ok(pid) => wait(pid),
        Err(errno) => {
            let (reason, status) = match errno {
                Errno::ENOENT => ("No such file or directory".to_owned(), 127),
                Errno::EACCES => ("Permission denied".to_owned(), 126),
                other => (other.to_string(), 126),
            };
            eprintln!("env: '{}': {reason}", plan.command[0]);
            status
        }
    }
}

fn wait(pid: i32) -> u8 {
    loop {
        match oac_sys::wait(pid, 0) {
            Ok(Some((_, WaitStatus::Exited(code)))) => return code,
            Ok(Some((_, WaitStatus::Signaled(signal)))) => return 128 + signal.number(),
            Ok(None) | Err(Errno::EINTR) => {}
            Err(_) => return 125,
        }
    }
}

/// `env [-i] [-u NAME] [-S STRING] [NAME=VALUE]... [COMMAND [ARGUMENT]...]`
fn plan(arguments: &[String], environment: Vec<(String, String)>) -> Result<Plan, String> {
    let mut plan = Plan { environment, command: Vec::new() };
    let mut rest: std::collections::VecDeque<String> = arguments.iter().cloned().collect();
    while let Some(argument) = rest.pop_front() {
        match argument.as_str() {
            "-i" | "-" | "--ignore-environment" => plan.environment.clear(),
            "-u" => {
                let name = rest.pop_front().ok_or("option requires an argument -- 'u'")?;
                plan.environment.retain(|(known, _)| *known != name);
            }
            "--" => {
                plan.command.extend(rest.drain(..));
            }
            // A #! line gives all that follows the interpreter as one argument.
            split if split.starts_with("-S") => {
                let text = if split.len() > 2 {
                    split[2..].to_owned()
                } else {
                    rest.pop_front().unwrap_or_default()
                };
                for word in text.split_whitespace().rev() {
                    rest.push_front(word.to_owned());
                }
            }
            option if option.starts_with('-') => return Err(format!("unrecognized option '{option}'")),
            word => match word.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    plan.environment.retain(|(known, _)| known != name);
                    plan.environment.push((name.to_owned(), value.to_owned()));
                }
                _ => {
                    plan.command.push(argument);
                    plan.command.extend(rest.drain(..));
                }
            },
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &[&str], environment: &[&str], command: &[&str]) {
        let arguments: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
        let plan = plan(&arguments, vec![("A".into(), "1".into()), ("B".into(), "2".into())]).expect("valid");
        let names: Vec<String> = plan.environment.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(names, environment, "{line:?}");
        assert_eq!(plan.command, command, "{line:?}");
    }

    #[test]
    fn command_lines() {
        check(&["node", "x=y", "-i"], &["A=1", "B=2"], &["node", "x=y", "-i"]);
        check(&["-i", "C=3", "node"], &["C=3"], &["node"]);
        check(&["-u", "A", "B=4", "node"], &["B=4"], &["node"]);
        check(&["-S node --x", "file"], &["A=1", "B=2"], &["node", "--x", "file"]);
        check(&[], &["A=1", "B=2"], &[]);
    }
}
