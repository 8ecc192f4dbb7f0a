//! Host names to addresses, each looked up once for all connections.
//!
//! An installation opens dozens of connections to one host at the same moment. A lookup for each is slower than the
//! connections themselves, and name servers drop what comes in such bursts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ureq::{
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// How long an answer is used. The system's resolver does not say how long it is valid.
const USE_FOR: Duration = Duration::from_secs(60);
/// Names kept; one more and all are forgotten.
const NAMES_MAX: usize = 256;

/// An answer and when it came; empty while the first lookup of its name is under way.
type Answer = Arc<Mutex<Option<(Instant, ResolvedSocketAddrs)>>>;

/// The system's resolver behind a memory.
#[derive(Default)]
pub(crate) struct Names {
    resolver: DefaultResolver,
    answers: Mutex<HashMap<String, Answer>>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    /// The addresses of a URL's host. Whoever asks while a lookup is under way waits for its answer. Failures are not kept.
    pub(crate) fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let answer = self.answer(&format!("{:?} {:?}", uri.scheme(), uri.authority()));
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, addresses)) = answer.as_ref()
            && at.elapsed() < USE_FOR
        {
            return Ok(addresses.clone());
        }
        let addresses = self.resolver.resolve(uri, config, timeout)?;
        *answer = Some((Instant::now(), addresses.clone()));
        Ok(addresses)
    }

    fn answer(&self, name: &str) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= NAMES_MAX && !answers.contains_key(name) {
            answers.clear();
        }
        answers.entry(name.to_owned()).or_default().clone()
    }
}
