//! Bytes through a connection: TCP as RFC 9293 and Linux have it, and Unix streams.

use oac_abi::{Errno, bounds::CALL_OUTPUT_BYTES_MAX, flags::message, sockaddr::SocketAddress};

use super::{Domain, Inbox, Rights, Socket, SocketId, State};
use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop},
    description::DescriptionId,
    wait_queue::WaitKey,
};

/// Something to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer<'a> {
    pub(crate) task: TaskId,
    pub(crate) nonblocking: bool,
    pub(crate) input: &'a [u8],
    /// Bytes of the input that earlier rounds of the same call have sent.
    pub(crate) done: usize,
    /// `flags::message`.
    pub(crate) flags: u32,
    pub(crate) to: Option<&'a SocketAddress>,
    /// What goes with it; the caller keeps its own references.
    pub(crate) rights: &'a [DescriptionId],
}

/// Room for something to receive.
#[derive(Debug)]
pub(crate) struct Receive<'a> {
    pub(crate) task: TaskId,
    pub(crate) nonblocking: bool,
    pub(crate) buf: &'a mut [u8],
    /// `flags::message`.
    pub(crate) flags: u32,
}

/// What has been received.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// Bytes in the buffer.
    pub(crate) filled: usize,
    /// What the call returns: with MSG_TRUNC it may be more.
    pub(crate) len: usize,
    pub(crate) from: Option<SocketAddress>,
    /// A message was longer than the buffer.
    pub(crate) is_cut: bool,
    /// It was a message of a connection, whole. MSG_EOR.
    pub(crate) is_record: bool,
    /// They belong to the receiver now.
    pub(crate) rights: Vec<DescriptionId>,
}

/// What a read that finds no bytes gives.
enum Empty {
    End,
    Fail(Errno),
    Wait,
}

impl Socket {
    fn empty_stream(&mut self) -> Empty {
        if self.domain == Domain::Unix {
            return match (self.error.take(), self.read_shut) {
                (Some(errno), _) => Empty::Fail(errno),
                (None, true) => Empty::End,
                (None, false) => Empty::Wait,
            };
        }
        if self.peer_finished {
            return Empty::End;
        }
        match (self.error.take(), &self.state) {
            (Some(errno), _) => Empty::Fail(errno),
            (None, _) if self.read_shut => Empty::End,
            (None, State::Idle | State::Closed) => Empty::Fail(Errno::ENOTCONN),
            (None, _) => Empty::Wait,
        }
    }

    /// Takes bytes off a stream, up to the end of those that descriptions came with.
    fn take_bytes(&mut self, buf: &mut [u8], flags: u32) -> Received {
        let is_tcp = self.is_tcp();
        let Inbox::Bytes { queue, rights } = &mut self.inbox else { return Received::default() };
        let mut len = buf.len().min(queue.len());
        let (from, to) = (queue.read_position(), queue.read_position() + len as u64);
        let peeks = flags & message::PEEK != 0;
        let mut descriptions = Vec::new();
        if let Some(first) = rights.front()
            && first.bytes.start < to
        {
            len = len.min((first.bytes.end - from) as usize);
            if peeks {
                descriptions.clone_from(&first.descriptions);
            } else {
                descriptions = rights.pop_front().map(|rights| rights.descriptions).unwrap_or_default();
            }
        }
        // TCP has nothing to cut off: MSG_TRUNC throws bytes away instead, tcp(7).
        let discards = is_tcp && flags & message::TRUNC != 0;
        let filled = if discards { 0 } else { queue.peek(&mut buf[..len]) };
        if !peeks {
            queue.skip(len);
        }
        Received { filled, len, rights: descriptions, ..Received::default() }
    }
}

