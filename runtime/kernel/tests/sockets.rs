//! Loopback connections, socket pairs, fetches.

#![allow(clippy::unwrap_used)]

mod machine;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno, bounds,
    fetch::{RequestHead, ResponseHead},
    flags::{open, poll, socket as sock},
    nr,
    sockaddr::SocketAddress,
};
use oac_kernel::{Capabilities, Config, FetchId, Flow, HostRequest, Limits, NetworkCapability, Port, TaskId};

fn v4(ip: Ipv4Addr, port: u16) -> Vec<u8> {
    SocketAddress::V4(SocketAddrV4::new(ip, port)).encode()
}

fn v6(ip: Ipv6Addr, port: u16) -> Vec<u8> {
    SocketAddress::V6(SocketAddrV6::new(ip, port, 0, 0)).encode()
}

fn socket(m: &mut Machine, task: TaskId, domain: u32, flags: u32) -> i64 {
    m.call(task, &call!(nr::SOCKET, domain, sock::STREAM | flags, 0)).ok()
}

#[track_caller]
fn listen(m: &mut Machine, task: TaskId, domain: u32, address: Vec<u8>, backlog: u32) -> i64 {
    let fd = socket(m, task, domain, 0);
    m.call(task, &call!(nr::BIND, fd, address)).ok();
    m.call(task, &call!(nr::LISTEN, fd, backlog)).ok();
    fd
}

fn connect(m: &mut Machine, task: TaskId, fd: i64, address: Vec<u8>) -> Done {
    m.call(task, &call!(nr::CONNECT, fd, address))
}

fn accept(m: &mut Machine, task: TaskId, fd: i64) -> Done {
    m.call(task, &call!(nr::ACCEPT4, fd, 0, Arg::Out(128)))
}

/// Two ends of a connection: the client's, the server's.
fn connected(m: &mut Machine, task: TaskId) -> (i64, i64) {
    let listener = listen(m, task, sock::AF_INET, v4(Ipv4Addr::LOCALHOST, 0), 5);
    let name = m.call(task, &call!(nr::GETSOCKNAME, listener, Arg::Out(128))).bytes();
    let client = socket(m, task, sock::AF_INET, 0);
    connect(m, task, client, name).ok();
    let server = accept(m, task, listener).ok();
    m.close(task, listener).ok();
    (client, server)
}

#[test]
fn a_server_answers() {
    let mut m = Machine::default();
    let (server, client) = (m.actor(), m.actor());
    let listener = listen(&mut m, server, sock::AF_INET6, v6(Ipv6Addr::UNSPECIFIED, 3000), 511);
    assert_eq!(m.requests, [HostRequest::PortOpened { port: Port(3000), task: server }]);
    assert_eq!(accept(&mut m, server, listener), Done::Blocked);
    let fd = socket(&mut m, client, sock::AF_INET, 0);
    connect(&mut m, client, fd, v4(Ipv4Addr::LOCALHOST, 3000)).ok();
    assert!(m.woken.contains(&server));
    let Done::Ok(connection, address) = accept(&mut m, server, listener) else { panic!("no connection") };
    let SocketAddress::V6(peer) = SocketAddress::decode(&address[0]).unwrap() else {
        panic!("no V6 address")
    };
    assert_eq!(*peer.ip(), Ipv4Addr::LOCALHOST.to_ipv6_mapped());
    let name = m.call(client, &call!(nr::GETSOCKNAME, fd, Arg::Out(128))).bytes();
    let SocketAddress::V4(own) = SocketAddress::decode(&name).unwrap() else { panic!("no V4 address") };
    assert_eq!(own.port(), peer.port());
    m.write(client, fd, b"GET").ok();
    assert_eq!(m.read(server, connection, 9).text(), "GET");
    assert_eq!(m.read(server, connection, 9), Done::Blocked);
    m.call(client, &call!(nr::SHUTDOWN, fd, sock::SHUT_WR)).ok();
    assert!(m.woken.contains(&server));
    assert_eq!(m.read(server, connection, 9).text(), "");
    m.write(server, connection, b"answer").ok();
    m.close(server, connection).ok();
    assert_eq!(m.read(client, fd, 99).text(), "answer");
    assert_eq!(m.read(client, fd, 99).text(), "");
    m.requests.clear();
    m.close(server, listener).ok();
    assert_eq!(m.requests, [HostRequest::PortClosed { port: Port(3000) }]);
    let other = socket(&mut m, client, sock::AF_INET, 0);
    assert_eq!(connect(&mut m, client, other, v4(Ipv4Addr::LOCALHOST, 3000)), Done::Err(Errno::ECONNREFUSED));
    m.kernel.detach(server);
    m.kernel.detach(client);
    assert_eq!(m.kernel.census().sockets, 0);
}

