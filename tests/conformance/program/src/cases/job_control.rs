//! Controlling terminals, foreground groups, the signals that a terminal sends.

use oac_abi::termios::local;

use crate::posix::*;

cases! {
    no_terminal; controlling_terminal; interrupt; quit; suspend; no_signals_to_background; window_change; hang_up_at_close;
    background_reads; background_writes; background_writes_with_tostop; foreground_changes; foreground_refusals;
    leader_ends; terminal_is_taken; noctty; orphaned_group_reads; stays_with_session; signal_flushes_input; background_sets_attributes;
    =>
    in_session; job; open_terminal;
}

/// What a session's leader does with the terminal at 3. Reports go to 4, orders come from 5.
fn in_session(arguments: &[&str]) -> i32 {
    child_ok!(tcsetctty(3));
    match arguments {
        ["wait"] => {
            child_ok!(write(4, "ready"));
            child_ok!(read_all(5));
            0
        }
        ["winch"] => {
            let fd = child_ok!(catch(&[Signal::SIGWINCH], 0));
            child_ok!(write(4, "ready"));
            say!("leader: {} {}", read_signals(fd).shown(), tcgetwinsize(3).shown());
            0
        }
        ["hup"] => {
            let fd = child_ok!(catch(&[Signal::SIGHUP, Signal::SIGCONT], 0));
            child_ok!(write(4, "ready"));
            say!("leader: {}", read_signals(fd).shown());
            say!("leader: read {} write {}", read(3, 1).shown(), write(3, "x").shown());
            0
        }
        ["info"] => {
            let own = child_ok!(getpid());
            say!("leader is in the foreground: {}", child_ok!(tcgetpgrp(3)) == own);
            say!("/dev/tty: {}", open("/dev/tty", o::RDWR, 0).and_then(|fd| write(fd, "to tty")).shown());
            say!("again: {}", tcsetctty(3).shown());
            0
        }
        ["flush"] => {
            let fd = child_ok!(catch(&[Signal::SIGINT], 0));
            child_ok!(write(4, "ready"));
            say!("leader: {}", read_signals(fd).shown());
            child_ok!(write(4, "got it"));
            say!("leader: {}", read(3, 100).shown());
            0
        }
        ["background", what @ ..] => background(what),
        ["foreground"] => foreground(),
        ["leave"] => leave(),
        _ => 98,
    }
}

/// A job in the background does something with the terminal.
fn background(what: &[&str]) -> i32 {
    if what == ["tostop"] {
        child_ok!(change(3, |termios| termios.local |= local::TOSTOP));
    }
    let how = if what == ["read"] { "read" } else if what == ["attributes"] { "attributes" } else { "write" };
    let pid = child_ok!(child("job", &[how]).fd(3, 3).fd(4, 4).group().start());
    let end = child_ok!(wait_with(pid, WUNTRACED));
    say!("leader sees {end:?}");
    if matches!(end, End::Stopped(_)) {
        child_ok!(tcsetpgrp(3, pid.0));
        child_ok!(kill_group(pid.0, Signal::SIGCONT));
        child_ok!(write(4, "resumed"));
        say!("leader sees {}", wait_for(pid).shown());
    }
    0
}

fn foreground() -> i32 {
    let own = child_ok!(getpid());
    let (input, end) = child_ok!(pipe(o::CLOEXEC));
    let job = child_ok!(child("job", &["hold"]).fd(3, input).group().start());
    say!("leader: {} {}", tcsetpgrp(3, job.0).shown(), child_ok!(tcgetpgrp(3)) == job.0);
    child_ok!(write(4, "ready"));
    say!("leader sees {}", wait_for(job).shown());
    let _ = end;
    // The leader is in the background now and asks for its terminal back: that would stop it, had it a job control to obey.
    child_ok!(sigaction(Signal::SIGTTOU, Disposition::Ignore));
    say!("leader: {} {}", tcsetpgrp(3, own).shown(), child_ok!(tcgetpgrp(3)) == own);
    say!("leader: {} {} {}", tcsetpgrp(3, 1).shown(), tcsetpgrp(3, -1).shown(), tcsetpgrp(3, i32::MAX).shown());
    0
}

