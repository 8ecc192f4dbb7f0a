//! Random calls by many tasks from a seed, with kills at any point. What must hold whatever happens:
//! no wake-up is lost, references are counted right, nothing is left after the end, and the same seed gives the same trace.

#![allow(clippy::unwrap_used)]

mod machine;

use std::collections::BTreeMap;

use machine::{Arg, Call, Done, Machine};
use oac_abi::{
    Errno,
    fetch::{RequestHead, ResponseHead},
    flags::{at, bind, open, poll, socket as sock},
    nr,
    sockaddr::SocketAddress,
    spawn::SpawnRequest,
    stat::StatFs,
};
use oac_kernel::{
    Capabilities, Census, Config, FetchId, HostRequest, Limits, NetworkCapability, TaskFailure, TaskId,
};

/// xorshift64*, so that a run is its seed and nothing else.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }

    fn fd(&mut self) -> i64 {
        self.roll(14) as i64
    }

    fn path(&mut self) -> &'static str {
        self.pick(&[
            "/tmp/a",
            "/tmp/b",
            "/tmp/d",
            "/tmp/d/x",
            "/tmp/d/y",
            "/tmp/e",
            "/tmp/e/z",
            "b",
            "d/x",
            ".",
            "..",
            "/",
            "/tmp/l",
            "/task/self/fd/1",
            "/task/self/ns",
            "/dev/null",
            "/tmp/d/..",
            "/tmp/l/x",
        ])
    }
}

fn address(port: u64) -> Vec<u8> {
    SocketAddress::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port as u16)).encode()
}

fn random_file_call(dice: &mut Dice) -> Call {
    match dice.roll(11) {
        0 | 1 => {
            let flags = dice.pick(&[
                open::RDONLY,
                open::RDWR | open::CREAT,
                open::WRONLY | open::CREAT | open::TRUNC,
                open::WRONLY | open::APPEND,
                open::DIRECTORY,
                open::PATH,
                open::RDWR | open::CREAT | open::EXCL,
            ]);
            call!(nr::OPENAT, -100, dice.path(), flags, 0o755)
        }
        2 => call!(nr::MKDIRAT, -100, dice.path(), 0o755),
        3 => call!(nr::UNLINKAT, -100, dice.path(), dice.pick(&[0, at::REMOVEDIR])),
        4 => call!(nr::RENAMEAT, -100, dice.path(), -100, dice.path(), dice.pick(&[0, 1, 2])),
        5 => call!(nr::LINKAT, -100, dice.path(), -100, dice.path(), 0),
        6 => call!(nr::SYMLINKAT, dice.path(), -100, dice.path()),
        7 => call!(nr::GETDENTS, dice.fd(), Arg::Out(64)),
        8 => call!(nr::CHDIR, dice.path()),
        9 => call!(nr::FSTATAT, dice.pick(&[-100, 5, 6]), dice.path(), 0, Arg::Out(104)),
        _ if dice.roll(4) == 0 => call!(nr::NS_UNBIND, dice.path()),
        _ => {
            let flags = dice.pick(&[bind::REPLACE, bind::BEFORE, bind::AFTER, bind::AFTER | bind::CREATE]);
            call!(nr::NS_BIND, dice.path(), dice.path(), flags)
        }
    }
}

fn random_socket_call(dice: &mut Dice) -> Call {
    match dice.roll(9) {
        0 => call!(nr::SOCKET, sock::AF_INET, sock::STREAM | dice.pick(&[0, sock::NONBLOCK]), 0),
        1 => call!(nr::BIND, dice.fd(), address(80 + dice.roll(3))),
        2 => call!(nr::LISTEN, dice.fd(), dice.roll(3)),
        3 => call!(nr::ACCEPT4, dice.fd(), dice.pick(&[0, sock::NONBLOCK]), Arg::Out(64)),
        4 | 5 => call!(nr::CONNECT, dice.fd(), address(80 + dice.roll(3))),
        6 => call!(nr::SHUTDOWN, dice.fd(), dice.roll(3)),
        7 => call!(nr::SOCKETPAIR, sock::AF_UNIX, sock::STREAM, Arg::Out(8)),
        _ => call!(nr::GETSOCKOPT, dice.fd(), sock::SOL_SOCKET, sock::SO_ERROR, Arg::Out(4)),
    }
}

