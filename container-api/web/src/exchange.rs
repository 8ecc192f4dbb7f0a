//! One HTTP request to a port of the container, and its response: a connection of the loopback, made by a task of the host.

use std::collections::VecDeque;

use oac_abi::{Errno, bounds::PIPE_BYTES, flags::poll};
use oac_kernel::{Kernel, Port, TaskId};

use crate::{
    actor::{Actor, Interest},
    http1::{BadResponse, Head, ResponseReader, encode_request},
};

/// The page's number of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ExchangeId(pub(crate) u32);

/// Why an exchange broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeError {
    Errno(Errno),
    BadResponse,
}

impl From<BadResponse> for ExchangeError {
    fn from(_: BadResponse) -> ExchangeError {
        ExchangeError::BadResponse
    }
}

/// What the page hears of an exchange, in this order: a head, chunks (each after a pull), `End` (also after a pull); or at any time
/// `Failed`, and nothing after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Head(Head),
    Chunk(Vec<u8>),
    End,
    Failed(ExchangeError),
}

/// What the page asks a port.
#[derive(Clone, Debug)]
pub(crate) struct ExchangeRequest {
    pub(crate) port: Port,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) actor: TaskId,
    fd: i32,
    is_connected: bool,
    outbox: Vec<u8>,
    sent: usize,
    reader: ResponseReader,
    has_head: bool,
    /// The page wants the next chunk.
    is_pulled: bool,
}

impl Exchange {
    /// Connects, without waiting for it.
    pub(crate) fn start(kernel: &mut Kernel, request: &ExchangeRequest) -> Result<Exchange, Errno> {
        let task = Actor::attach(kernel, "preview");
        let address = kernel.port_address(request.port);
        let host = format!("localhost:{}", request.port);
        match Actor::new(kernel, task).connect(&address) {
            Ok(fd) => Ok(Exchange {
                actor: task,
                fd,
                is_connected: false,
                outbox: encode_request(
                    &request.method,
                    &request.target,
                    &host,
                    &request.headers,
                    &request.body,
                ),
                sent: 0,
                reader: ResponseReader::new(&request.method),
                has_head: false,
                is_pulled: false,
            }),
            Err(failure) => {
                kernel.detach(task);
                Err(failure.errno())
            }
        }
    }

    /// The page has room for another chunk.
    pub(crate) fn pull(&mut self) {
        self.is_pulled = true;
    }

