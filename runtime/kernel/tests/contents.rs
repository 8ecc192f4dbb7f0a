//! Ranges of files, copies, holes and extended attributes, as on Linux.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

#[path = "simulation/dice.rs"]
mod dice;
mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    bounds::{XATTR_BYTES_MAX, XATTRS_BYTES_MAX},
    flags::{at, open, xattr},
    nr,
    stat::StatFs,
};
use oac_kernel::TaskId;

fn set(m: &mut Machine, task: TaskId, path: &str, name: &str, value: &[u8], flags: u32) -> Done {
    m.call(task, &call!(nr::SETXATTRAT, -100, path, 0, name, value, flags))
}

fn get(m: &mut Machine, task: TaskId, path: &str, name: &str) -> Done {
    m.call(task, &call!(nr::GETXATTRAT, -100, path, 0, name, Arg::Out(XATTR_BYTES_MAX)))
}

#[test]
fn attributes_are_limited_and_guarded() {
    let mut m = Machine::default();
    let (me, user) = (m.actor(), m.actor());
    m.call(user, &call!(nr::SETRESUID, 10, 10, 10)).ok();
    m.put(me, "/tmp/f", "");
    let long = vec![7; XATTR_BYTES_MAX];
    set(&mut m, me, "/tmp/f", "user.one", &long[8..], 0).ok();
    assert_eq!(
        set(&mut m, me, "/tmp/f", "user.a", &[long.clone(), vec![7]].concat(), 0),
        Done::Err(Errno::E2BIG)
    );
    set(&mut m, me, "/tmp/f", "user.two", &long[8..], 0).ok();
    assert_eq!(set(&mut m, me, "/tmp/f", "user.three", b"", 0), Done::Err(Errno::ENOSPC));
    assert_eq!(2 * XATTR_BYTES_MAX, XATTRS_BYTES_MAX);
    assert_eq!(
        set(&mut m, me, "/tmp/f", &format!("user.{}", "x".repeat(251)), b"", 0),
        Done::Err(Errno::ERANGE)
    );
    assert_eq!(m.call(me, &call!(nr::LISTXATTRAT, -100, "/tmp/f", 0, Arg::Out(0))).ok(), 18);
    let cut = call!(nr::LISTXATTRAT, -100, "/tmp/f", 0, Arg::Out(17));
    assert_eq!(m.call(me, &cut), Done::Err(Errno::ERANGE));
    m.put(me, "/tmp/g", "");
    set(&mut m, me, "/tmp/g", "trusted.t", b"secret", 0).ok();
    set(&mut m, me, "/tmp/g", "user.u", b"open", 0).ok();
    assert_eq!(get(&mut m, user, "/tmp/g", "trusted.t"), Done::Err(Errno::ENODATA));
    assert_eq!(get(&mut m, user, "/tmp/g", "user.u").text(), "open");
    assert_eq!(set(&mut m, user, "/tmp/g", "user.u", b"", 0), Done::Err(Errno::EACCES));
    assert_eq!(set(&mut m, user, "/tmp", "user.u", b"", 0), Done::Err(Errno::EPERM), "it is sticky");
    assert_eq!(set(&mut m, user, "/tmp/g", "trusted.t", b"", 0), Done::Err(Errno::EPERM));
    assert_eq!(m.call(user, &call!(nr::LISTXATTRAT, -100, "/tmp/g", 0, Arg::Out(99))).text(), "user.u\0");
    let measured = call!(nr::GETXATTRAT, -100, "/tmp/g", 0, "user.u", Arg::Out(0));
    assert_eq!(m.call(me, &measured).ok(), 4);
    let fd = m.open(me, "/tmp/g", open::RDONLY).ok();
    let through = call!(nr::GETXATTRAT, fd, "", at::EMPTY_PATH, "user.u", Arg::Out(9));
    assert_eq!(m.call(me, &through).text(), "open");
}

#[test]
fn facts_of_open_files() {
    let mut m = Machine::default();
    let me = m.actor();
    let facts = |m: &mut Machine, fd: i64| {
        let bytes = m.call(me, &call!(nr::FSTATFS, fd, Arg::Out(StatFs::BYTES))).bytes();
        StatFs::decode(&bytes.try_into().unwrap())
    };
    let file = m.open(me, "/tmp/f", open::CREAT | open::RDWR).ok();
    let path = m.open(me, "/tmp", open::PATH).ok();
    let (reader, _) = m.pipe(me, 0);
    assert_eq!((facts(&mut m, file).kind, facts(&mut m, path).kind), (0x0102_1994, 0x0102_1994));
    assert_eq!(facts(&mut m, reader).kind, 0x5049_5045);
    assert_eq!(m.call(me, &call!(nr::FSTATFS, 99, Arg::Out(StatFs::BYTES))), Done::Err(Errno::EBADF));
}

