//! Unix sockets: streams, datagrams, packets; by path, by abstract name, in pairs.

use oac_abi::flags::{message, poll as bits, socket as sock};

use crate::posix::*;

cases! {
    by_path; path_is_a_file; path_refusals; path_permissions root; removed_path; by_abstract_name; abstract_refusals; addresses;
    pair_of_streams; pair_of_datagrams; pair_of_packets; datagrams_by_path; datagram_sender; datagram_refusals; shutdown_of_pair;
    closed_pair; closed_pair_with_unread; write_to_closed; connect_refusals; nonblocking_connect; full_pair; full_datagrams; peek; options;
    between_processes; accept_after_close; autobind; renamed_path; long_path; relative_path; credentials_of_peer root; poll_of_pair; waitall;
    packets_keep_boundaries;
    =>
    unix_client;
}

fn stream() -> Result<i32> {
    socket(sock::AF_UNIX, sock::STREAM)
}

fn datagram() -> Result<i32> {
    socket(sock::AF_UNIX, sock::DGRAM)
}

fn listening(address: &Address) -> Result<i32> {
    let fd = stream()?;
    bind(fd, address)?;
    listen(fd, 4)?;
    Ok(fd)
}

fn unix_client(arguments: &[&str]) -> i32 {
    let fd = child_ok!(stream());
    child_ok!(connect(fd, &unix(arguments[0])));
    child_ok!(write(fd, "from the client"));
    say!("client reads {}", read_all(fd).shown());
    0
}

fn by_path() {
    let server = ok!(listening(&unix("s")));
    let client = ok!(stream());
    see!(connect(client, &unix("s")));
    let connection = ok!(accept(server, 0));
    see!(write(client, "hello"), read(connection, 9), write(connection, "back"), read(client, 9), close(client), read(connection, 9));
}

fn path_is_a_file() {
    let fd = ok!(stream());
    see!(bind(fd, &unix("s")), kind("s"), mode("s"), open("s", o::RDWR, 0), get("s"), chmod("s", 0o600), mode("s"), list("."));
    see!(close(fd), kind("s"), unlink("s"));
}

fn path_refusals() {
    ok!(put("f", ""));
    let fd = ok!(stream());
    see!(bind(fd, &unix("f")), bind(fd, &unix("no/s")), bind(fd, &unix("f/s")), bind(fd, &unix("s")), bind(fd, &unix("t")), list("."));
    ok!(symlink("nowhere", "link"));
    see!(bind(ok!(stream()), &unix("link")), bind(ok!(stream()), &unix("s")), list("."));
}

fn path_permissions() {
    let server = ok!(listening(&unix("s")));
    ok!(chmod("s", 0o700));
    ok!(become_user(1234));
    let client = ok!(stream());
    see!(connect(client, &unix("s")), bind(client, &unix("t")), accept_now(server));
}

fn accept_now(fd: i32) -> Result<i32> {
    set_status_flags(fd, o::NONBLOCK)?;
    accept(fd, 0)
}

fn removed_path() {
    let server = ok!(listening(&unix("s")));
    let client = ok!(stream());
    ok!(connect(client, &unix("s")));
    ok!(unlink("s"));
    see!(connect(ok!(stream()), &unix("s")), accept(server, 0).is_ok(), write(client, "x"), socket_address(server));
    let second = ok!(listening(&unix("s")));
    see!(connect(ok!(stream()), &unix("s")), accept_now(server), accept(second, 0).is_ok());
}

fn by_abstract_name() {
    let name = abstract_name("here");
    let server = ok!(listening(&name));
    let client = ok!(stream());
    see!(connect(client, &name));
    let connection = ok!(accept(server, 0));
    see!(write(client, "hello"), read(connection, 9), list("."), socket_address(server), peer_address(client));
}

fn abstract_refusals() {
    let name = abstract_name("taken");
    let server = ok!(listening(&name));
    see!(bind(ok!(stream()), &name), bind(ok!(datagram()), &name).is_ok(), close(server), connect(ok!(stream()), &name));
    see!(bind(ok!(stream()), &name), connect(ok!(stream()), &abstract_name("nobody")));
}

fn addresses() {
    let server = ok!(listening(&unix("s")));
    let client = ok!(stream());
    see!(socket_address(client), peer_address(client), connect(client, &unix("s")));
    let connection = ok!(accept(server, 0));
    see!(socket_address(server), socket_address(client), peer_address(client), socket_address(connection), peer_address(connection));
    let named = ok!(stream());
    ok!(bind(named, &unix("c")));
    ok!(connect(named, &unix("s")));
    let connection = ok!(accept(server, 0));
    see!(peer_address(connection), socket_address(named));
}

