//! Sending and receiving: send(2), recv(2) and their like. read(2) and write(2) of sockets come here too.

use oac_abi::{Errno, flags::message, message::Details, sockaddr::SocketAddress};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop},
    arguments::Out,
    description::{DescriptionId, File},
    dispatch::Sys,
    fd_table::{Fd, FdEntry},
    socket::{Kind, Receive, Received, SocketId, State, Transfer},
};

impl Sys<'_> {
    pub(crate) fn sendto(self, fd: i32, buf: &[u8], flags: u32, address: &[u8]) -> Answer {
        self.kernel.send(self.task, fd, buf, flags, address, &[])
    }

    pub(crate) fn sendmsg(self, fd: i32, buf: &[u8], flags: u32, address: &[u8], fds: &[u8]) -> Answer {
        let rights = self.kernel.rights_to_send(self.task, fds)?;
        self.kernel.send(self.task, fd, buf, flags, address, &rights)
    }

    pub(crate) fn recvfrom(self, fd: i32, buf: Out<'_>, flags: u32, address: Out<'_>) -> Answer {
        let received = self.kernel.receive(self.task, fd, buf.buf, flags)?;
        self.kernel.discard_rights(received.rights);
        buf.filled(received.filled);
        if let Some(from) = received.from {
            address.put_cut(&from.encode());
        }
        Ok(received.len as i64)
    }

    pub(crate) fn recvmsg(self, fd: i32, buf: Out<'_>, flags: u32, fds: Out<'_>, details: Out<'_>) -> Answer {
        if details.buf.len() < Details::BYTES {
            return Err(Errno::EINVAL.into());
        }
        let received = self.kernel.receive(self.task, fd, buf.buf, flags)?;
        let cloexec = flags & message::CMSG_CLOEXEC != 0;
        let room = fds.buf.len() / 4;
        let (numbers, all) = self.kernel.install_rights(self.task, received.rights, room, cloexec)?;
        let mut out_flags = if received.is_cut { message::TRUNC } else { 0 };
        if !all {
            out_flags |= message::CTRUNC;
        }
        if received.is_record {
            out_flags |= message::EOR;
        }
        let address = received.from.map(|from| from.encode()).unwrap_or_default();
        let packed: Vec<u8> = numbers.iter().flat_map(|fd| fd.0.to_le_bytes()).collect();
        buf.filled(received.filled);
        fds.put(&packed)?;
        details.put(&Details { address, fds: numbers.len() as u32, flags: out_flags }.encode())?;
        Ok(received.len as i64)
    }

    pub(crate) fn fionread(self, fd: i32) -> Answer {
        let description = self.kernel.description(self.task, fd)?;
        let bytes = match &description.file {
            File::PipeReader(pipe) | File::PipeWriter(pipe) | File::PipeBoth(pipe) => {
                self.kernel.pipes.buffered_bytes(*pipe)
            }
            File::Fetch(fetch) => self.kernel.fetches.buffered_bytes(*fetch),
            File::Inotify(watcher) => self.kernel.watchers.buffered_bytes(*watcher),
            File::Terminal { pty, master, .. } => self.kernel.terminals.available_bytes(*pty, *master),
            File::Socket(socket) => {
                let id = *socket;
                let socket = self.kernel.sockets.get(id)?;
                let streams = socket.kind != Kind::Datagram;
                if streams && matches!(socket.state, State::Listening(_)) {
                    return Err(Errno::EINVAL.into());
                }
                self.kernel.sockets.readable_bytes(id)
            }
            File::Regular { node, offset, .. } => {
                let (node, offset) = (*node, *offset);
                let size = oac_vfs::FileSystems::stat(&mut self.kernel.world(self.task), node)?.size;
                return Ok(size as i64 - offset as i64);
            }
            _ => return Err(Errno::ENOTTY.into()),
        };
        Ok(bytes as i64)
    }
}

impl Kernel {
    fn send(
        &mut self,
        task: TaskId,
        fd: i32,
        input: &[u8],
        flags: u32,
        address: &[u8],
        rights: &[DescriptionId],
    ) -> Answer {
        let (id, nonblocking) = self.socket_id(task, fd)?;
        if flags & message::OOB != 0 {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let to = match address {
            [] => None,
            address => Some(SocketAddress::decode(address)?),
        };
        let done = self.tasks.life(task)?.pending.map_or(0, |pending| pending.progress_bytes);
        let nonblocking = nonblocking || flags & message::DONTWAIT != 0;
        let transfer = Transfer { task, nonblocking, input, done, flags, to: to.as_ref(), rights };
        match self.socket_send(id, transfer) {
            // Interrupted half-way, it says how far it came.
            Err(Stop::Block(block)) if block.progress_bytes > 0 && self.tasks.life(task)?.interrupted => {
                Ok(block.progress_bytes as i64)
            }
            answer => Ok(answer? as i64),
        }
    }

    /// recv(2) through a descriptor.
    pub(crate) fn receive(&mut self, task: TaskId, fd: i32, buf: &mut [u8], flags: u32) -> Answer<Received> {
        let (id, nonblocking) = self.socket_id(task, fd)?;
        if flags & message::OOB != 0 {
            return Err(Errno::EINVAL.into());
        }
        let nonblocking = nonblocking || flags & message::DONTWAIT != 0;
        self.socket_receive(id, Receive { task, nonblocking, buf, flags })
    }

    /// read(2).
    pub(crate) fn socket_read(
        &mut self,
        task: TaskId,
        id: SocketId,
        nonblocking: bool,
        buf: &mut [u8],
    ) -> Answer<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let received = self.socket_receive(id, Receive { task, nonblocking, buf, flags: 0 })?;
        self.discard_rights(received.rights);
        Ok(received.len)
    }

    /// write(2); `done` bytes of `input` have been written by earlier rounds of the same call.
    pub(crate) fn socket_write(
        &mut self,
        task: TaskId,
        id: SocketId,
        nonblocking: bool,
        input: &[u8],
        done: usize,
    ) -> Answer<usize> {
        let transfer = Transfer { task, nonblocking, input, done, flags: 0, to: None, rights: &[] };
        self.socket_send(id, transfer)
    }

    /// Descriptions that came to somebody who did not ask for them.
    pub(crate) fn discard_rights(&mut self, rights: Vec<DescriptionId>) {
        for description in rights {
            self.release(description);
        }
    }

    /// Gives a task descriptors for descriptions that it has received: as many as there is room for, the rest is closed. Says
    /// whether that was all.
    fn install_rights(
        &mut self,
        task: TaskId,
        rights: Vec<DescriptionId>,
        room: usize,
        cloexec: bool,
    ) -> Result<(Vec<Fd>, bool), Errno> {
        let mut numbers = Vec::new();
        let mut all = true;
        for description in rights {
            let fds = &mut self.tasks.life_mut(task)?.fds;
            match fds.lowest_free(Fd(0)).ok().filter(|_| numbers.len() < room) {
                Some(fd) => {
                    fds.put(fd, FdEntry { description, cloexec })?;
                    numbers.push(fd);
                }
                None => {
                    all = false;
                    self.release(description);
                }
            }
        }
        Ok((numbers, all))
    }
}
