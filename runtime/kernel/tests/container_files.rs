//! `/web/container`: what it shows of the container, and what its `ctl` does.

#![allow(clippy::unwrap_used)]

mod machine;

use std::net::SocketAddrV4;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::open,
    nr,
    signal::{Signal, WaitStatus},
    sockaddr::SocketAddress,
    spawn::{Narrowing, SpawnRequest},
};
use oac_kernel::{Config, TaskId};

const CTL: &str = "/web/container/self/ctl";

/// Opens the container's `ctl` for one command; the errno of what failed.
fn command(m: &mut Machine, task: TaskId, line: &str) -> Result<(), Errno> {
    let fd = match m.open(task, CTL, open::WRONLY | open::TRUNC) {
        Done::Err(errno) => return Err(errno),
        done => done.ok(),
    };
    let result = match m.write(task, fd, line.as_bytes()) {
        Done::Err(errno) => Err(errno),
        done => {
            assert_eq!(done.ok(), line.len() as i64);
            Ok(())
        }
    };
    m.close(task, fd).ok();
    result
}

fn link(m: &mut Machine, task: TaskId, path: &str) -> String {
    m.call(task, &call!(nr::READLINKAT, -100, path, Arg::Out(99))).text()
}

fn address(ip: [u8; 4], port: u16) -> Vec<u8> {
    SocketAddress::V4(SocketAddrV4::new(ip.into(), port)).encode()
}

fn listen(m: &mut Machine, task: TaskId, ip: [u8; 4], port: u16) -> i64 {
    let fd = m.call(task, &call!(nr::SOCKET, 2, 1, 0)).ok();
    m.call(task, &call!(nr::BIND, fd, address(ip, port))).ok();
    m.call(task, &call!(nr::LISTEN, fd, 5)).ok();
    fd
}

#[test]
fn it_has_its_number_and_files() {
    for id in [1, 7] {
        let mut m = Machine::new(Config { container_id: id, ..Config::default() });
        let me = m.actor();
        assert_eq!(m.list(me, "/web/container"), [&id.to_string(), "new", "self"]);
        assert_eq!(link(&mut m, me, "/web/container/self"), id.to_string());
        let dir = format!("/web/container/{id}");
        assert_eq!(m.list(me, &dir), ["ctl", "mount", "ports", "processes", "status"]);
        assert_eq!(m.get(me, &format!("{dir}/status")), Ok("running\n".into()));
        for other in ["0", "01", "2", "selves"] {
            assert_eq!(m.stat(me, &format!("/web/container/{other}"), 0), Err(Errno::ENOENT), "{other}");
        }
        m.call(me, &call!(nr::CHDIR, "/web/container/self/ports")).ok();
        let cwd = m.call(me, &call!(nr::GETCWD, Arg::Out(99))).text();
        assert_eq!(cwd, format!("{dir}/ports"));
        assert_eq!(m.call(me, &call!(nr::REALPATHAT, -100, "../../..", Arg::Out(99))).text(), "/web");
    }
}

#[test]
fn nothing_is_made_or_removed_there() {
    let mut m = Machine::default();
    let me = m.actor();
    let create = open::CREAT | open::WRONLY;
    assert_eq!(m.open(me, "/web/container/2", create), Done::Err(Errno::EPERM));
    assert_eq!(m.call(me, &call!(nr::MKDIRAT, -100, "/web/container/2", 0o755)), Done::Err(Errno::EPERM));
    let unlink = call!(nr::UNLINKAT, -100, "/web/container/self/status", 0);
    assert_eq!(m.call(me, &unlink), Done::Err(Errno::EPERM));
    for file in ["status", "mount"] {
        let path = format!("/web/container/self/{file}");
        assert_eq!(m.open(me, &path, open::WRONLY), Done::Err(Errno::EACCES), "{file}");
    }
    assert_eq!(m.get(me, CTL), Err(Errno::EACCES));
}

#[test]
fn another_container_is_granted_to_nobody() {
    let mut m = Machine::default();
    let me = m.actor();
    let user = m.spawn(me, &[]);
    m.call(user, &call!(nr::SETRESUID, 10, 10, 10)).ok();
    for task in [me, user] {
        for flags in [open::RDONLY, open::WRONLY, open::RDWR | open::TRUNC] {
            assert_eq!(m.open(task, "/web/container/new", flags), Done::Err(Errno::EPERM));
        }
    }
}

