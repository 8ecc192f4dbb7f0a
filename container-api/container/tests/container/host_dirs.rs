//! Directories of the host in a container: everything in them, nothing beside them.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
};

use oac_container::{Container, Errno, Error, Mount, Options, SpawnOptions, WaitStatus};

use crate::support::{PROGRAM, Scratch, check_prints, container, run};

/// `inside/` is mounted at /work; `outside` lies beside it.
fn mounted(name: &str, read_only: bool) -> (Container, Scratch) {
    let scratch = Scratch::new(name);
    fs::create_dir(scratch.path().join("inside")).unwrap();
    fs::write(scratch.path().join("outside"), "secret").unwrap();
    let container = container(Options::default());
    let source = Mount::HostDir { path: &scratch.path().join("inside"), read_only };
    container.mount(source, "/work").unwrap();
    (container, scratch)
}

#[test]
fn files_are_the_hosts_own() {
    let (container, scratch) = mounted("own", false);
    let inside = scratch.path().join("inside");
    fs::write(inside.join("from-host"), "hello").unwrap();
    check_prints(&container, &["read", "/work/from-host"], "hello\n");
    check_prints(&container, &["write", "/work/from-container", "hi"], "written\n");
    assert_eq!(fs::read_to_string(inside.join("from-container")).unwrap(), "hi");

    let files = container.fs();
    files.make_dir_all("/work/a/b").unwrap();
    files.write("/work/a/b/c", b"1").unwrap();
    files.rename("/work/a", "/work/z").unwrap();
    assert_eq!(files.read("/work/z/b/c").unwrap(), b"1");
    assert_eq!(fs::read(inside.join("z/b/c")).unwrap(), b"1");
    files.set_mode("/work/z/b/c", 0o4751).unwrap();
    let mode = fs::metadata(inside.join("z/b/c")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o751, "no set-user-ID bit is put on the host's files");
    files.symlink("b/c", "/work/z/link").unwrap();
    assert_eq!(fs::read(inside.join("z/link")).unwrap(), b"1");
    assert_eq!(files.read("/work/z/link").unwrap(), b"1");
    assert_eq!(files.read_link("/work/z/link").unwrap(), b"b/c");

    let metadata = files.metadata("/work/z/b/c").unwrap();
    let host = fs::metadata(inside.join("z/b/c")).unwrap();
    assert_eq!((metadata.ino, metadata.size, metadata.nlink), (host.ino(), 1, 1));
    assert_eq!((metadata.uid, metadata.gid), (0, 0), "the user who runs the container is its root");
    assert_eq!(metadata.mtime_ns, host.mtime() * 1_000_000_000 + host.mtime_nsec());
    let mut names: Vec<_> = files.read_dir("/work").unwrap().into_iter().map(|entry| entry.name).collect();
    names.sort();
    assert_eq!(names, [&b"from-container"[..], b"from-host", b"z"]);

    files.remove_file("/work/z/link").unwrap();
    files.remove_file("/work/z/b/c").unwrap();
    assert_eq!(files.remove_dir("/work/z").unwrap_err().errno(), Some(Errno::ENOTEMPTY));
    files.remove_dir("/work/z/b").unwrap();
    files.remove_dir("/work/z").unwrap();
    assert!(!inside.join("z").exists());
}

#[test]
fn an_unlinked_file_lives_while_it_is_open() {
    let (container, _scratch) = mounted("unlinked", false);
    check_prints(&container, &["unlinked", "/work/f"], "still here 10 true\n");
}

#[test]
fn what_the_host_changes_is_seen() {
    let (container, scratch) = mounted("changes", false);
    let inside = scratch.path().join("inside");
    fs::create_dir(inside.join("dir")).unwrap();
    fs::write(inside.join("dir/f"), "1").unwrap();
    assert_eq!(container.fs().read("/work/dir/f").unwrap(), b"1");
    // Another directory under the same name.
    fs::rename(inside.join("dir"), inside.join("old")).unwrap();
    fs::create_dir(inside.join("dir")).unwrap();
    fs::write(inside.join("dir/f"), "2").unwrap();
    assert_eq!(container.fs().read("/work/dir/f").unwrap(), b"2");
    assert_eq!(container.fs().read("/work/old/f").unwrap(), b"1");
    fs::remove_dir_all(inside.join("dir")).unwrap();
    assert_eq!(container.fs().read("/work/dir/f").unwrap_err().errno(), Some(Errno::ENOENT));
}

