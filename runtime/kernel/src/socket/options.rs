//! Socket options. socket(7), tcp(7), ip(7), ipv6(7).

use oac_abi::{Errno, bounds::SOCKET_BYTES, flags::socket as sock};

use super::{Domain, Inbox, Kind, Socket, State};

/// What setsockopt(2) has set.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) reuse_address: bool,
    pub(crate) reuse_port: bool,
    pub(crate) v6_only: bool,
    pub(crate) broadcast: bool,
    /// SO_LINGER: close waits, or with 0 resets the connection. `None`: off.
    pub(crate) linger_s: Option<i32>,
    pub(crate) send_bytes: u32,
    pub(crate) receive_bytes: u32,
    is_receive_set: bool,
    pub(crate) receive_timeout_ns: Option<u64>,
    pub(crate) send_timeout_ns: Option<u64>,
    /// What changes nothing on a loopback is kept to be shown: level, option, value.
    kept: Vec<(u32, u32, i32)>,
}

/// net.core.wmem_max, and the most that SO_SNDBUF and SO_RCVBUF take, before they are doubled.
const BUFFER_BYTES_MAX: u32 = 212_992;
const SEND_BYTES_MIN: u32 = 4608;
const RECEIVE_BYTES_MIN: u32 = 2304;

/// Options that are kept and shown: level, option, least and greatest value, what it is at first. A truth value is 0 to 1.
const KEPT: [(u32, u32, i32, i32, i32); 13] = [
    (sock::SOL_SOCKET, sock::SO_KEEPALIVE, 0, 1, 0),
    (sock::IPPROTO_TCP, sock::TCP_NODELAY, 0, 1, 0),
    (sock::IPPROTO_TCP, sock::TCP_KEEPIDLE, 1, 32767, 7200),
    (sock::IPPROTO_TCP, sock::TCP_KEEPINTVL, 1, 32767, 75),
    (sock::IPPROTO_TCP, sock::TCP_KEEPCNT, 1, 127, 9),
    (sock::IPPROTO_IP, sock::IP_TOS, 0, 255, 0),
    (sock::IPPROTO_IP, sock::IP_TTL, 1, 255, 64),
    (sock::IPPROTO_IP, sock::IP_MULTICAST_TTL, 0, 255, 1),
    (sock::IPPROTO_IP, sock::IP_MULTICAST_LOOP, 0, 1, 1),
    (sock::IPPROTO_IPV6, sock::IPV6_UNICAST_HOPS, -1, 255, 64),
    (sock::IPPROTO_IPV6, sock::IPV6_MULTICAST_HOPS, -1, 255, 1),
    (sock::IPPROTO_IPV6, sock::IPV6_MULTICAST_LOOP, 0, 1, 1),
    (sock::IPPROTO_TCP, sock::TCP_USER_TIMEOUT, 0, i32::MAX, 0),
];

impl Options {
    pub(crate) fn new(domain: Domain, kind: Kind) -> Options {
        // Linux's defaults.
        let (send_bytes, receive_bytes) = match (domain, kind) {
            (Domain::V4 | Domain::V6, Kind::Stream) => (16_384, 131_072),
            _ => (BUFFER_BYTES_MAX, BUFFER_BYTES_MAX),
        };
        Options {
            reuse_address: false,
            reuse_port: false,
            v6_only: false,
            broadcast: false,
            linger_s: None,
            send_bytes,
            receive_bytes,
            is_receive_set: false,
            receive_timeout_ns: None,
            send_timeout_ns: None,
            kept: Vec::new(),
        }
    }

    /// How many bytes a stream's inbox holds.
    pub(crate) fn stream_bytes(&self) -> usize {
        if self.is_receive_set { SOCKET_BYTES.min(self.receive_bytes as usize) } else { SOCKET_BYTES }
    }
}

fn number(value: &[u8]) -> Result<i32, Errno> {
    let bytes = value.first_chunk::<4>().ok_or(Errno::EINVAL)?;
    Ok(i32::from_le_bytes(*bytes))
}

