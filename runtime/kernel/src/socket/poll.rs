//! What poll(2) says of a socket: as Linux's tcp_poll, udp_poll and unix_poll do.

use oac_abi::flags::poll;

use super::{Inbox, Kind, Socket, SocketId, Sockets, State};
use crate::wait_queue::WaitKey;

impl Sockets {
    /// What there is, and the keys whose waking can change it for who waits for `events`.
    pub(crate) fn readiness(&self, id: SocketId, events: u16, keys: &mut Vec<WaitKey>) -> u16 {
        let Ok(socket) = self.get(id) else { return poll::NVAL };
        keys.push(WaitKey::SocketIn(id));
        if events & poll::OUT != 0 {
            keys.push(WaitKey::SocketOut(id));
            if let (Inbox::Messages { .. }, Some(peer)) = (&socket.inbox, socket.peer()) {
                keys.push(WaitKey::SocketRoom(peer));
            }
        }
        self.state(id, socket)
    }

    fn state(&self, id: SocketId, socket: &Socket) -> u16 {
        let mut state = if socket.error.is_some() { poll::ERR } else { 0 };
        if let State::Listening(listener) = &socket.state {
            state |= if listener.queue.is_empty() { 0 } else { poll::IN };
            if !socket.is_unix() {
                return state;
            }
            state |= if socket.read_shut { poll::IN | poll::RDHUP } else { 0 };
            return state | if socket.read_shut && socket.write_shut { poll::HUP } else { 0 };
        }
        let unconnected = matches!(socket.state, State::Idle | State::Closed);
        if socket.read_shut && socket.write_shut || unconnected && socket.kind != Kind::Datagram {
            state |= poll::HUP;
        }
        if socket.read_shut {
            state |= poll::IN | poll::RDHUP;
        }
        if matches!(socket.state, State::Connecting { .. }) {
            return state;
        }
        if !socket.inbox.is_empty() {
            state |= poll::IN;
        }
        if self.is_writable(id, socket) {
            state |= poll::OUT;
        }
        state
    }

    /// Also when a write would fail at once.
    fn is_writable(&self, id: SocketId, socket: &Socket) -> bool {
        let Some(peer) = socket.peer().and_then(|peer| self.get(peer).ok()) else { return true };
        if socket.write_shut {
            return true;
        }
        match &peer.inbox {
            Inbox::Bytes { queue, .. } => queue.room() > 0,
            Inbox::Messages { .. } => peer.read_shut || peer.has_message_room(id),
        }
    }
}
