//! Sessions, groups, job control, terminals as programs use them.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno, bounds,
    flags::{open, poll, wait},
    nr,
    signal::{ChildChange, Signal, WaitStatus},
    spawn::SpawnRequest,
    termios::{Termios, local, special},
};
use oac_kernel::{TaskId, TaskStatus};

const IGNORE: u32 = 1;
const CAUGHT: u32 = 2;

fn program() -> SpawnRequest {
    SpawnRequest { program: b"prog".to_vec(), argv: vec![b"prog".to_vec()], ..SpawnRequest::default() }
}

fn signal(m: &mut Machine, from: TaskId, pid: i32, signal: Signal) {
    m.call(from, &call!(nr::KILL, pid, u32::from(signal.number()))).ok();
}

fn disposition(m: &mut Machine, task: TaskId, signal: Signal, what: u32) {
    m.call(task, &call!(nr::SIGACTION, u32::from(signal.number()), what)).ok();
}

/// wait4 for any child, with what has changed.
fn change(m: &mut Machine, task: TaskId, options: u32) -> Result<Option<(TaskId, ChildChange)>, Done> {
    match m.call(task, &call!(nr::WAIT4, -1, options, Arg::Out(4))) {
        Done::Ok(0, _) => Ok(None),
        Done::Ok(pid, outs) => {
            let change = ChildChange::decode(outs[0][..].try_into().unwrap()).unwrap();
            Ok(Some((TaskId(pid as u32), change)))
        }
        other => Err(other),
    }
}

/// A shell in a session of its own on a terminal, and the master's descriptor of whoever made it.
struct Screen {
    m: Machine,
    me: TaskId,
    master: i64,
    shell: TaskId,
}

impl Screen {
    fn new() -> Screen {
        let mut m = Machine::default();
        let me = m.actor();
        let (master, slave) = m.pair(me, &call!(nr::OPENPTY, 0, Arg::Out(8)));
        let slave = slave as i32;
        let request = SpawnRequest {
            flags: SpawnRequest::NEW_SESSION,
            terminal: Some(slave),
            fds: vec![(0, slave), (1, slave), (2, slave)],
            ..program()
        };
        let shell = m.spawn_with(me, request).unwrap();
        m.close(me, slave.into()).ok();
        Screen { m, me, master, shell }
    }

    /// A job of the shell's, in a group of its own.
    fn job(&mut self, foreground: bool) -> TaskId {
        let request = SpawnRequest {
            flags: SpawnRequest::NEW_GROUP,
            terminal: foreground.then_some(0),
            fds: vec![(0, 0), (1, 1), (2, 2)],
            ..program()
        };
        self.m.spawn_with(self.shell, request).unwrap()
    }

    fn keys(&mut self, keys: &[u8]) {
        assert_eq!(self.m.write(self.me, self.master, keys).ok(), keys.len() as i64);
    }

    fn shown(&mut self) -> String {
        self.m.read(self.me, self.master, 1 << 16).text().escape_default().to_string()
    }

    fn stopped(&self, task: TaskId) -> bool {
        self.m.kernel.task_status(task) == Some(TaskStatus::Stopped)
    }
}

