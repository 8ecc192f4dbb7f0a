//! Process groups and sessions.

use crate::posix::*;

cases! {
    children_inherit; new_group; set_group_of_child; refusals; new_session; session_refusals; session_of_other; group_outlives_leader;
    session_children; group_of_other_session; kill_own_group;
    =>
    report; report_session; hold_group; kill_group_zero;
}

fn report(arguments: &[&str]) -> i32 {
    let parents_group = arguments[0];
    let (own, group) = (child_ok!(getpid()), child_ok!(getpgid(0)));
    say!("child leads: {}, in its parent's group: {}", own == group, group.to_string() == parents_group);
    0
}

fn report_session(arguments: &[&str]) -> i32 {
    let own = child_ok!(getpid());
    say!("child leads group {}, session {}", child_ok!(getpgid(0)) == own, child_ok!(getsid(0)) == own);
    say!("child in its parent's session: {}", child_ok!(getsid(0)).to_string() == arguments[0]);
    say!("child: {} {} {}", setsid().shown(), setpgid(0, 0).shown(), child_ok!(getppid()) == own);
    0
}

/// Joins a group, if one is named, says that it is there on 4, then waits for the end of 3.
fn hold_group(arguments: &[&str]) -> i32 {
    if let [group] = arguments {
        child_ok!(setpgid(0, group.parse().unwrap_or(-1)));
    }
    child_ok!(write(4, "ready"));
    child_ok!(read_all(3));
    0
}

fn kill_group_zero(_: &[&str]) -> i32 {
    child_ok!(kill_raw(0, 15));
    77
}

fn own_group() -> String {
    getpgid(0).unwrap_or(-1).to_string()
}

fn children_inherit() {
    see!(child("report", &[&own_group()]).run());
}

fn new_group() {
    see!(child("report", &[&own_group()]).group().run());
}

fn set_group_of_child() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let one = ok!(child("hold_group", &[]).fd(3, input).fd(4, report).group().start());
    let two = ok!(child("hold_group", &[]).fd(3, input).fd(4, report).start());
    see!(ok!(getpgid(one.0)) == one.0, ok!(getpgid(two.0)) == ok!(getpgid(0)), ok!(getsid(one.0)) == ok!(getsid(0)));
    for _ in 0..2 {
        ok!(read(reports, 5));
    }
    // They have begun to run their program: it is too late.
    see!(setpgid(two.0, one.0), setpgid(two.0, 0), close(end), wait_for(one), wait_for(two));
}

fn refusals() {
    see!(setpgid(0, -1), setpgid(-1, 0), setpgid(i32::MAX, 0), setpgid(0, i32::MAX), getpgid(i32::MAX), getpgid(-1), getsid(i32::MAX));
    see!(setpgid(ok!(getppid()), 0), setpgid(1, 0));
}

fn new_session() {
    see!(child("report_session", &[&ok!(getsid(0)).to_string()]).session().run());
}

fn session_refusals() {
    see!(setpgid(0, 0).is_ok() || getpgid(0) == getpid(), setsid());
}

fn session_of_other() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold_group", &[]).fd(3, input).fd(4, report).session().start());
    see!(read(reports, 5), ok!(getsid(pid.0)) == pid.0, ok!(getpgid(pid.0)) == pid.0, setpgid(pid.0, 0), setpgid(pid.0, pid.0));
    see!(close(end), wait_for(pid));
}

fn group_outlives_leader() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let leader = ok!(child("hold_group", &[]).fd(3, input).fd(4, report).group().start());
    let member = ok!(child("hold_group", &[&leader.0.to_string()]).fd(3, input).fd(4, report).start());
    for _ in 0..2 {
        ok!(read(reports, 5));
    }
    see!(kill(leader, Signal::SIGKILL), wait_for(leader), ok!(getpgid(member.0)) == leader.0, kill_raw(-leader.0, 0));
    see!(kill_group(leader.0, Signal::SIGTERM), wait_for(member), kill_raw(-leader.0, 0), close(end));
}

fn session_children() {
    let own = ok!(getsid(0));
    see!(own == ok!(getsid(ok!(getpid()))), child("report", &[&own_group()]).session().run());
}

fn group_of_other_session() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let other = ok!(child("hold_group", &[]).fd(3, input).fd(4, report).session().start());
    let mine = ok!(child("hold_group", &[]).fd(3, input).fd(4, report).start());
    for _ in 0..2 {
        ok!(read(reports, 5));
    }
    see!(setpgid(0, other.0), close(end), wait_for(other), wait_for(mine));
}

fn kill_own_group() {
    see!(child("kill_group_zero", &[]).group().run());
}
