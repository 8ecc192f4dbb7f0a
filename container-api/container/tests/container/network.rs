//! Ports inside, ports of the host, and requests to the outside.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use oac_container::{
    Capabilities, Container, Errno, Event, NetworkCapability, Options, Port, SpawnOptions, WaitStatus,
};

use crate::support::{PROGRAM, check_prints, container};

/// Starts the test program's server and waits until its port is open.
fn serve(container: &Container, port: u16) -> oac_container::Process {
    let (sender, receiver) = mpsc::channel();
    container
        .on(move |event| {
            if let Event::PortOpened { port, .. } = event {
                let _ = sender.send(port);
            }
        })
        .unwrap();
    let process = container.spawn(PROGRAM, &["serve", &port.to_string()], &SpawnOptions::default()).unwrap();
    assert_eq!(receiver.recv().unwrap(), Port(port));
    process
}

#[test]
fn tasks_talk_over_the_loopback() {
    let container = container(Options::default());
    check_prints(&container, &["talk", "4000", "hello"], "error: ECONNREFUSED\n");
    let server = serve(&container, 4000);
    check_prints(&container, &["talk", "4000", "hello"], "HELLO\n");
    check_prints(&container, &["talk", "4000", ""], "\n");
    assert_eq!(server.wait().unwrap().status, WaitStatus::Exited(0));
}

#[test]
fn the_owner_connects() {
    let container = container(Options::default());
    assert_eq!(container.connect(Port(4000)).unwrap_err().errno(), Some(Errno::ECONNREFUSED));
    let _server = serve(&container, 4000);
    let mut connection = container.connect(Port(4000)).unwrap();
    connection.write_all(b"hello").unwrap();
    connection.finish().unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    assert_eq!(text, "HELLO");
}

#[test]
fn a_port_of_the_host_leads_inside() {
    let container = container(Options::default());
    let forward = container.forward("127.0.0.1:0".parse().unwrap(), Port(4000)).unwrap();
    // Nobody listens inside yet: the connection is closed without a byte.
    let mut early = TcpStream::connect(forward.address()).unwrap();
    let mut nothing = Vec::new();
    let _ = early.read_to_end(&mut nothing);
    assert!(nothing.is_empty());
    // Whoever asks by HTTP is told so.
    let mut early = TcpStream::connect(forward.address()).unwrap();
    early.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    early.shutdown(std::net::Shutdown::Write).unwrap();
    let mut told = String::new();
    early.read_to_string(&mut told).unwrap();
    assert!(
        told.starts_with("HTTP/1.1 502 Bad Gateway\r\n") && told.ends_with("port 4000 of the container\n"),
        "{told}"
    );

    let _server = serve(&container, 4000);
    let long = "0123456789abcdef".repeat(100_000);
    let mut outside = TcpStream::connect(forward.address()).unwrap();
    let mut writing = outside.try_clone().unwrap();
    let text = long.clone();
    let writer = thread::spawn(move || {
        writing.write_all(text.as_bytes()).unwrap();
        writing.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut answer = String::new();
    outside.read_to_string(&mut answer).unwrap();
    writer.join().unwrap();
    assert!(answer == long.to_uppercase(), "{} bytes came back", answer.len());

    let taken = container.forward(forward.address(), Port(4000)).unwrap_err();
    assert!(taken.to_string().contains(&forward.address().port().to_string()), "{taken}");
}

#[test]
fn two_containers_do_not_meet() {
    let (one, two) = (container(Options::default()), container(Options::default()));
    let _server = serve(&one, 4000);
    check_prints(&two, &["talk", "4000", "hello"], "error: ECONNREFUSED\n");
    let _other = serve(&two, 4000);
    one.fs().write("/tmp/f", b"one").unwrap();
    assert_eq!(two.fs().read("/tmp/f").unwrap_err().errno(), Some(Errno::ENOENT));
    one.teardown();
    check_prints(&two, &["talk", "4000", "hello"], "HELLO\n");
}

/// A server on the host that answers by path, for as long as the test runs.
fn http_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            thread::spawn(move || answer(connection.unwrap()));
        }
    });
    format!("http://{address}")
}

