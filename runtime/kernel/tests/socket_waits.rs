//! For each state in which a call on a socket or a pipe waits, and each event that must end it: the waiting task is woken, and its
//! call, made again, does not wait any more.

#![allow(clippy::unwrap_used)]

mod machine;

use std::net::{Ipv4Addr, SocketAddrV4};

use machine::{Arg, Call, Done, Machine};
use oac_abi::{
    bounds,
    flags::{message, open, poll, socket as sock},
    message::Details,
    nr,
    sockaddr::SocketAddress,
};
use oac_kernel::TaskId;

/// Two tasks: one waits, the other makes things happen.
struct Scene {
    m: Machine,
    other: TaskId,
    waiter: TaskId,
    /// The waiter's own descriptor of what it waits on.
    waiting_on: i64,
    /// The same description, the other task's descriptor.
    same: i64,
    /// The other end, or the listener, or whatever the events act on.
    far: i64,
}

type Setup<'s> = &'s dyn Fn(&mut Scene);
type Event = (&'static str, fn(&mut Scene));
type Wait = (&'static str, fn(i64) -> Call);

impl Scene {
    fn new(setup: Setup<'_>) -> Scene {
        let mut m = Machine::default();
        let (other, waiter) = (m.actor(), m.actor());
        let mut scene = Scene { m, other, waiter, waiting_on: -1, same: -1, far: -1 };
        setup(&mut scene);
        let passed = scene.m.kernel.pass_fd(other, scene.same as i32, waiter).unwrap();
        scene.waiting_on = i64::from(passed);
        scene
    }

    #[track_caller]
    fn call(&mut self, call: Call) -> i64 {
        self.m.call(self.other, &call).ok()
    }

    fn pair(&mut self, kind: u32) {
        (self.same, self.far) =
            self.m.pair(self.other, &call!(nr::SOCKETPAIR, sock::AF_UNIX, kind, Arg::Out(8)));
    }

    fn socket(&mut self, domain: u32, kind: u32) -> i64 {
        self.call(call!(nr::SOCKET, domain, kind, 0))
    }

    fn listen(&mut self, domain: u32, kind: u32, address: Vec<u8>, backlog: u32) -> i64 {
        let fd = self.socket(domain, kind);
        self.call(call!(nr::BIND, fd, address));
        self.call(call!(nr::LISTEN, fd, backlog));
        fd
    }

    /// Fills what is written, from either end.
    fn fill(&mut self, fd: i64) {
        let chunk = vec![1_u8; 60_000];
        while let Done::Ok(..) =
            self.m.call(self.other, &call!(nr::SENDTO, fd, chunk.clone(), message::DONTWAIT, ""))
        {}
        while let Done::Ok(..) = self.m.call(self.other, &call!(nr::SENDTO, fd, "x", message::DONTWAIT, "")) {
        }
    }
}

fn port(port: u16) -> Vec<u8> {
    SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).encode()
}

fn name(name: &str) -> Vec<u8> {
    SocketAddress::Unix(format!("\0{name}").into_bytes()).encode()
}

fn tcp(scene: &mut Scene) {
    let listener = scene.listen(sock::AF_INET, sock::STREAM, port(80), 5);
    scene.same = scene.socket(sock::AF_INET, sock::STREAM);
    scene.call(call!(nr::CONNECT, scene.same, port(80)));
    scene.far = scene.call(call!(nr::ACCEPT4, listener, 0, Arg::Out(0)));
}

fn unix_stream(scene: &mut Scene) {
    scene.pair(sock::STREAM);
}

fn unix_packets(scene: &mut Scene) {
    scene.pair(sock::SEQPACKET);
}

fn unix_datagrams(scene: &mut Scene) {
    scene.pair(sock::DGRAM);
}

fn udp(scene: &mut Scene) {
    scene.same = scene.socket(sock::AF_INET, sock::DGRAM);
    scene.far = scene.socket(sock::AF_INET, sock::DGRAM);
    scene.call(call!(nr::BIND, scene.same, port(53)));
    scene.call(call!(nr::BIND, scene.far, port(54)));
    scene.call(call!(nr::CONNECT, scene.same, port(54)));
    scene.call(call!(nr::CONNECT, scene.far, port(53)));
}

fn full(setup: fn(&mut Scene)) -> impl Fn(&mut Scene) {
    move |scene| {
        setup(scene);
        let same = scene.same;
        scene.fill(same);
    }
}

/// A datagram socket that sends to one which is full of others' messages.
fn full_name(scene: &mut Scene) {
    scene.far = scene.socket(sock::AF_UNIX, sock::DGRAM);
    scene.call(call!(nr::BIND, scene.far, name("to")));
    scene.same = scene.socket(sock::AF_UNIX, sock::DGRAM);
    scene.call(call!(nr::CONNECT, scene.same, name("to")));
    let same = scene.same;
    scene.fill(same);
}

fn poll_call(fd: i64, events: u16) -> Call {
    let mut record = (fd as i32).to_le_bytes().to_vec();
    record.extend_from_slice(&events.to_le_bytes());
    record.extend_from_slice(&[0, 0]);
    call!(nr::POLL, record, -1_i64, Arg::Out(8))
}

const READS: &[Wait] = &[
    ("read", |fd| call!(nr::READ, fd, Arg::Out(100))),
    ("recvfrom", |fd| call!(nr::RECVFROM, fd, Arg::Out(100), 0, Arg::Out(128))),
    ("recvmsg", |fd| call!(nr::RECVMSG, fd, Arg::Out(100), 0, Arg::Out(8), Arg::Out(Details::BYTES))),
    ("peek", |fd| call!(nr::RECVFROM, fd, Arg::Out(100), message::PEEK, Arg::Out(0))),
    ("poll in", |fd| poll_call(fd, poll::IN)),
];

const WRITES: &[Wait] = &[
    ("write", |fd| call!(nr::WRITE, fd, "more")),
    ("sendto", |fd| call!(nr::SENDTO, fd, "more", message::NOSIGNAL, "")),
    ("sendmsg", |fd| call!(nr::SENDMSG, fd, "more", message::NOSIGNAL, "", vec![0_u8; 0])),
    ("poll out", |fd| poll_call(fd, poll::OUT)),
];

const FAR_WRITES: Event = ("the other end writes", |s| {
    s.call(call!(nr::WRITE, s.far, "x"));
});
const FAR_CLOSES: Event = ("the other end is closed", |s| {
    s.call(call!(nr::CLOSE, s.far));
});
const FAR_FINISHES: Event = ("the other end finishes", |s| {
    s.call(call!(nr::SHUTDOWN, s.far, sock::SHUT_WR));
});
const FAR_READS: Event = ("the other end reads", |s| {
    // All of it: room for an atomic write, or a message, is more than room for a byte.
    for _ in 0..400 {
        s.m.call(s.other, &call!(nr::RECVFROM, s.far, Arg::Out(1 << 20), message::DONTWAIT, Arg::Out(0)));
    }
});
const FAR_READS_NO_MORE: Event = ("the other end reads no more", |s| {
    s.call(call!(nr::SHUTDOWN, s.far, sock::SHUT_RD));
});
const READS_NO_MORE: Event = ("its own reading is shut", |s| {
    s.call(call!(nr::SHUTDOWN, s.same, sock::SHUT_RD));
});
const WRITES_NO_MORE: Event = ("its own writing is shut", |s| {
    s.call(call!(nr::SHUTDOWN, s.same, sock::SHUT_WR));
});
const FAR_RESETS: Event = ("the other end is closed with bytes unread", |s| {
    s.call(call!(nr::WRITE, s.same, "unread"));
    s.call(call!(nr::CLOSE, s.far));
});
const FAR_DIES: Event = ("the other task dies", |s| {
    s.m.kernel.detach(s.other);
    s.m.drain();
});

#[track_caller]
fn check_state(state: &str, setup: Setup<'_>, waits: &[Wait], events: &[Event]) {
    for (wait, call) in waits {
        for (event, act) in events {
            let mut scene = Scene::new(setup);
            let call = call(scene.waiting_on);
            let what = format!("{state}, {wait}, {event}");
            let waiter = scene.waiter;
            assert_eq!(scene.m.call(waiter, &call), Done::Blocked, "{what}");
            assert!(!scene.m.woken.contains(&waiter), "{what}: nothing has happened yet");
            act(&mut scene);
            scene.m.drain();
            assert!(scene.m.woken.contains(&waiter), "{what}: not woken");
            assert_ne!(scene.m.call(waiter, &call), Done::Blocked, "{what}: still waits");
        }
    }
}

#[test]
fn readers() {
    let streams = [FAR_WRITES, FAR_CLOSES, FAR_FINISHES, READS_NO_MORE, FAR_RESETS, FAR_DIES];
    check_state("tcp", &tcp, READS, &streams);
    check_state("unix stream", &unix_stream, READS, &streams);
    check_state("unix packets", &unix_packets, READS, &streams);
    check_state("unix datagrams", &unix_datagrams, READS, &[FAR_WRITES, READS_NO_MORE]);
    check_state("udp", &udp, READS, &[FAR_WRITES, READS_NO_MORE]);
}

#[test]
fn a_reader_of_udp_hears_that_nobody_is_there() {
    check_state(
        "udp",
        &udp,
        &READS[..2],
        &[("what it sends is refused", |s| {
            s.call(call!(nr::CLOSE, s.far));
            s.call(call!(nr::WRITE, s.same, "x"));
        })],
    );
}

#[test]
fn readers_of_everything() {
    let all: Wait =
        ("recv all", |fd| call!(nr::RECVFROM, fd, Arg::Out(400_000), message::WAITALL, Arg::Out(0)));
    let some = |scene: &mut Scene| {
        tcp(scene);
        scene.call(call!(nr::WRITE, scene.far, "some"));
    };
    let rest: Event = ("the rest comes", |s| {
        let bytes = vec![0_u8; 399_996];
        assert_eq!(
            s.call(call!(nr::SENDTO, s.far, bytes, message::DONTWAIT, "")),
            399_996,
            "more than a buffer"
        );
    });
    check_state("tcp", &some, &[all], &[rest, FAR_CLOSES, FAR_FINISHES, READS_NO_MORE, FAR_DIES]);
}

#[test]
fn writers() {
    let events = [FAR_READS, FAR_CLOSES, WRITES_NO_MORE, FAR_DIES];
    check_state("tcp", &full(tcp), WRITES, &events);
    check_state("unix stream", &full(unix_stream), WRITES, &events);
    check_state("unix stream", &full(unix_stream), WRITES, &[FAR_READS_NO_MORE]);
    check_state("unix packets", &full(unix_packets), WRITES, &events);
    check_state("unix packets", &full(unix_packets), WRITES, &[FAR_READS_NO_MORE]);
    check_state("unix datagrams", &full(unix_datagrams), WRITES, &[FAR_READS, FAR_CLOSES]);
    check_state("a full name", &full_name, WRITES, &[FAR_READS, FAR_CLOSES, FAR_READS_NO_MORE, FAR_DIES]);
    let larger: Event = ("the other end gets a larger buffer", |s| {
        let bytes = 100_000_i32.to_le_bytes().to_vec();
        s.call(call!(nr::SETSOCKOPT, s.far, sock::SOL_SOCKET, sock::SO_RCVBUF, bytes));
    });
    let small = |scene: &mut Scene| {
        tcp(scene);
        let bytes = 2_000_i32.to_le_bytes().to_vec();
        scene.call(call!(nr::SETSOCKOPT, scene.far, sock::SOL_SOCKET, sock::SO_RCVBUF, bytes));
        let same = scene.same;
        scene.fill(same);
    };
    check_state("tcp with a small buffer", &small, WRITES, &[larger]);
}

/// Whoever asks for nothing is told of hang-ups and errors.
#[test]
fn pollers_of_nothing() {
    let nothing: &[Wait] = &[("poll", |fd| poll_call(fd, 0))];
    check_state("tcp", &tcp, nothing, &[FAR_RESETS]);
    check_state("tcp", &full(tcp), nothing, &[FAR_CLOSES, FAR_DIES]);
    check_state("unix stream", &unix_stream, nothing, &[FAR_CLOSES, FAR_RESETS, FAR_DIES]);
    check_state("unix packets", &unix_packets, nothing, &[FAR_CLOSES, FAR_DIES]);
    let hang_up: &[Wait] = &[("poll rdhup", |fd| poll_call(fd, poll::RDHUP))];
    check_state("tcp", &tcp, hang_up, &[FAR_CLOSES, FAR_FINISHES, READS_NO_MORE]);
    check_state("unix stream", &unix_stream, hang_up, &[FAR_CLOSES, FAR_FINISHES, READS_NO_MORE]);
}

const ACCEPTS: &[Wait] =
    &[("accept", |fd| call!(nr::ACCEPT4, fd, 0, Arg::Out(128))), ("poll in", |fd| poll_call(fd, poll::IN))];

#[test]
fn servers() {
    let tcp_listener = |s: &mut Scene| s.same = s.listen(sock::AF_INET, sock::STREAM, port(80), 5);
    let unix_listener = |s: &mut Scene| s.same = s.listen(sock::AF_UNIX, sock::STREAM, name("x"), 5);
    let packet_listener = |s: &mut Scene| s.same = s.listen(sock::AF_UNIX, sock::SEQPACKET, name("x"), 5);
    let tcp_client: Event = ("a client comes", |s| {
        let fd = s.socket(sock::AF_INET, sock::STREAM);
        s.call(call!(nr::CONNECT, fd, port(80)));
    });
    let unix_client: Event = ("a client comes", |s| {
        let fd = s.socket(sock::AF_UNIX, sock::STREAM);
        s.call(call!(nr::CONNECT, fd, name("x")));
    });
    let packet_client: Event = ("a client comes", |s| {
        let fd = s.socket(sock::AF_UNIX, sock::SEQPACKET);
        s.call(call!(nr::CONNECT, fd, name("x")));
    });
    check_state("tcp", &tcp_listener, ACCEPTS, &[tcp_client, READS_NO_MORE]);
    check_state("unix", &unix_listener, ACCEPTS, &[unix_client, READS_NO_MORE]);
    check_state("unix packets", &packet_listener, ACCEPTS, &[packet_client, READS_NO_MORE]);
}

/// A listener whose queue is full, and one more client.
fn at_the_door(scene: &mut Scene, domain: u32, address: fn() -> Vec<u8>) {
    scene.far = scene.listen(domain, sock::STREAM, address(), 0);
    let first = scene.socket(domain, sock::STREAM);
    scene.call(call!(nr::CONNECT, first, address()));
    scene.same = scene.socket(domain, sock::STREAM);
}

const ACCEPTED: Event = ("the one before is accepted", |s| {
    s.call(call!(nr::ACCEPT4, s.far, 0, Arg::Out(0)));
});
const LONGER: Event = ("the queue becomes longer", |s| {
    s.call(call!(nr::LISTEN, s.far, 5));
});

#[test]
fn clients() {
    let events = [ACCEPTED, LONGER, FAR_CLOSES, READS_NO_MORE_OF_THE_LISTENER, FAR_DIES];
    let tcp_door = |s: &mut Scene| at_the_door(s, sock::AF_INET, || port(80));
    check_state("tcp", &tcp_door, &[("connect", |fd| call!(nr::CONNECT, fd, port(80)))], &events);
    let unix_door = |s: &mut Scene| at_the_door(s, sock::AF_UNIX, || name("x"));
    check_state("unix", &unix_door, &[("connect", |fd| call!(nr::CONNECT, fd, name("x")))], &events);
    let connecting = |s: &mut Scene| {
        at_the_door(s, sock::AF_INET, || port(80));
        s.call(call!(nr::FCNTL, s.same, 4, open::NONBLOCK));
        s.m.call(s.other, &call!(nr::CONNECT, s.same, port(80)));
        s.call(call!(nr::FCNTL, s.same, 4, 0));
    };
    let waits: &[Wait] = &[
        ("poll out", |fd| poll_call(fd, poll::OUT)),
        ("write", |fd| call!(nr::WRITE, fd, "x")),
        ("connect", |fd| call!(nr::CONNECT, fd, port(80))),
    ];
    check_state("connecting", &connecting, waits, &events);
    let refused: &[Wait] = &[
        ("poll in", |fd| poll_call(fd, poll::IN)),
        ("poll nothing", |fd| poll_call(fd, 0)),
        ("read", |fd| call!(nr::READ, fd, Arg::Out(9))),
    ];
    check_state("connecting", &connecting, refused, &[FAR_CLOSES, READS_NO_MORE_OF_THE_LISTENER, FAR_DIES]);
}

const READS_NO_MORE_OF_THE_LISTENER: Event = ("the listener is shut", |s| {
    s.call(call!(nr::SHUTDOWN, s.far, sock::SHUT_RD));
});

#[test]
fn pipes() {
    let empty = |s: &mut Scene| (s.same, s.far) = s.m.pipe(s.other, 0);
    let reads: &[Wait] =
        &[("read", READS[0].1), ("poll in", |fd| poll_call(fd, poll::IN)), ("poll", |fd| poll_call(fd, 0))];
    check_state("an empty pipe", &empty, &reads[..2], &[FAR_WRITES]);
    check_state("an empty pipe", &empty, reads, &[FAR_CLOSES, FAR_DIES]);
    let full = |s: &mut Scene| {
        (s.far, s.same) = s.m.pipe(s.other, 0);
        s.call(call!(nr::WRITE, s.same, vec![0_u8; bounds::PIPE_BYTES]));
    };
    let writes: &[Wait] = &[
        ("write", WRITES[0].1),
        ("poll out", |fd| poll_call(fd, poll::OUT)),
        ("poll", |fd| poll_call(fd, 0)),
    ];
    let read: Event = ("it is read", |s| {
        s.call(call!(nr::READ, s.far, Arg::Out(bounds::PIPE_BYTES)));
    });
    check_state("a full pipe", &full, &writes[..2], &[read]);
    check_state("a full pipe", &full, writes, &[FAR_CLOSES, FAR_DIES]);
}

/// SO_RCVTIMEO and SO_SNDTIMEO.
#[test]
fn timeouts() {
    let hour: Event = ("the time is over", |s| s.m.pass(3_600_000_000_000));
    fn timed<'s>(option: u32, setup: Setup<'s>) -> impl Fn(&mut Scene) + 's {
        move |s: &mut Scene| {
            setup(s);
            let timeval = [60_i64.to_le_bytes(), 0_i64.to_le_bytes()].concat();
            s.call(call!(nr::SETSOCKOPT, s.same, sock::SOL_SOCKET, option, timeval));
        }
    }
    check_state("tcp", &timed(sock::SO_RCVTIMEO, &tcp), &READS[..4], &[hour]);
    check_state("udp", &timed(sock::SO_RCVTIMEO, &udp), &READS[..4], &[hour]);
    check_state("unix", &timed(sock::SO_RCVTIMEO, &unix_datagrams), &READS[..4], &[hour]);
    check_state("tcp", &timed(sock::SO_SNDTIMEO, &full(tcp)), &WRITES[..3], &[hour]);
    check_state("a full name", &timed(sock::SO_SNDTIMEO, &full_name), &WRITES[..3], &[hour]);
    let listener = |s: &mut Scene| s.same = s.listen(sock::AF_INET, sock::STREAM, port(80), 5);
    check_state("tcp", &timed(sock::SO_RCVTIMEO, &listener), &ACCEPTS[..1], &[hour]);
    let door = |s: &mut Scene| at_the_door(s, sock::AF_INET, || port(80));
    let connect: Wait = ("connect", |fd| call!(nr::CONNECT, fd, port(80)));
    check_state("tcp", &timed(sock::SO_SNDTIMEO, &door), &[connect], &[hour]);
}
