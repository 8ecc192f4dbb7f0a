//! Limits, timers, what is used, what may be done, and what is written down about it.

#![allow(clippy::unwrap_used)]

mod machine;

use std::net::{Ipv4Addr, SocketAddrV4};

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno, bounds,
    flags::{open, poll, socket},
    limit::{Rlimit, UNLIMITED, Usage, resource},
    nr,
    signal::{Signal, WaitStatus},
    sockaddr::SocketAddress,
    spawn::{Credentials, Narrowing, SpawnRequest},
};
use oac_kernel::{
    Capabilities, Config, Driver, HostRequest, Image, LimitKind, Limits, NetworkCapability, TaskFailure,
    TaskId,
};

const S_NS: u64 = 1_000_000_000;

fn program() -> SpawnRequest {
    SpawnRequest { program: b"prog".to_vec(), argv: vec![b"prog".to_vec()], ..SpawnRequest::default() }
}

fn with_limits(limits: Limits) -> Machine {
    Machine::new(Config { limits, ..Config::default() })
}

fn limit(m: &mut Machine, task: TaskId, resource: u32) -> Rlimit {
    let old = m.call(task, &call!(nr::PRLIMIT, 0, resource, "", Arg::Out(Rlimit::BYTES))).bytes();
    Rlimit::decode(&old.try_into().unwrap())
}

fn set_limit(m: &mut Machine, task: TaskId, resource: u32, soft: u64, hard: u64) -> Result<(), Errno> {
    let new = Rlimit { soft, hard }.encode();
    match m.call(task, &call!(nr::PRLIMIT, 0, resource, &new[..], Arg::Out(0))) {
        Done::Err(errno) => Err(errno),
        done => {
            done.ok();
            Ok(())
        }
    }
}

fn usage(m: &mut Machine, task: TaskId, who: i32) -> Usage {
    let record = m.call(task, &call!(nr::GETRUSAGE, who, Arg::Out(Usage::BYTES))).bytes();
    Usage::decode(&record.try_into().unwrap())
}

/// What became of a task, and which limit was behind it.
fn end(m: &Machine, task: TaskId) -> (WaitStatus, Option<LimitKind>) {
    let record = m.kernel.exit_record(task).unwrap();
    assert_eq!(record.limit.is_some(), record.reason.is_some());
    (record.status, record.limit)
}

#[test]
fn limits_are_inherited_and_lowered() {
    let mut m = with_limits(Limits { fds: 64, ..Limits::default() });
    let me = m.actor();
    let child = m.spawn(me, &[]);
    assert_eq!(limit(&mut m, child, resource::NOFILE), Rlimit { soft: 64, hard: 64 });
    assert_eq!(limit(&mut m, child, resource::CPU), Rlimit { soft: UNLIMITED, hard: UNLIMITED });
    assert_eq!(set_limit(&mut m, child, resource::NOFILE, 65, 65), Err(Errno::EPERM), "even root");
    assert_eq!(set_limit(&mut m, child, resource::NOFILE, 9, 8), Err(Errno::EINVAL));
    assert_eq!(set_limit(&mut m, child, 16, 1, 1), Err(Errno::EINVAL));
    assert_eq!(set_limit(&mut m, child, resource::NOFILE, 5, 32), Ok(()));
    assert_eq!(set_limit(&mut m, child, resource::NOFILE, 5, 64), Ok(()), "root raises it again");
    for _ in 0..4 {
        m.open(child, "/dev/null", 0).ok();
    }
    assert_eq!(m.open(child, "/dev/null", 0), Done::Err(Errno::EMFILE));
    for (min, errno) in [(4, Errno::EMFILE), (5, Errno::EINVAL), (-1, Errno::EINVAL)] {
        assert_eq!(m.call(child, &call!(nr::DUP, 0, min, 0)), Done::Err(errno), "{min}");
    }
    let user = Some(Credentials { uid: 7, gid: 7, groups: vec![] });
    let limits = vec![(resource::CORE, Rlimit { soft: 1, hard: 2 })];
    let request = SpawnRequest { credentials: user, limits, ..program() };
    let grandchild = m.spawn_with(child, request).unwrap();
    assert_eq!(limit(&mut m, grandchild, resource::NOFILE), Rlimit { soft: 5, hard: 64 });
    assert_eq!(limit(&mut m, grandchild, resource::CORE), Rlimit { soft: 1, hard: 2 });
    assert_eq!(set_limit(&mut m, grandchild, resource::CORE, 2, 3), Err(Errno::EPERM));
    assert_eq!(set_limit(&mut m, grandchild, resource::CORE, 2, 2), Ok(()));
    let other = call!(nr::PRLIMIT, child.0 as i32, resource::CORE, "", Arg::Out(16));
    assert_eq!(m.call(grandchild, &other), Done::Err(Errno::EPERM), "another user's");
    let other = call!(nr::PRLIMIT, grandchild.0 as i32, resource::CORE, "", Arg::Out(16));
    assert_eq!(m.call(child, &other).ok(), 0);
}

