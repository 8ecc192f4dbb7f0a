//! Locks: flock(2), fcntl(2) locks of processes and of open files.

use oac_abi::{
    flags::{fcntl as commands, flock as how},
    lock::LockKind::{Read, Unlock, Write},
};

use crate::posix::*;

cases! {
    whole_file; shared; converted; unlocked; refused_operations; belongs_to_open_file; freed_at_close; freed_at_end_of_child;
    waits_for_other; inherited; range_locks; same_process; ranges_split_and_merge; upgrade; needs_access_mode; other_is_found;
    freed_by_any_close; not_inherited; waits_for_range; deadlock; negative_length; to_the_end; open_file_locks; open_file_and_process;
    kinds_are_apart; refusals; on_directories_and_pipes; interrupted;
    =>
    try_flock; hold_flock; try_range; hold_range; wait_flock; wait_range;
}

fn try_flock(arguments: &[&str]) -> i32 {
    let fd = child_ok!(open(arguments[0], o::RDWR, 0));
    say!("child: shared {}", flock(fd, how::SHARED | how::NONBLOCK).shown());
    say!("child: exclusive {}", flock(fd, how::EXCLUSIVE | how::NONBLOCK).shown());
    0
}

/// Locks the file, says so on 4, waits for the end of 3.
fn hold_flock(arguments: &[&str]) -> i32 {
    let fd = child_ok!(open(arguments[0], o::RDWR, 0));
    child_ok!(flock(fd, how::EXCLUSIVE));
    child_ok!(write(4, "locked"));
    child_ok!(read_all(3));
    0
}

fn wait_flock(arguments: &[&str]) -> i32 {
    let fd = child_ok!(open(arguments[0], o::RDWR, 0));
    child_ok!(write(4, "waiting"));
    child_ok!(flock(fd, how::EXCLUSIVE));
    say!("child has the lock");
    0
}

fn kind_named(name: &str) -> oac_abi::lock::LockKind {
    if name == "write" { Write } else { Read }
}

fn try_range(arguments: &[&str]) -> i32 {
    let number = |at: usize| arguments[at].parse().unwrap_or(-1);
    let fd = child_ok!(open(arguments[0], o::RDWR, 0));
    let kind = kind_named(arguments[1]);
    say!("child: {}", get_lock(fd, commands::GETLK, kind, number(2), number(3)).shown());
    say!("child: {}", set_lock(fd, commands::SETLK, kind, number(2), number(3)).shown());
    0
}

fn hold_range(arguments: &[&str]) -> i32 {
    let number = |at: usize| arguments[at].parse().unwrap_or(-1);
    let fd = child_ok!(open(arguments[0], o::RDWR, 0));
    child_ok!(set_lock(fd, commands::SETLK, kind_named(arguments[1]), number(2), number(3)));
    child_ok!(write(4, "locked"));
    if let [_, _, _, _, start] = arguments {
        // Then waits for what the parent holds.
        return match set_lock(fd, commands::SETLKW, Write, start.parse().unwrap_or(0), 1) {
            Ok(()) => 0,
            Err(Errno::EDEADLK) => 1,
            Err(_) => 2,
        };
    }
    child_ok!(read_all(3));
    0
}

fn wait_range(arguments: &[&str]) -> i32 {
    let fd = child_ok!(open(arguments[0], o::RDWR, 0));
    child_ok!(write(4, "waiting"));
    child_ok!(set_lock(fd, commands::SETLKW, Write, 0, 0));
    say!("child has the lock");
    0
}

/// A child that has reported, and what ends it when closed.
fn reported(name: &str, arguments: &[&str]) -> Result<(Pid, i32)> {
    let (input, end) = pipe(o::CLOEXEC)?;
    let (reports, report) = pipe(o::CLOEXEC)?;
    let pid = child(name, arguments).fd(3, input).fd(4, report).start()?;
    close(input)?;
    close(report)?;
    read(reports, 20)?;
    close(reports)?;
    Ok((pid, end))
}

fn two() -> Result<(i32, i32)> {
    put("f", "0123456789")?;
    Ok((open("f", o::RDWR, 0)?, open("f", o::RDWR, 0)?))
}

fn whole_file() {
    let (one, other) = ok!(two());
    see!(flock(one, how::EXCLUSIVE), flock(other, how::EXCLUSIVE | how::NONBLOCK), flock(other, how::SHARED | how::NONBLOCK));
    see!(flock(one, how::UNLOCK), flock(other, how::EXCLUSIVE | how::NONBLOCK), read(one, 3));
}

fn shared() {
    let (one, other) = ok!(two());
    see!(flock(one, how::SHARED), flock(other, how::SHARED | how::NONBLOCK), flock(other, how::EXCLUSIVE | how::NONBLOCK));
    // An upgrade that is refused has given up what there was.
    see!(flock(one, how::EXCLUSIVE | how::NONBLOCK), flock(one, how::UNLOCK), flock(other, how::EXCLUSIVE | how::NONBLOCK));
}

