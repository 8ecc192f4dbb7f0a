//! System calls of a task that the host plays.

use oac_abi::{
    Errno,
    bounds::CALL_ARGS_MAX,
    flags::{fcntl, inotify, open, poll, socket},
    nr,
    signal::{Disposition, Signal, WaitStatus},
    sockaddr::SocketAddress,
    termios::{Termios, actions, output},
    wire::Request,
};
use oac_kernel::{Kernel, Outcome, TaskId};

/// A call that gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It failed.
    Errno(Errno),
    /// It waits; the kernel will wake the task.
    Blocked,
    /// The task has ended.
    Ended,
}

impl Failure {
    /// Whether a non-blocking operation is to be tried again later.
    pub(crate) fn is_not_yet(self) -> bool {
        matches!(self, Failure::Errno(Errno::EAGAIN) | Failure::Blocked)
    }

    /// As an errno; EIO where there is none.
    pub(crate) fn errno(self) -> Errno {
        match self {
            Failure::Errno(errno) => errno,
            Failure::Blocked => Errno::EAGAIN,
            Failure::Ended => Errno::EIO,
        }
    }
}

pub(crate) type Called<T> = Result<T, Failure>;

/// One descriptor and what it is watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) fd: i32,
    pub(crate) events: u16,
}

/// A task of the host, for the length of a few calls.
pub(crate) struct Actor<'k> {
    kernel: &'k mut Kernel,
    task: TaskId,
}

