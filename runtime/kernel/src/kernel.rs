//! The kernel as its hosts see it.

use std::collections::{BTreeMap, VecDeque};

use oac_abi::{
    CALLS, Errno, Module,
    bounds::CALL_OUTS_MAX,
    index_of,
    signal::{Signal, WaitStatus},
    wire::{Reply, Request},
};
use oac_vfs::{
    Caller, FileSystem, FsId, FsTable, Ino, MemFs, Namespace, NewNode, Node, Quota, Walker, device_fs,
};

use crate::{
    Config, Driver, ExitRecord, HostRequest, LimitKind, LogEvent, Now, Outcome, TaskFailure, TaskId,
    TaskStatus,
    alarm::Alarms,
    answer::{Answer, Block, Stop},
    byte_queue::Buffered,
    channel::Channels,
    description::Descriptions,
    dispatch::route,
    event_log::EventLog,
    fd_table::{Fd, FdEntry},
    fetch::Fetches,
    fifo::Fifos,
    gateway::Gateway,
    inotify::Watchers,
    locks::Locks,
    namespaces::{NamespaceId, Namespaces},
    open_names::OpenNames,
    outside::World,
    pipe::Pipes,
    prepared::Prepared,
    random::{Purpose, Random},
    segment::Segments,
    socket::Sockets,
    spawn::PROGRAM_MARK,
    task::{INIT, Pending, State, TaskKind, Tasks},
    terminal::Terminals,
    thread::Threads,
    wait_queue::{WaitKey, WaitQueues},
    world::{CONTAINER_FS, PROC_FS, TASK_FS, world},
};

/// Exit records that are remembered.
const EXIT_RECORDS_MAX: usize = 256;

/// A container's kernel: calls and events go in, replies and requests to the host come out.
///
/// Everything is ordered and comes from the seed, so that the same calls give the same trace.
pub struct Kernel {
    pub(crate) config: Config,
    pub(crate) now: Now,
    pub(crate) tasks: Tasks,
    pub(crate) files: Descriptions,
    pub(crate) open_names: OpenNames,
    pub(crate) watchers: Watchers,
    pub(crate) locks: Locks,
    pub(crate) pipes: Pipes,
    pub(crate) fifos: Fifos,
    pub(crate) sockets: Sockets,
    pub(crate) threads: Threads,
    pub(crate) channels: Channels,
    pub(crate) segments: Segments,
    pub(crate) fetches: Fetches,
    pub(crate) world_outside: World,
    pub(crate) gateway: Gateway,
    pub(crate) terminals: Terminals,
    /// The directory of the slaves' files, `/dev/pts`.
    pub(crate) pts: Node,
    pub(crate) alarms: Alarms,
    pub(crate) drivers: Vec<Driver>,
    /// Registered programs by their names, each with the first of its paths.
    pub(crate) programs: Vec<(String, String)>,
    pub(crate) prepared: Prepared,
    pub(crate) event_log: EventLog,
    /// When the container began, on the monotonic clock.
    pub(crate) started_ns: u64,
    /// CPU time of all programs so far.
    pub(crate) cpu_total_ns: u64,
    /// A limit of the whole container has been reached: nothing is started any more.
    pub(crate) exhausted: bool,
    pub(crate) waits: WaitQueues,
    pub(crate) requests: VecDeque<HostRequest>,
    pub(crate) filesystems: FsTable,
    pub(crate) namespaces: Namespaces,
    pub(crate) root_namespace: NamespaceId,
    /// What tasks have mounted, and how many bytes of memory each may hold.
    pub(crate) mounted: BTreeMap<FsId, u64>,
    /// What hosts have mounted, and where.
    pub(crate) host_mounts: Vec<(String, FsId)>,
    pub(crate) random: Random,
    /// Whose call is being made.
    pub(crate) current: Option<TaskId>,
    /// In the order of their ends.
    exits: VecDeque<ExitRecord>,
}

impl Kernel {
    /// A kernel with its root filesystem and the task `init`, and nothing running.
    pub fn new(config: Config, now: Now) -> Kernel {
        let caller = Caller::root(now.realtime_ns);
        let quota = Quota { bytes: config.limits.disk_bytes, inodes: config.limits.disk_inodes };
        let mut memory = MemFs::with_quota(quota, &caller);
        // A disk too small for its own directories is a disk that is full.
        let _ = furnish(&mut memory, &caller, &config.hostname);
        Kernel::with_root(config, now, Box::new(memory))
    }