/// `struct timeval`; zero is none.
fn timeout_ns(value: &[u8]) -> Result<Option<u64>, Errno> {
    let word = |at: usize| {
        let bytes = value.get(at..at + 8).and_then(<[u8]>::first_chunk::<8>).ok_or(Errno::EINVAL)?;
        Ok::<_, Errno>(i64::from_le_bytes(*bytes))
    };
    let (seconds, microseconds) = (word(0)?, word(8)?);
    if !(0..1_000_000).contains(&microseconds) {
        return Err(Errno::EDOM);
    }
    let total_ns =
        u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000) + microseconds as u64 * 1_000;
    Ok((total_ns > 0).then_some(total_ns))
}

fn timeval(timeout_ns: Option<u64>) -> Vec<u8> {
    let total_us = timeout_ns.unwrap_or(0) / 1_000;
    [(total_us / 1_000_000).to_le_bytes(), (total_us % 1_000_000).to_le_bytes()].concat()
}

impl Socket {
    /// Options of a protocol that a socket does not speak are unknown to it.
    fn speaks(&self, level: u32) -> bool {
        match level {
            sock::SOL_SOCKET => true,
            sock::IPPROTO_TCP => self.is_tcp(),
            sock::IPPROTO_IP => self.domain != Domain::Unix,
            sock::IPPROTO_IPV6 => self.domain == Domain::V6,
            _ => false,
        }
    }

