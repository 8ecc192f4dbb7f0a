//! Binds, unions, and what they do to paths.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{bind, open},
    nr,
};
use oac_kernel::TaskId;

fn tree(m: &mut Machine, task: TaskId) {
    for dir in ["/a", "/a/sub", "/b", "/b/sub", "/c"] {
        m.call(task, &call!(nr::MKDIRAT, -100, dir, 0o755)).ok();
    }
    m.put(task, "/a/both", "a");
    m.put(task, "/b/both", "b");
    m.put(task, "/a/only-a", "a");
    m.put(task, "/b/only-b", "b");
    m.put(task, "/a/sub/in-a", "a");
    m.put(task, "/b/sub/in-b", "b");
}

fn bound(m: &mut Machine, task: TaskId, source: &str, target: &str, flags: u32) -> Done {
    m.call(task, &call!(nr::NS_BIND, source, target, flags))
}

/// What is listed is what can be opened, and nothing else.
#[track_caller]
fn check_listing(m: &mut Machine, task: TaskId, path: &str, expect: &[&str]) {
    let mut names = m.list(task, path);
    names.sort();
    assert_eq!(names, expect);
    for name in names {
        assert!(m.stat(task, &format!("{path}/{name}"), 0).is_ok(), "{name} is listed");
    }
}

#[test]
fn replacing_hides_and_unbinding_shows_again() {
    let mut m = Machine::default();
    let me = m.actor();
    tree(&mut m, me);
    bound(&mut m, me, "/a", "/b", bind::REPLACE).ok();
    check_listing(&mut m, me, "/b", &["both", "only-a", "sub"]);
    assert_eq!(m.get(me, "/b/both"), Ok("a".into()));
    assert_eq!(m.get(me, "/b/only-b"), Err(Errno::ENOENT));
    m.put(me, "/b/new", "made through the bind");
    assert_eq!(m.get(me, "/a/new"), Ok("made through the bind".into()));
    m.call(me, &call!(nr::CHDIR, "/b/sub")).ok();
    assert_eq!(m.call(me, &call!(nr::GETCWD, Arg::Out(99))).text(), "/b/sub");
    assert_eq!(m.call(me, &call!(nr::REALPATHAT, -100, "..", Arg::Out(99))).text(), "/b");
    assert_eq!(m.call(me, &call!(nr::REALPATHAT, -100, "../..", Arg::Out(99))).text(), "/");
    assert_eq!(m.call(me, &call!(nr::UNLINKAT, -100, "/b", 0x200)), Done::Err(Errno::EBUSY));
    m.call(me, &call!(nr::NS_UNBIND, "/b")).ok();
    assert_eq!(m.get(me, "/b/both"), Ok("b".into()));
    assert_eq!(m.call(me, &call!(nr::GETCWD, Arg::Out(99))), Done::Err(Errno::ENOENT), "its bind is gone");
    assert_eq!(m.call(me, &call!(nr::NS_UNBIND, "/b")), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(me, &call!(nr::NS_UNBIND, "/")), Done::Err(Errno::EINVAL));
}

#[test]
fn unions_look_in_order() {
    let mut m = Machine::default();
    let me = m.actor();
    tree(&mut m, me);
    bound(&mut m, me, "/a", "/b", bind::BEFORE).ok();
    check_listing(&mut m, me, "/b", &["both", "only-a", "only-b", "sub"]);
    assert_eq!(m.get(me, "/b/both"), Ok("a".into()));
    check_listing(&mut m, me, "/b/sub", &["in-a"]);
    m.put(me, "/b/new", "x");
    assert_eq!(m.get(me, "/a/new"), Err(Errno::ENOENT), "made in the covered directory");
    m.call(me, &call!(nr::UNLINKAT, -100, "/b/both", 0)).ok();
    assert_eq!(m.get(me, "/b/both"), Ok("b".into()), "the next one shows");
    bound(&mut m, me, "/a", "/c", bind::AFTER | bind::CREATE).ok();
    m.put(me, "/c/made", "x");
    assert_eq!(m.get(me, "/a/made"), Ok("x".into()));
    assert_eq!(m.call(me, &call!(nr::REALPATHAT, -100, "/c/sub/..", Arg::Out(99))).text(), "/c");
    assert_eq!(bound(&mut m, me, "/a/made", "/b", 0), Done::Err(Errno::ENOTDIR));
    assert_eq!(bound(&mut m, me, "/a", "/b", 3), Done::Err(Errno::EINVAL));
    bound(&mut m, me, "/a/made", "/b/new", bind::REPLACE).ok();
    m.put(me, "/b/new", "one file over another");
    assert_eq!(m.get(me, "/a/made"), Ok("one file over another".into()));
}

