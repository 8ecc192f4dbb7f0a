//! Stream sockets on the loopback, and pairs of them. tcp(7), unix(7).
//!
//! A connection is two sockets that point at each other; what one writes goes straight into the other's queue, which is
//! bounded, so that a reader who lags holds the writer up. IPv4 and IPv6 are one loopback here: a port's listener is found
//! whether `127.0.0.1`, `::1` or a wildcard is asked for, the exact address first.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
};

use oac_abi::{Errno, bounds::SOCKET_BYTES, flags::poll};

use crate::{
    HostRequest, Kernel, Port, TaskId,
    answer::{Answer, Block, Stop, block_on},
    pipe::take_bytes,
    wait_queue::WaitKey,
};

/// A socket's number. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SocketId(pub(crate) u64);

/// An address on the loopback. IPv4 addresses mapped into IPv6 are kept as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) ip: IpAddr,
    pub(crate) port: Port,
}

impl Address {
    /// Whether two bound addresses want the same connections.
    fn conflicts(self, other: Address) -> bool {
        let covers = |wide: IpAddr, other: IpAddr| {
            // `::` takes IPv4 too, as Linux has it by default.
            wide.is_unspecified() && (wide.is_ipv6() || other.is_ipv4())
        };
        self.port == other.port
            && (self.ip == other.ip || covers(self.ip, other.ip) || covers(other.ip, self.ip))
    }
}

/// What a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    Unix,
    V4,
    V6,
}

/// Where a socket stands.
#[derive(Debug)]
pub(crate) enum SocketState {
    /// Neither listening nor connected.
    Idle,
    /// Takes connections.
    Listening(Listener),
    /// Waits for room in a listener's queue.
    Connecting { listener: SocketId },
    /// Has, or had, another end.
    Connected(Stream),
}

/// A listening socket's queues.
#[derive(Debug)]
pub(crate) struct Listener {
    /// Established, waiting for accept.
    pub(crate) queue: VecDeque<SocketId>,
    /// Clients for whom the queue has no room yet.
    pub(crate) connecting: VecDeque<SocketId>,
    pub(crate) backlog: usize,
}

/// One end of a connection.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The other end, while it is open.
    pub(crate) peer: Option<SocketId>,
    pub(crate) incoming: VecDeque<u8>,
    /// Nothing more will come.
    pub(crate) peer_finished: bool,
    pub(crate) read_shut: bool,
    pub(crate) write_shut: bool,
}

/// One socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) domain: Domain,
    pub(crate) local: Option<Address>,
    pub(crate) remote: Option<Address>,
    pub(crate) state: SocketState,
    /// SO_ERROR: reported once, by whatever asks first.
    pub(crate) error: Option<Errno>,
    /// Who made it, for the host's events.
    pub(crate) owner: TaskId,
}

/// All sockets of a container, and the ports they hold.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pub(crate) sockets: BTreeMap<SocketId, Socket>,
    last: u64,
    /// Sockets by the port they are bound to; accepted ones share their listener's port and are not here.
    pub(crate) ports: BTreeMap<Port, Vec<SocketId>>,
    next_ephemeral: u16,
}

impl Sockets {
    pub(crate) fn add(&mut self, domain: Domain, owner: TaskId, state: SocketState) -> SocketId {
        self.last += 1;
        let socket = Socket { domain, local: None, remote: None, state, error: None, owner };
        self.sockets.insert(SocketId(self.last), socket);
        SocketId(self.last)
    }

    pub(crate) fn get(&self, id: SocketId) -> Result<&Socket, Errno> {
        self.sockets.get(&id).ok_or(Errno::EBADF)
    }

    pub(crate) fn get_mut(&mut self, id: SocketId) -> Result<&mut Socket, Errno> {
        self.sockets.get_mut(&id).ok_or(Errno::EBADF)
    }