#[test]
fn a_child_may_begin_with_more_than_its_limit() {
    let mut m = with_limits(Limits { fds: 8, ..Limits::default() });
    let me = m.actor();
    let null = m.open(me, "/dev/null", 0).ok() as i32;
    let limits = vec![(resource::NOFILE, Rlimit { soft: 3, hard: 8 })];
    let request = SpawnRequest { limits, fds: (0..8).map(|fd| (fd, null)).collect(), ..program() };
    let child = m.spawn_with(me, request).unwrap();
    assert_eq!(m.open(child, "/dev/null", 0), Done::Err(Errno::EMFILE));
    for fd in 1..8 {
        m.close(child, fd).ok();
    }
    assert_eq!(m.open(child, "/dev/null", 0).ok(), 1);
    let beyond = SpawnRequest { fds: vec![(8, null)], ..program() };
    assert_eq!(m.spawn_with(me, beyond), Err(Errno::EBADF));
    assert_eq!(m.kernel.census().tasks, 3, "what could not be started is not there");
}

#[test]
fn a_user_has_only_so_many_processes() {
    let mut m = Machine::default();
    let me = m.actor();
    let limits = vec![(resource::NPROC, Rlimit { soft: 2, hard: 2 })];
    let user = |uid| Some(Credentials { uid, gid: 7, groups: vec![] });
    let seven = m.spawn_with(me, SpawnRequest { limits, credentials: user(7), ..program() }).unwrap();
    m.spawn_with(me, SpawnRequest { credentials: user(8), ..program() }).unwrap();
    let child = m.spawn_with(seven, program()).unwrap();
    assert_eq!(m.spawn_with(seven, program()), Err(Errno::EAGAIN));
    assert_eq!(m.spawn_with(child, program()), Err(Errno::EAGAIN), "inherited");
    m.call(child, &call!(nr::EXIT, 0));
    m.spawn_with(seven, program()).unwrap();
    let limits = vec![(resource::NPROC, Rlimit { soft: 0, hard: 0 })];
    let root = m.spawn_with(me, SpawnRequest { limits, ..program() }).unwrap();
    m.spawn_with(root, program()).unwrap();
}

#[test]
fn other_users() {
    let mut m = Machine::default();
    let me = m.actor();
    let user = |uid| SpawnRequest {
        credentials: Some(Credentials { uid, gid: uid, groups: vec![4] }),
        umask: Some(0o7077),
        ..program()
    };
    let (seven, eight) = (m.spawn_with(me, user(7)).unwrap(), m.spawn_with(me, user(8)).unwrap());
    assert_eq!(m.spawn_with(seven, user(8)), Err(Errno::EPERM));
    assert_eq!(m.call(seven, &call!(nr::UMASK, 0)).ok(), 0o077);
    let kill =
        |m: &mut Machine, from, to: TaskId, signal| m.call(from, &call!(nr::KILL, to.0 as i32, signal));
    assert_eq!(kill(&mut m, seven, eight, 0), Done::Err(Errno::EPERM));
    assert_eq!(kill(&mut m, seven, eight, 18).ok(), 0, "SIGCONT within the session");
    assert_eq!(kill(&mut m, seven, seven, 0).ok(), 0);
    let groups = m.call(seven, &call!(nr::GETGROUPS, Arg::Out(8))).bytes();
    assert_eq!(groups, [4, 0, 0, 0]);
    let many = Credentials { uid: 1, gid: 1, groups: vec![1; bounds::GROUPS_MAX + 1] };
    let request = SpawnRequest { credentials: Some(many), ..program() };
    assert_eq!(m.spawn_with(me, request), Err(Errno::EINVAL));
}

