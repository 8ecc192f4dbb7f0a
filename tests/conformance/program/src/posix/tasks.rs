//! Processes, signals, users, limits, time.

use oac_abi::{
    flags::wait,
    limit::{Rlimit, Usage},
    spawn::{Credentials, SpawnRequest},
};

use super::{Disposition, Errno, HOME, Result, Signal, Text, raw, read};

/// A process to start: this program again, at one of its routines for children. It gets descriptors 0, 1 and 2 and those that are
/// handed to it.
pub(crate) struct Spawn {
    request: SpawnRequest,
}

/// A process that runs the routine `name` with these arguments.
pub(crate) fn child(name: &str, arguments: &[&str]) -> Spawn {
    let program = std::env::args().next().unwrap_or_default();
    let words = [program.as_str(), "child", name].into_iter().chain(arguments.iter().copied());
    let request = SpawnRequest {
        program: program.clone().into_bytes(),
        argv: words.map(|word| word.as_bytes().to_vec()).collect(),
        env: Some(environment()),
        cwd: None,
        fds: vec![(0, 0), (1, 1), (2, 2)],
        ..SpawnRequest::default()
    };
    Spawn { request }
}

fn environment() -> Vec<Vec<u8>> {
    vec![format!("CASE_DIR={}", HOME.get().map_or("", String::as_str)).into_bytes()]
}

impl Spawn {
    /// Hands a descriptor down under a number of the child's; -1 leaves that number closed.
    pub(crate) fn fd(mut self, childs: i32, own: i32) -> Spawn {
        self.request.fds.retain(|(number, _)| *number != childs);
        self.request.fds.push((childs, own));
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, text: &str) -> Spawn {
        self.request.env.get_or_insert_default().push(text.as_bytes().to_vec());
        self
    }

    /// Starts in another directory.
    pub(crate) fn cwd(mut self, path: &str) -> Spawn {
        self.request.cwd = Some(path.as_bytes().to_vec());
        self
    }

    /// Leads a group of its own.
    pub(crate) fn group(mut self) -> Spawn {
        self.request.flags |= SpawnRequest::NEW_GROUP;
        self
    }

    /// Leads a session of its own.
    pub(crate) fn session(mut self) -> Spawn {
        self.request.flags |= SpawnRequest::NEW_SESSION;
        self
    }

    /// Joins a group.
    pub(crate) fn join(mut self, group: i32) -> Spawn {
        self.request.group = Some(group as u32);
        self
    }

    /// Takes a terminal: with a session of its own as the controlling one, else for its group to be in the foreground.
    pub(crate) fn terminal(mut self, fd: i32) -> Spawn {
        self.request.terminal = Some(fd);
        self
    }

    /// Is another user's.
    pub(crate) fn user(mut self, uid: u32, gid: u32, groups: &[u32]) -> Spawn {
        self.request.credentials = Some(Credentials { uid, gid, groups: groups.to_vec() });
        self
    }

    /// Begins with another mask.
    pub(crate) fn umask(mut self, mask: u32) -> Spawn {
        self.request.umask = Some(mask);
        self
    }

    /// Begins with another limit.
    pub(crate) fn limit(mut self, resource: u32, soft: u64, hard: u64) -> Spawn {
        self.request.limits.push((resource, Rlimit { soft, hard }));
        self
    }

    /// Takes a signal as by default, whatever the caller does.
    pub(crate) fn default_signal(mut self, signal: Signal) -> Spawn {
        self.request.default_signals |= signal.bit();
        self
    }

    /// Runs another file; the arguments stay.
    pub(crate) fn program(mut self, path: &str) -> Spawn {
        self.request.program = path.as_bytes().to_vec();
        self
    }

    /// Starts it.
    pub(crate) fn start(&self) -> Result<Pid> {
        let mut request = self.request.clone();
        let given: Vec<String> =
            request.fds.iter().filter(|(_, own)| *own >= 0).map(|(number, _)| number.to_string()).collect();
        request.env.get_or_insert_default().push(format!("CASE_FDS={}", given.join(",")).into_bytes());
        raw::spawn(&request.encode()).map(|pid| Pid(pid as i32))
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(&self) -> Result<End> {
        self.start().and_then(wait_for)
    }
}

/// A process's number, which is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pid(pub(crate) i32);

impl std::fmt::Debug for Pid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("pid")
    }
}

