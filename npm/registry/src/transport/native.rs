//! HTTP natively, for development and for comparing with npm itself: `ureq` on a few threads.

use super::{BODY_BYTES_MAX, Completion, Request, RequestId, Response, Transport};
use crate::RegistryError;
use std::collections::HashMap;
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

const THREADS: usize = 16;

/// Threads that take requests from one queue and put answers into another.
pub struct NativeTransport {
    jobs: Sender<(RequestId, Request)>,
    done: Receiver<Completion>,
    in_flight: usize,
}

impl Default for NativeTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl NativeTransport {
    /// Starts the threads; they end when the transport is dropped.
    pub fn new() -> Self {
        let (jobs, queue) = channel::<(RequestId, Request)>();
        let (answers, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(30)))
            .max_idle_connections(THREADS)
            .max_idle_connections_per_host(THREADS)
            .tls_config(tls_config())
            .build();
        let connector = ureq::unversioned::transport::DefaultConnector::default();
        let agent = ureq::Agent::with_parts(config, connector, OnceResolver::default());
        for _ in 0..THREADS {
            let (queue, answers, agent) = (queue.clone(), answers.clone(), agent.clone());
            std::thread::spawn(move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((id, request)) = job else { return };
                    if answers.send((id, get(&agent, &request))).is_err() {
                        return;
                    }
                }
            });
        }
        Self { jobs, done, in_flight: 0 }
    }
}

/// Looks each host up once: sixteen threads asking at the same moment is more than small name servers
/// take.
#[derive(Debug, Default)]
struct OnceResolver {
    inner: DefaultResolver,
    known: Mutex<HashMap<String, ResolvedSocketAddrs>>,
}

impl Resolver for OnceResolver {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(addresses) = known.get(&authority) {
            return Ok(addresses.clone());
        }
        let addresses = self.inner.resolve(uri, config, timeout)?;
        known.insert(authority, addresses.clone());
        Ok(addresses)
    }
}

/// The machine's own certificates, so that a company's or a test's authority is trusted too.
fn tls_config() -> ureq::tls::TlsConfig {
    let certificates: Vec<ureq::tls::Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|der| ureq::tls::Certificate::from_der(der).to_owned())
        .collect();
    ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::new_with_certs(&certificates))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

impl Transport for NativeTransport {
    fn start(&mut self, id: RequestId, request: &Request) {
        self.jobs.send((id, request.clone())).expect("the threads live as long as the transport");
        self.in_flight += 1;
    }

    fn next(&mut self, timeout: Option<Duration>) -> Option<Completion> {
        if self.in_flight == 0 {
            return None;
        }
        let completion = match timeout {
            None => self.done.recv().ok(),
            Some(timeout) => match self.done.recv_timeout(timeout) {
                Ok(completion) => Some(completion),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
            },
        };
        if completion.is_some() {
            self.in_flight -= 1;
        }
        completion
    }

    fn sleep(&mut self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

fn get(agent: &ureq::Agent, request: &Request) -> Result<Response, RegistryError> {
    let mut builder = agent.get(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let response = builder.call().map_err(|e| unreachable(&request.url, e))?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
        .collect();
    let mut body = Vec::new();
    let mut reader = response.into_body().into_with_config().limit(BODY_BYTES_MAX as u64 + 1).reader();
    reader.read_to_end(&mut body).map_err(|e| unreachable(&request.url, e.into()))?;
    if body.len() > BODY_BYTES_MAX {
        return Err(RegistryError::TooLarge { url: request.url.clone(), limit_bytes: BODY_BYTES_MAX });
    }
    Ok(Response { status, headers, body })
}

fn unreachable(url: &str, error: ureq::Error) -> RegistryError {
    let code = match &error {
        ureq::Error::HostNotFound => "ENOTFOUND",
        ureq::Error::Timeout(_) => "ETIMEDOUT",
        ureq::Error::Io(e) => match e.kind() {
            std::io::ErrorKind::ConnectionRefused => "ECONNREFUSED",
            std::io::ErrorKind::ConnectionReset => "ECONNRESET",
            std::io::ErrorKind::TimedOut => "ETIMEDOUT",
            _ => "EIO",
        },
        _ => "EFETCH",
    };
    RegistryError::Unreachable { url: url.to_owned(), code: code.into(), problem: error.to_string() }
}
