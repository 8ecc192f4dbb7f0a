//! Sockets: TCP and UDP on the loopback, and Unix sockets. tcp(7), udp(7), unix(7).
//!
//! A connection is two sockets that point at each other; what one writes goes straight into the other's inbox, which is bounded,
//! so that a reader who lags holds the writer up. Datagrams go into the inbox of whoever they are for. There is no network
//! between the ends, so a FIN or a reset arrives in the call that causes it; what the other end sees of it is what Linux's
//! sockets show.
//!
//! The ports are in `ports.rs`, bytes in `stream.rs`, messages in `datagram.rs`, names and descriptors that travel in `unix.rs`.

mod datagram;
mod options;
mod poll;
mod ports;
mod stream;
mod unix;

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
};

use oac_abi::{Errno, sockaddr::SocketAddress};
use oac_vfs::{Held, Node};

use crate::{
    HostRequest, Kernel, Port, TaskId,
    answer::{Answer, Block, Stop},
    byte_queue::{Buffered, ByteQueue},
    description::DescriptionId,
    wait_queue::WaitKey,
};

pub(crate) use datagram::Message;
pub(crate) use options::Options;
pub(crate) use ports::{Address, Ports};
pub(crate) use stream::{Receive, Received, Transfer};

/// A socket's number. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SocketId(pub(crate) u64);

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    Unix,
    V4,
    V6,
}

/// What a socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Bytes.
    Stream,
    /// Messages, each for itself.
    Datagram,
    /// Messages over a connection.
    SeqPacket,
}

/// Where a socket stands.
#[derive(Debug)]
pub(crate) enum State {
    /// Neither listening nor connected.
    Idle,
    /// Takes connections.
    Listening(Listener),
    /// TCP: waits for room in a listener's queue; `None`: for the host, which connects to the outside.
    Connecting { listener: Option<SocketId> },
    /// Has another end, or a default destination. `None`: the other end has been closed (TCP), or is found by its address (UDP).
    /// Of a Unix socket it is kept, to be missed.
    Connected { peer: Option<SocketId> },
    /// TCP: both directions are finished, or the connection was reset.
    Closed,
}

/// A listening socket's queues.
#[derive(Debug)]
pub(crate) struct Listener {
    /// Established, waiting for accept.
    pub(crate) queue: VecDeque<SocketId>,
    /// TCP clients for whom the queue has no room yet.
    pub(crate) connecting: VecDeque<SocketId>,
    /// How many connections the queue holds.
    pub(crate) backlog: usize,
}

/// Descriptions that travel with bytes of a stream. SCM_RIGHTS, unix(7).
#[derive(Debug)]
pub(crate) struct Rights {
    /// The positions in the stream of the bytes that they came with.
    pub(crate) bytes: std::ops::Range<u64>,
    pub(crate) descriptions: Vec<DescriptionId>,
}

/// What has come to a socket and has not been read.
#[derive(Debug)]
pub(crate) enum Inbox {
    Bytes { queue: ByteQueue, rights: VecDeque<Rights> },
    Messages { queue: VecDeque<Message> },
}

impl Inbox {
    fn is_empty(&self) -> bool {
        match self {
            Inbox::Bytes { queue, .. } => queue.is_empty(),
            Inbox::Messages { queue } => queue.is_empty(),
        }
    }

    /// Whether closing it loses something. An empty message in front does not count: Linux 6.16 and later.
    fn has_unread(&self) -> bool {
        match self {
            Inbox::Bytes { queue, .. } => !queue.is_empty(),
            Inbox::Messages { queue } => match queue.front() {
                Some(first) if first.bytes.is_empty() => queue.len() > 1,
                first => first.is_some(),
            },
        }
    }

    /// The descriptions inside.
    fn descriptions(&self) -> Box<dyn Iterator<Item = DescriptionId> + '_> {
        match self {
            Inbox::Bytes { rights, .. } => {
                Box::new(rights.iter().flat_map(|rights| rights.descriptions.iter().copied()))
            }
            Inbox::Messages { queue } => {
                Box::new(queue.iter().flat_map(|message| message.rights.iter().copied()))
            }
        }
    }
}

