//! Host names to addresses, each looked up once for all connections.
//!
//! An installation opens dozens of connections to one host at the same moment. A lookup for each is slower than the
//! connections themselves, and name servers drop what comes in such bursts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long an answer is used. The system's resolver does not say how long it is valid.
const USE_FOR: Duration = Duration::from_secs(60);
/// Names kept; one more and all are forgotten.
const NAMES_MAX: usize = 256;

/// An answer and when it came; empty while the first lookup of its name is under way.
type Answer<A> = Arc<Mutex<Option<(Instant, A)>>>;

/// What a resolver said.
pub(crate) struct Names<A> {
    answers: Mutex<HashMap<String, Answer<A>>>,
}

impl<A> Default for Names<A> {
    fn default() -> Self {
        Names { answers: Mutex::default() }
    }
}

impl<A> std::fmt::Debug for Names<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl<A: Clone> Names<A> {
    /// What `look` says of a name. Whoever asks while a lookup is under way waits for its answer. Failures are not kept.
    pub(crate) fn get<E>(&self, name: &str, look: impl FnOnce() -> Result<A, E>) -> Result<A, E> {
        let answer = self.answer(name);
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, addresses)) = answer.as_ref()
            && at.elapsed() < USE_FOR
        {
            return Ok(addresses.clone());
        }
        let addresses = look()?;
        *answer = Some((Instant::now(), addresses.clone()));
        Ok(addresses)
    }

    fn answer(&self, name: &str) -> Answer<A> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= NAMES_MAX && !answers.contains_key(name) {
            answers.clear();
        }
        answers.entry(name.to_owned()).or_default().clone()
    }
}
