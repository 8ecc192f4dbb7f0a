//! `/proc/net`: sockets in the formats of Linux's tables.

use std::{fmt::Write as _, net::IpAddr};

use super::ProcFiles;
use crate::socket::{Address, Domain, Kind, Socket, SocketId, State};

/// States of a TCP socket, as `include/net/tcp_states.h` numbers them.
mod tcp {
    pub(super) const ESTABLISHED: u8 = 1;
    pub(super) const SYN_SENT: u8 = 2;
    pub(super) const FIN_WAIT2: u8 = 5;
    pub(super) const CLOSE: u8 = 7;
    pub(super) const CLOSE_WAIT: u8 = 8;
    pub(super) const LISTEN: u8 = 10;
}

fn tcp_state(socket: &Socket) -> u8 {
    match &socket.state {
        State::Listening(_) => tcp::LISTEN,
        State::Connecting { .. } => tcp::SYN_SENT,
        State::Connected { .. } if socket.peer_finished => tcp::CLOSE_WAIT,
        State::Connected { .. } if socket.is_tcp() && socket.write_shut => tcp::FIN_WAIT2,
        State::Connected { .. } => tcp::ESTABLISHED,
        State::Idle | State::Closed => tcp::CLOSE,
    }
}

/// An address as words in this machine's order, in hexadecimal.
fn address(domain: Domain, address: Option<Address>) -> String {
    let port = address.map_or(0, |address| address.port.0);
    let words = |octets: &[u8]| {
        octets.chunks(4).fold(String::new(), |mut out, word| {
            let _ = write!(out, "{:08X}", u32::from_le_bytes(std::array::from_fn(|i| word[i])));
            out
        })
    };
    let ip = match (domain, address.map(|address| address.ip)) {
        (Domain::V6, Some(IpAddr::V4(ip))) => words(&ip.to_ipv6_mapped().octets()),
        (_, Some(IpAddr::V6(ip))) => words(&ip.octets()),
        (_, Some(IpAddr::V4(ip))) => words(&ip.octets()),
        (Domain::V6, None) => words(&[0; 16]),
        (_, None) => words(&[0; 4]),
    };
    format!("{ip}:{port:04X}")
}

impl ProcFiles<'_> {
    pub(super) fn net_text(&self, name: &str) -> Option<String> {
        Some(match name {
            "tcp" => self.internet(Domain::V4, Kind::Stream),
            "tcp6" => self.internet(Domain::V6, Kind::Stream),
            "udp" => self.internet(Domain::V4, Kind::Datagram),
            "udp6" => self.internet(Domain::V6, Kind::Datagram),
            "unix" => self.unix(),
            "dev" => DEV.to_string(),
            _ => return None,
        })
    }

    fn internet(&self, domain: Domain, kind: Kind) -> String {
        let width = if domain == Domain::V6 { 38 } else { 14 };
        let mut out = format!(
            "  sl  {:<width$}{:<width$} st tx_queue rx_queue tr tm->when retrnsmt",
            "local_address", "remote_address"
        );
        out = out.replace(
            "remote_address",
            if domain == Domain::V6 { "remote_address" } else { "rem_address   " },
        );
        out.push_str("   uid  timeout inode");
        out.push_str(if kind == Kind::Datagram { " ref pointer drops\n" } else { "\n" });
        let here = self.view.sockets.iter().filter(|(_, socket)| {
            let shown = socket.local.is_some() || !matches!(socket.state, State::Idle);
            socket.domain == domain && socket.kind == kind && shown
        });
        for (line, (id, socket)) in here.enumerate() {
            let state = if kind == Kind::Datagram && socket.remote.is_none() {
                tcp::CLOSE
            } else {
                tcp_state(socket)
            };
            let waiting = match &socket.state {
                State::Listening(listener) => listener.queue.len(),
                _ => self.view.sockets.readable_bytes(id),
            };
            let _ = writeln!(
                out,
                "{line:4}: {} {} {state:02X} {:08X}:{waiting:08X} 00:00000000 00000000 {:5} {:8} {} {} 0000000000000000{}",
                address(domain, socket.local),
                address(domain, socket.remote),
                0,
                self.uid_of(socket),
                0,
                id.0,
                1,
                if kind == Kind::Datagram { " 0" } else { " 20 0 0 10 -1" },
            );
        }
        out
    }

    fn uid_of(&self, socket: &Socket) -> u32 {
        self.view.tasks.life(socket.owner).map_or(0, |life| life.credentials.user.effective)
    }

    fn unix(&self) -> String {
        let mut out = "Num       RefCount Protocol Flags    Type St Inode Path\n".to_string();
        for (SocketId(number), socket) in self.view.sockets.iter().filter(|(_, socket)| socket.is_unix()) {
            const ACCEPTS: u32 = 0x0001_0000;
            let (flags, state) = match socket.state {
                State::Listening(_) => (ACCEPTS, 1),
                State::Connected { .. } => (0, 3),
                _ => (0, 1),
            };
            let kind = match socket.kind {
                Kind::Stream => 1,
                Kind::Datagram => 2,
                Kind::SeqPacket => 5,
            };
            let _ = write!(
                out,
                "0000000000000000: {:08X} {:08X} {flags:08X} {kind:04X} {state:02X} {number:5}",
                2, 0
            );
            if let Some(name) = &socket.name {
                let shown = String::from_utf8_lossy(&name.shown).replace('\0', "@");
                let _ = write!(out, " {shown}");
            }
            out.push('\n');
        }
        out
    }
}

const DEV: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
";