    /// The same, with the directories and files of a tree that is there already.
    pub(crate) fn with_root(config: Config, now: Now, root: Box<dyn FileSystem>) -> Kernel {
        let caller = Caller::root(now.realtime_ns);
        let mut filesystems = FsTable::new();
        let ino = root.root();
        let root = Node { fs: filesystems.add(root), ino };
        let namespace = Namespace::new(&mut filesystems, root);
        let mut namespaces = Namespaces::default();
        let root_namespace = namespaces.add(namespace);
        let random = Random::new(config.seed, Purpose::Devices);
        let buffered = Buffered::default();
        let mut kernel = Kernel {
            config,
            now,
            tasks: Tasks::default(),
            files: Descriptions::default(),
            open_names: OpenNames::default(),
            watchers: Watchers::default(),
            locks: Locks::default(),
            pipes: Pipes::new(buffered.clone()),
            fifos: Fifos::default(),
            sockets: Sockets::new(buffered),
            threads: Threads::default(),
            channels: Channels::default(),
            segments: Segments::default(),
            fetches: Fetches::default(),
            world_outside: World::default(),
            gateway: Gateway::default(),
            terminals: Terminals::default(),
            pts: root,
            alarms: Alarms::default(),
            drivers: Vec::new(),
            programs: Vec::new(),
            prepared: Prepared::new(),
            event_log: EventLog::default(),
            started_ns: now.monotonic_ns,
            cpu_total_ns: 0,
            exhausted: false,
            waits: WaitQueues::default(),
            requests: VecDeque::new(),
            filesystems,
            namespaces,
            root_namespace,
            mounted: BTreeMap::new(),
            host_mounts: Vec::new(),
            random,
            current: None,
            exits: VecDeque::new(),
        };
        let init = kernel.new_actor(INIT, TaskKind::Init, "init");
        debug_assert_eq!(init, INIT);
        let _ = kernel.mount_node("/task", Node { fs: TASK_FS, ino: Ino(1) }, "task");
        let _ = kernel.mount_node("/proc", Node { fs: PROC_FS, ino: Ino(1) }, "proc");
        let container = Node { fs: CONTAINER_FS, ino: Ino(1) };
        let _ = kernel.mount_node("/web/container", container, "container");
        let _ = kernel.mount_devices(&caller);
        kernel
    }

