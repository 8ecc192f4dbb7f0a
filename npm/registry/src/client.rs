//! Requests with npm's manners: headers, retries with backoff, a bound on how many run at once,
//! statuses turned into errors.

use crate::transport::{PROXY_HEADER, Request, RequestId, Response, Transport};
use crate::{Config, RegistryError};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// When to ask again.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Tries after the first (npm's `fetch-retries`).
    pub retries: u32,
    /// The wait before the first of them (npm's `fetch-retry-mintimeout`; npm itself waits longer).
    pub first_wait: Duration,
    /// By how much it grows each time (`fetch-retry-factor`).
    pub factor: u32,
    /// The longest wait (`fetch-retry-maxtimeout`).
    pub wait_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 2,
            first_wait: Duration::from_millis(250),
            factor: 10,
            wait_max: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// The wait before the try after so many others.
    fn wait(&self, tries: u32) -> Duration {
        self.first_wait.saturating_mul(self.factor.saturating_pow(tries)).min(self.wait_max)
    }
}

/// An answer with what was asked.
pub type Fetched = (RequestId, Result<Response, RegistryError>);

/// Requests in three places: waiting for a free slot, under way, waiting before another try.
pub struct Client<'a, T> {
    config: &'a Config,
    transport: &'a mut T,
    policy: RetryPolicy,
    at_once_max: usize,
    next_id: u64,
    queue: VecDeque<RequestId>,
    under_way: usize,
    later: Vec<(Instant, RequestId)>,
    known: HashMap<RequestId, Asked>,
}

/// A request until its answer is given out.
struct Asked {
    request: Request,
    tries: u32,
    /// What came of an answer that broke off; the rest of it is asked for.
    part: Option<Box<Response>>,
}

