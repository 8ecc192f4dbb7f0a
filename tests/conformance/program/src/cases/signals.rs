//! Signals: what they do, who may send them, how they are caught.

use crate::posix::*;

cases! {
    default_terminates; default_ignored; ignored; uncatchable; caught_is_read; same_signal_once; lowest_first; mask_of_descriptor;
    to_itself; to_nobody; check_only; bad_numbers; to_group; to_zombie; to_stopped; caught_interrupts; child_ends; ignored_child_is_reaped;
    back_to_default; pending_is_dropped_when_ignored; poll_of_signals; nonblocking_signals; terminated_while_waiting; alarm;
    alarm_again; alarm_is_cancelled; alarm_ends; inherited_dispositions; continue_is_delivered; everybody_else;
    =>
    ignore_and_wait; wait_for_end; kill_myself; catch_and_report; take_sleep;
}

/// Ignores a signal, says so on 4, then waits for the end of 3.
fn ignore_and_wait(arguments: &[&str]) -> i32 {
    for name in arguments {
        let Some(signal) = Signal::from_name(name) else { return 98 };
        child_ok!(sigaction(signal, Disposition::Ignore));
    }
    child_ok!(write(4, "ready"));
    child_ok!(read_all(3));
    5
}

/// Joins a group, if one is named, says that it is there on 4, then waits for the end of 3.
fn wait_for_end(arguments: &[&str]) -> i32 {
    if let [group] = arguments {
        child_ok!(setpgid(0, group.parse().unwrap_or(-1)));
    }
    child_ok!(write(4, "ready"));
    child_ok!(read_all(3));
    6
}

fn kill_myself(arguments: &[&str]) -> i32 {
    let Some(signal) = Signal::from_name(arguments[0]) else { return 98 };
    child_ok!(kill(Pid(child_ok!(getpid())), signal));
    4
}

fn catch_and_report(_: &[&str]) -> i32 {
    let fd = child_ok!(catch(&[Signal::SIGTERM, Signal::SIGUSR1], 0));
    child_ok!(write(4, "ready"));
    say!("child catches {}", read_signals(fd).shown());
    3
}

fn take_sleep(_: &[&str]) -> i32 {
    child_ok!(write(4, "ready"));
    let _ = poll(&[], -1);
    2
}

/// A child that is there and waits, and what ends its waiting when closed.
fn waiting(name: &str, arguments: &[&str]) -> Result<(Pid, i32)> {
    let (input, end) = pipe(o::CLOEXEC)?;
    let (reports, report) = pipe(o::CLOEXEC)?;
    let pid = child(name, arguments).fd(3, input).fd(4, report).start()?;
    close(input)?;
    close(report)?;
    read(reports, 10)?;
    close(reports)?;
    Ok((pid, end))
}

fn default_terminates() {
    for name in ["HUP", "INT", "QUIT", "ABRT", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "KILL", "XCPU", "SYS"] {
        say!("{name}: {}", child("kill_myself", &[name]).run().shown());
    }
}

fn default_ignored() {
    for name in ["CHLD", "URG", "WINCH", "CONT"] {
        say!("{name}: {}", child("kill_myself", &[name]).run().shown());
    }
}

fn ignored() {
    let (pid, end) = ok!(waiting("ignore_and_wait", &["TERM", "INT"]));
    see!(kill(pid, Signal::SIGTERM), kill(pid, Signal::SIGINT), close(end), wait_for(pid));
}

fn uncatchable() {
    see!(sigaction(Signal::SIGKILL, Disposition::Ignore), sigaction(Signal::SIGSTOP, Disposition::Caught));
    see!(sigaction(Signal::SIGKILL, Disposition::Default));
    let (pid, _end) = ok!(waiting("ignore_and_wait", &["TERM"]));
    see!(kill(pid, Signal::SIGTERM), kill(pid, Signal::SIGKILL), wait_for(pid));
}

fn caught_is_read() {
    let fd = ok!(catch(&[Signal::SIGUSR1, Signal::SIGTERM], 0));
    let own = Pid(ok!(getpid()));
    see!(kill(own, Signal::SIGTERM), read_signals(fd), kill(own, Signal::SIGUSR1), read_signals(fd));
}

