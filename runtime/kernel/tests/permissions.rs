//! Who a task is, and what it may do with files.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

#[cfg(target_os = "linux")]
#[path = "simulation/dice.rs"]
mod dice;
mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{Errno, bounds::GROUPS_MAX, flags::open, nr};
use oac_kernel::TaskId;

fn ids(m: &mut Machine, task: TaskId) -> Vec<u32> {
    let bytes = m.call(task, &call!(nr::GETCREDENTIALS, Arg::Out(24))).bytes();
    bytes.chunks(4).map(|id| u32::from_le_bytes(id.try_into().unwrap())).collect()
}

fn groups(m: &mut Machine, task: TaskId, groups: &[u32]) -> Done {
    let bytes: Vec<u8> = groups.iter().flat_map(|group| group.to_le_bytes()).collect();
    m.call(task, &call!(nr::SETGROUPS, bytes))
}

#[test]
fn credentials_are_inherited_and_not_regained() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    assert_eq!(ids(&mut m, child), [0; 6]);
    groups(&mut m, child, &[7, 8]).ok();
    m.call(child, &call!(nr::SETRESGID, 20, 20, 20)).ok();
    m.call(child, &call!(nr::SETRESUID, 10, 11, 12)).ok();
    let grandchild = m.spawn(child, &[]);
    assert_eq!(ids(&mut m, grandchild), [10, 11, 11, 20, 20, 20], "what it acts as is saved");
    assert_eq!(m.call(grandchild, &call!(nr::GETGROUPS, Arg::Out(0))).ok(), 2);
    assert_eq!(m.call(grandchild, &call!(nr::GETGROUPS, Arg::Out(8))).bytes(), [7, 0, 0, 0, 8, 0, 0, 0]);
    assert_eq!(m.call(grandchild, &call!(nr::GETGROUPS, Arg::Out(4))), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(grandchild, &call!(nr::SETRESUID, 0, -1_i64, -1_i64)), Done::Err(Errno::EPERM));
    assert_eq!(m.call(grandchild, &call!(nr::SETRESGID, -1_i64, 0, -1_i64)), Done::Err(Errno::EPERM));
    assert_eq!(groups(&mut m, grandchild, &[0]), Done::Err(Errno::EPERM));
    assert_eq!(ids(&mut m, me), [0; 6], "the parent is who it was");
    let fd = m.open(grandchild, "/tmp/theirs", open::CREAT | open::WRONLY).ok();
    m.close(grandchild, fd).ok();
    let stat = m.stat(me, "/tmp/theirs", 0).unwrap();
    assert_eq!((stat.uid, stat.gid), (11, 20));
}

#[test]
fn a_task_is_open_to_its_user_alone() {
    let mut m = Machine::default();
    let me = m.actor();
    let (reader, _) = m.pipe(me, 0);
    let [mine, other] = [10, 11].map(|uid| {
        let task = m.spawn(me, &[(0, reader)]);
        m.call(task, &call!(nr::SETRESUID, uid, uid, uid)).ok();
        task
    });
    for (file, flags, errno) in [
        ("fd", open::RDONLY, Errno::EACCES),
        ("fd/0", open::RDONLY, Errno::EACCES),
        ("env", open::RDONLY, Errno::EACCES),
        ("ctl", open::WRONLY, Errno::EACCES),
    ] {
        let path = format!("/task/{mine}/{file}");
        assert_eq!(m.open(other, &path, flags), Done::Err(errno), "{file}");
        m.open(mine, &path, flags).ok();
        m.open(me, &path, flags).ok();
    }
    assert_eq!(m.get(other, &format!("/task/{mine}/status")), Ok("running\n".into()));
}

#[test]
fn what_is_opened_anew_is_checked_anew() {
    let mut m = Machine::default();
    let me = m.actor();
    m.put(me, "/tmp/secret", "kept");
    m.call(me, &call!(nr::FCHMODAT, -100, "/tmp/secret", 0o644, 0)).ok();
    let fd = m.open(me, "/tmp/secret", open::RDONLY).ok();
    let child = m.spawn(me, &[(0, fd)]);
    m.call(child, &call!(nr::SETRESUID, 10, 10, 10)).ok();
    let again = m.open(child, "/proc/self/fd/0", open::RDONLY).ok();
    assert_eq!(m.read(child, again, 9).text(), "kept");
    for flags in [open::RDWR, open::RDONLY | open::TRUNC] {
        assert_eq!(m.open(child, "/proc/self/fd/0", flags), Done::Err(Errno::EACCES));
    }
    m.call(me, &call!(nr::FCHMODAT, -100, "/tmp/secret", 0o600, 0)).ok();
    m.call(me, &call!(nr::UNLINKAT, -100, "/tmp/secret", 0)).ok();
    assert_eq!(m.open(child, "/proc/self/fd/0", open::RDONLY), Done::Err(Errno::EACCES));
    assert_eq!(m.read(child, 0, 9).text(), "kept", "what is open stays so");
}

