//! Tasks, pipes, signals, waiting.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{open, poll, wait},
    nr,
    signal::{Signal, WaitStatus},
    spawn::SpawnRequest,
};
use oac_kernel::{Config, HostRequest, Image, Limits, TaskFailure, TaskId, TaskStatus};

fn exit(m: &mut Machine, task: TaskId, code: i32) {
    assert_eq!(m.call(task, &call!(nr::EXIT, code)), Done::Exited);
}

#[test]
fn a_pipe_carries_bytes_and_its_end() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, writer) = m.pipe(me, 0);
    let child = m.spawn(me, &[(1, writer)]);
    m.close(me, writer).ok();
    assert_eq!(m.read(me, reader, 10), Done::Blocked);
    assert!(m.woken.is_empty());
    assert_eq!(m.write(child, 1, b"hello").ok(), 5);
    assert!(m.woken.contains(&me));
    assert_eq!(m.read(me, reader, 10).text(), "hello");
    assert_eq!(m.read(me, reader, 10), Done::Blocked);
    exit(&mut m, child, 3);
    assert!(m.woken.contains(&me));
    assert_eq!(m.read(me, reader, 10).text(), "");
    assert_eq!(m.wait(me, 0), Ok(Some((child, WaitStatus::Exited(3)))));
    assert_eq!(m.wait(me, 0), Err(Done::Err(Errno::ECHILD)));
}

#[test]
fn a_full_pipe_holds_its_writer_up() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, writer) = m.pipe(me, 0);
    let child = m.spawn(me, &[(1, writer)]);
    let big = vec![b'x'; 200_000];
    assert_eq!(m.write(child, 1, &big), Done::Blocked);
    let mut got = 0;
    let total = loop {
        got += m.read(me, reader, 50_000).bytes().len();
        if m.woken.contains(&child)
            && let Done::Ok(total, _) = m.write(child, 1, &big)
        {
            break total;
        }
    };
    assert_eq!(total, 200_000);
    while got < 200_000 {
        got += m.read(me, reader, 50_000).bytes().len();
    }
    m.call(child, &call!(nr::FCNTL, 1, 4, open::NONBLOCK)).ok();
    assert_eq!(m.write(child, 1, &big).ok(), 65_536);
    assert_eq!(m.write(child, 1, b"x"), Done::Err(Errno::EAGAIN));
    assert_eq!(m.poll(child, &[(1, poll::OUT)], 0), Ok(vec![0]));
    m.read(me, reader, 4000).ok();
    assert_eq!(m.poll(child, &[(1, poll::OUT)], 0), Ok(vec![0]), "an atomic write does not fit yet");
    m.read(me, reader, 96).ok();
    assert_eq!(m.poll(child, &[(1, poll::OUT)], 0), Ok(vec![poll::OUT]));
    assert_eq!(m.write(child, 1, &big[..4096]).ok(), 4096);
}

#[test]
fn writing_to_nobody_ends_the_writer() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, writer) = m.pipe(me, 0);
    let child = m.spawn(me, &[(1, writer)]);
    let deaf = m.spawn(me, &[(1, writer)]);
    m.call(deaf, &call!(nr::SIGACTION, u32::from(Signal::SIGPIPE.number()), 1)).ok();
    m.close(me, reader).ok();
    assert_eq!(m.write(child, 1, b"x"), Done::Exited);
    assert_eq!(m.wait(me, 0), Ok(Some((child, WaitStatus::Signaled(Signal::SIGPIPE)))));
    assert_eq!(m.write(deaf, 1, b"x"), Done::Err(Errno::EPIPE));
    assert_eq!(m.write(me, writer, b"x"), Done::Err(Errno::EPIPE), "an actor only gets the error");
    assert_eq!(m.poll(me, &[(writer, poll::OUT)], -1), Ok(vec![poll::OUT | poll::ERR]));
}

