//! HTTP natively, for development and for comparing with npm itself: `ureq`, one request at a time.
//!
//! Many at once would need threads, which belong to the hosts; the container's transport has them.

use super::{BODY_BYTES_MAX, Completion, PROXY_HEADER, Request, RequestId, Response, Transport};
use crate::RegistryError;
use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Requests in the order in which they began; each is made when its answer is waited for.
pub struct NativeTransport {
    agent: ureq::Agent,
    queue: VecDeque<(RequestId, Request)>,
}

impl Default for NativeTransport {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // The settings choose, not the environment alone.
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(30)))
            .tls_config(tls_config())
            .build();
        Self { agent: config.into(), queue: VecDeque::new() }
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
        self.queue.push_back((id, request.clone()));
    }

    fn next(&mut self, _timeout: Option<Duration>) -> Option<Completion> {
        let (id, request) = self.queue.pop_front()?;
        Some((id, make(&self.agent, &request)))
    }

    fn sleep(&mut self, duration: Duration) {
        // Nothing is ever sent, so this waits the whole time.
        let (_sender, receiver) = channel::<()>();
        let _ = receiver.recv_timeout(duration);
    }
}

fn make(agent: &ureq::Agent, request: &Request) -> Result<Response, RegistryError> {
    let mut builder = ureq::http::Request::builder().method(request.method).uri(&request.url);
    let mut proxy = None;
    for (name, value) in &request.headers {
        if name == PROXY_HEADER {
            proxy = ureq::Proxy::new(value).ok();
        } else {
            builder = builder.header(name, value);
        }
    }
    let response = if request.method == "GET" {
        builder.body(()).map_err(ureq::Error::from).and_then(|asked| through(agent, asked, proxy))
    } else {
        builder
            .body(request.body.as_slice())
            .map_err(ureq::Error::from)
            .and_then(|asked| through(agent, asked, proxy))
    };
    let response = response.map_err(|e| unreachable(&request.url, e))?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
        .collect();
    let mut body = Vec::new();
    let mut reader = response.into_body().into_with_config().limit(BODY_BYTES_MAX as u64 + 1).reader();
    if let Err(error) = reader.read_to_end(&mut body) {
        let error = unreachable(&request.url, error.into());
        return match error {
            RegistryError::Unreachable { url, code, problem } if status == 200 && !body.is_empty() => {
                let part = Box::new(Response { status, headers, body });
                Err(RegistryError::Interrupted { url, code, problem, part })
            }
            error => Err(error),
        };
    }
    if body.len() > BODY_BYTES_MAX {
        return Err(RegistryError::TooLarge { url: request.url.clone(), limit_bytes: BODY_BYTES_MAX });
    }
    Ok(Response { status, headers, body })
}

fn through(
    agent: &ureq::Agent,
    request: ureq::http::Request<impl ureq::AsSendBody>,
    proxy: Option<ureq::Proxy>,
) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
    match proxy {
        Some(proxy) => agent.run(agent.configure_request(request).proxy(Some(proxy)).build()),
        None => agent.run(request),
    }
}

fn unreachable(url: &str, error: ureq::Error) -> RegistryError {
    let code = match &error {
        ureq::Error::HostNotFound => "ENOTFOUND",
        // getaddrinfo(3) failed; its own codes do not come through.
        ureq::Error::Io(e) if e.to_string().contains("lookup") => "ENOTFOUND",
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
