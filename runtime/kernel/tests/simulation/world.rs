//! A kernel under random calls, and what must hold of it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use oac_abi::{
    Errno,
    fetch::ResponseHead,
    flags::{at, open, socket as sock},
    nr,
    stat::StatFs,
};
use oac_kernel::{
    Capabilities, Census, Config, FetchId, HostRequest, Limits, NetworkCapability, TaskFailure, TaskId,
};

use crate::{
    call,
    calls::{Theme, address, random_call},
    dice::Dice,
    faulty::FaultyFs,
    machine::{Arg, Call, Done, Machine},
};

/// A run: two actors, and the programs that they and their children start.
pub struct Simulation {
    m: Machine,
    dice: Dice,
    theme: Theme,
    /// Tasks and the call each is blocked in.
    tasks: BTreeMap<TaskId, Option<Call>>,
    actors: Vec<TaskId>,
    fetches: Vec<FetchId>,
    trace: Vec<String>,
    disk_fails: Arc<AtomicBool>,
    files_before: [u64; 2],
    binds_before: String,
}

impl Simulation {
    pub fn new(seed: u64) -> Simulation {
        let limits = Limits { tasks: 9, fds: 24, disk_bytes: 400 << 10, ..Limits::default() };
        let capabilities = Capabilities { network: NetworkCapability::Any, ..Capabilities::default() };
        let mut m = Machine::new(Config { seed: seed.into(), limits, capabilities, ..Config::default() });
        let (disk, disk_fails) = FaultyFs::new(seed);
        m.kernel.mount("/mnt", Box::new(disk)).unwrap();
        let actors: Vec<TaskId> = (0..2).map(|_| m.actor()).collect();
        let files_before = [files(&mut m, actors[0], "/usr"), files(&mut m, actors[0], "/mnt")];
        let binds_before = m.get(actors[0], "/task/self/ns").unwrap();
        let tasks = actors.iter().map(|&actor| (actor, None)).collect();
        let theme = Theme::ALL[seed as usize % Theme::ALL.len()];
        let mut simulation = Simulation {
            m,
            dice: Dice::new(seed),
            theme,
            tasks,
            actors,
            fetches: Vec::new(),
            trace: Vec::new(),
            disk_fails,
            files_before,
            binds_before,
        };
        simulation.furnish();
        simulation.disk_fails.store(true, Ordering::Relaxed);
        simulation
    }

    /// Gives some programs descriptors of what the run is about, at 0, 1 and 2: else chance would seldom bring two ends together.
    fn furnish(&mut self) {
        let actor = self.actors[0];
        let made: Vec<Call> = match self.theme {
            Theme::Pipes => vec![call!(nr::PIPE2, 0, Arg::Out(8)), call!(nr::PIPE2, 0, Arg::Out(8))],
            Theme::Sockets => vec![
                call!(nr::SOCKET, sock::AF_INET, sock::STREAM, 0),
                call!(nr::BIND, 0, address(80)),
                call!(nr::LISTEN, 0, 1),
                call!(nr::SOCKET, sock::AF_INET, sock::STREAM, 0),
                call!(nr::CONNECT, 1, address(80)),
                call!(nr::ACCEPT4, 0, 0, Arg::Out(64)),
            ],
            Theme::LocalSockets => vec![
                call!(nr::SOCKETPAIR, sock::AF_UNIX, sock::STREAM, Arg::Out(8)),
                call!(nr::SOCKETPAIR, sock::AF_UNIX, sock::STREAM, Arg::Out(8)),
            ],
            Theme::Datagrams => vec![
                call!(nr::SOCKETPAIR, sock::AF_UNIX, sock::DGRAM, Arg::Out(8)),
                call!(nr::SOCKET, sock::AF_INET, sock::DGRAM, 0),
                call!(nr::BIND, 2, address(80)),
            ],
            Theme::Terminals => vec![call!(nr::OPENPTY, open::NOCTTY, Arg::Out(8))],
            Theme::Watches => vec![
                call!(nr::INOTIFY_INIT, 0),
                call!(nr::INOTIFY_ADD_WATCH, 0, "/tmp", oac_abi::flags::inotify::ALL_EVENTS),
            ],
            Theme::Fifos => {
                vec![call!(nr::MKNODAT, -100, "/tmp/f", oac_abi::flags::mode::FIFO | 0o666, 0_u64)]
            }
            Theme::Threads => vec![
                call!(nr::CHANNEL_PAIR, Arg::Out(8)),
                call!(nr::SEGMENT_CREATE, 64_u64, 64_u64),
                call!(nr::CHANNEL_JOIN, "name"),
            ],
            Theme::FaultyDisk => vec![call!(nr::MKDIRAT, -100, "/mnt/d", 0o755)],
            Theme::Everything | Theme::Signals | Theme::Fetches | Theme::Locks => Vec::new(),
        };
        for call in made {
            self.call(actor, call);
        }
        let own: Vec<i32> = (0..4).filter(|&fd| self.is_open(actor, fd)).collect();
        for _ in 0..4 {
            let fds: Vec<(i32, i64)> = own.iter().map(|&fd| (fd, i64::from(fd))).collect();
            self.m.spawn(actor, &fds);
            self.requests();
        }
        // What only programs hold comes to an end when they do.
        for fd in own {
            self.call(actor, call!(nr::CLOSE, fd));
        }
    }