#[test]
fn a_killed_task_stops_wherever_it_is() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, writer) = m.pipe(me, 0);
    let child = m.spawn(me, &[(0, reader)]);
    assert_eq!(m.read(child, 0, 10), Done::Blocked);
    assert_eq!(m.kernel.task_status(child), Some(TaskStatus::Blocked));
    assert_eq!(m.wait(me, wait::NOHANG), Ok(None));
    assert_eq!(m.wait(me, 0), Err(Done::Blocked));
    m.requests.clear();
    let killer = m.actor();
    m.call(killer, &call!(nr::KILL, child.0 as i32, 15)).ok();
    let status = WaitStatus::Signaled(Signal::SIGTERM);
    assert_eq!(m.requests, [HostRequest::Stop { task: child }, HostRequest::Exited { task: child, status }]);
    assert!(m.woken.contains(&me));
    assert_eq!(m.read(child, 0, 10), Done::Exited);
    assert_eq!(m.call(killer, &call!(nr::KILL, child.0 as i32, 0)).ok(), 0, "a zombie can still be named");
    assert_eq!(m.wait(me, 0), Ok(Some((child, status))));
    assert_eq!(m.call(killer, &call!(nr::KILL, child.0 as i32, 0)), Done::Err(Errno::ESRCH));
    assert_eq!(m.kernel.exit_record(child).unwrap().status, status);
    m.close(me, reader).ok();
    m.close(me, writer).ok();
    assert_eq!(m.kernel.census().pipes, 0);
}

#[test]
fn caught_signals_are_read_and_interrupt() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, _) = m.pipe(me, 0);
    let child = m.spawn(me, &[(0, reader)]);
    for signal in [Signal::SIGINT, Signal::SIGUSR1] {
        m.call(child, &call!(nr::SIGACTION, u32::from(signal.number()), 2)).ok();
    }
    let mask = Signal::SIGINT.bit() | Signal::SIGUSR1.bit();
    let fd = m.call(child, &call!(nr::SIGNALFD, mask, open::NONBLOCK)).ok();
    assert_eq!(m.read(child, fd, 64), Done::Err(Errno::EAGAIN));
    assert_eq!(m.poll(child, &[(fd, poll::IN), (0, poll::IN)], -1), Err(Done::Blocked));
    m.call(me, &call!(nr::KILL, child.0 as i32, 10)).ok();
    m.call(me, &call!(nr::KILL, child.0 as i32, 2)).ok();
    m.call(me, &call!(nr::KILL, child.0 as i32, 2)).ok();
    assert!(m.woken.contains(&child));
    assert_eq!(m.poll(child, &[(fd, poll::IN), (0, poll::IN)], -1), Ok(vec![poll::IN, 0]));
    assert_eq!(m.read(child, fd, 64).bytes(), [2, 0, 0, 0, 10, 0, 0, 0]);
    assert_eq!(m.read(child, 0, 10), Done::Blocked);
    m.call(me, &call!(nr::KILL, child.0 as i32, 2)).ok();
    assert!(m.woken.contains(&child));
    assert_eq!(m.read(child, 0, 10), Done::Err(Errno::EINTR));
    m.call(me, &call!(nr::KILL, child.0 as i32, 9)).ok();
    assert_eq!(m.wait(me, 0), Ok(Some((child, WaitStatus::Signaled(Signal::SIGKILL)))));
    assert_eq!(m.call(me, &call!(nr::SIGACTION, 9, 1)), Done::Err(Errno::EINVAL));
}

#[test]
fn a_stopped_task_waits_with_its_calls() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    m.call(me, &call!(nr::KILL, child.0 as i32, u32::from(Signal::SIGSTOP.number()))).ok();
    assert_eq!(m.call(child, &call!(nr::GETPID)), Done::Blocked);
    assert_eq!(m.kernel.task_status(child), Some(TaskStatus::Stopped));
    m.call(me, &call!(nr::KILL, child.0 as i32, u32::from(Signal::SIGCONT.number()))).ok();
    assert!(m.woken.contains(&child));
    assert_eq!(m.call(child, &call!(nr::GETPID)).ok(), i64::from(child.0));
}

