//! Calls on sockets: making them, names, connections, options. What they carry is in `sys_message.rs`.

use std::collections::VecDeque;

use oac_abi::{
    Errno, bounds,
    flags::{open, socket as sock},
    sockaddr::SocketAddress,
};

use crate::{
    HostRequest, Kernel, TaskId,
    answer::Answer,
    arguments::Out,
    description::File,
    dispatch::Sys,
    fd_table::Fd,
    socket::{Domain, Kind, Listener, Socket, SocketId, State},
    sys_fd::pair,
    wait_queue::WaitKey,
};

/// Splits a socket's kind from SOCK_NONBLOCK and SOCK_CLOEXEC.
///
/// # Errors
/// EINVAL for other bits, ESOCKTNOSUPPORT for other kinds.
fn kind_and_flags(kind: u32) -> Result<(Kind, u32), Errno> {
    let flags = kind & (sock::NONBLOCK | sock::CLOEXEC);
    let kind = match kind & !flags {
        sock::STREAM => Kind::Stream,
        sock::DGRAM => Kind::Datagram,
        sock::SEQPACKET => Kind::SeqPacket,
        kind if kind < 16 => return Err(Errno::ESOCKTNOSUPPORT),
        _ => return Err(Errno::EINVAL),
    };
    Ok((kind, open::RDWR | flags))
}

/// Whether there is such a socket.
///
/// # Errors
/// EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT.
fn domain_of(domain: u32, kind: Kind, protocol: u32) -> Result<Domain, Errno> {
    let (domain, own) = match (domain, kind) {
        // Protocol 1 of its own family is its number.
        (sock::AF_UNIX, _) => (Domain::Unix, sock::AF_UNIX),
        (sock::AF_INET | sock::AF_INET6, Kind::SeqPacket) => return Err(Errno::ESOCKTNOSUPPORT),
        (sock::AF_INET, Kind::Stream) => (Domain::V4, sock::IPPROTO_TCP),
        (sock::AF_INET, Kind::Datagram) => (Domain::V4, sock::IPPROTO_UDP),
        (sock::AF_INET6, Kind::Stream) => (Domain::V6, sock::IPPROTO_TCP),
        (sock::AF_INET6, Kind::Datagram) => (Domain::V6, sock::IPPROTO_UDP),
        _ => return Err(Errno::EAFNOSUPPORT),
    };
    if protocol == 0 || protocol == own { Ok(domain) } else { Err(Errno::EPROTONOSUPPORT) }
}

