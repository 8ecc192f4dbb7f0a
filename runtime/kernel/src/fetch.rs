//! HTTP requests that the host makes for a task: the capability check, the response on its way, backpressure.

use std::collections::BTreeMap;

use oac_abi::{
    Errno, bounds,
    fetch::{RequestHead, ResponseHead},
    flags::{open, poll},
};

use crate::{
    FetchId, Flow, HostRequest, Kernel, NetworkCapability, TaskId,
    answer::{Answer, block_on},
    arguments::Out,
    byte_queue::{Buffered, ByteQueue},
    description::File,
    dispatch::Sys,
    wait_queue::WaitKey,
};

/// A response on its way.
#[derive(Debug)]
struct Fetch {
    /// Encoded as programs read it.
    head: Option<Result<Vec<u8>, Errno>>,
    head_read: bool,
    body: ByteQueue,
    end: Option<Result<(), Errno>>,
    paused: bool,
}

impl Fetch {
    fn new() -> Fetch {
        // No limit in the queue itself: it is the host that keeps back what it was told to.
        Fetch {
            head: None,
            head_read: false,
            body: ByteQueue::new(usize::MAX, &Buffered::default()),
            end: None,
            paused: false,
        }
    }
}

/// All fetches of a container whose descriptor is open.
#[derive(Debug, Default)]
pub(crate) struct Fetches {
    fetches: BTreeMap<FetchId, Fetch>,
    last: u64,
}

impl Fetches {
    /// What poll(2) says: IN and PRI when the head has come and has not been read, IN when a read of the body would not wait.
    pub(crate) fn poll(&self, id: FetchId) -> u16 {
        let Some(fetch) = self.fetches.get(&id) else { return poll::NVAL };
        let mut state = 0;
        if fetch.head.is_some() && !fetch.head_read {
            state |= poll::IN | poll::PRI;
        }
        if !fetch.body.is_empty() {
            state |= poll::IN;
        }
        match fetch.end {
            Some(Ok(())) => state | poll::IN | poll::HUP,
            Some(Err(_)) => state | poll::IN | poll::HUP | poll::ERR,
            None => state,
        }
    }

    /// Bytes that wait to be read.
    pub(crate) fn buffered_bytes(&self, id: FetchId) -> usize {
        self.fetches.get(&id).map_or(0, |fetch| fetch.body.len())
    }

    pub(crate) fn len(&self) -> usize {
        self.fetches.len()
    }
}

impl NetworkCapability {
    /// Whether a request to this address is allowed. The host asks for every address that a redirect leads to.
    ///
    /// # Errors
    /// EACCES; EPROTONOSUPPORT when it is neither http nor https, EINVAL when it names no host.
    pub fn permits(&self, url: &str) -> Result<(), Errno> {
        permits(self, url)
    }
}

/// Whether a capability reaches an address.
fn permits(network: &NetworkCapability, url: &str) -> Result<(), Errno> {
    // Some URL parsers drop these silently; then what is checked here would not be what is fetched.
    if url.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(Errno::EINVAL);
    }
    let rest = url.strip_prefix("http://").map(|rest| (rest, "80"));
    let (rest, default_port) = rest
        .or_else(|| url.strip_prefix("https://").map(|rest| (rest, "443")))
        .ok_or(Errno::EPROTONOSUPPORT)?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host_port.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (host_port, default_port),
    };
    if host.is_empty() {
        return Err(Errno::EINVAL);
    }
    permits_host(network, host, port)
}