/// A Unix socket's own name.
#[derive(Debug)]
pub(crate) struct UnixName {
    /// As addresses show it: a path, or a NUL and an abstract name.
    pub(crate) shown: Vec<u8>,
    /// The file that stands for it; none for an abstract name, or a name that an accepted socket has from its listener.
    pub(crate) node: Option<Held>,
}

/// Who is at the other end. SO_PEERCRED: `struct ucred`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeerCredentials {
    pub(crate) task: TaskId,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// One socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) domain: Domain,
    pub(crate) kind: Kind,
    pub(crate) state: State,
    /// A connect has begun whose outcome no call has reported yet. Linux: SS_CONNECTING.
    pub(crate) connecting: bool,
    /// SO_ERROR: reported once, by whatever asks first.
    pub(crate) error: Option<Errno>,
    /// Nothing more is read once the inbox is empty: by shutdown(2), or because the other end said so.
    pub(crate) read_shut: bool,
    /// Nothing may be written.
    pub(crate) write_shut: bool,
    /// TCP: the other end has sent its FIN.
    pub(crate) peer_finished: bool,
    pub(crate) inbox: Inbox,
    pub(crate) local: Option<Address>,
    /// Which address the program bound: what a disconnect leaves.
    pub(crate) bound: Option<IpAddr>,
    pub(crate) remote: Option<Address>,
    pub(crate) name: Option<UnixName>,
    /// The other end's name, while that is a Unix socket that had one.
    pub(crate) peer_name: Vec<u8>,
    pub(crate) credentials: Option<PeerCredentials>,
    pub(crate) options: Options,
    /// Who made it, for the host's events.
    pub(crate) owner: TaskId,
}

impl Socket {
    pub(crate) fn is_tcp(&self) -> bool {
        self.domain != Domain::Unix && self.kind == Kind::Stream
    }

    pub(crate) fn is_udp(&self) -> bool {
        self.domain != Domain::Unix && self.kind == Kind::Datagram
    }

    pub(crate) fn is_unix(&self) -> bool {
        self.domain == Domain::Unix
    }

    /// Whether it has no part in IPv4: it was told so, or is bound to one address of IPv6.
    pub(crate) fn is_v6_only(&self) -> bool {
        self.options.v6_only || self.bound.is_some_and(|ip| ip.is_ipv6() && !ip.is_unspecified())
    }

    pub(crate) fn peer(&self) -> Option<SocketId> {
        match self.state {
            State::Connected { peer } => peer,
            _ => None,
        }
    }

    fn close_both_ways(&mut self) {
        (self.read_shut, self.write_shut) = (true, true);
    }

    /// As new, but for its options, its own address and its inbox.
    pub(crate) fn start_over(&mut self) {
        self.state = State::Idle;
        (self.connecting, self.peer_finished) = (false, false);
        (self.read_shut, self.write_shut) = (false, false);
        (self.error, self.remote) = (None, None);
    }

    /// How many bytes a stream's inbox holds.
    fn stream_limit(&self) -> usize {
        self.options.stream_bytes()
    }
}

/// All sockets of a container, their ports and names.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    sockets: BTreeMap<SocketId, Socket>,
    last: u64,
    pub(crate) ports: Ports,
    /// Each kind has names of its own.
    abstract_names: BTreeMap<(Kind, Vec<u8>), SocketId>,
    path_names: BTreeMap<Node, SocketId>,
    /// Descriptions that are inside inboxes.
    rights_in_flight: usize,
    /// Of those, Unix sockets: what can be in a circle.
    sockets_in_flight: usize,
    /// Descriptions out of inboxes that are gone, to be released one after the other.
    dropped_rights: Vec<DescriptionId>,
    is_dropping: bool,
    next_autobind: u32,
    buffered: Buffered,
}

impl Sockets {
    /// None yet; what will be in their streams is counted in `buffered`.
    pub(crate) fn new(buffered: Buffered) -> Sockets {
        Sockets { buffered, ..Sockets::default() }
    }