impl Sys<'_> {
    pub(crate) fn socket(self, domain: u32, kind: u32, protocol: u32) -> Answer {
        let (kind, flags) = kind_and_flags(kind)?;
        let domain = domain_of(domain, kind, protocol)?;
        self.kernel.require_channel()?;
        let id = self.kernel.sockets.add(domain, kind, self.task);
        Ok(i64::from(self.kernel.install(self.task, File::Socket(id), flags)?.0))
    }

    pub(crate) fn bind(self, fd: i32, address: &[u8]) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        let address = SocketAddress::decode(address)?;
        let socket = self.kernel.sockets.get(id)?;
        if let (Domain::Unix, SocketAddress::Unix(name)) = (socket.domain, &address) {
            self.kernel.unix_bind(self.task, id, name)?;
            return Ok(0);
        }
        if socket.is_unix() {
            return Err(Errno::EINVAL.into());
        }
        self.kernel.sockets.bind_internet(id, &address)?;
        Ok(0)
    }

    pub(crate) fn listen(self, fd: i32, backlog: u32) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        self.kernel.listen(self.task, id, backlog)?;
        Ok(0)
    }

    pub(crate) fn accept4(self, fd: i32, flags: u32, address: Out<'_>) -> Answer {
        if flags & !(sock::NONBLOCK | sock::CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let (connection, peer) = self.kernel.accept(self.task, fd, flags)?;
        address.put_cut(&peer.encode());
        Ok(i64::from(connection.0))
    }

    pub(crate) fn connect(self, fd: i32, address: &[u8]) -> Answer {
        let (id, nonblocking) = self.kernel.socket_id(self.task, fd)?;
        let family = address.first_chunk::<2>().map(|family| u16::from_le_bytes(*family));
        if family == Some(sock::AF_UNSPEC as u16) {
            self.kernel.disconnect(id)?;
            return Ok(0);
        }
        let address = SocketAddress::decode(address)?;
        let socket = self.kernel.sockets.get(id)?;
        match (socket.domain, socket.kind) {
            (Domain::Unix, _) => self.kernel.unix_connect(self.task, id, nonblocking, &address),
            (_, Kind::Stream) => self.kernel.tcp_connect(self.task, id, nonblocking, &address),
            _ => {
                self.kernel.udp_connect(id, &address)?;
                Ok(0)
            }
        }
    }

    pub(crate) fn shutdown(self, fd: i32, how: u32) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        if how > sock::SHUT_RDWR {
            return Err(Errno::EINVAL.into());
        }
        self.kernel.shutdown(id, how != sock::SHUT_WR, how != sock::SHUT_RD)?;
        Ok(0)
    }

    pub(crate) fn getsockname(self, fd: i32, address: Out<'_>) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        let encoded = self.kernel.sockets.own_address(id)?.encode();
        address.put_cut(&encoded);
        Ok(encoded.len() as i64)
    }

    pub(crate) fn getpeername(self, fd: i32, address: Out<'_>) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        let encoded = self.kernel.sockets.peer_address(id)?.encode();
        address.put_cut(&encoded);
        Ok(encoded.len() as i64)
    }

    pub(crate) fn getsockopt(self, fd: i32, level: u32, option: u32, value: Out<'_>) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        let bytes = self.kernel.sockets.get_mut(id)?.option(level, option)?;
        Ok(value.put_cut(&bytes) as i64)
    }

    pub(crate) fn setsockopt(self, fd: i32, level: u32, option: u32, value: &[u8]) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        if (level, option) == (sock::SOL_OAC, sock::OAC_GATEWAY_TLS) {
            self.kernel.secure_gate(id)?;
            return Ok(0);
        }
        self.kernel.sockets.get_mut(id)?.set_option(level, option, value)?;
        // A larger inbox may be what its writer waits for.
        if let Some(peer) = self.kernel.sockets.get(id)?.peer() {
            self.kernel.waits.wake(WaitKey::SocketOut(peer));
        }
        Ok(0)
    }

    pub(crate) fn socketpair(self, domain: u32, kind: u32, fds: Out<'_>) -> Answer {
        let (kind, flags) = kind_and_flags(kind)?;
        if domain_of(domain, kind, 0)? != Domain::Unix {
            return Err(Errno::EOPNOTSUPP.into());
        }
        if fds.buf.len() < 8 {
            return Err(Errno::EFAULT.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(2)?;
        self.kernel.require_channel()?;
        let credentials = self.kernel.peer_credentials(self.task);
        let (one, two) = self.kernel.sockets.add_pair(kind, credentials);
        let one = self.kernel.install(self.task, File::Socket(one), flags)?;
        let two = self.kernel.install(self.task, File::Socket(two), flags)?;
        fds.put(&pair(one, two))?;
        Ok(0)
    }
}

impl Kernel {
    /// The socket behind a descriptor, and whether its calls do not wait.
    ///
    /// # Errors
    /// ENOTSOCK.
    pub(crate) fn socket_id(&self, task: TaskId, fd: i32) -> Result<(SocketId, bool), Errno> {
        let description = self.description(task, fd)?;
        match description.file {
            File::Socket(id) => Ok((id, description.nonblocking())),
            File::Path(_) => Err(Errno::EBADF),
            _ => Err(Errno::ENOTSOCK),
        }
    }

    /// listen(2). EACCES for a port that the task's capabilities do not hold.
    fn listen(&mut self, task: TaskId, id: SocketId, backlog: u32) -> Result<(), Errno> {
        // Linux admits one more than asked for.
        let backlog = (backlog as usize).min(bounds::BACKLOG_MAX - 1) + 1;
        let socket = self.sockets.get_mut(id)?;
        let (domain, local, has_name) = (socket.domain, socket.local, socket.name.is_some());
        let connecting = socket.connecting;
        match &mut socket.state {
            _ if socket.kind == Kind::Datagram => return Err(Errno::EOPNOTSUPP),
            State::Listening(listener) => {
                listener.backlog = backlog;
                self.tcp_establish(id);
                self.waits.wake(WaitKey::SocketRoom(id));
                return Ok(());
            }
            State::Idle if !connecting && (domain != Domain::Unix || has_name) => {}
            _ => return Err(Errno::EINVAL),
        }
        let credentials = self.peer_credentials(task);
        if domain != Domain::Unix {
            match local {
                None => self.sockets.bind_anywhere(id)?,
                // Two may have bound it before either listened (SO_REUSEADDR).
                Some(local) if self.sockets.port_is_taken(id, local.ip, local.port)? => {
                    return Err(Errno::EADDRINUSE);
                }
                Some(_) => {}
            }
        }
        if let Some(local) = self.sockets.get(id)?.local {
            self.require_port(task, local.port.0)?;
        }
        let socket = self.sockets.get_mut(id)?;
        let listener = Listener { queue: VecDeque::new(), connecting: VecDeque::new(), backlog };
        socket.state = State::Listening(listener);
        socket.credentials = Some(credentials);
        socket.owner = task;
        if let Some(address) = socket.local {
            self.requests.push_back(HostRequest::PortOpened { port: address.port, task });
        }
        self.socket_changed(id);
        Ok(())
    }

    /// accept4(2).
    pub(crate) fn accept(&mut self, task: TaskId, fd: i32, flags: u32) -> Answer<(Fd, SocketAddress)> {
        let (id, nonblocking) = self.socket_id(task, fd)?;
        let socket = self.sockets.get(id)?;
        if socket.kind == Kind::Datagram {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let State::Listening(listener) = &socket.state else { return Err(Errno::EINVAL.into()) };
        if listener.queue.is_empty() {
            return match (nonblocking, socket.read_shut && socket.is_unix()) {
                (true, _) => Err(Errno::EAGAIN.into()),
                (false, true) => Err(Errno::EINVAL.into()),
                (false, false) => {
                    let timeout = (socket.options.receive_timeout_ns, Errno::EAGAIN);
                    Err(self.socket_wait(task, &[WaitKey::SocketIn(id)], timeout, 0))
                }
            };
        }
        self.tasks.life(task)?.fds.require_room(1)?;
        let Socket { state: State::Listening(listener), .. } = self.sockets.get_mut(id)? else {
            return Err(Errno::EINVAL.into());
        };
        let connection = listener.queue.pop_front().ok_or(Errno::EAGAIN)?;
        self.tcp_establish(id);
        self.waits.wake(WaitKey::SocketRoom(id));
        let peer = self.sockets.origin_address(connection)?;
        let fd = self.install(task, File::Socket(connection), open::RDWR | flags)?;
        Ok((fd, peer))
    }

    /// connect(2) of TCP. One that does not block says EINPROGRESS even when the connection is there at once, as on Linux; the
    /// outcome is had from SO_ERROR, or from a second connect.
    fn tcp_connect(
        &mut self,
        task: TaskId,
        id: SocketId,
        nonblocking: bool,
        address: &SocketAddress,
    ) -> Answer {
        let again = self.tasks.life(task)?.pending.is_some();
        let socket = self.sockets.get(id)?;
        if !socket.connecting {
            if !matches!(socket.state, State::Idle) {
                return Err(Errno::EISCONN.into());
            }
            self.begin_connect(task, id, address)?;
            if nonblocking {
                return Err(Errno::EINPROGRESS.into());
            }
        } else if nonblocking && !again && matches!(socket.state, State::Connecting { .. }) {
            return Err(Errno::EALREADY.into());
        }
        let socket = self.sockets.get_mut(id)?;
        match socket.state {
            State::Connecting { .. } => {
                let timeout = (socket.options.send_timeout_ns, Errno::EINPROGRESS);
                Err(self.socket_wait(task, &[WaitKey::SocketOut(id)], timeout, 0))
            }
            State::Connected { .. } => {
                socket.connecting = false;
                Ok(0)
            }
            // Refused, or reset already. It can be tried again.
            _ => {
                let errno = socket.error.take().unwrap_or(Errno::ECONNABORTED);
                socket.start_over();
                self.sockets.forget_unbound(id);
                Err(errno.into())
            }
        }
    }

    /// Finds the listener and stands in its line.
    fn begin_connect(&mut self, task: TaskId, id: SocketId, address: &SocketAddress) -> Result<(), Errno> {
        if let Some(outside) = self.sockets.outside_destination(id, address)? {
            return self.connect_outside(task, id, outside);
        }
        let remote = self.sockets.tcp_destination(id, address)?;
        self.sockets.bind_to_reach(id, remote)?;
        if self.sockets.is_connected(self.sockets.get(id)?.local, remote) {
            self.sockets.forget_unbound(id);
            return Err(Errno::EADDRNOTAVAIL);
        }
        let socket = self.sockets.get_mut(id)?;
        let client_port = socket.local.ok_or(Errno::EADDRNOTAVAIL)?.port;
        socket.connecting = true;
        socket.remote = Some(remote);
        socket.error = None;
        if socket.local == Some(remote) {
            // Its SYN meets itself before any listener: a simultaneous open, RFC 9293, 3.5.
            socket.state = State::Connected { peer: Some(id) };
            return Ok(());
        }
        let Some(listener_id) = self.sockets.listener(remote, client_port) else {
            self.tcp_refuse(id);
            return Ok(());
        };
        self.sockets.get_mut(id)?.state = State::Connecting { listener: Some(listener_id) };
        if let State::Listening(listener) = &mut self.sockets.get_mut(listener_id)?.state {
            listener.connecting.push_back(id);
        }
        self.tcp_establish(listener_id);
        Ok(())
    }

    /// shutdown(2).
    fn shutdown(&mut self, id: SocketId, reading: bool, writing: bool) -> Result<(), Errno> {
        let socket = self.sockets.get_mut(id)?;
        if socket.domain != Domain::Unix {
            match socket.state {
                State::Listening(_) if !reading => return Ok(()),
                State::Listening(_) | State::Connecting { .. } => {
                    self.abandon(id);
                    return Ok(());
                }
                _ => {}
            }
        }
        socket.connecting &= !matches!(socket.state, State::Connected { .. });
        socket.read_shut |= reading;
        socket.write_shut |= writing;
        let unconnected = matches!(socket.state, State::Idle | State::Closed);
        let peer = socket.peer();
        if socket.is_tcp() && writing && !unconnected {
            if socket.peer_finished {
                socket.state = State::Closed;
                socket.read_shut = true;
            }
            if let Some(peer) = peer {
                self.tcp_finish(peer);
            }
        } else if socket.is_unix() && socket.kind != Kind::Datagram {
            // Unix sockets tell the writer that nobody reads; TCP has no such message.
            if let Some(peer) = peer
                && let Ok(socket) = self.sockets.get_mut(peer)
            {
                socket.read_shut |= writing;
                socket.write_shut |= reading;
                self.socket_changed(peer);
            }
        }
        self.socket_changed(id);
        // Those who would send it messages are told so.
        self.waits.wake(WaitKey::SocketRoom(id));
        let is_unix = self.sockets.get(id)?.is_unix();
        if unconnected && !is_unix { Err(Errno::ENOTCONN) } else { Ok(()) }
    }

    /// connect(2) to AF_UNSPEC: as if it had never been connected.
    fn disconnect(&mut self, id: SocketId) -> Result<(), Errno> {
        let socket = self.sockets.get(id)?;
        if socket.is_unix() {
            return self.unix_disconnect(id);
        }
        self.abandon(id);
        Ok(())
    }

    /// Takes an internet socket out of whatever it is in.
    fn abandon(&mut self, id: SocketId) {
        let Ok(socket) = self.sockets.get_mut(id) else { return };
        let was_connecting = matches!(socket.state, State::Connecting { .. });
        let port = socket.local.map(|local| local.port);
        match std::mem::replace(&mut socket.state, State::Idle) {
            State::Listening(listener) => self.stop_listening(listener, port),
            State::Connecting { listener: None } => self.give_up_connecting(id),
            State::Connecting { listener: Some(listener) } => {
                if let Ok(Socket { state: State::Listening(listener), .. }) = self.sockets.get_mut(listener) {
                    listener.connecting.retain(|&client| client != id);
                }
            }
            State::Connected { peer: Some(peer) } => self.tcp_reset(peer),
            _ => {}
        }
        if let Ok(socket) = self.sockets.get_mut(id) {
            let kept = (socket.read_shut, socket.write_shut, socket.error);
            socket.start_over();
            if socket.kind == Kind::Datagram {
                (socket.read_shut, socket.write_shut, socket.error) = kept;
            } else if was_connecting {
                socket.error = Some(Errno::ECONNRESET);
            }
        }
        self.sockets.forget_unbound(id);
        self.socket_changed(id);
    }
}
