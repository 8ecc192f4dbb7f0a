//! The same random file operations on Linux and in the kernel: every errno and every resulting tree must be the same.
//!
//! Linux is the oracle, so the test runs there only. Names are few, so that operations meet; links never lead upwards, so that
//! nothing outside the test's own directory is touched.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod machine;

use std::{
    fs,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _,
    },
    path::{Path, PathBuf},
};

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{at, open},
    nr,
};
use oac_kernel::TaskId;

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

    /// One to three names, perhaps with dots and slashes among and behind them.
    fn path(&mut self) -> String {
        let mut path = String::new();
        for part in 0..=self.roll(3) {
            if part > 0 {
                path += self.pick(&["/", "/", "/", "//"]);
            }
            path += self.pick(&["a", "b", "c", "d", "a", "b", "c", "d", ".", ".."]);
        }
        if self.roll(8) == 0 {
            path += "/";
        }
        path
    }

    fn link_target(&mut self) -> &'static str {
        self.pick(&["a", "b", "c", "a/b", "b/a", "./c", "d/", "d", "a//b/", "none"])
    }
}

/// An operation's outcome: nothing, a number, text, or an errno.
type Outcome = Result<String, Errno>;

#[derive(Clone, Debug)]
enum Operation {
    MakeDir(String),
    RemoveDir(String),
    Unlink(String),
    Rename(String, String),
    Link(String, String),
    Symlink(&'static str, String),
    ReadLink(String),
    Stat(String),
    LinkStat(String),
    List(String),
    RealPath(String),
    Chmod(String, u32),
    /// Opens, writes at the position, then at an offset; reads all; sets the length.
    Open {
        path: String,
        flags: u32,
        write: usize,
        offset: u64,
        length: Option<u64>,
    },
}

impl Operation {
    fn random(dice: &mut Dice) -> Operation {
        match dice.roll(16) {
            0 | 1 => Operation::MakeDir(dice.path()),
            2 => Operation::RemoveDir(dice.path()),
            3 => Operation::Unlink(dice.path()),
            4 | 5 => Operation::Rename(dice.path(), dice.path()),
            6 => Operation::Link(dice.path(), dice.path()),
            7 => Operation::Symlink(dice.link_target(), dice.path()),
            8 => Operation::ReadLink(dice.path()),
            9 => Operation::Stat(dice.path()),
            10 => Operation::LinkStat(dice.path()),
            11 => Operation::List(dice.path()),
            12 => Operation::RealPath(dice.path()),
            13 => Operation::Chmod(dice.path(), dice.pick(&[0o755, 0o700, 0o777, 0o4755])),
            _ => {
                let access = dice.pick(&[open::RDONLY, open::WRONLY, open::RDWR, open::RDWR]);
                let extra = [
                    0,
                    open::CREAT,
                    open::CREAT | open::EXCL,
                    open::CREAT | open::TRUNC,
                    open::TRUNC,
                    open::CREAT | open::APPEND,
                    open::DIRECTORY,
                    open::NOFOLLOW,
                    open::CREAT | open::NOFOLLOW,
                    open::DIRECTORY | open::NOFOLLOW,
                ];
                Operation::Open {
                    path: dice.path(),
                    flags: access | dice.pick(&extra),
                    write: dice.pick(&[0, 1, 5000]),
                    offset: dice.pick(&[0, 3, 70_000]),
                    length: dice.pick(&[None, Some(0), Some(2), Some(200_000)]),
                }
            }
        }
    }
}

fn describe(mode: u32, nlink: u64, size: u64) -> String {
    // Directories' sizes are each filesystem's own.
    let size = if mode & 0o170000 == 0o040000 { 0 } else { size };
    format!("{mode:o} {nlink} {size}")
}

/// Real Linux, below a directory.
struct Linux(PathBuf);

fn errno(error: io::Error) -> Errno {
    Errno::from_number(error.raw_os_error().unwrap().into()).unwrap()
}

impl Linux {
    /// Joined as text: `Path::join` would tidy slashes away.
    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.0.display())
    }

    fn metadata(metadata: io::Result<fs::Metadata>) -> io::Result<String> {
        metadata.map(|metadata| describe(metadata.mode(), metadata.nlink(), metadata.size()))
    }

    fn run(&self, operation: &Operation) -> Outcome {
        let done = |result: io::Result<()>| result.map(|()| String::new());
        match operation {
            Operation::MakeDir(path) => done(fs::DirBuilder::new().mode(0o755).create(self.at(path))),
            Operation::RemoveDir(path) => done(fs::remove_dir(self.at(path))),
            Operation::Unlink(path) => done(fs::remove_file(self.at(path))),
            Operation::Rename(old, new) => done(fs::rename(self.at(old), self.at(new))),
            Operation::Link(old, new) => done(fs::hard_link(self.at(old), self.at(new))),
            Operation::Symlink(target, path) => done(std::os::unix::fs::symlink(target, self.at(path))),
            Operation::ReadLink(path) => {
                fs::read_link(self.at(path)).map(|target| target.to_str().unwrap().to_string())
            }
            Operation::Stat(path) => Linux::metadata(fs::metadata(self.at(path))),
            Operation::LinkStat(path) => Linux::metadata(fs::symlink_metadata(self.at(path))),
            Operation::List(path) => fs::read_dir(self.at(path)).map(|entries| {
                let mut names: Vec<String> = entries
                    .map(|entry| {
                        let entry = entry.unwrap();
                        let kind = entry.file_type().unwrap();
                        assert!(!kind.is_fifo());
                        let kind = if kind.is_dir() {
                            4
                        } else if kind.is_symlink() {
                            10
                        } else {
                            8
                        };
                        format!("{} {kind}", entry.file_name().to_str().unwrap())
                    })
                    .collect();
                names.sort();
                names.join(",")
            }),
            Operation::RealPath(path) => fs::canonicalize(self.at(path)).map(|real| {
                let base = fs::canonicalize(&self.0).unwrap();
                relative(real.to_str().unwrap(), base.to_str().unwrap())
            }),
            Operation::Chmod(path, mode) => {
                let permissions = std::os::unix::fs::PermissionsExt::from_mode(*mode);
                done(fs::set_permissions(self.at(path), permissions))
            }
            Operation::Open { path, flags, write, offset, length } => {
                return self.open(path, *flags, *write, *offset, *length);
            }
        }
        .map_err(errno)
    }

    fn open(&self, path: &str, flags: u32, write: usize, offset: u64, length: Option<u64>) -> Outcome {
        let access = flags & open::ACCMODE;
        let mut options = fs::OpenOptions::new();
        options.read(access != open::WRONLY).write(access != open::RDONLY).mode(0o644);
        // The standard library refuses some mixtures itself; as custom flags they reach Linux as they are.
        options.custom_flags((flags & !open::ACCMODE) as i32);
        let mut file = options.open(self.at(path)).map_err(errno)?;
        let bytes = vec![b'x'; write];
        let step = |result: io::Result<usize>| match result {
            Ok(len) => len.to_string(),
            Err(error) => errno(error).name().to_string(),
        };
        let mut out = vec![step(file.write(&bytes)), step(file.write_at(&bytes, offset))];
        out.push(file.stream_position().unwrap_or(0).to_string());
        if let Some(length) = length {
            out.push(step(file.set_len(length).map(|()| 0)));
        }
        let mut content = Vec::new();
        let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut content));
        out.push(step(read));
        out.push(content.iter().filter(|&&byte| byte == b'x').count().to_string());
        Ok(out.join(" "))
    }
}

