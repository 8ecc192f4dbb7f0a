//! Tasks and signals.

use oac_abi::{
    Errno,
    signal::{Disposition, Signal, WaitStatus},
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
