//! UDP over the loopback.

use oac_abi::flags::{message, poll as bits, socket as sock};

use crate::posix::*;

cases! {
    through; who_sent_it; connected; connected_filters; boundaries; cut_off; cut_off_told; empty_datagram; nobody_there; not_bound;
    no_destination; peek; nonblocking; dontwait; too_long; poll_of_datagrams; port_in_use; ephemeral_ports; shutdown_of_datagrams;
    disconnect; between_processes; ipv6; listen_and_accept; options; largest;
    =>
    udp_answer;
}

/// Answers one datagram at 3 with what it brought.
fn udp_answer(_: &[&str]) -> i32 {
    let (Text(bytes), from) = child_ok!(recv_from(3, 100, 0));
    child_ok!(sendto(3, &format!("got {}", bytes.escape_ascii()), &from));
    0
}

/// A socket on a port of its own.
fn bound() -> Result<(i32, u16)> {
    let fd = udp()?;
    bind(fd, &v4(0))?;
    Ok((fd, socket_address(fd)?.port()))
}

fn through() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    see!(sendto(other, "hello", &v4(port)), read(one, 100), sendto(other, "again", &v4(port)), recv(one, 100, 0));
}

fn who_sent_it() {
    let (one, port) = ok!(bound());
    let (other, other_port) = ok!(bound());
    ok!(sendto(other, "x", &v4(port)));
    let (text, from) = ok!(recv_from(one, 100, 0));
    see!(text, from.port() == other_port, sendto(one, "back", &from), read(other, 100));
    say!("from {from:?}");
}

fn connected() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    see!(connect(other, &v4(port)), write(other, "one"), send(other, "two", 0), read(one, 100), read(one, 100), peer_address(other));
    see!(ok!(socket_address(other)).port() != 0, sendto(other, "elsewhere", &v4(port)), read(one, 100));
}

fn connected_filters() {
    let (one, port) = ok!(bound());
    let (friend, friend_port) = ok!(bound());
    let stranger = ok!(udp());
    ok!(connect(one, &v4(friend_port)));
    ok!(sendto(stranger, "not heard", &v4(port)));
    ok!(sendto(friend, "heard", &v4(port)));
    see!(read(one, 100), recv(one, 100, message::DONTWAIT));
}

fn boundaries() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    for text in ["a", "bb", "ccc"] {
        ok!(sendto(other, text, &v4(port)));
    }
    see!(read(one, 100), read(one, 100), read(one, 100));
}

fn cut_off() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    ok!(sendto(other, "too long for it", &v4(port)));
    ok!(sendto(other, "next", &v4(port)));
    see!(read(one, 3), read(one, 100));
}

fn cut_off_told() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    ok!(sendto(other, "too long for it", &v4(port)));
    let mut buf = [0; 3];
    see!(raw::recvfrom(one, &mut buf, message::TRUNC | message::PEEK, &mut []), recv_message(one, 3, 0, 0).map(|m| (m.text, m.flags)));
}

fn empty_datagram() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    see!(sendto(other, "", &v4(port)), ready(one), read(one, 9), recv(one, 9, message::DONTWAIT));
}

fn nobody_there() {
    let (gone, port) = ok!(bound());
    ok!(close(gone));
    let plain = ok!(udp());
    let connected = ok!(udp());
    ok!(connect(connected, &v4(port)));
    see!(sendto(plain, "lost", &v4(port)), write(connected, "lost"), wait_ready(connected, bits::PRI), read(connected, 9));
    see!(write(connected, "lost"), wait_ready(connected, bits::PRI), socket_error(connected), socket_error(connected));
}

fn not_bound() {
    let fd = ok!(udp());
    see!(socket_address(fd), recv(fd, 9, message::DONTWAIT), socket_address(fd).map(|address| address.port() != 0));
}

fn no_destination() {
    let fd = ok!(udp());
    see!(write(fd, "x"), send(fd, "x", 0), peer_address(fd), sendto(fd, "x", &v4(0)), sendto(fd, "x", &unix("f")));
}