#[test]
fn groups_are_signalled_together() {
    let mut m = Machine::default();
    let me = m.actor();
    let request = SpawnRequest {
        program: b"prog".to_vec(),
        argv: vec![b"prog".to_vec()],
        flags: SpawnRequest::NEW_GROUP,
        ..SpawnRequest::default()
    };
    let leader = m.spawn_with(me, request).unwrap();
    let member = m.spawn(leader, &[]);
    let outside = m.spawn(me, &[]);
    assert_eq!(m.call(member, &call!(nr::GETPGID, 0)).ok(), i64::from(leader.0));
    m.call(me, &call!(nr::KILL, -(leader.0 as i32), 15)).ok();
    assert_eq!(m.call(member, &call!(nr::GETPID)), Done::Exited);
    assert_eq!(m.kernel.task_status(outside), Some(TaskStatus::Running));
    // The member was the leader's child: init has reaped it.
    assert_eq!(m.kernel.task_status(member), None);
}

#[test]
fn orphans_go_to_init() {
    let mut m = Machine::default();
    let me = m.actor();
    let parent = m.spawn(me, &[]);
    let child = m.spawn(parent, &[]);
    exit(&mut m, parent, 0);
    assert_eq!(m.call(child, &call!(nr::GETPPID)).ok(), 1);
    exit(&mut m, child, 0);
    assert_eq!(m.kernel.task_status(child), None);
    assert_eq!(m.kernel.task_status(parent), Some(TaskStatus::Zombie(WaitStatus::Exited(0))));
    m.kernel.detach(me);
    assert_eq!(m.kernel.task_status(parent), None);
    let census = m.kernel.census();
    assert_eq!((census.tasks, census.fds, census.descriptions, census.namespaces), (1, 0, 0, 1));
}

#[test]
fn spawn_finds_and_detects_programs() {
    let mut m = Machine::default();
    let me = m.actor();
    let mut put = |path: &str, content: &str, mode: u32| {
        m.put(me, path, content);
        m.call(me, &call!(nr::FCHMODAT, -100, path, mode, 0)).ok();
    };
    put("/usr/local/bin/script", "#! /usr/bin/env prog\n", 0o755);
    put("/tmp/shell", "#!/bin/prog -x -y \nrest", 0o755);
    put("/tmp/loop", "#!/tmp/loop\n", 0o755);
    put("/tmp/module", "\0asm\x01\0\0\0", 0o755);
    put("/tmp/plain", "\0asm\x01\0\0\0", 0o644);
    put("/tmp/text", "echo hello", 0o755);
    let mut spawn = |program: &str| {
        let request = SpawnRequest {
            program: program.into(),
            argv: vec![b"zero".to_vec(), b"one".to_vec()],
            env: Some(vec![b"PATH=/nowhere:/tmp:/bin:/usr/local/bin".to_vec()]),
            ..SpawnRequest::default()
        };
        m.spawn_with(me, request)
    };
    for (program, errno) in [
        ("", Errno::ENOENT),
        ("absent", Errno::ENOENT),
        ("/tmp/absent", Errno::ENOENT),
        ("/tmp/plain", Errno::EACCES),
        ("plain", Errno::EACCES),
        ("/tmp", Errno::EACCES),
        ("/tmp/text", Errno::ENOEXEC),
        ("/tmp/loop", Errno::ELOOP),
        ("script", Errno::ENOENT), // its interpreter is missing
    ] {
        assert_eq!(spawn(program), Err(errno), "{program}");
    }
    let shell = spawn("/tmp/shell").unwrap();
    let module = spawn("module").unwrap();
    let started = |task: TaskId| {
        m.requests.iter().find_map(|request| match request {
            HostRequest::Start { task: started, image } if *started == task => Some(image.clone()),
            _ => None,
        })
    };
    assert_eq!(started(shell), Some(Image::Program("prog".into())));
    assert!(matches!(started(module), Some(Image::Wasm(bytes)) if bytes.len() == 8));
    let argv = m.get(me, &format!("/task/{shell}/argv")).unwrap();
    assert_eq!(argv, "/bin/prog\0-x -y\0/tmp/shell\0one\0");
}