/// What wait(2) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// WNOHANG, and nothing to tell.
    Nothing,
    /// It exited.
    Exited(u8),
    /// A signal ended it.
    Signaled(#[allow(dead_code, reason = "printed")] &'static str),
    /// WUNTRACED: a signal stopped it.
    Stopped(#[allow(dead_code, reason = "printed")] &'static str),
    /// WCONTINUED.
    Continued,
}

pub(crate) const WNOHANG: u32 = wait::NOHANG;
pub(crate) const WUNTRACED: u32 = wait::UNTRACED;
pub(crate) const WCONTINUED: u32 = wait::CONTINUED;

pub(crate) fn wait_for(pid: Pid) -> Result<End> {
    waitpid(pid.0, 0).map(|(_, end)| end)
}

pub(crate) fn wait_with(pid: Pid, options: u32) -> Result<End> {
    waitpid(pid.0, options).map(|(_, end)| end)
}

/// wait4(2) with its own meaning of `pid`.
pub(crate) fn waitpid(pid: i32, options: u32) -> Result<(Pid, End)> {
    let mut status = [0; 4];
    let found = raw::wait4(pid, options, &mut status)? as i32;
    if found == 0 {
        return Ok((Pid(0), End::Nothing));
    }
    let word = u32::from_le_bytes(status);
    let name = |number: u32| Signal::from_number(number).map_or("?", Signal::name);
    let end = match word & 0x7f {
        _ if word == 0xffff => End::Continued,
        0 => End::Exited((word >> 8) as u8),
        0x7f => End::Stopped(name(word >> 8 & 0xff)),
        signal => End::Signaled(name(signal)),
    };
    Ok((Pid(found), end))
}

pub(crate) fn kill(pid: Pid, signal: Signal) -> Result<()> {
    kill_raw(pid.0, signal.number().into())
}

pub(crate) fn kill_raw(pid: i32, signal: u32) -> Result<()> {
    raw::kill(pid, signal).map(drop)
}

/// Every member of a group.
pub(crate) fn kill_group(group: i32, signal: Signal) -> Result<()> {
    kill_raw(-group, signal.number().into())
}

/// Ends the process now.
pub(crate) fn exit(status: i32) -> ! {
    let _ = raw::exit(status);
    unreachable!("exit does not return")
}

pub(crate) fn getpid() -> Result<i32> {
    raw::getpid().map(|pid| pid as i32)
}

pub(crate) fn getppid() -> Result<i32> {
    raw::getppid().map(|pid| pid as i32)
}

pub(crate) fn setpgid(pid: i32, group: i32) -> Result<()> {
    raw::setpgid(pid, group).map(drop)
}

pub(crate) fn getpgid(pid: i32) -> Result<i32> {
    raw::getpgid(pid).map(|group| group as i32)
}

pub(crate) fn setsid() -> Result<i32> {
    raw::setsid().map(|session| session as i32)
}

pub(crate) fn getsid(pid: i32) -> Result<i32> {
    raw::getsid(pid).map(|session| session as i32)
}

pub(crate) fn sigaction(signal: Signal, disposition: Disposition) -> Result<()> {
    raw::sigaction(signal.number().into(), disposition as u32).map(drop)
}

/// A descriptor from which these signals, caught from now on, are read.
pub(crate) fn catch(signals: &[Signal], flags: u32) -> Result<i32> {
    for signal in signals {
        sigaction(*signal, Disposition::Caught)?;
    }
    let mask = signals.iter().fold(0, |mask, signal| mask | signal.bit());
    raw::signalfd(mask, flags).map(|fd| fd as i32)
}

/// One read of the signals that there are, by their names.
pub(crate) fn read_signals(fd: i32) -> Result<Vec<&'static str>> {
    let Text(bytes) = read(fd, 64)?;
    let number = |record: &[u8]| u32::from_le_bytes(std::array::from_fn(|i| record[i]));
    let name = |number| Signal::from_number(number).map_or("?", Signal::name);
    Ok(bytes.chunks_exact(4).map(|record| name(number(record))).collect())
}

