//! Random calls, family by family.

use oac_abi::{
    channel::{Head, MORE},
    fetch::RequestHead,
    flags::{at, bind, fcntl, flock, inotify, message, open, poll, socket as sock},
    lock::{Flock, LockKind},
    nr,
    segment::Access,
    sockaddr::SocketAddress,
    spawn::SpawnRequest,
    stat::Stat,
    termios::{Termios, local},
    thread::ThreadStatus,
};
use oac_kernel::TaskId;

use crate::{
    call,
    dice::Dice,
    machine::{Arg, Call},
};

/// What a run is mostly about. A run about everything seldom comes far in anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Everything,
    Pipes,
    Sockets,
    LocalSockets,
    Datagrams,
    Signals,
    Fetches,
    Terminals,
    Locks,
    Watches,
    Fifos,
    FaultyDisk,
    Threads,
}

impl Theme {
    pub const ALL: [Theme; 13] = [
        Theme::Everything,
        Theme::Pipes,
        Theme::Sockets,
        Theme::LocalSockets,
        Theme::Datagrams,
        Theme::Signals,
        Theme::Fetches,
        Theme::Terminals,
        Theme::Locks,
        Theme::Watches,
        Theme::Fifos,
        Theme::FaultyDisk,
        Theme::Threads,
    ];
}

/// Where files are; the last ones are on a disk that fails.
const PATHS: [&str; 22] = [
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
    "/tmp/f",
    "/mnt/a",
    "/mnt/d/x",
    "/mnt/d",
];

impl Dice {
    /// A descriptor, used or not.
    pub fn fd(&mut self) -> i64 {
        self.roll(14) as i64
    }

    /// One of few, so that calls meet.
    pub fn low_fd(&mut self) -> i64 {
        self.roll(6) as i64
    }

    fn path(&mut self) -> &'static str {
        self.pick(&PATHS)
    }

    fn size(&mut self) -> usize {
        self.pick(&[1_u32, 5000, 300_000]) as usize
    }
}

/// 127.0.0.1 and a port.
pub fn address(port: u64) -> Vec<u8> {
    SocketAddress::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port as u16)).encode()
}

fn local_address(dice: &mut Dice) -> Vec<u8> {
    let name: &[u8] = dice.pick(&[&b"/tmp/s"[..], b"/tmp/d/s", b"\0abstract"]);
    SocketAddress::Unix(name.to_vec()).encode()
}

/// A call of a run about `theme`, made by a task among `tasks`.
pub fn random_call(dice: &mut Dice, tasks: &[TaskId], theme: Theme) -> Call {
    if dice.one_in(4) {
        return any(dice, tasks);
    }
    if dice.one_in(8) {
        return task(dice, tasks);
    }
    match theme {
        Theme::Everything => any(dice, tasks),
        Theme::Pipes if dice.one_in(6) => call!(nr::PIPE2, 0, Arg::Out(8)),
        Theme::Pipes => transfer(dice),
        Theme::Sockets if dice.one_in(2) => internet(dice),
        Theme::LocalSockets if dice.one_in(2) => local_socket(dice),
        Theme::Sockets | Theme::LocalSockets => transfer(dice),
        Theme::Datagrams => datagram(dice),
        Theme::Signals => signal(dice, tasks),
        Theme::Fetches => fetch(dice),
        Theme::Terminals => terminal(dice, tasks),
        Theme::Locks => lock(dice),
        Theme::Watches if dice.one_in(2) => watch(dice),
        Theme::Watches | Theme::FaultyDisk => file(dice),
        Theme::Fifos => fifo(dice),
        Theme::Threads if dice.one_in(8) => transfer(dice),
        Theme::Threads => thread(dice),
    }
}