fn peek() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    ok!(sendto(other, "first", &v4(port)));
    ok!(sendto(other, "second", &v4(port)));
    see!(recv(one, 2, message::PEEK), recv(one, 100, message::PEEK), read(one, 100), read(one, 100));
}

fn nonblocking() {
    let fd = ok!(socket(sock::AF_INET, sock::DGRAM | sock::NONBLOCK));
    ok!(bind(fd, &v4(0)));
    see!(read(fd, 1), recv_from(fd, 1, 0).map(|_| ()), status_flags(fd));
}

fn dontwait() {
    let (fd, _) = ok!(bound());
    see!(recv(fd, 1, message::DONTWAIT));
}

fn too_long() {
    let (_one, port) = ok!(bound());
    let fd = ok!(udp());
    ok!(connect(fd, &v4(port)));
    see!(write_bytes(fd, &vec![0; 65_508]), write_bytes(fd, &vec![0; 100_000]));
}

fn largest() {
    let (one, port) = ok!(bound());
    let fd = ok!(udp());
    ok!(connect(fd, &v4(port)));
    see!(write_bytes(fd, &vec![b'x'; 65_507]), ok!(read(one, 70_000)).0.len());
}

fn poll_of_datagrams() {
    let (one, port) = ok!(bound());
    let other = ok!(udp());
    see!(ready(one), ready(other), sendto(other, "x", &v4(port)), ready(one), read(one, 9), ready(one));
}

fn port_in_use() {
    let (_one, port) = ok!(bound());
    let other = ok!(udp());
    let tcp_one = ok!(tcp());
    see!(bind(other, &v4(port)), bind(other, &v4(0)), bind(other, &v4(0)), bind(tcp_one, &v4(port)));
}

fn ephemeral_ports() {
    let (_, one) = ok!(bound());
    let (_, other) = ok!(bound());
    see!(one != other, one >= 1024);
}

fn shutdown_of_datagrams() {
    let (_one, port) = ok!(bound());
    let fd = ok!(udp());
    see!(shutdown(fd, 2), connect(fd, &v4(port)), shutdown(fd, 0), read(fd, 9), write(fd, "x"));
}

fn disconnect() {
    let (one, port) = ok!(bound());
    let fd = ok!(udp());
    ok!(connect(fd, &v4(port)));
    see!(connect(fd, &Address::from_bytes(&[0; 16])), write(fd, "x"), peer_address(fd), sendto(fd, "y", &v4(port)), read(one, 9));
    see!(connect(fd, &v4(port)), connect(fd, &v4(port)), write(fd, "z"), read(one, 9));
}

fn between_processes() {
    let (one, port) = ok!(bound());
    let pid = ok!(child("udp_answer", &[]).fd(3, one).start());
    let (fd, _) = ok!(bound());
    see!(sendto(fd, "question", &v4(port)), read(fd, 100), wait_for(pid));
}

fn ipv6() {
    let one = ok!(socket(sock::AF_INET6, sock::DGRAM));
    ok!(bind(one, &v6(0)));
    let port = ok!(socket_address(one)).port();
    let other = ok!(socket(sock::AF_INET6, sock::DGRAM));
    see!(sendto(other, "six", &v6(port)), recv_from(one, 9, 0).map(|(text, _)| text), socket_address(one));
}

fn listen_and_accept() {
    let (fd, _) = ok!(bound());
    see!(listen(fd, 1), accept(fd, 0));
}

fn options() {
    let fd = ok!(udp());
    let sol = sock::SOL_SOCKET;
    see!(option(fd, sol, sock::SO_TYPE), option(fd, sol, sock::SO_PROTOCOL), option(fd, sol, sock::SO_BROADCAST));
    see!(set_option(fd, sol, sock::SO_BROADCAST, 1), option(fd, sol, sock::SO_BROADCAST), option(fd, sol, sock::SO_ACCEPTCONN));
}
