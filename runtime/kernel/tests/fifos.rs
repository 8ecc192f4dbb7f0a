//! FIFOs: opening waits for the other end, bytes go through, nothing is left.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{inotify, mode, open, poll},
    nr,
};
use oac_kernel::TaskId;

const PATH: &str = "/tmp/fifo";

fn two() -> (Machine, TaskId, TaskId) {
    let mut m = Machine::default();
    let (one, two) = (m.actor(), m.actor());
    m.call(one, &call!(nr::MKNODAT, -100, PATH, mode::FIFO | 0o644, 0_u64)).ok();
    (m, one, two)
}

#[test]
fn both_ends_wait_for_each_other() {
    for reader_first in [true, false] {
        let (mut m, one, two) = two();
        let (first, second) =
            if reader_first { (open::RDONLY, open::WRONLY) } else { (open::WRONLY, open::RDONLY) };
        assert_eq!(m.open(one, PATH, first), Done::Blocked);
        let b = m.open(two, PATH, second).ok();
        assert!(m.woken.contains(&one));
        let (reader, writer) = if reader_first { (one, two) } else { (two, one) };
        if reader_first {
            // The writer need not wait until the reader runs.
            m.write(two, b, b"early").ok();
        }
        let a = m.open(one, PATH, first).ok();
        let (read_fd, write_fd) = if reader_first { (a, b) } else { (b, a) };
        if !reader_first {
            m.write(writer, write_fd, b"early").ok();
        }
        assert_eq!(m.read(reader, read_fd, 99).text(), "early");
        assert_eq!(m.read(reader, read_fd, 99), Done::Blocked);
        m.close(writer, write_fd).ok();
        assert!(m.woken.contains(&reader));
        assert_eq!(m.read(reader, read_fd, 99).text(), "");
        assert_eq!(m.stat(reader, PATH, 0).unwrap().mode, mode::FIFO | 0o644);
        m.close(reader, read_fd).ok();
        let census = m.kernel.census();
        assert_eq!((census.pipes, census.fifos), (0, 0));
    }
}

#[test]
fn a_partner_that_came_and_went_is_enough() {
    let (mut m, one, two) = two();
    assert_eq!(m.open(one, PATH, open::RDONLY), Done::Blocked);
    let fd = m.open(two, PATH, open::WRONLY).ok();
    m.write(two, fd, b"left").ok();
    m.close(two, fd).ok();
    let fd = m.open(one, PATH, open::RDONLY).ok();
    assert_eq!(m.read(one, fd, 99).text(), "left");
    assert_eq!(m.read(one, fd, 99).text(), "");
}

#[test]
fn without_waiting() {
    let (mut m, one, two) = two();
    let write = open::WRONLY | open::NONBLOCK;
    assert_eq!(m.open(one, PATH, write), Done::Err(Errno::ENXIO));
    assert_eq!(m.kernel.census().pipes, 0);
    let reader = m.open(one, PATH, open::RDONLY | open::NONBLOCK).ok();
    assert_eq!(m.read(one, reader, 9).text(), "", "no writer yet");
    assert_eq!(m.poll(one, &[(reader, poll::IN)], 0), Ok(vec![0]), "nor has one hung up");
    let writer = m.open(two, PATH, write).ok();
    assert_eq!(m.read(one, reader, 9), Done::Err(Errno::EAGAIN));
    let second = m.open(two, PATH, write).ok();
    m.write(two, second, b"x").ok();
    m.close(two, writer).ok();
    assert_eq!(m.poll(one, &[(reader, poll::IN)], 0), Ok(vec![poll::IN]));
    assert_eq!(m.read(one, reader, 9).text(), "x");
    m.close(two, second).ok();
    assert_eq!(m.poll(one, &[(reader, poll::IN)], 0), Ok(vec![poll::HUP]));
    let both = m.open(two, PATH, open::RDWR).ok();
    m.write(two, both, b"self").ok();
    assert_eq!(m.read(two, both, 9).text(), "self");
    assert_eq!(m.poll(two, &[(both, poll::IN | poll::OUT)], 0), Ok(vec![poll::OUT]));
}