#[test]
fn files_grow_no_further_than_allowed() {
    let mut m = with_limits(Limits { file_bytes: Some(100), ..Limits::default() });
    let me = m.actor();
    let child = m.spawn(me, &[]);
    let fd = m.open(child, "/tmp/f", open::CREAT | open::RDWR).ok();
    assert_eq!(m.write(child, fd, &[1; 60]).ok(), 60);
    assert_eq!(m.write(child, fd, &[1; 60]).ok(), 40, "what fits");
    assert_eq!(set_limit(&mut m, child, resource::FSIZE, 50, 200), Err(Errno::EPERM));
    m.call(child, &call!(nr::SIGACTION, u32::from(Signal::SIGXFSZ.number()), 1)).ok();
    assert_eq!(m.write(child, fd, b"x"), Done::Err(Errno::EFBIG));
    assert_eq!(m.call(child, &call!(nr::FTRUNCATE, fd, 101i64)), Done::Err(Errno::EFBIG));
    assert_eq!(m.call(child, &call!(nr::FTRUNCATE, fd, 100i64)).ok(), 0);
    let end = m.open(child, "/tmp/f", open::WRONLY | open::APPEND).ok();
    assert_eq!(m.write(child, end, b"x"), Done::Err(Errno::EFBIG));
    m.call(child, &call!(nr::SIGACTION, u32::from(Signal::SIGXFSZ.number()), 0)).ok();
    assert_eq!(m.write(child, fd, b"x"), Done::Exited);
    assert_eq!(m.wait(me, 0), Ok(Some((child, WaitStatus::Signaled(Signal::SIGXFSZ)))));
}

#[test]
fn cpu_time_is_counted_and_limited() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    m.call(child, &call!(nr::SIGACTION, u32::from(Signal::SIGXCPU.number()), 2)).ok();
    let signals = m.call(child, &call!(nr::SIGNALFD, Signal::SIGXCPU.bit(), open::NONBLOCK)).ok();
    set_limit(&mut m, child, resource::CPU, 2, 4).unwrap();
    let mut told = Vec::new();
    for tenths in [5, 15, 20, 25, 30, 39] {
        m.kernel.report_usage(child, tenths * S_NS / 10, 1000 * tenths);
        told.push(matches!(m.read(child, signals, 4), Done::Ok(..)));
    }
    assert_eq!(told, [false, false, true, false, true, false], "each second from the soft limit on");
    let grandchild = m.spawn(child, &[]);
    m.kernel.report_usage(grandchild, S_NS, 70_000);
    assert_eq!(m.read(grandchild, 9, 1), Done::Err(Errno::EBADF));
    m.call(grandchild, &call!(nr::EXIT, 0));
    assert_eq!(usage(&mut m, child, -1), Usage::default(), "not waited for");
    m.wait(child, 0).unwrap();
    assert_eq!((usage(&mut m, child, -1).user_ns, usage(&mut m, child, -1).memory_bytes_max), (S_NS, 70_000));
    let own = usage(&mut m, child, 0);
    assert_eq!((own.user_ns, own.memory_bytes_max), (39 * S_NS / 10, 39_000));
    m.kernel.report_usage(child, 3 * S_NS, 0);
    assert_eq!(usage(&mut m, child, 0), own, "it does not go back");
    assert_eq!(m.call(child, &call!(nr::GETRUSAGE, 5, Arg::Out(32))), Done::Err(Errno::EINVAL));
    m.kernel.report_usage(child, 4 * S_NS, 0);
    assert_eq!(end(&m, child), (WaitStatus::Signaled(Signal::SIGKILL), Some(LimitKind::CpuTime)));
    m.wait(me, 0).unwrap();
    assert_eq!(usage(&mut m, me, -1).user_ns, 5 * S_NS, "of the child and of the grandchild");
    let child = m.spawn(me, &[]);
    set_limit(&mut m, child, resource::CPU, 1, 4).unwrap();
    m.kernel.report_usage(child, S_NS, 0);
    assert_eq!(end(&m, child), (WaitStatus::Signaled(Signal::SIGXCPU), Some(LimitKind::CpuTime)));
}