#[test]
fn addresses_in_use() {
    let mut m = Machine::default();
    let me = m.actor();
    let (any4, any6) = (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED);
    let (local4, local6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
    let mut check = |first: (u32, Vec<u8>), second: (u32, Vec<u8>), conflict: bool| {
        let one = listen(&mut m, me, first.0, first.1, 5);
        let two = socket(&mut m, me, second.0, 0);
        let bound = m.call(me, &call!(nr::BIND, two, second.1));
        assert_eq!(bound == Done::Err(Errno::EADDRINUSE), conflict, "{bound:?}");
        m.close(me, one).ok();
        m.close(me, two).ok();
    };
    let (inet, inet6) = (sock::AF_INET, sock::AF_INET6);
    check((inet, v4(local4, 80)), (inet, v4(local4, 80)), true);
    check((inet, v4(local4, 80)), (inet, v4(any4, 80)), true);
    check((inet, v4(local4, 80)), (inet6, v6(any6, 80)), true);
    check((inet6, v6(any6, 80)), (inet, v4(any4, 80)), true);
    check((inet, v4(local4, 80)), (inet6, v6(local6, 80)), false);
    check((inet, v4(any4, 80)), (inet6, v6(local6, 80)), false);
    check((inet, v4(local4, 80)), (inet, v4(local4, 81)), false);
    let fd = socket(&mut m, me, inet, 0);
    let foreign = Ipv4Addr::new(10, 0, 0, 1);
    assert_eq!(m.call(me, &call!(nr::BIND, fd, v4(foreign, 80))), Done::Err(Errno::EADDRNOTAVAIL));
    assert_eq!(connect(&mut m, me, fd, v4(foreign, 80)), Done::Err(Errno::ENETUNREACH));
    assert_eq!(connect(&mut m, me, fd, v6(local6, 80)), Done::Err(Errno::EAFNOSUPPORT));
    assert_eq!(m.read(me, fd, 9), Done::Err(Errno::ENOTCONN));
    assert_eq!(m.call(me, &call!(nr::SOCKET, inet, sock::SEQPACKET, 0)), Done::Err(Errno::ESOCKTNOSUPPORT));
}

#[test]
fn a_full_queue_keeps_clients_at_the_door() {
    let mut m = Machine::default();
    let me = m.actor();
    let listener = listen(&mut m, me, sock::AF_INET, v4(Ipv4Addr::LOCALHOST, 80), 0);
    let address = v4(Ipv4Addr::LOCALHOST, 80);
    let first = socket(&mut m, me, sock::AF_INET, 0);
    connect(&mut m, me, first, address.clone()).ok();
    let second = socket(&mut m, me, sock::AF_INET, sock::NONBLOCK);
    assert_eq!(connect(&mut m, me, second, address.clone()), Done::Err(Errno::EINPROGRESS));
    assert_eq!(connect(&mut m, me, second, address.clone()), Done::Err(Errno::EALREADY));
    assert_eq!(m.poll(me, &[(second, poll::OUT)], 0), Ok(vec![0]));
    let waiter = m.actor();
    let third = socket(&mut m, waiter, sock::AF_INET, 0);
    assert_eq!(connect(&mut m, waiter, third, address.clone()), Done::Blocked);
    accept(&mut m, me, listener).ok();
    assert_eq!(m.poll(me, &[(second, poll::OUT)], 0), Ok(vec![poll::OUT]));
    assert_eq!(m.call(me, &call!(nr::GETSOCKOPT, second, 1, sock::SO_ERROR, Arg::Out(4))).bytes(), [0; 4]);
    assert!(!m.woken.contains(&waiter));
    m.close(me, listener).ok();
    assert!(m.woken.contains(&waiter));
    assert_eq!(connect(&mut m, waiter, third, address), Done::Err(Errno::ECONNREFUSED));
    assert_eq!(m.read(me, second, 9), Done::Err(Errno::ECONNRESET), "queued, and never accepted");
    assert_eq!(m.read(me, second, 9).text(), "");
}

#[test]
fn a_slow_reader_holds_the_writer_up() {
    let mut m = Machine::default();
    let me = m.actor();
    let (client, server) = connected(&mut m, me);
    m.call(me, &call!(nr::FCNTL, client, 4, open::NONBLOCK)).ok();
    let big = vec![1; bounds::SOCKET_BYTES + 1000];
    assert_eq!(m.write(me, client, &big).ok(), bounds::SOCKET_BYTES as i64);
    assert_eq!(m.write(me, client, &big), Done::Err(Errno::EAGAIN));
    assert_eq!(m.poll(me, &[(client, poll::OUT | poll::IN)], -1), Err(Done::Blocked));
    m.read(me, server, 10).ok();
    assert_eq!(m.poll(me, &[(client, poll::OUT | poll::IN)], -1), Ok(vec![poll::OUT]));
    m.close(me, server).ok();
    let state = poll::IN | poll::OUT | poll::ERR | poll::HUP;
    assert_eq!(
        m.poll(me, &[(client, poll::OUT | poll::IN)], -1),
        Ok(vec![state]),
        "reset: bytes were unread"
    );
    assert_eq!(m.write(me, client, b"x"), Done::Err(Errno::ECONNRESET));
    assert_eq!(m.write(me, client, b"x"), Done::Err(Errno::EPIPE));
}

#[test]
fn pairs() {
    let mut m = Machine::default();
    let me = m.actor();
    let (one, two) = m.pair(me, &call!(nr::SOCKETPAIR, sock::AF_UNIX, sock::STREAM, Arg::Out(8)));
    m.write(me, one, b"there").ok();
    assert_eq!(m.read(me, two, 9).text(), "there");
    m.write(me, two, b"back").ok();
    m.close(me, two).ok();
    assert_eq!(m.read(me, one, 9).text(), "back");
    assert_eq!(m.read(me, one, 9).text(), "");
    assert_eq!(m.write(me, one, b"x"), Done::Err(Errno::EPIPE));
    m.close(me, one).ok();
    assert_eq!(m.kernel.census().sockets, 0);
}

fn online() -> Machine {
    let capabilities = Capabilities { network: NetworkCapability::Any, ..Capabilities::default() };
    Machine::new(Config { capabilities, ..Config::default() })
}

fn request(m: &mut Machine, task: TaskId, flags: u32) -> Done {
    let head = RequestHead { method: "GET".into(), url: "http://example.com/".into(), headers: Vec::new() };
    m.call(task, &call!(nr::FETCH, head.encode(), "body", flags))
}

fn fetch_id(m: &Machine) -> FetchId {
    match m.requests.last() {
        Some(HostRequest::Fetch { id, body, .. }) if body == b"body" => *id,
        other => panic!("no fetch: {other:?}"),
    }
}

#[test]
fn a_fetch_streams() {
    let mut m = online();
    let me = m.actor();
    let fd = request(&mut m, me, 0).ok();
    let id = fetch_id(&m);
    assert_eq!(m.call(me, &call!(nr::FETCH_HEAD, fd, Arg::Out(1000))), Done::Blocked);
    let head = ResponseHead {
        status: 200,
        status_text: "OK".into(),
        url: "http://example.com/".into(),
        headers: vec![("a".into(), "b".into())],
    };
    m.kernel.fetch_head(id, Ok(head.clone()));
    m.drain();
    assert!(m.woken.contains(&me));
    assert_eq!(m.poll(me, &[(fd, poll::IN)], 0), Ok(vec![poll::IN]));
    let encoded = m.call(me, &call!(nr::FETCH_HEAD, fd, Arg::Out(1000))).bytes();
    assert_eq!(ResponseHead::decode(&encoded), Ok(head));
    assert_eq!(m.poll(me, &[(fd, poll::IN)], 0), Ok(vec![0]));
    assert_eq!(m.read(me, fd, 9), Done::Blocked);
    assert_eq!(m.kernel.fetch_body(id, b"hello"), Flow::Continue);
    m.drain();
    assert!(m.woken.contains(&me));
    assert_eq!(m.read(me, fd, 9).text(), "hello");
    assert_eq!(m.kernel.fetch_body(id, &vec![1; bounds::FETCH_BUFFER_BYTES]), Flow::Pause);
    m.requests.clear();
    m.read(me, fd, bounds::FETCH_BUFFER_BYTES / 2 - 1).ok();
    assert_eq!(m.requests, []);
    m.read(me, fd, 1).ok();
    assert_eq!(m.requests, [HostRequest::FetchResume { id }]);
    m.kernel.fetch_end(id, Ok(()));
    while m.read(me, fd, 1 << 18).ok() > 0 {}
    m.requests.clear();
    m.close(me, fd).ok();
    assert_eq!(m.requests, []);
    assert_eq!(m.kernel.census().fetches, 0);
}

#[test]
fn fetches_fail_by_name() {
    let mut m = Machine::default();
    let me = m.actor();
    assert_eq!(request(&mut m, me, 0), Done::Err(Errno::EACCES));
    let mut m = online();
    let me = m.actor();
    let fd = request(&mut m, me, open::NONBLOCK).ok();
    let id = fetch_id(&m);
    assert_eq!(m.call(me, &call!(nr::FETCH_HEAD, fd, Arg::Out(1000))), Done::Err(Errno::EAGAIN));
    m.kernel.fetch_head(id, Err(Errno::ECONNREFUSED));
    assert_eq!(m.call(me, &call!(nr::FETCH_HEAD, fd, Arg::Out(1000))), Done::Err(Errno::ECONNREFUSED));
    assert_eq!(m.read(me, fd, 9), Done::Err(Errno::ECONNREFUSED));
    let fd = request(&mut m, me, 0).ok();
    let id = fetch_id(&m);
    m.close(me, fd).ok();
    assert_eq!(m.requests.last(), Some(&HostRequest::FetchCancel { id }));
    m.kernel.fetch_end(id, Ok(()));
}

/// What programs leave in pipes costs memory that is nobody's own, so a container has so much of it and no more.
#[test]
fn pipes_of_a_container_hold_so_much_together_and_are_so_many() {
    use oac_abi::bounds::{BUFFERED_BYTES_MAX, CHANNELS_MAX, PIPE_ATOMIC_BYTES, PIPE_BYTES};
    let limits = Limits { fds: CHANNELS_MAX + 100, tasks: 4, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let fillers: Vec<TaskId> = (0..3).map(|_| m.actor()).collect();
    let (mut buffered, mut pipes) = (0, 0);
    let errno = loop {
        let task = fillers[pipes % fillers.len()];
        match m.call(task, &call!(nr::PIPE2, oac_abi::flags::open::NONBLOCK, Arg::Out(8))) {
            Done::Ok(_, outs) => {
                let writer = i64::from(i32::from_le_bytes(outs[0][4..8].try_into().unwrap()));
                buffered += m.write(task, writer, &[1; PIPE_BYTES]).ok() as usize;
                pipes += 1;
            }
            Done::Err(errno) => break errno,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((errno, pipes), (Errno::ENFILE, CHANNELS_MAX));
    assert!(buffered <= BUFFERED_BYTES_MAX + PIPE_BYTES + CHANNELS_MAX * PIPE_ATOMIC_BYTES, "{buffered}");
}
