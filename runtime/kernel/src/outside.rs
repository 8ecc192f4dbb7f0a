//! The network outside: names and connections, by capability. What carries them is the host's: sockets of its own, or the
//! gateway (`gateway/`) where it can only fetch.
//!
//! A name gets an address of 198.18.0.0/15 (RFC 2544), so that it survives until somebody connects to it; hosts resolve names, and only
//! such as a task may reach. A connection is a socket whose other end an actor of the host's has, which copies between it and the world.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddrV4},
};

use oac_abi::{
    Errno,
    bounds::{LOOKUPS_MAX, OUTSIDE_CONNECTIONS_MAX, OUTSIDE_NAME_BYTES_MAX, OUTSIDE_NAMES_MAX},
    flags::open,
    sockaddr::SocketAddress,
};

use crate::{
    HostRequest, Kernel, NetworkCapability, Outside, TaskId,
    answer::Answer,
    description::File,
    dispatch::Sys,
    fetch::permits_host,
    pipe::PipeId,
    socket::{Address, Kind, SocketId, State},
};

/// A connection to the outside that the host is making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A name that the host is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupId(pub u64);

/// Names, and what the host is busy with.
#[derive(Debug, Default)]
pub(crate) struct World {
    names: BTreeMap<String, Ipv4Addr>,
    addresses: BTreeMap<Ipv4Addr, String>,
    connecting: BTreeMap<ConnectionId, SocketId>,
    /// The ends of the connections that there are, as the host has them.
    ends: Vec<SocketId>,
    lookups: BTreeMap<LookupId, (PipeId, String)>,
    last: u64,
}

const FIRST_NAME: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);

/// Whether an address stands for a name.
fn is_synthetic(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 198 && ip.octets()[1] & 0xfe == 18)
}