    pub(crate) fn add(&mut self, domain: Domain, kind: Kind, owner: TaskId) -> SocketId {
        self.last += 1;
        let options = Options::new(domain, kind);
        let inbox = match kind {
            Kind::Stream => Inbox::Bytes {
                queue: ByteQueue::new(options.stream_bytes(), &self.buffered),
                rights: VecDeque::new(),
            },
            _ => Inbox::Messages { queue: VecDeque::new() },
        };
        let socket = Socket {
            domain,
            kind,
            state: State::Idle,
            connecting: false,
            error: None,
            read_shut: false,
            write_shut: false,
            peer_finished: false,
            inbox,
            local: None,
            bound: None,
            remote: None,
            name: None,
            peer_name: Vec::new(),
            credentials: None,
            options,
            owner,
        };
        self.sockets.insert(SocketId(self.last), socket);
        SocketId(self.last)
    }

    pub(crate) fn get(&self, id: SocketId) -> Result<&Socket, Errno> {
        self.sockets.get(&id).ok_or(Errno::EBADF)
    }

    pub(crate) fn get_mut(&mut self, id: SocketId) -> Result<&mut Socket, Errno> {
        self.sockets.get_mut(&id).ok_or(Errno::EBADF)
    }

    pub(crate) fn len(&self) -> usize {
        self.sockets.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SocketId, &Socket)> {
        self.sockets.iter().map(|(&id, socket)| (id, socket))
    }

    /// Descriptions that are inside inboxes.
    pub(crate) fn rights_in_flight(&self) -> usize {
        self.rights_in_flight
    }

    /// Names that Unix sockets are bound to.
    pub(crate) fn names(&self) -> usize {
        self.abstract_names.len() + self.path_names.len()
    }

    /// Two ends of one connection.
    pub(crate) fn add_pair(&mut self, kind: Kind, credentials: PeerCredentials) -> (SocketId, SocketId) {
        let one = self.add(Domain::Unix, kind, credentials.task);
        let two = self.add(Domain::Unix, kind, credentials.task);
        for (end, other) in [(one, two), (two, one)] {
            if let Some(socket) = self.sockets.get_mut(&end) {
                socket.state = State::Connected { peer: Some(other) };
                socket.credentials = Some(credentials);
            }
        }
        (one, two)
    }

    /// Bytes that there are: of datagrams those of the next one. ioctl(2), FIONREAD.
    pub(crate) fn readable_bytes(&self, id: SocketId) -> usize {
        let Some(socket) = self.sockets.get(&id) else { return 0 };
        match &socket.inbox {
            Inbox::Bytes { queue, .. } => queue.len(),
            Inbox::Messages { queue } => {
                let count = if socket.kind == Kind::SeqPacket { queue.len() } else { 1 };
                queue.iter().take(count).map(|message| message.bytes.len()).sum()
            }
        }
    }

    /// A socket's own address.
    pub(crate) fn own_address(&self, id: SocketId) -> Result<SocketAddress, Errno> {
        let socket = self.get(id)?;
        Ok(match socket.domain {
            Domain::Unix => {
                SocketAddress::Unix(socket.name.as_ref().map(|name| name.shown.clone()).unwrap_or_default())
            }
            domain => ports::shown(domain, socket.local),
        })
    }

    /// Where a connection that was accepted comes from, even if it has been reset since.
    pub(crate) fn origin_address(&self, id: SocketId) -> Result<SocketAddress, Errno> {
        let socket = self.get(id)?;
        Ok(match socket.domain {
            Domain::Unix => SocketAddress::Unix(socket.peer_name.clone()),
            domain => ports::shown(domain, socket.remote),
        })
    }

    /// The other end's address.
    ///
    /// # Errors
    /// ENOTCONN.
    pub(crate) fn peer_address(&self, id: SocketId) -> Result<SocketAddress, Errno> {
        let socket = self.get(id)?;
        match (&socket.state, socket.domain) {
            (State::Connected { .. }, Domain::Unix) => Ok(SocketAddress::Unix(socket.peer_name.clone())),
            (State::Connected { .. }, domain) => Ok(ports::shown(domain, socket.remote)),
            _ => Err(Errno::ENOTCONN),
        }
    }
}

impl Kernel {
    /// recv(2).
    pub(crate) fn socket_receive(&mut self, id: SocketId, receive: Receive<'_>) -> Answer<Received> {
        match self.sockets.get(id)?.kind {
            Kind::Stream => self.stream_receive(id, receive),
            _ => self.message_receive(id, receive),
        }
    }