    fn mount_devices(&mut self, caller: &Caller) -> Result<(), Errno> {
        let mut devices = device_fs(caller)?;
        let (ino, kind) = (devices.root(), devices.kind());
        let pts = devices.lookup(ino, b"pts")?;
        let fs = self.filesystems.add(Box::new(devices));
        self.pts = Node { fs, ino: pts };
        self.mount_node("/dev", Node { fs, ino }, kind)
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Tells the time. Hosts do so before every call and event; deadlines that have passed wake their tasks.
    pub fn set_now(&mut self, now: Now) {
        self.now = now;
        self.waits.expire(now.monotonic_ns);
        self.expire_alarms();
        self.check_wall_time();
    }

    /// When the host should tell the time even if nothing else happens, on the monotonic clock.
    pub fn next_deadline_ns(&self) -> Option<u64> {
        let deadlines = [self.waits.next_deadline_ns(), self.alarms.next_ns(), self.wall_deadline_ns()];
        deadlines.into_iter().flatten().min()
    }

    /// Makes the executable `path`, which runs the program that hosts know as `program`. Directories on the way are made.
    ///
    /// # Errors
    /// As open(2); EINVAL when the path is not absolute or the name holds a newline.
    pub fn register_program(&mut self, path: &str, program: &str) -> Result<(), Errno> {
        if program.contains('\n') || !path.starts_with('/') {
            return Err(Errno::EINVAL);
        }
        let (dir, _) = path.rsplit_once('/').ok_or(Errno::EINVAL)?;
        self.make_directories(dir)?;
        let flags = oac_abi::flags::open::CREAT | oac_abi::flags::open::WRONLY | oac_abi::flags::open::TRUNC;
        let fd = self.open_path(INIT, oac_abi::flags::at::FDCWD, path.as_bytes(), flags, 0o777);
        let fd = fd.map_err(Stop::errno)?;
        let content = [PROGRAM_MARK, program.as_bytes(), b"\n"].concat();
        let written = self.write_file(INIT, fd.0 as i32, crate::files::At::Position, &content);
        self.close_fd(INIT, fd.0 as i32)?;
        match written {
            Ok(len) if len == content.len() => {}
            Ok(_) => return Err(Errno::ENOSPC),
            Err(stop) => return Err(stop.errno()),
        }
        if !self.programs.iter().any(|(known, _)| known == program) {
            self.programs.push((program.to_string(), path.to_string()));
        }
        Ok(())
    }

    /// Has files that begin with some bytes run by a program.
    ///
    /// # Errors
    /// ENOSPC when there are too many drivers; EINVAL for an empty or too long beginning.
    pub fn register_driver(&mut self, driver: Driver) -> Result<(), Errno> {
        if driver.magic.is_empty() || driver.magic.len() > oac_abi::bounds::INTERPRETER_LINE_BYTES_MAX {
            return Err(Errno::EINVAL);
        }
        if self.drivers.len() >= oac_abi::bounds::DRIVERS_MAX {
            return Err(Errno::ENOSPC);
        }
        self.drivers.push(driver);
        Ok(())
    }

    /// Binds a filesystem over a path of the root namespace; the directory is made where it is missing. Actors see it at once, and
    /// tasks that are spawned afterwards.
    ///
    /// # Errors
    /// As mkdir(2); ENOSPC when there are too many binds.
    pub fn mount(&mut self, target: &str, fs: Box<dyn FileSystem>) -> Result<(), Errno> {
        let (ino, kind) = (fs.root(), fs.kind());
        let fs = self.filesystems.add(fs);
        self.mount_node(target, Node { fs, ino }, kind)?;
        self.host_mounts.push((target.to_string(), fs));
        Ok(())
    }

    fn mount_node(&mut self, target: &str, node: Node, kind: &str) -> Result<(), Errno> {
        self.make_directories(target)?;
        let caller = self.caller(INIT);
        let mut namespace = self.namespaces.take(self.root_namespace)?;
        let mut world = world!(self, INIT);
        let root = namespace.root();
        let result = Walker::new(&mut world, &namespace, &caller)
            .existing(root, target.as_bytes(), oac_vfs::LastLink::Follow)
            .and_then(|place| namespace.mount(&mut world, node, kind.as_bytes(), (place, target.as_bytes())));
        self.namespaces.put_back(self.root_namespace, namespace);
        result
    }

    /// mkdir -p, in the root namespace.
    pub(crate) fn make_directories(&mut self, path: &str) -> Result<(), Errno> {
        let mut at = 0;
        while let Some(next) = path[at..].find('/').map(|slash| at + slash + 1).or(Some(path.len())) {
            let part = &path[..next];
            match self.make_directory(INIT, oac_abi::flags::at::FDCWD, part.as_bytes(), 0o777) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(Errno::ENOENT) if part.is_empty() => {}
                Err(errno) => return Err(errno),
            }
            if next == path.len() {
                break;
            }
            at = next;
        }
        Ok(())
    }

    /// Makes a task that the host itself plays. It takes no signals, and its calls are never ended by SIGPIPE.
    pub fn attach(&mut self, name: &str) -> TaskId {
        self.new_actor(INIT, TaskKind::Actor, name)
    }

    /// Ends a task that the host plays: its descriptors are closed, its children handed to init.
    pub fn detach(&mut self, task: TaskId) {
        if self.tasks.get(task).is_ok_and(|task| task.kind == TaskKind::Actor) {
            self.end_task(task, WaitStatus::Exited(0), None);
            self.filesystems.collect();
        }
    }

    /// Duplicates a descriptor of one task that the host plays into another, onto its lowest free number: what is to wait beside
    /// something else needs a task of its own.
    ///
    /// # Errors
    /// EBADF, EMFILE; EPERM when either is no task of the host's.
    pub fn pass_fd(&mut self, from: TaskId, fd: i32, to: TaskId) -> Result<i32, Errno> {
        for task in [from, to] {
            if self.tasks.get(task)?.kind != TaskKind::Actor {
                return Err(Errno::EPERM);
            }
        }
        let description = self.description_id(from, fd)?;
        let fds = &mut self.tasks.life_mut(to)?.fds;
        let new = fds.lowest_free(Fd(0))?;
        fds.put(new, FdEntry { description, cloexec: true })?;
        self.files.share(description);
        Ok(new.0 as i32)
    }

    /// One system call. `out` is exactly as long as the capacities of the out-regions together.
    pub fn call(&mut self, task: TaskId, request: Request<'_>, out: &mut [u8]) -> Outcome {
        let Some(process) = self.process_of(task) else { return Outcome::Exited };
        self.current = Some(task);
        if process != task {
            self.enter_thread(task, process);
        }
        let outcome = self.call_for(task, process, request, out);
        if process != task {
            self.leave_thread(task, process);
        }
        self.current = None;
        self.filesystems.collect();
        outcome
    }

