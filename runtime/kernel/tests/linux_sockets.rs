//! The same random socket calls on Linux and in the kernel: every errno, every byte and every poll result must be the same.
//!
//! Linux is the oracle, so the test runs there only, on its own loopback. Everything is non-blocking and one call follows the
//! other; between them a datagram to itself tells that the loopback has delivered what came before.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod machine;

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket},
    os::fd::OwnedFd,
    path::PathBuf,
    time::Duration,
};

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{message, poll, socket as sock},
    nr,
    sockaddr::SocketAddress,
};
use oac_kernel::TaskId;
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    net::{
        self, AddressFamily, RecvFlags, SendFlags, Shutdown, SocketAddrAny, SocketAddrUnix, SocketFlags,
        SocketType,
    },
};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// A socket of the run; both sides keep as many.
type Slot = usize;
const SLOTS: usize = 6;

/// Which ports stand for which: a run has its own two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    V4(Ipv4Addr, u16),
    V6(Ipv6Addr, u16),
    Abstract(u8),
    Path(u8),
}

const ANY4: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const HERE4: Ipv4Addr = Ipv4Addr::LOCALHOST;
const ANY6: Ipv6Addr = Ipv6Addr::UNSPECIFIED;
const HERE6: Ipv6Addr = Ipv6Addr::LOCALHOST;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Socket(Slot, u32, u32),
    Pair(Slot, Slot, u32),
    Bind(Slot, At),
    Listen(Slot, u32),
    Connect(Slot, At),
    Disconnect(Slot),
    Accept(Slot, Slot),
    Send(Slot, usize, Option<At>),
    Receive(Slot, usize, u32),
    Read(Slot, usize),
    Write(Slot, usize),
    Shutdown(Slot, u32),
    Poll(Slot),
    Error(Slot),
    Name(Slot),
    PeerName(Slot),
    Available(Slot),
    Flag(Slot, u32, bool),
    Reset(Slot),
    Close(Slot),
}

/// What a run is about.
#[derive(Clone, Copy, Debug)]
enum Theme {
    Tcp,
    Udp,
    UnixStream,
    UnixMessages,
    Bind,
}

const THEMES: [Theme; 5] = [Theme::Tcp, Theme::Udp, Theme::UnixStream, Theme::UnixMessages, Theme::Bind];

