//! TCP over the loopback.

use oac_abi::flags::{message, poll as bits, socket as sock};

use crate::posix::*;

cases! {
    through; addresses; refused; bind_refusals; listen_without_bind; port_in_use; reuse_address; accept_nonblocking; connect_nonblocking;
    connect_nonblocking_refused; shutdown_write; shutdown_read; shutdown_both; shutdown_refusals; end_of_stream; write_after_end;
    reset_by_unread; not_connected; connect_twice; peek; dontwait; waitall; large_transfer; between_processes; poll_of_listener;
    poll_of_states; backlog; options; accept_flags; listener_closes; ipv6; both_families; wrong_kinds; send_on_listener;
    closed_by_peer_before_accept; nodelay_and_keepalive; any_address; linger_reset; fionread_of_socket; stat_of_socket;
    =>
    tcp_client; tcp_echo;
}

/// Connects to a port, sends a text, reads to the end.
fn tcp_client(arguments: &[&str]) -> i32 {
    let fd = child_ok!(tcp());
    child_ok!(connect(fd, &v4(arguments[0].parse().unwrap_or(0))));
    child_ok!(write(fd, arguments[1]));
    child_ok!(shutdown(fd, sock::SHUT_WR));
    say!("client reads {}", read_all(fd).shown());
    0
}

/// Echoes what the connection at 3 brings, until its end.
fn tcp_echo(_: &[&str]) -> i32 {
    loop {
        let Text(bytes) = child_ok!(read(3, 4096));
        if bytes.is_empty() {
            return 0;
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            rest = &rest[child_ok!(write_bytes(3, rest))..];
        }
    }
}

fn through() {
    let (client, server) = ok!(connection());
    see!(write(client, "to the server"), read(server, 100), write(server, "to the client"), read(client, 6), read(client, 100));
}

fn addresses() {
    let (listening, port) = ok!(listener());
    let client = ok!(tcp());
    see!(socket_address(client), connect(client, &v4(port)));
    let server = ok!(accept(listening, 0));
    see!(socket_address(client), peer_address(client), socket_address(server), peer_address(server), peer_address(listening));
    see!(ok!(peer_address(client)).port() == port, ok!(socket_address(client)) == ok!(peer_address(server)), socket_address(99));
}

fn refused() {
    let (listening, port) = ok!(listener());
    ok!(close(listening));
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    let client = ok!(tcp());
    see!(connect(client, &v4(port)), socket_error(client), write(client, "x"), connect(client, &v4(port)));
}

fn bind_refusals() {
    let fd = ok!(tcp());
    ok!(bind(fd, &v4(0)));
    see!(bind(fd, &v4(0)), bind(99, &v4(0)), bind(1, &v4(0)), bind(fd, &unix("x")), bind(ok!(tcp()), &Address::from_bytes(&[2, 0])));
    see!(bind(ok!(tcp()), &Address::from_bytes(&[2, 0, 0, 0, 8, 8, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0])));
}

fn listen_without_bind() {
    let fd = ok!(tcp());
    see!(listen(fd, 1), ok!(socket_address(fd)).port() != 0, listen(fd, 5), listen(99, 1), listen(1, 1), accept(ok!(tcp()), 0));
}

fn port_in_use() {
    let (_listening, port) = ok!(listener());
    let other = ok!(tcp());
    see!(bind(other, &v4(port)), bind(other, &v4_any(port)), bind(other, &v4(0)));
}

fn reuse_address() {
    let (listening, port) = ok!(listener());
    let client = ok!(tcp());
    ok!(connect(client, &v4(port)));
    let server = ok!(accept(listening, 0));
    // The connection outlives its listener and keeps the port.
    ok!(close(listening));
    let plain = ok!(tcp());
    let reusing = ok!(tcp());
    ok!(set_option(reusing, sock::SOL_SOCKET, sock::SO_REUSEADDR, 1));
    see!(bind(plain, &v4(port)), bind(reusing, &v4(port)), write(client, "x"), read(server, 1));
}