#[test]
fn stops_and_continues_are_told_once() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    let pid = child.0 as i32;
    let both = wait::UNTRACED | wait::CONTINUED;
    assert_eq!(change(&mut m, me, both), Err(Done::Blocked));
    let other = m.actor();
    signal(&mut m, other, pid, Signal::SIGSTOP);
    assert!(m.woken.contains(&me));
    assert_eq!(change(&mut m, me, wait::NOHANG), Ok(None), "nobody asked for stops");
    assert_eq!(change(&mut m, me, both), Ok(Some((child, ChildChange::Stopped(Signal::SIGSTOP)))));
    assert_eq!(change(&mut m, me, both | wait::NOHANG), Ok(None), "told once");
    signal(&mut m, other, pid, Signal::SIGSTOP);
    assert_eq!(change(&mut m, me, both | wait::NOHANG), Ok(None), "stopped already");
    signal(&mut m, other, pid, Signal::SIGTERM);
    assert!(m.kernel.task_status(child) == Some(TaskStatus::Stopped), "held back until it goes on");
    signal(&mut m, other, pid, Signal::SIGCONT);
    let end = WaitStatus::Signaled(Signal::SIGTERM);
    assert_eq!(change(&mut m, me, both), Ok(Some((child, ChildChange::Ended(end)))));
    let child = m.spawn(me, &[]);
    signal(&mut m, other, child.0 as i32, Signal::SIGSTOP);
    signal(&mut m, other, child.0 as i32, Signal::SIGCONT);
    assert_eq!(change(&mut m, me, both), Ok(Some((child, ChildChange::Continued))), "no longer stopped");
    signal(&mut m, other, child.0 as i32, Signal::SIGSTOP);
    signal(&mut m, other, child.0 as i32, Signal::SIGKILL);
    let end = WaitStatus::Signaled(Signal::SIGKILL);
    assert_eq!(change(&mut m, me, both), Ok(Some((child, ChildChange::Ended(end)))));
    assert_eq!(change(&mut m, me, 1 << 20), Err(Done::Err(Errno::EINVAL)));
}

#[test]
fn sessions_and_groups() {
    let mut m = Machine::default();
    let me = m.actor();
    let leader = m.spawn_with(me, SpawnRequest { flags: SpawnRequest::NEW_SESSION, ..program() }).unwrap();
    let pid = leader.0;
    let ask = |m: &mut Machine, task, number, pid: i32| m.call(task, &call!(number, pid));
    assert_eq!(ask(&mut m, leader, nr::GETSID, 0).ok(), i64::from(pid));
    assert_eq!(ask(&mut m, leader, nr::GETPGID, 0).ok(), i64::from(pid));
    assert_eq!(m.call(leader, &call!(nr::SETSID)), Done::Err(Errno::EPERM), "it leads a group");
    assert_eq!(m.call(leader, &call!(nr::SETPGID, 0, 0)), Done::Err(Errno::EPERM), "it leads a session");
    let child = m.spawn(leader, &[]);
    let set = |m: &mut Machine, task, pid: u32, group: u32| {
        m.call(task, &call!(nr::SETPGID, pid as i32, group as i32))
    };
    assert_eq!(set(&mut m, leader, child.0, child.0), Done::Err(Errno::EACCES), "it has execed");
    assert_eq!(set(&mut m, leader, me.0, me.0), Done::Err(Errno::ESRCH), "no child");
    assert_eq!(set(&mut m, child, 0, me.0), Done::Err(Errno::EPERM), "another session's group");
    assert_eq!(set(&mut m, child, 0, 0).ok(), 0);
    let other = m.spawn_with(leader, SpawnRequest { group: Some(child.0), ..program() }).unwrap();
    assert_eq!(ask(&mut m, leader, nr::GETPGID, other.0 as i32).ok(), i64::from(child.0));
    let own = m.spawn_with(leader, SpawnRequest { group: Some(0), ..program() }).unwrap();
    assert_eq!(ask(&mut m, own, nr::GETPGID, 0).ok(), i64::from(own.0));
    let bad = |group| SpawnRequest { group: Some(group), ..program() };
    assert_eq!(m.spawn_with(leader, bad(me.0)), Err(Errno::EPERM));
    assert_eq!(m.spawn_with(leader, bad(999)), Err(Errno::EPERM));
    let both = SpawnRequest { flags: SpawnRequest::NEW_GROUP, ..bad(child.0) };
    assert_eq!(m.spawn_with(leader, both), Err(Errno::EINVAL));
    assert_eq!(m.call(other, &call!(nr::SETSID)).ok(), i64::from(other.0));
    assert_eq!(ask(&mut m, leader, nr::GETSID, other.0 as i32).ok(), i64::from(other.0));
    assert_eq!(set(&mut m, leader, other.0, 0), Done::Err(Errno::EPERM), "a session of its own by now");
    assert_eq!(ask(&mut m, leader, nr::GETSID, 999), Done::Err(Errno::ESRCH));
    assert_eq!(ask(&mut m, leader, nr::GETPGID, -1), Done::Err(Errno::ESRCH));
    assert_eq!(m.call(leader, &call!(nr::SETPGID, -1, 0)), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(leader, &call!(nr::SETPGID, -1, 5)), Done::Err(Errno::ESRCH));
}

