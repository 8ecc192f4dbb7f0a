//! A container, as its owner sees it.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use oac_image::NodeEngine;
use oac_kernel::{Capabilities, Config, Kernel, Limits, LogRecord, Now, Outside, Port};

use crate::{
    Error, Event, Files, Forward, HostDir, Process, Runtime, RuntimeOptions, Snapshot, SpawnOptions, Stream,
    Tree,
    actor::{Actor, call_error},
    archive::{self, ArchiveFormat},
    machine::Machine,
};
use oac_abi::nr;

/// How a container is made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The engine and programs that it shares with other containers; with `None` it has an engine of its own, and no programs
    /// but those that it is given as files.
    pub runtime: Option<Runtime>,
    /// How much it may use.
    pub limits: Limits,
    /// What it may reach outside of itself; nothing by default.
    pub capabilities: Capabilities,
    /// What programs take for the machine's name; `oac` when `None`.
    pub hostname: Option<String>,
    /// Whether what happens is recorded, for [`Container::event_log`].
    pub event_log: bool,
    /// The JavaScript engine of its `node`.
    pub engine: NodeEngine,
    /// Whether connections to the outside end in the kernel's gateway, as in a page: HTTP only, made by this process.
    pub only_http: bool,
}

/// What is mounted.
#[derive(Debug)]
pub enum Mount<'a> {
    /// A directory of the host.
    HostDir {
        /// On the host.
        path: &'a Path,
        /// Whether every change is refused with EROFS.
        read_only: bool,
    },
    /// Files from memory; they are copied into the container.
    Tree(&'a Tree),
    /// The files of a tar archive; they are copied into the container.
    Tar(&'a [u8]),
}

/// A container: a kernel of its own, its files, and the threads of its programs. Dropping it ends it.
pub struct Container {
    machine: Arc<Machine>,
    files: Files,
    /// Threads of handlers, which get to hear everything.
    handlers: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Container")
    }
}

impl Container {
    /// Makes a container with an empty filesystem and the standard programs.
    ///
    /// # Errors
    /// [`Error::Engine`] on a machine that wasmtime does not know, [`Error::Call`] when there is no randomness to be had,
    /// [`Error::MountTarget`] when a program's file cannot be made.
    pub fn boot(options: Options) -> Result<Container, Error> {
        let engine = options.engine;
        let container = Container::with_kernel(options, |config, now| Ok(Kernel::new(config, now)))?;
        for program in oac_image::STANDARD_PROGRAMS {
            for path in program.paths {
                container
                    .machine
                    .with_kernel(|kernel| kernel.register_program(path, engine.module(program)))
                    .map_err(|errno| Error::MountTarget { target: (*path).into(), errno })?;
            }
        }
        Ok(container)
    }

    /// Makes a container with the files of a snapshot and nothing running. What was mounted there is there again, but for
    /// directories of the host ([`Snapshot::left_out`]).
    ///
    /// # Errors
    /// As [`Container::boot`]; [`Error::Snapshot`].
    pub fn from_snapshot(options: Options, snapshot: &Snapshot) -> Result<Container, Error> {
        Container::with_kernel(options, |config, now| {
            Kernel::from_snapshot(config, now, &mut snapshot.files()).map_err(Error::Snapshot)
        })
    }

