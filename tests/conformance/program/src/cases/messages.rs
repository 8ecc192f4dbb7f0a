//! Descriptors in messages: SCM_RIGHTS.

use oac_abi::flags::{message, socket as sock};

use crate::posix::*;

cases! {
    passes_a_file; passes_several; passes_a_pipe; close_on_exec; too_many; no_room; refusals; stays_open_in_flight; with_no_bytes;
    between_processes; stops_at_boundaries; peeking; passes_a_socket; dropped_with_queue; plain_read_drops; by_datagrams;
    =>
    receive_and_read;
}

fn receive_and_read(_: &[&str]) -> i32 {
    let got = child_ok!(recv_message(3, 10, 1, 0));
    say!("child: {:?} {}", got.text, got.fds.first().map_or("nothing".into(), |&fd| read(fd, 100).shown()));
    0
}

/// What came, with every descriptor tried by a read.
fn receive(fd: i32, fds_max: usize, flags: u32) -> Result<String> {
    let got = recv_message(fd, 100, fds_max, flags)?;
    let texts: Vec<String> = got.fds.iter().map(|&fd| read(fd, 100).shown()).collect();
    Ok(format!("{:?} {:?} {:?}", got.text, texts, got.flags))
}

fn passes_a_file() {
    ok!(put("f", "in the file"));
    let (one, other) = ok!(socketpair(sock::STREAM));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(send_fds(one, "x", &[fd]), read(fd, 3), receive(other, 1, 0), read(fd, 9));
}

fn passes_several() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    let mut fds = Vec::new();
    for name in ["a", "b", "c"] {
        ok!(put(name, name));
        fds.push(ok!(open(name, o::RDONLY, 0)));
    }
    see!(send_fds(one, "three", &fds), receive(other, 3, 0));
}

fn passes_a_pipe() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    let (reading, writing) = ok!(pipe(0));
    ok!(send_fds(one, "x", &[writing]));
    ok!(close(writing));
    let got = ok!(recv_message(other, 1, 1, 0));
    see!(write(got.fds[0], "through"), close(got.fds[0]), read_all(reading));
}

fn close_on_exec() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(send_fds(one, "a", &[one]));
    let plain = ok!(recv_message(other, 1, 1, 0));
    ok!(send_fds(one, "b", &[one]));
    let closing = ok!(recv_message(other, 1, 1, message::CMSG_CLOEXEC));
    see!(cloexec(plain.fds[0]), cloexec(closing.fds[0]));
}

fn too_many() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(send_fds(one, "x", &[fd; 254]));
    see!(send_fds(one, "y", &[fd, fd, fd]), receive(other, 1, 0));
}

fn no_room() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    see!(send_fds(one, "x", &[one]), recv_message(other, 9, 0, 0).map(|got| (got.text, got.fds, got.flags)));
}

fn refusals() {
    let (one, _other) = ok!(socketpair(sock::STREAM));
    let (client, _server) = ok!(connection());
    see!(send_fds(one, "x", &[99]), send_fds(1, "x", &[0]), send_fds(99, "x", &[]), recv_message(1, 1, 1, 0).map(|_| ()));
    see!(send_fds(client, "x", &[]));
}

fn stays_open_in_flight() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(put("f", "alive"));
    let fd = ok!(open("f", o::RDONLY, 0));
    ok!(send_fds(one, "x", &[fd]));
    see!(close(fd), unlink("f"), close(one), receive(other, 1, 0), receive(other, 1, 0));
}

fn with_no_bytes() {
    let (one, other) = ok!(socketpair(sock::DGRAM));
    see!(send_fds(one, "", &[one]), recv_message(other, 9, 1, 0).map(|got| (got.text, got.fds.len())));
}

fn between_processes() {
    let (one, other) = ok!(socketpair(sock::STREAM | sock::CLOEXEC));
    let pid = ok!(child("receive_and_read", &[]).fd(3, other).start());
    ok!(put("f", "for the child"));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(send_fds(one, "here", &[fd]), close(fd), wait_for(pid));
}

fn stops_at_boundaries() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDONLY, 0));
    ok!(send_fds(one, "a", &[]));
    ok!(send_fds(one, "b", &[fd]));
    ok!(send_fds(one, "c", &[]));
    // A read takes what comes before the bytes that carry descriptors with them, and nothing behind.
    see!(receive(other, 1, 0), receive(other, 1, 0));
}

fn peeking() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDONLY, 0));
    ok!(send_fds(one, "x", &[fd]));
    see!(recv_message(other, 9, 1, message::PEEK).map(|got| (got.text, got.fds.len())), receive(other, 1, 0));
}

fn passes_a_socket() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    let (left, right) = ok!(socketpair(sock::STREAM));
    ok!(send_fds(one, "x", &[right]));
    ok!(close(right));
    let got = ok!(recv_message(other, 1, 1, 0));
    see!(write(left, "via the passed one"), read(got.fds[0], 100), close(got.fds[0]), read(left, 1));
}

fn dropped_with_queue() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    let (reading, writing) = ok!(pipe(0));
    ok!(send_fds(one, "x", &[writing]));
    ok!(close(writing));
    see!(close(one), close(other), read(reading, 1));
}

fn plain_read_drops() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    let (reading, writing) = ok!(pipe(0));
    ok!(send_fds(one, "x", &[writing]));
    ok!(close(writing));
    see!(read(other, 9), read(reading, 1));
}

fn by_datagrams() {
    let (one, other) = ok!(socketpair(sock::DGRAM));
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(send_fds(one, "first", &[fd]), send_fds(one, "second", &[]), receive(other, 1, 0), receive(other, 1, 0));
}
