//! The network outside: capabilities, names, connections of the host's, the gateway.

#![allow(clippy::unwrap_used)]

mod machine;

use std::net::{Ipv4Addr, SocketAddrV4};

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    bounds::OUTSIDE_CONNECTIONS_MAX,
    fetch::{RequestHead, ResponseHead},
    flags::socket as sock,
    nr,
    sockaddr::SocketAddress,
};
use oac_kernel::{
    Capabilities, Config, ConnectionId, FetchId, HostRequest, LookupId, NetworkCapability, Outside, Port,
    Redirects, TaskId,
};

fn machine(network: NetworkCapability, outside: Outside) -> Machine {
    let capabilities = Capabilities { network, ..Capabilities::default() };
    Machine::new(Config { capabilities, outside, ..Config::default() })
}

fn hosts(rules: &[&str]) -> NetworkCapability {
    NetworkCapability::Hosts(rules.iter().map(ToString::to_string).collect())
}

fn v4(ip: Ipv4Addr, port: u16) -> Vec<u8> {
    SocketAddress::V4(SocketAddrV4::new(ip, port)).encode()
}

fn connect(m: &mut Machine, task: TaskId, address: Vec<u8>) -> (i64, Done) {
    let fd = m.call(task, &call!(nr::SOCKET, sock::AF_INET, sock::STREAM, 0)).ok();
    let done = m.call(task, &call!(nr::CONNECT, fd, address));
    (fd, done)
}

fn lookup(m: &mut Machine, task: TaskId, name: &str) -> (i64, LookupId) {
    let fd = m.call(task, &call!(nr::RESOLVE, name, 0)).ok();
    let Some(HostRequest::Resolve { id, .. }) = m.requests.last() else { panic!("{:?}", m.requests) };
    (fd, *id)
}

/// The address that stands for a name, with a port.
fn address(m: &mut Machine, task: TaskId, name: &str, port: u16) -> Vec<u8> {
    let (fd, id) = lookup(m, task, name);
    m.kernel.resolved(id, Ok(()));
    let answer = m.read(task, fd, 64).bytes();
    let Ok(SocketAddress::V4(address)) = SocketAddress::decode(&answer) else { panic!("{answer:?}") };
    assert_eq!(address.ip().octets()[..2], [198, 18]);
    v4(*address.ip(), port)
}

#[test]
fn without_the_capability_no_host_hears_of_anything() {
    let mut m = machine(NetworkCapability::Denied, Outside::Sockets);
    let me = m.actor();
    m.requests.clear();
    assert_eq!(m.call(me, &call!(nr::RESOLVE, "example.com", 0)), Done::Err(Errno::EACCES));
    assert_eq!(connect(&mut m, me, v4(Ipv4Addr::new(93, 184, 216, 34), 80)).1, Done::Err(Errno::EACCES));
    let udp = m.call(me, &call!(nr::SOCKET, sock::AF_INET, sock::DGRAM, 0)).ok();
    let sent = m.call(me, &call!(nr::SENDTO, udp, "x", 0, v4(Ipv4Addr::new(8, 8, 8, 8), 53)));
    assert_eq!(sent, Done::Err(Errno::EACCES));
    assert_eq!(m.requests, []);
    let mut m = machine(hosts(&["a.example:443"]), Outside::Sockets);
    let me = m.actor();
    assert_eq!(m.call(me, &call!(nr::RESOLVE, "b.example", 0)), Done::Err(Errno::EACCES));
    let wrong_port = address(&mut m, me, "A.example.", 80);
    assert_eq!(connect(&mut m, me, wrong_port).1, Done::Err(Errno::EACCES));
    assert_eq!(connect(&mut m, me, v4(Ipv4Addr::new(198, 18, 9, 9), 443)).1, Done::Err(Errno::EHOSTUNREACH));
}

#[test]
fn names_are_the_hosts_matter() {
    let mut m = machine(NetworkCapability::Any, Outside::Sockets);
    let me = m.actor();
    let first = address(&mut m, me, "a.example", 1);
    assert_eq!(address(&mut m, me, "A.EXAMPLE", 1), first, "one address for one name");
    assert_ne!(address(&mut m, me, "b.example", 1), first);
    let (fd, id) = lookup(&mut m, me, "none.example");
    assert_eq!(m.read(me, fd, 64), Done::Blocked);
    m.kernel.resolved(id, Err(Errno::ENOENT));
    assert_eq!(m.read(me, fd, 64).bytes(), i32::from(Errno::ENOENT.number()).to_le_bytes());
    for bad in ["", "a b", "a/b", &"x".repeat(300)] {
        assert_eq!(m.call(me, &call!(nr::RESOLVE, bad, 0)), Done::Err(Errno::EINVAL), "{bad}");
    }
}