#[test]
fn an_open_that_is_given_up_leaves_nothing() {
    let (mut m, one, two) = two();
    let child = m.spawn(two, &[]);
    for end in [open::RDONLY, open::WRONLY] {
        assert_eq!(m.open(one, PATH, end), Done::Blocked);
        assert_eq!(m.kernel.census().fifos, 1);
        m.call(one, &call!(nr::GETPID)).ok();
        assert_eq!(m.kernel.census().fifos, 0);
    }
    assert_eq!(m.open(child, PATH, open::RDONLY), Done::Blocked);
    m.call(two, &call!(nr::KILL, child.0, 9)).ok();
    assert_eq!((m.kernel.census().fifos, m.kernel.census().pipes), (0, 0));
    // Interrupted by a signal that is caught.
    let child = m.spawn(two, &[]);
    let usr1 = 10;
    m.call(child, &call!(nr::SIGACTION, usr1, 2)).ok();
    assert_eq!(m.open(child, PATH, open::RDONLY), Done::Blocked);
    m.call(two, &call!(nr::KILL, child.0, usr1)).ok();
    assert_eq!(m.open(child, PATH, open::RDONLY), Done::Err(Errno::EINTR));
    assert_eq!(m.kernel.census().fifos, 0);
}

#[test]
fn a_name_may_go_while_somebody_waits() {
    let (mut m, one, two) = two();
    assert_eq!(m.open(one, PATH, open::RDONLY), Done::Blocked);
    let fd = m.open(two, PATH, open::WRONLY).ok();
    m.call(two, &call!(nr::UNLINKAT, -100, PATH, 0)).ok();
    m.put(two, PATH, "a file in its place");
    let reader = m.open(one, PATH, open::RDONLY).ok();
    m.write(two, fd, b"through").ok();
    assert_eq!(m.read(one, reader, 99).text(), "through");
}

#[test]
fn nodes_are_made_and_watched() {
    let (mut m, one, two) = two();
    let watcher = m.call(one, &call!(nr::INOTIFY_INIT, open::NONBLOCK)).ok();
    let mask = inotify::CREATE | inotify::OPEN | inotify::MODIFY | inotify::ACCESS;
    m.call(one, &call!(nr::INOTIFY_ADD_WATCH, watcher, "/tmp", mask)).ok();
    let reader = m.open(one, PATH, open::RDONLY | open::NONBLOCK).ok();
    let writer = m.open(two, PATH, open::WRONLY).ok();
    m.write(two, writer, b"x").ok();
    m.read(one, reader, 9).bytes();
    let bytes = m.read(one, watcher, 4096).bytes();
    let masks: Vec<u8> = bytes.chunks(32).map(|event| event[4]).collect();
    assert_eq!(masks, [0x20, 2, 1]);
    for (path, mode, expect) in [
        ("/tmp/plain", 0, Ok(0o100_644)),
        ("/tmp/plain", mode::FIFO, Err(Errno::EEXIST)),
        ("/tmp/file", mode::REG, Ok(0o100_644)),
        ("/tmp/socket", mode::SOCK, Ok(0o140_644)),
        ("/tmp/device", mode::CHR, Err(Errno::EPERM)),
        ("/tmp/directory", mode::DIR, Err(Errno::EPERM)),
        ("/tmp/link", mode::LNK, Err(Errno::EINVAL)),
        ("/none/fifo", mode::FIFO, Err(Errno::ENOENT)),
    ] {
        let done = m.call(one, &call!(nr::MKNODAT, -100, path, mode | 0o644, 0_u64));
        match expect {
            Ok(mode) => {
                done.ok();
                assert_eq!(m.stat(one, path, 0).unwrap().mode, mode, "{path}");
            }
            Err(errno) => assert_eq!(done, Done::Err(errno), "{path}"),
        }
    }
    assert_eq!(m.open(one, "/tmp/socket", open::RDONLY), Done::Err(Errno::ENXIO));
    assert_eq!(m.call(one, &call!(nr::LSEEK, reader, 0_i64, 0_u32)), Done::Err(Errno::ESPIPE));
    assert_eq!(m.call(one, &call!(nr::PREAD, reader, 0_i64, Arg::Out(1))), Done::Err(Errno::ESPIPE));
}
