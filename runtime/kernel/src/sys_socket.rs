//! Calls on sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use oac_abi::{
    Errno, bounds,
    flags::{open, socket as sock},
    sockaddr::SocketAddress,
};

use crate::{
    HostRequest, Kernel, Port, TaskId,
    answer::{Answer, block_on},
    arguments::Out,
    description::File,
    dispatch::Sys,
    fd_table::Fd,
    socket::{Address, Domain, Listener, Socket, SocketId, SocketState},
    sys_fd::pair,
    wait_queue::WaitKey,
};

/// Splits a socket's kind from SOCK_NONBLOCK and SOCK_CLOEXEC.
///
/// # Errors
/// EINVAL for other bits, ESOCKTNOSUPPORT for other kinds.
fn stream_flags(kind: u32) -> Result<u32, Errno> {
    let flags = kind & (sock::NONBLOCK | sock::CLOEXEC);
    match kind & !flags {
        sock::STREAM => Ok(open::RDWR | flags),
        kind if kind < 16 => Err(Errno::ESOCKTNOSUPPORT),
        _ => Err(Errno::EINVAL),
    }
}

/// An address as a socket of a domain may use it.
///
/// # Errors
/// EAFNOSUPPORT for another family's.
fn internet_address(domain: Domain, bytes: &[u8]) -> Result<Address, Errno> {
    match (SocketAddress::decode(bytes)?, domain) {
        (SocketAddress::V4(address), Domain::V4) => {
            Ok(Address { ip: IpAddr::V4(*address.ip()), port: Port(address.port()) })
        }
        (SocketAddress::V6(address), Domain::V6) => {
            let ip = address.ip().to_ipv4_mapped().map_or(IpAddr::V6(*address.ip()), IpAddr::V4);
            Ok(Address { ip, port: Port(address.port()) })
        }
        _ => Err(Errno::EAFNOSUPPORT),
    }
}

/// An address as a socket of a domain shows it: IPv4 is mapped on an IPv6 socket.
fn shown(domain: Domain, address: Option<Address>) -> SocketAddress {
    let Address { ip, port } = address.unwrap_or(Address {
        ip: match domain {
            Domain::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        },
        port: Port(0),
    });
    match (domain, ip) {
        (Domain::Unix, _) => SocketAddress::Unix(Vec::new()),
        (Domain::V4, IpAddr::V4(ip)) => SocketAddress::V4(SocketAddrV4::new(ip, port.0)),
        (Domain::V4, IpAddr::V6(_)) => SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port.0)),
        (Domain::V6, IpAddr::V4(ip)) => {
            SocketAddress::V6(SocketAddrV6::new(ip.to_ipv6_mapped(), port.0, 0, 0))
        }
        (Domain::V6, IpAddr::V6(ip)) => SocketAddress::V6(SocketAddrV6::new(ip, port.0, 0, 0)),
    }
}

fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