#[test]
fn groups_are_limited() {
    let mut m = Machine::default();
    let me = m.actor();
    groups(&mut m, me, &vec![1; GROUPS_MAX]).ok();
    assert_eq!(groups(&mut m, me, &vec![1; GROUPS_MAX + 1]), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(me, &call!(nr::SETGROUPS, &[1, 2, 3][..])), Done::Err(Errno::EINVAL));
}

/// The same random operations by root and two users, on Linux and in the kernel: every errno, and whose every file is with which
/// mode. Linux lets only root become others, so as somebody else there is nothing to compare with.
#[cfg(target_os = "linux")]
mod linux {
    use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

    use oac_abi::flags::{UTIME_NOW_NS, UTIME_OMIT_NS, at, rename};
    use rustix::{
        fs::{Access, AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps},
        process::{Gid, Uid},
        thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
    };

    use super::{dice::Dice, *};

    const ROOT: u32 = 0;
    /// User, group, supplementary group.
    const USERS: [(u32, u32, u32); 3] = [(ROOT, 0, 0), (40_001, 40_010, 40_020), (40_002, 40_020, 40_030)];
    const EACCESS: u32 = 0x200;

    #[derive(Clone, Debug)]
    enum Operation {
        MakeDir(String, u32),
        Remove(String, u32),
        Rename(String, String, u32),
        Link(String, String),
        Symlink(String),
        Chmod(String, u32),
        Chown(String, u32, u32),
        Times(String, i64, i64),
        Access(String, u32, u32),
        /// Opens, writes, truncates, as far as the flags go.
        Open(String, u32, u32),
        Chdir(String),
    }

    fn path(dice: &mut Dice) -> String {
        let mut path: Vec<&str> = Vec::new();
        for _ in 0..=dice.roll(3) {
            path.push(dice.pick(&["a", "b", "c", "d"]));
        }
        path.join("/")
    }

    fn mode(dice: &mut Dice) -> u32 {
        let bits = [0o777, 0o755, 0o700, 0o770, 0o070, 0o007, 0o711, 0o666, 0o644, 0o640, 0o000];
        let special = [0, 0, 0, 0o1000, 0o1000, 0o2000, 0o4000, 0o6000];
        dice.pick(&bits) | dice.pick(&special)
    }

    impl Operation {
        fn random(dice: &mut Dice) -> Operation {
            match dice.roll(24) {
                0..4 => Operation::MakeDir(path(dice), mode(dice)),
                4 => Operation::Remove(path(dice), 0),
                5 => Operation::Remove(path(dice), at::REMOVEDIR),
                6..9 => {
                    let flags = dice.pick(&[0, 0, rename::NOREPLACE, rename::EXCHANGE]);
                    Operation::Rename(path(dice), path(dice), flags)
                }
                9..11 => Operation::Link(path(dice), path(dice)),
                11 => Operation::Symlink(path(dice)),
                12..14 => Operation::Chmod(path(dice), mode(dice)),
                14..16 => {
                    let id = |dice: &mut Dice, of: [u32; 3]| dice.pick(&[of[0], of[1], of[2], u32::MAX]);
                    let uid = id(dice, [0, 40_001, 40_002]);
                    Operation::Chown(path(dice), uid, id(dice, [40_010, 40_020, 40_030]))
                }
                16 => {
                    let times = [UTIME_NOW_NS, UTIME_NOW_NS, UTIME_OMIT_NS, 5];
                    Operation::Times(path(dice), dice.pick(&times), dice.pick(&times))
                }
                17..19 => Operation::Access(path(dice), dice.roll(8) as u32, dice.pick(&[0, EACCESS])),
                19 => Operation::Chdir(path(dice)),
                _ => {
                    let access = dice.pick(&[open::RDONLY, open::WRONLY, open::RDWR]);
                    let extra = [
                        0,
                        open::CREAT,
                        open::CREAT,
                        open::TRUNC,
                        open::CREAT | open::EXCL,
                        open::DIRECTORY,
                        open::NOATIME,
                        open::PATH,
                    ];
                    Operation::Open(path(dice), access | dice.pick(&extra), mode(dice))
                }
            }
        }
    }

    type Outcome = Result<String, Errno>;

    fn errno(error: rustix::io::Errno) -> Errno {
        Errno::from_number(error.raw_os_error().into()).unwrap()
    }

