//! Tasks, signals, users, limits, time.

use std::ffi::CString;

use oac_abi::{
    Errno,
    flags::open,
    limit::{Rlimit, Usage},
    spawn::SpawnRequest,
};

use super::{Answer, c_string, files, last_errno, sys, word_at};

/// fork(2) and execve(2) with what the request asks for between them, as posix_spawn(3) does it.
pub(crate) fn spawn(request: &[u8]) -> Answer {
    let request = SpawnRequest::decode(request)?;
    let program = c_string(&request.program)?;
    let strings = |list: &[Vec<u8>]| list.iter().map(|s| c_string(s)).collect::<Result<Vec<CString>, _>>();
    let argv = strings(&request.argv)?;
    let env = match &request.env {
        Some(env) => strings(env)?,
        None => std::env::vars_os()
            .map(|(name, value)| c_string(format!("{}={}", name.display(), value.display()).as_bytes()))
            .collect::<Result<_, _>>()?,
    };
    let cwd = request.cwd.as_deref().map(c_string).transpose()?;
    let mut report = [0u8; 8];
    files::pipe2(open::CLOEXEC, &mut report)?;
    let (reading, writing) = (word_at(&report, 0) as i32, word_at(&report, 4) as i32);
    // SAFETY: the program has one thread, so the child may do whatever the parent may.
    let pid = unsafe { libc::fork() };
    if pid == -1 {
        return Err(last_errno());
    }
    if pid == 0 {
        let failure = become_child(&request, &program, &argv, &env, cwd.as_ref(), writing);
        let _ = files::write(writing, &failure.number().to_le_bytes());
        let _ = sys!(SYS_exit_group, 127);
    }
    files::close(writing)?;
    let mut failure = [0u8; 2];
    let told = files::read(reading, &mut failure)?;
    files::close(reading)?;
    if told == 2 {
        sys!(SYS_wait4, pid, 0, 0, 0)?;
        return Err(Errno::from_number(u16::from_le_bytes(failure).into()).unwrap_or(Errno::EIO));
    }
    Ok(pid.into())
}

