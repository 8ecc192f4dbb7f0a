//! Unix sockets: names, credentials, descriptors that travel, and their limits.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno, bounds,
    flags::{message, mode, open, poll, socket as sock},
    message::Details,
    nr,
    sockaddr::SocketAddress,
};
use oac_kernel::{Census, TaskId};

fn name(name: &str) -> Vec<u8> {
    SocketAddress::Unix(name.as_bytes().to_vec()).encode()
}

fn socket(m: &mut Machine, task: TaskId, kind: u32) -> i64 {
    m.call(task, &call!(nr::SOCKET, sock::AF_UNIX, kind, 0)).ok()
}

fn pair(m: &mut Machine, task: TaskId, kind: u32) -> (i64, i64) {
    m.pair(task, &call!(nr::SOCKETPAIR, sock::AF_UNIX, kind, Arg::Out(8)))
}

fn send(m: &mut Machine, task: TaskId, fd: i64, bytes: &str, fds: &[i64]) -> Done {
    let fds: Vec<u8> = fds.iter().flat_map(|&fd| (fd as i32).to_le_bytes()).collect();
    m.call(task, &call!(nr::SENDMSG, fd, bytes, message::DONTWAIT, "", fds))
}

/// What recvmsg gives: the bytes, the descriptors, the flags.
fn receive(m: &mut Machine, task: TaskId, fd: i64, capacity: usize, room: usize) -> (Vec<u8>, Vec<i64>, u32) {
    let call = call!(
        nr::RECVMSG,
        fd,
        Arg::Out(capacity),
        message::DONTWAIT,
        Arg::Out(4 * room),
        Arg::Out(Details::BYTES)
    );
    let Done::Ok(_, outs) = m.call(task, &call) else { panic!("nothing to receive") };
    let details = Details::decode(&outs[2]).unwrap();
    let fds: Vec<i64> =
        outs[1].chunks(4).map(|fd| i64::from(i32::from_le_bytes(fd.try_into().unwrap()))).collect();
    assert_eq!(details.fds as usize, fds.len());
    (outs[0].clone(), fds, details.flags)
}

/// What is left when nobody has anything open.
#[track_caller]
fn check_empty(m: &mut Machine, tasks: &[TaskId]) {
    for &task in tasks {
        m.kernel.detach(task);
    }
    let Census { sockets, pipes, descriptions, rights_in_flight, socket_names, .. } = m.kernel.census();
    assert_eq!((sockets, pipes, descriptions, rights_in_flight, socket_names), (0, 0, 0, 0, 0));
}

#[test]
fn a_server_by_its_path() {
    let mut m = Machine::default();
    let (server, client) = (m.actor(), m.actor());
    let listener = socket(&mut m, server, sock::STREAM);
    m.call(server, &call!(nr::BIND, listener, name("/tmp/s"))).ok();
    let stat = m.stat(server, "/tmp/s", 0).unwrap();
    assert_eq!(stat.mode, mode::SOCK | 0o755, "the umask is 022");
    let fd = socket(&mut m, client, sock::STREAM);
    let connect = call!(nr::CONNECT, fd, name("/tmp/s"));
    assert_eq!(m.call(client, &connect), Done::Err(Errno::ECONNREFUSED), "it does not listen yet");
    m.call(server, &call!(nr::LISTEN, listener, 1)).ok();
    m.call(client, &connect).ok();
    let Done::Ok(connection, outs) = m.call(server, &call!(nr::ACCEPT4, listener, 0, Arg::Out(128))) else {
        panic!("nobody came")
    };
    assert_eq!(SocketAddress::decode(&outs[0]), Ok(SocketAddress::Unix(Vec::new())));
    let peer = m.call(client, &call!(nr::GETPEERNAME, fd, Arg::Out(128))).bytes();
    assert_eq!(peer, name("/tmp/s"));
    let credentials = |m: &mut Machine, task: TaskId, fd: i64| {
        m.call(task, &call!(nr::GETSOCKOPT, fd, sock::SOL_SOCKET, sock::SO_PEERCRED, Arg::Out(12))).bytes()
    };
    let pid = |task: TaskId| [&task.0.to_le_bytes()[..], &[0; 8]].concat();
    assert_eq!(credentials(&mut m, server, connection), pid(client));
    assert_eq!(credentials(&mut m, client, fd), pid(server));
    m.write(client, fd, b"hello").ok();
    assert_eq!(m.read(server, connection, 9).text(), "hello");
    m.close(server, listener).ok();
    assert_eq!(m.open(client, "/tmp/s", open::RDWR), Done::Err(Errno::ENXIO));
    let late = socket(&mut m, client, sock::STREAM);
    let connect = call!(nr::CONNECT, late, name("/tmp/s"));
    assert_eq!(
        m.call(client, &connect),
        Done::Err(Errno::ECONNREFUSED),
        "the file is left, nobody behind it"
    );
    let again = socket(&mut m, server, sock::STREAM);
    assert_eq!(m.call(server, &call!(nr::BIND, again, name("/tmp/s"))), Done::Err(Errno::EADDRINUSE));
    m.call(server, &call!(nr::UNLINKAT, -100, "/tmp/s", 0)).ok();
    m.call(server, &call!(nr::BIND, again, name("/tmp/s"))).ok();
    check_empty(&mut m, &[server, client]);
}