fn same_signal_once() {
    let fd = ok!(catch(&[Signal::SIGUSR1], o::NONBLOCK));
    let own = Pid(ok!(getpid()));
    for _ in 0..5 {
        ok!(kill(own, Signal::SIGUSR1));
    }
    see!(read_signals(fd), read_signals(fd));
}

fn lowest_first() {
    let fd = ok!(catch(&[Signal::SIGUSR1, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGUSR2], 0));
    let own = Pid(ok!(getpid()));
    for signal in [Signal::SIGTERM, Signal::SIGUSR2, Signal::SIGHUP, Signal::SIGUSR1] {
        ok!(kill(own, signal));
    }
    see!(read_signals(fd));
}

fn mask_of_descriptor() {
    let one = ok!(catch(&[Signal::SIGUSR1], o::NONBLOCK));
    let two = ok!(catch(&[Signal::SIGUSR2], o::NONBLOCK));
    let own = Pid(ok!(getpid()));
    see!(kill(own, Signal::SIGUSR2), read_signals(one), read_signals(two), kill(own, Signal::SIGUSR1), read_signals(two), read_signals(one));
}

fn to_itself() {
    ok!(sigaction(Signal::SIGTERM, Disposition::Ignore));
    see!(kill(Pid(ok!(getpid())), Signal::SIGTERM), kill_raw(ok!(getpid()), 0));
}

fn to_nobody() {
    let pid = ok!(child("kill_myself", &["TERM"]).start());
    ok!(wait_for(pid));
    see!(kill(pid, Signal::SIGTERM), kill_raw(pid.0, 0), kill_raw(-pid.0, 0), kill_raw(i32::MAX, 0));
}

fn check_only() {
    let (pid, end) = ok!(waiting("wait_for_end", &[]));
    see!(kill_raw(pid.0, 0), close(end), wait_for(pid), kill_raw(pid.0, 0));
}

fn bad_numbers() {
    let own = ok!(getpid());
    see!(kill_raw(own, 65), kill_raw(own, 1000), raw::sigaction(0, 0), raw::sigaction(99, 0));
}

fn to_group() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let leader = ok!(child("wait_for_end", &[]).fd(3, input).fd(4, report).group().start());
    let member = ok!(child("wait_for_end", &[&leader.0.to_string()]).fd(3, input).fd(4, report).start());
    let outsider = ok!(child("wait_for_end", &[]).fd(3, input).fd(4, report).start());
    let mut there = 0;
    while there < 15 {
        there += ok!(read(reports, 15)).0.len();
    }
    see!(kill_group(leader.0, Signal::SIGTERM), wait_for(leader), wait_for(member), wait_with(outsider, WNOHANG));
    see!(close(end), wait_for(outsider));
}

fn to_zombie() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("kill_myself", &["TERM"]).fd(3, writing).start());
    ok!(close(writing));
    // The end of the pipe is the end of the child.
    ok!(read_all(reading));
    let fd = ok!(pidfd_open(pid, 0));
    see!(wait_ready(fd, 1), kill(pid, Signal::SIGKILL), kill_raw(pid.0, 0), wait_for(pid));
}

fn to_stopped() {
    let (pid, _end) = ok!(waiting("wait_for_end", &[]));
    see!(kill(pid, Signal::SIGSTOP), wait_with(pid, WUNTRACED), kill(pid, Signal::SIGTERM), wait_with(pid, WNOHANG | WUNTRACED));
    see!(kill(pid, Signal::SIGCONT), wait_for(pid));
    let (pid, _end) = ok!(waiting("wait_for_end", &[]));
    see!(kill(pid, Signal::SIGSTOP), wait_with(pid, WUNTRACED), kill(pid, Signal::SIGKILL), wait_for(pid));
}

fn caught_interrupts() {
    let (reading, _writing) = ok!(pipe(0));
    ok!(sigaction(Signal::SIGALRM, Disposition::Caught));
    ok!(setitimer(20, 20));
    see!(read(reading, 1), poll(&[(reading, 1)], -1), wait_for(Pid(-1)), poll(&[], -1));
    ok!(setitimer(0, 0));
}