#[test]
fn nothing_beside_the_directory_is_reached() {
    let (container, scratch) = mounted("escape", false);
    let inside = scratch.path().join("inside");
    let outside = scratch.path().join("outside");
    symlink("../outside", inside.join("relative")).unwrap();
    symlink(&outside, inside.join("absolute")).unwrap();
    symlink("/etc/passwd", inside.join("passwd")).unwrap();
    symlink("/proc/self/root/etc/passwd", inside.join("proc")).unwrap();
    symlink(scratch.path(), inside.join("parent")).unwrap();
    let host_path = outside.display().to_string();
    let tries = [
        "/work/../outside",
        "/work/relative",
        "/work/absolute",
        "/work/passwd",
        "/work/proc",
        "/work/parent/outside",
        "/work/./../../outside",
        "/work/../../../../../../etc/passwd",
        "/etc/passwd",
        &host_path,
    ];
    // The container has an /etc/passwd of its own, which is where links to it lead.
    let own = container.fs().read("/etc/passwd").unwrap();
    assert_ne!(own, fs::read("/etc/passwd").unwrap());
    for path in tries {
        match container.fs().read(path) {
            Ok(bytes) => assert_eq!(bytes, own, "{path}"),
            Err(error) => assert_eq!(error.errno(), Some(Errno::ENOENT), "{path}"),
        }
    }
    // Writing through a link makes a file in the container, where the link leads there.
    let _ = container.fs().write("/work/absolute", b"overwritten");
    let _ = container.fs().write("/work/relative", b"overwritten");
    let _ = container.fs().remove_file("/work/../outside");
    let _ = container.fs().rename("/work/../outside", "/work/got-it");
    let _ = container.fs().set_mode("/work/relative", 0o777);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "secret");
    assert!(!inside.join("got-it").exists());
}

#[test]
fn a_directory_that_becomes_a_link_leads_nowhere() {
    let (container, scratch) = mounted("swap", false);
    let inside = scratch.path().join("inside");
    fs::create_dir(inside.join("dir")).unwrap();
    fs::write(inside.join("dir/outside"), "mine").unwrap();
    assert_eq!(container.fs().read("/work/dir/outside").unwrap(), b"mine");
    // The container knows `dir` as a directory; behind its back it turns into a link to the outside.
    fs::rename(inside.join("dir"), inside.join("moved")).unwrap();
    symlink("..", inside.join("dir")).unwrap();
    let read = container.fs().read("/work/dir/outside");
    assert!(read.is_err(), "{read:?}");
}

/// Two names change places again and again, a directory and a link to the outside, while the container walks through them.
#[test]
fn a_race_for_the_outside_is_never_won() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let (container, scratch) = mounted("race", false);
    let inside = scratch.path().join("inside");
    let beside = scratch.path().join("beside");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("f"), "secret").unwrap();
    fs::create_dir(inside.join("dir")).unwrap();
    fs::write(inside.join("dir/f"), "mine").unwrap();
    symlink("../beside", inside.join("link")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let (dir, link) = (inside.join("dir"), inside.join("link"));
                let here = rustix::fs::CWD;
                rustix::fs::renameat_with(here, &dir, here, &link, rustix::fs::RenameFlags::EXCHANGE)
                    .unwrap();
            }
        });
        let files = container.fs();
        for round in 0..2_000 {
            if let Ok(bytes) = files.read("/work/dir/f") {
                assert_eq!(bytes, b"mine");
            }
            let _ = files.write(&format!("/work/dir/new-{}", round % 8), b"written");
            let _ = files.rename("/work/dir/f", "/work/link/f");
            let _ = files.rename("/work/link/f", "/work/dir/f");
            let _ = files.set_mode("/work/dir/f", 0o600);
            let _ = files.remove_file("/work/link/new-0");
        }
        done.store(true, Ordering::Relaxed);
    });
    let names: Vec<_> = fs::read_dir(&beside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["f"]);
    assert_eq!(fs::read_to_string(beside.join("f")).unwrap(), "secret");
    assert_eq!(fs::metadata(beside.join("f")).unwrap().permissions().mode() & 0o777, 0o644);
}

