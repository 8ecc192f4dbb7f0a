//! Addresses of the loopback, and which socket holds which port.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6},
};

use oac_abi::{Errno, sockaddr::SocketAddress};

use super::{Domain, Kind, Socket, SocketId, Sockets, State, datagram::reachable};
use crate::{Kernel, Port};

/// An address on the loopback. IPv4 addresses mapped into IPv6 are kept as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) ip: IpAddr,
    pub(crate) port: Port,
}

impl Address {
    /// The address that an unspecified destination means: this machine.
    pub(crate) fn as_destination(self) -> Address {
        let ip = match self.ip {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        Address { ip, port: self.port }
    }
}

/// An address as a socket of a domain may use it.
///
/// # Errors
/// EAFNOSUPPORT for another family's; EINVAL for IPv4's on IPv6, which is shorter.
pub(crate) fn internet_address(domain: Domain, address: &SocketAddress) -> Result<Address, Errno> {
    match (address, domain) {
        (SocketAddress::V4(address), Domain::V4) => {
            Ok(Address { ip: IpAddr::V4(*address.ip()), port: Port(address.port()) })
        }
        (SocketAddress::V6(address), Domain::V6) => {
            let ip = address.ip().to_ipv4_mapped().map_or(IpAddr::V6(*address.ip()), IpAddr::V4);
            Ok(Address { ip, port: Port(address.port()) })
        }
        // What is shorter than an address of the own family is not looked at.
        (SocketAddress::V4(_), Domain::V6) => Err(Errno::EINVAL),
        (SocketAddress::Unix(name), Domain::V4) if name.len() < 14 => Err(Errno::EINVAL),
        (SocketAddress::Unix(name), Domain::V6) if name.len() < 22 => Err(Errno::EINVAL),
        _ => Err(Errno::EAFNOSUPPORT),
    }
}

/// An address as a socket of a domain shows it: IPv4 is mapped on an IPv6 socket.
pub(crate) fn shown(domain: Domain, address: Option<Address>) -> SocketAddress {
    let Address { ip, port } = address.unwrap_or(Address { ip: wildcard(domain), port: Port(0) });
    match (domain, ip) {
        (Domain::V6, IpAddr::V4(ip)) => {
            SocketAddress::V6(SocketAddrV6::new(ip.to_ipv6_mapped(), port.0, 0, 0))
        }
        (_, IpAddr::V6(ip)) => SocketAddress::V6(SocketAddrV6::new(ip, port.0, 0, 0)),
        (_, IpAddr::V4(ip)) => SocketAddress::V4(SocketAddrV4::new(ip, port.0)),
    }
}

pub(crate) fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

pub(crate) fn wildcard(domain: Domain) -> IpAddr {
    match domain {
        Domain::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

/// Where packets to an address come from.
fn source_for(destination: IpAddr) -> IpAddr {
    match destination {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

/// TCP and UDP have ports of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    fn of(kind: Kind) -> Protocol {
        if kind == Kind::Stream { Protocol::Tcp } else { Protocol::Udp }
    }
}

/// Sockets by the ports that they hold, in the order in which they came; accepted ones hold their listener's.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    holders: BTreeMap<(Protocol, Port), Vec<SocketId>>,
    next_ephemeral: u16,
}

/// Whether a socket bound so takes what is for an address; the higher the better it fits.
fn fit(socket: &Socket, to: Address) -> Option<u32> {
    let local = socket.local?;
    if local.ip == to.ip {
        return Some(3);
    }
    match (local.ip, to.ip) {
        (IpAddr::V4(ip), IpAddr::V4(_)) if ip.is_unspecified() => Some(2),
        (IpAddr::V6(ip), IpAddr::V6(_)) if ip.is_unspecified() => Some(2),
        // `::` takes IPv4 too, unless it was told not to.
        (IpAddr::V6(ip), IpAddr::V4(_)) if ip.is_unspecified() && !socket.options.v6_only => Some(1),
        _ => None,
    }
}

/// Whether two bound addresses want the same packets.
fn overlap(one: (IpAddr, bool), two: (IpAddr, bool)) -> bool {
    let covers = |(wide, v6_only): (IpAddr, bool), other: IpAddr| {
        wide.is_unspecified() && (wide.is_ipv4() == other.is_ipv4() || wide.is_ipv6() && !v6_only)
    };
    one.0 == two.0 || covers(one, two.0) || covers(two, one.0)
}

impl Sockets {
    /// Gives a socket an address and takes its port; port 0 takes an ephemeral one.
    ///
    /// # Errors
    /// EADDRINUSE.
    pub(crate) fn bind(&mut self, id: SocketId, ip: IpAddr, port: Port) -> Result<(), Errno> {
        let protocol = Protocol::of(self.get(id)?.kind);
        let port = if port.0 == 0 { self.ephemeral_port(protocol)? } else { port };
        if self.port_is_taken(id, ip, port)? {
            return Err(Errno::EADDRINUSE);
        }
        self.get_mut(id)?.local = Some(Address { ip, port });
        self.ports.holders.entry((protocol, port)).or_default().push(id);
        Ok(())
    }

    /// Whether another socket's hold on a port excludes this one's. socket(7), SO_REUSEADDR and SO_REUSEPORT.
    pub(crate) fn port_is_taken(&self, id: SocketId, ip: IpAddr, port: Port) -> Result<bool, Errno> {
        let socket = self.get(id)?;
        let conflicts = |other: &SocketId| {
            let Some(other) = self.sockets.get(other).filter(|_| *other != id) else { return false };
            let Some(local) = other.local else { return false };
            let (mine, theirs) = (&socket.options, &other.options);
            let listens = matches!(other.state, State::Listening(_));
            let shared =
                mine.reuse_address && theirs.reuse_address && !(listens && other.kind == Kind::Stream)
                    || mine.reuse_port && theirs.reuse_port;
            // One that was bound to `::` excludes IPv4's wildcard also when a connection has given it an address.
            let wide =
                other.bound.filter(|wide| wide.is_ipv6() && wide.is_unspecified() && ip.is_unspecified());
            let their_ip = wide.unwrap_or(local.ip);
            !shared && overlap((ip, mine.v6_only), (their_ip, theirs.v6_only))
        };
        let holders = self.ports.holders.get(&(Protocol::of(socket.kind), port));
        Ok(holders.into_iter().flatten().any(conflicts))
    }

    /// Takes a part in a port that another socket holds already: an accepted connection's.
    pub(crate) fn join_port(&mut self, id: SocketId) {
        let Some(socket) = self.sockets.get(&id) else { return };
        if let Some(local) = socket.local {
            self.ports.holders.entry((Protocol::of(socket.kind), local.port)).or_default().push(id);
        }
    }

    /// Gives a socket that is about to send or connect an address, unless it has one.
    ///
    /// # Errors
    /// EADDRINUSE when there is no port left.
    pub(crate) fn bind_to_reach(&mut self, id: SocketId, remote: Address) -> Result<(), Errno> {
        let socket = self.get_mut(id)?;
        match &mut socket.local {
            None => self.bind(id, source_for(remote.ip), Port(0)),
            Some(local) => {
                if local.ip.is_unspecified() {
                    local.ip = source_for(remote.ip);
                }
                Ok(())
            }
        }
    }

    /// bind(2).
    ///
    /// # Errors
    /// EINVAL when it has an address, EADDRNOTAVAIL for one of another machine, EADDRINUSE.
    pub(crate) fn bind_internet(&mut self, id: SocketId, address: &SocketAddress) -> Result<(), Errno> {
        let socket = self.get(id)?;
        let address = internet_address(socket.domain, address)?;
        if address.ip.is_ipv4() && socket.options.v6_only {
            return Err(Errno::EINVAL);
        }
        if !is_local(address.ip) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        // What a connection that is over left of its own choice may be replaced.
        let is_over = match socket.state {
            State::Idle => socket.connecting,
            State::Closed => true,
            _ => return Err(Errno::EINVAL),
        };
        if socket.local.is_some() && !(is_over && socket.bound.is_none()) {
            return Err(Errno::EINVAL);
        }
        self.leave_port(id);
        self.get_mut(id)?.local = None;
        self.bind(id, address.ip, address.port)?;
        self.get_mut(id)?.bound = Some(address.ip);
        Ok(())
    }

    /// Gives a socket that is to listen, or to send, a port on all addresses.
    ///
    /// # Errors
    /// EADDRINUSE when there is no port left.
    pub(crate) fn bind_anywhere(&mut self, id: SocketId) -> Result<(), Errno> {
        let ip = wildcard(self.get(id)?.domain);
        self.bind(id, ip, Port(0))
    }

    /// Gives up an address that the program did not choose.
    pub(crate) fn forget_unbound(&mut self, id: SocketId) {
        match self.get_mut(id) {
            Ok(Socket { bound: Some(ip), local: Some(local), .. }) => local.ip = *ip,
            Ok(Socket { bound: None, local: Some(_), .. }) => {
                self.leave_port(id);
                if let Ok(socket) = self.get_mut(id) {
                    socket.local = None;
                }
            }
            _ => {}
        }
    }

    /// Whether a connection between these two addresses exists already.
    pub(crate) fn is_connected(&self, local: Option<Address>, remote: Address) -> bool {
        let Some(local) = local else { return false };
        self.holders(Protocol::Tcp, local.port).filter_map(|id| self.sockets.get(id)).any(|socket| {
            let is_open = matches!(socket.state, State::Connected { .. } | State::Connecting { .. });
            is_open && socket.local == Some(local) && socket.remote == Some(remote)
        })
    }

    /// Where a TCP connection goes.
    ///
    /// # Errors
    /// ENETUNREACH, and as the address.
    pub(crate) fn tcp_destination(&self, id: SocketId, address: &SocketAddress) -> Result<Address, Errno> {
        let socket = self.get(id)?;
        reachable(socket, internet_address(socket.domain, address)?)
    }

    /// Where a TCP connection goes that leaves the container; `None` for one that does not.
    ///
    /// # Errors
    /// As the address; ENETUNREACH for IPv4 from a socket that has no part in it.
    pub(crate) fn outside_destination(
        &self,
        id: SocketId,
        address: &SocketAddress,
    ) -> Result<Option<Address>, Errno> {
        let socket = self.get(id)?;
        let to = internet_address(socket.domain, address)?;
        if is_local(to.ip) {
            return Ok(None);
        }
        if to.ip.is_ipv4() && socket.is_v6_only() { Err(Errno::ENETUNREACH) } else { Ok(Some(to)) }
    }

    fn ephemeral_port(&mut self, protocol: Protocol) -> Result<Port, Errno> {
        // Linux's net.ipv4.ip_local_port_range.
        const FIRST: u16 = 32768;
        const COUNT: u16 = 28232;
        for _ in 0..COUNT {
            let port = Port(FIRST + self.ports.next_ephemeral % COUNT);
            self.ports.next_ephemeral = (self.ports.next_ephemeral + 1) % COUNT;
            if !self.ports.holders.contains_key(&(protocol, port)) {
                return Ok(port);
            }
        }
        Err(Errno::EADDRINUSE)
    }

    /// Who listens for connections to an address: whose own address fits best; of several that share it (SO_REUSEPORT) one by
    /// the client's port.
    pub(crate) fn listener(&self, to: Address, client: Port) -> Option<SocketId> {
        let listens = |id: &SocketId| {
            let socket = self.sockets.get(id)?;
            matches!(socket.state, State::Listening(_)).then(|| Some((fit(socket, to)?, *id)))?
        };
        let fitting: Vec<_> = self.holders(Protocol::Tcp, to.port).filter_map(listens).collect();
        let best = fitting.iter().map(|(fit, _)| *fit).max()?;
        let equal: Vec<_> = fitting.iter().filter(|(fit, _)| *fit == best).collect();
        equal.get(usize::from(client.0) % equal.len()).map(|(_, id)| *id)
    }

    /// Who takes a datagram: one connected to its sender before one that is not, then whose address fits best, then the youngest.
    pub(crate) fn datagram_receiver(&self, to: Address, from: Address) -> Option<SocketId> {
        let takes = |id: &SocketId| {
            let socket = self.sockets.get(id)?;
            let connected = match socket.remote {
                Some(remote) if remote == from => 10,
                Some(_) => return None,
                None => 0,
            };
            Some((fit(socket, to)? + connected, *id))
        };
        self.holders(Protocol::Udp, to.port).filter_map(takes).max_by_key(|(fit, _)| *fit).map(|(_, id)| id)
    }

    fn holders(&self, protocol: Protocol, port: Port) -> impl Iterator<Item = &SocketId> {
        self.ports.holders.get(&(protocol, port)).into_iter().flatten()
    }

    /// Takes a socket out of its port. Gives the port when it is TCP's.
    pub(crate) fn leave_port(&mut self, id: SocketId) -> Option<Port> {
        let socket = self.sockets.get(&id)?;
        let (protocol, port) = (Protocol::of(socket.kind), socket.local?.port);
        let holders = self.ports.holders.get_mut(&(protocol, port))?;
        holders.retain(|&holder| holder != id);
        if holders.is_empty() {
            self.ports.holders.remove(&(protocol, port));
        }
        (protocol == Protocol::Tcp).then_some(port)
    }

    pub(crate) fn listens_on(&self, port: Port) -> bool {
        self.listener_of(port).is_some()
    }

    fn listener_of(&self, port: Port) -> Option<&Socket> {
        self.holders(Protocol::Tcp, port)
            .filter_map(|id| self.sockets.get(id))
            .find(|socket| matches!(socket.state, State::Listening(_)))
    }
}

impl Kernel {
    /// Where a host connects to reach whoever listens on a port, be it on `127.0.0.1`, `0.0.0.0`, `::1` or `::`.
    /// When nobody does: `127.0.0.1`, where the connection is refused.
    pub fn port_address(&self, port: Port) -> SocketAddress {
        let listener = self.sockets.listener_of(port).and_then(|socket| socket.local);
        let address = listener.unwrap_or(Address { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port });
        let domain = if address.ip.is_ipv6() { Domain::V6 } else { Domain::V4 };
        shown(domain, Some(address.as_destination()))
    }
}