#[test]
fn the_container_runs_out_of_time() {
    let mut m = with_limits(Limits { cpu_time_ns: Some(3 * S_NS), ..Limits::default() });
    let me = m.actor();
    let [one, two] = [m.spawn(me, &[]), m.spawn(me, &[])];
    m.kernel.report_usage(one, 2 * S_NS, 0);
    m.kernel.report_usage(two, S_NS - 1, 0);
    assert!(m.kernel.exit_record(one).is_none());
    m.kernel.report_usage(two, S_NS, 0);
    for task in [one, two] {
        assert_eq!(end(&m, task), (WaitStatus::Signaled(Signal::SIGKILL), Some(LimitKind::CpuTime)));
    }
    assert_eq!(m.spawn_with(me, program()), Err(Errno::EAGAIN));
    assert_eq!(m.get(me, "/etc/hostname"), Ok("oac\n".into()), "the rest goes on");

    let mut m = with_limits(Limits { wall_time_ns: Some(S_NS), ..Limits::default() });
    let me = m.actor();
    let child = m.spawn(me, &[]);
    assert_eq!(m.kernel.next_deadline_ns(), Some(m.now.monotonic_ns + S_NS));
    m.pass(S_NS - 1);
    assert!(m.kernel.exit_record(child).is_none());
    m.pass(1);
    assert_eq!(end(&m, child), (WaitStatus::Signaled(Signal::SIGKILL), Some(LimitKind::WallTime)));
    assert!(m.requests.contains(&HostRequest::Stop { task: child }));
    assert_eq!(m.kernel.next_deadline_ns(), None);
    assert_eq!(m.spawn_with(me, program()), Err(Errno::EAGAIN));
}

#[test]
fn a_whole_tree_is_killed() {
    let mut m = Machine::default();
    let me = m.actor();
    let root = m.spawn_with(me, SpawnRequest { flags: SpawnRequest::NEW_GROUP, ..program() }).unwrap();
    let child = m.spawn(root, &[]);
    let leader = m.spawn_with(child, SpawnRequest { flags: SpawnRequest::NEW_SESSION, ..program() }).unwrap();
    let orphan = m.spawn(child, &[]);
    m.call(child, &call!(nr::EXIT, 0));
    let other = m.spawn(me, &[]);
    assert_eq!(m.call(orphan, &call!(nr::GETPPID)).ok(), 1);
    let grandchild = m.spawn(orphan, &[]);
    assert_eq!(m.kernel.kill_tree(orphan, None), 2);
    assert!(m.kernel.exit_record(grandchild).is_some() && m.kernel.exit_record(root).is_none());
    assert_eq!(
        m.kernel.kill_tree(root, Some(LimitKind::WallTime)),
        2,
        "also who has a session of its own by now"
    );
    for task in [root, leader] {
        assert_eq!(end(&m, task).1, Some(LimitKind::WallTime));
    }
    assert!(m.kernel.exit_record(other).is_none());
    assert_eq!(m.kernel.kill_tree(root, None), 0);
}

#[test]
fn failures_name_their_limits() {
    let mut m = Machine::default();
    let me = m.actor();
    for (failure, limit) in
        [(TaskFailure::OutOfMemory, LimitKind::Memory), (TaskFailure::OutOfTime, LimitKind::CpuTime)]
    {
        let child = m.spawn(me, &[]);
        m.kernel.task_failed(child, failure);
        assert_eq!(end(&m, child).1, Some(limit));
    }
    let child = m.spawn(me, &[]);
    assert_eq!(m.kernel.memory_limit_bytes(child), None);
    set_limit(&mut m, child, resource::AS, 1 << 20, UNLIMITED).unwrap();
    assert_eq!(m.kernel.memory_limit_bytes(child), Some(1 << 20));
}