/// Sets the child up and runs the program; gives what went wrong.
fn become_child(
    request: &SpawnRequest,
    program: &CString,
    argv: &[CString],
    env: &[CString],
    cwd: Option<&CString>,
    report: i32,
) -> Errno {
    let set_up = || -> Result<(), Errno> {
        if request.flags & SpawnRequest::NEW_SESSION != 0 {
            sys!(SYS_setsid)?;
        } else if request.flags & SpawnRequest::NEW_GROUP != 0 {
            sys!(SYS_setpgid, 0, 0)?;
        }
        become_as_asked(request)?;
        if let Some(cwd) = cwd {
            sys!(SYS_chdir, cwd.as_ptr())?;
        }
        arrange_descriptors(&request.fds, report)?;
        bind_as_asked(request)
    };
    if let Err(errno) = set_up() {
        return errno;
    }
    let pointers = |list: &[CString]| -> Vec<*const libc::c_char> {
        list.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (argv, env) = (pointers(argv), pointers(env));
    sys!(SYS_execve, program.as_ptr(), argv.as_ptr(), env.as_ptr()).err().unwrap_or(Errno::EIO)
}

/// Group, terminal, signals, mask.
fn become_as_asked(request: &SpawnRequest) -> Result<(), Errno> {
    if let Some(group) = request.group {
        sys!(SYS_setpgid, 0, group)?;
    }
    if let Some(fd) = request.terminal {
        if request.flags & SpawnRequest::NEW_SESSION != 0 {
            super::tcsetctty(fd)?;
        } else {
            set_handler(libc::SIGTTOU, libc::SIG_IGN);
            super::tcsetpgrp(fd, getpgid(0)? as i32)?;
            set_handler(libc::SIGTTOU, libc::SIG_DFL);
        }
    }
    for signal in (1..=31).filter(|signal| request.default_signals & 1 << (signal - 1) != 0) {
        set_handler(signal, libc::SIG_DFL);
    }
    unblock_signals();
    if let Some(mask) = request.umask {
        files::umask(mask)?;
    }
    Ok(())
}

/// Limits, which count from here on, and the user.
fn bind_as_asked(request: &SpawnRequest) -> Result<(), Errno> {
    for (resource, limit) in &request.limits {
        prlimit(0, *resource, &limit.encode(), &mut [])?;
    }
    if let Some(user) = &request.credentials {
        let groups: Vec<u8> = user.groups.iter().flat_map(|group| group.to_le_bytes()).collect();
        setgroups(&groups)?;
        setresgid(user.gid, user.gid, user.gid)?;
        setresuid(user.uid, user.uid, user.uid)?;
    }
    Ok(())
}

/// All that are given go above everything first, so that no move overwrites the source of another.
fn arrange_descriptors(wanted: &[(i32, i32)], report: i32) -> Result<(), Errno> {
    const ABOVE: i32 = 200;
    let mut moved = Vec::new();
    for &(child, own) in wanted.iter().filter(|(_, own)| *own >= 0) {
        moved.push((child, files::dup(own, ABOVE, open::CLOEXEC)? as i32));
    }
    let report_above = files::dup(report, ABOVE, open::CLOEXEC)? as i32;
    for fd in 0..ABOVE {
        if fd != report {
            let _ = sys!(SYS_close, fd);
        }
    }
    for (child, above) in moved {
        if child == report {
            files::dup3(report_above, ABOVE - 1, open::CLOEXEC)?;
        }
        files::dup3(above, child, 0)?;
    }
    Ok(())
}

fn default_signals() {
    for signal in 1..=31 {
        set_handler(signal, libc::SIG_DFL);
    }
    unblock_signals();
}

fn unblock_signals() {
    let none = 0u64;
    let _ = sys!(SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const none, 0, 8);
}

fn set_handler(signal: i32, handler: libc::sighandler_t) {
    // SAFETY: the record is plain data; the handler is SIG_DFL, SIG_IGN or a function that only returns.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
}

extern "C" fn caught(_signal: i32) {}

/// A caught signal interrupts calls that wait; once a signalfd takes it, it is blocked and read from there.
pub(crate) fn sigaction(signal: u32, disposition: u32) -> Answer {
    if matches!(signal as i32, libc::SIGKILL | libc::SIGSTOP) || !(1..=31).contains(&signal) {
        return Err(Errno::EINVAL);
    }
    let handler = match disposition {
        0 => libc::SIG_DFL,
        1 => libc::SIG_IGN,
        2 => caught as *const () as libc::sighandler_t,
        _ => return Err(Errno::EINVAL),
    };
    set_handler(signal as i32, handler);
    Ok(0)
}

pub(crate) fn signalfd(mask: u64, flags: u32) -> Answer {
    sys!(SYS_rt_sigprocmask, libc::SIG_BLOCK, &raw const mask, 0, 8)?;
    let fd = sys!(SYS_signalfd4, -1, &raw const mask, 8, flags)?;
    files::remember_signal_fd(fd as i32);
    Ok(fd)
}

pub(crate) fn wait4(pid: i32, options: u32, status: &mut [u8]) -> Answer {
    sys!(SYS_wait4, pid, status.as_mut_ptr(), options, 0)
}

pub(crate) fn kill(pid: i32, signal: u32) -> Answer {
    sys!(SYS_kill, pid, signal)
}

pub(crate) fn exit(status: i32) -> Answer {
    sys!(SYS_exit_group, status)
}

pub(crate) fn getpid() -> Answer {
    sys!(SYS_getpid)
}

pub(crate) fn getppid() -> Answer {
    sys!(SYS_getppid)
}

pub(crate) fn setpgid(pid: i32, pgid: i32) -> Answer {
    sys!(SYS_setpgid, pid, pgid)
}

pub(crate) fn getpgid(pid: i32) -> Answer {
    sys!(SYS_getpgid, pid)
}

pub(crate) fn setsid() -> Answer {
    sys!(SYS_setsid)
}

pub(crate) fn getsid(pid: i32) -> Answer {
    sys!(SYS_getsid, pid)
}

pub(crate) fn pidfd_open(pid: i32, flags: u32) -> Answer {
    sys!(SYS_pidfd_open, pid, flags)
}

/// `struct rusage`: two times of seconds and microseconds, then the most memory in KiB and thirteen more.
pub(crate) fn getrusage(who: i32, usage: &mut [u8]) -> Answer {
    let mut record = [0u64; 18];
    sys!(SYS_getrusage, who, record.as_mut_ptr())?;
    let usage_record = Usage {
        user_ns: record[0] * 1_000_000_000 + record[1] * 1000,
        system_ns: record[2] * 1_000_000_000 + record[3] * 1000,
        memory_bytes_max: record[4] * 1024,
        voluntary_switches: record[16],
    };
    usage[..Usage::BYTES].copy_from_slice(&usage_record.encode());
    Ok(0)
}

pub(crate) fn prlimit(pid: i32, resource: u32, new: &[u8], old: &mut [u8]) -> Answer {
    let from = if new.is_empty() { std::ptr::null() } else { new.as_ptr() };
    let out = if old.len() < Rlimit::BYTES { std::ptr::null_mut() } else { old.as_mut_ptr() };
    sys!(SYS_prlimit64, pid, resource, from, out)
}

pub(crate) fn getcredentials(ids: &mut [u8]) -> Answer {
    let mut all = [0u32; 6];
    let at = all.as_mut_ptr();
    sys!(SYS_getresuid, at, at.wrapping_add(1), at.wrapping_add(2))?;
    sys!(SYS_getresgid, at.wrapping_add(3), at.wrapping_add(4), at.wrapping_add(5))?;
    for (out, id) in ids.chunks_exact_mut(4).zip(all) {
        out.copy_from_slice(&id.to_le_bytes());
    }
    Ok(0)
}

pub(crate) fn setresuid(real: u32, effective: u32, saved: u32) -> Answer {
    sys!(SYS_setresuid, real, effective, saved)
}

pub(crate) fn setresgid(real: u32, effective: u32, saved: u32) -> Answer {
    sys!(SYS_setresgid, real, effective, saved)
}

pub(crate) fn getgroups(groups: &mut [u8]) -> Answer {
    sys!(SYS_getgroups, groups.len() / 4, groups.as_mut_ptr())
}

pub(crate) fn setgroups(groups: &[u8]) -> Answer {
    sys!(SYS_setgroups, groups.len() / 4, groups.as_ptr())
}

pub(crate) fn clock_gettime(clock: u32) -> Answer {
    let mut time = [0i64; 2];
    sys!(SYS_clock_gettime, clock, time.as_mut_ptr())?;
    Ok(time[0] * 1_000_000_000 + time[1])
}

pub(crate) fn getrandom(buf: &mut [u8]) -> Answer {
    sys!(SYS_getrandom, buf.as_mut_ptr(), buf.len(), 0)
}

/// `struct itimerval`: interval and value, in seconds and microseconds.
pub(crate) fn setitimer(interval_ns: i64, value_ns: i64, old: &mut [u8]) -> Answer {
    let timeval = |time_ns: i64| [time_ns / 1_000_000_000, time_ns % 1_000_000_000 / 1000];
    let new = [timeval(interval_ns), timeval(value_ns)];
    let mut before = [[0i64; 2]; 2];
    sys!(SYS_setitimer, 0, new.as_ptr(), before.as_mut_ptr())?;
    if old.len() >= 16 {
        let nanoseconds = |time: [i64; 2]| time[0] * 1_000_000_000 + time[1] * 1000;
        old[..8].copy_from_slice(&nanoseconds(before[1]).to_le_bytes());
        old[8..16].copy_from_slice(&nanoseconds(before[0]).to_le_bytes());
    }
    Ok(0)
}

pub(crate) fn poll(fds: &[u8], timeout_ns: i64, ready: &mut [u8]) -> Answer {
    ready.copy_from_slice(fds);
    let time = [timeout_ns / 1_000_000_000, timeout_ns % 1_000_000_000];
    let until = if timeout_ns < 0 { std::ptr::null() } else { time.as_ptr() };
    sys!(SYS_ppoll, ready.as_mut_ptr(), ready.len() / 8, until, 0, 8)
}

/// What Rust's runtime changed is put back: SIGPIPE ends the process again, and faults are nobody's to look at. A case leaves the session it was
/// started in, and has no descriptors but 0, 1 and 2.
pub(crate) fn restore_defaults(is_case: bool) {
    for signal in [libc::SIGPIPE, libc::SIGSEGV, libc::SIGBUS] {
        set_handler(signal, libc::SIG_DFL);
    }
    if is_case {
        default_signals();
        let _ = sys!(SYS_setsid);
        let _ = sys!(SYS_close_range, 3, u32::MAX, 0);
    }
}
