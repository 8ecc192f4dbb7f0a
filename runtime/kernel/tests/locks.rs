//! Locks of files and ranges: who waits for whom, when they go, and what Linux does with random ones.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

#[path = "simulation/dice.rs"]
mod dice;
mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    bounds::LOCKS_MAX,
    flags::{fcntl, flock, open},
    lock::{Flock, LockKind},
    nr,
};
use oac_kernel::TaskId;

const TO_END: i64 = 0;

fn lock(m: &mut Machine, task: TaskId, fd: i64, command: u32, lock: (LockKind, i64, i64)) -> Done {
    let (kind, start, length) = lock;
    let record = Flock { kind, whence: 0, start, length, pid: 0 }.encode();
    m.call(task, &call!(nr::FCNTL_LOCK, fd, command, &record[..], Arg::Out(Flock::BYTES)))
}

fn find(m: &mut Machine, task: TaskId, fd: i64, wanted: (LockKind, i64, i64)) -> Flock {
    Flock::decode(&lock(m, task, fd, fcntl::GETLK, wanted).bytes()).unwrap()
}

fn flocks(m: &mut Machine, task: TaskId, fd: i64, operation: u32) -> Done {
    m.call(task, &call!(nr::FLOCK, fd, operation))
}

fn open_file(m: &mut Machine, task: TaskId) -> i64 {
    m.open(task, "/tmp/locked", open::CREAT | open::RDWR).ok()
}

#[test]
fn a_waiting_lock_is_had_when_the_other_goes() {
    let mut m = Machine::default();
    let (one, two) = (m.actor(), m.actor());
    let (a, b) = (open_file(&mut m, one), open_file(&mut m, two));
    lock(&mut m, one, a, fcntl::SETLK, (LockKind::Write, 0, 10)).ok();
    let read = (LockKind::Read, 5, 10);
    assert_eq!(lock(&mut m, two, b, fcntl::SETLK, read), Done::Err(Errno::EAGAIN));
    let found = find(&mut m, two, b, read);
    assert_eq!(found, Flock { kind: LockKind::Write, whence: 0, start: 0, length: 10, pid: one.0 as i32 });
    assert_eq!(lock(&mut m, two, b, fcntl::SETLKW, read), Done::Blocked);
    lock(&mut m, one, a, fcntl::SETLK, (LockKind::Unlock, 0, 4)).ok();
    m.woken.clear();
    assert_eq!(lock(&mut m, two, b, fcntl::SETLKW, read), Done::Blocked, "not all of it is free");
    // What becomes shared no longer stands in the way.
    lock(&mut m, one, a, fcntl::SETLK, (LockKind::Read, 0, TO_END)).ok();
    assert!(m.woken.contains(&two));
    lock(&mut m, two, b, fcntl::SETLKW, read).ok();
}

#[test]
fn range_locks_go_with_any_descriptor_of_the_task() {
    let mut m = Machine::default();
    let (one, two) = (m.actor(), m.actor());
    let (a, b) = (open_file(&mut m, one), open_file(&mut m, two));
    let all = (LockKind::Write, 0, TO_END);
    let another = open_file(&mut m, one);
    for way in 0..4 {
        lock(&mut m, one, a, fcntl::SETLK, all).ok();
        assert_eq!(lock(&mut m, two, b, fcntl::SETLKW, all), Done::Blocked);
        match way {
            0 => m.close(one, another).ok(),
            1 => {
                let copy = m.call(one, &call!(nr::DUP, a, 0, 0)).ok();
                m.close(one, copy).ok()
            }
            2 => {
                let again = open_file(&mut m, one);
                let (reader, _) = m.pipe(one, 0);
                m.call(one, &call!(nr::DUP3, reader, again, 0)).ok()
            }
            _ => {
                m.kernel.detach(one);
                m.drain();
                0
            }
        };
        assert!(m.woken.contains(&two), "way {way}");
        lock(&mut m, two, b, fcntl::SETLKW, all).ok();
        lock(&mut m, two, b, fcntl::SETLK, (LockKind::Unlock, 0, TO_END)).ok();
    }
    assert_eq!(m.kernel.census().locks, 0);
}