    /// A call that a task makes in the name of its process, which is itself but for threads.
    fn call_for(&mut self, caller: TaskId, process: TaskId, request: Request<'_>, out: &mut [u8]) -> Outcome {
        let Ok(life) = self.tasks.life_mut(process) else { return Outcome::Exited };
        self.waits.forget(caller);
        let again = life
            .pending
            .is_some_and(|pending| pending.number == request.number && pending.args == request.args);
        if !again {
            // A new call, perhaps in the place of one that the host has given up.
            life.pending = None;
            (life.interrupted, life.restarted) = (false, false);
            self.cancel_fifo(caller);
            self.segments.forget_waiter(caller);
        }
        let Ok(life) = self.tasks.life_mut(process) else { return Outcome::Exited };
        if life.stopped {
            let (number, args, begun_ns) = (request.number, request.args, self.now.monotonic_ns);
            life.pending.get_or_insert(Pending { number, args, begun_ns, progress_bytes: 0 });
            self.waits.block(caller, vec![WaitKey::Continued(process)], None);
            return Outcome::Blocked { deadline_ns: None };
        }
        let mut written = [0; CALL_OUTS_MAX];
        let answer = route(self, process, &request, out, &mut written);
        self.conclude(caller, process, &request, answer, written)
    }

    fn conclude(
        &mut self,
        caller: TaskId,
        process: TaskId,
        request: &Request<'_>,
        answer: Answer,
        written: [u32; CALL_OUTS_MAX],
    ) -> Outcome {
        if self.process_of(caller).is_none() {
            return Outcome::Exited;
        }
        let Ok(life) = self.tasks.life_mut(process) else { return Outcome::Exited };
        let errno = match answer {
            Ok(ret) => {
                life.pending = None;
                return Outcome::Done(Reply { ret, written });
            }
            Err(Stop::Exit) => return Outcome::Exited,
            Err(Stop::Fail(errno)) => errno,
            Err(Stop::Block(_)) if life.interrupted => Errno::EINTR,
            Err(Stop::Block(Block { keys, deadline_ns, progress_bytes })) => {
                let begun_ns = life.pending.map_or(self.now.monotonic_ns, |pending| pending.begun_ns);
                let (number, args) = (request.number, request.args);
                let first = life.pending.is_none();
                life.pending = Some(Pending { number, args, begun_ns, progress_bytes });
                self.waits.block(caller, keys, deadline_ns);
                if first && let Ok(task) = self.tasks.get_mut(process) {
                    task.usage.voluntary_switches += 1;
                }
                return Outcome::Blocked { deadline_ns };
            }
        };
        life.pending = None;
        self.cancel_fifo(caller);
        self.segments.forget_waiter(caller);
        let wasi = index_of(request.number).is_some_and(|row| CALLS[row].module == Module::Wasi);
        let ret = if wasi { i64::from(errno.to_wasi()) } else { errno.to_return() };
        Outcome::Done(Reply { ret, written: [0; CALL_OUTS_MAX] })
    }

    /// A program trapped, ran out of something, or could not be loaded.
    pub fn task_failed(&mut self, task: TaskId, failure: TaskFailure) {
        if self.threads.get(task).is_some() {
            self.thread_failed(task, failure);
            return;
        }
        // The host has ended the program already: there is nothing to stop.
        self.current = Some(task);
        self.process_failed(task, failure);
        self.current = None;
        self.filesystems.collect();
    }

    pub(crate) fn process_failed(&mut self, task: TaskId, failure: TaskFailure) {
        let limit = match failure {
            TaskFailure::OutOfMemory => Some(LimitKind::Memory),
            TaskFailure::OutOfTime => Some(LimitKind::CpuTime),
            TaskFailure::Trap { .. } | TaskFailure::Load { .. } => None,
        };
        let (status, reason) = match failure {
            TaskFailure::Trap { unreachable: true, message } => {
                (WaitStatus::Signaled(Signal::SIGABRT), message)
            }
            TaskFailure::Trap { unreachable: false, message } => {
                (WaitStatus::Signaled(Signal::SIGSEGV), message)
            }
            TaskFailure::OutOfMemory => {
                (WaitStatus::Signaled(Signal::SIGKILL), "out of memory: the task reached its limit".into())
            }
            TaskFailure::OutOfTime => {
                (WaitStatus::Signaled(Signal::SIGXCPU), "out of time: the task reached its limit".into())
            }
            TaskFailure::Load { message } => (WaitStatus::Exited(126), message),
        };
        let living = self.tasks.life(task).is_ok();
        self.end_task(task, status, Some(reason));
        if living && let Some(record) = self.exit_record_mut(task) {
            record.limit = limit;
        }
    }

