//! HTTP requests of programs, made by the host: a bounded pool of threads over one agent, so that connections are kept and
//! reused. Redirects are followed, gzip is undone, bodies are streamed to the kernel and pause when it says so.
//!
//! How failures are told: a name that does not resolve is EHOSTUNREACH, a refused connection ECONNREFUSED, silence ETIMEDOUT,
//! a broken connection ECONNRESET, TLS and HTTP that cannot be understood EPROTO, too many redirects ELOOP, a bad address EINVAL,
//! and a redirect to a host outside of the capability EACCES.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, Read},
    net::IpAddr,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use oac_abi::{
    Errno,
    fetch::{RequestHead, ResponseHead},
};
use oac_kernel::{FetchId, Flow, NetworkCapability, Redirects};
use ureq::{
    Agent, AsSendBody, Body, Proxy, ResponseExt,
    config::{Config, RedirectAuthHeaders},
    http::{Request, Response, Uri},
    tls::{Certificate, RootCerts, TlsConfig},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use crate::{machine::Machine, names::Names};

/// Threads at work at once; further fetches wait for one of them.
const WORKERS_MAX: usize = 48;
/// Threads that hang in a read which nobody waits for any more, at most; beyond, they count as at work.
const ABANDONED_MAX: usize = 256;
/// How long an idle thread waits for the next fetch.
const IDLE_MS: u64 = 5_000;
/// Bytes read from the network at once.
const CHUNK_BYTES: usize = 64 << 10;
const CONNECT_TIMEOUT_S: u64 = 30;
/// A server that says nothing for this long is given up (as undici does).
const SILENCE_TIMEOUT_S: u64 = 300;
const REDIRECTS_MAX: u32 = 20;

/// One fetch's reins.
#[derive(Default, Debug)]
struct Control {
    cancelled: AtomicBool,
    /// Its thread hangs in the network for nobody; another has taken its place. Set and read under the state's lock.
    abandoned: AtomicBool,
    paused: Mutex<bool>,
    moved: Condvar,
}

impl Control {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn set_paused(&self, paused: bool) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        self.moved.notify_all();
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.set_paused(false);
    }

    fn wait_while_paused(&self) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && !self.is_cancelled() {
            paused = self.moved.wait(paused).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Job {
    id: FetchId,
    head: RequestHead,
    body: Vec<u8>,
    redirects: Redirects,
    control: Arc<Control>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    controls: HashMap<FetchId, Arc<Control>>,
    workers: usize,
    idle: usize,
    abandoned: usize,
    closing: bool,
}

/// A container's way to the outside.
pub(crate) struct Fetcher {
    capability: NetworkCapability,
    agent: OnceLock<Agent>,
    state: Mutex<State>,
    /// Signalled when a job is queued, and at the end.
    queued: Condvar,
}

impl Fetcher {
    pub(crate) fn new(capability: NetworkCapability) -> Fetcher {
        Fetcher { capability, agent: OnceLock::new(), state: Mutex::default(), queued: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a fetch. Called with the kernel's lock held, so it only hands over.
    pub(crate) fn begin(
        &self,
        machine: &Arc<Machine>,
        id: FetchId,
        head: RequestHead,
        (body, redirects): (Vec<u8>, Redirects),
    ) {
        let mut state = self.state();
        let control = Arc::new(Control::default());
        state.controls.insert(id, control.clone());
        state.queue.push_back(Job { id, head, body, redirects, control });
        if state.idle < state.queue.len() && state.workers < WORKERS_MAX {
            let machine = machine.clone();
            let spawned = thread::Builder::new()
                .name("oac fetch".into())
                .spawn(move || machine.fetcher().work(&machine));
            // Without a new thread the fetch waits for a busy one; without any, its caller waits until it is killed.
            if spawned.is_ok() {
                state.workers += 1;
            }
        }
        self.queued.notify_one();
    }

    pub(crate) fn resume(&self, id: FetchId) {
        if let Some(control) = self.state().controls.get(&id) {
            control.set_paused(false);
        }
    }

    pub(crate) fn cancel(&self, id: FetchId) {
        let mut state = self.state();
        let Some(control) = state.controls.remove(&id) else { return };
        control.cancel();
        let queued = state.queue.len();
        state.queue.retain(|job| job.id != id);
        if state.queue.len() == queued && state.abandoned < ABANDONED_MAX {
            control.abandoned.store(true, Ordering::Relaxed);
            state.abandoned += 1;
            state.workers -= 1;
        }
    }

    /// Cancels everything. Threads that hang in a read end with their process.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closing = true;
        state.queue.clear();
        for (_, control) in state.controls.drain() {
            control.cancel();
        }
        self.queued.notify_all();
    }

    fn work(&self, machine: &Arc<Machine>) {
        while let Some(job) = self.next_job() {
            let (id, control) = (job.id, job.control.clone());
            let result = self.run(machine, job);
            {
                let mut state = self.state();
                state.controls.remove(&id);
                if control.abandoned.load(Ordering::Relaxed) {
                    state.abandoned -= 1;
                    return;
                }
            }
            if !control.is_cancelled() {
                machine.with_kernel(|kernel| match result {
                    Ok(()) => kernel.fetch_end(id, Ok(())),
                    Err(Failure::Head(errno)) => kernel.fetch_head(id, Err(errno)),
                    Err(Failure::Body(errno)) => kernel.fetch_end(id, Err(errno)),
                });
            }
        }
    }

    /// `None`: the thread is not wanted any more.
    fn next_job(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.queue.pop_front() {
                return Some(job);
            }
            if state.closing {
                state.workers -= 1;
                return None;
            }
            state.idle += 1;
            let waited = self.queued.wait_timeout(state, Duration::from_millis(IDLE_MS));
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if timeout.timed_out() && state.queue.is_empty() {
                state.workers -= 1;
                return None;
            }
        }
    }

    fn run(&self, machine: &Arc<Machine>, job: Job) -> Result<(), Failure> {
        let mut request = Request::builder().method(job.head.method.as_str()).uri(&job.head.url);
        let proxy = proxy_of(&job.head)?;
        for (name, value) in &job.head.headers {
            if !is_ours(name) {
                request = request.header(name, value.as_bytes());
            }
        }
        let bad_request = |_| Failure::Head(Errno::EINVAL);
        let agent = self.agent.get_or_init(|| agent(&self.capability));
        let response = if job.body.is_empty() {
            run(agent, request.body(()).map_err(bad_request)?, job.redirects, proxy)
        } else {
            run(agent, request.body(&job.body[..]).map_err(bad_request)?, job.redirects, proxy)
        };
        let response = response.map_err(|error| Failure::Head(errno_of(&error)))?;
        let head = ResponseHead {
            status: response.status().as_u16(),
            status_text: response.status().canonical_reason().unwrap_or_default().into(),
            url: response.get_uri().to_string(),
            headers: response
                .headers()
                .iter()
                .map(|(name, value)| {
                    (name.as_str().into(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect(),
        };
        if job.control.is_cancelled() {
            return Ok(());
        }
        machine.with_kernel(|kernel| kernel.fetch_head(job.id, Ok(head)));
        let mut body = response.into_body().into_reader();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let len = body.read(&mut chunk).map_err(|error| Failure::Body(errno_of_io(&error)))?;
            if len == 0 || job.control.is_cancelled() {
                return Ok(());
            }
            machine.with_kernel(|kernel| {
                if kernel.fetch_body(job.id, &chunk[..len]) == Flow::Pause {
                    // Under the kernel's lock: a resume cannot come before the pause.
                    job.control.set_paused(true);
                }
            });
            job.control.wait_while_paused();
        }
    }
}

fn run(
    agent: &Agent,
    request: Request<impl AsSendBody>,
    redirects: Redirects,
    proxy: Option<Proxy>,
) -> Result<Response<Body>, ureq::Error> {
    if proxy.is_none() && matches!(redirects, Redirects::Follow) {
        return agent.run(request);
    }
    let mut config = agent.configure_request(request);
    if let Some(proxy) = proxy {
        config = config.proxy(Some(proxy));
    }
    if matches!(redirects, Redirects::Leave) {
        config = config.max_redirects(0).max_redirects_will_error(false);
    }
    agent.run(config.build())
}

/// A program may name the proxy for its request. The container needs the permission to reach it, too: its name is looked up
/// by [`Allowed`].
fn proxy_of(head: &RequestHead) -> Result<Option<Proxy>, Failure> {
    let named = head.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(PROXY_HEADER));
    let Some((_, address)) = named else { return Ok(None) };
    Proxy::new(address).map(Some).map_err(|_| Failure::Head(Errno::EINVAL))
}

/// What a program names a proxy by; it is not sent on.
const PROXY_HEADER: &str = "oac-proxy";

/// Where a fetch broke off.
enum Failure {
    Head(Errno),
    Body(Errno),
}

/// Headers about the connection, which the agent makes itself.
fn is_ours(name: &str) -> bool {
    [
        PROXY_HEADER,
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
    .iter()
    .any(|ours| name.eq_ignore_ascii_case(ours))
}

fn agent(capability: &NetworkCapability) -> Agent {
    let config = Config::builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(REDIRECTS_MAX)
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .timeout_connect(Some(Duration::from_secs(CONNECT_TIMEOUT_S)))
        .timeout_per_read(Some(Duration::from_secs(SILENCE_TIMEOUT_S)))
        .max_idle_connections(WORKERS_MAX)
        .max_idle_connections_per_host(WORKERS_MAX)
        .tls_config(tls_config())
        .build();
    let resolver = Allowed {
        capability: capability.clone(),
        resolver: DefaultResolver::default(),
        names: Names::default(),
    };
    Agent::with_parts(config, DefaultConnector::default(), resolver)
}

/// The roots that this machine trusts, among them an administrator's own (SSL_CERT_FILE and SSL_CERT_DIR are heeded).
fn tls_config() -> TlsConfig {
    let roots: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

/// Resolves the names of allowed hosts only. The kernel has checked the first address; this one sees the redirects too.
struct Allowed {
    capability: NetworkCapability,
    resolver: DefaultResolver,
    names: Names<ResolvedSocketAddrs>,
}

impl std::fmt::Debug for Allowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Allowed").finish_non_exhaustive()
    }
}

impl Resolver for Allowed {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        if self.capability.permits(&uri.to_string()).is_err() {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied).into());
        }
        let key = format!("{:?} {:?}", uri.scheme(), uri.authority());
        let look = || self.resolver.resolve(uri, config, timeout);
        let addresses = self.names.get(&key, look).map_err(|error| match error {
            // getaddrinfo(3) failed; its own codes do not come through.
            ureq::Error::Io(_) => ureq::Error::HostNotFound,
            error => error,
        })?;
        if names_host(&self.capability, uri.host().unwrap_or_default()) {
            return Ok(addresses);
        }
        let mut reachable = self.empty();
        for &address in addresses.iter().filter(|address| !is_of_this_machine(address.ip())) {
            reachable.push(address);
        }
        if reachable.is_empty() {
            Err(io::Error::from(io::ErrorKind::PermissionDenied).into())
        } else {
            Ok(reachable)
        }
    }
}

/// Whether a rule names a host, so that "any host" is not what permits it. That the port is permitted is checked elsewhere.
pub(crate) fn names_host(capability: &NetworkCapability, host: &str) -> bool {
    let NetworkCapability::Hosts(rules) = capability else { return false };
    rules.iter().filter(|rule| *rule != ANY_HOST).any(|rule| {
        let rule_host = match rule.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => rule,
        };
        let named = NetworkCapability::Hosts(vec![rule_host.to_owned()]);
        named.permits(&format!("http://{host}/")).is_ok()
    })
}