impl Theme {
    fn kinds(self) -> &'static [(u32, u32)] {
        match self {
            Theme::Tcp => &[
                (sock::AF_INET, sock::STREAM),
                (sock::AF_INET, sock::STREAM),
                (sock::AF_INET6, sock::STREAM),
            ],
            Theme::Udp => {
                &[(sock::AF_INET, sock::DGRAM), (sock::AF_INET, sock::DGRAM), (sock::AF_INET6, sock::DGRAM)]
            }
            Theme::UnixStream => &[(sock::AF_UNIX, sock::STREAM)],
            Theme::UnixMessages => &[(sock::AF_UNIX, sock::DGRAM), (sock::AF_UNIX, sock::SEQPACKET)],
            Theme::Bind => &[
                (sock::AF_INET, sock::STREAM),
                (sock::AF_INET6, sock::STREAM),
                (sock::AF_INET, sock::DGRAM),
                (sock::AF_INET6, sock::DGRAM),
            ],
        }
    }

    fn address(self, dice: &mut Dice) -> At {
        let port = dice.pick(&[1, 1, 2]);
        match self {
            Theme::UnixStream | Theme::UnixMessages => {
                let name = dice.roll(3) as u8;
                dice.pick(&[At::Abstract(name), At::Path(name)])
            }
            Theme::Bind => dice.pick(&[
                At::V4(ANY4, port),
                At::V4(HERE4, port),
                At::V4(Ipv4Addr::new(127, 0, 0, 2), port),
                At::V6(ANY6, port),
                At::V6(HERE6, port),
                At::V6(HERE4.to_ipv6_mapped(), port),
            ]),
            // Connections of an IPv6 socket by IPv4 are left out: after a refused one Linux sends its next from no address.
            Theme::Tcp => dice.pick(&[
                At::V4(HERE4, port),
                At::V4(HERE4, port),
                At::V4(ANY4, port),
                At::V4(Ipv4Addr::new(127, 0, 0, 2), port),
                At::V6(HERE6, port),
                At::V6(ANY6, port),
            ]),
            Theme::Udp => dice.pick(&[
                At::V4(HERE4, port),
                At::V4(HERE4, port),
                At::V4(ANY4, port),
                At::V4(Ipv4Addr::new(127, 0, 0, 2), port),
                At::V6(HERE6, port),
                At::V6(ANY6, port),
                At::V6(HERE4.to_ipv6_mapped(), port),
            ]),
        }
    }

    fn operation(self, dice: &mut Dice) -> Operation {
        let slot = dice.roll(SLOTS as u64) as Slot;
        let other = dice.roll(SLOTS as u64) as Slot;
        let kind = dice.pick(self.kinds());
        let len = dice.pick(&[0, 1, 7, 900]);
        if matches!(self, Theme::Bind) {
            return match dice.roll(8) {
                0 | 1 => Operation::Socket(slot, kind.0, kind.1),
                2 | 3 => Operation::Bind(slot, self.address(dice)),
                4 => Operation::Listen(slot, 9),
                5 | 6 => {
                    let option = dice.pick(&[
                        sock::SO_REUSEADDR,
                        sock::SO_REUSEADDR,
                        sock::SO_REUSEPORT,
                        sock::IPV6_V6ONLY,
                    ]);
                    Operation::Flag(slot, option, dice.roll(3) > 0)
                }
                _ => Operation::Close(slot),
            };
        }
        let unix = kind.0 == sock::AF_UNIX;
        match dice.roll(34) {
            0 | 1 => Operation::Socket(slot, kind.0, kind.1),
            2 | 3 if unix => Operation::Pair(slot, other, kind.1),
            2 => Operation::Socket(slot, kind.0, kind.1),
            3..7 => Operation::Bind(slot, self.address(dice)),
            // A full queue of TCP's is left by a timer; a Unix socket's by nothing.
            7 | 8 => Operation::Listen(slot, if unix { dice.pick(&[0, 1, 9]) } else { 9 }),
            9..13 => Operation::Connect(slot, self.address(dice)),
            13 if !matches!(self, Theme::Tcp) => Operation::Disconnect(slot),
            13..16 => Operation::Accept(slot, other),
            16 | 17 => {
                let to = if dice.roll(3) == 0 { None } else { Some(self.address(dice)) };
                Operation::Send(slot, len, to)
            }
            18 | 19 => Operation::Write(slot, len),
            20..23 => {
                let flags = dice.pick(&[0, 0, message::PEEK, message::TRUNC, message::PEEK | message::TRUNC]);
                Operation::Receive(slot, dice.pick(&[0, 1, 7, 900, 2000]), flags)
            }
            23 | 24 => Operation::Read(slot, dice.pick(&[0, 3, 2000])),
            25 => Operation::Shutdown(slot, dice.roll(3) as u32),
            26 | 27 => Operation::Poll(slot),
            28 => Operation::Error(slot),
            29 => Operation::Name(slot),
            30 => Operation::PeerName(slot),
            31 => Operation::Available(slot),
            32 if matches!(self, Theme::Tcp) && dice.roll(3) == 0 => Operation::Reset(slot),
            _ => Operation::Close(slot),
        }
    }
}

/// An operation's outcome as text, or an errno.
type Outcome = Result<String, Errno>;

/// What both sides must agree on about names and ports.
struct Names {
    ports: [u16; 2],
    prefix: String,
    dir: PathBuf,
}

impl Names {
    fn port(&self, number: u16) -> u16 {
        if number == 0 { 0 } else { self.ports[usize::from(number) - 1] }
    }