pub(crate) fn pidfd_open(pid: Pid, flags: u32) -> Result<i32> {
    raw::pidfd_open(pid.0, flags).map(|fd| fd as i32)
}

/// Fires SIGALRM after a time, then at intervals; gives what was left and the old interval, in ms rounded up.
pub(crate) fn setitimer(interval_ms: i64, value_ms: i64) -> Result<(i64, i64)> {
    let mut old = [0; 16];
    raw::setitimer(interval_ms * 1_000_000, value_ms * 1_000_000, &mut old)?;
    let at = |at: usize| i64::from_le_bytes(std::array::from_fn(|i| old[at + i]));
    let ms = |time_ns: i64| (time_ns + 999_999) / 1_000_000;
    Ok((ms(at(0)), ms(at(8))))
}

pub(crate) const CLOCK_REALTIME: u32 = 0;
pub(crate) const CLOCK_MONOTONIC: u32 = 1;

pub(crate) fn clock(clock: u32) -> Result<i64> {
    raw::clock_gettime(clock)
}

pub(crate) fn getrlimit(resource: u32) -> Result<Rlimit> {
    let mut old = [0; Rlimit::BYTES];
    raw::prlimit(0, resource, &[], &mut old)?;
    Ok(Rlimit::decode(&old))
}

pub(crate) fn setrlimit(resource: u32, soft: u64, hard: u64) -> Result<()> {
    raw::prlimit(0, resource, &Rlimit { soft, hard }.encode(), &mut []).map(drop)
}

pub(crate) fn getrusage(who: i32) -> Result<Usage> {
    let mut usage = [0; Usage::BYTES];
    raw::getrusage(who, &mut usage)?;
    Ok(Usage::decode(&usage))
}

/// Real, effective and saved user, then group.
pub(crate) fn credentials() -> Result<[u32; 6]> {
    let mut ids = [0; 24];
    raw::getcredentials(&mut ids)?;
    Ok(std::array::from_fn(|at| u32::from_le_bytes(std::array::from_fn(|i| ids[at * 4 + i]))))
}

/// Leaves an id as it is.
pub(crate) const KEEP: u32 = u32::MAX;

pub(crate) fn setresuid(real: u32, effective: u32, saved: u32) -> Result<()> {
    raw::setresuid(real, effective, saved).map(drop)
}

pub(crate) fn setresgid(real: u32, effective: u32, saved: u32) -> Result<()> {
    raw::setresgid(real, effective, saved).map(drop)
}

pub(crate) fn setgroups(groups: &[u32]) -> Result<()> {
    let bytes: Vec<u8> = groups.iter().flat_map(|group| group.to_le_bytes()).collect();
    raw::setgroups(&bytes).map(drop)
}

pub(crate) fn getgroups() -> Result<Vec<u32>> {
    let mut groups = vec![0; 4 * 64];
    let count = raw::getgroups(&mut groups)? as usize;
    let group = |bytes: &[u8]| u32::from_le_bytes(std::array::from_fn(|i| bytes[i]));
    Ok(groups.chunks_exact(4).take(count).map(group).collect())
}

/// From root to a plain user, for good.
pub(crate) fn become_user(user: u32) -> Result<()> {
    setgroups(&[])?;
    setresgid(user, user, user)?;
    setresuid(user, user, user)
}

/// Random bytes.
pub(crate) fn random(len: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let filled = raw::getrandom(&mut bytes)?;
    if filled < 0 { Err(Errno::EIO) } else { Ok(bytes) }
}

/// Names of the system: its kind, the machine's, release, version, architecture.
pub(crate) fn uname() -> Result<Vec<String>> {
    let mut names = vec![0; 512];
    let len = raw::uname(&mut names)? as usize;
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    Ok(names[..len].split(|&byte| byte == 0).take(5).map(text).collect())
}