fn child_ends() {
    let fd = ok!(catch(&[Signal::SIGCHLD], 0));
    let pid = ok!(child("kill_myself", &["TERM"]).start());
    see!(read_signals(fd), wait_with(pid, WNOHANG));
}

fn ignored_child_is_reaped() {
    ok!(sigaction(Signal::SIGCHLD, Disposition::Ignore));
    let pid = ok!(child("kill_myself", &["TERM"]).start());
    see!(wait_for(pid), wait_for(Pid(-1)), kill_raw(pid.0, 0));
}

fn back_to_default() {
    ok!(sigaction(Signal::SIGTERM, Disposition::Ignore));
    ok!(sigaction(Signal::SIGTERM, Disposition::Default));
    say!("about to end");
    let _ = kill(Pid(ok!(getpid())), Signal::SIGTERM);
    say!("not reached");
}

fn pending_is_dropped_when_ignored() {
    let fd = ok!(catch(&[Signal::SIGUSR1], o::NONBLOCK));
    ok!(kill(Pid(ok!(getpid())), Signal::SIGUSR1));
    see!(sigaction(Signal::SIGUSR1, Disposition::Ignore), read_signals(fd));
}

fn poll_of_signals() {
    let fd = ok!(catch(&[Signal::SIGUSR1], 0));
    see!(ready(fd), kill(Pid(ok!(getpid())), Signal::SIGUSR1), ready(fd), read_signals(fd), ready(fd));
}

fn nonblocking_signals() {
    let fd = ok!(catch(&[Signal::SIGUSR1], o::NONBLOCK | o::CLOEXEC));
    see!(read_signals(fd), cloexec(fd), status_flags(fd), write(fd, "x"), read(fd, 3));
}

fn terminated_while_waiting() {
    for name in ["wait_for_end", "take_sleep"] {
        let (pid, _end) = ok!(waiting(name, &[]));
        see!(kill(pid, Signal::SIGTERM), wait_for(pid));
    }
    let (pid, _end) = ok!(waiting("catch_and_report", &[]));
    see!(kill(pid, Signal::SIGTERM), wait_for(pid));
}

fn alarm() {
    let fd = ok!(catch(&[Signal::SIGALRM], 0));
    let before = ok!(clock(CLOCK_MONOTONIC));
    see!(setitimer(0, 20), read_signals(fd), ok!(clock(CLOCK_MONOTONIC)) - before >= 20_000_000, setitimer(0, 0));
}

fn alarm_again() {
    let fd = ok!(catch(&[Signal::SIGALRM], 0));
    see!(setitimer(10, 10), read_signals(fd), read_signals(fd), read_signals(fd), ok!(setitimer(0, 0)).1);
}

fn alarm_is_cancelled() {
    let fd = ok!(catch(&[Signal::SIGALRM], o::NONBLOCK));
    ok!(setitimer(5000, 100_000));
    let (left, interval) = ok!(setitimer(0, 0));
    see!(left > 90_000 && left <= 100_000, interval, setitimer(0, 0), read_signals(fd), raw::setitimer(-2_000_000_000, -2_000_000_000, &mut []));
}

fn alarm_ends() {
    say!("waiting");
    ok!(setitimer(0, 20));
    let _ = poll(&[], -1);
    say!("not reached");
}

fn inherited_dispositions() {
    ok!(sigaction(Signal::SIGTERM, Disposition::Ignore));
    ok!(sigaction(Signal::SIGUSR1, Disposition::Caught));
    // What is ignored stays so, what is caught is not.
    see!(child("kill_myself", &["TERM"]).run(), child("kill_myself", &["USR1"]).run());
    see!(child("kill_myself", &["TERM"]).default_signal(Signal::SIGTERM).run());
}

fn continue_is_delivered() {
    let fd = ok!(catch(&[Signal::SIGCONT], o::NONBLOCK));
    see!(kill(Pid(ok!(getpid())), Signal::SIGCONT), read_signals(fd));
}

fn everybody_else() {
    let (pid, _end) = ok!(waiting("wait_for_end", &[]));
    see!(setpgid(0, 0), kill_raw(0, 0), kill(pid, Signal::SIGTERM), wait_for(pid));
}
