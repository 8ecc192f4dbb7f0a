//! The egress gateway: HTTP/1.1 to the program, fetches to the host, for hosts that can do nothing else (a page) or are told to.
//!
//! A program's connection to the outside ends here, in a socket that the kernel has itself: what the program writes is read as
//! requests, each of which becomes a fetch, and the response is written back as it comes. What a fetch cannot do the gateway refuses by
//! a status: upgrades and CONNECT (501), bodies of more than 64 MB (413). Redirects are the program's matter where the host can leave
//! them to it; cookies and the headers that browsers forbid are treated as the host does: docs/network.md.

mod request;

use std::collections::{BTreeMap, BTreeSet};

use oac_abi::{
    Errno,
    fetch::{RequestHead, ResponseHead},
};

use crate::{
    FetchId, Kernel, TaskId,
    answer::Stop,
    fetch::Redirects,
    socket::{Inbox, Kind, SocketId, State},
    wait_queue::WaitKey,
};
pub use request::check_gateway_reader;
use request::{BAD, Head, Reader, Refusal, Request};

/// Bytes moved at once.
const CHUNK_BYTES: usize = 64 << 10;
/// A chunk's line and end, at most: digits of its length and two line ends.
const CHUNK_OVERHEAD_BYTES: usize = 20;

/// How a response's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// There is none.
    Nothing,
    /// By its length, which the head says.
    Length,
    /// In chunks.
    Chunked,
    /// With the connection.
    Close,
}

#[derive(Debug)]
enum Phase {
    /// Reads a request.
    Reading,
    /// Waits for a fetch's head.
    Fetching { fetch: FetchId, head: Head },
    /// Passes a body on.
    Answering { fetch: FetchId, framing: Framing, keep_alive: bool },
    /// Nothing more is read.
    Done,
}

/// One connection's end.
#[derive(Debug)]
struct Gate {
    /// The program's socket.
    near: SocketId,
    owner: TaskId,
    /// `example.com:8080`, or without the port that the scheme has.
    host: String,
    port: u16,
    /// The program would have spoken TLS, and was told that it need not.
    secure: bool,
    reader: Reader,
    phase: Phase,
    /// Written by the gateway, and waiting for room.
    output: Vec<u8>,
    /// The program sends nothing more.
    finished: bool,
}

/// All of a container's.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    gates: BTreeMap<SocketId, Gate>,
    by_fetch: BTreeMap<FetchId, SocketId>,
    /// To be looked at, by the gateway's own sockets.
    touched: BTreeSet<SocketId>,
}

impl Gateway {
    /// Something has happened to a socket.
    pub(crate) fn touch(&mut self, id: SocketId) {
        if self.gates.contains_key(&id) {
            self.touched.insert(id);
        }
    }

    /// Something has come of a fetch.
    pub(crate) fn touch_fetch(&mut self, fetch: FetchId) {
        if let Some(&gate) = self.by_fetch.get(&fetch) {
            self.touched.insert(gate);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.gates.len()
    }
}

impl Kernel {
    /// Gives a connection to the outside its end in the gateway.
    pub(crate) fn open_gate(
        &mut self,
        owner: TaskId,
        near: SocketId,
        host: String,
        port: u16,
    ) -> Result<(), Errno> {
        let socket = self.sockets.get(near)?;
        let (domain, local, remote) = (socket.domain, socket.local, socket.remote);
        let far = self.sockets.add(domain, Kind::Stream, owner);
        let socket = self.sockets.get_mut(far)?;
        socket.state = State::Connected { peer: Some(near) };
        (socket.local, socket.remote) = (remote, local);
        self.sockets.get_mut(near)?.state = State::Connected { peer: Some(far) };
        let gate = Gate {
            near,
            owner,
            host,
            port,
            secure: false,
            reader: Reader::default(),
            phase: Phase::Reading,
            output: Vec::new(),
            finished: false,
        };
        self.gateway.gates.insert(far, gate);
        self.socket_changed(near);
        Ok(())
    }

    /// Says that a connection is to be TLS to its server, and clear text as far as the gateway.
    ///
    /// # Errors
    /// ENOPROTOOPT when it does not lead to the gateway, EISCONN when something has been sent.
    pub(crate) fn secure_gate(&mut self, near: SocketId) -> Result<(), Errno> {
        let far = self.sockets.get(near)?.peer().ok_or(Errno::ENOPROTOOPT)?;
        let gate = self.gateway.gates.get_mut(&far).ok_or(Errno::ENOPROTOOPT)?;
        if !gate.reader.is_idle() || self.sockets.readable_bytes(far) > 0 {
            return Err(Errno::EISCONN);
        }
        gate.secure = true;
        Ok(())
    }

