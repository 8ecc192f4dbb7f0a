//! Tasks and signals.

use oac_abi::{
    Errno,
    limit::{Rlimit, Usage},
    signal::{ChildChange, Disposition, Signal, WaitStatus},
    spawn::SpawnRequest,
};

use crate::{File, Result, raw};

/// The caller's task id.
pub fn getpid() -> Result<i32> {
    raw::getpid().map(|pid| pid as i32)
}

/// The parent's task id.
pub fn getppid() -> Result<i32> {
    raw::getppid().map(|pid| pid as i32)
}

/// Starts a task; gives its id.
pub fn spawn(request: &SpawnRequest) -> Result<i32> {
    raw::spawn(&request.encode()).map(|pid| pid as i32)
}

/// Waits for a child (-1: any) to end; `None` with `WNOHANG` and none that has.
pub fn wait(pid: i32, options: u32) -> Result<Option<(i32, WaitStatus)>> {
    let mut status = [0; WaitStatus::BYTES];
    match raw::wait4(pid, options, &mut status)? {
        0 => Ok(None),
        pid => Ok(Some((pid as i32, WaitStatus::decode(status).ok_or(Errno::EINVAL)?))),
    }
}

/// Waits for a child (-1: any) to end, or with WUNTRACED to stop, with WCONTINUED to go on; `None` with `WNOHANG` and nothing to
/// tell.
pub fn wait_change(pid: i32, options: u32) -> Result<Option<(i32, ChildChange)>> {
    let mut status = [0; WaitStatus::BYTES];
    match raw::wait4(pid, options, &mut status)? {
        0 => Ok(None),
        pid => Ok(Some((pid as i32, ChildChange::decode(status).ok_or(Errno::EINVAL)?))),
    }
}

/// Starts a session; gives its number.
pub fn setsid() -> Result<u32> {
    raw::setsid().map(|session| session as u32)
}

/// A task's process group; 0 is the caller.
pub fn getpgid(pid: i32) -> Result<u32> {
    raw::getpgid(pid).map(|group| group as u32)
}

/// SIGALRM after `value_ns`, then every `interval_ns`; zero ends it.
pub fn set_alarm(interval_ns: i64, value_ns: i64) -> Result<()> {
    raw::setitimer(interval_ns, value_ns, &mut []).map(drop)
}

/// A limit of the caller's, by `limit::resource`.
pub fn limit(resource: u32) -> Result<Rlimit> {
    let mut record = [0; Rlimit::BYTES];
    raw::prlimit(0, resource, &[], &mut record)?;
    Ok(Rlimit::decode(&record))
}

/// Sets a limit of the caller's.
pub fn set_limit(resource: u32, limit: Rlimit) -> Result<()> {
    raw::prlimit(0, resource, &limit.encode(), &mut []).map(drop)
}

/// What the caller (0), or its children that it has waited for (-1), have used.
pub fn usage(who: i32) -> Result<Usage> {
    let mut record = [0; Usage::BYTES];
    raw::getrusage(who, &mut record)?;
    Ok(Usage::decode(&record))
}

/// Sends a signal (0 only checks) to a task, or to a process group when `pid` is negative.
pub fn kill(pid: i32, signal: u32) -> Result<()> {
    raw::kill(pid, signal).map(drop)
}

/// Says what is to happen with a signal.
pub fn sigaction(signal: Signal, disposition: Disposition) -> Result<()> {
    raw::sigaction(u32::from(signal.number()), disposition as u32).map(drop)
}

/// A descriptor from which caught signals of the mask are read, one little-endian u32 each.
pub fn signalfd(mask: u64, flags: u32) -> Result<File> {
    raw::signalfd(mask, flags).map(|fd| File::from_fd(fd as i32))
}

/// Fills a buffer with random bytes.
pub fn random(buf: &mut [u8]) -> Result<()> {
    for chunk in buf.chunks_mut(64 << 10) {
        raw::getrandom(chunk)?;
    }
    Ok(())
}
