//! `/proc`, as programs read it that know Linux's.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{at, mode, open, socket as sock},
    nr,
    sockaddr::SocketAddress,
    spawn::SpawnRequest,
};
use oac_kernel::TaskId;

fn read_link(m: &mut Machine, task: TaskId, path: &str) -> Result<String, Errno> {
    match m.call(task, &call!(nr::READLINKAT, -100, path, Arg::Out(999))) {
        Done::Err(errno) => Err(errno),
        done => Ok(done.text()),
    }
}

/// A program, its parent, and the ends of the pipe that is its standard output.
fn program(m: &mut Machine) -> (TaskId, TaskId) {
    let parent = m.actor();
    let (_, writer) = m.pipe(parent, 0);
    let request = SpawnRequest {
        program: b"prog".to_vec(),
        argv: vec![b"prog".to_vec(), b"an argument".to_vec()],
        env: Some(vec![b"A=1".to_vec(), b"B=2".to_vec()]),
        cwd: Some(b"/tmp".to_vec()),
        fds: vec![(1, writer as i32)],
        ..SpawnRequest::default()
    };
    (m.spawn_with(parent, request).unwrap(), parent)
}

#[test]
fn a_task_in_linux_formats() {
    let mut m = Machine::default();
    let (task, parent) = program(&mut m);
    let own = |name: &str| format!("/proc/self/{name}");
    assert_eq!(m.get(task, &own("cmdline")).unwrap(), "prog\0an argument\0");
    assert_eq!(m.get(task, &own("environ")).unwrap(), "A=1\0B=2\0");
    assert_eq!(m.get(task, &own("comm")).unwrap(), "prog\n");
    assert_eq!(read_link(&mut m, task, "/proc/self"), Ok(task.to_string()));
    assert_eq!(read_link(&mut m, task, &own("cwd")), Ok("/tmp".into()));
    assert_eq!(read_link(&mut m, task, &own("exe")), Ok("/usr/bin/prog".into()));
    let stat = m.get(task, &own("stat")).unwrap();
    let (head, tail) = stat.rsplit_once(") ").unwrap();
    assert_eq!(head, format!("{task} (prog"));
    let fields: Vec<&str> = tail.trim_end().split(' ').collect();
    assert_eq!(fields.len(), 50, "52 fields, two of them before the parenthesis");
    assert_eq!(fields[..3], ["R", &parent.to_string(), &parent.to_string()]);
    let status = m.get(task, &own("status")).unwrap();
    for line in ["Name:\tprog", "State:\tR (running)", "Uid:\t0\t0\t0\t0", "Threads:\t1"] {
        assert!(status.lines().any(|found| found == line), "{line} in {status}");
    }
    assert!(status.contains(&format!("\nPPid:\t{parent}\n")));
    assert_eq!(m.get(task, &own("statm")).unwrap().split(' ').count(), 7);
    let limits = m.get(task, &own("limits")).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().nth(3), Some("4096"));
    assert_eq!(m.list(task, &own("task")), [task.to_string()]);
    assert_eq!(m.get(task, &format!("/proc/{task}/task/{task}/comm")).unwrap(), "prog\n");
    assert_eq!(m.get(task, "/proc/thread-self/comm").unwrap(), "prog\n");
    assert_eq!(m.stat(task, "/proc/9999", 0), Err(Errno::ENOENT));
    assert_eq!(m.open(task, &own("status"), open::RDWR), Done::Err(Errno::EACCES));
}

#[test]
fn descriptors() {
    let mut m = Machine::default();
    let (task, _) = program(&mut m);
    m.put(task, "/tmp/file", "content");
    let fd = m.open(task, "/tmp/file", open::RDWR).ok();
    m.read(task, fd, 3).ok();
    let link = format!("/proc/self/fd/{fd}");
    assert_eq!(read_link(&mut m, task, &link), Ok("/tmp/file".into()));
    let info = m.get(task, &format!("/proc/self/fdinfo/{fd}")).unwrap();
    assert!(info.starts_with("pos:\t3\nflags:\t02\n"), "{info}");
    assert_eq!(m.get(task, &link).unwrap(), "content", "opened anew, from the start");
    assert!(read_link(&mut m, task, "/proc/self/fd/1").unwrap().starts_with("pipe:["));
    let directory = m.open(task, "/tmp", open::DIRECTORY).ok();
    assert_eq!(m.get(task, &format!("/proc/self/fd/{directory}/file")).unwrap(), "content");
    m.call(task, &call!(nr::UNLINKAT, -100, "/tmp/file", 0)).ok();
    assert_eq!(read_link(&mut m, task, &link), Ok("/tmp/file (deleted)".into()));
    assert_eq!(m.get(task, &link).unwrap(), "content", "also when no path leads to it");
    assert_eq!(m.stat(task, &link, 0).unwrap().size, 7);
    assert!(m.stat(task, "/proc/self/fd/1", 0).unwrap().mode & mode::FMT == mode::FIFO);
    let stdout = m.open(task, "/dev/stdout", open::WRONLY).ok();
    m.write(task, stdout, b"out").ok();
    let listed = m.list(task, "/dev/fd");
    assert!([1, fd, directory, stdout].iter().all(|fd| listed.contains(&fd.to_string())), "{listed:?}");
}

