//! Tasks that the host plays: how the façade gets at files, pipes and sockets, by the same calls as any program.

use std::{fmt, io, sync::Arc};

use oac_abi::{
    CALLS, Errno,
    bounds::{CALL_ARGS_MAX, CALL_INPUT_BYTES_MAX, CALL_OUTPUT_BYTES_MAX},
    flags::{at, open, socket},
    index_of, nr,
    signal::Signal,
    sockaddr::SocketAddress,
    spawn::SpawnRequest,
    stat::Stat,
    wire::Request,
};
use oac_kernel::{Port, TaskId};

use crate::{
    Error, TerminalSize,
    machine::{ExitSlot, Machine, TaskHandle},
};

/// One task of the host's. It makes one call at a time; what is to wait at the same time is another actor.
pub(crate) struct Actor {
    machine: Arc<Machine>,
    task: Arc<TaskHandle>,
}

/// An actor's own descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fd(pub(crate) i32);

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Actor({})", self.task.id)
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.machine.detach(&self.task);
    }
}

impl Actor {
    pub(crate) fn new(machine: &Arc<Machine>, name: &str) -> Actor {
        Actor { machine: machine.clone(), task: machine.attach(name) }
    }

    /// Its task.
    pub(crate) fn id(&self) -> TaskId {
        self.task.id
    }

    /// Another task of the host's in the same container.
    pub(crate) fn sibling(&self, name: &str) -> Actor {
        Actor::new(&self.machine, name)
    }

    /// One system call: its slots as the table declares them, its inputs joined, its output regions one after the other.
    pub(crate) fn call(
        &self,
        number: u16,
        slots: &[i64],
        input: &[u8],
        out: &mut [u8],
    ) -> Result<i64, Errno> {
        let mut args = [0; CALL_ARGS_MAX];
        args[..slots.len()].copy_from_slice(slots);
        let request = Request { number, args, input };
        Errno::check(self.machine.call(&self.task, request, out)?.ret)
    }

    pub(crate) fn open(&self, path: &str, flags: u32, mode: u32) -> Result<Fd, Errno> {
        let slots = [at::FDCWD.into(), path.len() as i64, flags.into(), mode.into()];
        self.call(nr::OPENAT, &slots, path.as_bytes(), &mut []).map(|fd| Fd(fd as i32))
    }

    pub(crate) fn close(&self, fd: Fd) {
        // A descriptor that is not there any more is closed.
        let _ = self.call(nr::CLOSE, &[fd.0.into()], &[], &mut []);
    }

    pub(crate) fn read(&self, fd: Fd, buf: &mut [u8]) -> Result<usize, Errno> {
        let len = buf.len().min(CALL_OUTPUT_BYTES_MAX);
        self.call(nr::READ, &[fd.0.into(), len as i64], &[], &mut buf[..len]).map(|len| len as usize)
    }

    pub(crate) fn write(&self, fd: Fd, buf: &[u8]) -> Result<usize, Errno> {
        let len = buf.len().min(CALL_INPUT_BYTES_MAX);
        self.call(nr::WRITE, &[fd.0.into(), len as i64], &buf[..len], &mut []).map(|len| len as usize)
    }

    /// A call of a directory descriptor (here always the working directory) and a path, and slots behind them.
    pub(crate) fn path_call(&self, number: u16, path: &str, rest: &[i64]) -> Result<i64, Errno> {
        let mut slots = vec![at::FDCWD.into(), path.len() as i64];
        slots.extend_from_slice(rest);
        self.call(number, &slots, path.as_bytes(), &mut [])
    }

    pub(crate) fn rename(&self, old: &str, new: &str) -> Result<(), Errno> {
        let slots = [at::FDCWD.into(), old.len() as i64, at::FDCWD.into(), new.len() as i64, 0];
        self.call(nr::RENAMEAT, &slots, [old, new].concat().as_bytes(), &mut []).map(drop)
    }

    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<(), Errno> {
        let slots = [target.len() as i64, at::FDCWD.into(), path.len() as i64];
        self.call(nr::SYMLINKAT, &slots, [target, path].concat().as_bytes(), &mut []).map(drop)
    }