#[test]
fn alarms_go_off() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    let timer = |m: &mut Machine, interval: i64, value: i64| {
        let old = m.call(child, &call!(nr::SETITIMER, interval, value, Arg::Out(16))).bytes();
        let at = |at: usize| i64::from_le_bytes(old[at..at + 8].try_into().unwrap());
        (at(0), at(8))
    };
    m.call(child, &call!(nr::SIGACTION, 14, 2)).ok();
    let fd = m.call(child, &call!(nr::SIGNALFD, Signal::SIGALRM.bit(), 0)).ok();
    assert_eq!(timer(&mut m, 100, 250), (0, 0));
    assert_eq!(m.kernel.next_deadline_ns(), Some(m.now.monotonic_ns + 250));
    assert_eq!(m.poll(child, &[(fd, poll::IN)], -1), Err(Done::Blocked));
    m.pass(200);
    assert_eq!(timer(&mut m, 100, 60), (50, 100));
    assert_eq!(m.poll(child, &[(fd, poll::IN)], -1), Err(Done::Blocked));
    m.pass(60);
    assert!(m.woken.contains(&child));
    assert_eq!(m.read(child, fd, 4).ok(), 4);
    m.pass(345);
    assert_eq!(m.read(child, fd, 8).ok(), 4, "those that were missed are one");
    assert_eq!(m.read(child, fd, 4), Done::Blocked);
    m.pass(54);
    assert!(m.woken.is_empty());
    m.pass(1);
    assert_eq!(m.read(child, fd, 4).ok(), 4, "the period is kept");
    assert_eq!(timer(&mut m, 0, 0), (100, 100));
    assert_eq!(m.kernel.next_deadline_ns(), None);
    assert_eq!(m.call(child, &call!(nr::SETITIMER, -1i64, 1i64, Arg::Out(0))), Done::Err(Errno::EINVAL));
    m.call(child, &call!(nr::SIGACTION, 14, 0)).ok();
    m.call(child, &call!(nr::SETITIMER, 0i64, 5i64, Arg::Out(0))).ok();
    assert_eq!(m.kernel.census().alarms, 1);
    m.pass(5);
    assert_eq!(end(&m, child), (WaitStatus::Signaled(Signal::SIGALRM), None));
    assert_eq!(m.kernel.census().alarms, 0);
}

#[test]
fn files_are_run_by_their_drivers() {
    let mut m = Machine::default();
    let me = m.actor();
    m.put(me, "/tmp/binary", "\x7fELF and more");
    m.call(me, &call!(nr::FCHMODAT, -100, "/tmp/binary", 0o755, 0)).ok();
    let request = SpawnRequest {
        program: b"./binary".to_vec(),
        argv: vec![b"b".to_vec(), b"x".to_vec()],
        cwd: Some(b"/tmp".to_vec()),
        ..SpawnRequest::default()
    };
    assert_eq!(m.spawn_with(me, request.clone()), Err(Errno::ENOEXEC));
    let driver = Driver { magic: b"\x7fELF".to_vec(), program: "linux".into() };
    m.kernel.register_driver(driver.clone()).unwrap();
    let task = m.spawn_with(me, request).unwrap();
    assert!(m.requests.contains(&HostRequest::Start { task, image: Image::Program("linux".into()) }));
    assert_eq!(m.get(me, &format!("/task/{task}/argv")), Ok("linux\0./binary\0b\0x\0".into()));
    for _ in 1..bounds::DRIVERS_MAX {
        m.kernel.register_driver(driver.clone()).unwrap();
    }
    assert_eq!(m.kernel.register_driver(driver), Err(Errno::ENOSPC));
    let empty = Driver { magic: vec![], program: "x".into() };
    assert_eq!(m.kernel.register_driver(empty), Err(Errno::EINVAL));
}

