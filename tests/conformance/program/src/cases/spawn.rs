//! What a child begins with: group, terminal, user, mask, limits.

use oac_abi::limit::resource;

use crate::posix::*;

cases! {
    joins_group; group_refusals; takes_terminal; goes_to_foreground; terminal_refusals; other_user root; other_user_refused root;
    mask; mask_is_inherited; limits; limits_refused root; everything_at_once root; inherits_user root; limit_of_open_files;
    =>
    tell; stay_here;
}

/// Everything that a child has from its start.
fn tell(arguments: &[&str]) -> i32 {
    for what in arguments {
        match *what {
            "group" => say!("leads its group: {}", child_ok!(getpgid(0)) == child_ok!(getpid())),
            "user" => say!("users {} groups {}", credentials().shown(), getgroups().shown()),
            "mask" => say!("mask {}", umask(0).shown()),
            "limits" => say!("limit {}", getrlimit(resource::NOFILE).map(|limit| (limit.soft, limit.hard)).shown()),
            "terminal" => {
                let foreground = tcgetpgrp(3).map(|group| Ok(group) == getpgid(0));
                say!("in the foreground: {}, has a terminal: {}", foreground.shown(), done(open("/dev/tty", o::RDWR, 0)).shown());
            }
            file => say!("{file}: {}", get(file).shown()),
        }
    }
    0
}

/// Says that it is there on 4, then waits for the end of 3.
fn stay_here(_: &[&str]) -> i32 {
    child_ok!(write(4, "ready"));
    child_ok!(read_all(3));
    0
}

fn joins_group() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let leader = ok!(child("stay_here", &[]).fd(3, input).fd(4, report).group().start());
    let member = ok!(child("stay_here", &[]).fd(3, input).fd(4, report).join(leader.0).start());
    for _ in 0..2 {
        ok!(read(reports, 5));
    }
    see!(ok!(getpgid(member.0)) == leader.0, kill_group(leader.0, Signal::SIGTERM), wait_for(leader), wait_for(member), close(end));
    see!(child("tell", &["group"]).join(0).run());
}

fn group_refusals() {
    see!(child("tell", &[]).join(i32::MAX).start(), child("tell", &[]).join(1).start());
}

fn takes_terminal() {
    let (_master, slave) = ok!(openpty(0));
    see!(child("tell", &["terminal", "group"]).session().terminal(slave).fd(3, slave).run());
    see!(child("tell", &["terminal"]).session().fd(3, slave).run());
}

fn goes_to_foreground() {
    let (_master, slave) = ok!(openpty(0));
    ok!(tcsetctty(slave));
    see!(child("tell", &["terminal"]).group().fd(3, slave).run(), child("tell", &["terminal"]).group().terminal(slave).fd(3, slave).run());
    see!(tcgetpgrp(slave).map(|group| Ok(group) == getpgid(0)));
}

fn terminal_refusals() {
    let (reading, _) = ok!(pipe(0));
    let (_master, slave) = ok!(openpty(0));
    see!(child("tell", &[]).session().terminal(reading).start(), child("tell", &[]).group().terminal(reading).start());
    see!(child("tell", &[]).group().terminal(slave).start(), child("tell", &[]).session().terminal(99).start());
}

fn other_user() {
    ok!(put("f", "roots own"));
    ok!(chmod("f", 0o600));
    see!(child("tell", &["user", "f"]).user(1234, 4321, &[7, 8]).run(), credentials());
}

fn other_user_refused() {
    ok!(become_user(1234));
    see!(child("tell", &["user"]).user(0, 0, &[]).start(), child("tell", &["user"]).run());
}

fn mask() {
    see!(child("tell", &["mask"]).umask(0o077).run(), umask(0o022));
}

fn mask_is_inherited() {
    ok!(umask(0o027));
    see!(child("tell", &["mask"]).run());
}

fn limits() {
    see!(child("tell", &["limits"]).limit(resource::NOFILE, 300, 310).run(), ok!(getrlimit(resource::NOFILE)).soft != 300);
}

fn limits_refused() {
    ok!(setrlimit(resource::NOFILE, 300, 310));
    ok!(become_user(1234));
    see!(child("tell", &["limits"]).limit(resource::NOFILE, 300, 400).start(), child("tell", &["limits"]).limit(resource::NOFILE, 310, 300).start());
    see!(child("tell", &["limits"]).limit(resource::NOFILE, 250, 260).run());
}

fn everything_at_once() {
    let start = child("tell", &["group", "user", "mask", "limits"]).group().umask(0o007).user(5, 6, &[]);
    see!(start.limit(resource::NOFILE, 250, 260).run());
}

fn inherits_user() {
    ok!(setgroups(&[9]));
    ok!(setresgid(1, 2, 3));
    ok!(setresuid(4, 5, 6));
    // The saved ids become the effective ones, as with every new program.
    see!(child("tell", &["user"]).run());
}

fn limit_of_open_files() {
    ok!(put("f", "text"));
    see!(child("tell", &["f", "f"]).limit(resource::NOFILE, 4, 300).run());
}
