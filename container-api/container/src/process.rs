//! Programs that the owner of a container starts.

use std::{
    future::Future,
    io::Read,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use oac_abi::{
    flags::open,
    nr,
    signal::{Signal, WaitStatus},
    spawn::SpawnRequest,
};
use oac_kernel::TaskId;

use crate::{
    Error, Stream,
    actor::{Actor, Fd, call_error},
    machine::ExitSlot,
};

/// Where one of a program's three streams leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdio {
    /// A pipe whose other end the [`Process`] holds.
    #[default]
    Pipe,
    /// `/dev/null`.
    Null,
}

/// How a program is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpawnOptions {
    /// The working directory; `/` when `None`.
    pub cwd: Option<String>,
    /// Variables besides [`DEFAULT_ENV`]; those of the same name go before it.
    pub env: Vec<(String, String)>,
    /// Standard input.
    pub stdin: Stdio,
    /// Standard output.
    pub stdout: Stdio,
    /// Standard error.
    pub stderr: Stdio,
    /// Whether standard error goes where standard output goes, so that the order of what is written is kept; `stderr` is then
    /// not looked at. A shell's `2>&1`.
    pub merge_stderr: bool,
}

/// What every program that the owner starts finds in its environment.
pub const DEFAULT_ENV: &[(&str, &str)] = &[
    ("HOME", "/root"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("USER", "root"),
    ("LANG", "C.UTF-8"),
    ("TMPDIR", "/tmp"),
];

/// How a program ended, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// What wait(2) says.
    pub status: WaitStatus,
    /// A trap's message, or the limit that was reached.
    pub reason: Option<String>,
}

/// All that a program wrote, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Everything on its standard output.
    pub stdout: Vec<u8>,
    /// Everything on its standard error.
    pub stderr: Vec<u8>,
    /// Its end.
    pub exit: Exit,
}

/// A running program. Dropping it leaves the program running.
#[derive(Debug)]
pub struct Process {
    id: TaskId,
    /// For the program to read; dropping it is its end of file.
    pub stdin: Option<Stream>,
    /// What the program writes.
    pub stdout: Option<Stream>,
    /// What the program writes to its standard error.
    pub stderr: Option<Stream>,
    end: Arc<ExitSlot>,
    /// Its parent in the container, until it has been waited for.
    parent: Mutex<Option<Actor>>,
    signaller: Actor,
}

impl Process {
    pub(crate) fn spawn(
        parent: Actor,
        signaller: Actor,
        program: &str,
        args: &[&str],
        options: &SpawnOptions,
    ) -> Result<Process, Error> {
        let stdin = Plumbing::new(&parent, options.stdin, true)?;
        let stdout = Plumbing::new(&parent, options.stdout, false)?;
        let stderr =
            if options.merge_stderr { None } else { Some(Plumbing::new(&parent, options.stderr, false)?) };
        let stderr_child = stderr.as_ref().map_or(stdout.child.0, |stderr| stderr.child.0);
        let mut env: Vec<Vec<u8>> = Vec::new();
        for (name, value) in DEFAULT_ENV {
            if !options.env.iter().any(|(own, _)| own == name) {
                env.push(format!("{name}={value}").into());
            }
        }
        env.extend(options.env.iter().map(|(name, value)| format!("{name}={value}").into()));
        let request = SpawnRequest {
            program: program.into(),
            argv: std::iter::once(program).chain(args.iter().copied()).map(Into::into).collect(),
            env: Some(env),
            cwd: options.cwd.as_ref().map(|cwd| cwd.as_bytes().to_vec()),
            fds: vec![(0, stdin.child.0), (1, stdout.child.0), (2, stderr_child)],
            flags: SpawnRequest::NEW_GROUP,
            ..SpawnRequest::default()
        };
        let id = parent.spawn(&request).map_err(|errno| Error::Spawn { program: program.into(), errno })?;
        // The child has its own now; as long as ours are open, nobody sees an end of file.
        for end in [Some(&stdin), Some(&stdout), stderr.as_ref()].into_iter().flatten() {
            parent.close(end.child);
        }
        Ok(Process {
            end: parent.exit_slot(id),
            id,
            stdin: stdin.ours,
            stdout: stdout.ours,
            stderr: stderr.and_then(|stderr| stderr.ours),
            parent: Mutex::new(Some(parent)),
            signaller,
        })
    }