#[test]
fn spawn_hands_down_what_it_is_told_to() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, writer) = m.pipe(me, 0);
    let request = SpawnRequest {
        program: b"/bin/prog".to_vec(),
        argv: vec![b"prog".to_vec()],
        cwd: Some(b"/tmp".to_vec()),
        fds: vec![(0, reader as i32), (2, writer as i32), (5, writer as i32), (7, -1)],
        ..SpawnRequest::default()
    };
    let child = m.spawn_with(me, request.clone()).unwrap();
    assert_eq!(m.list(me, &format!("/task/{child}/fd")), ["0", "2", "3", "5"], "3 is the preopen");
    assert_eq!(m.call(child, &call!(nr::GETCWD, Arg::Out(99))).text(), "/tmp");
    let bad = SpawnRequest { fds: vec![(0, 99)], ..request.clone() };
    assert_eq!(m.spawn_with(me, bad), Err(Errno::EBADF));
    let bad = SpawnRequest { cwd: Some(b"/bin/prog".to_vec()), ..request.clone() };
    assert_eq!(m.spawn_with(me, bad), Err(Errno::ENOTDIR));
    let bad = SpawnRequest { argv: vec![vec![b'x'; 300 << 10]], ..request };
    assert_eq!(m.spawn_with(me, bad), Err(Errno::E2BIG));
}

#[test]
fn limits_give_errnos() {
    let limits = Limits { tasks: 2, fds: 8, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let me = m.actor();
    let children = [m.spawn(me, &[]), m.spawn(me, &[])];
    let request = SpawnRequest { program: b"prog".to_vec(), ..SpawnRequest::default() };
    assert_eq!(m.spawn_with(me, request), Err(Errno::EAGAIN));
    exit(&mut m, children[0], 0);
    m.wait(me, 0).unwrap();
    m.spawn(me, &[]);
    for _ in 0..7 {
        m.open(me, "/dev/null", 0).ok();
    }
    assert_eq!(m.call(me, &call!(nr::PIPE2, 0, Arg::Out(8))), Done::Err(Errno::EMFILE));
    let full = open::CREAT | open::WRONLY;
    m.open(me, "/tmp/eighth", full).ok();
    assert_eq!(m.open(me, "/tmp/ninth", full), Done::Err(Errno::EMFILE));
    assert_eq!(m.stat(me, "/tmp/ninth", 0), Err(Errno::ENOENT), "nothing is made that cannot be opened");
    assert_eq!(m.kernel.census().pipes, 0);
}

#[test]
fn failures_leave_a_record() {
    let mut m = Machine::default();
    let me = m.actor();
    for (failure, status) in [
        (
            TaskFailure::Trap { unreachable: true, message: "unreachable".into() },
            WaitStatus::Signaled(Signal::SIGABRT),
        ),
        (TaskFailure::OutOfMemory, WaitStatus::Signaled(Signal::SIGKILL)),
        (TaskFailure::Load { message: "not a module".into() }, WaitStatus::Exited(126)),
    ] {
        let child = m.spawn(me, &[]);
        m.requests.clear();
        m.kernel.task_failed(child, failure);
        m.drain();
        assert_eq!(m.requests, [HostRequest::Exited { task: child, status }]);
        assert_eq!(m.wait(me, 0), Ok(Some((child, status))));
        let record = m.kernel.exit_record(child).unwrap();
        assert_eq!((record.name.as_str(), record.parent), ("prog", me));
        assert!(record.reason.is_some());
    }
}

#[test]
fn poll_waits_for_ends_and_for_time() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    let fd = m.call(me, &call!(nr::PIDFD_OPEN, child.0 as i32, 0)).ok();
    assert_eq!(m.poll(me, &[(fd, poll::IN), (-1, poll::IN), (77, poll::IN)], 0), Ok(vec![0, 0, poll::NVAL]));
    assert_eq!(m.poll(me, &[(fd, poll::IN)], 500), Err(Done::Blocked));
    assert_eq!(m.kernel.next_deadline_ns(), Some(1_500));
    m.pass(400);
    assert!(m.woken.is_empty());
    assert_eq!(m.poll(me, &[(fd, poll::IN)], 500), Err(Done::Blocked), "made again, it keeps its deadline");
    assert_eq!(m.kernel.next_deadline_ns(), Some(1_500));
    m.pass(100);
    assert!(m.woken.contains(&me));
    assert_eq!(m.poll(me, &[(fd, poll::IN)], 500), Ok(vec![0]));
    assert_eq!(m.kernel.next_deadline_ns(), None);
    assert_eq!(m.poll(me, &[(fd, poll::IN)], -1), Err(Done::Blocked));
    exit(&mut m, child, 0);
    assert!(m.woken.contains(&me));
    assert_eq!(m.poll(me, &[(fd, poll::IN)], -1), Ok(vec![poll::IN]));
    m.wait(me, 0).unwrap();
    assert_eq!(m.poll(me, &[(fd, poll::IN)], -1), Ok(vec![poll::IN]));
}

