//! ns_mount: memory, overlays and archives over paths of a task's own namespace, and their limits.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno, bounds,
    flags::{mode, open},
    nr,
    stat::StatFs,
};
use oac_kernel::{Config, Limits, TaskId};

fn mount(m: &mut Machine, task: TaskId, kind: &str, source: &str, target: &str, options: &str) -> Done {
    m.call(task, &call!(nr::NS_MOUNT, kind, source, target, options))
}

fn make_dir(m: &mut Machine, task: TaskId, path: &str) {
    m.call(task, &call!(nr::MKDIRAT, -100, path, 0o755)).ok();
}

/// Mounting this fails.
#[track_caller]
fn check_refused(kind: &str, source: &str, target: &str, options: &str, expected: Errno) {
    let mut m = Machine::default();
    let task = m.actor();
    make_dir(&mut m, task, "/a");
    make_dir(&mut m, task, "/b");
    m.put(task, "/file", "no archive");
    assert_eq!(mount(&mut m, task, kind, source, target, options), Done::Err(expected));
}

#[test]
fn what_cannot_be_mounted() {
    check_refused("ext4", "", "/a", "", Errno::ENODEV);
    check_refused("mem", "", "/none", "", Errno::ENOENT);
    check_refused("mem", "", "/file", "", Errno::ENOTDIR);
    check_refused("mem", "", "/a", "size=x", Errno::EINVAL);
    check_refused("mem", "", "/a", "color=red", Errno::EINVAL);
    check_refused("mem", "", "/a", "size=1000g", Errno::ENOSPC);
    check_refused("overlay", "", "/a", "", Errno::EINVAL);
    check_refused("overlay", "", "/a", "upper=/a", Errno::EINVAL);
    check_refused("overlay", "", "/a", "lower=/a,upper=/a", Errno::EINVAL);
    check_refused("overlay", "", "/a", "lower=/none", Errno::ENOENT);
    check_refused("overlay", "", "/a", "lower=/file", Errno::ENOTDIR);
    check_refused("overlay", "", "/a", "lower=/task", Errno::EINVAL);
    check_refused("tar", "/file", "/a", "", Errno::EINVAL);
    check_refused("tar", "/b", "/a", "", Errno::EISDIR);
    check_refused("tar", "/none", "/a", "", Errno::ENOENT);
    check_refused("tar", "/file", "/a", "size=1", Errno::EINVAL);
}

#[test]
fn memory_has_the_size_that_was_asked_for() {
    let mut m = Machine::default();
    let task = m.actor();
    make_dir(&mut m, task, "/mnt");
    mount(&mut m, task, "mem", "", "/mnt", "size=1m,nr_inodes=2,mode=750").ok();
    let stat = m.stat(task, "/mnt", 0).unwrap();
    assert_eq!(stat.mode, mode::DIR | 0o750);
    let facts = m.call(task, &call!(nr::STATFS, "/mnt", Arg::Out(StatFs::BYTES))).bytes();
    let facts = StatFs::decode(&facts.try_into().unwrap());
    assert_eq!((facts.blocks, facts.files_free), (256, 1));
    m.put(task, "/mnt/two", "");
    let fd = m.open(task, "/mnt/file", open::CREAT | open::WRONLY);
    assert_eq!(fd, Done::Err(Errno::ENOSPC), "no inode is left");
    m.call(task, &call!(nr::RENAMEAT, -100, "/mnt/two", -100, "/mnt/file", 0)).ok();
    let fd = m.open(task, "/mnt/file", open::WRONLY).ok();
    let written = m.write(task, fd, &vec![1; 1 << 20]).ok();
    assert!(written > 1_000_000 && written < 1 << 20, "{written}");
    assert_eq!(m.write(task, fd, b"more"), Done::Err(Errno::ENOSPC));
    m.call(task, &call!(nr::NS_UNBIND, "/mnt")).ok();
    assert_eq!(m.get(task, "/mnt/file"), Err(Errno::ENOENT));
}

