//! Unix sockets: names, connections, and descriptors that travel in messages. unix(7).

use std::collections::{BTreeMap, BTreeSet};

use oac_abi::{
    Errno,
    bounds::{RIGHTS_IN_FLIGHT_MAX, RIGHTS_MAX},
    flags::{at, mode as kind_bits},
    sockaddr::SocketAddress,
};
use oac_vfs::{FileSystems as _, LastLink, Want};

use super::{Inbox, Kind, PeerCredentials, Socket, SocketId, Sockets, State, UnixName, datagram::Sender};
use crate::{
    Kernel, TaskId,
    answer::Answer,
    description::{DescriptionId, File},
    wait_queue::WaitKey,
};

impl Sockets {
    /// Gives a name back. The file of a path stays, as on Linux, and refuses connections from then on.
    pub(super) fn leave_name(&mut self, id: SocketId) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        let kind = socket.kind;
        let Some(name) = socket.name.take() else { return };
        match &name.node {
            Some(node) if self.path_names.get(&node.node()) == Some(&id) => {
                self.path_names.remove(&node.node());
            }
            None if self.abstract_names.get(&(kind, name.shown.clone())) == Some(&id) => {
                self.abstract_names.remove(&(kind, name.shown));
            }
            _ => {}
        }
    }

    /// A socket has a name now: its peer, and whoever has not read yet what it sent, see it by that.
    fn tell_name(&mut self, id: SocketId, name: &[u8]) {
        for socket in self.sockets.values_mut().filter(|socket| socket.is_unix()) {
            if socket.peer() == Some(id) {
                socket.peer_name = name.to_vec();
            }
            let Inbox::Messages { queue } = &mut socket.inbox else { continue };
            for message in queue {
                if let Sender::Unix(sender, from) = &mut message.from
                    && *sender == id
                {
                    *from = name.to_vec();
                }
            }
        }
    }

    /// A free abstract name of five hexadecimal digits.
    fn autobind_name(&mut self, kind: Kind) -> Result<Vec<u8>, Errno> {
        const NAMES: u32 = 1 << 20;
        for _ in 0..NAMES {
            self.next_autobind = (self.next_autobind + 1) % NAMES;
            let name = format!("\0{:05x}", self.next_autobind).into_bytes();
            if !self.abstract_names.contains_key(&(kind, name.clone())) {
                return Ok(name);
            }
        }
        Err(Errno::ENOSPC)
    }
}

impl Kernel {
    /// Who a task is to the other end of a connection.
    pub(crate) fn peer_credentials(&self, task: TaskId) -> PeerCredentials {
        let caller = self.caller(task);
        PeerCredentials { task, uid: caller.uid, gid: caller.gid }
    }

    /// bind(2): a path makes a socket file, a name that begins with a NUL is abstract, none at all takes a free one of those.
    ///
    /// # Errors
    /// EADDRINUSE, EINVAL when it has a name, and as mknodat(2).
    pub(crate) fn unix_bind(&mut self, task: TaskId, id: SocketId, name: &[u8]) -> Result<(), Errno> {
        if self.sockets.get(id)?.name.is_some() {
            // A path that is taken is noticed before that.
            let taken = matches!(name, [first, ..] if *first != 0)
                && self.existing(task, at::FDCWD, name, LastLink::Keep).is_ok();
            return Err(if taken { Errno::EADDRINUSE } else { Errno::EINVAL });
        }
        let kind = self.sockets.get(id)?.kind;
        let (shown, node) = match name {
            [] => (self.sockets.autobind_name(kind)?, None),
            [0, ..] if self.sockets.abstract_names.contains_key(&(kind, name.to_vec())) => {
                return Err(Errno::EADDRINUSE);
            }
            [0, ..] => (name.to_vec(), None),
            path => {
                let node = self.make_socket_file(task, path).map_err(|errno| match errno {
                    Errno::EEXIST => Errno::EADDRINUSE,
                    errno => errno,
                })?;
                (path.to_vec(), Some(self.world(task).hold(node)))
            }
        };
        match &node {
            Some(node) => self.sockets.path_names.insert(node.node(), id),
            None => self.sockets.abstract_names.insert((kind, shown.clone()), id),
        };
        self.sockets.tell_name(id, &shown);
        self.sockets.get_mut(id)?.name = Some(UnixName { shown, node });
        Ok(())
    }

    /// The socket that an address names.
    ///
    /// # Errors
    /// ECONNREFUSED when there is none, EPROTOTYPE when it is of another kind, EACCES without permission to write; as the walk.
    pub(super) fn unix_target(
        &mut self,
        task: TaskId,
        address: &SocketAddress,
        kind: Kind,
    ) -> Result<SocketId, Errno> {
        let SocketAddress::Unix(name) = address else { return Err(Errno::EINVAL) };
        let id = match name[..] {
            [] => return Err(Errno::EINVAL),
            [0, ..] => self.sockets.abstract_names.get(&(kind, name.clone())).copied(),
            _ => {
                let place = self.existing(task, at::FDCWD, name, LastLink::Follow)?;
                self.require(task, place.node, Want::WRITE)?;
                let stat = self.world(task).stat(place.node)?;
                if stat.mode & kind_bits::FMT != kind_bits::SOCK {
                    return Err(Errno::ECONNREFUSED);
                }
                self.sockets.path_names.get(&place.node).copied()
            }
        };
        let id = id.ok_or(Errno::ECONNREFUSED)?;
        if self.sockets.get(id)?.kind != kind {
            return Err(Errno::EPROTOTYPE);
        }
        Ok(id)
    }