fn pair_of_streams() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    see!(one, other, write(one, "ab"), write(one, "cd"), read(other, 3), read(other, 9), write(other, "back"), read(one, 9));
    see!(socket_address(one), peer_address(one), fstat(one).map(|stat| kind_of(&stat)));
}

fn pair_of_datagrams() {
    let (one, other) = ok!(socketpair(sock::DGRAM));
    see!(write(one, "ab"), write(one, "cd"), read(other, 1), read(other, 9), write(one, ""), read(other, 9));
    see!(close(one), recv(other, 9, message::DONTWAIT), write(other, "x"));
}

fn pair_of_packets() {
    let (one, other) = ok!(socketpair(sock::SEQPACKET));
    see!(write(one, "ab"), write(one, "cdef"), read(other, 9), read(other, 2), close(one), read(other, 9));
}

fn packets_keep_boundaries() {
    let server = ok!(socket(sock::AF_UNIX, sock::SEQPACKET));
    ok!(bind(server, &unix("s")));
    ok!(listen(server, 1));
    let client = ok!(socket(sock::AF_UNIX, sock::SEQPACKET));
    see!(connect(ok!(stream()), &unix("s")), connect(client, &unix("s")));
    let connection = ok!(accept(server, 0));
    see!(write(client, "one"), write(client, "two"), read(connection, 100), read(connection, 100), shutdown(client, 1), read(connection, 1));
}

fn datagrams_by_path() {
    let receiver = ok!(datagram());
    ok!(bind(receiver, &unix("r")));
    let sender = ok!(datagram());
    see!(sendto(sender, "one", &unix("r")), connect(sender, &unix("r")), write(sender, "two"), read(receiver, 9), read(receiver, 9));
    see!(close(receiver), write(sender, "x"), sendto(ok!(datagram()), "x", &unix("r")), kind("r"));
}

fn datagram_sender() {
    let receiver = ok!(datagram());
    ok!(bind(receiver, &unix("r")));
    let sender = ok!(datagram());
    ok!(sendto(sender, "nameless", &unix("r")));
    see!(recv_message(receiver, 20, 0, 0));
    ok!(bind(sender, &unix("s")));
    ok!(sendto(sender, "named", &unix("r")));
    see!(recv_message(receiver, 20, 0, 0), sendto(receiver, "answer", &unix("s")), read(sender, 20));
}

fn datagram_refusals() {
    let fd = ok!(datagram());
    see!(write(fd, "x"), sendto(fd, "x", &unix("missing")), connect(fd, &unix("missing")), listen(fd, 1), accept(fd, 0));
    let _server = ok!(listening(&unix("stream")));
    see!(sendto(fd, "x", &unix("stream")), connect(fd, &unix("stream")));
}

fn shutdown_of_pair() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(write(one, "last"), shutdown(one, sock::SHUT_WR), write(one, "x"), read(other, 9), read(other, 9), write(other, "y"), read(one, 9));
    see!(shutdown(one, sock::SHUT_RD), write(other, "z"), read(one, 9));
}

fn closed_pair() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(write(one, "left"));
    see!(close(one), ready(other), read(other, 9), read(other, 9), ready(other));
}

fn closed_pair_with_unread() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(write(other, "never read"));
    see!(close(one), read(other, 9), read(other, 9), ready(other));
}

fn write_to_closed() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(close(one), write(other, "x"), send(other, "x", message::NOSIGNAL), read(other, 1));
}

fn connect_refusals() {
    ok!(put("f", ""));
    let fd = ok!(stream());
    see!(connect(fd, &unix("missing")), connect(fd, &unix("f")), connect(fd, &v4(80)), connect(fd, &unix("f/x")));
    let bound = ok!(stream());
    ok!(bind(bound, &unix("s")));
    see!(connect(fd, &unix("s")), close(bound), connect(fd, &unix("s")));
    let receiver = ok!(datagram());
    ok!(bind(receiver, &unix("d")));
    see!(connect(fd, &unix("d")));
}

fn nonblocking_connect() {
    let server = ok!(listening(&unix("s")));
    let client = ok!(socket(sock::AF_UNIX, sock::STREAM | sock::NONBLOCK));
    see!(connect(client, &unix("s")), connect(client, &unix("s")), accept(server, 0).is_ok(), read(client, 1));
}