#[test]
fn the_system() {
    let mut m = Machine::default();
    let me = m.actor();
    m.pass(12_340_000_000);
    assert_eq!(m.get(me, "/proc/uptime").unwrap(), "12.34 12.34\n");
    let memory = m.get(me, "/proc/meminfo").unwrap();
    assert_eq!(memory.lines().next(), Some("MemTotal:        4194304 kB"));
    let stat = m.get(me, "/proc/stat").unwrap();
    assert!(stat.starts_with("cpu  0 0 0 1234 0 0 0 0 0 0\ncpu0 0 0 0 1234 "), "{stat}");
    assert!(m.get(me, "/proc/cpuinfo").unwrap().contains("\nmodel name\t: "));
    assert_eq!(m.get(me, "/proc/loadavg").unwrap().split(' ').count(), 5);
    assert_eq!(m.get(me, "/proc/sys/kernel/hostname").unwrap(), "oac\n");
    assert!(m.get(me, "/proc/version").unwrap().starts_with("Linux version "));
    let names = m.call(me, &call!(nr::UNAME, Arg::Out(200))).text();
    let names: Vec<&str> = names.split_terminator('\0').collect();
    let release = m.get(me, "/proc/sys/kernel/osrelease").unwrap();
    assert_eq!((names.len(), names[0], names[2], names[4]), (5, "Linux", release.trim(), "x86_64"));
    let uuid = m.get(me, "/proc/sys/kernel/random/uuid").unwrap();
    assert_eq!((uuid.len(), &uuid[14..15]), (37, "4"));
    assert_ne!(uuid, m.get(me, "/proc/sys/kernel/random/uuid").unwrap());
    let boot = m.get(me, "/proc/sys/kernel/random/boot_id").unwrap();
    assert_eq!(boot, m.get(me, "/proc/sys/kernel/random/boot_id").unwrap());
    let mounts = m.get(me, "/proc/mounts").unwrap();
    assert!(mounts.starts_with("tmpfs / tmpfs rw,relatime 0 0\n"), "{mounts}");
    assert!(mounts.contains("\nproc /proc proc rw,relatime 0 0\n"));
    let mountinfo = m.get(me, "/proc/self/mountinfo").unwrap();
    assert_eq!(mountinfo.lines().count(), mounts.lines().count());
    let root = mountinfo.lines().next().unwrap();
    assert!(root.ends_with(" / / rw,relatime - tmpfs tmpfs rw"), "{root}");
    for name in m.list(me, "/proc") {
        assert!(m.stat(me, &format!("/proc/{name}"), at::SYMLINK_NOFOLLOW).is_ok(), "{name}");
    }
}

/// Every file of `/proc` can be read, by small pieces too, and the paths of its directories are found back.
#[test]
fn everything_is_readable() {
    fn visit(m: &mut Machine, task: TaskId, dir: &str) -> usize {
        let mut count = 0;
        for name in m.list(task, dir) {
            let path = format!("{dir}/{name}");
            // The descriptor by which the directory was listed is closed.
            let Ok(stat) = m.stat(task, &path, at::SYMLINK_NOFOLLOW) else { continue };
            if stat.is_dir() {
                let real = m.call(task, &call!(nr::REALPATHAT, -100, path.as_str(), Arg::Out(999))).text();
                assert_eq!(real, path);
                count += visit(m, task, &path);
            } else if !stat.is_symlink() {
                m.get(task, &path).unwrap();
                count += 1;
            }
        }
        count
    }
    let mut m = Machine::default();
    let (task, _) = program(&mut m);
    assert!(visit(&mut m, task, "/proc") > 80);
}

#[test]
fn sockets() {
    let mut m = Machine::default();
    let me = m.actor();
    let address = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 3000);
    let address = SocketAddress::V4(address).encode();
    let listener = m.call(me, &call!(nr::SOCKET, sock::AF_INET, sock::STREAM, 0)).ok();
    m.call(me, &call!(nr::BIND, listener, address.clone())).ok();
    m.call(me, &call!(nr::LISTEN, listener, 5)).ok();
    let client = m.call(me, &call!(nr::SOCKET, sock::AF_INET, sock::STREAM, 0)).ok();
    m.call(me, &call!(nr::CONNECT, client, address)).ok();
    let tcp = m.get(me, "/proc/net/tcp").unwrap();
    let lines: Vec<Vec<&str>> = tcp.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["sl", "local_address", "rem_address", "st"]);
    assert_eq!(lines[1][..4], ["0:", "0100007F:0BB8", "00000000:0000", "0A"]);
    assert_eq!(lines[2][2..4], ["0100007F:0BB8", "01"]);
    assert_eq!(lines[3][1], "0100007F:0BB8");
    let unix = m.call(me, &call!(nr::SOCKET, sock::AF_UNIX, sock::DGRAM, 0)).ok();
    let name = SocketAddress::Unix(b"\0name".to_vec()).encode();
    m.call(me, &call!(nr::BIND, unix, name)).ok();
    assert!(m.get(me, "/proc/net/unix").unwrap().ends_with(" @name\n"));
    let link = read_link(&mut m, me, &format!("/proc/self/fd/{listener}")).unwrap();
    assert_eq!(link, format!("socket:[{}]", lines[1][9]));
}
