//! Time and memory of a command.

use std::process::Stdio;
use std::time::Instant;

use crate::command::Command;
use crate::error::{Error, Result};

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Median time from start to end.
    pub(super) wall_ms: f64,
    /// Largest resident memory of any run.
    pub(super) peak_mb: f64,
}

/// Runs a command several times, after one run that warms caches.
pub(super) fn measure(command: &Command, runs: usize) -> Result<Sample> {
    once(command)?;
    let samples = (0..runs).map(|_| once(command)).collect::<Result<Vec<Sample>>>()?;
    let mut times: Vec<f64> = samples.iter().map(|sample| sample.wall_ms).collect();
    times.sort_by(f64::total_cmp);
    let peak_mb = samples.iter().map(|sample| sample.peak_mb).fold(0.0, f64::max);
    Ok(Sample { wall_ms: times[times.len() / 2], peak_mb })
}

/// Runs a command once, with its output thrown away.
pub(super) fn once(command: &Command) -> Result<Sample> {
    let start = Instant::now();
    let child = command
        .to_std()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|source| command.not_started(source))?;
    let (succeeded, peak_mb) = wait(child).map_err(|source| command.not_started(source))?;
    let wall_ms = start.elapsed().as_secs_f64() * 1000.0;
    if succeeded {
        return Ok(Sample { wall_ms, peak_mb });
    }
    Err(Error::Malformed {
        what: format!("`{}`", command.line()),
        reason: "it failed while it was measured".to_owned(),
    })
}

/// Waits for a child; gives whether it succeeded, and its peak memory. wait4(2).
#[cfg(unix)]
fn wait(child: std::process::Child) -> std::io::Result<(bool, f64)> {
    let pid = child.id() as libc::pid_t;
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to live values of the types that wait4(2) fills in; the child is ours and has not been
    // waited for, and `child` is not used after this.
    let waited = unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) };
    if waited != pid {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: all zeroes is a valid rusage, and wait4 has filled it in.
    let usage = unsafe { usage.assume_init() };
    // Linux counts in kilobytes, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1e6 } else { 1e3 };
    Ok((libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, usage.ru_maxrss as f64 / unit))
}

/// Waits for a child; its memory is not known here.
#[cfg(not(unix))]
fn wait(mut child: std::process::Child) -> std::io::Result<(bool, f64)> {
    child.wait().map(|status| (status.success(), f64::NAN))
}