/// Threads, and what passes between them.
fn thread(dice: &mut Dice) -> Call {
    let (fd, other) = (dice.low_fd(), dice.low_fd());
    let moved = (other as i32).to_le_bytes();
    let moved = if dice.one_in(3) { &moved[..] } else { &[] };
    match dice.roll(15) {
        0 => call!(nr::THREAD_CREATE, Arg::Out(4)),
        1..3 => call!(nr::THREAD_START, fd, "start", moved, 0_u64),
        3 if dice.one_in(3) => call!(nr::THREAD_STOP, fd, 7),
        3 => call!(nr::THREAD_STATUS, fd, Arg::Out(ThreadStatus::BYTES)),
        4 => call!(nr::THREAD_SELF, Arg::Out(8)),
        5 => call!(nr::CHANNEL_PAIR, Arg::Out(8)),
        6 => call!(nr::CHANNEL_JOIN, "name"),
        7 => call!(nr::CHANNEL_SEND, fd, MORE, "part", &[][..]),
        8..10 => call!(nr::CHANNEL_SEND, fd, 0_u32, "message", moved),
        10 => call!(nr::CHANNEL_RECEIVE, fd, dice.roll(3), Arg::Out(64), Arg::Out(64), Arg::Out(Head::BYTES)),
        11 => call!(nr::SEGMENT_CREATE, 64_u64, 64_u64),
        12 => {
            let access = Access {
                operation: dice.roll(12) as u32,
                width: dice.pick(&[1, 4, 8, 3]),
                offset: dice.pick(&[0, 8, 64]),
                operand: dice.roll(3),
                ..Access::default()
            };
            call!(nr::SEGMENT_ACCESS, fd, dice.roll(3), &access.encode()[..], Arg::Out(512))
        }
        13 if dice.one_in(3) => call!(nr::SEGMENT_WAIT_BEGIN, fd, 0_u64, 4_u32, 0_u64),
        13 => call!(nr::SEGMENT_WAIT, fd, 0_u64, 4_u32, 0_u64, dice.pick(&[-1_i64, 50])),
        _ => call!(nr::SEGMENT_NOTIFY, fd, 0_u64, dice.roll(3) as u32),
    }
}

/// Reading, writing, waiting and closing.
fn transfer(dice: &mut Dice) -> Call {
    let (fd, size) = (dice.low_fd(), dice.size());
    match dice.roll(9) {
        0..3 => call!(nr::READ, fd, Arg::Out(size)),
        3..6 => call!(nr::WRITE, fd, vec![1_u8; size]),
        6 | 7 => wait_for(dice),
        _ => call!(nr::CLOSE, fd),
    }
}

/// poll for some descriptors, often without an end.
fn wait_for(dice: &mut Dice) -> Call {
    let mut records = Vec::new();
    for _ in 0..=dice.roll(3) {
        records.extend_from_slice(&(dice.low_fd() as i32).to_le_bytes());
        let events = dice.pick(&[poll::IN, poll::OUT, poll::IN | poll::OUT, poll::RDHUP, 0]);
        records.extend_from_slice(&events.to_le_bytes());
        records.extend_from_slice(&[0, 0]);
    }
    let capacity = records.len();
    call!(nr::POLL, records, dice.pick(&[-1_i64, -1, 0, 50, 1000]), Arg::Out(capacity))
}