    /// connect(2) of a Unix socket: at once, or when the listener's queue has room.
    pub(crate) fn unix_connect(
        &mut self,
        task: TaskId,
        id: SocketId,
        nonblocking: bool,
        address: &SocketAddress,
    ) -> Answer {
        let kind = self.sockets.get(id)?.kind;
        let target = self.unix_target(task, address, kind)?;
        if kind == Kind::Datagram {
            self.unix_connect_datagram(id, target)?;
            return Ok(0);
        }
        let listening = self.sockets.get(target)?;
        let (credentials, owner) = (listening.credentials, listening.owner);
        let (name, refuses) = (listening.shown_name(), listening.read_shut);
        let State::Listening(listener) = &listening.state else { return Err(Errno::ECONNREFUSED.into()) };
        if refuses {
            return Err(Errno::ECONNREFUSED.into());
        }
        let is_full = listener.queue.len() >= listener.backlog;
        let socket = self.sockets.get(id)?;
        if is_full {
            let timeout = (socket.options.send_timeout_ns, Errno::EAGAIN);
            return if nonblocking {
                Err(Errno::EAGAIN.into())
            } else {
                Err(self.socket_wait(task, &[WaitKey::SocketRoom(target)], timeout, 0))
            };
        }
        match socket.state {
            State::Idle => {}
            State::Connected { .. } => return Err(Errno::EISCONN.into()),
            _ => return Err(Errno::EINVAL.into()),
        }
        let own = self.peer_credentials(task);
        let server_id = self.sockets.add(super::Domain::Unix, kind, owner);
        let client = self.sockets.get_mut(id)?;
        client.state = State::Connected { peer: Some(server_id) };
        (client.peer_name, client.credentials) = (name.clone(), credentials);
        let client_name = client.shown_name();
        let server = self.sockets.get_mut(server_id)?;
        server.state = State::Connected { peer: Some(id) };
        (server.peer_name, server.credentials) = (client_name, Some(own));
        server.name = Some(UnixName { shown: name, node: None });
        if let Ok(Socket { state: State::Listening(listener), .. }) = self.sockets.get_mut(target) {
            listener.queue.push_back(server_id);
        }
        self.waits.wake(WaitKey::SocketIn(target));
        self.socket_changed(id);
        Ok(0)
    }

    fn unix_connect_datagram(&mut self, id: SocketId, target: SocketId) -> Result<(), Errno> {
        let receiver = self.sockets.get(target)?;
        if receiver.peer().is_some_and(|peer| peer != id) {
            return Err(Errno::EPERM);
        }
        let name = receiver.shown_name();
        let before = self.sockets.get(id)?.peer();
        let socket = self.sockets.get_mut(id)?;
        socket.state = State::Connected { peer: Some(target) };
        socket.peer_name = name;
        if before != Some(target) {
            self.unix_disconnected(id, before);
        }
        Ok(())
    }

    /// connect(2) to AF_UNSPEC.
    pub(crate) fn unix_disconnect(&mut self, id: SocketId) -> Result<(), Errno> {
        let socket = self.sockets.get_mut(id)?;
        if socket.kind != Kind::Datagram {
            return Err(Errno::EINVAL);
        }
        let before = socket.peer();
        socket.state = State::Idle;
        socket.peer_name.clear();
        self.unix_disconnected(id, before);
        Ok(())
    }

    /// A datagram socket has left one that was connected to it, which hears of it and loses what it was sent.
    fn unix_disconnected(&mut self, id: SocketId, before: Option<SocketId>) {
        let Some(before) = before else { return };
        let lost = match self.sockets.get_mut(id).map(|socket| &mut socket.inbox) {
            Ok(Inbox::Messages { queue }) => std::mem::take(queue),
            _ => return,
        };
        self.waits.wake(WaitKey::SocketRoom(id));
        if !lost.is_empty() && self.sockets.get(before).is_ok_and(|peer| peer.peer() == Some(id)) {
            if let Ok(peer) = self.sockets.get_mut(before) {
                peer.error = Some(Errno::ECONNRESET);
            }
            self.socket_changed(before);
        }
        self.drop_rights(lost.into_iter().flat_map(|message| message.rights).collect());
        // Whoever waited for room in the inbox of the other may send elsewhere now.
        self.socket_changed(id);
    }

    /// The other end of a connection has been closed.
    pub(super) fn unix_peer_closed(&mut self, id: SocketId, unread: bool) {
        let Ok(socket) = self.sockets.get_mut(id) else { return };
        socket.close_both_ways();
        if unread {
            socket.error = Some(Errno::ECONNRESET);
        }
        self.socket_changed(id);
    }