#[test]
fn processes_lead_to_the_tasks_of_programs() {
    let mut m = Machine::default();
    let me = m.actor();
    let dir = "/web/container/self/processes";
    assert!(m.list(me, dir).is_empty(), "init and actors are none");
    let [one, two] = [m.spawn(me, &[]), m.spawn(me, &[])];
    assert_eq!(m.list(me, dir), [one.to_string(), two.to_string()]);
    assert_eq!(link(&mut m, me, &format!("{dir}/{one}")), format!("/task/{one}"));
    assert_eq!(m.get(two, &format!("{dir}/{one}/pid")), Ok(format!("{one}\n")));
    m.call(one, &call!(nr::EXIT, 3));
    assert_eq!(m.get(me, &format!("{dir}/{one}/status")), Ok("zombie\n".into()));
    m.wait(me, 0).unwrap();
    assert_eq!(m.list(me, dir), [two.to_string()]);
    for name in [one.to_string(), me.to_string(), format!("0{two}")] {
        assert_eq!(m.get(me, &format!("{dir}/{name}/pid")), Err(Errno::ENOENT), "{name}");
    }
}

#[test]
fn ports_tell_who_listens() {
    let mut m = Machine::default();
    let me = m.actor();
    let dir = "/web/container/self/ports";
    let server = m.spawn(me, &[]);
    let fd = listen(&mut m, server, [127, 0, 0, 1], 8080);
    listen(&mut m, me, [127, 0, 0, 2], 8080);
    listen(&mut m, me, [0, 0, 0, 0], 99);
    let client = m.call(me, &call!(nr::SOCKET, 2, 1, 0)).ok();
    m.call(me, &call!(nr::CONNECT, client, address([127, 0, 0, 1], 8080))).ok();
    assert_eq!(m.list(me, dir), ["99", "8080"], "the client's port is none");
    assert_eq!(m.get(me, &format!("{dir}/8080")), Ok(format!("{me}\n{server}\n")));
    assert_eq!(m.get(me, &format!("{dir}/99")), Ok(format!("{me}\n")));
    let heir = m.spawn(server, &[(5, fd)]);
    m.call(server, &call!(nr::EXIT, 0));
    assert_eq!(m.get(me, &format!("{dir}/8080")), Ok(format!("{me}\n{heir}\n")), "it was left to it");
    m.call(heir, &call!(nr::EXIT, 0));
    assert_eq!(m.get(me, &format!("{dir}/8080")), Ok(format!("{me}\n")));
    for name in ["100", "099", "65635", "x"] {
        assert_eq!(m.stat(me, &format!("{dir}/{name}"), 0), Err(Errno::ENOENT), "{name}");
    }
}

/// A machine with an actor and directories `/a` and `/b`, which hold files of their names.
fn with_directories() -> (Machine, TaskId) {
    let mut m = Machine::default();
    let me = m.actor();
    for name in ["a", "b"] {
        m.call(me, &call!(nr::MKDIRAT, -100, format!("/{name}").as_str(), 0o755)).ok();
        m.put(me, &format!("/{name}/{name}"), name);
    }
    (m, me)
}