fn accept_nonblocking() {
    let (listening, port) = ok!(listener());
    ok!(set_status_flags(listening, o::NONBLOCK));
    see!(accept(listening, 0));
    let client = ok!(tcp());
    ok!(connect(client, &v4(port)));
    see!(wait_ready(listening, bits::IN), accept(listening, 0).is_ok(), accept(listening, 0));
}

fn connect_nonblocking() {
    let (listening, port) = ok!(listener());
    let client = ok!(socket(sock::AF_INET, sock::STREAM | sock::NONBLOCK));
    // Linux's loopback connects while the call is made, and says that it is under way all the same.
    see!(connect(client, &v4(port)), wait_ready(client, bits::OUT), socket_error(client), accept(listening, 0).is_ok());
    see!(connect(client, &v4(port)), connect(client, &v4(port)), write(client, "x"), read(client, 1));
}

fn connect_nonblocking_refused() {
    let (listening, port) = ok!(listener());
    ok!(close(listening));
    let client = ok!(socket(sock::AF_INET, sock::STREAM | sock::NONBLOCK));
    see!(connect(client, &v4(port)), wait_ready(client, bits::OUT), socket_error(client), socket_error(client));
}

fn shutdown_write() {
    let (client, server) = ok!(connection());
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(write(client, "last"), shutdown(client, sock::SHUT_WR), write(client, "x"), read(server, 9), read(server, 9));
    see!(write(server, "answer"), read(client, 9), close(server), read(client, 9));
}

fn shutdown_read() {
    let (client, server) = ok!(connection());
    see!(shutdown(client, sock::SHUT_RD), read(client, 9), write(client, "x"), read(server, 9));
}

fn shutdown_both() {
    let (client, server) = ok!(connection());
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(shutdown(client, sock::SHUT_RDWR), read(client, 9), write(client, "x"), read(server, 9));
}

fn shutdown_refusals() {
    let (client, _server) = ok!(connection());
    let (reading, _) = ok!(pipe(0));
    see!(shutdown(client, 7), shutdown(ok!(tcp()), 0), shutdown(reading, 0), shutdown(99, 0));
}

fn end_of_stream() {
    let (client, server) = ok!(connection());
    ok!(write(server, "bye"));
    see!(close(server), wait_ready(client, bits::RDHUP), ready(client), read(client, 9), read(client, 9), read(client, 9), ready(client));
}

fn write_after_end() {
    let (client, server) = ok!(connection());
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    // The first write is answered by a reset, the second finds it.
    see!(close(server), read(client, 1), write(client, "first"), wait_ready(client, bits::PRI), write(client, "second"), socket_error(client));
}

fn reset_by_unread() {
    let (client, server) = ok!(connection());
    ok!(write(client, "never read"));
    ok!(wait_ready(server, bits::IN));
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(close(server), wait_ready(client, bits::RDHUP), read(client, 9), read(client, 9), write(client, "x"));
}

fn not_connected() {
    let fd = ok!(tcp());
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(read(fd, 1), write(fd, "x"), recv(fd, 1, 0), send(fd, "x", 0), peer_address(fd), ready(fd), shutdown(fd, 2));
}

fn connect_twice() {
    let (listening, port) = ok!(listener());
    let client = ok!(tcp());
    ok!(connect(client, &v4(port)));
    see!(connect(client, &v4(port)), connect(listening, &v4(port)), connect(99, &v4(port)), connect(1, &v4(port)));
}

fn peek() {
    let (client, server) = ok!(connection());
    ok!(write(client, "look"));
    see!(recv(server, 2, message::PEEK), recv(server, 100, message::PEEK), read(server, 2), recv(server, 9, message::PEEK), read(server, 9));
}

fn dontwait() {
    let (client, server) = ok!(connection());
    see!(recv(server, 9, message::DONTWAIT), send(client, "x", message::DONTWAIT), wait_ready(server, bits::IN));
    see!(recv(server, 9, message::DONTWAIT), recv(server, 9, message::DONTWAIT), status_flags(server));
}