#[test]
fn a_name_follows_its_file() {
    let mut m = Machine::default();
    let me = m.actor();
    let receiver = socket(&mut m, me, sock::DGRAM);
    m.call(me, &call!(nr::BIND, receiver, name("/tmp/old"))).ok();
    m.call(me, &call!(nr::RENAMEAT, -100, "/tmp/old", -100, "/tmp/new", 0)).ok();
    m.call(me, &call!(nr::SYMLINKAT, "new", -100, "/tmp/link")).ok();
    let sender = socket(&mut m, me, sock::DGRAM);
    m.call(me, &call!(nr::SENDTO, sender, "x", 0, name("/tmp/link"))).ok();
    assert_eq!(m.read(me, receiver, 9).text(), "x");
    let own = m.call(me, &call!(nr::GETSOCKNAME, receiver, Arg::Out(128))).bytes();
    assert_eq!(own, name("/tmp/old"), "it shows what it was given");
}

#[test]
fn descriptors_travel() {
    let mut m = Machine::default();
    let (one, two) = (m.actor(), m.actor());
    let (left, right) = pair(&mut m, one, sock::STREAM);
    let right_of_two = i64::from(m.kernel.pass_fd(one, right as i32, two).unwrap());
    m.close(one, right).ok();
    m.put(one, "/tmp/f", "content");
    let file = m.open(one, "/tmp/f", 0).ok();
    m.read(one, file, 3).ok();
    m.write(one, left, b"before ").ok();
    send(&mut m, one, left, "with", &[file]).ok();
    m.write(one, left, b"after").ok();
    m.close(one, file).ok();
    assert_eq!(m.kernel.census().rights_in_flight, 1);
    let (bytes, fds, flags) = receive(&mut m, two, right_of_two, 99, 9);
    assert_eq!(
        (bytes.as_slice(), flags),
        (&b"before with"[..], 0),
        "it ends where the descriptors' bytes end"
    );
    assert_eq!(m.read(two, fds[0], 9).text(), "tent", "the position came with it");
    assert_eq!(m.read(two, right_of_two, 9).text(), "after");
    check_empty(&mut m, &[one, two]);
}

#[test]
fn descriptors_that_nobody_takes_are_closed() {
    let mut m = Machine::default();
    let me = m.actor();
    for kind in [sock::STREAM, sock::DGRAM, sock::SEQPACKET] {
        let (left, right) = pair(&mut m, me, kind);
        let (reader, writer) = m.pipe(me, 0);
        send(&mut m, me, left, "x", &[writer]).ok();
        m.close(me, writer).ok();
        assert_eq!(m.poll(me, &[(reader, poll::IN)], 0), Ok(vec![0]), "the message holds the writer");
        assert_eq!(m.read(me, right, 9).text(), "x", "and read has no room for it");
        assert_eq!(m.poll(me, &[(reader, poll::IN)], 0), Ok(vec![poll::HUP]));
        let (reader, writer) = m.pipe(me, 0);
        send(&mut m, me, left, "x", &[writer, writer, writer]).ok();
        m.close(me, writer).ok();
        let (_, fds, flags) = receive(&mut m, me, right, 9, 1);
        assert_eq!((fds.len(), flags & message::CTRUNC), (1, message::CTRUNC));
        m.close(me, fds[0]).ok();
        assert_eq!(m.poll(me, &[(reader, poll::IN)], 0), Ok(vec![poll::HUP]));
        let (reader, writer) = m.pipe(me, 0);
        send(&mut m, me, left, "x", &[writer]).ok();
        m.close(me, writer).ok();
        m.close(me, right).ok();
        assert_eq!(m.poll(me, &[(reader, poll::IN)], 0), Ok(vec![poll::HUP]), "the inbox is gone");
        m.close(me, left).ok();
    }
    check_empty(&mut m, &[me]);
}