/// The leader goes while a job of its session is in the foreground.
fn leave() -> i32 {
    let job = child_ok!(child("job", &["report"]).fd(3, 5).fd(4, 4).group().start());
    child_ok!(tcsetpgrp(3, job.0));
    // The job is there when it has written.
    0
}

/// 3 is what it works with, 4 takes reports.
fn job(arguments: &[&str]) -> i32 {
    match arguments {
        ["read"] => {
            say!("job reads {}", read(3, 100).shown());
            0
        }
        ["write"] => {
            say!("job writes {}", write(3, "from the job").shown());
            0
        }
        ["attributes"] => {
            say!("job changes {}", change(3, |termios| termios.local &= !local::ECHO).shown());
            0
        }
        ["hold"] => {
            let _ = read_all(3);
            0
        }
        ["report"] => {
            let fd = child_ok!(catch(&[Signal::SIGHUP, Signal::SIGCONT], 0));
            let mut got = child_ok!(read_signals(fd));
            while got.len() < 2 {
                got.extend(child_ok!(read_signals(fd)));
            }
            got.sort_unstable();
            child_ok!(write(4, &format!("{got:?}")));
            0
        }
        _ => 98,
    }
}

/// Opens a terminal by name, as a session's leader without one; 3 is its master.
fn open_terminal(arguments: &[&str]) -> i32 {
    let name = format!("/dev/pts/{}", child_ok!(ptsnumber(3)));
    let noctty = if arguments == ["noctty"] { o::NOCTTY } else { 0 };
    let fd = child_ok!(open(&name, o::RDWR | noctty, 0));
    say!("child: {} {}", tcgetpgrp(fd).map(|group| Ok(group) == getpid()).shown(), done(open("/dev/tty", o::RDWR, 0)).shown());
    0
}

/// A session whose leader does `what`: its master, its leader, the end of its orders; it is there when this returns.
fn session(what: &[&str]) -> Result<(i32, Pid, i32, i32)> {
    let (master, slave) = openpty(o::CLOEXEC)?;
    let (reports, report) = pipe(o::CLOEXEC)?;
    let (orders, order) = pipe(o::CLOEXEC)?;
    let pid = child("in_session", what).fd(3, slave).fd(4, report).fd(5, orders).session().start()?;
    for fd in [slave, report, orders] {
        close(fd)?;
    }
    Ok((master, pid, order, reports))
}

fn no_terminal() {
    let (_, slave) = ok!(openpty(0));
    see!(open("/dev/tty", o::RDWR, 0), tcgetpgrp(slave), tcsetpgrp(slave, ok!(getpgid(0))));
}

fn controlling_terminal() {
    let (master, pid, _order, _) = ok!(session(&["info"]));
    see!(wait_for(pid), echoed(master, "tty"));
}

fn interrupt() {
    let (master, pid, _order, reports) = ok!(session(&["wait"]));
    see!(read(reports, 9), write(master, "\x03"), wait_for(pid), echoed(master, "^C"));
}

fn quit() {
    let (master, pid, _order, reports) = ok!(session(&["wait"]));
    see!(read(reports, 9), write(master, "\x1c"), wait_for(pid), echoed(master, "^\\"));
}

fn suspend() {
    let (master, pid, order, reports) = ok!(session(&["foreground"]));
    // A job of a session with a parent in it can be stopped from the keyboard.
    ok!(read(reports, 9));
    let typed = write(master, "\x03");
    see!(wait_for(pid), typed, close(order));
}

fn no_signals_to_background() {
    let (master, pid, order, reports) = ok!(session(&["wait"]));
    ok!(read(reports, 9));
    // A leader without a parent in its session is an orphan: SIGTSTP does not stop it.
    see!(write(master, "\x1a"), close(order), wait_for(pid));
}