impl<'k> Actor<'k> {
    /// Speaks for a task that was attached.
    pub(crate) fn new(kernel: &'k mut Kernel, task: TaskId) -> Actor<'k> {
        Actor { kernel, task }
    }

    /// Attaches a task. It ignores SIGPIPE, so that a closed stream is an EPIPE and not its end.
    pub(crate) fn attach(kernel: &mut Kernel, name: &str) -> TaskId {
        let task = kernel.attach(name);
        let ignore = [i64::from(Signal::SIGPIPE.number()), Disposition::Ignore as i64];
        // Cannot fail: the signal and the disposition exist.
        let _ = Actor::new(kernel, task).call(nr::SIGACTION, &ignore, &[], &mut []);
        task
    }

    /// Any call: `args` as in the table, one a parameter, `out` all regions of the output.
    pub(crate) fn call(&mut self, number: u16, args: &[i64], input: &[u8], out: &mut [u8]) -> Called<i64> {
        let mut slots = [0; CALL_ARGS_MAX];
        slots[..args.len()].copy_from_slice(args);
        match self.kernel.call(self.task, Request { number, args: slots, input }, out) {
            Outcome::Done(reply) => Errno::check(reply.ret).map_err(Failure::Errno),
            Outcome::Blocked { .. } => Err(Failure::Blocked),
            Outcome::Exited => Err(Failure::Ended),
        }
    }

    pub(crate) fn read(&mut self, fd: i32, buf: &mut [u8]) -> Called<usize> {
        self.call(nr::READ, &[fd.into(), buf.len() as i64], &[], buf).map(|n| n as usize)
    }

    pub(crate) fn write(&mut self, fd: i32, bytes: &[u8]) -> Called<usize> {
        self.call(nr::WRITE, &[fd.into(), bytes.len() as i64], bytes, &mut []).map(|n| n as usize)
    }

    pub(crate) fn close(&mut self, fd: i32) {
        // A descriptor that is not open is as closed as it was to be.
        let _ = self.call(nr::CLOSE, &[fd.into()], &[], &mut []);
    }

    /// A pipe (read end, write end), both blocking and closed in children.
    pub(crate) fn pipe(&mut self) -> Called<(i32, i32)> {
        let mut fds = [0; 8];
        self.call(nr::PIPE2, &[open::CLOEXEC.into(), 8], &[], &mut fds)?;
        let at = |index: usize| i32::from_le_bytes(std::array::from_fn(|i| fds[index + i]));
        Ok((at(0), at(4)))
    }

    /// A pseudo-terminal (master, slave), both closed in children. `newlines`: whether a line's end is written as CR LF.
    pub(crate) fn open_terminal(&mut self, newlines: bool) -> Called<(i32, i32)> {
        let mut fds = [0; 8];
        let flags = open::CLOEXEC | open::NOCTTY;
        self.call(nr::OPENPTY, &[flags.into(), 8], &[], &mut fds)?;
        let at = |index: usize| i32::from_le_bytes(std::array::from_fn(|i| fds[index + i]));
        let (master, slave) = (at(0), at(4));
        if !newlines {
            let mut termios = Termios::default();
            termios.output &= !output::ONLCR;
            let record = termios.encode();
            self.call(
                nr::TCSETATTR,
                &[slave.into(), actions::NOW.into(), record.len() as i64],
                &record,
                &mut [],
            )?;
        }
        Ok((master, slave))
    }

    /// Tells a terminal its size.
    pub(crate) fn resize(&mut self, terminal: i32, rows: u16, columns: u16) -> Called<()> {
        let size = [rows.to_le_bytes(), columns.to_le_bytes()].concat();
        self.call(nr::TCSETWINSIZE, &[terminal.into(), size.len() as i64], &size, &mut []).map(drop)
    }

    /// A descriptor from which file events are read without waiting.
    pub(crate) fn watcher(&mut self) -> Called<i32> {
        let flags = open::CLOEXEC | open::NONBLOCK;
        self.call(nr::INOTIFY_INIT, &[flags.into()], &[], &mut []).map(|fd| fd as i32)
    }

    /// Watches a path for what a page is told of; gives the watch's number.
    pub(crate) fn add_watch(&mut self, watcher: i32, path: &[u8]) -> Called<i32> {
        const MASK: u32 = inotify::MODIFY
            | inotify::ATTRIB
            | inotify::CREATE
            | inotify::DELETE
            | inotify::MOVED_FROM
            | inotify::MOVED_TO
            | inotify::DELETE_SELF
            | inotify::MOVE_SELF;
        let args = [watcher.into(), path.len() as i64, MASK.into()];
        self.call(nr::INOTIFY_ADD_WATCH, &args, path, &mut []).map(|watch| watch as i32)
    }

    pub(crate) fn set_nonblocking(&mut self, fd: i32) -> Called<()> {
        self.call(nr::FCNTL, &[fd.into(), fcntl::SETFL.into(), open::NONBLOCK.into()], &[], &mut []).map(drop)
    }

    pub(crate) fn spawn(&mut self, request: &[u8]) -> Called<TaskId> {
        self.call(nr::SPAWN, &[request.len() as i64], request, &mut []).map(|pid| TaskId(pid as u32))
    }

    /// Asks how a child ended, so that it can be forgotten.
    pub(crate) fn reap(&mut self, child: TaskId) {
        let mut status = [0; WaitStatus::BYTES];
        let args = [i64::from(child.0), oac_abi::flags::wait::NOHANG.into(), WaitStatus::BYTES as i64];
        // ECHILD: somebody else has asked.
        let _ = self.call(nr::WAIT4, &args, &[], &mut status);
    }

    pub(crate) fn kill(&mut self, pid: i64, signal: u32) -> Called<()> {
        self.call(nr::KILL, &[pid, signal.into()], &[], &mut []).map(drop)
    }

    /// A non-blocking TCP socket that is connecting.
    pub(crate) fn connect(&mut self, address: &SocketAddress) -> Called<i32> {
        let kind = socket::STREAM | socket::NONBLOCK | socket::CLOEXEC;
        let domain = match address {
            SocketAddress::V6(_) => socket::AF_INET6,
            _ => socket::AF_INET,
        };
        let fd = self.call(nr::SOCKET, &[domain.into(), kind.into(), 0], &[], &mut [])? as i32;
        let address = address.encode();
        match self.call(nr::CONNECT, &[fd.into(), address.len() as i64], &address, &mut []) {
            Ok(_) | Err(Failure::Errno(Errno::EINPROGRESS)) => Ok(fd),
            Err(failure) => {
                self.close(fd);
                Err(failure)
            }
        }
    }

    /// SO_ERROR: how an asynchronous connect ended.
    pub(crate) fn socket_error(&mut self, fd: i32) -> Called<Option<Errno>> {
        let mut value = [0; 4];
        let args = [fd.into(), socket::SOL_SOCKET.into(), socket::SO_ERROR.into(), 4];
        self.call(nr::GETSOCKOPT, &args, &[], &mut value)?;
        Ok(Errno::from_number(i64::from(i32::from_le_bytes(value))))
    }

    /// Waits for any of these. `Ok`: something is ready now. `Blocked`: the kernel will wake the task. A poll that still waited
    /// with another set is replaced.
    pub(crate) fn poll(&mut self, interests: &[Interest]) -> Called<()> {
        let mut records = Vec::with_capacity(interests.len() * poll::RECORD_BYTES);
        for interest in interests {
            records.extend_from_slice(&interest.fd.to_le_bytes());
            records.extend_from_slice(&interest.events.to_le_bytes());
            records.extend_from_slice(&[0, 0]);
        }
        let mut ready = vec![0; records.len()];
        let args = [records.len() as i64, -1, ready.len() as i64];
        self.call(nr::POLL, &args, &records, &mut ready).map(drop)
    }
}
