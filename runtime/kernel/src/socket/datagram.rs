//! Messages: UDP, and Unix datagrams and sequenced packets.

use std::net::{IpAddr, Ipv4Addr};

use oac_abi::{
    Errno,
    bounds::{MESSAGE_COST_BYTES, UNIX_MESSAGES_MAX},
    flags::message,
    sockaddr::SocketAddress,
};

use super::{
    Domain, Inbox, Kind, Socket, SocketId, State,
    ports::{Address, internet_address, is_local, shown, wildcard},
    stream::{Receive, Received, Transfer},
};
use crate::{
    Kernel, NetworkCapability, Outside, TaskId, answer::Answer, description::DescriptionId,
    wait_queue::WaitKey,
};

/// UDP's headers leave this much of an IP packet's 65535 bytes.
const UDP_BYTES_MAX: (usize, usize) = (65_507, 65_527);
/// What Linux keeps of a Unix socket's send buffer for itself.
const UNIX_OVERHEAD_BYTES: usize = 32;

/// Where a message comes from.
#[derive(Clone, Debug)]
pub(crate) enum Sender {
    Internet(Address),
    /// And its name; empty when it has none.
    Unix(SocketId, Vec<u8>),
}

/// A message in an inbox.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) from: Sender,
    pub(crate) rights: Vec<DescriptionId>,
}

impl Message {
    /// What it takes of an inbox: a message without bytes takes something too.
    fn cost_bytes(len: usize) -> usize {
        len + MESSAGE_COST_BYTES
    }
}

impl Socket {
    fn inbox_cost_bytes(&self) -> usize {
        match &self.inbox {
            Inbox::Messages { queue } => {
                queue.iter().map(|message| Message::cost_bytes(message.bytes.len())).sum()
            }
            Inbox::Bytes { queue, .. } => queue.len(),
        }
    }

    /// Whether a Unix socket takes another message from a sender. unix(7); net.unix.max_dgram_qlen, which does not count between
    /// two that are connected to each other.
    pub(super) fn has_message_room(&self, sender: SocketId) -> bool {
        let Inbox::Messages { queue } = &self.inbox else { return false };
        if self.peer() == Some(sender) || self.is_udp() {
            return self.inbox_cost_bytes() < self.options.receive_bytes as usize;
        }
        queue.len() < UNIX_MESSAGES_MAX
    }
}

impl Kernel {
    /// recv(2) of a message.
    pub(super) fn message_receive(&mut self, id: SocketId, receive: Receive<'_>) -> Answer<Received> {
        let Receive { task, nonblocking, buf, flags } = receive;
        let socket = self.sockets.get_mut(id)?;
        if socket.kind == Kind::SeqPacket && !matches!(socket.state, State::Connected { .. }) {
            return Err(Errno::ENOTCONN.into());
        }
        if let Some(errno) = socket.error.take() {
            return Err(errno.into());
        }
        let (domain, read_shut, kind) = (socket.domain, socket.read_shut, socket.kind);
        let timeout = (socket.options.receive_timeout_ns, Errno::EAGAIN);
        let Inbox::Messages { queue } = &mut socket.inbox else { return Err(Errno::EINVAL.into()) };
        let Some(first) = queue.front_mut() else {
            return match (read_shut, nonblocking) {
                (true, true) if kind == Kind::SeqPacket => Ok(Received::default()),
                (true, false) => Ok(Received::default()),
                (_, true) => Err(Errno::EAGAIN.into()),
                (false, false) => Err(self.socket_wait(task, &[WaitKey::SocketIn(id)], timeout, 0)),
            };
        };
        let filled = buf.len().min(first.bytes.len());
        buf[..filled].copy_from_slice(&first.bytes[..filled]);
        let is_cut = filled < first.bytes.len();
        let from = match &first.from {
            Sender::Internet(from) => Some(shown(domain, Some(*from))),
            Sender::Unix(_, name) if name.is_empty() => None,
            Sender::Unix(_, name) => Some(SocketAddress::Unix(name.clone())),
        };
        let len = if flags & message::TRUNC != 0 { first.bytes.len() } else { filled };
        let is_record = kind == Kind::SeqPacket;
        let mut received = Received { filled, len, from, is_cut, is_record, rights: Vec::new() };
        if flags & message::PEEK != 0 {
            received.rights.clone_from(&first.rights);
            self.share_rights(&received.rights);
        } else {
            received.rights = queue.pop_front().map(|message| message.rights).unwrap_or_default();
            self.sockets_give_rights(&received.rights);
            self.waits.wake(WaitKey::SocketRoom(id));
        }
        Ok(received)
    }