    /// send(2).
    pub(crate) fn socket_send(&mut self, id: SocketId, transfer: Transfer<'_>) -> Answer<usize> {
        let socket = self.sockets.get(id)?;
        match (socket.kind, socket.domain) {
            (Kind::Stream, _) => self.stream_send(id, transfer),
            (_, Domain::Unix) => self.unix_message_send(id, transfer),
            _ => self.udp_send(id, transfer),
        }
    }

    /// Blocks a call on a socket; with a timeout (SO_RCVTIMEO, SO_SNDTIMEO) that has passed it ends with an errno instead.
    pub(crate) fn socket_wait(
        &self,
        task: TaskId,
        keys: &[WaitKey],
        timeout: (Option<u64>, Errno),
        progress_bytes: usize,
    ) -> Stop {
        let begun_ns = match self.call_begun_ns(task) {
            Ok(begun_ns) => begun_ns,
            Err(errno) => return errno.into(),
        };
        let deadline_ns = timeout.0.map(|timeout_ns| begun_ns.saturating_add(timeout_ns));
        if deadline_ns.is_some_and(|deadline_ns| deadline_ns <= self.now.monotonic_ns) {
            return timeout.1.into();
        }
        Stop::Block(Block { keys: keys.to_vec(), deadline_ns, progress_bytes })
    }

    /// Something other than its bytes has changed about a socket: whoever waits for anything of it looks again.
    pub(crate) fn socket_changed(&mut self, id: SocketId) {
        self.gateway.touch(id);
        self.waits.wake(WaitKey::SocketIn(id));
        self.waits.wake(WaitKey::SocketOut(id));
    }

    /// A socket's last descriptor is gone, and no message carries it.
    pub(crate) fn socket_close(&mut self, id: SocketId) {
        let port = self.sockets.leave_port(id);
        self.sockets.leave_name(id);
        let Some(socket) = self.sockets.sockets.remove(&id) else { return };
        // Senders who wait for room in its inbox, clients who wait for room in its queue.
        self.waits.wake(WaitKey::SocketRoom(id));
        let unread = socket.inbox.has_unread();
        self.drop_rights(socket.inbox.descriptions().collect());
        match socket.state {
            State::Idle | State::Closed | State::Connected { peer: None } => {}
            State::Connecting { listener: None } => self.give_up_connecting(id),
            State::Connecting { listener: Some(listener) } => {
                if let Ok(Socket { state: State::Listening(listener), .. }) = self.sockets.get_mut(listener) {
                    listener.connecting.retain(|&client| client != id);
                }
            }
            State::Listening(listener) => self.stop_listening(listener, port),
            State::Connected { peer: Some(peer) } if socket.domain == Domain::Unix => {
                if socket.kind != Kind::Datagram {
                    self.unix_peer_closed(peer, unread);
                }
            }
            State::Connected { peer: Some(peer) } => {
                let lingers = socket.options.linger_s != Some(0);
                if unread || !lingers {
                    self.tcp_reset(peer);
                } else {
                    self.tcp_finish(peer);
                    if let Ok(Socket { state: State::Connected { peer }, .. }) = self.sockets.get_mut(peer) {
                        *peer = None;
                    }
                    self.gateway.touch(peer);
                }
            }
        }
    }

    /// Connections that nobody has accepted are reset, clients at the door refused.
    pub(crate) fn stop_listening(&mut self, listener: Listener, port: Option<Port>) {
        for server in listener.queue {
            self.sockets.leave_port(server);
            let Some(socket) = self.sockets.sockets.remove(&server) else { continue };
            self.drop_rights(socket.inbox.descriptions().collect());
            match (socket.peer(), socket.domain) {
                (Some(peer), Domain::Unix) => self.unix_peer_closed(peer, true),
                (Some(peer), _) => self.tcp_reset(peer),
                (None, _) => {}
            }
        }
        for client in listener.connecting {
            self.tcp_refuse(client);
        }
        if let Some(port) = port.filter(|&port| !self.sockets.listens_on(port)) {
            self.requests.push_back(HostRequest::PortClosed { port });
        }
    }
}