#[test]
fn ignored_signals_are_inherited() {
    let mut m = Machine::default();
    let me = m.actor();
    disposition(&mut m, me, Signal::SIGTERM, IGNORE);
    let parent = m.spawn(me, &[]);
    for (signal, what) in [(Signal::SIGINT, IGNORE), (Signal::SIGHUP, IGNORE), (Signal::SIGUSR1, CAUGHT)] {
        disposition(&mut m, parent, signal, what);
    }
    let request = SpawnRequest { default_signals: Signal::SIGHUP.bit(), ..program() };
    let child = m.spawn_with(parent, request).unwrap();
    for (signal, expect) in
        [(Signal::SIGINT, 1), (Signal::SIGHUP, 0), (Signal::SIGUSR1, 0), (Signal::SIGTERM, 0)]
    {
        let old = m.call(child, &call!(nr::SIGACTION, u32::from(signal.number()), 0));
        assert_eq!(old.ok(), expect, "{}", signal.name());
    }
}

#[test]
fn keys_reach_the_foreground() {
    let mut s = Screen::new();
    let job = s.job(true);
    assert_eq!(s.m.call(s.shell, &call!(nr::TCGETPGRP, 0)).ok(), i64::from(job.0));
    assert_eq!(s.m.read(job, 0, 10), Done::Blocked);
    s.keys(b"hi\x7fo\n");
    assert_eq!(s.shown(), "hi\\u{8} \\u{8}o\\r\\n");
    assert!(s.m.woken.contains(&job));
    assert_eq!(s.m.read(job, 0, 10).text(), "ho\n");
    s.keys(b"\x1a");
    assert!(s.stopped(job) && !s.stopped(s.shell));
    assert_eq!(s.shown(), "^Z");
    let shell = s.shell;
    let stopped = change(&mut s.m, shell, wait::UNTRACED);
    assert_eq!(stopped, Ok(Some((job, ChildChange::Stopped(Signal::SIGTSTP)))));
    // As a shell does: it takes the terminal back, ignoring that it is in the background now.
    assert_eq!(s.m.call(shell, &call!(nr::TCSETPGRP, 0, shell.0 as i32)), Done::Err(Errno::ENOTTY));
    disposition(&mut s.m, shell, Signal::SIGTTOU, IGNORE);
    s.m.call(shell, &call!(nr::TCSETPGRP, 0, shell.0 as i32)).ok();
    signal(&mut s.m, shell, -(job.0 as i32), Signal::SIGCONT);
    assert!(!s.stopped(job));
    // In the background it is stopped when it reads, and goes on in the foreground with the same read.
    assert_eq!(s.m.read(job, 0, 10), Done::Blocked);
    assert!(s.stopped(job));
    let stopped = change(&mut s.m, shell, wait::UNTRACED);
    assert_eq!(stopped, Ok(Some((job, ChildChange::Stopped(Signal::SIGTTIN)))));
    s.m.call(shell, &call!(nr::TCSETPGRP, 0, job.0 as i32)).ok();
    signal(&mut s.m, shell, -(job.0 as i32), Signal::SIGCONT);
    assert!(s.m.woken.contains(&job));
    assert_eq!(s.m.read(job, 0, 10), Done::Blocked);
    // A read that waits already goes on waiting in the background.
    s.m.call(shell, &call!(nr::TCSETPGRP, 0, shell.0 as i32)).ok();
    assert_eq!(s.m.read(job, 0, 10), Done::Blocked);
    assert!(!s.stopped(job));
    s.m.call(shell, &call!(nr::TCSETPGRP, 0, job.0 as i32)).ok();
    s.keys(b"x\n\x03");
    assert_eq!(s.m.read(job, 0, 10), Done::Exited);
    let end = WaitStatus::Signaled(Signal::SIGINT);
    assert_eq!(change(&mut s.m, shell, 0), Ok(Some((job, ChildChange::Ended(end)))));
    assert_eq!(s.m.kernel.task_status(shell), Some(TaskStatus::Running));
}