/// A task from `/task/new`, as a shell makes one.
#[test]
fn a_task_is_made_by_files() {
    let mut m = Machine::default();
    let me = m.actor();
    assert_eq!(m.list(me, "/task/new"), ["auto", "prog"]);
    let number = m.get(me, "/task/new/auto").unwrap();
    let task = TaskId(number.trim().parse().unwrap());
    let file = |name: &str| format!("/task/{task}/{name}");
    assert_eq!(m.get(me, &file("status")), Ok("new\n".into()));
    assert_eq!(m.get(me, &file("ppid")), Ok(format!("{me}\n")));
    let write = |m: &mut Machine, name: &str, text: &str| {
        let fd = m.open(me, &file(name), open::WRONLY | open::TRUNC).ok();
        let done = m.write(me, fd, text.as_bytes());
        m.close(me, fd).ok();
        done
    };
    assert_eq!(write(&mut m, "ctl", "start"), Done::Err(Errno::EINVAL), "it has no command");
    write(&mut m, "cmd", "absent").ok();
    assert_eq!(write(&mut m, "ctl", "start"), Done::Err(Errno::ENOENT));
    write(&mut m, "cmd", "prog two\\040words\n").ok();
    write(&mut m, "dir", "/tmp\n").ok();
    write(&mut m, "env", "A=1\nB=2\n").ok();
    assert_eq!(m.get(me, &file("argv")), Ok("prog\0two words\0".into()));
    assert_eq!(m.open(me, &file("wait"), 0), Done::Err(Errno::ENOENT));
    m.requests.clear();
    write(&mut m, "ctl", "start\n").ok();
    assert!(matches!(m.requests[..], [HostRequest::Start { task: started, .. }] if started == task));
    assert_eq!(m.get(me, &file("status")), Ok("running\n".into()));
    assert_eq!(m.get(task, "/task/self/argv"), Ok("prog\0two words\0".into()));
    assert_eq!(m.get(me, &file("cwd")), Ok("/tmp\n".into()));
    assert_eq!(m.get(me, &file("env")), Ok("A=1\0B=2\0".into()));
    assert_eq!(m.open(me, &file("argv"), open::WRONLY), Done::Err(Errno::EACCES));
    assert_eq!(write(&mut m, "ctl", "start"), Done::Err(Errno::EBUSY));
    exit(&mut m, task, 4);
    assert_eq!(m.wait(me, 0).unwrap(), Some((task, WaitStatus::Exited(4))));
    // One by the name of its program, and one that is given up.
    let named = TaskId(m.get(me, "/task/new/prog").unwrap().trim().parse().unwrap());
    m.put(me, &format!("/task/{named}/ctl"), "start");
    assert_eq!(m.get(me, &format!("/task/{named}/cmd")), Ok("prog\0".into()));
    let given_up = m.get(me, "/task/new/prog").unwrap();
    m.put(me, &format!("/task/{}/ctl", given_up.trim()), "kill");
    assert_eq!(m.stat(me, &format!("/task/{}", given_up.trim()), 0), Err(Errno::ENOENT));
}