fn window_change() {
    let (master, pid, _order, reports) = ok!(session(&["winch"]));
    see!(read(reports, 9), tcsetwinsize(master, 0, 0));
    let changed = tcsetwinsize(master, 10, 20);
    see!(wait_for(pid), changed);
}

fn hang_up_at_close() {
    let (master, pid, _order, reports) = ok!(session(&["hup"]));
    ok!(read(reports, 9));
    let closed = close(master);
    see!(wait_for(pid), closed);
    let (master, pid, _order, reports) = ok!(session(&["wait"]));
    see!(read(reports, 9), close(master), wait_for(pid));
}

fn background_reads() {
    let (master, pid, _order, reports) = ok!(session(&["background", "read"]));
    ok!(read(reports, 9));
    let typed = write(master, "typed\n");
    see!(wait_for(pid), typed);
}

fn background_writes() {
    let (master, pid, _order, _) = ok!(session(&["background", "write"]));
    see!(wait_for(pid), echoed(master, "job"));
}

fn background_writes_with_tostop() {
    let (master, pid, _order, reports) = ok!(session(&["background", "tostop"]));
    ok!(read(reports, 9));
    see!(wait_for(pid), echoed(master, "job"));
}

fn background_sets_attributes() {
    let (_master, pid, _order, reports) = ok!(session(&["background", "attributes"]));
    ok!(read(reports, 9));
    see!(wait_for(pid));
}

fn foreground_changes() {
    let (master, pid, _order, reports) = ok!(session(&["foreground"]));
    ok!(read(reports, 9));
    let typed = write(master, "\x1c");
    see!(wait_for(pid), typed);
}

fn foreground_refusals() {
    let (_, slave) = ok!(openpty(0));
    ok!(put("f", ""));
    let file = ok!(open("f", o::RDWR, 0));
    see!(tcsetpgrp(slave, 1), tcsetpgrp(file, 1), tcsetctty(file), tcgetpgrp(file));
}

fn leader_ends() {
    let (master, slave) = ok!(openpty(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("in_session", &["wait"]).fd(3, slave).fd(4, report).fd(5, -1).session().start());
    // Its orders are closed from the start: it ends at once. Its terminal lives on, without a session.
    see!(wait_for(pid).is_ok(), close(report), read_all(reports).is_ok(), write(slave, "still"), echoed(master, "still"), tcgetpgrp(slave));
}

fn terminal_is_taken() {
    let (master, slave) = ok!(openpty(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let (orders, order) = ok!(pipe(o::CLOEXEC));
    let first = ok!(child("in_session", &["wait"]).fd(3, slave).fd(4, report).fd(5, orders).session().start());
    see!(read(reports, 9), child("in_session", &["wait"]).fd(3, slave).fd(4, report).fd(5, orders).session().run());
    see!(close(order), wait_for(first), close(master));
}

fn noctty() {
    let (master, slave) = ok!(openpty(0));
    let _ = slave;
    see!(child("open_terminal", &[]).fd(3, master).session().run(), child("open_terminal", &["noctty"]).fd(3, master).session().run());
    see!(child("open_terminal", &[]).fd(3, master).run());
}

fn orphaned_group_reads() {
    let (master, slave) = ok!(openpty(o::CLOEXEC));
    // A process that is not of the terminal's session reads like anybody.
    ok!(write(master, "for anybody\n"));
    see!(child("job", &["read"]).fd(3, slave).fd(4, 1).run());
}

fn stays_with_session() {
    let (master, slave) = ok!(openpty(o::CLOEXEC));
    see!(tcgetpgrp(master), tcsetctty(slave), tcgetpgrp(slave).map(|group| Ok(group) == getpgid(0)));
}

fn signal_flushes_input() {
    let (master, pid, _order, reports) = ok!(session(&["flush"]));
    ok!(read(reports, 9));
    let lost = write(master, "lost\nalso\x03");
    ok!(read(reports, 9));
    let kept = write(master, "kept\n");
    see!(wait_for(pid), lost, kept);
}