fn random_task_call(dice: &mut Dice, tasks: &[TaskId]) -> Call {
    match dice.roll(12) {
        0..3 => {
            let fds = (0..dice.roll(5)).map(|child| (child as i32, dice.roll(10) as i32 - 1)).collect();
            let flags = dice.pick(&[0, SpawnRequest::NEW_GROUP, SpawnRequest::SHARE_NAMESPACE]);
            let argv = vec![b"prog".to_vec()];
            let request = SpawnRequest { program: b"prog".to_vec(), argv, fds, flags, ..Default::default() };
            call!(nr::SPAWN, request.encode())
        }
        3 => call!(nr::EXIT, dice.roll(3)),
        4 | 5 => call!(nr::WAIT4, -1, dice.pick(&[0, 0, 1]), Arg::Out(4)),
        6 => {
            let target = dice.pick(tasks).0 as i32;
            call!(
                nr::KILL,
                dice.pick(&[target, target, -target]),
                dice.pick(&[0, 2, 9, 10, 15, 17, 18, 18, 19])
            )
        }
        7 => call!(nr::SIGACTION, dice.pick(&[2, 10, 13, 15, 17]), dice.roll(3)),
        8 => call!(nr::SIGNALFD, 0xffff_u64, dice.pick(&[0, open::NONBLOCK])),
        9 => call!(nr::PIDFD_OPEN, dice.pick(tasks).0, 0),
        10 => {
            let head = RequestHead { method: "GET".into(), url: "http://x/".into(), headers: Vec::new() };
            call!(nr::FETCH, head.encode(), "", dice.pick(&[0, open::NONBLOCK]))
        }
        _ => call!(nr::FETCH_HEAD, dice.fd(), Arg::Out(200)),
    }
}

/// What a run is mostly about. A run about everything seldom comes far in anything.
#[derive(Clone, Copy, Debug)]
enum Theme {
    Everything,
    Pipes,
    Sockets,
    Signals,
    Fetches,
}

fn random_call(dice: &mut Dice, tasks: &[TaskId], theme: Theme) -> Call {
    if dice.roll(4) == 0 {
        return random_call_of_any_kind(dice, tasks);
    }
    // Few descriptors, so that calls meet.
    let fd = dice.roll(6) as i64;
    let big = dice.pick(&[1_u32, 5000, 300_000]) as usize;
    let signal = dice.pick(&[2, 10, 13, 15, 17, 18, 19]);
    match theme {
        Theme::Everything => random_call_of_any_kind(dice, tasks),
        Theme::Pipes => match dice.roll(8) {
            0 => call!(nr::PIPE2, 0, Arg::Out(8)),
            1..4 => call!(nr::READ, fd, Arg::Out(big)),
            4..7 => call!(nr::WRITE, fd, vec![1_u8; big]),
            _ => random_task_call(dice, tasks),
        },
        Theme::Sockets => match dice.roll(12) {
            0..3 => call!(nr::SOCKET, sock::AF_INET, sock::STREAM, 0),
            3 => call!(nr::BIND, fd, address(80)),
            4 => call!(nr::LISTEN, fd, 0),
            5 => call!(nr::ACCEPT4, fd, 0, Arg::Out(64)),
            6 | 7 => call!(nr::CONNECT, fd, address(80)),
            8 => call!(nr::READ, fd, Arg::Out(big)),
            9 => call!(nr::WRITE, fd, vec![1_u8; big]),
            10 => random_socket_call(dice),
            _ => random_task_call(dice, tasks),
        },
        Theme::Signals => match dice.roll(6) {
            0 | 1 => call!(nr::KILL, dice.pick(tasks).0 as i32, signal),
            2 => call!(nr::SIGACTION, signal, dice.roll(3)),
            3 => call!(nr::SIGNALFD, 0xffff_u64, 0),
            4 => call!(nr::READ, fd, Arg::Out(64)),
            _ => random_task_call(dice, tasks),
        },
        Theme::Fetches => match dice.roll(5) {
            0 => {
                let head = RequestHead { method: "GET".into(), url: "http://x/".into(), headers: Vec::new() };
                call!(nr::FETCH, head.encode(), "", 0)
            }
            1 => call!(nr::FETCH_HEAD, fd, Arg::Out(200)),
            2 | 3 => call!(nr::READ, fd, Arg::Out(big)),
            _ => random_task_call(dice, tasks),
        },
    }
}

