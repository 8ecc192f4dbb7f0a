//! The command line.

use std::{ffi::OsString, time::Duration};

use lexopt::{Arg, Parser};
use oac_container::NetworkCapability;

use crate::values::{self, BadValue, MountValue, PortValue};

/// What is asked for.
#[derive(Debug)]
pub(crate) enum Command {
    Help(&'static str),
    Version,
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
    pub(crate) use_npmrc: bool,
    pub(crate) memory_bytes: Option<u64>,
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
    #[error("there is no command `{0}`; see oac --help")]
    UnknownCommand(String),
    #[error("-e {0}: there is no variable of this name to pass on; give a value with {0}=VALUE")]
    NoVariable(String),
    #[error("-w {0}: wanted is an absolute path in the container")]
    RelativeDirectory(String),
    #[error("an argument is not UTF-8: {0:?}")]
    NotUtf8(OsString),
}

const HELP: &str = "\
oac: containers that run Node.js programs, shells and WebAssembly, without Docker

Usage:
  oac run [OPTIONS] [--] COMMAND [ARGS...]   run a program in a new container
  oac run --help                             its options
  oac --version

A container starts empty: it has node, npm, npx and sh, and none of this machine's files, ports or network
unless an option gives it some.

  oac run -v ./app:/work -w /work -p 3000:3000 --allow-net -- sh -c 'npm install && node server.js'
";

const RUN_HELP: &str = "\
Runs a program in a new container and ends with its exit status.

Usage: oac run [OPTIONS] [--] COMMAND [ARGS...]

COMMAND is node, npm, npx, sh, or the path of a WASI program (.wasm) or script in the container.

Options:
  -v, --volume HOST:GUEST[:ro]   show a directory of this machine at GUEST; may be given more than once
  -w, --workdir DIR              start in this directory of the container (made if missing; default /)
  -e, --env NAME=VALUE           set a variable; -e NAME passes this machine's value on
  -p, --publish HOST:GUEST       let 127.0.0.1:HOST of this machine lead to port GUEST of the container;
                                 ADDRESS:HOST:GUEST listens on another address, e.g. 0.0.0.0:80:3000
      --allow-net[=HOST,...]     let programs make HTTP(S) requests: to any host, or to these only
                                 (example.com, *.example.com, example.com:8080);
                                 any host includes this machine itself, and what only it can reach
      --no-npmrc                 do not tell npm which registries this machine uses
      --memory SIZE              memory of each program, e.g. 512M; one that wants more is killed
      --timeout TIME             end the container after e.g. 500ms, 60s, 5m
      --pids N                   programs at a time, at most
  -h, --help

The program reads this command's standard input and writes to its standard output and error. SIGINT, SIGTERM, SIGHUP
and SIGQUIT are passed on. When the program ends, all that it started ends with it.

With --allow-net, npm_config_registry of this machine's environment, else the registry lines of ~/.npmrc, are passed on to the
container as variables, so that npm installs from where it does outside. Passwords and tokens are never passed on.

Environment: OAC_PROGRAMS_DIR, a directory whose node.wasm, npm.wasm and sh.wasm are used instead of those built in.
XDG_CACHE_HOME, where compiled programs are kept (in oac/; default ~/.cache).

Exit status: the program's; 128+N after signal N; 124 after --timeout; 125 when oac itself fails; 126 when the command
cannot be run; 127 when there is no such command.
";

fn text(value: OsString) -> Result<String, ArgumentError> {
    value.into_string().map_err(ArgumentError::NotUtf8)
}

pub(crate) fn parse(mut parser: Parser) -> Result<Command, ArgumentError> {
    match parser.next()? {
        None | Some(Arg::Short('h') | Arg::Long("help")) => Ok(Command::Help(HELP)),
        Some(Arg::Short('V') | Arg::Long("version")) => Ok(Command::Version),
        Some(Arg::Value(word)) => match word.to_str() {
            Some("run") => parse_run(parser),
            Some("help") => Ok(Command::Help(HELP)),
            Some("version") => Ok(Command::Version),
            _ => Err(ArgumentError::UnknownCommand(word.to_string_lossy().into_owned())),
        },
        Some(other) => Err(other.unexpected().into()),
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
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(RUN_HELP)),
            Arg::Short('v') | Arg::Long("volume") => {
                request.mounts.push(value(&mut parser, "-v", values::mount)?);
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
            Arg::Long("no-npmrc") => request.use_npmrc = false,
            Arg::Long("memory") => request.memory_bytes = Some(value(&mut parser, "--memory", values::size)?),
            Arg::Long("timeout") => request.timeout = Some(value(&mut parser, "--timeout", values::time)?),
            Arg::Long("pids") => request.tasks = Some(value(&mut parser, "--pids", values::count)?),
            Arg::Value(command) => {
                request.command = text(command)?;
                // What stands behind the command is the command's, dashes included.
                request.args = parser.raw_args()?.map(text).collect::<Result<_, _>>()?;
                return Ok(Command::Run(Box::new(request)));
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Err(ArgumentError::NoCommand)
}

fn variable(pair: String) -> Result<(String, String), ArgumentError> {
    match pair.split_once('=') {
        Some((name, value)) => Ok((name.into(), value.into())),
        None => match std::env::var(&pair) {
            Ok(value) => Ok((pair, value)),
            Err(_) => Err(ArgumentError::NoVariable(pair)),
        },
    }
}

/// Widens the capability: any host, or these besides those that were given before.
fn allow(network: &mut NetworkCapability, hosts: Option<&str>) {
    let Some(hosts) = hosts else {
        *network = NetworkCapability::Any;
        return;
    };
    let more = hosts.split(',').filter(|host| !host.is_empty()).map(String::from);
    match network {
        NetworkCapability::Any => {}
        NetworkCapability::Hosts(list) => list.extend(more),
        NetworkCapability::Denied => *network = NetworkCapability::Hosts(more.collect()),
    }
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
        let request = run("run --allow-net node --help");
        assert_eq!((request.command.as_str(), &request.args[..]), ("node", &["--help".into()][..]));
        assert_eq!(request.network, NetworkCapability::Any);
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
        check("run --color -- sh", "invalid option '--color'");
        check("run -w work -- sh", "-w work: wanted is an absolute path");
        check("run -p 80:80", "no command given to run");
        check("walk", "there is no command `walk`");
        check("run -e OAC_TEST_NOT_SET -- sh", "-e OAC_TEST_NOT_SET: there is no variable");
    }
}