impl<'a, T: Transport> Client<'a, T> {
    /// A client that keeps at most `at_once_max` requests under way.
    pub fn new(config: &'a Config, transport: &'a mut T, policy: RetryPolicy, at_once_max: usize) -> Self {
        Self {
            config,
            transport,
            policy,
            at_once_max: at_once_max.max(1),
            next_id: 0,
            queue: VecDeque::new(),
            under_way: 0,
            later: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// Asks for an address; the answer comes by [`Client::wait`].
    pub fn get(&mut self, url: &str, headers: &[(&str, &str)]) -> RequestId {
        self.send("GET", url, headers, Vec::new())
    }

    /// Sends something to an address; the answer comes by [`Client::wait`].
    pub fn send(
        &mut self,
        method: &'static str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> RequestId {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        let mut all: Vec<(String, String)> =
            headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let has_own = all.iter().any(|(name, _)| name == "authorization");
        if let Some(authorization) = self.config.authorization(url).filter(|_| !has_own) {
            all.push(("authorization".into(), authorization));
        }
        if let Some(proxy) = self.config.proxy_for(url) {
            all.push((PROXY_HEADER.into(), proxy.to_owned()));
        }
        let request = Request { method, url: self.config.way_to(url), headers: all, body };
        self.known.insert(id, Asked { request, tries: 0, part: None });
        self.queue.push_back(id);
        self.fill();
        id
    }

    /// How many answers are still to come.
    pub fn pending(&self) -> usize {
        self.known.len()
    }

    /// Waits for an answer; `None` when nothing is pending. Statuses from 400 on come as errors.
    pub fn wait(&mut self) -> Option<Fetched> {
        while !self.known.is_empty() {
            self.fill();
            let wait = self.later.iter().map(|(at, _)| at.saturating_duration_since(Instant::now())).min();
            if self.under_way == 0 {
                self.transport.sleep(wait?);
                continue;
            }
            let Some((id, result)) = self.transport.next(wait) else { continue };
            self.under_way -= 1;
            let Some(asked) = self.known.get_mut(&id) else { continue };
            let result = result
                .and_then(|response| asked.with_part(response))
                .and_then(|response| check_status(&asked.request, response));
            // As make-fetch-happen: what was posted is not posted again.
            let again = asked.request.method != "POST" && asked.tries < self.policy.retries;
            match result {
                Err(error) if error.is_transient() && again => {
                    let wait = self.policy.wait(asked.tries);
                    asked.tries += 1;
                    asked.keep_part(error);
                    self.later.push((Instant::now() + wait, id));
                }
                result => {
                    self.known.remove(&id);
                    return Some((id, result));
                }
            }
        }
        None
    }

    /// Starts what there is room for.
    fn fill(&mut self) {
        let now = Instant::now();
        let mut index = 0;
        while index < self.later.len() {
            if self.later[index].0 <= now {
                let (_, id) = self.later.swap_remove(index);
                self.queue.push_front(id);
            } else {
                index += 1;
            }
        }
        while self.under_way < self.at_once_max
            && let Some(id) = self.queue.pop_front()
        {
            if let Some(asked) = self.known.get(&id) {
                match &asked.part {
                    Some(part) => self.transport.start(id, &asked.rest_after(part)),
                    None => self.transport.start(id, &asked.request),
                }
                self.under_way += 1;
            }
        }
    }
}

impl Asked {
    /// Keeps what came of an answer that broke off, where its rest can be asked for (RFC 9110, section 14).
    fn keep_part(&mut self, error: RegistryError) {
        if let RegistryError::Interrupted { part, .. } = error {
            let strong = part.header("etag").is_some_and(|etag| !etag.starts_with("W/"));
            // Decoded bytes cannot be counted against the server's.
            let as_sent = part.header("content-encoding").is_none_or(|encoding| encoding == "identity");
            self.part = (self.request.method == "GET" && strong && as_sent).then_some(part);
        }
    }

    fn rest_after(&self, part: &Response) -> Request {
        let mut request = self.request.clone();
        request.headers.push(("range".into(), format!("bytes={}-", part.body.len())));
        request.headers.push(("if-range".into(), part.header("etag").unwrap_or_default().to_owned()));
        request
    }

    /// The whole answer, of the part that came before and this one.
    fn with_part(&mut self, answer: Response) -> Result<Response, RegistryError> {
        match self.part.take() {
            Some(part) if answer.status == 206 => {
                let start = format!("bytes {}-", part.body.len());
                if !answer.header("content-range").is_some_and(|range| range.starts_with(&start)) {
                    let (url, problem) =
                        (self.request.url.clone(), "it answered with another part".to_owned());
                    return Err(RegistryError::Unreachable { url, code: "ECONNRESET".into(), problem });
                }
                let mut whole = *part;
                whole.body.extend_from_slice(&answer.body);
                Ok(whole)
            }
            _ => Ok(answer),
        }
    }
}

fn check_status(request: &Request, response: Response) -> Result<Response, RegistryError> {
    if response.status < 400 {
        return Ok(response);
    }
    let said: Option<String> = serde_json::from_slice::<serde_json::Value>(&response.body)
        .ok()
        .and_then(|body| Some(body.get("error")?.as_str()?.to_owned()));
    Err(RegistryError::Status {
        status: response.status,
        reason: reason(response.status),
        method: request.method,
        url: request.url.clone(),
        body: String::from_utf8_lossy(&response.body).into(),
        challenge: response.header("www-authenticate").unwrap_or_default().to_ascii_lowercase().into(),
        detail: said.map(|text| format!(" - {text}")).unwrap_or_default(),
    })
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Completion;

    /// Answers in order, whatever is asked.
    struct Canned {
        statuses: VecDeque<u16>,
        started: VecDeque<RequestId>,
        most_at_once: usize,
    }

    impl Transport for Canned {
        fn start(&mut self, id: RequestId, _request: &Request) {
            self.started.push_back(id);
            self.most_at_once = self.most_at_once.max(self.started.len());
        }
        fn next(&mut self, _timeout: Option<Duration>) -> Option<Completion> {
            let id = self.started.pop_front()?;
            let status = self.statuses.pop_front().expect("an answer");
            Some((id, Ok(Response { status, headers: Vec::new(), body: b"{}".to_vec() })))
        }
        fn sleep(&mut self, _duration: Duration) {}
    }

    fn check(statuses: &[u16], expect: &str) {
        let mut transport = Canned {
            statuses: statuses.iter().copied().collect(),
            started: VecDeque::new(),
            most_at_once: 0,
        };
        let policy = RetryPolicy { first_wait: Duration::ZERO, ..RetryPolicy::default() };
        let config = Config::default();
        let mut client = Client::new(&config, &mut transport, policy, 4);
        client.get("http://registry.invalid/a", &[]);
        let (_, result) = client.wait().expect("one request");
        assert_eq!(result.map_or_else(|e| e.code(), |r| r.status.to_string()), expect, "{statuses:?}");
        assert!(client.wait().is_none());
    }

    #[test]
    fn transient_answers_are_asked_again() {
        check(&[200], "200");
        check(&[503, 200], "200");
        check(&[503, 500, 429], "E429");
        check(&[404], "E404");
        check(&[401], "E401");
    }

    #[test]
    fn the_bound_holds() {
        let mut transport =
            Canned { statuses: [200; 10].into_iter().collect(), started: VecDeque::new(), most_at_once: 0 };
        let config = Config::default();
        let mut client = Client::new(&config, &mut transport, RetryPolicy::default(), 3);
        for _ in 0..10 {
            client.get("http://registry.invalid/a", &[]);
        }
        while client.wait().is_some() {}
        assert_eq!(transport.most_at_once, 3);
    }

    /// Breaks off after two bytes, and answers the request for the rest.
    #[derive(Default)]
    struct BreaksOff {
        ids: VecDeque<RequestId>,
        asked: Vec<Vec<(String, String)>>,
        etag: &'static str,
    }

    impl Transport for BreaksOff {
        fn start(&mut self, id: RequestId, request: &Request) {
            self.ids.push_back(id);
            self.asked.push(request.headers.clone());
        }
        fn next(&mut self, _timeout: Option<Duration>) -> Option<Completion> {
            let id = self.ids.pop_front()?;
            let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let etag = header("etag", self.etag);
            let answer = |status, headers, body: &[u8]| Response { status, headers, body: body.to_vec() };
            let continued =
                self.asked.last().is_some_and(|headers| headers.contains(&header("range", "bytes=2-")));
            let result = match self.asked.len() {
                1 => Err(RegistryError::Interrupted {
                    url: "http://registry.invalid/a".into(),
                    code: "ECONNRESET".into(),
                    problem: "the connection was reset".into(),
                    part: Box::new(answer(200, vec![etag], b"ab")),
                }),
                _ if continued => Ok(answer(206, vec![header("content-range", "bytes 2-3/4")], b"cd")),
                _ => Ok(answer(200, vec![etag], b"abcd")),
            };
            Some((id, result))
        }
        fn sleep(&mut self, _duration: Duration) {}
    }

    fn check_resumed(etag: &'static str, continued: bool) {
        let mut transport = BreaksOff { etag, ..BreaksOff::default() };
        let policy = RetryPolicy { first_wait: Duration::ZERO, ..RetryPolicy::default() };
        let config = Config::default();
        let mut client = Client::new(&config, &mut transport, policy, 4);
        client.get("http://registry.invalid/a", &[]);
        let (_, result) = client.wait().expect("one request");
        assert_eq!(result.expect("answered").body, b"abcd");
        let if_range = ("if-range".to_owned(), etag.to_owned());
        assert_eq!(transport.asked[1].contains(&if_range), continued, "{etag}");
    }

    #[test]
    fn what_broke_off_goes_on() {
        check_resumed("\"x\"", true);
        // A weak validator does not promise the same bytes.
        check_resumed("W/\"x\"", false);
    }
}