    fn shown_port(&self, port: u16) -> &'static str {
        // After a failed connect Linux shows a port that the socket does not hold any more: none and an ephemeral one are not
        // told apart.
        match port {
            port if port == self.ports[0] => "1",
            port if port == self.ports[1] => "2",
            _ => "other",
        }
    }

    fn show(&self, address: Option<SocketAddress>) -> String {
        match address {
            None => "nobody".into(),
            Some(SocketAddress::V4(address)) => {
                format!("{}:{}", address.ip(), self.shown_port(address.port()))
            }
            Some(SocketAddress::V6(address)) => {
                format!("{}:{}", address.ip(), self.shown_port(address.port()))
            }
            Some(SocketAddress::Unix(name)) => {
                let name = String::from_utf8(name).unwrap();
                let name = name.replace(self.dir.to_str().unwrap(), "").replace(KERNEL_DIR, "");
                name.replace('\0', "@").replace(&self.prefix, "")
            }
        }
    }
}

const KERNEL_DIR: &str = "/tmp";

fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_number(error.raw_os_error().into()).unwrap()
}

/// Real Linux.
struct Linux<'n> {
    names: &'n Names,
    sockets: Vec<Option<OwnedFd>>,
    /// Sends to itself.
    barrier: UdpSocket,
}

fn text<T: ToString>(result: Result<T, rustix::io::Errno>) -> Outcome {
    result.map(|value| value.to_string()).map_err(errno)
}

fn done(result: Result<(), rustix::io::Errno>) -> Outcome {
    result.map(|()| String::new()).map_err(errno)
}

macro_rules! with_address {
    ($self:ident, $at:expr, |$address:ident| $act:expr) => {
        match $at {
            At::V4(ip, port) => {
                let $address = &SocketAddrV4::new(ip, $self.names.port(port));
                $act
            }
            At::V6(ip, port) => {
                let $address = &SocketAddrV6::new(ip, $self.names.port(port), 0, 0);
                $act
            }
            At::Abstract(number) => {
                let name = format!("{}{number}", $self.names.prefix);
                let $address = &SocketAddrUnix::new_abstract_name(name.as_bytes()).unwrap();
                $act
            }
            At::Path(number) => {
                let $address = &SocketAddrUnix::new($self.names.dir.join(number.to_string())).unwrap();
                $act
            }
        }
    };
}

fn portable(address: SocketAddrAny) -> SocketAddress {
    if let Ok(address) = SocketAddrV4::try_from(address.clone()) {
        return SocketAddress::V4(address);
    }
    if let Ok(address) = SocketAddrV6::try_from(address.clone()) {
        return SocketAddress::V6(address);
    }
    let address = SocketAddrUnix::try_from(address).unwrap();
    SocketAddress::Unix(match (address.path_bytes(), address.abstract_name()) {
        (Some(path), _) => path.to_vec(),
        (_, Some(name)) if !name.is_empty() => [b"\0", name].concat(),
        _ => Vec::new(),
    })
}