    /// Its number in the container.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Waits until it has ended. Blocks the thread; [`Process::exit`] does not.
    ///
    /// # Errors
    /// [`Error::TornDown`] when the container ends before the program does.
    pub fn wait(&self) -> Result<Exit, Error> {
        self.ended(self.end.wait())
    }

    /// Waits until it has ended, for any executor: it needs none of its own.
    ///
    /// # Errors
    /// [`Error::TornDown`] when the container ends before the program does.
    pub fn exit(&self) -> impl Future<Output = Result<Exit, Error>> + '_ {
        std::future::poll_fn(|context| self.end.poll(context.waker()).map(|end| self.ended(end)))
    }

    fn ended(&self, end: Option<Exit>) -> Result<Exit, Error> {
        // The zombie goes with its parent, as the first who hears of the end lets go of it.
        drop(self.parent.lock().unwrap_or_else(PoisonError::into_inner).take());
        end.ok_or(Error::TornDown)
    }

    /// Sends a signal to the program. kill(2).
    ///
    /// # Errors
    /// [`Error::Call`]: ESRCH when it has ended.
    pub fn kill(&self, signal: Signal) -> Result<(), Error> {
        self.signaller.kill(self.id, false, signal).map_err(call_error(nr::KILL))
    }

    /// Sends a signal to the program and those that it started in its process group, as a terminal does.
    ///
    /// # Errors
    /// [`Error::Call`]: ESRCH when all have ended.
    pub fn kill_group(&self, signal: Signal) -> Result<(), Error> {
        self.signaller.kill(self.id, true, signal).map_err(call_error(nr::KILL))
    }

    /// Closes its input, reads everything it writes, and waits for its end.
    ///
    /// # Errors
    /// [`Error::Call`] when the container is torn down meanwhile; [`Error::Thread`].
    pub fn output(mut self) -> Result<Output, Error> {
        drop(self.stdin.take());
        let stderr = self.stderr.take().map(|mut stream| {
            thread::Builder::new().name("oac output".into()).spawn(move || read_all(&mut stream))
        });
        let stdout = self.stdout.take().map(|mut stream| read_all(&mut stream)).unwrap_or_default();
        let stderr = match stderr {
            Some(thread) => thread?.join().unwrap_or_default(),
            None => Vec::new(),
        };
        Ok(Output { stdout, stderr, exit: self.wait()? })
    }
}

/// All there is to read; a stream that breaks off ends there.
fn read_all(stream: &mut Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

/// The two ends of one of a program's streams.
struct Plumbing {
    child: Fd,
    ours: Option<Stream>,
}

impl Plumbing {
    fn new(parent: &Actor, stdio: Stdio, child_reads: bool) -> Result<Plumbing, Error> {
        match stdio {
            Stdio::Null => {
                let flags = if child_reads { open::RDONLY } else { open::WRONLY };
                let child =
                    parent.open("/dev/null", flags | open::CLOEXEC, 0).map_err(call_error(nr::OPENAT))?;
                Ok(Plumbing { child, ours: None })
            }
            Stdio::Pipe => {
                let (reading, writing) = parent.pipe().map_err(call_error(nr::PIPE2))?;
                let (child, ours) = if child_reads { (reading, writing) } else { (writing, reading) };
                let stream = parent.stream(ours, "stdio").map_err(call_error(nr::DUP))?;
                parent.close(ours);
                Ok(Plumbing { child, ours: Some(stream) })
            }
        }
    }
}
