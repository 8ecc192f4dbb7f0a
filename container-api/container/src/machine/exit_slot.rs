//! How a program ended, for those who wait for it: threads that block, and futures.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use crate::Exit;

/// Filled once.
#[derive(Debug, Default)]
pub(crate) struct ExitSlot {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// `Some(None)`: its container was torn down first.
    end: Option<Option<Exit>>,
    wakers: Vec<Waker>,
}

impl ExitSlot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end: the program's, or with `None` its container's.
    pub(super) fn fill(&self, end: Option<Exit>) {
        let wakers = {
            let mut state = self.state();
            if state.end.is_none() {
                state.end = Some(end);
            }
            std::mem::take(&mut state.wakers)
        };
        self.filled.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Blocks until it is filled.
    pub(crate) fn wait(&self) -> Option<Exit> {
        let mut state = self.state();
        loop {
            if let Some(end) = &state.end {
                return end.clone();
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The end when it has come; else the waker is woken then.
    pub(crate) fn poll(&self, waker: &Waker) -> Poll<Option<Exit>> {
        let mut state = self.state();
        if let Some(end) = &state.end {
            return Poll::Ready(end.clone());
        }
        if !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        Poll::Pending
    }
}
