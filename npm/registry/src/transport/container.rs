//! HTTP in the container: the host makes the requests, their bodies are read from descriptors.

use super::{BODY_BYTES_MAX, Completion, Request, RequestId, Response, Transport};
use crate::RegistryError;
use oac_sys::fetch_types::RequestHead;
use oac_sys::{Errno, File, PollFd, flags};
use std::collections::VecDeque;
use std::time::Duration;

/// How much is read at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Requests under way, polled together.
#[derive(Default)]
pub struct ContainerTransport {
    open: Vec<Transfer>,
    /// Requests that failed as they began.
    failed: VecDeque<Completion>,
    /// Read into, again and again.
    buffer: Vec<u8>,
}

struct Transfer {
    id: RequestId,
    url: String,
    file: File,
    head: Option<(u16, Vec<(String, String)>)>,
    body: Vec<u8>,
}

impl Transport for ContainerTransport {
    fn start(&mut self, id: RequestId, request: &Request) {
        let (method, url) = (request.method.to_owned(), request.url.clone());
        let head = RequestHead { method, url, headers: request.headers.clone() };
        match oac_sys::fetch(&head, &request.body, flags::open::NONBLOCK | flags::open::CLOEXEC) {
            Ok(file) => {
                self.open.push(Transfer { id, url: request.url.clone(), file, head: None, body: Vec::new() });
            }
            Err(errno) => self.failed.push_back((id, Err(failure(&request.url, errno)))),
        }
    }

    fn next(&mut self, timeout: Option<Duration>) -> Option<Completion> {
        if let Some(failed) = self.failed.pop_front() {
            return Some(failed);
        }
        self.buffer.resize(CHUNK_BYTES, 0);
        while !self.open.is_empty() {
            let mut fds: Vec<PollFd> = self
                .open
                .iter()
                .map(|t| PollFd { fd: t.file.fd(), events: flags::poll::IN, revents: 0 })
                .collect();
            let timeout_ns = timeout.map_or(-1, |t| i64::try_from(t.as_nanos()).unwrap_or(i64::MAX));
            match oac_sys::poll(&mut fds, timeout_ns) {
                Ok(0) => return None,
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => {
                    let transfer = self.open.swap_remove(0);
                    return Some((transfer.id, Err(failure(&transfer.url, errno))));
                }
            }
            for (index, polled) in fds.iter().enumerate() {
                if polled.revents == 0 {
                    continue;
                }
                if let Some(result) = self.open[index].advance(&mut self.buffer) {
                    let transfer = self.open.swap_remove(index);
                    return Some((transfer.id, transfer.finish(result)));
                }
            }
        }
        None
    }

    fn sleep(&mut self, duration: Duration) {
        // With no descriptors poll() sleeps; an interrupted sleep is merely shorter.
        let _ = oac_sys::poll(&mut [], i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
    }
}

type End = Result<(u16, Vec<(String, String)>), RegistryError>;

impl Transfer {
    /// The answer; an answer that broke off keeps what came of it.
    fn finish(self, end: End) -> Result<Response, RegistryError> {
        match end {
            Ok((status, headers)) => Ok(Response { status, headers, body: self.body }),
            Err(RegistryError::Unreachable { url, code, problem }) => {
                let head = self.head.filter(|_| !self.body.is_empty());
                let Some((200, headers)) = head else {
                    return Err(RegistryError::Unreachable { url, code, problem });
                };
                let part = Response { status: 200, headers, body: self.body };
                Err(RegistryError::Interrupted { url, code, problem, part: Box::new(part) })
            }
            Err(error) => Err(error),
        }
    }

    /// Reads what is there. `Some` at the end of the answer.
    fn advance(&mut self, buffer: &mut [u8]) -> Option<End> {
        if self.head.is_none() {
            match oac_sys::fetch_head(self.file.fd()) {
                Ok(head) => self.head = Some((head.status, head.headers)),
                Err(Errno::EAGAIN | Errno::EINTR) => return None,
                Err(errno) => return Some(Err(failure(&self.url, errno))),
            }
        }
        loop {
            match oac_sys::read(self.file.fd(), buffer) {
                Ok(0) => return self.head.take().map(Ok),
                Ok(length) if self.body.len() + length > BODY_BYTES_MAX => {
                    let url = self.url.clone();
                    return Some(Err(RegistryError::TooLarge { url, limit_bytes: BODY_BYTES_MAX }));
                }
                Ok(length) => self.body.extend_from_slice(&buffer[..length]),
                Err(Errno::EAGAIN | Errno::EINTR) => return None,
                Err(errno) => return Some(Err(failure(&self.url, errno))),
            }
        }
    }
}

fn host_of(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}

fn failure(url: &str, errno: Errno) -> RegistryError {
    let problem = match errno {
        Errno::EACCES | Errno::EPERM => {
            let host = host_of(url);
            format!(
                "this container has no permission to reach {host}; start it with --allow-net={host} \
                 (in a page: the option `network` of boot)"
            )
        }
        // The host's word for a name that nobody knows.
        Errno::EHOSTUNREACH => format!("getaddrinfo ENOTFOUND {}", host_of(url)),
        errno => format!("connect {}", errno.name()),
    };
    let code = if errno == Errno::EHOSTUNREACH { "ENOTFOUND" } else { errno.name() };
    RegistryError::Unreachable { url: url.to_owned(), code: code.to_owned(), problem }
}