#[test]
fn tasks_that_never_start_are_counted_and_end_with_their_maker() {
    let limits = Limits { tasks: 3, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let me = m.actor();
    for _ in 0..3 {
        m.get(me, "/task/new/auto").unwrap();
    }
    let fd = m.open(me, "/task/new/auto", 0).ok();
    assert_eq!(m.read(me, fd, 9), Done::Err(Errno::EAGAIN));
    assert_eq!(m.kernel.census().prepared, 3);
    m.kernel.detach(me);
    assert_eq!(m.kernel.census().prepared, 0);
}

#[test]
fn the_end_of_a_task_is_read_from_its_file() {
    let mut m = Machine::default();
    let (me, other) = (m.actor(), m.actor());
    let child = m.spawn(me, &[]);
    let wait = m.open(other, &format!("/task/{child}/wait"), 0).ok();
    assert_eq!(m.read(other, wait, 9), Done::Blocked);
    exit(&mut m, child, 3);
    assert!(m.woken.contains(&other));
    assert_eq!(m.read(other, wait, 9).text(), "3\n");
    assert_eq!(m.read(other, wait, 9).text(), "");
    m.wait(me, 0).unwrap();
    m.call(other, &call!(nr::LSEEK, wait, 0_i64, 0)).ok();
    assert_eq!(m.read(other, wait, 9).text(), "3\n", "also when its parent has asked");
    let child = m.spawn(me, &[]);
    let wait = m.open(other, &format!("/task/{child}/wait"), open::NONBLOCK).ok();
    assert_eq!(m.read(other, wait, 9), Done::Err(Errno::EAGAIN));
    assert_eq!(m.poll(other, &[(wait, poll::IN)], -1), Err(Done::Blocked));
    m.call(me, &call!(nr::KILL, child.0 as i32, 9)).ok();
    assert!(m.woken.contains(&other));
    assert_eq!(m.poll(other, &[(wait, poll::IN)], -1), Ok(vec![poll::IN]));
    assert_eq!(m.read(other, wait, 9).text(), "SIGKILL\n");
}

#[test]
fn task_files_tell_and_act() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    let file = |name: &str| format!("/task/{child}/{name}");
    assert_eq!(m.get(me, &file("type")), Ok("prog\n".into()));
    assert_eq!(m.get(me, &file("pid")), Ok(format!("{child}\n")));
    assert_eq!(m.get(me, &file("ppid")), Ok(format!("{me}\n")));
    assert_eq!(m.get(me, &file("cwd")), Ok("/\n".into()));
    assert_eq!(m.get(me, &file("argv")), Ok("prog\0x\0".into()));
    assert!(m.get(me, &file("env")).unwrap().contains("HOME=/root\0"));
    assert_eq!(m.get(me, &file("status")), Ok("running\n".into()));
    assert_eq!(m.get(me, &file("exitcode")), Ok("".into()));
    assert_eq!(
        m.get(me, &file("ns")),
        Ok("bind -c #task /task\nbind -c #proc /proc\nbind -c #container /web/container\nbind -c #mem /dev\n".into())
    );
    assert_eq!(m.get(child, "/task/self/pid"), Ok(format!("{child}\n")));
    assert_eq!(m.get(me, &file("absent")), Err(Errno::ENOENT));
    assert_eq!(m.get(me, "/task/999/pid"), Err(Errno::ENOENT));
    assert_eq!(m.open(me, &file("pid"), open::WRONLY), Done::Err(Errno::EACCES));
    let ctl = m.open(me, &file("ctl"), open::WRONLY | open::TRUNC).ok();
    assert_eq!(m.write(me, ctl, b"dance"), Done::Err(Errno::EINVAL));
    assert_eq!(m.write(me, ctl, b"bind /absent /tmp"), Done::Err(Errno::ENOENT));
    assert_eq!(m.write(me, ctl, b"kill TERM\n").ok(), 10);
    assert_eq!(m.get(me, &file("status")), Ok("zombie\n".into()));
    assert_eq!(m.get(me, &file("exitcode")), Ok("SIGTERM\n".into()));
    assert_eq!(m.write(me, ctl, b"bind /tmp /root"), Done::Err(Errno::ESRCH));
    m.wait(me, 0).unwrap();
    assert_eq!(m.write(me, ctl, b"kill"), Done::Err(Errno::ESRCH));
    let names = m.list(me, "/task");
    assert_eq!(names, ["1".to_string(), me.to_string(), "new".into(), "self".into()]);
}