    /// The next thing to do for the host. Drain it after every call and event.
    pub fn next_request(&mut self) -> Option<HostRequest> {
        self.run_gateway();
        if let Some(request) = self.requests.pop_front() {
            self.log_request(&request);
            return Some(request);
        }
        while let Some(task) = self.waits.next_woken() {
            let blocked = self.tasks.life(task).is_ok_and(|life| life.pending.is_some());
            let waits = blocked || self.threads.is_blocked(task);
            if waits && !self.waits.is_waiting(task) {
                return Some(HostRequest::Wake { task });
            }
        }
        None
    }

    /// Where a task stands; `None` when there is no such task, or no more.
    pub fn task_status(&self, task: TaskId) -> Option<TaskStatus> {
        Some(match &self.tasks.get(task).ok()?.state {
            State::Zombie(status) => TaskStatus::Zombie(*status),
            State::Living(life) if life.stopped => TaskStatus::Stopped,
            State::Living(life) if life.pending.is_some() => TaskStatus::Blocked,
            State::Living(_) => TaskStatus::Running,
        })
    }

    /// How and why a task ended, for as long as it is remembered: the last 256 ends.
    pub fn exit_record(&self, task: TaskId) -> Option<&ExitRecord> {
        self.exits.iter().rev().find(|record| record.task == task)
    }

    pub(crate) fn exit_record_mut(&mut self, task: TaskId) -> Option<&mut ExitRecord> {
        self.exits.iter_mut().rev().find(|record| record.task == task)
    }

    /// What the host is asked for is what the event log tells of ports and fetches.
    fn log_request(&mut self, request: &HostRequest) {
        match request {
            HostRequest::PortOpened { port, task } => {
                self.log(*task, |_| LogEvent::PortOpened { port: *port });
            }
            HostRequest::PortClosed { port } => self.log(INIT, |_| LogEvent::PortClosed { port: *port }),
            HostRequest::Fetch { task, head, .. } => {
                self.log(*task, |_| LogEvent::Fetch { method: head.method.clone(), url: head.url.clone() })
            }
            HostRequest::Connect { task, host, port, .. } => {
                self.log(*task, |_| LogEvent::Connect { host: host.clone(), port: *port })
            }
            _ => {}
        }
    }

    pub(crate) fn record_exit(
        &mut self,
        task: TaskId,
        parent: TaskId,
        status: WaitStatus,
        reason: Option<String>,
    ) {
        let name = self.tasks.get(task).map(crate::task::Task::name).unwrap_or_default();
        if self.exits.len() >= EXIT_RECORDS_MAX {
            self.exits.pop_front();
        }
        let usage = self.tasks.get(task).map(|task| task.usage).unwrap_or_default();
        self.exits.push_back(ExitRecord { task, parent, name, status, reason, limit: None, usage });
    }
}

/// The directories and files that every container begins with.
fn furnish(memory: &mut MemFs, caller: &Caller, hostname: &str) -> Result<(), Errno> {
    let root = memory.root();
    let mut directory = |parent: Ino, name: &str, mode: u32| {
        memory.create(caller, parent, name.as_bytes(), NewNode::Directory { mode })
    };
    directory(root, "tmp", 0o1777)?;
    directory(root, "root", 0o700)?;
    directory(root, "home", 0o755)?;
    let etc = directory(root, "etc", 0o755)?;
    let var = directory(root, "var", 0o755)?;
    directory(var, "tmp", 0o1777)?;
    let usr = directory(root, "usr", 0o755)?;
    directory(usr, "bin", 0o755)?;
    directory(usr, "lib", 0o755)?;
    let local = directory(usr, "local", 0o755)?;
    directory(local, "bin", 0o755)?;
    directory(local, "lib", 0o755)?;
    for (name, target) in [("bin", "usr/bin"), ("lib", "usr/lib")] {
        memory.create(caller, root, name.as_bytes(), NewNode::Symlink { target: target.as_bytes() })?;
    }
    let hostname = if hostname.is_empty() { "oac" } else { hostname };
    for (name, content) in [
        ("hostname", format!("{hostname}\n")),
        ("hosts", format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t{hostname}\n")),
        (
            "passwd",
            "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n".to_string(),
        ),
        ("group", "root:x:0:\nnogroup:x:65534:\n".to_string()),
    ] {
        let ino = memory.create(caller, etc, name.as_bytes(), NewNode::File { mode: 0o644 })?;
        let handle = memory.open(caller, ino, oac_vfs::Access { read: false, write: true })?;
        let written = memory.write(caller, handle, oac_vfs::WriteAt::End, content.as_bytes());
        memory.close(handle);
        written?;
    }
    Ok(())
}