/// The rule that permits every host, as [`NetworkCapability::Any`] does, beside others that name some.
const ANY_HOST: &str = "*";

/// Addresses that lead to this machine itself, or to what only its own link sees (a cloud's metadata service, say). Judged by
/// what a name resolves to, so that a name which resolves to such an address is no way around.
pub(crate) fn is_of_this_machine(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            // All of 0.0.0.0/8 is "this host".
            address.is_loopback() || address.is_link_local() || address.octets()[0] == 0
        }
        IpAddr::V6(address) => {
            let embedded = address.to_ipv4().is_some_and(|v4| is_of_this_machine(v4.into()));
            address.is_loopback() || address.is_unspecified() || address.is_unicast_link_local() || embedded
        }
    }
}

fn errno_of(error: &ureq::Error) -> Errno {
    match error {
        ureq::Error::Io(error) => errno_of_io(error),
        ureq::Error::Timeout(_) => Errno::ETIMEDOUT,
        ureq::Error::HostNotFound => Errno::EHOSTUNREACH,
        ureq::Error::ConnectionFailed => Errno::ECONNREFUSED,
        ureq::Error::TooManyRedirects => Errno::ELOOP,
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Errno::EINVAL,
        _ => Errno::EPROTO,
    }
}

pub(crate) fn errno_of_io(error: &io::Error) -> Errno {
    if let Some(inner) = error.get_ref() {
        if let Some(error) = inner.downcast_ref::<ureq::Error>() {
            return errno_of(error);
        }
        if inner.is::<rustls::Error>() {
            return Errno::EPROTO;
        }
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Errno::ECONNREFUSED,
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            Errno::ECONNRESET
        }
        io::ErrorKind::ConnectionAborted => Errno::ECONNABORTED,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Errno::ETIMEDOUT,
        io::ErrorKind::PermissionDenied => Errno::EACCES,
        io::ErrorKind::HostUnreachable => Errno::EHOSTUNREACH,
        io::ErrorKind::NetworkUnreachable => Errno::ENETUNREACH,
        io::ErrorKind::InvalidData => Errno::EPROTO,
        _ => error.raw_os_error().and_then(|number| Errno::from_number(number.into())).unwrap_or(Errno::EIO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine() {
        let check = |address: &str, expected: bool| {
            assert_eq!(is_of_this_machine(address.parse().unwrap()), expected, "{address}");
        };
        for own in ["127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "::1", "::", "fe80::1"]
        {
            check(own, true);
        }
        for own in ["::ffff:127.0.0.1", "::ffff:169.254.1.1", "::127.0.0.1"] {
            check(own, true);
        }
        for other in ["1.1.1.1", "10.0.0.1", "192.168.1.1", "2606:4700::1111", "fd00::1", "::ffff:8.8.8.8"] {
            check(other, false);
        }
    }
}
