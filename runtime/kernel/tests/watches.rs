//! Watching files: what Linux tells watches of random operations, and the limits.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

#[path = "simulation/dice.rs"]
mod dice;
mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno, bounds,
    flags::{at, inotify, open, poll, rename},
    nr,
};
use oac_kernel::{Config, HostRequest, Limits, TaskId};

/// An event as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Event {
    watch: i32,
    mask: u32,
    cookie: u32,
    name: String,
}

fn decode(mut bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let len = inotify::HEADER_BYTES + u32_at(12) as usize;
        let name = bytes[inotify::HEADER_BYTES..len].split(|&byte| byte == 0).next().unwrap_or_default();
        let name = String::from_utf8(name.to_vec()).unwrap();
        events.push(Event { watch: u32_at(0) as i32, mask: u32_at(4), cookie: u32_at(8), name });
        bytes = &bytes[len..];
    }
    events
}

fn init(m: &mut Machine, task: TaskId) -> i64 {
    m.call(task, &call!(nr::INOTIFY_INIT, open::NONBLOCK)).ok()
}

fn watch(m: &mut Machine, task: TaskId, fd: i64, path: &str, mask: u32) -> Done {
    m.call(task, &call!(nr::INOTIFY_ADD_WATCH, fd, path, mask))
}

fn events(m: &mut Machine, task: TaskId, fd: i64) -> Vec<Event> {
    let mut all = Vec::new();
    loop {
        match m.read(task, fd, 4096) {
            Done::Err(Errno::EAGAIN) => return all,
            done => all.extend(decode(&done.bytes())),
        }
    }
}

/// Watch, mask and name of each event.
fn brief(m: &mut Machine, task: TaskId, fd: i64) -> Vec<(i32, u32, String)> {
    events(m, task, fd).into_iter().map(|event| (event.watch, event.mask, event.name)).collect()
}

#[test]
fn a_blocked_read_is_woken_and_poll_sees_events() {
    let mut m = Machine::default();
    let (me, other) = (m.actor(), m.actor());
    let fd = m.call(me, &call!(nr::INOTIFY_INIT, 0)).ok();
    assert_eq!(watch(&mut m, me, fd, "/tmp", inotify::CREATE).ok(), 1);
    assert_eq!(m.read(me, fd, 100), Done::Blocked);
    m.call(other, &call!(nr::MKDIRAT, -100, "/tmp/new", 0o755)).ok();
    assert!(m.woken.contains(&me));
    let got = decode(&m.read(me, fd, 100).bytes());
    assert_eq!(
        got,
        [Event { watch: 1, mask: inotify::CREATE | inotify::ISDIR, cookie: 0, name: "new".into() }]
    );
    assert_eq!(m.poll(me, &[(fd, poll::IN)], 0), Ok(vec![0]));
    assert_eq!(m.poll(me, &[(fd, poll::IN)], -1), Err(Done::Blocked));
    m.put(other, "/tmp/file", "x");
    assert!(m.woken.contains(&me));
    assert_eq!(m.poll(me, &[(fd, poll::IN)], -1), Ok(vec![poll::IN]));
    assert_eq!(m.read(me, fd, 31), Done::Err(Errno::EINVAL), "too small for an event with a name");
    assert_eq!(m.read(me, fd, 32).bytes().len(), 32);
    assert_eq!(m.write(me, fd, b"x"), Done::Err(Errno::EBADF));
}