    /// Goes on with all connections that something has happened to.
    pub(crate) fn run_gateway(&mut self) {
        while let Some(far) = self.gateway.touched.pop_first() {
            let Some(mut gate) = self.gateway.gates.remove(&far) else { continue };
            if self.advance_gate(far, &mut gate) {
                self.gateway.gates.insert(far, gate);
            } else {
                self.close_gate(far, gate);
            }
        }
    }

    fn close_gate(&mut self, far: SocketId, gate: Gate) {
        if let Phase::Fetching { fetch, .. } | Phase::Answering { fetch, .. } = gate.phase {
            self.gateway.by_fetch.remove(&fetch);
            self.fetch_close(fetch);
        }
        self.socket_close(far);
    }

    /// As far as it goes; whether the connection lives on.
    fn advance_gate(&mut self, far: SocketId, gate: &mut Gate) -> bool {
        loop {
            if !self.flush_gate(gate) {
                return true;
            }
            match self.sockets.get(far).map(|socket| &socket.state) {
                Ok(State::Connected { peer: Some(_) }) => {}
                // Reset, or closed: nobody reads an answer.
                _ => return false,
            }
            gate.finished |= self.sockets.get(far).is_ok_and(|socket| socket.peer_finished);
            let goes_on = match &gate.phase {
                Phase::Reading => self.read_request(far, gate),
                Phase::Fetching { .. } => self.write_head(gate),
                Phase::Answering { .. } => self.write_body(gate),
                Phase::Done => return false,
            };
            match goes_on {
                Ok(true) => {}
                Ok(false) => return true,
                Err(errno) => {
                    self.break_gate(gate, errno);
                    return false;
                }
            }
        }
    }

    /// Gives what there is room for; whether all of it went.
    fn flush_gate(&mut self, gate: &mut Gate) -> bool {
        let Ok(near) = self.sockets.get_mut(gate.near) else { return true };
        let Inbox::Bytes { queue, .. } = &mut near.inbox else { return true };
        let len = queue.put(&gate.output);
        gate.output.drain(..len);
        if len > 0 {
            self.waits.wake(WaitKey::SocketIn(gate.near));
        }
        gate.output.is_empty()
    }

    /// The program's connection fails with this.
    fn break_gate(&mut self, gate: &Gate, errno: Errno) {
        self.tcp_reset(gate.near);
        if let Ok(near) = self.sockets.get_mut(gate.near) {
            near.error = Some(errno);
        }
    }