#[test]
fn copies_reach_other_filesystems() {
    let mut m = Machine::default();
    let me = m.actor();
    m.put(me, "/tmp/f", "0123456789");
    m.kernel.mount("/other", Box::new(oac_vfs::MemFs::new(1 << 20, &oac_vfs::Caller::root(0)))).unwrap();
    let host = m.actor();
    let from = m.open(host, "/tmp/f", open::RDONLY).ok();
    let to = m.open(host, "/other/f", open::CREAT | open::RDWR).ok();
    assert_ne!(m.stat(host, "/tmp/f", 0).unwrap().dev, m.stat(host, "/other/f", 0).unwrap().dev);
    m.call(host, &call!(nr::COPY_FILE_RANGE, from, 2_i64, to, -1_i64, 5_u64)).ok();
    m.call(host, &call!(nr::COPY_FILE_RANGE, from, 0_i64, to, -1_i64, 1_u64)).ok();
    assert_eq!(m.get(host, "/other/f"), Ok("234560".into()));
}

/// The same random operations in a directory of Linux's and in the kernel.
#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs,
        os::fd::OwnedFd,
        path::{Path, PathBuf},
    };

    use rustix::fs::{FallocateFlags, Mode, OFlags, SeekFrom, XattrFlags};

    use super::{dice::Dice, *};

    /// What is open: two files in several ways, a directory.
    const OPEN: [(&str, u32); 6] = [
        ("a", open::RDWR),
        ("b", open::RDWR),
        ("a", open::RDONLY),
        ("b", open::WRONLY),
        ("a", open::RDWR | open::APPEND),
        (".", open::RDONLY),
    ];
    const PAGE: i64 = 4096;

    #[derive(Clone, Debug)]
    enum Operation {
        Write(usize, i64, usize),
        Truncate(usize, i64),
        Allocate(usize, u32, i64, i64),
        Copy(usize, i64, usize, i64, u64),
        Seek(usize, i64, u32),
        SetXattr(&'static str, &'static str, &'static str, u32),
        GetXattr(&'static str, &'static str, usize),
        ListXattr(&'static str),
        RemoveXattr(&'static str, &'static str),
    }

    fn offset(dice: &mut Dice) -> i64 {
        let page = dice.roll(40) as i64 * PAGE;
        page + dice.pick(&[0, 0, 0, 0, 1, 7, -1])
    }

    impl Operation {
        fn random(dice: &mut Dice, holes: bool) -> Operation {
            let slot = dice.roll(OPEN.len() as u64) as usize;
            let file = dice.pick(&["a", "b", "l", "d", "none"]);
            let name = dice.pick(&["user.x", "user.y", "user.z", "user", "user.", "nothing.x", ""]);
            match dice.roll(20) {
                0..4 => Operation::Write(slot, offset(dice), dice.pick(&[1, 100, 4096, 9000, 70_000])),
                4 => Operation::Truncate(slot, offset(dice)),
                5..9 => {
                    let modes: &[u32] =
                        if holes { &[3, 3, 3, 2, 0x40, 0x13] } else { &[0, 1, 3, 2, 0x10, 0x11, 0x40, 0x13] };
                    Operation::Allocate(slot, dice.pick(modes), offset(dice), offset(dice))
                }
                // What copies keep of holes differs as well.
                9..12 if !holes => {
                    let other = dice.roll(OPEN.len() as u64) as usize;
                    let at = |dice: &mut Dice| if dice.one_in(3) { -1 } else { offset(dice) };
                    let length = dice.pick(&[0, 1, 5000, 4096, 70_000, i64::MAX as u64]);
                    Operation::Copy(slot, at(dice), other, at(dice), length)
                }
                9..15 => {
                    let whences: &[u32] = if holes { &[0, 3, 4, 3, 4] } else { &[0, 1, 2] };
                    // A directory's positions are its filesystem's own.
                    Operation::Seek(slot % 5, offset(dice), dice.pick(whences))
                }
                15..17 => {
                    let value = dice.pick(&["", "1", "twenty-two"]);
                    let flags = dice.pick(&[0, 0, xattr::CREATE, xattr::REPLACE, 3, 4]);
                    Operation::SetXattr(file, name, value, flags)
                }
                17 => Operation::GetXattr(file, name, dice.pick(&[1, 100])),
                18 => Operation::ListXattr(file),
                _ => Operation::RemoveXattr(file, name),
            }
        }
    }

    type Outcome = Result<String, Errno>;

    fn errno(error: rustix::io::Errno) -> Errno {
        Errno::from_number(error.raw_os_error().into()).unwrap()
    }

    fn sorted(list: &[u8]) -> String {
        let mut names: Vec<_> =
            list.split(|&byte| byte == 0).filter(|name| name.starts_with(b"user.")).collect();
        names.sort();
        String::from_utf8(names.join(&b","[..])).unwrap()
    }

    fn bytes(slot: usize, len: usize) -> Vec<u8> {
        vec![b'a' + slot as u8; len]
    }

    struct Linux {
        dir: PathBuf,
        fds: Vec<OwnedFd>,
    }

    impl Linux {
        fn run(&self, operation: &Operation) -> Outcome {
            let at = |path: &&str| self.dir.join(path);
            let place = |offset: i64| (offset != -1).then_some(offset as u64);
            match operation {
                Operation::Write(slot, offset, len) => {
                    let done = rustix::io::pwrite(&self.fds[*slot], &bytes(*slot, *len), *offset as u64);
                    done.map(|len| len.to_string())
                }
                Operation::Truncate(slot, length) => {
                    rustix::fs::ftruncate(&self.fds[*slot], *length as u64).map(|()| String::new())
                }
                Operation::Allocate(slot, mode, offset, length) => {
                    let mode = FallocateFlags::from_bits_retain(*mode);
                    rustix::fs::fallocate(&self.fds[*slot], mode, *offset as u64, *length as u64)
                        .map(|()| String::new())
                }
                Operation::Copy(from, from_at, to, to_at, length) => {
                    let (mut from_at, mut to_at) = (place(*from_at), place(*to_at));
                    let length = usize::try_from(*length).unwrap();
                    let (from, to) = (&self.fds[*from], &self.fds[*to]);
                    rustix::fs::copy_file_range(from, from_at.as_mut(), to, to_at.as_mut(), length)
                        .map(|len| len.to_string())
                }
                Operation::Seek(slot, offset, whence) => {
                    let to = match whence {
                        0 => SeekFrom::Start(*offset as u64),
                        1 => SeekFrom::Current(*offset),
                        2 => SeekFrom::End(*offset),
                        3 => SeekFrom::Data(*offset as u64),
                        _ => SeekFrom::Hole(*offset as u64),
                    };
                    rustix::fs::seek(&self.fds[*slot], to).map(|at| at.to_string())
                }
                Operation::SetXattr(path, name, value, flags) => {
                    let flags = XattrFlags::from_bits_retain(*flags);
                    rustix::fs::setxattr(at(path), *name, value.as_bytes(), flags).map(|()| String::new())
                }
                Operation::GetXattr(path, name, capacity) => {
                    let mut buf = vec![0; *capacity];
                    let len = rustix::fs::getxattr(at(path), *name, &mut buf[..]);
                    len.map(|len| format!("{len} {:?}", &buf[..len.min(*capacity)]))
                }
                Operation::ListXattr(path) => {
                    let mut buf = vec![0; 4096];
                    let len = rustix::fs::listxattr(at(path), &mut buf[..]);
                    len.map(|len| sorted(&buf[..len]))
                }
                Operation::RemoveXattr(path, name) => {
                    rustix::fs::removexattr(at(path), *name).map(|()| String::new())
                }
            }
            .map_err(errno)
        }
    }

    struct Kernel {
        m: Machine,
        task: TaskId,
        fds: Vec<i64>,
    }

    impl Kernel {
        fn run(&mut self, operation: &Operation) -> Outcome {
            let at = |path: &&str| format!("/tmp/base/{path}");
            let fds = &self.fds;
            let call = match operation {
                Operation::Write(slot, offset, len) => {
                    call!(nr::PWRITE, fds[*slot], *offset, bytes(*slot, *len))
                }
                Operation::Truncate(slot, length) => call!(nr::FTRUNCATE, fds[*slot], *length),
                Operation::Allocate(slot, mode, offset, length) => {
                    call!(nr::FALLOCATE, fds[*slot], *mode, *offset, *length)
                }
                Operation::Copy(from, from_at, to, to_at, length) => {
                    call!(nr::COPY_FILE_RANGE, fds[*from], *from_at, fds[*to], *to_at, *length)
                }
                Operation::Seek(slot, offset, whence) => call!(nr::LSEEK, fds[*slot], *offset, *whence),
                Operation::SetXattr(path, name, value, flags) => {
                    call!(nr::SETXATTRAT, -100, at(path).as_str(), 0, *name, *value, *flags)
                }
                Operation::GetXattr(path, name, capacity) => {
                    call!(nr::GETXATTRAT, -100, at(path).as_str(), 0, *name, Arg::Out(*capacity))
                }
                Operation::ListXattr(path) => {
                    call!(nr::LISTXATTRAT, -100, at(path).as_str(), 0, Arg::Out(4096))
                }
                Operation::RemoveXattr(path, name) => {
                    call!(nr::REMOVEXATTRAT, -100, at(path).as_str(), 0, *name)
                }
            };
            let (ret, outs) = match self.m.call(self.task, &call) {
                Done::Err(errno) => return Err(errno),
                Done::Ok(ret, outs) => (ret, outs),
                other => panic!("{other:?}"),
            };
            Ok(match operation {
                Operation::Write(..) | Operation::Copy(..) | Operation::Seek(..) => ret.to_string(),
                Operation::GetXattr(..) => format!("{ret} {:?}", outs[0]),
                Operation::ListXattr(_) => sorted(&outs[0]),
                _ => String::new(),
            })
        }

        fn content(&mut self, name: &str) -> Vec<u8> {
            let fd = self.m.open(self.task, &format!("/tmp/base/{name}"), open::RDONLY).ok();
            let content = self.m.read(self.task, fd, 1 << 20).bytes();
            self.m.close(self.task, fd).ok();
            content
        }
    }

    fn compare(seed: u64, root: &Path, holes: bool) {
        let dir = root.join(seed.to_string());
        fs::create_dir(&dir).unwrap();
        let mut m = Machine::default();
        let task = m.actor();
        m.call(task, &call!(nr::MKDIRAT, -100, "/tmp/base", 0o755)).ok();
        for name in ["a", "b"] {
            fs::write(dir.join(name), "content").unwrap();
            m.put(task, &format!("/tmp/base/{name}"), "content");
        }
        fs::create_dir(dir.join("d")).unwrap();
        m.call(task, &call!(nr::MKDIRAT, -100, "/tmp/base/d", 0o755)).ok();
        std::os::unix::fs::symlink("a", dir.join("l")).unwrap();
        m.call(task, &call!(nr::SYMLINKAT, "a", -100, "/tmp/base/l")).ok();
        let open_both = |(name, flags): (&str, u32)| {
            let linux_flags = OFlags::from_bits_retain(flags | open::CLOEXEC);
            rustix::fs::open(dir.join(name), linux_flags, Mode::empty()).unwrap()
        };
        let linux = Linux { dir: dir.clone(), fds: OPEN.map(open_both).into() };
        let fds = OPEN.map(|(name, flags)| m.open(task, &format!("/tmp/base/{name}"), flags).ok()).into();
        let mut kernel = Kernel { m, task, fds };
        let mut dice = Dice::new(seed);
        let mut history = Vec::new();
        for _ in 0..150 {
            let operation = Operation::random(&mut dice, holes);
            let (expect, got) = (linux.run(&operation), kernel.run(&operation));
            history.push(format!("{operation:?} -> {expect:?}"));
            assert_eq!(got, expect, "seed {seed}, {operation:?} after\n{}", history.join("\n"));
            for name in ["a", "b"] {
                let (expect, got) = (fs::read(dir.join(name)).unwrap(), kernel.content(name));
                if got != expect {
                    let differs = got.iter().zip(&expect).position(|(got, expect)| got != expect);
                    let (len, expect) = (got.len(), expect.len());
                    let history = history.join("\n");
                    panic!("seed {seed}: {name} differs at {differs:?} of {len}, {expect} after\n{history}");
                }
            }
        }
        fs::remove_dir_all(&dir).unwrap();
    }

    fn run(root: PathBuf, holes: bool) {
        let root = root.join(format!("oac-kernel-contents-{}-{holes}", std::process::id()));
        fs::create_dir(&root).unwrap();
        // A longer run: OAC_LINUX_SEEDS=1000 cargo test -p oac-kernel --test contents
        let seeds = std::env::var("OAC_LINUX_SEEDS").ok().map_or(25, |seeds| seeds.parse().unwrap());
        for seed in 1..=seeds {
            compare(seed, &root, holes);
        }
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn ranges_and_attributes_are_those_of_linux() {
        run(std::env::temp_dir(), false);
    }

    /// Where holes begin is each filesystem's own matter; ours are as a tmpfs's, but that what is only reserved is no data.
    #[test]
    fn holes_are_those_of_tmpfs() {
        const TMPFS_MAGIC: rustix::fs::FsWord = 0x0102_1994;
        let shared = Path::new("/dev/shm");
        if !rustix::fs::statfs(shared).is_ok_and(|facts| facts.f_type == TMPFS_MAGIC) {
            println!("not compared with Linux: /dev/shm is no tmpfs here");
            return;
        }
        run(shared.into(), true);
    }
}