#[test]
fn children_inherit_a_copy() {
    let mut m = Machine::default();
    let me = m.actor();
    tree(&mut m, me);
    let early = m.spawn(me, &[]);
    bound(&mut m, me, "/a", "/b", bind::REPLACE).ok();
    let late = m.spawn(me, &[]);
    assert_eq!(m.get(early, "/b/both"), Ok("b".into()));
    assert_eq!(m.get(late, "/b/both"), Ok("a".into()));
    bound(&mut m, late, "/c", "/b", bind::REPLACE).ok();
    assert_eq!(m.get(late, "/b/both"), Err(Errno::ENOENT));
    assert_eq!(m.get(me, "/b/both"), Ok("a".into()));
    m.call(early, &call!(nr::EXIT, 0));
    m.call(late, &call!(nr::EXIT, 0));
    assert_eq!(m.kernel.census().namespaces, 1);
}

#[test]
fn a_namespace_can_be_rebuilt_from_its_lines() {
    let mut m = Machine::default();
    let me = m.actor();
    tree(&mut m, me);
    let (one, two) = (m.spawn(me, &[]), m.spawn(me, &[]));
    for (source, target, flags) in [
        ("/a", "/b", bind::BEFORE),
        ("/b/only-a", "/c", bind::REPLACE),
        ("/b", "/c", bind::AFTER | bind::CREATE),
        ("/c/sub", "/tmp", bind::REPLACE),
        ("/a", "/tmp", bind::REPLACE),
        ("/a/sub", "/b", bind::REPLACE),
    ] {
        // The second is a file over a directory, and is refused.
        let _ = bound(&mut m, one, source, target, flags);
    }
    let lines = m.get(one, "/task/self/ns").unwrap();
    let ctl = m.open(two, "/task/self/ctl", open::WRONLY).ok();
    for line in lines.lines().filter(|line| !line.contains('#')) {
        m.write(two, ctl, line.as_bytes()).ok();
    }
    assert_eq!(m.get(two, "/task/self/ns").unwrap(), lines);
    for dir in ["/a", "/b", "/c", "/tmp", "/"] {
        assert_eq!(m.list(two, dir), m.list(one, dir), "{dir}");
    }
}

#[test]
fn nothing_is_in_a_union_twice() {
    let mut m = Machine::default();
    let me = m.actor();
    tree(&mut m, me);
    for _ in 0..40 {
        bound(&mut m, me, "/a", "/b", bind::AFTER).ok();
        bound(&mut m, me, "/b", "/b", bind::BEFORE).ok();
        bound(&mut m, me, "/b", "/a", bind::AFTER).ok();
    }
    assert_eq!(m.get(me, "/b/both"), Ok("b".into()));
    bound(&mut m, me, "/c", "/b", bind::AFTER).ok();
    m.put(me, "/c/only-c", "c");
    assert_eq!(m.get(me, "/b/only-c"), Ok("c".into()));
}

#[test]
fn a_namespace_is_bounded() {
    let mut m = Machine::default();
    let me = m.actor();
    tree(&mut m, me);
    for _ in 0..1000 {
        bound(&mut m, me, "/a", "/b", bind::REPLACE).ok();
        m.call(me, &call!(nr::NS_UNBIND, "/b")).ok();
    }
    let errno = loop {
        if let Done::Err(errno) = bound(&mut m, me, "/a", "/b", bind::AFTER) {
            break errno;
        }
    };
    assert_eq!(errno, Errno::ENOSPC);
}