fn wildcard(domain: Domain) -> IpAddr {
    match domain {
        Domain::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

impl Sys<'_> {
    pub(crate) fn socket(self, domain: u32, kind: u32, protocol: u32) -> Answer {
        let domain = match domain {
            sock::AF_INET => Domain::V4,
            sock::AF_INET6 => Domain::V6,
            _ => return Err(Errno::EAFNOSUPPORT.into()),
        };
        let flags = stream_flags(kind)?;
        if protocol != 0 && protocol != sock::IPPROTO_TCP {
            return Err(Errno::EPROTONOSUPPORT.into());
        }
        let id = self.kernel.sockets.add(domain, self.task, SocketState::Idle);
        Ok(i64::from(self.kernel.install(self.task, File::Socket(id), flags)?.0))
    }

    pub(crate) fn bind(self, fd: i32, address: &[u8]) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        let socket = self.kernel.sockets.get(id)?;
        if socket.local.is_some() || socket.domain == Domain::Unix {
            return Err(Errno::EINVAL.into());
        }
        let address = internet_address(socket.domain, address)?;
        if !is_local(address.ip) {
            return Err(Errno::EADDRNOTAVAIL.into());
        }
        self.kernel.sockets.bind(id, address.ip, address.port)?;
        Ok(0)
    }

    pub(crate) fn listen(self, fd: i32, backlog: u32) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        // Linux admits one more than asked for.
        let backlog = (backlog as usize).min(bounds::BACKLOG_MAX - 1) + 1;
        let socket = self.kernel.sockets.get_mut(id)?;
        match &mut socket.state {
            SocketState::Listening(listener) => {
                listener.backlog = backlog;
                self.kernel.establish(id);
                return Ok(0);
            }
            SocketState::Idle if socket.domain != Domain::Unix => {}
            _ => return Err(Errno::EINVAL.into()),
        }
        let (domain, local) = (socket.domain, socket.local);
        if local.is_none() {
            self.kernel.sockets.bind(id, wildcard(domain), Port(0))?;
        }
        let socket = self.kernel.sockets.get_mut(id)?;
        let listener = Listener { queue: Default::default(), connecting: Default::default(), backlog };
        socket.state = SocketState::Listening(listener);
        socket.owner = self.task;
        if let Some(address) = socket.local {
            self.kernel.requests.push_back(HostRequest::PortOpened { port: address.port, task: self.task });
        }
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
        let again = self.kernel.tasks.life(self.task)?.pending.is_some();
        let socket = self.kernel.sockets.get_mut(id)?;
        if let Some(errno) = socket.error.take() {
            return Err(errno.into());
        }
        match socket.state {
            SocketState::Connected(_) if again => return Ok(0),
            SocketState::Connecting { .. } if again => return block_on(WaitKey::SocketOut(id)),
            SocketState::Connecting { .. } => return Err(Errno::EALREADY.into()),
            SocketState::Connected(_) | SocketState::Listening(_) => return Err(Errno::EISCONN.into()),
            SocketState::Idle => {}
        }
        self.kernel.begin_connect(id, address)?;
        match self.kernel.sockets.get(id)?.state {
            SocketState::Connected(_) => Ok(0),
            _ if nonblocking => Err(Errno::EINPROGRESS.into()),
            _ => block_on(WaitKey::SocketOut(id)),
        }
    }

    pub(crate) fn shutdown(self, fd: i32, how: u32) -> Answer {
        if how > sock::SHUT_RDWR {
            return Err(Errno::EINVAL.into());
        }
        let id = self.kernel.socket_id(self.task, fd)?.0;
        let is_unix = self.kernel.sockets.get(id)?.domain == Domain::Unix;
        let stream = self.kernel.sockets.stream_mut(id).ok_or(Errno::ENOTCONN)?;
        let (reading, writing) = (how != sock::SHUT_WR, how != sock::SHUT_RD);
        stream.read_shut |= reading;
        stream.write_shut |= writing;
        let peer_id = stream.peer;
        if reading {
            self.kernel.waits.wake(WaitKey::SocketIn(id));
        }
        if writing {
            self.kernel.waits.wake(WaitKey::SocketOut(id));
        }
        if let Some(peer_id) = peer_id
            && let Some(peer) = self.kernel.sockets.stream_mut(peer_id)
        {
            peer.peer_finished |= writing;
            // Unix sockets tell the writer that nobody reads; TCP has no such message.
            peer.write_shut |= reading && is_unix;
            self.kernel.waits.wake(WaitKey::SocketIn(peer_id));
            self.kernel.waits.wake(WaitKey::SocketOut(peer_id));
        }
        Ok(0)
    }

    pub(crate) fn getsockname(self, fd: i32, address: Out<'_>) -> Answer {
        let socket = self.kernel.sockets.get(self.kernel.socket_id(self.task, fd)?.0)?;
        let encoded = shown(socket.domain, socket.local).encode();
        address.put_cut(&encoded);
        Ok(encoded.len() as i64)
    }

    pub(crate) fn getpeername(self, fd: i32, address: Out<'_>) -> Answer {
        let socket = self.kernel.sockets.get(self.kernel.socket_id(self.task, fd)?.0)?;
        if !matches!(socket.state, SocketState::Connected(_)) {
            return Err(Errno::ENOTCONN.into());
        }
        let encoded = shown(socket.domain, socket.remote).encode();
        address.put_cut(&encoded);
        Ok(encoded.len() as i64)
    }

    pub(crate) fn getsockopt(self, fd: i32, level: u32, option: u32, value: Out<'_>) -> Answer {
        let id = self.kernel.socket_id(self.task, fd)?.0;
        let socket = self.kernel.sockets.get_mut(id)?;
        if level != sock::SOL_SOCKET {
            return Err(Errno::ENOPROTOOPT.into());
        }
        let number = match option {
            sock::SO_ERROR => socket.error.take().map_or(0, |errno| u32::from(errno.number())),
            sock::SO_TYPE => sock::STREAM,
            sock::SO_ACCEPTCONN => u32::from(matches!(socket.state, SocketState::Listening(_))),
            _ => return Err(Errno::ENOPROTOOPT.into()),
        };
        Ok(value.put_cut(&number.to_le_bytes()) as i64)
    }

    pub(crate) fn setsockopt(self, fd: i32, level: u32, option: u32, _value: &[u8]) -> Answer {
        self.kernel.socket_id(self.task, fd)?;
        match (level, option) {
            (sock::SOL_SOCKET, sock::SO_REUSEADDR | sock::SO_KEEPALIVE)
            | (sock::IPPROTO_TCP, sock::TCP_NODELAY) => Ok(0),
            _ => Err(Errno::ENOPROTOOPT.into()),
        }
    }

    pub(crate) fn socketpair(self, domain: u32, kind: u32, fds: Out<'_>) -> Answer {
        if domain != sock::AF_UNIX {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let flags = stream_flags(kind)?;
        if fds.buf.len() < 8 {
            return Err(Errno::EFAULT.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(2)?;
        let (one, two) = self.kernel.sockets.add_pair(self.task);
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
            _ => Err(Errno::ENOTSOCK),
        }
    }

    /// accept4(2).
    pub(crate) fn accept(&mut self, task: TaskId, fd: i32, flags: u32) -> Answer<(Fd, SocketAddress)> {
        let (id, nonblocking) = self.socket_id(task, fd)?;
        let SocketState::Listening(listener) = &self.sockets.get(id)?.state else {
            return Err(Errno::EINVAL.into());
        };
        if listener.queue.is_empty() {
            return if nonblocking { Err(Errno::EAGAIN.into()) } else { block_on(WaitKey::SocketIn(id)) };
        }
        self.tasks.life(task)?.fds.require_room(1)?;
        let Socket { state: SocketState::Listening(listener), .. } = self.sockets.get_mut(id)? else {
            return Err(Errno::EINVAL.into());
        };
        let connection = listener.queue.pop_front().ok_or(Errno::EAGAIN)?;
        self.establish(id);
        let socket = self.sockets.get(connection)?;
        let peer = shown(socket.domain, socket.remote);
        let fd = self.install(task, File::Socket(connection), open::RDWR | flags)?;
        Ok((fd, peer))
    }

    /// Finds the listener and stands in its line.
    fn begin_connect(&mut self, id: SocketId, address: &[u8]) -> Result<(), Errno> {
        let domain = self.sockets.get(id)?.domain;
        let mut remote = internet_address(domain, address)?;
        if !is_local(remote.ip) {
            return Err(Errno::ENETUNREACH);
        }
        if remote.ip.is_unspecified() {
            remote.ip = match remote.ip {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            };
        }
        let listener_id = self.sockets.listener(remote).ok_or(Errno::ECONNREFUSED)?;
        if self.sockets.get(id)?.local.is_none() {
            self.sockets.bind(id, remote.ip, Port(0))?;
        }
        let socket = self.sockets.get_mut(id)?;
        socket.remote = Some(remote);
        socket.state = SocketState::Connecting { listener: listener_id };
        if let SocketState::Listening(listener) = &mut self.sockets.get_mut(listener_id)?.state {
            listener.connecting.push_back(id);
        }
        self.establish(listener_id);
        Ok(())
    }
}