impl World {
    /// The address that stands for a name.
    ///
    /// # Errors
    /// ENOMEM: there are too many names.
    fn address_of(&mut self, name: &str) -> Result<Ipv4Addr, Errno> {
        if let Some(address) = self.names.get(name) {
            return Ok(*address);
        }
        if self.names.len() >= OUTSIDE_NAMES_MAX {
            return Err(Errno::ENOMEM);
        }
        let address = Ipv4Addr::from_bits(FIRST_NAME.to_bits() + self.names.len() as u32 + 1);
        self.names.insert(name.to_owned(), address);
        self.addresses.insert(address, name.to_owned());
        Ok(address)
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

/// A name in lower case, without the dot that ends a full one.
///
/// # Errors
/// EINVAL for what no host is called.
fn checked_name(name: &[u8]) -> Result<String, Errno> {
    let name = std::str::from_utf8(name).map_err(|_| Errno::EINVAL)?;
    let name = name.strip_suffix('.').unwrap_or(name);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if name.is_empty() || name.len() > OUTSIDE_NAME_BYTES_MAX || !name.bytes().all(fits) {
        return Err(Errno::EINVAL);
    }
    Ok(name.to_ascii_lowercase())
}

impl Sys<'_> {
    /// The answer comes through a pipe, so that programs can wait for it beside other things.
    pub(crate) fn resolve(self, name: &[u8], flags: u32) -> Answer {
        if flags & !(open::NONBLOCK | open::CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let name = checked_name(name)?;
        let network = &self.kernel.capabilities(self.task)?.network;
        if self.kernel.config.outside == Outside::Nothing {
            return Err(Errno::ENETUNREACH.into());
        }
        if !names_host(network, &name) {
            return Err(Errno::EACCES.into());
        }
        if self.kernel.world_outside.lookups.len() >= LOOKUPS_MAX {
            return Err(Errno::EAGAIN.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(1)?;
        self.kernel.require_channel()?;
        let pipe = self.kernel.pipes.add();
        let fd = self.kernel.install(self.task, File::PipeReader(pipe), flags | open::RDONLY)?;
        let id = LookupId(self.kernel.world_outside.next());
        self.kernel.world_outside.lookups.insert(id, (pipe, name.clone()));
        match self.kernel.config.outside {
            Outside::Sockets => self.kernel.requests.push_back(HostRequest::Resolve { id, name }),
            // A host that can only fetch knows no names.
            _ => self.kernel.resolved(id, Ok(())),
        }
        Ok(i64::from(fd.0))
    }
}

/// Whether any port of a host is allowed.
fn names_host(network: &NetworkCapability, name: &str) -> bool {
    match network {
        NetworkCapability::Any => true,
        NetworkCapability::Denied => false,
        NetworkCapability::Hosts(rules) => rules.iter().any(|rule| {
            let port = rule.rsplit_once(':').map_or("0", |(_, port)| port);
            permits_host(network, name, port).is_ok()
        }),
    }
}

impl Kernel {
    /// Whether a name exists. Programs get an address that stands for it.
    pub fn resolved(&mut self, id: LookupId, result: Result<(), Errno>) {
        let Some((pipe, name)) = self.world_outside.lookups.remove(&id) else { return };
        let address = result.and_then(|()| self.world_outside.address_of(&name));
        let answer = match address {
            Ok(address) => SocketAddress::V4(SocketAddrV4::new(address, 0)).encode(),
            Err(errno) => i32::from(errno.number()).to_le_bytes().to_vec(),
        };
        // Whoever asked may have gone; then nobody reads it.
        let _ = self.pipes.put(pipe, &answer);
        self.pipe_close(pipe, true);
    }

    /// Has the host connect a socket to an address that is not this container's.
    ///
    /// # Errors
    /// ENETUNREACH where there is no outside, EACCES without the capability, ENOBUFS when there are too many connections.
    pub(crate) fn connect_outside(&mut self, task: TaskId, id: SocketId, to: Address) -> Result<(), Errno> {
        if self.config.outside == Outside::Nothing {
            return Err(Errno::ENETUNREACH);
        }
        let host = match (self.name_of(to.ip), to.ip) {
            (Some(name), _) => name,
            (None, ip) if is_synthetic(ip) => return Err(Errno::EHOSTUNREACH),
            (None, IpAddr::V4(ip)) => ip.to_string(),
            (None, IpAddr::V6(ip)) => format!("[{ip}]"),
        };
        permits_host(&self.capabilities(task)?.network, &host, &to.port.0.to_string())?;
        let world = &mut self.world_outside;
        let sockets = &self.sockets;
        world.ends.retain(|end| sockets.get(*end).is_ok());
        if world.connecting.len() + world.ends.len() + self.gateway.len() >= OUTSIDE_CONNECTIONS_MAX {
            return Err(Errno::ENOBUFS);
        }
        self.require_channel()?;
        self.sockets.bind_to_reach(id, to)?;
        let socket = self.sockets.get_mut(id)?;
        (socket.connecting, socket.remote, socket.error) = (true, Some(to), None);
        socket.state = State::Connecting { listener: None };
        if self.config.outside == Outside::Gateway {
            return self.open_gate(task, id, host, to.port.0);
        }
        let connection = ConnectionId(self.world_outside.next());
        self.world_outside.connecting.insert(connection, id);
        self.requests.push_back(HostRequest::Connect { id: connection, task, host, port: to.port });
        Ok(())
    }

    /// The name that an address stands for.
    pub(crate) fn name_of(&self, ip: IpAddr) -> Option<String> {
        match ip {
            IpAddr::V4(ip) => self.world_outside.addresses.get(&ip).cloned(),
            IpAddr::V6(_) => None,
        }
    }

    /// A connection is there: gives its other end to an actor of the host's, as a descriptor.
    ///
    /// # Errors
    /// ECANCELED when nobody wants it any more; EMFILE.
    pub fn connected(&mut self, id: ConnectionId, actor: TaskId) -> Result<i32, Errno> {
        let near = self.world_outside.connecting.remove(&id).ok_or(Errno::ECANCELED)?;
        let socket = self.sockets.get(near).map_err(|_| Errno::ECANCELED)?;
        if !matches!(socket.state, State::Connecting { listener: None }) {
            return Err(Errno::ECANCELED);
        }
        let (domain, local, remote) = (socket.domain, socket.local, socket.remote);
        let far = self.sockets.add(domain, Kind::Stream, actor);
        let fd = self.install(actor, File::Socket(far), open::RDWR | open::CLOEXEC)?;
        if let Ok(socket) = self.sockets.get_mut(far) {
            socket.state = State::Connected { peer: Some(near) };
            (socket.local, socket.remote) = (remote, local);
        }
        self.sockets.get_mut(near)?.state = State::Connected { peer: Some(far) };
        self.world_outside.ends.push(far);
        self.socket_changed(near);
        Ok(fd.0 as i32)
    }

    /// Why there is no connection.
    pub fn connect_failed(&mut self, id: ConnectionId, errno: Errno) {
        let Some(near) = self.world_outside.connecting.remove(&id) else { return };
        self.tcp_refuse(near);
        if let Ok(socket) = self.sockets.get_mut(near) {
            socket.error = Some(errno);
        }
    }

    /// Nobody waits for a connection any more.
    pub(crate) fn give_up_connecting(&mut self, socket: SocketId) {
        let found = self.world_outside.connecting.iter().find(|(_, id)| **id == socket);
        if let Some((&id, _)) = found {
            self.world_outside.connecting.remove(&id);
            self.requests.push_back(HostRequest::ConnectCancel { id });
        }
    }

    /// Whether the other end of an actor's connection is closed, and not only finished: then nobody reads what is sent any more.
    pub fn other_end_is_gone(&self, actor: TaskId, fd: i32) -> bool {
        let Ok((id, _)) = self.socket_id(actor, fd) else { return true };
        let Ok(socket) = self.sockets.get(id) else { return true };
        match socket.state {
            State::Connected { peer: Some(peer) } => self.sockets.get(peer).is_err(),
            _ => true,
        }
    }
}