fn relative(path: &str, base: &str) -> String {
    // A path above the base differs by nature: only that it is above is compared.
    path.strip_prefix(base).unwrap_or("above").to_string()
}

/// The kernel, below a directory.
struct Kernel {
    m: Machine,
    task: TaskId,
    base: String,
}

impl Kernel {
    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn done(done: Done) -> Outcome {
        match done {
            Done::Err(errno) => Err(errno),
            done => Ok(done.ok()).map(|_| String::new()),
        }
    }

    fn text(done: Done) -> Outcome {
        match done {
            Done::Err(errno) => Err(errno),
            done => Ok(done.text()),
        }
    }

    fn stat(&mut self, path: &str, flags: u32) -> Outcome {
        let stat = self.m.stat(self.task, path, flags)?;
        Ok(describe(stat.mode, stat.nlink.into(), stat.size))
    }

    fn run(&mut self, operation: &Operation) -> Outcome {
        let task = self.task;
        let (one, two) = match operation {
            Operation::Rename(old, new) | Operation::Link(old, new) => (self.at(old), self.at(new)),
            Operation::MakeDir(path)
            | Operation::RemoveDir(path)
            | Operation::Unlink(path)
            | Operation::Symlink(_, path)
            | Operation::ReadLink(path)
            | Operation::Stat(path)
            | Operation::LinkStat(path)
            | Operation::List(path)
            | Operation::RealPath(path)
            | Operation::Chmod(path, _)
            | Operation::Open { path, .. } => (self.at(path), String::new()),
        };
        let (one, two) = (one.as_str(), two.as_str());
        let call = match operation {
            Operation::MakeDir(_) => call!(nr::MKDIRAT, -100, one, 0o755),
            Operation::RemoveDir(_) => call!(nr::UNLINKAT, -100, one, at::REMOVEDIR),
            Operation::Unlink(_) => call!(nr::UNLINKAT, -100, one, 0),
            Operation::Rename(..) => call!(nr::RENAMEAT, -100, one, -100, two, 0),
            Operation::Link(..) => call!(nr::LINKAT, -100, one, -100, two, 0),
            Operation::Symlink(target, _) => call!(nr::SYMLINKAT, *target, -100, one),
            Operation::Chmod(_, mode) => call!(nr::FCHMODAT, -100, one, *mode, 0),
            Operation::ReadLink(_) => {
                return Kernel::text(self.m.call(task, &call!(nr::READLINKAT, -100, one, Arg::Out(99))));
            }
            Operation::RealPath(_) => {
                let real = Kernel::text(self.m.call(task, &call!(nr::REALPATHAT, -100, one, Arg::Out(999))))?;
                return Ok(relative(&real, &self.base));
            }
            Operation::Stat(_) => return self.stat(one, 0),
            Operation::LinkStat(_) => return self.stat(one, at::SYMLINK_NOFOLLOW),
            Operation::List(_) => return self.list(one),
            Operation::Open { flags, write, offset, length, .. } => {
                return self.open(one, *flags, *write, *offset, *length);
            }
        };
        Kernel::done(self.m.call(task, &call))
    }