    /// Counts descriptions into an inbox; each gets a reference of its own.
    pub(super) fn take_rights(&mut self, rights: &[DescriptionId]) {
        self.share_rights(rights);
        self.sockets.rights_in_flight += rights.len();
        self.sockets.sockets_in_flight += self.count_sockets(rights);
    }

    /// Counts descriptions out of an inbox; their references go to whoever has them now.
    pub(super) fn sockets_give_rights(&mut self, rights: &[DescriptionId]) {
        self.sockets.rights_in_flight -= rights.len();
        self.sockets.sockets_in_flight -= self.count_sockets(rights);
    }

    pub(super) fn share_rights(&mut self, rights: &[DescriptionId]) {
        for &description in rights {
            self.files.share(description);
        }
    }

    fn count_sockets(&self, rights: &[DescriptionId]) -> usize {
        let is_socket = |&&id: &&DescriptionId| {
            self.files.get(id).is_ok_and(|description| matches!(description.file, File::Socket(_)))
        };
        rights.iter().filter(is_socket).count()
    }

    /// The descriptions behind descriptors that are to be sent.
    ///
    /// # Errors
    /// EBADF, EINVAL for too many in one message, ETOOMANYREFS for too many on the way.
    pub(crate) fn rights_to_send(&self, task: TaskId, fds: &[u8]) -> Result<Vec<DescriptionId>, Errno> {
        let (numbers, rest) = fds.as_chunks::<4>();
        if !rest.is_empty() || numbers.len() > RIGHTS_MAX {
            return Err(Errno::EINVAL);
        }
        if self.sockets.rights_in_flight + numbers.len() > RIGHTS_IN_FLIGHT_MAX {
            return Err(Errno::ETOOMANYREFS);
        }
        numbers.iter().map(|number| self.description_id(task, i32::from_le_bytes(*number))).collect()
    }

    /// Gives up descriptions of an inbox that is gone. One that is a socket may hold others in turn: they are released one after
    /// the other, not within each other, for there is no bound on how deep they lie.
    pub(super) fn drop_rights(&mut self, rights: Vec<DescriptionId>) {
        self.sockets_give_rights(&rights);
        self.sockets.dropped_rights.extend(rights);
        if self.sockets.is_dropping {
            return;
        }
        self.sockets.is_dropping = true;
        while let Some(description) = self.sockets.dropped_rights.pop() {
            self.release(description);
        }
        self.sockets.is_dropping = false;
        self.collect_circles();
    }

    /// A description has lost a reference: what only messages hold now may have been cut off by this.
    pub(crate) fn collect_circle_of(&mut self, id: DescriptionId) {
        let is_socket =
            self.files.get(id).is_ok_and(|description| matches!(description.file, File::Socket(_)));
        if is_socket {
            self.collect_circles();
        }
    }

    /// Closes sockets that only messages hold which nobody can receive any more: those in each other's inboxes.
    fn collect_circles(&mut self) {
        if self.sockets.sockets_in_flight == 0 || self.sockets.is_dropping {
            return;
        }
        let mut in_flight: BTreeMap<DescriptionId, u32> = BTreeMap::new();
        for (_, socket) in self.sockets.iter() {
            for description in socket.inbox.descriptions() {
                *in_flight.entry(description).or_default() += 1;
            }
        }
        let mut unseen: BTreeSet<SocketId> = self.sockets.iter().map(|(id, _)| id).collect();
        let held_elsewhere = self.files.entries().filter_map(|(id, description)| match description.file {
            File::Socket(socket) => {
                (description.references() > in_flight.get(&id).copied().unwrap_or(0)).then_some(socket)
            }
            _ => None,
        });
        let mut reached: Vec<SocketId> = held_elsewhere.collect();
        while let Some(id) = reached.pop() {
            if !unseen.remove(&id) {
                continue;
            }
            let Ok(socket) = self.sockets.get(id) else { continue };
            if let State::Listening(listener) = &socket.state {
                reached.extend(&listener.queue);
            }
            for description in socket.inbox.descriptions() {
                if let Ok(File::Socket(inner)) =
                    self.files.get(description).map(|description| &description.file)
                {
                    reached.push(*inner);
                }
            }
        }
        let mut lost = Vec::new();
        for id in unseen {
            let Ok(socket) = self.sockets.get_mut(id) else { continue };
            lost.extend(socket.inbox.take_descriptions());
        }
        if !lost.is_empty() {
            self.drop_rights(lost);
        }
    }
}

impl Inbox {
    fn take_descriptions(&mut self) -> Vec<DescriptionId> {
        match self {
            Inbox::Bytes { rights, .. } => rights.drain(..).flat_map(|rights| rights.descriptions).collect(),
            Inbox::Messages { queue } => {
                queue.iter_mut().flat_map(|message| std::mem::take(&mut message.rights)).collect()
            }
        }
    }
}

impl Socket {
    fn shown_name(&self) -> Vec<u8> {
        self.name.as_ref().map(|name| name.shown.clone()).unwrap_or_default()
    }
}