    pub(crate) fn link(&self, old: &str, new: &str) -> Result<(), Errno> {
        let slots = [at::FDCWD.into(), old.len() as i64, at::FDCWD.into(), new.len() as i64, 0];
        self.call(nr::LINKAT, &slots, [old, new].concat().as_bytes(), &mut []).map(drop)
    }

    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let mut out = vec![0; oac_abi::bounds::PATH_BYTES_MAX];
        let slots = [at::FDCWD.into(), path.len() as i64, out.len() as i64];
        let len = self.call(nr::READLINKAT, &slots, path.as_bytes(), &mut out)?;
        out.truncate(len as usize);
        Ok(out)
    }

    pub(crate) fn stat(&self, path: &str, flags: u32) -> Result<Stat, Errno> {
        let mut out = [0; Stat::BYTES];
        let slots = [at::FDCWD.into(), path.len() as i64, flags.into(), out.len() as i64];
        self.call(nr::FSTATAT, &slots, path.as_bytes(), &mut out)?;
        Ok(Stat::decode(&out))
    }

    /// Directory entries, as many as fit; none at the end.
    pub(crate) fn read_entries(&self, fd: Fd, buf: &mut [u8]) -> Result<usize, Errno> {
        let len = buf.len();
        self.call(nr::GETDENTS, &[fd.0.into(), len as i64], &[], buf).map(|len| len as usize)
    }

    /// A pipe: its reading end, its writing end.
    pub(crate) fn pipe(&self) -> Result<(Fd, Fd), Errno> {
        let mut out = [0; 8];
        self.call(nr::PIPE2, &[open::CLOEXEC.into(), out.len() as i64], &[], &mut out)?;
        Ok(pair(out))
    }

    /// A terminal: its master, its slave.
    pub(crate) fn open_terminal(&self) -> Result<(Fd, Fd), Errno> {
        let mut out = [0; 8];
        let flags = open::CLOEXEC | open::NOCTTY;
        self.call(nr::OPENPTY, &[flags.into(), out.len() as i64], &[], &mut out)?;
        Ok(pair(out))
    }

    pub(crate) fn resize(&self, terminal: Fd, size: TerminalSize) -> Result<(), Errno> {
        let [a, b] = size.rows.to_le_bytes();
        let [c, d] = size.columns.to_le_bytes();
        self.call(nr::TCSETWINSIZE, &[terminal.0.into(), 4], &[a, b, c, d], &mut []).map(drop)
    }

    pub(crate) fn spawn(&self, request: &SpawnRequest) -> Result<TaskId, Errno> {
        let bytes = request.encode();
        let id = self.call(nr::SPAWN, &[bytes.len() as i64], &bytes, &mut [])?;
        Ok(TaskId(id as u32))
    }

    /// To a task, or to a process group when `group`.
    pub(crate) fn kill(&self, task: TaskId, group: bool, signal: Signal) -> Result<(), Errno> {
        let target = if group { -i64::from(task.0) } else { i64::from(task.0) };
        self.call(nr::KILL, &[target, signal.number().into()], &[], &mut []).map(drop)
    }

    /// Ends every program.
    pub(crate) fn kill_all(&self) -> Result<(), Errno> {
        const EVERYBODY: i64 = -1;
        self.call(nr::KILL, &[EVERYBODY, Signal::SIGKILL.number().into()], &[], &mut []).map(drop)
    }

    /// To whoever listens on a port, by IPv4 or IPv6.
    pub(crate) fn connect(&self, port: Port) -> Result<Fd, Errno> {
        let address = self.machine.with_kernel(|kernel| kernel.port_address(port));
        let domain = match address {
            SocketAddress::V6(_) => socket::AF_INET6,
            _ => socket::AF_INET,
        };
        let kind = socket::STREAM | socket::CLOEXEC;
        let fd = self.call(nr::SOCKET, &[domain.into(), kind.into(), 0], &[], &mut [])?;
        let address = address.encode();
        self.call(nr::CONNECT, &[fd, address.len() as i64], &address, &mut [])?;
        Ok(Fd(fd as i32))
    }

    pub(crate) fn shutdown(&self, fd: Fd, how: u32) -> Result<(), Errno> {
        self.call(nr::SHUTDOWN, &[fd.0.into(), how.into()], &[], &mut []).map(drop)
    }

    /// Duplicates a descriptor into an actor of its own, so that it can wait beside this one.
    pub(crate) fn stream(&self, fd: Fd, name: &str) -> Result<Stream, Errno> {
        let actor = Actor::new(&self.machine, name);
        let (from, to) = (self.task.id, actor.task.id);
        let passed = self.machine.with_kernel(|kernel| kernel.pass_fd(from, fd.0, to))?;
        Ok(Stream::new(actor, Fd(passed)))
    }

    pub(crate) fn exit_slot(&self, task: TaskId) -> Arc<ExitSlot> {
        self.machine.exit_slot(task)
    }
}

/// Two i32s.
fn pair([a, b, c, d, e, f, g, h]: [u8; 8]) -> (Fd, Fd) {
    (Fd(i32::from_le_bytes([a, b, c, d])), Fd(i32::from_le_bytes([e, f, g, h])))
}

/// Names the call in an error.
pub(crate) fn call_error(number: u16) -> impl Fn(Errno) -> Error {
    let call = index_of(number).map_or("call", |index| CALLS[index].name);
    move |errno| Error::Call { call, errno }
}

/// One end of a pipe, or a connection: bytes to and from the container. Dropping it closes it.
///
/// Reading gives 0 at the end; writing to a pipe that nobody reads fails with `BrokenPipe`.
#[derive(Debug)]
pub struct Stream {
    actor: Actor,
    fd: Fd,
}

fn io_error(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.number().into())
}

impl Stream {
    pub(crate) fn new(actor: Actor, fd: Fd) -> Stream {
        Stream { actor, fd }
    }

    /// Says that no more will be written; the other side reads to the end. Only a connection has this.
    ///
    /// # Errors
    /// ENOTSOCK for a pipe, ENOTCONN.
    pub fn finish(&self) -> io::Result<()> {
        self.actor.shutdown(self.fd, socket::SHUT_WR).map_err(io_error)
    }

    /// Tells a terminal its new size.
    ///
    /// # Errors
    /// [`Error::Call`]: ENOTTY when it is none.
    pub fn resize(&self, size: TerminalSize) -> Result<(), Error> {
        self.actor.resize(self.fd, size).map_err(call_error(nr::TCSETWINSIZE))
    }

    /// Whether the other end of a connection is closed, and not only finished.
    pub(crate) fn other_end_is_gone(&self) -> bool {
        let (machine, task) = (&self.actor.machine, self.actor.task.id);
        machine.with_kernel(|kernel| kernel.other_end_is_gone(task, self.fd.0))
    }

    /// A second handle on the same connection, so that one thread can read while another writes.
    ///
    /// # Errors
    /// EMFILE.
    pub fn try_clone(&self) -> io::Result<Stream> {
        self.actor.stream(self.fd, "stream").map_err(io_error)
    }
}

impl io::Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.actor.read(self.fd, buf).map_err(io_error)
    }
}

impl io::Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.actor.write(self.fd, buf).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