#[test]
fn locks_of_descriptions_go_with_the_last_descriptor() {
    let mut m = Machine::default();
    let (one, two) = (m.actor(), m.actor());
    let a = open_file(&mut m, one);
    let copy = m.call(one, &call!(nr::DUP, a, 0, 0)).ok();
    let b = open_file(&mut m, two);
    let all = (LockKind::Write, 0, TO_END);
    flocks(&mut m, one, a, flock::EXCLUSIVE).ok();
    lock(&mut m, one, a, fcntl::OFD_SETLK, all).ok();
    assert_eq!(find(&mut m, two, b, all).pid, -1);
    flocks(&mut m, one, copy, flock::EXCLUSIVE).ok();
    lock(&mut m, one, copy, fcntl::OFD_SETLK, all).ok();
    m.close(one, a).ok();
    assert_eq!(flocks(&mut m, two, b, flock::SHARED | flock::NONBLOCK), Done::Err(Errno::EAGAIN));
    assert_eq!(flocks(&mut m, two, b, flock::SHARED), Done::Blocked);
    m.close(one, copy).ok();
    assert!(m.woken.contains(&two));
    flocks(&mut m, two, b, flock::SHARED).ok();
    lock(&mut m, two, b, fcntl::OFD_SETLKW, all).ok();
    // The same task by another description is another owner.
    let again = open_file(&mut m, two);
    assert_eq!(lock(&mut m, two, again, fcntl::OFD_SETLK, all), Done::Err(Errno::EAGAIN));
    assert_eq!(lock(&mut m, two, again, fcntl::SETLK, all), Done::Err(Errno::EAGAIN));
}

#[test]
fn tasks_that_would_wait_for_each_other_are_told() {
    let mut m = Machine::default();
    let tasks = [m.actor(), m.actor(), m.actor()];
    let fds = tasks.map(|task| open_file(&mut m, task));
    let byte = |at: usize| (LockKind::Write, at as i64, 1);
    for at in 0..3 {
        lock(&mut m, tasks[at], fds[at], fcntl::SETLK, byte(at)).ok();
    }
    assert_eq!(lock(&mut m, tasks[0], fds[0], fcntl::SETLKW, byte(1)), Done::Blocked);
    assert_eq!(lock(&mut m, tasks[1], fds[1], fcntl::SETLKW, byte(2)), Done::Blocked);
    assert_eq!(lock(&mut m, tasks[2], fds[2], fcntl::SETLKW, byte(0)), Done::Err(Errno::EDEADLK));
    // Who no longer waits closes no circle.
    m.call(tasks[1], &call!(nr::GETPID)).ok();
    assert_eq!(lock(&mut m, tasks[2], fds[2], fcntl::SETLKW, byte(0)), Done::Blocked);
    assert_eq!(lock(&mut m, tasks[1], fds[1], fcntl::SETLKW, byte(2)), Done::Err(Errno::EDEADLK));
    let mut ends = tasks.into_iter();
    m.kernel.detach(ends.next().unwrap());
    m.drain();
    assert!(m.woken.contains(&tasks[2]));
    lock(&mut m, tasks[2], fds[2], fcntl::SETLKW, byte(0)).ok();
    for task in ends {
        m.kernel.detach(task);
    }
    assert_eq!(m.kernel.census().locks, 0);
}

#[test]
fn arguments_that_mean_nothing_are_refused() {
    let mut m = Machine::default();
    let me = m.actor();
    let fd = open_file(&mut m, me);
    let read_only = m.open(me, "/tmp/locked", open::RDONLY).ok();
    let write_only = m.open(me, "/tmp/locked", open::WRONLY).ok();
    let path = m.open(me, "/tmp/locked", open::PATH).ok();
    let (read, write, unlock) = (LockKind::Read, LockKind::Write, LockKind::Unlock);
    for (fd, command, wanted, errno) in [
        (fd, 99, (read, 0, 0), Errno::EINVAL),
        (fd, fcntl::GETLK, (unlock, 0, 0), Errno::EINVAL),
        (fd, fcntl::SETLK, (read, -1, 0), Errno::EINVAL),
        (fd, fcntl::SETLK, (read, 5, -6), Errno::EINVAL),
        (fd, fcntl::SETLK, (read, i64::MAX, 2), Errno::EOVERFLOW),
        (read_only, fcntl::SETLK, (write, 0, 0), Errno::EBADF),
        (write_only, fcntl::SETLK, (read, 0, 0), Errno::EBADF),
        (path, fcntl::SETLK, (unlock, 0, 0), Errno::EBADF),
        (99, fcntl::SETLK, (read, 0, 0), Errno::EBADF),
    ] {
        assert_eq!(lock(&mut m, me, fd, command, wanted), Done::Err(errno), "{fd} {command} {wanted:?}");
    }
    lock(&mut m, me, fd, fcntl::SETLK, (read, i64::MAX, 1)).ok();
    for (fd, operation, errno) in
        [(fd, 0, Errno::EINVAL), (fd, 3, Errno::EINVAL), (path, 1, Errno::EBADF), (99, 1, Errno::EBADF)]
    {
        assert_eq!(flocks(&mut m, me, fd, operation), Done::Err(errno), "{fd} {operation}");
    }
    let with_pid = Flock { kind: read, whence: 0, start: 0, length: 0, pid: 1 }.encode();
    let call = call!(nr::FCNTL_LOCK, fd, fcntl::OFD_SETLK, &with_pid[..], Arg::Out(Flock::BYTES));
    assert_eq!(m.call(me, &call), Done::Err(Errno::EINVAL));
}