#[test]
fn memory_that_is_mounted_is_bounded_by_the_disk() {
    let limits = Limits { disk_bytes: 1 << 20, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let task = m.actor();
    make_dir(&mut m, task, "/mnt");
    mount(&mut m, task, "mem", "", "/mnt", "size=700k").ok();
    assert_eq!(mount(&mut m, task, "mem", "", "/mnt", "size=700k"), Done::Err(Errno::ENOSPC));
    mount(&mut m, task, "mem", "", "/mnt", "size=300k").ok();
}

#[test]
fn filesystems_are_bounded() {
    let mut m = Machine::default();
    let task = m.actor();
    let mut count = 0;
    loop {
        let dir = format!("/mnt{count}");
        make_dir(&mut m, task, &dir);
        // A namespace takes fewer: as many as one has are bound, the others are kept by what is open in them.
        match mount(&mut m, task, "mem", "", &dir, "size=64k") {
            Done::Ok(..) => count += 1,
            Done::Err(Errno::ENOSPC) => break,
            other => panic!("{other:?}"),
        }
        m.open(task, &format!("{dir}/file"), open::CREAT).ok();
        m.call(task, &call!(nr::NS_UNBIND, dir.as_str())).ok();
    }
    assert!(count > 900 && count <= bounds::FILESYSTEMS_MAX, "{count}");
}

#[test]
fn what_nobody_sees_any_more_is_freed() {
    let limits = Limits { disk_bytes: 1 << 20, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let task = m.actor();
    for dir in ["/mnt", "/over"] {
        make_dir(&mut m, task, dir);
    }
    let whole = "size=1m";
    for _ in 0..3000 {
        mount(&mut m, task, "mem", "", "/mnt", whole).ok();
        m.call(task, &call!(nr::NS_UNBIND, "/mnt")).ok();
    }
    mount(&mut m, task, "mem", "", "/mnt", whole).ok();
    m.put(task, "/mnt/file", "content");
    let fd = m.open(task, "/mnt/file", open::RDONLY).ok();
    m.call(task, &call!(nr::NS_UNBIND, "/mnt")).ok();
    assert_eq!(mount(&mut m, task, "mem", "", "/mnt", whole), Done::Err(Errno::ENOSPC));
    assert_eq!(m.read(task, fd, 99).text(), "content", "it is open");
    m.close(task, fd).ok();
    mount(&mut m, task, "mem", "", "/mnt", whole).ok();
    mount(&mut m, task, "overlay", "", "/over", "lower=/mnt").ok();
    m.call(task, &call!(nr::NS_UNBIND, "/mnt")).ok();
    assert_eq!(
        mount(&mut m, task, "mem", "", "/mnt", whole),
        Done::Err(Errno::ENOSPC),
        "an overlay is on it"
    );
    m.call(task, &call!(nr::NS_UNBIND, "/over")).ok();
    mount(&mut m, task, "mem", "", "/mnt", whole).ok();
}

#[test]
fn an_overlay_leaves_what_is_beneath_alone() {
    let mut m = Machine::default();
    let task = m.actor();
    for dir in ["/low", "/lower,:", "/up", "/mnt"] {
        make_dir(&mut m, task, dir);
    }
    m.put(task, "/low/a", "low");
    m.put(task, "/lower,:/a", "lower");
    m.put(task, "/lower,:/b", "lower");
    let options = r"lower=/low:/lower\,\:,upper=/up";
    mount(&mut m, task, "overlay", "", "/mnt", options).ok();
    assert_eq!(m.get(task, "/mnt/a"), Ok("low".into()));
    m.put(task, "/mnt/b", "changed");
    m.call(task, &call!(nr::UNLINKAT, -100, "/mnt/a", 0)).ok();
    assert_eq!(m.list(task, "/mnt"), ["b"]);
    assert_eq!(m.get(task, "/mnt/b"), Ok("changed".into()));
    assert_eq!(m.get(task, "/lower,:/b"), Ok("lower".into()));
    assert_eq!(m.get(task, "/up/b"), Ok("changed".into()));
    assert_eq!(m.stat(task, "/up/a", 0).map(|stat| (stat.mode, stat.rdev)), Ok((mode::CHR, 0)));
    let namespace = m.get(task, "/task/self/ns").unwrap();
    assert!(namespace.contains("#overlay,lower=/low:"), "{namespace}");

    // A second one over what the first one changed, to be read only.
    make_dir(&mut m, task, "/again");
    mount(&mut m, task, "overlay", "", "/again", r"lower=/up:/low:/lower\,\:").ok();
    assert_eq!(m.list(task, "/again"), ["b"]);
    assert_eq!(m.open(task, "/again/b", open::WRONLY), Done::Err(Errno::EROFS));
    assert_eq!(m.open(task, "/again/new", open::CREAT), Done::Err(Errno::EROFS));
}

#[test]
fn an_archive_is_mounted_from_a_file() {
    let mut m = Machine::default();
    let task = m.actor();
    make_dir(&mut m, task, "/mnt");
    // One member, `hello`, as ustar: what a header is, `tar -tf` says of the same bytes.
    let mut header = [0; 512];
    for (at, text) in [(0, "hello"), (100, "0000755"), (124, "00000000003"), (156, "0"), (257, "ustar")] {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let archive = [&header[..], b"hi\n", &[0; 509], &[0; 1024]].concat();
    let fd = m.open(task, "/a.tar", open::CREAT | open::WRONLY).ok();
    m.write(task, fd, &archive).ok();
    mount(&mut m, task, "tar", "/a.tar", "/mnt", "").ok();
    assert_eq!(m.get(task, "/mnt/hello"), Ok("hi\n".into()));
    assert_eq!(m.stat(task, "/mnt/hello", 0).map(|stat| stat.mode), Ok(mode::REG | 0o755));
    assert_eq!(m.open(task, "/mnt/hello", open::WRONLY), Done::Err(Errno::EROFS));
}

#[test]
fn a_mount_is_seen_by_who_made_it_and_its_children() {
    let mut m = Machine::default();
    let parent = m.actor();
    // Without SHARE_NAMESPACE a child has a copy of its own.
    let child = m.spawn(parent, &[]);
    make_dir(&mut m, child, "/mnt");
    mount(&mut m, child, "mem", "", "/mnt", "size=1m").ok();
    m.put(child, "/mnt/file", "mine");
    assert_eq!(m.get(child, "/mnt/file"), Ok("mine".into()));
    assert_eq!(m.get(parent, "/mnt/file"), Err(Errno::ENOENT));
    let grandchild = m.spawn(child, &[]);
    assert_eq!(m.get(grandchild, "/mnt/file"), Ok("mine".into()));
    m.call(child, &call!(nr::CHDIR, "/mnt")).ok();
    for (task, mounted) in [(child, 1), (grandchild, 0)] {
        m.call(task, &call!(nr::EXIT, 0));
        assert_eq!(m.kernel.census().mounted, mounted, "it goes with the last who sees it");
    }
}
