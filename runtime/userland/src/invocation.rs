//! From a command line to a shell that runs. POSIX sh(1).

use crate::shell::{Parent, SUBSHELL_OPTION, Shell};

/// What a program is started with.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The program's name and its arguments.
    pub arguments: Vec<String>,
    /// Names and values.
    pub environment: Vec<(String, String)>,
}

/// Where the commands come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// `-c`
    Text(String),
    File(String),
    Input,
}

/// An understood command line.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    source: Source,
    /// `$0`
    name: String,
    parameters: Vec<String>,
    /// Letters for `set`.
    options: Vec<String>,
    interactive: bool,
    /// For a subshell.
    continues: Option<Parent>,
}

/// Runs to the end; gives the exit status.
pub fn run(invocation: Invocation) -> u8 {
    let called_as = invocation.arguments.first().map_or("sh", |name| name.rsplit('/').next().unwrap_or("sh"));
    if !matches!(called_as, "sh" | "-sh" | "dash" | "bash") {
        return run_tool(called_as, &invocation);
    }
    let plan = match plan(&invocation.arguments) {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("sh: 0: {message}");
            return 2;
        }
    };
    let script = match &plan.source {
        Source::Text(text) => Some(text.clone()),
        Source::File(path) => match read_script(path) {
            Ok(text) => Some(text),
            Err(message) => {
                eprintln!("sh: 0: cannot open {path}: {message}");
                return 2;
            }
        },
        Source::Input => None,
    };
    let mut shell = Shell::new(&plan.name, plan.parameters, invocation.environment);
    if let Some(parent) = &plan.continues {
        shell.continue_from(parent);
    }
    for options in &plan.options {
        if shell.set_options(options).is_err() {
            return 2;
        }
    }
    if plan.interactive {
        shell.set_interactive();
    }
    match script {
        Some(script) => shell.run_script(&script),
        None => shell.run_input(),
    }
}

/// A builtin under its own name, as a program.
fn run_tool(name: &str, invocation: &Invocation) -> u8 {
    if name == "env" {
        return crate::env_tool::run(&invocation.arguments[1..], invocation.environment.clone());
    }
    let mut shell = Shell::new(name, Vec::new(), invocation.environment.clone());
    let mut arguments = vec![name.to_owned()];
    arguments.extend(invocation.arguments.iter().skip(1).cloned());
    shell.run_tool(&arguments)
}

/// Reads a script, by the container's working directory: the C library's is always `/`.
fn read_script(path: &str) -> Result<String, String> {
    let folder = oac_sys::getcwd().map(|cwd| String::from_utf8_lossy(&cwd).into_owned()).unwrap_or_default();
    let absolute = std::path::Path::new(&folder).join(path);
    match std::fs::read(absolute) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("No such file".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn plan(arguments: &[String]) -> Result<Plan, String> {
    let mut rest = arguments.iter().skip(1).cloned().peekable();
    let (mut takes_text, mut from_input, mut interactive) = (false, false, false);
    let (mut options, mut continues) = (Vec::new(), None);
    while let Some(option) = rest.next_if(|argument| argument.len() > 1 && argument.starts_with(['-', '+'])) {
        if let Some(state) = option.strip_prefix(SUBSHELL_OPTION) {
            let parent = parent(state, rest.next());
            continues = Some(parent.ok_or_else(|| format!("Illegal option {option}"))?);
            continue;
        }
        if option == "--" {
            break;
        }
        let mut others = String::new();
        for letter in option[1..].chars() {
            match letter {
                'c' => takes_text = true,
                's' => from_input = true,
                'i' => interactive = true,
                'l' => {}
                'o' => {
                    let name = rest.next().unwrap_or_default();
                    options.push(format!("{}o {name}", &option[..1]));
                }
                other => others.push(other),
            }
        }
        if !others.is_empty() {
            options.push(format!("{}{others}", &option[..1]));
        }
    }
    let called = arguments.first().cloned().unwrap_or_else(|| "sh".to_owned());
    let (source, name) = if takes_text {
        let text = rest.next().ok_or("-c requires an argument")?;
        (Source::Text(text), rest.next())
    } else if from_input {
        (Source::Input, None)
    } else {
        match rest.next() {
            Some(file) => (Source::File(file.clone()), Some(file)),
            None => (Source::Input, None),
        }
    };
    let name = name.unwrap_or(called);
    Ok(Plan { source, name, parameters: rest.collect(), options, interactive, continues })
}

/// `<pid>:<status>:<line>`, and the preamble.
fn parent(state: &str, preamble: Option<String>) -> Option<Parent> {
    let mut numbers = state.split(':');
    let (pid, status, line) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Parent {
        pid: pid.parse().ok()?,
        status: status.parse().ok()?,
        line: line.parse().ok()?,
        preamble: preamble?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, source: Source, name: &str, parameters: &[&str]) -> Plan {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let plan = plan(&arguments).expect(line);
        assert_eq!((&plan.source, plan.name.as_str()), (&source, name), "{line}");
        assert_eq!(plan.parameters, parameters, "{line}");
        plan
    }

    #[test]
    fn command_lines() {
        check("sh -c echo", Source::Text("echo".to_owned()), "sh", &[]);
        check("sh -ec echo name a b", Source::Text("echo".to_owned()), "name", &["a", "b"]);
        check("sh file a", Source::File("file".to_owned()), "file", &["a"]);
        check("sh", Source::Input, "sh", &[]);
        check("sh -s a", Source::Input, "sh", &["a"]);
        let plan = check("sh --subshell=12:3:4 a=1; -c x sh", Source::Text("x".to_owned()), "sh", &[]);
        assert_eq!(plan.continues, Some(Parent { pid: 12, status: 3, line: 4, preamble: "a=1;".to_owned() }));
        assert!(super::plan(&["sh".to_owned(), "-c".to_owned()]).is_err());
    }
}