fn full_pair() {
    let (one, other) = ok!(socketpair(sock::STREAM | sock::NONBLOCK));
    let block = vec![b'x'; 4096];
    let mut total = 0;
    let end = loop {
        match write_bytes(one, &block) {
            Ok(len) => total += len,
            Err(errno) => break errno.name(),
        }
    };
    say!("some: {}, then {end}", total > 10_000);
    see!(ready(one), done(read(other, 1 << 20)), done(read(other, 1 << 20)), ready(one));
}

fn full_datagrams() {
    let (one, other) = ok!(socketpair(sock::DGRAM | sock::NONBLOCK));
    let mut count = 0;
    let end = loop {
        match write(one, "x") {
            Ok(_) => count += 1,
            Err(errno) => break errno.name(),
        }
    };
    say!("some: {}, then {end}", count > 5);
    see!(read(other, 9), write(one, "y"));
}

fn peek() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(write(one, "look"));
    see!(recv(other, 2, message::PEEK), recv(other, 9, message::PEEK), read(other, 9), recv(other, 9, message::DONTWAIT));
}

fn waitall() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    ok!(write(one, "abc"));
    ok!(write(one, "def"));
    see!(recv(other, 5, message::WAITALL), close(one), recv(other, 5, message::WAITALL));
}

fn options() {
    let (one, _other) = ok!(socketpair(sock::STREAM));
    let sol = sock::SOL_SOCKET;
    see!(option(one, sol, sock::SO_TYPE), option(one, sol, sock::SO_DOMAIN), option(one, sol, sock::SO_ERROR), option(one, sol, sock::SO_PROTOCOL));
    let server = ok!(listening(&unix("s")));
    see!(option(server, sol, sock::SO_ACCEPTCONN), option(one, sock::IPPROTO_TCP, sock::TCP_NODELAY));
}

fn between_processes() {
    let server = ok!(listening(&unix("s")));
    let pid = ok!(child("unix_client", &["s"]).start());
    let connection = ok!(accept(server, 0));
    see!(read(connection, 100), write(connection, "answer"), close(connection), wait_for(pid));
}

fn accept_after_close() {
    let server = ok!(listening(&unix("s")));
    let client = ok!(stream());
    ok!(connect(client, &unix("s")));
    ok!(write(client, "and gone"));
    ok!(close(client));
    let connection = ok!(accept(server, 0));
    see!(read(connection, 100), read(connection, 100));
    let late = ok!(stream());
    ok!(connect(late, &unix("s")));
    see!(close(server), read(late, 1), connect(ok!(stream()), &unix("s")));
}

fn autobind() {
    let fd = ok!(datagram());
    see!(bind(fd, &Address::from_bytes(&[1, 0])), socket_address(fd).map(|address| format!("{address:?}").starts_with("abstract")));
}

fn renamed_path() {
    let server = ok!(listening(&unix("s")));
    ok!(rename("s", "t"));
    ok!(link("t", "u"));
    see!(connect(ok!(stream()), &unix("s")), connect(ok!(stream()), &unix("t")), connect(ok!(stream()), &unix("u")));
    ok!(symlink("t", "link"));
    see!(connect(ok!(stream()), &unix("link")), socket_address(server));
}

fn long_path() {
    let fit = "n".repeat(107);
    let fd = ok!(stream());
    say!("107: {}", bind(fd, &unix(&fit)).shown());
    say!("109: {}", bind(ok!(stream()), &unix(&"n".repeat(109))).shown());
}

fn relative_path() {
    ok!(mkdir("d", 0o755));
    let _server = ok!(listening(&unix("s")));
    ok!(chdir("d"));
    see!(connect(ok!(stream()), &unix("s")), connect(ok!(stream()), &unix("../s")));
}

fn credentials_of_peer() {
    let (one, _other) = ok!(socketpair(sock::STREAM));
    let mut record = [0; 12];
    ok!(raw::getsockopt(one, sock::SOL_SOCKET, sock::SO_PEERCRED, &mut record));
    let word = |at: usize| i32::from_le_bytes(std::array::from_fn(|i| record[at + i]));
    see!(word(0) == ok!(getpid()), word(4), word(8));
}

fn poll_of_pair() {
    let (one, other) = ok!(socketpair(sock::STREAM));
    see!(ready(one), write(other, "x"), ready(one), shutdown(other, 1), ready(one), close(other), ready(one), wait_ready(one, bits::IN));
}
