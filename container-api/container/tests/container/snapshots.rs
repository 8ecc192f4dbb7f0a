//! Containers that begin with the files of others.

use oac_container::{Container, Errno, Limits, Mount, Options, Tree};

use crate::support::{Scratch, check_prints, container, runtime};

fn options() -> Options {
    Options { runtime: Some(runtime().clone()), ..Options::default() }
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let original = container(Options::default());
    original.fs().write("/tmp/f", b"before").unwrap();
    let snapshot = original.snapshot().unwrap();
    original.fs().write("/tmp/f", b"after").unwrap();
    original.fs().remove_all("/etc").unwrap();
    for _ in 0..2 {
        let other = Container::from_snapshot(options(), &snapshot).unwrap();
        assert_eq!(other.fs().read("/tmp/f").unwrap(), b"before");
        check_prints(&other, &["write", "/tmp/f", "changed"], "written\n");
        check_prints(&other, &["read", "/etc/hostname"], "oac\n\n");
        assert_eq!(original.fs().read("/tmp/f").unwrap(), b"after");
    }
    original.teardown();
    let other = Container::from_snapshot(options(), &snapshot).unwrap();
    assert_eq!(other.fs().read("/tmp/f").unwrap(), b"before");
}

#[test]
fn a_fork_goes_its_own_way() {
    let original = container(Options::default());
    let limits = Limits { disk_bytes: 8 << 20, ..Limits::default() };
    let fork = original.fork(Options { limits, ..options() }).unwrap();
    fork.fs().write("/tmp/f", b"fork").unwrap();
    assert_eq!(original.fs().read("/tmp/f").unwrap_err().errno(), Some(Errno::ENOENT));
    let full = fork.fs().write("/tmp/large", &[1; 9 << 20]).unwrap_err();
    assert_eq!(full.errno(), Some(Errno::ENOSPC), "the fork's own limits hold");
    original.fs().write("/tmp/large", &[1; 9 << 20]).unwrap();
}

#[test]
fn directories_of_the_host_are_left_out_by_name() {
    let scratch = Scratch::new("snapshot-host");
    std::fs::write(scratch.path().join("f"), "host").unwrap();
    let original = container(Options::default());
    original.mount(Mount::HostDir { path: scratch.path(), read_only: true }, "/work").unwrap();
    original.mount(Mount::Tree(&Tree::directory([("g", Tree::file("tree"))])), "/kept").unwrap();
    let snapshot = original.snapshot().unwrap();
    assert_eq!(snapshot.left_out(), ["/work"]);
    let other = Container::from_snapshot(options(), &snapshot).unwrap();
    assert_eq!(other.fs().read("/kept/g").unwrap(), b"tree");
    assert!(other.fs().read_dir("/work").unwrap().is_empty());
}