impl Linux<'_> {
    fn new(names: &Names) -> Linux<'_> {
        let barrier = UdpSocket::bind("127.0.0.1:0").unwrap();
        barrier.connect(barrier.local_addr().unwrap()).unwrap();
        Linux { names, sockets: (0..SLOTS).map(|_| None).collect(), barrier }
    }

    fn settle(&self) {
        for _ in 0..3 {
            self.barrier.send(b"!").unwrap();
            self.barrier.recv(&mut [0]).unwrap();
        }
    }

    fn run(&mut self, operation: Operation) -> Outcome {
        let outcome = self.act(operation);
        self.settle();
        outcome
    }

    fn act(&mut self, operation: Operation) -> Outcome {
        let family = |domain: u32| AddressFamily::from_raw(domain as u16);
        let kind_of = |kind: u32| SocketType::from_raw(kind);
        match operation {
            Operation::Socket(slot, domain, kind) => {
                let made = net::socket_with(family(domain), kind_of(kind), SocketFlags::NONBLOCK, None);
                self.sockets[slot] = None;
                self.settle();
                let made = made.map_err(errno)?;
                if domain != sock::AF_UNIX && kind == sock::STREAM {
                    // Nothing is held back to be sent with what comes later.
                    net::sockopt::set_tcp_nodelay(&made, true).unwrap();
                }
                self.sockets[slot] = Some(made);
                return Ok(String::new());
            }
            Operation::Pair(one, two, kind) => {
                (self.sockets[one], self.sockets[two]) = (None, None);
                let pair = net::socketpair(AddressFamily::UNIX, kind_of(kind), SocketFlags::NONBLOCK, None);
                let (first, second) = pair.map_err(errno)?;
                self.sockets[one] = Some(first);
                self.sockets[two] = Some(second);
                return Ok(String::new());
            }
            Operation::Close(slot) => {
                self.sockets[slot] = None;
                return Ok(String::new());
            }
            _ => {}
        }
        let slot = operation.slot();
        let Some(fd) = &self.sockets[slot] else { return Err(Errno::EBADF) };
        match operation {
            Operation::Bind(_, at) => with_address!(self, at, |address| done(net::bind(fd, address))),
            Operation::Listen(_, backlog) => done(net::listen(fd, backlog as i32)),
            Operation::Connect(_, at) => with_address!(self, at, |address| done(net::connect(fd, address))),
            Operation::Disconnect(_) => done(net::connect_unspec(fd)),
            Operation::Accept(_, into) => {
                let (accepted, from) = net::acceptfrom_with(fd, SocketFlags::NONBLOCK).map_err(errno)?;
                self.sockets[into] = Some(accepted);
                Ok(self.names.show(Some(from.map_or(SocketAddress::Unix(Vec::new()), portable))))
            }
            Operation::Send(_, len, None) => text(net::send(fd, &vec![b'x'; len], SendFlags::NOSIGNAL)),
            Operation::Send(_, len, Some(at)) => {
                let bytes = vec![b'x'; len];
                with_address!(self, at, |address| text(net::sendto(fd, &bytes, SendFlags::NOSIGNAL, address)))
            }
            Operation::Receive(_, len, flags) => {
                let mut buf = vec![0; len];
                let flags = RecvFlags::from_bits_retain(flags);
                let (_, len, from) = net::recvfrom(fd, &mut buf[..], flags).map_err(errno)?;
                Ok(format!("{len} {}", self.names.show(from.map(portable))))
            }
            Operation::Read(_, len) => text(rustix::io::read(fd, &mut vec![0; len][..])),
            Operation::Write(_, len) => text(rustix::io::write(fd, &vec![b'x'; len])),
            Operation::Shutdown(_, how) => {
                let how = [Shutdown::Read, Shutdown::Write, Shutdown::Both][how as usize];
                done(net::shutdown(fd, how))
            }
            Operation::Poll(_) => {
                let mut fds = [PollFd::new(fd, PollFlags::from_bits_retain(POLLED))];
                rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).map_err(errno)?;
                Ok(show_poll(fds[0].revents().bits()))
            }
            Operation::Error(_) => {
                let error = net::sockopt::socket_error(fd).map_err(errno)?;
                Ok(error.err().map_or("none".into(), |error| errno(error).name().into()))
            }
            Operation::Name(_) => {
                net::getsockname(fd).map(|name| self.names.show(Some(portable(name)))).map_err(errno)
            }
            Operation::PeerName(_) => {
                let name = net::getpeername(fd).map_err(errno)?;
                Ok(self.names.show(Some(name.map_or(SocketAddress::Unix(Vec::new()), portable))))
            }
            Operation::Available(_) => text(rustix::io::ioctl_fionread(fd)),
            Operation::Flag(_, sock::SO_REUSEADDR, on) => done(net::sockopt::set_socket_reuseaddr(fd, on)),
            Operation::Flag(_, sock::SO_REUSEPORT, on) => done(net::sockopt::set_socket_reuseport(fd, on)),
            Operation::Flag(_, _, on) => done(net::sockopt::set_ipv6_v6only(fd, on)),
            Operation::Reset(slot) => {
                done(net::sockopt::set_socket_linger(fd, Some(Duration::ZERO)))?;
                self.sockets[slot] = None;
                Ok(String::new())
            }
            Operation::Socket(..) | Operation::Pair(..) | Operation::Close(_) => unreachable!(),
        }
    }
}