#[test]
fn a_peek_takes_nothing_away() {
    let mut m = Machine::default();
    let me = m.actor();
    let (left, right) = pair(&mut m, me, sock::DGRAM);
    let (_, writer) = m.pipe(me, 0);
    send(&mut m, me, left, "x", &[writer]).ok();
    let peek = call!(nr::RECVMSG, right, Arg::Out(9), message::PEEK, Arg::Out(8), Arg::Out(Details::BYTES));
    m.call(me, &peek).ok();
    let (_, fds, _) = receive(&mut m, me, right, 9, 1);
    assert_eq!(fds.len(), 1);
    check_empty(&mut m, &[me]);
}

/// Sockets that only each other's messages hold.
#[test]
fn circles_are_collected() {
    let mut m = Machine::default();
    let me = m.actor();
    let (left, right) = pair(&mut m, me, sock::STREAM);
    // Each end in the other's inbox, and in its own.
    for (from, fds) in [(left, [left, right]), (right, [left, right])] {
        send(&mut m, me, from, "x", &fds).ok();
    }
    let (reader, writer) = m.pipe(me, 0);
    send(&mut m, me, left, "x", &[writer]).ok();
    m.close(me, writer).ok();
    m.close(me, left).ok();
    assert_eq!(m.poll(me, &[(reader, poll::IN)], 0), Ok(vec![0]));
    m.close(me, right).ok();
    assert_eq!(
        m.poll(me, &[(reader, poll::IN)], 0),
        Ok(vec![poll::HUP]),
        "the circle held the pipe, and is gone"
    );
    assert_eq!(m.kernel.census().sockets, 0);
    // A circle through a listener's queue.
    let listener = socket(&mut m, me, sock::STREAM);
    m.call(me, &call!(nr::BIND, listener, name("\0l"))).ok();
    m.call(me, &call!(nr::LISTEN, listener, 5)).ok();
    let client = socket(&mut m, me, sock::STREAM);
    m.call(me, &call!(nr::CONNECT, client, name("\0l"))).ok();
    send(&mut m, me, client, "x", &[listener]).ok();
    m.close(me, listener).ok();
    m.close(me, client).ok();
    check_empty(&mut m, &[me]);
}

/// One within the other, as deep as the bound lets them: closing the outermost closes all, one after the other.
#[test]
fn deep_nests_are_closed() {
    let mut m = Machine::default();
    let me = m.actor();
    let (mut outer, mut far) = pair(&mut m, me, sock::STREAM);
    for _ in 1..bounds::RIGHTS_IN_FLIGHT_MAX {
        let (left, right) = pair(&mut m, me, sock::STREAM);
        // The descriptor that is written to lies in the inbox of the next.
        send(&mut m, me, left, "x", &[far]).ok();
        m.close(me, far).ok();
        m.close(me, outer).ok();
        (outer, far) = (left, right);
    }
    assert_eq!(m.kernel.census().rights_in_flight, bounds::RIGHTS_IN_FLIGHT_MAX - 1);
    let (left, right) = pair(&mut m, me, sock::STREAM);
    send(&mut m, me, left, "x", &[far]).ok();
    assert_eq!(send(&mut m, me, left, "x", &[far]), Done::Err(Errno::ETOOMANYREFS));
    for fd in [left, right, outer, far] {
        m.close(me, fd).ok();
    }
    check_empty(&mut m, &[me]);
}

