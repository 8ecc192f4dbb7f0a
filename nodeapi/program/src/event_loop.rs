//! The event loop, in libuv's order: timers, pending work, one wait for descriptors, immediates, closing callbacks.
//!
//! Scripts own the queues (the glue's `loop.ts`); this decides when each is run and how long to sleep. One turn:
//! `timers` says when the next timer is due; `prepare` says which descriptors are watched now that were not, or no longer, and
//! whether anything may not wait;
//! then one `poll` system call sleeps for that long; `ready` gets what became ready; `check` runs immediates; `close` runs
//! closing callbacks. The process ends when nothing that counts is left.

use oac_engine::{Engine, EngineError, OpValue};
use oac_sys::PollFd;

use crate::JsEngine;

/// Runs until nothing is left to do, then exits.
pub(crate) fn run(engine: JsEngine) -> ! {
    let mut turn = Turn { engine, fds: Vec::new() };
    let status = turn.run().unwrap_or_else(|error| {
        eprintln!("node: {error}");
        7
    });
    std::process::exit(status)
}

struct Turn {
    engine: JsEngine,
    /// What is watched, by the scripts' numbers for it; descriptor -1 where nothing is.
    fds: Vec<PollFd>,
}

impl Turn {
    fn run(&mut self) -> Result<i32, EngineError> {
        self.reseed();
        self.engine.call("start", &[])?;
        loop {
            // With nothing to wait for there is no turn at all: what does not count (`unref`) is not run either.
            let mut alive = self.engine.call("alive", &[])? == OpValue::Bool(true);
            while alive {
                alive = self.once()?;
            }
            // `beforeExit` may have given the loop more to do.
            match self.engine.call("drained", &[])? {
                OpValue::Int(status) => return Ok(status),
                _ => continue,
            }
        }
    }

    fn reseed(&mut self) {
        let mut entropy = [0; 16];
        if oac_sys::random(&mut entropy).is_err() {
            // Outside a container: the address of a fresh allocation and the hasher's keys are all there is.
            use std::hash::{BuildHasher as _, Hasher as _};
            let hash = |n: u8| {
                std::hash::RandomState::new().build_hasher().finish().rotate_left(n.into()).to_le_bytes()
            };
            entropy[..8].copy_from_slice(&hash(0));
            entropy[8..].copy_from_slice(&hash(13));
        }
        self.engine.reseed(entropy);
    }

    /// One turn; whether the loop is still alive.
    fn once(&mut self) -> Result<bool, EngineError> {
        self.engine.call("timers", &[])?;
        let timeout_ns = self.prepare()?;
        let ready = self.wait(timeout_ns)?;
        self.engine.call("ready", &[OpValue::List(ready)])?;
        self.engine.call("check", &[])?;
        Ok(self.engine.call("close", &[])? == OpValue::Bool(true))
    }

    /// Gives the nanoseconds to sleep (-1 for ever, 0 not at all) and brings `fds` up to date.
    fn prepare(&mut self) -> Result<i64, EngineError> {
        // `[timeout in ms, slot, fd, events, slot, fd, events …]`
        let OpValue::List(plan) = self.engine.call("prepare", &[])? else {
            return Ok(0);
        };
        let number = |value: &OpValue| match *value {
            OpValue::Int(n) => f64::from(n),
            OpValue::Num(n) => n,
            _ => 0.0,
        };
        let timeout_ms = plan.first().map_or(0.0, number);
        for change in plan.get(1..).unwrap_or_default().chunks_exact(3) {
            let slot = number(&change[0]) as usize;
            if slot >= self.fds.len() {
                self.fds.resize(slot + 1, PollFd { fd: -1, events: 0, revents: 0 });
            }
            self.fds[slot] =
                PollFd { fd: number(&change[1]) as i32, events: number(&change[2]) as u16, revents: 0 };
        }
        while self.fds.last().is_some_and(|last| last.fd < 0) {
            self.fds.pop();
        }
        Ok(if timeout_ms < 0.0 { -1 } else { (timeout_ms * 1e6).ceil() as i64 })
    }

    /// Sleeps until a descriptor is ready or the time is over; gives `[slot, revents, slot, revents …]` of what is ready.
    fn wait(&mut self, timeout_ns: i64) -> Result<Vec<OpValue>, EngineError> {
        if timeout_ns == 0 && self.fds.is_empty() {
            return Ok(Vec::new());
        }
        match oac_sys::poll(&mut self.fds, timeout_ns) {
            // A signal: whatever it was for is seen in the next turn.
            Err(oac_sys::Errno::EINTR) => Ok(Vec::new()),
            Err(errno) => Err(EngineError::Uncaught(format!("poll: {errno}"))),
            Ok(_) => {
                let ready = self.fds.iter().enumerate().filter(|(_, fd)| fd.revents != 0);
                let slot = |n: usize| OpValue::Int(i32::try_from(n).unwrap_or(i32::MAX));
                Ok(ready.flat_map(|(n, fd)| [slot(n), OpValue::Int(fd.revents.into())]).collect())
            }
        }
    }
}