impl Operation {
    fn slot(self) -> Slot {
        match self {
            Operation::Socket(slot, ..)
            | Operation::Pair(slot, ..)
            | Operation::Bind(slot, _)
            | Operation::Listen(slot, _)
            | Operation::Connect(slot, _)
            | Operation::Disconnect(slot)
            | Operation::Accept(slot, _)
            | Operation::Send(slot, ..)
            | Operation::Receive(slot, ..)
            | Operation::Read(slot, _)
            | Operation::Write(slot, _)
            | Operation::Shutdown(slot, _)
            | Operation::Poll(slot)
            | Operation::Error(slot)
            | Operation::Name(slot)
            | Operation::PeerName(slot)
            | Operation::Available(slot)
            | Operation::Flag(slot, ..)
            | Operation::Reset(slot)
            | Operation::Close(slot) => slot,
        }
    }
}

const POLLED: u16 = poll::IN | poll::OUT | poll::RDHUP;

fn show_poll(bits: u16) -> String {
    let names = [
        (poll::IN, "in"),
        (poll::OUT, "out"),
        (poll::ERR, "err"),
        (poll::HUP, "hup"),
        (poll::RDHUP, "rdhup"),
        (poll::NVAL, "nval"),
    ];
    let set: Vec<&str> = names.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    set.join(" ")
}

/// The kernel.
struct Kernel<'n> {
    names: &'n Names,
    m: Machine,
    task: TaskId,
    sockets: Vec<Option<i64>>,
}