    fn list(&mut self, path: &str) -> Outcome {
        let fd = match self.m.open(self.task, path, open::DIRECTORY) {
            Done::Err(errno) => return Err(errno),
            done => done.ok(),
        };
        let bytes = self.m.call(self.task, &call!(nr::GETDENTS, fd, Arg::Out(4096))).bytes();
        self.m.close(self.task, fd).ok();
        let mut names: Vec<String> = oac_abi::stat::Dirent::decode_all(&bytes)
            .into_iter()
            .map(|entry| format!("{} {}", String::from_utf8(entry.name).unwrap(), entry.kind))
            .collect();
        names.sort();
        Ok(names.join(","))
    }

    fn open(&mut self, path: &str, flags: u32, write: usize, offset: u64, length: Option<u64>) -> Outcome {
        let task = self.task;
        let opened = self.m.call(task, &call!(nr::OPENAT, -100, path, flags, 0o644));
        let fd = match opened {
            Done::Err(errno) => return Err(errno),
            done => done.ok(),
        };
        let bytes = vec![b'x'; write];
        let step = |done: Done| match done {
            Done::Err(errno) => errno.name().to_string(),
            done => done.ok().to_string(),
        };
        let mut out = vec![step(self.m.write(task, fd, &bytes))];
        out.push(step(self.m.call(task, &call!(nr::PWRITE, fd, offset as i64, bytes))));
        out.push(step(self.m.call(task, &call!(nr::LSEEK, fd, 0_i64, 1_u32))));
        if let Some(length) = length {
            out.push(step(self.m.call(task, &call!(nr::FTRUNCATE, fd, length as i64))));
        }
        self.m.call(task, &call!(nr::LSEEK, fd, 0_i64, 0_u32)).ok();
        let read = self.m.read(task, fd, 1 << 20);
        let marks = match &read {
            Done::Ok(_, outs) => outs[0].iter().filter(|&&byte| byte == b'x').count(),
            _ => 0,
        };
        out.push(step(read));
        out.push(marks.to_string());
        self.m.close(task, fd).ok();
        Ok(out.join(" "))
    }
}

/// Everything below a directory, in order.
fn linux_tree(dir: &Path, prefix: &str, out: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let name = format!("{prefix}/{}", entry.file_name().to_str().unwrap());
        let metadata = entry.metadata().unwrap();
        out.push(format!("{name} {}", describe(metadata.mode(), metadata.nlink(), metadata.size())));
        if metadata.is_dir() {
            linux_tree(&entry.path(), &name, out);
        }
    }
}

fn kernel_tree(kernel: &mut Kernel, dir: &str, prefix: &str, out: &mut Vec<String>) {
    let mut names = kernel.m.list(kernel.task, dir);
    names.sort();
    for name in names {
        let path = format!("{dir}/{name}");
        let stat = kernel.m.stat(kernel.task, &path, at::SYMLINK_NOFOLLOW).unwrap();
        out.push(format!("{prefix}/{name} {}", describe(stat.mode, stat.nlink.into(), stat.size)));
        if stat.is_dir() {
            kernel_tree(kernel, &path, &format!("{prefix}/{name}"), out);
        }
    }
}