    fn read_request(&mut self, far: SocketId, gate: &mut Gate) -> Result<bool, Errno> {
        let socket = self.sockets.get_mut(far)?;
        if let Inbox::Bytes { queue, .. } = &mut socket.inbox {
            let mut bytes = vec![0; queue.len()];
            queue.take(&mut bytes);
            if !bytes.is_empty() {
                gate.reader.feed(&bytes);
                self.waits.wake(WaitKey::SocketOut(gate.near));
            }
        }
        match gate.reader.next() {
            Ok(Some(request)) => self.begin_fetch(far, gate, request),
            Ok(None) if gate.reader.take_continue() => {
                gate.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
                Ok(true)
            }
            Ok(None) if gate.finished => {
                gate.phase = Phase::Done;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(refusal) => {
                gate.refuse(refusal);
                Ok(true)
            }
        }
    }

    fn begin_fetch(&mut self, far: SocketId, gate: &mut Gate, request: Request) -> Result<bool, Errno> {
        let Some(url) = gate.url(&request.head.target) else {
            gate.refuse(BAD);
            return Ok(true);
        };
        let head =
            RequestHead { method: request.head.method.clone(), url, headers: request.head.headers.clone() };
        let fetch = match self.start_fetch(gate.owner, head, request.body, Redirects::Leave) {
            Ok(fetch) => fetch,
            // There are too many at once: it waits in the program's own queues as little as on a network.
            Err(Errno::EAGAIN) => {
                gate.refuse((503, "Service Unavailable"));
                return Ok(true);
            }
            Err(errno) => return Err(errno),
        };
        self.gateway.by_fetch.insert(fetch, far);
        gate.phase = Phase::Fetching { fetch, head: request.head };
        Ok(true)
    }

    fn write_head(&mut self, gate: &mut Gate) -> Result<bool, Errno> {
        let Phase::Fetching { fetch, head } = &gate.phase else { return Ok(false) };
        let (fetch, request) = (*fetch, head.clone());
        let Some(response) = self.fetched_head(fetch) else { return Ok(false) };
        let response = response?;
        let (text, framing, keep_alive) = response_head(&request, &response);
        gate.output.extend_from_slice(&text);
        gate.phase = Phase::Answering { fetch, framing, keep_alive };
        Ok(true)
    }

    fn write_body(&mut self, gate: &mut Gate) -> Result<bool, Errno> {
        let Phase::Answering { fetch, framing, keep_alive } = gate.phase else { return Ok(false) };
        let room = match self.sockets.get(gate.near).map(|socket| &socket.inbox) {
            Ok(Inbox::Bytes { queue, .. }) => queue.room(),
            _ => 0,
        };
        let len = room.saturating_sub(CHUNK_OVERHEAD_BYTES).min(CHUNK_BYTES);
        if len == 0 {
            return Ok(false);
        }
        let mut bytes = vec![0; len];
        let len = match self.fetch_read(fetch, true, &mut bytes) {
            Ok(len) => len,
            Err(Stop::Fail(Errno::EAGAIN)) => return Ok(false),
            Err(Stop::Fail(errno)) => return Err(errno),
            Err(_) => return Ok(false),
        };
        let bytes = &bytes[..len];
        match framing {
            Framing::Nothing => {}
            Framing::Chunked => {
                gate.output.extend_from_slice(format!("{len:x}\r\n").as_bytes());
                gate.output.extend_from_slice(bytes);
                gate.output.extend_from_slice(b"\r\n");
            }
            Framing::Length | Framing::Close => gate.output.extend_from_slice(bytes),
        }
        if len > 0 {
            return Ok(true);
        }
        self.gateway.by_fetch.remove(&fetch);
        self.fetch_close(fetch);
        gate.phase = if keep_alive { Phase::Reading } else { Phase::Done };
        Ok(true)
    }
}

impl Gate {
    fn refuse(&mut self, (status, words): Refusal) {
        let text = format!("{status} {words}\n");
        let head = format!(
            "HTTP/1.1 {status} {words}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        );
        self.output.extend_from_slice(head.as_bytes());
        self.phase = Phase::Done;
    }

    /// What is fetched. The host is the one that was connected to, whatever the request says: it is what was allowed.
    fn url(&self, target: &str) -> Option<String> {
        let path = match target {
            path if path.starts_with('/') => path,
            "*" => "/",
            absolute => {
                let (_, rest) = absolute.split_once("://")?;
                rest.find('/').map_or("/", |at| &rest[at..])
            }
        };
        let (scheme, usual) = if self.secure { ("https", 443) } else { ("http", 80) };
        let (host, port) = (&self.host, self.port);
        let port = if port == usual { String::new() } else { format!(":{port}") };
        Some(format!("{scheme}://{host}{port}{path}"))
    }
}

/// A response's head, how its body ends, and whether another request may follow.
fn response_head(request: &Head, response: &ResponseHead) -> (Vec<u8>, Framing, bool) {
    let has_no_body =
        request.method == "HEAD" || response.status < 200 || matches!(response.status, 204 | 304);
    let length = response.header("content-length").is_some();
    let framing = match (has_no_body, length, request.is_http_1_0) {
        (true, ..) => Framing::Nothing,
        (_, true, _) => Framing::Length,
        (_, _, false) => Framing::Chunked,
        (_, _, true) => Framing::Close,
    };
    let keep_alive = request.keep_alive && framing != Framing::Close;
    let mut text = format!("HTTP/1.1 {} {}\r\n", response.status, clean(&response.status_text));
    for (name, value) in &response.headers {
        if !is_of_one_hop(name) {
            text.push_str(&format!("{}: {}\r\n", clean(name), clean(value)));
        }
    }
    if framing == Framing::Chunked {
        text.push_str("transfer-encoding: chunked\r\n");
    }
    text.push_str(if keep_alive { "connection: keep-alive\r\n\r\n" } else { "connection: close\r\n\r\n" });
    // Code points below 256 are bytes; a host gives no others.
    (text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(), framing, keep_alive)
}

/// Without what would end a line.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect()
}

fn is_of_one_hop(name: &str) -> bool {
    ["connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"]
        .iter()
        .any(|one| name.eq_ignore_ascii_case(one))
}
