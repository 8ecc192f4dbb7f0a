//! A container's files as its owner handles them, and as archives.

use std::{
    future::Future,
    io::Write,
    pin::pin,
    process::{Command, Stdio},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use oac_container::{
    ArchiveFormat, Change, Container, Errno, Error, Mount, Options, SpawnOptions, Tree, WaitStatus,
};

use crate::support::{PROGRAM, Scratch, container};

fn names(container: &Container, path: &str) -> Vec<String> {
    let entries = container.fs().read_dir(path).unwrap();
    let mut names: Vec<_> = entries.into_iter().map(|entry| String::from_utf8(entry.name).unwrap()).collect();
    names.sort();
    names
}

/// `/t`: text, bytes that are none, something to run, links of both kinds, directories, long and odd names.
fn furnished() -> (Container, String) {
    let container = container(Options::default());
    let long = "long-".repeat(45);
    let tree = Tree::directory([
        ("text", Tree::file("größer\n")),
        ("bytes", Tree::file([0xff, 0, 0xfe])),
        ("run", Tree::executable("#!/bin/sh\n")),
        ("empty", Tree::directory::<String>([])),
        ("link", Tree::Symlink("text".into())),
        ("sub", Tree::directory([(long.as_str(), Tree::file("x")), ("odd name\n", Tree::file(""))])),
    ]);
    container.mount(Mount::Tree(&tree), "/t").unwrap();
    container.fs().hard_link("/t/text", "/t/sub/same").unwrap();
    container.fs().set_times("/t/text", 5_000_000_000, 1_000_000_000).unwrap();
    (container, long)
}

#[test]
fn whole_trees_are_removed() {
    let (container, _) = furnished();
    let files = container.fs();
    files.symlink("/t/sub", "/t/empty/link").unwrap();
    files.remove_all("/t/empty").unwrap();
    assert!(names(&container, "/t/sub").contains(&"same".into()), "links are not followed");
    files.remove_all("/t/link").unwrap();
    files.remove_all("/t").unwrap();
    let gone = files.remove_all("/t").unwrap_err();
    assert_eq!(
        (gone.errno(), gone.to_string()),
        (Some(Errno::ENOENT), "stat /t: ENOENT: no such file or directory".into())
    );
}

#[test]
fn what_is_mounted_below_is_not_emptied() {
    let scratch = Scratch::new("remove-mounted");
    std::fs::write(scratch.path().join("kept"), "1").unwrap();
    let container = container(Options::default());
    let source = Mount::HostDir { path: scratch.path(), read_only: false };
    container.mount(source, "/t/mounted").unwrap();
    assert!(container.fs().remove_all("/t").is_err());
    assert!(scratch.path().join("kept").exists());
}

#[test]
fn archives_come_back_as_they_were() {
    let (container, long) = furnished();
    for format in [ArchiveFormat::Tar, ArchiveFormat::Json] {
        let bytes = container.export("/t", format).unwrap();
        let other = Container::boot(Options::default()).unwrap();
        other.import("/u", format, &bytes).unwrap();
        let files = other.fs();
        assert_eq!(names(&other, "/u"), names(&container, "/t"), "{format:?}");
        assert_eq!(names(&other, "/u/sub"), names(&container, "/t/sub"), "{format:?}");
        assert_eq!(files.read("/u/link").unwrap(), "größer\n".as_bytes());
        assert_eq!(files.read_link("/u/link").unwrap(), b"text");
        assert_eq!(files.read("/u/bytes").unwrap(), [0xff, 0, 0xfe]);
        assert_eq!(files.read(&format!("/u/sub/{long}")).unwrap(), b"x");
        assert_eq!(files.stat("/u/run").unwrap().mode & 0o777, 0o755);
        assert_eq!(files.stat("/u/text").unwrap().mode & 0o777, 0o644);
        if format == ArchiveFormat::Tar {
            let (one, same) = (files.stat("/u/text").unwrap(), files.stat("/u/sub/same").unwrap());
            assert_eq!((one.ino, one.nlink, one.mtime_ns), (same.ino, 2, 1_000_000_000));
        }
        // And over what is there.
        other.import("/u", format, &bytes).unwrap();
    }
}

/// tar(1) is the judge of what a tar archive is, both ways.
#[test]
fn tar_reads_and_writes_the_same() {
    let (container, long) = furnished();
    let scratch = Scratch::new("tar");
    let tar = |args: &[&str], input: &[u8]| {
        let mut command = Command::new("tar");
        command.args(args).current_dir(scratch.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}");
        output.stdout
    };
    tar(&["xf", "-"], &container.export("/t", ArchiveFormat::Tar).unwrap());
    assert_eq!(std::fs::read(scratch.path().join("sub/same")).unwrap(), "größer\n".as_bytes());
    assert!(scratch.path().join("sub").join(&long).exists());
    // The names are too long for `ustar`.
    for format in ["gnu", "pax"] {
        let bytes = tar(&["cf", "-", &format!("--format={format}"), "sub", "text", "link", "run"], b"");
        let target = format!("/{format}");
        container.mount(Mount::Tar(&bytes), &target).unwrap();
        assert_eq!(names(&container, &format!("{target}/sub")), names(&container, "/t/sub"), "{format}");
        assert_eq!(container.fs().read(&format!("{target}/link")).unwrap(), "größer\n".as_bytes());
    }
}

#[test]
fn bad_archives_are_refused_by_name() {
    let container = container(Options::default());
    let check = |format, bytes: &[u8], part: &str| {
        let error = container.import("/x", format, bytes).unwrap_err();
        assert!(matches!(error, Error::Import { .. }), "{error}");
        assert!(error.to_string().contains(part) && !error.to_string().contains('\n'), "{error}");
    };
    check(ArchiveFormat::Json, b"{", "cannot import a JSON tree: EOF");
    check(ArchiveFormat::Json, b"[]", "/x: a directory is an object");
    check(ArchiveFormat::Json, br#"{"..": {"directory": {}}}"#, "\"..\" is not a file's name");
    check(ArchiveFormat::Json, br#"{"a": 1}"#, "/x/a: neither file nor directory");
    check(ArchiveFormat::Tar, &[1; 700], "cannot import a tar archive");
    let archive = |name: &str, link: Option<&str>| {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(0);
        if let Some(target) = link {
            header.set_entry_type(tar::EntryType::Symlink);
            archive.append_link(&mut header, "link", target).unwrap();
            header.set_entry_type(tar::EntryType::Regular);
        }
        // The library refuses to write such names; an attacker's does not.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname = [0; 100];
        header.set_cksum();
        archive.append(&header, &b""[..]).unwrap();
        archive.into_inner().unwrap()
    };
    check(ArchiveFormat::Tar, &archive("../evil", None), "../evil leads out of the archive");
    check(ArchiveFormat::Tar, &archive("link/evil", Some("/etc")), "leads through a link");
    container.import("/x", ArchiveFormat::Tar, &archive("/abs/olute", None)).unwrap();
    assert!(container.fs().stat("/x/abs/olute").is_ok());
    assert!(container.fs().stat("/etc/evil").is_err() && container.fs().stat("/evil").is_err());
}

#[test]
fn changes_are_heard_of() {
    let (container, _) = furnished();
    let files = container.fs();
    let mut watch = files.watch("/t/sub").unwrap();
    let mut expect = |change: Change, name: &str| {
        let event = watch.find(|event| event.change == change).unwrap();
        assert_eq!(String::from_utf8_lossy(&event.name), name, "{event:?}");
        event.cookie
    };
    files.write("/t/sub/new", b"1").unwrap();
    expect(Change::Created, "new");
    expect(Change::Modified, "new");
    crate::support::check_prints(&container, &["write", "/t/sub/by-a-program", "1"], "written\n");
    expect(Change::Created, "by-a-program");
    files.rename("/t/sub/new", "/t/sub/newer").unwrap();
    let cookie = expect(Change::MovedFrom, "new");
    assert_eq!(expect(Change::MovedTo, "newer"), cookie);
    files.remove_file("/t/sub/newer").unwrap();
    expect(Change::Removed, "newer");
    files.remove_all("/t").unwrap();
    expect(Change::SelfRemoved, "");
    assert_eq!(watch.next(), None);
    assert_eq!(files.watch("/t").unwrap_err().errno(), Some(Errno::ENOENT));
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor there is.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn the_exit_is_a_future_too() {
    let container = container(Options::default());
    let spawn = |args: &[&str]| container.spawn(PROGRAM, args, &SpawnOptions::default()).unwrap();
    let process = spawn(&["exit", "7"]);
    assert_eq!(block_on(process.exit()).unwrap().status, WaitStatus::Exited(7));
    assert_eq!(block_on(process.exit()).unwrap(), process.wait().unwrap(), "as often as one likes");
    // Many at once, some of which have ended before they are asked.
    let many: Vec<_> = (0..20).map(|_| spawn(&["return"])).collect();
    many[19].wait().unwrap();
    for process in &many {
        assert_eq!(block_on(process.exit()).unwrap().status, WaitStatus::Exited(0));
    }
    let left = spawn(&["block"]);
    let waiting = thread::spawn(move || block_on(left.exit()).map_err(|error| error.to_string()));
    container.teardown();
    assert_eq!(waiting.join().unwrap().unwrap_err(), "the container has been torn down");
}