#[test]
fn names_are_those_of_the_operation() {
    let mut m = Machine::default();
    let me = m.actor();
    for dir in ["/tmp/a", "/tmp/b", "/tmp/bound"] {
        m.call(me, &call!(nr::MKDIRAT, -100, dir, 0o755)).ok();
    }
    m.put(me, "/tmp/a/one", "");
    m.call(me, &call!(nr::LINKAT, -100, "/tmp/a/one", -100, "/tmp/b/two", 0)).ok();
    m.call(me, &call!(nr::NS_BIND, "/tmp/a", "/tmp/bound", 0)).ok();
    let fd = init(&mut m, me);
    let a = watch(&mut m, me, fd, "/tmp/a", inotify::MODIFY | inotify::CREATE).ok() as i32;
    let b = watch(&mut m, me, fd, "/tmp/b", inotify::MODIFY).ok() as i32;
    m.put(me, "/tmp/b/two", "written by its second name");
    assert_eq!(brief(&mut m, me, fd), [(b, inotify::MODIFY, "two".into())]);
    m.put(me, "/tmp/bound/one", "written through a bind");
    assert_eq!(brief(&mut m, me, fd), [(a, inotify::MODIFY, "one".into())]);
    m.put(me, "/tmp/bound/new", "");
    assert_eq!(brief(&mut m, me, fd), [(a, inotify::CREATE, "new".into())]);
    assert_eq!(watch(&mut m, me, fd, "/tmp/bound", inotify::CREATE), Done::Ok(i64::from(a), vec![]));
}

#[test]
fn a_union_is_watched_in_all_its_members() {
    let mut m = Machine::default();
    let me = m.actor();
    for dir in ["/tmp/a", "/tmp/b"] {
        m.call(me, &call!(nr::MKDIRAT, -100, dir, 0o755)).ok();
    }
    m.put(me, "/tmp/b/below", "");
    m.call(me, &call!(nr::NS_BIND, "/tmp/a", "/tmp/b", oac_abi::flags::bind::BEFORE)).ok();
    let fd = init(&mut m, me);
    let union = watch(&mut m, me, fd, "/tmp/b", inotify::CREATE | inotify::DELETE).ok() as i32;
    m.put(me, "/tmp/a/above", "");
    m.call(me, &call!(nr::UNLINKAT, -100, "/tmp/b/below", 0)).ok();
    let expect = [(union, inotify::CREATE, "above".into()), (union, inotify::DELETE, "below".into())];
    assert_eq!(brief(&mut m, me, fd), expect);
    m.close(me, fd).ok();
    assert_eq!(m.kernel.census().watches, 0);
}

#[test]
fn a_full_queue_says_so_once_and_goes_on() {
    let mut m = Machine::default();
    let me = m.actor();
    m.put(me, "/tmp/a", "");
    let fd = init(&mut m, me);
    watch(&mut m, me, fd, "/tmp", inotify::ATTRIB | inotify::ACCESS).ok();
    for _ in 0..bounds::WATCH_EVENTS_MAX {
        // Alternating, for two of the same are one.
        let omit = oac_abi::flags::UTIME_OMIT_NS;
        m.call(me, &call!(nr::UTIMENSAT, -100, "/tmp/a", 1_i64, omit, 0)).ok();
        m.call(me, &call!(nr::FCHMODAT, -100, "/tmp/a", 0o644, 0)).ok();
    }
    let all = events(&mut m, me, fd);
    assert_eq!(all.len(), bounds::WATCH_EVENTS_MAX + 1);
    let last = all.last().unwrap();
    assert_eq!((last.watch, last.mask), (-1, inotify::Q_OVERFLOW));
    m.call(me, &call!(nr::FCHMODAT, -100, "/tmp/a", 0o644, 0)).ok();
    assert_eq!(brief(&mut m, me, fd), [(1, inotify::ATTRIB, "a".into())]);
}