fn waitall() {
    let (client, server) = ok!(connection());
    ok!(write(client, "abc"));
    ok!(write(client, "defgh"));
    see!(recv(server, 6, message::WAITALL), close(client), recv(server, 6, message::WAITALL), recv(server, 6, message::WAITALL));
}

fn large_transfer() {
    let (client, server) = ok!(connection());
    let pid = ok!(child("tcp_echo", &[]).fd(3, server).start());
    ok!(close(server));
    let block: Vec<u8> = (0..50_000u32).map(|n| (n % 253) as u8).collect();
    let mut back = Vec::new();
    for _ in 0..8 {
        let mut rest = &block[..];
        while !rest.is_empty() {
            rest = &rest[ok!(write_bytes(client, rest))..];
        }
        let wanted = back.len() + block.len();
        while back.len() < wanted {
            back.extend(ok!(read(client, 65_536)).0);
        }
    }
    see!(back.len(), back.chunks(block.len()).all(|chunk| chunk == block), shutdown(client, 1), wait_for(pid), read(client, 1));
}

fn between_processes() {
    let (listening, port) = ok!(listener());
    let pid = ok!(child("tcp_client", &[&port.to_string(), "request"]).start());
    let server = ok!(accept(listening, 0));
    see!(read_all(server), write(server, "response"), close(server), wait_for(pid));
}

fn poll_of_listener() {
    let (listening, port) = ok!(listener());
    see!(ready(listening));
    let client = ok!(tcp());
    ok!(connect(client, &v4(port)));
    see!(wait_ready(listening, bits::IN), accept(listening, 0).is_ok(), ready(listening));
}

fn poll_of_states() {
    let (client, server) = ok!(connection());
    see!(ready(client), write(server, "x"), wait_ready(client, bits::IN), ready(client), read(client, 1), ready(client));
    see!(shutdown(server, 1), wait_ready(client, bits::RDHUP), ready(client), shutdown(client, 1), wait_ready(client, bits::PRI), ready(client));
}

fn backlog() {
    let (listening, port) = ok!(listener());
    let mut clients = Vec::new();
    for n in 0..5 {
        let client = ok!(tcp());
        ok!(connect(client, &v4(port)));
        ok!(write(client, &n.to_string()));
        clients.push(client);
    }
    for _ in 0..5 {
        let server = ok!(accept(listening, 0));
        see!(read(server, 9), close(server));
    }
}

fn options() {
    let fd = ok!(tcp());
    let sol = sock::SOL_SOCKET;
    see!(option(fd, sol, sock::SO_TYPE), option(fd, sol, sock::SO_ACCEPTCONN), option(fd, sol, sock::SO_ERROR));
    see!(option(fd, sol, sock::SO_DOMAIN), option(fd, sol, sock::SO_PROTOCOL), option(fd, sol, sock::SO_REUSEADDR));
    see!(set_option(fd, sol, sock::SO_REUSEADDR, 1), option(fd, sol, sock::SO_REUSEADDR), option(fd, sol, 9999), set_option(fd, sol, 9999, 1));
    see!(listen(fd, 1), option(fd, sol, sock::SO_ACCEPTCONN), option(99, sol, sock::SO_TYPE), option(1, sol, sock::SO_TYPE));
}

fn nodelay_and_keepalive() {
    let fd = ok!(tcp());
    let tcp_level = sock::IPPROTO_TCP;
    see!(option(fd, tcp_level, sock::TCP_NODELAY), set_option(fd, tcp_level, sock::TCP_NODELAY, 1), option(fd, tcp_level, sock::TCP_NODELAY));
    see!(set_option(fd, sock::SOL_SOCKET, sock::SO_KEEPALIVE, 1), option(fd, sock::SOL_SOCKET, sock::SO_KEEPALIVE));
    see!(set_option(fd, tcp_level, sock::TCP_KEEPIDLE, 30), option(fd, tcp_level, sock::TCP_KEEPIDLE));
}