    pub(crate) fn stream_mut(&mut self, id: SocketId) -> Option<&mut Stream> {
        match &mut self.sockets.get_mut(&id)?.state {
            SocketState::Connected(stream) => Some(stream),
            _ => None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Two ends of one connection.
    pub(crate) fn add_pair(&mut self, owner: TaskId) -> (SocketId, SocketId) {
        let one = self.add(Domain::Unix, owner, SocketState::Connected(Stream::default()));
        let two = self.add(Domain::Unix, owner, SocketState::Connected(Stream::default()));
        for (end, other) in [(one, two), (two, one)] {
            if let Some(stream) = self.stream_mut(end) {
                stream.peer = Some(other);
            }
        }
        (one, two)
    }

    /// Gives a socket an address; port 0 takes an ephemeral one.
    ///
    /// # Errors
    /// EADDRINUSE.
    pub(crate) fn bind(&mut self, id: SocketId, ip: IpAddr, port: Port) -> Result<(), Errno> {
        let port = if port.0 == 0 { self.ephemeral_port()? } else { port };
        let address = Address { ip, port };
        let taken = self.ports.get(&port).into_iter().flatten().any(|other| {
            self.sockets
                .get(other)
                .and_then(|other| other.local)
                .is_some_and(|local| local.conflicts(address))
        });
        if taken {
            return Err(Errno::EADDRINUSE);
        }
        self.get_mut(id)?.local = Some(address);
        self.ports.entry(port).or_default().push(id);
        Ok(())
    }

    fn ephemeral_port(&mut self) -> Result<Port, Errno> {
        // Linux's net.ipv4.ip_local_port_range.
        const FIRST: u16 = 32768;
        const COUNT: u16 = 28232;
        for _ in 0..COUNT {
            let port = Port(FIRST + self.next_ephemeral % COUNT);
            self.next_ephemeral = (self.next_ephemeral + 1) % COUNT;
            if !self.ports.contains_key(&port) {
                return Ok(port);
            }
        }
        Err(Errno::EADDRINUSE)
    }

    /// Who listens for connections to an address: the exact one, then a wildcard, then any other of the port.
    pub(crate) fn listener(&self, address: Address) -> Option<SocketId> {
        let rank = |id: &&SocketId| {
            let local = self.sockets.get(id).and_then(|socket| socket.local)?.ip;
            Some(if local == address.ip {
                0
            } else if local.is_unspecified() {
                1
            } else {
                2
            })
        };
        let listens = |id: &&SocketId| {
            matches!(self.sockets.get(id).map(|socket| &socket.state), Some(SocketState::Listening(_)))
        };
        self.ports.get(&address.port)?.iter().filter(listens).min_by_key(rank).copied()
    }

    /// Bytes that wait to be read.
    pub(crate) fn buffered_bytes(&self, id: SocketId) -> usize {
        match self.sockets.get(&id).map(|socket| &socket.state) {
            Some(SocketState::Connected(stream)) => stream.incoming.len(),
            _ => 0,
        }
    }

    /// What poll(2) says.
    pub(crate) fn poll(&self, id: SocketId) -> u16 {
        let Some(socket) = self.sockets.get(&id) else { return poll::NVAL };
        let error = if socket.error.is_some() { poll::ERR | poll::IN | poll::OUT } else { 0 };
        error
            | match &socket.state {
                SocketState::Idle => poll::OUT | poll::HUP,
                SocketState::Connecting { .. } => 0,
                SocketState::Listening(listener) if listener.queue.is_empty() => 0,
                SocketState::Listening(_) => poll::IN,
                SocketState::Connected(stream) => self.poll_stream(stream),
            }
    }

    fn poll_stream(&self, stream: &Stream) -> u16 {
        let mut state = 0;
        let finished = stream.peer_finished || stream.read_shut;
        if !stream.incoming.is_empty() || finished {
            state |= poll::IN;
        }
        if finished {
            state |= poll::RDHUP;
        }
        if stream.peer_finished && (stream.write_shut || stream.peer.is_none()) {
            state |= poll::HUP;
        }
        if stream.write_shut || self.room_bytes(stream) > 0 {
            state |= poll::OUT;
        }
        state
    }

    /// How much the other end would take; for a closed one everything, for then a write fails at once.
    fn room_bytes(&self, stream: &Stream) -> usize {
        match stream.peer.and_then(|peer| self.sockets.get(&peer)).map(|peer| &peer.state) {
            Some(SocketState::Connected(peer)) => SOCKET_BYTES - peer.incoming.len(),
            _ => SOCKET_BYTES,
        }
    }

    /// Takes a socket out of its port; says whether that was the port's last listener.
    fn leave_port(&mut self, id: SocketId) -> Option<Port> {
        let port = self.sockets.get(&id)?.local?.port;
        let holders = self.ports.get_mut(&port)?;
        let before = holders.len();
        holders.retain(|&holder| holder != id);
        if holders.len() == before {
            return None;
        }
        if holders.is_empty() {
            self.ports.remove(&port);
        }
        Some(port)
    }

    fn listens_on(&self, port: Port) -> bool {
        self.ports.get(&port).into_iter().flatten().any(|id| {
            matches!(self.sockets.get(id).map(|socket| &socket.state), Some(SocketState::Listening(_)))
        })
    }
}

impl Kernel {
    pub(crate) fn socket_read(&mut self, id: SocketId, nonblocking: bool, buf: &mut [u8]) -> Answer<usize> {
        let socket = self.sockets.get_mut(id)?;
        let has_bytes =
            matches!(&socket.state, SocketState::Connected(stream) if !stream.incoming.is_empty());
        if !has_bytes && let Some(errno) = socket.error.take() {
            return Err(errno.into());
        }
        let stream = match &mut socket.state {
            SocketState::Connected(stream) => stream,
            SocketState::Connecting { .. } if nonblocking => return Err(Errno::EAGAIN.into()),
            SocketState::Connecting { .. } => return block_on(WaitKey::SocketOut(id)),
            SocketState::Idle | SocketState::Listening(_) => return Err(Errno::ENOTCONN.into()),
        };
        if has_bytes || buf.is_empty() {
            let len = take_bytes(&mut stream.incoming, buf);
            if let Some(peer) = stream.peer {
                self.waits.wake(WaitKey::SocketOut(peer));
            }
            return Ok(len);
        }
        if stream.peer_finished || stream.read_shut {
            Ok(0)
        } else if nonblocking {
            Err(Errno::EAGAIN.into())
        } else {
            block_on(WaitKey::SocketIn(id))
        }
    }

    /// Writes; `done` bytes of `input` have been written by earlier rounds of the same call.
    pub(crate) fn socket_write(
        &mut self,
        task: TaskId,
        id: SocketId,
        nonblocking: bool,
        input: &[u8],
        done: usize,
    ) -> Answer<usize> {
        let socket = self.sockets.get_mut(id)?;
        // A Unix socket keeps its error for the next read, and says EPIPE here.
        if socket.domain != Domain::Unix
            && let Some(errno) = socket.error.take()
        {
            return if done > 0 { Ok(done) } else { Err(errno.into()) };
        }
        let (write_shut, peer) = match &socket.state {
            SocketState::Connected(stream) => (stream.write_shut, stream.peer),
            SocketState::Connecting { .. } if nonblocking => return Err(Errno::EAGAIN.into()),
            SocketState::Connecting { .. } => return block_on(WaitKey::SocketOut(id)),
            SocketState::Idle | SocketState::Listening(_) => return Err(Errno::ENOTCONN.into()),
        };
        let Some((peer_id, peer)) = peer
            .filter(|_| !write_shut)
            .and_then(|peer| self.sockets.stream_mut(peer).map(|stream| (peer, stream)))
        else {
            return if done > 0 { Ok(done) } else { Err(self.broken_pipe(task)) };
        };
        let left = input.get(done..).unwrap_or_default();
        // An end that reads no more takes everything and keeps nothing.
        if peer.read_shut || left.is_empty() {
            return Ok(input.len().max(done));
        }
        let len = left.len().min(SOCKET_BYTES - peer.incoming.len());
        if len > 0 {
            peer.incoming.extend(&left[..len]);
            self.waits.wake(WaitKey::SocketIn(peer_id));
        }
        let done = done + len;
        if done == input.len() || (nonblocking && done > 0) {
            Ok(done)
        } else if nonblocking {
            Err(Errno::EAGAIN.into())
        } else {
            let keys = vec![WaitKey::SocketOut(id)];
            Err(Stop::Block(Block { keys, deadline_ns: None, progress_bytes: done }))
        }
    }

    /// Moves clients from a listener's door into its queue, as far as there is room.
    pub(crate) fn establish(&mut self, listener_id: SocketId) {
        loop {
            let Ok(socket) = self.sockets.get_mut(listener_id) else { return };
            let (owner, domain, local) = (socket.owner, socket.domain, socket.local);
            let SocketState::Listening(listener) = &mut socket.state else { return };
            if listener.queue.len() >= listener.backlog {
                return;
            }
            let Some(client_id) = listener.connecting.pop_front() else { return };
            if self.sockets.get(client_id).is_err() {
                continue;
            }
            let server_id = self.sockets.add(domain, owner, SocketState::Idle);
            let Ok(client) = self.sockets.get_mut(client_id) else { return };
            client.state = SocketState::Connected(Stream { peer: Some(server_id), ..Stream::default() });
            let (client_local, client_remote) = (client.local, client.remote);
            if let Ok(server) = self.sockets.get_mut(server_id) {
                server.state = SocketState::Connected(Stream { peer: Some(client_id), ..Stream::default() });
                server.local = client_remote.or(local);
                server.remote = client_local;
            }
            if let Ok(Socket { state: SocketState::Listening(listener), .. }) =
                self.sockets.get_mut(listener_id)
            {
                listener.queue.push_back(server_id);
            }
            self.waits.wake(WaitKey::SocketOut(client_id));
            self.waits.wake(WaitKey::SocketIn(listener_id));
        }
    }

    /// A socket's last descriptor is gone.
    pub(crate) fn socket_close(&mut self, id: SocketId) {
        let port = self.sockets.leave_port(id);
        let Some(socket) = self.sockets.sockets.remove(&id) else { return };
        match socket.state {
            SocketState::Idle => {}
            SocketState::Connecting { listener } => {
                if let Ok(Socket { state: SocketState::Listening(listener), .. }) =
                    self.sockets.get_mut(listener)
                {
                    listener.connecting.retain(|&client| client != id);
                }
            }
            SocketState::Listening(listener) => {
                for server in listener.queue {
                    self.socket_close_with(server, true);
                }
                for client in listener.connecting {
                    self.refuse(client);
                }
                if let Some(port) = port.filter(|&port| !self.sockets.listens_on(port)) {
                    self.requests.push_back(HostRequest::PortClosed { port });
                }
            }
            SocketState::Connected(stream) => self.leave_peer(&stream, false),
        }
    }

    /// Closes a connection that nobody has accepted: the client is reset.
    fn socket_close_with(&mut self, id: SocketId, reset: bool) {
        if let Some(Socket { state: SocketState::Connected(stream), .. }) = self.sockets.sockets.remove(&id) {
            self.leave_peer(&stream, reset);
        }
    }

    /// Tells the other end that this one is gone; with bytes unread, or when told so, by a reset (RFC 1122, 4.2.2.13).
    fn leave_peer(&mut self, stream: &Stream, reset: bool) {
        let Some(peer_id) = stream.peer else { return };
        let Ok(peer) = self.sockets.get_mut(peer_id) else { return };
        if reset || !stream.incoming.is_empty() {
            peer.error = Some(Errno::ECONNRESET);
        }
        if let SocketState::Connected(peer) = &mut peer.state {
            peer.peer = None;
            peer.peer_finished = true;
        }
        self.waits.wake(WaitKey::SocketIn(peer_id));
        self.waits.wake(WaitKey::SocketOut(peer_id));
    }

    fn refuse(&mut self, client: SocketId) {
        if let Ok(socket) = self.sockets.get_mut(client) {
            socket.state = SocketState::Idle;
            socket.error = Some(Errno::ECONNREFUSED);
        }
        self.waits.wake(WaitKey::SocketOut(client));
        self.waits.wake(WaitKey::SocketIn(client));
    }
}