#[test]
fn the_background_and_its_terminal() {
    let mut s = Screen::new();
    let job = s.job(false);
    disposition(&mut s.m, job, Signal::SIGTTIN, IGNORE);
    assert_eq!(s.m.read(job, 0, 10), Done::Err(Errno::EIO));
    disposition(&mut s.m, job, Signal::SIGTTIN, CAUGHT);
    assert_eq!(s.m.read(job, 0, 10), Done::Err(Errno::EINTR));
    assert_eq!(s.m.write(job, 1, b"out").ok(), 3, "writing is allowed");
    let tostop = Termios { local: Termios::default().local | local::TOSTOP, ..Termios::default() };
    s.m.call(s.shell, &call!(nr::TCSETATTR, 0, 0, &tostop.encode()[..])).ok();
    assert_eq!(s.m.write(job, 1, b"more"), Done::Blocked);
    assert!(s.stopped(job));
    signal(&mut s.m, s.shell, job.0 as i32, Signal::SIGCONT);
    disposition(&mut s.m, job, Signal::SIGTTOU, IGNORE);
    assert_eq!(s.m.write(job, 1, b"more").ok(), 4, "whoever ignores SIGTTOU writes");
    assert_eq!(s.m.call(job, &call!(nr::TCSETATTR, 0, 0, &tostop.encode()[..])).ok(), 0);
    assert_eq!(s.shown(), "outmore");
    // Of another session, nobody is in the way.
    let stranger = s.m.spawn_with(
        s.shell,
        SpawnRequest { flags: SpawnRequest::NEW_SESSION, fds: vec![(0, 0)], ..program() },
    );
    let stranger = stranger.unwrap();
    assert_eq!(s.m.read(stranger, 0, 10), Done::Blocked);
    assert_eq!(s.m.call(stranger, &call!(nr::TCGETPGRP, 0)), Done::Err(Errno::ENOTTY));
    assert_eq!(s.m.call(stranger, &call!(nr::TCSETCTTY, 0)), Done::Err(Errno::EPERM), "it is the shell's");
    assert_eq!(s.m.open(stranger, "/dev/tty", 2), Done::Err(Errno::ENXIO));
}

#[test]
fn an_orphaned_group_is_told_and_not_stopped() {
    let mut s = Screen::new();
    let job = s.job(false);
    signal(&mut s.m, s.shell, job.0 as i32, Signal::SIGTSTP);
    assert!(s.stopped(job));
    disposition(&mut s.m, s.shell, Signal::SIGCHLD, CAUGHT);
    assert_eq!(s.m.call(s.shell, &call!(nr::EXIT, 0)), Done::Exited);
    assert_eq!(s.m.kernel.task_status(job), None, "stopped in a group without a shell: SIGHUP and SIGCONT");
    let mut s = Screen::new();
    signal(&mut s.m, s.me, s.shell.0 as i32, Signal::SIGTSTP);
    assert!(!s.stopped(s.shell), "its parent is in another session");
    s.keys(b"\x1a");
    assert!(!s.stopped(s.shell));
    signal(&mut s.m, s.me, s.shell.0 as i32, Signal::SIGSTOP);
    assert!(s.stopped(s.shell));
}

