//! Limits and facts of the system.

use oac_abi::limit::{UNLIMITED, resource};

use crate::posix::*;

cases! {
    open_files; raised_again; refusals; plain_user_cannot_raise root; inherited; file_size; file_size_signal; names_of_system;
    filesystem_facts; filesystem_of_devices; usage; all_can_be_read; soft_above_hard; dup_beyond_limit;
    =>
    report_limit; write_beyond;
}

fn report_limit(_: &[&str]) -> i32 {
    say!("child: {:?}", getrlimit(resource::NOFILE).map(|limit| (limit.soft, limit.hard)));
    0
}

fn write_beyond(_: &[&str]) -> i32 {
    child_ok!(setrlimit(resource::FSIZE, 10, UNLIMITED));
    let fd = child_ok!(open("f", o::WRONLY | o::CREAT, 0o644));
    say!("child: {}", write(fd, "0123456789").shown());
    say!("child: {}", write(fd, "x").shown());
    0
}

fn open_files() {
    ok!(put("f", ""));
    let hard = ok!(getrlimit(resource::NOFILE)).hard;
    see!(setrlimit(resource::NOFILE, 10, hard));
    let mut opened = 0;
    let end = loop {
        match open("f", o::RDONLY, 0) {
            Ok(_) => opened += 1,
            Err(errno) => break errno.name(),
        }
    };
    say!("{opened} more, then {end}");
    see!(pipe(0), dup(3), socketpair(1), close(5), dup(3), pipe(0), ok!(getrlimit(resource::NOFILE)).soft);
}

fn raised_again() {
    ok!(put("f", ""));
    let limit = ok!(getrlimit(resource::NOFILE));
    see!(setrlimit(resource::NOFILE, 3, limit.hard), open("f", o::RDONLY, 0), setrlimit(resource::NOFILE, 4, limit.hard), open("f", o::RDONLY, 0));
}

fn refusals() {
    see!(setrlimit(99, 1, 1), getrlimit(99).map(|_| ()), raw::prlimit(i32::MAX, resource::NOFILE, &[], &mut [0; 16]));
}

fn soft_above_hard() {
    let hard = ok!(getrlimit(resource::NOFILE)).hard;
    see!(setrlimit(resource::NOFILE, 11, 10), ok!(getrlimit(resource::NOFILE)).hard == hard, setrlimit(resource::NOFILE, 10, 11));
    see!(getrlimit(resource::NOFILE).map(|limit| (limit.soft, limit.hard)));
}

fn plain_user_cannot_raise() {
    ok!(setrlimit(resource::NOFILE, 20, 30));
    ok!(become_user(1234));
    see!(setrlimit(resource::NOFILE, 30, 30), setrlimit(resource::NOFILE, 31, 31), setrlimit(resource::NOFILE, 5, 25));
    see!(setrlimit(resource::NOFILE, 5, 30));
}

fn inherited() {
    ok!(setrlimit(resource::NOFILE, 300, 400));
    see!(child("report_limit", &[]).run());
}

fn file_size() {
    ok!(sigaction(Signal::SIGXFSZ, Disposition::Ignore));
    ok!(setrlimit(resource::FSIZE, 10, UNLIMITED));
    let fd = ok!(open("f", o::RDWR | o::CREAT, 0o644));
    see!(write(fd, "01234567"), write(fd, "89abc"), write(fd, "x"), ftruncate(fd, 11), ftruncate(fd, 10), pwrite(fd, "y", 10), size("f"));
}

fn file_size_signal() {
    see!(child("write_beyond", &[]).run(), size("f"));
}

fn names_of_system() {
    let names = ok!(uname());
    see!(names[0].clone(), names[4].clone(), names.len(), names.iter().all(|name| !name.is_empty()));
}

fn filesystem_facts() {
    let facts = ok!(statfs("."));
    see!(facts.block_bytes.is_power_of_two(), facts.blocks >= facts.blocks_free, facts.blocks > 0, statfs("missing").map(|_| ()));
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY, 0));
    let same = ok!(fstatfs(fd));
    see!(same.kind == facts.kind, same.block_bytes == facts.block_bytes, fstatfs(99).map(|_| ()), statfs("f/x").map(|_| ()));
}

fn filesystem_of_devices() {
    let (reading, _) = ok!(pipe(0));
    see!(fstatfs(reading).is_ok(), ok!(statfs("/proc")).kind);
}

fn usage() {
    let usage = ok!(getrusage(0));
    see!(usage.memory_bytes_max > 0, usage.user_ns < 60_000_000_000, getrusage(-1).is_ok(), getrusage(99).map(|_| ()));
}

fn all_can_be_read() {
    let readable = (0..resource::COUNT as u32).filter(|&which| getrlimit(which).is_ok_and(|limit| limit.soft <= limit.hard)).count();
    see!(readable, raw::prlimit(ok!(getpid()), resource::NOFILE, &[], &mut [0; 16]));
}

fn dup_beyond_limit() {
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY, 0));
    let hard = ok!(getrlimit(resource::NOFILE)).hard;
    ok!(setrlimit(resource::NOFILE, 10, hard));
    see!(dup3(fd, 9, 0), dup3(fd, 10, 0), dup_from(fd, 9, 0), dup_from(fd, 10, 0));
}