fn random_call_of_any_kind(dice: &mut Dice, tasks: &[TaskId]) -> Call {
    match dice.roll(16) {
        0..3 => call!(nr::READ, dice.fd(), Arg::Out(dice.pick(&[0, 3, 100, 50_000]))),
        3..6 => {
            let len = dice.pick(&[0, 3, 4096, 5000, 100_000, 300_000]);
            call!(nr::WRITE, dice.fd(), vec![7_u8; len])
        }
        6 => call!(nr::CLOSE, dice.fd()),
        7 => call!(nr::PIPE2, dice.pick(&[0, 0, open::NONBLOCK]), Arg::Out(8)),
        8 if dice.roll(2) == 0 => call!(nr::DUP, dice.fd(), dice.fd(), 0),
        8 => call!(nr::DUP3, dice.fd(), dice.fd(), 0),
        9 => {
            let mut records = Vec::new();
            for _ in 0..dice.roll(4) {
                records.extend_from_slice(&(dice.fd() as i32).to_le_bytes());
                records.extend_from_slice(
                    &dice.pick(&[poll::IN, poll::OUT, poll::IN | poll::OUT]).to_le_bytes(),
                );
                records.extend_from_slice(&[0, 0]);
            }
            let capacity = records.len();
            call!(nr::POLL, records, dice.pick(&[-1_i64, 0, 50, 1000]), Arg::Out(capacity))
        }
        10 | 11 => random_file_call(dice),
        12 | 13 => random_socket_call(dice),
        _ => random_task_call(dice, tasks),
    }
}

struct Simulation {
    m: Machine,
    dice: Dice,
    theme: Theme,
    /// Tasks and the call each is blocked in.
    tasks: BTreeMap<TaskId, Option<Call>>,
    actors: Vec<TaskId>,
    fetches: Vec<FetchId>,
    trace: Vec<String>,
}