fn file(dice: &mut Dice) -> Call {
    match dice.roll(22) {
        0..3 => {
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
        3 | 4 => call!(nr::MKDIRAT, -100, dice.path(), 0o755),
        5 => call!(nr::UNLINKAT, -100, dice.path(), dice.pick(&[0, at::REMOVEDIR])),
        6 | 7 => call!(nr::RENAMEAT, -100, dice.path(), -100, dice.path(), dice.pick(&[0, 1, 2])),
        8 => call!(nr::LINKAT, -100, dice.path(), -100, dice.path(), 0),
        9 => call!(nr::SYMLINKAT, dice.path(), -100, dice.path()),
        10 => call!(nr::GETDENTS, dice.fd(), Arg::Out(64)),
        11 => call!(nr::CHDIR, dice.path()),
        12 => call!(nr::FSTATAT, dice.pick(&[-100, 5, 6]), dice.path(), 0, Arg::Out(Stat::BYTES)),
        13 => call!(nr::FTRUNCATE, dice.fd(), dice.pick(&[0_i64, 10, 100_000])),
        14 => call!(nr::FALLOCATE, dice.fd(), dice.pick(&[0, 1, 3]), 0_i64, 5000_i64),
        15 => call!(nr::COPY_FILE_RANGE, dice.fd(), -1_i64, dice.fd(), -1_i64, 10_000_u64),
        16 => call!(nr::SETXATTRAT, -100, dice.path(), 0, "user.x", "1", 0),
        17 => call!(nr::GETXATTRAT, -100, dice.path(), 0, "user.x", Arg::Out(10)),
        18 => call!(nr::FCHMODAT, -100, dice.path(), dice.pick(&[0o700, 0o755, 0]), 0),
        19 => call!(nr::WRITE, dice.fd(), vec![3_u8; dice.size()]),
        _ if dice.one_in(4) => call!(nr::NS_UNBIND, dice.path()),
        _ => {
            let flags = dice.pick(&[bind::REPLACE, bind::BEFORE, bind::AFTER, bind::AFTER | bind::CREATE]);
            call!(nr::NS_BIND, dice.path(), dice.path(), flags)
        }
    }
}

fn internet(dice: &mut Dice) -> Call {
    let (fd, port) = (dice.low_fd(), 80 + dice.roll(2));
    match dice.roll(11) {
        0 | 1 => call!(nr::SOCKET, sock::AF_INET, sock::STREAM | dice.pick(&[0, sock::NONBLOCK]), 0),
        2 => call!(nr::BIND, fd, address(port)),
        3 => call!(nr::LISTEN, fd, dice.roll(3)),
        4 | 5 => call!(nr::ACCEPT4, fd, dice.pick(&[0, sock::NONBLOCK]), Arg::Out(64)),
        6 | 7 => call!(nr::CONNECT, fd, address(port)),
        8 => call!(nr::SHUTDOWN, fd, dice.roll(3)),
        9 => {
            // A receiver that wants more than fits makes the queue larger, and with it room for the sender.
            let (size, flags) = dice.pick(&[(100, 0), (100, message::PEEK), (400_000, message::WAITALL)]);
            call!(nr::RECVFROM, fd, Arg::Out(size), flags, Arg::Out(64))
        }
        _ => call!(nr::GETSOCKOPT, fd, sock::SOL_SOCKET, sock::SO_ERROR, Arg::Out(4)),
    }
}

fn local_socket(dice: &mut Dice) -> Call {
    let fd = dice.low_fd();
    match dice.roll(12) {
        0 => call!(nr::SOCKETPAIR, sock::AF_UNIX, sock::STREAM, Arg::Out(8)),
        1 => call!(nr::SOCKET, sock::AF_UNIX, sock::STREAM, 0),
        2 => call!(nr::BIND, fd, local_address(dice)),
        3 => call!(nr::LISTEN, fd, dice.roll(2)),
        4 => call!(nr::ACCEPT4, fd, 0, Arg::Out(128)),
        5 => call!(nr::CONNECT, fd, local_address(dice)),
        6 => call!(nr::SHUTDOWN, fd, dice.roll(3)),
        7..9 => call!(nr::SENDMSG, fd, vec![5_u8; 10], message::NOSIGNAL, "", pass(dice)),
        _ => call!(nr::RECVMSG, fd, Arg::Out(100), 0, Arg::Out(16), Arg::Out(124)),
    }
}

/// Descriptors to send along.
fn pass(dice: &mut Dice) -> Vec<u8> {
    (0..dice.roll(3)).flat_map(|_| (dice.low_fd() as i32).to_le_bytes()).collect()
}

fn datagram(dice: &mut Dice) -> Call {
    let fd = dice.low_fd();
    let inet = dice.one_in(2);
    let to = if inet { address(80 + dice.roll(2)) } else { local_address(dice) };
    match dice.roll(10) {
        0 => call!(nr::SOCKET, if inet { sock::AF_INET } else { sock::AF_UNIX }, sock::DGRAM, 0),
        1 => call!(nr::SOCKETPAIR, sock::AF_UNIX, sock::DGRAM, Arg::Out(8)),
        2 => call!(nr::BIND, fd, to),
        3 => call!(nr::CONNECT, fd, to),
        4..6 => call!(nr::SENDTO, fd, vec![2_u8; dice.pick(&[0, 10, 60_000])], message::NOSIGNAL, to),
        6 => call!(nr::WRITE, fd, vec![2_u8; 50_000]),
        7 => wait_for(dice),
        8 => call!(nr::CLOSE, fd),
        _ => call!(nr::RECVFROM, fd, Arg::Out(100), 0, Arg::Out(128)),
    }
}

fn signal(dice: &mut Dice, tasks: &[TaskId]) -> Call {
    let number = dice.pick(&[1, 2, 10, 13, 14, 15, 17, 18, 19, 20, 21]);
    match dice.roll(9) {
        0..3 => call!(nr::KILL, dice.pick(tasks).0 as i32, number),
        3 => call!(nr::SIGACTION, number, dice.roll(3)),
        4 => call!(nr::SIGNALFD, 0xffff_ffff_u64, 0),
        5 => call!(nr::SETITIMER, dice.pick(&[0_i64, 500]), dice.pick(&[0_i64, 100, 3000]), Arg::Out(16)),
        6 => wait_for(dice),
        _ => call!(nr::READ, dice.low_fd(), Arg::Out(64)),
    }
}

fn fetch(dice: &mut Dice) -> Call {
    match dice.roll(5) {
        0 => {
            let head = RequestHead { method: "GET".into(), url: "http://x/".into(), headers: Vec::new() };
            call!(nr::FETCH, head.encode(), "", dice.pick(&[0, open::NONBLOCK]))
        }
        1 => call!(nr::FETCH_HEAD, dice.low_fd(), Arg::Out(200)),
        _ => call!(nr::READ, dice.low_fd(), Arg::Out(dice.size())),
    }
}

fn terminal(dice: &mut Dice, tasks: &[TaskId]) -> Call {
    let fd = dice.low_fd();
    match dice.roll(17) {
        0 => call!(nr::OPENPTY, dice.pick(&[0, open::NOCTTY]), Arg::Out(8)),
        1 => call!(nr::SETSID),
        2 => call!(nr::TCSETCTTY, fd),
        3 => call!(nr::TCSETPGRP, fd, dice.pick(tasks).0 as i32),
        4 => call!(nr::TCSETWINSIZE, fd, vec![24_u8, 0, dice.roll(3) as u8, 0]),
        5 => {
            let mut termios = Termios::default();
            for flag in [local::ICANON, local::ECHO, local::ISIG, local::TOSTOP] {
                if dice.one_in(3) {
                    termios.local ^= flag;
                }
            }
            call!(nr::TCSETATTR, fd, dice.roll(3), &termios.encode()[..])
        }
        6 => call!(nr::TCFLUSH, fd, dice.roll(3)),
        7 => call!(nr::OPENAT, -100, dice.pick(&["/dev/tty", "/dev/pts/0", "/dev/ptmx"]), open::RDWR, 0),
        8 | 9 => {
            let text = dice.pick(&["line\n", "part", "\x03", "\x04", "\x1a", "\x7f", "\x15", "a\tb\r\n"]);
            call!(nr::WRITE, fd, text)
        }
        10 => call!(nr::WRITE, fd, vec![b'x'; dice.pick(&[100, 5000])]),
        11 => call!(nr::SETPGID, 0, 0),
        12 => wait_for(dice),
        13 => call!(nr::CLOSE, fd),
        _ => call!(nr::READ, fd, Arg::Out(100)),
    }
}

fn lock(dice: &mut Dice) -> Call {
    let fd = dice.low_fd();
    match dice.roll(8) {
        0 => call!(nr::OPENAT, -100, dice.pick(&["/tmp/a", "/tmp/b"]), open::RDWR | open::CREAT, 0o666),
        1 => call!(nr::CLOSE, fd),
        2 => call!(nr::DUP, fd, 0, 0),
        3 | 4 => {
            let operation = dice.pick(&[flock::SHARED, flock::EXCLUSIVE, flock::EXCLUSIVE, flock::UNLOCK]);
            call!(nr::FLOCK, fd, operation | dice.pick(&[0, 0, flock::NONBLOCK]))
        }
        _ => {
            let kind = dice.pick(&[LockKind::Read, LockKind::Write, LockKind::Write, LockKind::Unlock]);
            let (start, length) = (dice.roll(4) as i64, dice.roll(4) as i64);
            let lock = Flock { kind, whence: 0, start, length, pid: 0 };
            let command = dice.pick(&[
                fcntl::GETLK,
                fcntl::SETLK,
                fcntl::SETLKW,
                fcntl::SETLKW,
                fcntl::OFD_SETLK,
                fcntl::OFD_SETLKW,
            ]);
            call!(nr::FCNTL_LOCK, fd, command, &lock.encode()[..], Arg::Out(Flock::BYTES))
        }
    }
}

fn watch(dice: &mut Dice) -> Call {
    let fd = dice.low_fd();
    match dice.roll(8) {
        0 => call!(nr::INOTIFY_INIT, dice.pick(&[0, open::NONBLOCK])),
        1..4 => {
            let path = dice.pick(&["/tmp", "/tmp/d", "/tmp/a", "/mnt", "/"]);
            let mask = dice.pick(&[inotify::ALL_EVENTS, inotify::MODIFY, inotify::DELETE | inotify::ONESHOT]);
            call!(nr::INOTIFY_ADD_WATCH, fd, path, mask)
        }
        4 => call!(nr::INOTIFY_RM_WATCH, fd, dice.roll(4) as i32),
        5 => wait_for(dice),
        _ => call!(nr::READ, fd, Arg::Out(dice.pick(&[20, 4096]))),
    }
}

fn fifo(dice: &mut Dice) -> Call {
    let path = dice.pick(&["/tmp/f", "/tmp/g", "/mnt/f"]);
    match dice.roll(8) {
        0 => call!(nr::MKNODAT, -100, path, oac_abi::flags::mode::FIFO | 0o666, 0_u64),
        1..4 => {
            let flags = dice.pick(&[
                open::RDONLY,
                open::RDONLY,
                open::WRONLY,
                open::WRONLY,
                open::RDWR,
                open::RDONLY | open::NONBLOCK,
                open::WRONLY | open::NONBLOCK,
            ]);
            call!(nr::OPENAT, -100, path, flags, 0)
        }
        4 if dice.one_in(6) => call!(nr::UNLINKAT, -100, path, 0),
        _ => transfer(dice),
    }
}

fn task(dice: &mut Dice, tasks: &[TaskId]) -> Call {
    match dice.roll(13) {
        0..4 => {
            let fds = (0..dice.roll(7)).map(|child| (child as i32, dice.roll(10) as i32 - 1)).collect();
            let flags = dice.pick(&[
                0,
                SpawnRequest::NEW_GROUP,
                SpawnRequest::NEW_SESSION,
                SpawnRequest::SHARE_NAMESPACE,
            ]);
            let argv = vec![b"prog".to_vec()];
            let request = SpawnRequest { program: b"prog".to_vec(), argv, fds, flags, ..Default::default() };
            call!(nr::SPAWN, request.encode())
        }
        4 => call!(nr::EXIT, dice.roll(3)),
        5 | 6 => call!(nr::WAIT4, dice.pick(&[-1, -1, 0]), dice.pick(&[0, 0, 1, 2, 8, 10]), Arg::Out(4)),
        7 => {
            let target = dice.pick(tasks).0 as i32;
            let number = dice.pick(&[0, 2, 9, 10, 15, 17, 18, 18, 19]);
            call!(nr::KILL, dice.pick(&[target, target, -target]), number)
        }
        8 => call!(nr::SIGACTION, dice.pick(&[2, 10, 13, 15, 17]), dice.roll(3)),
        9 => call!(nr::SIGNALFD, 0xffff_u64, dice.pick(&[0, open::NONBLOCK])),
        10 => call!(nr::PIDFD_OPEN, dice.pick(tasks).0, 0),
        11 => call!(nr::SETRESUID, u32::MAX, dice.pick(&[0, 1000]), u32::MAX),
        _ => {
            let leader = dice.pick(tasks).0 as i32;
            call!(nr::SETPGID, 0, dice.pick(&[0, leader]))
        }
    }
}

fn any(dice: &mut Dice, tasks: &[TaskId]) -> Call {
    match dice.roll(22) {
        0..3 => call!(nr::READ, dice.fd(), Arg::Out(dice.pick(&[0, 3, 100, 50_000]))),
        3..6 => {
            let len = dice.pick(&[0, 3, 4096, 5000, 100_000, 300_000]);
            call!(nr::WRITE, dice.fd(), vec![7_u8; len])
        }
        6 => call!(nr::CLOSE, dice.fd()),
        7 => call!(nr::PIPE2, dice.pick(&[0, 0, open::NONBLOCK]), Arg::Out(8)),
        8 if dice.one_in(2) => call!(nr::DUP, dice.fd(), dice.fd(), 0),
        8 => call!(nr::DUP3, dice.fd(), dice.fd(), 0),
        9 => wait_for(dice),
        10..12 => file(dice),
        12 => internet(dice),
        13 => local_socket(dice),
        14 => datagram(dice),
        15 => signal(dice, tasks),
        16 => fetch(dice),
        17 => terminal(dice, tasks),
        18 => lock(dice),
        19 => watch(dice),
        20 => fifo(dice),
        _ => task(dice, tasks),
    }
}
