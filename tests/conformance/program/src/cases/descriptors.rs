//! Descriptors: copies, flags, what children get.

use crate::posix::*;

cases! {
    dup_shares_position; dup_from_a_number; dup3_replaces; dup_refusals; cloexec_flag; cloexec_is_per_descriptor; status_is_shared;
    children_get_what_is_given; children_share_positions; children_get_nothing_else; crossed_descriptors; bad_descriptors_refuse;
    kinds; environment_and_directory; bad_directory; closing_the_last; fstat_of_kinds root; replaced_standard_output;
    =>
    report_descriptors; write_to; read_from; say_environment;
}

fn report_descriptors(_: &[&str]) -> i32 {
    let open: Vec<i32> = (0..32).filter(|&fd| fstat(fd).is_ok()).collect();
    say!("child has {open:?}, cloexec {:?}", open.iter().map(|&fd| cloexec(fd) == Ok(true)).collect::<Vec<_>>());
    0
}

fn write_to(arguments: &[&str]) -> i32 {
    for pair in arguments.chunks_exact(2) {
        child_ok!(write(pair[0].parse().unwrap_or(-1), pair[1]));
    }
    0
}

fn read_from(arguments: &[&str]) -> i32 {
    for pair in arguments.chunks_exact(2) {
        let text = read(pair[0].parse().unwrap_or(-1), pair[1].parse().unwrap_or(0));
        say!("child reads {} from {}", text.shown(), pair[0]);
    }
    0
}

fn say_environment(arguments: &[&str]) -> i32 {
    for name in arguments {
        say!("{name}={:?}", std::env::var(name).ok());
    }
    say!("in {}", getcwd().shown());
    0
}

fn dup_shares_position() {
    ok!(put("f", "0123456789"));
    let one = ok!(open("f", o::RDWR, 0));
    let two = ok!(dup(one));
    see!(two, read(one, 2), read(two, 2), lseek(two, 0, SEEK_SET), read(one, 1), close(one), read(two, 1));
}

fn dup_from_a_number() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(dup_from(fd, 10, 0), dup_from(fd, 10, 0), dup_from(fd, 10, o::CLOEXEC), cloexec(10), cloexec(12), close(10), dup_from(fd, 4, 0));
    see!(dup_from(fd, -1, 0), dup_from(fd, i32::MAX, 0), dup_from(99, 0, 0));
}

fn dup3_replaces() {
    ok!(put("f", "one"));
    ok!(put("g", "two"));
    let one = ok!(open("f", o::RDONLY, 0));
    let two = ok!(open("g", o::RDONLY, 0));
    see!(dup3(one, two, 0), read(two, 10), dup3(one, 20, o::CLOEXEC), cloexec(20), cloexec(two), lseek(20, 0, SEEK_CUR));
}

fn dup_refusals() {
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(dup3(fd, fd, 0), dup3(99, 5, 0), dup3(fd, -1, 0), dup3(fd, 5, 1), dup(99), dup3(fd, i32::MAX, 0), cloexec(99));
    see!(raw::fcntl(fd, 9999, 0), status_flags(99));
}

fn cloexec_flag() {
    ok!(put("f", ""));
    let plain = ok!(open("f", o::RDONLY, 0));
    let closing = ok!(open("f", o::RDONLY | o::CLOEXEC, 0));
    see!(cloexec(plain), cloexec(closing), set_cloexec(plain, true), cloexec(plain), set_cloexec(plain, false), cloexec(plain));
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    see!(cloexec(reading), cloexec(writing), status_flags(reading));
}

fn cloexec_is_per_descriptor() {
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY | o::CLOEXEC, 0));
    let copy = ok!(dup(fd));
    see!(cloexec(fd), cloexec(copy), set_cloexec(copy, true), set_cloexec(fd, false), cloexec(copy), cloexec(fd));
}

fn status_is_shared() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDWR, 0));
    let copy = ok!(dup(fd));
    let other = ok!(open("f", o::RDWR, 0));
    see!(set_status_flags(copy, o::APPEND | o::NONBLOCK), status_flags(fd), status_flags(other), set_status_flags(fd, o::WRONLY));
    see!(status_flags(copy));
}

fn children_get_what_is_given() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDONLY | o::CLOEXEC, 0));
    see!(child("report_descriptors", &[]).run(), child("report_descriptors", &[]).fd(3, fd).fd(7, fd).run());
    see!(child("read_from", &["5", "4"]).fd(5, fd).run());
}

fn children_share_positions() {
    ok!(put("f", "0123456789"));
    let fd = ok!(open("f", o::RDWR, 0));
    see!(read(fd, 3), child("read_from", &["3", "2"]).fd(3, fd).run(), read(fd, 2));
    see!(child("write_to", &["3", "XY"]).fd(3, fd).run(), get("f"), lseek(fd, 0, SEEK_CUR));
}

fn children_get_nothing_else() {
    ok!(put("f", ""));
    for _ in 0..5 {
        ok!(open("f", o::RDONLY, 0));
    }
    see!(child("report_descriptors", &[]).run(), child("report_descriptors", &[]).fd(6, 4).run());
}

fn crossed_descriptors() {
    ok!(put("f", "in f"));
    ok!(put("g", "in g"));
    let f = ok!(open("f", o::RDONLY, 0));
    let g = ok!(open("g", o::RDONLY, 0));
    see!(f, g, child("read_from", &["3", "9", "4", "9"]).fd(3, g).fd(4, f).run());
}

fn bad_descriptors_refuse() {
    see!(child("report_descriptors", &[]).fd(3, 99).start());
}

fn kinds() {
    let (reading, writing) = ok!(pipe(0));
    let (one, _) = ok!(socketpair(1));
    let null = ok!(open("/dev/null", o::RDWR, 0));
    let dir = ok!(open(".", o::RDONLY, 0));
    for fd in [reading, writing, one, null, dir] {
        see!(fstat(fd).map(|stat| kind_of(&stat)), status_flags(fd), isatty(fd));
    }
}

fn environment_and_directory() {
    ok!(mkdir("d", 0o755));
    let start = child("say_environment", &["A", "EMPTY", "MISSING", "WITH"]);
    see!(start.env("A=1").env("EMPTY=").env("WITH=a=b c").cwd("d").run(), child("say_environment", &["A"]).run());
}

fn bad_directory() {
    ok!(put("f", ""));
    see!(child("say_environment", &[]).cwd("missing").start(), child("say_environment", &[]).cwd("f").start());
}

fn closing_the_last() {
    let (reading, writing) = ok!(pipe(0));
    let copy = ok!(dup(writing));
    see!(write(writing, "x"), close(writing), read(reading, 9), ready(reading), close(copy), read(reading, 9), ready(reading));
}

fn fstat_of_kinds() {
    let (reading, _) = ok!(pipe(0));
    see!(fstat(reading).map(|stat| (stat.size, stat.nlink, stat.uid)), fstat(99).map(|_| ()));
    let null = ok!(fstat(ok!(open("/dev/null", o::RDONLY, 0))));
    see!(null.rdev, null.size);
}

fn replaced_standard_output() {
    let (reading, writing) = ok!(pipe(0));
    see!(child("write_to", &["1", "to the pipe"]).fd(1, writing).run(), close(writing), read_all(reading));
}