#[test]
fn watchers_and_watches_are_limited() {
    let limits = Limits { fds: 1 << 20, disk_bytes: 1 << 30, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let me = m.actor();
    let first = init(&mut m, me);
    for _ in 1..bounds::WATCHERS_MAX {
        init(&mut m, me);
    }
    assert_eq!(m.call(me, &call!(nr::INOTIFY_INIT, 0)), Done::Err(Errno::EMFILE));
    m.close(me, first + 1).ok();
    init(&mut m, me);
    for number in 0..bounds::WATCHES_MAX {
        let path = format!("/tmp/{number}");
        m.put(me, &path, "");
        watch(&mut m, me, first, &path, inotify::ATTRIB).ok();
    }
    assert_eq!(watch(&mut m, me, first, "/tmp", inotify::ATTRIB), Done::Err(Errno::ENOSPC));
    m.call(me, &call!(nr::INOTIFY_RM_WATCH, first, 7)).ok();
    watch(&mut m, me, first, "/tmp", inotify::ATTRIB).ok();
    assert_eq!(m.kernel.census().watches, bounds::WATCHES_MAX);
}

#[test]
fn arguments_that_mean_nothing_are_refused() {
    let mut m = Machine::default();
    let me = m.actor();
    let fd = init(&mut m, me);
    let file = m.open(me, "/tmp/f", open::CREAT | open::RDWR).ok();
    assert_eq!(m.call(me, &call!(nr::INOTIFY_INIT, open::APPEND)), Done::Err(Errno::EINVAL));
    for (fd, path, mask, errno) in [
        (fd, "/tmp", 0, Errno::EINVAL),
        (fd, "/tmp", inotify::MASK_ADD | inotify::MASK_CREATE | 1, Errno::EINVAL),
        (file, "/tmp", 1, Errno::EINVAL),
        (99, "/tmp", 1, Errno::EBADF),
        (fd, "/none", 1, Errno::ENOENT),
        (fd, "", 1, Errno::ENOENT),
        (fd, "/tmp/f", inotify::ONLYDIR | 1, Errno::ENOTDIR),
    ] {
        assert_eq!(watch(&mut m, me, fd, path, mask), Done::Err(errno), "{path} {mask:x}");
    }
    watch(&mut m, me, fd, "/tmp", 1).ok();
    assert_eq!(watch(&mut m, me, fd, "/tmp", inotify::MASK_CREATE | 1), Done::Err(Errno::EEXIST));
    assert_eq!(m.call(me, &call!(nr::INOTIFY_RM_WATCH, fd, 2)), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(me, &call!(nr::INOTIFY_RM_WATCH, file, 1)), Done::Err(Errno::EINVAL));
    m.call(me, &call!(nr::INOTIFY_RM_WATCH, fd, 1)).ok();
    assert_eq!(brief(&mut m, me, fd), [(1, inotify::IGNORED, String::new())]);
}

#[test]
fn a_task_that_ends_leaves_no_watch() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    assert!(matches!(m.requests.last(), Some(HostRequest::Start { .. })));
    let before = m.kernel.census();
    let fd = init(&mut m, child);
    watch(&mut m, child, fd, "/tmp", inotify::ALL_EVENTS).ok();
    m.open(child, "/tmp/f", open::CREAT | open::RDWR).ok();
    m.call(child, &call!(nr::EXIT, 0));
    let after = m.kernel.census();
    assert_eq!((after.watchers, after.watches, after.open_names), (0, 0, before.open_names));
}

/// The same random operations on Linux and in the kernel, each with one watcher: the events must be the same.
#[cfg(target_os = "linux")]
mod linux {
    use std::{
        collections::BTreeMap,
        fs,
        io::{Read as _, Write as _},
        mem::MaybeUninit,
        os::fd::OwnedFd,
        path::Path,
    };

    use rustix::fs::{
        AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps,
        inotify::{CreateFlags, WatchFlags},
    };

    use super::{dice::Dice, *};

    #[derive(Clone, Debug)]
    enum Operation {
        MakeDir(String),
        Remove(String, u32),
        Rename(String, String, u32),
        Link(String, String),
        Symlink(String),
        Chmod(String),
        Chown(String),
        /// Access and modification time, each set or left alone.
        Times(String, bool, bool),
        List(String),
        Open(usize, String, u32),
        Write(usize),
        Read(usize),
        Truncate(usize),
        Fchmod(usize),
        Close(usize),
        Watch(String, u32),
        Unwatch(i32),
    }

    fn path(dice: &mut Dice) -> String {
        let name = |dice: &mut Dice| dice.pick(&["a", "b", "c"]);
        match dice.roll(8) {
            0 => ".".into(),
            1..4 => name(dice).into(),
            4..7 => format!("{}/{}", name(dice), name(dice)),
            _ => format!("{}/{}/{}", name(dice), name(dice), name(dice)),
        }
    }

    fn mask(dice: &mut Dice) -> u32 {
        let extra = dice.pick(&[
            0,
            0,
            0,
            inotify::ONESHOT,
            inotify::EXCL_UNLINK,
            inotify::ONLYDIR,
            inotify::DONT_FOLLOW,
            inotify::MASK_ADD,
            inotify::MASK_CREATE,
        ]);
        let events = if dice.one_in(3) { 1 << dice.roll(12) } else { inotify::ALL_EVENTS };
        events | extra
    }

