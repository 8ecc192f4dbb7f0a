//! Which transport this build has.

use oac_npm_registry::{Config, RetryPolicy};
use std::time::Duration;

/// Requests at once: npm's `maxsockets`.
pub(crate) const AT_ONCE_MAX: usize = 15;

#[cfg(target_family = "wasm")]
pub(crate) type Http = oac_npm_registry::ContainerTransport;

#[cfg(all(not(target_family = "wasm"), feature = "native-http"))]
pub(crate) type Http = oac_npm_registry::NativeTransport;

#[cfg(all(not(target_family = "wasm"), not(feature = "native-http")))]
pub(crate) type Http = NoTransport;

/// A native build without the feature `native-http` can do everything but fetch.
#[cfg(all(not(target_family = "wasm"), not(feature = "native-http")))]
#[derive(Default)]
pub(crate) struct NoTransport(std::collections::VecDeque<oac_npm_registry::Completion>);

#[cfg(all(not(target_family = "wasm"), not(feature = "native-http")))]
impl oac_npm_registry::Transport for NoTransport {
    fn start(&mut self, id: oac_npm_registry::RequestId, request: &oac_npm_registry::Request) {
        let error = oac_npm_registry::RegistryError::Unreachable {
            url: request.url.clone(),
            code: "ENOSYS".into(),
            problem: "this build has no HTTP; build it with the feature native-http".into(),
        };
        self.0.push_back((id, Err(error)));
    }
    fn next(&mut self, _timeout: Option<Duration>) -> Option<oac_npm_registry::Completion> {
        self.0.pop_front()
    }
    fn sleep(&mut self, duration: Duration) {
        // Nothing is ever sent, so this waits the whole time.
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        let _ = receiver.recv_timeout(duration);
    }
}

/// When to ask again, as configured.
pub(crate) fn retry_policy(config: &Config) -> RetryPolicy {
    let number = |key: &str| config.get(key).and_then(|v| v.parse::<u64>().ok());
    let default = RetryPolicy::default();
    RetryPolicy {
        retries: number("fetch-retries").and_then(|n| u32::try_from(n).ok()).unwrap_or(default.retries),
        first_wait: number("fetch-retry-mintimeout").map_or(default.first_wait, Duration::from_millis),
        factor: number("fetch-retry-factor").and_then(|n| u32::try_from(n).ok()).unwrap_or(default.factor),
        wait_max: number("fetch-retry-maxtimeout").map_or(default.wait_max, Duration::from_millis),
    }
}

/// How many requests to have under way.
pub(crate) fn at_once(config: &Config) -> usize {
    config.get("maxsockets").and_then(|v| v.parse().ok()).unwrap_or(AT_ONCE_MAX)
}