impl Kernel<'_> {
    fn new(names: &Names) -> Kernel<'_> {
        let mut m = Machine::default();
        let task = m.actor();
        Kernel { names, m, task, sockets: vec![None; SLOTS] }
    }

    fn close(&mut self, slot: Slot) {
        if let Some(fd) = self.sockets[slot].take() {
            self.m.close(self.task, fd).ok();
        }
    }

    fn address(&self, at: At) -> Vec<u8> {
        let address = match at {
            At::V4(ip, port) => SocketAddress::V4(SocketAddrV4::new(ip, self.names.port(port))),
            At::V6(ip, port) => SocketAddress::V6(SocketAddrV6::new(ip, self.names.port(port), 0, 0)),
            At::Abstract(number) => SocketAddress::Unix(format!("\0{}{number}", self.names.prefix).into()),
            At::Path(number) => SocketAddress::Unix(format!("{KERNEL_DIR}/{number}").into()),
        };
        address.encode()
    }

    fn call(&mut self, call: &machine::Call) -> Outcome {
        match self.m.call(self.task, call) {
            Done::Err(errno) => Err(errno),
            done => Ok(done.ok().to_string()),
        }
    }

    fn done(&mut self, call: &machine::Call) -> Outcome {
        self.call(call).map(|_| String::new())
    }

    fn run(&mut self, operation: Operation) -> Outcome {
        let task = self.task;
        match operation {
            Operation::Socket(slot, domain, kind) => {
                let made = self.call(&call!(nr::SOCKET, domain, kind | sock::NONBLOCK, 0))?;
                self.close(slot);
                self.sockets[slot] = Some(made.parse().unwrap());
                return Ok(String::new());
            }
            Operation::Pair(one, two, kind) => {
                self.close(one);
                self.close(two);
                let call = call!(nr::SOCKETPAIR, sock::AF_UNIX, kind | sock::NONBLOCK, Arg::Out(8));
                let (first, second) = self.m.pair(task, &call);
                self.sockets[one] = Some(first);
                if one == two {
                    self.close(one);
                }
                self.sockets[two] = Some(second);
                return Ok(String::new());
            }
            Operation::Close(slot) => {
                self.close(slot);
                return Ok(String::new());
            }
            _ => {}
        }
        let Some(fd) = self.sockets[operation.slot()] else { return Err(Errno::EBADF) };
        match operation {
            Operation::Bind(_, at) => {
                let address = self.address(at);
                self.done(&call!(nr::BIND, fd, address))
            }
            Operation::Listen(_, backlog) => self.done(&call!(nr::LISTEN, fd, backlog)),
            Operation::Connect(_, at) => {
                let address = self.address(at);
                self.done(&call!(nr::CONNECT, fd, address))
            }
            Operation::Disconnect(_) => self.done(&call!(nr::CONNECT, fd, vec![0_u8; 16])),
            Operation::Accept(_, into) => {
                match self.m.call(task, &call!(nr::ACCEPT4, fd, sock::NONBLOCK, Arg::Out(128))) {
                    Done::Ok(accepted, outs) => {
                        self.close(into);
                        self.sockets[into] = Some(accepted);
                        let from = SocketAddress::decode(&outs[0]).unwrap();
                        Ok(self.names.show(Some(from)))
                    }
                    Done::Err(errno) => Err(errno),
                    other => panic!("{other:?}"),
                }
            }
            Operation::Send(_, len, to) => {
                let to = to.map(|at| self.address(at)).unwrap_or_default();
                self.call(&call!(nr::SENDTO, fd, vec![b'x'; len], message::NOSIGNAL, to))
            }
            Operation::Receive(_, len, flags) => {
                match self.m.call(task, &call!(nr::RECVFROM, fd, Arg::Out(len), flags, Arg::Out(128))) {
                    Done::Ok(ret, outs) => {
                        let from = (!outs[1].is_empty()).then(|| SocketAddress::decode(&outs[1]).unwrap());
                        Ok(format!("{ret} {}", self.names.show(from)))
                    }
                    Done::Err(errno) => Err(errno),
                    other => panic!("{other:?}"),
                }
            }
            Operation::Read(_, len) => self.call(&call!(nr::READ, fd, Arg::Out(len))),
            Operation::Write(_, len) => self.call(&call!(nr::WRITE, fd, vec![b'x'; len])),
            Operation::Shutdown(_, how) => self.done(&call!(nr::SHUTDOWN, fd, how)),
            Operation::Poll(_) => Ok(show_poll(self.m.poll(task, &[(fd, POLLED)], 0).unwrap()[0])),
            Operation::Error(_) => {
                let call = call!(nr::GETSOCKOPT, fd, sock::SOL_SOCKET, sock::SO_ERROR, Arg::Out(4));
                let bytes = self.m.call(task, &call).bytes();
                let number = i32::from_le_bytes(bytes.try_into().unwrap());
                Ok(Errno::from_number(number.into()).map_or("none".into(), |errno| errno.name().into()))
            }
            Operation::Name(_) => {
                let name = self.m.call(task, &call!(nr::GETSOCKNAME, fd, Arg::Out(128))).bytes();
                Ok(self.names.show(Some(SocketAddress::decode(&name).unwrap())))
            }
            Operation::PeerName(_) => match self.m.call(task, &call!(nr::GETPEERNAME, fd, Arg::Out(128))) {
                Done::Err(errno) => Err(errno),
                done => Ok(self.names.show(Some(SocketAddress::decode(&done.bytes()).unwrap()))),
            },
            Operation::Available(_) => self.call(&call!(nr::FIONREAD, fd)),
            Operation::Flag(_, option, on) => {
                let level = if option == sock::IPV6_V6ONLY { sock::IPPROTO_IPV6 } else { sock::SOL_SOCKET };
                self.done(&call!(nr::SETSOCKOPT, fd, level, option, i32::from(on).to_le_bytes().to_vec()))
            }
            Operation::Reset(slot) => {
                let linger = [1_i32.to_le_bytes(), 0_i32.to_le_bytes()].concat();
                self.done(&call!(nr::SETSOCKOPT, fd, sock::SOL_SOCKET, sock::SO_LINGER, linger))?;
                self.close(slot);
                Ok(String::new())
            }
            Operation::Socket(..) | Operation::Pair(..) | Operation::Close(_) => unreachable!(),
        }
    }
}