#[test]
fn a_terminal_hangs_up() {
    let mut s = Screen::new();
    let job = s.job(true);
    disposition(&mut s.m, s.shell, Signal::SIGHUP, CAUGHT);
    assert_eq!(s.m.read(job, 0, 10), Done::Blocked);
    let other = s.m.open(s.shell, "/dev/tty", 2).ok();
    s.m.close(s.me, s.master).ok();
    assert!(s.m.woken.contains(&job));
    assert_eq!(s.m.read(job, 0, 10).text(), "", "the end");
    assert_eq!(s.m.write(job, 1, b"x"), Done::Err(Errno::EIO));
    assert_eq!(s.m.call(job, &call!(nr::TCGETATTR, 0, Arg::Out(36))), Done::Err(Errno::EIO));
    let all = poll::IN | poll::OUT | poll::ERR | poll::HUP;
    assert_eq!(s.m.poll(s.shell, &[(other, poll::IN | poll::OUT)], -1), Ok(vec![all]));
    assert_eq!(s.m.open(s.shell, "/dev/tty", 2), Done::Err(Errno::ENXIO));
    assert_eq!(s.m.list(s.me, "/dev/pts"), [""; 0]);
    assert_eq!(s.m.kernel.task_status(job), Some(TaskStatus::Running), "only the leader is told");
    assert_eq!(s.m.call(s.shell, &call!(nr::EXIT, 0)), Done::Exited);
    assert_eq!(s.m.kernel.task_status(job), None, "the leader's end is the foreground's hang-up");
    s.m.wait(s.me, 0).unwrap();
    let census = s.m.kernel.census();
    assert_eq!((census.terminals, census.fds), (0, 0));
}

#[test]
fn a_leader_gets_and_gives_its_terminal() {
    let mut m = Machine::default();
    let me = m.actor();
    let (master, slave) = m.pair(me, &call!(nr::OPENPTY, 0, Arg::Out(8)));
    let number = m.call(me, &call!(nr::PTSNUMBER, master)).ok();
    assert_eq!(m.call(me, &call!(nr::PTSNUMBER, slave)), Done::Err(Errno::ENOTTY));
    let path = format!("/dev/pts/{number}");
    assert_eq!(m.list(me, "/dev/pts"), ["0"]);
    let facts = m.stat(me, &path, 0).unwrap();
    assert_eq!((facts.mode & 0o170000, facts.rdev), (0o020000, 136 << 8));
    let leader = m.spawn_with(me, SpawnRequest { flags: SpawnRequest::NEW_SESSION, ..program() }).unwrap();
    let fd = m.open(leader, &path, open::RDWR | open::NOCTTY).ok();
    assert_eq!(m.call(leader, &call!(nr::TCGETPGRP, fd)), Done::Err(Errno::ENOTTY));
    m.close(leader, fd).ok();
    let fd = m.open(leader, &path, open::RDWR).ok();
    assert_eq!(m.call(leader, &call!(nr::TCGETPGRP, fd)).ok(), i64::from(leader.0));
    assert_eq!(m.call(leader, &call!(nr::TCSETCTTY, fd)).ok(), 0, "it has it already");
    assert_eq!(m.call(me, &call!(nr::TCGETPGRP, master)).ok(), i64::from(leader.0));
    let job = m.spawn_with(
        leader,
        SpawnRequest { terminal: Some(fd as i32), fds: vec![(0, fd as i32)], ..program() },
    );
    let job = job.unwrap();
    let tty = m.open(job, "/dev/tty", open::RDWR).ok();
    assert_eq!(m.write(job, tty, b"here").ok(), 4);
    assert_eq!(m.read(me, master, 10).text(), "here");
    assert_eq!(m.call(leader, &call!(nr::EXIT, 0)), Done::Exited);
    assert_eq!(m.kernel.task_status(job), None, "it was in the foreground group: SIGHUP");
    m.wait(me, 0).unwrap();
    let next = m.spawn_with(me, SpawnRequest { flags: SpawnRequest::NEW_SESSION, ..program() }).unwrap();
    let fd = m.open(next, &path, open::RDWR | open::NOCTTY).ok();
    assert_eq!(m.call(next, &call!(nr::TCSETCTTY, fd)).ok(), 0, "nobody's again");
}