    /// send(2) of a UDP datagram. What finds no receiver, or no room there, is lost.
    pub(super) fn udp_send(&mut self, id: SocketId, transfer: Transfer<'_>) -> Answer<usize> {
        // Even one that fails has an address afterwards.
        if self.sockets.get(id)?.local.is_none() {
            self.sockets.bind_anywhere(id)?;
        }
        let socket = self.sockets.get(id)?;
        let len = transfer.input.len();
        if len > usize::from(u16::MAX) {
            return Err(Errno::EMSGSIZE.into());
        }
        let to = match transfer.to {
            Some(address) => udp_address(socket, address)?,
            None => socket.remote.ok_or(Errno::EDESTADDRREQ)?,
        };
        if to.port.0 == 0 {
            return Err(Errno::EINVAL.into());
        }
        let to = match reachable(socket, to) {
            Err(Errno::ENETUNREACH) => return Err(self.unreachable(transfer.task)?.into()),
            to => to?,
        };
        let len_max = if to.ip.is_ipv4() { UDP_BYTES_MAX.0 } else { UDP_BYTES_MAX.1 };
        if len > len_max {
            return Err(Errno::EMSGSIZE.into());
        }
        let socket = self.sockets.get_mut(id)?;
        if let Some(errno) = socket.error.take() {
            return Err(errno.into());
        }
        if socket.write_shut {
            return Err(Errno::EPIPE.into());
        }
        let (local, remote) = (socket.local, socket.remote);
        let local = local.ok_or(Errno::EADDRNOTAVAIL)?;
        // An IPv6 socket that is connected sends by IPv4 too, from where that comes from.
        let from = if local.ip.is_unspecified() || local.ip.is_ipv4() != to.ip.is_ipv4() {
            Address { ip: Address { ip: to_wildcard(to.ip), ..to }.as_destination().ip, port: local.port }
        } else {
            local
        };
        match self.sockets.datagram_receiver(to, from) {
            Some(receiver) => self.deliver_datagram(receiver, transfer.input, from)?,
            // The ICMP message that nobody is there reaches only who is connected to there. ip(7).
            None if remote == Some(to) => {
                self.sockets.get_mut(id)?.error = Some(Errno::ECONNREFUSED);
                self.socket_changed(id);
            }
            None => {}
        }
        Ok(len)
    }

    /// Why a datagram does not leave the container: no host carries them; but first comes whether the task may send any.
    fn unreachable(&self, task: TaskId) -> Result<Errno, Errno> {
        let denied = self.capabilities(task)?.network == NetworkCapability::Denied;
        let has_outside = self.config.outside != Outside::Nothing;
        Ok(if has_outside && denied { Errno::EACCES } else { Errno::ENETUNREACH })
    }

    fn deliver_datagram(&mut self, receiver: SocketId, bytes: &[u8], from: Address) -> Result<(), Errno> {
        let socket = self.sockets.get_mut(receiver)?;
        if socket.inbox_cost_bytes() >= socket.options.receive_bytes as usize {
            return Ok(());
        }
        let Inbox::Messages { queue } = &mut socket.inbox else { return Ok(()) };
        let from = Sender::Internet(from);
        queue.push_back(Message { bytes: bytes.to_vec(), from, rights: Vec::new() });
        self.waits.wake(WaitKey::SocketIn(receiver));
        Ok(())
    }

    /// connect(2) of a UDP socket: sets where it sends to, and from whom it receives.
    pub(crate) fn udp_connect(&mut self, id: SocketId, address: &SocketAddress) -> Result<(), Errno> {
        // Even one that fails has an address afterwards.
        if self.sockets.get(id)?.local.is_none() {
            self.sockets.bind_anywhere(id)?;
        }
        let socket = self.sockets.get(id)?;
        if matches!(address, SocketAddress::V4(_)) && socket.is_v6_only() {
            return Err(Errno::EAFNOSUPPORT);
        }
        let to = reachable(socket, udp_address(socket, address)?)?;
        self.sockets.bind_to_reach(id, to)?;
        let socket = self.sockets.get_mut(id)?;
        socket.remote = Some(to);
        socket.state = State::Connected { peer: None };
        Ok(())
    }

