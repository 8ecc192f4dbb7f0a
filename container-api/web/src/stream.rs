//! A descriptor of the page's own that is read and written as it gets ready: a connection to a port, a FIFO, the events of watched
//! files. Each has an actor, which waits in one poll.

use std::collections::VecDeque;

use oac_abi::{
    Errno,
    bounds::PIPE_BYTES,
    flags::{at, open, poll},
    nr,
};
use oac_kernel::{Kernel, Port, TaskId};

use crate::{
    actor::{Actor, Called, Failure, Interest},
    error::{Result, WebError},
    process::{Completion, Operation},
};

/// The page's number of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId(pub(crate) u32);

#[derive(Debug)]
struct Write {
    operation: Operation,
    data: Vec<u8>,
    sent: usize,
}

/// An open descriptor, and what waits for it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) actor: TaskId,
    fd: i32,
    /// Set until the connection is there.
    connecting: Option<Operation>,
    read: Option<Operation>,
    writes: VecDeque<Write>,
}

impl Stream {
    fn with(
        kernel: &mut Kernel,
        name: &str,
        open: impl FnOnce(&mut Actor<'_>) -> Called<i32>,
    ) -> Called<Stream> {
        let actor = Actor::attach(kernel, name);
        match open(&mut Actor::new(kernel, actor)) {
            Ok(fd) => Ok(Stream { actor, fd, connecting: None, read: None, writes: VecDeque::new() }),
            Err(failure) => {
                kernel.detach(actor);
                Err(failure)
            }
        }
    }

    /// A connection to a port of the container; `operation` ends when it is there, or is not to be had.
    pub(crate) fn connect(kernel: &mut Kernel, port: Port, operation: Operation) -> Result<Stream> {
        let address = kernel.port_address(port);
        let stream = Stream::with(kernel, "connection", |actor| actor.connect(&address));
        let stream = stream.map_err(|failure| WebError::Call {
            errno: failure.errno(),
            syscall: "connect",
            path: None,
        })?;
        Ok(Stream { connecting: Some(operation), ..stream })
    }

    /// A FIFO, opened so that neither this nor its writers wait for the other side.
    pub(crate) fn fifo(kernel: &mut Kernel, path: &str) -> Result<Stream> {
        Stream::with(kernel, "fifo", |actor| {
            let flags = open::RDWR | open::CLOEXEC | open::NONBLOCK;
            let args = [at::FDCWD.into(), path.len() as i64, flags.into(), 0];
            actor.call(nr::OPENAT, &args, path.as_bytes(), &mut []).map(|fd| fd as i32)
        })
        .map_err(|failure| WebError::call(failure.errno(), "open", path))
    }

    /// The events of files that [`Stream::watch`] adds.
    pub(crate) fn watcher(kernel: &mut Kernel) -> Result<Stream> {
        Stream::with(kernel, "watch", |actor| actor.watcher()).map_err(|failure| WebError::Call {
            errno: failure.errno(),
            syscall: "watch",
            path: None,
        })
    }

    /// Watches a path; gives the watch's number, which its events carry.
    pub(crate) fn watch(&self, kernel: &mut Kernel, path: &str) -> Result<i32> {
        let watch = Actor::new(kernel, self.actor).add_watch(self.fd, path.as_bytes());
        watch.map_err(|failure| WebError::call(failure.errno(), "watch", path))
    }

    /// Reads what there is, or waits for it; one at a time.
    pub(crate) fn read(&mut self, id: StreamId, operation: Operation) -> Result<()> {
        if self.read.is_some() {
            return Err(WebError::NoStream { pid: id.0, stream: 1 });
        }
        self.read = Some(operation);
        Ok(())
    }

    /// Writes all of it, after what was written before.
    pub(crate) fn write(&mut self, data: Vec<u8>, operation: Operation) {
        self.writes.push_back(Write { operation, data, sent: 0 });
    }

    /// What still waits hears that it is over.
    pub(crate) fn close(self, done: &mut VecDeque<Completion>) {
        let waiting = self.connecting.into_iter().chain(self.writes.into_iter().map(|write| write.operation));
        for operation in waiting {
            done.push_back(Completion { operation, result: Err(Errno::ECONNABORTED) });
        }
        done.extend(self.read.map(|operation| Completion { operation, result: Ok(None) }));
    }

    /// Does what can be done without waiting, then waits for the rest.
    pub(crate) fn advance(&mut self, kernel: &mut Kernel, done: &mut VecDeque<Completion>) {
        let mut actor = Actor::new(kernel, self.actor);
        loop {
            if self.connecting.is_none() {
                self.try_read(&mut actor, done);
                self.try_write(&mut actor, done);
            }
            let writes = self.connecting.is_some() || !self.writes.is_empty();
            let events =
                (if self.read.is_some() { poll::IN } else { 0 }) | (if writes { poll::OUT } else { 0 });
            if events == 0 || actor.poll(&[Interest { fd: self.fd, events }]).is_err() {
                return;
            }
            if let Some(operation) = self.connecting.take() {
                let result = match actor.socket_error(self.fd) {
                    Ok(None) => Ok(None),
                    Ok(Some(errno)) => Err(errno),
                    Err(failure) => Err(failure.errno()),
                };
                done.push_back(Completion { operation, result });
            }
        }
    }

    fn try_read(&mut self, actor: &mut Actor<'_>, done: &mut VecDeque<Completion>) {
        let Some(operation) = self.read else { return };
        let mut data = vec![0; PIPE_BYTES];
        let result = match actor.read(self.fd, &mut data) {
            Err(failure) if failure.is_not_yet() => return,
            Err(failure) => Err(failure.errno()),
            Ok(0) => Ok(None),
            Ok(length) => {
                data.truncate(length);
                Ok(Some(data))
            }
        };
        self.read = None;
        done.push_back(Completion { operation, result });
    }

    fn try_write(&mut self, actor: &mut Actor<'_>, done: &mut VecDeque<Completion>) {
        while let Some(write) = self.writes.front_mut() {
            let result = if write.sent == write.data.len() {
                Ok(None)
            } else {
                match actor.write(self.fd, &write.data[write.sent..]) {
                    Err(failure) if failure.is_not_yet() => return,
                    Err(Failure::Errno(errno)) => Err(errno),
                    Err(failure) => Err(failure.errno()),
                    Ok(length) => {
                        write.sent += length;
                        continue;
                    }
                }
            };
            done.push_back(Completion { operation: write.operation, result });
            self.writes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

    use super::*;
    use oac_abi::{
        flags::{inotify, socket},
        sockaddr::SocketAddress,
    };
    use oac_kernel::{Config, Now};

    use crate::files;

    const CONNECT: Operation = Operation(1);
    const READ: Operation = Operation(2);
    const WRITE: Operation = Operation(3);
    const PORT: Port = Port(3000);

    fn kernel() -> Kernel {
        Kernel::new(Config::default(), Now::default())
    }

    /// What the host does after each event; what was heard.
    fn turn(kernel: &mut Kernel, stream: &mut Stream) -> Vec<Completion> {
        let mut done = VecDeque::new();
        stream.advance(kernel, &mut done);
        while kernel.next_request().is_some() {
            stream.advance(kernel, &mut done);
        }
        done.into()
    }

    fn done(operation: Operation, result: std::result::Result<Option<&[u8]>, Errno>) -> Completion {
        Completion { operation, result: result.map(|data| data.map(<[u8]>::to_vec)) }
    }

    #[test]
    fn a_connection_carries_bytes_both_ways_and_ends() {
        let mut kernel = kernel();
        let server = kernel.attach("server");
        let address = SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, PORT.0)).encode();
        let mut actor = Actor::new(&mut kernel, server);
        let args = [socket::AF_INET.into(), socket::STREAM.into(), 0];
        let listener = actor.call(nr::SOCKET, &args, &[], &mut []).expect("a socket");
        actor.call(nr::BIND, &[listener, address.len() as i64], &address, &mut []).expect("bound");
        actor.call(nr::LISTEN, &[listener, 8], &[], &mut []).expect("listening");
        let mut stream = Stream::connect(&mut kernel, PORT, CONNECT).expect("it listens");
        let mut heard = turn(&mut kernel, &mut stream);
        let mut actor = Actor::new(&mut kernel, server);
        let connection =
            actor.call(nr::ACCEPT4, &[listener, 0, 0], &[], &mut []).expect("a connection") as i32;
        heard.extend(turn(&mut kernel, &mut stream));
        assert_eq!(heard, [done(CONNECT, Ok(None))]);
        stream.write(b"ping".to_vec(), WRITE);
        stream.read(StreamId(1), READ).expect("nobody reads yet");
        assert!(stream.read(StreamId(1), READ).is_err(), "one at a time");
        assert_eq!(turn(&mut kernel, &mut stream), [done(WRITE, Ok(None))]);
        let mut bytes = [0; 8];
        let mut actor = Actor::new(&mut kernel, server);
        assert_eq!(actor.read(connection, &mut bytes), Ok(4));
        assert_eq!(actor.write(connection, b"pong"), Ok(4));
        assert_eq!(turn(&mut kernel, &mut stream), [done(READ, Ok(Some(b"pong")))]);
        Actor::new(&mut kernel, server).close(connection);
        stream.read(StreamId(1), READ).expect("nobody reads");
        assert_eq!(turn(&mut kernel, &mut stream), [done(READ, Ok(None))]);
    }

    #[test]
    fn nobody_listens() {
        let mut kernel = kernel();
        let errno = match Stream::connect(&mut kernel, PORT, CONNECT) {
            Err(error) => error.code().to_string(),
            Ok(mut stream) => match turn(&mut kernel, &mut stream).as_slice() {
                [Completion { result: Err(errno), .. }] => errno.name().to_string(),
                heard => panic!("{heard:?}"),
            },
        };
        assert_eq!(errno, "ECONNREFUSED");
    }

    #[test]
    fn a_watcher_tells_what_happens_to_its_files() {
        let mut kernel = kernel();
        let page = Actor::attach(&mut kernel, "page");
        let mut stream = Stream::watcher(&mut kernel).expect("a watcher");
        let watch = stream.watch(&mut kernel, "/tmp").expect("the folder is there");
        assert_eq!(
            stream.watch(&mut kernel, "/none").map_err(|error| error.to_string()),
            Err("ENOENT: no such file or directory, watch '/none'".into())
        );
        stream.read(StreamId(1), READ).expect("nobody reads");
        assert_eq!(turn(&mut kernel, &mut stream), []);
        files::write_file(&mut Actor::new(&mut kernel, page), "/tmp/a", b"").expect("room");
        let heard = turn(&mut kernel, &mut stream);
        let [Completion { result: Ok(Some(bytes)), .. }] = heard.as_slice() else { panic!("{heard:?}") };
        assert_eq!(&bytes[..4], &watch.to_le_bytes());
        assert_eq!(&bytes[4..8], &inotify::CREATE.to_le_bytes());
        assert_eq!(&bytes[inotify::HEADER_BYTES..inotify::HEADER_BYTES + 2], b"a\0");
    }

    #[test]
    fn what_waits_hears_of_a_close() {
        let mut kernel = kernel();
        let mut stream = Stream::watcher(&mut kernel).expect("a watcher");
        stream.read(StreamId(1), READ).expect("nobody reads");
        let mut heard = VecDeque::new();
        stream.close(&mut heard);
        assert_eq!(heard, [done(READ, Ok(None))]);
    }
}