    fn is_open(&mut self, task: TaskId, fd: i32) -> bool {
        matches!(self.m.call(task, &call!(nr::FCNTL, fd, 1, 0)), Done::Ok(..))
    }

    fn call(&mut self, task: TaskId, call: Call) {
        let done = self.m.call(task, &call);
        self.trace.push(format!("{task} {} {}", call.number, brief(&done)));
        match done {
            Done::Blocked => {
                self.tasks.insert(task, Some(call));
            }
            Done::Exited => {
                self.tasks.remove(&task);
            }
            Done::Ok(..) | Done::Err(_) => {
                self.tasks.insert(task, None);
            }
        }
        self.requests();
    }

    fn requests(&mut self) {
        self.m.drain();
        for request in std::mem::take(&mut self.m.requests) {
            self.trace.push(format!("{request:?}"));
            match request {
                HostRequest::Start { task, .. } => {
                    self.tasks.insert(task, None);
                }
                HostRequest::Stop { task } => {
                    self.tasks.remove(&task);
                    self.m.woken.remove(&task);
                }
                HostRequest::Fetch { id, .. } => self.fetches.push(id),
                HostRequest::FetchCancel { id } => self.fetches.retain(|&fetch| fetch != id),
                _ => {}
            }
        }
    }

    pub fn step(&mut self) {
        let ids: Vec<TaskId> = self.tasks.keys().copied().collect();
        let task = self.dice.pick(&ids);
        match self.dice.roll(20) {
            0 => self.m.pass([1, 60, 2000][self.dice.roll(3) as usize]),
            1 => self.host_event(),
            2 if !self.actors.contains(&task) && self.dice.one_in(4) => self.fail(task),
            // A host may give up an actor's call for another; else all would soon wait for ever.
            3..6 if self.actors.contains(&task) => {
                self.tasks.insert(task, None);
            }
            _ => match self.tasks[&task].clone() {
                None => {
                    let mut call = random_call(&mut self.dice, &ids, self.theme);
                    if self.actors.contains(&task) && call.number == nr::EXIT {
                        call = call!(nr::GETPID);
                    }
                    self.call(task, call);
                }
                Some(call) if self.m.woken.contains(&task) => self.call(task, call),
                Some(_) => {}
            },
        }
        self.requests();
    }

    /// A program ends at a point that it did not choose.
    fn fail(&mut self, task: TaskId) {
        self.tasks.remove(&task);
        self.m.woken.remove(&task);
        let trap = TaskFailure::Trap { unreachable: self.dice.one_in(2), message: "trap".into() };
        let failure = match self.dice.roll(3) {
            0 => TaskFailure::OutOfMemory,
            1 => TaskFailure::OutOfTime,
            _ => trap,
        };
        self.m.kernel.task_failed(task, failure);
    }

    fn host_event(&mut self) {
        if self.fetches.is_empty() {
            return;
        }
        let id = self.dice.pick(&self.fetches);
        match self.dice.roll(4) {
            0 => {
                let head =
                    ResponseHead { status: 200, status_text: "".into(), url: "".into(), headers: vec![] };
                self.m.kernel.fetch_head(id, Ok(head));
            }
            1 => self.m.kernel.fetch_end(id, Err(Errno::ECONNRESET)),
            2 => self.m.kernel.fetch_end(id, Ok(())),
            _ => {
                self.m.kernel.fetch_body(id, &[1; 1000]);
            }
        }
    }