/// Whether a capability reaches a port of a host.
pub(crate) fn permits_host(network: &NetworkCapability, host: &str, port: &str) -> Result<(), Errno> {
    let permitted = |rule: &String| {
        let (rule_host, rule_port) = match rule.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
            _ => (rule.as_str(), None),
        };
        let host_fits = match rule_host.strip_prefix("*.") {
            Some(parent) => {
                let tail = host.len().checked_sub(parent.len() + 1).and_then(|at| host.get(at..));
                tail.is_some_and(|tail| tail[1..].eq_ignore_ascii_case(parent) && tail.starts_with('.'))
            }
            None => rule == "*" || host.eq_ignore_ascii_case(rule_host),
        };
        host_fits && rule_port.is_none_or(|rule_port| rule_port == port)
    };
    match network {
        NetworkCapability::Any => Ok(()),
        NetworkCapability::Hosts(rules) if rules.iter().any(permitted) => Ok(()),
        NetworkCapability::Denied | NetworkCapability::Hosts(_) => Err(Errno::EACCES),
    }
}

impl Sys<'_> {
    pub(crate) fn fetch(self, head: &[u8], body: &[u8], flags: u32) -> Answer {
        if flags & !(open::NONBLOCK | open::CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let head = RequestHead::decode(head)?;
        self.kernel.tasks.life(self.task)?.fds.require_room(1)?;
        let id = self.kernel.start_fetch(self.task, head, body.to_vec(), Redirects::Follow)?;
        Ok(i64::from(self.kernel.install(self.task, File::Fetch(id), flags | open::RDONLY)?.0))
    }

    pub(crate) fn fetch_head(self, fd: i32, head: Out<'_>) -> Answer {
        let description = self.kernel.description(self.task, fd)?;
        let File::Fetch(id) = description.file else { return Err(Errno::EINVAL.into()) };
        let nonblocking = description.nonblocking();
        let fetch = self.kernel.fetches.fetches.get_mut(&id).ok_or(Errno::EBADF)?;
        match &fetch.head {
            None if nonblocking => Err(Errno::EAGAIN.into()),
            None => block_on(WaitKey::Fetch(id)),
            Some(Err(errno)) => {
                fetch.head_read = true;
                Err((*errno).into())
            }
            Some(Ok(encoded)) => {
                head.put(encoded)?;
                fetch.head_read = true;
                Ok(encoded.len() as i64)
            }
        }
    }
}

/// What the host does with a redirect, where it has the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Goes where it leads.
    Follow,
    /// Gives it as the response.
    Leave,
}

impl Kernel {
    /// Has the host make a request.
    ///
    /// # Errors
    /// EAGAIN when there are too many at once; as [`NetworkCapability::permits`].
    pub(crate) fn start_fetch(
        &mut self,
        task: TaskId,
        mut head: RequestHead,
        body: Vec<u8>,
        redirects: Redirects,
    ) -> Result<FetchId, Errno> {
        // Schemes have no case: RFC 3986, 3.1. What is checked and what is fetched is the one in lower case.
        if let Some(len) = head.url.find("://") {
            head.url[..len].make_ascii_lowercase();
        }
        permits(&self.capabilities(task)?.network, &head.url)?;
        if self.fetches.fetches.len() >= bounds::FETCHES_MAX {
            return Err(Errno::EAGAIN);
        }
        self.fetches.last += 1;
        let id = FetchId(self.fetches.last);
        self.fetches.fetches.insert(id, Fetch::new());
        self.requests.push_back(HostRequest::Fetch { id, task, head, body, redirects });
        Ok(id)
    }

    /// The response's head, once it has come.
    pub(crate) fn fetched_head(&mut self, id: FetchId) -> Option<Result<ResponseHead, Errno>> {
        let fetch = self.fetches.fetches.get_mut(&id)?;
        let head = fetch.head.clone()?;
        fetch.head_read = true;
        Some(head.and_then(|encoded| ResponseHead::decode(&encoded)))
    }

    /// The response's head, or why there is none.
    pub fn fetch_head(&mut self, id: FetchId, head: Result<ResponseHead, Errno>) {
        let Some(fetch) = self.fetches.fetches.get_mut(&id) else { return };
        if fetch.head.is_some() {
            return;
        }
        if let Err(errno) = &head {
            fetch.end = Some(Err(*errno));
        }
        fetch.head = Some(head.map(|head| head.encode()));
        self.waits.wake(WaitKey::Fetch(id));
        self.gateway.touch_fetch(id);
    }