    /// Does what can be done without waiting, then waits for the rest. `true`: it is over.
    pub(crate) fn advance(&mut self, kernel: &mut Kernel, progress: &mut VecDeque<Progress>) -> bool {
        let mut actor = Actor::new(kernel, self.actor);
        loop {
            match self.step(&mut actor, progress) {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) => {
                    progress.push_back(Progress::Failed(error));
                    return true;
                }
            }
            let events = self.events();
            if events == 0 || actor.poll(&[Interest { fd: self.fd, events }]).is_err() {
                return false;
            }
        }
    }

    fn events(&self) -> u16 {
        let sends = !self.is_connected || self.sent < self.outbox.len();
        let reads = self.is_connected && self.wants_bytes();
        (if sends { poll::OUT } else { 0 }) | (if reads { poll::IN } else { 0 })
    }

    fn wants_bytes(&self) -> bool {
        !self.has_head || self.is_pulled
    }

    /// `Ok(true)`: the response has been handed over, all of it.
    fn step(
        &mut self,
        actor: &mut Actor<'_>,
        progress: &mut VecDeque<Progress>,
    ) -> Result<bool, ExchangeError> {
        if !self.is_connected && !self.connected(actor)? {
            return Ok(false);
        }
        self.send(actor)?;
        loop {
            if self.hand_over(progress) {
                return Ok(true);
            }
            if !self.wants_bytes() {
                return Ok(false);
            }
            let mut bytes = vec![0; PIPE_BYTES];
            match actor.read(self.fd, &mut bytes) {
                Err(failure) if failure.is_not_yet() => return Ok(false),
                Err(failure) => return Err(ExchangeError::Errno(failure.errno())),
                Ok(0) => self.reader.close()?,
                Ok(length) => self.reader.feed(&bytes[..length])?,
            }
        }
    }

    fn connected(&mut self, actor: &mut Actor<'_>) -> Result<bool, ExchangeError> {
        let error = actor.socket_error(self.fd).map_err(|failure| ExchangeError::Errno(failure.errno()))?;
        if let Some(errno) = error {
            return Err(ExchangeError::Errno(errno));
        }
        // Writing is what tells a connection that is there from one that is being made.
        match actor.write(self.fd, &self.outbox) {
            Err(failure) if failure.is_not_yet() || failure.errno() == Errno::ENOTCONN => Ok(false),
            Err(failure) => Err(ExchangeError::Errno(failure.errno())),
            Ok(length) => {
                self.sent = length;
                self.is_connected = true;
                Ok(true)
            }
        }
    }

    fn send(&mut self, actor: &mut Actor<'_>) -> Result<(), ExchangeError> {
        while self.sent < self.outbox.len() {
            match actor.write(self.fd, &self.outbox[self.sent..]) {
                Ok(length) => self.sent += length,
                Err(failure) if failure.is_not_yet() => break,
                // The server may answer and close without reading the whole request: its answer counts.
                Err(failure) if matches!(failure.errno(), Errno::EPIPE | Errno::ECONNRESET) => {
                    self.sent = self.outbox.len();
                }
                Err(failure) => return Err(ExchangeError::Errno(failure.errno())),
            }
        }
        Ok(())
    }

    /// Gives the page what it may have now. `true`: that was the last.
    fn hand_over(&mut self, progress: &mut VecDeque<Progress>) -> bool {
        if let Some(head) = self.reader.take_head() {
            self.has_head = true;
            progress.push_back(Progress::Head(head));
        }
        if !self.is_pulled {
            return false;
        }
        let body = self.reader.take_body();
        if !body.is_empty() {
            self.is_pulled = false;
            progress.push_back(Progress::Chunk(body));
            return false;
        }
        if self.reader.is_done() {
            progress.push_back(Progress::End);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

    use super::*;
    use oac_abi::{bounds::SOCKET_BYTES, flags::socket, nr, sockaddr::SocketAddress};
    use oac_kernel::{Config, HostRequest, Now};

    const PORT: Port = Port(3000);

    /// A server that the test plays, and one exchange with it.
    struct Scene {
        kernel: Kernel,
        server: TaskId,
        listener: i32,
        heard: VecDeque<Progress>,
    }

    impl Scene {
        fn new() -> Scene {
            let mut kernel = Kernel::new(Config::default(), Now::default());
            let server = kernel.attach("server");
            let mut actor = Actor::new(&mut kernel, server);
            let address = SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, PORT.0)).encode();
            let args = [socket::AF_INET.into(), socket::STREAM.into(), 0];
            let listener = actor.call(nr::SOCKET, &args, &[], &mut []).expect("a socket") as i32;
            actor.call(nr::BIND, &[listener.into(), address.len() as i64], &address, &mut []).expect("bound");
            actor.call(nr::LISTEN, &[listener.into(), 8], &[], &mut []).expect("listening");
            Scene { kernel, server, listener, heard: VecDeque::new() }
        }

        fn server(&mut self) -> Actor<'_> {
            Actor::new(&mut self.kernel, self.server)
        }

        fn accept(&mut self) -> i32 {
            let listener = self.listener;
            self.server().call(nr::ACCEPT4, &[listener.into(), 0, 0], &[], &mut []).expect("a connection")
                as i32
        }

        fn start(&mut self, port: Port, body: Vec<u8>) -> Result<Exchange, Errno> {
            let request = ExchangeRequest {
                port,
                method: if body.is_empty() { "GET".into() } else { "POST".into() },
                target: "/".into(),
                headers: vec![],
                body,
            };
            Exchange::start(&mut self.kernel, &request)
        }

        /// What the host does after each event; whether the exchange is over.
        fn turn(&mut self, exchange: &mut Exchange) -> bool {
            let mut over = exchange.advance(&mut self.kernel, &mut self.heard);
            while let Some(request) = self.kernel.next_request() {
                if !over && request == (HostRequest::Wake { task: exchange.actor }) {
                    over = exchange.advance(&mut self.kernel, &mut self.heard);
                }
            }
            over
        }

        fn heard(&mut self) -> Vec<Progress> {
            self.heard.drain(..).collect()
        }
    }

    fn head(status: u16) -> Progress {
        let headers = vec![("transfer-encoding".to_string(), "chunked".to_string())];
        Progress::Head(Head { status, reason: "OK".into(), headers })
    }

    #[test]
    fn a_response_comes_as_it_is_pulled() {
        let mut scene = Scene::new();
        let mut exchange = scene.start(PORT, vec![]).expect("the server listens");
        assert!(!scene.turn(&mut exchange));
        let connection = scene.accept();
        assert!(!scene.turn(&mut exchange));
        let mut request = vec![0; 1024];
        let length = scene.server().read(connection, &mut request).expect("the request");
        assert!(request[..length].starts_with(b"GET / HTTP/1.1\r\nHost: localhost:3000\r\n"));
        let response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n";
        scene.server().write(connection, response).expect("room");
        assert!(!scene.turn(&mut exchange));
        assert_eq!(scene.heard(), [head(200)]);
        exchange.pull();
        assert!(!scene.turn(&mut exchange));
        assert_eq!(scene.heard(), [Progress::Chunk(b"hi".to_vec())]);
        exchange.pull();
        assert!(!scene.turn(&mut exchange));
        scene.server().write(connection, b"0\r\n\r\n").expect("room");
        assert!(scene.turn(&mut exchange));
        assert_eq!(scene.heard(), [Progress::End]);
    }

    #[test]
    fn nobody_listens() {
        let mut scene = Scene::new();
        let refused = match scene.start(Port(81), vec![]) {
            Err(errno) => errno,
            Ok(mut exchange) => {
                assert!(scene.turn(&mut exchange));
                match scene.heard().as_slice() {
                    [Progress::Failed(ExchangeError::Errno(errno))] => *errno,
                    heard => panic!("{heard:?}"),
                }
            }
        };
        assert_eq!(refused, Errno::ECONNREFUSED);
    }

    #[test]
    fn an_answer_that_is_cut_off_or_not_http_is_a_bad_response() {
        for answer in ["HTTP/1.1 200 OK\r\nContent-Le", "220 mail.example ESMTP\r\n"] {
            let mut scene = Scene::new();
            let mut exchange = scene.start(PORT, vec![]).expect("the server listens");
            scene.turn(&mut exchange);
            let connection = scene.accept();
            scene.turn(&mut exchange);
            // A server that closes without having read resets the connection.
            scene.server().read(connection, &mut [0; 1024]).expect("the request");
            scene.server().write(connection, answer.as_bytes()).expect("room");
            scene.server().close(connection);
            assert!(scene.turn(&mut exchange), "{answer}");
            assert_eq!(scene.heard(), [Progress::Failed(ExchangeError::BadResponse)], "{answer}");
        }
    }

    #[test]
    fn a_server_may_answer_without_reading_the_whole_request() {
        let mut scene = Scene::new();
        let mut exchange = scene.start(PORT, vec![b'x'; 4 * SOCKET_BYTES]).expect("the server listens");
        scene.turn(&mut exchange);
        let connection = scene.accept();
        assert!(!scene.turn(&mut exchange));
        scene
            .server()
            .write(connection, b"HTTP/1.1 413 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            .expect("room");
        assert!(!scene.turn(&mut exchange));
        assert_eq!(scene.heard(), [head(413)]);
        exchange.pull();
        assert!(scene.turn(&mut exchange));
        assert_eq!(scene.heard(), [Progress::End]);
    }
}