    fn with_kernel(
        options: Options,
        make: impl FnOnce(Config, Now) -> Result<Kernel, Error>,
    ) -> Result<Container, Error> {
        let runtime = options.runtime.map_or_else(|| Runtime::new(RuntimeOptions::default()), Ok)?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| call_error(nr::GETRANDOM)(oac_abi::Errno::EIO))?;
        let config = Config {
            seed: seed.into(),
            hostname: options.hostname.unwrap_or_else(|| "oac".into()),
            limits: options.limits,
            capabilities: options.capabilities,
            outside: if options.only_http { Outside::Gateway } else { Outside::Sockets },
            event_log: options.event_log,
            ..Config::default()
        };
        let machine = Machine::new(runtime, config, make)?;
        let files = Files::new(Actor::new(&machine, "files"));
        Ok(Container { machine, files, handlers: Mutex::default() })
    }

    /// The files as they are now, from which other containers can begin. It takes no time that grows with them, and no room until
    /// one of both changes something.
    ///
    /// # Errors
    /// [`Error::Snapshot`].
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        self.machine.with_kernel(Kernel::snapshot).map(Snapshot::new).map_err(Error::Snapshot)
    }

    /// Another container that begins with the files of this one as they are now. Programs are not copied.
    ///
    /// # Errors
    /// As [`Container::snapshot`] and [`Container::from_snapshot`].
    pub fn fork(&self, options: Options) -> Result<Container, Error> {
        Container::from_snapshot(options, &self.snapshot()?)
    }

    /// Hands the records of the event log to a handler, on a thread of its own, until the container ends; [`Container::teardown`] and
    /// its drop wait for the last one. The container was made with `event_log`; else there are none.
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub fn event_log(&self, mut handler: impl FnMut(LogRecord) + Send + 'static) -> Result<(), Error> {
        let machine = self.machine.clone();
        let thread = thread::Builder::new().name("oac event log".into()).spawn(move || {
            loop {
                let records = machine.next_log_records();
                if records.is_empty() {
                    return;
                }
                records.into_iter().for_each(&mut handler);
            }
        })?;
        self.handlers().push(thread);
        Ok(())
    }

    /// Puts files at a path of the container. Programs that already run do not see a host directory mounted after their start.
    ///
    /// # Errors
    /// [`Error::MountSource`] when the host's directory cannot be opened, [`Error::MountTarget`] when the path cannot be made,
    /// [`Error::File`] when a tree cannot be written.
    pub fn mount(&self, source: Mount<'_>, target: &str) -> Result<(), Error> {
        match source {
            Mount::Tree(tree) => self.files.write_tree(target, tree),
            Mount::Tar(bytes) => self.import(target, ArchiveFormat::Tar, bytes),
            Mount::HostDir { path, read_only } => {
                let host_dir = HostDir::open(path, read_only)
                    .map_err(|source| Error::MountSource { path: path.into(), source })?;
                self.machine
                    .with_kernel(|kernel| kernel.mount(target, Box::new(host_dir)))
                    .map_err(|errno| Error::MountTarget { target: target.into(), errno })?;
                Ok(())
            }
        }
    }

    /// Everything below a directory, as an archive. What is mounted below it is an empty directory there; sockets and devices are
    /// left out.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn export(&self, path: &str, format: ArchiveFormat) -> Result<Vec<u8>, Error> {
        archive::export(&self.files, path, format)
    }

    /// Writes an archive's files below a directory, which is made when it is missing. Files that are there are replaced; those
    /// written before an error stay.
    ///
    /// # Errors
    /// [`Error::Import`] for an archive that cannot be read, or whose names lead out of the directory; [`Error::File`].
    pub fn import(&self, path: &str, format: ArchiveFormat, bytes: &[u8]) -> Result<(), Error> {
        archive::import(&self.files, path, format, bytes)
    }

    /// Its files.
    pub fn fs(&self) -> &Files {
        &self.files
    }

    /// Starts a program: a path, or a name looked up in `PATH`.
    ///
    /// # Errors
    /// [`Error::Spawn`]: ENOENT, EACCES (not executable), ENOEXEC, EAGAIN (too many tasks).
    pub fn spawn(&self, program: &str, args: &[&str], options: &SpawnOptions) -> Result<Process, Error> {
        let parent = Actor::new(&self.machine, "spawn");
        let signaller = Actor::new(&self.machine, "signal");
        Process::spawn(parent, signaller, program, args, options)
    }

    /// Calls a handler with everything that happens from now on, on a thread of its own. [`Container::teardown`] and its drop wait until
    /// it has heard everything.
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub fn on(&self, handler: impl FnMut(Event) + Send + 'static) -> Result<(), Error> {
        let thread = self.machine.listen(handler)?;
        self.handlers().push(thread);
        Ok(())
    }

    fn handlers(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets connections to a port of this machine arrive at a port of the container, until the result is dropped.
    ///
    /// # Errors
    /// [`Error::Listen`] when the port is taken, [`Error::Thread`].
    pub fn forward(&self, host: std::net::SocketAddr, guest: Port) -> Result<Forward, Error> {
        Forward::new(&self.machine, host, guest)
    }

    /// Connects to a port of the container's loopback.
    ///
    /// # Errors
    /// [`Error::Call`]: ECONNREFUSED when nobody listens.
    pub fn connect(&self, port: Port) -> Result<Stream, Error> {
        let actor = Actor::new(&self.machine, "connect");
        let fd = actor.connect(port).map_err(call_error(nr::CONNECT))?;
        Ok(Stream::new(actor, fd))
    }

    /// Kills every program that still runs; the container goes on.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn kill_all(&self) -> Result<(), Error> {
        // In one call, so that no program can start another while its siblings are killed. Where there is none, the host's own tasks
        // are left, which cannot be killed.
        match Actor::new(&self.machine, "kill").kill_all() {
            Ok(()) | Err(oac_abi::Errno::ESRCH | oac_abi::Errno::EPERM) => Ok(()),
            Err(errno) => Err(call_error(nr::KILL)(errno)),
        }
    }

    /// Stops every program and waits for them; the same as dropping it.
    pub fn teardown(self) {
        drop(self);
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.machine.close();
        for handler in self.handlers().drain(..) {
            // One that drops the container itself does not wait for itself; one that panicked has said so.
            if handler.thread().id() != thread::current().id() {
                let _ = handler.join();
            }
        }
    }
}