    impl Operation {
        fn random(dice: &mut Dice) -> Operation {
            let slot = dice.roll(3) as usize;
            match dice.roll(30) {
                0..3 => Operation::MakeDir(path(dice)),
                3..5 => Operation::Remove(path(dice), 0),
                5 => Operation::Remove(path(dice), at::REMOVEDIR),
                6..9 => Operation::Rename(path(dice), path(dice), dice.pick(&[0, 0, rename::EXCHANGE])),
                9..11 => Operation::Link(path(dice), path(dice)),
                11 => Operation::Symlink(path(dice)),
                12 => Operation::Chmod(path(dice)),
                13 => Operation::Chown(path(dice)),
                14 => Operation::Times(path(dice), dice.one_in(2), dice.one_in(2)),
                15 => Operation::List(path(dice)),
                16..20 => {
                    let access = dice.pick(&[open::RDONLY, open::WRONLY, open::RDWR]);
                    let extra = [0, open::CREAT, open::CREAT, open::CREAT | open::TRUNC, open::PATH];
                    Operation::Open(slot, path(dice), access | dice.pick(&extra))
                }
                20 => Operation::Write(slot),
                21 => Operation::Read(slot),
                22 => Operation::Truncate(slot),
                23 => Operation::Fchmod(slot),
                24..26 => Operation::Close(slot),
                26..29 => Operation::Watch(path(dice), mask(dice)),
                _ => Operation::Unwatch(dice.roll(4) as i32 + 1),
            }
        }
    }

    type Outcome = Result<i64, Errno>;

    struct Linux {
        base: String,
        slots: BTreeMap<usize, fs::File>,
        watcher: OwnedFd,
    }

    fn errno(error: rustix::io::Errno) -> Errno {
        Errno::from_number(error.raw_os_error().into()).unwrap()
    }

    fn io_errno(error: std::io::Error) -> Errno {
        Errno::from_number(error.raw_os_error().unwrap().into()).unwrap()
    }

    impl Linux {
        fn at(&self, path: &str) -> String {
            format!("{}/{path}", self.base)
        }

        fn run(&mut self, operation: &Operation) -> Outcome {
            let done = |result: rustix::io::Result<()>| result.map(|()| 0).map_err(errno);
            match operation {
                Operation::MakeDir(path) => done(rustix::fs::mkdir(self.at(path), Mode::RWXU)),
                Operation::Remove(path, flags) => {
                    done(rustix::fs::unlinkat(CWD, self.at(path), AtFlags::from_bits_retain(*flags)))
                }
                Operation::Rename(old, new, flags) => {
                    let flags = RenameFlags::from_bits_retain(*flags);
                    done(rustix::fs::renameat_with(CWD, self.at(old), CWD, self.at(new), flags))
                }
                Operation::Link(old, new) => done(rustix::fs::link(self.at(old), self.at(new))),
                Operation::Symlink(path) => done(rustix::fs::symlink("a", self.at(path))),
                Operation::Chmod(path) => done(rustix::fs::chmod(self.at(path), Mode::RWXU)),
                Operation::Chown(path) => {
                    let uid = Some(rustix::process::getuid());
                    done(rustix::fs::chown(self.at(path), uid, None))
                }
                Operation::Times(path, access, modification) => {
                    let time = |given: bool| Timespec {
                        tv_sec: 1,
                        tv_nsec: if given { 0 } else { rustix::fs::UTIME_OMIT },
                    };
                    let times =
                        Timestamps { last_access: time(*access), last_modification: time(*modification) };
                    done(rustix::fs::utimensat(CWD, self.at(path), &times, AtFlags::empty()))
                }
                Operation::List(path) => fs::read_dir(self.at(path)).map_err(io_errno).map(|entries| {
                    entries.for_each(drop);
                    0
                }),
                Operation::Open(slot, path, flags) => {
                    self.slots.remove(slot);
                    let flags = OFlags::from_bits_retain(*flags | open::CLOEXEC);
                    let fd = rustix::fs::open(self.at(path), flags, Mode::RWXU).map_err(errno)?;
                    self.slots.insert(*slot, fd.into());
                    Ok(0)
                }
                Operation::Watch(path, mask) => {
                    let flags = WatchFlags::from_bits_retain(*mask);
                    rustix::fs::inotify::add_watch(&self.watcher, self.at(path), flags)
                        .map(i64::from)
                        .map_err(errno)
                }
                Operation::Unwatch(number) => done(rustix::fs::inotify::remove_watch(&self.watcher, *number)),
                _ => self.run_open(operation),
            }
        }