fn accept_flags() {
    let (listening, port) = ok!(listener());
    for flags in [0, sock::CLOEXEC, sock::NONBLOCK, sock::NONBLOCK | sock::CLOEXEC] {
        let client = ok!(tcp());
        ok!(connect(client, &v4(port)));
        let server = ok!(accept(listening, flags));
        see!(cloexec(server), status_flags(server));
    }
    let fd = ok!(socket(sock::AF_INET, sock::STREAM | sock::CLOEXEC | sock::NONBLOCK));
    see!(cloexec(fd), status_flags(fd), accept(listening, 1));
}

fn listener_closes() {
    let (listening, port) = ok!(listener());
    let client = ok!(tcp());
    ok!(connect(client, &v4(port)));
    // Connected, but never accepted.
    see!(close(listening), wait_ready(client, bits::RDHUP), read(client, 1), connect(ok!(tcp()), &v4(port)));
}

fn ipv6() {
    let listening = ok!(socket(sock::AF_INET6, sock::STREAM));
    ok!(bind(listening, &v6(0)));
    ok!(listen(listening, 1));
    let port = ok!(socket_address(listening)).port();
    let client = ok!(socket(sock::AF_INET6, sock::STREAM));
    see!(connect(client, &v6(port)), socket_address(listening), peer_address(client));
    let server = ok!(accept(listening, 0));
    see!(write(client, "six"), read(server, 9), connect(ok!(tcp()), &v4(port)));
}

fn both_families() {
    let listening = ok!(socket(sock::AF_INET6, sock::STREAM));
    ok!(bind(listening, &Address::from_bytes(&[&[10, 0], &[0; 26][..]].concat())));
    ok!(listen(listening, 1));
    let port = ok!(socket_address(listening)).port();
    let client = ok!(tcp());
    see!(option(listening, sock::IPPROTO_IPV6, sock::IPV6_V6ONLY), socket_address(listening), connect(client, &v4(port)));
    let server = ok!(accept(listening, 0));
    see!(write(client, "four"), read(server, 9), peer_address(server), peer_address(client));
}

fn wrong_kinds() {
    see!(socket(sock::AF_INET, 99), socket(99, sock::STREAM), socket(sock::AF_INET, sock::STREAM | 0x10), raw::socket(2, 1, 17));
    see!(raw::socket(2, 1, 6).is_ok(), raw::socket(2, 2, 6), raw::socket(1, 1, 6));
    let (client, _server) = ok!(connection());
    see!(lseek(client, 0, SEEK_SET), ftruncate(client, 0), pread(client, 1, 0), fsync(client));
}

fn send_on_listener() {
    let (listening, _) = ok!(listener());
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(write(listening, "x"), read(listening, 1));
}

fn closed_by_peer_before_accept() {
    let (listening, port) = ok!(listener());
    let client = ok!(tcp());
    ok!(connect(client, &v4(port)));
    ok!(write(client, "gone already"));
    ok!(close(client));
    let server = ok!(accept(listening, 0));
    see!(read(server, 100), read(server, 100));
}

fn any_address() {
    let listening = ok!(tcp());
    ok!(bind(listening, &v4_any(0)));
    ok!(listen(listening, 1));
    let port = ok!(socket_address(listening)).port();
    let client = ok!(tcp());
    see!(socket_address(listening), connect(client, &v4(port)), peer_address(client));
    let second = ok!(tcp());
    see!(connect(second, &v4_any(port)), peer_address(second));
}

fn linger_reset() {
    let (client, server) = ok!(connection());
    ok!(raw::setsockopt(server, sock::SOL_SOCKET, sock::SO_LINGER, &[1, 0, 0, 0, 0, 0, 0, 0]));
    see!(close(server), wait_ready(client, bits::IN), read(client, 1), read(client, 1));
}

fn fionread_of_socket() {
    let (client, server) = ok!(connection());
    see!(fionread(server), write(client, "hello"), wait_ready(server, bits::IN), fionread(server), read(server, 2), fionread(server));
}

fn stat_of_socket() {
    let (client, _server) = ok!(connection());
    see!(fstat(client).map(|stat| (kind_of(&stat), stat.size)), status_flags(client), isatty(client));
}