/// Two ports that nobody else has, outside of those that are given out.
fn free_ports(seed: u64) -> [u16; 2] {
    let free = |port: u16| {
        let bound = std::net::TcpListener::bind(SocketAddr::from((ANY6, port)));
        bound.is_ok() && UdpSocket::bind(SocketAddr::from((ANY6, port))).is_ok()
    };
    let first = 10_000 + (u64::from(std::process::id()) * 131 + seed * 2) % 20_000;
    let mut candidates =
        (0..20_000).map(|step| 10_000 + ((first + step) % 20_000) as u16).filter(|&port| free(port));
    [candidates.next().unwrap(), candidates.next().unwrap()]
}

fn compare(seed: u64, steps: u32) {
    let dir = std::env::temp_dir().join(format!("oac-sockets-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let prefix = format!("oac-{}-{seed}-", std::process::id());
    let names = Names { ports: free_ports(seed), prefix, dir };
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let theme = THEMES[seed as usize % THEMES.len()];
    let (mut linux, mut kernel) = (Linux::new(&names), Kernel::new(&names));
    let mut history = Vec::new();
    let mut domains = [0; SLOTS];
    for _ in 0..steps {
        let mut operations = vec![theme.operation(&mut dice)];
        // What becomes of a connection that was shut down before it was made, or leads to itself, nobody counts on.
        if let (Theme::Tcp, Operation::Shutdown(slot, _)) = (theme, operations[0])
            && linux
                .run(Operation::PeerName(slot))
                .ok()
                .is_none_or(|peer| Ok(peer) == linux.run(Operation::Name(slot)))
        {
            continue;
        }
        // TIME_WAIT holds a port of Linux's for a minute; with SO_REUSEADDR that does not show.
        if let (Theme::Tcp, Operation::Socket(slot, ..)) = (theme, operations[0]) {
            operations.push(Operation::Flag(slot, sock::SO_REUSEADDR, true));
        }
        // Nor what an IPv6 socket sends and receives once it was connected by IPv4: Linux keeps the address that it had then.
        if let Operation::Socket(slot, domain, _) = operations[0] {
            domains[slot] = domain;
        }
        if let (Theme::Udp, Operation::Connect(slot, at)) = (theme, operations[0]) {
            let by_v4 = match at {
                At::V4(..) => true,
                At::V6(ip, _) => ip.to_ipv4_mapped().is_some(),
                _ => false,
            };
            if by_v4 && domains[slot] == sock::AF_INET6 {
                continue;
            }
        }
        for operation in operations {
            let (expect, found) = (linux.run(operation), kernel.run(operation));
            if expect != Err(Errno::EBADF) {
                history.push(format!("{operation:?} -> {expect:?}"));
            }
            let past = history[history.len().saturating_sub(100)..].join("\n");
            assert_eq!(found, expect, "seed {seed}, {theme:?}, left the kernel, right Linux\n{past}");
        }
    }
    drop(linux);
    std::fs::remove_dir_all(&names.dir).unwrap();
}

#[test]
fn sockets_behave_as_on_linux() {
    // One processor: what it has delivered to the loopback before is before.
    let mut here = rustix::thread::CpuSet::new();
    here.set(rustix::thread::sched_getcpu());
    rustix::thread::sched_setaffinity(None, &here).unwrap();
    // A longer run: OAC_LINUX_SEEDS=2000 cargo test -p oac-kernel --test linux_sockets
    let seeds = std::env::var("OAC_LINUX_SEEDS").ok().map_or(40, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        compare(seed, 400);
    }
}