#[test]
fn bounds_of_messages() {
    let mut m = Machine::default();
    let me = m.actor();
    let (left, _) = pair(&mut m, me, sock::DGRAM);
    assert_eq!(send(&mut m, me, left, "x", &vec![left; bounds::RIGHTS_MAX + 1]), Done::Err(Errno::EINVAL));
    send(&mut m, me, left, "x", &vec![left; bounds::RIGHTS_MAX]).ok();
    assert_eq!(send(&mut m, me, left, "x", &[99]), Done::Err(Errno::EBADF));
    let receiver = socket(&mut m, me, sock::DGRAM);
    m.call(me, &call!(nr::BIND, receiver, name("\0r"))).ok();
    let sender = socket(&mut m, me, sock::DGRAM | sock::NONBLOCK);
    let send_one = call!(nr::SENDTO, sender, "x", 0, name("\0r"));
    for _ in 0..bounds::UNIX_MESSAGES_MAX {
        m.call(me, &send_one).ok();
    }
    assert_eq!(m.call(me, &send_one), Done::Err(Errno::EAGAIN));
    let long = vec![0_u8; 212_993];
    assert_eq!(m.call(me, &call!(nr::SENDTO, sender, long, 0, name("\0r"))), Done::Err(Errno::EMSGSIZE));
}

#[test]
fn udp_is_bounded_and_loses_the_rest() {
    let mut m = Machine::default();
    let me = m.actor();
    let fd = m.call(me, &call!(nr::SOCKET, sock::AF_INET, sock::DGRAM, 0)).ok();
    let here = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 53);
    let address = SocketAddress::V4(here).encode();
    m.call(me, &call!(nr::BIND, fd, address.clone())).ok();
    for _ in 0..1000 {
        m.call(me, &call!(nr::SENDTO, fd, "x", 0, address.clone())).ok();
    }
    let mut kept = 0;
    while let Done::Ok(..) = m.call(me, &call!(nr::RECVFROM, fd, Arg::Out(9), message::DONTWAIT, Arg::Out(0)))
    {
        kept += 1;
    }
    assert_eq!(kept, 212_992_usize.div_ceil(bounds::MESSAGE_COST_BYTES + 1));
    let long = vec![0_u8; 65_508];
    assert_eq!(m.call(me, &call!(nr::SENDTO, fd, long, 0, address)), Done::Err(Errno::EMSGSIZE));
}

/// Hosts reach whoever listens on a port, by whatever address.
#[test]
fn hosts_find_a_port() {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
    let check = |bound: IpAddr, expect: &str| {
        let mut m = Machine::default();
        let me = m.actor();
        let (domain, address) = match bound {
            IpAddr::V4(ip) => (sock::AF_INET, SocketAddress::V4(SocketAddrV4::new(ip, 80))),
            IpAddr::V6(ip) => (sock::AF_INET6, SocketAddress::V6(SocketAddrV6::new(ip, 80, 0, 0))),
        };
        let listener = m.call(me, &call!(nr::SOCKET, domain, sock::STREAM, 0)).ok();
        m.call(me, &call!(nr::BIND, listener, address.encode())).ok();
        m.call(me, &call!(nr::LISTEN, listener, 5)).ok();
        let found = m.kernel.port_address(oac_kernel::Port(80));
        let (domain, shown) = match &found {
            SocketAddress::V4(address) => (sock::AF_INET, address.to_string()),
            SocketAddress::V6(address) => (sock::AF_INET6, address.to_string()),
            SocketAddress::Unix(_) => panic!("{found:?}"),
        };
        assert_eq!(shown, expect);
        let client = m.call(me, &call!(nr::SOCKET, domain, sock::STREAM, 0)).ok();
        m.call(me, &call!(nr::CONNECT, client, found.encode())).ok();
    };
    check(IpAddr::V4(Ipv4Addr::LOCALHOST), "127.0.0.1:80");
    check(IpAddr::V4(Ipv4Addr::UNSPECIFIED), "127.0.0.1:80");
    check(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5)), "127.0.0.5:80");
    check(IpAddr::V6(Ipv6Addr::LOCALHOST), "[::1]:80");
    check(IpAddr::V6(Ipv6Addr::UNSPECIFIED), "[::1]:80");
}