impl Kernel {
    /// recv(2) from a stream.
    pub(super) fn stream_receive(&mut self, id: SocketId, receive: Receive<'_>) -> Answer<Received> {
        let Receive { task, nonblocking, buf, flags } = receive;
        let socket = self.sockets.get_mut(id)?;
        match socket.state {
            State::Connected { .. } => {}
            _ if socket.is_unix() => return Err(Errno::EINVAL.into()),
            State::Listening(_) => return Err(Errno::ENOTCONN.into()),
            _ => {}
        }
        let timeout = (socket.options.receive_timeout_ns, Errno::EAGAIN);
        if socket.inbox.is_empty() {
            return match socket.empty_stream() {
                Empty::End => Ok(Received::default()),
                Empty::Fail(errno) => Err(errno.into()),
                Empty::Wait if nonblocking => Err(Errno::EAGAIN.into()),
                Empty::Wait => Err(self.wait_for_bytes(task, id, buf.len(), flags, timeout)),
            };
        }
        let waits_for_all = flags & message::WAITALL != 0 && flags & message::PEEK == 0 && !nonblocking;
        let all_there = self.sockets.readable_bytes(id) >= buf.len().min(CALL_OUTPUT_BYTES_MAX);
        if waits_for_all && !all_there && self.may_get_more(id) {
            match self.wait_for_bytes(task, id, buf.len(), flags, timeout) {
                // The time is over: what is there is given.
                Stop::Fail(Errno::EAGAIN) => {}
                stop => return Err(stop),
            }
        }
        let socket = self.sockets.get_mut(id)?;
        let peer = socket.peer();
        let mut received = socket.take_bytes(buf, flags);
        if socket.is_unix() && !socket.peer_name.is_empty() {
            received.from = Some(SocketAddress::Unix(socket.peer_name.clone()));
        }
        if waits_for_all {
            let limit = socket.stream_limit();
            if let Inbox::Bytes { queue, .. } = &mut socket.inbox {
                queue.set_limit(limit);
            }
        }
        if flags & message::PEEK != 0 {
            self.share_rights(&received.rights);
        } else {
            self.sockets_give_rights(&received.rights);
            if let Some(peer) = peer {
                self.waits.wake(WaitKey::SocketOut(peer));
                self.gateway.touch(peer);
            }
        }
        Ok(received)
    }

    fn may_get_more(&self, id: SocketId) -> bool {
        self.sockets.get(id).is_ok_and(|socket| {
            matches!(socket.state, State::Connected { .. }) && socket.error.is_none() && !socket.read_shut
        })
    }

    /// Waits for bytes; a read that wants all of them gets an inbox that is large enough, for then its writer goes on.
    fn wait_for_bytes(
        &mut self,
        task: TaskId,
        id: SocketId,
        len: usize,
        flags: u32,
        timeout: (Option<u64>, Errno),
    ) -> Stop {
        if flags & message::WAITALL != 0
            && let Ok(socket) = self.sockets.get_mut(id)
        {
            let limit = socket.stream_limit().max(len.min(CALL_OUTPUT_BYTES_MAX));
            if let Inbox::Bytes { queue, .. } = &mut socket.inbox {
                queue.set_limit(limit);
            }
            if let Some(peer) = socket.peer() {
                self.waits.wake(WaitKey::SocketOut(peer));
            }
        }
        self.socket_wait(task, &[WaitKey::SocketIn(id)], timeout, 0)
    }

    /// send(2) to a stream. A blocking one of more than fits goes on over several rounds of the call.
    pub(super) fn stream_send(&mut self, id: SocketId, transfer: Transfer<'_>) -> Answer<usize> {
        let socket = self.sockets.get_mut(id)?;
        let done = transfer.done;
        let peer = if socket.domain == Domain::Unix {
            let connected = matches!(socket.state, State::Connected { .. });
            match (transfer.to, connected) {
                (Some(_), true) => return Err(Errno::EISCONN.into()),
                (Some(_), false) => return Err(Errno::EOPNOTSUPP.into()),
                (None, false) => return Err(Errno::ENOTCONN.into()),
                (None, true) if socket.write_shut => return self.broken(transfer),
                (None, true) => socket.peer(),
            }
        } else {
            // It keeps its error for the next read, where a Unix socket does.
            match (socket.error.take(), &socket.state) {
                (Some(_), _) if done > 0 => return Ok(done),
                (Some(Errno::EPIPE), _) => return self.broken(transfer),
                (Some(errno), _) => return Err(errno.into()),
                (None, State::Connecting { .. }) if transfer.nonblocking => return Err(Errno::EAGAIN.into()),
                (None, State::Connecting { .. }) => {
                    let timeout = (socket.options.send_timeout_ns, Errno::EAGAIN);
                    return Err(self.socket_wait(transfer.task, &[WaitKey::SocketOut(id)], timeout, 0));
                }
                (None, State::Connected { peer }) if !socket.write_shut => *peer,
                (None, _) => return self.broken(transfer),
            }
        };
        if transfer.input.len() == done {
            return Ok(done);
        }
        let state =
            peer.and_then(|peer| self.sockets.get(peer).ok()).map(|peer| (peer.read_shut, peer.write_shut));
        match (state, self.sockets.get(id)?.domain) {
            (None | Some((true, _)), Domain::Unix) => self.broken(transfer),
            // Whoever takes nothing more answers with a reset, which the next call finds.
            (None, _) => {
                self.tcp_reset(id);
                Ok(transfer.input.len())
            }
            (Some((true, true)), _) => {
                self.tcp_reset(peer.unwrap_or(id));
                self.tcp_reset(id);
                Ok(transfer.input.len())
            }
            _ => self.put_bytes(id, peer.ok_or(Errno::ENOTCONN)?, transfer),
        }
    }