fn names(m: &mut Machine, task: TaskId, path: &str) -> Vec<String> {
    let mut names = m.list(task, path);
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

#[test]
fn binds_change_the_root_namespace() {
    for (order, expect) in [("", &["a"][..]), (" replace", &["a"]), (" before", &["a", "b"])] {
        let (mut m, me) = with_directories();
        let early = m.spawn(me, &[]);
        let before = m.get(me, "/web/container/self/mount").unwrap();
        assert_eq!(m.get(early, "/task/1/ns"), Ok(before.clone()));
        // A program has a namespace of its own, and changes that of the container.
        assert_eq!(command(&mut m, early, &format!("bind /a /b{order}\n")), Ok(()));
        assert_eq!(names(&mut m, early, "/b"), ["b"], "it has the binds that it began with");
        let late = m.spawn(me, &[]);
        for task in [me, late] {
            assert_eq!(names(&mut m, task, "/b"), expect, "{order}");
        }
        let mount = m.get(early, "/web/container/self/mount").unwrap();
        assert!(mount.starts_with(&before) && mount.ends_with(" /a /b\n"), "{mount}");
        assert_eq!(m.get(early, "/task/1/ns"), Ok(mount));
        assert_eq!(command(&mut m, early, "unbind /b"), Ok(()));
        assert_eq!(names(&mut m, me, "/b"), ["b"]);
        assert_eq!(m.get(early, "/web/container/self/mount"), Ok(before));
    }
}

#[test]
fn the_lines_of_mount_rebuild_it() {
    let (mut m, me) = with_directories();
    for line in ["bind /a /b after", "bind /tmp /a", "bind /b /var before"] {
        assert_eq!(command(&mut m, me, line), Ok(()), "{line}");
    }
    let lines = m.get(me, "/web/container/self/mount").unwrap();
    let (mut other, me) = with_directories();
    for line in lines.lines().filter(|line| !line.contains('#')) {
        assert_eq!(command(&mut other, me, line), Ok(()), "{line}");
    }
    assert_eq!(other.get(me, "/web/container/self/mount"), Ok(lines));
}

#[test]
fn a_failing_command_fails_the_write() {
    let (mut m, me) = with_directories();
    let lines = m.get(me, "/web/container/self/mount");
    for (line, errno) in [
        ("", Errno::EINVAL),
        ("start", Errno::EINVAL),
        ("kill TERM", Errno::EINVAL),
        ("kill 9", Errno::EINVAL),
        ("stop", Errno::EINVAL),
        ("bind /a", Errno::EINVAL),
        ("bind /a /b first", Errno::EINVAL),
        ("bind -b /a /b after", Errno::EINVAL),
        ("bind /none /b", Errno::ENOENT),
        ("bind /a /none", Errno::ENOENT),
        ("bind /a/a /b", Errno::ENOTDIR),
        ("unbind", Errno::EINVAL),
        ("unbind /a", Errno::EINVAL),
        ("unbind /none", Errno::ENOENT),
    ] {
        assert_eq!(command(&mut m, me, line), Err(errno), "{line:?}");
    }
    assert_eq!(m.get(me, "/web/container/self/mount"), lines);
}

#[test]
fn only_root_commands() {
    let (mut m, me) = with_directories();
    let fd = m.open(me, CTL, open::WRONLY).ok();
    let user = m.spawn(me, &[(5, fd)]);
    m.call(user, &call!(nr::SETRESUID, 10, 10, 10)).ok();
    for line in ["kill", "bind /a /b", "unbind /b", "what"] {
        assert_eq!(command(&mut m, user, line), Err(Errno::EACCES), "{line}");
        assert_eq!(m.write(user, 5, line.as_bytes()), Done::Err(Errno::EPERM), "root opened it: {line}");
    }
    for file in ["status", "mount", &format!("processes/{user}/pid")] {
        assert!(m.get(user, &format!("/web/container/self/{file}")).is_ok(), "{file}");
    }
}

#[test]
fn kill_ends_every_program() {
    let mut m = Machine::default();
    let (me, other) = (m.actor(), m.actor());
    let fd = m.open(me, CTL, open::WRONLY).ok();
    let child = m.spawn(me, &[(5, fd)]);
    let grandchild = m.spawn(child, &[]);
    let orphan = m.spawn(child, &[]);
    m.call(orphan, &call!(nr::SETSID)).ok();
    let gone = m.spawn(child, &[]);
    let adopted = m.spawn(gone, &[]);
    m.call(gone, &call!(nr::EXIT, 0));
    let elsewhere = m.spawn(other, &[]);
    m.call(elsewhere, &call!(nr::SETRESUID, 10, 10, 10)).ok();
    assert_eq!(m.write(child, 5, b"kill\n"), Done::Exited, "who says it is among them");
    for task in [child, grandchild, orphan, adopted, elsewhere] {
        let record = m.kernel.exit_record(task).unwrap();
        assert_eq!(record.status, WaitStatus::Signaled(Signal::SIGKILL), "{task}");
        assert_eq!(record.limit, None);
    }
    assert_eq!(m.wait(me, 0), Ok(Some((child, WaitStatus::Signaled(Signal::SIGKILL)))));
    assert_eq!(m.wait(other, 0), Ok(Some((elsewhere, WaitStatus::Signaled(Signal::SIGKILL)))));
    assert_eq!(m.kernel.census().tasks, 3, "init and the actors");
    // The container goes on.
    assert_eq!(m.write(me, fd, b"kill").ok(), 4);
    assert_eq!(m.get(me, "/web/container/self/status"), Ok("running\n".into()));
    let late = m.spawn(me, &[]);
    assert_eq!(m.list(me, "/web/container/self/processes"), [late.to_string()]);
}

#[test]
fn path_lists_hold() {
    let (mut m, me) = with_directories();
    let list = |paths: &[&str]| Some(paths.iter().map(ToString::to_string).collect());
    let mut confined = |read: &[&str], write: &[&str]| {
        let narrowing = Narrowing { read: list(read), write: list(write), ..Narrowing::default() };
        let argv = vec![b"prog".to_vec()];
        m.spawn_with(
            me,
            SpawnRequest { program: b"prog".to_vec(), argv, narrowing, ..SpawnRequest::default() },
        )
        .unwrap()
    };
    let none = confined(&["/a"], &["/a"]);
    let some = confined(&["/web/container/1/status"], &["/web/container/1/ctl"]);
    assert_eq!(m.get(none, "/web/container/self/status"), Err(Errno::EACCES));
    assert_eq!(command(&mut m, none, "kill"), Err(Errno::EACCES));
    assert_eq!(m.get(some, "/web/container/self/status"), Ok("running\n".into()));
    for file in ["mount".to_string(), format!("processes/{none}/pid")] {
        assert_eq!(m.get(some, &format!("/web/container/self/{file}")), Err(Errno::EACCES), "{file}");
    }
    for line in ["bind /a /b", "unbind /b"] {
        assert_eq!(command(&mut m, some, line), Err(Errno::EPERM), "{line}: its lists are of paths");
    }
    let fd = m.open(some, CTL, open::WRONLY).ok();
    assert_eq!(m.write(some, fd, b"kill"), Done::Exited);
    assert!(m.kernel.exit_record(none).is_some());
}