    /// send(2) of a Unix message.
    pub(super) fn unix_message_send(&mut self, id: SocketId, transfer: Transfer<'_>) -> Answer<usize> {
        let socket = self.sockets.get_mut(id)?;
        let kind = socket.kind;
        if kind == Kind::SeqPacket
            && let Some(errno) = socket.error.take()
        {
            return Err(errno.into());
        }
        let to = if kind == Kind::SeqPacket { None } else { transfer.to };
        let peer = socket.peer();
        if kind == Kind::SeqPacket && peer.is_none() {
            return Err(Errno::ENOTCONN.into());
        }
        if transfer.input.len() > socket.options.send_bytes as usize - UNIX_OVERHEAD_BYTES {
            return Err(Errno::EMSGSIZE.into());
        }
        if let Some(errno) = socket.error.take() {
            return Err(errno.into());
        }
        if socket.write_shut {
            return Err(Errno::EPIPE.into());
        }
        let receiver_id = match (to, peer) {
            (Some(address), _) => self.unix_target(transfer.task, address, kind)?,
            (None, Some(peer)) => peer,
            (None, None) => return Err(Errno::ENOTCONN.into()),
        };
        let socket = self.sockets.get(id)?;
        let name = socket.name.as_ref().map(|name| name.shown.clone()).unwrap_or_default();
        let from = Sender::Unix(id, name);
        let timeout = (socket.options.send_timeout_ns, Errno::EAGAIN);
        let Ok(receiver) = self.sockets.get_mut(receiver_id) else {
            return Err(self.unix_peer_is_gone(id, kind, to.is_some()).into());
        };
        if receiver.peer().is_some_and(|peer| peer != id) {
            return Err(Errno::EPERM.into());
        }
        if receiver.read_shut {
            return Err(Errno::EPIPE.into());
        }
        if !receiver.has_message_room(id) {
            return if transfer.nonblocking {
                Err(Errno::EAGAIN.into())
            } else {
                Err(self.socket_wait(
                    transfer.task,
                    &[WaitKey::SocketRoom(receiver_id), WaitKey::SocketOut(id)],
                    timeout,
                    0,
                ))
            };
        }
        if let Inbox::Messages { queue } = &mut receiver.inbox {
            let (bytes, rights) = (transfer.input.to_vec(), transfer.rights.to_vec());
            queue.push_back(Message { bytes, from, rights });
        }
        self.take_rights(transfer.rights);
        self.waits.wake(WaitKey::SocketIn(receiver_id));
        Ok(transfer.input.len())
    }

    /// The receiver of a message has been closed: a datagram socket forgets that it was connected.
    fn unix_peer_is_gone(&mut self, id: SocketId, kind: Kind, was_named: bool) -> Errno {
        if kind == Kind::SeqPacket {
            return Errno::EPIPE;
        }
        if !was_named {
            // It is a datagram socket, which can be disconnected; what has come to it is lost with that.
            let _ = self.unix_disconnect(id);
        }
        Errno::ECONNREFUSED
    }
}

fn to_wildcard(ip: IpAddr) -> IpAddr {
    wildcard(if ip.is_ipv4() { Domain::V4 } else { Domain::V6 })
}

/// An IPv6 socket may name IPv4's addresses as such, too.
fn udp_address(socket: &Socket, address: &SocketAddress) -> Result<Address, Errno> {
    match (address, socket.domain) {
        (SocketAddress::V4(_), Domain::V6) => internet_address(Domain::V4, address),
        (_, domain) => internet_address(domain, address),
    }
}

/// A destination that there is on a loopback.
///
/// # Errors
/// EACCES for a broadcast that was not asked for, ENETUNREACH.
pub(crate) fn reachable(socket: &Socket, to: Address) -> Result<Address, Errno> {
    match to.ip {
        IpAddr::V4(ip) if ip.is_broadcast() && !socket.options.broadcast && socket.is_udp() => {
            Err(Errno::EACCES)
        }
        IpAddr::V4(_) if socket.is_v6_only() => Err(Errno::ENETUNREACH),
        ip if !is_local(ip) => Err(Errno::ENETUNREACH),
        // The address that it has itself, if it has one.
        IpAddr::V4(ip) if ip.is_unspecified() => match socket.local {
            Some(local) if local.ip.is_ipv4() && !local.ip.is_unspecified() => {
                Ok(Address { ip: local.ip, port: to.port })
            }
            _ => Ok(to.as_destination()),
        },
        // To a socket that is bound to IPv4, `::` is this machine by IPv4.
        IpAddr::V6(ip) if ip.is_unspecified() && socket.local.is_some_and(|local| local.ip.is_ipv4()) => {
            Ok(Address { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: to.port })
        }
        IpAddr::V6(_) if socket.local.is_some_and(|local| local.ip.is_ipv4()) => Err(Errno::EAFNOSUPPORT),
        _ => Ok(to.as_destination()),
    }
}