    /// Lets this thread act as somebody; as root again afterwards.
    fn acting<R>(user: usize, act: impl FnOnce() -> R) -> R {
        let (uid, gid, group) = USERS[user];
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        set_thread_groups(&[Gid::from_raw(group)]).unwrap();
        set_thread_res_gid(gid, gid, Gid::ROOT).unwrap();
        set_thread_res_uid(uid, uid, Uid::ROOT).unwrap();
        let result = act();
        set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).unwrap();
        set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT).unwrap();
        result
    }

    fn run_on_linux(base: &Path, operation: &Operation) -> Outcome {
        let at_base = |path: &str| base.join(path);
        let bits = |mode: u32| Mode::from_raw_mode(mode);
        let done = match operation {
            Operation::MakeDir(path, mode) => rustix::fs::mkdir(at_base(path), bits(*mode)),
            Operation::Remove(path, flags) => {
                rustix::fs::unlinkat(CWD, at_base(path), AtFlags::from_bits_retain(*flags))
            }
            Operation::Rename(old, new, flags) => {
                let flags = RenameFlags::from_bits_retain(*flags);
                rustix::fs::renameat_with(CWD, at_base(old), CWD, at_base(new), flags)
            }
            Operation::Link(old, new) => rustix::fs::link(at_base(old), at_base(new)),
            Operation::Symlink(path) => rustix::fs::symlink("a", at_base(path)),
            Operation::Chmod(path, mode) => rustix::fs::chmod(at_base(path), bits(*mode)),
            Operation::Chown(path, uid, gid) => {
                let given = |id: &u32| (*id != u32::MAX).then_some(*id);
                let (uid, gid) = (given(uid).map(Uid::from_raw), given(gid).map(Gid::from_raw));
                rustix::fs::chown(at_base(path), uid, gid)
            }
            Operation::Times(path, access, modification) => {
                let time = |time_ns: i64| Timespec {
                    tv_sec: 0,
                    tv_nsec: match time_ns {
                        UTIME_NOW_NS => rustix::fs::UTIME_NOW,
                        UTIME_OMIT_NS => rustix::fs::UTIME_OMIT,
                        time_ns => time_ns,
                    },
                };
                let times = Timestamps { last_access: time(*access), last_modification: time(*modification) };
                rustix::fs::utimensat(CWD, at_base(path), &times, AtFlags::empty())
            }
            Operation::Access(path, mode, flags) => {
                let (access, flags) = (Access::from_bits_retain(*mode), AtFlags::from_bits_retain(*flags));
                rustix::fs::accessat(CWD, at_base(path), access, flags)
            }
            Operation::Chdir(path) => {
                // The working directory is the whole process's; searching takes the same permission.
                rustix::fs::accessat(CWD, at_base(path).join("."), Access::EXEC_OK, AtFlags::EACCESS)
            }
            Operation::Open(path, flags, mode) => {
                let flags = OFlags::from_bits_retain(*flags | open::CLOEXEC);
                let fd = rustix::fs::open(at_base(path), flags, bits(*mode)).map_err(errno)?;
                let step = |result: rustix::io::Result<()>| match result {
                    Ok(()) => "done",
                    Err(error) => errno(error).name(),
                };
                let wrote = step(rustix::io::write(&fd, b"x").map(drop));
                return Ok(format!("{wrote} {}", step(rustix::fs::ftruncate(&fd, 3))));
            }
        };
        done.map(|()| String::new()).map_err(errno)
    }

    fn run_in_kernel(m: &mut Machine, task: TaskId, operation: &Operation) -> Outcome {
        let at_base = |path: &str| format!("/tmp/base/{path}");
        let call = match operation {
            Operation::MakeDir(path, mode) => call!(nr::MKDIRAT, -100, at_base(path).as_str(), *mode),
            Operation::Remove(path, flags) => call!(nr::UNLINKAT, -100, at_base(path).as_str(), *flags),
            Operation::Rename(old, new, flags) => {
                call!(nr::RENAMEAT, -100, at_base(old).as_str(), -100, at_base(new).as_str(), *flags)
            }
            Operation::Link(old, new) => {
                call!(nr::LINKAT, -100, at_base(old).as_str(), -100, at_base(new).as_str(), 0)
            }
            Operation::Symlink(path) => call!(nr::SYMLINKAT, "a", -100, at_base(path).as_str()),
            Operation::Chmod(path, mode) => call!(nr::FCHMODAT, -100, at_base(path).as_str(), *mode, 0),
            Operation::Chown(path, uid, gid) => {
                call!(nr::FCHOWNAT, -100, at_base(path).as_str(), *uid, *gid, 0)
            }
            Operation::Times(path, access, modification) => {
                call!(nr::UTIMENSAT, -100, at_base(path).as_str(), *access, *modification, 0)
            }
            Operation::Access(path, mode, flags) => {
                call!(nr::FACCESSAT, -100, at_base(path).as_str(), *mode, *flags)
            }
            Operation::Chdir(path) => {
                call!(nr::FACCESSAT, -100, (at_base(path) + "/.").as_str(), 1, EACCESS)
            }
            Operation::Open(path, flags, mode) => {
                let call = call!(nr::OPENAT, -100, at_base(path).as_str(), *flags, *mode);
                let fd = match m.call(task, &call) {
                    Done::Err(errno) => return Err(errno),
                    done => done.ok(),
                };
                let step = |done: Done| match done {
                    Done::Err(errno) => errno.name(),
                    _ => "done",
                };
                let wrote = step(m.write(task, fd, b"x"));
                let cut = step(m.call(task, &call!(nr::FTRUNCATE, fd, 3_i64)));
                m.close(task, fd).ok();
                return Ok(format!("{wrote} {cut}"));
            }
        };
        match m.call(task, &call) {
            Done::Err(errno) => Err(errno),
            _ => Ok(String::new()),
        }
    }

    fn linux_tree(dir: &Path, prefix: &str, out: &mut Vec<String>) {
        let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap()).collect();
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            let name = format!("{prefix}/{}", entry.file_name().to_str().unwrap());
            let stat = entry.metadata().unwrap();
            out.push(format!("{name} {:o} {} {} {}", stat.mode(), stat.uid(), stat.gid(), stat.nlink()));
            if stat.is_dir() {
                linux_tree(&entry.path(), &name, out);
            }
        }
    }

    fn kernel_tree(m: &mut Machine, task: TaskId, dir: &str, prefix: &str, out: &mut Vec<String>) {
        let mut names = m.list(task, dir);
        names.sort();
        for name in names {
            let path = format!("{dir}/{name}");
            let stat = m.stat(task, &path, at::SYMLINK_NOFOLLOW).unwrap();
            out.push(format!("{prefix}/{name} {:o} {} {} {}", stat.mode, stat.uid, stat.gid, stat.nlink));
            if stat.is_dir() {
                kernel_tree(m, task, &path, &format!("{prefix}/{name}"), out);
            }
        }
    }

    fn compare(seed: u64, operations: u32, root: &Path) {
        let base = root.join(seed.to_string());
        fs::create_dir(&base).unwrap();
        rustix::fs::chmod(&base, Mode::from_raw_mode(0o1777)).unwrap();
        let mut m = Machine::default();
        let host = m.actor();
        m.call(host, &call!(nr::MKDIRAT, -100, "/tmp/base", 0o777)).ok();
        m.call(host, &call!(nr::FCHMODAT, -100, "/tmp/base", 0o1777, 0)).ok();
        let tasks = USERS.map(|(uid, gid, group)| {
            let task = m.actor();
            groups(&mut m, task, &[group]).ok();
            m.call(task, &call!(nr::UMASK, 0)).ok();
            m.call(task, &call!(nr::SETRESGID, gid, gid, gid)).ok();
            m.call(task, &call!(nr::SETRESUID, uid, uid, 0)).ok();
            task
        });
        let mut dice = Dice::new(seed);
        let mut history = Vec::new();
        for _ in 0..operations {
            // Rather the users than root.
            let user = dice.pick(&[0, 1, 1, 1, 2, 2, 2]);
            let operation = Operation::random(&mut dice);
            let expect = acting(user, || run_on_linux(&base, &operation));
            let got = run_in_kernel(&mut m, tasks[user], &operation);
            history.push(format!("{user} {operation:?} -> {expect:?}"));
            assert_eq!(got, expect, "seed {seed}, {user} {operation:?} after\n{}", history.join("\n"));
            let (mut expect, mut got) = (Vec::new(), Vec::new());
            linux_tree(&base, "", &mut expect);
            kernel_tree(&mut m, host, "/tmp/base", "", &mut got);
            assert_eq!(got, expect, "seed {seed}: the trees differ after\n{}", history.join("\n"));
        }
    }

    #[test]
    fn users_may_do_what_they_may_on_linux() {
        if !rustix::process::geteuid().is_root() {
            println!("not compared with Linux: only root can act as others");
            return;
        }
        let root = std::env::temp_dir().join(format!("oac-kernel-permissions-{}", std::process::id()));
        fs::create_dir(&root).unwrap();
        rustix::process::umask(Mode::empty());
        // A longer run: OAC_LINUX_SEEDS=3000 cargo test -p oac-kernel --test permissions
        let seeds = std::env::var("OAC_LINUX_SEEDS").ok().map_or(60, |seeds| seeds.parse().unwrap());
        for seed in 1..=seeds {
            compare(seed, 300, &root);
        }
        fs::remove_dir_all(&root).unwrap();
    }
}