    fn put_bytes(&mut self, id: SocketId, peer_id: SocketId, transfer: Transfer<'_>) -> Answer<usize> {
        let left = transfer.input.get(transfer.done..).unwrap_or_default();
        let peer = self.sockets.get_mut(peer_id)?;
        let carries = peer.is_unix() && !transfer.rights.is_empty() && transfer.done == 0;
        let Inbox::Bytes { queue, rights } = &mut peer.inbox else { return Err(Errno::ENOTCONN.into()) };
        let from = queue.write_position();
        let len = queue.put(left);
        if len > 0 {
            if carries {
                let descriptions = transfer.rights.to_vec();
                rights.push_back(Rights { bytes: from..from + len as u64, descriptions });
                self.take_rights(transfer.rights);
            }
            self.waits.wake(WaitKey::SocketIn(peer_id));
            self.gateway.touch(peer_id);
        }
        let done = transfer.done + len;
        if done == transfer.input.len() || (transfer.nonblocking && done > 0) {
            return Ok(done);
        }
        if transfer.nonblocking {
            return Err(Errno::EAGAIN.into());
        }
        let timeout = (self.sockets.get(id)?.options.send_timeout_ns, Errno::EAGAIN);
        match self.socket_wait(transfer.task, &[WaitKey::SocketOut(id)], timeout, done) {
            Stop::Fail(_) if done > 0 => Ok(done),
            stop => Err(stop),
        }
    }

    /// EPIPE, with SIGPIPE unless that is not wanted; what was sent before counts.
    fn broken(&mut self, transfer: Transfer<'_>) -> Answer<usize> {
        if transfer.done > 0 {
            return Ok(transfer.done);
        }
        if transfer.flags & message::NOSIGNAL != 0 {
            return Err(Errno::EPIPE.into());
        }
        Err(self.broken_pipe(transfer.task))
    }

    /// The other end's FIN has come.
    pub(crate) fn tcp_finish(&mut self, id: SocketId) {
        let Ok(socket) = self.sockets.get_mut(id) else { return };
        if socket.peer_finished || !matches!(socket.state, State::Connected { .. }) {
            return;
        }
        (socket.peer_finished, socket.read_shut) = (true, true);
        if socket.write_shut {
            socket.state = State::Closed;
        }
        self.socket_changed(id);
    }

    /// A reset has come.
    pub(crate) fn tcp_reset(&mut self, id: SocketId) {
        let Ok(socket) = self.sockets.get_mut(id) else { return };
        if !matches!(socket.state, State::Connected { .. }) {
            return;
        }
        // As tcp_reset in Linux: after the other end's FIN it can only be an answer to what was written.
        let after_finish = socket.peer_finished && !socket.write_shut;
        socket.error = Some(if after_finish { Errno::EPIPE } else { Errno::ECONNRESET });
        socket.state = State::Closed;
        socket.close_both_ways();
        self.socket_changed(id);
    }

    /// Nobody listens any more where this one stood at the door.
    pub(crate) fn tcp_refuse(&mut self, id: SocketId) {
        let Ok(socket) = self.sockets.get_mut(id) else { return };
        socket.state = State::Idle;
        socket.error = Some(Errno::ECONNREFUSED);
        socket.remote = None;
        socket.close_both_ways();
        // It still shows the address that it tried from, but holds it no longer.
        if socket.bound.is_none() {
            self.sockets.leave_port(id);
        }
        self.socket_changed(id);
    }

    /// Moves clients from a listener's door into its queue, as far as there is room.
    pub(crate) fn tcp_establish(&mut self, listener_id: SocketId) {
        loop {
            let Ok(socket) = self.sockets.get_mut(listener_id) else { return };
            let (owner, domain, options) = (socket.owner, socket.domain, socket.options.clone());
            let kind = socket.kind;
            let State::Listening(listener) = &mut socket.state else { return };
            if listener.queue.len() >= listener.backlog {
                return;
            }
            let Some(client_id) = listener.connecting.pop_front() else { return };
            let server_id = self.sockets.add(domain, kind, owner);
            let Ok(client) = self.sockets.get_mut(client_id) else { return };
            client.state = State::Connected { peer: Some(server_id) };
            let (client_local, client_remote) = (client.local, client.remote);
            if let Ok(server) = self.sockets.get_mut(server_id) {
                server.state = State::Connected { peer: Some(client_id) };
                (server.local, server.remote) = (client_remote, client_local);
                server.options = options;
                let limit = server.stream_limit();
                if let Inbox::Bytes { queue, .. } = &mut server.inbox {
                    queue.set_limit(limit);
                }
            }
            self.sockets.join_port(server_id);
            if let Ok(Socket { state: State::Listening(listener), .. }) = self.sockets.get_mut(listener_id) {
                listener.queue.push_back(server_id);
            }
            self.socket_changed(client_id);
            self.waits.wake(WaitKey::SocketIn(listener_id));
        }
    }
}
