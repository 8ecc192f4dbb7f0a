//! WASI preview 1's records and rules, as witx and wasi-libc have them.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{at::FDCWD, open},
    nr,
    spawn::SpawnRequest,
};
use oac_kernel::TaskId;

const OFLAG_CREAT: u32 = 1;
const OFLAG_DIRECTORY: u32 = 2;
const RIGHT_READ: u64 = 1 << 1;
const RIGHT_WRITE: u64 = 1 << 6;
const FOLLOW: u32 = 1;

fn program(m: &mut Machine) -> TaskId {
    let me = m.actor();
    let request = SpawnRequest {
        program: b"prog".to_vec(),
        argv: vec![b"prog".to_vec(), b"two words".to_vec()],
        env: Some(vec![b"A=1".to_vec(), b"PATH=/bin".to_vec()]),
        ..SpawnRequest::default()
    };
    m.spawn_with(me, request).unwrap()
}

fn path_open(m: &mut Machine, task: TaskId, path: &str, oflags: u32, rights: u64, fdflags: u32) -> Done {
    m.call(task, &call!(nr::WASI_PATH_OPEN, 3, FOLLOW, path, oflags, rights, 0_u64, fdflags, Arg::Out(4)))
}

#[track_caller]
fn opened(done: Done) -> i32 {
    i32::from_le_bytes(done.bytes().try_into().unwrap())
}