#[test]
fn locks_are_limited() {
    let mut m = Machine::default();
    let me = m.actor();
    let fd = open_file(&mut m, me);
    let mut at = 0;
    let errno = loop {
        match lock(&mut m, me, fd, fcntl::SETLK, (LockKind::Write, 4 * at, 2)) {
            Done::Err(errno) => break errno,
            done => done.ok(),
        };
        at += 1;
    };
    assert_eq!(errno, Errno::ENOLCK);
    // Locking leaves room for one that is split.
    assert_eq!(m.kernel.census().locks, LOCKS_MAX - 1);
    flocks(&mut m, me, fd, flock::SHARED).ok();
    let other = m.open(me, "/tmp/b", open::CREAT).ok();
    assert_eq!(flocks(&mut m, me, other, flock::SHARED), Done::Err(Errno::ENOLCK));
    let all = (LockKind::Unlock, 0, TO_END);
    lock(&mut m, me, fd, fcntl::SETLK, all).ok();
    assert_eq!(m.kernel.census().locks, 1);
}

/// Three descriptions of one file, on Linux and in the kernel, with the same random locks.
#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs,
        io::Seek as _,
        os::fd::AsRawFd as _,
        path::{Path, PathBuf},
    };

    use super::{dice::Dice, *};

    #[derive(Clone, Debug)]
    enum Operation {
        Set(usize, Flock),
        Get(usize, Flock),
        Whole(usize, u32),
        Seek(usize, u64),
        Reopen(usize),
    }

    fn random_lock(dice: &mut Dice) -> Flock {
        Flock {
            kind: dice.pick(&[LockKind::Read, LockKind::Read, LockKind::Write, LockKind::Unlock]),
            whence: dice.pick(&[0, 0, 0, 1, 2]),
            start: dice.pick(&[0, 1, 3, 5, 6, 9, -2, i64::MAX]),
            length: dice.pick(&[0, 1, 2, 3, 5, -1, -3, i64::MAX]),
            pid: 0,
        }
    }

    impl Operation {
        fn random(dice: &mut Dice) -> Operation {
            let slot = dice.roll(3) as usize;
            match dice.roll(16) {
                0..8 => Operation::Set(slot, random_lock(dice)),
                8..12 => {
                    let kind = dice.pick(&[LockKind::Read, LockKind::Write]);
                    Operation::Get(slot, Flock { kind, ..random_lock(dice) })
                }
                12..14 => {
                    let operation = dice.pick(&[flock::SHARED, flock::EXCLUSIVE, flock::UNLOCK]);
                    Operation::Whole(slot, operation | flock::NONBLOCK)
                }
                14 => Operation::Seek(slot, dice.roll(8)),
                _ => Operation::Reopen(slot),
            }
        }
    }

    type Outcome = Result<Option<Flock>, Errno>;

    struct Linux {
        path: PathBuf,
        files: Vec<fs::File>,
    }

    fn last_errno() -> Errno {
        Errno::from_number(std::io::Error::last_os_error().raw_os_error().unwrap().into()).unwrap()
    }

    impl Linux {
        fn open(path: &Path) -> fs::File {
            fs::OpenOptions::new().read(true).write(true).open(path).unwrap()
        }

        fn fcntl(&self, slot: usize, command: u32, lock: &Flock) -> Outcome {
            let mut record = libc::flock {
                l_type: lock.kind as libc::c_short,
                l_whence: lock.whence as libc::c_short,
                l_start: lock.start,
                l_len: lock.length,
                l_pid: 0,
            };
            let fd = self.files[slot].as_raw_fd();
            // SAFETY: the descriptor is open, and the record lives until the call has returned.
            if unsafe { libc::fcntl(fd, command as libc::c_int, &raw mut record) } < 0 {
                return Err(last_errno());
            }
            let kind = [LockKind::Read, LockKind::Write, LockKind::Unlock][record.l_type as usize];
            let (whence, start, length) = (record.l_whence as u16, record.l_start, record.l_len);
            Ok(Some(Flock { kind, whence, start, length, pid: record.l_pid }))
        }

        fn run(&mut self, operation: &Operation) -> Outcome {
            match operation {
                Operation::Set(slot, lock) => self.fcntl(*slot, fcntl::OFD_SETLK, lock).map(|_| None),
                Operation::Get(slot, lock) => self.fcntl(*slot, fcntl::OFD_GETLK, lock),
                Operation::Whole(slot, operation) => {
                    let fd = self.files[*slot].as_raw_fd();
                    // SAFETY: the descriptor is open; the call takes no memory.
                    let done = unsafe { libc::flock(fd, *operation as libc::c_int) };
                    if done < 0 { Err(last_errno()) } else { Ok(None) }
                }
                Operation::Seek(slot, to) => {
                    self.files[*slot].seek(std::io::SeekFrom::Start(*to)).unwrap();
                    Ok(None)
                }
                Operation::Reopen(slot) => {
                    self.files[*slot] = Linux::open(&self.path);
                    Ok(None)
                }
            }
        }
    }

    struct Kernel {
        m: Machine,
        task: TaskId,
        fds: Vec<i64>,
    }

    impl Kernel {
        fn fcntl(&mut self, slot: usize, command: u32, lock: &Flock) -> Outcome {
            let record = lock.encode();
            let call = call!(nr::FCNTL_LOCK, self.fds[slot], command, &record[..], Arg::Out(Flock::BYTES));
            match self.m.call(self.task, &call) {
                Done::Err(errno) => Err(errno),
                Done::Ok(_, outs) => Ok(Flock::decode(&outs[0]).ok()),
                other => panic!("{other:?}"),
            }
        }

        fn run(&mut self, operation: &Operation) -> Outcome {
            let (task, fd) = match operation {
                Operation::Set(slot, lock) => return self.fcntl(*slot, fcntl::OFD_SETLK, lock),
                Operation::Get(slot, lock) => return self.fcntl(*slot, fcntl::OFD_GETLK, lock),
                Operation::Whole(slot, _) | Operation::Seek(slot, _) | Operation::Reopen(slot) => {
                    (self.task, self.fds[*slot])
                }
            };
            let done = match operation {
                Operation::Whole(_, operation) => flocks(&mut self.m, task, fd, *operation),
                Operation::Seek(_, to) => self.m.call(task, &call!(nr::LSEEK, fd, *to, 0_u32)),
                _ => {
                    let new = open_file(&mut self.m, task);
                    self.m.call(task, &call!(nr::DUP3, new, fd, 0)).ok();
                    self.m.close(task, new)
                }
            };
            match done {
                Done::Err(errno) => Err(errno),
                done => Ok(done.ok()).map(|_| None),
            }
        }
    }

    fn compare(seed: u64, path: &Path) {
        fs::write(path, "12345").unwrap();
        let mut linux =
            Linux { path: path.to_path_buf(), files: (0..3).map(|_| Linux::open(path)).collect() };
        let mut m = Machine::default();
        let task = m.actor();
        m.put(task, "/tmp/locked", "12345");
        let fds = (0..3).map(|_| open_file(&mut m, task)).collect();
        let mut kernel = Kernel { m, task, fds };
        let mut dice = Dice::new(seed);
        let mut history = Vec::new();
        for _ in 0..300 {
            let operation = Operation::random(&mut dice);
            let (expect, got) = (linux.run(&operation), kernel.run(&operation));
            history.push(format!("{operation:?} -> {expect:?}"));
            assert_eq!(got, expect, "seed {seed}, {operation:?} after\n{}", history.join("\n"));
        }
    }

    #[test]
    fn locks_are_those_of_linux() {
        let path = std::env::temp_dir().join(format!("oac-kernel-locks-{}", std::process::id()));
        // A longer run: OAC_LINUX_SEEDS=3000 cargo test -p oac-kernel --test locks
        let seeds = std::env::var("OAC_LINUX_SEEDS").ok().map_or(100, |seeds| seeds.parse().unwrap());
        for seed in 1..=seeds {
            compare(seed, &path);
        }
        fs::remove_file(&path).unwrap();
    }
}