/// The ways that `/proc` and descriptors offer lead through the container's own tree as well.
#[test]
fn descriptors_are_no_way_around() {
    let (container, scratch) = mounted("proc", false);
    let inside = scratch.path().join("inside");
    symlink("/proc/self/root", inside.join("root")).unwrap();
    symlink("/proc/1/root", inside.join("init")).unwrap();
    symlink("/dev/fd", inside.join("fd")).unwrap();
    symlink("/proc/self/cwd/..", inside.join("cwd")).unwrap();
    let outside = scratch.path().join("outside").display().to_string();
    for way in ["root", "init", "cwd", "fd/3", "fd/0/..", "fd/1/../.."] {
        for path in [
            format!("/work/{way}{outside}"),
            format!("/work/{way}/outside"),
            format!("/work/{way}/../outside"),
        ] {
            let output = run(&container, &["read", &path]);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.starts_with("error: "), "{path}: {text}");
        }
    }
    // A hard link is made to what is inside, and to nothing else.
    fs::write(inside.join("f"), "1").unwrap();
    container.fs().hard_link("/work/f", "/work/g").unwrap();
    assert_eq!(fs::metadata(inside.join("f")).unwrap().nlink(), 2);
    let crossing = container.fs().hard_link("/etc/passwd", "/work/passwd").unwrap_err();
    assert_eq!(crossing.errno(), Some(Errno::EXDEV));
}

#[test]
fn read_only_means_it() {
    let (container, scratch) = mounted("read-only", true);
    let inside = scratch.path().join("inside");
    fs::write(inside.join("f"), "1").unwrap();
    let files = container.fs();
    assert_eq!(files.read("/work/f").unwrap(), b"1");
    let mounts = String::from_utf8(files.read("/proc/1/mounts").unwrap()).unwrap();
    assert!(mounts.contains(" /work "), "{mounts}");
    for line in mounts.lines() {
        let access = if line.contains(" /work ") { " ro," } else { " rw," };
        assert!(line.contains(access), "{line}");
    }
    let refused = [
        files.write("/work/f", b"2"),
        files.write("/work/new", b"2"),
        files.make_dir("/work/dir"),
        files.remove_file("/work/f"),
        files.rename("/work/f", "/work/g"),
        files.symlink("f", "/work/link"),
        files.set_mode("/work/f", 0o777),
    ];
    for (index, result) in refused.into_iter().enumerate() {
        assert_eq!(result.unwrap_err().errno(), Some(Errno::EROFS), "{index}");
    }
    check_prints(&container, &["write", "/work/f", "2"], "error: Read-only file system (os error 69)\n");
    assert_eq!(fs::read_to_string(inside.join("f")).unwrap(), "1");
}

#[test]
fn fifos_and_devices_do_not_hang_it() {
    let (container, scratch) = mounted("fifo", false);
    let special = |name: &str, kind| {
        let path = scratch.path().join("inside").join(name);
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, rustix::fs::Mode::from_raw_mode(0o600), 0).unwrap();
    };
    special("socket", rustix::fs::FileType::Socket);
    special("fifo", rustix::fs::FileType::Fifo);
    assert_eq!(container.fs().read("/work/socket").unwrap_err().errno(), Some(Errno::ENXIO));
    assert_eq!(container.fs().read_dir("/work").unwrap().len(), 2);
    // Those that open the host's FIFO in the container meet each other there, and nobody of the host.
    let writer =
        container.spawn(PROGRAM, &["write", "/work/fifo", "through"], &SpawnOptions::default()).unwrap();
    check_prints(&container, &["read", "/work/fifo"], "through\n");
    assert_eq!(writer.wait().unwrap().status, WaitStatus::Exited(0));
}

#[test]
fn a_source_that_is_not_there_is_named() {
    let container = container(Options::default());
    let path = std::path::Path::new("/no/such/directory");
    let error = container.mount(Mount::HostDir { path, read_only: false }, "/work").unwrap_err();
    assert!(matches!(error, Error::MountSource { .. }));
    assert!(error.to_string().starts_with("cannot mount /no/such/directory: "), "{error}");
}