fn outs(done: Done) -> Vec<Vec<u8>> {
    match done {
        Done::Ok(0, outs) => outs,
        other => panic!("expected success, got {other:?}"),
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

#[test]
fn arguments_and_environment() {
    let mut m = Machine::default();
    let task = program(&mut m);
    let sizes = outs(m.call(task, &call!(nr::WASI_ARGS_SIZES_GET, Arg::Out(4), Arg::Out(4))));
    assert_eq!(sizes, [[2, 0, 0, 0], [15, 0, 0, 0]]);
    assert_eq!(m.call(task, &call!(nr::WASI_ARGS_GET, Arg::Out(100))).text(), "prog\0two words\0");
    assert_eq!(m.call(task, &call!(nr::WASI_ENVIRON_GET, Arg::Out(100))).text(), "A=1\0PATH=/bin\0");
}

#[test]
fn the_preopen_is_the_first_free_descriptor() {
    let mut m = Machine::default();
    let me = m.actor();
    let null = m.open(me, "/dev/null", 0).ok();
    let task = m.spawn(me, &[(0, null), (1, null), (2, null), (3, null), (5, null)]);
    let mut names = Vec::new();
    for fd in 3.. {
        let prestat = match m.call(task, &call!(nr::WASI_FD_PRESTAT_GET, fd, Arg::Out(8))) {
            Done::Err(errno) => {
                assert_eq!(errno, Errno::EBADF);
                break;
            }
            done => done.bytes(),
        };
        assert_eq!(prestat[0], 0, "a directory");
        let len = u32::from_le_bytes(prestat[4..].try_into().unwrap()) as usize;
        let name = m.call(task, &call!(nr::WASI_FD_PRESTAT_DIR_NAME, fd, Arg::Out(len))).text();
        assert_eq!(name.len(), len);
        names.push(name);
    }
    assert_eq!(names, ["/.oac-inherited-descriptor-3", "/"]);
    assert_eq!(m.call(me, &call!(nr::WASI_FD_PRESTAT_GET, 3, Arg::Out(8))), Done::Err(Errno::EBADF));
}

#[test]
fn files_through_the_preopen() {
    let mut m = Machine::default();
    let task = program(&mut m);
    let fd = opened(path_open(&mut m, task, "tmp/f", OFLAG_CREAT, RIGHT_READ | RIGHT_WRITE, 0));
    assert_eq!(outs(m.call(task, &call!(nr::WASI_FD_WRITE, fd, "hello", Arg::Out(4)))), [[5, 0, 0, 0]]);
    let seek = m.call(task, &call!(nr::WASI_FD_SEEK, fd, -4_i64, 1_u32, Arg::Out(8))).bytes();
    assert_eq!(u64_at(&seek, 0), 1);
    let read = outs(m.call(task, &call!(nr::WASI_FD_READ, fd, Arg::Out(3), Arg::Out(4))));
    assert_eq!(read, [b"ell".to_vec(), vec![3, 0, 0, 0]]);
    let read = outs(m.call(task, &call!(nr::WASI_FD_PREAD, fd, Arg::Out(9), 4_u64, Arg::Out(4))));
    assert_eq!(read, [b"o".to_vec(), vec![1, 0, 0, 0]]);
    assert_eq!(u64_at(&m.call(task, &call!(nr::WASI_FD_TELL, fd, Arg::Out(8))).bytes(), 0), 4);
    m.call(task, &call!(nr::WASI_FD_ALLOCATE, fd, 0_u64, 100_u64)).ok();
    let stat = m.call(task, &call!(nr::WASI_FD_FILESTAT_GET, fd, Arg::Out(64))).bytes();
    let by_path = call!(nr::WASI_PATH_FILESTAT_GET, 3, FOLLOW, "tmp/f", Arg::Out(64));
    assert_eq!(m.call(task, &by_path).bytes(), stat);
    assert_eq!((stat[16], u64_at(&stat, 24), u64_at(&stat, 32)), (4, 1, 100), "regular, one name, 100 bytes");
    m.call(task, &call!(nr::WASI_FD_FILESTAT_SET_TIMES, fd, 5_u64, 7_u64, 1 | 4)).ok();
    let stat = m.call(task, &by_path).bytes();
    assert_eq!((u64_at(&stat, 40), u64_at(&stat, 48)), (5, 7));
    assert_eq!(
        m.call(task, &call!(nr::WASI_FD_FILESTAT_SET_TIMES, fd, 5_u64, 7_u64, 3)),
        Done::Err(Errno::EINVAL)
    );
    let fdstat = m.call(task, &call!(nr::WASI_FD_FDSTAT_GET, fd, Arg::Out(24))).bytes();
    assert_eq!((fdstat[0], fdstat[2]), (4, 0));
    assert_eq!(u64_at(&fdstat, 8) & (RIGHT_READ | RIGHT_WRITE), RIGHT_READ | RIGHT_WRITE);
    let fdstat = m.call(task, &call!(nr::WASI_FD_FDSTAT_GET, 3, Arg::Out(24))).bytes();
    assert_eq!((fdstat[0], u64_at(&fdstat, 16)), (3, (1 << 30) - 1), "a directory that passes all rights on");
    assert_eq!(m.call(task, &call!(nr::WASI_FD_RENUMBER, fd, 9)), Done::Err(Errno::EBADF));
    let other = opened(path_open(&mut m, task, "dev/null", 0, RIGHT_READ, 0));
    m.call(task, &call!(nr::WASI_FD_RENUMBER, fd, other)).ok();
    assert_eq!(m.call(task, &call!(nr::WASI_FD_CLOSE, fd)), Done::Err(Errno::EBADF));
    m.call(task, &call!(nr::WASI_FD_CLOSE, other)).ok();
    assert_eq!(m.call(task, &call!(nr::WASI_FD_TELL, 3, Arg::Out(8))), Done::Err(Errno::EBADF));
    let both = RIGHT_READ | RIGHT_WRITE;
    assert_eq!(path_open(&mut m, task, "tmp", OFLAG_DIRECTORY, both, 0), Done::Err(Errno::EISDIR));
    let read_only = opened(path_open(&mut m, task, "tmp/f", 0, RIGHT_READ, 0));
    assert_eq!(m.call(task, &call!(nr::WASI_FD_WRITE, read_only, "x", Arg::Out(4))), Done::Err(Errno::EBADF));
    assert_eq!(path_open(&mut m, task, "tmp/f", OFLAG_DIRECTORY, RIGHT_READ, 0), Done::Err(Errno::ENOTDIR));
    assert_eq!(path_open(&mut m, task, "tmp/none", 0, RIGHT_READ, 0), Done::Err(Errno::ENOENT));
}

/// A module in /work, where `lib/`, `tmp/here` and `plain` stand; the root has `usr/`, `tmp/there`, and `lib` as well.
#[test]
fn relative_paths_are_of_the_working_directory() {
    let mut m = Machine::default();
    let me = m.actor();
    for dir in ["/work", "/work/lib", "/work/tmp"] {
        m.call(me, &call!(nr::MKDIRAT, FDCWD, dir, 0o755_u32)).ok();
    }
    for file in ["/work/plain", "/work/tmp/here", "/tmp/there", "/work/lib/own"] {
        m.put(me, file, file);
    }
    let request = SpawnRequest {
        program: b"/bin/module".to_vec(),
        argv: vec![b"module".to_vec()],
        cwd: Some(b"/work".to_vec()),
        ..SpawnRequest::default()
    };
    m.put(me, "/bin/module", "\0asm");
    m.call(me, &call!(nr::FCHMODAT, FDCWD, "/bin/module", 0o755_u32, 0_u32)).ok();
    let task = m.spawn_with(me, request).unwrap();
    let mut check = |path: &str, oflags: u32, wanted: Result<&str, Errno>| {
        let found = match path_open(&mut m, task, path, oflags, RIGHT_READ, 0) {
            Done::Err(errno) => Err(errno),
            done => {
                let fd = opened(done);
                let stat = m.call(task, &call!(nr::WASI_FD_FILESTAT_GET, fd, Arg::Out(64))).bytes();
                m.call(task, &call!(nr::WASI_FD_CLOSE, fd)).ok();
                Ok(u64_at(&stat, 8))
            }
        };
        let wanted = wanted.map(|wanted| m.stat(me, wanted, 0).unwrap().ino);
        assert_eq!(found, wanted, "{path}");
    };
    check("plain", 0, Ok("/work/plain"));
    check("./plain", 0, Ok("/work/plain"));
    check("../tmp/there", 0, Ok("/tmp/there"));
    check("work/plain", 0, Ok("/work/plain"));
    check("/work/plain", 0, Ok("/work/plain"));
    check("/plain", 0, Err(Errno::ENOENT));
    check("tmp/here", 0, Ok("/work/tmp/here"));
    check("tmp/there", 0, Ok("/tmp/there"));
    check("lib/own", 0, Ok("/work/lib/own"));
    check("usr/bin", OFLAG_DIRECTORY, Ok("/usr/bin"));
    check(".", OFLAG_DIRECTORY, Ok("/work"));
    check("new", OFLAG_CREAT, Ok("/work/new"));
    check("tmp/new", OFLAG_CREAT, Ok("/work/tmp/new"));
    check("usr/new", OFLAG_CREAT, Ok("/usr/new"));
    check("usr/none/new", OFLAG_CREAT, Err(Errno::ENOENT));
    check("none/new", OFLAG_CREAT, Err(Errno::ENOENT));
    // Programs of our own have the root alone.
    let own = SpawnRequest { cwd: Some(b"/work".to_vec()), ..SpawnRequest::default() };
    let own = SpawnRequest { program: b"prog".to_vec(), argv: vec![b"prog".to_vec()], ..own };
    let own = m.spawn_with(me, own).unwrap();
    assert_eq!(path_open(&mut m, own, "plain", 0, RIGHT_READ, 0), Done::Err(Errno::ENOENT));
}

#[test]
fn rights_can_be_given_up() {
    let mut m = Machine::default();
    let task = program(&mut m);
    let fd = opened(path_open(&mut m, task, "tmp/f", OFLAG_CREAT, RIGHT_READ | RIGHT_WRITE, 0));
    let set = |rights: u64| call!(nr::WASI_FD_FDSTAT_SET_RIGHTS, fd, rights, 0_u64);
    m.call(task, &set(RIGHT_READ)).ok();
    let fdstat = m.call(task, &call!(nr::WASI_FD_FDSTAT_GET, fd, Arg::Out(24))).bytes();
    assert_eq!(u64_at(&fdstat, 8), RIGHT_READ);
    let write = call!(nr::WASI_FD_WRITE, fd, "x", Arg::Out(4));
    assert_eq!(m.call(task, &write), Done::Err(Errno::EBADF));
    m.call(task, &call!(nr::WASI_FD_READ, fd, Arg::Out(3), Arg::Out(4))).ok();
    assert_eq!(
        m.call(task, &set(RIGHT_READ | RIGHT_WRITE)),
        Done::Err(Errno::EBADF),
        "they do not come back"
    );
}

#[test]
fn listings_go_on_from_any_cookie() {
    let mut m = Machine::default();
    let task = program(&mut m);
    m.call(task, &call!(nr::WASI_PATH_CREATE_DIRECTORY, 3, "tmp/d")).ok();
    let names: Vec<String> = (0..20).map(|i| format!("name-{i:02}")).collect();
    for name in &names {
        m.put(task, &format!("/tmp/d/{name}"), "");
    }
    let fd = opened(path_open(&mut m, task, "tmp/d", OFLAG_DIRECTORY, RIGHT_READ, 0));
    for capacity in [32, 33, 60, 100, 4096] {
        let (mut cookie, mut listed) = (0_u64, Vec::new());
        loop {
            let read = call!(nr::WASI_FD_READDIR, fd, Arg::Out(capacity), cookie, Arg::Out(4));
            let outs = outs(m.call(task, &read));
            let used = u32::from_le_bytes(outs[1][..].try_into().unwrap()) as usize;
            assert_eq!(used, outs[0].len());
            let mut rest = &outs[0][..];
            while rest.len() >= 24 {
                let len = u32::from_le_bytes(rest[16..20].try_into().unwrap()) as usize;
                let Some(name) = rest.get(24..24 + len) else { break };
                listed.push((String::from_utf8(name.to_vec()).unwrap(), rest[20]));
                cookie = u64_at(rest, 0);
                rest = &rest[24 + len..];
            }
            if used < capacity {
                break;
            }
        }
        let expect: Vec<_> = [(".".to_string(), 3), ("..".to_string(), 3)]
            .into_iter()
            .chain(names.iter().map(|name| (name.clone(), 4)))
            .collect();
        assert_eq!(listed, expect, "with {capacity} bytes");
    }
}

#[test]
fn paths() {
    let mut m = Machine::default();
    let task = program(&mut m);
    m.put(task, "/tmp/f", "x");
    m.call(task, &call!(nr::WASI_PATH_SYMLINK, "f", 3, "tmp/link")).ok();
    let read = outs(m.call(task, &call!(nr::WASI_PATH_READLINK, 3, "tmp/link", Arg::Out(9), Arg::Out(4))));
    assert_eq!(read, [b"f".to_vec(), vec![1, 0, 0, 0]]);
    let stat = m.call(task, &call!(nr::WASI_PATH_FILESTAT_GET, 3, 0, "tmp/link", Arg::Out(64))).bytes();
    assert_eq!(stat[16], 7, "the link itself");
    m.call(task, &call!(nr::WASI_PATH_LINK, 3, 0, "tmp/f", 3, "tmp/g")).ok();
    m.call(task, &call!(nr::WASI_PATH_RENAME, 3, "tmp/g", 3, "tmp/h")).ok();
    m.call(task, &call!(nr::WASI_PATH_UNLINK_FILE, 3, "tmp/h")).ok();
    assert_eq!(m.call(task, &call!(nr::WASI_PATH_UNLINK_FILE, 3, "tmp")), Done::Err(Errno::EISDIR));
    assert_eq!(m.call(task, &call!(nr::WASI_PATH_REMOVE_DIRECTORY, 3, "tmp")), Done::Err(Errno::ENOTEMPTY));
    assert_eq!(m.call(task, &call!(nr::WASI_PATH_REMOVE_DIRECTORY, -100, "tmp")), Done::Err(Errno::EBADF));
}

/// A subscription: userdata, tag, and either a clock's fields or a descriptor.
fn subscription(userdata: u64, tag: u8, id: u32, timeout_ns: u64, absolute: bool) -> [u8; 48] {
    let mut record = [0; 48];
    record[..8].copy_from_slice(&userdata.to_le_bytes());
    record[8] = tag;
    record[16..20].copy_from_slice(&id.to_le_bytes());
    record[24..32].copy_from_slice(&timeout_ns.to_le_bytes());
    record[40] = u8::from(absolute);
    record
}

#[test]
fn polling() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, writer) = m.pipe(me, 0);
    let task = m.spawn(me, &[(0, reader)]);
    let both = [subscription(7, 0, 1, 500, false), subscription(8, 1, 0, 0, false)].concat();
    let poll = call!(nr::WASI_POLL_ONEOFF, both, Arg::Out(64), 2, Arg::Out(4));
    assert_eq!(m.call(task, &poll), Done::Blocked);
    m.pass(300);
    assert_eq!(m.call(task, &poll), Done::Blocked);
    m.pass(200);
    assert!(m.woken.contains(&task));
    let events = outs(m.call(task, &poll));
    assert_eq!((events[0].len(), &events[1][..]), (32, &[1, 0, 0, 0][..]));
    assert_eq!((u64_at(&events[0], 0), events[0][10]), (7, 0));
    m.write(me, writer, b"abc").ok();
    let events = outs(m.call(task, &poll));
    assert_eq!((u64_at(&events[0], 0), events[0][10], u64_at(&events[0], 16)), (8, 1, 3));
    let until = m.now.realtime_ns as u64 + 50;
    let absolute = subscription(9, 0, 0, until, true).to_vec();
    let poll = call!(nr::WASI_POLL_ONEOFF, absolute, Arg::Out(32), 1, Arg::Out(4));
    assert_eq!(m.call(task, &poll), Done::Blocked);
    m.pass(50);
    assert_eq!(outs(m.call(task, &poll))[1], [1, 0, 0, 0]);
    let bad = subscription(1, 2, 77, 0, false).to_vec();
    let events = outs(m.call(task, &call!(nr::WASI_POLL_ONEOFF, bad, Arg::Out(32), 1, Arg::Out(4))));
    assert_eq!(events[0][8], Errno::EBADF.to_wasi() as u8);
    assert_eq!(
        m.call(task, &call!(nr::WASI_POLL_ONEOFF, "", Arg::Out(0), 0, Arg::Out(4))),
        Done::Err(Errno::EINVAL)
    );
}