fn converted() {
    let (one, other) = ok!(two());
    see!(flock(one, how::EXCLUSIVE), flock(one, how::EXCLUSIVE), flock(one, how::SHARED), flock(other, how::SHARED | how::NONBLOCK));
}

fn unlocked() {
    let (one, _) = ok!(two());
    see!(flock(one, how::UNLOCK), flock(one, how::UNLOCK | how::NONBLOCK));
}

fn refused_operations() {
    let (one, _) = ok!(two());
    see!(flock(one, 0), flock(one, how::SHARED | how::EXCLUSIVE), flock(one, how::NONBLOCK), flock(99, how::SHARED));
    let path_only = ok!(open("f", o::PATH, 0));
    see!(flock(path_only, how::SHARED), flock(ok!(open("f", o::RDONLY, 0)), how::EXCLUSIVE));
}

fn belongs_to_open_file() {
    let (one, other) = ok!(two());
    let copy = ok!(dup(one));
    see!(flock(one, how::EXCLUSIVE), flock(copy, how::EXCLUSIVE | how::NONBLOCK), close(one), flock(other, how::SHARED | how::NONBLOCK));
    see!(flock(copy, how::UNLOCK), flock(other, how::SHARED | how::NONBLOCK));
}

fn freed_at_close() {
    let (one, other) = ok!(two());
    see!(flock(one, how::EXCLUSIVE), close(one), flock(other, how::EXCLUSIVE | how::NONBLOCK));
}

fn freed_at_end_of_child() {
    let (one, _) = ok!(two());
    let (pid, end) = ok!(reported("hold_flock", &["f"]));
    see!(flock(one, how::SHARED | how::NONBLOCK), close(end), wait_for(pid), flock(one, how::SHARED | how::NONBLOCK));
    let (pid, _end) = ok!(reported("hold_range", &["f", "write", "0", "5"]));
    see!(set_lock(one, commands::SETLK, Write, 0, 1), kill(pid, Signal::SIGKILL), wait_for(pid), set_lock(one, commands::SETLK, Write, 0, 1));
}

fn waits_for_other() {
    let (one, _) = ok!(two());
    ok!(flock(one, how::EXCLUSIVE));
    let (pid, _end) = ok!(reported("wait_flock", &["f"]));
    see!(wait_with(pid, WNOHANG), flock(one, how::UNLOCK), wait_for(pid));
}

fn inherited() {
    let (one, other) = ok!(two());
    ok!(flock(one, how::EXCLUSIVE));
    see!(child("try_flock", &["f"]).run());
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("wait_for_end", &[]).fd(3, input).fd(4, report).fd(5, one).start());
    ok!(read(reports, 9));
    // The child has the open file, and so the lock.
    see!(close(one), flock(other, how::SHARED | how::NONBLOCK), close(end), wait_for(pid), flock(other, how::SHARED | how::NONBLOCK));
}

fn range_locks() {
    let (one, _) = ok!(two());
    see!(set_lock(one, commands::SETLK, Write, 2, 3), child("try_range", &["f", "read", "0", "2"]).run());
    see!(child("try_range", &["f", "read", "4", "1"]).run(), child("try_range", &["f", "write", "5", "0"]).run());
    see!(set_lock(one, commands::SETLK, Unlock, 2, 3), child("try_range", &["f", "write", "0", "0"]).run());
}

fn same_process() {
    let (one, other) = ok!(two());
    see!(set_lock(one, commands::SETLK, Write, 0, 5), set_lock(other, commands::SETLK, Write, 0, 5), get_lock(other, commands::GETLK, Write, 0, 5));
}

fn ranges_split_and_merge() {
    let (one, _) = ok!(two());
    ok!(set_lock(one, commands::SETLK, Write, 0, 10));
    ok!(set_lock(one, commands::SETLK, Unlock, 3, 2));
    ok!(set_lock(one, commands::SETLK, Read, 8, 1));
    for (kind, start, length) in [("write", "0", "1"), ("write", "3", "2"), ("read", "8", "1"), ("write", "8", "1"), ("read", "5", "9")] {
        see!(child("try_range", &["f", kind, start, length]).run());
    }
}

fn upgrade() {
    let (one, _) = ok!(two());
    let (pid, end) = ok!(reported("hold_range", &["f", "read", "0", "5"]));
    see!(set_lock(one, commands::SETLK, Read, 0, 5), set_lock(one, commands::SETLK, Write, 0, 5), set_lock(one, commands::SETLK, Write, 5, 5));
    see!(close(end), wait_for(pid), set_lock(one, commands::SETLK, Write, 0, 5));
}

fn needs_access_mode() {
    ok!(put("f", ""));
    let reading = ok!(open("f", o::RDONLY, 0));
    let writing = ok!(open("f", o::WRONLY, 0));
    see!(set_lock(reading, commands::SETLK, Write, 0, 1), set_lock(writing, commands::SETLK, Read, 0, 1));
    see!(set_lock(reading, commands::SETLK, Read, 0, 1), set_lock(writing, commands::SETLK, Write, 0, 1));
}