        fn run_open(&mut self, operation: &Operation) -> Outcome {
            let (Operation::Write(slot)
            | Operation::Read(slot)
            | Operation::Truncate(slot)
            | Operation::Fchmod(slot)
            | Operation::Close(slot)) = operation
            else {
                unreachable!("the others need no open file")
            };
            let Some(file) = self.slots.get_mut(slot) else { return Ok(0) };
            match operation {
                Operation::Write(_) => file.write(b"written").map(|len| len as i64).map_err(io_errno),
                Operation::Read(_) => file.read(&mut [0; 3]).map(|len| len as i64).map_err(io_errno),
                Operation::Truncate(_) => rustix::fs::ftruncate(file, 4).map(|()| 0).map_err(errno),
                Operation::Fchmod(_) => rustix::fs::fchmod(file, Mode::RWXU).map(|()| 0).map_err(errno),
                _ => {
                    self.slots.remove(slot);
                    Ok(0)
                }
            }
        }

        fn events(&self) -> Vec<Event> {
            let mut all = Vec::new();
            let mut buf = [const { MaybeUninit::uninit() }; 4096];
            while let Ok((bytes, _)) = rustix::io::read(&self.watcher, &mut buf) {
                all.extend(decode(bytes));
            }
            all
        }
    }

    struct Kernel {
        m: Machine,
        task: TaskId,
        slots: BTreeMap<usize, i64>,
        watcher: i64,
    }

    impl Kernel {
        fn run(&mut self, operation: &Operation) -> Outcome {
            let at_base = |path: &str| format!("/tmp/base/{path}");
            let call = match operation {
                Operation::MakeDir(path) => call!(nr::MKDIRAT, -100, at_base(path).as_str(), 0o700),
                Operation::Remove(path, flags) => {
                    call!(nr::UNLINKAT, -100, at_base(path).as_str(), *flags)
                }
                Operation::Rename(old, new, flags) => {
                    let (old, new) = (at_base(old), at_base(new));
                    call!(nr::RENAMEAT, -100, old.as_str(), -100, new.as_str(), *flags)
                }
                Operation::Link(old, new) => {
                    call!(nr::LINKAT, -100, at_base(old).as_str(), -100, at_base(new).as_str(), 0)
                }
                Operation::Symlink(path) => call!(nr::SYMLINKAT, "a", -100, at_base(path).as_str()),
                Operation::Chmod(path) => call!(nr::FCHMODAT, -100, at_base(path).as_str(), 0o700, 0),
                Operation::Chown(path) => {
                    call!(nr::FCHOWNAT, -100, at_base(path).as_str(), 0, u32::MAX, 0)
                }
                Operation::Times(path, access, modification) => {
                    let time =
                        |given: &bool| if *given { 1_000_000_000 } else { oac_abi::flags::UTIME_OMIT_NS };
                    let (access, modification) = (time(access), time(modification));
                    call!(nr::UTIMENSAT, -100, at_base(path).as_str(), access, modification, 0)
                }
                Operation::List(path) => return self.list(&at_base(path)),
                Operation::Open(slot, path, flags) => {
                    if let Some(fd) = self.slots.remove(slot) {
                        self.m.close(self.task, fd).ok();
                    }
                    let call = call!(nr::OPENAT, -100, at_base(path).as_str(), *flags, 0o700);
                    let fd = outcome(self.m.call(self.task, &call))?;
                    self.slots.insert(*slot, fd);
                    return Ok(0);
                }
                Operation::Watch(path, mask) => {
                    call!(nr::INOTIFY_ADD_WATCH, self.watcher, at_base(path).as_str(), *mask)
                }
                Operation::Unwatch(number) => call!(nr::INOTIFY_RM_WATCH, self.watcher, *number),
                Operation::Write(slot)
                | Operation::Read(slot)
                | Operation::Truncate(slot)
                | Operation::Fchmod(slot)
                | Operation::Close(slot) => {
                    let Some(&fd) = self.slots.get(slot) else { return Ok(0) };
                    match operation {
                        Operation::Write(_) => call!(nr::WRITE, fd, &b"written"[..]),
                        Operation::Read(_) => call!(nr::READ, fd, Arg::Out(3)),
                        Operation::Truncate(_) => call!(nr::FTRUNCATE, fd, 4_i64),
                        Operation::Fchmod(_) => call!(nr::FCHMODAT, fd, "", 0o700, at::EMPTY_PATH),
                        _ => {
                            self.slots.remove(slot);
                            call!(nr::CLOSE, fd)
                        }
                    }
                }
            };
            outcome(self.m.call(self.task, &call))
        }