    /// A blocked task that nobody has woken must block again when its call is made again.
    pub fn check_no_lost_wake_up(&mut self) {
        let asleep: Vec<(TaskId, Call)> = self
            .tasks
            .iter()
            .filter(|(task, _)| !self.m.woken.contains(task))
            .filter_map(|(&task, call)| Some((task, call.clone()?)))
            .collect();
        for (task, call) in asleep {
            let done = self.m.call(task, &call);
            assert_eq!(done, Done::Blocked, "task {task} slept through call {}", call.number);
        }
    }

    pub fn check_counts(&self) {
        let census = self.m.kernel.census();
        assert!(census.fds <= census.references, "{census:?}");
        assert!(census.descriptions <= census.references, "{census:?}");
        let asleep =
            self.tasks.iter().filter(|(task, call)| call.is_some() && !self.m.woken.contains(task)).count();
        // Those whose call has been given up wait on until they make another.
        assert!((asleep..=asleep + self.actors.len()).contains(&census.waiting), "{census:?} {asleep}");
    }

    /// Ends everything and looks at what is left.
    pub fn tear_down(mut self) -> Vec<String> {
        for task in self.tasks.keys().copied().collect::<Vec<_>>() {
            if self.actors.contains(&task) {
                self.m.kernel.detach(task);
            } else {
                self.m.kernel.task_failed(task, TaskFailure::OutOfTime);
            }
        }
        self.requests();
        let none = Census { tasks: 1, namespaces: 1, ..Census::default() };
        // Actors share the root namespace; what they bound may hold the files of others, but no more than that.
        assert_eq!(self.m.kernel.census(), none);
        self.disk_fails.store(false, Ordering::Relaxed);
        let cleaner = self.m.actor();
        while let Done::Ok(..) = self.m.call(cleaner, &call!(nr::NS_UNBIND, "/tmp")) {}
        // Binds that remain, over `/` perhaps, hold their sources.
        if self.m.get(cleaner, "/task/self/ns").is_ok_and(|binds| binds == self.binds_before) {
            remove_below(&mut self.m, cleaner, "/tmp");
            remove_below(&mut self.m, cleaner, "/mnt");
            // What was made in the root, by relative names or through links.
            for name in self.m.list(cleaner, "/") {
                if !ROOT.contains(&name.as_str()) {
                    remove(&mut self.m, cleaner, &format!("/{name}"));
                }
            }
            let after = [files(&mut self.m, cleaner, "/usr"), files(&mut self.m, cleaner, "/mnt")];
            assert_eq!(after, self.files_before, "inodes are left");
        }
        self.trace
    }
}

fn brief(done: &Done) -> String {
    match done {
        Done::Ok(ret, outs) => format!("{ret} {:?}", outs.iter().map(Vec::len).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// What the root holds from the beginning.
const ROOT: [&str; 13] =
    ["bin", "dev", "etc", "home", "lib", "mnt", "proc", "root", "task", "tmp", "usr", "var", "web"];

fn remove_below(m: &mut Machine, task: TaskId, dir: &str) {
    for name in m.list(task, dir) {
        remove(m, task, &format!("{dir}/{name}"));
    }
}

fn remove(m: &mut Machine, task: TaskId, path: &str) {
    let stat = m.stat(task, path, at::SYMLINK_NOFOLLOW);
    let directory = stat.unwrap_or_else(|errno| panic!("{path} is listed: {errno}")).is_dir();
    if directory {
        remove_below(m, task, path);
    }
    let flags = if directory { at::REMOVEDIR } else { 0 };
    m.call(task, &call!(nr::UNLINKAT, -100, path, flags)).ok();
}

/// Inodes in use on the filesystem of a path.
fn files(m: &mut Machine, task: TaskId, path: &str) -> u64 {
    let facts = m.call(task, &call!(nr::STATFS, path, Arg::Out(StatFs::BYTES))).bytes();
    let facts = StatFs::decode(&facts.try_into().unwrap());
    facts.files - facts.files_free
}