    fn kept(&self, level: u32, option: u32) -> Option<&'static (u32, u32, i32, i32, i32)> {
        KEPT.iter().find(|kept| self.speaks(level) && (kept.0, kept.1) == (level, option))
    }

    /// What getsockopt(2) gives.
    ///
    /// # Errors
    /// ENOPROTOOPT; EOPNOTSUPP for another protocol's of a Unix socket.
    pub(crate) fn option(&mut self, level: u32, option: u32) -> Result<Vec<u8>, Errno> {
        if self.domain == Domain::Unix && level != sock::SOL_SOCKET {
            return Err(Errno::EOPNOTSUPP);
        }
        if let Some(&(_, _, _, _, first)) = self.kept(level, option) {
            let set = self.options.kept.iter().find(|kept| (kept.0, kept.1) == (level, option));
            return Ok(set.map_or(first, |kept| kept.2).to_le_bytes().to_vec());
        }
        let options = &self.options;
        let number = match (level, option) {
            (sock::IPPROTO_IPV6, sock::IPV6_V6ONLY) if self.domain == Domain::V6 => {
                u32::from(options.v6_only)
            }
            (sock::SOL_SOCKET, sock::SO_ERROR) => {
                self.error.take().map_or(0, |errno| u32::from(errno.number()))
            }
            (sock::SOL_SOCKET, sock::SO_TYPE) => match self.kind {
                Kind::Stream => sock::STREAM,
                Kind::Datagram => sock::DGRAM,
                Kind::SeqPacket => sock::SEQPACKET,
            },
            (sock::SOL_SOCKET, sock::SO_DOMAIN) => match self.domain {
                Domain::Unix => sock::AF_UNIX,
                Domain::V4 => sock::AF_INET,
                Domain::V6 => sock::AF_INET6,
            },
            (sock::SOL_SOCKET, sock::SO_PROTOCOL) => match (self.domain, self.kind) {
                (Domain::Unix, _) => 0,
                (_, Kind::Stream) => sock::IPPROTO_TCP,
                _ => sock::IPPROTO_UDP,
            },
            (sock::SOL_SOCKET, sock::SO_ACCEPTCONN) => u32::from(matches!(self.state, State::Listening(_))),
            (sock::SOL_SOCKET, sock::SO_REUSEADDR) => u32::from(options.reuse_address),
            (sock::SOL_SOCKET, sock::SO_REUSEPORT) => u32::from(options.reuse_port),
            (sock::SOL_SOCKET, sock::SO_BROADCAST) => u32::from(options.broadcast),
            (sock::SOL_SOCKET, sock::SO_SNDBUF) => options.send_bytes,
            (sock::SOL_SOCKET, sock::SO_RCVBUF) => options.receive_bytes,
            (sock::SOL_SOCKET, sock::SO_RCVTIMEO) => return Ok(timeval(options.receive_timeout_ns)),
            (sock::SOL_SOCKET, sock::SO_SNDTIMEO) => return Ok(timeval(options.send_timeout_ns)),
            (sock::SOL_SOCKET, sock::SO_LINGER) => {
                let (on, seconds) = (i32::from(options.linger_s.is_some()), options.linger_s.unwrap_or(0));
                return Ok([on.to_le_bytes(), seconds.to_le_bytes()].concat());
            }
            (sock::SOL_SOCKET, sock::SO_PEERCRED) => return Ok(self.peer_credentials()),
            _ => return Err(Errno::ENOPROTOOPT),
        };
        Ok(number.to_le_bytes().to_vec())
    }

    /// `struct ucred`: pid, uid, gid. Nobody's has the pid 0 and the ids -1.
    fn peer_credentials(&self) -> Vec<u8> {
        let (pid, uid, gid) = match self.credentials {
            Some(peer) => (peer.task.0, peer.uid, peer.gid),
            None => (0, u32::MAX, u32::MAX),
        };
        [pid.to_le_bytes(), uid.to_le_bytes(), gid.to_le_bytes()].concat()
    }

    /// setsockopt(2).
    ///
    /// # Errors
    /// ENOPROTOOPT; EINVAL for a value that is too short or out of range, EDOM for a timeout that is none.
    pub(crate) fn set_option(&mut self, level: u32, option: u32, value: &[u8]) -> Result<(), Errno> {
        if self.domain == Domain::Unix && level != sock::SOL_SOCKET {
            return Err(Errno::EOPNOTSUPP);
        }
        if let Some(&(_, _, least, greatest, _)) = self.kept(level, option) {
            let number = number(value)?;
            let number = if (least, greatest) == (0, 1) { i32::from(number != 0) } else { number };
            if !(least..=greatest).contains(&number) {
                return Err(Errno::EINVAL);
            }
            self.options.kept.retain(|kept| (kept.0, kept.1) != (level, option));
            self.options.kept.push((level, option, number));
            return Ok(());
        }
        if (level, option) == (sock::IPPROTO_IPV6, sock::IPV6_V6ONLY) && self.domain == Domain::V6 {
            if self.local.is_some() {
                return Err(Errno::EINVAL);
            }
            self.options.v6_only = number(value)? != 0;
            return Ok(());
        }
        if level != sock::SOL_SOCKET {
            return Err(Errno::ENOPROTOOPT);
        }
        match option {
            sock::SO_REUSEADDR => self.options.reuse_address = number(value)? != 0,
            sock::SO_REUSEPORT if self.domain == Domain::Unix => return Err(Errno::EOPNOTSUPP),
            sock::SO_REUSEPORT => self.options.reuse_port = number(value)? != 0,
            sock::SO_BROADCAST => self.options.broadcast = number(value)? != 0,
            sock::SO_SNDBUF => {
                let bytes = (number(value)? as u32).min(BUFFER_BYTES_MAX);
                self.options.send_bytes = (bytes * 2).max(SEND_BYTES_MIN);
            }
            sock::SO_RCVBUF => {
                let bytes = (number(value)? as u32).min(BUFFER_BYTES_MAX);
                self.options.receive_bytes = (bytes * 2).max(RECEIVE_BYTES_MIN);
                self.options.is_receive_set = true;
                let limit = self.options.stream_bytes();
                if let Inbox::Bytes { queue, .. } = &mut self.inbox {
                    queue.set_limit(limit);
                }
            }
            sock::SO_RCVTIMEO => self.options.receive_timeout_ns = timeout_ns(value)?,
            sock::SO_SNDTIMEO => self.options.send_timeout_ns = timeout_ns(value)?,
            sock::SO_LINGER => {
                let (on, seconds) = (number(value)?, number(value.get(4..).unwrap_or_default())?);
                self.options.linger_s = (on != 0).then_some(seconds);
            }
            sock::SO_TYPE | sock::SO_ERROR | sock::SO_ACCEPTCONN | sock::SO_PROTOCOL | sock::SO_DOMAIN => {
                return Err(Errno::ENOPROTOOPT);
            }
            _ => return Err(Errno::ENOPROTOOPT),
        }
        Ok(())
    }
}