fn connection(m: &Machine) -> ConnectionId {
    match m.requests.last() {
        Some(HostRequest::Connect { id, .. }) => *id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_connection_passes_bytes_and_ends() {
    let mut m = machine(hosts(&["a.example:443"]), Outside::Sockets);
    let (me, host) = (m.actor(), m.actor());
    let to = address(&mut m, me, "a.example", 443);
    let (fd, done) = connect(&mut m, me, to);
    assert_eq!(done, Done::Blocked);
    let expected = |id| HostRequest::Connect { id, task: me, host: "a.example".into(), port: Port(443) };
    assert_eq!(m.requests.last(), Some(&expected(connection(&m))));
    let far = i64::from(m.kernel.connected(connection(&m), host).unwrap());
    m.drain();
    assert!(m.woken.contains(&me));
    m.write(me, fd, b"ping").ok();
    assert_eq!(m.read(host, far, 9).text(), "ping");
    m.write(host, far, b"pong").ok();
    assert_eq!(m.read(me, fd, 9).text(), "pong");
    m.call(me, &call!(nr::SHUTDOWN, fd, sock::SHUT_WR)).ok();
    assert_eq!(m.read(host, far, 9).text(), "");
    assert!(!m.kernel.other_end_is_gone(host, far as i32), "it still reads");
    m.close(me, fd).ok();
    assert!(m.kernel.other_end_is_gone(host, far as i32));
}

#[test]
fn a_connection_that_fails_or_is_given_up() {
    let mut m = machine(NetworkCapability::Any, Outside::Sockets);
    let (me, host) = (m.actor(), m.actor());
    let literal = v4(Ipv4Addr::new(192, 0, 2, 1), 80);
    let (fd, done) = connect(&mut m, me, literal.clone());
    assert_eq!(done, Done::Blocked);
    m.kernel.connect_failed(connection(&m), Errno::EHOSTUNREACH);
    assert_eq!(m.call(me, &call!(nr::CONNECT, fd, literal.clone())), Done::Err(Errno::EHOSTUNREACH));
    let kind = sock::STREAM | sock::NONBLOCK;
    let fd = m.call(me, &call!(nr::SOCKET, sock::AF_INET, kind, 0)).ok();
    assert_eq!(m.call(me, &call!(nr::CONNECT, fd, literal.clone())), Done::Err(Errno::EINPROGRESS));
    let id = connection(&m);
    m.close(me, fd).ok();
    assert_eq!(m.requests.last(), Some(&HostRequest::ConnectCancel { id }));
    assert_eq!(m.kernel.connected(id, host), Err(Errno::ECANCELED));
    for _ in 0..OUTSIDE_CONNECTIONS_MAX {
        let fd = m.call(me, &call!(nr::SOCKET, sock::AF_INET, kind, 0)).ok();
        assert_eq!(m.call(me, &call!(nr::CONNECT, fd, literal.clone())), Done::Err(Errno::EINPROGRESS));
    }
    assert_eq!(connect(&mut m, me, literal).1, Done::Err(Errno::ENOBUFS));
}

fn fetch(m: &Machine) -> (FetchId, RequestHead, Vec<u8>) {
    let found = m.requests.iter().rev().find_map(|request| match request {
        HostRequest::Fetch { id, head, body, redirects: Redirects::Leave, .. } => {
            Some((*id, head.clone(), body.clone()))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{:?}", m.requests))
}

fn gateway(m: &mut Machine, task: TaskId, port: u16) -> i64 {
    let fd = m.call(task, &call!(nr::RESOLVE, "a.example", 0)).ok();
    let answer = m.read(task, fd, 64).bytes();
    let Ok(SocketAddress::V4(address)) = SocketAddress::decode(&answer) else { panic!("{answer:?}") };
    let (fd, done) = connect(m, task, v4(*address.ip(), port));
    done.ok();
    fd
}

fn answer(m: &mut Machine, id: FetchId, status: u16, headers: &[(&str, &str)], body: &[u8]) {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let head = ResponseHead { status, status_text: "Words".into(), url: String::new(), headers };
    m.kernel.fetch_head(id, Ok(head));
    if !body.is_empty() {
        m.kernel.fetch_body(id, body);
    }
    m.kernel.fetch_end(id, Ok(()));
    m.drain();
}

fn everything(m: &mut Machine, task: TaskId, fd: i64) -> String {
    let mut text = String::new();
    while let Done::Ok(1.., outs) = m.read(task, fd, 4096) {
        text.push_str(&String::from_utf8_lossy(&outs[0]));
    }
    text
}

#[test]
fn the_gateway_makes_fetches_of_requests() {
    let mut m = machine(NetworkCapability::Any, Outside::Gateway);
    let me = m.actor();
    let fd = gateway(&mut m, me, 8080);
    m.write(me, fd, b"GET /a?b HTTP/1.1\r\nHost: other.example\r\nX-A: b\r\n\r\n").ok();
    let (id, head, body) = fetch(&m);
    assert_eq!(head.url, "http://a.example:8080/a?b", "the host that was connected to");
    assert_eq!((head.headers, body), (vec![("X-A".into(), "b".into())], vec![]));
    answer(&mut m, id, 302, &[("location", "/c"), ("connection", "close")], b"moved");
    let text = everything(&mut m, me, fd);
    assert_eq!(
        text,
        "HTTP/1.1 302 Words\r\nlocation: /c\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n5\r\nmoved\r\n0\r\n\r\n"
    );
    m.write(me, fd, b"POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n").ok();
    assert_eq!(everything(&mut m, me, fd), "HTTP/1.1 100 Continue\r\n\r\n");
    m.write(me, fd, b"abc").ok();
    let (id, _, body) = fetch(&m);
    assert_eq!(body, b"abc");
    answer(&mut m, id, 200, &[("content-length", "2")], b"ok");
    assert_eq!(
        everything(&mut m, me, fd),
        "HTTP/1.1 200 Words\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
    );
    assert_eq!(m.read(me, fd, 9).text(), "", "HTTP/1.0 ends with its answer");
}

#[test]
fn the_gateway_speaks_tls_for_the_program() {
    let mut m = machine(NetworkCapability::Any, Outside::Gateway);
    let me = m.actor();
    let fd = gateway(&mut m, me, 443);
    m.call(me, &call!(nr::SETSOCKOPT, fd, sock::SOL_OAC, sock::OAC_GATEWAY_TLS, vec![1u8, 0, 0, 0])).ok();
    m.write(me, fd, b"HEAD / HTTP/1.1\r\n\r\n").ok();
    let (id, head, _) = fetch(&m);
    assert_eq!(head.url, "https://a.example/");
    m.close(me, fd).ok();
    m.drain();
    assert_eq!(m.requests.last(), Some(&HostRequest::FetchCancel { id }), "an abort reaches the host");
    assert_eq!(m.kernel.census().fetches, 0);
    assert_eq!(m.kernel.census().sockets, 0);
}

#[test]
fn a_reader_that_lags_holds_the_fetch_up() {
    let mut m = machine(NetworkCapability::Any, Outside::Gateway);
    let me = m.actor();
    let fd = gateway(&mut m, me, 80);
    m.write(me, fd, b"GET / HTTP/1.1\r\n\r\n").ok();
    let (id, ..) = fetch(&m);
    let head = ResponseHead { status: 200, status_text: String::new(), url: String::new(), headers: vec![] };
    m.kernel.fetch_head(id, Ok(head));
    let mut given = 0;
    while m.kernel.fetch_body(id, &[7; 100_000]) == oac_kernel::Flow::Continue {
        m.drain();
        given += 1;
        assert!(given < 100, "it never pauses");
    }
    m.drain();
    m.requests.clear();
    while let Done::Ok(1.., _) = m.read(me, fd, 1 << 18) {}
    assert!(m.requests.contains(&HostRequest::FetchResume { id }));
}

#[test]
fn the_gateway_refuses_what_it_cannot_do() {
    let check = |request: &str, status: &str| {
        let mut m = machine(NetworkCapability::Any, Outside::Gateway);
        let me = m.actor();
        let fd = gateway(&mut m, me, 80);
        m.write(me, fd, request.as_bytes()).ok();
        let text = everything(&mut m, me, fd);
        assert!(text.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request:?}: {text:?}");
        assert_eq!(m.read(me, fd, 9).text(), "");
    };
    check("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "501 Not Implemented");
    check("\u{16}\u{3}\u{1}hello", "400 Bad Request");
    check("GET / HTTP/1.1\r\nbad header\r\n\r\n", "400 Bad Request");
}

#[test]
fn a_fetch_that_fails_breaks_the_connection() {
    let mut m = machine(NetworkCapability::Any, Outside::Gateway);
    let me = m.actor();
    let fd = gateway(&mut m, me, 80);
    m.write(me, fd, b"GET / HTTP/1.1\r\n\r\n").ok();
    let (id, ..) = fetch(&m);
    m.kernel.fetch_head(id, Err(Errno::ECONNREFUSED));
    m.drain();
    assert_eq!(m.read(me, fd, 9), Done::Err(Errno::ECONNREFUSED));
    let out = m.call(me, &call!(nr::GETSOCKOPT, fd, sock::SOL_SOCKET, sock::SO_ERROR, Arg::Out(4)));
    assert_eq!(out.bytes(), [0; 4]);
}

#[test]
fn schemes_have_no_case() {
    let mut m = machine(hosts(&["a.example"]), Outside::Nothing);
    let me = m.actor();
    let head = RequestHead { method: "GET".into(), url: "HTTP://a.example/A".into(), headers: Vec::new() };
    m.call(me, &call!(nr::FETCH, head.encode(), "", 0)).ok();
    let Some(HostRequest::Fetch { head, .. }) = m.requests.last() else { panic!("{:?}", m.requests) };
    assert_eq!(head.url, "http://a.example/A");
}