impl Simulation {
    fn new(seed: u64) -> Simulation {
        let limits = Limits { tasks: 9, fds: 24, disk_bytes: 400 << 10, ..Limits::default() };
        let capabilities = Capabilities { network: NetworkCapability::Any };
        let mut m = Machine::new(Config { seed, limits, capabilities, ..Config::default() });
        let actors: Vec<TaskId> = (0..2).map(|_| m.actor()).collect();
        let tasks = actors.iter().map(|&actor| (actor, None)).collect();
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let themes = [Theme::Everything, Theme::Pipes, Theme::Sockets, Theme::Signals, Theme::Fetches];
        let theme = themes[seed as usize % themes.len()];
        Simulation { m, dice, theme, tasks, actors, fetches: Vec::new(), trace: Vec::new() }
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

    fn step(&mut self) {
        let ids: Vec<TaskId> = self.tasks.keys().copied().collect();
        let task = self.dice.pick(&ids);
        match self.dice.roll(20) {
            0 => self.m.pass([1, 60, 2000][self.dice.roll(3) as usize]),
            1 => self.host_event(),
            2 if !self.actors.contains(&task) && self.dice.roll(4) == 0 => {
                self.tasks.remove(&task);
                self.m.woken.remove(&task);
                self.m.kernel.task_failed(task, TaskFailure::OutOfMemory);
            }
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
    fn check_no_lost_wake_up(&mut self) {
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

    fn check_counts(&self) {
        let census = self.m.kernel.census();
        assert_eq!(census.fds, census.references);
        assert!(census.descriptions <= census.references);
        let asleep =
            self.tasks.iter().filter(|(task, call)| call.is_some() && !self.m.woken.contains(task)).count();
        // Those whose call has been given up wait on until they make another.
        assert!((asleep..=asleep + self.actors.len()).contains(&census.waiting), "{census:?} {asleep}");
    }

    /// Ends everything and looks at what is left.
    fn tear_down(mut self, files_before: u64) -> Vec<String> {
        for task in self.tasks.keys().copied().collect::<Vec<_>>() {
            if self.actors.contains(&task) {
                self.m.kernel.detach(task);
            } else {
                self.m.kernel.task_failed(task, TaskFailure::OutOfTime);
            }
        }
        self.requests();
        let none = Census { tasks: 1, namespaces: 1, ..Census::default() };
        let census = self.m.kernel.census();
        // Actors share the root namespace; what they bound may hold the files of others, but no more than that.
        assert_eq!(census, none);
        let cleaner = self.m.actor();
        while let Done::Ok(..) = self.m.call(cleaner, &call!(nr::NS_UNBIND, "/tmp")) {}
        // Binds that remain, over `/` perhaps, hold their sources.
        if self.m.get(cleaner, "/task/self/ns").is_ok_and(|lines| lines.lines().count() == 2) {
            remove_below(&mut self.m, cleaner, "/tmp");
            // What was made in the root, by relative names or through links.
            for name in self.m.list(cleaner, "/") {
                if !ROOT.contains(&name.as_str()) {
                    remove(&mut self.m, cleaner, &format!("/{name}"));
                }
            }
            assert_eq!(files(&mut self.m, cleaner), files_before, "inodes are left");
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
const ROOT: [&str; 10] = ["bin", "dev", "etc", "home", "lib", "root", "task", "tmp", "usr", "var"];

fn remove_below(m: &mut Machine, task: TaskId, dir: &str) {
    for name in m.list(task, dir) {
        remove(m, task, &format!("{dir}/{name}"));
    }
}

fn remove(m: &mut Machine, task: TaskId, path: &str) {
    let directory = m.stat(task, path, at::SYMLINK_NOFOLLOW).unwrap().is_dir();
    if directory {
        remove_below(m, task, path);
    }
    let flags = if directory { at::REMOVEDIR } else { 0 };
    m.call(task, &call!(nr::UNLINKAT, -100, path, flags)).ok();
}

/// Inodes of the root filesystem that are in use.
fn files(m: &mut Machine, task: TaskId) -> u64 {
    let facts = m.call(task, &call!(nr::STATFS, "/usr", Arg::Out(StatFs::BYTES))).bytes();
    let facts = StatFs::decode(&facts.try_into().unwrap());
    facts.files - facts.files_free
}

fn run(seed: u64, steps: u32, check_every_step: bool) -> Vec<String> {
    let mut simulation = Simulation::new(seed);
    let files_before = {
        let actor = simulation.actors[0];
        files(&mut simulation.m, actor)
    };
    for step in 0..steps {
        simulation.step();
        simulation.check_counts();
        if check_every_step || step % 97 == 0 {
            simulation.check_no_lost_wake_up();
        }
    }
    simulation.tear_down(files_before)
}

#[test]
fn nothing_is_lost_or_left() {
    // A longer run: OAC_SIMULATION_SEEDS=10000 cargo test -p oac-kernel --release --test simulation
    let seeds = std::env::var("OAC_SIMULATION_SEEDS").ok().map_or(60, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        println!("seed {seed}");
        run(seed, 2_000, seed % 3 != 0);
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 1..=5 {
        assert_eq!(run(seed, 2_000, false), run(seed, 2_000, false));
    }
    assert_ne!(run(1, 500, false), run(2, 500, false));
}