fn answer(mut connection: TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if connection.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap();
    let ok = |headers: &str, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\nx-test: yes\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    let response = match path {
        "/small" => ok("", request.contains("x-asked-by: oac").to_string().as_bytes()),
        "/large" => ok("", &[1; 5_000_000]),
        "/redirect" => b"HTTP/1.1 302 Found\r\nlocation: /small\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        "/away" => b"HTTP/1.1 302 Found\r\nlocation: http://localhost:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        "/loop" => b"HTTP/1.1 302 Found\r\nlocation: /loop\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        "/silent" => {
            // Until the other side gives up.
            let _ = connection.read(&mut byte);
            return;
        }
        "/nonsense" => b"this is not HTTP\r\n\r\n".to_vec(),
        _ => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
    };
    let _ = connection.write_all(&response);
}

fn hosts(rules: &[&str]) -> NetworkCapability {
    NetworkCapability::Hosts(rules.iter().map(ToString::to_string).collect())
}

fn with_network(network: NetworkCapability) -> Container {
    container(Options {
        capabilities: Capabilities { network, ..Capabilities::default() },
        ..Options::default()
    })
}

#[test]
fn requests_reach_the_outside() {
    let server = http_server();
    let container = with_network(hosts(&["127.0.0.1", "nowhere.invalid"]));
    let fetch = |path: &str, expected: &str| {
        check_prints(&container, &["fetch", &format!("{server}{path}")], expected);
    };
    fetch("/small", "200 Some(\"yes\") 4 bytes, sum 448\n");
    fetch("/large", "200 Some(\"yes\") 5000000 bytes, sum 5000000\n");
    fetch("/redirect", "200 Some(\"yes\") 4 bytes, sum 448\n");
    fetch("/none", "404 None 0 bytes, sum 0\n");
    fetch("/loop", "error: ELOOP\n");
    fetch("/nonsense", "error: EPROTO\n");
    check_prints(&container, &["fetch", "http://127.0.0.1:1/"], "error: ECONNREFUSED\n");
    check_prints(&container, &["fetch", "http://nowhere.invalid/"], "error: EHOSTUNREACH\n");
}

#[test]
fn requests_that_nobody_waits_for_hold_nobody_up() {
    let server = http_server();
    let container = with_network(hosts(&["127.0.0.1"]));
    check_prints(&container, &["fetch-and-leave", &format!("{server}/silent")], "60 started\n");
    check_prints(&container, &["fetch", &format!("{server}/small")], "200 Some(\"yes\") 4 bytes, sum 448\n");
}

/// "Any host" does not mean this machine; a host that is named is reached wherever it is.
#[test]
fn any_host_is_not_this_machine() {
    let server = http_server();
    let port = server.rsplit(':').next().unwrap();
    let refused = |network: NetworkCapability, host: &str| {
        let url = format!("http://{host}:{port}/small");
        check_prints(&with_network(network), &["fetch", &url], "error: EACCES\n");
    };
    let ways = [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
    ];
    for host in ways {
        refused(NetworkCapability::Any, host);
    }
    refused(hosts(&["*"]), "127.0.0.1");
    refused(hosts(&["*", "example.com"]), "localhost");
    let named = with_network(hosts(&["*", &format!("127.0.0.1:{port}")]));
    check_prints(&named, &["fetch", &format!("{server}/small")], "200 Some(\"yes\") 4 bytes, sum 448\n");
    check_prints(&named, &["fetch", &format!("http://localhost:{port}/small")], "error: EACCES\n");
}

#[test]
fn without_the_capability_there_is_no_outside() {
    let server = http_server();
    let container = with_network(NetworkCapability::Denied);
    check_prints(&container, &["fetch", &format!("{server}/small")], "error: EACCES\n");
}

#[test]
fn a_redirect_does_not_widen_the_capability() {
    let server = http_server();
    let host = server.strip_prefix("http://").unwrap().to_string();
    let container = with_network(NetworkCapability::Hosts(vec![host]));
    check_prints(
        &container,
        &["fetch", &format!("{server}/redirect")],
        "200 Some(\"yes\") 4 bytes, sum 448\n",
    );
    check_prints(&container, &["fetch", &format!("{server}/away")], "error: EACCES\n");
    check_prints(&container, &["fetch", "http://localhost:1/"], "error: EACCES\n");
}
