//! The command line.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use lexopt::{Arg, Parser};
use oac_container::{NetworkCapability, NodeEngine};

use crate::{
    completions::{SUBCOMMANDS, Shell},
    npm_store::NpmStore,
    options::{self, RUN_OPTIONS},
    values::{self, BadValue, MountValue, PortValue},
};

/// What is asked for.
#[derive(Debug)]
pub(crate) enum Command {
    Help(String),
    Version,
    Completions(Shell),
    Run(Box<RunRequest>),
}

/// `oac run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunRequest {
    pub(crate) mounts: Vec<MountValue>,
    pub(crate) cwd: Option<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) ports: Vec<PortValue>,
    pub(crate) network: NetworkCapability,
    pub(crate) engine: NodeEngine,
    pub(crate) use_npmrc: bool,
    pub(crate) npm_store: NpmStore,
    pub(crate) terminal: bool,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) disk_bytes: Option<u64>,
    pub(crate) cpu_time: Option<Duration>,
    pub(crate) event_log: Option<PathBuf>,
    pub(crate) only_http: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) tasks: Option<usize>,
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ArgumentError {
    #[error("{0}; see oac --help")]
    Syntax(#[from] lexopt::Error),
    #[error("{option} {value}: {source}")]
    Value { option: &'static str, value: String, source: BadValue },
    #[error("no command given to run; see oac run --help")]
    NoCommand,
    #[error("there is no command `{0}`; {1}")]
    UnknownCommand(String, String),
    #[error("there is no option {0}; {1}")]
    UnknownOption(String, String),
    #[error("oac completions: wanted is bash, zsh or fish")]
    NoShell,
    #[error("-e {0}: a variable has a name: NAME=VALUE, or NAME to pass this machine's value on")]
    NamelessVariable(String),
    #[error("-v: two directories are to be shown at {0}")]
    SamePlace(String),
    #[error("-e {0}: there is no variable of this name to pass on; give a value with {0}=VALUE")]
    NoVariable(String),
    #[error("-w {0}: wanted is an absolute path in the container")]
    RelativeDirectory(String),
    #[error("--engine {0}: {1}")]
    Engine(String, &'static str),
    #[error("an argument is not UTF-8: {0:?}")]
    NotUtf8(OsString),
}

const HELP: &str = "\
oac: containers that run Node.js programs, shells and WebAssembly, without Docker

Usage:
  oac run [OPTIONS] [--] COMMAND [ARGS...]   run a program in a new container
  oac run --help                             its options
  oac completions bash|zsh|fish              print a script that teaches a shell to complete oac
  oac --version

A container starts empty: it has node, npm, npx and sh, and none of this machine's files, ports or network
unless an option gives it some.

  oac run -v ./app:/work -w /work -p 3000:3000 --allow-net -- sh -c 'npm install && node server.js'
  oac run -t -- node                         a prompt of Node on this terminal
  oac run --memory 256M --timeout 10s -v ./untrusted:/work:ro -- /work/program.wasm
";

const RUN_HELP: &str = "\
Runs a program in a new container and ends with its exit status.

Usage: oac run [OPTIONS] [--] COMMAND [ARGS...]

COMMAND is node, npm, npx, sh, or the path of a WASI program (.wasm) or script in the container.

Options:
";

const RUN_HELP_END: &str = "
The program reads this command's standard input and writes to its standard output and error. SIGINT, SIGTERM, SIGHUP
and SIGQUIT are passed on; with -t, keys such as ^C reach the container's terminal instead, and so does the window's
size. When the program ends, all that it started ends with it.

With --allow-net, npm_config_registry of this machine's environment, else the registry lines of ~/.npmrc, are passed on to the
container as variables, so that npm installs from where it does outside. Passwords and tokens are never passed on.
Also with --allow-net, the packages that npm fetches are kept in npm-store in this machine's cache (see below), for the
next container. A container takes nothing from there whose digest is not the one that its registry or lock file gives.

Sizes have the units K, M and G, times ms, s, m and h (seconds without one).

Environment: OAC_PROGRAMS_DIR, a directory whose node.wasm, npm.wasm and sh.wasm are used instead of those built in.
XDG_CACHE_HOME, where compiled programs are kept (in oac/; default ~/.cache).

Exit status: the program's; 128+N after signal N; 124 after --timeout; 125 when oac itself fails; 126 when the command
cannot be run; 127 when there is no such command.

  oac run -v .:/work -w /work -- npm test
  oac run -it -v .:/work -w /work -- sh
  echo 'console.log(6 * 7)' | oac run -- node
  oac run -v ./bin:/tools:ro -v .:/src -w /src -- /tools/rg.wasm -n unsafe
";

fn run_help() -> String {
    [RUN_HELP, &options::listing(), RUN_HELP_END].concat()
}

fn text(value: OsString) -> Result<String, ArgumentError> {
    value.into_string().map_err(ArgumentError::NotUtf8)
}

pub(crate) fn parse(mut parser: Parser) -> Result<Command, ArgumentError> {
    match parser.next()? {
        None | Some(Arg::Short('h') | Arg::Long("help")) => Ok(Command::Help(HELP.into())),
        Some(Arg::Short('V') | Arg::Long("version")) => Ok(Command::Version),
        Some(Arg::Value(word)) => match word.to_str() {
            Some("run") => parse_run(parser),
            Some("completions") => parse_completions(parser),
            Some("help") => match parser.next()? {
                Some(Arg::Value(word)) if word == "run" => Ok(Command::Help(run_help())),
                _ => Ok(Command::Help(HELP.into())),
            },
            Some("version") => Ok(Command::Version),
            _ => {
                let word = word.to_string_lossy().into_owned();
                let advice = options::meant(&word, SUBCOMMANDS.map(|(name, _)| name))
                    .map_or("see oac --help".into(), |meant| format!("did you mean `oac {meant}`?"));
                Err(ArgumentError::UnknownCommand(word, advice))
            }
        },
        Some(other) => Err(unknown_option(&other, ["help", "version"], "oac --help")),
    }
}

fn parse_completions(mut parser: Parser) -> Result<Command, ArgumentError> {
    let Some(Arg::Value(word)) = parser.next()? else { return Err(ArgumentError::NoShell) };
    let shell = Shell::NAMES.into_iter().find(|(name, _)| word == *name);
    shell.map(|(_, shell)| Command::Completions(shell)).ok_or(ArgumentError::NoShell)
}

fn unknown_option<'a>(
    option: &Arg<'_>,
    known: impl IntoIterator<Item = &'a str>,
    help: &str,
) -> ArgumentError {
    match option {
        Arg::Long(long) => {
            let advice = options::meant(long, known)
                .map_or_else(|| format!("see {help}"), |meant| format!("did you mean --{meant}?"));
            ArgumentError::UnknownOption(format!("--{long}"), advice)
        }
        Arg::Short(short) => ArgumentError::UnknownOption(format!("-{short}"), format!("see {help}")),
        Arg::Value(value) => ArgumentError::Syntax(lexopt::Error::UnexpectedArgument(value.clone())),
    }
}

/// Reads an option's value and understands it.
fn value<T>(
    parser: &mut Parser,
    option: &'static str,
    understand: impl Fn(&str) -> Result<T, BadValue>,
) -> Result<T, ArgumentError> {
    let value = text(parser.value()?)?;
    understand(&value).map_err(|source| ArgumentError::Value { option, value, source })
}

fn parse_run(mut parser: Parser) -> Result<Command, ArgumentError> {
    let mut request = RunRequest { use_npmrc: true, ..RunRequest::default() };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(run_help())),
            Arg::Short('v') | Arg::Long("volume") => {
                let mount = value(&mut parser, "-v", values::mount)?;
                let same = |other: &MountValue| {
                    other.guest.trim_end_matches('/') == mount.guest.trim_end_matches('/')
                };
                if request.mounts.iter().any(same) {
                    return Err(ArgumentError::SamePlace(mount.guest));
                }
                request.mounts.push(mount);
            }
            Arg::Short('w') | Arg::Long("workdir") => {
                let dir = text(parser.value()?)?;
                if !dir.starts_with('/') {
                    return Err(ArgumentError::RelativeDirectory(dir));
                }
                request.cwd = Some(dir);
            }
            Arg::Short('e') | Arg::Long("env") => {
                let pair = variable(text(parser.value()?)?)?;
                request.env.push(pair);
            }
            Arg::Short('p') | Arg::Long("publish") => {
                request.ports.push(value(&mut parser, "-p", values::port)?);
            }
            Arg::Long("allow-net") => {
                let hosts = parser.optional_value().map(text).transpose()?;
                allow(&mut request.network, hosts.as_deref());
            }
            Arg::Short('t') | Arg::Long("tty") => request.terminal = true,
            // What `docker run` needs it for is so anyway.
            Arg::Short('i') | Arg::Long("interactive") => {}
            Arg::Long("engine") => {
                let name = text(parser.value()?)?;
                request.engine = NodeEngine::named(&name).map_err(|why| ArgumentError::Engine(name, why))?;
            }
            Arg::Long("no-npmrc") => request.use_npmrc = false,
            Arg::Long("npm-store") => request.npm_store = NpmStore::At(parser.value()?.into()),
            Arg::Long("no-npm-store") => request.npm_store = NpmStore::Nowhere,
            Arg::Long("disk") => request.disk_bytes = Some(value(&mut parser, "--disk", values::size)?),
            Arg::Long("cpus-time") => {
                request.cpu_time = Some(value(&mut parser, "--cpus-time", values::time)?);
            }
            Arg::Long("only-http") => request.only_http = true,
            Arg::Long("event-log") => request.event_log = Some(parser.value()?.into()),
            Arg::Long("memory") => request.memory_bytes = Some(value(&mut parser, "--memory", values::size)?),
            Arg::Long("timeout") => request.timeout = Some(value(&mut parser, "--timeout", values::time)?),
            Arg::Long("pids") => request.tasks = Some(value(&mut parser, "--pids", values::count)?),
            Arg::Value(command) => {
                request.command = text(command)?;
                // What stands behind the command is the command's, dashes included.
                request.args = parser.raw_args()?.map(text).collect::<Result<_, _>>()?;
                return Ok(Command::Run(Box::new(request)));
            }
            other => {
                let known = RUN_OPTIONS.iter().map(|option| option.long);
                return Err(unknown_option(&other, known, "oac run --help"));
            }
        }
    }
    Err(ArgumentError::NoCommand)
}