#[test]
fn leaving() {
    let mut m = Machine::default();
    let me = m.actor();
    let task = m.spawn(me, &[]);
    assert_eq!(m.call(task, &call!(nr::WASI_PROC_RAISE, 0)).ok(), 0);
    assert_eq!(m.call(task, &call!(nr::WASI_SCHED_YIELD)).ok(), 0);
    assert_eq!(m.call(task, &call!(nr::WASI_PROC_EXIT, 300)), Done::Exited);
    let other = m.spawn(me, &[]);
    assert_eq!(m.call(other, &call!(nr::WASI_PROC_RAISE, 15)), Done::Exited);
    let statuses: Vec<_> = (0..2).map(|_| m.wait(me, 0).unwrap().unwrap().1.shell_code()).collect();
    assert_eq!(statuses, [44, 128 + 15]);
    assert_eq!(m.open(me, "/tmp", open::RDONLY).ok(), 0);
}

#[test]
fn only_terminals_look_like_terminals() {
    // As isatty(3) of wasi-libc asks: a character device in which nothing can be sought.
    const CHARACTER_DEVICE: u8 = 2;
    const SEEK_OR_TELL: u8 = 1 << 2 | 1 << 5;
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, _) = m.pipe(me, 0);
    let (_, slave) = m.pair(me, &call!(nr::OPENPTY, 0, Arg::Out(8)));
    let null = m.open(me, "/dev/null", 0).ok();
    let file = m.open(me, "/etc/hostname", 0).ok();
    for (fd, expect) in [(slave, true), (null, false), (reader, false), (file, false)] {
        let stat = m.call(me, &call!(nr::WASI_FD_FDSTAT_GET, fd, Arg::Out(24))).bytes();
        assert_eq!(stat[0] == CHARACTER_DEVICE && stat[8] & SEEK_OR_TELL == 0, expect, "{fd}");
    }
}