/// A machine with files outside and inside of `/work`, and a child that may only use that.
fn confined() -> (Machine, TaskId, TaskId) {
    let capabilities = Capabilities { network: NetworkCapability::Any, ..Capabilities::default() };
    let mut m = Machine::new(Config { capabilities, ..Config::default() });
    let me = m.actor();
    m.call(me, &call!(nr::MKDIRAT, -100, "/work", 0o755)).ok();
    m.call(me, &call!(nr::MKDIRAT, -100, "/work/out", 0o755)).ok();
    for path in ["/work/in", "/work/out/x", "/secret"] {
        m.put(me, path, "text");
    }
    m.call(me, &call!(nr::SYMLINKAT, "/secret", -100, "/work/out/link")).ok();
    let list = |entries: &[&str]| Some(entries.iter().map(ToString::to_string).collect());
    let narrowing = Narrowing {
        read: list(&["/work"]),
        write: list(&["/work/out"]),
        fetch: list(&["a.example"]),
        listen: list(&["80"]),
        spawn: list(&["prog"]),
        env: list(&["PATH", "A"]),
    };
    let env = ["PATH=/bin", "A=1", "SECRET=2"].map(|string| string.as_bytes().to_vec()).to_vec();
    let request = SpawnRequest { narrowing, env: Some(env), ..program() };
    let child = m.spawn_with(me, request).unwrap();
    (m, me, child)
}

#[test]
fn a_confined_task_reads_and_writes_what_it_may() {
    let (mut m, me, child) = confined();
    let denied = Done::Err(Errno::EACCES);
    assert_eq!(m.get(child, "/work/in"), Ok("text".into()));
    assert_eq!(m.get(child, "/work/../work//out/x"), Ok("text".into()));
    for path in ["/secret", "/work/../secret", "/work/out/link", "/etc/hostname", "/"] {
        assert_eq!(m.open(child, path, 0), denied, "{path}");
        assert_eq!(m.stat(child, path, 0), Err(Errno::EACCES), "{path}");
        assert_eq!(m.call(child, &call!(nr::CHDIR, path)), denied, "{path}");
        assert_eq!(m.call(child, &call!(nr::FACCESSAT, -100, path, 0, 0)), denied, "{path}");
        assert_eq!(m.call(child, &call!(nr::REALPATHAT, -100, path, Arg::Out(99))), denied, "{path}");
    }
    assert_eq!(m.open(child, "/work/absent", 0), Done::Err(Errno::ENOENT));
    assert_eq!(m.call(child, &call!(nr::READLINKAT, -100, "/work/out/link", Arg::Out(99))).text(), "/secret");
    for (path, flags) in [
        ("/work/in", open::WRONLY),
        ("/work/in", open::RDWR),
        ("/work/in", open::TRUNC),
        ("/work/new", open::CREAT | open::WRONLY),
        ("/work/out/link", open::WRONLY),
        ("/tmp/new", open::CREAT | open::WRONLY),
    ] {
        assert_eq!(m.open(child, path, flags), denied, "{path} {flags:o}");
    }
    let changes = |path: &str| {
        [
            call!(nr::MKDIRAT, -100, path, 0o755),
            call!(nr::UNLINKAT, -100, path, 0),
            call!(nr::SYMLINKAT, "x", -100, path),
            call!(nr::FCHMODAT, -100, path, 0o600, 0),
            call!(nr::RENAMEAT, -100, path, -100, "/work/out/y", 0),
            call!(nr::RENAMEAT, -100, "/work/out/x", -100, path, 0),
            call!(nr::LINKAT, -100, path, -100, "/work/out/y", 0),
        ]
    };
    for call in changes("/work/in").iter().chain(&changes("/secret")) {
        assert_eq!(m.call(child, call), denied, "{call:?}");
    }
    m.put(child, "/work/out/made", "hello");
    m.call(child, &call!(nr::RENAMEAT, -100, "/work/out/made", -100, "/work/out/moved", 0)).ok();
    assert_eq!(m.get(me, "/work/out/moved"), Ok("hello".into()));
    // The descriptor of `/` that every program has leads no further.
    assert_eq!(m.call(child, &call!(nr::OPENAT, 3, "secret", 0, 0)), denied);
    m.open(child, "/dev/null", open::RDWR).ok();
    assert_eq!(m.get(child, "/task/self/pid"), Ok(format!("{child}\n")));
    assert_eq!(m.get(child, &format!("/task/{me}/env")), Err(Errno::EACCES));
    let bind = call!(nr::NS_BIND, "/", "/work/out", 0);
    assert_eq!(m.call(child, &bind), Done::Err(Errno::EPERM));
    assert_eq!(m.call(child, &call!(nr::NS_UNBIND, "/work/out")), Done::Err(Errno::EPERM));
    let ctl = m.open(child, "/task/self/ctl", open::WRONLY).ok();
    assert_eq!(m.write(child, ctl, b"bind / /work/out"), Done::Err(Errno::EPERM));
}