        fn list(&mut self, path: &str) -> Outcome {
            let fd = outcome(self.m.open(self.task, path, open::DIRECTORY))?;
            // Once for the names, of which Linux always has `.` and `..`, and once for the end.
            for _ in 0..2 {
                self.m.call(self.task, &call!(nr::GETDENTS, fd, Arg::Out(4096))).ok();
            }
            self.m.close(self.task, fd).ok();
            Ok(0)
        }
    }

    fn outcome(done: Done) -> Outcome {
        match done {
            Done::Err(errno) => Err(errno),
            done => Ok(done.ok()),
        }
    }

    /// The kernel's cookies and Linux's count differently, but they link the same events.
    fn link_cookies(events: &mut [Event]) {
        let mut seen = Vec::new();
        for event in events.iter_mut().filter(|event| event.cookie != 0) {
            let known = seen.iter().position(|&cookie| cookie == event.cookie);
            seen.push(event.cookie);
            event.cookie = known.unwrap_or(seen.len() - 1) as u32 + 1;
        }
    }

    fn compare(seed: u64, operations: u32, root: &Path) {
        let base = root.join(seed.to_string());
        fs::create_dir(&base).unwrap();
        let watcher = rustix::fs::inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        let mut linux = Linux { base: base.to_str().unwrap().into(), slots: BTreeMap::new(), watcher };
        let mut m = Machine::default();
        let task = m.actor();
        m.call(task, &call!(nr::MKDIRAT, -100, "/tmp/base", 0o755)).ok();
        let watcher = init(&mut m, task);
        let mut kernel = Kernel { m, task, slots: BTreeMap::new(), watcher };
        let mut dice = Dice::new(seed);
        let mut history = Vec::new();
        for _ in 0..operations {
            let operation = Operation::random(&mut dice);
            let (expect, got) = (linux.run(&operation), kernel.run(&operation));
            let (mut expect_events, mut got_events) = (linux.events(), events(&mut kernel.m, task, watcher));
            link_cookies(&mut expect_events);
            link_cookies(&mut got_events);
            history.push(format!("{operation:?} -> {expect:?}\n  {expect_events:x?}"));
            assert_eq!(got, expect, "seed {seed}, {operation:?} after\n{}", history.join("\n"));
            assert_eq!(
                got_events,
                expect_events,
                "seed {seed}: {got_events:x?}, {operation:?} after\n{}",
                history.join("\n")
            );
        }
    }

    #[test]
    fn events_are_those_of_linux() {
        let root = std::env::temp_dir().join(format!("oac-kernel-watches-{}", std::process::id()));
        fs::create_dir(&root).unwrap();
        // A longer run: OAC_LINUX_SEEDS=3000 cargo test -p oac-kernel --test watches
        let seeds = std::env::var("OAC_LINUX_SEEDS").ok().map_or(150, |seeds| seeds.parse().unwrap());
        for seed in 1..=seeds {
            compare(seed, 200, &root);
        }
        fs::remove_dir_all(&root).unwrap();
    }
}