#[test]
fn sizes_change_with_a_signal() {
    let mut s = Screen::new();
    disposition(&mut s.m, s.shell, Signal::SIGWINCH, CAUGHT);
    let signals = s.m.call(s.shell, &call!(nr::SIGNALFD, Signal::SIGWINCH.bit(), open::NONBLOCK)).ok();
    let size = [24u16.to_le_bytes(), 80u16.to_le_bytes()].concat();
    for expect in [Done::Ok(4, vec![28u32.to_le_bytes().to_vec()]), Done::Err(Errno::EAGAIN)] {
        s.m.call(s.me, &call!(nr::TCSETWINSIZE, s.master, &size[..])).ok();
        assert_eq!(s.m.read(s.shell, signals, 4), expect, "only a change is told");
    }
    assert_eq!(s.m.call(s.shell, &call!(nr::TCGETWINSIZE, 0, Arg::Out(4))).bytes(), size);
    assert_eq!(s.m.call(s.me, &call!(nr::TCSETWINSIZE, s.master, &size[..3])), Done::Err(Errno::EINVAL));
}

#[test]
fn reads_wait_for_bytes_and_for_time() {
    let mut s = Screen::new();
    let mut raw = Termios { local: 0, input: 0, ..Termios::default() };
    let mut set = |s: &mut Screen, min: u8, time: u8| {
        raw.characters[special::VMIN] = min;
        raw.characters[special::VTIME] = time;
        s.m.call(s.shell, &call!(nr::TCSETATTR, 0, 0, &raw.encode()[..])).ok();
    };
    const TENTH_NS: u64 = 100_000_000;
    set(&mut s, 3, 0);
    assert_eq!(s.m.read(s.shell, 0, 10), Done::Blocked);
    s.keys(b"ab");
    assert_eq!(s.m.read(s.shell, 0, 10), Done::Blocked);
    assert_eq!(s.m.poll(s.shell, &[(0, poll::IN)], 0), Ok(vec![0]));
    assert_eq!(s.m.read(s.shell, 0, 2).text(), "ab", "no more than was asked for");
    set(&mut s, 0, 2);
    assert_eq!(s.m.read(s.shell, 0, 10), Done::Blocked);
    s.m.pass(2 * TENTH_NS);
    assert!(s.m.woken.contains(&s.shell));
    assert_eq!(s.m.read(s.shell, 0, 10).text(), "");
    set(&mut s, 3, 1);
    assert_eq!(s.m.read(s.shell, 0, 10), Done::Blocked);
    s.m.pass(50 * TENTH_NS);
    assert!(!s.m.woken.contains(&s.shell), "the time between two bytes: there has been none yet");
    s.keys(b"a");
    assert_eq!(s.m.read(s.shell, 0, 10), Done::Blocked);
    s.m.pass(TENTH_NS - 1);
    s.keys(b"b");
    assert_eq!(s.m.read(s.shell, 0, 10), Done::Blocked);
    s.m.pass(TENTH_NS);
    assert_eq!(s.m.read(s.shell, 0, 10).text(), "ab");
    set(&mut s, 0, 0);
    assert_eq!(s.m.read(s.shell, 0, 10).text(), "");
}