fn variable(pair: String) -> Result<(String, String), ArgumentError> {
    match pair.split_once('=') {
        Some(("", _)) => Err(ArgumentError::NamelessVariable(pair)),
        None if pair.is_empty() => Err(ArgumentError::NamelessVariable(pair)),
        Some((name, value)) => Ok((name.into(), value.into())),
        None => match std::env::var(&pair) {
            Ok(value) => Ok((pair, value)),
            Err(_) => Err(ArgumentError::NoVariable(pair)),
        },
    }
}

/// Widens the capability: any host, or these besides those that were given before.
fn allow(network: &mut NetworkCapability, hosts: Option<&str>) {
    let mut rules = match network {
        NetworkCapability::Hosts(rules) => std::mem::take(rules),
        NetworkCapability::Denied | NetworkCapability::Any => Vec::new(),
    };
    rules.extend(hosts.unwrap_or("*").split(',').filter(|host| !host.is_empty()).map(String::from));
    *network = NetworkCapability::Hosts(rules);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, ArgumentError> {
        parse(Parser::from_args(line.split_whitespace()))
    }

    fn run(line: &str) -> RunRequest {
        match parsed(line).unwrap() {
            Command::Run(request) => *request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_whole_line() {
        let request = run(
            "run -v ./app:/work:ro -w /work -e A=1=2 -p 8080:80 --memory 512M --timeout 2s --pids 9 -- node -e 0 -v",
        );
        assert_eq!(request.mounts[0].guest, "/work");
        assert_eq!(request.cwd.as_deref(), Some("/work"));
        assert_eq!(request.env, [("A".into(), "1=2".into())]);
        assert_eq!(request.ports[0].guest, 80);
        assert_eq!(request.memory_bytes, Some(512 << 20));
        assert_eq!(request.timeout, Some(Duration::from_secs(2)));
        assert_eq!(request.tasks, Some(9));
        assert_eq!((request.command.as_str(), request.args.len()), ("node", 3));
        assert_eq!(request.network, NetworkCapability::Denied);
    }

    #[test]
    fn the_command_needs_no_dashes_before_it() {
        let request = run("run --engine boa node");
        assert_eq!(request.engine, NodeEngine::Boa);
        let message = parsed("run --engine host node").unwrap_err().to_string();
        assert!(message.starts_with("--engine host: the host's own"), "{message}");
        let request = run("run --allow-net node --help");
        assert_eq!((request.command.as_str(), &request.args[..]), ("node", &["--help".into()][..]));
        assert_eq!(request.network, NetworkCapability::Hosts(vec!["*".into()]));
    }

    #[test]
    fn docker_habits() {
        let request = run("run -it -e A=1 -p8080:80 --env=B=2 -- sh");
        assert!(request.terminal);
        assert_eq!(request.env, [("A".into(), "1".into()), ("B".into(), "2".into())]);
        assert_eq!(request.ports[0].guest, 80);
    }

    #[test]
    fn every_option_is_understood_and_listed() {
        for option in RUN_OPTIONS.iter().filter(|option| option.long != "help") {
            let message = parsed(&format!("run --{}", option.long)).unwrap_err().to_string();
            assert!(!message.starts_with("there is no option"), "{message}");
            if let Some(short) = option.short {
                let message = parsed(&format!("run -{short}")).unwrap_err().to_string();
                assert!(!message.starts_with("there is no option"), "{message}");
            }
        }
        for help in ["run --help", "run -h", "help run"] {
            let Ok(Command::Help(text)) = parsed(help) else { panic!("{help}") };
            assert!(
                text.contains("--cpus-time TIME") && text.lines().all(|line| line.len() <= 128),
                "{text}"
            );
        }
    }

    #[test]
    fn hosts_add_up() {
        let request = run("run --allow-net=a.example,b.example:81 --allow-net=c.example -- x");
        let hosts = ["a.example", "b.example:81", "c.example"].map(String::from).to_vec();
        assert_eq!(request.network, NetworkCapability::Hosts(hosts));
    }

    #[test]
    fn mistakes_are_named() {
        let check = |line: &str, expected: &str| {
            let message = parsed(line).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{line}: {message}");
        };
        check("run -p 80:x -- sh", "-p 80:x: wanted is HOST_PORT:GUEST_PORT");
        check("run -v nowhere -- sh", "-v nowhere: wanted is HOST_DIRECTORY:/GUEST/PATH");
        check("run --color -- sh", "there is no option --color; see oac run --help");
        check("run --volum a:/b -- sh", "there is no option --volum; did you mean --volume?");
        check("run -x -- sh", "there is no option -x; see oac run --help");
        check("run -e =x -- sh", "-e =x: a variable has a name");
        check("run -v a:/work -v b:/work/ -- sh", "-v: two directories are to be shown at /work/");
        check("run -v a:/work/../etc -- sh", "-v a:/work/../etc: wanted is");
        check("run --memory 12Q -- sh", "--memory 12Q: wanted is a number of bytes");
        check("run --cpus-time never -- sh", "--cpus-time never: wanted is a time");
        check("run --pids 0 -- sh", "--pids 0: wanted is a number above zero");
        check("run --timeout", "missing argument for option '--timeout'");
        check("completions tcsh", "oac completions: wanted is bash, zsh or fish");
        check("rnu -- sh", "there is no command `rnu`; did you mean `oac run`?");
        check("run -w work -- sh", "-w work: wanted is an absolute path");
        check("run -p 80:80", "no command given to run");
        check("walk", "there is no command `walk`");
        check("run -e OAC_TEST_NOT_SET -- sh", "-e OAC_TEST_NOT_SET: there is no variable");
    }
}
