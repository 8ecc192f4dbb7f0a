//! Programs that the owner of a container starts.

use std::{
    future::Future,
    io::Read,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use oac_abi::{
    flags::open,
    limit::{Rlimit, Usage},
    nr,
    signal::{Signal, WaitStatus},
    spawn::{Narrowing, SpawnRequest},
};
use oac_kernel::{ExitRecord, LimitKind, TaskId};

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
    /// A terminal of this size for all three streams, which are then not looked at: [`Process::terminal`] is its other side. The
    /// program leads a session of its own, and the terminal is its controlling one.
    pub terminal: Option<TerminalSize>,
    /// Whether standard error goes where standard output goes, so that the order of what is written is kept; `stderr` is then
    /// not looked at. A shell's `2>&1`.
    pub merge_stderr: bool,
    /// What is taken from the container's capabilities, for this program and those that it starts.
    pub narrowing: Narrowing,
    /// Its own limits, by their numbers in `oac_abi::limit::resource`. setrlimit(2).
    pub limits: Vec<(u32, Rlimit)>,
}

/// Rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
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
    /// A trap's message, or the limit that was reached, in words.
    pub reason: Option<String>,
    /// The limit that ended it.
    pub limit: Option<LimitKind>,
    /// What it had used.
    pub usage: Usage,
}

impl Exit {
    pub(crate) fn of(record: &ExitRecord) -> Exit {
        let ExitRecord { status, reason, limit, usage, .. } = record;
        Exit { status: *status, reason: reason.clone(), limit: *limit, usage: *usage }
    }
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
    /// The terminal that the program has, seen from where its keys are pressed and its screen is. Dropping it hangs up. Reading
    /// ends with EIO when all have left the terminal.
    pub terminal: Option<Stream>,
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
        let plumbing = match options.terminal {
            Some(size) => Plumbing::terminal(&parent, size)?,
            None => Plumbing::streams(&parent, options)?,
        };
        let mut env: Vec<Vec<u8>> = Vec::new();
        for (name, value) in DEFAULT_ENV {
            if !options.env.iter().any(|(own, _)| own == name) {
                env.push(format!("{name}={value}").into());
            }
        }
        env.extend(options.env.iter().map(|(name, value)| format!("{name}={value}").into()));
        // As a shell does it; Go reads its working directory from there.
        if !env.iter().any(|string| string.starts_with(b"PWD=")) {
            env.push(format!("PWD={}", options.cwd.as_deref().unwrap_or("/")).into());
        }
        let terminal = options.terminal.map(|_| plumbing.child[0].0);
        let request = SpawnRequest {
            program: program.into(),
            argv: std::iter::once(program).chain(args.iter().copied()).map(Into::into).collect(),
            env: Some(env),
            cwd: options.cwd.as_ref().map(|cwd| cwd.as_bytes().to_vec()),
            fds: (0..).zip(plumbing.child.map(|fd| fd.0)).collect(),
            flags: if terminal.is_some() { SpawnRequest::NEW_SESSION } else { SpawnRequest::NEW_GROUP },
            terminal,
            narrowing: options.narrowing.clone(),
            limits: options.limits.clone(),
            ..SpawnRequest::default()
        };
        let id = parent.spawn(&request).map_err(|errno| Error::Spawn { program: program.into(), errno })?;
        // The child has its own now; as long as ours are open, nobody sees an end of file.
        for (index, &fd) in plumbing.child.iter().enumerate() {
            if !plumbing.child[..index].contains(&fd) {
                parent.close(fd);
            }
        }
        let [stdin, stdout, stderr] = plumbing.streams;
        Ok(Process {
            end: parent.exit_slot(id),
            id,
            stdin,
            stdout,
            stderr,
            terminal: plumbing.terminal,
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

    /// Tells the program's terminal its new size; programs in its foreground get SIGWINCH. For a terminal that was taken out of
    /// `terminal`, there is [`Stream::resize`].
    ///
    /// # Errors
    /// [`Error::Call`]: ENOTTY when it has none.
    pub fn resize(&self, size: TerminalSize) -> Result<(), Error> {
        match &self.terminal {
            Some(terminal) => terminal.resize(size),
            None => Err(call_error(nr::TCSETWINSIZE)(oac_abi::Errno::ENOTTY)),
        }
    }

    /// Closes its input, reads everything it writes (to its terminal, if it has one), and waits for its end.
    ///
    /// # Errors
    /// [`Error::Call`] when the container is torn down meanwhile; [`Error::Thread`].
    pub fn output(mut self) -> Result<Output, Error> {
        drop(self.stdin.take());
        let stderr = self.stderr.take().map(|mut stream| {
            thread::Builder::new().name("oac output".into()).spawn(move || read_all(&mut stream))
        });
        let stdout = self.stdout.take().or_else(|| self.terminal.take());
        let stdout = stdout.map(|mut stream| read_all(&mut stream)).unwrap_or_default();
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

/// Both ends of a program's streams.
struct Plumbing {
    child: [Fd; 3],
    streams: [Option<Stream>; 3],
    terminal: Option<Stream>,
}

impl Plumbing {
    fn streams(parent: &Actor, options: &SpawnOptions) -> Result<Plumbing, Error> {
        let (stdin, to_stdin) = pipe_or_null(parent, options.stdin, true)?;
        let (stdout, from_stdout) = pipe_or_null(parent, options.stdout, false)?;
        let (stderr, from_stderr) = match options.merge_stderr {
            true => (stdout, None),
            false => pipe_or_null(parent, options.stderr, false)?,
        };
        let streams = [to_stdin, from_stdout, from_stderr];
        Ok(Plumbing { child: [stdin, stdout, stderr], streams, terminal: None })
    }

    fn terminal(parent: &Actor, size: TerminalSize) -> Result<Plumbing, Error> {
        let (master, slave) = parent.open_terminal().map_err(call_error(nr::OPENPTY))?;
        parent.resize(master, size).map_err(call_error(nr::TCSETWINSIZE))?;
        let stream = parent.stream(master, "terminal").map_err(call_error(nr::DUP))?;
        parent.close(master);
        Ok(Plumbing { child: [slave; 3], streams: [None, None, None], terminal: Some(stream) })
    }
}

/// The child's end, and ours where there is one.
fn pipe_or_null(parent: &Actor, stdio: Stdio, child_reads: bool) -> Result<(Fd, Option<Stream>), Error> {
    match stdio {
        Stdio::Null => {
            let flags = if child_reads { open::RDONLY } else { open::WRONLY };
            let child = parent.open("/dev/null", flags | open::CLOEXEC, 0).map_err(call_error(nr::OPENAT))?;
            Ok((child, None))
        }
        Stdio::Pipe => {
            let (reading, writing) = parent.pipe().map_err(call_error(nr::PIPE2))?;
            let (child, ours) = if child_reads { (reading, writing) } else { (writing, reading) };
            let stream = parent.stream(ours, "stdio").map_err(call_error(nr::DUP))?;
            parent.close(ours);
            Ok((child, Some(stream)))
        }
    }
}