fn other_is_found() {
    let (one, _) = ok!(two());
    let (pid, end) = ok!(reported("hold_range", &["f", "write", "3", "4"]));
    see!(get_lock(one, commands::GETLK, Read, 0, 0), get_lock(one, commands::GETLK, Write, 6, 9), get_lock(one, commands::GETLK, Write, 7, 1));
    see!(set_lock(one, commands::SETLK, Write, 6, 1), close(end), wait_for(pid), get_lock(one, commands::GETLK, Read, 0, 0));
}

fn freed_by_any_close() {
    let (one, other) = ok!(two());
    ok!(set_lock(one, commands::SETLK, Write, 0, 0));
    see!(child("try_range", &["f", "write", "0", "1"]).run(), close(other), child("try_range", &["f", "write", "0", "1"]).run());
}

fn not_inherited() {
    let (one, _) = ok!(two());
    ok!(set_lock(one, commands::SETLK, Write, 0, 0));
    see!(child("try_range", &["f", "write", "0", "1"]).fd(5, one).run(), child("try_range", &["f", "write", "0", "1"]).run());
}

fn waits_for_range() {
    let (one, _) = ok!(two());
    ok!(set_lock(one, commands::SETLK, Write, 4, 1));
    let (pid, _end) = ok!(reported("wait_range", &["f"]));
    see!(wait_with(pid, WNOHANG), set_lock(one, commands::SETLK, Unlock, 4, 1), wait_for(pid));
}

fn deadlock() {
    let (one, _) = ok!(two());
    ok!(set_lock(one, commands::SETLK, Write, 0, 1));
    // The child holds byte 5 and waits for byte 0, or finds that this would never end; one of the two is told.
    let (pid, _end) = ok!(reported("hold_range", &["f", "write", "5", "1", "0"]));
    let mine = set_lock(one, commands::SETLKW, Write, 5, 1);
    if mine.is_err() {
        ok!(set_lock(one, commands::SETLK, Unlock, 0, 1));
    }
    let childs = ok!(wait_for(pid));
    see!(matches!((mine, childs), (Ok(()), End::Exited(1)) | (Err(Errno::EDEADLK), End::Exited(0))));
}

fn negative_length() {
    let (one, _) = ok!(two());
    see!(set_lock(one, commands::SETLK, Write, 5, -3), child("try_range", &["f", "write", "1", "1"]).run());
    see!(child("try_range", &["f", "write", "2", "1"]).run(), child("try_range", &["f", "write", "5", "1"]).run());
    see!(set_lock(one, commands::SETLK, Write, 2, -3), set_lock(one, commands::SETLK, Write, -1, 5));
}

fn to_the_end() {
    let (one, _) = ok!(two());
    see!(set_lock(one, commands::SETLK, Write, 100, 0), child("try_range", &["f", "write", "5000000", "1"]).run());
    see!(child("try_range", &["f", "write", "0", "100"]).run());
}

fn open_file_locks() {
    let (one, other) = ok!(two());
    see!(set_lock(one, commands::OFD_SETLK, Write, 0, 5), set_lock(other, commands::OFD_SETLK, Read, 0, 1));
    see!(get_lock(other, commands::OFD_GETLK, Read, 0, 1), set_lock(other, commands::OFD_SETLK, Write, 5, 1), dup(one).is_ok());
    see!(close(one), set_lock(other, commands::OFD_SETLK, Read, 0, 1));
}

fn open_file_and_process() {
    let (one, other) = ok!(two());
    see!(set_lock(one, commands::OFD_SETLK, Write, 0, 5), set_lock(other, commands::SETLK, Write, 0, 1), set_lock(one, commands::SETLK, Write, 0, 1));
    see!(get_lock(other, commands::GETLK, Write, 0, 1));
}

fn kinds_are_apart() {
    let (one, other) = ok!(two());
    see!(flock(one, how::EXCLUSIVE), set_lock(other, commands::SETLK, Write, 0, 0), child("try_range", &["f", "write", "0", "0"]).run());
}

fn refusals() {
    let (one, _) = ok!(two());
    see!(set_lock(99, commands::SETLK, Read, 0, 0), raw::fcntl_lock(one, commands::SETLK, &[0; 3], &mut []).is_err());
    see!(get_lock(one, commands::GETLK, Unlock, 0, 0), set_lock(one, commands::SETLK, Read, i64::MAX, 2));
}

fn on_directories_and_pipes() {
    let dir = ok!(open(".", o::RDONLY, 0));
    let (reading, writing) = ok!(pipe(0));
    see!(flock(dir, how::EXCLUSIVE), flock(ok!(open(".", o::RDONLY, 0)), how::SHARED | how::NONBLOCK), flock(reading, how::EXCLUSIVE));
    see!(flock(writing, how::EXCLUSIVE | how::NONBLOCK), set_lock(dir, commands::SETLK, Read, 0, 0));
}

fn interrupted() {
    let (one, other) = ok!(two());
    ok!(flock(one, how::EXCLUSIVE));
    ok!(sigaction(Signal::SIGALRM, Disposition::Caught));
    ok!(setitimer(20, 20));
    see!(flock(other, how::EXCLUSIVE), done(setitimer(0, 0)));
}