    /// A part of the response's body. After [`Flow::Pause`] the host keeps the rest until [`HostRequest::FetchResume`].
    pub fn fetch_body(&mut self, id: FetchId, chunk: &[u8]) -> Flow {
        let Some(fetch) = self.fetches.fetches.get_mut(&id) else { return Flow::Pause };
        if fetch.end.is_some() {
            return Flow::Pause;
        }
        fetch.body.put(chunk);
        fetch.paused = fetch.body.len() >= bounds::FETCH_BUFFER_BYTES;
        let flow = if fetch.paused { Flow::Pause } else { Flow::Continue };
        self.waits.wake(WaitKey::Fetch(id));
        self.gateway.touch_fetch(id);
        flow
    }

    /// The end of the body, or why it broke off.
    pub fn fetch_end(&mut self, id: FetchId, result: Result<(), Errno>) {
        let Some(fetch) = self.fetches.fetches.get_mut(&id) else { return };
        if fetch.end.is_some() {
            return;
        }
        fetch.end = Some(result);
        if fetch.head.is_none() {
            fetch.head = Some(Err(result.err().unwrap_or(Errno::EPROTO)));
        }
        self.waits.wake(WaitKey::Fetch(id));
        self.gateway.touch_fetch(id);
    }

    pub(crate) fn fetch_read(&mut self, id: FetchId, nonblocking: bool, buf: &mut [u8]) -> Answer<usize> {
        let fetch = self.fetches.fetches.get_mut(&id).ok_or(Errno::EBADF)?;
        if fetch.body.is_empty() && !buf.is_empty() {
            return match fetch.end {
                Some(Ok(())) => Ok(0),
                Some(Err(errno)) => Err(errno.into()),
                None if nonblocking => Err(Errno::EAGAIN.into()),
                None => block_on(WaitKey::Fetch(id)),
            };
        }
        let len = fetch.body.take(buf);
        if fetch.paused && fetch.body.len() <= bounds::FETCH_BUFFER_BYTES / 2 {
            fetch.paused = false;
            if fetch.end.is_none() {
                self.requests.push_back(HostRequest::FetchResume { id });
            }
        }
        Ok(len)
    }

    pub(crate) fn fetch_close(&mut self, id: FetchId) {
        if self.fetches.fetches.remove(&id).is_some_and(|fetch| fetch.end.is_none()) {
            self.requests.push_back(HostRequest::FetchCancel { id });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &[&str], url: &str, expect: Result<(), Errno>) {
        let network = NetworkCapability::Hosts(rules.iter().map(|&rule| rule.to_string()).collect());
        assert_eq!(permits(&network, url), expect, "{rules:?} {url}");
    }

    #[test]
    fn hosts() {
        check(&["example.com"], "https://example.com/a", Ok(()));
        check(&["example.com"], "https://EXAMPLE.com:8080?x", Ok(()));
        check(&["example.com"], "https://a.example.com/", Err(Errno::EACCES));
        check(&["*.example.com"], "https://a.example.com/", Ok(()));
        check(&["*.example.com"], "https://badexample.com/", Err(Errno::EACCES));
        check(&["example.com:443"], "https://example.com/", Ok(()));
        check(&["example.com:443"], "http://example.com/", Err(Errno::EACCES));
        check(&["example.com"], "https://example.com@evil.org/", Err(Errno::EACCES));
        check(&["example.com"], "https://evil.org\\@example.com/", Err(Errno::EACCES));
        check(&["example.com"], "https://example.com\t.evil.org/", Err(Errno::EINVAL));
        check(&["example.com"], "ftp://example.com/", Err(Errno::EPROTONOSUPPORT));
        check(&["example.com"], "https:///", Err(Errno::EINVAL));
        check(&[], "https://example.com/", Err(Errno::EACCES));
    }
}