#[test]
fn a_confined_task_starts_and_reaches_what_it_may() {
    let (mut m, me, child) = confined();
    assert_eq!(m.get(me, &format!("/task/{child}/env")), Ok("PATH=/bin\0A=1\0".into()));
    m.kernel.register_program("/bin/other", "other").unwrap();
    let other = SpawnRequest { program: b"other".to_vec(), ..program() };
    assert_eq!(m.spawn_with(child, other.clone()), Err(Errno::EACCES));
    m.spawn_with(me, other).unwrap();
    m.put(me, "/work/out/module", "\0asm\x01\0\0\0");
    m.call(me, &call!(nr::FCHMODAT, -100, "/work/out/module", 0o755, 0)).ok();
    let module = SpawnRequest { program: b"/work/out/module".to_vec(), ..program() };
    assert_eq!(m.spawn_with(child, module), Err(Errno::EACCES));
    let grandchild = m.spawn_with(child, program()).unwrap();
    assert_eq!(m.get(grandchild, "/secret"), Err(Errno::EACCES), "its children are no freer");
    let wider = Narrowing { read: Some(vec!["/".into()]), ..Narrowing::default() };
    let request = SpawnRequest { narrowing: wider, ..program() };
    assert_eq!(m.spawn_with(child, request), Err(Errno::EPERM));
    for (port, expect) in
        [(80, Done::Ok(0, vec![])), (81, Done::Err(Errno::EACCES)), (0, Done::Err(Errno::EACCES))]
    {
        let fd = m.call(child, &call!(nr::SOCKET, socket::AF_INET, socket::STREAM, 0)).ok();
        let address = SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).encode();
        m.call(child, &call!(nr::BIND, fd, &address[..])).ok();
        assert_eq!(m.call(child, &call!(nr::LISTEN, fd, 5)), expect, "{port}");
    }
    for (host, expect) in [("a.example", true), ("b.example", false)] {
        let head = oac_abi::fetch::RequestHead {
            method: "GET".into(),
            url: format!("http://{host}/"),
            headers: vec![],
        };
        let done = m.call(child, &call!(nr::FETCH, head.encode(), "", 0));
        assert_eq!(matches!(done, Done::Ok(..)), expect, "{host} {done:?}");
    }
}

#[test]
fn what_happens_is_written_down() {
    let mut m = Machine::new(Config { event_log: true, ..Config::default() });
    let me = m.actor();
    while m.kernel.next_log_record().is_some() {}
    let child = m.spawn(me, &[]);
    m.call(child, &call!(nr::CHDIR, "/tmp")).ok();
    let fd = m.open(child, "f", open::CREAT | open::WRONLY | open::TRUNC).ok();
    m.write(child, fd, b"one").ok();
    m.write(child, fd, b"two").ok();
    m.open(child, "/etc/hostname", 0).ok();
    m.open(child, "f", open::WRONLY | open::TRUNC).ok();
    m.call(child, &call!(nr::EXIT, 3));
    let mut lines = Vec::new();
    while let Some(record) = m.kernel.next_log_record() {
        let line = record.to_json();
        let (head, event) = line.split_once(r#""event":"#).unwrap();
        assert!(head.contains(&format!(r#""seq":{},"#, record.sequence)));
        assert!(head.contains(&format!(r#""task":{child},"#)));
        lines.push(event.to_string());
    }
    assert!(lines.remove(3).ends_with(r#""path":"/tmp/f","truncate":true,"create":false}"#));
    let file: u64 = lines[1].split(r#""file":"#).nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    let spawn = format!(r#""spawn","parent":{me},"program":"prog","argv":["prog","x"],"cwd":"/"}}"#);
    let open = format!(r#""open","file":{file},"path":"/tmp/f","truncate":false,"create":true}}"#);
    let write = format!(r#""write","file":{file},"bytes":6}}"#);
    assert_eq!(lines, [spawn, open, write, r#""exit","code":3}"#.into()]);
    let mut quiet = Machine::default();
    let me = quiet.actor();
    quiet.spawn(me, &[]);
    assert!(quiet.kernel.next_log_record().is_none());
}