#[test]
fn both_directions_have_a_bound() {
    let mut s = Screen::new();
    let raw = Termios { local: 0, input: 0, output: 0, ..Termios::default() };
    s.m.call(s.shell, &call!(nr::TCSETATTR, 0, 0, &raw.encode()[..])).ok();
    let big = vec![b'x'; 100_000];
    let capacity = bounds::TERMINAL_INPUT_BYTES - 1 + bounds::TERMINAL_TRANSIT_BYTES;
    for (from, from_fd, to, to_fd) in [(s.me, s.master, s.shell, 0), (s.shell, 1, s.me, s.master)] {
        s.m.call(from, &call!(nr::FCNTL, from_fd, 4, open::NONBLOCK)).ok();
        assert_eq!(s.m.write(from, from_fd, &big).ok(), capacity as i64);
        assert_eq!(s.m.write(from, from_fd, b"x"), Done::Err(Errno::EAGAIN));
        assert_eq!(s.m.poll(from, &[(from_fd, poll::OUT)], 0), Ok(vec![0]));
        s.m.call(from, &call!(nr::FCNTL, from_fd, 4, 0)).ok();
        assert_eq!(s.m.write(from, from_fd, &big), Done::Blocked);
        let mut got = 0;
        while got < capacity + big.len() {
            got += s.m.read(to, to_fd, 50_000).bytes().len();
            if s.m.woken.contains(&from) {
                let _ = s.m.write(from, from_fd, &big);
            }
        }
        assert_eq!(got, capacity + big.len());
    }
}

#[test]
fn there_are_only_so_many_terminals() {
    let mut m = Machine::default();
    let me = m.actor();
    let mut masters = Vec::new();
    for _ in 0..bounds::TERMINALS_MAX {
        masters.push(m.open(me, "/dev/ptmx", open::RDWR).ok());
    }
    assert_eq!(m.open(me, "/dev/ptmx", open::RDWR), Done::Err(Errno::ENOSPC));
    assert_eq!(m.call(me, &call!(nr::OPENPTY, 0, Arg::Out(8))), Done::Err(Errno::ENOSPC));
    m.close(me, masters[7]).ok();
    let again = m.open(me, "/dev/ptmx", open::RDWR).ok();
    assert_eq!(m.call(me, &call!(nr::PTSNUMBER, again)).ok(), 7, "the lowest that is free");
    m.kernel.detach(me);
    assert_eq!(m.kernel.census().terminals, 0);
}

#[test]
fn what_is_no_terminal_says_so() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, _) = m.pipe(me, 0);
    let null = m.open(me, "/dev/null", 0).ok();
    for fd in [reader, null] {
        assert_eq!(m.call(me, &call!(nr::TCGETATTR, fd, Arg::Out(36))), Done::Err(Errno::ENOTTY));
        assert_eq!(m.call(me, &call!(nr::TCGETPGRP, fd)), Done::Err(Errno::ENOTTY));
        assert_eq!(m.call(me, &call!(nr::TCSETCTTY, fd)), Done::Err(Errno::ENOTTY));
        let request = SpawnRequest { terminal: Some(fd as i32), ..program() };
        assert_eq!(m.spawn_with(me, request), Err(Errno::ENOTTY));
    }
    assert_eq!(m.call(me, &call!(nr::TCGETATTR, 99, Arg::Out(36))), Done::Err(Errno::EBADF));
    let (master, slave) = m.pair(me, &call!(nr::OPENPTY, open::NONBLOCK, Arg::Out(8)));
    assert_eq!(m.call(me, &call!(nr::LSEEK, slave, 0i64, 0)), Done::Err(Errno::ESPIPE));
    assert_eq!(m.call(me, &call!(nr::TCSETATTR, slave, 3, vec![0; 36])), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(me, &call!(nr::TCSETATTR, slave, 0, vec![0; 35])), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(me, &call!(nr::TCFLUSH, slave, 3)), Done::Err(Errno::EINVAL));
    assert_eq!(m.read(me, master, 1), Done::Err(Errno::EAGAIN));
    m.close(me, slave).ok();
    assert_eq!(m.read(me, master, 1), Done::Err(Errno::EIO));
}
