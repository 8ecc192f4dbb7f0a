//! Running something on this machine, and in a container.

use std::{
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use oac_container::{Container, Signal, SpawnOptions, WaitStatus};

use crate::error::Error;

/// How long something may take that should take milliseconds: what waits for ever is ended then, and reported.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nobody's configuration is read.
const NO_HOME: &str = "/nowhere";

/// What a program printed, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
    /// `exit 0`, `SIGTERM`, `never ended`.
    pub(crate) end: String,
}

impl Observed {
    fn new(stdout: &[u8], stderr: &[u8], end: String) -> Observed {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Observed { stdout: text(stdout), stderr: text(stderr), end }
    }

    /// Sorts lines by the process that printed them, `[name] `, in each the order in which it did: nothing orders those of
    /// processes that run at the same time.
    pub(crate) fn by_process(mut self) -> Observed {
        fn speaker(line: &str) -> &str {
            line.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or("", |(name, _)| name)
        }
        let mut lines: Vec<&str> = self.stdout.lines().collect();
        lines.sort_by_key(|line| speaker(line).to_owned());
        self.stdout = lines.iter().map(|line| format!("{line}\n")).collect();
        self
    }
}

/// Runs a program of this machine in a directory, with the end of file as its input and a bare environment.
pub(crate) fn native(program: &Path, arguments: &[&str], cwd: &Path) -> Result<Observed, Error> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(cwd).env_clear();
    command.envs(oac_container::DEFAULT_ENV.iter().copied()).env("HOME", NO_HOME);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().map_err(Error::file("run", program))?;
    let group = rustix::process::Pid::from_raw(child.id() as i32);
    let (sender, receiver) = mpsc::channel();
    // The thread ends with the program, or is left behind with what the program has left behind.
    thread::spawn(move || drop(sender.send(child.wait_with_output())));
    match receiver.recv_timeout(PATIENCE) {
        Ok(output) => {
            let output = output.map_err(Error::file("run", program))?;
            let end = match (output.status.code(), output.status.signal()) {
                (Some(code), _) => format!("exit {code}"),
                (None, number) => signal_name(number.unwrap_or(0)),
            };
            Ok(Observed::new(&output.stdout, &output.stderr, end))
        }
        Err(_) => {
            if let Some(group) = group {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            Ok(Observed::new(b"", b"", "never ended".into()))
        }
    }
}

fn signal_name(number: i32) -> String {
    let signal = u32::try_from(number).ok().and_then(Signal::from_number);
    signal.map_or_else(|| format!("signal {number}"), |signal| signal.name().to_owned())
}

/// Runs a program in a container, likewise; ends the container with it when it does not end.
pub(crate) fn contained(
    container: Container,
    program: &str,
    arguments: &[&str],
    cwd: &str,
) -> Result<Observed, Error> {
    let options =
        SpawnOptions { cwd: Some(cwd.into()), stdin: oac_container::Stdio::Null, ..SpawnOptions::default() };
    let process = container.spawn(program, arguments, &options)?;
    let (done, ended) = mpsc::channel::<()>();
    let late = Arc::new(AtomicBool::new(false));
    let watchdog = {
        let late = Arc::clone(&late);
        thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                late.store(true, Ordering::Relaxed);
            }
            container.teardown();
        })
    };
    let output = process.output();
    drop(done);
    let _ = watchdog.join();
    if late.load(Ordering::Relaxed) {
        let partly = output.map(|output| output.stdout).unwrap_or_default();
        return Ok(Observed::new(&partly, b"", "never ended".into()));
    }
    let output = output?;
    let mut end = match output.exit.status {
        WaitStatus::Exited(code) => format!("exit {code}"),
        WaitStatus::Signaled(signal) => signal.name().to_owned(),
    };
    if let Some(reason) = output.exit.reason {
        end = format!("{end}: {reason}");
    }
    Ok(Observed::new(&output.stdout, &output.stderr, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_by_process_only() {
        let observed = Observed::new(b"b\n[kid] 2\na\n[kid] 1\n", b"", String::new()).by_process();
        assert_eq!(observed.stdout, "b\na\n[kid] 2\n[kid] 1\n");
    }

    #[test]
    fn a_native_program_is_observed() {
        let observed =
            native(Path::new("/bin/sh"), &["-c", "echo out; echo err >&2; kill -TERM $$"], Path::new("/"));
        let wanted = Observed { stdout: "out\n".into(), stderr: "err\n".into(), end: "SIGTERM".into() };
        assert_eq!(observed.unwrap(), wanted);
    }
}
