//! `oac run`: a container, one program in it, and this process around both.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::AsFd,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use oac_container::{
    Capabilities, Container, EmbeddedCode, EmbeddedProgram, Errno, Error, Event, Limits, Mount,
    NetworkCapability, Options, Port, Process, Runtime, RuntimeOptions, Signal, SpawnOptions, TaskId,
    WaitStatus,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH, SIGXFSZ};

use crate::{
    STATUS_OWN_ERROR,
    arguments::RunRequest,
    npm_registry, npm_store,
    streams::{pass_in, pass_out},
    terminal::{self, RawTerminal},
    values::MountValue,
};

const STATUS_TIMEOUT: u8 = 124;
const STATUS_NOT_RUNNABLE: u8 = 126;
const STATUS_NOT_FOUND: u8 = 127;
/// What a program may do between the SIGTERM of a timeout and being killed.
const GRACE_MS: u64 = 2_000;
/// How often it is looked whether this process has been told to end.
const GRACE_STEP: Duration = Duration::from_millis(100);

#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("{command}: no such command in the container{hint}")]
    NotFound { command: String, hint: &'static str },
    #[error("{command}: cannot be run: {why}")]
    NotRunnable { command: String, why: String },
    #[error("-w {0}: it is not a directory in the container")]
    WorkingDirectory(String),
    #[error("-v {}: {why}", path.display())]
    Mount { path: PathBuf, why: String },
    #[error(
        "-p: port {0} of this machine is in use; choose another, as in -p 0.0.0.0:OTHER:{1} or -p OTHER:{1}"
    )]
    PortInUse(u16, u16),
    #[error("--event-log {}: {source}", path.display())]
    EventLog { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Container(#[from] Error),
    #[error("cannot write what the program wrote: {0}")]
    Output(#[source] io::Error),
    #[error("cannot use this process's own streams or signals: {0}")]
    Io(#[from] io::Error),
}

impl RunError {
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            RunError::NotFound { .. } => STATUS_NOT_FOUND,
            RunError::NotRunnable { .. } => STATUS_NOT_RUNNABLE,
            _ => STATUS_OWN_ERROR,
        }
    }
}

/// Programs inside this executable, put there by build.rs.
fn embedded_programs() -> Vec<EmbeddedProgram> {
    // The generated list names both, or neither.
    #[allow(unused_imports)]
    use {EmbeddedCode as _, EmbeddedProgram as _};
    include!(concat!(env!("OUT_DIR"), "/programs.rs"))
}

/// Runs the program; gives its exit status.
pub(crate) fn run(request: RunRequest) -> Result<u8, RunError> {
    raise_file_limit();
    // Under `ulimit -f` a write to a mounted file then fails with EFBIG, instead of ending us.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let runtime = Runtime::new(RuntimeOptions {
        programs: embedded_programs(),
        programs_dir: std::env::var_os("OAC_PROGRAMS_DIR").map(Into::into),
        ..RuntimeOptions::default()
    })?;
    let store = npm_store::directory(&request);
    let container = boot(&runtime, &request, store.as_deref())?;
    let forwards = request
        .ports
        .iter()
        .map(|port| {
            container.forward(port.host, Port(port.guest)).map_err(|error| match error {
                Error::Listen { port: host, source } if source.kind() == io::ErrorKind::AddrInUse => {
                    RunError::PortInUse(host, port.guest)
                }
                error => error.into(),
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Who asked for any port wants to know which one it became.
    for (port, forward) in request.ports.iter().zip(&forwards).filter(|(port, _)| port.host.port() == 0) {
        eprintln!("oac: port {} of the container is {}", port.guest, forward.address());
    }
    // Before the program starts, so that no signal is lost between.
    let signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    if request.terminal {
        signals.add_signal(SIGWINCH)?;
        signals.add_signal(SIGTSTP)?;
    }
    let process = spawn(&container, &request, store.is_some())?;
    tell_of_loading(&container, process.id())?;
    attend(&container, process, signals, &request)
}

fn boot(runtime: &Runtime, request: &RunRequest, store: Option<&Path>) -> Result<Container, RunError> {
    let cpu_time_ns = request.cpu_time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let mut limits = Limits { memory_bytes: request.memory_bytes, cpu_time_ns, ..Limits::default() };
    limits.tasks = request.tasks.unwrap_or(limits.tasks);
    limits.disk_bytes = request.disk_bytes.unwrap_or(limits.disk_bytes);
    let container = Container::boot(Options {
        runtime: Some(runtime.clone()),
        limits,
        capabilities: Capabilities { network: request.network.clone(), ..Capabilities::default() },
        hostname: None,
        event_log: request.event_log.is_some(),
        engine: request.engine,
        only_http: request.only_http,
    })?;
    if let Some(path) = &request.event_log {
        write_events(&container, path)?;
    }
    // What lies in another mount comes after it, however they were given.
    let mut mounts: Vec<_> = request.mounts.iter().collect();
    mounts.sort_by_key(|mount| mount.guest.split('/').filter(|part| !part.is_empty()).count());
    for MountValue { host, guest, read_only } in mounts {
        mount(&container, Mount::HostDir { path: host, read_only: *read_only }, guest)?;
    }
    if let Some(path) = store {
        mount(&container, Mount::HostDir { path, read_only: false }, npm_store::GUEST)?;
    }
    if let Some(cwd) = &request.cwd
        && !container.fs().is_dir(cwd)
    {
        container.fs().make_dir_all(cwd)?;
        if !container.fs().is_dir(cwd) {
            return Err(RunError::WorkingDirectory(cwd.clone()));
        }
    }
    Ok(container)
}

fn mount(container: &Container, source: Mount<'_>, guest: &str) -> Result<(), RunError> {
    container.mount(source, guest).map_err(|error| match error {
        Error::MountSource { path, source } => {
            let why = match source.kind() {
                io::ErrorKind::NotFound => "there is no such directory on this machine".into(),
                io::ErrorKind::NotADirectory => "it is a file; mount the directory that holds it".into(),
                _ => source.to_string(),
            };
            RunError::Mount { path, why }
        }
        error => error.into(),
    })
}

/// A program that another one starts, and that cannot be loaded, says nothing by itself: its parent sees the status 126 and no more.
fn tell_of_loading(container: &Container, first: TaskId) -> Result<(), RunError> {
    const NOT_LOADED: WaitStatus = WaitStatus::Exited(STATUS_NOT_RUNNABLE);
    container.on(move |event| match event {
        Event::Exited { task, status: NOT_LOADED, reason: Some(reason) } if task != first => {
            eprintln!("oac: task {task}: {reason}");
        }
        _ => {}
    })?;
    Ok(())
}

/// Writes the event log to a file, a line as soon as it is there.
fn write_events(container: &Container, path: &Path) -> Result<(), RunError> {
    let mut file = File::create(path).map_err(|source| RunError::EventLog { path: path.into(), source })?;
    let path = path.to_path_buf();
    let mut broken = false;
    container.event_log(move |record| {
        if broken {
            return;
        }
        if let Err(error) = writeln!(file, "{}", record.to_json()) {
            eprintln!("oac: --event-log {}: {error}; the log ends here", path.display());
            broken = true;
        }
    })?;
    Ok(())
}

fn spawn(container: &Container, request: &RunRequest, has_store: bool) -> Result<Process, RunError> {
    let mut env = Vec::new();
    if request.use_npmrc && request.network != NetworkCapability::Denied {
        env = npm_registry::variables();
        env.retain(|(name, _)| !request.env.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)));
    }
    if has_store {
        env.push((npm_store::VARIABLE.into(), npm_store::GUEST.into()));
    }
    if request.terminal {
        env.push(("TERM".into(), std::env::var("TERM").unwrap_or_else(|_| "xterm".into())));
    }
    env.retain(|(name, _)| !request.env.iter().any(|(given, _)| given == name));
    env.extend(request.env.iter().cloned());
    let options = SpawnOptions {
        terminal: request.terminal.then(terminal::size),
        cwd: request.cwd.clone(),
        env,
        merge_stderr: terminal::same_file(io::stdout().as_fd(), io::stderr().as_fd()),
        ..SpawnOptions::default()
    };
    let args: Vec<&str> = request.args.iter().map(String::as_str).collect();
    let command = request.command.clone();
    let exists =
        |command: &str| command.contains('/') && container.fs().stat(&in_directory(request, command)).is_ok();
    container.spawn(&request.command, &args, &options).map_err(|error| match error.errno() {
        Some(Errno::ENOENT) if exists(&command) => RunError::NotRunnable {
            command,
            why: "the interpreter that its #! line names is not in the container".into(),
        },
        Some(Errno::ELOOP) if exists(&command) => {
            RunError::NotRunnable { command, why: "its #! line leads through too many interpreters".into() }
        }
        Some(Errno::ENOENT | Errno::ENOTDIR) => {
            let hint = if command.contains('/') && request.mounts.is_empty() {
                " (nothing of this machine is mounted; see -v)"
            } else {
                ""
            };
            RunError::NotFound { command, hint }
        }
        Some(Errno::EACCES) => RunError::NotRunnable { why: why_not_executable(container, request), command },
        Some(Errno::EISDIR) => RunError::NotRunnable { command, why: "it is a directory".into() },
        Some(Errno::ENOEXEC) => RunError::NotRunnable {
            command,
            why: "it is neither a WebAssembly module nor a script with a #! line".into(),
        },
        _ => error.into(),
    })
}

/// A command's path, which may be relative to the working directory.
fn in_directory(request: &RunRequest, command: &str) -> String {
    match request.cwd.as_deref() {
        Some(cwd) if !command.starts_with('/') => format!("{}/{command}", cwd.trim_end_matches('/')),
        _ => command.into(),
    }
}

/// What is in the way of a command that exists.
fn why_not_executable(container: &Container, request: &RunRequest) -> String {
    let path = in_directory(request, &request.command);
    let is_file = container.fs().stat(&path).is_ok_and(|stat| stat.is_file());
    match path.rsplit_once('/') {
        _ if container.fs().is_dir(&path) => "it is a directory".into(),
        Some((_, name)) if is_file => format!("it is not executable; make it so with: chmod +x {name}"),
        _ => "permission denied".into(),
    }
}

/// Passes bytes and signals until the program has ended and all it wrote has been written.
fn attend(
    container: &Container,
    mut process: Process,
    mut signals: signal_hook::iterator::Signals,
    request: &RunRequest,
) -> Result<u8, RunError> {
    // From here to its drop, the terminal is the container's.
    let raw = Arc::new(if request.terminal { RawTerminal::take()? } else { None });
    let mut outputs = Vec::new();
    if let Some(terminal) = &process.terminal {
        outputs.push(pass_out(terminal.try_clone()?, io::stdout().as_fd())?);
        pass_in(terminal.try_clone()?, true)?;
    }
    for (stream, target) in
        [(process.stdout.take(), io::stdout().as_fd()), (process.stderr.take(), io::stderr().as_fd())]
    {
        outputs.extend(stream.map(|stream| pass_out(stream, target)).transpose()?);
    }
    if let Some(stream) = process.stdin.take() {
        pass_in(stream, false)?;
    }
    let process = Arc::new(process);
    let timed_out = Arc::new(AtomicBool::new(false));
    // By a timeout, or a signal: then a reader of ours that does not read is not waited for.
    let hurried = Arc::new(AtomicBool::new(false));
    let told = hurried.clone();
    let (receiver, own_terminal) = (process.clone(), Arc::downgrade(&raw));
    thread::Builder::new().name("oac signals".into()).spawn(move || {
        for number in signals.forever() {
            if number == SIGTSTP
                && let Some(terminal) = own_terminal.upgrade()
                && let Some(terminal) = &*terminal
            {
                // Without its terminal back it goes on without one.
                let _ = terminal.stop();
            }
            if matches!(number, SIGWINCH | SIGTSTP) {
                // A program that has left the terminal does not miss its size.
                let _ = receiver.resize(terminal::size());
            } else if let Some(signal) = Signal::from_number(number as u32) {
                told.store(true, Ordering::Relaxed);
                // When it has ended meanwhile, so does this process.
                let _ = receiver.kill_group(signal);
            }
        }
    })?;
    if let Some(timeout) = request.timeout {
        let (process, timed_out, hurried) = (process.clone(), timed_out.clone(), hurried.clone());
        thread::Builder::new().name("oac timeout".into()).spawn(move || {
            thread::sleep(timeout);
            timed_out.store(true, Ordering::Relaxed);
            hurried.store(true, Ordering::Relaxed);
            let _ = process.kill_group(Signal::SIGTERM);
            thread::sleep(Duration::from_millis(GRACE_MS));
            let _ = process.kill_group(Signal::SIGKILL);
        })?;
    }
    let exit = process.wait()?;
    // What it left behind ends with it, and so does what they still write to.
    container.kill_all()?;
    let mut lost = None;
    for output in outputs {
        if let Some(Err(error)) = rest_of(&output, &hurried) {
            lost = Some(error);
        }
    }
    drop(raw);
    if let Some(error) = lost {
        return Err(RunError::Output(error));
    }
    if timed_out.load(Ordering::Relaxed) {
        eprintln!("oac: {}: ended after the --timeout", request.command);
        return Ok(STATUS_TIMEOUT);
    }
    if let Some(reason) = exit.reason {
        eprintln!("oac: {}: {reason}", request.command);
    }
    Ok(exit.status.shell_code())
}

/// Waits until an output has been written to its end; not for a reader that does not read, when this process was told to end.
fn rest_of(output: &Receiver<io::Result<()>>, hurried: &AtomicBool) -> Option<io::Result<()>> {
    let mut hurried_for = Duration::ZERO;
    loop {
        match output.recv_timeout(GRACE_STEP) {
            Ok(result) => return Some(result),
            // A thread that panicked has said so.
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if hurried.load(Ordering::Relaxed) => hurried_for += GRACE_STEP,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if hurried_for >= Duration::from_millis(GRACE_MS) {
            return None;
        }
    }
}

/// Each open file of a mounted directory is an open file of this process.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Without it the usual limit holds, and a program that opens that many files gets EMFILE.
    let _ = setrlimit(Resource::Nofile, limit);
}