/// `overlay`: after half of the operations the tree becomes the lower layer of an overlay, in which the others happen.
fn compare(seed: u64, operations: u32, overlay: bool, root: &Path) {
    // Levels enough that the `..`s of a path stay within the test's own directory.
    let base = root.join(format!("{seed}/1/2/3/4/5"));
    fs::create_dir_all(&base).unwrap();
    let linux = Linux(base.clone());
    let mut m = Machine::default();
    let task = m.actor();
    for dir in ["/upper", "/over", "/tmp/1", "/tmp/1/2", "/tmp/1/2/3", "/tmp/1/2/3/4", "/tmp/1/2/3/4/5"] {
        m.call(task, &call!(nr::MKDIRAT, -100, dir, 0o755)).ok();
    }
    let mut kernel = Kernel { m, task, base: "/tmp/1/2/3/4/5".into() };
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut history = Vec::new();
    for number in 0..operations {
        if overlay && number == operations / 2 {
            let mount = call!(nr::NS_MOUNT, "overlay", "", "/over", "lower=/tmp,upper=/upper");
            kernel.m.call(task, &mount).ok();
            kernel.base = "/over/1/2/3/4/5".into();
            history.push("mount the overlay".into());
        }
        let operation = Operation::random(&mut dice);
        let (expect, got) = (linux.run(&operation), kernel.run(&operation));
        history.push(format!("{operation:?} -> {expect:?}"));
        assert_eq!(got, expect, "seed {seed}, {operation:?} after\n{}", history[..].join("\n"));
    }
    let (mut expect, mut got) = (Vec::new(), Vec::new());
    linux_tree(&base, "", &mut expect);
    let base = kernel.base.clone();
    kernel_tree(&mut kernel, &base, "", &mut got);
    assert_eq!(got, expect, "seed {seed}: the trees differ after\n{}", history.join("\n"));
}

fn compare_all(name: &str, overlay: bool) {
    let root = std::env::temp_dir().join(format!("oac-kernel-{name}-{}", std::process::id()));
    // A longer run: OAC_LINUX_SEEDS=3000 cargo test -p oac-kernel --test linux
    let seeds = std::env::var("OAC_LINUX_SEEDS").ok().map_or(100, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        compare(seed, 200, overlay, &root);
    }
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn files_behave_as_on_linux() {
    compare_all("linux", false);
}

#[test]
fn an_overlay_behaves_as_a_directory_on_linux() {
    compare_all("overlay", true);
}

/// A pair of Unix sockets, on Linux and in the kernel, through the same random operations.
mod socket_pairs {
    use std::{
        io::{Read as _, Write as _},
        net::Shutdown,
        os::unix::net::UnixStream,
    };

    use oac_abi::flags::socket as sock;

    use super::*;

    fn result(result: io::Result<usize>) -> String {
        match result {
            Ok(len) => len.to_string(),
            Err(error) => errno(error).name().to_string(),
        }
    }

    fn kernel_result(done: Done) -> String {
        match done {
            Done::Err(errno) => errno.name().to_string(),
            done => done.ok().to_string(),
        }
    }

    fn compare(seed: u64) {
        let (one, two) = UnixStream::pair().unwrap();
        let mut linux = [Some(one), Some(two)];
        for end in linux.iter().flatten() {
            end.set_nonblocking(true).unwrap();
        }
        let mut m = Machine::default();
        let task = m.actor();
        let flags = sock::STREAM | sock::NONBLOCK;
        let (one, two) = m.pair(task, &call!(nr::SOCKETPAIR, sock::AF_UNIX, flags, Arg::Out(8)));
        let fds = [one, two];
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut history = Vec::new();
        for _ in 0..30 {
            let end = dice.roll(2) as usize;
            let Some(stream) = &mut linux[end] else { continue };
            let len = dice.pick(&[1, 10, 100]);
            let mut buf = vec![7; len];
            let (what, expect, got) = match dice.roll(12) {
                0..5 => {
                    let done = m.write(task, fds[end], &buf);
                    ("write", result(stream.write(&buf)), kernel_result(done))
                }
                5..10 => {
                    let done = m.read(task, fds[end], len);
                    ("read", result(stream.read(&mut buf)), kernel_result(done))
                }
                10 => {
                    let how = dice.roll(3) as u32;
                    let linux_how = [Shutdown::Read, Shutdown::Write, Shutdown::Both][how as usize];
                    let done = m.call(task, &call!(nr::SHUTDOWN, fds[end], how));
                    ("shutdown", result(stream.shutdown(linux_how).map(|()| 0)), kernel_result(done))
                }
                _ => {
                    linux[end] = None;
                    ("close", "0".to_string(), kernel_result(m.close(task, fds[end])))
                }
            };
            history.push(format!("{end} {what} {len} -> {expect}"));
            assert_eq!(got, expect, "seed {seed} after\n{}", history.join("\n"));
        }
    }

    #[test]
    fn pairs_behave_as_on_linux() {
        for seed in 1..=3000 {
            compare(seed);
        }
    }
}
